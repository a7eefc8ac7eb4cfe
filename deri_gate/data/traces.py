"""Tags of photos that name a person, a place or one device: their names, never their values."""

from __future__ import annotations

import io
import re
import zlib
from typing import TYPE_CHECKING, Any

from PIL import Image, IptcImagePlugin, JpegImagePlugin, TiffImagePlugin

from deri_gate.data.contents import encoded_bytes
from deri_gate.data.dicom.privacy import is_placeholder
from deri_gate.data.newer_formats import opener_of
from deri_gate.data.stacks import TIFF_START, is_tiff
from deri_gate.data.whole_jpeg import LOST, markers
from deri_gate.data.whole_png import png_chunks, sole_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deri_gate.data.dataset import Loaded

LOOKED = 1 << 31  # set where the file could be searched for such tags
_EXIF = {0x013B: "Artist", 0x013C: "HostComputer", 0x9C9D: "XPAuthor", 0xC62F: "CameraSerialNumber"}
_INNER = {0xA430: "CameraOwnerName", 0xA431: "BodySerialNumber", 0xA435: "LensSerialNumber"}
_GPS, _AUTHOR, _BYLINE, _CONTACT = "GPS position", "Author", "IPTC By-line", "IPTC Contact"
_XMP = {
    "XMP creator": rb"dc:creator|photoshop:Author",
    "XMP owner": rb"aux:OwnerName|exifEX:CameraOwnerName|xmpRights:Owner",
    "XMP serial number": rb"aux:SerialNumber|exifEX:BodySerialNumber|aux:LensSerialNumber",
    "XMP person": rb"Iptc4xmpExt:PersonInImage|mwg-rs:Name|MPReg:PersonDisplayName",
    "XMP position": rb"exif:GPSLatitude",
}
NAMES = (*_EXIF.values(), *_INNER.values(), _GPS, _AUTHOR, _BYLINE, _CONTACT, *_XMP)
_MOST = 2**20  # bytes of one block of tags that are looked through
_EXIF_MARK = b"Exif\0\0"
_TAGGED = frozenset({0xE1, 0xED, LOST})  # segments of a JPEG: of EXIF and XMP, of IPTC, unknown
_INNER_IFD, _GPS_IFD = 0x8769, 0x8825
_LATITUDE, _LONGITUDE = 2, 4


def traces_of(content: Loaded) -> int:
    """A bit for each of `NAMES` that a file carries, and `LOOKED`; 0 where it can carry none.

    A damaged block of tags names nobody. DICOM has tags of its own, see `identifying`.

    Args:
        content: The undecoded image.
    """
    raw = encoded_bytes(content)
    if raw is None:
        return 0
    search = next((search for magic, search in _SEARCHES if magic.match(raw)), None)
    if search is None:
        return 0
    try:
        traces = set(search(raw))
    except Exception:  # noqa: BLE001  # damaged tags can raise anything inside Pillow
        traces = set()
    return LOOKED | sum(1 << NAMES.index(name) for name in traces)


def exif_of_file(raw: bytes) -> Image.Exif | None:
    """EXIF tags of a file; None where it carries none.

    Args:
        raw: The file.
    """
    if raw.startswith(b"\x89PNG"):
        block = next((body for kind, body in _tags_of_png(raw) if kind == b"eXIf"), b"")
        return _exif_of(block) if block else None
    if _WEBP.match(raw):
        return _exif_of(dict(_riff_chunks(raw)).get(b"EXIF", b""))
    if raw.startswith(b"\xff\xd8"):
        return (
            JpegImagePlugin.JpegImageFile(io.BytesIO(raw)).getexif()
            if raw.find(_EXIF_MARK, 0, _MOST) >= 0
            else None
        )
    if is_tiff(raw):
        return TiffImagePlugin.TiffImageFile(io.BytesIO(raw)).getexif()
    opener = opener_of(raw) if _NEWER.match(raw) else None
    return None if opener is None else opener(io.BytesIO(raw)).getexif()


def trace_names(traces: int) -> tuple[str, ...]:
    """The names for which bits are set, sorted."""
    return tuple(sorted(name for i, name in enumerate(NAMES) if traces >> i & 1))


def _in_jpeg(raw: bytes) -> Iterator[str]:
    if not _TAGGED.intersection(markers(raw)):
        return iter(())
    return _in_opened(JpegImagePlugin.JpegImageFile(io.BytesIO(raw)))


