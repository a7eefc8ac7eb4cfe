"""Templates as compiled by Jinja, kept where Python keeps compiled modules."""

from __future__ import annotations

import sys
from contextlib import suppress
from hashlib import blake2b
from importlib.util import cache_from_source
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING

import jinja2

from deri_gate.errors import SettingError
from deri_gate.runtime.files import write_bytes

if TYPE_CHECKING:
    from jinja2.bccache import Bucket

_DIGEST = 16  # bytes before what is kept: damaged code would run, and end anywhere


class CompiledTemplates(jinja2.BytecodeCache):
    """Compiled forms of the templates of a folder that is part of the package.

    To compile those of the page takes a twentieth of a run that measures nothing. Where they cannot
    be written, or read, they are compiled each time.
    """

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """Path of a compiled template."""
        return cache_from_source(filename or name)

    def get_source_checksum(self, source: str) -> str:
        """Digest of what it is compiled from, and of the version that compiles."""
        return f"{jinja2.__version__} {super().get_source_checksum(source)}"

    def load_bytecode(self, bucket: Bucket) -> None:
        """Read a compiled template, if there is one of this source."""
        try:
            kept = Path(bucket.key).read_bytes()
            if kept[:_DIGEST] == _digest(kept[_DIGEST:]):
                bucket.bytecode_from_string(kept[_DIGEST:])
        except Exception:  # noqa: BLE001  # pickle and marshal may raise any
            bucket.reset()
        if not isinstance(bucket.code, CodeType):
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a compiled template; another process sees the whole of it or none."""
        if sys.dont_write_bytecode:
            return
        path = Path(bucket.key)
        with suppress(OSError, SettingError):
            path.parent.mkdir(parents=True, exist_ok=True)
            content = bucket.bytecode_to_string()
            write_bytes(_digest(content) + content, path)


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST).digest()
