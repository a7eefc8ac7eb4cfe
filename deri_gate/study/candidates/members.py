"""Measured datasets as members of a pool: told apart, complete, with their origin."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import PoolError
from deri_gate.reports.documents import read_metrics
from deri_gate.schemas.pool import Member

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.schemas.metrics import MetricsDocument
    from deri_gate.schemas.pool import Provenance


def read_documents(metrics: Sequence[str | Path], out: str | Path) -> list[MetricsDocument]:
    """Read the measured values, and check that they are of different datasets, in one profile.

    Raises:
        PoolError: If they are not.
    """
    documents = [read_metrics(Path(path)) for path in metrics]
    names = [document.dataset.name for document in documents]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise PoolError(
            f"two datasets have the name {twice[0]!r}", out, "Measure one under another --name."
        )
    by_content: dict[str, str] = {}
    for document in documents:
        name = document.dataset.name
        other = by_content.setdefault(document.dataset.fingerprint, name)
        if other != name:
            fix = "Leave one out: a dataset that counts twice moves the pool towards itself."
            raise PoolError(f"{other!r} and {name!r} are the same images and labels", out, fix)
    usual = Counter(document.profile.hash for document in documents).most_common(1)
    odd = [d.dataset.name for d in documents if d.profile.hash != usual[0][0]]
    if odd:
        fix = "Measure it again with the profile of the others."
        raise PoolError(f"{odd[0]!r} was measured with another profile", out, fix)
    return documents


def complete_ones(
    documents: Sequence[MetricsDocument], left_out: dict[str, str] | None, out: str | Path
) -> list[MetricsDocument]:
    """Datasets that have every metric; the others are noted where that is asked for.

    Raises:
        PoolError: If one has not, and nobody asked to leave it out; or if none has.
    """
    lacking = {d.dataset.name: why for d in documents if (why := _lacking(d))}
    if left_out is None and lacking:
        name, why = next(iter(lacking.items()))
        raise PoolError(f"{name!r} {why}", out, "Measure all metrics, or leave it out.")
    if left_out is not None:
        left_out |= lacking
    complete = [document for document in documents if document.dataset.name not in lacking]
    if lacking and not complete:
        reasons = "; ".join(f"{name}: {why}" for name, why in lacking.items())
        raise PoolError(f"no dataset is left for a pool ({reasons})", out, "Measure all metrics.")
    return complete


def origin_of(
    document: MetricsDocument, known: Mapping[str, Provenance], sources: str | Path
) -> Provenance:
    """Origin of a measured dataset.

    Raises:
        PoolError: If nothing is said of it.
    """
    name = document.dataset.name
    if name not in known:
        raise PoolError(
            f"says nothing of {name!r}", sources, "Add its version, licence and source."
        )
    return known[name]


def member_of(document: MetricsDocument, origin: Provenance) -> Member:
    """A measured dataset as a member of a pool."""
    return Member(
        name=document.dataset.name,
        version=origin.version,
        licence=origin.licence,
        source=origin.source,
        fingerprint=document.dataset.fingerprint,
        images=document.dataset.images,
        classes=document.dataset.classes,
        metrics=_values(document),
        domain=origin.domain,
    )


def _values(document: MetricsDocument) -> dict[str, float]:
    return {k: metric.value for k, metric in document.metrics.items() if metric.value is not None}


def _lacking(document: MetricsDocument) -> str:
    """Metrics without a value, with the reason of the first; "" where none lacks."""
    missing = sorted(document.metrics.keys() - _values(document).keys())
    if not missing:
        return ""
    why = document.metrics[missing[0]].reason
    return f"lacks {', '.join(missing)}{f' ({missing[0]}: {why})' if why else ''}"
