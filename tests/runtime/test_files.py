"""Files that are written whole or not at all."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from deri_gate.runtime.files import replaced
from deri_gate.runtime.hashing import json_digest

if TYPE_CHECKING:
    from pathlib import Path


def test_a_failed_write_leaves_the_old_file_alone(tmp_path: Path) -> None:
    """Half of a new content never stands under the name, and nothing is left beside it."""
    path = tmp_path / "a.json"
    path.write_bytes(b"old")

    with pytest.raises(TypeError), replaced(path) as file:
        file.writelines([b"ne", None])

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    """Nobody can have us write where a link leads."""
    target, path = tmp_path / "target", tmp_path / "a.json"
    target.write_bytes(b"precious")
    path.symlink_to(target)

    with replaced(path) as file:
        file.write(b"new")

    assert (target.read_bytes(), path.read_bytes()) == (b"precious", b"new")
    assert not path.is_symlink()


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    """Equal content has one digest: SHA-256 of its JSON with sorted keys, kept in many caches."""
    expected = hashlib.sha256(b'{"a": 1.5, "b": [null, "x"]}').hexdigest()

    assert json_digest({"b": [None, "x"], "a": 1.5}) == expected
