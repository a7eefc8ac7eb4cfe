"""One bad input: how it is made, the command that meets it, and the only right outcomes."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Outcome = Literal["refused", "finding", "named", "read", "bounded"]
MEASURE = ("measure", "set", "--metrics", "sharpness", "--out", "out")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A bad input and what may come of it.

    Attributes:
        name: Family, a slash, what is bad.
        make: Writes the input into an empty folder, in which the command is run.
        argv: The command, without the program's name.
        outcome: `refused`: exit 2 and one line; `finding`: exit 0, and metrics.json names the
            file as unreadable or ignored; `named`: either of these; `read`: exit 0 with no unreadable file; `bounded`: any
            exit status without a traceback.
        path: The id that the finding names, "" for any.
        seconds: Most processor time.
        mib: Most memory of the process, in MiB.
    """

    name: str
    make: Callable[[Path], None]
    argv: tuple[str, ...] = MEASURE
    outcome: Outcome = "refused"
    path: str = ""
    seconds: float = 20.0
    mib: int = 900


def picture(seed: int, side: int = 32) -> Image.Image:
    """A smooth random picture in colour."""
    coarse = np.random.default_rng(seed).integers(0, 255, (5, 5, 3)).astype(np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def good_set(folder: Path, *, each: int = 3) -> Path:
    """Two classes of sound pictures."""
    for number, label in enumerate(("cat", "dog")):
        (folder / label).mkdir(parents=True)
        for i in range(each):
            picture(100 * number + i).save(folder / label / f"{i}.png")
    return folder


def beside_good(name: str | bytes, content: bytes) -> Callable[[Path], None]:
    """A sound set, and one more file in the class cat."""

    def make(folder: Path) -> None:
        good_set(folder / "set")
        place = (
            bytes(folder / "set" / "cat")
            + b"/"
            + (name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape"))
        )
        with open(place, "wb") as file:  # noqa: PTH123  # the name may be no text
            file.write(content)

    return make


def chunk(kind: bytes, data: bytes, *, crc: int | None = None) -> bytes:
    """One chunk of a PNG."""
    check = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def png(width: int, height: int, body: bytes, *, colour: int = 0, depth: int = 8,
        before: bytes = b"") -> bytes:  # fmt: skip
    """A PNG of this header and these deflated lines."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before
    return start + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def zeros_deflated(length: int) -> bytes:
    """That many zero bytes, deflated, without having them in memory."""
    deflate, parts = zlib.compressobj(9), []
    block = bytes(1 << 20)
    while length > 0:
        parts.append(deflate.compress(block[:length]))
        length -= len(block)
    return b"".join([*parts, deflate.flush()])
