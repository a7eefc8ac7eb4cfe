"""Workflow commands: at most ten, on one line each, whatever the names."""

import re

from deri_gate.reports.github import MOST, command, commands_of

REASON = "Because of the reference pool"


def test_limits_on_a_change_are_anchored_to_their_own_file(report_of, check_of) -> None:
    """A keeper who follows the annotation finds the limit there."""
    checks = [check_of("fail", column=column) for column in ("raw", "change", "difference")]
    said = commands_of(report_of(checks), file="limits.json", change_file="changes.json")
    alone = commands_of(report_of(checks), file="scans.dvc")

    assert sorted("changes.json" in line for line in said) == [False, True, True]
    assert all("scans.dvc" in line for line in alone)


def test_missed_checks_are_annotated_worst_first(report_of, check_of) -> None:
    """A failure is an error, a warning a warning; what passes is not said."""
    checks = [check_of("warn", metric="exposure"), check_of("fail"), check_of("pass", metric="U")]
    said = commands_of(report_of(checks), file="data/scans.dvc")

    assert said == [
        f"::{level} file=data/scans.dvc,title={metric}::{metric} at least 50: is 42. {REASON}"
        for level, metric in (("error", "sharpness"), ("warning", "exposure"))
    ]


def test_ten_at_most(report_of, check_of) -> None:
    """GitHub shows no more a step."""
    checks = [check_of("fail", name=f"check {i}") for i in range(50)]

    assert len(commands_of(report_of(checks))) == MOST


def test_hostile_texts_stay_on_their_line(hostile_report, hostile) -> None:
    """No second command, and no property that a name adds."""
    for line in commands_of(hostile_report, file=hostile[3] + ",line=7"):
        assert re.fullmatch(r"::(error|warning) file=[^,:\r\n]*,title=[^,:\r\n]*::[^\r\n]*", line)


def test_encoding_is_the_documented_one() -> None:
    """% CR LF in data; : and , in properties as well."""
    assert command("error", "a:b,c", "50%\r\n::x", file="d:e,f%.dvc") == (
        "::error file=d%3Ae%2Cf%25.dvc,title=a%3Ab%2Cc::50%25%0D%0A::x"
    )
