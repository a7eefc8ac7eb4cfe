import io
import re
import struct
import threading
import tracemalloc
import warnings
import zlib
from pathlib import Path

import cv2
import numpy as np
import PIL
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageFile

from deri_gate.data.decoding import decode
from deri_gate.data.readers.opening import open_dataset
from deri_gate.errors import UnreadableImageError
from tests.sweeps import randomly


def random_picture(*shape: int, dtype: type = np.uint8) -> np.ndarray:
    high = np.iinfo(dtype).max + 1
    return np.random.default_rng(5).integers(0, high, shape).astype(dtype)


def as_file(image: Image.Image | np.ndarray, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(file, kind, **options)
    return file.getvalue()


def as_tiff(values: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, values, **options)
    return file.getvalue()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_declaring(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 999)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


@pytest.mark.parametrize("ending", [".png", ".bmp", ".tiff", ".jpg", ".webp"])
@pytest.mark.parametrize("shape", [(31, 17), (31, 17, 3)], ids=["grey", "colour"])
def test_agrees_with_opencv(ending: str, shape: tuple[int, ...]) -> None:
    """OpenCV has decoders of its own; a lossy one may round a level or two differently."""
    content = cv2.imencode(ending, cv2.resize(random_picture(*shape), (90, 60)))[1].tobytes()
    flag = cv2.IMREAD_COLOR_RGB if len(shape) == 3 or ending == ".webp" else cv2.IMREAD_GRAYSCALE
    oracle = cv2.imdecode(np.frombuffer(content, np.uint8), flag)

    picture = decode(content, "x")

    assert picture.shape == oracle.shape
    assert np.abs(picture.astype(int) - oracle).max() <= (2 if ending in {".jpg", ".webp"} else 0)


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))),
    st.sampled_from(["PNG", "BMP", "TIFF", "PPM", "GIF"]),
)
@settings(deadline=None)
def test_grey_comes_back_as_it_was_written(picture: np.ndarray, kind: str) -> None:
    """A lossless file is the picture."""
    decoded = decode(as_file(picture, kind), "x")

    grey = decoded if decoded.ndim == 2 else decoded[..., 0]  # a GIF may hold grey as a palette
    np.testing.assert_array_equal(grey, picture)


@pytest.mark.parametrize(
    "content",
    [
        b"P1\n3 2\n0 1 0\n1 0 1\n",
        b"P2\n3 2\n255\n255 0 255\n0 255 0\n",
        b"P5\n3 2\n255\n\xff\0\xff\0\xff\0",
        as_file(Image.fromarray(np.array([[1, 0, 1], [0, 1, 0]], bool)), "PNG"),
    ],
    ids=["pbm", "plain pgm", "pgm", "1-bit png"],
)
def test_a_checkerboard_written_by_hand(content: bytes) -> None:
    """Black is 0 and white is 255 in every notation (in PBM a 1 is black)."""
    assert decode(content, "x").tolist() == [[255, 0, 255], [0, 255, 0]]


@pytest.mark.parametrize(
    ("mode", "pixel", "expected"),
    [
        ("LA", (0, 255), 0),
        ("LA", (0, 0), 255),
        ("LA", (100, 51), 224),  # a fifth of 100 and four of 255
        ("RGBA", (10, 20, 30, 255), [10, 20, 30]),
        ("RGBA", (10, 20, 30, 0), [255, 255, 255]),
        ("RGBA", (0, 100, 255, 51), [204, 224, 255]),
    ],
)
def test_what_is_transparent_shows_white(mode: str, pixel: tuple[int, ...], expected) -> None:
    """Alpha is composited on white, worked by hand; grey stays grey."""
    picture = decode(as_file(Image.new(mode, (2, 1), pixel), "PNG"), "x")

    assert picture.tolist() == [[expected, expected]]


@pytest.mark.parametrize(
    ("kind", "transparency"),
    [("PNG", None), ("PNG", 1), ("PNG", bytes([255, 0])), ("GIF", None), ("GIF", 1)],
)
def test_a_palette_is_looked_up(kind: str, transparency: int | bytes | None) -> None:
    """Colours come from the palette; a transparent entry shows white."""
    image = Image.new("P", (2, 1))
    image.putpalette([200, 10, 10, 10, 10, 200])
    image.putpixel((1, 0), 1)
    options = {} if transparency is None else {"transparency": transparency}

    picture = decode(as_file(image, kind, **options), "x")

    second = [10, 10, 200] if transparency is None else [255, 255, 255]
    assert picture.tolist() == [[[200, 10, 10], second]]


