"""A row an image: every per-image value, and the reasons to look at it."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.explain.masks import MASK_ROWS
from deri_gate.measuring.partners import partners_of
from deri_gate.measuring.shares import said_of_images
from deri_gate.metrics.catalogue import METRICS
from deri_gate.metrics.records import spread_over
from deri_gate.reports.exhibits.side import MeasuredSide, changed_ids
from deri_gate.reports.typed_columns import group_column, number_column, text_column, typed_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.changes.records import Change
    from deri_gate.explain.masks import MaskExplanations
    from deri_gate.measuring.measure import Measured

METRIC_NAMES = frozenset(metric.name for metric in METRICS)
MOST_SUSPECTS = 100  # ids that a report holds of a metric; the table has all
NEAREST = 5  # images named beside a suspected label


def images_table(measured: Measured, change: Change | None = None) -> pa.Table:
    """`images.parquet`: all images in the dataset's order, unreadable ones too.

    Args:
        measured: The measured dataset.
        change: The comparison with a base; what its tests name is named here, too.

    Returns:
        Columns `path`, `label` (several joined by a vertical bar), `split`, `group`, `height`,
        `width`, `channels`, the columns of `Looks` and `outlier_score`, a column for each metric
        with per-image values and for each figure of an explanation against its mask (when there
        are masks), `duplicate_group` (null when alone), `duplicate_of` (the image of the group
        that it is likest), `duplicate_kind` (how the two differ), `suspect_for` (metric ids,
        kinds of damage, findings about images and tests of changes, joined by a vertical bar,
        empty when none), `reasons` (all but the first in words),
        `suggested_label`, `suggested_probability` and `nearest_images` (a JSON list) of suspected
        labels, and `unreadable` (why, null when it could be read).
    """
    whole, readable = measured.evidence.whole, measured.evidence.scan.readable
    nothing: tuple[None, ...] = (None,) * len(whole)
    reasons = {f.path: f.detail for f in measured.evidence.scan.findings}
    each = {
        name: number_column(spread_over(len(readable), readable, values))
        for name, values in _columns(measured).items()
    }
    return typed_table(
        {
            "path": text_column(whole.ids),
            "label": text_column(["|".join(whole.classes[c] for c in of) for of in whole.labels]),
            "split": text_column(whole.splits or nothing),
            "group": text_column(whole.groups or nothing),
            **each,
            "duplicate_group": _groups(measured.evidence.listed_groups, readable),
            **_partners(measured, np.flatnonzero(readable)),
            **_reasons(measured, change),
            **_suggestions(measured),
            "unreadable": text_column([reasons.get(name) for name in whole.ids]),
        }
    )


def _groups(groups: IntArray, readable: BoolArray) -> pa.Array:
    """Number of each image's near duplicates; none where it is alone or could not be read."""
    every = np.full(len(readable), -1, np.int64)
    every[readable] = groups
    return group_column(every)


def _partners(measured: Measured, place: IntArray) -> dict[str, pa.Array]:
    """Partner of each near duplicate, and the kind of copy that it is."""
    evidence = measured.evidence
    partners = partners_of(evidence.pictures, evidence.images.keys)
    names: list[str | None] = [None] * len(evidence.whole)
    kinds = names.copy()
    for i in np.flatnonzero(partners.positions >= 0).tolist():
        names[place[i]] = evidence.ids[partners.positions[i]]
        kinds[place[i]] = partners.kinds[i]
    return {
        "duplicate_of": text_column(names),
        "duplicate_kind": text_column(kinds),
    }


def _columns(measured: Measured) -> dict[str, np.ndarray]:
    images = measured.evidence.images
    shape = {"height": images.height, "width": images.width, "channels": images.channels}
    per_image = {
        name: answer.per_image
        for name, answer in measured.answers.items()
        if answer.per_image is not None
    }
    looks = measured.oddities.columns()
    return {**shape, **looks, **per_image, **_against_masks(measured.masks)}


