"""Images that resemble no other of their set: of something else than the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.labelled_looks import LabelledLooks
from deri_gate.measuring.small_sets import FEW
from deri_gate.stats.spread import scaled_mad

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray, FloatArray, IntArray

SMALL = 20  # images of a class that tell what is usual in it
# Of many images some lie far from all by chance: beyond so many, each tenfold asks for more
# deviations. And the nearest of many are nearer, so for less distance.
MANY, MORE, NEARER = 400, 0.5, 0.06
# Robust deviations of the class from which on no distance is asked: pictures of one part of a
# machine are so much alike that a wrong one is, too.
CLEARLY = 12.0
ROUNDS = 4  # in each, nothing is learnt from what was named before
AT_ONCE = 32  # images whose nearest are held at once, as a cache of the processor holds
TINY = 1e-6  # least distance, so that equal images can be divided by


@dataclass(frozen=True, kw_only=True)
class Remoteness:
    """Least distances of an image that is off topic.

    Attributes:
        in_class: Robust deviations, of multiples of what is usual in the class.
        in_set: Robust deviations, beside all images. What is unusual in a class that lies close
            together may still be nearer to others than most images of the set are.
        distance: Cosine distance to the k-th nearest. Eyes on white ground stand out among those
            on black, and are eyes all the same.
    """

    in_class: float
    in_set: float
    distance: float


# Distances have a scale of their own with each encoder. It is known of the one that an installed
# package carries. Of any other more deviations are asked instead.
EMBEDDED_ONE = Remoteness(in_class=3.0, in_set=2.25, distance=0.57)
ANY_OTHER = Remoteness(in_class=3.75, in_set=2.75, distance=0.0)


def off_topic_images(
    embeddings: FloatArray,
    neighbours: IntArray,
    classes: IntArray,
    *,
    asked: Remoteness = EMBEDDED_ONE,
) -> tuple[FloatArray, IntArray]:
    """Distance of each image to its k-th nearest, and the images that are too far from all.

    Images of something else are often near each other, as X-rays among cells are. The k-th nearest
    is of the set unless there are more than k of them (Ramaswamy et al. 2000). Many also widen
    what they are held against. So those named are left out, and the rest is judged again.

    Args:
        embeddings: Unit vectors, shape (N, d).
        neighbours: Positions of each image's k nearest, itself left out, shape (N, k).
        classes: Number of the class of each image, shape (N,).
        asked: How far those off topic are, by the encoder.

    Returns:
        The cosine distance to the k-th nearest as a multiple of what is usual in the class, shape
        (N,); and positions of the images off topic, farthest first. None are where there are few
        images.
    """
    # the root is the length of the chord, and has a shorter tail
    far = np.sqrt(_farthest(embeddings, neighbours))
    tenfold = math.log10(max(1.0, len(classes) / MANY))
    named = np.zeros(len(classes), dtype=bool)
    for _ in range(ROUNDS):
        over = _multiples(far, ~named, classes)
        among_all = _is_far(far, ~named, asked.in_set + MORE * tenfold)
        before, named = named, _is_far(over, ~named, asked.in_class + MORE * tenfold) & among_all
        if (before == named).all():
            break
    unlike = (far**2 >= asked.distance - NEARER * tenfold) | _is_far(over, ~named, CLEARLY)
    positions = np.flatnonzero(named & unlike)
    return over**2, positions[np.argsort(-over[positions], kind="stable")]


def _multiples(far: FloatArray, usual: BoolArray, classes: IntArray) -> FloatArray:
    """Distances as multiples of what is usual in the class: some classes lie closer together."""
    looks = LabelledLooks(values=far[:, None], strata=[classes])
    medians = far - looks.centred(usual, small=SMALL)[:, 0]
    return np.asarray(far / np.maximum(medians, np.sqrt(TINY)))


def _is_far(values: FloatArray, usual: BoolArray, deviations: float) -> BoolArray:
    """True for values so many robust deviations above the median of the usual ones, shape (N,)."""
    spread = float(scaled_mad(values[usual])) if len(values) >= FEW else 0.0
    above = values - np.median(values[usual])
    return np.asarray((above > deviations * spread) & (spread > 0))


def _farthest(embeddings: FloatArray, neighbours: IntArray) -> FloatArray:
    """Cosine distance of each image to the farthest of its nearest, some rows at a time, (N,)."""
    distances = np.empty(len(neighbours))
    for start in range(0, len(embeddings), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        near = embeddings[neighbours[rows]]
        distances[rows] = 1 - np.einsum("nkd,nd->nk", near, embeddings[rows]).min(axis=1)
    return np.maximum(distances, TINY)