@pytest.mark.parametrize(
    ("picture", "transparency", "expected"),
    [
        (np.array([[7, 9]], np.uint8), 7, [[255, 9]]),
        (np.array([[257, 514]], np.uint16), 257, [[255, 2]]),
        (np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8), (1, 2, 3), [[[255] * 3, [4, 5, 6]]]),
    ],
    ids=["grey", "16 bit", "colour"],
)
def test_a_transparent_colour_shows_white(picture, transparency, expected) -> None:
    """PNG can name one colour that stands for transparent."""
    assert decode(as_file(picture, "PNG", transparency=transparency), "x").tolist() == expected


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "LAB"])
def test_other_colour_spaces_become_rgb(mode: str) -> None:
    """White and a clear red survive the way through another space."""
    if mode == "YCbCr" and int(PIL.__version__.partition(".")[0]) < 13:
        pytest.skip("Pillow before 13 cannot read the YCbCr TIFF that it writes")
    image = Image.new("RGB", (2, 1), (255, 255, 255))
    image.putpixel((0, 0), (200, 30, 40))
    if mode == "CMYK":
        image = Image.merge(
            "CMYK", [b.point(lambda v: 255 - v) for b in image.split()] + [Image.new("L", (2, 1))]
        )
    elif mode == "YCbCr":
        image = image.convert(mode)
    else:
        from PIL import ImageCms

        spaces = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        image = ImageCms.buildTransform(*spaces, "RGB", "LAB").apply(image)

    picture = decode(as_file(image, "TIFF"), "x")

    expected = [[200, 30, 40], [255, 255, 255]]
    assert np.abs(picture[0].astype(int) - expected).max() <= 3


def test_a_cmyk_jpeg_is_not_a_negative() -> None:
    """Adobe writes CMYK inverted; paper without ink is white."""
    content = as_file(Image.new("CMYK", (8, 8), (0, 0, 0, 0)), "JPEG")

    assert decode(content, "x").min() >= 254


@pytest.mark.parametrize(
    ("byteorder", "kind"), [("<", "uint16"), (">", "uint16"), ("<", "int16"), (">", "int32")]
)
def test_16_bits_are_scaled_from_their_full_range(byteorder: str, kind: str) -> None:
    """257 is one level; a dark picture stays dark, whatever its own range."""
    values = np.array([[0, 257, 300, 25700]]).astype(kind)

    assert decode(as_tiff(values, byteorder=byteorder), "x").tolist() == [[0, 1, 1, 100]]


def test_16_bit_png_and_pgm_too() -> None:
    """White is 65535."""
    values = random_picture(6, 5, dtype=np.uint16)
    expected = np.rint(values / 257)

    np.testing.assert_array_equal(decode(as_file(values, "PNG"), "x"), expected)
    np.testing.assert_array_equal(decode(as_file(values, "PPM"), "x"), expected)
    colour = cv2.imencode(".png", np.dstack([values] * 3))[1].tobytes()
    assert np.abs(decode(colour, "x") - np.dstack([expected] * 3)).max() <= 1  # Pillow cuts off


def test_a_16_bit_tiff_whose_white_is_zero_is_inverted() -> None:
    """The tag says it, and a viewer does it."""
    values = np.array([[0, 65535, 257]], np.uint16)

    picture = decode(as_tiff(values, photometric="miniswhite"), "x")

    assert picture.tolist() == [[255, 0, 254]]


