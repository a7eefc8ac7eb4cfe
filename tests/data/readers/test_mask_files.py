"""Masks are found without going through all images for each of their folders."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("ending", [".nii.gz", ".NII.GZ", ".nii", ".tif", ".png"])
def test_masks_beside_volumes_are_found_whatever_the_ending(ending) -> None:
    """`1_seg.nii.gz` was an image: of its name, the ending was `.gz` alone."""
    masks = masks_among([f"a/{i}{part}{ending}" for i in "12" for part in ("", "_seg")], Path())

    assert masks.of == {f"a/{i}{ending}": [f"a/{i}_seg{ending}"] for i in "12"}


def test_masks_in_a_folder_beside_volumes_are_found() -> None:
    masks = masks_among(["a/images/1.nii.gz", "a/masks/1_mask.nii.gz"], Path())

    assert masks.of == {"a/images/1.nii.gz": ["a/masks/1_mask.nii.gz"]}


def test_a_mask_of_several_series_is_no_image() -> None:
    """A patient's series lie beside one mask of all: it goes with the first of them."""
    series = [f"p{i}/p{i}_{kind}.nii.gz" for i in "12" for kind in ("flair", "t1", "t2")]
    masks = masks_among([*series, "p1/p1_seg.nii.gz", "p2/p2_seg.nii.gz"], Path())

    assert masks.of == {f"p{i}/p{i}_flair.nii.gz": [f"p{i}/p{i}_seg.nii.gz"] for i in "12"}


def test_faces_with_masks_are_images() -> None:
    faces = [f"a/{what}_{i}.jpg" for what in ("face_mask", "face_shield", "no_mask") for i in "123"]

    assert not masks_among(faces, Path()).files


def test_masks_without_any_image_do_not_take_each_other() -> None:
    masks = masks_among(["a/1.png", "a/1_mask.png", "a/2_mask_1.png", "a/2_mask_2.png"], Path())

    assert masks.of == {"a/1.png": ["a/1_mask.png"]}
    assert masks.stray == ["a/2_mask_1.png", "a/2_mask_2.png"]


def test_names_that_begin_alike_take_no_square_of_time() -> None:
    names = [f"a{'b' * (i % 50)}{i:05d}" for i in range(20_000)]
    start = time.process_time()
    masks_among([*(f"{n}.png" for n in names), *(f"{n[:9]}_mask.png" for n in names)], Path())

    assert time.process_time() - start < 10
