from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def draw():
    """Write a small picture of one grey level; its folders are made."""

    def draw(path: Path, level: int = 100) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((4, 5), level, np.uint8)).save(path)
        return path

    return draw


@pytest.fixture
def pets(tmp_path, draw) -> Path:
    """cat/a.png, cat/b.jpg and dog/a.png, in a folder of their own."""
    for name, level in (("cat/a.png", 10), ("cat/b.jpg", 200), ("dog/a.png", 30)):
        draw(tmp_path / "pets" / name, level)
    return tmp_path / "pets"


@pytest.fixture
def save_npz(tmp_path):
    """Write a MedMNIST file: 3 training images of two classes, and what else is given."""

    def save(**arrays: np.ndarray) -> Path:
        path = tmp_path / "set.npz"
        images = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
        base = {"train_images": images, "train_labels": np.array([[0], [1], [0]], np.uint8)}
        np.savez(path, **{k: v for k, v in (base | arrays).items() if v is not None})
        return path

    return save
