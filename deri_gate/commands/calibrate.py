"""`deri-gate calibrate`: a reference pool from measured datasets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from deri_gate.errors import PoolError, first_fault, naming_arguments
from deri_gate.metrics.profile import profile_named
from deri_gate.reports.documents import read_metrics
from deri_gate.reports.identity import profile_id
from deri_gate.runtime.files import read_regular_file, ready_folder, write_text
from deri_gate.runtime.strict import fault_of, strict_json, validated, validated_plain
from deri_gate.runtime.strict_yaml import strict_yaml
from deri_gate.schemas.impact import Impact
from deri_gate.schemas.pool import LEAST, Member, Provenance, SourcesDocument
from deri_gate.scoring.influence import influences
from deri_gate.scoring.pool import EQUAL, POWER, PUBLISHED_WEIGHTS, Pool, ProfileId
from deri_gate.study.pools.influence_table import influence_table
from deri_gate.study.weights.results import read_results
from deri_gate.study.weights.selection import ranked_candidates, selection_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from deri_gate.schemas.metrics import MetricsDocument
    from deri_gate.study.weights.selection import Candidate

PUBLISHED, FITTED = "published", "fitted"
SELECT = 10  # datasets in the published pool


@naming_arguments
def calibrate(
    metrics: Sequence[str | Path],
    *,
    out: str | Path,
    sources: str | Path,
    results: Sequence[str | Path] = (),
    select: int = SELECT,
    weights: str | Path = EQUAL,
    fitted: str | Path | None = None,
    power: float | None = None,
    announce: Callable[[tuple[Candidate, ...]], object] | None = None,
) -> Pool:
    """Make a reference pool of measured datasets and write it to `out/pool.json`.

    With probe results, the datasets are candidates: they are ranked by how far their probes'
    figures on undamaged images are from the candidates' median, the most typical ones form the
    pool, and the ranking is written beside it as `selection.csv`. `influence.csv` has how much of
    the scores hangs on each dataset.

    Args:
        metrics: `metrics.json` files, one a dataset, all of one profile.
        out: The pool's folder; its name is the pool's.
        sources: Licence and origin of every dataset: a JSON list of `Provenance`, or a params
            file (.yaml) whose section `datasets` holds the same by name.
        results: Tables of `deri-gate probe` that cover every dataset; without, all form the pool.
        select: How many form the pool.
        weights: Weights of the metrics in U: "equal", "published", or an `impact.json`. Published
            ones are kept beside them.
        fitted: An `impact.json` whose weights are kept beside the others; none when None.
        power: Power of the mean that U is, 0 to 1; 1 for the paper's words and 1/2 for the
            standard definitions when None.
        announce: Told of the ranking.

    Raises:
        PoolError: With fewer than three datasets, two of one name, one without provenance, or
            of several profiles.
        SettingError: If the results or the weights are none, or lack a dataset.
    """
    documents = _documents(metrics, out)
    if select < LEAST:
        raise PoolError(f"{select} datasets are too few for a pool", "--select", "Give three.")
    known = {one.name: one for one in read_sources(Path(sources))}
    shared = _shared(documents, weights=weights, fitted=fitted, power=power)
    folder = Path(out)
    if results:
        rows = read_results([Path(path) for path in results])
        ranking = ranked_candidates(
            rows, [document.dataset.name for document in documents], select=select
        )
        chosen = {one.name for one in ranking if one.chosen}
        documents = [document for document in documents if document.dataset.name in chosen]
    members = sorted((_member(d, known, sources) for d in documents), key=lambda m: m.name)
    pool = _pool(folder.resolve().name, shared, members, folder)
    ready_folder(folder)
    if results:
        write_text(selection_table(ranking), folder / "selection.csv")
        if announce is not None:
            announce(ranking)
    write_text(pool.to_json(), folder / "pool.json")
    found = influences(pool, metrics=profile_named(pool.profile.name).metrics)
    write_text(influence_table(found), folder / "influence.csv")
    return pool


@dataclass(frozen=True, kw_only=True)
class _Shared:
    """Settings of a pool beside its datasets."""

    profile: ProfileId
    weights: Mapping[str, float]
    others: Mapping[str, Mapping[str, float]]
    power: float


def _shared(
    documents: Sequence[MetricsDocument],
    *,
    weights: str | Path,
    fitted: str | Path | None,
    power: float | None,
) -> _Shared:
    profile = _profile(documents)
    usual = 1.0 if profile_named(profile.name).definitions == "paper" else POWER
    others = {PUBLISHED: PUBLISHED_WEIGHTS} | ({} if fitted is None else {FITTED: _weights(fitted)})
    return _Shared(
        profile=profile,
        weights=_weights(weights),
        others={} if weights == PUBLISHED and fitted is None else others,
        power=usual if power is None else power,
    )


def _pool(name: str, shared: _Shared, members: Sequence[Member], where: Path) -> Pool:
    """The pool, held to its own rules.

    Raises:
        PoolError: If it breaks one.
    """
    try:
        return Pool(
            schema_version=1,
            name=name,
            profile=shared.profile,
            weights=dict(shared.weights),
            other_weights={name: dict(own) for name, own in shared.others.items()},
            power=shared.power,
            datasets=tuple(members),
        )
    except ValidationError as error:
        raise PoolError(first_fault(error), where) from error


def _profile(documents: Sequence[MetricsDocument]) -> ProfileId:
    """Identity of what all documents were measured with; a definition must be that of all."""
    own = [profile_id(document) for document in documents]
    shared = set.intersection(*(set(one.definitions.items()) for one in own))
    return own[0].model_copy(update={"definitions": dict(sorted(shared))})


def read_sources(path: Path) -> tuple[Provenance, ...]:
    """Read a sources file: a JSON list, or the section `datasets` of a params file.

    Raises:
        PoolError: If it is none.
    """
    try:
        content = read_regular_file(path)
        rows = _listed(content) if path.suffix in (".yaml", ".yml") else strict_json(content)
        return validated_plain(rows, SourcesDocument).root
    except OSError as error:
        raise PoolError(f"is not a list of sources ({error.strerror})", path) from error
    except ValueError as error:
        raise PoolError(f"is not a list of sources ({fault_of(error)})", path) from error


def _listed(content: bytes) -> list[dict[str, object]]:
    """The section `datasets`, its keys made names."""
    found = strict_yaml(content)
    datasets = found.get("datasets") if isinstance(found, dict) else None
    if not isinstance(datasets, dict):
        raise ValueError("it has no section datasets")  # noqa: TRY004 - a document's fault
    if odd := [name for name, about in datasets.items() if not isinstance(about, dict)]:
        raise ValueError(f"datasets.{odd[0]} holds no settings")
    return [{"name": name, **about} for name, about in datasets.items()]


def _documents(metrics: Sequence[str | Path], out: str | Path) -> list[MetricsDocument]:
    """Read the measured values, and check what a pool needs.

    Raises:
        PoolError: If it cannot be one.
    """
    documents = [read_metrics(Path(path)) for path in metrics]
    if len(documents) < LEAST:
        raise PoolError(f"{len(documents)} datasets are too few for a pool", out, "Give three.")
    names = [document.dataset.name for document in documents]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise PoolError(
            f"two datasets have the name {twice[0]!r}", out, "Measure one under another --name."
        )
    if len({document.profile.hash for document in documents}) > 1:
        raise PoolError("the datasets were measured with several profiles", out, "Measure again.")
    return documents


def _weights(given: str | Path) -> Mapping[str, float]:
    """Equal or published weights, or the fitted ones of an `impact.json`.

    Raises:
        PoolError: If the file cannot be read as one.
    """
    if given == PUBLISHED:
        return PUBLISHED_WEIGHTS
    if given == EQUAL:
        return dict.fromkeys(PUBLISHED_WEIGHTS, float(f"{1 / len(PUBLISHED_WEIGHTS):.9g}"))
    try:
        impact = validated(read_regular_file(Path(given)), Impact)
    except (OSError, ValueError) as error:
        said = fault_of(error) if isinstance(error, ValueError) else error.strerror
        fix = "Make it with `deri-gate impact`, or say 'published'."
        raise PoolError(f"is no impact.json ({said})", given, fix) from error
    return {metric: group.weight for metric, group in impact.groups.items()}


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
        metrics=values,
    )
