"""Bytes that an image of a dataset takes, as a measure for files that cannot be listed."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from deri_gate.data.signatures import claims_many

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.data.dataset import Dataset

LOOKED_AT = 50  # images, evenly over the dataset


def is_holder(name: str) -> bool:
    """True for the name of an archive or of arrays, also among the images of a class."""
    return claims_many(name) or name.lower().endswith(".npy")


class Sizes:
    """Mean bytes of an image of a folder.

    Args:
        dataset: What was read of the folder.
        root: The folder.
    """

    def __init__(self, dataset: Dataset, root: Path) -> None:
        self._dataset = dataset
        self._root = root

    @cached_property
    def stored(self) -> float:
        """Mean bytes of a file; 0 where the images are no files."""
        found = []
        for path in self._some():
            with suppress(OSError):
                found.append(path.stat().st_size)
        return float(np.mean(found)) if found else 0.0

    @cached_property
    def plain(self) -> float:
        """Mean bytes of the pixels, a byte a value; those of the file where it cannot be told."""
        found = []
        for path in self._some():
            with suppress(Exception), Image.open(path) as image:  # a header of any format
                found.append(image.width * image.height * len(image.getbands()))
        return float(np.mean(found)) if found else self.stored

    def may_hold(self, path: Path, images: int) -> bool:
        """True if a file has room for so many images."""
        return bool(self.stored) and path.stat().st_size >= images * self.stored

    def _some(self) -> list[Path]:
        ids = [name for name in self._dataset.ids if not is_holder(name)]
        places = np.linspace(0, len(ids) - 1, min(len(ids), LOOKED_AT)).astype(int)
        return [self._root / ids[i] for i in places]
