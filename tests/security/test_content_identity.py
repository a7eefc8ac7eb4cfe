"""Two pictures with one MD5: neither stands for the other, in a cache or in a change.

The 128 bytes below were found for these tests by the published attack on MD5 (Wang and Yu, 2005;
Stevens, 2006). They differ in the length of a JPEG comment, which hides one of two pictures.
"""

from __future__ import annotations

import hashlib
import io
import subprocess

import cv2
import numpy as np
import pytest
from PIL import Image

from deri_gate.data.decoding import decode
from deri_gate.data.readers import open_dataset
from deri_gate.errors import DatasetError
from deri_gate.features.scan import scan
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.store import Store
from tests.dvc_here import dvc

HEAD = bytes.fromhex("ffd8fffe0074").ljust(64, b"\0")  # a comment up to the one in the first block
BLOCKS = bytes.fromhex(
    "2e1b6a81c6f481d078c2bdd1fbcd1ecb3d1d2a18af71dab4337a80e24cbabb79"
    "93cbbae36c6d3903ebc3761c9e29c438083c6c08b34cad61fffe005694ce2fd8"
    "a2066aca3995cd03b8be99713323b05b36cdac6b0fc646e6d31a7e3bec07e2e3"
    "b8ccbe99040a0742683468d7b8ecf1ae648bc6979fd935220757a20effd55321"
)
CHANGED = (19, 45, 59, 64 + 19, 64 + 45, 64 + 59)  # bytes in which the twin has another top bit
SHORT, LONG = 208, 336  # where the comment ends in either


def jpeg(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=90)
    return file.getvalue()


def twins(shown: np.ndarray, hidden: np.ndarray) -> tuple[bytes, bytes]:
    """Two JPEG files of one MD5: the first shows one picture, the second the other."""
    first, second = jpeg(shown)[2:], jpeg(hidden)[2:]
    over = LONG + len(first)  # a comment that hides the first picture from the short way
    hop = b"\xff\xfe" + (over - SHORT - 2).to_bytes(2, "big")
    after = b"".join([bytes(SHORT - 192), hop, bytes(LONG - SHORT - 4), first, second])
    blocks = bytearray(BLOCKS)
    for place in CHANGED:
        blocks[place] ^= 0x80
    return HEAD + bytes(blocks) + after, HEAD + BLOCKS + after


@pytest.fixture(scope="session")
def pairs(random_pictures):
    """Sharp pictures and blurred ones, pair by pair of one MD5."""
    sharp = random_pictures(12, side=48, seed=3)
    return [twins(one, cv2.GaussianBlur(one, (0, 0), 4)) for one in sharp]


def test_the_twins_have_one_md5_and_show_two_pictures(pairs):
    """Or else the tests below would show nothing."""
    for good, bad in pairs:
        assert good != bad
        assert hashlib.md5(good).digest() == hashlib.md5(bad).digest()
        first, second = (decode(one, "x").astype(int) for one in (good, bad))
        assert np.abs(first - second).mean() > 3
        assert cv2.Laplacian(first.astype(np.uint8), cv2.CV_64F).var() > 4 * (
            cv2.Laplacian(second.astype(np.uint8), cv2.CV_64F).var()
        )


def written(folder, contents):
    for number, content in enumerate(contents):
        path = folder / ("cat" if number % 2 else "dog") / f"{number:02}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def scanned(folder, store):
    machine = Machine(device="cpu", workers=1, progress=False)
    context = Context(profile=STANDARD, store=store, machine=machine)
    return scan(open_dataset(folder), context=context, encoder=None, keep=frozenset())


def test_a_good_twin_that_is_known_does_not_vouch_for_the_bad_one(pairs, tmp_path):
    """What was measured of one is not taken for the other: all are decoded."""
    written(tmp_path / "good", [good for good, _ in pairs])
    written(tmp_path / "bad", [bad for _, bad in pairs])
    store = Store(tmp_path / "store")
    first, second = (scanned(tmp_path / name, store) for name in ("good", "bad"))

    assert second.decoded == len(pairs)
    assert not set(first.table.keys) & set(second.table.keys)
    ratios = first.table.values["sharpness"] / second.table.values["sharpness"]
    assert ratios.min() > 2


@pytest.fixture
def repository(pairs, tmp_path, monkeypatch):
    """A folder that DVC tracks, committed with the good twins; then the bad ones lie there."""

    def run(*command):
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    names = {"user.email": "a@b.c", "user.name": "a", "commit.gpgsign": "false"}
    git = ["git", *(part for k, v in names.items() for part in ("-c", f"{k}={v}"))]
    run("git", "init", "-q", "-b", "main")
    dvc(tmp_path, "init", "-q")
    (tmp_path / ".dvc" / "config.local").write_text(f"[core]\n    site_cache_dir = {tmp_path}/.s\n")
    written(tmp_path / "data", [good for good, _ in pairs])
    dvc(tmp_path, "add", "-q", "data")
    run("git", "add", "-A")
    run(*git, "commit", "-q", "-m", "good")
    written(tmp_path / "data", [bad for _, bad in pairs])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_cache_that_was_fed_other_bytes_is_no_base(repository):
    """The base's copy replaced by the head's, which would make the change none: said, and no run."""
    base = open_dataset("git:main:data")
    name = hashlib.md5((repository / "data" / base.ids[0]).read_bytes()).hexdigest()
    copy = repository / ".dvc" / "cache" / "files" / "md5" / name[:2] / name[2:]
    copy.chmod(0o644)
    copy.write_bytes(jpeg(np.full((9, 9, 3), 77, np.uint8)))

    with pytest.raises(DatasetError, match="holds another content under MD5"):
        base.source.load(int(base.rows[0]))


def test_dvcs_md5_does_not_make_a_change_none(repository, tmp_path):
    """The base is known to DVC by the MD5 that the head's files have; all images differ."""
    base, head = open_dataset("git:main:data"), open_dataset("data")
    keys = [[one.source.load(int(row)).key for row in one.rows] for one in (base, head)]

    assert base.ids == head.ids
    assert all(old != new for old, new in zip(*keys, strict=True))
    store = Store(tmp_path / "store")
    old = scanned("git:main:data", store).table.values["sharpness"]
    new = scanned("data", store).table.values["sharpness"]
    assert (old / new).min() > 2
