"""`page.json`: suspects, exhibits, plots and small pictures, to render report.html again."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from deri_gate.reports.exhibits.records import Exhibits
from deri_gate.reports.page import all_scenes
from deri_gate.reports.pictures.encoding import Thumbnail
from deri_gate.reports.pictures.gallery import MOST_BYTES, Gallery
from deri_gate.schemas.page import PageDocument, PictureInfo

if TYPE_CHECKING:
    from deri_gate.reports.exhibits.records import ImageRef
    from deri_gate.reports.report import Report

HEADER = 30  # bytes before the pixels of a WebP file of one lossy picture and nothing else
START_CODE = b"\x9d\x01\x2a"


def page_document(report: Report) -> PageDocument:
    """`page.json` of a report."""
    gallery = report.gallery
    return PageDocument(
        schema_version=1,
        fingerprint=report.metrics.dataset.fingerprint,
        seed=report.profile.seed,
        worst=dict(report.worst),
        exhibits=report.exhibits.items,
        scenes=tuple(all_scenes(report).values()),
        pictures=tuple(_info(image, thumbnail) for image, thumbnail in gallery.thumbnails.items()),
        left_out=gallery.left_out,
        asked=gallery.asked,
    )


def _info(image: ImageRef, picture: Thumbnail) -> PictureInfo:
    content = base64.b64encode(picture.content).decode()
    return PictureInfo(image=image, width=picture.width, height=picture.height, webp=content)


def exhibits_from(document: PageDocument) -> Exhibits:
    """The exhibits, without the heat that is in their pictures already."""
    return Exhibits(items=document.exhibits)


def gallery_from(document: PageDocument) -> Gallery:
    """The small pictures.

    Raises:
        ValueError: If one holds more than pixels, or they are more than a page has room for.
    """
    if sum(len(picture.webp) for picture in document.pictures) > MOST_BYTES:
        raise ValueError("pictures: more than a page has room for")
    pictures = {picture.image: _thumbnail(picture) for picture in document.pictures}
    return Gallery(thumbnails=pictures, left_out=document.left_out, asked=document.asked)


def _thumbnail(info: PictureInfo) -> Thumbnail:
    try:
        content = base64.b64decode(info.webp, validate=True)
    except binascii.Error as error:
        raise ValueError(f"pictures: {info.image.id[:40]!r} is not base64") from error
    if _size(content) != (info.width, info.height):
        raise ValueError(f"pictures: {info.image.id[:40]!r} is not one plain picture of its size")
    return Thumbnail(content=content, width=info.width, height=info.height)


def _size(content: bytes) -> tuple[int, int] | None:
    """Width and height of a WebP file that is one lossy picture; None with anything besides.

    Of a file by somebody else nothing is decoded here: a browser does that, in its own sandbox.
    """
    whole = int.from_bytes(content[4:8], "little") + 8
    inside = int.from_bytes(content[16:20], "little")
    names = (content[:4], content[8:16], content[23:26])
    if len(content) < HEADER or names != (b"RIFF", b"WEBPVP8 ", START_CODE):
        return None
    if whole != len(content) or inside + inside % 2 + 20 != len(content):
        return None
    width, height = (int.from_bytes(content[i : i + 2], "little") for i in (26, 28))
    return (width, height) if max(width, height) < 1 << 14 else None
