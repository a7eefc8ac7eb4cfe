"""Variants on disk: what they hold, when they are made again, and what interrupts them."""

import errno
import io
import json
import pickle
import subprocess
import sys
import textwrap
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from deri_gate.damage import Recipe, degrade, shard, write_variant
from deri_gate.damage.files import IMAGES, is_current
from deri_gate.data.dataset import Column
from deri_gate.data.readers import open_dataset
from deri_gate.errors import DatasetError, UnmeasurableError, UnreadableImageError
from tests.sweeps import sampled

SPLITS = ["train"] * 60 + ["val"] * 10
LABELS = [0, 1] * 35


@pytest.fixture
def base(build):
    return build(LABELS, splits=SPLITS, groups=[f"p{i}" for i in range(70)])


def recipe(group="noise_artifacts", level="medium", **changes):
    return Recipe.of(**{"fingerprint": "f00d", "group": group, "level": level, "seed": 1} | changes)


def names(folder):
    return {p.name for p in folder.iterdir()}


@pytest.mark.parametrize("group", ["noise_artifacts", "duplicates", "duplicates.near", "label_noise",
                                   "separation", "imbalance", "xai_overlay", "xai_overlay.marker"])  # fmt: skip
@pytest.mark.parametrize("shape", sampled([(28, 28), (31, 28, 3)], 1, single=True))
def test_what_is_read_is_what_was_made(build, pixels, tmp_path, *, group, shape):
    """Ids, labels, splits, groups, masks and pixels, as in memory."""
    base = build(
        LABELS, splits=SPLITS, groups=[f"p{i}" for i in range(70)], shape=shape, masked=True
    )
    made = degrade(base, group, "medium", seed=1)
    opened = open_dataset(write_variant(base, recipe(group), tmp_path / "v"))
    shown = pixels(opened)

    for column in ("ids", "labels", "splits", "groups", "classes"):
        assert getattr(opened, column) == getattr(made, column)
    assert all((shown[name] == picture).all() for name, picture in pixels(made).items())
    for own, other in zip(opened.masks, made.masks, strict=True):
        mask = opened.source.load(int(own)).decode()
        assert (mask == made.source.load(int(other)).decode()).all()


def test_images_that_were_not_touched_are_their_files_bytes(tmp_path):
    """So that whatever is cached of them is used again; a JPEG is not encoded a second time."""
    rng = np.random.default_rng(0)
    for i in range(30):
        path = tmp_path / "set" / "ab"[i % 2] / f"{i}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (20, 20), np.uint8)).save(path)
    base = open_dataset(tmp_path / "set")
    opened = open_dataset(write_variant(base, recipe("label_noise"), tmp_path / "v"))

    assert opened.ids == base.ids
    assert opened.labels != base.labels
    for row, own in zip(opened.rows, base.ids, strict=True):
        assert opened.source.load(int(row)).content == (tmp_path / "set" / own).read_bytes()


def test_other_programs_read_it(build, tmp_path):
    """Plain columns and encoded pictures; several labels joined by a vertical bar."""
    base = build([(0, 2), (1,), (2,), (0, 1)] * 3, masked=True, splits=["train"] * 12)
    base = replace(base, times=("2024-01-02",) * 12, metadata=(Column("scanner", ("A",) * 12),))
    out = write_variant(base, recipe(), tmp_path / "v")
    table = pq.read_table(out / IMAGES).to_pydict()
    header = json.loads((out / "variant.json").read_text())

    assert list(table) == ["path", "label", "split", "time", "scanner", "image", "mask"]
    assert table["label"][:2] == ["class0|class2", "class1"]
    assert Image.open(io.BytesIO(table["image"][0]["bytes"])).size == (28, 28)
    assert np.asarray(Image.open(io.BytesIO(table["mask"][0]["bytes"]))).sum() == 64 * 255
    assert header["schema_version"] == 1
    assert header["recipe"]["group"] == "noise_artifacts"