def test_a_12_bit_tiff_is_scaled_from_12_bits() -> None:
    """Two pixels in three bytes, 0xFFF and 0x111, and white is 0xFFF."""
    tags = [
        (256, 2),
        (257, 1),
        (258, 12),
        (259, 1),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, 1),
        (279, 3),
    ]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    directory = struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0)
    content = b"II*\0" + struct.pack("<I", 12) + b"\xff\xf1\x11\0" + directory

    assert decode(content, "x").tolist() == [[255, 17]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.2, 0.4, 0.4], [51, 102, 102]),  # in 0 to 1, so not stretched
        ([-100.0, 0.0, 100.0], [0, 128, 255]),
        ([0.0, np.nan, 1.0], [0, 0, 255]),
        ([-np.inf, 0.5, np.inf], [0, 128, 255]),
        ([7.0, 7.0, 7.0], [0, 0, 0]),
    ],
)
def test_floats(values: list[float], expected: list[int]) -> None:
    """0 to 1 is the whole range; anything else is stretched; NaN is black."""
    assert decode(as_tiff(np.array([values], np.float32)), "x").tolist() == [expected]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_floats_of_which_some_are_no_numbers_are_told(value: float, tmp_path: Path) -> None:
    """They are shown black or white, so that nobody sees what training stumbles over."""
    for name, corner in {"fine": 0.25, "odd": value}.items():
        values = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
        values[3, 4] = corner
        place = tmp_path / "a" / f"{name}.tif"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(as_tiff(values))

    (note,) = open_dataset(tmp_path).reading.notes

    assert note.startswith("1 file, such as a/odd.tif, holds values that are NaN or infinite")


@pytest.mark.parametrize(("kind", "low"), [(np.float32, 0), (np.int32, -1000)])
def test_values_that_are_shown_by_their_own_range_are_told(kind, low, tmp_path: Path) -> None:
    """A picture darkened to a twentieth shows the same: nothing would be said of it."""
    values = np.linspace(low, 200, 256).reshape(16, 16)
    for name, scale in {"bright": 1, "dark": 1 / 20, "unit": (values >= 0) / 200}.items():
        place = tmp_path / "a" / f"{name}.tif"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(as_tiff((values * scale).astype(kind)))

    (note,) = open_dataset(tmp_path).reading.notes

    assert note.startswith("2 files, such as a/bright.tif, hold values below 0, beyond 16 bits")


def test_floats_of_which_none_is_a_number() -> None:
    """There is nothing to show."""
    with pytest.raises(UnreadableImageError, match="none of its values is a finite number"):
        decode(as_tiff(np.full((2, 2), np.nan, np.float32)), "x")


def test_whole_numbers_beyond_16_bits_are_stretched() -> None:
    """Negative or huge: nothing says what is black and white."""
    values = np.array([[-1000, 0, 1000]], np.int32)

    assert decode(as_tiff(values), "x").tolist() == [[0, 128, 255]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 2**31 - 1, 2**31, 2**32 - 1]], np.uint32), [0, 127, 128, 255]),
        (np.array([[-(2**31), -1, 0, 2**31 - 1]], np.int32), [0, 127, 128, 255]),
        (np.array([[-128, -1, 0, 127]], np.int8), [0, 127, 128, 255]),
    ],
)
def test_whole_numbers_are_signed_as_their_file_says(values, expected) -> None:
    """Pillow takes 32 bits for signed and 8 bits for unsigned: halves of the range were swapped."""
    assert decode(as_tiff(values), "x").tolist() == [expected]


@pytest.mark.parametrize(("values", "expected"), [([0.0, 1.0], [255, 0]), ([5.0, 9.0], [255, 0])])
def test_floats_whose_white_is_zero_are_inverted(values, expected) -> None:
    content = as_tiff(np.array([values], np.float32), photometric="miniswhite")

    assert decode(content, "x").tolist() == [expected]


def test_a_tiff_of_seven_planes_is_told_without_words_on_code() -> None:
    """Pillow's are "string index out of range"."""
    content = as_tiff(np.zeros((7, 8, 8), np.uint8), planarconfig="separate")
    with pytest.raises(UnreadableImageError, match="its header is none that") as told:
        decode(content, "a.tif")

    assert "index" not in str(told.value)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_is_upright_as_opencv_has_it(orientation: int, kind: str) -> None:
    """EXIF says how the camera was held; four corners of different brightness tell it."""
    corners = np.kron(
        np.array([[0, 80, 120], [160, 200, 250]], np.uint8), np.ones((16, 16), np.uint8)
    )
    exif = Image.Exif()
    exif[0x0112] = orientation
    lossless = {"lossless": True} if kind == "WEBP" else {}
    content = as_file(Image.fromarray(corners), kind, exif=exif, **lossless)
    jpeg = as_file(Image.fromarray(corners), "JPEG", exif=exif, quality=95)
    oracle = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)  # it turns JPEG

    picture = decode(content, "x")

    assert picture.shape[:2] == oracle.shape
    assert picture.flags.c_contiguous
    grey = picture if picture.ndim == 2 else picture[..., 0]
    assert np.abs(grey.astype(int) - oracle).max() < 20


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP"])
def test_the_first_frame_counts(kind: str) -> None:
    """Of several frames the first is the picture."""
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}

    picture = decode(
        as_file(frames[0], kind, save_all=True, append_images=frames[1:], **options), "x"
    )

    assert picture[4, 4].tolist() == [255, 0, 0]


