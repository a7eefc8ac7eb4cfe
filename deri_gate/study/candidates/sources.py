"""Origins of the datasets of a pool: a list in JSON, or the section `datasets` of a params.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.errors import PoolError, SettingError
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.strict import faults_told, strict_json, validated_plain
from deri_gate.schemas.params import PROVENANCE, read_candidates
from deri_gate.schemas.pool import Provenance, SourcesDocument

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

SOURCES_FORM = (
    "Give a params.yaml, or a JSON list with name, path, version, licence and source of each."
)


def read_sources(path: Path, names: Collection[str] | None = None) -> tuple[Provenance, ...]:
    """Read a sources file: a JSON list, or the section `datasets` of a params file.

    Args:
        path: The file; a params file ends in .yaml or .yml.
        names: Datasets whose origin is needed; all when None.

    Raises:
        PoolError: If it is none, or the origin of one of these is blank or missing.
    """
    origins = _of_params(path, names) if path.suffix in (".yaml", ".yml") else _listed(path)
    for origin in origins:
        if names is None or origin.name in names:
            _refuse_blank(origin, path)
    return origins


def _listed(path: Path) -> tuple[Provenance, ...]:
    with faults_told("is not a list of sources", path, SOURCES_FORM, kind=PoolError):
        return validated_plain(strict_json(read_regular_file(path)), SourcesDocument).root


def _of_params(path: Path, names: Collection[str] | None) -> tuple[Provenance, ...]:
    try:
        candidates = read_candidates(path)
    except SettingError as error:
        raise PoolError(f"is not a list of sources ({error.what})", path, error.fix) from error
    for candidate in candidates:
        if candidate.provenance is None and (names is None or candidate.name in names):
            raise PoolError(f"datasets.{candidate.name}: {candidate.fault}", path, "Write it down.")
    return tuple(
        candidate.provenance for candidate in candidates if candidate.provenance is not None
    )


def _refuse_blank(candidate: Provenance, path: Path) -> None:
    blank = [key for key in PROVENANCE if not getattr(candidate, key).strip()]
    if blank:
        raise PoolError(f"the {blank[0]} of {candidate.name!r} is blank", path, "Write it down.")
