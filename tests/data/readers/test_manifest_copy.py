"""Copies of manifests after decisions: all that was not decided on stays as it was written."""

from __future__ import annotations

import codecs
import csv
import io
import json

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.data.readers.manifest_copy import Manifest, manifest_of
from deri_gate.errors import SettingError

MAPPED = ReadOptions.of(columns="path=image_id,label=dx")
DROPS, LABELS = {"b.png"}, {"c.png": "nv"}


@pytest.fixture
def home(tmp_path):
    """A folder with five files of images, which nobody opens."""
    for name in "abcde":
        (tmp_path / f"{name}.png").touch()
    return tmp_path


def copied(path, options=MAPPED, *, out="", drops=DROPS, labels=LABELS):
    """Content of the copy."""
    manifest = Manifest.read(path, options)
    return manifest.copy(path.with_name(out or path.name), drops=drops, labels=labels).content


TEXTS = {  # each line whole; b.png goes, and c.png becomes nv
    "plain": ("list.csv", ["dx,site,image_id\n", "nv,1,a.png\n", "mel,2,b.png\n", "mel,3,c.png\n"]),
    "all in quotes, line breaks of Windows": (
        "list.csv",
        [
            '"image_id";"dx";"said"\r\n', '"a.png";"nv";"=1+1"\r\n', '"b.png";"mel";"x"\r\n',
            '"c.png";"mel";"two\r\nlines; ""so"""\r\n', '"d.png";"nv";""\r\n',
        ],
    ),
    "blank lines and blanks, no line break at the end": (
        "list.csv",
        [
            'image_id,dx, age ,"q"\n', 'd.png,mel, 007 ,"1.0"\n', 'b.png,mel,"",\n', "\n",
            'c.png,mel,1e5,"a,b"\n', "a.png,nv,-,x",
        ],
    ),
    "tabs": (
        "list.tsv", ["image_id\tdx\tn\n", "a.png\tnv\t1\n", "c.png\tmel\t2,5\n", "b.png\tmel\t3\n"],
    ),
    "a line that says the separator": (
        "list.csv", ["sep=;\n", "image_id;dx\n", "c.png;mel\n", "b.png;nv\n", "a.png;nv\n"],
    ),
    "spare cells": (
        "list.csv", ["image_id,dx\n", "a.png,nv,,\n", "c.png,mel,,\n", "b.png,mel\n", ",,\n"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_table_stays_as_written_but_for_what_was_decided(home, kind):
    name, lines = TEXTS[kind]
    (home / name).write_bytes("".join(lines).encode())
    kept = [line.replace("mel", "nv") if "c.png" in line else line for line in lines]

    assert copied(home / name).decode() == "".join(line for line in kept if "b.png" not in line)


@pytest.mark.parametrize(
    ("encoding", "mark", "said"),
    [
        ("utf-8", codecs.BOM_UTF8, ""),
        ("utf-16-le", codecs.BOM_UTF16_LE, ""),
        ("utf-16-be", codecs.BOM_UTF16_BE, ""),
        ("cp1252", b"", "cp1252"),
        ("utf-8", b"", "utf-8"),
    ],
)
def test_encoding_and_byte_order_mark_stay(home, encoding, mark, said):
    text = "image_id,dx,said\na.png,nävus,é\nb.png,mel,ü\nc.png,mel,ö\n"
    (home / "list.csv").write_bytes(mark + text.encode(encoding))
    options = ReadOptions.of(columns="path=image_id,label=dx", encoding=said)
    found = copied(home / "list.csv", options, labels={"c.png": "nävus"})

    expected = "image_id,dx,said\na.png,nävus,é\nc.png,nävus,ö\n"
    assert found == mark + expected.encode(encoding)


def test_columns_of_all_classes_change_together(home):
    """As the row of another image of that class has them."""
    text = (
        "image_id,MEL,NV,BKL,age\na.png,0.0,1.0,0.0,5\nb.png,1.0,0.0,0.0,6\nc.png,1.0,0.0,0.0,7\n"
    )
    (home / "list.csv").write_text(text)
    options = ReadOptions.of(columns="path=image_id,label=onehot:MEL..BKL")
    found = copied(home / "list.csv", options, labels={"c.png": "NV"}).decode()

    assert found == "image_id,MEL,NV,BKL,age\na.png,0.0,1.0,0.0,5\nc.png,0.0,1.0,0.0,7\n"


@pytest.mark.parametrize("style", [{}, {"separators": (",", ":")}, {"ensure_ascii": False}])
def test_json_lines_keep_their_style_types_and_nested_values(home, style):
    rows = [
        {"image_id": "a.png", "dx": 1, "site": "é", "more": {"x": [1, 2]}},
        {"image_id": "b.png", "dx": 0, "site": None},
        {"dx": 0, "image_id": "c.png", "age": 1.5, "more": {"y": None}},
    ]
    lines = [json.dumps(row, **style) for row in rows]
    (home / "list.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    found = copied(home / "list.jsonl", labels={"c.png": "1"}).decode()

    assert found == f"{lines[0]}\n{json.dumps({**rows[2], 'dx': 1}, **style)}\n"


def test_parquet_keeps_types_order_and_columns_that_are_not_read(home):
    """Categories stay categories, and a struct is copied though no reader looks at it."""
    frame = pd.DataFrame({
        "age": pd.array([5, None, 7, 8], dtype="Int16"),
        "dx": pd.Categorical(["nv", "mel", "mel", "bkl"]),
        "image_id": ["a.png", "b.png", "c.png", "d.png"],
        "seen": pd.to_datetime(["2026-01-01"] * 4),
        "more": [{"x": i} for i in range(4)],
    })  # fmt: skip
    frame.to_parquet(home / "list.parquet")
    found = io.BytesIO(copied(home / "list.parquet"))
    expected = frame.drop(index=1).reset_index(drop=True)
    expected.loc[1, "dx"] = "nv"

    assert parquet.read_schema(home / "list.parquet").equals(parquet.read_schema(found))
    pd.testing.assert_frame_equal(pd.read_parquet(found), expected)


def test_parquet_that_would_fill_the_memory_is_not_copied(home, monkeypatch):
    table = pa.table({"image_id": ["a.png", "b.png"], "dx": ["nv", "mel"], "s": ["x" * 999] * 2})
    parquet.write_table(table, home / "list.parquet")
    monkeypatch.setattr("deri_gate.data.readers.table_copies.MAX_TEXT", 1000)

    with pytest.raises(SettingError, match="too large to be copied"):
        copied(home / "list.parquet", labels={})


def test_another_form_is_csv_with_the_same_columns(home):
    """An error for a column that CSV cannot hold; it is not lost in silence."""
    table = pa.table({"dx": ["nv", "mel", "mel"], "n": [1, 2, 3], "image_id": list("abc")})
    table = table.set_column(2, "image_id", pa.array(["a.png", "b.png", "c.png"]))
    parquet.write_table(table, home / "list.parquet")
    found = copied(home / "list.parquet", out="out.csv").decode()

    assert list(csv.reader(io.StringIO(found))) == [
        ["dx", "n", "image_id"], ["nv", "1", "a.png"], ["nv", "3", "c.png"],
    ]  # fmt: skip
    (home / "list.jsonl").write_text('{"image_id": "b.png", "dx": "x", "more": {}}\n' * 2)
    with pytest.raises(SettingError, match="'more' is no text"):
        copied(home / "list.jsonl", out="out.csv", drops=set(), labels={})


def test_rows_that_the_dataset_leaves_out_stay(home):
    """A file that is not there, and a label that reads as missing: nobody decided on them."""
    text = "image_id,dx\na.png,nv\nb.png,mel\nno_file.png,mel\nd.png,nan\nc.png,mel\n"
    (home / "list.csv").write_text(text)

    assert copied(home / "list.csv").decode() == (
        "image_id,dx\na.png,nv\nno_file.png,mel\nd.png,nan\nc.png,nv\n"
    )


def test_an_image_that_is_listed_twice_is_two_rows(home):
    text = "image_id,dx,reader\na.png,nv,1\nb.png,mel,1\na.png,mel,2\nc.png,mel,1\n"
    (home / "list.csv").write_text(text)
    manifest = Manifest.read(home / "list.csv", MAPPED)
    ids = open_dataset(home / "list.csv", options=MAPPED).ids

    assert sorted(manifest.rows) == sorted(ids)
    second = next(image for image, row in manifest.rows.items() if row == 2)
    assert copied(home / "list.csv", drops={second}, labels={}).decode() == (
        "image_id,dx,reader\na.png,nv,1\nb.png,mel,1\nc.png,mel,1\n"
    )


def test_what_the_rows_do_not_say_is_an_error(home):
    """An image without a row, and a label that no image has alone."""
    (home / "list.csv").write_text("image_id,dx\na.png,nv|mel\nb.png,mel\n")

    with pytest.raises(SettingError, match="z has no row"):
        copied(home / "list.csv", drops={"z"}, labels={})
    with pytest.raises(SettingError, match="no image has the label 'nv' alone"):
        copied(home / "list.csv", drops=set(), labels={"b.png": "nv"})
    assert copied(home / "list.csv", labels={}).decode() == "image_id,dx\na.png,nv|mel\n"


def test_only_a_manifest_on_disk_is_one(home):
    (home / "list.csv").write_text("image_id,dx\na.png,nv\nb.png,mel\n")
    dataset = open_dataset(home / "list.csv", options=MAPPED)

    assert manifest_of(dataset, home / "list.csv", MAPPED) is not None
    assert manifest_of(dataset, home, MAPPED) is None
    assert manifest_of(dataset, "git:HEAD:list.csv", MAPPED) is None
    assert manifest_of(dataset, dataset, MAPPED) is None