def test_the_content_says_what_it_is() -> None:
    """A JPEG named .png is a JPEG: the id is for messages only."""
    assert decode(as_file(random_picture(9, 9), "JPEG"), "x.png").shape == (9, 9)


def test_the_array_is_the_callers_own() -> None:
    """It may be written to, and torch takes it without a copy."""
    picture = decode(as_file(random_picture(9, 9, 3), "PNG"), "x")

    assert picture.flags.writeable
    assert picture.flags.c_contiguous
    assert picture.dtype == np.uint8


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "WEBP", "PPM", "BMP"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_file_cut_off_is_refused(kind: str, share: float) -> None:
    """Never a picture whose lower half is grey."""
    content = as_file(random_picture(64, 64), kind)

    with pytest.raises(
        UnreadableImageError, match=r"^cat/x: (truncated|not an image, or damaged): "
    ):
        decode(content[: int(share * len(content))], "cat/x")
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_a_sound_file_of_a_kind_that_is_not_read_is_not_called_damaged() -> None:
    """TIFF of doubles, and one of LERC; BMP of two bits; JPEG of twelve."""
    tiff = as_file(random_picture(9, 9), "TIFF")
    jpeg = as_file(random_picture(9, 9), "JPEG")
    bmp = as_file(random_picture(9, 9), "BMP")
    entry = struct.Struct("<HHII")
    frame = jpeg.index(b"\xff\xc0") + 4
    files = [
        tiff.replace(entry.pack(259, 3, 1, 1), entry.pack(259, 3, 1, 34887)),
        tiff.replace(entry.pack(258, 3, 1, 8), entry.pack(258, 3, 1, 64)),
        bmp[:28] + b"\2" + bmp[29:],
        jpeg[:frame] + b"\x0c" + jpeg[frame + 1 :],
    ]
    for content in files:
        with pytest.raises(UnreadableImageError, match=r"^x: in a form that is not read: "):
            decode(content, "x")
    with pytest.raises(UnreadableImageError, match=r"not read: unknown compression 34887"):
        decode(files[0], "x")


