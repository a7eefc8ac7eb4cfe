"""MedMNIST files that run code, claim too much, or are damaged."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from case import Case, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

ARGV = ("measure", "x.npz", "--metrics", "sharpness", "--out", "out")
GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.integers(0, 255, (8, 28, 28), dtype=np.uint8)
ONE_EACH = np.array([[0], [1]] * 4)


class Trap:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("PWNED"),)


def npy(array: Any) -> bytes:
    """An array as a member of the archive."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def header(said: str, data: bytes = b"", *, length: int | None = None) -> bytes:
    """A member whose header says this."""
    text = said.encode().ljust(118) + b"\n"
    size = len(text) if length is None else length
    return b"\x93NUMPY\x01\0" + struct.pack("<H", size) + text + data


def archive(members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
    return file.getvalue()


def case(name: str, content: bytes, outcome: Outcome = "refused", **more: Any) -> Case:
    """A case of one file."""
    return Case(name=f"npz/{name}", argv=ARGV, outcome=outcome,
                make=lambda folder: (folder / "x.npz").write_bytes(content) and None, **more)  # fmt: skip


def members(**changed: bytes) -> dict[str, bytes]:
    """A sound training split with some members changed; None leaves one out."""
    sound = {"train_images": npy(IMAGES), "train_labels": npy(ONE_EACH)}
    return {f"{name}.npy": content for name, content in (sound | changed).items() if content}


def odd_arrays() -> Iterator[Case]:
    """Arrays of the wrong type, shape or number."""
    images = {
        "floats": IMAGES / 255, "complex": IMAGES * 1j, "text": np.array(["a"] * 8),
        "objects": np.array([Trap()] * 8, dtype=object), "one number": np.array(5),
        "none": IMAGES[:0], "flat": IMAGES[:, 0], "five channels": IMAGES[..., None].repeat(5, -1),
        "volumes": IMAGES[:, :, None].repeat(28, 2)[..., None], "dates": IMAGES.astype("M8[s]"),
        "no height": IMAGES[:, :0], "records": IMAGES.view([("a", "u1")]),
    }  # fmt: skip
    for name, array in images.items():
        outcome: Outcome = "bounded" if name == "volumes" else "refused"
        yield case(f"images of {name}", archive(members(train_images=npy(array))), outcome)
    labels = {
        "floats": ONE_EACH / 2, "negative": ONE_EACH - 5, "too few": ONE_EACH[:3], "flat": ONE_EACH[:, 0],
        "three columns of 0 to 9": np.arange(24).reshape(8, 3), "objects": np.array([Trap()] * 8),
        "text": np.array(["cat", "dog"] * 4), "NaN": np.full((8, 1), np.nan),
        "2^62": ONE_EACH.astype(np.int64) * 2**62,
    }  # fmt: skip
    for name, array in labels.items():
        yield case(f"labels of {name}", archive(members(train_labels=npy(array))), "bounded")
    yield case("no labels", archive(members(train_labels=b"")))
    yield case("no images", archive(members(train_images=b"")))


def headers() -> Iterator[Case]:
    """Headers that claim, or that are code."""
    claims = {
        "10^12 images": "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000, 28, 28)}",
        "2^62 pixels": "{'descr': '|u1', 'fortran_order': False, 'shape': (4, 4611686018427387904, 1)}",
        "a negative shape": "{'descr': '|u1', 'fortran_order': False, 'shape': (-8, 28, 28)}",
        "code": "{'descr': '|u1', 'shape': __import__('os').system('touch PWNED')}",
        "a pickle": "{'descr': '|O', 'fortran_order': False, 'shape': (8, 28, 28)}",
        "nothing": "{}",
        "deep brackets": "(" * 100,
        "a dtype of code": "{'descr': 'eval(1)', 'fortran_order': False, 'shape': (8, 28, 28)}",
        "a huge item": "{'descr': '|S2147483647', 'fortran_order': False, 'shape': (8,)}",
    }
    for name, said in claims.items():
        yield case(f"header of {name}", archive(members(train_images=header(said, bytes(6272)))))
    yield case("header longer than the file",
               archive(members(train_images=header("{}", length=65535))))  # fmt: skip
    yield case("version 9", archive(members(train_images=b"\x93NUMPY\x09\0" + bytes(200))))
    sound = "{'descr': '|u1', 'fortran_order': True, 'shape': (8, 28, 28), }"
    yield case(
        "columns first", archive(members(train_images=header(sound, bytes(6272)))), "bounded"
    )


def containers() -> Iterator[Case]:
    """Zip files that are damaged, too many, or bombs."""
    whole = archive(members())
    yield case("sound", whole, "read")
    yield case("empty", b"")
    yield case("text", b"no zip")
    yield case("a pickle", b"cos\nsystem\n(S'touch PWNED'\ntR.")
    yield case("an empty zip", archive({}))
    for share in (0.3, 0.6, 0.95):
        yield case(f"cut at {share:.0%}", whole[: int(len(whole) * share)])
    spoilt = bytearray(whole)
    spoilt[200:220] = bytes(20)
    yield case("damaged inside", bytes(spoilt), "bounded")
    with_path = members() | {"../../PWNED.npy": npy(IMAGES)}
    yield case("a member that leads out", archive(with_path), "bounded")
    many = members() | {f"x{i}.npy": b"" for i in range(20_000)}
    yield case("20,000 members", archive(many, method=zipfile.ZIP_STORED), "bounded")
    said = "{'descr': '|u1', 'fortran_order': False, 'shape': (2000000, 28, 28), }"
    bomb = archive(members(train_images=header(said, bytes(2_000_000 * 784))))
    yield case("1.5 GB in 1.5 MB", bomb, "bounded", seconds=60, mib=2500)


def cases() -> list[Case]:
    """The whole family."""
    return [c for maker in (odd_arrays, headers, containers) for c in maker()]
