"""Datasets as the Hugging Face hub keeps them: imagefolder, and Parquet that holds the images."""

import io
import json
import pickle
import subprocess
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from deri_gate.data.readers import ReadOptions, image_cells, open_dataset
from deri_gate.errors import DatasetError, UnreadableImageError


def read(path, **said):
    return open_dataset(path, options=ReadOptions.of(**said))


def classes_of(dataset):
    return {
        name: tuple(dataset.classes[i] for i in own)
        for name, own in zip(dataset.ids, dataset.labels, strict=True)
    }


def levels(dataset):
    """Grey level of each image."""
    return [int(dataset.source.load(int(row)).decode()[0, 0]) for row in dataset.rows]


class TestImagefolder:
    @pytest.mark.parametrize("name", ["metadata.csv", "metadata.jsonl", "metadata.parquet"])
    def test_metadata_in_each_split(self, tmp_path, draw, name) -> None:
        """Splits by folder, labels by table, and whatever else it says."""
        for i, split in enumerate(("train", "train", "validation")):
            draw(tmp_path / split / f"{i}.png", i)
        rows = {"train": [("0.png", "cat", "a"), ("1.png", "dog", "b")],
                "validation": [("2.png", "cat", "c")]}  # fmt: skip
        for split, some in rows.items():
            write_table(tmp_path / split / name, ["file_name", "label", "text"], some)

        dataset = read(tmp_path)

        assert classes_of(dataset) == {
            "train/0.png": ("cat",),
            "train/1.png": ("dog",),
            "validation/2.png": ("cat",),
        }
        assert dataset.splits == ("train", "train", "val")
        assert dict(dataset.metadata) == {"text": ("a", "b", "c")}
        assert levels(dataset) == [0, 1, 2]
        assert (dataset.reading.layout, dataset.reading.left_out) == ("imagefolder", ())
        assert dataset.findings == ()

    def test_a_column_without_a_name_is_looked_at(self, tmp_path, draw) -> None:
        """A scanner in it was out of sight; a data frame's index says nothing."""
        for i in range(3):
            draw(tmp_path / f"{i}.png", i)
        rows = [(str(i), f"{i}.png", "xyx"[i], "STS"[i]) for i in range(3)]
        write_table(tmp_path / "metadata.csv", ["", "file_name", "label", ""], rows)

        assert dict(read(tmp_path).metadata) == {"column 4": ("S", "T", "S")}

    def test_one_table_for_all(self, tmp_path, draw) -> None:
        """At the top; splits are the folders in its paths."""
        for name in ("train/0.png", "train/deep/1.png", "test/2.png"):
            draw(tmp_path / name)
        rows = [("train/0.png", "x"), ("./train/deep/1.png", "y"), ("test/2.png", "x")]
        write_table(tmp_path / "metadata.csv", ["file_name", "label"], rows)

        dataset = read(tmp_path)

        assert dataset.splits == ("train", "train", "test")
        assert dataset.classes == ("x", "y")

    def test_class_folders_and_metadata(self, tmp_path, draw) -> None:
        """Without a label in the table, the folders are the classes; the table's rest is kept."""
        for name in ("train/cat/0.png", "train/dog/0.png", "test/cat/1.png"):
            draw(tmp_path / name)
        rows = [("cat/0.png", "p1"), ("dog/0.png", "p2")]
        write_table(tmp_path / "train" / "metadata.csv", ["file_name", "patient_id"], rows)
        write_table(
            tmp_path / "test" / "metadata.csv", ["file_name", "patient_id"], [("cat/1.png", "p1")]
        )

        dataset = read(tmp_path)

        assert dataset.classes == ("cat", "dog")
        assert dataset.groups == ("p1", "p2", "p1")
        assert dataset.reading.group_column == "column patient_id"
        assert "classes are the names of folders" in dataset.reading.notes[-1]

    def test_images_that_no_row_names(self, tmp_path, draw) -> None:
        """Each lacks a label, also in a split that has no table; a mask of a named one needs none.

        So a table that is put beside folders of classes hides none of their images.
        """
        names = ("train/0.png", "train/0_mask.png", "train/1.png", "test/2.png", "test/.hid.png")
        for name in names:
            draw(tmp_path / name)
        (tmp_path / "README.md").write_text("x")
        write_table(tmp_path / "train" / "metadata.csv", ["file_name", "label"], [("0.png", "x")])

        dataset = read(tmp_path)

        assert len(dataset) == 1
        assert {(f.kind, f.path) for f in dataset.findings} == {
            ("ignored", "README.md"),
            ("unjudged", "test/.hid.png"),
            ("unjudged", "train/0_mask.png"),
            ("missing_label", "test/2.png"),
            ("missing_label", "train/1.png"),
        }
        assert dataset.reading.left_out == (
            (".md", 1), (".png", 1), ("hidden", 1), ("without a label", 2),
        )  # fmt: skip
        assert dataset.other_files is not None  # by which a change of any of them is seen
        assert dataset.other_files.paths == (
            *("README.md", "test/2.png", "train/0_mask.png", "train/1.png", "train/metadata.csv"),
        )

    def test_paths_of_a_table_that_lead_out(self, tmp_path, draw) -> None:
        """As in any manifest."""
        draw(tmp_path / "secret.png")
        draw(tmp_path / "data" / "train" / "0.png")
        rows = [("../../secret.png", "x")]
        write_table(tmp_path / "data" / "train" / "metadata.csv", ["file_name", "label"], rows)

        with pytest.raises(DatasetError, match=r"has a path with '\.\.' in the column 'file_name'"):
            read(tmp_path / "data")

    def test_a_label_under_another_name(self, tmp_path, draw) -> None:
        """Asked for, and named by the same option as in a manifest."""
        draw(tmp_path / "0.png")
        write_table(tmp_path / "metadata.csv", ["file_name", "species"], [("0.png", "x")])

        with pytest.raises(DatasetError, match=r"has no column 'label'.*label=species"):
            read(tmp_path)
        assert read(tmp_path, columns="label=species").classes == ("x",)

    def test_two_tables_in_one_folder(self, tmp_path, draw) -> None:
        """Which one counts is not guessed."""
        draw(tmp_path / "0.png")
        for name in ("metadata.csv", "metadata.jsonl"):
            write_table(tmp_path / name, ["file_name", "label"], [("0.png", "x")])

        with pytest.raises(DatasetError, match="has 2 metadata files in it"):
            read(tmp_path)

    def test_a_metadata_file_of_another_kind(self, pets) -> None:
        """Class folders stay class folders beside a table that names no files."""
        (pets / "metadata.csv").write_text("licence,source\nCC0,here\n")

        assert read(pets).classes == ("cat", "dog")

    def test_at_another_revision(self, tmp_path, draw, monkeypatch) -> None:
        """The table and the images as they were then."""
        draw(tmp_path / "data" / "train" / "0.png", 5)
        table = tmp_path / "data" / "train" / "metadata.csv"
        write_table(table, ["file_name", "label"], [("0.png", "old")])
        commit(tmp_path)
        write_table(table, ["file_name", "label"], [("0.png", "new")])
        monkeypatch.chdir(tmp_path)

        before, now = read("git:HEAD:data"), read("data")

        assert (before.classes, now.classes) == (("old",), ("new",))
        assert levels(before) == [5]
        assert before.name == now.name == "data"


