"""A report in a notebook: short as text, its first screen as HTML, suspects as a table."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pyarrow as pa
import pytest

from deri_gate.errors import SettingError
from deri_gate.reports.exhibits.records import ImageRef
from deri_gate.reports.pictures.encoding import Thumbnail
from deri_gate.reports.pictures.gallery import Gallery
from deri_gate.schemas.statuses import Status


class Tags(HTMLParser):
    """Tags and attributes of a piece of HTML."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))


@pytest.fixture
def report(report_of, check_of):
    """Three suspects of label noise among five images, two of them in the order of the worst."""
    report = report_of([check_of("fail"), check_of("pass", metric="imbalance")],
                       worst={"label_noise": ["c.png", "a.png"]})  # fmt: skip
    images = pa.table(
        {
            "path": ["a.png", "b.png", "c.png", "d.png", "<e>.png"],
            "label": ["x", "y", "x", "y", "y"],
            "label_noise": [0.5, 0.1, 0.9, 0.2, 0.3],
            "suggested_label": ["y", None, "y", None, "x"],
            "suspect_for": ["label_noise", "", "sharpness|label_noise", "sharpness", "label_noise"],
        }
    )
    return replace(report, table=images)


def test_the_text_is_three_lines(report) -> None:
    lines = repr(report).splitlines()

    assert len(lines) == 3
    assert lines[0] == "scans: failed (1 limit failed and 1 passed)"
    assert lines[1] == "DERI1000 1013 (990 to 1036), U 70 of 100"
    assert str(report) == repr(report)


@pytest.mark.parametrize(
    ("status", "passed"),
    [(Status.PASS, True), (Status.WARN, True), (Status.FAIL, False), (Status.UNKNOWN, False)],
)
def test_passed_is_the_verdict_as_a_truth(report_of, status, passed) -> None:
    """What could not be judged has not passed."""
    assert report_of(verdict=status).passed is passed


def test_the_numbers_are_at_hand(report) -> None:
    assert report.deri1000 == report.scored.deri1000 == 1013.4
    assert report.subscores["sharpness"] == 50.0
    report.subscores.clear()
    assert report.subscores


def test_the_suspects_are_a_table_worst_first(report) -> None:
    table = report.suspects("label_noise")

    assert list(table["path"]) == ["c.png", "a.png", "<e>.png"]
    assert list(table.columns) == ["path", "label", "suggested_label", "label_noise"]
    assert list(table["label_noise"]) == [0.9, 0.5, 0.3]
    assert isinstance(table, pd.DataFrame)


def test_columns_that_say_nothing_of_a_metric_are_left_out(report) -> None:
    """Only wrong labels have a suggestion."""
    assert list(report.suspects("sharpness").columns) == ["path", "label", "suggested_label"]
    report.images.loc[2, "suggested_label"] = pd.NA
    assert list(report.suspects("sharpness").columns) == ["path", "label"]


def test_a_notebook_shows_the_pictures_of_the_suspects(report) -> None:
    """Escaped names, a picture where there is one, and nothing that runs."""
    thumbnail = Thumbnail(content=b"RIFFwebp", width=1, height=1)
    pictured = replace(report, gallery=Gallery(thumbnails={ImageRef(id="a.png"): thumbnail}))

    content = pictured.suspects("label_noise")._repr_html_()
    tags = Tags(content).found
    sources = [dict(attributes)["src"] for tag, attributes in tags if tag == "img"]
    assert sources == [thumbnail.address]
    assert "&lt;e&gt;.png" in content
    assert {tag for tag, _ in tags} == {"table", "thead", "tbody", "tr", "th", "td", "img"}


@pytest.mark.parametrize(
    ("made", "pictures"),
    [
        (lambda table: table.head(2), 1),
        (lambda table: table[table["label_noise"] < 0.6], 1),
        (lambda table: table.sort_values("label_noise"), 1),
        (lambda table: table[["label", "path"]], 1),
        (lambda table: table.copy(), 1),
        (lambda table: table.tail(1), 0),
        (lambda table: table[["label"]], 0),
        (lambda table: table.describe(), 0),
        (lambda table: table.T, 0),
    ],
)
def test_what_is_made_of_the_table_keeps_its_pictures(report, made, pictures) -> None:
    """A picture for each path that is still in it; an ordinary table without paths."""
    thumbnail = Thumbnail(content=b"RIFFwebp", width=1, height=1)
    pictured = replace(report, gallery=Gallery(thumbnails={ImageRef(id="a.png"): thumbnail}))
    table = made(pictured.suspects("label_noise"))
    tags = [tag for tag, _ in Tags(table._repr_html_()).found]

    assert tags.count("img") == pictures
    assert "e" not in tags


def test_a_metric_without_suspects_is_an_empty_table(report) -> None:
    assert len(report.suspects("exposure")) == 0
    assert report.suspects("exposure")._repr_html_().count("<tr>") == 1


def test_a_misspelt_metric_is_an_argument_not_an_option(report) -> None:
    with pytest.raises(SettingError, match=r"metric: there is no metric 'sharpnes'.*'sharpness'"):
        report.suspects("sharpnes")


def test_the_first_screen_says_verdict_and_missed_limits(report) -> None:
    content = report._repr_html_()

    assert "scans: failed" in content
    assert "at least 50" in content
    assert "Take the image again in focus" in content
    assert len(content) < 5000


def test_hostile_names_are_text_on_the_first_screen(hostile_report) -> None:
    content = hostile_report._repr_html_()

    known = {"div", "p", "b", "br", "table", "tbody", "tr", "td", "code"}
    assert {tag for tag, _ in Tags(content).found} <= known
    assert not any(name.startswith("on") for _, some in Tags(content).found for name, _ in some)


def test_to_html_is_the_page(report) -> None:
    from deri_gate.reports.page import as_page

    assert report.to_html() == as_page(report)


def test_show_prints_the_report_outside_of_a_notebook(report, capsys) -> None:
    report.show()

    assert capsys.readouterr().out.startswith("FAILED  scans")
