"""Memory is bounded: of one picture, of all workers together, and what is too much is said."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import threading
import time
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from deri_gate.data import levels, picture
from deri_gate.data.decoding import decode
from deri_gate.errors import SettingError, UnreadableImageError
from deri_gate.metrics.profile import PAPER, STANDARD
from deri_gate.runtime.memory import MemoryBudget, budget, share_among
from tests.sweeps import sampled

CHILD = """
import resource, sys
from pathlib import Path
import numpy as np
from deri_gate.data.decoding import decode
from deri_gate.data.picture import model_input, shown_hash, thumbnail
from deri_gate.metrics.profile import STANDARD

def look(picture):
    thumbnail(picture), model_input(picture, 128), shown_hash(picture)
    return [metric.of_image(picture) for metric in STANDARD.metrics if metric.of_image]

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

look(np.zeros((64, 64, 3), np.uint8))  # what is loaded for the first is no part of the second
before = peak()
look(decode(Path(sys.argv[1]).read_bytes(), "x"))
print(peak() - before)
"""


def png_of_zeros(side: int, colour: int, channels: int) -> bytes:
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(bytes(1 + side * channels)) for _ in range(side))
    data += packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, colour, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(one)) + kind + one + struct.pack(">I", zlib.crc32(kind + one))
        for kind, one in parts
    )


def peak_of(content: bytes, folder) -> int:
    """MiB that looking at a file takes, in a process of its own."""
    (folder / "file").write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, folder / "file"], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.sweep
@pytest.mark.skipif(sys.platform == "win32", reason="no ru_maxrss")
def test_a_small_file_of_a_large_picture(tmp_path):
    """25 million pixels with alpha in 0.1 MB: less than 13 bytes a pixel and some."""
    assert peak_of(png_of_zeros(5000, 6, 4), tmp_path) < 450


@pytest.mark.slow
@pytest.mark.parametrize(("colour", "channels"), [(6, 4), (2, 3), (0, 1)])
def test_the_largest_picture_there_may_be(tmp_path, colour, channels):
    """179 million pixels in less than 1 MB: 1.5 GB from the file to all of its values."""
    content = png_of_zeros(13377, colour, channels)

    assert len(content) < 2**20
    assert peak_of(content, tmp_path) < 1500


MANY = """
import resource, sys
from pathlib import Path
from deri_gate.runtime.engine import Machine
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import STANDARD
from deri_gate.data.readers import open_dataset
from deri_gate.runtime.store import Store
from deri_gate.features.scan import scan

def look(folder):
    context = Context(profile=STANDARD, store=Store(Path("store")),
                      machine=Machine(device="cpu", workers=6, progress=False))
    return scan(open_dataset(folder), context=context, encoder=None, keep=frozenset())

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

