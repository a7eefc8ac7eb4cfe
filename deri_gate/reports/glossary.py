"""Glossary of a report: the terms in two plain sentences each."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from typing import TYPE_CHECKING

from deri_gate.runtime.figures import SHARE, exact

if TYPE_CHECKING:
    from deri_gate.metrics.base import Metric

SECTIONS = re.compile(r"\n\s*(?:Args|Returns|Source|Raises):")  # of a docstring, after its text
DOCUMENTATION = "Documentation"  # label of the address in the package's metadata


@dataclass(frozen=True, kw_only=True)
class Term:
    """A term of a report.

    Attributes:
        name: Identifier, unique: the anchor in the page.
        title: The term.
        text: Two sentences.
        page: Page of the documentation, without ending; empty for none.
        section: Heading of the section of that page which says more.
        facts: Further sentences, where no page says them.
    """

    name: str
    title: str
    text: str
    page: str = ""
    section: str = ""
    facts: tuple[str, ...] = ()


TERMS = (
    Term(
        name="deri1000",
        title="DERI1000",
        text="One score of a dataset: 1000 is a typical dataset of the reference pool, and 100 "
        "points are one standard deviation of the pool. It sums up all metrics; a limit on a "
        "single metric can still fail.",
        page="deri1000",
        section="From values to the number",
    ),
    Term(
        name="u",
        title="U",
        text="The weighted mean of the subscores, 0 to 100. DERI1000 is U on the scale of the "
        "reference pool.",
        page="deri1000",
        section="From values to the number",
    ),
    Term(
        name="subscore",
        title="Subscore",
        text="What a metric's value is worth against the reference pool, 0 to 100; higher is "
        "better. 50 is the pool's median.",
        page="deri1000",
        section="From values to the number",
    ),
    Term(
        name="pool",
        title="Reference pool",
        text="Datasets that were measured in the same way, against which values are compared. "
        "It says what is typical, not what is good enough for your purpose.",
        page="recalibration",
        section="Pools by domain and size",
    ),
    Term(
        name="interval",
        title="95 % interval",
        text="The range in which the score lies if the images and the datasets of the pool are "
        "drawn again at random. A difference smaller than the interval may be chance.",
        page="deri1000",
        section="How sure it is",
    ),
    Term(
        name="weight",
        title="Weight",
        text="The share of a metric in U. All weigh alike by default; a pool may hold other "
        "weights, such as those from how much damage of each kind hurts a trained classifier.",
        page="deri1000",
        section="From values to the number",
    ),
    Term(
        name="limit",
        title="Limit",
        text="A number from your suite that a value must keep. A missed critical limit fails "
        "the gate, any other warns.",
        page="pull-requests",
        section="Limits for your own data",
    ),
    Term(
        name="suspect",
        title="Suspect",
        text="An image that stands out in one metric and deserves a look. It is not proven "
        "wrong: a person decides.",
        page="suspects",
        section="Damaged images",
    ),
    Term(
        name="effect",
        title="Effect",
        text="How far changed images differ from those they are compared with: 0 is no "
        "difference, 1 means that every one is worse. A small effect can be certain, and a "
        "large one can be chance; see adjusted p.",
        page="report",
        section="Effect and adjusted p",
    ),
    Term(
        name="adjusted-p",
        title="Adjusted p",
        text="The probability of such a difference by chance, corrected for the number of "
        "tests. Below 0.01 the report takes a difference as a fact.",
        page="report",
        section="Effect and adjusted p",
    ),
    Term(
        name="levels",
        title="Levels and levels²",
        text="Grey levels run from 0, black, to 255, white. levels² is their square, the unit of "
        "a variance.",
        page="datasets",
        section="Levels",
    ),
    Term(
        name="near-duplicate",
        title="Copy and near duplicate",
        text="A copy is the same picture, even if it was saved again or turned. A near "
        "duplicate shows the same picture, cropped, framed, written on or in other light.",
        page="pull-requests",
        section="Copies and near duplicates",
    ),
    Term(
        name="shortcut",
        title="Shortcut",
        text="A mark or property that gives a class away without showing it, such as a ruler "
        "in every malignant image. A network learns the shortcut and fails where it is absent.",
        page="shortcuts",
        section="How it is looked for",
    ),
    Term(
        name="drift",
        title="Drift",
        text="A new batch no longer looks as if it came from the same source as the baseline. "
        "It is reported when it starts, while it lasts, and when it ends.",
        page="drift",
        section="When drift is reported",
    ),
)


def metric_terms(metrics: tuple[Metric, ...]) -> tuple[Term, ...]:
    """A term a metric: the first sentence of its definition, its unit and direction; and more."""
    return tuple(
        Term(name=f"metric-{m.name}", title=m.title, text=_definition(m), facts=_facts(m))
        for m in metrics
    )


def _definition(metric: Metric) -> str:
    first = _described(metric).strip().splitlines()[:1]
    unit = f" Its unit is {metric.unit}." if metric.unit else ""
    if metric.unit == SHARE:
        unit = " It is a share, shown in per cent."
    said = f"{first[0].rstrip('.')}. " if first else ""
    return f"{said}{metric.better.capitalize()} is better.{unit}"


def _facts(metric: Metric) -> tuple[str, ...]:
    """The rest of the definition, the range, what to do, and the source."""
    _, _, rest = SECTIONS.split(_described(metric))[0].strip().partition("\n\n")
    parts = (*re.split(r"\n\s*\n", rest), _range(metric), metric.advice)
    source = f"Source: {metric.source.rstrip('.')}." if metric.source else ""
    return tuple(" ".join(part.split()) for part in (*parts, source) if part.strip())


def _range(metric: Metric) -> str:
    unit = SHARE if metric.unit == SHARE else ""
    low, high = exact(round(metric.low, 3), unit), exact(metric.high, unit)
    ends = f"{low} to {high}" if math.isfinite(metric.high) else f"{low} upwards"
    return f"Range: {ends} {'' if unit else metric.unit}".rstrip() + "."


def _described(metric: Metric) -> str:
    return (metric.of_image or metric.compute).__doc__ or ""


def documentation() -> str:
    """Address of the documentation, with a slash at its end; empty where the package has none."""
    try:
        addresses = metadata("deri-gate").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    for entry in addresses:
        label, _, address = entry.partition(", ")
        if label == DOCUMENTATION and address.startswith("https://"):
            return f"{address.rstrip('/')}/"
    return ""
