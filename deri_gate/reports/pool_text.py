"""A pool, and what changed between two, for terminals and as Markdown."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from deri_gate.reports.tables import Cells, aligned, markdown_table
from deri_gate.reports.text import escaped, number, percent, printable, signed, whole
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deri_gate.schemas.pool_report import MemberReport, PoolDiff, PoolReport

Form = Literal["text", "markdown"]
WIDTH = 96
ABOUT_METRICS = (
    "Median and spread are on the metric's scale. A spread with a star is the least that a pool is "
    "credited with."
)
ABOUT_CENTRES = (
    "Medians and spreads are on the metric's scale. Moves count in spreads of the first pool."
)
MOST_PAIRS = 10  # of datasets that change places


@dataclass(frozen=True)
class _Style:
    """Writing of headings, tables and sentences in one form."""

    heading: Callable[[str], str]
    table: Callable[[Sequence[Cells]], str]
    sentence: Callable[[str], str]


STYLES = {
    "text": _Style(str, aligned, lambda said: textwrap.fill(said, WIDTH)),
    "markdown": _Style(lambda said: f"### {said}", markdown_table, escaped),
}


def pool_as(form: Form, report: PoolReport) -> str:
    """Members, metrics, weights and damage of a pool."""
    style = STYLES[form]
    title = (
        f"pool {printable(report.pool.name)} {report.pool.hash}: "
        f"{counted(len(report.datasets), 'dataset')}, profile {printable(report.profile.name)}"
    )
    parts = [
        style.heading(title),
        style.sentence(
            f"U is the power mean {report.power:g} of the subscores, with weights {report.used}."
        ),
        style.table(member_rows(report.datasets)),
        style.table(metric_rows(report)),
        style.sentence(ABOUT_METRICS),
    ]
    if report.damage:
        parts.append(style.table(damage_rows(report)))
    if report.left_out:
        parts.append(style.table(left_out_rows(report)))
    parts += [style.sentence(f"warning: {warning}") for warning in report.warnings]
    return "\n\n".join(parts) + "\n"


def left_out_rows(report: PoolReport) -> list[Cells]:
    """Row of each candidate that is not in the pool, with the reason."""
    rows: list[Cells] = [("left out", "reason")]
    return rows + [(printable(name, 30), printable(why)) for name, why in report.left_out.items()]


def member_rows(members: Sequence[MemberReport]) -> list[Cells]:
    """Row of each dataset: size, licence, scores, and whom it moves most."""
    rows: list[Cells] = [
        ("dataset", "images", "classes", "DERI1000", "without itself", "moves most", "licence")
    ]
    rows += [
        (
            printable(member.name, 30),
            f"{member.images:,}",
            str(member.classes),
            whole(member.DERI1000),
            whole(member.without_itself),
            most_moved(member),
            printable(member.licence, 30),
        )
        for member in members
    ]
    return rows


def most_moved(one: MemberReport) -> str:
    """The dataset whose score hangs most on this one, and by how many points."""
    if not one.moves:
        return "-"
    name = max(one.moves, key=lambda other: (abs(one.moves[other]), other))
    return f"{printable(name, 24)} {one.moves[name]:+.0f}"


def metric_rows(report: PoolReport) -> list[Cells]:
    """Row of each metric: centre, spread and range in the pool, its weights."""
    rows: list[Cells] = [
        ("metric", "median", "spread", "scale", "lowest", "highest", "weight", "fitted", "95 %")
    ]
    used = report.weights[report.used]
    for name, metric in report.metrics.items():
        fitted = report.fitted.get(name)
        between = fitted.interval if fitted else None
        rows.append(
            (
                name,
                number(metric.median, 3),
                number(metric.spread, 3) + ("*" if metric.at_floor else ""),
                metric.scale,
                number(metric.lowest, 3),
                number(metric.highest, 3),
                number(used.get(name, 0.0), 2),
                number(fitted.weight, 2) if fitted else "-",
                f"{between[0]:.2f} to {between[1]:.2f}" if between else "-",
            )
        )
    return rows


def damage_rows(report: PoolReport) -> list[Cells]:
    """Row of each group of damage, at its strongest level."""
    ways = list(dict.fromkeys(way for row in report.damage.values() for way in row.against_base))
    rows: list[Cells] = [
        ("damage", "subscore falls", "DERI1000 falls", "median", "detected",
         *(way.replace("_", " ") for way in ways))
    ]  # fmt: skip
    rows += [
        (
            group,
            percent(row.falls),
            percent(row.DERI1000_falls),
            points(row.DERI1000_median),
            percent(row.detected),
            *(percent(row.against_base.get(way)) for way in ways),
        )
        for group, row in report.damage.items()
    ]
    return rows


def pool_diff_as(form: Form, difference: PoolDiff) -> str:
    """Changes from one pool to another, and the scores that follow."""
    style = STYLES[form]
    first, second = (f"{printable(pool.name)} {pool.hash}" for pool in difference.pools)
    head = f"pool {first} -> {second}"
    sentences = map(style.sentence, pool_diff_sentences(difference))
    if difference.same:
        return "\n\n".join([style.heading(head), *sentences]) + "\n"
    warnings = [style.sentence(f"warning: {text}") for text in difference.warnings]
    tables = [style.table(score_rows(difference)), style.table(centre_rows(difference))]
    about = style.sentence(ABOUT_CENTRES)
    return "\n\n".join([style.heading(head), *sentences, *warnings, *tables, about]) + "\n"


def pool_diff_sentences(difference: PoolDiff) -> list[str]:
    """Say who came, who went, what changed, and who changes places."""
    if difference.same:
        return ["Both pools are the same."]
    return [
        *_named("added", difference.added),
        *_named("removed", difference.removed),
        *_changes(difference),
        *_order(difference),
    ]


def score_rows(difference: PoolDiff) -> list[Cells]:
    """Row of each dataset of both pools: its score by either."""
    rows: list[Cells] = [("dataset", "first", "second", "difference", "in")]
    rows += [
        (
            printable(name, 30),
            *map(whole, dataset.scores),
            points(dataset.difference),
            dataset.values_of,
        )
        for name, dataset in difference.datasets.items()
    ]
    return rows


def centre_rows(difference: PoolDiff) -> list[Cells]:
    """Row of each metric: medians, how far they moved, spreads, weights."""
    rows: list[Cells] = [("metric", "median", "then", "moved", "spread", "then", "weight", "then")]
    for name, metric in difference.metrics.items():
        weights = difference.weights.get(name, (0.0, 0.0))
        rows.append(
            (
                name,
                *(number(value, 3) for value in metric.median),
                signed(metric.moved),
                *(number(value, 3) for value in metric.spread),
                *(number(value, 2) for value in weights),
            )
        )
    return rows


def points(change: float | None) -> str:
    """A difference of scores, in whole points with its sign."""
    return "-" if change is None else f"{round(change):+d}"


def _named(word: str, names: Sequence[str]) -> list[str]:
    return [f"{word}: {', '.join(map(printable, names))}"] if names else []


def _changes(difference: PoolDiff) -> list[str]:
    said = []
    for row in difference.changed:
        parts = [
            *(["other images or labels"] if row.fingerprint_changed else []),
            *row.provenance_changed,
            *([f"values of {', '.join(row.values_changed)}"] if row.values_changed else []),
        ]
        said.append(f"changed: {printable(row.name)}: {', '.join(parts)}")
    return said


def _order(difference: PoolDiff) -> list[str]:
    said = [
        f"{printable(lower)} now scores more than {printable(higher)}."
        for lower, higher in difference.order_changed[:MOST_PAIRS]
    ]
    if len(difference.order_changed) > MOST_PAIRS:
        said.append(f"{len(difference.order_changed) - MOST_PAIRS} more pairs change places.")
    return said
