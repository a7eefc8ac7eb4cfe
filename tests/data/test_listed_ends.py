"""Pictures behind the parts that a TIFF, AVIF or HEIC lists: no decoder looks there."""

import importlib.util
import io
import time

import numpy as np
import pytest
from PIL import Image, features

from deri_gate.data.behind import goes_on
from deri_gate.data.listed_ends import tiff_end
from tests.sweeps import sampled

NOISE = np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8)


def saved(form, picture=NOISE, **how) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, form, **how)
    return file.getvalue()


JPEG = saved("JPEG")
PAGES = [Image.fromarray(np.roll(NOISE, i, 0)) for i in range(3)]
TIFFS = {
    "raw": saved("TIFF"),
    "grey": saved("TIFF", NOISE[..., 0]),
    "deflated": saved("TIFF", compression="tiff_deflate"),
    "of JPEG": saved("TIFF", compression="jpeg"),
    "of many pages": saved("TIFF", save_all=True, append_images=PAGES),
    "large": saved("TIFF", big_tiff=True),
    "named": saved("TIFF", description="x" * 999, software="y"),
}


def swapped(content: bytes) -> bytes:
    """A grey TIFF of one strip with its bytes in the other order."""
    page = Image.open(io.BytesIO(content)).tag_v2
    assert len(page[273]) == 1
    values = content[page[273][0] :][: page[279][0]]
    tags = [(256, 40), (257, 40), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 40),
            (279, len(values))]  # fmt: skip
    entries = b"".join(
        tag.to_bytes(2, "big") + b"\0\4\0\0\0\1" + value.to_bytes(4, "big") for tag, value in tags
    )
    head = b"MM\0*" + (8 + len(values)).to_bytes(4, "big")
    return head + values + len(tags).to_bytes(2, "big") + entries + bytes(4)


TIFFS["of the other order"] = swapped(TIFFS["grey"])


@pytest.mark.parametrize("name", TIFFS)
def test_a_picture_behind_a_tiff_is_known(name):
    one = TIFFS[name]
    Image.open(io.BytesIO(one)).load()

    assert not goes_on(one)
    assert not goes_on(one + bytes(100))
    for between in (b"", b"\0" * 7, b"any bytes"):
        assert goes_on(one + between + JPEG)


def test_a_thumbnail_that_is_listed_is_no_picture_behind():
    """As cameras write it: a directory of its own, which names a JPEG."""
    one = TIFFS["of the other order"]
    thumb = b"".join(
        tag.to_bytes(2, "big") + b"\0\4\0\0\0\1" + value.to_bytes(4, "big")
        for tag, value in ((513, len(one) + 30), (514, len(JPEG)))
    )
    listed = one[:-4] + len(one).to_bytes(4, "big") + b"\0\2" + thumb + bytes(4) + JPEG

    assert listed[len(one) + 30 :] == JPEG
    assert not goes_on(listed)
    assert goes_on(listed + JPEG)


def test_what_is_referred_to_by_a_maker_is_not_known():
    """Raw pictures have previews that only the words of their maker name."""
    one = TIFFS["of the other order"]
    count = int.from_bytes(one[1608:1610], "big")
    makers = (37500).to_bytes(2, "big") + b"\0\7\0\0\0\4abcd"
    own = one[:1608] + (count + 1).to_bytes(2, "big") + one[1610:-4] + makers + bytes(4)

    assert tiff_end(own + JPEG) == len(own + JPEG)


def endless(content: bytes) -> bytes:
    """The file with its last box, that of the pixels, going on up to the end."""
    at = content.rindex(b"mdat")
    assert at - 4 + int.from_bytes(content[at - 4 : at], "big") == len(content)
    return content[: at - 4] + bytes(4) + content[at:]


def of_boxes() -> dict[str, bytes]:
    files = {"AVIF": saved("AVIF")} if features.check("avif") else {}
    if importlib.util.find_spec("pillow_heif"):
        import pillow_heif  # an extra

        pillow_heif.register_heif_opener()
        files["HEIF"] = saved("HEIF")
    return files


@pytest.mark.parametrize("form", ["AVIF", "HEIF"])
def test_a_picture_in_the_box_of_the_pixels_is_known(form):
    """One that goes on to the end of the file held any picture."""
    one = of_boxes().get(form)
    if one is None:
        pytest.skip(f"{form} is not installed")
    for whole in (one, endless(one)):
        Image.open(io.BytesIO(whole)).load()
        assert not goes_on(whole)
        assert not goes_on(whole + bytes(100))
        assert goes_on(whole + JPEG)
        assert goes_on(whole + b"between" + JPEG)


@pytest.mark.parametrize("seed", sampled(range(40), 8))
def test_damage_is_no_error_and_takes_no_time(seed):
    """Whatever the lists say, an end within the file comes out, and soon."""
    random, start = np.random.default_rng(seed), time.process_time()
    for one in (*TIFFS.values(), *of_boxes().values()):
        content = np.frombuffer(one, np.uint8).copy()
        places = random.integers(0, len(content), 12)
        content[places] = random.choice(np.uint8([0, 1, 255]), 12)
        goes_on(content.tobytes())
        goes_on(one[: random.integers(1, len(one))])
        assert 0 <= tiff_end(content.tobytes()) <= len(content)
    assert time.process_time() - start < 5


def test_directories_in_a_circle_end():
    one = TIFFS["of the other order"]

    assert not goes_on(one[:-4] + (1608).to_bytes(4, "big"))
