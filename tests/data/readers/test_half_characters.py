"""Names that a program hands in and no file can hold: an error of ours, not of Python's."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.data.readers import open_dataset
from deri_gate.errors import DatasetError

HALF = "caf\udce9"  # as Python keeps a byte of Latin-1 that it took for UTF-8
IMAGES = np.random.default_rng(3).integers(0, 256, (12, 9, 7, 3)).astype(np.uint8)
TWO = [f"{'ab'[i % 2]}" for i in range(12)]
BROKEN = [HALF if i % 3 == 0 else f"{'ab'[i % 2]}" for i in range(12)]


class Items:
    """Pairs of image and number, whose classes have names."""

    classes = ("a", HALF)

    def __len__(self):
        return len(IMAGES)

    def __getitem__(self, number):
        return IMAGES[number], number % 2


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ((IMAGES, BROKEN), "classes"),
        ((IMAGES, [[name] for name in BROKEN]), "classes"),
        (Items(), "classes"),
        ({"images": IMAGES, "labels": TWO, "groups": BROKEN}, "groups"),
        ({"images": IMAGES, "labels": TWO, "splits": BROKEN}, "splits"),
        ({"train": (IMAGES[:6], TWO[:6]), HALF: (IMAGES[6:], TWO[6:])}, "splits"),
    ],
    ids=["names", "lists", "titles", "groups", "splits", "keys"],
)
def test_half_of_a_character_is_refused(held, said):
    with pytest.raises(DatasetError, match=rf"one of its {said}.*half of a character") as refused:
        open_dataset(held)

    assert r"'caf\udce9'" in str(refused.value)
    str(refused.value).encode()


def test_a_folder_of_another_encoding_shows_its_bytes(tmp_path, random_pictures):
    """A file system keeps any bytes; the report shows them as escapes."""
    for number, picture in enumerate(random_pictures(4, side=8)):
        place = tmp_path / ("a" if number % 2 else HALF)
        try:
            place.mkdir(exist_ok=True)
        except (OSError, UnicodeError):
            pytest.skip("this file system holds text alone")
        (place / f"{number}.pgm").write_bytes(b"P5 8 8 255\n" + picture[..., 0].tobytes())

    assert open_dataset(tmp_path).classes == ("a", r"caf\xe9")
