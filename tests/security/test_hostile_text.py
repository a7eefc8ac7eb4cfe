"""Hostile text everywhere at once, and one look at all that a run writes or prints.

Class names, paths, groups, columns of a table, fields of DICOM, names of a dataset and a suite,
reasons and waivers: whatever comes of them is text, to a browser, a renderer of Markdown, a
spreadsheet, a terminal and a runner of workflows.
"""

from __future__ import annotations

import csv
import html.parser
import io
import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.sweeps import sampled

from ..github.conftest import limit
from .test_workflow_commands import commands_in, unprintable

if TYPE_CHECKING:
    from pathlib import Path

try:
    from markdown_it import MarkdownIt
except ImportError:  # then only the text itself is looked at
    MarkdownIt = None

MARK = "zq7x"  # in every payload, and nowhere else
PAYLOADS = [
    f"<script>{MARK}</script>", f'"><img src={MARK} onerror={MARK}>', f"' onmouseover={MARK} '",
    f"[{MARK}](https://{MARK}.example)", f"![{MARK}](https://{MARK}.example/p.png)",
    f"| {MARK} | {MARK} |", f"`{MARK}", f"```\n{MARK}", f"=cmd|' !{MARK}", f"@{MARK}", f"#1 {MARK}",
    f"##[error]{MARK}", f"a\n::error::{MARK}", f"a\r##[add-mask]{MARK}", f"\x1b[31m{MARK}",
    f"\u202e{MARK}", f"https://{MARK}.example", f"<!-- {MARK}", f"]]>{MARK}",
    f"</code></details></td></table>{MARK}", f"%0A::warning::{MARK}", f"${{{{ {MARK} }}}}",
    f"&lt;{MARK}", f"\\{MARK}", f"+{MARK}", f"-{MARK}", f"{{{{{MARK}}}}}", f"\u2066{MARK}\u2028x",
    f"javascript:{MARK}", f"**{MARK}** ~~x~~ <b>{MARK}", f"\n\n# {MARK}\n\n---\n", f"\ud83d{MARK}",
]  # fmt: skip
METRICS = "sharpness,exposure,duplicates,imbalance"
TAGS = {
    "h1", "h2", "h3", "h4", "p", "strong", "em", "code", "pre", "table", "thead", "tbody", "tr",
    "th", "td", "details", "summary", "ul", "ol", "li", "br", "hr", "sub", "sup", "blockquote",
    "b", "i", "a",
}  # fmt: skip
TEXTUAL = {"title", "alt", "aria-label", "content", "value"}  # attributes that are shown as text


class Elements(html.parser.HTMLParser):
    """Tags with their attributes, and the text in each."""

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.raw: list[str] = []
        self.inside = ""
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))
        self.inside = tag if tag in {"script", "style"} else ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = "" if tag == self.inside else self.inside

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.raw.append(data)

    def handle_comment(self, data: str) -> None:
        self.raw.append(data)


def check_elements(content: str) -> list[str]:
    """No payload has become a tag, an attribute, an address, a script or a comment."""
    page = Elements(content)
    assert MARK not in "".join(page.raw)
    for tag, attributes in page.found:
        assert tag not in {"script", "iframe", "object", "embed", "form", "base"} or MARK not in tag
        for name, value in attributes:
            assert MARK not in name, (tag, name)
            assert not name.startswith("on"), (tag, name)
            if value and MARK in value:
                assert name in TEXTUAL or name.startswith("data-"), (tag, name, value)
    return [tag for tag, _ in page.found]


def check_markdown(text: str) -> None:
    """A renderer with all of HTML makes nothing of it but what a summary is made of."""
    if MarkdownIt is not None:
        rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
        tags = set(check_elements(rendered))
        assert tags <= TAGS, tags - TAGS
    plain = re.sub(r"<code>.*?</code>", "", text, flags=re.DOTALL)
    for live in (f"@{MARK}", f"://{MARK}", f"]({MARK}", "](https://zq"):
        assert live not in plain, live


def check_table(text: str) -> None:
    """No cell is a formula."""
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            number = re.fullmatch(r"[+-]?[0-9.e+-]+", cell)
            assert number or cell[:1] not in {"=", "+", "-", "@", "\t", "\r"}, cell


def check_plain(text: str) -> None:
    """Nothing for a runner, and nothing that a terminal obeys."""
    assert commands_in(text) == []
    assert unprintable(text) == set()


def check_page(text: str) -> None:
    """Elements of ours alone, and the page's one script."""
    assert check_elements(text).count("script") == 1


def check_drawing(text: str) -> None:
    """Elements of ours alone, and no script."""
    assert "script" not in check_elements(text)


CHECKS = {
    ".html": (check_plain, check_page),
    ".svg": (check_plain, check_drawing),
    ".md": (check_plain, check_markdown),
    ".csv": (check_table,),  # which holds names as they are, to be read again
    ".json": (check_plain, json.loads),
    ".xml": (check_plain, ET.fromstring),
}


def check_file(path: Path) -> str:
    """One file of a report, by its kind; its kind is returned."""
    content = path.read_bytes()
    if path.suffix == ".png":
        assert MARK.encode() not in content
    if path.suffix not in {".parquet", ".png", ".npz"}:
        for check in CHECKS[path.suffix]:
            check(content.decode("utf-8"))
    return path.suffix