def test_a_name_that_a_column_of_ours_has_is_not_taken(build, pixels, tmp_path):
    """A `Mask` of words, a `Label` that is none: the dataset's own columns count."""
    more = tuple(Column(name, ("x",) * 20) for name in ("Mask", "Label", "IMAGE", "path ", "site"))
    base = replace(build([0, 1] * 10), metadata=more)
    opened = open_dataset(write_variant(base, recipe(), tmp_path / "v"))

    assert opened.ids == base.ids
    assert opened.classes == base.classes
    assert [column.name for column in opened.metadata] == ["site"]


def test_classes_that_a_bar_would_cut_are_refused(build, tmp_path):
    with pytest.raises(DatasetError, match="a bar joins"):
        write_variant(build([0, 1] * 5, names=("a|b", "c")), recipe(), tmp_path / "v")
    assert not names(tmp_path)


def test_an_unchanged_recipe_is_left_alone(base, tmp_path):
    """Not a byte is written again, and the dataset is not even looked at."""
    out = write_variant(base, recipe(), tmp_path / "v")
    before = {p.name: p.stat().st_mtime_ns for p in out.iterdir()}
    write_variant(None, recipe(), out)

    assert {p.name: p.stat().st_mtime_ns for p in out.iterdir()} == before


@pytest.mark.parametrize("change", [{"fingerprint": "beef"}, {"seed": 2}, {"share": 0.5}, {"level": "mild"},
                                    {"group": "label_noise"}])  # fmt: skip
def test_another_recipe_takes_the_place(base, tmp_path, change):
    """Whatever differs; and nothing of the old one stays."""
    out = write_variant(base, recipe(), tmp_path / "v")
    write_variant(base, recipe(**change), out)

    assert is_current(out, recipe(**change))
    assert names(tmp_path) == {"v"}
    assert names(out) == {"variant.json", IMAGES}


def test_new_code_takes_the_place(base, tmp_path):
    """A version is part of the recipe, and so is its hash."""
    old = replace(recipe(), version=0)

    assert old.hash != recipe().hash
    assert recipe().hash == recipe().hash
    write_variant(base, old, tmp_path / "v")
    write_variant(base, recipe(), tmp_path / "v")
    assert is_current(tmp_path / "v", recipe())
    assert not is_current(tmp_path / "v", old)


def test_what_an_earlier_version_wrote_is_replaced(base, tmp_path):
    """Its manifest named no picture that another command could find."""
    out = write_variant(base, recipe(), tmp_path / "v")
    header = (
        (out / "variant.json").read_text().replace('"schema_version": 2', '"schema_version": 1')
    )
    (out / "variant.json").write_text(header)
    (out / IMAGES).rename(out / "rows.parquet")
    (out / "pixels.arrow").write_bytes(b"old")
    write_variant(base, recipe(), out)

    assert names(out) == {"variant.json", IMAGES}


def test_the_same_input_gives_the_same_bytes(base, tmp_path):
    a, b = (write_variant(base, recipe(), tmp_path / name) for name in "ab")

    assert all((a / name).read_bytes() == (b / name).read_bytes() for name in names(a))


def test_a_damaged_folder_is_noticed_and_made_again(base, tmp_path):
    """A file cut short, as an interrupted download leaves it."""
    out = write_variant(base, recipe(), tmp_path / "v")
    whole = (out / IMAGES).read_bytes()
    (out / IMAGES).write_bytes(whole[:-100])

    with pytest.raises(DatasetError, match="cannot be read as Parquet"):
        open_dataset(out)
    write_variant(base, recipe(), out)
    assert (out / IMAGES).read_bytes() == whole


