"""Metric: a record of what its number means, and the answer it gives."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np

from deri_gate.metrics.reserved import RESERVED
from deri_gate.stats.spread import scaled_mad

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.data.dataset import Picture
    from deri_gate.data.picture_stack import PictureStack


Scale = Literal["linear", "log"]
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")  # a key, a column, a word between commas, a file
NOBODY: IntArray = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Answer of a metric for one dataset of N images.

    Attributes:
        statistic: The value as a function of how often each image counts: weights of shape
            (B, N) to values of shape (B,), NaN where the weights leave nothing to measure.
            All ones gives the dataset's value; bootstrap counts give its interval.
        per_image: A value an image, shape (N,), NaN where it has none; None if there is no such.
        suspects: Positions of the images to look at, worst first; no more than deserve it.
        note: What a person should know about this answer, "" if nothing.
    """

    statistic: Callable[[FloatArray], FloatArray]
    per_image: FloatArray | None = None
    suspects: IntArray = field(default_factory=lambda: NOBODY)
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One question asked of a dataset, and how to read the answer.

    A metric of the pixels gives `of_image`, a number an image, and its value is their mean;
    any other gives `compute`, whose parameter names are the evidence it asks for. With
    `of_pictures` it measures pictures of one shape at once, each to the bit of `of_image`.
    """

    name: str  # the key everywhere: report, command line, pool, expectations
    title: str  # the same, for people
    better: Literal["higher", "lower"]
    low: float  # the value never leaves [low, high]
    high: float
    unit: str  # "" when it has none, "share" of one that people read in per cent
    scale: Scale = "linear"  # on which it is compared with the pool; log for heavy tails
    smallest: float = 0.0  # on a log scale: what is below counts as this
    spread_floor: float  # least spread, on that scale, that a pool is credited with
    hurt_by: str  # the group of variants that must worsen it
    advice: str  # what to do about its suspects
    source: str
    published_weight: float = 0.0  # in DERI1000, table 3, ten epochs; 0: not part of it
    version: int = 1  # raised whenever the same image or dataset would give another number
    of_image: Callable[[Picture], float] | None = None
    of_pictures: Callable[[PictureStack], FloatArray] | None = None
    compute: Callable[..., Answer] | None = None
    paper: Metric | None = None  # the paper's words, where the default departs from them

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name) or self.name in RESERVED:
            raise ValueError(
                f"no metric can be called {self.name!r}: a name has small letters, digits and _, "
                "60 at most, and is none of deri_gate/metrics/reserved.py"
            )
        if (self.of_image is None) == (self.compute is None):
            raise ValueError(f"metric {self.name}: give exactly one of of_image and compute")

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the evidence `compute` asks for; empty for a metric of the pixels."""
        return () if self.compute is None else tuple(inspect.signature(self.compute).parameters)

    @property
    def explains(self) -> bool:
        """True if it needs explanations, which cost more than all else."""
        return any(name.endswith("explanations") for name in self.needs)

    def on_scale(self, values: FloatArray) -> FloatArray:
        """The values on the scale on which they are compared: themselves or their logarithm."""
        values = np.asarray(values, dtype=float)
        return np.log(np.maximum(values, self.smallest)) if self.scale == "log" else values

    @property
    def widest_range(self) -> tuple[float, float]:
        """Lowest and highest value in any profile's definition."""
        forms = [form for form in (self, self.paper) if form is not None]
        return min(form.low for form in forms), max(form.high for form in forms)

    @property
    def sign(self) -> int:
        """+1 where a higher value is better, -1 where a lower one is."""
        return 1 if self.better == "higher" else -1


@runtime_checkable
class Divisible(Protocol):
    """Statistic that can be asked of some of its images without the others in memory."""

    def part(self, rows: IntArray) -> Callable[[FloatArray], FloatArray]:
        """The statistic of the images at these positions, as weights of 0 for others give it."""


@dataclass(frozen=True)
class WeightedMean:
    """Statistic of a metric that is the mean of values an image; NaN are left out.

    Attributes:
        values: Value of each image, shape (N,).
    """

    values: FloatArray

    def __call__(self, weights: FloatArray) -> FloatArray:
        """Means under weights of shape (B, N), shape (B,)."""
        measured = np.isfinite(self.values)
        total = weights @ measured.astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((weights @ np.where(measured, self.values, 0.0)) / total)

    def part(self, rows: IntArray) -> WeightedMean:
        """Mean over the images at these positions."""
        return WeightedMean(self.values[rows])


def outliers(values: FloatArray, *, worse: int, limit: float = 5.0) -> IntArray:
    """Positions of values far on the worse side of the others, farthest first.

    Distance is the modified z-score of Iglewicz and Hoaglin (1993): from the median, in units
    of 1.4826 times the median absolute deviation. Their usual limit of 3.5 suspects 1 % of a
    skewed but healthy set; 5 keeps that to a few in a thousand.

    Args:
        values: Shape (N,), on a scale on which they are roughly symmetric; NaN is never a suspect.
        worse: -1 when low values are bad, +1 when high ones are.
        limit: Least modified z-score of a suspect.

    Returns:
        Positions, shape (M,). Empty when most values are equal, as nothing then tells how
        far is far.
    """
    centre = np.nanmedian(values)
    spread = scaled_mad(values)
    if not spread > 0:
        return NOBODY
    z = np.nan_to_num(worse * (values - centre) / spread)
    suspects = np.flatnonzero(z > limit)
    return suspects[np.argsort(-z[suspects], kind="stable")]
