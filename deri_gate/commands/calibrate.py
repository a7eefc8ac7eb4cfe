"""`deri-gate calibrate`: a reference pool from measured datasets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from deri_gate.errors import PoolError
from deri_gate.pool import LEAST, PUBLISHED_WEIGHTS, Member, Pool, ProfileId
from deri_gate.report.documents import MetricsDocument, read_metrics
from deri_gate.report.writing import ready_folder, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Provenance(BaseModel):
    """Where a dataset of the pool comes from, as written in a sources file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str  # as in the dataset's metrics.json
    path: str  # below the folder that holds the datasets; what to measure
    version: str
    licence: str
    source: str


def calibrate(
    metrics: Sequence[str | Path],
    *,
    out: str | Path,
    sources: str | Path,
    weights: Mapping[str, float] = PUBLISHED_WEIGHTS,
) -> Pool:
    """Make a reference pool of measured datasets and write it to `out/pool.json`.

    Args:
        metrics: `metrics.json` files, one a dataset, all of one profile.
        out: The pool's folder; its name is the pool's.
        sources: JSON list of `Provenance`, which names every dataset's licence and origin.
        weights: Of the metrics in U; the published ones by default.

    Raises:
        PoolError: With fewer than three datasets, two of one name, one without provenance, or
            of several profiles.
    """
    documents = [read_metrics(Path(path)) for path in metrics]
    if len(documents) < LEAST:
        raise PoolError(f"{len(documents)} datasets are too few for a pool", out, "Give three.")
    hashes = {document.profile.hash for document in documents}
    if len(hashes) > 1:
        raise PoolError("the datasets were measured with several profiles", out, "Measure again.")
    known = {one.name: one for one in read_sources(Path(sources))}
    members = sorted((_member(d, known, sources) for d in documents), key=lambda m: m.name)
    try:
        pool = Pool(
            schema_version=1,
            name=Path(out).name,
            profile=ProfileId(name=documents[0].profile.name, hash=hashes.pop()),
            weights=dict(weights),
            datasets=tuple(members),
        )
    except ValidationError as error:
        raise PoolError(f"{error.errors()[0]['msg']}", out) from error
    write_text(pool.to_json(), ready_folder(Path(out)) / "pool.json")
    return pool


def read_sources(path: Path) -> tuple[Provenance, ...]:
    """Read a sources file.

    Raises:
        PoolError: If it is none.
    """
    try:
        rows = json.loads(path.read_bytes())
        return TypeAdapter(tuple[Provenance, ...]).validate_python(rows)
    except (OSError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise PoolError(f"is not a list of sources ({first})", path) from error


def _member(
    document: MetricsDocument, known: Mapping[str, Provenance], sources: str | Path
) -> Member:
    name = document.dataset.name
    if name not in known:
        raise PoolError(
            f"says nothing of {name!r}", sources, "Add its version, licence and source."
        )
    values = {k: found.value for k, found in document.metrics.items() if found.value is not None}
    if missing := sorted(document.metrics.keys() - values):
        raise PoolError(f"{name!r} lacks {', '.join(missing)}", "calibrate", "Measure all metrics.")
    return Member(
        name=name,
        version=known[name].version,
        licence=known[name].licence,
        source=known[name].source,
        fingerprint=document.dataset.fingerprint,
        images=document.dataset.images,
        classes=document.dataset.classes,
        metrics={
            k: found.value for k, found in document.metrics.items() if found.value is not None
        },
    )