def _against_masks(masks: MaskExplanations | None) -> dict[str, FloatArray]:
    if masks is None:
        return {}
    return {name: masks.spread(getattr(masks, figure)) for name, figure in MASK_ROWS.items()}


def _named_by_tests(measured: Measured, change: Change | None) -> Iterator[tuple[int, str, str]]:
    """Each image that a test of the change names: its place, the test, and its title."""
    tests = () if change is None else change.shown_tests
    place = _places(measured, {name for test in tests for name in test.images})
    for test in tests:
        for name in test.images:
            if name in place:  # removed images are only in the base
                yield place[name], test.name, f"against the base: {test.title}"


def _named_by_findings(measured: Measured) -> Iterator[tuple[int, str, str]]:
    """Each image that a finding is about, as a contradiction is: its place, kind and words."""
    said = list(said_of_images(measured.findings))
    place = _places(measured, {path for path, _, _ in said})
    for path, kind, words in said:
        if path in place:  # of the judged split
            yield place[path], kind, words


def _places(measured: Measured, names: set[str]) -> dict[str, int]:
    """Positions of the images of these names; a table of all names would take most memory."""
    return {name: i for i, name in enumerate(measured.evidence.whole.ids) if name in names}


def _suggestions(measured: Measured) -> dict[str, pa.Array]:
    """Label that is suggested for each suspected one, its probability, and the nearest images.

    Names of files may hold any character, so that the nearest ones are a JSON list.
    """
    evidence = measured.evidence
    answer, readable = measured.answers.get("label_noise"), evidence.scan.readable
    label: list[str | None] = [None] * len(readable)
    nearest, probability = label.copy(), np.full(len(readable), np.nan)
    if answer is not None and "label_evidence" in _needs(measured, "label_noise"):
        label_evidence, place = evidence.label_evidence, np.flatnonzero(readable)
        for i in answer.suspects.tolist():
            label[place[i]] = evidence.dataset.classes[label_evidence.suggested[i]]
            probability[place[i]] = label_evidence.probability[i]
            near = [evidence.ids[j] for j in evidence.neighbours[i, :NEAREST]]
            nearest[place[i]] = json.dumps(near, ensure_ascii=False)
    return {
        "suggested_label": text_column(label),
        "suggested_probability": number_column(probability),
        "nearest_images": text_column(nearest),
    }


def _needs(measured: Measured, name: str) -> tuple[str, ...]:
    return next(m.needs for m in measured.evidence.profile.metrics if m.name == name)


def _reasons(measured: Measured, change: Change | None) -> dict[str, pa.Array]:
    """Ids of the reasons to look at each image, and what of them needs words."""
    readable = np.flatnonzero(measured.evidence.scan.readable)
    count = len(measured.evidence.whole)
    ids, words = defaultdict[int, list[str]](list), defaultdict[int, list[str]](list)
    for name, answer in measured.answers.items():
        for position in answer.suspects:
            ids[readable[position]].append(name)
    for position, name, sentence in measured.oddities.reasons():
        if name not in METRIC_NAMES:
            ids[readable[position]].append(name)
        elif name not in measured.answers:
            continue
        words[readable[position]].append(sentence)
    named = (*_named_by_findings(measured), *_named_by_tests(measured, change))
    for i, name, sentence in named:
        ids[i].append(name)
        words[i].append(sentence)
    each = {i: "|".join(dict.fromkeys(some)) for i, some in ids.items()}
    in_words = {i: "; ".join(sentences) for i, sentences in words.items()}
    return {
        "suspect_for": text_column([each.get(i, "") for i in range(count)]),
        "reasons": text_column([in_words.get(i, "") for i in range(count)]),
    }


def worst_ids(measured: Measured, change: Change | None = None) -> dict[str, tuple[str, ...]]:
    """Ids of the suspects of each metric: changed images first, then worst first."""
    side = MeasuredSide(measured, changed_ids(change))
    ids = measured.evidence.dataset.ids
    return {
        name: tuple(ids[i] for i in side.suspects(name)[:MOST_SUSPECTS])
        for name in measured.answers
    }
