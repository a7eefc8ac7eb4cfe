"""Tags of photos that name a person, a place or a device; values stand in nothing that is made."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin, TiffImagePlugin, features

from deri_gate.commands.measure import measure
from deri_gate.data.readers.files import EncodedImage
from deri_gate.data.traces import LOOKED, NAMES, trace_names, traces_of

NAME = "Roberta Doeington"
PICTURE = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
FORMS = ["JPEG", "PNG", "TIFF", "WEBP", *(["AVIF"] if "avif" in features.get_supported() else [])]
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" {attributes}>{elements}</rdf:Description>
</rdf:RDF></x:xmpmeta>"""
CREATOR = "<dc:creator><rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq></dc:creator>"


def exif(**tags: object) -> Image.Exif:
    """EXIF with these tags, by the names of the standard."""
    made = Image.Exif()
    main = {"Artist": 0x13B, "HostComputer": 0x13C, "Make": 0x10F, "Orientation": 0x112}
    inner = {"CameraOwnerName": 0xA430, "BodySerialNumber": 0xA431, "LensSerialNumber": 0xA435}
    for name, value in tags.items():
        if name in main:
            made[main[name]] = value
        elif name in inner:
            made.get_ifd(0x8769)[inner[name]] = value
    if "gps" in tags:
        made.get_ifd(0x8825).update({1: "N", 2: tags["gps"], 3: "E", 4: tags["gps"]})
    return made


def saved(form: str, **how: object) -> bytes:
    if form == "TIFF" and "exif" in how:  # whose inner tables Pillow leaves out otherwise
        given = how.pop("exif")
        assert isinstance(given, Image.Exif)
        own = TiffImagePlugin.ImageFileDirectory_v2()
        for tag, value in given.items():
            own[tag] = value
        for table in (0x8769, 0x8825):
            if given.get_ifd(table):
                own[table] = dict(given.get_ifd(table))
        how["tiffinfo"] = own
    content = io.BytesIO()
    Image.fromarray(PICTURE).save(content, form, **how)
    return content.getvalue()


def found(content: bytes) -> tuple[str, ...]:
    traces = traces_of(EncodedImage(where="x", content=content))
    assert traces & LOOKED
    return trace_names(traces)


@pytest.mark.parametrize("form", FORMS)
def test_exif_in_every_form(form) -> None:
    tags = exif(
        Artist=NAME, HostComputer="Roberta's laptop", CameraOwnerName=NAME,
        BodySerialNumber="4711-0815", LensSerialNumber="99AB", gps=(48.0, 8.0, 12.5),
    )  # fmt: skip

    assert found(saved(form, exif=tags)) == (
        "Artist", "BodySerialNumber", "CameraOwnerName", "GPS position", "HostComputer",
        "LensSerialNumber",
    )  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_tags_that_name_nobody(form) -> None:
    """Makers, orientation, placeholders, a position without a signal, and no tags at all."""
    plain = exif(
        Make="Zeiss", Orientation=1, Artist="unknown", BodySerialNumber="0000",
        CameraOwnerName="   ", gps=(0.0, 0.0, 0.0),
    )  # fmt: skip

    assert found(saved(form, exif=plain)) == ()
    assert found(saved(form)) == ()


@pytest.mark.parametrize("form", ["JPEG", "TIFF", "WEBP"])
def test_xmp(form) -> None:
    """As an element and as an attribute; empty ones are nobody."""
    packet = XMP.format(
        elements=CREATOR.format(NAME),
        attributes='aux:SerialNumber="123" exif:GPSLatitude="48,8.2N" aux:OwnerName=""',
    )
    empty = XMP.format(elements=CREATOR.format(""), attributes="")
    how = {"tiffinfo": {700: packet.encode()}} if form == "TIFF" else {"xmp": packet.encode()}
    none = {"tiffinfo": {700: empty.encode()}} if form == "TIFF" else {"xmp": empty.encode()}

    assert found(saved(form, **how)) == ("XMP creator", "XMP position", "XMP serial number")
    assert found(saved(form, **none)) == ()


@pytest.mark.parametrize("zipped", [False, True])
def test_text_of_png(zipped) -> None:
    info = PngImagePlugin.PngInfo()
    packet = XMP.format(elements=CREATOR.format(NAME), attributes="")
    info.add_itxt("XML:com.adobe.xmp", packet, zip=zipped)
    info.add_text("Author", NAME, zip=zipped)
    info.add_text("Software", "ImageJ", zip=zipped)

    assert found(saved("PNG", pnginfo=info)) == ("Author", "XMP creator")


def test_tags_behind_the_pixels_of_a_png() -> None:
    """Where most programs write them."""
    raw = saved("PNG")
    body = exif(Artist=NAME).tobytes().removeprefix(b"Exif\0\0")
    chunk = b"eXIf" + body
    made = len(body).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    end = raw.rindex(b"IEND") - 4

    assert found(raw[:end] + made + raw[end:]) == ("Artist",)


def iptc_record() -> bytes:
    return b"\x1c\x02\x50" + len(NAME).to_bytes(2, "big") + NAME.encode()


def test_iptc_in_a_jpeg() -> None:
    """The by-line of a press agency, in the block that Photoshop writes."""
    record = iptc_record()
    block = (
        b"8BIM\x04\x04\0\0" + len(record).to_bytes(4, "big") + record + b"\0" * (len(record) % 2)
    )
    segment = b"Photoshop 3.0\0" + block
    raw = saved("JPEG")
    with_it = raw[:2] + b"\xff\xed" + (len(segment) + 2).to_bytes(2, "big") + segment + raw[2:]

    assert found(with_it) == ("IPTC By-line",)


def test_iptc_in_a_tiff() -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[33723] = iptc_record()
    tags.tagtype[33723] = 7

    assert found(saved("TIFF", tiffinfo=tags)) == ("IPTC By-line",)


@pytest.mark.parametrize("cut", [30, 60, 100, 140])
def test_damaged_tags_name_nobody_and_harm_nothing(cut) -> None:
    raw = saved("JPEG", exif=exif(Artist=NAME, gps=(1.0, 2.0, 3.0)))

    assert set(found(raw[:cut] + b"\xff" * 40 + raw[cut + 40 :])) <= set(NAMES)


def test_arrays_and_bitmaps_carry_none() -> None:
    """They are not looked at, which is not none found."""

    class Part:
        key = "0"

    assert traces_of(Part()) == 0
    assert traces_of(EncodedImage(where="x", content=saved("BMP"))) == 0


def test_findings_name_the_tag_and_no_value(tmp_path) -> None:
    """Tags are read of each image, in every split; the share counts images."""
    for split in ("train", "test"):
        for i in range(4):
            path = tmp_path / split / "ab"[i % 2] / f"{i}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture = np.random.default_rng(i).integers(0, 256, (32, 32), dtype=np.uint8)
            tags = exif(Artist=NAME) if i == 0 else exif(Make="Zeiss")
            Image.fromarray(picture).save(path, exif=tags)
    measured = measure(tmp_path, metrics="sharpness")
    told = {f.path: f.detail for f in measured.findings if f.kind == "privacy"}

    assert sorted(told) == ["test/a/0.jpg", "train/a/0.jpg"]
    assert told["train/a/0.jpg"] == "photo tags: Artist (values are not shown)"
    assert measured.shares["traced_share"].value == pytest.approx(2 / 8)
    assert measured.shares["private_share"].value is None
    assert NAME not in repr(measured.findings)
