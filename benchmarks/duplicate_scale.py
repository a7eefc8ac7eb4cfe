"""Time and memory that near duplicates of many pictures take, and how many are missed.

Thumbnails are made: of several kinds, or of one, as chest films are. Two of a hundred have a copy
that was saved anew, cropped, written on, mirrored or turned.

Run `python benchmarks/duplicate_scale.py mixed 20000 --brute` first: every pair is compared there
in every way, and what the search for large sets missed is counted. Then
`python benchmarks/duplicate_scale.py mixed 100000 --peers`: processor time, time by the clock, most
memory, and the share of the planted copies that is found, with as many threads as `--workers`
says. faiss (`pip install faiss-cpu`) compares 64 bits of the same thumbnails (pHash) in the same
run: another question, by which no copy is found that is mirrored or turned, and any two pictures of
few waves are one.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.features import near_duplicates as search
from deri_gate.features.cells import alike_in_cells
from deri_gate.features.likeness import CROPPED, EQUAL, EVERYWHERE, Likeness, likeness_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIDE, BLOCK, BITS = 32, 1000, 6
PLANTED = 0.02  # copies, a picture
Pairs = set[tuple[int, int]]
Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class Made:
    """Made thumbnails.

    Attributes:
        thumbnails: Thumbnails, shape (N, 32, 32); copies come last.
        sources: Position of the original of each copy, shape (C,).
    """

    thumbnails: Array
    sources: Array

    @property
    def colours(self) -> Array:
        """Those of grey pictures, shape (N, 2)."""
        return np.full((len(self.thumbnails), 2), np.nan)

    @property
    def planted(self) -> Pairs:
        """Each original with its copy."""
        first = len(self.thumbnails) - len(self.sources)
        return {(source, first + i) for i, source in enumerate(self.sources.tolist())}


def made(kind: str, count: int, seed: int = 0) -> Made:
    """Make so many thumbnails, copies included."""
    rng = np.random.default_rng(seed)
    copies = round(count * PLANTED)
    thumbnails = np.empty((count, SIDE, SIDE), dtype=np.uint8)
    kinds = (film,) if kind == "films" else (film, smooth, strokes, cell, texture)
    for i in range(count - copies):
        thumbnails[i] = np.clip(kinds[i % len(kinds)](rng), 0, 255)
    sources = rng.permutation(count - copies)[:copies]
    for i, source in enumerate(sources):
        edited = EDITS[i % len(EDITS)](thumbnails[source], rng)
        thumbnails[count - copies + i] = np.clip(edited, 0, 255)
    return Made(thumbnails=thumbnails, sources=sources)


def _waves(rng: np.random.Generator, side: int, strength: float) -> Array:
    coarse = rng.normal(0, strength, (side, side))
    return cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


_Y, _X = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
_DISK = np.clip(150 - 60 * (_X**2 + _Y**2), 0, 255) * (_X**2 + _Y**2 < 0.9)


def film(rng: np.random.Generator) -> Array:
    """Marks on a bright disk that all films share."""
    return _DISK + _waves(rng, 9, 14) * (_DISK > 0)


def smooth(rng: np.random.Generator) -> Array:
    """A few broad patches."""
    return 120 + _waves(rng, 5, 50)


def strokes(rng: np.random.Generator) -> Array:
    """Lines on black, as a digit has."""
    picture = np.zeros((SIDE, SIDE), dtype=np.uint8)
    ends = rng.integers(3, SIDE - 3, (5, 2)).astype(np.int32)
    return cv2.polylines(picture, [ends], isClosed=False, color=255, thickness=2)


def cell(rng: np.random.Generator) -> Array:
    """A dark blob on a bright ground."""
    picture = 200 + _waves(rng, 4, 8)
    centre = tuple(rng.integers(8, 24, 2).tolist())
    axes = tuple(rng.integers(3, 9, 2).tolist())
    cv2.ellipse(picture, centre, axes, float(rng.uniform(0, 180)), 0, 360, 90.0, -1)
    return picture + _waves(rng, 12, 6)


def texture(rng: np.random.Generator) -> Array:
    """Fine patches."""
    return 120 + _waves(rng, 16, 45)


EDITS: tuple[Callable[[Array, np.random.Generator], Array], ...] = (
    lambda p, rng: p * rng.uniform(0.85, 1.15) + rng.normal(0, 3, p.shape),
    lambda p, _: cv2.resize(p[1:-1, 1:-1], (SIDE, SIDE), interpolation=cv2.INTER_CUBIC),
    lambda p, _: cv2.rectangle(p.copy(), (2, 2), (14, 5), 250, -1),
    lambda p, _: p[:, ::-1],
    lambda p, _: np.rot90(p),
)


def by_brute_force(data: Made) -> Pairs:
    """Upright pairs that comparing every two pictures in every way confirms."""
    thumbnails = data.thumbnails
    likeness = likeness_of(thumbnails, data.colours)
    views = np.concatenate([likeness.vectors(part) for part in _parts(thumbnails)])
    pairs: Pairs = set()
    for start in range(0, len(views), BLOCK):
        for begin in range(start, len(views), BLOCK):
            some = views[start : start + BLOCK], views[begin : begin + BLOCK]
            here, there = np.nonzero(_may_be_one(*some, likeness))
            same = likeness.confirmed(some[0][here], some[1][there])[0]
            found = zip((here + start)[same].tolist(), (there + begin)[same].tolist(), strict=True)
            pairs |= {pair for pair in found if pair[0] < pair[1]}
    return pairs


def _may_be_one(left: Array, right: Array, likeness: Likeness) -> Array:
    """True for pairs that reach a limit in any comparison, whatever the others say."""

    def alike(a: int, b: int) -> Array:
        return left[:, a].astype(np.float32) @ right[:, b].astype(np.float32).T

    framed = np.maximum.reduce([alike(a, b) for a, b in EQUAL + CROPPED])
    quarters = np.stack([alike(a, a) for a in (4, 5, 6, 7)])
    slack = 1e-3
    covered = quarters.max(axis=0) >= likeness.limits.covered - slack
    return (framed >= likeness.limits.framed - slack) | (
        covered & (quarters.min(axis=0) >= EVERYWHERE - slack)
    )


def _parts(thumbnails: Array) -> Iterator[Array]:
    for start in range(0, len(thumbnails), BLOCK):
        yield thumbnails[start : start + BLOCK]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Pairs that one way found, and its time.

    Attributes:
        seconds: Processor time.
        clock: Time by the clock.
        pairs: Pairs of positions.
        upright: Those of which none is mirrored or turned.
    """

    seconds: float
    clock: float
    pairs: Pairs
    upright: Pairs


