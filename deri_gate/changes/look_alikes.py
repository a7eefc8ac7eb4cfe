"""Images of the base and of the head that look like one, whatever their names and files."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.near_duplicates import near_duplicates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.changes.image_list import ImageList, Labels, SmallPictures
    from deri_gate.features.near_duplicates import Pictures

    Pairs = list[tuple[int, int]]

BESIDE = 1000  # other images of the base, among which two must look more alike than most do
COARSE = 16  # pixels of a side, by which blur, noise and compression change a picture little
CLOSER = 0.5  # times as far from each other as either is from the next picture
LEAST = 0.4  # correlation below which two pictures have nothing in common
FAINT = 1.0  # grey levels of what is left of a picture below which correlation would be noise
MOST = 400_000_000  # pairs up to which each is looked at
AT_ONCE = 16_000_000  # pairs that are looked at in one go, in 64 MB


def alike_pairs(base: ImageList, head: ImageList, gone: IntArray, new: IntArray) -> Pairs:
    """Pair images that are gone with new ones that show the same picture, edited.

    First near duplicates, which are stamped, cropped or turned, the likest first. Then what is
    each other's likest by far and of the same labels, inverted or not, whatever was done to all
    of the picture. Each image has one partner. None where it is not known what they look like.

    Args:
        base: The earlier dataset.
        head: The later one.
        gone: Positions in the base without a partner, ascending.
        new: Positions in the head without a partner, ascending.
    """
    if base.looks is None or head.looks is None or not gone.size or not new.size:
        return []
    shown = [base.looks.at(gone), head.looks.at(new), base.looks.at(_beside(base.looks, gone))]
    labels = [*(base.labels[b] for b in gone), *(head.labels[h] for h in new)]
    thumbnails, colours = (np.concatenate(of) for of in zip(*shown, strict=True))
    pairs = _copies(thumbnails, colours, labels, len(gone))
    left, rest = (
        np.setdiff1d(np.arange(count), [pair[side] for pair in pairs])
        for side, count in enumerate((len(gone), len(new)))
    )
    if left.size * rest.size <= MOST:
        pictures = shown[0][0][left], shown[1][0][rest], shown[2][0]
        likest = ((int(left[b]), int(rest[h])) for b, h in _likest(*pictures))
        pairs += [(b, h) for b, h in likest if labels[b] == labels[len(gone) + h]]
    return [(int(gone[b]), int(new[h])) for b, h in pairs]


def _beside(looks: SmallPictures, gone: IntArray) -> IntArray:
    """Positions of some images that are not gone, evenly chosen."""
    others = np.setdiff1d(np.arange(len(looks)), gone)
    return others[:: max(1, -(-len(others) // BESIDE))]


def _copies(
    thumbnails: Pictures, colours: FloatArray, labels: Sequence[Labels], gone: int
) -> Pairs:
    """Near duplicates, of which the first is gone and the second new.

    Args:
        thumbnails: Pictures that are gone, new ones, and others, shape (N, 32, 32).
        colours: Their mean colours, shape (N, 2).
        labels: Those of what is gone and what is new.
        gone: How many are gone.
    """
    near = near_duplicates(thumbnails, colours).listed
    pairs = _of_one_thumbnail(near.heads.tolist(), labels, gone)
    used = set(chain.from_iterable(pairs))
    for _, one, other in sorted(zip(-near.likeness.round(6), *near.pairs.T, strict=True)):
        if one < gone <= other < len(labels) and not {one, other} & used:
            pairs.append((int(one), int(other)))
            used |= {one, other}
    return [(b, h - gone) for b, h in pairs]


def _of_one_thumbnail(heads: Sequence[int], labels: Sequence[Labels], gone: int) -> Pairs:
    """Pair what is gone with what is new, of the very same thumbnail, the same labels first."""
    pairs: Pairs = []
    for keys in ([*zip(heads, labels, strict=False)], heads):
        used = set(chain.from_iterable(pairs))
        sides: dict[object, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for place in range(len(labels)):
            if place not in used:
                sides[keys[place]][place >= gone].append(place)
        pairs += [pair for own in sides.values() for pair in zip(*own, strict=False)]
    return pairs


def _likest(gone: Pictures, new: Pictures, beside: Pictures) -> Pairs:
    """Pairs that are each other's likest, and far closer than either is to any other picture.

    Args:
        gone: Thumbnails of the earlier dataset, shape (n, 32, 32).
        new: Those of the later one, shape (m, 32, 32).
        beside: Others of the earlier one, shape (k, 32, 32).
    """
    if not len(gone) or not len(new):
        return []
    levels = [_coarse(pictures) for pictures in (gone, new, beside)]
    mean = np.concatenate([levels[0], levels[2]]).mean(axis=0)
    common = np.linalg.qr(np.stack([np.ones_like(mean), mean], axis=1))[0]
    left, own, others = (_shapes(pictures, common) for pictures in levels)
    which, like, after = _two_likest(own, left)
    back, _, behind = _two_likest(left, own)
    around = _two_likest(own, others)[1] if len(others) else np.zeros(len(own))
    next_best = np.maximum(np.maximum(after, behind[which]), around)
    sure = (back[which] == np.arange(len(own))) & (like >= LEAST)
    sure &= 1 - like <= CLOSER * (1 - next_best)
    return [(int(which[h]), int(h)) for h in np.flatnonzero(sure)]


def _coarse(thumbnails: Pictures) -> FloatArray:
    """Grey levels of 16 x 16 pixels, shape (N, 256)."""
    step = thumbnails.shape[1] // COARSE
    blocks = thumbnails.reshape(len(thumbnails), COARSE, step, COARSE, step)
    return np.asarray(blocks.mean(axis=(2, 4), dtype=np.float32).reshape(-1, COARSE**2))


def _shapes(levels: FloatArray, common: FloatArray) -> FloatArray:
    """Unit vectors of what a picture has beside what all have, which light and contrast scale.

    Args:
        levels: Shape (N, 256).
        common: Orthonormal directions that say nothing, shape (256, 2).
    """
    own = levels - (levels @ common) @ common.T
    length = np.linalg.norm(own, axis=1, keepdims=True)
    return np.asarray(np.where(length < FAINT * COARSE, 0, own / np.maximum(length, 1e-6)))


def _two_likest(pictures: FloatArray, among: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Position of the likest of others, how like it is, and how like the next one; shape (n,).

    Args:
        pictures: Unit vectors, shape (n, d).
        among: Those of the others, at least one, shape (m, d).
    """
    which = np.zeros(len(pictures), dtype=np.int64)
    like, after = np.zeros(len(pictures)), np.zeros(len(pictures))
    step = max(1, AT_ONCE // len(among))
    for start in range(0, len(pictures), step):
        part = slice(start, start + step)
        every = np.abs(pictures[part] @ among.T)
        rows = np.arange(len(every))
        which[part] = every.argmax(axis=1)
        like[part] = every[rows, which[part]]
        every[rows, which[part]] = 0
        after[part] = every.max(axis=1)
    return which, like, after
