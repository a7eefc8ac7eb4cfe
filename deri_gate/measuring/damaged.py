"""Damaged images of one dataset without a base, found by the traces of typical damage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.looks import MEASURES, shown_part
from deri_gate.measuring.small_sets import FEW, LEAST, convincing
from deri_gate.measuring.typical_damage import DAMAGES
from deri_gate.stats.spread import scaled_mad

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.measuring.looks import LabelledLooks
    from deri_gate.measuring.typical_damage import Damage

SMALL = 20  # images of a class, below which its centre is drawn towards that of all
LARGE_SHARE = 0.25  # of the images: so many are what is usual here, not damaged
ROUNDS = 3  # of taking the named images out and learning again what is usual
RIDGE = 0.1  # added to the variances, in the units of the measures
WINSOR = 4  # robust deviations to which values count when variances are learnt
FLOOR = 0.3  # least deviation of a measure, in its unit
CUT = 4.5  # least robust deviation of a suspect
BARE = 0.995  # share of an image's pixels that are black or white, from which on it has two levels
GREY = 0.5 / 255  # colourfulness below which there is none
SELDOM = 0.15  # share of the images up to which that is not how they are
ONE_OR_TWO = 2  # images of a class that say nothing of the others
# A suspect shows at least the lower share of the trace of a strong damage. A long tail of the
# others raises the cut, up to the higher share. Chosen on twelve sets, each judged by the traces
# on the other eleven.
PART, CAP = 0.55, 0.65
# Of what is odd about it the damage must explain this much: an image that is odd in other ways
# too is unlike the others, and not damaged so.
EXPLAINED = 0.7
# Where many images of a set show a damage clearly, others are likelier to have it too. Then less
# is asked of them: a share of the cut, and less of what is odd about them explained.
MANY, MANY_SHARE = 3, 0.02  # images, and share of all, that must show it clearly
LESS, EXPLAINED_LESS = 0.75, 0.65
# Share of its trace that the measure which a person sees the damage in must show by itself.
AGREED = 0.35
LEAST_BORDER = 0.1  # share of the area; what has less looks blank inside or aslant
TWO_LEVELS = 0.75  # share of the pixels of a black and white image that are black or white
TAIL = 11.2  # from the 85th percentile on, in steps from the 75th to that: 5 of normal values


@dataclass(frozen=True, kw_only=True)
class DamagedImages:
    """Images that look damaged.

    Attributes:
        kind: Position in `DAMAGES` of what each image shows most clearly, -1 for nothing, (N,).
        strength: Trace of that, as a share of the cut on it; 0 for nothing, (N,).
    """

    kind: IntArray
    strength: FloatArray

    def suspects(self, metric: str) -> IntArray:
        """Positions of the images with a damage that is of this metric, clearest first."""
        kinds = [i for i, damage in enumerate(DAMAGES) if damage.metric == metric]
        positions = np.flatnonzero(np.isin(self.kind, kinds))
        return np.asarray(positions[np.argsort(-self.strength[positions], kind="stable")])


@dataclass(frozen=True, kw_only=True)
class _Images:
    """Images, and what differs among the usual ones of them."""

    values: FloatArray  # measures without the medians of class and source, shape (N, M)
    usual: BoolArray  # not named so far, shape (N,)
    variances: FloatArray  # of the measures among those, shape (M, M)
    oddness: FloatArray  # squared distance of each image from the others, shape (N,)


@dataclass(frozen=True, kw_only=True)
class _Trace:
    """Robust deviations of all images along the trace of one damage.

    `certain` holds where the damage shows without any comparison, `seen` where a person would see
    what is said of the image.
    """

    scores: FloatArray
    explained: FloatArray  # share of the squared distance from the others that it accounts for
    likelihood: FloatArray  # of the measures of each image, were it damaged so; logarithm
    cut: float
    certain: BoolArray
    seen: BoolArray
    least_explained: float = EXPLAINED

    @property
    def shows(self) -> BoolArray:
        """True for images that are not usual along this trace, whatever else is odd of them."""
        return np.asarray((self.scores > self.cut) | self.certain)

    @property
    def named(self) -> BoolArray:
        """True for images whose oddness the damage explains, and that look so."""
        explained = self.explained >= self.least_explained
        return np.asarray(self.shows & ((explained & self.seen) | self.certain))

    def with_less_asked(self) -> _Trace:
        """The trace with a lower cut, where many images stand out along it among the others."""
        many = max(MANY, MANY_SHARE * len(self.scores))
        if np.count_nonzero(self.named & ~self.certain) < many:
            return self
        return replace(self, cut=LESS * self.cut, least_explained=EXPLAINED_LESS)


def damaged_images(looks: LabelledLooks, straight: BoolArray) -> DamagedImages:
    """Find the images that differ from the others of their class as typical damage would make them.

    A matched filter for each damage: its mean trace on other sets, against what differs among the
    images here anyway. So what a set varies in counts little, and what it keeps constant counts
    much: each measure is judged given the others. An image that is odd in other ways too, which
    the damage does not explain, is not named.

    Args:
        looks: Measures of the images, with their classes and sources.
        straight: True where a plain part ends straight, see `ends_straight`, shape (N,).
    """
    count = len(looks)
    if count >= LEAST:
        # With less asked, more may show a damage than can be unusual: those that do clearly stay.
        for less in (True, False):
            found = _damaged(looks, straight, less=less)
            if found is not None:
                found = _without_empty_borders(found, looks)
                return found if count >= FEW else _beside_its_class(found, looks.strata[0])
    return DamagedImages(kind=np.full(count, -1, dtype=np.int64), strength=np.zeros(count))


def _beside_its_class(found: DamagedImages, classes: IntArray) -> DamagedImages:
    told = convincing(found.kind, found.strength, classes)
    kind, strength = np.where(told, found.kind, -1), np.where(told, found.strength, 0.0)
    return DamagedImages(kind=kind, strength=strength)


def _damaged(looks: LabelledLooks, straight: BoolArray, *, less: bool) -> DamagedImages | None:
    """Images that look damaged; None where so many do that this is how they are.

    Args:
        looks: Measures of the images.
        straight: True where a plain part ends straight, shape (N,).
        less: Whether less is asked where many show a damage clearly.
    """
    usual, traces = np.ones(len(looks), dtype=bool), list[_Trace]()
    for _ in range(ROUNDS):
        traces = _traces(looks, straight, usual)
        if less:
            traces = [trace.with_less_asked() for trace in traces]
        shows = np.any([trace.shows for trace in traces], axis=0)
        if shows.mean() > LARGE_SHARE:
            return None
        usual = ~shows
    return _clearest(traces)


def _traces(looks: LabelledLooks, straight: BoolArray, usual: BoolArray) -> list[_Trace]:
    values = looks.centred(usual, small=SMALL)
    variances = _variances(values[usual])
    images = _Images(
        values=values, usual=usual, variances=variances, oddness=_distances(values, variances)
    )
    certain, never = _certain(looks), np.zeros(len(looks), dtype=bool)
    return [
        _trace(
            images,
            damage,
            certain=certain.get(damage.kind, never),
            seen=seen_in(damage, values, looks.values, straight),
        )
        for damage in DAMAGES
    ]


def seen_in(
    damage: Damage, beside: FloatArray, values: FloatArray, straight: BoolArray
) -> BoolArray:
    """True for images in which a person would see what the damage is called, shape (N,).

    Args:
        damage: The damage.
        beside: Measures without what is usual of the images that it is not in, shape (N, M).
        values: The measures themselves, shape (N, M).
        straight: True where a plain part ends straight, see `ends_straight`, shape (N,).
    """
    if damage.measure:
        column = list(MEASURES).index(damage.measure)
        return np.asarray(beside[:, column] / damage.shift[column] >= AGREED)
    if damage.kind == "two_levels":
        levels = shown_part(values, "black_share") + shown_part(values, "white_share")
        return np.asarray(levels >= TWO_LEVELS)
    return straight


def _certain(looks: LabelledLooks) -> dict[str, BoolArray]:
    """True for images that show a damage by themselves, by its kind; where few images do.

    A digit has little between black and white, and some photographs little colour, so that the
    trace of losing it is lost among what the images differ in anyway.
    """
    black, white = shown_part(looks.values, "black_share"), shown_part(looks.values, "white_share")
    kinds = {
        "two_levels": (black + white >= BARE) & (black > 0) & (white > 0),
        "colourless": shown_part(looks.values, "colourfulness") < np.log(GREY + 2 / 255),
    }
    return {kind: _seldom(shows, looks) for kind, shows in kinds.items()}


def _seldom(shows: BoolArray, looks: LabelledLooks) -> BoolArray:
    """The images for which this holds, without those of classes and sources where it is usual."""
    kept = np.asarray(shows & bool(shows.mean() <= SELDOM))
    for numbers in looks.strata:
        kinds = np.unique(numbers, return_inverse=True)[1]
        sizes, counts = np.bincount(kinds), np.bincount(kinds, weights=shows)
        kept &= (counts <= np.maximum(ONE_OR_TWO, LARGE_SHARE * sizes))[kinds]
    return kept


def _variances(values: FloatArray) -> FloatArray:
    """Covariance of the measures, shape (M, M); far values count as less far."""
    far = WINSOR * np.maximum(scaled_mad(values, axis=0), FLOOR)
    kept = np.clip(values, -far, far)
    return np.asarray(kept.T @ kept / len(kept) + RIDGE * np.eye(len(MEASURES)))


def _distances(values: FloatArray, variances: FloatArray) -> FloatArray:
    """Squared Mahalanobis distance of each row from zero, shape (N,)."""
    return np.asarray(np.einsum("nm,nm->n", values, np.linalg.solve(variances, values.T).T))


def _trace(images: _Images, damage: Damage, *, certain: BoolArray, seen: BoolArray) -> _Trace:
    inside = images.variances + np.diag(np.square(damage.spread))
    weights = np.linalg.solve(inside, damage.shift)
    scores = images.values @ weights
    centre = np.median(scores[images.usual])
    spread = max(float(scaled_mad(scores[images.usual])), 1e-9)
    scores = (scores - centre) / spread
    full = float(weights @ damage.shift) / spread
    cut = max(cut_of(scores[images.usual], highest=CAP * full), PART * full)
    unlike = _distances(images.values - np.array(damage.shift), inside)
    likelihood = np.where(certain, np.inf, -unlike - np.linalg.slogdet(inside)[1])
    explained = 1 - unlike / np.maximum(images.oddness, 1e-9)
    return _Trace(
        scores=scores,
        explained=explained,
        likelihood=likelihood,
        cut=cut,
        certain=certain,
        seen=seen,
    )


def cut_of(scores: FloatArray, *, highest: float) -> float:
    """Least robust deviation of a suspect, higher where the scores have a long tail.

    Args:
        scores: Robust deviations of the images, shape (N,).
        highest: What a tail may raise it to.
    """
    low, high = np.quantile(scores, (0.75, 0.85))
    return float(max(CUT, min(high + TAIL * (high - low), highest)))


def _clearest(traces: Sequence[_Trace]) -> DamagedImages:
    """The named damage of the highest likelihood, image by image."""
    named = np.stack([trace.named for trace in traces])
    likely = np.where(named, np.stack([trace.likelihood for trace in traces]), -np.inf).argmax(
        axis=0
    )
    strength = np.stack(
        [np.maximum(trace.scores / trace.cut, 1.0 * trace.certain) for trace in traces]
    )
    some = named.any(axis=0)
    return DamagedImages(
        kind=np.where(some, likely, -1),
        strength=np.where(some, strength[likely, np.arange(len(likely))], 0.0),
    )


def _without_empty_borders(found: DamagedImages, looks: LabelledLooks) -> DamagedImages:
    """Call a border that takes little of the sides a blank part: their traces are much alike."""
    kinds = [damage.kind for damage in DAMAGES]
    empty = (found.kind == kinds.index("border")) & (
        shown_part(looks.values, "border_share") < LEAST_BORDER
    )
    return replace(found, kind=np.where(empty, kinds.index("blank_part"), found.kind))
