"""Small datasets in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pytest

from deri_gate.data.dataset import Dataset
from deri_gate.errors import UnreadableImageError


@dataclass(frozen=True)
class Held:
    """A picture that lies in memory; none at all stands for a broken file."""

    picture: np.ndarray | None
    key: str

    def decode(self):
        if self.picture is None:
            raise UnreadableImageError("is broken")
        return self.picture


@dataclass(frozen=True)
class Memory:
    """Pictures by row."""

    pictures: tuple[np.ndarray | None, ...]

    def load(self, row):
        picture = self.pictures[row]
        content = b"broken" if picture is None else picture.tobytes()
        return Held(picture, hashlib.md5(content).hexdigest())


def scene(seed, shape):
    """Soft blobs, edges and texture on a mid-grey ground, so that every damage shows."""
    rng = np.random.default_rng(seed)
    height, width = shape[:2]
    y, x = np.mgrid[:height, :width] / min(height, width)
    values = 110 + 40 * np.sin(3 * x + rng.uniform(0, 6)) + 30 * (y > rng.uniform(0.3, 0.7))
    values = values + rng.normal(0, 8, (height, width))
    if len(shape) == 3:
        values = values[..., None] * rng.uniform(0.6, 1.1, shape[2])
    return np.clip(values, 5, 250).astype(np.uint8)


@pytest.fixture
def picture():
    return scene


@pytest.fixture
def build():
    """A dataset with these labels; ids, pictures and keys differ from image to image."""

    def make(
        labels, *, shape=(28, 28), splits=None, groups=None, masked=False, pictures=None, names=None
    ):
        labels = [own if isinstance(own, tuple) else (own,) for own in labels]
        n = len(labels)
        shown = pictures or [scene(i, shape) for i in range(n)]
        masks = [np.pad(np.full((8, 8), 255, np.uint8), 10)] * n if masked else []
        classes = names or tuple(
            f"class{k}" for k in range(1 + max(k for own in labels for k in own))
        )
        return Dataset(
            name="toy",
            ids=tuple(f"{splits[i] if splits else 'all'}/{i:04d}.png" for i in range(n)),
            classes=classes,
            labels=tuple(labels),
            source=Memory((*shown, *masks)),
            rows=np.arange(n),
            splits=None if splits is None else tuple(splits),
            groups=None if groups is None else tuple(groups),
            masks=np.arange(n, 2 * n) if masked else None,
        )

    return make


@pytest.fixture
def keys():
    """Content key of each image by id."""

    def read(dataset):
        return {
            name: dataset.source.load(int(row)).key
            for name, row in zip(dataset.ids, dataset.rows, strict=True)
        }

    return read


@pytest.fixture
def pixels():
    """Decoded pictures by id."""

    def read(dataset):
        return {
            name: dataset.source.load(int(row)).decode()
            for name, row in zip(dataset.ids, dataset.rows, strict=True)
        }

    return read
