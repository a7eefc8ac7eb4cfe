"""Tables of any content, read with any options: an answer, or an error in our words."""

import contextlib
import io

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st
from pyarrow import parquet

from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.errors import DatasetError, DeriGateError
from tests.sweeps import randomly, sampled

CELLS = st.sampled_from(
    [
        *("a.png", "b", "img/c.png", "img\\c.png", "/etc/passwd", "../x", "a\0b", ".", "..", "/"),
        *("", " ", "1", "0", "1.0", "-1", "nan", "x|y", "|", "train", "Test", '"', "=1+1"),
        *("\u202e", "\ud7ff", "é", "e\u0301", "x" * 200, "2026-01-01", "\x1b[31m"),
    ]
)
NAMES = st.sampled_from(
    [
        *("path", "Path ", "label", "LABEL", "split", "group", "mask", "time", "patient_id", ""),
        *("file_name", "image_id", "lesion_id", "dx", "image", "MEL", "NV", "a,b", "\n"),
    ]
)
COLUMNS = st.sampled_from(
    [
        *("", "path=image_id", "label=dx", "label=onehot:MEL,NV", "label=multihot:*", "group=dx"),
        *("label=onehot:MEL..NV", "group=folder:1", "group=folder:2+dx", "split=dx,mask=image"),
    ]
)
PRESETS = st.sampled_from(["", "ham10000", "isic", "chexpert", "chestxray14", "patchcamelyon"])
TABLES = st.lists(NAMES, min_size=1, max_size=6).flatmap(
    lambda header: st.tuples(
        st.just(header),
        st.lists(st.lists(CELLS, min_size=len(header), max_size=len(header)), max_size=4),
        st.sampled_from([",", ";", "\t", "|"]),
    )
)
QUIET = randomly(150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def answered(path, **said) -> None:
    """Open it; what goes wrong must be foreseen, short, and fit to be printed."""
    try:
        dataset = open_dataset(path, options=ReadOptions.of(**said))
    except DeriGateError as error:
        text = str(error)
        assert "\n" not in text
        assert "\x1b" not in text
        assert len(text) < 3000
        return
    assert len(dataset) > 0
    assert all("\0" not in name and not name.startswith(("/", "../")) for name in dataset.ids)
    with contextlib.suppress(DeriGateError):
        dataset.source.load(0)


OPTIONS = st.fixed_dictionaries(
    {
        "columns": COLUMNS,
        "preset": PRESETS,
        "suffix": st.sampled_from(["", ".png"]),
        "folder": st.sampled_from(["", "img", "*"]),
    }
)


@given(TABLES, OPTIONS)
@QUIET
def test_any_table_with_any_options(tmp_path, table, options) -> None:
    """Cells that are paths to elsewhere, halves of labels, and names that come twice."""
    header, rows, separator = table
    (tmp_path / "img").mkdir(exist_ok=True)
    for name in ("a.png", "img/c.png", "b.png"):
        (tmp_path / name).write_bytes(b"no picture")
    quote = ['"' + cell.replace('"', '""') + '"' for row in [header, *rows] for cell in row]
    lines = [separator.join(quote[i : i + len(header)]) for i in range(0, len(quote), len(header))]
    (tmp_path / "x.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    answered(tmp_path / "x.csv", **options)


@given(
    st.binary(max_size=300), st.sampled_from(["x.csv", "x.tsv", "x.jsonl", "x.parquet", "x.json"])
)
@example(b'{"path": [["a"]], "label": {}}', "x.jsonl")
@example(b"\xff\xfep\0", "x.csv")
@example(b"PAR1" + b"\0" * 40 + b"PAR1", "x.parquet")
@QUIET
def test_any_bytes(tmp_path, content, name) -> None:
    """No traceback, and no dataset of nothing."""
    (tmp_path / name).write_bytes(content)

    answered(tmp_path / name)


@given(st.text(max_size=60))
@QUIET
def test_any_words_for_columns(text) -> None:
    """Options are refused in one line, or read."""
    with contextlib.suppress(DeriGateError):
        ReadOptions.of(columns=text)


@given(
    places=st.lists(st.integers(0, 2**16), min_size=1, max_size=6),
    value=st.integers(0, 255),
    at_the_end=st.booleans(),
)
@QUIET
@example(places=[0], value=255, at_the_end=False)
def test_parquet_with_any_byte_changed(tmp_path, places, value, at_the_end):
    """Names and cells that are no UTF-8 any more, lengths and types that are others."""
    table = pa.table({"path": ["a.png", "b.png"], "label": ["cat", "dog"], "site": ["é", "x"]})
    written = io.BytesIO()
    parquet.write_table(table, written, compression="none")
    content, tail = bytearray(written.getvalue()), 400
    for place in places:
        start = max(0, len(content) - tail) if at_the_end else 0
        content[start + place % (len(content) - start)] = value
    (tmp_path / "x.parquet").write_bytes(content)

    answered(tmp_path / "x.parquet")


def test_text_of_parquet_in_another_encoding(tmp_path):
    """Written by a program that does not look: Latin-1 where Parquet says UTF-8."""
    raw = [b"caf\xe9", b"dog"]
    offsets = np.array([0, 4, 7], dtype=np.int32)
    wrong = pa.Array.from_buffers(
        pa.utf8(), 2, [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(b"".join(raw))]
    )
    table = pa.table({"path": ["a.png", "b.png"], "label": wrong})
    parquet.write_table(table, tmp_path / "x.parquet")

    with pytest.raises(DatasetError, match="cannot be read as Parquet: 'utf-8' codec"):
        open_dataset(tmp_path / "x.parquet")


@pytest.mark.parametrize("said", [1, 3])
def test_parquet_that_says_another_number_of_rows(tmp_path, said):
    """Programs go by the one number or the other: some rows would be judged by none."""
    table = pa.table({"path": ["a.png", "b.png"], "label": ["cat", "dog"]})
    written = io.BytesIO()
    parquet.write_table(table, written, compression="none")
    content, length = written.getvalue(), 8
    start = len(content) - length - int.from_bytes(content[-8:-4], "little")
    place = content.index(b"\x16\x04\x19", start)  # two rows, then the list of groups of rows
    changed = content[:place] + bytes([0x16, 2 * said]) + content[place + 2 :]
    (tmp_path / "x.parquet").write_bytes(changed)

    with pytest.raises(DatasetError, match=f"says that it has {said} rows?, and holds 2"):
        open_dataset(tmp_path / "x.parquet")


@pytest.mark.parametrize("value", sampled([0, 2, 4, 0x19]))
def test_parquet_with_each_byte_of_its_footer_changed(tmp_path, value):
    """Sizes of columns that do not fit their schema end the process where they are asked for."""
    table = pa.table({"path": ["a.png", "b.png"], "label": ["cat", "dog"]})
    written = io.BytesIO()
    parquet.write_table(table, written, compression="none")
    content = written.getvalue()
    for place in range(len(content) - 8 - int.from_bytes(content[-8:-4], "little"), len(content)):
        changed = content[:place] + bytes([value]) + content[place + 1 :]
        (tmp_path / "x.parquet").write_bytes(changed)
        answered(tmp_path / "x.parquet")
