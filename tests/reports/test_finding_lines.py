"""Findings that say the same are one line."""

from __future__ import annotations

from deri_gate.reports.finding_lines import finding_lines
from deri_gate.schemas.metrics import FindingInfo


def finding(kind, path, detail):
    return FindingInfo(kind=kind, path=path, detail=detail)


def test_images_of_which_the_same_is_said_share_a_line():
    found = [
        finding("divided", "a.png", "blurred"), finding("spelling", "b", "two"),
        finding("divided", "c.png", "blurred"), finding("divided", "d.png", "dark"),
        finding("uniform", "e.png", "blurred"), finding("divided", "f.png", "blurred"),
    ]  # fmt: skip
    lines = [(line.kind, line.path, line.detail, line.others) for line in finding_lines(found)]

    assert lines == [
        ("divided", "a.png", "blurred", " and 2 more"),
        ("spelling", "b", "two", ""),
        ("divided", "d.png", "dark", ""),
        ("uniform", "e.png", "blurred", ""),
    ]
    assert finding_lines([]) == []


def test_thousands_are_counted_as_people_read_them():
    (line,) = finding_lines([finding("divided", f"{i}.png", "dark") for i in range(1202)])
    assert line.others == " and 1,201 more"
