"""Fuzz one door for so many seconds, led by coverage; needs atheris, which is not installed.

    pip install atheris
    python tests/security/fuzz/run.py TARGET --seconds 600

A crash is left as a file crash-* in the current folder. All doors for an hour in all:
`for t in png jpeg tiff other npz csv tsv jsonl values pool; do python ... $t --seconds 360; done`.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["deri_gate"]):
    import deri_gate

    for module in pkgutil.walk_packages(deri_gate.__path__, "deri_gate."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)  # those loaded later would not be followed
    from targets import MOST_BYTES, TARGETS


def main() -> None:
    """Fuzz the target that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    target = TARGETS[options.target]
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(target.seeds):
            (Path(corpus) / f"seed{number}").write_bytes(seed)
        limits = [f"-max_total_time={options.seconds}", f"-max_len={MOST_BYTES}", "-timeout=20",
                  "-rss_limit_mb=3000", "-print_final_stats=1"]  # fmt: skip
        atheris.Setup([sys.argv[0], *limits, corpus], target.feed)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
