"""`deri-gate calibrate`: a reference pool from measured datasets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from deri_gate.errors import PoolError, SettingError, first_fault
from deri_gate.metrics.profile import profile_named
from deri_gate.runtime.arguments import SHARE, checking_arguments
from deri_gate.runtime.figures import number
from deri_gate.runtime.files import read_regular_file, ready_folder, write_text
from deri_gate.runtime.ownership import refuse_other_files
from deri_gate.runtime.strict import faults_told, validated
from deri_gate.runtime.threads import one_blas_thread
from deri_gate.schemas.base import rounded_finite
from deri_gate.schemas.impact import Impact
from deri_gate.schemas.params import reasons_in
from deri_gate.schemas.pool import LEAST, Member
from deri_gate.scoring.pool import (
    EQUAL,
    POWER,
    PUBLISHED,
    PUBLISHED_WEIGHTS,
    Pool,
    ProfileId,
    pool_for,
)
from deri_gate.study.candidates.members import (
    complete_ones,
    member_of,
    origin_of,
    read_documents,
)
from deri_gate.study.candidates.sources import read_sources
from deri_gate.study.pools.files import OF_A_POOL, SELECTION, write_pool
from deri_gate.study.weights.results import read_results
from deri_gate.study.weights.selection import ranked_candidates, selection_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from deri_gate.schemas.metrics import MetricsDocument
    from deri_gate.study.weights.selection import Candidate

FITTED = "fitted"
SELECT = 10  # datasets in the published pool


@checking_arguments(power=SHARE)
@one_blas_thread()
def calibrate(
    metrics: Sequence[str | Path],
    *,
    out: str | Path,
    sources: str | Path,
    results: Sequence[str | Path] = (),
    select: int | None = None,
    weights: str | Path = EQUAL,
    fitted: str | Path | None = None,
    power: float | None = None,
    left_out: str | Path | None = None,
    fill: str = "",
    numbers: str | Path | None = None,
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
        select: How many form the pool; ten when None.
        weights: Weights of the metrics in U: "equal", "published", or an `impact.json`. Published
            ones are kept beside them.
        fitted: An `impact.json` whose weights are kept beside the others; none when None.
        power: Power of the mean that U is, 0 to 1; 1 for the paper's words and 1/2 for the
            standard definitions when None.
        left_out: `left_out.json` of `deri-gate candidates`. With it, a dataset that lacks a
            metric is left out too, and the pool says who is and why.
        fill: Pool whose datasets take part where fewer than three are measured.
        numbers: File for what of the pool can move a number, without licences and origins.
        announce: Told of the ranking.

    Raises:
        PoolError: With fewer than three datasets, two of one name, one without provenance, or
            of several profiles.
        SettingError: If the results or the weights are none, or lack a dataset.
    """
    count = _count(select, ranked=bool(results))
    refuse_other_files(Path(out), (*OF_A_POOL, *[SELECTION] * bool(results)))
    aside = None if left_out is None else dict(reasons_in(Path(left_out)))
    documents = complete_ones(read_documents(metrics, out), aside, out)
    if not documents:
        raise PoolError("0 datasets are too few for a pool", out, "Give three.")
    shared = _shared(documents, weights=weights, fitted=fitted, power=power)
    ranking = _ranked(documents, results, count)
    unchosen = {
        candidate.name: _why_unchosen(candidate, count)
        for candidate in ranking
        if not candidate.chosen
    }
    members = _members([d for d in documents if d.dataset.name not in unchosen], Path(sources))
    folder = Path(out)
    reasons = {} if aside is None else aside | unchosen
    name = folder.resolve().name
    pool = _pool(name, shared, _filled(members, fill, shared, out), reasons, folder)
    ready_folder(folder)
    if ranking:
        write_text(selection_table(ranking), folder / SELECTION)
        if announce is not None:
            announce(ranking)
    if numbers is not None:
        write_text(pool.numbers_text(), ready_folder(Path(numbers).parent) / Path(numbers).name)
    write_pool(pool, folder)
    return pool


def _count(select: int | None, *, ranked: bool) -> int:
    """Number of datasets that form the pool.

    Raises:
        SettingError: If a number is given, and nothing to rank by.
        PoolError: If it is too low.
    """
    if select is not None and not ranked:
        fix = "Give --results, tables of `deri-gate probe` by which to select."
        raise SettingError("--select says how many of the ranked datasets", "calibrate", fix)
    if select is not None and select < LEAST:
        raise PoolError(f"{select} datasets are too few for a pool", "--select", "Give three.")
    return SELECT if select is None else select


def _members(documents: Sequence[MetricsDocument], sources: Path) -> list[Member]:
    known = {
        source.name: source for source in read_sources(sources, {d.dataset.name for d in documents})
    }
    return [member_of(document, origin_of(document, known, sources)) for document in documents]


def _ranked(
    documents: Sequence[MetricsDocument], results: Sequence[str | Path], select: int
) -> tuple[Candidate, ...]:
    if not results:
        return ()
    rows = read_results([Path(path) for path in results])
    return ranked_candidates(rows, [document.dataset.name for document in documents], select=select)


def _why_unchosen(one: Candidate, select: int) -> str:
    away = "without a figure" if one.distance is None else f"{number(one.distance, 3)} spreads away"
    return f"not among the {select} most typical candidates: {away} from the median probe"


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


def _pool(
    name: str,
    shared: _Shared,
    members: Sequence[Member],
    left_out: Mapping[str, str],
    where: Path,
) -> Pool:
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
            datasets=tuple(sorted(members, key=lambda member: member.name)),
            left_out=dict(left_out),
        )
    except ValidationError as error:
        fix = "Correct what it says of the members, or leave one out."
        raise PoolError(first_fault(error), where, fix) from error


def _profile(documents: Sequence[MetricsDocument]) -> ProfileId:
    """Identity of what all documents were measured with; a definition must be that of all."""
    own = [ProfileId.in_document(document) for document in documents]
    shared = set.intersection(*(set(one.definitions.items()) for one in own))
    return own[0].model_copy(update={"definitions": dict(sorted(shared))})


def _filled(members: Sequence[Member], fill: str, shared: _Shared, out: str | Path) -> list[Member]:
    """The members, and those of another pool where there are too few.

    Raises:
        PoolError: If there are too few, and no pool to fill them up, or it does not compare.
    """
    if len(members) >= LEAST:
        return list(members)
    if not fill or not members:
        fix = "Give three, or --fill POOL to add the datasets of a shipped pool."
        raise PoolError(f"{len(members)} datasets are too few for a pool", out, fix)
    names, contents = {m.name for m in members}, {m.fingerprint for m in members}
    return [
        *members,
        *(
            member
            for member in pool_for(fill, shared.profile).datasets
            if member.name not in names and member.fingerprint not in contents
        ),
    ]


def _weights(given: str | Path) -> Mapping[str, float]:
    """Equal or published weights, or the fitted ones of an `impact.json`.

    Raises:
        PoolError: If the file cannot be read as one.
    """
    if given == PUBLISHED:
        return PUBLISHED_WEIGHTS
    if given == EQUAL:
        return dict.fromkeys(PUBLISHED_WEIGHTS, rounded_finite(1 / len(PUBLISHED_WEIGHTS)))
    fix = "Make it with `deri-gate impact`, or say 'published'."
    with faults_told("is no impact.json", given, fix, kind=PoolError):
        impact = validated(read_regular_file(Path(given)), Impact)
    return {metric: group.weight for metric, group in impact.groups.items()}
