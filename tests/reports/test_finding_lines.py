"""Findings that say the same of many images are one line."""

from __future__ import annotations

from deri_gate.reports.finding_lines import finding_lines
from deri_gate.schemas.metrics import FindingInfo


def finding(kind, path, detail):
    return FindingInfo(kind=kind, path=path, detail=detail)


def test_many_images_of_which_the_same_is_said_share_a_line():
    """Six are many; of fewer each image is named."""
    found = [
        finding("divided", "0.png", "blurred"), finding("spelling", "b", "two"),
        *(finding("divided", f"{i}.png", "blurred") for i in range(1, 6)),
        *(finding("divided", f"{i}.png", "dark") for i in range(6, 11)),
        finding("uniform", "11.png", "blurred"),
    ]  # fmt: skip
    lines = [(line.kind, line.path, line.detail, line.others) for line in finding_lines(found)]

    assert lines == [
        ("divided", "0.png", "blurred", " and 5 more"),
        ("spelling", "b", "two", ""),
        *(("divided", f"{i}.png", "dark", "") for i in range(6, 11)),
        ("uniform", "11.png", "blurred", ""),
    ]
    assert finding_lines([]) == []


def test_thousands_are_counted_as_people_read_them():
    (line,) = finding_lines([finding("divided", f"{i}.png", "dark") for i in range(1202)])
    assert line.others == " and 1,201 more"
