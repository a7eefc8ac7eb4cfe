"""Image files: cut, claiming too much, of other kinds, with odd metadata, with hostile names."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
from case import Case, beside_good, chunk, picture, png, zeros_deflated
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMATS = ("png", "jpeg", "gif", "tiff", "webp", "bmp", "ppm")


def encoded(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    """A picture in a format of Pillow's."""
    file = io.BytesIO()
    (image or picture(7, 48)).save(file, kind.upper(), **options)
    return file.getvalue()


def bad(name: str, content: bytes, *, ending: str = "png", **more: object) -> Case:
    """A file without a picture: named, and nothing else is harmed."""
    make = beside_good(f"x.{ending}", content)
    settings = {"outcome": "finding", "path": f"cat/x.{ending}"} | more
    return Case(name=f"image/{name}", make=make, **settings)  # type: ignore[arg-type]


def good(name: str, content: bytes, *, ending: str = "png", **more: object) -> Case:
    """An odd file with a picture in it."""
    make = beside_good(f"x.{ending}", content)
    return Case(name=f"image/{name}", make=make, outcome="read", **more)  # type: ignore[arg-type]


def cut() -> Iterator[Case]:
    """Files that end too early."""
    for kind in FORMATS:
        whole = encoded(kind)
        for share in (0.1, 0.5, 0.9):
            part = whole[: int(len(whole) * share)]
            yield bad(f"{kind} cut at {share:.0%}", part, ending=kind)


