"""Tables of any content, read with any options: an answer, or an error in our words."""

import contextlib

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.errors import DeriGateError

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
QUIET = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


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
