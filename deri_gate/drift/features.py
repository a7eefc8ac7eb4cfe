"""Drift features of every image of baseline and batch, as rows to be compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy

from deri_gate.drift.colour import colour_rows, is_grey
from deri_gate.drift.kinds import KINDS
from deri_gate.drift.label_evidence import label_evidence, neighbour_disagreement, neighbours_of_all
from deri_gate.errors import UnmeasurableError
from deri_gate.measuring.casts import COLOURS, in_words, tints
from deri_gate.measuring.orientation import TURNS, best_turn, orientation_rows
from deri_gate.metrics.catalogue import PIXEL_METRICS
from deri_gate.stats.fourier_features import fourier_rows
from deri_gate.stats.permutation import DriftFeature

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from deri_gate.arrays import FloatArray, IntArray

BIN = 4  # grey levels a step of the intensity histogram


@dataclass(frozen=True, kw_only=True)
class BatchFeatures:
    """Data on the images of a baseline or a batch; arrays and rows in one order.

    Attributes:
        ids: Path of each image.
        labels: Names of the classes of each; empty for an image without a label.
        height: In pixels, shape (N,); so is width.
        width: In pixels, shape (N,).
        channels: 1 grey, 3 colour, shape (N,).
        thumbnails: Grey levels, shape (N, 32, 32).
        chroma: Half of red and of blue less grey, 128 for none, shape (N, 16, 16, 2).
        values: By metric of the pixels that was measured, a number an image, shape (N,).
        embeddings: Unit vectors, shape (N, d); None when none were asked for.
        neighbours: Nearest others of each, nearest first, shape (N, k); None for a batch,
            without embeddings, or where there are too few images.
    """

    ids: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    height: IntArray
    width: IntArray
    channels: IntArray
    thumbnails: npt.NDArray[np.uint8]
    chroma: npt.NDArray[np.uint8]
    values: Mapping[str, FloatArray]
    embeddings: FloatArray | None
    neighbours: IntArray | None = None

    @property
    def labelled(self) -> bool:
        """True if every image has a label."""
        return all(self.labels)


@dataclass(frozen=True)
class FeaturePair:
    """A baseline and a batch.

    Attributes:
        baseline: The images that are known to be good.
        batch: The new ones.
        seed: Seed of the kernel's random features.
    """

    baseline: BatchFeatures
    batch: BatchFeatures
    seed: int

    @property
    def size(self) -> int:
        """Images of the batch."""
        return len(self.batch.ids)

    @cached_property
    def found(self) -> tuple[tuple[DriftFeature, ...], dict[str, str]]:
        """Every feature that can be looked at, in report order; of the others, why not."""
        features, reasons = dict[str, DriftFeature](), dict[str, str]()
        for name in KINDS:
            try:
                features[name] = self._feature(name)
            except UnmeasurableError as error:
                reasons[name] = error.what
        return tuple(features.values()), reasons

    @cached_property
    def values(self) -> dict[str, FloatArray]:
        """Per-image numbers by name, in their own units, shape (N + n,)."""
        numbers = {name: self._pixel_values(name) for name in PIXEL_METRICS if self._has(name)}
        numbers["intensity"] = self._both("thumbnails").mean(axis=(1, 2))
        if "label_noise" not in self.found[1]:
            numbers["label_noise"] = self._other_labelled_neighbours / self._nearest.shape[1]
        return numbers

    @property
    def labelled(self) -> bool:
        """True if every image of both has a label."""
        return self.baseline.labelled and self.batch.labelled

    @cached_property
    def class_rows(self) -> tuple[tuple[str, ...], FloatArray]:
        """Classes with an image, and which image is of which, 0/1, shape (N + n, K)."""
        labels = self.baseline.labels + self.batch.labels
        names = sorted({name for label in labels for name in label})
        place = {name: k for k, name in enumerate(names)}
        rows = np.zeros((len(labels), len(names)), dtype=np.float32)
        for row, label in zip(rows, labels, strict=True):
            row[[place[name] for name in label]] = 1
        return tuple(names), rows

    @cached_property
    def turn(self) -> str:
        """Words for how the batch seems to be mirrored or turned; empty where it does not."""
        rows = next((a.rows for a in self.found[0] if a.name == "orientation"), None)
        if rows is None:
            return ""
        split = len(self.baseline.ids)
        return TURNS[best_turn(rows[:split].mean(axis=0), rows[split:].mean(axis=0))]

    @cached_property
    def cast(self) -> str:
        """Words for how the mean colour of the batch differs; empty where it hardly does."""
        means = (tints(side.chroma).mean(axis=0) for side in (self.batch, self.baseline))
        return in_words(np.subtract(*means), COLOURS)

    def _feature(self, name: str) -> DriftFeature:
        if name in PIXEL_METRICS:
            if not self._has(name):
                raise UnmeasurableError(f"{name} was not measured")
            return rank_feature(name, self._pixel_values(name))
        made: DriftFeature = getattr(self, f"_{name}")()
        return made

    def _has(self, name: str) -> bool:
        return name in self.baseline.values and name in self.batch.values

    def _pixel_values(self, name: str) -> FloatArray:
        return np.concatenate([self.baseline.values[name], self.batch.values[name]])

    def _both(self, name: str) -> npt.NDArray[Any]:
        return np.concatenate([getattr(side, name) for side in (self.baseline, self.batch)])

    def _need_embeddings(self) -> None:
        if self.baseline.embeddings is None or self.batch.embeddings is None:
            raise UnmeasurableError("no metric that needs the encoder was asked for")

    def _need_classes(self) -> None:
        if not self.labelled:
            raise UnmeasurableError("not every image of batch and baseline has a label")
        if len(self.class_rows[0]) < 2:  # noqa: PLR2004
            raise UnmeasurableError("there is one class only")

    # one feature each, named for it

    def _embedding(self) -> DriftFeature:
        self._need_embeddings()
        rows = fourier_rows(self._both("embeddings"), np.random.default_rng(self.seed))
        spread = 1 - float((rows.mean(axis=0, dtype=float) ** 2).sum())
        weights = np.full(rows.shape[1], 1 / max(spread, 1e-9))
        return DriftFeature(name="embedding", rows=rows, weights=weights)

    def _intensity(self) -> DriftFeature:
        rows = cumulative_histograms(self._both("thumbnails"))
        weights = np.full(rows.shape[1], float(BIN))
        return DriftFeature(name="intensity", rows=rows, weights=weights, power=1)

    def _colour(self) -> DriftFeature:
        sides = self.baseline.chroma, self.batch.chroma
        if all(map(is_grey, sides)):
            raise UnmeasurableError("all images are grey")
        rows = np.concatenate([colour_rows(side) for side in sides])
        weights = np.full(rows.shape[1], BIN / 2)  # the mean of red and blue
        return DriftFeature(name="colour", rows=rows, weights=weights, power=1)

    def _orientation(self) -> DriftFeature:
        rows = orientation_rows(self._both("thumbnails"))
        spread = float(rows.var(axis=0, dtype=float).sum())
        weights = np.full(rows.shape[1], 1 / max(spread, 1e-9))
        return DriftFeature(name="orientation", rows=rows, weights=weights)

    def _size(self) -> DriftFeature:
        return rank_feature("size", self._both("height") * self._both("width"))

    def _shape(self) -> DriftFeature:
        return rank_feature("shape", self._both("width") / self._both("height"))

    def _channels(self) -> DriftFeature:
        return frequencies("channels", [str(number) for number in self._both("channels")])

    def _format(self) -> DriftFeature:
        ids = self.baseline.ids + self.batch.ids
        kinds = [PurePosixPath(name.partition("#")[0]).suffix.lower() for name in ids]
        if not all(kinds):
            raise UnmeasurableError("the images do not lie in files of their own")
        return frequencies("format", [".jpg" if kind == ".jpeg" else kind for kind in kinds])

    def _classes(self) -> DriftFeature:
        self._need_classes()
        return shares("classes", self.class_rows[1])

    def _label_noise(self) -> DriftFeature:
        self._need_classes()
        self._need_embeddings()
        if self.baseline.neighbours is None:
            raise UnmeasurableError("the baseline has too few images for neighbours")
        rng = np.random.default_rng(self.seed)
        rows = label_evidence(self._nearest, self.class_rows[1] > 0, rng).astype(np.float32)
        return DriftFeature(name="label_noise", rows=rows[:, None], weights=np.ones(1), power=1)

    @cached_property
    def _nearest(self) -> IntArray:
        base, batch = self.baseline, self.batch
        assert base.embeddings is not None  # asked before, as of the others
        assert batch.embeddings is not None
        assert base.neighbours is not None
        return neighbours_of_all(base.embeddings, batch.embeddings, base.neighbours)

    @property
    def _other_labelled_neighbours(self) -> IntArray:
        classes = self.class_rows[1] > 0
        return neighbour_disagreement(self._nearest, classes, np.arange(len(classes)))


def rank_feature(name: str, values: FloatArray) -> DriftFeature:
    """Values by their ranks, so that the difference of means is the rank-biserial correlation.

    That is Mann and Whitney's test. Ties share their ranks; those of equal values are 0 exactly.
    """
    middle = len(values) + 1
    ranks = ((2 * scipy.stats.rankdata(values) - middle) / len(values)).astype(np.float32)
    return DriftFeature(name=name, rows=ranks[:, None], weights=np.ones(1), power=1)


def frequencies(name: str, kinds: Sequence[str]) -> DriftFeature:
    """Kinds by their frequencies."""
    codes = np.unique(np.asarray(kinds), return_inverse=True)[1]
    return shares(name, np.eye(codes.max() + 1, dtype=np.float32)[codes])


def shares(name: str, rows: FloatArray) -> DriftFeature:
    """Memberships, 0/1, shape (N, K), compared by Pearson's chi-square distance of the shares."""
    share = rows.mean(axis=0, dtype=float)
    return DriftFeature(name=name, rows=rows, weights=1 / np.maximum(share, 1e-12))


def cumulative_histograms(pictures: npt.NDArray[np.uint8]) -> FloatArray:
    """Share of the pixels below 4, 8, ... 252 in each picture: shape (N, 63).

    The sum of absolute differences of two mean rows, times 4, is the distance (Wasserstein's,
    of order 1) in grey levels between the mean histograms: how far grey has to move. The image is
    the unit, not the pixel: a thousand pixels of one image are no thousand witnesses.
    """
    count, bins = len(pictures), 256 // BIN
    rows = np.empty((count, bins - 1), dtype=np.float32)
    for start in range(0, count, 4096):
        some = pictures[start : start + 4096].reshape(-1, pictures[0].size) // BIN
        cells = some + bins * np.arange(len(some))[:, None]
        numbers = np.bincount(cells.ravel(), minlength=bins * len(some)).reshape(-1, bins)
        rows[start : start + 4096] = np.cumsum(numbers, axis=1)[:, :-1] / some.shape[1]
    return rows
