"""Templates that are compiled once."""

from __future__ import annotations

import io
import marshal
import pickle
import sys
from hashlib import blake2b
from typing import TYPE_CHECKING

import jinja2
import pytest
from jinja2.bccache import bc_magic

from deri_gate.reports.compiled_templates import CompiledTemplates

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """Text of a rendered template, in an environment of its own, and number of compilations."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    real, compiled = jinja2.Environment.compile, []

    def counting(*words, **more):
        compiled.append(1)
        return real(*words, **more)

    monkeypatch.setattr(jinja2.Environment, "compile", counting)

    def make(text: str) -> tuple[str, int]:
        (tmp_path / "page.jinja").write_text(text, "utf-8")
        compiled.clear()
        loader = jinja2.FileSystemLoader(tmp_path)
        environment = jinja2.Environment(loader=loader, bytecode_cache=CompiledTemplates())
        return environment.get_template("page.jinja").render(n=3), len(compiled)

    return make


def kept_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix == ".pyc"]


def test_the_second_time_it_is_read(shown, tmp_path) -> None:
    """Where Python keeps what it compiles."""
    assert shown("{{ n }} images") == ("3 images", 1)
    assert shown("{{ n }} images") == ("3 images", 0)
    assert [path.parent.name for path in kept_in(tmp_path)] == ["__pycache__"]


def test_another_template_or_version_is_compiled(shown, monkeypatch) -> None:
    shown("{{ n }} images")
    assert shown("{{ n + 1 }} images") == ("4 images", 1)
    monkeypatch.setattr(jinja2, "__version__", "0")
    assert shown("{{ n + 1 }} images") == ("4 images", 1)


@pytest.mark.parametrize("length", [0, 3, 20, 60, -1])
@pytest.mark.parametrize("more", [b"", b"odd"])
def test_a_damaged_file_is_compiled_again(shown, tmp_path, length, more) -> None:
    """Cut at any place, or with other bytes there."""
    shown("{{ n }} images")
    (path,) = kept_in(tmp_path)
    path.write_bytes(path.read_bytes()[:length] + more)

    assert shown("{{ n }} images") == ("3 images", 1)
    assert shown("{{ n }} images") == ("3 images", 0)


def test_a_file_with_any_byte_changed_is_compiled_again(shown, tmp_path) -> None:
    """Some changes ended in a traceback, and some in a template that says something else."""
    said = shown("{{ n }} images")[0]
    (path,) = kept_in(tmp_path)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert shown("{{ n }} images") == (said, 1), at


@pytest.mark.parametrize(
    "odd",
    [
        b"cno_such_module\nname\n.",
        b"cos\nno_such_name\n.",
        pickle.dumps("of another source"),
        marshal.dumps(7),
        marshal.dumps(None),
        marshal.dumps(["no code"]),
        b"",
    ],
)
def test_a_kept_file_of_anything_else_is_compiled_again(shown, tmp_path, odd) -> None:
    """A kept file may be whole and hold no template: of another program, or written by hand."""
    shown("{{ n }} images")
    (path,) = kept_in(tmp_path)
    head = bc_magic if not odd or odd[0] in b"c\x80" else checked_part(path.read_bytes())
    path.write_bytes(blake2b(head + odd, digest_size=16).digest() + head + odd)

    assert shown("{{ n }} images") == ("3 images", 1)


def checked_part(kept: bytes) -> bytes:
    """The magic and the checksum, which fit, before the code."""
    file = io.BytesIO(kept[16 + len(bc_magic) :])
    pickle.load(file)
    return kept[16 : 16 + len(bc_magic) + file.tell()]


def test_where_none_can_be_kept_it_is_compiled_each_time(shown, tmp_path) -> None:
    (tmp_path / "__pycache__").write_text("in the way")
    assert [shown("{{ n }}") for _ in range(2)] == [("3", 1)] * 2


def test_whoever_wants_no_bytecode_has_none(shown, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert [shown("{{ n }}") for _ in range(2)] == [("3", 1)] * 2
    assert kept_in(tmp_path) == []
