"""Labels of the splits that are not judged, held against what the judged one teaches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.sampling import proportional_sample
from deri_gate.errors import UnmeasurableError
from deri_gate.features.linear_probe import probabilities
from deri_gate.features.neighbours import nearest_neighbours, unit_vectors
from deri_gate.measuring.denied_labels import UNSURE, not_asked, share_denied
from deri_gate.measuring.evidence import Evidence
from deri_gate.measuring.leakage import NO_SPLITS
from deri_gate.measuring.shares import Share, not_looked_at
from deri_gate.metrics.surest_labels import LEAST, SUREST
from deri_gate.runtime.counts import listed
from deri_gate.stats.intervals import wilson_lower_bound

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from deri_gate.arrays import FloatArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.metrics.records import Probe

MOST = 400  # images of a split: enough for the interval of a share, and embedded in seconds
MAJORITY = 0.5  # of the surest labels; honest splits of eleven datasets have 0.2 at most


def denied_elsewhere(evidence: Evidence, others: Evidence | None) -> Share:
    """Share of the surest fifth of another split that bear another label: of the worst split.

    Splits of fewer than 50 images are asked together. The judged images teach the probe, and the
    neighbours are of the other split itself: where its pictures look otherwise, as of another
    scanner, both seldom agree on a label that is denied. Where the probe alone denies most labels,
    classes may be exchanged or look otherwise there, and the share is 0.15 at least.

    Args:
        evidence: The images that are judged; no probe is fitted for this alone.
        others: The images of the other splits; None when there are none.
    """
    if others is None:
        return NO_SPLITS if not evidence.dataset.splits else not_looked_at("all splits are judged")
    if reason := not_asked(evidence):
        return not_looked_at(reason)
    try:
        probe = evidence.probe
    except UnmeasurableError as error:
        return not_looked_at(error.what)
    labelled = _of_known_classes(others.dataset, evidence.dataset)
    splits = np.array(labelled.splits or [""] * len(labelled), dtype=np.str_)
    shares = {
        name: _of_split(labelled.select(np.isin(splits, parts)), name, evidence, probe)
        for name, parts in _askable(splits, dict.fromkeys(others.dataset.splits or [""])).items()
    }
    told = [share for share in shares.values() if share.value is not None]
    if not told:
        return not_looked_at("no other split has 50 images of classes that the judged one has")
    worst = max(told, key=lambda share: share.value or 0.0)
    small = [split for split, share in shares.items() if share.value is None]
    if not small:
        return worst
    unasked = f"not asked: {listed(small)}, with fewer than 50 images of its classes"
    return replace(worst, note="; ".join(filter(None, (worst.note, unasked))))


def _askable(splits: npt.NDArray[np.str_], names: Iterable[str]) -> dict[str, list[str]]:
    """Splits by a name for what is asked as one: each alone, but the small ones together."""
    every = {name: int((splits == name).sum()) for name in names}
    small = [name for name, count in every.items() if count < LEAST / SUREST]
    large = {name: [name] for name in every if name not in small}
    return large | ({listed(small): small} if small else {})


def _of_known_classes(others: Dataset, judged: Dataset) -> Dataset:
    """Images of which each class is also one of judged images."""
    known = {k for own in judged.labels for k in own}
    shared = [bool(own) and known.issuperset(own) for own in others.labels]
    return others.select(np.array(shared, dtype=np.bool_))  # none where no image could be read


def _of_split(dataset: Dataset, split: str, judged: Evidence, probe: Probe) -> Share:
    sample = proportional_sample(dataset, MOST, seed=judged.profile.seed)
    seen = Evidence(sample, judged.context, frozenset({"embeddings"}))
    if not seen.scan.readable.any() or len(seen.dataset) <= judged.profile.neighbours:
        return not_looked_at("too few images")
    neighbours = nearest_neighbours(
        unit_vectors(seen.features),
        judged.profile.neighbours,
        device=judged.context.machine.device,
    )
    scores = seen.features @ probe.weights.T + probe.bias
    unseen = probabilities(scores, multilabel=probe.multilabel)
    share = share_denied(seen.dataset, neighbours, unseen, where=split)
    if share.value is None or share.value >= UNSURE or not _exchanged(seen.dataset, unseen):
        return share
    note = (
        f"in {split}, most labels differ from the predictions of a classifier of the judged "
        "split, but agree with each other: classes are exchanged, or look different there"
    )
    return Share(value=UNSURE, note=note)


def _exchanged(dataset: Dataset, unseen: FloatArray) -> bool:
    """True if the probe denies most labels of the fifth that it is surest of."""
    surest = np.argsort(-unseen.max(axis=1), kind="stable")[: int(SUREST * len(unseen))]
    own = np.asarray(dataset.membership[surest, unseen[surest].argmax(axis=1)]).ravel() > 0
    return wilson_lower_bound(float((~own).mean()), len(surest)) > MAJORITY
