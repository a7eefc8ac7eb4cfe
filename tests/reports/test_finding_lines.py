"""Findings that say the same of many images are one line."""

from __future__ import annotations

from deri_gate.reports.finding_lines import finding_lines, some_lines
from deri_gate.schemas.metrics import FindingInfo


def finding(kind, path, detail):
    return FindingInfo(kind=kind, path=path, detail=detail)


def test_many_images_of_which_the_same_is_said_share_a_line():
    """Six are many, of which three are named; of fewer each image has a line."""
    found = [
        finding("divided", "0.png", "blurred"), finding("spelling", "b", "two"),
        *(finding("divided", f"{i}.png", "blurred") for i in range(1, 6)),
        *(finding("divided", f"{i}.png", "dark") for i in range(6, 11)),
        finding("uniform", "11.png", "blurred"),
    ]  # fmt: skip
    lines = [
        (line.kind, line.named(str.upper), line.detail, line.count) for line in finding_lines(found)
    ]

    assert lines == [
        ("divided", "0.PNG, 1.PNG, 2.PNG and 3 more", "blurred", 6),
        ("spelling", "B", "two", 1),
        *(("divided", f"{i}.PNG", "dark", 1) for i in range(6, 11)),
        ("uniform", "11.PNG", "blurred", 1),
    ]
    assert finding_lines([]) == []


def test_thousands_are_counted_as_people_read_them():
    (line,) = finding_lines([finding("divided", f"{i}.png", "dark") for i in range(1202)])

    assert line.named(str) == "0.png, 1.png, 2.png and 1,199 more"
    assert line.count == 1202


def test_each_kind_has_a_line_before_any_has_two():
    """Four unreadable files do not hide what fails the gate; the order stays."""
    kinds = ["unreadable", *["constant"] * 9, "contradiction", "contradiction", "second_shot"]
    lines = finding_lines(finding(kind, f"{i}.png", str(i)) for i, kind in enumerate(kinds))
    few, more = some_lines(lines, 5), some_lines(lines, 2)

    told = ["unreadable", "constant", "contradiction", "second_shot"]
    assert [line.kind for line in more] == told
    assert [line.paths for line in few] == [
        ("0.png",),
        ("1.png",),
        ("2.png",),
        ("10.png",),
        ("12.png",),
    ]
    assert some_lines([], 5) == []
