"""Tags taken out of files, as for privacy, leave nothing to limit; columns and splits do."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pydicom.data
import pytest
from PIL import Image

from tests.sweeps import sampled

pytestmark = pytest.mark.one_cache
SOFTWARE, ARTIST = 0x0131, 0x013B
OF_TAGS = {"class_by_metadata", "split_by_metadata", "private_share", "traced_share"}


@pytest.fixture
def photos(tmp_path):
    """Sixty photos of two classes in two splits; one of them was saved by an editor."""
    rng = np.random.default_rng(0)
    for i in range(60):
        path = tmp_path / "base" / ("train", "test")[i // 40] / "ab"[i % 2] / f"{i:02d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        exif = Image.Exif()
        exif.update({SOFTWARE: "editor 1.0", ARTIST: "somebody"} if i == 7 else {})
        Image.fromarray(rng.integers(0, 256, (24, 24, 3), np.uint8)).save(path, exif=exif)
    return tmp_path / "base"


@pytest.fixture
def statuses(run, tmp_path):
    """Statuses of the checks by what they are about, of a head against its base."""

    def call(base, head) -> dict[str, set[str]]:
        run("check", head, "--base", base, "--metrics", "sharpness", "--out", tmp_path / "r")
        seen: dict[str, set[str]] = {}
        for check in json.loads((tmp_path / "r" / "scores.json").read_text())["checks"]:
            seen.setdefault(check["metric"], set()).add(check["status"])
        return seen

    return call


def test_a_change_may_take_the_tags_out(photos, statuses, tmp_path) -> None:
    """The last image with tags is saved without them: that is what the report advises."""
    head = tmp_path / "head"
    shutil.copytree(photos, head)
    path = head / "train" / "b" / "07.jpg"
    Image.open(path).save(path, quality=95)
    seen = statuses(photos, head)

    assert seen["class_by_metadata"] == {"not_looked_at"}
    assert seen["split_by_metadata"] == {"not_looked_at"}
    assert seen["traced_share"] == {"pass"}


def test_a_change_may_turn_dicom_files_into_others(photos, statuses, tmp_path) -> None:
    """No header is left that could name anybody."""
    head = tmp_path / "head"
    shutil.copytree(photos, head)
    shutil.copy(pydicom.data.get_testdata_file("MR_small.dcm"), photos / "train" / "a" / "x.dcm")
    shutil.copy(head / "train" / "a" / "00.jpg", head / "train" / "a" / "x.jpg")

    assert statuses(photos, head)["private_share"] == {"not_looked_at"}


def test_a_change_may_not_take_the_splits_away(photos, statuses, tmp_path) -> None:
    """The base could compare them, by tags alone or not."""
    shutil.copytree(photos / "train", tmp_path / "head")

    assert statuses(photos, tmp_path / "head")["split_by_metadata"] == {"unknown"}


@pytest.mark.parametrize("column", sampled(["site", "scanner"]))
def test_a_change_may_not_take_a_column_away(column, photos, statuses, tmp_path) -> None:
    """The table says no more from where the images are, while they are still from there."""
    names = sorted(path.relative_to(photos).as_posix() for path in photos.rglob("*.jpg"))
    for table, header in (("base.csv", f",{column}"), ("head.csv", "")):
        rows = [
            f"{name},{name.split('/')[1]}{',' * bool(header)}{'xy'[i // 2 % 2] * bool(header)}"
            for i, name in enumerate(names)
        ]
        (photos / table).write_text(f"path,label{header}\n" + "\n".join(rows) + "\n")
    for name in names:  # without tags, which would say something besides the column
        Image.open(photos / name).save(photos / name, quality=95)
    seen = statuses(photos / "base.csv", photos / "head.csv")

    assert seen["class_by_metadata"] == {"unknown"}
    assert not OF_TAGS - {"class_by_metadata"} & {n for n, of in seen.items() if "unknown" in of}


@pytest.mark.parametrize(
    ("header", "expected"),
    sampled(
        [
            ("site", "unknown"),
            ("scanner", "fail"),
            ("device,site", "fail"),
            ("scanner,site", "fail"),
        ],
        0,
        1,
    ),
)
def test_a_change_may_not_take_the_telling_column_away(
    header, expected, photos, statuses, tmp_path
) -> None:
    """Though another column stays; what tells nothing may go, and a column have another name."""
    names = sorted(path.relative_to(photos).as_posix() for path in photos.rglob("*.jpg"))
    for table, columns in (("base.csv", "scanner,site"), ("head.csv", header)):
        rows = [f"path,label,{columns}"]
        for i, name in enumerate(names):
            label = name.split("/")[1]
            said = {"scanner": f"s{label}", "device": f"s{label}", "site": "xy"[i // 2 % 2]}
            rows.append(",".join([name, label, *(said[column] for column in columns.split(","))]))
        (photos / table).write_text("\n".join(rows) + "\n")
    for name in names:  # without tags, which would say something besides the columns
        Image.open(photos / name).save(photos / name, quality=95)
    seen = statuses(photos / "base.csv", photos / "head.csv")

    assert seen["class_by_metadata"] & {"unknown", "fail", "pass"} == {expected}
