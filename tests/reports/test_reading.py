"""What a dataset was read as, in one line and in metrics.json."""

import json

from deri_gate.data.dataset import Reading
from deri_gate.data.readers import open_dataset
from deri_gate.schemas.reading import ReadingInfo


def test_the_line_names_layout_splits_masks_and_what_was_left_out() -> None:
    """Large numbers are grouped; a single one has no plural."""
    reading = Reading(
        layout="split/class",
        splits=(("train", 1200), ("test", 300)),
        masks=40,
        left_out=((".txt", 2), (".zip", 1)),
        group_column="column patient_id",
        notes=("The folder inner/ was seen through.",),
    )

    assert ReadingInfo.of(reading).line == (
        "read as SPLIT/CLASS: train 1,200, test 300; 40 masks; groups from column patient_id; "
        "3 files left out (.txt 2, .zip 1); The folder inner/ was seen through"
    )


def test_a_reader_that_says_nothing_adds_no_line() -> None:
    """Datasets made in memory have no form."""
    assert ReadingInfo().line == ""


def test_a_long_list_is_cut() -> None:
    """The line stays a line."""
    reading = Reading(layout="class", left_out=tuple((f".e{i}", 1) for i in range(9)))

    assert ReadingInfo.of(reading).line.endswith("9 files left out (.e0 1, .e1 1, .e2 1, .e3 1, .e4 1, .e5 1, 3 more)")  # fmt: skip


def test_every_report_says_what_was_read(tmp_path, run) -> None:
    """Terminal, Markdown, page and metrics.json; a name cannot break out of them."""
    import cv2
    import numpy as np

    generator = np.random.default_rng(1)
    for i in range(12):
        path = tmp_path / "d" / "train" / ("cat", "dog")[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), generator.integers(0, 255, (40, 40, 3)).astype(np.uint8))
    (tmp_path / "d" / "train" / "cat" / "x.<b>").write_text("no image")
    (tmp_path / "d" / "test").mkdir()

    _, out, _ = run("check", tmp_path / "d", "--metrics", "sharpness", "--out", tmp_path / "r")

    told = " ".join(out.split())
    document = json.loads((tmp_path / "r" / "metrics.json").read_text())
    assert document["dataset"]["read_as"]["layout"] == "split/class"
    assert document["dataset"]["read_as"]["left_out"] == {".<b>": 1}
    assert "read as SPLIT/CLASS: train 12; 1 file left out (.<b> 1); without images: test" in told
    assert "Read as SPLIT/CLASS: train 12; 1 file left out (.&#60;b&#62; 1); without images: test." in (tmp_path / "r" / "summary.md").read_text()  # fmt: skip
    assert "Read as SPLIT/CLASS: train 12; 1 file left out (.&lt;b&gt; 1); without images: test." in (tmp_path / "r" / "report.html").read_text()  # fmt: skip


def test_the_sets_a_reader_opens_say_their_form(tmp_path) -> None:
    """Folder and manifest."""
    pets = tmp_path / "pets"
    for name in ("cat", "dog"):
        (pets / name).mkdir(parents=True)
        (pets / name / "a.png").write_bytes(b"\x89PNG")
    (pets / "m.csv").write_text("path,label,group\ncat/a.png,cat,p1\ndog/a.png,dog,p2\n")

    assert open_dataset(pets / "m.csv").reading == Reading(
        layout="manifest", group_column="column group"
    )
    told = "the columns 'group' of m.csv are not looked at, as they would be in a manifest"
    assert open_dataset(pets).reading == Reading(
        layout="class", left_out=((".csv", 1),), notes=(f"{told} with path and label",)
    )
