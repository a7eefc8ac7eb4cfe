"""Variants on disk: what they hold, when they are made again, and what interrupts them."""

import errno
import json
import pickle
import subprocess
import sys
import textwrap
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from deri_gate.damage import Recipe, degrade, open_variant, read_variant, shards, write_variant
from deri_gate.errors import DatasetError, UnmeasurableError, UnreadableImageError

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
@pytest.mark.parametrize("shape", [(28, 28), (31, 28, 3)])
def test_what_is_read_is_what_was_made(build, keys, pixels, tmp_path, *, group, shape):
    """Ids, labels, splits, groups, masks, keys and pixels, as in memory."""
    base = build(
        LABELS, splits=SPLITS, groups=[f"p{i}" for i in range(70)], shape=shape, masked=True
    )
    made = degrade(base, group, "medium", seed=1)
    opened = open_variant(
        write_variant(base, recipe(group), tmp_path / "v"), base, fingerprint="f00d"
    )
    shown = pixels(opened)

    for column in ("ids", "labels", "splits", "groups", "classes", "name"):
        assert getattr(opened, column) == getattr(made, column)
    assert (opened.masks == made.masks).all()
    assert keys(opened) == keys(made)
    assert all((shown[name] == picture).all() for name, picture in pixels(made).items())


def test_a_change_of_sample_copies_no_image(base, tmp_path):
    """Nothing but names and numbers, and the copy names its original."""
    out = write_variant(base, recipe("duplicates"), tmp_path / "v")
    stored = read_variant(out)

    assert names(out) == {"variant.json", "rows.parquet"}
    assert open_variant(out, base).source is base.source
    assert {b for i, b in zip(stored.ids, stored.base_ids, strict=True) if i != b} <= set(base.ids)
    assert (stored.pixel_rows == -1).all()


def test_only_damaged_pictures_are_stored(base, tmp_path):
    """A tenth of the training images is a tenth of the pixels."""
    out = write_variant(base, recipe(share=0.1), tmp_path / "v")

    assert sorted(read_variant(out).pixel_rows)[-7:] == [-1, 0, 1, 2, 3, 4, 5]


def test_the_manifest_can_be_read_by_others(build, tmp_path):
    """Plain columns; several labels joined by a vertical bar."""
    base = build([(0, 2), (1,), (2,), (0, 1)] * 3)
    table = pq.read_table(
        write_variant(base, recipe(), tmp_path / "v") / "rows.parquet"
    ).to_pydict()
    header = json.loads((tmp_path / "v/variant.json").read_text())

    assert list(table) == ["id", "labels", "split", "group", "base_id", "pixel_row"]
    assert table["labels"][:2] == ["0|2", "1"]
    assert table["pixel_row"] == list(range(12))
    assert header["schema_version"] == 1
    assert header["recipe"]["group"] == "noise_artifacts"


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

    assert read_variant(out).recipe == recipe(**change)
    assert names(tmp_path) == {"v"}
    assert ("pixels.arrow" in names(out)) == (change.get("group") != "label_noise")


def test_new_code_takes_the_place(base, tmp_path):
    """A version is part of the recipe, and so is its hash."""
    old = replace(recipe(), version=0)

    assert old.hash != recipe().hash
    assert recipe().hash == recipe().hash
    write_variant(base, old, tmp_path / "v")
    write_variant(base, recipe(), tmp_path / "v")
    assert read_variant(tmp_path / "v").recipe.version == 1


def test_the_same_input_gives_the_same_bytes(base, tmp_path):
    a, b = (write_variant(base, recipe(), tmp_path / name) for name in "ab")

    assert all((a / name).read_bytes() == (b / name).read_bytes() for name in names(a))


def test_a_damaged_folder_is_noticed_and_made_again(base, tmp_path):
    """A shard cut short, as an interrupted download leaves it."""
    out = write_variant(base, recipe(), tmp_path / "v")
    whole = (out / "pixels.arrow").read_bytes()
    (out / "pixels.arrow").write_bytes(whole[:-100])

    with pytest.raises(DatasetError, match="not whole"):
        open_variant(out, base)
    write_variant(base, recipe(), out)
    assert (out / "pixels.arrow").read_bytes() == whole


@pytest.mark.parametrize(
    ("name", "text", "match"),
    [("variant.json", "{", "malformed"), ("variant.json", '{"schema_version": 2}', "malformed"),
     ("rows.parquet", None, "malformed"), ("pixels.arrow", None, "no shard")],
)  # fmt: skip
def test_malformed_files_are_named(base, keys, tmp_path, *, name, text, match):
    """Garbage of the right size, or another schema."""
    out = write_variant(base, recipe(), tmp_path / "v")
    size = (out / name).stat().st_size
    (out / name).write_bytes(b"x" * size if text is None else text.encode())

    with pytest.raises(DatasetError, match=match):
        keys(open_variant(out, base))


def test_no_variant_there(tmp_path, base):
    with pytest.raises(DatasetError, match="is no variant"):
        read_variant(tmp_path)


def test_another_base_is_refused(base, build, tmp_path):
    """By fingerprint, by ids, by classes."""
    out = write_variant(base, recipe(), tmp_path / "v")
    for other, fingerprint in [
        (base, "beef"),
        (base.select(np.arange(50)), None),
        (replace(base, classes=("a", "b")), None),
    ]:
        with pytest.raises(DatasetError, match="another dataset"):
            open_variant(out, other, fingerprint=fingerprint)


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

    monkeypatch.setattr(shards, "_png", full)
    with pytest.raises(DatasetError, match="No space left on device"):
        write_variant(base, recipe(seed=2), tmp_path / "v")
    if first:
        assert not names(tmp_path)
    else:
        assert names(tmp_path) == {"v"}
        assert read_variant(tmp_path / "v").recipe == recipe()


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


def test_a_killed_run_leaves_no_half_variant(tmp_path):
    """The old variant stays whole; the next run clears up and goes through."""
    out = tmp_path / "v"

    assert run(out, "go", "1").returncode == 0
    assert run(out, "kill", "2").returncode == 9
    assert read_variant(out).recipe.seed == 1
    assert names(tmp_path) == {"v", ".v.partial"}
    assert run(out, "go", "2").returncode == 0
    assert read_variant(out).recipe.seed == 2
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
    opened = open_variant(write_variant(base, recipe("sharpness"), tmp_path / "v"), base)

    assert len(opened) == 3
    with pytest.raises(UnreadableImageError, match="is broken"):
        opened.source.load(int(opened.rows[1])).decode()
    assert opened.source.load(int(opened.rows[2])).decode().shape == (28, 28)


def test_workers_can_read_a_shard(base, keys, tmp_path):
    """Also after this process opened it; and a variant of a stored variant works."""
    opened = open_variant(write_variant(base, recipe(), tmp_path / "v"), base)
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