def test_the_message_for_half_a_jpeg() -> None:
    """It says where and what."""
    content = as_file(random_picture(64, 64), "JPEG")

    with pytest.raises(UnreadableImageError, match=r"^cat/x: truncated: ") as caught:
        decode(content[: len(content) // 2], "cat/x")
    assert caught.value.where == "cat/x"


@pytest.mark.parametrize("content", [b"\0" * 500, b"<!DOCTYPE html>", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_what_is_no_image_is_refused(content: bytes) -> None:
    """PostScript too, which Pillow would hand to another program."""
    with pytest.raises(UnreadableImageError, match="not an image, or in a format that is not read"):
        decode(content, "x")


def test_a_huge_declared_size_is_refused_before_memory_is_spent() -> None:
    """60000 x 60000 in a file of 100 bytes."""
    tracemalloc.start()
    with pytest.raises(
        UnreadableImageError, match="60000 x 60000 pixels is more than the 178 million"
    ):
        decode(png_declaring(60000, 60000), "x")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_a_large_picture_is_no_warning() -> None:
    """Pillow warns from 89 million pixels on; here it is refused, for its data are cut off."""
    with pytest.raises(UnreadableImageError, match="truncated"):
        decode(png_declaring(12000, 10000), "x")


@pytest.mark.parametrize("content", [b"P5\n0 4\n255\n", png_declaring(0, 7)])
def test_a_picture_without_pixels_is_refused(content: bytes) -> None:
    """Whoever notices first."""
    with pytest.raises(UnreadableImageError, match=r"^x: "):
        decode(content, "x")


def with_broken_exif() -> bytes:
    tag = struct.pack("<HHII", 0x010F, 2, 5000, 9000)  # text of 5000 bytes that are not there
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + tag + b"\0\0\0\0"
    return as_file(random_picture(16, 16), "JPEG", exif=exif)


def with_broken_tiff_tag() -> bytes:
    content = bytearray(as_tiff(random_picture(16, 16), software="deri-gate", metadata=None))
    at = content.index(struct.pack("<HH", 305, 2))
    content[at + 4 : at + 12] = struct.pack("<II", 5000, 9000)
    return bytes(content)


def with_broken_animation() -> bytes:
    content = as_file(random_picture(16, 16), "PNG")
    return content[:33] + png_chunk(b"acTL", bytes(8)) + content[33:]


@pytest.mark.parametrize("make", [with_broken_exif, with_broken_tiff_tag, with_broken_animation])
def test_broken_metadata_is_no_broken_picture(make) -> None:
    """Where Pillow remarks on it, the remark is no error, even where warnings are errors."""
    assert decode(make(), "x").shape == (16, 16)


def test_exif_that_is_none() -> None:
    """It says nothing of how the camera was held, and the picture is whole."""
    content = as_file(random_picture(16, 16), "JPEG", exif=b"Exif\0\0no TIFF in here")

    assert decode(content, "x").shape == (16, 16)


def test_too_little_memory_is_a_reason(monkeypatch) -> None:
    """And not the end of the run."""

    def fail(self):
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    with pytest.raises(UnreadableImageError, match=r"^x: not enough memory to decode it"):
        decode(as_file(random_picture(9, 9), "BMP"), "x")


def test_pillow_does_remark_on_these() -> None:
    """Or else the test above would show nothing."""
    for make in (with_broken_exif, with_broken_tiff_tag, with_broken_animation):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            Image.open(io.BytesIO(make())).getexif()
        assert caught, make


def test_threads_leave_the_filters_alone() -> None:
    """Decoding in threads, the caller's own filters survive."""
    content, failures = with_broken_tiff_tag(), []

    def work() -> None:
        for _ in range(50):
            try:
                decode(content, "x")
            except BaseException as error:  # noqa: BLE001  # a thread's error would be lost
                failures.append(error)

    before = [f for f in warnings.filters if f[0] == "error"]
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    assert [f for f in warnings.filters if f[0] == "error"] == before


SEEDS = [
    as_file(random_picture(12, 12), kind)
    for kind in ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM")
]


@given(st.sampled_from(SEEDS), st.data())
@randomly(300)
def test_damage_gives_a_picture_or_our_error(seed: bytes, data: st.DataObject) -> None:
    """Whatever bytes are changed, nothing else comes out."""
    content = bytearray(seed)
    places = st.lists(st.integers(0, len(seed) - 1), min_size=1, max_size=6)
    for place in data.draw(places):
        content[place] = data.draw(st.integers(0, 255))
    try:
        picture = decode(bytes(content), "x")
    except UnreadableImageError:
        return
    assert picture.dtype == np.uint8
    assert picture.ndim == 2 or picture.shape[2:] == (3,)
    assert picture.size


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
@pytest.mark.parametrize("hurt", ["half", "zeros"])
def test_a_damaged_tiff_is_told_by_us_alone(compression, hurt, capfd) -> None:
    """Its decoder printed beside the report, without the name of the file."""
    whole = as_file(random_picture(60, 60), "TIFF", compression=compression)
    third = len(whole) // 3
    zeros = whole[:third] + bytes(third) + whole[2 * third :]
    with pytest.raises(UnreadableImageError):
        decode(whole[: 2 * third] if hurt == "half" else zeros, "a.tif")

    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("hurt", ["pixels", "width", "rows"])
def test_a_damaged_tiff_is_told_in_words_of_people(hurt: str) -> None:
    """Pillow's are parts of itself: "decoder error -2", "Missing dimensions"."""
    whole = bytearray(as_file(random_picture(60, 60), "TIFF", compression="tiff_lzw"))
    at = int.from_bytes(whole[4:8], "little")
    tag = {"width": 256, "rows": 273}.get(hurt)
    if tag is None:
        whole[8:at] = b"\xff" * (at - 8)
    for entry in range(at + 2, at + 2 + 12 * int.from_bytes(whole[at : at + 2], "little"), 12):
        if int.from_bytes(whole[entry : entry + 2], "little") == tag:
            whole[entry : entry + 2] = b"\xff\xff"
    with pytest.raises(UnreadableImageError, match=r"damaged: its (pixels|header) ") as told:
        decode(bytes(whole), "a.tif")

    assert not re.search(r"error -\d|dimensions|data organi", str(told.value))
