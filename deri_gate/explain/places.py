"""Places of a picture that give a class away: where its images look as others hardly ever do.

A subject gives its class away, too; but it varies, so that how well a place tells the class rises
and falls smoothly over the picture. What was burnt in, or cut off, begins at a sharp line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.data.picture import THUMBNAIL
from deri_gate.explain.foreign import told_by_the_rest, unlikeness
from deri_gate.explain.local_features import BINS, LocalFeature, local_features
from deri_gate.explain.strokes import shown_elsewhere
from deri_gate.explain.telling import FEW, ROUNDING, SOME, cost_of, told_above
from deri_gate.stats.intervals import wilson_lower_bound

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

    Codes = npt.NDArray[np.uint8]

VERSION = 1  # raised whenever the same pictures and classes would give other places
AT_ONCE = 2**23  # counts in memory at a time
WHOLE = 0.42  # Youden's J that half of the varied places reach where the whole tells the class
WORTH = 0.1  # strength from which on a place is compared with others
ALIKE = 0.35  # unlikeness of edges below which a place is surely a mark; honest ones: docs
SUBJECT = 0.5  # unlikeness from which on a place may be the subject's
PAIR = 2
JUDGED = 0.35  # strength from which on it is asked if it is
WIDE, SEEN = 12, 0.2  # cells between places that tell so much, from which on it may be a subject
EASY = 0.3  # share of a class that the rest of the picture tells, where the subject does
COMMON = 0.12  # share of other images that show a place somewhere, from which on it is a subject's
CLEAR = 0.75  # share that it tells where the subject does, wherever places tell
VARIED = 0.25  # spread of a place over the images, of that of the most varied: less is background


@dataclass(frozen=True, kw_only=True)
class TellingPlace:
    """Place that gives one class away.

    Attributes:
        strength: Share of the class's images that the place tells from all but one in a hundred
            of the others, less the share just beside the place and a margin; its square root
            where the edges of the place are alike in all of them; 0 to 1.
        feature: What is looked at there, for people.
        told: Share of the class's images told by it.
        heat: How well each cell tells the class, 0 to 1, shape (32, 32).
        cells: Those that belong to the place, shape (32, 32).
        shows: Which images look as hardly any other class does there, shape (N,).
        whole: Whether half of the picture tells the class as well, background left out, so that
            it is no single place.
        subject: Whether the rest tells the class as well, and the place varies as the rest does,
            or other classes show it elsewhere.
    """

    strength: float
    feature: str
    told: float
    heat: FloatArray
    cells: BoolArray
    shows: BoolArray
    whole: bool
    subject: bool


def best_places(thumbnails: Codes, chroma: Codes, own: BoolArray) -> list[list[TellingPlace]]:
    """Find for each class the place that gives it away best: a mark, and a subject.

    Args:
        thumbnails: Grey levels, shape (N, 32, 32).
        chroma: Colours, shape (N, 16, 16, 2).
        own: Whether an image is of a class, shape (N, K); no class holds none or all.
    """
    best = [_Best(mine) for mine in own.T]
    for feature in local_features(thumbnails, chroma):
        every = _reached(feature.codes)
        for candidate in best:
            above, below, informed = _told(feature, candidate.own, every)
            candidate.take(feature, above, informed=informed, upwards=True)
            if not feature.rises:
                candidate.take(feature, below, informed=informed, upwards=False)
    if len(best) == PAIR:  # what tells one class from the other tells the other as well
        best[0].local = best[1].local = np.maximum(best[0].local, best[1].local)
    return [candidate.places(thumbnails, chroma) for candidate in best]


def _varied(others: Codes) -> BoolArray:
    """True for places that vary over the other images, where they are no background."""
    spread = others.std(axis=0).ravel()
    return np.asarray(spread >= VARIED * spread.max())


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    """Best place of a class in one feature and direction.

    Attributes:
        feature: Name of the feature.
        strength: Share of images that it tells for sure, less that beside it.
        told: Share of the class told at each cell, shape (32, 32).
        shows: Which images of the class show it, shape (N,).
        unlike: How much its edges vary over these, relative to elsewhere.
    """

    feature: str
    strength: float
    told: FloatArray
    shows: BoolArray
    unlike: float = 1.0

    @property
    def counted(self) -> float:
        """Strength as it counts: a quarter of the class is half a shortcut if surely marked."""
        return math.sqrt(self.strength) if self.unlike < ALIKE else self.strength


class _Best:
    """Best places of one class so far."""

    def __init__(self, own: BoolArray) -> None:
        self.own = own
        self.candidates: list[_Candidate] = []
        self.heat: FloatArray = np.zeros((THUMBNAIL, THUMBNAIL))
        self.local: FloatArray = np.zeros((THUMBNAIL, THUMBNAIL))
        self.informed: FloatArray = np.zeros(1)

    def take(
        self, feature: LocalFeature, told: FloatArray, *, informed: FloatArray, upwards: bool
    ) -> None:
        if feature.plain:
            self.informed = informed
        fine = cv2.resize(told, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_NEAREST)
        self.heat = np.maximum(self.heat, fine)
        if feature.local:
            self.local = np.maximum(self.local, fine)
        strength = wilson_lower_bound(_step(told, feature.reach), int(self.own.sum()))
        if strength < WORTH:
            return
        codes = feature.codes.reshape(len(feature.codes), -1)[:, int(told.argmax())]
        shows = self._shown(codes.astype(np.int64) * (1 if upwards else -1))
        self.candidates.append(
            _Candidate(feature=feature.name, strength=strength, told=fine, shows=shows)
        )

    def _shown(self, values: IntArray) -> BoolArray:
        """Images of the class that look as hardly any other does; higher values are rarer."""
        others = np.sort(values[~self.own])
        return np.asarray(self.own & (values > others[len(others) - 1 - int(FEW * len(others))]))

    def places(self, thumbnails: Codes, chroma: Codes) -> list[TellingPlace]:
        """The strongest mark, if there is one, and the strongest of the subject's places."""
        candidates = [_compared(candidate, thumbnails, chroma) for candidate in self.candidates]
        if not candidates:
            return []
        candidates.sort(key=lambda one: -one.counted)
        varied = _varied(thumbnails[~self.own])
        whole = bool(np.median(self.informed[varied]) >= WHOLE)
        rest = self._told_without(candidates[0], thumbnails, chroma)
        easy = rest >= (EASY if self._is_wide() else CLEAR)
        natural = [
            (whole and one.unlike >= ALIKE) or (easy and self._is_of_subject(one, thumbnails))
            for one in candidates
        ]
        return [
            self._place(
                candidates[natural.index(kind)], whole=whole and kind, subject=easy and kind
            )
            for kind in (False, True)
            if kind in natural
        ]

    def _is_wide(self) -> bool:
        """True if places far apart tell the class."""
        telling = np.argwhere(self.local >= SEEN)
        return len(telling) > 0 and bool(np.ptp(telling, axis=0).max() >= WIDE)

    def _told_without(self, candidate: _Candidate, thumbnails: Codes, chroma: Codes) -> float:
        """Share of the class that the picture tells without the place; 0 where it is weak."""
        if candidate.counted < JUDGED:
            return 0.0
        cells = _around_the_best(candidate.told)
        return told_above(*told_by_the_rest(thumbnails, chroma, self.own, cells))

    def _is_of_subject(self, candidate: _Candidate, thumbnails: Codes) -> bool:
        """True if the place varies as the rest does, or is a stroke that other classes have, too.

        A colour is no stroke, and a weak place needs no excuse.
        """
        if candidate.unlike >= SUBJECT and self._is_wide():
            return True
        if "colour" in candidate.feature or candidate.counted < JUDGED:
            return False
        cells = _around_the_best(candidate.told)
        return shown_elsewhere(thumbnails[candidate.shows], thumbnails[~self.own], cells) >= COMMON

    def _place(self, candidate: _Candidate, *, whole: bool, subject: bool) -> TellingPlace:
        return TellingPlace(
            strength=candidate.counted,
            feature=candidate.feature,
            told=float(candidate.told.max()),
            heat=self.heat,
            cells=_around_the_best(candidate.told),
            shows=candidate.shows,
            whole=whole,
            subject=subject and not whole,
        )


