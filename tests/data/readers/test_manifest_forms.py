"""Tables as spreadsheets, scripts and other tools write them, beside real images."""

import csv
import json
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from deri_gate.data.readers import ReadOptions, delimited, open_dataset, tables
from deri_gate.errors import DatasetError, SettingError
from tests.sweeps import sampled

ROWS = [("img/a.png", "cat", "p1"), ("img/b.png", "dog, big", "p1"), ("img/c.png", "cat", "p2")]


@pytest.fixture
def folder(tmp_path, draw):
    """Three images in img/."""
    for level, (path, _, _) in enumerate(ROWS):
        draw(tmp_path / path, level)
    return tmp_path


def read(path, **said):
    return open_dataset(path, options=ReadOptions.of(**said))


def facts(dataset):
    """By image its class and its group."""
    groups = dataset.groups or ("",) * len(dataset)
    return {
        i: (dataset.classes[own[0]], group)
        for i, own, group in zip(dataset.ids, dataset.labels, groups, strict=True)
    }


EXPECTED = {path: (label, group) for path, label, group in ROWS}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", sampled(["utf-8", "utf-8-sig", "utf-16", "utf-32"], 0, 2))
@pytest.mark.parametrize("end", sampled(["\n", "\r\n"], 1))
def test_text_tables_as_pandas_writes_them(folder, separator, encoding, end) -> None:
    """Any separator in any encoding with a mark; pandas is the oracle."""
    frame = pd.DataFrame(ROWS, columns=["path", "label", "group"])
    path = folder / "x.csv"
    frame.to_csv(path, sep=separator, index=False, encoding=encoding, lineterminator=end)

    assert facts(read(path)) == EXPECTED
    assert read(path).reading.group_column == "column group"


@pytest.mark.parametrize("name", ["x.tsv", "x.tab"])
def test_a_table_of_tabs_by_its_ending(folder, name) -> None:
    """Commas are then part of the cells."""
    (folder / name).write_text("path\tlabel\nimg/a.png\tx,y\nimg/b.png\tz\n")

    assert read(folder / name).classes == ("x,y", "z")


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16-le", "gb18030"])
def test_an_encoding_that_is_told(folder, encoding) -> None:
    """Refused without it, in words that say what to write."""
    path = folder / "x.csv"
    path.write_bytes("path,label\nimg/a.png,café\nimg/b.png,x\n".encode(encoding))

    with pytest.raises(DatasetError, match=r"is not UTF-8. .*--encoding"):
        read(path)
    assert read(path, encoding=encoding).classes == ("café", "x")


@pytest.mark.parametrize("encoding", ["klingon", "base64", "rot13", "zlib"])
def test_what_is_no_encoding(folder, encoding) -> None:
    """Codecs of bytes are none, either."""
    (folder / "x.csv").write_text("path,label\nimg/a.png,x\n")

    with pytest.raises(SettingError, match=f"there is no encoding '{encoding}'"):
        read(folder / "x.csv", encoding=encoding)


def test_spreadsheet_leftovers(folder) -> None:
    """Rows of nothing but separators, empty columns at the end, a column without a name."""
    text = " Path ;LABEL;;\nimg/a.png;x;;\n;;;\n\nimg/b.png;y;;;;\n;;;\n"
    (folder / "x.csv").write_text(text)

    assert facts(read(folder / "x.csv")) == {"img/a.png": ("x", ""), "img/b.png": ("y", "")}


