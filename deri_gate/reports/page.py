"""The report as one file for people: no network, nothing from elsewhere, less than 5 MB."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from deri_gate.changes.records import SHOWN
from deri_gate.drift.kinds import KINDS
from deri_gate.reports.compiled_templates import CompiledTemplates
from deri_gate.reports.documentation import section_html
from deri_gate.reports.explained import member_text
from deri_gate.reports.glossary import TERMS, documentation, metric_terms
from deri_gate.reports.headline import headline_of
from deri_gate.reports.lines import (
    limit_text,
    metric_lines,
    observed_text,
    other_checks,
)
from deri_gate.reports.linking import divided, measured, term_link, unbroken, with_links
from deri_gate.reports.page_parts import NumberedPictures, check_title, misses_of
from deri_gate.reports.plots.drifting import history_scene
from deri_gate.reports.plots.learning_curve import learning_curve_scene
from deri_gate.reports.plots.score import score_scene, subscore_scene
from deri_gate.reports.plots.svg import as_inline_svg
from deri_gate.reports.sufficiency import coverage_text, curve_text
from deri_gate.reports.text import (
    LONGEST_NAME,
    LONGEST_TEXT,
    isolated,
    number,
    percent,
    printable,
    signed,
    whole,
)
from deri_gate.reports.words import size_words, status_text, status_word, verdict_words
from deri_gate.runtime.counts import counted
from deri_gate.runtime.figures import figure, in_unit, probability
from deri_gate.scoring.pool import Pool

if TYPE_CHECKING:
    from deri_gate.drift.records import DriftTest
    from deri_gate.reports.glossary import Term
    from deri_gate.reports.plots.scene import Scene
    from deri_gate.reports.report import Report

FOLDER = Path(__file__).parent / "template"
MOST_BYTES = 5_000_000  # of the page
MOST_NAMES = (100, 25, 5)  # of images, a list; fewer where names are so long that it grows
MOST_TODO = 6  # things to do that are shown; the others are counted and folded
LONGEST_ANCHOR = 80
LONGEST_FACT = 4000  # characters of a paragraph on a metric


def as_page(report: Report) -> str:
    """`report.html`: verdict, what to do first, missed limits with their images, then the rest."""
    for most in MOST_NAMES:
        page = _rendered(report, most)
        if len(page.encode("utf-8", errors="backslashreplace")) < MOST_BYTES:
            break
    return page


def _rendered(report: Report, most: int) -> str:
    change = report.change
    tests = sorted(change.tests if change else (), key=lambda test: (test.adjusted_p, test.name))
    misses = misses_of(report)
    shown = [exhibit for miss in misses for exhibit in miss.exhibits]
    left = [one for one in report.exhibits.items if one not in shown]
    scenes, headline = all_scenes(report), headline_of(report).text
    pictures = NumberedPictures(report.gallery, [*shown, *left])
    template = _environment().get_template("page.html.jinja")
    return template.render(
        report=report,
        info=report.metrics.dataset,
        change=change,
        tests=tests,
        found=[test for test in tests if test.adjusted_p < SHOWN],
        shown_below=SHOWN,
        headline=headline[:1].upper() + headline[1:],
        verdict=verdict_words(report).capitalize(),
        lines=metric_lines(report, most=most),
        misses=misses,
        drifting=_drifting(report),
        ended=_ended(report),
        todo=[miss for miss in misses if miss.to_do],
        exhibits=left,
        others=other_checks(report),
        subject=lambda check: check_title(report, check),
        member=member_text(report.scored),
        scenes=scenes,
        distributions=[scene for name, scene in scenes.items() if name.startswith("distribution.")],
        pictures=pictures,
        links={ref.id: f"z{i}" for i, ref in enumerate(pictures.tiles) if ref.side == "head"},
        terms=_terms(report),
        defined={m.name for m in report.profile.metrics},
        docs=documentation(),
        most=most,
    )


@dataclass(frozen=True)
class _Entry:
    """Entry of the glossary, with what the documentation says of it.

    Attributes:
        term: The term.
        more: Section of the documentation; empty where an earlier entry has it, or none.
        above: Earlier entry with the same section.
    """

    term: Term
    more: Markup
    above: Term | None = None


def _terms(report: Report) -> list[_Entry]:
    """Glossary of the page; each section of the documentation stands in it once."""
    entries = []
    holders: dict[tuple[str, str], Term] = {}
    for term in (*TERMS, *metric_terms(report.profile.metrics)):
        place = (term.page, term.section)
        above = holders.get(place) if term.page else None
        more = section_html(*place) if term.page and above is None else Markup()
        if more:
            holders[place] = term
        entries.append(_Entry(term, more, above))
    return entries


@lru_cache(maxsize=1)
def _environment() -> Environment:
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page.loader, page.bytecode_cache = FileSystemLoader(FOLDER), CompiledTemplates()
    page.globals.update(
        term=term_link,
        most_todo=MOST_TODO,
        limit_text=limit_text,
        coverage_text=lambda found, titles: coverage_text(found, titles, str),
        curve_text=curve_text,
        style=_asset("style.css"),
        script=_asset("script.js"),
        script_hash=_script_hash(),
    )
    page.filters.update(
        counted=counted,
        figure=figure,
        in_unit=lambda *number, **more: unbroken(in_unit(*number, **more)),
        number=number,
        observed=lambda check: unbroken(observed_text(check)),
        percent=lambda value: unbroken(percent(value)),
        probability=probability,
        signed=signed,
        whole=whole,
        size=size_words,
        status=status_text,
        status_word=status_word,
        shown=lambda name: isolated(printable(str(name), LONGEST_NAME)),
        divided=divided,
        measured=measured,
        said=lambda text: unbroken(printable(str(text), LONGEST_TEXT)),
        told=lambda text: unbroken(printable(str(text), LONGEST_FACT)),
        anchor=_anchor,
        explained=with_links,
        svg=lambda scene, links: Markup(as_inline_svg(scene, links)),  # noqa: S704  # it escapes its texts
    )
    return page


def _drifting(report: Report) -> list[DriftTest]:
    """Drift features in drift, those that started now first."""
    watch = report.drift.watch if report.drift else None
    if report.drift is None or watch is None:
        return []
    tests = {test.name: test for test in report.drift.tests}
    return [tests[name] for name in (*watch.started, *watch.ongoing) if name in tests]


def _ended(report: Report) -> list[str]:
    """Titles of the drift features whose drift ends with this batch."""
    watch = report.drift.watch if report.drift else None
    return [KINDS[name].title for name in watch.ended] if watch else []


def all_scenes(report: Report) -> dict[str, Scene]:
    """Plots by name: those that the report alone gives, and those of the measured images."""
    own: tuple[Scene | None, ...] = ()
    if not isinstance(report.pool, Pool):  # read from files, which hold all plots
        pass
    elif report.drift is not None:  # scores of a batch and a larger baseline do not compare
        own = (history_scene(report.history) if len(report.history) > 1 else None,)
    else:
        curve = learning_curve_scene(report.sufficiency)
        own = (score_scene(report, report.pool), subscore_scene(report, report.pool), curve)
    return {scene.name: scene for scene in (*own, *report.plots) if scene is not None}


def _anchor(name: str) -> str:
    """Identifier in the page: letters, digits and dashes; unique for each name."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "-" for c in name)
    if plain == name.replace(".", "-") and len(plain) < LONGEST_ANCHOR:
        return plain
    return f"{plain[:24]}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _asset(name: str) -> Markup:
    return Markup((FOLDER / name).read_text("utf-8"))  # noqa: S704  # a file of ours


def _script_hash() -> str:
    """Hash by which the page's policy lets its own script run, and no other."""
    digest = hashlib.sha256((FOLDER / "script.js").read_bytes()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