def damaged() -> Iterator[Case]:
    """Files whose own checks fail, or whose data stop inside the picture."""
    whole = encoded("png")
    place = whole.index(b"IDAT") + 20
    flipped = whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :]
    yield bad("png with a flipped byte", flipped)
    lines = zlib.compress(b"".join(b"\0" + bytes(range(16)) for _ in range(16)))
    wrong = chunk(b"IDAT", lines, crc=1)
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0))
    yield bad("png with a wrong checksum of its data", head + wrong + chunk(b"IEND", b""))
    yield bad("png without its end", head + chunk(b"IDAT", lines))
    yield bad("png whose lines are too few", png(16, 64, lines))
    jpeg = encoded("jpeg", picture(9, 256), quality=95)
    half = jpeg[: len(jpeg) // 2]
    yield bad("jpeg cut and closed", half + b"\xff\xd9", ending="jpg")
    yield bad("jpeg of which the half is zero", half + bytes(len(jpeg) // 2), ending="jpg")
    progressive = encoded("jpeg", picture(9, 256), quality=95, progressive=True)
    yield bad("progressive jpeg cut early and closed", progressive[:1200] + b"\xff\xd9",
              ending="jpg")  # fmt: skip


def claims() -> Iterator[Case]:
    """Headers that claim more pixels than anybody should decode."""
    tiny = zlib.compress(b"\0" * 9)
    for width, height in ((60_000, 60_000), (2**31 - 1, 1), (1, 2**31 - 1), (0, 5)):
        yield bad(f"png of {width} x {height}", png(width, height, tiny))
    yield bad("gif of 65535 x 65535", b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\x80\0\0"
              + bytes(6) + b",\0\0\0\0" + struct.pack("<HH", 65535, 65535) + b"\0\x02\x02\x4c\x01\0;",
              ending="gif")  # fmt: skip
    jpeg = bytearray(encoded("jpeg"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 65535, 65535)
    yield bad("jpeg of 65535 x 65535", bytes(jpeg), ending="jpg")
    bmp = bytearray(encoded("bmp"))
    bmp[18:26] = struct.pack("<ii", 2**30, 2**30)
    yield bad("bmp of 2^30 x 2^30", bytes(bmp), ending="bmp")
    yield bad("ppm of 10^6 x 10^6", b"P6 1000000 1000000 255\n" + bytes(99), ending="ppm")
    yield bad("ppm of a negative size", b"P5 -5 5 255\n" + bytes(99), ending="pgm")
    yield bad("webp of 2^24 x 2^24", b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X"
              + struct.pack("<I", 10) + bytes(4) + b"\xff" * 6 + bytes(8), ending="webp")  # fmt: skip
    tiff = bytearray(encoded("tiff"))
    yield bad("tiff whose directory points at itself", b"II*\0\x08\0\0\0" + b"\1\0" + bytes(tiff[10:22])
              + b"\x08\0\0\0", ending="tif")  # fmt: skip


def impostors() -> Iterator[Case]:
    """What is no picture, under a picture's name."""
    contents = {
        "empty": b"",
        "one byte": b"\x89",
        "html": b"<!doctype html><html><script>alert(1)</script></html>",
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n",
        "pdf": b"%PDF-1.7\n1 0 obj <</OpenAction 2 0 R>> endobj\n",
        "zip": b"PK\x05\x06" + bytes(18),
        "executable": b"\x7fELF\x02\x01\x01" + bytes(99),
        "pickle": b"cos\nsystem\n(S'touch PWNED'\ntR.",
        "python": b"import os; os.system('touch PWNED')",
        "magic alone": b"\x89PNG\r\n\x1a\n",
        "jpeg markers alone": b"\xff\xd8\xff\xd9",
        "random": np.random.default_rng(3).bytes(5000),
        "lfs pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
    }
    for name, content in contents.items():
        yield bad(f"{name} named png", content)


def odd() -> Iterator[Case]:
    """Sound pictures of unusual kinds."""
    whole = encoded("png")
    yield good("jpeg named png", encoded("jpeg"))
    for mode in ("1", "L", "LA", "P", "RGBA"):
        yield good(f"png of mode {mode}", encoded("png", picture(5).convert(mode)))
    yield good("16-bit png", encoded("png", Image.fromarray(np.arange(1024, dtype=np.uint16)
               .reshape(32, 32) * 64)))  # fmt: skip
    yield good("cmyk jpeg", encoded("jpeg", picture(5).convert("CMYK")), ending="jpg")
    spoilt = np.full((32, 32), np.nan, dtype=np.float32)
    spoilt[3:, 3:], spoilt[5, 5] = 0.5, np.inf
    yield good("tiff with NaN and infinity", encoded("tiff", Image.fromarray(spoilt)), ending="tif")
    nan = Image.fromarray(np.full((32, 32), np.nan, dtype=np.float32))
    yield bad("tiff of NaN alone", encoded("tiff", nan), ending="tif")
    frames = [picture(seed) for seed in range(3)]
    for kind in ("gif", "webp", "png"):
        content = encoded(kind, frames[0], save_all=True, append_images=frames[1:])
        yield good(f"animated {kind}", content, ending=kind)
    for turn in (0, 1, 8, 9, 99):
        exif = Image.Exif()
        exif[274] = turn
        yield good(f"exif orientation {turn}", encoded("jpeg", exif=exif.tobytes()), ending="jpg")
    yield good("bytes behind the end", whole + np.random.default_rng(4).bytes(9999))
    bomb = chunk(b"zTXt", b"Comment\0\0" + zeros_deflated(300 << 20))
    yield Case(name="image/png with 300 MB of text", outcome="bounded",
               make=beside_good("x.png", whole[:33] + bomb + whole[33:]))  # fmt: skip
    profile = chunk(b"iCCP", b"x\0\0" + zeros_deflated(300 << 20))
    yield Case(name="image/png with a profile of 300 MB", outcome="bounded",
               make=beside_good("x.png", whole[:33] + profile + whole[33:]))  # fmt: skip
    header = b"P5\n" + b"#" * (5 << 20) + b"\n4 4 255\n" + bytes(16)
    yield Case(name="image/ppm with a header of 5 MB", make=beside_good("x.pgm", header),
               outcome="bounded", seconds=6)  # fmt: skip
    yield good("1 x 1", encoded("png", picture(1, 1)))
    yield good("1 x 3000", encoded("png", picture(1).resize((1, 3000))))


def names() -> Iterator[Case]:
    """Hostile names of unreadable files: whatever is printed of them is inert."""
    hostile = {
        "a workflow command": "##[error]boo.png",
        "a mask": "a ##[add-mask]scans.png",
        "a command of old": "::error::boo.png",
        "a line break": "a\n::error::boo.png",
        "ansi": "\x1b[31mred\x1b[2J.png",
        "a bell": "a\x07.png",
        "right to left": "a\u202egnp.exe.png",
        "html": "<img src=x onerror=alert(1)>.png",
        "markdown": "[x](javascript:alert(1)) `` ``` |.png",
        "a formula": "=cmd|' !A0.png",
        "an option": "--fail-on=never.png",
        "quotes": "\"'$(touch PWNED)`touch PWNED`.png",
        "a line separator": "a\u2028b\x85c.png",
        "255 bytes": "x" * 251 + ".png",
    }
    for what, name in hostile.items():
        yield Case(name=f"image/name with {what}", make=beside_good(name, b"no picture"),
                   outcome="finding")  # fmt: skip
    yield Case(name="image/name that is no UTF-8", make=beside_good(b"\xff\xfe\x80.png", b"no"),
               outcome="finding")  # fmt: skip


def bombs() -> Iterator[Case]:
    """Small files of many pixels: memory stays bounded whatever becomes of them."""
    side = 13_000
    grey = png(side, side, zeros_deflated(side * (side + 1)))
    colour = png(side, side, zeros_deflated(side * (4 * side + 1)), colour=6)
    for name, content in (("grey", grey), ("rgba", colour)):
        yield Case(name=f"bomb/{name} png of 169 megapixels", make=beside_good("x.png", content),
                   outcome="bounded", seconds=60, mib=2300)  # fmt: skip
    deep = png(side, side, zeros_deflated(side * (8 * side + 1)), colour=6, depth=16)
    yield Case(name="bomb/16-bit rgba png of 169 megapixels", make=beside_good("x.png", deep),
               outcome="bounded", seconds=60, mib=2300)  # fmt: skip
    flat = Image.fromarray(np.zeros((10_000, 10_000), dtype=np.float32))
    content = encoded("tiff", flat, compression="tiff_adobe_deflate")
    yield Case(name="bomb/float tiff of 100 megapixels", make=beside_good("x.tif", content),
               outcome="bounded", seconds=60, mib=2300)  # fmt: skip


def cases() -> list[Case]:
    """The whole family."""
    makers = (cut, damaged, claims, impostors, odd, names, bombs)
    return [case for maker in makers for case in maker()]
