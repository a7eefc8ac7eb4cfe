"""Groups of images that resemble each other and no others of the set, whatever their classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.data.dataset import Finding
from deri_gate.features.kept_arrays import kept_arrays
from deri_gate.measuring.off_topic import EMBEDDED_ONE
from deri_gate.metrics.profile import EMBEDDED
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.features.kept_arrays import Arrays
    from deri_gate.measuring.evidence import Evidence
    from deri_gate.runtime.store import Store

VERSION = 1  # of the groups; part of the key under which they are kept
LOOKED_AT = 1_000  # images, spread evenly over the set
FEWEST = 12  # images of a group: of fewer, each is off topic by itself
# Distance to the nearest image outside as a multiple of that to the nearest inside, or of the
# others among each other. Ten kinds of photos have up to 1.31, with one half of one kind.
TIMES = 1.35
SHOWN = 3


def apart_findings(evidence: Evidence) -> Iterator[Finding]:
    """Findings on groups of images of something else, too many to be off topic each by itself.

    Chest films among blood cells, when they are a tenth of the set or more, are each other's
    nearest images. Then each looks usual, and the variety of the set even rises.

    Args:
        evidence: The images; for this alone they are not embedded.
    """
    if "neighbours" not in evidence.wanted or evidence.profile.encoder != EMBEDDED:
        return
    ids, labels = evidence.dataset.ids, evidence.dataset.labels
    if len(ids) < 2 * FEWEST:
        return
    rows = np.unique(np.linspace(0, len(ids) - 1, LOOKED_AT).astype(np.int64))
    names = np.array([labels[i][0] if labels[i] else -1 for i in rows.tolist()], dtype=np.int64)
    for group in _kept_groups(evidence.embeddings[rows], names, evidence.context.store):
        members = rows[group].tolist()
        some = counted(len({names[i] for i in np.flatnonzero(group)}), "class")
        whole = "" if len(rows) == len(ids) else f" of {len(rows):,} that were compared"
        yield Finding(
            kind="apart",
            path=ids[members[0]],
            detail=f"{len(members):,} images{whole}, of {some}, resemble none of the "
            f"others, such as {', '.join(ids[i] for i in members[:SHOWN])}: check whether "
            "they belong to the dataset",
        )


def _kept_groups(embeddings: FloatArray, classes: IntArray, store: Store) -> BoolArray:
    """Groups that are apart, a row each: found once for the same images, as what finds them loads.

    Args:
        embeddings: Unit vectors, shape (N, d).
        classes: Number of the class of each image, shape (N,).
        store: Where they are kept.
    """
    count = len(classes)
    return np.asarray(
        kept_arrays(
            store,
            f"apart-{VERSION}",
            [embeddings, classes],
            lambda: {"groups": _as_rows(apart_groups(embeddings, classes), count)},
            check=lambda kept: _check_groups(kept, count),
        )["groups"]
    )


def _as_rows(groups: list[BoolArray], count: int) -> BoolArray:
    return np.array(groups, dtype=bool).reshape(len(groups), count)


def _check_groups(kept: Arrays, count: int) -> None:
    """Refuse arrays that are no groups of so many images."""
    groups = kept["groups"]
    if groups.dtype != bool or groups.ndim != 2 or groups.shape[1] != count:  # noqa: PLR2004
        raise ValueError(groups.shape)
    if not groups.any(axis=1).all():
        raise ValueError(groups)


def apart_groups(embeddings: FloatArray, classes: IntArray) -> list[BoolArray]:
    """Groups of half of the images or fewer that are as far from the rest as what is off topic.

    Half of them must be of classes that have as many images elsewhere: classes may look apart.

    Args:
        embeddings: Unit vectors, shape (N, d).
        classes: Number of the class of each image, shape (N,).

    Returns:
        Arrays of shape (N,), True for the images of a group; none lies within another.
    """
    distances = np.maximum(1.0 - embeddings.astype(float) @ embeddings.T.astype(float), 0.0)
    np.fill_diagonal(distances, 0.0)
    distances = (distances + distances.T) / 2
    found: list[BoolArray] = []
    for group in _branches(distances):
        within = any(other[group].any() for other in found)
        if not within and _is_shared(group, classes) and _is_apart(group, distances):
            found.append(group)
    return found


def _branches(distances: FloatArray) -> Iterator[BoolArray]:
    """Branches of the tree of images that join the rest far from it, the highest first.

    The tree joins what is nearest on average (Sokal and Michener 1958): one image between two
    groups does not make them one.
    """
    count = len(distances)
    apart = scipy.spatial.distance.squareform(distances, checks=False)
    tree = scipy.cluster.hierarchy.linkage(apart, "average")
    members = [[i] for i in range(count)]
    for first, second, *_ in tree:
        members.append(members[int(first)] + members[int(second)])
    for first, second, height, _ in tree[::-1]:
        for branch in (members[int(first)], members[int(second)]):
            if height >= EMBEDDED_ONE.distance and FEWEST <= len(branch) <= count / 2:
                group = np.zeros(count, dtype=bool)
                group[branch] = True
                yield group


def _is_shared(group: BoolArray, classes: IntArray) -> bool:
    """True where at least half of a group are of classes with as many images outside it."""
    known, numbers = np.unique(classes, return_inverse=True)
    inside = np.bincount(numbers[group], minlength=len(known))
    outside = np.bincount(numbers[~group], minlength=len(known))
    return bool(2 * inside[outside >= inside].sum() >= group.sum())


def _is_apart(group: BoolArray, distances: FloatArray) -> bool:
    """True where the nearest of a group outside are far, beside those within and those outside."""
    away = np.median(distances[group][:, ~group].min(axis=1))
    usual = max(_usual_nearest(distances[np.ix_(some, some)]) for some in (group, ~group))
    return bool(away >= max(EMBEDDED_ONE.distance, TIMES * usual))


def _usual_nearest(distances: FloatArray) -> float:
    """Median distance to the nearest other image."""
    others = distances + np.where(np.eye(len(distances), dtype=bool), np.inf, 0.0)
    return float(np.median(others.min(axis=1)))
