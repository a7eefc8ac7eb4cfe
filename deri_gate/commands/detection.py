"""`deri-gate detection`: is damage of a part seen against the base, and nothing honest as well?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from deri_gate.commands.several_datasets import opened, results_folder, study_context
from deri_gate.damage.catalogue import strongest
from deri_gate.data.readers import ReadOptions
from deri_gate.measuring.evidence import Evidence
from deri_gate.metrics.profile import profile_named
from deri_gate.runtime.arguments import FROM_0, FROM_1, FROM_20, checking_arguments
from deri_gate.runtime.engine import NORMAL
from deri_gate.runtime.files import write_text
from deri_gate.runtime.resources import shipped
from deri_gate.runtime.threads import one_blas_thread
from deri_gate.schemas.base import as_json
from deri_gate.schemas.study import DetectionBudget
from deri_gate.scoring.pool import ProfileId, pool_for
from deri_gate.study.detection.against import Against
from deri_gate.study.detection.rates import (
    Detection,
    Measurement,
    detection_document,
    detection_table,
)
from deri_gate.study.detection.simulated import (
    SHARE,
    STRONG,
    Split,
    damaged_changes,
    honest_changes,
)
from deri_gate.study.sensitivity.cases import capped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.options import ReadKeys
    from deri_gate.runtime.engine import Machine
    from deri_gate.schemas.params import PoolCandidate
    from deri_gate.study.detection.against import JudgedHead
    from deri_gate.study.detection.simulated import SimulatedChange


@checking_arguments(images=FROM_20, seeds=FROM_1, explained=FROM_1, seed=FROM_0)
@one_blas_thread()
def detection(
    datasets: Sequence[str | Path | PoolCandidate],
    *,
    out: str | Path = "deri-report",
    groups: Sequence[str] | None = None,
    images: int = 400,
    seeds: int = 1,
    whole: bool = False,
    pool: str | Path = "",
    explained: int = 16,
    seed: int | None = None,
    machine: Machine = NORMAL,
    **reading: Unpack[ReadKeys],
) -> Detection:
    """Judge damaged and honest heads of datasets against their bases; write the rates to `out`.

    Embeddings, probes and neighbours are kept beside the other results, so that a second run,
    or one of other tests, costs the tests alone.

    Args:
        datasets: In any form; as `NAME=DATASET` to call one by another name. Candidates of a
            params.yaml are read by its options.
        out: Folder for `detection.json` and `detection.csv`; made if need be.
        groups: Groups of damage; all of the catalogue when None, with the scenarios that need
            masks for a dataset that has some.
        images: Most images per dataset (stratified).
        seeds: How many held-out parts, and as many draws of all else, of each dataset.
        whole: Judge scores too, by every metric, in place of the changed images alone. Metrics
            of explanations are measured where the damage is theirs.
        pool: With which scores are made, where they are judged.
        explained: Images to explain of each head at most, where scores are judged.
        seed: The first of the seeds; the profile's when None.
        machine: How to compute.
        **reading: How all datasets are to be read, see `ReadOptions`.

    Raises:
        SettingError: If a name or setting does not exist, or two datasets have one name.
        DatasetError: If a dataset cannot be opened.
        PoolError: If there is no such pool, or it was made with another profile.
    """
    folder = results_folder(out, datasets, machine, "detection.json", "detection.csv")
    for group in groups or ():
        strongest(group)  # says what there is instead
    profile = profile_named("standard", seed=seed)
    reference = pool_for(pool, ProfileId.of(profile))
    against = Against(
        context=study_context(profile, machine, explained),
        suite=shipped("expectations") / "pull_request.json",
        pool=reference if whole else None,
    )
    sets = {
        name: capped(one, images, seed=profile.seed)
        for name, one in opened(datasets, ReadOptions.of(**reading)).items()
    }
    result = Detection(
        verdicts=tuple(_verdicts(against, sets, groups, seeds=seeds, machine=machine)),
        datasets=tuple(_measurement(name, dataset, against) for name, dataset in sets.items()),
        profile=profile,
        suite=against.suite,
        budget=DetectionBudget(
            share=SHARE,
            level=STRONG,
            images=images,
            seeds=seeds,
            seed=profile.seed,
            whole=whole,
        ),
    )
    write_text(detection_table(result), folder / "detection.csv")
    write_text(as_json(detection_document(result)), folder / "detection.json")
    return result


def _verdicts(
    against: Against,
    sets: dict[str, Dataset],
    groups: Sequence[str] | None,
    *,
    seeds: int,
    machine: Machine,
) -> Iterator[JudgedHead]:
    """Judge all simulated changes; a base is measured anew for each seed, from the cache."""
    with machine.bar(len(sets) * seeds, "judging heads", unit="seed") as bar:
        for name, whole in sets.items():
            for number in range(seeds):
                split = Split.of(whole, against.profile.seed + number)
                yield from against.verdicts(name, _heads(split, groups))
                bar.update()


def _heads(split: Split, groups: Sequence[str] | None) -> Iterator[SimulatedChange]:
    yield from damaged_changes(split, groups)
    yield from honest_changes(split)


def _measurement(name: str, dataset: Dataset, against: Against) -> Measurement:
    evidence = Evidence(dataset, against.context, frozenset({"images"}))
    return Measurement(
        name=name,
        fingerprint=evidence.fingerprint,
        images=len(evidence.dataset),
        classes=sum(count > 0 for count in evidence.dataset.class_counts().values()),
    )
