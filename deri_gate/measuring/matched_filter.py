"""Robust deviations of images along the trace of one damage: a matched filter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from deri_gate.stats.spread import nan_median, quantile, scaled_mad

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.arrays import BoolArray, FloatArray
    from deri_gate.measuring.damage_trace import Damage

RIDGE = 0.1  # added to the variances, in the units of the measures
WINSOR = 3.5  # robust deviations to which values count when variances are learnt
FLOOR = 0.3  # least deviation of a measure, in its unit
CUT = 4.0  # least robust deviation of a suspect
# A suspect shows at least the lower share of the trace of a strong damage. A long tail of the
# others raises the cut, up to the higher share. Chosen on twelve sets, each judged by the traces
# on the other eleven.
PART, CAP = 0.55, 0.65
# Of a loose trace more is asked, and a long tail raises the cut as far as it goes: photographs
# differ in light by themselves.
PART_OF_LOOSE, CAP_OF_LOOSE = 0.7, float("inf")
# Of what is odd about it the damage must explain this much: an image that is odd in other ways
# too is unlike the others, and not damaged so. A loose trace explains more by itself.
EXPLAINED, EXPLAINED_BY_LOOSE = 0.7, 0.8
# Of an inverted image nearly all that is odd about it goes when it is inverted again, and that is
# much beside what is odd about the usual image.
EXPLAINED_BY_INVERSION, GONE = 0.9, 2.0
# Share of the images, those with the least odd colours, that show which are usual: casts of many
# would widen that.
SHOWING = 0.85
CAST, TINTED = 5.0, 0.063  # deviations of a cast, and the least tint that a person sees
SIGN = 5.0  # deviations by which a sign differs from what is usual
# Where as many images have a sign at this share of the cut as beyond it, it is how some of them
# are; a cast, and slight damage, which no gap sets apart, at the larger share.
HALF_A_SIGN, MOST_OF_A_SIGN = 0.5, 0.65
# Where many images of a set show a damage clearly, others are likelier to have it too. Then less
# is asked of them: a share of the cut, and so much less of what is odd about them explained.
MANY, MANY_SHARE = 3, 0.02  # images, and share of all, that must show it clearly
LESS, EXPLAINED_LESS = 0.75, 0.05
TAIL = 11.2  # from the 85th percentile on, in steps from the 75th to that: 5 of normal values


@dataclass(frozen=True, kw_only=True)
class SetImages:
    """Images, and what differs among the usual ones of them."""

    values: FloatArray  # measures without the medians of class and source, shape (N, M)
    usual: BoolArray  # not named so far, shape (N,)
    variances: FloatArray  # of the measures among those, shape (M, M)
    oddness: FloatArray  # squared distance of each image from the others, shape (N,)

    @classmethod
    def of(cls, values: FloatArray, usual: BoolArray) -> Self:
        """Learn from the usual images what differs among them."""
        variances = variances_of(values[usual])
        oddness = distances_of(values, variances)
        return cls(values=values, usual=usual, variances=variances, oddness=oddness)


@dataclass(frozen=True, kw_only=True)
class Trace:
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
    least_explained: float

    @property
    def shows(self) -> BoolArray:
        """True for images that are not usual along this trace, whatever else is odd of them."""
        return np.asarray((self.scores > self.cut) | self.certain)

    @property
    def named(self) -> BoolArray:
        """True for images whose oddness the damage explains, and that look so."""
        explained = self.explained >= self.least_explained
        return np.asarray(self.shows & ((explained & self.seen) | self.certain))

    def with_less_asked(self) -> Trace:
        """The trace with a lower cut, where many images stand out along it among the others."""
        many = max(MANY, MANY_SHARE * len(self.scores))
        if np.count_nonzero(self.named & ~self.certain) < many:
            return self
        return replace(
            self, cut=LESS * self.cut, least_explained=self.least_explained - EXPLAINED_LESS
        )


def variances_of(values: FloatArray) -> FloatArray:
    """Covariance of the measures, shape (M, M); far values count as less far."""
    far = WINSOR * np.maximum(scaled_mad(values, axis=0), FLOOR)
    kept = np.clip(values, -far, far)
    return np.asarray(kept.T @ kept / len(kept) + RIDGE * np.eye(len(far)))


def distances_of(values: FloatArray, variances: FloatArray) -> FloatArray:
    """Squared Mahalanobis distance of each row from zero, shape (N,)."""
    return np.asarray(np.einsum("nm,nm->n", values, np.linalg.solve(variances, values.T).T))


def trace_of(images: SetImages, damage: Damage, *, certain: BoolArray, seen: BoolArray) -> Trace:
    """Hold all images against the trace of one damage.

    Args:
        images: The images.
        damage: The damage.
        certain: True where it shows without any comparison, shape (N,).
        seen: True where a person would see it, shape (N,).
    """
    inside = images.variances + np.diag(np.square(damage.spread))
    weights = np.linalg.solve(inside, damage.shift)
    scores = images.values @ weights
    centre = nan_median(scores[images.usual], axis=0)
    spread = max(float(scaled_mad(scores[images.usual])), 1e-9)
    scores = (scores - centre) / spread
    full = float(weights @ damage.shift) / spread
    part, cap = (PART_OF_LOOSE, CAP_OF_LOOSE) if damage.loose else (PART, CAP)
    cut = max(cut_of(scores[images.usual], highest=cap * full), part * full)
    unlike = distances_of(images.values - np.array(damage.shift), inside)
    likelihood = np.where(certain, np.inf, -unlike - np.linalg.slogdet(inside)[1])
    explained = 1 - unlike / np.maximum(images.oddness, 1e-9)
    return Trace(
        scores=scores,
        explained=explained,
        likelihood=likelihood,
        cut=cut,
        certain=certain,
        seen=seen,
        least_explained=EXPLAINED_BY_LOOSE if damage.loose else EXPLAINED,
    )


def inversion_of(images: SetImages, inverted: FloatArray, *, seen: BoolArray) -> Trace:
    """Hold all images against what they were, had their levels been inverted.

    Args:
        images: The images.
        inverted: Measures of them inverted again, centred as `images.values`, shape (N, M).
        seen: True where a person would see it, shape (N,).
    """
    unlike = distances_of(inverted, images.variances)
    typical = max(float(np.median(images.oddness[images.usual])), 1e-9)
    return Trace(
        scores=np.sqrt(np.maximum(images.oddness - unlike, 0) / typical),
        explained=1 - unlike / np.maximum(images.oddness, 1e-9),
        likelihood=-unlike - np.linalg.slogdet(images.variances)[1],
        cut=GONE,
        certain=np.zeros(len(unlike), dtype=bool),
        seen=seen,
        least_explained=EXPLAINED_BY_INVERSION,
    )


def casts_of(ratios: FloatArray, tints: FloatArray, *, asked: BoolArray) -> list[Trace]:
    """Hold the colours of all images against the usual ones.

    A cast moves the brightest of each colour as it moves the mean. So that counts by which both
    are off, the way that the mean is.

    Args:
        ratios: Ratios of colours without the medians of class and source, shape (N, 4).
        tints: Mean red and blue less grey, without these medians, shape (N, 2).
        asked: True for images with colours that nothing else is told of, shape (N,).

    Returns:
        A trace of casts that red shows most, and one of those that blue does.
    """
    mean, brightest = np.split(ratios, 2, axis=1)
    off = distances_of(mean, variances_of(mean))
    variances = variances_of(mean[off <= np.quantile(off, SHOWING)])
    own = np.sqrt(distances_of(mean, variances))
    along = np.linalg.solve(variances, mean.T).T / np.maximum(own, 1e-9)[:, None]
    red, blue = np.abs(tints).T
    tinted = asked & (np.hypot(red, blue) >= TINTED)
    scores = np.where(tinted, np.minimum(own, (brightest * along).sum(axis=1)), 0)
    return [
        _sign(scores, CAST, nearly=MOST_OF_A_SIGN, sure=False, seen=most)
        for most in (red >= blue, red < blue)
    ]


def sign_of(
    values: FloatArray,
    usual: BoolArray,
    *,
    sure: bool,
    slight: bool,
    clearly: float,
    asked: BoolArray,
    seldom: Callable[[BoolArray], BoolArray],
) -> Trace:
    """Hold all images against what is usual of one measure, the sign of a damage.

    Args:
        values: The measure without the medians of class and source, in deviations, shape (N,).
        usual: Not named so far, shape (N,).
        sure: Whether it is told before other damage, and not of what shows no other.
        slight: Whether the images have no long tail of it, which would raise the cut.
        clearly: How many times as many must show it clearly as nearly.
        asked: Which images may be named, shape (N,).
        seldom: Those of the images that show it, of which few are so, (N,) to (N,).
    """
    scores = values - nan_median(values[usual], axis=0)
    cut = SIGN if slight else max(SIGN, cut_of(scores[usual], highest=float("inf")))
    nearly = MOST_OF_A_SIGN if slight else HALF_A_SIGN
    seen = asked & seldom(scores > cut)
    return _sign(scores, cut, nearly=nearly, sure=sure, seen=seen, clearly=clearly)


def _sign(
    scores: FloatArray,
    cut: float,
    *,
    nearly: float,
    sure: bool,
    seen: BoolArray,
    clearly: float = 1.0,
) -> Trace:
    """A trace that is told where fewer images show it nearly than clearly."""
    shows, close = scores > cut, scores > nearly * cut
    apart = shows.sum() > clearly * (close & ~shows).sum()
    return Trace(
        scores=scores,
        explained=np.ones(len(scores)),
        likelihood=np.full(len(scores), np.finfo(np.float64).max * (1 if sure else -1)),
        cut=cut,
        certain=np.zeros(len(scores), dtype=bool),
        seen=seen & bool(apart),
        least_explained=0.0,
    )


def cut_of(scores: FloatArray, *, highest: float) -> float:
    """Least robust deviation of a suspect, higher where the scores have a long tail.

    Args:
        scores: Robust deviations of the images, shape (N,).
        highest: What a tail may raise it to.
    """
    low, high = (float(quantile(scores, share)) for share in (0.75, 0.85))
    return max(CUT, min(high + TAIL * (high - low), highest))
