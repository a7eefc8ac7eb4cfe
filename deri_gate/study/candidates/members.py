"""Measured datasets as members of a pool: told apart, complete, with their origin."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import PoolError
from deri_gate.reports.documents import read_metrics
from deri_gate.runtime.counts import counted
from deri_gate.schemas.pool import Member

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from deri_gate.schemas.metrics import MetricsDocument
    from deri_gate.schemas.pool import Provenance


MOST_UNREAD = 0.01  # of the images of a member: the critical limit of the shipped suites


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
    """Datasets that could be read and have every metric; others are noted where that is asked for.

    Raises:
        PoolError: If one is not so, and nobody asked to leave it out; or if none is.
    """
    every = set[str]().union(*(document.metrics for document in documents))
    lacking = {d.dataset.name: why for d in documents if (why := _unread(d) or _lacking(d, every))}
    if left_out is None and lacking:
        name, why = next(iter(lacking.items()))
        fix = "Mend its files and measure all metrics, or leave it out."
        raise PoolError(f"{name!r} {why}", out, fix)
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


def _unread(document: MetricsDocument) -> str:
    """Number of images that were not measured; "" for no more than the gate lets pass."""
    images, unread = document.dataset.images, document.dataset.unreadable
    if unread <= MOST_UNREAD * images:
        return ""
    return f"has {unread:,} unreadable files of {counted(images, 'image')}"


def _lacking(document: MetricsDocument, every: AbstractSet[str]) -> str:
    """Metrics without a value, with the reason of the first; "" where none lacks.

    Args:
        document: What was measured.
        every: Metrics that any dataset was asked for; one may not even be named.
    """
    missing = sorted(every - _values(document).keys())
    if not missing:
        return ""
    first = document.metrics.get(missing[0])
    why = "not in the file" if first is None else first.reason
    return f"lacks {', '.join(missing)}{f' ({missing[0]}: {why})' if why else ''}"
