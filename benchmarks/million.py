"""A whole `check` of many made images: its time, its memory, and the step that takes it.

Images are blends of two pictures of one class of real sets, grey, 28 px, saved as PNG in the cells
of Parquet files. Real sets are .npz files in MedMNIST's layout, which you name.

    python benchmarks/million.py make FOLDER 1000000 --sets SET.npz ...
    python benchmarks/million.py check FOLDER --out REPORT --log memory.csv
    python benchmarks/million.py tell memory.csv

`check` is `deri-gate check`, options and all, with a thread beside it that looks every second
where it is and what memory it has. Stopped and begun again, it goes on from what its cache has:
name that in `DERI_GATE_CACHE`. `tell` prints the steps of a log. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import csv
import resource
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby, repeat
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pyarrow as pa
from pyarrow import parquet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SIDE, SMALL, CLASSES, A_FILE, A_GROUP = 28, 32, 16, 50_000, 1_000
COLUMNS = pa.schema(
    [("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])), ("label", pa.string())]
)
Array = np.ndarray


def classes_of(sets: list[Path]) -> dict[str, Array]:
    """The classes with most pictures, grey, of 28 px, by name of set and number of label."""
    found = dict[str, Array]()
    for path in sets:
        with np.load(path) as file:
            splits = [s for s in ("train", "val", "test") if f"{s}_images" in file]
            pictures = np.concatenate([file[f"{s}_images"] for s in splits])
            labels = np.concatenate([file[f"{s}_labels"][:, 0] for s in splits])
        for label in np.unique(labels):
            found[f"{path.stem}-{label}"] = np.stack(
                [_grey(picture) for picture in pictures[labels == label]]
            )
    most = sorted(found, key=lambda name: -len(found[name]))[:CLASSES]
    return {name: found[name] for name in sorted(most)}


def _grey(picture: Array) -> Array:
    levels = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) if picture.ndim == 3 else picture
    return cv2.resize(levels, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def blends(classes: dict[str, Array], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Class and PNG of each blend; each of the two pictures may be mirrored."""
    rng, names = np.random.default_rng(seed), list(classes)
    for i in range(count):
        name = names[i % len(names)]
        pictures = classes[name]
        first, second = rng.choice(len(pictures), 2, replace=False)
        share, turned = rng.uniform(0.3, 0.7), rng.integers(0, 2, 2)
        one, other = (
            pictures[p][:, ::step] for p, step in zip((first, second), 1 - 2 * turned, strict=True)
        )
        blend = np.rint(share * one.astype(np.float32) + (1 - share) * other).astype(np.uint8)
        yield name, cv2.imencode(".png", blend)[1].tobytes()


def make(folder: Path, count: int, sets: list[Path]) -> None:
    """Write the images; the same for the same sets and count."""
    folder.mkdir(parents=True, exist_ok=True)
    classes = classes_of(sets)
    with ProcessPoolExecutor() as pool:
        starts = range(0, count, A_FILE)
        sizes = [min(A_FILE, count - start) for start in starts]
        list(pool.map(_write, repeat(classes), repeat(folder), range(len(sizes)), sizes))


def _write(classes: dict[str, Array], folder: Path, number: int, size: int) -> None:
    some = list(blends(classes, size, seed=number))
    first = number * A_FILE
    images = [{"bytes": raw, "path": f"{first + i:08}.png"} for i, (_, raw) in enumerate(some)]
    table = pa.table({"image": images, "label": [name for name, _ in some]}, schema=COLUMNS)
    path = folder / f"train-{number:05}.parquet"
    parquet.write_table(table, path, row_group_size=A_GROUP, compression="NONE")


def memory() -> tuple[int, int]:
    """Memory of this process now, in MB: its own, and pages of files."""
    lines = dict(
        line.split(":", 1) for line in Path("/proc/self/status").read_text("ascii").splitlines()
    )
    own, files = (int(lines[name].split()[0]) // 1000 for name in ("RssAnon", "RssFile"))
    return own, files


def _place(frame: FrameType | None) -> str:
    """Functions of the package that a thread is in, the outermost first."""
    names = []
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("deri_gate."):
            names.append(f"{module.removeprefix('deri_gate.')}.{frame.f_code.co_name}")
        frame = frame.f_back
    return " ".join(reversed(names))


def watch(log: Path, main: int, done: threading.Event) -> None:
    """Write a line a second: processor time, memory and place of the main thread."""
    with log.open("a", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        while not done.wait(1):
            used = resource.getrusage(resource.RUSAGE_SELF)
            where = _place(sys._current_frames().get(main))  # noqa: SLF001
            seconds = round(used.ru_utime + used.ru_stime, 1)
            rows.writerow([round(time.time()), seconds, *memory(), where])
            file.flush()


def shrink_encoder_input() -> None:
    """Let the encoder see 32 px instead of 128: other embeddings, in a sixteenth of the time."""
    from deri_gate.features.encoder import Encoder

    whole = Encoder.embed

    def embed(encoder: Encoder, inputs: list[Array]) -> Array:
        small = [cv2.resize(p, (SMALL, SMALL), interpolation=cv2.INTER_AREA) for p in inputs]
        return whole(encoder, small)

    Encoder.embed = embed


def check(folder: Path, out: Path, log: Path, more: list[str]) -> None:
    """Run the command, watched."""
    from deri_gate.cli.main import main as command  # what it loads is part of its time

    done = threading.Event()
    watcher = threading.Thread(target=watch, args=(log, threading.get_ident(), done), daemon=True)
    watcher.start()
    sys.argv = ["deri-gate", "check", str(folder), "--out", str(out), *more]
    try:
        command()
    finally:
        done.set()
        watcher.join()


def tell(log: Path, depth: int) -> None:
    """Print the steps of a log: processor time, most memory of its own, most pages of files."""
    with log.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    before = 0.0
    for step, some in groupby(rows, key=lambda row: " ".join(row[4].split()[:depth][-3:])):
        of_step = list(some)
        after = float(of_step[-1][1])
        own, files = (max(int(row[i]) for row in of_step) for i in (2, 3))
        print(f"{after - before:9.1f} s {own:7,} MB {files:7,} MB of files  {step}")
        before = after


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    tasks = parser.add_subparsers(dest="task", required=True)
    making = tasks.add_parser("make")
    making.add_argument("folder", type=Path)
    making.add_argument("images", type=int)
    making.add_argument("--sets", type=Path, nargs="+", required=True)
    checking = tasks.add_parser("check")
    checking.add_argument("folder", type=Path)
    checking.add_argument("--out", type=Path, required=True)
    checking.add_argument("--log", type=Path, required=True)
    checking.add_argument("--small", action="store_true", help="let the encoder see 32 px")
    telling = tasks.add_parser("tell")
    telling.add_argument("log", type=Path)
    telling.add_argument("--depth", type=int, default=8)
    given, more = parser.parse_known_args()
    if given.task == "make":
        make(given.folder, given.images, given.sets)
    elif given.task == "check":
        if given.small:
            shrink_encoder_input()
        check(given.folder, given.out, given.log, more)
    else:
        tell(given.log, given.depth)


if __name__ == "__main__":
    main()