def test_cells_with_line_breaks_and_quotes(folder) -> None:
    """The csv module writes, we read; the place of an error is the editor's line."""
    with (folder / "x.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["path", "note", "label"], ["img/a.png", 'a\n"b"\n', "x"]])
        writer.writerow(["img/b.png", "c", ""])

    with pytest.raises(DatasetError, match=r"has no label \(line 5\)"):
        read(folder / "x.csv")


@pytest.mark.parametrize("name", ["x.jsonl", "x.ndjson"])
def test_json_lines(folder, name) -> None:
    """Numbers, lists, missing names and objects within objects."""
    rows = [
        {"path": "img/a.png", "label": ["a", "b"], "age": 50.0, "box": {"x": 1}},
        {"path": "img/b.png", "label": ["a"], "age": None},
        {"label": [], "path": "img/c.png", "sex": True},
    ]
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    (folder / name).write_text(f"\ufeff{text}\n", encoding="utf-8")

    dataset = read(folder / name)

    assert dataset.classes == ("a", "b", "(no label)")
    assert dataset.labels == ((0, 1), (0,), (2,))
    assert dict(dataset.metadata) == {
        "age": ("50", "", ""),
        "sex": ("", "", "True"),
    }


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", r"is not valid JSON lines in line 2"),
        ("[1]", r"holds list and no object in line 2"),
        ('{"path": "a", "path": "b"}', r"in line 2: the key 'path' occurs twice"),
        ('{"path": "\\ud800"}', r"lone surrogate"),
        ("[" * 100_000, r"is not valid JSON lines in line 2"),
        ('{"path": ' + "9" * 5000 + "}", r"is not valid JSON lines in line 2"),
        ('{"path": "' + "x" * 200_000 + '"}', r"a value of more than 131072 characters"),
        (b'{"path": "\xff"}', r"is not valid JSON lines in line 2"),
    ],
)
def test_bad_json_lines(folder, line, what) -> None:
    """One line, with the place."""
    raw = line if isinstance(line, bytes) else line.encode()
    (folder / "x.jsonl").write_bytes(b'{"path": "img/a.png", "label": "x"}\n' + raw + b"\n")

    with pytest.raises(DatasetError, match=what) as caught:
        read(folder / "x.jsonl")
    assert len(str(caught.value)) < 1000


def test_parquet_as_pandas_makes_it(folder) -> None:
    """A column of whole numbers becomes floats beside a missing one: 1.0 is 1; NaN is nothing."""
    frame = pd.DataFrame(
        {
            "path": [path for path, _, _ in ROWS],
            "label": pd.Categorical(["x", "y", "x"]),
            "patient": [7.0, None, 7.0],
            "age": [50.5, float("nan"), 61],
            "when": pd.to_datetime(["2026-01-01", None, "2026-01-02"]),
        }
    )
    frame.to_parquet(folder / "x.parquet")

    dataset = read(folder / "x.parquet", columns="group=patient")

    assert dataset.groups == ("7", "", "7")
    assert dict(dataset.metadata) == {
        "age": ("50.5", "", "61"),
        "when": ("2026-01-01T00:00:00", "", "2026-01-02T00:00:00"),
    }


def test_parquet_cells_that_repeat_are_not_expanded_without_end(folder) -> None:
    """A small file that would be gigabytes of text is refused before it is."""
    note = pa.DictionaryArray.from_arrays(pa.array([0] * 5000, pa.int32()), ["x" * 100_000])
    table = pa.table({"path": ["img/a.png"] * 5000, "label": ["x"] * 5000, "note": note})
    parquet.write_table(table, folder / "x.parquet")
    assert (folder / "x.parquet").stat().st_size < 1_000_000

    with pytest.raises(DatasetError, match="the column 'note' holds more than 256 MiB of text"):
        read(folder / "x.parquet")


def test_a_table_that_is_too_large(folder) -> None:
    """By its size on disk, before a byte of it is read."""
    path = folder / "x.csv"
    with path.open("wb") as file:
        file.write(b"path,label\nimg/a.png,x\n")
        file.truncate(300 * 2**20)

    with pytest.raises(DatasetError, match="is 300 MiB, more than the 256 a table may have"):
        read(path)


ONE_HOT = "image,age,KA,KB,KC\nimg/a.png,50,1.0,0.0,0.0\nimg/b.png,61,0,1,\nimg/c.png,7,0,0,1\n"


@pytest.mark.parametrize("said", ["KA,KB,KC", "KA..KC", "*", "ka, kb ,kc"])
def test_a_column_a_class(folder, said) -> None:
    """Named one by one, from one to another, or all that hold 0 and 1."""
    (folder / "x.csv").write_text(ONE_HOT)

    dataset = read(folder / "x.csv", columns=f"path=image,label=onehot:{said}")

    assert [dataset.classes[own[0]] for own in dataset.labels] == ["KA", "KB", "KC"]
    assert not dataset.multilabel
    assert [c.name for c in dataset.metadata] == ["age"]