def _compared(candidate: _Candidate, thumbnails: Codes, chroma: Codes) -> _Candidate:
    """The candidate with how much its edges vary over the images that show it."""
    colour = "colour" in candidate.feature
    unlike = unlikeness(
        thumbnails[candidate.shows],
        chroma[candidate.shows],
        _around_the_best(candidate.told),
        colour=colour,
    )
    return replace(candidate, unlike=unlike)


def _around_the_best(told: FloatArray) -> BoolArray:
    """The best cell with its neighbours that tell half as much; none where no cell tells."""
    high = told >= max(0.5 * float(told.max()), 1e-9)
    if not high.any():
        return high
    _, labels = cv2.connectedComponents(high.astype(np.uint8), connectivity=8)
    return np.asarray(high & (labels == labels.flat[int(told.argmax())]))


def _step(told: FloatArray, reach: int) -> float:
    """The largest difference between two cells so far apart, along rows and columns."""
    return max(
        float(np.abs(along[:, reach:] - along[:, :-reach]).max()) for along in (told, told.T)
    )


def _told(
    feature: LocalFeature, own: BoolArray, every: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Share of the class told at each place by high values, and by low ones; and Youden's J.

    Args:
        feature: What is looked at.
        own: True for images of the class, shape (N,).
        every: What `_reached` counts of all images; the others are these without the class.
    """
    side, images = feature.codes.shape[1], int((~own).sum())
    of_class = _reached(feature.codes[own])
    inside, others = 1 - of_class / int(own.sum()), 1 - (every - of_class) / images
    high = _share_told(inside, others, images)
    low = _share_told(1 - inside, 1 - others, images)
    informed = np.abs(inside - others).max(axis=1)
    return high.reshape(side, side), low.reshape(side, side), informed


def _reached(codes: Codes) -> IntArray:
    """Number of images that are not above each bin's end, by place: (N, G, G) to (P, BINS)."""
    flat = codes.reshape(len(codes), -1)
    block = max(1, AT_ONCE // max(BINS, len(codes)))
    counts = [_counts(flat[:, at : at + block]) for at in range(0, flat.shape[1], block)]
    return np.concatenate(counts).cumsum(axis=1)


def _counts(codes: Codes) -> IntArray:
    """Number of images in each bin, by place: (N, P) to (P, BINS)."""
    places = codes.shape[1]
    keys = codes + BINS * np.arange(places, dtype=np.int32)
    return np.bincount(keys.ravel(), minlength=places * BINS).reshape(places, BINS)


def _share_told(inside: FloatArray, others: FloatArray, images: int) -> FloatArray:
    """The best share of the class beyond a bound that few of so many others pass, by place."""
    few, gain = others <= SOME + ROUNDING, np.zeros(others.shape)
    gain[few] = inside[few] - others[few] - cost_of(others[few], images)
    return np.asarray(gain.max(axis=1).clip(min=0.0))
