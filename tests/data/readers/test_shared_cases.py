"""Folders as users report them in public, where the generators of such cases are at hand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deri_gate.data.readers import open_dataset
from deri_gate.errors import DatasetError

CASES = os.environ.get("DERI_GATE_CASES", "")
READ = [
    ("c01_training_testing", "", "split/class", 110, 0),
    ("c02_train_dev", "", "split/class", 110, 0),
    ("c04_wrapper", "", "split/class", 100, 0),
    ("c06_masks_beside", "", "class", 90, 90),
    ("c07_images_masks_subfolders", "", "class", 60, 60),
    ("c10_kaggle_flat_test", "", "split/class", 80, 0),
    ("c11_extensions", "", "class", 160, 0),
    ("c12_eadir", "", "class", 60, 0),
    ("c40_class_then_split", "inverted", "class/split", 80, 0),
    ("c40_class_then_split", "folds", "split/class", 80, 0),
    ("c42_link_class", "data", "class", 90, 0),
    ("c47_pr_of_unread_endings", "head", "class", 140, 0),
    ("c50_masks_two_classes", "", "class", 80, 80),
    ("c52_one_wrapped_folder", "", "class", 80, 0),
]
REFUSED = [
    ("c03_train_holdout_extra", "--exclude 'unlabeled'"),
    ("c05_patient_above_class", "--layout group/class"),
    ("c08_yolo", "object detection"),
]
FINDINGS = [("c13_label_spelling", "", "spelling", 5), ("c16_nan_labels", "data.csv", "missing_label", 16)]  # fmt: skip

pytestmark = pytest.mark.skipif(not CASES, reason="DERI_GATE_CASES names no folder of cases")


def made(name: str, folder: Path) -> Path:
    command = [sys.executable, str(Path(CASES) / f"{name}.py"), str(folder / name)]
    subprocess.run(command, check=True, capture_output=True)
    return folder / name


@pytest.mark.parametrize("case", READ, ids=lambda case: case[0])
def test_a_layout_is_read(tmp_path, case) -> None:
    """As many images and masks as it has."""
    name, below, layout, images, masks = case
    dataset = open_dataset(made(name, tmp_path) / below)

    assert (dataset.reading.layout, len(dataset)) == (layout, images)
    assert dataset.reading.masks == masks


@pytest.mark.parametrize(("name", "said"), REFUSED)
def test_a_layout_is_asked_about(tmp_path, name, said) -> None:
    """The error names the option."""
    with pytest.raises(DatasetError, match=said):
        open_dataset(made(name, tmp_path))


@pytest.mark.parametrize(("name", "below", "kind", "count"), FINDINGS)
def test_names_are_told(tmp_path, name, below, kind, count) -> None:
    """Each once."""
    dataset = open_dataset(made(name, tmp_path) / below)

    assert len([f for f in dataset.findings if f.kind == kind]) == count


def test_a_pull_request_of_unread_endings_is_a_change(tmp_path, run) -> None:
    """By the real command."""
    root = made("c47_pr_of_unread_endings", tmp_path)

    status, out, _ = run("check", root / "head", "--base", root / "base", "--metrics", "sharpness")

    assert status != 0
    assert "nothing changed" not in out.lower()