def test_rows_of_several_classes_and_of_none(folder) -> None:
    """Several make it a set of several labels; none is an error unless it is said to be right."""
    text = "path,A,B\nimg/a.png,1,0\nimg/b.png,-1,\nimg/c.png,0,1\n"
    (folder / "x.csv").write_text(text)

    with pytest.raises(DatasetError, match=r"has no label \(line 3\). .*write multihot:"):
        read(folder / "x.csv", columns="label=onehot:A,B")
    dataset = read(folder / "x.csv", columns="label=multihot:A,B")
    assert dataset.labels == ((0,), (2,), (1,))
    assert dataset.reading.notes == ("cells of -1 (uncertain) read as absent: 1",)

    (folder / "x.csv").write_text(text.replace("0,1\n", "1,1\n"))
    assert read(folder / "x.csv", columns="label=onehot:A,B").labels == ((0,), (2,), (0, 1))


@pytest.mark.parametrize("cell", ["0.7", "2", "x", "-2", "10"])
def test_what_is_neither_0_nor_1(folder, cell) -> None:
    """A probability is not rounded, and a word is not guessed at."""
    (folder / "x.csv").write_text(f"path,A,B\nimg/a.png,1,0\nimg/b.png,{cell},1\n")

    with pytest.raises(DatasetError, match=rf"has '{cell}' in the column 'A' \(line 3\)"):
        read(folder / "x.csv", columns="label=onehot:A,B")


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ("path=file", "has no column 'file'. Its columns are 'image', 'age'"),
        ("label=dx", "has no column 'path'"),
        (
            "path=image",
            "has no column 'label'.*Perhaps --columns 'path=image,label=onehot:KA..KC'",
        ),
        ("path=image,label=onehot:KA", "has too few columns of classes"),
        ("path=image,label=onehot:KA,KA", "has too few columns of classes, or one twice"),
        ("path=image,label=onehot:KA,XX", "has no column 'XX'"),
        ("path=image,label=age,group=ward", "has no column 'ward'"),
    ],
)
def test_columns_that_are_not_there(folder, columns, what) -> None:
    """An error that lists those that are, and offers what may be meant."""
    (folder / "x.csv").write_text(ONE_HOT)

    with pytest.raises(DatasetError, match=what):
        read(folder / "x.csv", columns=columns)


def test_what_was_said_is_not_offered_again(folder) -> None:
    """`Perhaps label=age is meant`, to one who had said label=age."""
    (folder / "x.csv").write_text("of,age\nimg/a.png,1\n")

    with pytest.raises(DatasetError, match="has no column 'path'") as caught:
        read(folder / "x.csv", columns="label=age")
    assert str(caught.value).endswith("or named by --columns.")


def test_rows_of_one_file_are_told(folder) -> None:
    """A table of boxes has a row a box; "24 near duplicates" did not say that it is so."""
    (folder / "x.csv").write_text("path,label\nimg/a.png,1\nimg/a.png,2\nimg/b.png,1\n")

    dataset = read(folder / "x.csv")

    assert dataset.reading.notes[0] == "3 rows name 2 files, and each row counts as an image"
    assert dataset.ids == ("img/a.png", "img/a.png#2", "img/b.png")


def test_a_name_that_two_columns_have(folder) -> None:
    """By another spelling too, unless one has it exactly."""
    (folder / "x.csv").write_text("Path,PATH,label\nimg/a.png,x,y\n")
    with pytest.raises(DatasetError, match="has two columns 'path'"):
        read(folder / "x.csv")

    (folder / "x.csv").write_text("Path,path,label\nx,img/a.png,y\n")
    assert read(folder / "x.csv").ids == ("img/a.png",)


@pytest.mark.parametrize(
    ("labels", "told"), [(["20.5", "21.25", "1e-1"], False), (["20.5", "21.25", ".5"], True),
                         (["1", "2", "3"], False), (["0.5", "0.5", "0.5"], False)]
)  # fmt: skip
def test_numbers_that_are_no_classes(folder, labels, told) -> None:
    """Read as they are, and told: every image would be a class of its own."""
    rows = "".join(f"{path},{label}\n" for (path, _, _), label in zip(ROWS, labels, strict=True))
    (folder / "x.csv").write_text("path,label\n" + rows)

    assert ("a number to be predicted" in " ".join(read(folder / "x.csv").reading.notes)) is told