def test_a_folder_of_someone_else_is_never_replaced(base, tmp_path):
    """Neither a folder with other files nor a file."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("all of it")
    (tmp_path / "file").write_text("this too")
    for name in ("mine", "file"):
        with pytest.raises(DatasetError, match="something other"):
            write_variant(base, recipe(), tmp_path / name)
    assert (tmp_path / "mine/thesis.txt").read_text() == "all of it"
    assert (tmp_path / "file").read_text() == "this too"


@pytest.mark.parametrize("first", [True, False])
def test_a_full_disk_leaves_what_was_there(base, tmp_path, monkeypatch, first):
    """A clear error, nothing half-written, and an older variant stays."""
    if not first:
        write_variant(base, recipe(), tmp_path / "v")

    def full(_picture):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shard, "_png", full)
    with pytest.raises(DatasetError, match="No space left on device"):
        write_variant(base, recipe(seed=2), tmp_path / "v")
    if first:
        assert not names(tmp_path)
    else:
        assert names(tmp_path) == {"v"}
        assert is_current(tmp_path / "v", recipe())


def test_what_cannot_be_made_writes_nothing(build, tmp_path):
    with pytest.raises(UnmeasurableError):
        write_variant(build([0] * 5), recipe("imbalance"), tmp_path / "a" / "v")
    assert not names(tmp_path)


KILLED = """
    import os, resource, sys
    from pathlib import Path
    import numpy as np
    from deri_gate.data.dataset import Dataset
    from deri_gate.damage import Recipe, write_variant

    class Image:
        def __init__(self, row): self.row, self.key = row, str(row)
        def decode(self): return np.random.default_rng(self.row).integers(0, 255, (40, 40)).astype(np.uint8)

    class Source:
        def load(self, row):
            if sys.argv[2] == "kill" and row == 70: os._exit(9)
            return Image(row)

    if sys.argv[2] == "full": resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
    n = 100
    base = Dataset(name="n", ids=tuple(f"{i:03d}" for i in range(n)), classes=("a",),
                   labels=((0,),) * n, source=Source(), rows=np.arange(n))
    write_variant(base, Recipe.of("f", "noise_artifacts", "mild", seed=int(sys.argv[3])), Path(sys.argv[1]))
"""


def run(out, *words):
    code = [sys.executable, "-c", textwrap.dedent(KILLED), str(out), *words]
    return subprocess.run(code, capture_output=True, text=True, check=False)


@pytest.mark.sweep
def test_a_killed_run_leaves_no_half_variant(tmp_path):
    """The old variant stays whole; the next run clears up and goes through."""
    out = tmp_path / "v"

    assert run(out, "go", "1").returncode == 0
    assert run(out, "kill", "2").returncode == 9
    assert json.loads((out / "variant.json").read_text())["recipe"]["seed"] == 1
    assert names(tmp_path) == {"v", ".v.partial"}
    assert run(out, "go", "2").returncode == 0
    assert json.loads((out / "variant.json").read_text())["recipe"]["seed"] == 2
    assert names(tmp_path) == {"v"}


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on file sizes")
def test_the_system_refusing_to_write_is_a_clear_error(tmp_path):
    """The real thing: the kernel refuses in the middle of the shard."""
    done = run(tmp_path / "v", "full", "1")

    assert "deri_gate.errors.DatasetError" in done.stderr
    assert "cannot be written" in done.stderr
    assert not names(tmp_path)


def test_an_unreadable_image_stays_one(build, picture, tmp_path):
    """It is not lost, and the others are read."""
    base = build([0, 1, 0], pictures=[picture(0, (28, 28)), None, picture(2, (28, 28))])
    opened = open_dataset(write_variant(base, recipe("sharpness"), tmp_path / "v"))

    assert len(opened) == 3
    with pytest.raises(UnreadableImageError, match="holds no bytes"):
        opened.source.load(int(opened.rows[1])).decode()
    assert opened.source.load(int(opened.rows[2])).decode().shape == (28, 28)


def test_workers_can_read_a_shard(base, keys, tmp_path):
    """Also after this process opened it; and a variant of a stored variant works."""
    opened = open_dataset(write_variant(base, recipe(), tmp_path / "v"))
    before = keys(opened)
    copy = pickle.loads(pickle.dumps(opened))

    assert keys(copy) == before
    assert set(keys(degrade(copy, "sharpness", "mild", seed=1)).values()) != set(before.values())


def test_file_names_that_are_no_text(base, tmp_path):
    """Bytes that are no UTF-8 cannot be written to a manifest, and that is said."""
    odd = replace(base, ids=("train/\udcff.png", *base.ids[1:]))

    with pytest.raises(DatasetError, match="not Unicode"):
        write_variant(odd, recipe("label_noise"), tmp_path / "v")
    assert not names(tmp_path)
