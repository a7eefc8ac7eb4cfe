"""Split into training and test images, decided before anything is damaged."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.sampling import proportional_sample
from deri_gate.errors import DatasetError, UnreadableImageError
from deri_gate.features.linear_probe import stratified_folds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.data.dataset import Dataset

TRAIN, ASKED = "train", ("val", "test")
HELD_OUT = "held out"
FOLDS = 5  # one of them is held out: 20 %


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """A dataset made ready for training.

    Attributes:
        name: Name of the dataset.
        train: Images to train on, undamaged, without splits.
        validation: Images to ask about; no variant ever touches them.
        asked: Where these come from: "val", "test", or "held out".
        multilabel: Whether an image may be of several classes.
        fingerprint: Identity of these images, their names, labels and roles.
    """

    name: str
    train: Dataset
    validation: Dataset
    asked: str
    multilabel: bool
    fingerprint: str


def arranged(
    dataset: Dataset, *, images: int | None, validation: int | None, seed: int
) -> Arrangement:
    """Divide a dataset and draw what the budget allows.

    Validation is the split val, else test. Where there is neither, a fifth of the training
    images is held out: stratified, and images of one group, or with equal contents, together,
    so that no copy of an image that is asked about is trained on.

    Args:
        dataset: All its splits.
        images: Training images at most; None for all.
        validation: Validation images at most.
        seed: Seed of the split and of the samples.

    Raises:
        DatasetError: If there is no training split, or too little is left to train or to ask.
    """
    train = dataset if dataset.splits is None else dataset.split(TRAIN)
    asked = next((name for name in ASKED if name in (dataset.splits or ())), HELD_OUT)
    if asked == HELD_OUT:
        outside = _held_out(train, seed)
        rest, train = train.select(outside), train.select(~outside)
    else:
        rest = dataset.split(asked)
    train = replace(proportional_sample(train, images, seed=seed), splits=None)
    rest = replace(proportional_sample(rest, validation, seed=seed), splits=None)
    if not len(rest) or len({k for label in train.labels for k in label}) < 2:  # noqa: PLR2004
        raise DatasetError(
            f"too few images for probes: {len(train)} to train on, {len(rest)} to test",
            dataset.name,
            "Training needs images of two classes at least.",
        )
    return Arrangement(
        name=dataset.name,
        train=train,
        validation=rest,
        asked=asked,
        multilabel=dataset.multilabel,
        fingerprint=_fingerprint(train, rest, multilabel=dataset.multilabel),
    )


def _held_out(dataset: Dataset, seed: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    units = dataset.groups or tuple(_keys(dataset, dataset.rows.tolist()))
    folds = stratified_folds(dataset.membership, folds=FOLDS, seed=seed, groups=units)
    return np.asarray(folds == 0)


def _keys(dataset: Dataset, rows: list[int]) -> Iterator[str]:
    """Content hashes; a name of its own for what cannot be had."""
    for row in rows:
        try:
            yield dataset.source.load(row).key if row >= 0 else ""
        except UnreadableImageError:
            yield f"unreadable {row}"


def _fingerprint(train: Dataset, rest: Dataset, *, multilabel: bool) -> str:
    lines = []
    for role, part in (("train", train), ("asked", rest)):
        masks = [-1] * len(part) if part.masks is None else part.masks.tolist()
        lines += [
            "\t".join([role, name, key, mask, *(part.classes[k] for k in label)])
            for name, key, mask, label in zip(
                part.ids,
                _keys(part, part.rows.tolist()),
                _keys(part, masks),
                part.labels,
                strict=True,
            )
        ]
    said = "\n".join([str(multilabel), *train.classes, "", *sorted(lines)])
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()  # as names may need
