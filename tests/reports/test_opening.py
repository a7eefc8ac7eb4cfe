"""A report folder that somebody else may have made: bounded, held to its models, inert."""

from __future__ import annotations

import base64
import io
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial, reduce
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

import deri_gate
from deri_gate.errors import SettingError
from deri_gate.metrics.catalogue import METRICS
from deri_gate.reports.junit import as_junit
from deri_gate.reports.markdown import as_markdown
from deri_gate.reports.opening import read_report
from deri_gate.reports.page import as_page
from deri_gate.reports.pictures.encoding import thumbnail_of
from deri_gate.reports.pictures.gallery import Gallery
from deri_gate.reports.settling import settled
from deri_gate.reports.tally import suspects_by_reason
from deri_gate.reports.terminal import as_text
from deri_gate.reports.write import write_rendered, write_report
from tests.sweeps import sampled

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(0).integers(0, 255, (40, 30, 3), dtype=np.uint8)


def plausible(report):
    """The report with values that metrics can have, and a table of as many images as it says."""
    document = report.metrics
    known = {m.name: min(max(0.5, m.low), m.high) for m in METRICS}
    values = {
        name: found.model_copy(update={"value": known[name], "interval": None})
        for name, found in document.metrics.items()
    }
    table = pa.table({"path": [f"{i}.png" for i in range(document.dataset.images)]})
    return replace(report, metrics=document.model_copy(update={"metrics": values}), table=table)


@pytest.fixture(scope="module")
def made(hostile_report, pixels, tmp_path_factory):
    """The report with hostile names everywhere, and a folder of its files that none may change."""
    shown = dict.fromkeys(hostile_report.exhibits.images(), thumbnail_of(pixels))
    pictured = replace(plausible(hostile_report), gallery=Gallery(thumbnails=shown, asked=True))
    report, folder = settled(pictured), tmp_path_factory.mktemp("made")
    write_report(report, folder)
    return report, folder


@pytest.fixture
def hostile_files(made, tmp_path):
    """That report, and a folder of its files."""
    return made[0], shutil.copytree(made[1], tmp_path / "made")


def changed(folder, name, change) -> None:
    """Edit a JSON file of a report by a function of what it holds."""
    found = json.loads((folder / name).read_text("utf-8"))
    change(found)
    (folder / name).write_text(json.dumps(found), "utf-8")


def test_hostile_names_come_back_as_they_are_and_stay_inert(hostile_files) -> None:
    """Every text form of the read report is that of the written one."""
    first, folder = hostile_files
    again = read_report(folder)

    for form in (as_page, as_markdown, as_junit, as_text):
        assert form(again) == form(first)
    assert "<script>document" not in as_page(again)


def test_numbers_of_more_digits_than_are_written(report_of, check_of, change_of, tested, tmp_path):
    """Shown numbers follow from the files, even where the tenth digit would round another way."""
    near = 0.12344999999999
    report = report_of(
        [check_of("fail", observed=near, limit=50.0)],
        change=change_of([tested(p=near)], score=(1000.4999999999, 1013.5)),
    )
    run = replace(report.run, started=datetime(2026, 1, 1, tzinfo=UTC), seconds={"a": 0.00049})
    report = settled(replace(plausible(report), run=run))
    write_report(report, tmp_path)

    assert as_page(read_report(tmp_path)) == (tmp_path / "report.html").read_text("utf-8")
    assert as_junit(read_report(tmp_path)) == (tmp_path / "junit.xml").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "said"),
    [("scores.json", "ended early"), ("metrics.json", "ended early"), ("page.json", "earlier"),
     ("run.json", "no run.json"), ("images.parquet", "images.parquet cannot be read")],
)  # fmt: skip
def test_a_missing_file_is_told(hostile_files, name, said) -> None:
    """A run that ended early has no scores.json; one of an earlier version has no page.json."""
    _, folder = hostile_files
    (folder / name).unlink()

    with pytest.raises(SettingError, match=said):
        read_report(folder)


@pytest.mark.parametrize("kind", ["nothing", "empty", "file"])
def test_no_report_at_all(tmp_path, kind) -> None:
    """A folder that is not there, that holds nothing, or that is a file."""
    place = tmp_path / "place"
    if kind == "empty":
        place.mkdir()
    if kind == "file":
        place.write_text("{}")

    with pytest.raises(SettingError, match=r"no report|no such folder"):
        deri_gate.report(place)


def _set(**more):
    return lambda found: found.update(more)