look("small")
before = peak()
found = look("large")
assert found.readable.all() and found.decoded == 6, found.findings
print(peak() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no ru_maxrss")
def test_six_workers_take_no_more_than_the_budget(tmp_path):
    """Six pictures of 230 MB each with 500 MB to use: two at a time, and all are looked at."""
    for folder, side in (("small", 50), ("large", 4200)):
        for i in range(6):
            path = tmp_path / folder / f"class{i % 2}" / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png_of_zeros(side + i, 6, 4))
    chunked = MANY.replace("from deri_gate.features.scan import scan", "from deri_gate.features import looking\n"
                           "from deri_gate.features.scan import scan\nlooking.CHUNK = 1")  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", chunked],
        cwd=tmp_path,
        env={**os.environ, "DERI_GATE_MEMORY": "500MB"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(done.stdout) < 650


def whole(image: Image.Image) -> np.ndarray:
    """Levels by the plain formulas over all pixels at once, in wide numbers."""
    grey = image.mode in {"1", "L", "LA", "La"}
    if image.mode in {"F", "I"}:
        values = np.asarray(image).astype(float)
        low, high = values.min(), values.max()
        if image.mode == "I" and low >= 0 and high < 2**16:
            return ((np.asarray(image).astype(np.int64) * 255 + 32767) // 65535).astype(np.uint8)
        low, high = (0, 1) if low >= 0 and high <= 1 else (low, high)
        return np.rint((values - low) / (high - low or 1) * 255).astype(np.uint8)
    if image.mode.startswith("I;16"):
        return ((np.asarray(image).astype(np.int64) * 255 + 32767) // 65535).astype(np.uint8)
    if image.has_transparency_data:
        values = np.asarray(image.convert("LA" if grey else "RGBA")).astype(np.int64)
        alpha = values[..., -1:]
        shown = (values[..., :-1] * alpha + 255 * (255 - alpha) + 127) // 255
        return np.squeeze(shown, 2).astype(np.uint8) if grey else shown.astype(np.uint8)
    return np.asarray(image.convert("L" if grey else "RGB"))


def images() -> dict[str, Image.Image]:
    noise = np.random.default_rng(1).integers(0, 256, (37, 23, 4)).astype(np.uint8)
    rgba = Image.fromarray(noise)
    made = {mode: rgba.convert(mode) for mode in ("1", "L", "LA", "P", "RGB", "YCbCr", "HSV")}
    made |= {"RGBA": rgba, "CMYK": rgba.convert("RGB").convert("CMYK")}
    made["I"] = Image.fromarray(noise[..., 0].astype(np.int32) * 200)
    made["I, far"] = Image.fromarray(noise[..., 0].astype(np.int32) * 2000 - 7)
    made["F"] = Image.fromarray(noise[..., 0].astype(np.float32) / 255)
    made["F, far"] = Image.fromarray(noise[..., 0].astype(np.float32) * 3.7 - 11)
    made["I;16"] = Image.fromarray(noise[..., 0].astype(np.uint16) * 251)
    for name, transparent in (("P", bytes(range(0, 256, 2))), ("RGB", (1, 2, 3)), ("L", 7)):
        made[f"{name}, transparent"] = made[name].copy()
        made[f"{name}, transparent"].info["transparency"] = transparent
    return made


@pytest.mark.parametrize("name", images())
@pytest.mark.parametrize("strip", sampled([1, 23, 60, 10**9], 1))
def test_strips_give_the_levels_of_the_whole(monkeypatch, name, strip):
    """A row at a time, some rows, all rows: the same bits."""
    monkeypatch.setattr(levels, "STRIP", strip)
    image = images()[name]

    np.testing.assert_array_equal(levels.levels_of(image, "x"), whole(image))


@pytest.mark.parametrize("profile", [STANDARD, PAPER], ids=lambda one: one.name)
@pytest.mark.parametrize("shape", [(61, 47, 3), (61, 47), (3, 200), (200, 3, 3), (1, 90), (90, 1)])
def test_strips_give_the_values_of_the_whole(monkeypatch, profile, shape):
    """Metrics of a large picture, strip by strip, are those of it at once."""
    values = np.random.default_rng(2).integers(0, 256, shape).astype(np.uint8)
    values = cv2.blur(values, (2, 2)).reshape(shape)
    measures = [metric.of_image for metric in profile.metrics if metric.of_image]
    at_once = [measure(values) for measure in measures], picture.thumbnail(values)
    monkeypatch.setattr(picture, "LARGE", 0)
    monkeypatch.setattr("deri_gate.metrics.sharpness.LARGE", 0)
    monkeypatch.setattr(picture, "STRIP", 150)
    in_strips = [measure(values) for measure in measures], picture.thumbnail(values)

    np.testing.assert_allclose(in_strips[0], at_once[0], rtol=1e-9)
    np.testing.assert_array_equal(in_strips[1], at_once[1])


def test_the_budget_is_shared_by_threads():
    """Ten that claim four tenths each are two at a time, and all come to an end."""
    shared, most, lock = MemoryBudget(10 * 2**20), [0], threading.Lock()

    def work():
        for _ in range(20):
            with shared.scope():
                shared.claim(4 * 2**20, "x")
                with lock:
                    most[0] = max(most[0], shared.taken)
                time.sleep(0.002)

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert most[0] == 8 * 2**20
    assert shared.taken == 0


def test_an_inner_scope_lets_nothing_go():
    """A claim is held until the outermost scope ends."""
    shared = MemoryBudget(10 * 2**20)
    with shared.scope():
        with shared.scope():
            shared.claim(4 * 2**20, "x")
        assert shared.taken == 4 * 2**20
    assert shared.taken == 0
    shared.claim(4 * 2**20, "x")
    assert shared.taken == 0  # outside of any


def test_who_holds_some_does_not_wait_for_more():
    """Two that hold six tenths and want as much again would wait for each other for ever."""
    shared, gate = MemoryBudget(10 * 2**20), threading.Barrier(2)

    def work():
        with shared.scope():
            shared.claim(5 * 2**20, "x")
            gate.wait(10)
            shared.claim(5 * 2**20, "x")

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    assert shared.taken == 0


@pytest.fixture
def budget_of(monkeypatch):
    """A budget set as a user sets it."""

    def make(written):
        monkeypatch.setenv("DERI_GATE_MEMORY", written)

    return make


def test_a_picture_beyond_the_budget_is_a_finding(budget_of):
    """Named with what it takes and what there is; a small one is read."""
    budget_of("50MB")

    decode(png_of_zeros(100, 0, 1), "x")
    with pytest.raises(UnreadableImageError, match=r"takes 256 MB of memory, of 50 MB"):
        decode(png_of_zeros(2000, 0, 1), "x")


def test_a_budget_that_is_no_size_is_a_setting_error(budget_of):
    budget_of("plenty")

    with pytest.raises(SettingError, match="no size"):
        decode(png_of_zeros(2000, 0, 1), "x")


def test_what_takes_too_much_to_decode_is_refused_by_its_header():
    """A WebP of 110 million pixels in 4 kB, for which its decoder wants 2 GB."""
    file = io.BytesIO()
    Image.new("L", (16000, 10)).save(file, "WEBP", lossless=True)
    content = bytearray(file.getvalue())
    at = content.index(b"VP8L") + 9  # 14 bits of width - 1, then 14 of height - 1
    bits = int.from_bytes(content[at : at + 4], "little")
    content[at : at + 4] = ((bits & ~(0x3FFF << 14)) | (6999 << 14)).to_bytes(4, "little")

    with pytest.raises(UnreadableImageError, match=r"16000 x 7000 pixels take 2\.[0-9] GB"):
        decode(bytes(content), "x")


@pytest.mark.parametrize(
    ("where", "colour", "channels"),
    [
        ("deri_gate.data.decoding.levels_of", 6, 4),
        ("deri_gate.data.decoding.claim_for", 6, 4),
        ("deri_gate.data.whole_png.claim_size", 0, 1),
    ],
)
def test_too_little_memory_anywhere_is_a_finding(monkeypatch, where, colour, channels):
    """Not only while Pillow decodes; grey pictures are decoded without it."""

    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(where, fail)
    with pytest.raises(UnreadableImageError, match="not enough memory to decode it"):
        decode(png_of_zeros(10, colour, channels), "x")


def test_processes_share_what_one_may_take(budget_of):
    """As Ray's workers do on one machine; each keeps room for the largest picture."""
    budget_of("16GB")
    share_among(4)
    assert budget().most == 4 * 10**9

    share_among(100)
    assert budget().most == 2 * 2**30


def test_within_a_scope_the_budget_is_that_of_the_scope():
    """For its thread alone, and until the outermost scope ends."""
    own, elsewhere = MemoryBudget(10), []
    with own.scope():
        with own.scope():
            pass
        other = threading.Thread(target=lambda: elsewhere.append(budget()))
        other.start()
        other.join()
        assert budget() is own
    assert elsewhere == [budget()]
    assert budget() is not own
