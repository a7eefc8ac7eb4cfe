"""Untrusted text is never a command: not to a workflow's runner, a terminal, or a spreadsheet."""

import csv
import io
import json
import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from deri_gate.reports.text import printable
from deri_gate.runtime.output import GuardedStream, annotate, defused, defused_json, guarded_output
from deri_gate.runtime.spreadsheet import cell_read, cell_written, csv_text
from deri_gate.schemas.base import as_json
from tests.sweeps import sampled

from ..github.conftest import write_digits

LINE = re.compile(r"\r\n|\r|\n")  # where the runner of GitHub's workflows ends a line
ATTACKS = [
    "##[error]x", "a ##[add-mask]scans", "##[stop-commands]t", "##vso[task.setvariable]x",
    "##teamcity[x]", "::error::x", "  ::add-mask::scans", "\t::x::", "\r::error::x",
    "a\n::set-output name=datasets::[]", "\x1b[2J\x1b[1;1HPASSED", "a\rPASSED", "\x07\x08",
    "\u202egnp.exe", "\u2066x\u2069", "a\u2028::x::", "\u00a0::x::", "\x85::x::", "\ud800",
    "\x0b::x::", "\x0c::x::", "\ufeff::x::", "\u200b##[x]", "#\u200b#[x]",
]  # fmt: skip


def commands_in(text: str) -> list[str]:
    """Lines that a runner would obey, worked out as its own source does; an oracle."""
    blank = "".join(chr(i) for i in range(0x3001) if unicodedata.category(chr(i)) == "Zs")
    lines = LINE.split(text)
    starts = [line for line in lines if line.lstrip(blank + "\t\v\f\r\x85").startswith("::")]
    return starts + [line for line in lines if re.search(r"##[a-zA-Z]*\[", line)]


def unprintable(text: str) -> set[str]:
    return {c for c in text if c not in "\n\t" and unicodedata.category(c)[0] == "C"}


@pytest.mark.parametrize("text", ATTACKS)
def test_each_attack_is_broken(text) -> None:
    assert commands_in(defused(text)) == []
    assert unprintable(defused(text)) == set()
    assert commands_in(printable(text)) == []
    assert unprintable(printable(text)) == set()


pieces = st.sampled_from([*"#:[ \t\n\r", "##", "::", "##[", "vso", "\u202e", "\x1b", "\u00a0", "x"])
chunks = st.lists(st.lists(pieces, max_size=6).map("".join), max_size=8)


@given(chunks)
def test_no_way_of_cutting_it_makes_a_command(parts) -> None:
    """What is printed bit by bit stands on one line for its reader."""
    out = io.StringIO()
    guarded = GuardedStream(out, progress=False)
    for part in parts:
        guarded.write(part)

    assert commands_in(out.getvalue()) == []
    assert unprintable(out.getvalue()) == set()


@given(chunks)
def test_progress_bars_make_no_command_either(parts) -> None:
    """They return to the start of the line, which is one more place for a command to start."""
    out = io.StringIO()
    guarded = GuardedStream(out, progress=True)
    for part in parts:
        guarded.write(part)

    assert commands_in(out.getvalue()) == []


@given(st.text("abc #:[é\n"))
def test_plain_text_stays_as_it_is(text) -> None:
    """But for a space in what would be a command."""
    assert defused(text).replace(" ", "") == text.replace(" ", "")
    if not commands_in(text):
        assert defused(text) == text


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_stays_the_same_value(value) -> None:
    """Its escapes are JSON's own; a lone surrogate is one of them."""
    text = defused_json(json.dumps(value, ensure_ascii=False, indent=1))

    assert json.loads(text) == value
    assert commands_in(text) == []
    assert unprintable(text) == set()
    text.encode("utf-8")


def test_documents_are_written_so() -> None:
    class Scan(BaseModel):
        path: str

    text = as_json(Scan.model_construct(path="##[add-mask]scans\ud800\u202e\x85"))

    assert json.loads(text) == {"path": "##[add-mask]scans\ud800\u202e\x85"}
    assert commands_in(text) == []


def test_annotations_are_the_only_commands(capsys) -> None:
    """They are ours; what is none, or holds a line break, is text like any other."""
    with guarded_output():
        annotate(["::error title=a::b", "::add-mask::scans", "::error::a\n::add-mask::b"])
    out = capsys.readouterr().out

    assert commands_in(out) == ["::error title=a::b"]