def _in_page(part, number, **more):
    return lambda found: found[part][number].update(more)


def _all_pass(found):
    found["verdict"] = "pass"
    for one in found["checks"]:
        one["status"] = "pass"


EDITS = {
    "a better verdict": ("scores.json", _set(verdict="pass"), "the verdict is pass"),
    "a verdict on nothing": (
        "scores.json", _set(verdict="pass", checks=[]), "there is no check"
    ),
    "checks that all pass": ("scores.json", _all_pass, "its number misses it"),
    "a check that was passed over": (
        "scores.json",
        lambda found: [one.update(status="not_looked_at") for one in found["checks"]],
        "its number misses it",
    ),
    "an unknown key": ("scores.json", _set(note="x"), "note"),
    "a later version": ("page.json", _set(schema_version=2), "newer"),
    "an earlier version": ("changes.json", _set(schema_version=1), "older"),
    "another dataset": ("page.json", _set(fingerprint="a" * 64), "two datasets"),
    "a day that is none": (
        "scores.json",
        lambda found: found["checks"][-1]["waiver"].update(until="soon"),
        "does not hold together",
    ),
    "a time that is none": ("run.json", _set(started="now"), "does not hold together"),
    "markup as a profile": (
        "metrics.json", lambda found: found["profile"].update(name="<b>"), "no profile",
    ),
    "markup as a hash": (
        "subscores.json", lambda found: found["pool"].update(hash="`</sub>"), "no fingerprint",
    ),
    "a metric less": (
        "metrics.json", lambda found: found["metrics"].pop("sharpness"), "sharpness",
    ),
    "a path as a plot": ("page.json", _in_page("scenes", 0, name="../../x"), "name"),
    "a colour of theirs": (
        "page.json",
        lambda found: found["scenes"][0]["shapes"][0].update(tone='red" onload="x'),
        "tone",
    ),
    "an enormous picture": ("page.json", _in_page("pictures", 0, width=10**6), "width"),
    "a picture of another size": ("page.json", _in_page("pictures", 0, width=31), "plain picture"),
    "no base64": ("page.json", _in_page("pictures", 0, webp='">'), "base64"),
    "too many pictures": ("page.json", _in_page("pictures", 0, webp="A" * 4_000_000), "room"),
}  # fmt: skip


@pytest.mark.parametrize("what", EDITS)
def test_an_edited_file_is_refused(hostile_files, what) -> None:
    """With the file or the key in the message, and before anything is written."""
    _, folder = hostile_files
    name, change, said = EDITS[what]
    changed(folder, name, change)
    before = (folder / "report.html").stat().st_mtime_ns

    with pytest.raises(SettingError, match=said):
        deri_gate.report(folder)
    assert (folder / "report.html").stat().st_mtime_ns == before


def _webp(pixels, **more) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, **({"format": "WEBP"} | more))
    return file.getvalue()


@pytest.mark.parametrize(
    "more",
    [{"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0"}, {"format": "PNG"}, {"lossless": True},
     {"save_all": True, "append_images": [Image.new("RGB", (30, 40), "red")]}],
    ids=["tags", "PNG", "lossless", "animated"],
)  # fmt: skip
def test_a_picture_is_pixels_alone(hostile_files, pixels, more) -> None:
    """Whatever `check` never writes is no picture of a report."""
    _, folder = hostile_files
    webp = base64.b64encode(_webp(pixels, **more)).decode()
    changed(folder, "page.json", _in_page("pictures", 0, webp=webp))

    with pytest.raises(SettingError, match="plain picture"):
        read_report(folder)


@pytest.mark.parametrize(
    "table",
    [pa.table({"path": ["a.png"]}), pa.table({"path": [["a"]] * 100}),
     pa.table({"path": [{"a": 1}] * 100}), pa.table({"name": ["a"] * 100}),
     pa.table([["a"] * 100] * 2, ["path", "path"])],
    ids=["rows", "lists", "structs", "unnamed", "twice"],
)  # fmt: skip
def test_a_foreign_table_is_refused(hostile_files, table) -> None:
    """A table of another number of images, or with values of a kind that no report has."""
    _, folder = hostile_files
    parquet.write_table(table, folder / "images.parquet")

    with pytest.raises(SettingError, match="not a table of 100 images"):
        read_report(folder)