def test_rows_of_a_long_table_keep_their_order_and_lines(folder, monkeypatch):
    """Against pandas, and lines counted by hand: blank rows, quoted line breaks, many batches."""
    monkeypatch.setattr(delimited, "AT_ONCE", 7)
    monkeypatch.setattr(tables, "MOST_KEPT", 5)
    told = ["path,label,note"]
    lines, line = [], 1
    for i in range(50):
        blank = [] if i % 6 else ["", " , ,"]
        told += [*blank, f'img/{i % 9}.png,c{i % 4},"a\nb{i % 3}"' if i % 5 else f"{i}.png,,{i},"]
        line += len(blank) + (2 if i % 5 else 1)
        lines.append(line)
    path = folder / "long.csv"
    path.write_text("\n".join(told), encoding="utf-8")
    table = delimited.read_delimited(path)
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, usecols=range(3), index_col=False)
    frame = frame[frame.map(str.strip).any(axis=1)]

    assert [*table.places] == lines
    for name, cells in zip(table.header, table.columns, strict=True):
        assert [*cells] == frame[name].tolist()


def lines(folder, **cells):
    """JSON lines of the three images; the second has these cells, too."""
    rows = [{"path": path, "label": label, "patient_id": group} for path, label, group in ROWS]
    rows[1] |= cells
    (folder / "x.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder / "x.jsonl"


@pytest.mark.parametrize("cell", [{"id": "p1"}, [["p1"]], ["p1|p2"]])
def test_a_column_that_is_not_looked_at_is_told(folder, cell) -> None:
    """One cell of another kind takes the patients from sight, and nobody would know."""
    dataset = read(lines(folder, patient_id=cell))

    assert dataset.reading.group_column == ""
    told = "columns without text, numbers or times are not looked at: 'patient_id'"
    assert told in dataset.reading.notes
    assert not read(lines(folder)).reading.notes


@pytest.mark.parametrize("name", ["path", "label", "split", "Split", "group", "mask"])
def test_a_needed_column_of_objects_is_an_error(folder, name) -> None:
    """Without its splits a dataset would be judged as a whole, without a word."""
    with pytest.raises(DatasetError, match=rf"'{name}' holds an object .* in line 2\. Write text"):
        read(lines(folder, **{name: {"value": 1}}))


def test_parquet_columns_of_other_kinds(folder) -> None:
    """Decimal numbers, in which databases keep patients, are numbers; nested ones are told."""
    paths, labels, _ = zip(*ROWS, strict=True)
    frame = {
        "path": paths,
        "label": labels,
        "patient_id": [Decimal(1), Decimal("1.00"), Decimal("2.50")],
        "waited": pa.array([60, 60, 90], pa.duration("s")),
        "tags": [["a|b"], ["c"], []],
        "boxes": [{"x": 1}] * 3,
    }
    parquet.write_table(pa.table(frame), folder / "x.parquet")
    dataset = read(folder / "x.parquet")

    assert dataset.groups == ("1", "1", "2.5")
    assert dataset.columns["waited"] == ("0:01:00", "0:01:00", "0:01:30")
    assert dataset.columns["tags"] == ("['a|b']", "c", "")
    assert dataset.reading.notes == (
        "columns without text, numbers or times are not looked at: 'boxes'",
    )
    parquet.write_table(pa.table(frame | {"Split": [{"x": 1}] * 3}), folder / "x.parquet")
    with pytest.raises(DatasetError, match=r"'Split' holds values of type struct<x: int64>\."):
        read(folder / "x.parquet")


def test_columns_of_one_name_are_all_looked_at(folder) -> None:
    """A second column would hide the first one: who adds it could hide a scanner."""
    head = ["path", "label", "scanner", "scanner", "scanner (2)", "a\x07", "a\x08"]
    rows = [[path, label, *"xyzuv"] for path, label, _ in ROWS]
    with (folder / "x.csv").open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    columns = read(folder / "x.csv").columns

    assert [values[0] for values in columns.values()] == [*"xyzuv"]
    assert [*columns][:3] == ["scanner", "scanner (2)", "scanner (2) (2)"]
    assert {*map(len, columns.values())} == {3}

    table = pa.table([["img/a.png"], ["x"], [1], [2]], names=["path", "label", "age", "age"])
    parquet.write_table(table, folder / "x.parquet")
    with pytest.raises(DatasetError, match=r"has two columns of one name\. Rename one"):
        read(folder / "x.parquet")
