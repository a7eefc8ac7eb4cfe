"""The list of cases: what it refuses, and that it changes line by line."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date

import pytest

from deri_gate.errors import SettingError
from deri_gate.measuring.decisions import (
    COLUMNS,
    ReviewCase,
    cases_text,
    decisions_of,
    merged,
    read_cases,
)


def case(path="a.png", reason="exposure", content="00", **more):
    return ReviewCase(path=path, reason=reason, content=content, **more)


DECIDED = {"decision": "accept", "who": "Ada", "when": "2026-01-31", "why": "meant to be dark"}


def test_a_list_is_read_as_it_was_written(tmp_path):
    """Names of any kind, formulas and quotes included."""
    cases = [
        case("=cmd|x.png", content="01"),
        case('it is "so", yes.png', content="02", **DECIDED, until="2027-01-01"),
        case("b.png", reason="label_noise", score="0.91", suggestion="-cat", content="03"),
        case("line\nbreak.png", content="04"),
    ]
    path = tmp_path / "review.csv"
    path.write_text(cases_text(cases), "utf-8", newline="")
    found = read_cases(path)

    assert sorted(found, key=lambda c: c.content) == cases
    assert cases_text(found) == cases_text(reversed(cases)) == path.read_text("utf-8")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"decision": "ok"}, "line 2 has the decision 'ok'"),
        ({**DECIDED, "who": ""}, "line 2 does not say who decided"),
        ({**DECIDED, "why": " "}, "line 2 does not say who decided"),
        ({**DECIDED, "when": "31.1.2026"}, "line 2 has '31.1.2026' for a day"),
        ({**DECIDED, "until": "soon"}, "line 2 has 'soon' for a day"),
        ({**DECIDED, "decision": "relabel"}, "line 2 relabels without a label"),
        ({**DECIDED, "label": "b"}, "line 2 has the decision accept, and a label"),
        ({**DECIDED, "decision": "drop", "until": "2026-02-01"}, "drop, and an end"),
        ({**DECIDED, "reason": "unreadable"}, "line 2 accepts a file that cannot be read"),
        ({"label": "b"}, "line 2 says something, but has no decision"),
        ({"why": "it is fine"}, "line 2 says something, but has no decision"),
    ],
)
def test_an_incomplete_decision_is_an_error_that_names_the_line(tmp_path, said, message):
    path = tmp_path / "review.csv"
    path.write_text(cases_text([case(**said)]), "utf-8")

    with pytest.raises(SettingError, match=message):
        read_cases(path)


def test_two_decisions_on_one_case_are_an_error_and_the_same_twice_is_none(tmp_path):
    """As after a merge of two branches: which one holds is for a person to say."""
    path, drop = tmp_path / "review.csv", {**DECIDED, "decision": "drop"}
    path.write_text(cases_text([case(**DECIDED), case(**drop)]), "utf-8")
    with pytest.raises(SettingError, match="line 3 decides otherwise than an earlier line"):
        read_cases(path)

    path.write_text(cases_text([case(**DECIDED), case(**{**DECIDED, "who": "Bo"})]), "utf-8")
    assert [c.decision for c in read_cases(path)] == ["accept", "accept"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_list_that_a_spreadsheet_saved_is_read_alike(tmp_path, encoding, ending):
    """With a byte order mark, other line ends, a blank line and a row of empty cells."""
    path, cases = tmp_path / "review.csv", [case("ä.png", **DECIDED)]
    text = cases_text(cases) + "\n" + "," * (len(COLUMNS) - 1) + "\n"
    path.write_bytes(text.replace("\n", ending).encode(encoding))

    assert list(read_cases(path)) == cases


@pytest.mark.parametrize("content", [b"", b"path,reason\n", b"\xff\xfe", b",".join([b"x"] * 11)])
def test_another_file_is_no_list(tmp_path, content):
    path = tmp_path / "review.csv"
    path.write_bytes(content)

    with pytest.raises(SettingError):
        read_cases(path)
    with pytest.raises(SettingError, match="cannot be read"):
        read_cases(tmp_path / "none.csv")


def test_decisions_stay_and_open_cases_that_are_no_longer_found_go():
    before = [
        case(content="01", **DECIDED),
        case("b.png", content="02"),
        case("c.png", content="03", **DECIDED),
    ]
    found = merged(
        [case("moved/a.png", score="0.9", content="01"), case("d.png", content="04")], before
    )

    assert {c.path: c.decision for c in found} == {
        "moved/a.png": "accept",
        "c.png": "accept",
        "d.png": "",
    }
    assert next(c for c in found if c.content == "01").score == "0.9"


def test_of_equal_images_one_may_go_and_one_stay():
    """Two files of one content: a drop is on one of them, an acceptance on both."""
    drop = {**DECIDED, "decision": "drop"}
    new = [case("1.png", reason="duplicates"), case("2.png", reason="duplicates")]

    dropped = merged(new, [case("2.png", reason="duplicates", **drop)])
    assert {c.path: c.decision for c in dropped} == {"1.png": "", "2.png": "drop"}
    accepted = merged(new, [case("2.png", reason="duplicates", **DECIDED)])
    assert {c.path: c.decision for c in accepted} == {"1.png": "accept", "2.png": "accept"}


def test_the_line_of_a_decision_stays_as_it_was_seen():
    """Scores of labels move with every image that comes; what was decided is no news."""
    decided = case(score="0.91", suggestion="cat", **DECIDED)
    new = [case(score="0.72", suggestion="dog"), case("b.png", content="02", score="0.6")]

    assert sorted(merged(new, [decided]), key=lambda c: c.path) == [decided, new[1]]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_two_lists_one_below_the_other_are_one(tmp_path, separator):
    """As `cat` joins them, or a spreadsheet saves them; who decided wins over who did not."""
    one = [case("a.png", content="01", **DECIDED), case("b; c,\td.png", content="02")]
    two = [case("a.png", content="01"), replace(one[1], **{**DECIDED, "why": "so; be, it"})]
    text = cases_text(one) + cases_text(two)
    if separator != ",":
        saved = io.StringIO()
        rows = csv.reader(io.StringIO(text, newline=""))
        csv.writer(saved, delimiter=separator).writerows(rows)
        text = saved.getvalue()
    (tmp_path / "review.csv").write_text(text, "utf-8", newline="")
    found = merged([one[1]], read_cases(tmp_path / "review.csv"))

    assert sorted(found, key=lambda c: c.path) == [one[0], two[1]]


def test_a_merge_that_is_not_ended_is_said(tmp_path):
    """Git leaves three marks where two people decided on one line."""
    lines = cases_text([case(**DECIDED), case(**{**DECIDED, "why": "other"})]).splitlines()
    marked = [lines[0], "<<<<<<< HEAD", lines[1], "=======", lines[2], ">>>>>>> theirs", ""]
    (tmp_path / "review.csv").write_text("\n".join(marked))

    with pytest.raises(SettingError, match="line 2 is a mark of a merge"):
        read_cases(tmp_path / "review.csv")


def test_an_acceptance_ends_on_its_day():
    until = case(**DECIDED, until="2026-06-30")

    assert until.accepted(date(2026, 6, 30))
    assert not until.accepted(date(2026, 7, 1))
    assert until.is_open(date(2026, 7, 1))
    assert not until.is_open(date(2026, 6, 30))
    assert case(**DECIDED).accepted(date(2999, 1, 1))
    assert not case(**{**DECIDED, "decision": "drop"}).accepted(date(2026, 1, 1))


def test_what_is_to_be_dropped_and_relabelled(tmp_path):
    """A drop wins over a label, and one image cannot get two labels."""
    drop, label = {**DECIDED, "decision": "drop"}, {**DECIDED, "decision": "relabel", "label": "y"}
    cases = [case("a.png", **drop), case("b.png", **label), case("a.png", **label)]
    said = decisions_of(cases, "xy", tmp_path)

    assert said.drops == {"a.png"}
    assert said.labels == {"b.png": "y"}
    with pytest.raises(SettingError, match=r"relabels b\.png to 'z'"):
        decisions_of([case("b.png", **{**label, "label": "z"})], "xy", tmp_path)
    with pytest.raises(SettingError, match="two labels"):
        decisions_of(
            [case("b.png", **label), case("b.png", **{**label, "label": "x"})], "xy", tmp_path
        )


def test_the_columns_are_in_the_order_of_the_list():
    assert cases_text([]).strip().split(",") == list(COLUMNS)