def by_deri_gate(data: Made, exact: int = search.EXACT, workers: int = 1) -> Answer:
    """Search; of more pictures than `exact` in cells."""
    before, search.EXACT = search.EXACT, exact
    spread = partial(alike_in_cells, workers=workers)
    try:
        start, begin = time.process_time(), time.perf_counter()
        near = search.near_duplicates(data.thumbnails, data.colours, spread, workers)
        seconds, clock = time.process_time() - start, time.perf_counter() - begin
    finally:
        search.EXACT = before
    pairs = list(map(tuple, near.pairs.tolist()))
    upright = {pair for pair, turn in zip(pairs, near.turns.tolist(), strict=True) if turn == 0}
    return Answer(seconds=seconds, clock=clock, pairs=set(pairs), upright=upright)


def by_faiss(data: Made) -> Answer:
    """Pairs whose pHashes differ in few bits, by faiss's exhaustive binary index."""
    import faiss

    faiss.omp_set_num_threads(1)
    start, begin = time.process_time(), time.perf_counter()
    waves = np.stack([cv2.dct(t.astype(np.float32))[:8, :8].ravel() for t in data.thumbnails])
    bits = np.packbits(waves > np.median(waves, axis=1, keepdims=True), axis=1)
    index = faiss.IndexBinaryFlat(64)
    index.add(bits)
    ends, _, others = index.range_search(bits, BITS + 1)
    here = np.repeat(np.arange(len(bits)), np.diff(ends.astype(np.int64)))
    keep = here < others
    seconds, clock = time.process_time() - start, time.perf_counter() - begin
    pairs = set(zip(here[keep].tolist(), others[keep].tolist(), strict=True))
    return Answer(seconds=seconds, clock=clock, pairs=pairs, upright=pairs)


def said(name: str, answer: Answer, data: Made) -> str:
    """One line on an answer."""
    planted = data.planted
    share = len(planted & answer.pairs) / max(1, len(planted))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{name:12} {len(data.thumbnails):>9,} pictures {answer.seconds:8.1f} s "
        f"({answer.clock:.1f} s by the clock) "
        f"{memory:7,.0f} MB so far {len(answer.pairs):>9,} pairs, {share:.3f} of the planted ones"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("kind", choices=["mixed", "films"])
    parser.add_argument("images", type=int)
    parser.add_argument("--brute", action="store_true")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--workers", type=int, default=1, help="threads; 0 for all processors")
    parser.add_argument("--seed", type=int, default=0, help="of the made pictures")
    given = parser.parse_args()
    if given.peers and find_spec("faiss") is None:
        parser.error("--peers compares with faiss: pip install faiss-cpu")
    print(f"load {os.getloadavg()[0]:.1f}", flush=True)
    data = made(given.kind, given.images, given.seed)
    answer = by_deri_gate(data, 0 if given.brute else search.EXACT, given.workers)
    print(said("deri-gate", answer, data), flush=True)
    if given.brute:
        true = by_brute_force(data)
        missed = true - answer.pairs
        print(
            f"brute force: {len(true):,} upright pairs, {len(missed):,} missed, "
            f"{len(missed & data.planted):,} of them planted"
        )
    if given.peers:
        print(said("faiss, pHash", by_faiss(data), data), flush=True)


if __name__ == "__main__":
    main()
