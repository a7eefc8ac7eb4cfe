"""Damaged images of one dataset without a base, found by the traces of typical damage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.certain_damage import (
    GREY,
    LARGE_SHARE,
    ONE_OR_TWO,
    certain_damage,
    less_colourful,
    seldom,
)
from deri_gate.measuring.frames import ONE_LINE
from deri_gate.measuring.looks import MEASURES, TINTS, inverted, shown_part
from deri_gate.measuring.matched_filter import (
    TINTED,
    SetImages,
    Trace,
    casts_of,
    inversion_of,
    sign_of,
    trace_of,
)
from deri_gate.measuring.signs import SIGNS
from deri_gate.measuring.small_sets import FEW, LEAST, convincing
from deri_gate.measuring.typical_damage import BY_SIGN, DAMAGES, FINEST, NAMED_DAMAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.measuring.damage_trace import Damage
    from deri_gate.measuring.labelled_looks import LabelledLooks

SMALL = 20  # images of a class, below which its centre is drawn towards that of all
ROUNDS = 3  # of taking the named images out and learning again what is usual
# Each set has odd images. So where no more than one other shows such damage, an image is named from
# this many times the cut on, or if as few come near it at all. Damage seldom spoils one image only.
# Where this share of the images shows it, or less, a little more than the cut is asked.
ALONE, NEAR, FEW_OF_MANY, LITTLE_MORE = 1.3, 0.5, 0.003, 1.1
SOFTENING = ("blurred", "low_resolution", "compressed")  # of images damaged alike some are each
# Many damaged images widen what they are held against. So where at least so many show a damage at
# this share of the cut, and so much of what is odd is explained, nothing is learnt from them.
HIDING, HIDING_SHARE, HALF_CLEAR, PARTLY = 8, 0.03, 0.6, 0.3
# Shares of its trace between which each measure that a person sees the damage in lies by itself.
AGREED, BEYOND = 0.35, 4.0
TRACED = len(MEASURES)  # measures that damage leaves traces in; those after them are signs
# So many times as many images must show dark corners clearly as nearly: some lenses leave some.
CORNERS = 1.35
EMPTIER = 0.35  # share of the pixels that are plain, beyond what is usual: little shows fine detail
LEAST_BORDER = 0.1  # share of the area; what has less looks blank inside or aslant
TWO_LEVELS = 0.75  # share of the pixels of a black and white image that are black or white


@dataclass(frozen=True, kw_only=True)
class DamagedImages:
    """Images that look damaged.

    Attributes:
        kind: Position in `NAMED_DAMAGES` of what each image shows most clearly, -1 for nothing,
            shape (N,).
        strength: Trace of that, as a share of the cut on it; 0 for nothing, (N,).
    """

    kind: IntArray
    strength: FloatArray

    def suspects(self, metric: str) -> IntArray:
        """Positions of the images with a damage that is of this metric, clearest first."""
        kinds = [i for i, damage in enumerate(NAMED_DAMAGES) if damage.metric == metric]
        positions = np.flatnonzero(np.isin(self.kind, kinds))
        return np.asarray(positions[np.argsort(-self.strength[positions], kind="stable")])


def damaged_images(looks: LabelledLooks, straight: IntArray) -> DamagedImages:
    """Find the images that differ from the others of their class as typical damage would make them.

    A matched filter for each damage: its mean trace on other sets, against what differs among the
    images here anyway. So what a set varies in counts little, and what it keeps constant counts
    much: each measure is judged given the others. An image that is odd in other ways too, which
    the damage does not explain, is not named.

    Args:
        looks: Measures of the images, with their classes and sources.
        straight: How straight plain parts end, see `straightness`, shape (N,).
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
    return _only(found, convincing(found.kind, found.strength, classes))


def _only(found: DamagedImages, told: BoolArray) -> DamagedImages:
    kind, strength = np.where(told, found.kind, -1), np.where(told, found.strength, 0.0)
    return DamagedImages(kind=kind, strength=strength)


def _damaged(
    looks: LabelledLooks, straight: IntArray, *, less: bool, apart: bool = True
) -> DamagedImages | None:
    """Images that look damaged; None where so many do that this is how they are.

    Args:
        looks: Measures of the images.
        straight: How straight plain parts end, shape (N,).
        less: Whether less is asked where many show a damage clearly.
        apart: Whether nothing is learnt from images that may hide each other.
    """
    usual, traces = np.ones(len(looks), dtype=bool), list[Trace]()
    for _ in range(ROUNDS):
        traces = _traces(looks, straight, usual)
        if less:
            traces = [trace.with_less_asked() for trace in traces]
        shows = np.any([trace.shows for trace in traces], axis=0)
        if shows.mean() > LARGE_SHARE:
            return None
        hiding = _hiding_each_other(traces) if apart else np.zeros_like(usual)
        if hiding.mean() > LARGE_SHARE:
            return _damaged(looks, straight, less=less, apart=False)
        usual = ~(shows | hiding)
    return _clearest(traces)


def _hiding_each_other(traces: Sequence[Trace]) -> BoolArray:
    """True for images that show a damage less clearly, where many do: they widen what is usual."""
    hiding = np.zeros(len(traces[0].scores), dtype=bool)
    for trace in traces:
        some = (trace.scores > HALF_CLEAR * trace.cut) & (trace.explained > PARTLY) & trace.seen
        if np.count_nonzero(some) >= max(HIDING, HIDING_SHARE * len(some)):
            hiding |= some
    return hiding