def test_libraries_and_warnings_go_through_it_too(capsys) -> None:
    with guarded_output():
        print("##[error]from a library", file=sys.stderr)
        print("::error::from a library")
        assert not hasattr(sys.stdout, "buffer")
        with pytest.raises(TypeError, match="string"):
            sys.stdout.write(b"::error::")
    said = capsys.readouterr()

    assert commands_in(said.out + said.err) == []
    assert "from a library" in said.out


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A dataset whose classes and files are called like commands."""
    folder = tmp_path_factory.mktemp("hostile")
    write_digits(folder, range(24))
    for old, new in (("digit 0", "##[error]a"), ("digit 1", "::error::b\n##[add-mask]b")):
        (folder / old).rename(folder / new)
    for number, name in enumerate(ATTACKS):
        try:
            path = folder / "##[error]a" / f"{name} {number}.png"
            path.write_bytes(b"no picture")
        except (OSError, UnicodeEncodeError):
            continue  # the file system refuses the name
    (folder / "##[error]a" / "::x::.txt").write_text("x")
    return folder


@pytest.mark.parametrize("form", sampled(["text", "markdown", "json", "github"], 1, 2))
def test_check_prints_no_strangers_command(hostile, run, form) -> None:
    words = ("--metrics", "sharpness,exposure,duplicates", "--format", form, "--fail-on", "never")
    _, out, err = run("check", hostile, *words, "--out", "out", "--progress")

    assert [one for one in commands_in(out) if not one.startswith(("::error", "::warning"))] == []
    for one in commands_in(out):
        assert form == "github"
        assert re.match(r"::(error|warning) (file=[^,]*,)?title=[^:]*::", one)
    assert commands_in(err) == []
    assert unprintable(out) == set()


@pytest.mark.parametrize(
    "words",
    sampled(
        [
            ("check", "##[error]x"),
            ("check", "::error::x"),
            ("check", "git:##[error]x:y"),
            ("measure", "a\n::error::x"),
            ("score", "##[error].json"),
            ("##[error]", "x"),
            ("check", "--##[error]=1"),
            ("ci", "changed", "--base", "##[error]x"),
            (
                "ci",
                "verdict",
                "--changed",
                "##[error]x",
                "--datasets",
                "##[add-mask]",
                "--judged",
                "x",
            ),
        ],
        0,
        6,
        8,
        single=True,
    ),
)
def test_errors_hold_none(run, words) -> None:
    _, out, err = run(*words)

    assert commands_in(out + err) == []
    assert out + err


def test_changed_files_hold_none(guarded, run, monkeypatch) -> None:
    """`ci changed` names files of the policy; a mask made of them would lose the list of datasets."""
    guarded.branch("topic")
    guarded.write(".github/##[add-mask]digits", "x")
    guarded.write(".github/a\n::add-mask::x", "x")
    guarded.commit()
    monkeypatch.chdir(guarded.folder)
    status, out, err = run("ci", "changed", "--base", "main")

    assert status == 0, err
    assert "add-mask" in out
    assert commands_in(out + err) == []


def test_reports_in_files_hold_none(guarded, run, monkeypatch, tmp_path) -> None:
    """They are printed by whoever looks at them, and shown as a step's summary."""
    guarded.branch("topic")
    for number in range(30):
        guarded.write(f".github/##[add-mask]digits{number}\n::error::x", "x")
    (guarded.folder / "data" / "digit 0" / "##[error]x.png").write_bytes(b"no picture")
    guarded.dvc("add", "--quiet", "data")
    guarded.commit()
    monkeypatch.chdir(guarded.folder)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md"))
    _, out, err = run("ci", "check", "--base", "main", "--out", "out")

    assert "and 10 more" in (guarded.folder / "out/digits/report.txt").read_text("utf-8"), err
    assert all(line.startswith(("::error ", "::warning ")) for line in commands_in(out))
    for path in (tmp_path / "step.md", *(guarded.folder / "out/digits").glob("*.[mtj][dxs]*")):
        assert commands_in(path.read_text("utf-8")) == [], path


FORMULAS = ["=1+1", "=cmd|' /C calc'!A0", "+1x", "-1-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'=1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text_and_comes_back(text) -> None:
    written = cell_written(text)

    assert str(written).startswith("'")
    assert cell_read(str(written)) == text


@given(st.text("=+-@'\t\r\n1a.e") | st.text())
def test_every_cell_comes_back(text) -> None:
    written = str(cell_written(text))

    assert cell_read(written) == text
    assert not written.startswith(("=", "@", "\t", "\r"))
    assert not re.match(r"[+-](?!\d*\.?\d*(e[+-]?\d+)?$|inf$|nan$)", written, re.IGNORECASE)


@pytest.mark.parametrize("number", ["-1.5", "+2", "-1e-9", ".5", "-inf", "nan", "0"])
def test_numbers_stay_numbers(number) -> None:
    assert cell_written(number) == number


def test_a_table_keeps_its_numbers() -> None:
    text = csv_text(["name", "value"], [["=1", -1.5], ["-2", None]])

    assert list(csv.reader(io.StringIO(text))) == [["name", "value"], ["'=1", "-1.5"], ["-2", ""]]


@pytest.mark.sweep
def test_a_batch_named_like_a_formula(run, tmp_path) -> None:
    """In history.csv it is text, and the next comparison reads its name back."""
    write_digits(tmp_path / "good", range(60))
    batch = tmp_path / "=cmd|' !A0"
    write_digits(batch, range(60, 90))
    words = ("--baseline", "good", "--metrics", "sharpness", "--out", "out", "--fail-on", "never",
             "--history", "out/history.csv")  # fmt: skip
    for _ in range(2):
        status, out, err = run("compare", batch, *words)
        assert status == 0, out + err
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out/history.csv").read_text("utf-8"))))

    assert [row["batch"] for row in rows] == ["'=cmd|' !A0"]
