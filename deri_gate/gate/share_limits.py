"""Proposed limits on shares of the images: never looser than shipped ones that the data keep."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import scipy

from deri_gate.measuring.shares import COUNTS
from deri_gate.runtime.figures import SHARE, in_unit
from deri_gate.runtime.resources import shipped_suites
from deri_gate.runtime.strict import validated
from deri_gate.schemas.suite import SuiteDocument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.gate.records import Bound, Severity
    from deri_gate.schemas.suite import SuiteExpectation

LEAST = "minimum"  # argument of the limits that a value must reach
RAW = "expect_value"  # begin of the expectations on raw values, not on subscores
SHIPPED = ("data_only", "dataset_gate")  # suites whose limits hold for what a dataset lacks so far
DIGITS = 3  # of a proposed limit
WRITTEN = 1e-8  # relative: values are read from a document that has nine digits of them


@dataclass(frozen=True, kw_only=True)
class ProposedLimit:
    """A limit before it is an expectation of a suite."""

    metric: str
    bound: Bound
    value: float
    severity: Severity
    reason: str

    def keeps(self, value: float) -> bool:
        """True for a value that is within the limit."""
        return value >= self.value if self.bound == "at_least" else value <= self.value


def shipped_limits() -> Sequence[SuiteExpectation]:
    """Limits of the shipped suites: of the later ones, those on what none before limits."""
    found: list[SuiteExpectation] = []
    for name in SHIPPED:
        suite = validated(shipped_suites()[name].read_bytes(), SuiteDocument)
        limited = {entry.kwargs["metric"] for entry in found}
        found += [e for e in suite.expectations if e.kwargs["metric"] not in limited]
    return found


def shipped_on(metric: str) -> list[ProposedLimit]:
    """Limits of the shipped suites on the raw value of a metric."""
    return [
        ProposedLimit(
            metric=metric,
            bound="at_least" if LEAST in entry.kwargs else "at_most",
            value=float(entry.kwargs[LEAST if LEAST in entry.kwargs else "maximum"]),
            severity=entry.severity or "critical",
            reason="The shipped limit, which the dataset keeps.",
        )
        for entry in shipped_limits()
        if entry.kwargs["metric"] == metric and entry.type.startswith(RAW)
    ]


def limits_on_shares(shares: Mapping[str, float], images: int, each: float) -> list[ProposedLimit]:
    """Limits on shares of the images, or on counts.

    A critical one lies where another draw of the source hardly comes, or at the shipped limit, if
    the dataset keeps that and it is stricter; so does the shipped warning. What no draw has a right
    to, such as unreadable images, warns beyond 0, whatever the dataset has.

    Args:
        shares: By name, the value here.
        images: How many images the dataset has.
        each: Chance that another draw crosses a limit that chance moves.
    """
    shipped: dict[str, dict[str | None, float]] = {name: {} for name in shares}
    for entry in shipped_limits():
        if entry.kwargs["metric"] in shipped and "maximum" in entry.kwargs:
            shipped[entry.kwargs["metric"]][entry.severity] = float(entry.kwargs["maximum"])
    return [
        limit
        for name, value in shares.items()
        for limit in _of_share(name, value, shipped[name], images, each)
    ]


def _of_share(
    name: str, value: float, shipped: Mapping[str | None, float], images: int, each: float
) -> list[ProposedLimit]:
    warned = shipped.get("warning", math.inf)
    exact = name in COUNTS or shipped.get("critical") == 0.0
    here = f"{in_unit(value, '' if name in COUNTS else SHARE)} here"
    most = outwards(value if exact else max(value, most_of(value, images, each)), "at_most")
    reason = f"{here}; another draw has more with a chance of {each:.2g}."
    ours = shipped.get("critical", math.inf)
    if value <= ours < most:
        most, reason = ours, f"{here}; the shipped limit."
    limits = [(most, "critical", reason)]
    if 0.0 in shipped.values():  # another draw has no right to any
        limits.append((0.0, "warning", f"{here}; no image should be so, whatever the dataset has."))
    elif value <= warned < most:
        limits.append((warned, "warning", f"{here}; the shipped limit."))
    return [
        ProposedLimit(
            metric=name,
            bound="at_most",
            value=limit,
            severity=severity,  # type: ignore[arg-type]  # mypy widens the literals in a tuple
            reason=why,
        )
        for limit, severity, why in limits
    ]


def most_of(share: float, images: int, each: float) -> float:
    """The share that another draw passes with this chance: beta-binomial, Jeffreys' prior."""
    count = round(share * images)
    most = scipy.stats.betabinom.isf(each, images, count + 0.5, images - count + 0.5)
    return float(most) / images


def outwards(limit: float, bound: Bound) -> float:
    """Rounded to few digits, never to the strict side, so that a redraw changes few lines."""
    if limit == 0 or not math.isfinite(limit):
        return limit
    limit += abs(limit) * (-WRITTEN if bound == "at_least" else WRITTEN)
    step = 10.0 ** (math.floor(math.log10(abs(limit))) - DIGITS + 1)
    rounded = (math.floor if bound == "at_least" else math.ceil)(limit / step) * step
    return float(f"{rounded:.{DIGITS}g}")
