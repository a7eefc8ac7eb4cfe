"""Memory that a driver takes for what workers have measured, step by step, and its disk.

Rows are made as workers write them: ten classes, 1,280 values an embedding, grey thumbnails.
Run `python benchmarks/driver_memory.py 100000`. Each line is a step: its processor time, the most
memory of the process itself while it ran, what is left after it, and pages of files beside it.
The difference of two sizes tells what a further image costs. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import Dataset
from deri_gate.features.chunk_scan import ScannedImage
from deri_gate.features.image_table import Gathering
from deri_gate.features.picture_record import record_layout
from deri_gate.measuring.evidence import Evidence
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime import large_arrays
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.hashing import content_hash
from deri_gate.runtime.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK, CLASSES, WIDTH, WAVES = 1_000, 10, 1_280, 8
TURN_S = 0.02  # between two looks at the memory
STEPS = ("spectrum", "pictures.near_duplicates", "probe", "neighbours")


def memory() -> tuple[float, float]:
    """Memory of this process now, in MB: its own, and pages of files."""
    lines = dict(
        line.split(":", 1) for line in Path("/proc/self/status").read_text("ascii").splitlines()
    )
    own, files = (int(lines[name].split()[0]) / 1000 for name in ("RssAnon", "RssFile"))
    return own, files


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print what a step takes."""
    most, done = list(memory()), threading.Event()

    def watch() -> None:
        while not done.wait(TURN_S):
            most[:] = map(max, most, memory())

    thread = threading.Thread(target=watch)
    thread.start()
    begun = seconds()
    try:
        yield
    finally:
        spent = seconds() - begun
        done.set()
        thread.join()
        now = memory()
        most[:] = map(max, most, now)
        print(f"{name:28}{spent:8.1f} s{most[0]:9.0f} MB at most{now[0]:9.0f} MB after"
              f"{most[1]:9.0f} MB of files", flush=True)  # fmt: skip


def seconds() -> float:
    """Processor time of all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def images(count: int, rng: np.random.Generator) -> Iterator[list[ScannedImage]]:
    """Made answers of workers on so many images, some at a time."""
    layout = record_layout(STANDARD)
    waves = np.cos(np.pi * np.outer(np.arange(WAVES), np.arange(32) + 0.5) / 32)
    scale = np.arange(1, WIDTH + 1) ** -0.8
    centres = rng.standard_normal((200, WIDTH)) * scale
    for start in range(0, count, CHUNK):
        number = min(CHUNK, count - start)
        rows = np.zeros(number, dtype=layout)
        weights = rng.standard_normal((number, WAVES, WAVES)) / (1 + np.arange(WAVES))
        shown = np.einsum("nab,ai,bj->nij", weights, waves, waves)
        rows["thumbnail"] = np.clip(128 + 40 * shown, 0, 255)
        rows["chroma"], rows["channels"], rows["high"] = 128, 1, 255
        rows["height"] = rows["width"] = 28
        rows["shown"] = rng.integers(0, 256, rows["shown"].shape)
        rows["start"] = rng.integers(1, 2**63, number)
        for metric in STANDARD.metrics:
            if metric.of_image is not None:
                rows[metric.name] = metric.low + rng.uniform(0.2, 0.8, number)
        of_class = rng.integers(0, 200 // CLASSES, number) * CLASSES
        near = centres[of_class + np.arange(start, start + number) % CLASSES]
        vectors = near + 0.5 * rng.standard_normal((number, WIDTH)) * scale
        halves = vectors.astype(np.float16)
        yield [
            ScannedImage(row=start + i, keep=False, key=content_hash(b"%d" % (start + i)),
                         record=rows[i].tobytes(), embedding=halves[i].tobytes())
            for i in range(number)
        ]  # fmt: skip


def made_dataset(count: int) -> Dataset:
    """Images of ten classes; nobody asks for their files."""
    ids = tuple(f"class{i % CLASSES}/image{i:09d}.png" for i in range(count))
    return Dataset(
        name="made",
        ids=ids,
        classes=tuple(f"class{i}" for i in range(CLASSES)),
        labels=tuple((i % CLASSES,) for i in range(count)),
        source=None,  # type: ignore[arg-type]
        rows=np.arange(count),
    )


def main() -> None:
    """Measure the steps, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=int)
    parser.add_argument("--large", type=int, default=large_arrays.LARGE, help="bytes of a file")
    parser.add_argument("--without", default="neighbours", help="steps that are left out, by comma")
    chosen = parser.parse_args()
    large_arrays.LARGE = chosen.large
    count, rng = chosen.images, np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(device="cpu", progress=False)
        context = Context(profile=STANDARD, store=Store(Path(folder)), machine=machine)
        with step("names and labels"):
            dataset = made_dataset(count)
        evidence = Evidence(dataset, context, frozenset({"embeddings"}))
        with step("rows and embeddings"):
            gathering = Gathering(dataset, STANDARD, embedded=True)
            for some in images(count, rng):
                gathering.add(some)
            vars(evidence)["scan"] = gathering.finished()
        del gathering
        for name in STEPS:
            if name.split(".")[-1] in chosen.without.split(","):
                continue
            with step(name):
                made = evidence
                for part in name.split("."):
                    made = getattr(made, part)


if __name__ == "__main__":
    main()
