"""What a pull request costs that brings 1 % new images: side by side with a cold start.

Run `python benchmarks/cost.py DATASET [DATASET ...]`, where DATASET is a folder of class folders.
Its images are copied into a base, which lacks every hundredth, and a head, which has all. Three
commands are timed from outside, as a person waits for them, each in a process of its own:

* cold: `check head --base base` with an empty cache
* base: `check base` with an empty cache, as a run on the main branch leaves it
* warm: `check head --base base` after that
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHARE = 100  # one image in so many is new


def copied(source: Path, folder: Path) -> int:
    """A base and a head of the same files; returns how many the head has."""
    files = sorted(path for path in source.rglob("*") if path.is_file())
    for i, path in enumerate(files):
        for side in ("head",) if i % SHARE == SHARE // 2 else ("head", "base"):
            place = folder / side / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
    return len(files)


def timed(folder: Path, cache: str, *arguments: str) -> tuple[float, float]:
    """Wall and processor seconds of one `deri-gate check`."""
    compiled = {"PYTHONDONTWRITEBYTECODE": ""}  # once, as what is installed is
    known = {**os.environ, "DERI_GATE_CACHE": str(folder / cache), **compiled}
    command = [sys.executable, "-m", "deri_gate.cli.main", "check", *arguments, "--out", "report"]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=known, capture_output=True, text=True, check=False
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(source: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        count = copied(source, folder)
        cold = timed(folder, "cold", "head", "--base", "base")
        timed(folder, "warm", "base")
        warm = timed(folder, "warm", "head", "--base", "base")
        again = timed(folder, "warm", "head", "--base", "base")
    print(f"{source.name}: {count} images, {(count + SHARE // 2 - 1) // SHARE} of them new")
    for name, (wall, busy) in (("cold", cold), ("warm", warm), ("again", again)):
        print(
            f"  {name:6s} wall {wall:7.1f} s ({wall / cold[0]:6.1%})"
            f"  processor {busy:7.1f} s ({busy / cold[1]:6.1%})",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Cost of 1 % new images against a cold start.")
    parser.add_argument("datasets", nargs="+", type=Path)
    for source in parser.parse_args().datasets:
        compare(source.resolve())


if __name__ == "__main__":
    main()