def _in_tiff(raw: bytes) -> Iterator[str]:
    return _in_opened(TiffImagePlugin.TiffImageFile(io.BytesIO(raw)))


def _in_newer(raw: bytes) -> Iterator[str]:
    opener = opener_of(raw)
    return iter(()) if opener is None else _in_opened(opener(io.BytesIO(raw)))


def _in_opened(image: Any) -> Iterator[str]:
    yield from _in_exif(image.getexif())
    yield from _in_xmp(_bytes(image.info.get("xmp", b"")))
    yield from _in_iptc(image)


def _in_webp(raw: bytes) -> Iterator[str]:
    blocks = dict(_riff_chunks(raw))
    yield from _in_exif(_exif_of(blocks.get(b"EXIF", b"")))
    yield from _in_xmp(blocks.get(b"XMP ", b""))


def _in_exif(exif: Image.Exif) -> Iterator[str]:
    for tags, names in ((exif, _EXIF), (exif.get_ifd(_INNER_IFD), _INNER)):
        yield from (name for tag, name in names.items() if _tells(tags.get(tag)))
    position = exif.get_ifd(_GPS_IFD)
    if any(_not_zero(position.get(tag)) for tag in (_LATITUDE, _LONGITUDE)):
        yield _GPS


def _in_xmp(packet: bytes) -> Iterator[str]:
    """Names of properties that hold text, as attributes or as elements."""
    for name, tags in _XMP.items():
        held = (
            rb"(?:%s)(?:\s*=\s*[\"'][^\"'<]*\w|\b[^<>]*>(?:\s*<rdf:[^<>]*>)*[^<>]*\w[^<>]*<)" % tags
        )
        if re.search(held, packet[:_MOST]):
            yield name


def _in_iptc(image: Any) -> Iterator[str]:
    info = IptcImagePlugin.getiptcinfo(image) or {}
    for tag, name in (((2, 80), _BYLINE), ((2, 118), _CONTACT)):
        if _tells(info.get(tag)):
            yield name


def _in_png(raw: bytes) -> Iterator[str]:
    for kind, body in _tags_of_png(raw):
        if kind == b"eXIf":
            yield from _in_exif(_exif_of(body))
        elif kind in {b"tEXt", b"zTXt", b"iTXt"}:
            keyword, _, text = body.partition(b"\0")
            if keyword == b"XML:com.adobe.xmp":
                yield from _in_xmp(_international(text))
            elif keyword.lower() in {b"author", b"artist"}:
                yield _AUTHOR


def _tags_of_png(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    for kind, start, length in () if sole_data(raw) else png_chunks(raw):
        if kind != b"IDAT" and length <= _MOST:
            yield kind, raw[start : start + length]


def _international(text: bytes) -> bytes:
    """The text of an iTXt chunk behind its flags, language and translated keyword."""
    body = text[2:].split(b"\0", 2)[-1]
    return zlib.decompressobj().decompress(body, _MOST) if text[:1] == b"\1" else body


def _riff_chunks(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(raw):
        length = int.from_bytes(raw[at + 4 : at + 8], "little")
        if length <= _MOST:
            yield raw[at : at + 4], raw[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _exif_of(block: bytes) -> Image.Exif:
    exif = Image.Exif()
    if block:
        exif.load(block if block.startswith(_EXIF_MARK) else _EXIF_MARK + block)
    return exif


def _tells(value: Any) -> bool:
    """True for text or bytes that stand for somebody or something."""
    if isinstance(value, list | tuple):
        return any(map(_tells, value))
    text = _bytes(value).replace(b"\0", b"").decode("utf-8", "replace").strip()
    return bool(text.strip("0 .-")) and not is_placeholder(text)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value or "").encode("utf-8", "replace")


def _not_zero(value: Any) -> bool:
    """True for a position that is given; cameras without a signal write zeros."""
    return isinstance(value, tuple | list) and any(float(part or 0) > 0 for part in value)


_WEBP = re.compile(rb"RIFF....WEBP", re.DOTALL)
_NEWER = re.compile(rb"....ftyp|\0\0\0\x0cjP {2}", re.DOTALL)
# Formats that carry such tags, by their first bytes.
_SEARCHES: tuple[tuple[re.Pattern[bytes], Callable[[bytes], Iterator[str]]], ...] = (
    (re.compile(rb"\x89PNG"), _in_png),
    (re.compile(rb"\xff\xd8"), _in_jpeg),
    (TIFF_START, _in_tiff),
    (_WEBP, _in_webp),
    (_NEWER, _in_newer),
)
