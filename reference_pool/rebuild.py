"""Measure a pool's datasets again and write its pool.json.

    python reference_pool/rebuild.py FOLDER [--pool reference_pool/standard]

FOLDER holds the datasets under the paths that the pool's sources.json names. Where one is not
there, it is named with where it comes from, and nothing is written.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deri_gate import calibrate, measure
from deri_gate.commands.calibrate import read_sources
from deri_gate.process import settle_in
from deri_gate.report.documents import as_json, metrics_document
from deri_gate.report.writing import ready_folder, write_text

HERE = Path(__file__).parent


def main() -> int:
    """Measure, calibrate, and say what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the datasets lie")
    parser.add_argument("--pool", type=Path, default=HERE / "standard", help="the pool's folder")
    parser.add_argument("--work", type=Path, default=Path("build/pool"), help="for metrics.json")
    options = parser.parse_args()
    settle_in()
    sources = read_sources(options.pool / "sources.json")
    missing = [one for one in sources if not (options.folder / one.path).exists()]
    for one in missing:
        print(f"missing: {options.folder / one.path}: {one.name} {one.version}, {one.source}")
    if missing:
        return 2
    documents = []
    for one in sources:
        document = metrics_document(measure(options.folder / one.path, name=one.name))
        documents.append(ready_folder(options.work / one.name) / "metrics.json")
        write_text(as_json(document), documents[-1])
        print(one.name, {name: found.value for name, found in document.metrics.items()})
    pool = calibrate(documents, out=options.pool, sources=options.pool / "sources.json")
    print(f"pool {pool.name} {pool.hash}: {len(pool.datasets)} datasets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
