"""Times of what a GPU does in a check: `python benchmarks/gpu.py`, a minute on a fast card.

Medians after a warm-up, with the device synchronised before each reading of the clock.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.sparse import csr_array

from deri_gate.features.cuda_neighbours import nearest_on_cuda
from deri_gate.features.encoder import load_encoder
from deri_gate.features.linear_probe import fit_probe
from deri_gate.features.neighbours import unit_vectors
from deri_gate.metrics.profile import STANDARD
from deri_gate.networks.budget import CNNS, PAPER
from deri_gate.networks.loop import TrainingSet, learn

if TYPE_CHECKING:
    from collections.abc import Callable

PICTURES, VECTORS, TRAINED, CLASSES = 4_096, 100_000, 2_048, 5


def median_s(work: Callable[[], object], times: int = 3) -> float:
    """Median seconds of some runs, the first left out."""
    spent = []
    for _ in range(times + 1):
        torch.cuda.synchronize()
        begun = time.perf_counter()
        work()
        torch.cuda.synchronize()
        spent.append(time.perf_counter() - begun)
    return statistics.median(spent[1:])


def embedding(rng: np.random.Generator) -> None:
    """Pictures a second, from main memory to main memory."""
    encoder = load_encoder(STANDARD, "cuda")
    pictures = list(rng.integers(0, 256, (PICTURES, 128, 128, 3), dtype=np.uint8))
    print(f"embeddings: {PICTURES / median_s(lambda: encoder.embed(pictures)):,.0f} images/s")


def neighbours_and_probe(rng: np.random.Generator) -> None:
    """Seconds for made vectors."""
    vectors = unit_vectors(rng.normal(size=(VECTORS, 1280)).astype(np.float32))
    rows, labels = np.arange(VECTORS), rng.integers(0, CLASSES, VECTORS)
    spent = median_s(lambda: nearest_on_cuda(vectors, rows, 10))
    print(f"neighbours of {VECTORS:,}: {spent:.1f} s")
    shape = (VECTORS, CLASSES)
    member = csr_array((np.ones(VECTORS, np.float32), (rows, labels)), shape=shape)
    settings = {"multilabel": False, "folds": rows % 5}
    spent = median_s(lambda: fit_probe(vectors, member, device="cuda", **settings), 1)
    print(f"probe of {VECTORS:,}, six fits: {spent:.1f} s")


def training(rng: np.random.Generator) -> None:
    """Images a second of each network, with the batches of the preset `paper`."""
    pixels = rng.integers(0, 256, (TRAINED, PAPER.size, PAPER.size, 3), dtype=np.uint8)
    targets = np.eye(CLASSES, dtype=np.float32)[np.arange(TRAINED) % CLASSES]
    given = TrainingSet(pixels=pixels, targets=targets, multilabel=False, test_sets=())
    for name in CNNS:

        def taught(epochs: int, name: str = name) -> None:
            budget = replace(PAPER, epochs=epochs)
            learn(name, given, budget, seed=0, device=torch.device("cuda"))

        torch.cuda.reset_peak_memory_stats()
        epoch = (median_s(lambda: taught(3), 1) - median_s(lambda: taught(1), 1)) / 2
        memory = torch.cuda.max_memory_allocated() / 2**30
        print(f"training of {name}: {TRAINED / epoch:,.0f} images/s, {memory:.1f} GiB")


def main() -> None:
    if not torch.cuda.is_available():
        raise SystemExit("no CUDA device: nothing to measure")
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}")
    rng = np.random.default_rng(0)
    embedding(rng)
    neighbours_and_probe(rng)
    training(rng)


if __name__ == "__main__":
    main()