class TestParquet:
    def test_shards_of_splits(self, tmp_path) -> None:
        """Names of classes from the schema, splits from the names of the files."""
        write_images(tmp_path / "data" / "train-00000-of-00002.parquet", [0, 1], ["cat", "dog"])
        write_images(tmp_path / "data" / "train-00001-of-00002.parquet", [1, 0], ["cat", "dog"], 2)
        write_images(tmp_path / "data" / "test-00000-of-00001.parquet", [1], ["cat", "dog"], 4)

        dataset = read(tmp_path)

        assert classes_of(dataset) == {
            "train/000000": ("cat",),
            "train/000001": ("dog",),
            "train/000002": ("dog",),
            "train/000003": ("cat",),
            "test/000000": ("dog",),
        }
        assert dataset.splits == ("train",) * 4 + ("test",)
        assert levels(dataset) == [0, 1, 2, 3, 4]
        assert dataset.reading.layout == "Parquet with images"
        again = pickle.loads(pickle.dumps(dataset.source))
        assert again.load(3).decode()[0, 0] == 3

    @pytest.mark.parametrize(
        "name", ["train/0000.parquet", "x/train/0000.parquet", "train.parquet"]
    )
    def test_splits_by_folder_or_name(self, tmp_path, name) -> None:
        """As the hub's converter lays them out."""
        write_images(tmp_path / name, [0, 1], ["a", "b"])

        assert read(tmp_path).splits == ("train", "train")

    def test_one_file(self, tmp_path) -> None:
        """The rest of the shards is not asked for; without a split in its name it has none."""
        write_images(tmp_path / "train-00001-of-00003.parquet", [0], ["a"])
        write_images(tmp_path / "some.parquet", [0, 0], ["a"])

        assert read(tmp_path / "train-00001-of-00003.parquet").splits == ("train",)
        assert read(tmp_path / "some.parquet").splits is None

    def test_a_shard_that_is_missing(self, tmp_path) -> None:
        """A download that stopped is no dataset."""
        write_images(tmp_path / "train-00000-of-00002.parquet", [0], ["a"])

        with pytest.raises(DatasetError, match="lacks shard 1 of 2 of 'train'"):
            read(tmp_path)

    def test_shards_that_do_not_fit(self, tmp_path) -> None:
        """Other classes under the same numbers would be other labels."""
        write_images(tmp_path / "train.parquet", [0], ["a", "b"])
        write_images(tmp_path / "test.parquet", [0], ["b", "a"])

        with pytest.raises(DatasetError, match="differ in columns or classes"):
            read(tmp_path)

    def test_labels(self, tmp_path) -> None:
        """-1 is no label; a number without a name is an error; text and lists are read."""
        path = tmp_path / "x.parquet"
        write_images(path, [0, -1], ["a"])
        with pytest.raises(DatasetError, match=r"has no label \(row 2\)"):
            read(path)
        write_images(path, [0, 7], ["a", "b"])
        with pytest.raises(DatasetError, match=r"has the class '7', and 2 names.*\(row 2\)"):
            read(path)
        write_images(path, ["u", "v"], None)
        assert read(path).classes == ("u", "v")
        write_images(path, [[0, 1], [1]], ["a", "b"])
        assert read(path).labels == ((0, 1), (1,))

    def test_which_column_is_the_label(self, tmp_path) -> None:
        """The only one with names of classes, or the one that is named; else a question."""
        path = tmp_path / "x.parquet"
        write_images(path, [0, 1], ["a", "b"], label="species")
        assert read(path).classes == ("a", "b")
        write_images(path, ["p", "q"], None, label="kind")
        with pytest.raises(DatasetError, match=r"has no column 'label'.*'kind'"):
            read(path)
        assert read(path, columns="label=kind").classes == ("p", "q")

    def test_two_columns_of_images(self, tmp_path) -> None:
        """Which one is judged is asked."""
        image = pa.array([{"bytes": png(1), "path": None}])
        other = pa.array([{"bytes": png(2), "path": None}])
        table = pa.table({"before": image, "after": other, "label": ["x"]})
        parquet.write_table(table, tmp_path / "x.parquet")

        with pytest.raises(DatasetError, match="has the columns of images 'before', 'after'"):
            read(tmp_path / "x.parquet")
        assert levels(read(tmp_path / "x.parquet", columns="path=after")) == [2]

    def test_files_that_the_rows_name_are_not_judged(self, tmp_path) -> None:
        """Cells were judged, and of the files beside them, which may show anything, no word."""
        table = pa.table({"path": ["a.png", "b.png"], "thumb": [png(1), png(2)], "label": [*"xy"]})
        parquet.write_table(table, tmp_path / "x.parquet")
        assert not read(tmp_path / "x.parquet").findings

        (tmp_path / "a.png").write_bytes(png(9))
        (finding,) = read(tmp_path / "x.parquet").findings

        assert (finding.kind, finding.path) == ("unjudged", "a.png")
        assert not read(tmp_path / "x.parquet", columns="path=thumb").findings

    def test_masks_and_names(self, tmp_path) -> None:
        """A second column of images is of masks, by its name; `path` names images, if it can."""
        image, mask = [{"bytes": png(i)} for i in range(4)], [png(9), None, png(8), None]
        columns = {"image": image, "mask": mask, "label": ["x", "y", "x", "y"]}
        parquet.write_table(pa.table({**columns, "path": [*"dcba"]}), tmp_path / "named.parquet")
        parquet.write_table(pa.table({**columns, "path": [*"abaa"]}), tmp_path / "twice.parquet")
        odd = {"picture": image, "seg": mask, "label": columns["label"]}
        parquet.write_table(pa.table(odd), tmp_path / "odd.parquet")

        named = read(tmp_path / "named.parquet")
        said = read(tmp_path / "odd.parquet", columns="path=picture,mask=seg")
        assert named.ids == ("a", "b", "c", "d")
        assert levels(named) == [3, 2, 1, 0]
        assert [int(row) >= 0 for row in named.masks] == [False, True, False, True]
        shown = [named.source.load(int(row)).decode()[0, 0] for row in named.masks if row >= 0]
        assert shown == [8, 9]
        assert (named.reading.masks, named.metadata) == (2, ())
        assert read(tmp_path / "twice.parquet").ids == ("000000", "000001", "000002", "000003")
        assert [int(row) >= 0 for row in said.masks] == [True, False, True, False]
        copied = pickle.loads(pickle.dumps(named))
        assert copied.source.load(int(named.masks[1])).decode()[0, 0] == 8
        with pytest.raises(DatasetError, match="no column of masks 'segs'"):
            read(tmp_path / "odd.parquet", columns="path=picture,mask=segs")

    def test_plain_bytes(self, tmp_path) -> None:
        """A column of bytes without a struct around them."""
        table = pa.table({"image": [png(9)], "label": ["x"]})
        parquet.write_table(table, tmp_path / "x.parquet")

        assert levels(read(tmp_path / "x.parquet")) == [9]

    def test_cells_without_an_image(self, tmp_path) -> None:
        """One image that cannot be read, and no error of the set."""
        cells = [{"bytes": None, "path": "a.png"}, {"bytes": b"no image", "path": "b.png"}]
        kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        table = pa.table({"image": pa.array(cells, kind), "label": ["x", "y"]})
        parquet.write_table(table, tmp_path / "x.parquet")
        source = read(tmp_path / "x.parquet").source

        with pytest.raises(UnreadableImageError, match="000000: its cell holds no bytes"):
            source.load(0)
        with pytest.raises(UnreadableImageError, match="000001"):
            source.load(1).decode()

    def test_any_order_and_many_threads(self, tmp_path, monkeypatch) -> None:
        """Over several row groups, with next to nothing kept."""
        monkeypatch.setattr(image_cells, "_KEPT", 300)
        path = tmp_path / "x.parquet"
        write_images(path, [0] * 40, ["a"], row_group_size=7)
        source = read(path).source
        order = np.random.default_rng(1).permutation(np.repeat(np.arange(40), 3)).tolist()

        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda row: int(source.load(row).decode()[0, 0]), order))

        assert found == order

    def test_repeated_bytes_are_not_expanded(self, tmp_path) -> None:
        """A small file of one large cell many times: a row costs a cell, not the file."""
        import resource

        image = pa.DictionaryArray.from_arrays(
            pa.array([0] * 1000, pa.int32()), pa.array([b"\0" * 2_000_000], pa.binary())
        )
        table = pa.table({"image": image, "label": ["x"] * 1000})
        parquet.write_table(table, tmp_path / "x.parquet")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        source = read(tmp_path / "x.parquet").source
        assert len(source.load(999).content) == 2_000_000

        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 1_000_000  # KiB; two gigabytes if all were expanded

    def test_at_another_revision(self, tmp_path, monkeypatch) -> None:
        """A folder of shards, and one file."""
        write_images(tmp_path / "data" / "train-00000-of-00001.parquet", [0, 1], ["a", "b"])
        commit(tmp_path)
        write_images(tmp_path / "data" / "train-00000-of-00001.parquet", [1, 1], ["a", "b"])
        monkeypatch.chdir(tmp_path)

        before = read("git:HEAD:data")
        assert [before.classes[i] for (i,) in before.labels] == ["a", "b"]
        assert levels(before) == [0, 1]
        assert levels(read("git:HEAD:data/train-00000-of-00001.parquet")) == [0, 1]


def write_table(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        path.write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n")
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(dict(zip(header, r, strict=True))) + "\n" for r in rows))
    else:
        columns = dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))
        parquet.write_table(pa.table(columns), path)


def png(level):
    file = io.BytesIO()
    Image.fromarray(np.full((4, 5), level, np.uint8)).save(file, "PNG")
    return file.getvalue()


def write_images(path, labels, names, first=0, *, label="label", row_group_size=None):
    """Write a Parquet file as the library `datasets` does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [{"bytes": png(first + i), "path": f"{i}.png"} for i in range(len(labels))]
    table = pa.table({"image": images, label: labels})
    features = {"image": {"_type": "Image"}}
    if names is not None:
        kind = {"names": names, "_type": "ClassLabel"}
        several = isinstance(labels[0], list)
        features[label] = {"feature": kind, "_type": "Sequence"} if several else kind
    about = {"huggingface": json.dumps({"info": {"features": features}})}
    parquet.write_table(table.replace_schema_metadata(about), path, row_group_size=row_group_size)


def commit(folder):
    def git(*words):
        subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True)

    git("init", "-q")
    git("config", "user.email", "a@example.org")
    git("config", "user.name", "A")
    git("add", "-A")
    git("commit", "-qm", "first")
