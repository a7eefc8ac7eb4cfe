"""Pictures in a real report: the images of the files, in a budget, and none where none are wanted."""

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

import deri_gate
from deri_gate.reports.exhibits.collect import exhibits_of
from deri_gate.reports.outlet import with_images
from deri_gate.reports.page import MOST_BYTES, all_scenes, as_page
from deri_gate.reports.pictures import gallery as module
from deri_gate.reports.plots.collect import write_plots

QUIET = deri_gate.Machine(progress=False)
METRICS = "sharpness,exposure,duplicates,imbalance"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A base and a head of 90 pictures: copies, edited and dark ones, one that is cut."""
    top = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for number in range(90):
        small = Image.fromarray(rng.integers(0, 255, (6, 6, 3)).astype(np.uint8))
        picture = small.resize((120, 90), Image.BICUBIC)
        for side in ("base", "head"):
            folder = top / side / "ab"[number % 2]
            folder.mkdir(parents=True, exist_ok=True)
            edited = side == "head" and number < 20
            shown = picture.resize((6, 6)).resize((120, 90)) if edited else picture
            shown.save(folder / f"{number:02d}.png")
            if side == "head" and number in (70, 71):
                shown.save(folder / f"copy{number}.png")
    cut = top / "head" / "a" / "88.png"
    cut.write_bytes(cut.read_bytes()[:300])
    return top


@pytest.fixture(scope="module")
def checked(folders):
    """The head against the base, with all files of the report, and both as they were measured."""
    entry = {
        "type": "expect_value_to_be_at_most", "severity": "critical",
        "kwargs": {"metric": "exact_copies", "maximum": 0.001}, "meta": {"reason": "Copies."},
    }  # fmt: skip
    suite = folders / "suite.json"
    suite.write_text(json.dumps({"name": "one", "expectations": [entry]}), "utf-8")
    report = deri_gate.check(
        folders / "head", base=folders / "base", out=folders / "out", metrics=METRICS,
        machine=QUIET, suite=suite, change_suite=suite, pictures="thumbnails", plots=True,
    )  # fmt: skip
    sides = [
        deri_gate.measure(folders / name, metrics=METRICS, machine=QUIET)
        for name in ("head", "base")
    ]
    return report, *sides


def pictures_in(page: str) -> list[Image.Image]:
    found = re.findall(r'href="data:image/webp;base64,([^"]+)"', page)
    return [Image.open(io.BytesIO(base64.b64decode(one))) for one in found]


def test_pictures_are_those_of_the_files(folders, checked) -> None:
    """Each thumbnail of the head and of the base, against the file that it is named for."""
    found = checked[0].gallery.thumbnails

    assert {ref.side for ref in found} == {"head", "base"}
    assert len(found) > 15
    for ref, thumbnail in found.items():
        file = np.asarray(Image.open(folders / ref.side / ref.id)).astype(int)
        shown = np.asarray(Image.open(io.BytesIO(thumbnail.content))).astype(int)
        assert shown.shape == file.shape
        assert np.abs(shown - file).mean() < 8, ref
    page = (folders / "out" / "report.html").read_text("utf-8")
    assert len(pictures_in(page)) == len(found)
    assert '<span class="role">before</span>' in page
    assert "a/88.png" in page


def test_no_other_file_of_a_report_holds_pictures(folders, checked) -> None:
    for path in (folders / "out").iterdir():
        if path.is_file() and path.name not in ("report.html", "images.parquet"):
            assert "data:image" not in path.read_text("utf-8"), path


def test_the_same_images_give_the_same_pictures_and_plots(folders, checked, tmp_path) -> None:
    report, head, base = checked
    again = with_images(report, head, base, pictures="thumbnails")
    (tmp_path / "svg").mkdir()
    for name in ("shortcut.7.svg", "mine.svg"):  # of an earlier report; of somebody else
        (tmp_path / "svg" / name).write_text("<svg/>", "utf-8")
    write_plots(all_scenes(again).values(), tmp_path)

    assert again.gallery == report.gallery
    assert as_page(again) == as_page(report)
    (tmp_path / "svg" / "mine.svg").unlink()
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*")}
    assert {"svg/score.svg", "png/score.png", "svg/subscores.svg", "png/classes.png"} <= names
    assert "svg/shortcut.7.svg" not in names
    for name in names:
        assert (tmp_path / name).read_bytes() == (folders / "out" / "plots" / name).read_bytes()


def test_without_pictures_names_and_values_stay(checked) -> None:
    report, head, base = checked
    page = as_page(with_images(report, head, base, pictures="none"))

    assert pictures_in(page) == []
    assert "b/copy71.png" in page.replace("<wbr>", "")
    assert "This page holds no picture of the dataset" in page


def test_a_missed_limit_shows_its_worst_images_though_none_stands_out(checked) -> None:
    """Darkest or brightest first, by the metric's own values; not where the limit is kept."""
    _, head, _ = checked
    assert not head.answers["exposure"].suspects.size
    shown = [one for one in exhibits_of(head, missed=["exposure"]).items
             if one.name == "worst.exposure"]  # fmt: skip
    values = head.answers["exposure"].per_image
    worst = [head.evidence.dataset.ids[i] for i in np.argsort(-values, kind="stable")[:12]]

    assert [tile.image.id for tile in shown[0].rows[0].tiles] == worst
    assert "worst.exposure" not in {one.name for one in exhibits_of(head).items}


def test_what_has_no_room_is_counted(checked, monkeypatch) -> None:
    report, head, base = checked
    monkeypatch.setattr(module, "MOST_BYTES", 9_000)
    small = with_images(report, head, base, pictures="thumbnails")
    kept = small.gallery.thumbnails

    assert 0 < len(kept) < len(report.gallery.thumbnails)
    assert sum(one.size for one in kept.values()) <= 9_000
    assert small.gallery.left_out == len(list(small.exhibits.images())) - len(kept)
    assert f"{small.gallery.left_out} pictures had no room" in as_page(small)


def test_a_file_that_changed_meanwhile_is_not_shown(folders, checked) -> None:
    """Another picture under a measured name would be a false witness."""
    report, head, base = checked
    name = "b/copy71.png"
    file = folders / "head" / name
    before = file.read_bytes()
    Image.new("RGB", (120, 90), "red").save(file)
    try:
        found = module.gallery_of(report.exhibits, head, base, workers=1)
    finally:
        file.write_bytes(before)

    assert name in {ref.id for ref in report.gallery.thumbnails}
    assert name not in {ref.id for ref in found.thumbnails}
    assert found.left_out == report.gallery.left_out + 1


def test_a_page_is_small_whatever_the_names(hostile_report, report_of, check_of) -> None:
    """Names of the worst length in every list."""
    long = tuple("&" * 300 + str(i) for i in range(2000))
    page = as_page(
        report_of([check_of("fail", name=n, detail=n) for n in long[:300]],
                  findings=long, worst=dict.fromkeys(("sharpness", "exposure"), long))
    )  # fmt: skip

    assert len(page.encode()) < MOST_BYTES
