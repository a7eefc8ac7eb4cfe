"""Coverage: which classes and regions of a dataset hold few images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.errors import UnmeasurableError
from deri_gate.features.learning_curve import class_recalls, out_of_fold_hits
from deri_gate.metrics.surest_labels import neighbour_votes
from deri_gate.runtime.large_arrays import blocks_of
from deri_gate.stats.membership import rows_by_class

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scipy.sparse import csr_array

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.measuring.evidence import Evidence

FENCE = 1.5  # interquartile ranges above the third quartile: Tukey's fence, of log distances
TINY = 1e-4  # added to cosine distances before logarithms
FEW = 20  # images of a class below which it is thin
LONELY = 0.5  # share of a class's images with one of their own nearby, below which it is thin
SPREAD = 1.5  # times the usual distance above which a class is thin


@dataclass(frozen=True, kw_only=True)
class ClassCoverage:
    """Coverage of one class.

    Attributes:
        name: Name of the class.
        images: Its images.
        distance: Median distance of its images to their k-th nearest, 1 is usual in the dataset.
        company: Share of its images with another of the class among the k nearest, 0 to 1.
        recall: Share of its images that the probe recognises unseen, classes counting alike;
            None without a probe.
    """

    name: str
    images: int
    distance: float
    company: float
    recall: float | None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Reasons why the class is thin, in words; none where it is not."""
        few = [f"fewer than {FEW} images"] * (self.images < FEW)
        lonely = ["most of its images have no similar image of their class"] * (
            self.company < LONELY
        )
        spread = [f"its images lie {self.distance:.1f} times as far apart as usual"]
        return (*few, *lonely, *spread * (self.distance > SPREAD))


@dataclass(frozen=True, kw_only=True)
class ThinRegion:
    """Neighbouring images that lie far from their k-th nearest.

    Attributes:
        images: Positions of the images, farthest first.
        distance: Median distance to the k-th nearest, 1 is usual in the dataset.
    """

    images: tuple[int, ...]
    distance: float


@dataclass(frozen=True, kw_only=True)
class EmbeddingCoverage:
    """Thin classes and thin regions.

    Attributes:
        neighbours: Number k of the nearest images that are looked at.
        fence: Distance above which an image lies in a thin region, 1 is usual.
        classes: Every class that has an image, thin ones first, then by company.
        regions: Thin regions, largest first.
    """

    neighbours: int
    fence: float
    classes: tuple[ClassCoverage, ...]
    regions: tuple[ThinRegion, ...]

    @property
    def thin_classes(self) -> tuple[ClassCoverage, ...]:
        """Classes with a reason."""
        return tuple(each_class for each_class in self.classes if each_class.reasons)

    @property
    def thin_images(self) -> int:
        """Images in thin regions."""
        return sum(len(region.images) for region in self.regions)


def coverage_of(evidence: Evidence) -> EmbeddingCoverage | str:
    """Find thin classes and regions, or why they were not looked for.

    Args:
        evidence: The images; for this alone no neighbours are looked for, and no probe is fitted.
    """
    dataset, k = evidence.dataset, evidence.profile.neighbours
    if "neighbours" not in evidence.wanted:
        return "no metric that was asked for needs neighbours"
    if len(dataset) <= k:
        return f"too few images for {k} neighbours: {len(dataset)}"
    distances = _relative_distances(evidence.embeddings, evidence.neighbours)
    fence = _fence(distances)
    return EmbeddingCoverage(
        neighbours=k,
        fence=fence,
        classes=tuple(sorted(_classes(evidence, distances), key=_thinnest_first)),
        regions=_regions(distances, distances > fence, evidence.neighbours),
    )


def _relative_distances(embeddings: FloatArray, neighbours: IntArray) -> FloatArray:
    """Cosine distance to the k-th nearest over its median, shape (N,)."""
    alike = np.empty(len(embeddings), dtype=embeddings.dtype)
    for rows in blocks_of(embeddings):
        last = embeddings[neighbours[rows, -1]]
        alike[rows] = np.einsum("nd,nd->n", last, embeddings[rows])
    distances = np.maximum(1 - alike.astype(float), 0.0) + TINY
    return np.asarray(distances / np.median(distances))


def _fence(distances: FloatArray) -> float:
    low, high = np.quantile(np.log(distances), [0.25, 0.75])
    return float(np.exp(high + FENCE * (high - low)))


def _regions(
    distances: FloatArray, thin: BoolArray, neighbours: IntArray
) -> tuple[ThinRegion, ...]:
    """Thin images, together where one is among the nearest of the other."""
    some = np.flatnonzero(thin)
    if not some.size:
        return ()
    linked = np.where(thin[neighbours[some]], neighbours[some], some[:, None])
    ends = np.repeat(some, neighbours.shape[1]), linked.ravel()
    ones, size = np.ones(linked.size, dtype=bool), len(distances)
    graph = scipy.sparse.csr_array((ones, ends), shape=(size, size))
    number = scipy.sparse.csgraph.connected_components(graph, directed=False)[1][some]
    order = np.argsort(number, kind="stable")
    clusters = np.split(some[order], np.flatnonzero(np.diff(number[order])) + 1)
    ordered = [members[np.argsort(-distances[members], kind="stable")] for members in clusters]
    regions = [
        ThinRegion(images=tuple(members.tolist()), distance=float(np.median(distances[members])))
        for members in ordered
    ]
    return tuple(sorted(regions, key=lambda one: (-len(one.images), -one.distance, one.images)))


def _classes(evidence: Evidence, distances: FloatArray) -> Iterator[ClassCoverage]:
    dataset = evidence.dataset
    company = _company(evidence.neighbours, dataset.membership)
    recalls = _recalls(evidence)
    for k, members in enumerate(rows_by_class(dataset.membership)):
        if members.size:
            yield ClassCoverage(
                name=dataset.classes[k],
                images=int(members.size),
                distance=float(np.median(distances[members])),
                company=float(company[k]),
                recall=None if recalls is None else float(recalls[k]),
            )


def _company(neighbours: IntArray, membership: csr_array) -> FloatArray:
    """Share of each class's images that have another of it among their nearest, shape (K,)."""
    met = neighbour_votes(neighbours, membership).multiply(membership > 0)
    counts = np.asarray(membership.sum(axis=0), dtype=float).ravel()
    found = np.asarray((met > 0).sum(axis=0), dtype=float).ravel()
    return np.asarray(found / np.maximum(counts, 1))


def _recalls(evidence: Evidence) -> FloatArray | None:
    dataset = evidence.dataset
    if "probe" not in evidence.wanted:
        return None
    try:
        said = evidence.probe.out_of_fold
    except UnmeasurableError:  # one class
        return None
    hits = out_of_fold_hits(said, dataset.membership, multilabel=dataset.multilabel)
    recalls, _ = class_recalls(hits, dataset.membership)
    return recalls


def _thinnest_first(one: ClassCoverage) -> tuple[bool, float, int, str]:
    return not one.reasons, one.company, one.images, one.name