def named(payload: str) -> str:
    """The payload as a file's name: no folder, no character that no file system has."""
    return "".join("∕" if c == "/" else c for c in payload if c != "\ud83d").strip() or "x"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A folder with a table of images, of its base, and a suite, hostile in all of their texts."""
    folder = tmp_path_factory.mktemp("hostile")
    generator = np.random.default_rng(0)
    rows = []
    for number in range(4 * len(PAYLOADS)):
        payload = PAYLOADS[number % len(PAYLOADS)]
        name = f"{number} {named(payload)}"[:80] + ".png"
        image = generator.integers(0, 255, (24, 24, 3)).astype(np.uint8)
        if number < len(PAYLOADS):
            (folder / name).write_bytes(b"no picture")  # each is a finding with its path
        elif len(PAYLOADS) <= number < 2 * len(PAYLOADS):
            Image.fromarray(np.full((24, 24, 3), 40, np.uint8)).save(folder / name)  # copies
        else:
            Image.fromarray(image).save(folder / name)
        text = payload.replace("\ud83d", "")
        rows.append({"path": name, "label": text, "group": f"{number % 40} {text}",
                     "split": "train", text: text, "note": text})  # fmt: skip
    for name, some in (("data", rows), ("base", rows[: 3 * len(PAYLOADS)])):
        lines = "".join(json.dumps(row) + "\n" for row in some)
        (folder / f"{name}.jsonl").write_text(lines, "utf-8")
    words = " ".join(PAYLOADS).replace("\ud83d", "")
    waiver = {"reason": words, "until": "2099-01-01"}
    entries = [
        {**limit("imbalance", 0.99), "meta": {"reason": words, "waiver": waiver}},
        {**limit("sharpness", 1e9), "meta": {"reason": words}},
        {**limit("exposure", 99), "severity": "warning", "meta": {"reason": words, "notes": words}},
    ]
    suite = {"name": words[:200], "expectations": entries, "meta": {"notes": words}}
    (folder / "suite.json").write_text(json.dumps(suite), "utf-8")
    return folder


@pytest.mark.parametrize("style", sampled(["text", "json", "markdown", "github"], 3))
def test_all_that_a_check_writes_and_prints(hostile, run, tmp_path, monkeypatch, style) -> None:
    """Every file of the report folder, both streams; and the payloads have really come there."""
    monkeypatch.chdir(hostile)
    base = ("--base", "base.jsonl") if style != "json" else ()
    words = (
        "--metrics",
        METRICS,
        "--suite",
        "suite.json",
        "--name",
        PAYLOADS[0],
        "--out",
        tmp_path / "out",
    )

    status, out, err = run("check", "data.jsonl", *words, *base, "--format", style)

    assert status in {0, 1, 2}
    assert "Traceback" not in err
    annotations = {
        line for line in out.splitlines() if re.match(r"::(error|warning|notice) ", line)
    }
    assert not annotations or style == "github"
    assert set(commands_in(out)) <= annotations
    assert unprintable(out) == set()
    check_plain(err)
    if style == "markdown":
        check_markdown(out)
    kinds = {check_file(path) for path in sorted((tmp_path / "out").rglob("*")) if path.is_file()}
    assert kinds >= {".json", ".md", ".html", ".xml", ".parquet"}
    for name in ("report.html", "summary.md", "junit.xml", "metrics.json"):
        assert MARK in (tmp_path / "out" / name).read_text("utf-8"), name


@pytest.mark.parametrize("metrics", sampled([METRICS, "data"]))
def test_all_that_a_comparison_writes_and_prints(
    hostile, run, tmp_path, monkeypatch, metrics
) -> None:
    """Its history too, which is a table for a spreadsheet."""
    monkeypatch.chdir(hostile)
    batch = hostile / "=2+2 ##[error]zq7x.jsonl"
    batch.write_bytes((hostile / "data.jsonl").read_bytes())
    words = (
        "--baseline",
        "base.jsonl",
        "--metrics",
        metrics,
        "--history",
        tmp_path / "history.csv",
        "--out",
        tmp_path / "out",
    )

    status, out, err = run("compare", batch.name, *words)

    assert status in {0, 1, 2}
    assert "Traceback" not in err
    check_plain(out)
    check_plain(err)
    kinds = {check_file(path) for path in sorted(tmp_path.rglob("*.*")) if path.is_file()}
    assert status == 2 or kinds >= {".csv", ".json"}


def test_fields_of_dicom(run, tmp_path) -> None:
    """Names of patients and descriptions of series; a finding may repeat them."""
    pydicom = pytest.importorskip("pydicom")
    from ..data.test_whole import dicom

    for number, payload in enumerate(PAYLOADS[:24]):
        pixels = np.random.default_rng(number).integers(0, 255, (64, 64)).astype(np.uint8)
        data = pydicom.dcmread(io.BytesIO(dicom([pixels.tobytes()], "ExplicitVRLittleEndian")))
        text = "".join(c for c in payload if unicodedata.category(c) != "Cs")[:60]
        data.SpecificCharacterSet = "ISO_IR 192"
        for field in ("PatientName", "SeriesDescription", "PatientID", "Manufacturer"):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(pydicom.config.settings, "writing_validation_mode", 0)
                patch.setattr(pydicom.config.settings, "reading_validation_mode", 0)
                setattr(data, field, text)
        place = tmp_path / "data" / "ab"[number % 2] / f"{number}.dcm"
        place.parent.mkdir(parents=True, exist_ok=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pydicom.config.settings, "writing_validation_mode", 0)
            data.save_as(place, enforce_file_format=True)

    status, out, err = run(
        "check", tmp_path / "data", "--metrics", "exposure", "--out", tmp_path / "out"
    )

    assert status in {0, 1, 2}
    assert "Traceback" not in err
    check_plain(out)
    check_plain(err)
    for path in sorted((tmp_path / "out").rglob("*")):
        if path.is_file():
            check_file(path)
