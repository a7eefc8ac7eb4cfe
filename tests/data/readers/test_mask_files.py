"""Masks are found without going through all images for each of their folders."""

from __future__ import annotations

import time
from pathlib import Path

from deri_gate.data.readers.mask_files import masks_among


def test_masks_of_each_patient_beside_their_images() -> None:
    """By hand: names that only begin alike ("p1" and "p10", "p1-x") are other folders."""
    names = ("p1", "p10", "p1-x", "p1x")
    paths = [f"c/{name}/{kind}/1.png" for name in names for kind in ("images", "masks")]

    masks = masks_among(paths, Path())

    assert masks.of == {f"c/{n}/images/1.png": [f"c/{n}/masks/1.png"] for n in names}
    assert masks.files == {f"c/{name}/masks/1.png" for name in names}
    assert not masks.stray


def test_many_patients_take_no_square_of_time() -> None:
    """8,000 folders of masks took a minute when each went through all images."""
    paths = [f"c/{i:05d}/{kind}/1.png" for i in range(8000) for kind in ("images", "masks")]
    start = time.process_time()

    masks = masks_among(paths, Path())
    rest = [path for path in paths if path not in masks.files]

    assert len(rest) == 8000
    assert time.process_time() - start < 10
