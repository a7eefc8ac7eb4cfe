"""A content that git does not give whole is an error, never a shorter content."""

from __future__ import annotations

import pytest

from deri_gate.errors import DatasetError
from deri_gate.runtime.git import repository_of
from deri_gate.runtime.tracking.objects import Objects


@pytest.fixture
def kept(repository):
    """The name of a content of many bytes, and a reader."""
    repository.write("a.bin", "x" * 1_000_000)
    repository.commit()
    name = repository.run("git", "rev-parse", "HEAD:a.bin").strip()
    return name, Objects(repository_of(repository.folder))


def test_git_that_is_killed(kept) -> None:
    """Before it was asked."""
    name, objects = kept
    assert len(objects.read(name)) == 1_000_000
    objects._process.kill()
    objects._process.wait()

    with pytest.raises(DatasetError, match="git has not"):
        objects.read(name)


@pytest.mark.parametrize(
    "said", ["NAME blob 1000000\\nxx", "NAME blob 2\\nxx", "", "NAME blob 3\\n"]
)
def test_git_that_ends_while_it_answers(kept, monkeypatch, said, tmp_path) -> None:
    """In the middle of a content, or before its end is told."""
    name, objects = kept
    program = tmp_path / "short"
    program.write_text(f"#!/bin/sh\nread name\nprintf '{said.replace('NAME', name)}'\n")
    program.chmod(0o755)
    monkeypatch.setattr(type(objects.repository), "command", lambda *_: [str(program)])

    with pytest.raises(DatasetError, match="git has not"):
        objects.read(name)
