"""Do the images differ from each other?"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.errors import UnmeasurableError
from deri_gate.metrics.base import Answer, Metric

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray, IntArray

ROUNDING = 1e-9  # eigenvalues below are what rounding makes of 0
BLOCK = 4096  # images a block: 40 MB of double precision at 1,280 dimensions
SPECTRUM = 1  # raised whenever the same embeddings would give another spectrum
LEADING = 32  # directions that a resample is measured in one by one; the others go together


@dataclass(frozen=True)
class Spectrum:
    """Spread of images over directions: the spectrum of the similarity matrix over N.

    Attributes:
        leading: Coordinates of the images in the leading directions, shape (N, LEADING).
        tail: Eigenvalues of the other directions, at least 0.
    """

    leading: FloatArray
    tail: FloatArray

    def to_bytes(self) -> bytes:
        """The spectrum as an npz file."""
        file = io.BytesIO()
        np.savez(file, leading=self.leading, tail=self.tail)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Spectrum:
        """The spectrum that `to_bytes` wrote."""
        with np.load(io.BytesIO(raw), allow_pickle=False) as file:
            return cls(file["leading"], file["tail"])


def diversity(spectrum: Spectrum) -> Answer:
    """Effective number of kinds of pictures: the inverse of how alike two are on average.

    1 over the mean squared cosine of two different images: the Vendi score of order 2, without
    the pairs of an image with itself. Those make the score of order 1, taken up to version 2, a
    measure of how many images there are (47 to 84 on CIFAR-10 from 200 to 2,000 images); the mean
    over pairs expects the same of any number of them. Mean pairwise distance, the paper's words,
    is of order 1 in the cosine and sees less of what is missing when classes are dropped.

    Resamples are measured in the leading directions of the whole; what is left of them keeps
    the shape that it has there.

    Returns:
        A number of kinds, 1 (all alike) upwards. Higher is better.

    Source:
        Friedman and Dieng (2023), TMLR, arXiv:2210.02410; Pasarkar and Dieng (2024),
        arXiv:2310.12952, for other orders.
    """

    def statistic(weights: FloatArray) -> FloatArray:
        moments = _weighted_moments(weights, spectrum.leading)
        total, squares = weights.sum(axis=1, dtype=float), (weights**2).sum(axis=1, dtype=float)
        own = squares / total**2  # of an image with itself, whose cosine is 1
        alike = np.array([_purity_of(row, spectrum.tail) for row in moments])
        with np.errstate(invalid="ignore", divide="ignore"):
            between = (alike - own) / (1.0 - own)
            return np.where(own < 1.0, 1.0 / np.clip(between, ROUNDING, 1.0), np.nan)

    return Answer(statistic=statistic)


def spectrum_of(embeddings: FloatArray) -> Spectrum:
    """The spectrum of cosine similarities.

    Of the smaller of the two matrices that share their eigenvalues: similarities of the images,
    or second moments of the dimensions.

    Args:
        embeddings: Unit vectors, shape (N, d), N >= 2.

    Raises:
        UnmeasurableError: For a single image.
    """
    _check(embeddings)

    count, dimensions = embeddings.shape
    few = count < dimensions
    matrix = _similarities(embeddings) if few else _moments(embeddings)
    size = len(matrix)
    lead = range(max(0, size - LEADING), size)
    values, vectors = scipy.linalg.eigh(matrix, subset_by_index=(lead[0], lead[-1]))
    if few:  # a direction's coordinates are its eigenvector, as long as its eigenvalue says
        leading = vectors * np.sqrt(np.clip(count * values, 0.0, None))
    else:
        leading = np.asarray(embeddings @ vectors.astype(embeddings.dtype))
    return Spectrum(leading, np.clip(scipy.linalg.eigvalsh(matrix)[: lead[0]], 0.0, None))


def _similarities(embeddings: FloatArray) -> FloatArray:
    """Cosines of all pairs over N, shape (N, N); for fewer images than dimensions."""
    exact = embeddings.astype(float)
    return np.asarray(exact @ exact.T) / len(embeddings)


def _check(embeddings: FloatArray) -> None:
    if len(embeddings) < 2:  # noqa: PLR2004
        raise UnmeasurableError("a single image differs from nothing")


def _moments(embeddings: FloatArray) -> FloatArray:
    """Mean of x xᵀ in double precision, in blocks, shape (d, d)."""
    total = np.zeros((embeddings.shape[1], embeddings.shape[1]))
    for start in range(0, len(embeddings), BLOCK):
        some = embeddings[start : start + BLOCK].astype(float)
        total += some.T @ some
    return total / len(embeddings)


def _weighted_moments(weights: FloatArray, vectors: FloatArray) -> FloatArray:
    """Mean of x xᵀ where image i counts `weights[:, i]` times: shapes (B, N), (N, r) to (B, r, r).

    One product for all resamples, over the r (r + 1) / 2 different entries.
    """
    rows, columns = np.triu_indices(vectors.shape[1])
    entries = np.zeros((len(weights), len(rows)))
    for start in range(0, len(vectors), BLOCK):
        some = vectors[start : start + BLOCK].astype(float, copy=False)
        counts = weights[:, start : start + BLOCK].astype(float)
        entries += counts @ (some[:, rows] * some[:, columns])
    entries /= weights.astype(float).sum(axis=1, keepdims=True)
    moments = np.empty((len(weights), vectors.shape[1], vectors.shape[1]))
    moments[:, rows, columns] = moments[:, columns, rows] = entries
    return moments


def _purity_of(moments: FloatArray, tail: FloatArray) -> float:
    """Sum of the squared eigenvalues, of which those in `tail` keep their shape and fill up to 1.

    It is the mean squared cosine over all pairs, those of an image with itself among them.
    """
    left, before = 1.0 - float(np.trace(moments)), float(tail.sum())
    rest = tail * (left / before) if before > ROUNDING else np.empty(0)
    return float((moments**2).sum() + (rest**2).sum())


def paper_diversity(embeddings: FloatArray) -> Answer:
    """Mean pairwise cosine distance of the images, 0 to 2.

    The sum over all pairs is a norm: |sum x|² = sum |x|² + sum over pairs of x·y, so that the
    cost is O(N d) and no N x N matrix is made. An image drawn twice by the bootstrap is not
    compared with itself.

    Raises:
        UnmeasurableError: For a single image.
    """
    _check(embeddings)

    def statistic(weights: FloatArray) -> FloatArray:
        total, squares = weights.sum(axis=1), (weights**2).sum(axis=1)
        alike = (weighted_sum(weights, embeddings) ** 2).sum(axis=1) - squares
        pairs = total**2 - squares
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(pairs > 0, 1.0 - alike / pairs, np.nan)

    return Answer(statistic=statistic)


def weighted_sum(
    weights: FloatArray, vectors: FloatArray, rows: IntArray | None = None
) -> FloatArray:
    """`weights @ vectors[rows]` in double precision, in blocks, shape (B, d).

    Args:
        weights: Weights of these vectors, shape (B, n).
        vectors: Shape (N, d).
        rows: Which of them, shape (n,); all when None.
    """
    total = np.zeros((len(weights), vectors.shape[1]))
    for start in range(0, weights.shape[1], BLOCK):
        part = slice(start, start + BLOCK)
        some = vectors[part if rows is None else rows[part]]
        total += weights[:, part].astype(float, copy=False) @ some.astype(float)
    return total


METRIC = Metric(
    name="diversity",
    title="Diversity",
    better="higher",
    low=1.0 - 1e-6,
    high=float("inf"),
    unit="kinds",
    scale="log",
    smallest=1.0,
    spread_floor=0.3,  # tone alone moves the encoder's view of any picture by a fifth
    hurt_by="diversity",
    advice="Collect from more patients, devices or conditions.",
    source="Friedman and Dieng (2023), arXiv:2210.02410, of order 2; mean pairwise distance in "
    "the paper's words, DERI1000, section 3.2",
    published_weight=0.0315,
    version=3,
    compute=diversity,
)
METRIC = replace(
    METRIC,
    paper=replace(
        METRIC,
        low=-1e-6,
        high=2.0,
        unit="",
        scale="linear",
        smallest=0.0,
        spread_floor=0.01,
        version=1,
        compute=paper_diversity,
    ),
)