def test_what_a_foreign_table_says_for_pandas_is_not_heard(hostile_files) -> None:
    """Reasons that are numbers are no error either."""
    _, folder = hostile_files
    table = pa.table({"path": ["a"] * 100, "suspect_for": [7] * 100})
    parquet.write_table(table.replace_schema_metadata({"pandas": "{"}), folder / "images.parquet")
    report = read_report(folder)

    assert [*report.images.columns] == ["path", "suspect_for"]
    assert suspects_by_reason(report.table) == {"7": 100}


def test_a_text_that_is_none_is_refused(hostile_files) -> None:
    """Arrow reads it, and whoever asks for the text first would fail."""
    _, folder = hostile_files
    odd = pa.array([b"\xff"] * 100).cast(pa.binary()).view(pa.string())
    parquet.write_table(pa.table({"path": odd}), folder / "images.parquet")

    with pytest.raises(SettingError, match="does not hold together"):
        read_report(folder)


def test_a_small_table_that_grows_is_refused(hostile_files, monkeypatch) -> None:
    """One value repeated takes few bytes in a file, and many in memory."""
    _, folder = hostile_files
    monkeypatch.setattr("deri_gate.reports.opening.LARGEST_TABLE", 100_000)
    parquet.write_table(pa.table({"path": ["a" * 5000] * 100}), folder / "images.parquet")
    assert (folder / "images.parquet").stat().st_size < 10_000

    with pytest.raises(SettingError, match="holds more than"):
        read_report(folder)


def test_plots_are_not_written_through_a_link(hostile_files, tmp_path) -> None:
    """Nor is anything deleted behind one."""
    _, folder = hostile_files
    elsewhere = tmp_path / "elsewhere" / "svg"
    elsewhere.mkdir(parents=True)
    (elsewhere / "score.svg").write_text("mine")
    (folder / "plots").symlink_to(elsewhere.parent)

    with pytest.raises(SettingError, match="is a link"):
        deri_gate.report(folder, plots=True)
    assert (elsewhere / "score.svg").read_text() == "mine"


def test_pictures_that_are_not_there_cannot_be_asked_for(hostile_files) -> None:
    """An argument of its own is not left unheard."""
    _, folder = hostile_files
    changed(folder, "page.json", _set(asked=False, pictures=[]))

    with pytest.raises(SettingError, match="holds no pictures"):
        deri_gate.report(folder, pictures="thumbnails")
    deri_gate.report(folder, pictures="none", out=folder.parent / "other")
    shutil.rmtree(folder.parent / "other")


def _places(found: object, way: tuple = ()) -> Iterator[tuple]:
    """Ways to the first value of each kind of place in a document; of a list, the last one's.

    Parts of the same keys, as the metrics are, are one kind: what they hold is looked at in the
    last of them.
    """
    parts = found.items() if isinstance(found, dict) else ()
    if isinstance(found, list) and found:
        parts = [(-1, found[-1])]
    kinds = {key: tuple(value) if isinstance(value, dict) else key for key, value in parts}
    last = {kind: key for key, kind in kinds.items()}
    for key, value in parts:
        yield (*way, key)
        if last[kinds[key]] == key:
            yield from _places(value, (*way, key))


def _put(part, key, value) -> None:
    part[key] = value


def _remove(part, key) -> None:
    del part[key]


def _double(part, key) -> None:
    if isinstance(part, list):
        part.append(part[key])
    else:
        part[f"more {key}"] = part[key]


MANY = 20  # places in a document, of which every eleventh is enough in every run


@pytest.mark.parametrize("every", sampled([11, 1]))
@pytest.mark.parametrize(
    "name",
    sampled(
        ["scores.json", "metrics.json", "page.json", "leaks.json", "subscores.json", "run.json"],
        0,
        2,
        5,
    ),
)
def test_any_value_of_a_document_is_shown_or_refused(hostile_files, name, every) -> None:
    """A word that nothing knows, a number out of range, nothing, a part too many or too few."""
    _, folder = hostile_files
    whole, shown = (folder / name).read_text("utf-8"), 0
    edits = (partial(_put, value="../../x"), partial(_put, value=-1), _remove, _double)
    places = [*_places(json.loads(whole))]
    for way in places[:: every if len(places) > MANY else 1]:
        for edit in edits:
            found = json.loads(whole)
            edit(reduce(lambda part, key: part[key], way[:-1], found), way[-1])
            (folder / name).write_text(json.dumps(found), "utf-8")
            try:
                report = read_report(folder)
            except SettingError:
                continue
            shown += 1
            write_rendered(report, folder.parent)
            assert as_text(report), (way, edit)

    assert shown
