"""The report on a terminal: the worst first, no line too wide, and at the end what to do."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from deri_gate.reports.advice import ADVICE
from deri_gate.reports.screen import Screen, screen_of
from deri_gate.reports.terminal import as_text
from deri_gate.reports.words import Detail
from deri_gate.runtime.output import STYLES, GuardedStream

WIDE = Screen(width=200)
WIDTHS = (40, 60, 80, 120, 200)
ESCAPE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def report(report_of, check_of, waived_check, change_of, tested):
    """Two limits fail, one warns, one is waived, two pass; a change and suspects."""
    checks = [
        check_of("pass", metric="imbalance"), check_of("warn", metric="resolution"),
        check_of("fail"), check_of("pass", metric="diversity"), waived_check(),
        check_of("fail", metric="exact_copies"),
    ]  # fmt: skip
    return report_of(
        checks, worst={"sharpness": [f"a/{i}.png" for i in range(9)]},
        suspects={"sharpness": 9}, findings=["broken.png"], change=change_of([tested()]),
    )  # fmt: skip


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("detail", list(Detail))
def test_no_line_is_wider_than_the_screen(report, hostile_report, width, detail) -> None:
    """In cells, as wide characters take two; hostile names of any length too."""
    for one in (report, hostile_report):
        text = as_text(one, screen=Screen(width=width), detail=detail, folder=Path("out"))
        assert max(cell_len(line) for line in text.splitlines()) <= width


def test_the_worst_comes_first(report) -> None:
    lines = as_text(report).splitlines()
    statuses = [line.split()[0] for line in lines if " at least 50" in line]

    assert lines[0].startswith("FAILED  scans")
    assert statuses == ["fail", "fail", "warn", "waived"]
    first = next(i for i, line in enumerate(lines) if line.startswith("fail"))
    assert first < 8


def test_each_missed_limit_is_one_line(report) -> None:
    text = as_text(report, screen=Screen(width=60))

    assert len(re.findall(r"^(?:fail|warn|waived) ", text, re.MULTILINE)) == 4


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_number_of_a_limit_is_never_cut(report_of, check_of, width) -> None:
    """Where it has no room on its line it goes on below; only what is said beside it is cut."""
    checks = [
        check_of("fail", column="change", observed=3.3e-12, limit=0.01, detail="so and so " * 9),
        check_of("warn", metric="likely_contradictions", column="difference", limit=-0.255),
    ]
    text = " ".join(as_text(report_of(checks), screen=Screen(width=width)).split())

    assert "adjusted p at least 0.01" in text
    assert re.search(r"difference to the base.* at least -25.5 %", text)


def test_passes_are_folded_and_full_detail_unfolds_them(report) -> None:
    short, full = as_text(report), as_text(report, detail=Detail.FULL)

    assert "2 limits passed" in short
    assert not re.search(r"^pass ", short, re.MULTILINE)
    assert len(re.findall(r"^pass ", full, re.MULTILINE)) == 2
    assert "Because of the reference pool." in full
    assert "Because of the reference pool." not in short


def test_the_last_lines_say_verdict_next_and_place(report) -> None:
    *_, verdict, following, place = as_text(
        report, screen=WIDE, folder=Path("some/report")
    ).splitlines()

    assert verdict == "Verdict  Failed: 2 limits failed, 1 warned, 1 waived and 2 passed"
    assert following.startswith(f"Next     {ADVICE['exact_copies']} Take the image again in focus")
    assert place == f"Report   {Path('some/report/report.html')}"


def test_quiet_is_the_last_lines_alone(report) -> None:
    lines = as_text(report, screen=WIDE, detail=Detail.QUIET, folder=Path("out")).splitlines()

    assert [line.split()[0] for line in lines] == ["Verdict", "Next", "Report"]


def test_a_calm_report_needs_nothing(report_of, check_of) -> None:
    report = report_of([check_of("pass")])

    assert "Next     Nothing needs to be done." in as_text(report)


@pytest.mark.parametrize(("subscore", "told"), [(9.9, True), (10.1, False), (None, False)])
def test_a_passing_report_tells_a_subscore_far_below_the_pool(
    report_of, check_of, subscore, told
) -> None:
    """One near 0 is no "nothing must be done", though no limit is missed."""
    report = report_of([check_of("pass")])
    scored = replace(report.scored, subscores={**report.scored.subscores, "exposure": subscore})
    text = as_text(replace(report, scored=scored), screen=WIDE)

    assert ("The lowest subscore is exposure, 9.9 of 100: Check exposure" in text) is told
    assert ("Next     Nothing needs to be done." in text) is not told


@pytest.mark.parametrize("subscore", [9.9, 50])
def test_a_waived_miss_is_no_limit_that_holds(report_of, waived_check, subscore) -> None:
    """It said "No limit is missed", below a limit that is missed and waived."""
    report = report_of([waived_check()])
    scored = replace(report.scored, subscores={**report.scored.subscores, "exposure": subscore})
    text = as_text(replace(report, scored=scored), screen=WIDE)

    assert "Next     Only waived limits are missed." in text
    assert "No limit is missed" not in text


def test_colours_and_links_are_taken_off_without_a_trace(report) -> None:
    """The text is the same with colours; the link leads to the file."""
    coloured = as_text(report, screen=Screen(colour=True), folder=Path("out"))

    assert ESCAPE.sub("", coloured) == as_text(report, folder=Path("out"))
    assert (Path("out").absolute() / "report.html").as_uri() in coloured
    assert "\x1b[1;31mFAILED" in coloured


def test_hostile_names_bring_no_escape_code_along(hostile_report) -> None:
    """With colours, what is left without our own is printable."""
    coloured = as_text(hostile_report, screen=Screen(colour=True), detail=Detail.FULL)
    plain = STYLES.sub("", coloured)

    assert "\x1b" not in plain
    assert not {c for c in plain if not c.isprintable()} - {"\n"}
    assert coloured.count("\x1b[31m\u202e") == 0


def test_the_guard_lets_styles_pass_and_nothing_else() -> None:
    stream = io.StringIO()
    GuardedStream(stream, progress=False).paint("\x1b[1mbold\x1b[0m \x1b[2Jgone\n::error::x\n")

    assert stream.getvalue() == "\x1b[1mbold\x1b[0m \\x1b[2Jgone\n: :error::x\n"


@pytest.mark.parametrize(
    ("stream", "environment", "colour"),
    [
        (Terminal, {"TERM": "xterm"}, True),
        (io.StringIO, {"TERM": "xterm"}, False),
        (Terminal, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Terminal, {"TERM": "dumb"}, False),
        (io.StringIO, {"FORCE_COLOR": "1", "TERM": "xterm"}, True),
        (io.StringIO, {"FORCE_COLOR": "1", "NO_COLOR": "1", "TERM": "xterm"}, False),
    ],
)
def test_colours_are_for_terminals(monkeypatch, stream, environment, colour) -> None:
    for name in ("TERM", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert screen_of(stream()).colour is colour


@pytest.mark.parametrize(
    ("columns", "width"), [("80", 80), ("7", 40), ("9999", 200), ("", 100), ("wide", 100)]
)
def test_the_width_of_a_log_is_that_of_columns(monkeypatch, columns, width) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", columns)

    assert screen_of(io.StringIO()).width == width


def test_copies_in_another_split_are_named(report_of, leaks_with) -> None:
    """A number alone does not say which files to take out."""
    found = replace(report_of(), leaks=leaks_with(["test/a.png", "test/b.png"]))

    text = as_text(found, screen=WIDE)

    assert re.search(r"^leaked_copies +2 +test/a.png, test/b.png$", text, re.MULTILINE)
    assert ADVICE["leaked_copies"] in text


def test_the_last_line_counts_the_limits_that_are_listed(report_of, check_of) -> None:
    """A stricter one that warns of a number that fails is listed, and counted, in full alone."""
    checks = [
        check_of("fail", metric="exact_copies", limit=0.07),
        check_of("warn", metric="exact_copies", limit=0.0),
        check_of("pass"),
    ]
    report = report_of(checks)

    assert "1 limit failed and 1 passed" in as_text(report, screen=WIDE)
    assert "1 limit failed, 1 warned and 1 passed" in as_text(
        report, screen=WIDE, detail=Detail.FULL
    )


@pytest.mark.parametrize("width", range(40, 60))
def test_no_line_ends_before_a_unit(report_of, check_of, width: int) -> None:
    """Neither in sentences nor in a column that is wrapped."""
    told = "If 1 % of all labels are wrong, expect 56 % of them, 12 px wide, of the last 30 days."
    checks = [replace(check_of("fail"), detail=told, reason=told)]
    text = as_text(report_of(checks), screen=Screen(width=width), detail=Detail.FULL)

    assert not re.search(r"\d\n\s*(%|px|days)", text)
    assert "56 %" in text