def _traces(looks: LabelledLooks, straight: IntArray, usual: BoolArray) -> list[Trace]:
    centred = looks.centred(usual, small=SMALL)
    values, measured = centred[:, :TRACED], looks.values[:, :TRACED]
    images = SetImages.of(values, usual)
    certain, never = certain_damage(looks, straight), np.zeros(len(looks), dtype=bool)
    again = inverted(looks.values) - (measured - values)
    # Fewer do not show what light, colours and fine detail are usual.
    enough = np.full(len(looks), len(looks) >= FEW)
    level = np.median(measured[usual], axis=0)
    traces = [
        trace_of(
            images,
            damage,
            certain=certain.get(damage.kind, never),
            seen=seen_in(damage, values, measured, straight) & (enough | (not damage.slight)),
        )
        for damage in (typical.beside(level) for typical in DAMAGES)
    ]
    traces.append(inversion_of(images, again, seen=enough))
    told = np.any([trace.named for trace in traces], axis=0)
    return [*traces, *_casts_and_signs(looks, centred, usual, enough=enough, told=told)]


def _casts_and_signs(
    looks: LabelledLooks,
    centred: FloatArray,
    usual: BoolArray,
    *,
    enough: BoolArray,
    told: BoolArray,
) -> Iterator[Trace]:
    """Traces of what is told by one measure; casts of images of which nothing else is told."""
    values, signs, ratios = np.split(centred, [TRACED, TRACED + len(SIGNS)], axis=1)
    tints = np.column_stack([shown_part(values, tint) for tint in TINTS])
    coloured = enough & ~told & ~less_colourful(looks.values, GREY)
    yield from casts_of(ratios, tints, asked=coloured)
    signs = signs / looks.spreads(signs, usual, least=1.0)
    filled = enough & (shown_part(values, "flat_share") <= EMPTIER)
    for sign, damage in zip(signs.T, BY_SIGN, strict=True):
        yield sign_of(
            sign,
            usual,
            sure=not damage.loose,
            slight=damage.slight,
            clearly=CORNERS if damage.kind == "dark_corners" else 1.0,
            asked=filled if damage.column in FINEST else enough,
            seldom=lambda shows: seldom(shows, looks),
        )


def seen_in(
    damage: Damage, beside: FloatArray, values: FloatArray, straight: IntArray
) -> BoolArray:
    """True for images in which a person would see what the damage is called, shape (N,).

    Args:
        damage: The damage.
        beside: Measures without what is usual of the images that it is not in, shape (N, M).
        values: The measures themselves, shape (N, M).
        straight: How straight plain parts end, see `straightness`, shape (N,).
    """
    if damage.measures:
        columns = [list(MEASURES).index(measure) for measure in damage.measures]
        parts = beside[:, columns] / np.array(damage.shift)[columns]
        agreed = ((parts >= AGREED) & (parts <= BEYOND)).all(axis=1)
        return np.asarray(agreed & ~(_more_colourful(beside, values) & damage.fades))
    if damage.kind == "two_levels":
        levels = shown_part(values, "black_share") + shown_part(values, "white_share")
        return np.asarray(levels >= TWO_LEVELS)
    return np.asarray(straight >= ONE_LINE)


def _more_colourful(beside: FloatArray, values: FloatArray) -> BoolArray:
    """True for images whose mean colour is visibly farther from grey than is usual of them."""
    own, usual = (np.hypot(*(shown_part(v, t) for t in TINTS)) for v in (values, values - beside))
    return np.asarray(own > usual + TINTED)


def _clearest(traces: Sequence[Trace]) -> DamagedImages:
    """The named damage of the highest likelihood, image by image; a loose one if no other is."""
    named = np.stack([trace.named for trace in traces])
    loose = np.array([damage.loose for damage in NAMED_DAMAGES])
    named[loose] &= ~named[~loose].any(axis=0)
    likely = np.where(named, np.stack([trace.likelihood for trace in traces]), -np.inf).argmax(
        axis=0
    )
    strength = np.stack(
        [np.maximum(trace.scores / trace.cut, 1.0 * trace.certain) for trace in traces]
    )
    some = named.any(axis=0)
    found = DamagedImages(
        kind=np.where(some, likely, -1),
        strength=np.where(some, strength[likely, np.arange(len(likely))], 0.0),
    )
    near = np.array([np.count_nonzero(trace.scores > NEAR * trace.cut) for trace in traces])
    sure = np.stack([trace.certain for trace in traces])[likely, np.arange(len(likely))]
    return _only(found, sure | ~_tail(found, near))


def _tail(found: DamagedImages, near: IntArray) -> BoolArray:
    """True for images that are named as no more than one other, and that others come near to, (N,).

    Args:
        found: What each image shows.
        near: Images that come near to each damage, shape (D,).
    """
    names = ["" if damage.kind in SOFTENING else damage.kind for damage in NAMED_DAMAGES]
    kinds = np.unique(names, return_inverse=True)[1]
    named = found.kind >= 0
    counts = np.bincount(kinds[found.kind[named]], minlength=len(kinds))[kinds[found.kind]]
    few, lone = max(ONE_OR_TWO, FEW_OF_MANY * len(named)), counts <= ONE_OR_TWO
    asked = np.where(lone, ALONE, np.where(counts <= few, LITTLE_MORE, 1.0))
    some_near = near[found.kind] > np.where(lone, ONE_OR_TWO, few)
    return np.asarray(named & (found.strength < asked) & some_near)


def _without_empty_borders(found: DamagedImages, looks: LabelledLooks) -> DamagedImages:
    """Call a border that takes little of the sides a blank part: their traces are much alike."""
    kinds = [damage.kind for damage in DAMAGES]
    borders = [position for position, kind in enumerate(kinds) if kind == "border"]
    empty = np.isin(found.kind, borders) & (shown_part(looks.values, "border_share") < LEAST_BORDER)
    return replace(found, kind=np.where(empty, kinds.index("blank_part"), found.kind))
