"""`deri-gate compare`: a new batch against a baseline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from deri_gate.commands.check import run_of, timed
from deri_gate.commands.measure import Measuring, MeasuringKeys
from deri_gate.data.readers.opening import given_text
from deri_gate.drift.as_change import shift_between
from deri_gate.drift.detect import drift_between
from deri_gate.drift.history import (
    Comparison,
    alone_with,
    as_csv,
    dated,
    read_history,
    refuse_sent_again,
    seen_before,
    with_added,
)
from deri_gate.drift.limits import NAMES, judged_values, told, unseen_rows
from deri_gate.drift.records import CERTAIN
from deri_gate.gate import Row, begin_loading, judge, rows_of
from deri_gate.gate.reach import limits_out_of_reach
from deri_gate.gate.slices import slice_rows
from deri_gate.gate.validate import known_rows, suite_file, unmeasured_limits, validate_suite
from deri_gate.reports.documents import metrics_document
from deri_gate.reports.images_table import images_table, worst_ids
from deri_gate.reports.outlet import ReportOutlet
from deri_gate.reports.report import Report
from deri_gate.reports.withdrawal import check_place
from deri_gate.runtime.arguments import checking_arguments
from deri_gate.runtime.counts import counted
from deri_gate.runtime.files import ready_folder, write_text
from deri_gate.runtime.folders import refuse_inside
from deri_gate.runtime.threads import one_blas_thread
from deri_gate.schemas.base import rounded
from deri_gate.schemas.metrics import FindingInfo
from deri_gate.scoring.pool import ProfileId, pool_for
from deri_gate.scoring.score import score_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from deri_gate.data.readers.opening import Given
    from deri_gate.drift.records import Drift
    from deri_gate.measuring.measure import Measured
    from deri_gate.schemas.metrics import MetricsDocument
    from deri_gate.scoring.pool import Pool
    from deri_gate.scoring.score import Scored

SUITE = "drift"
FEW = 20  # images of a batch, below which its report says how little it can tell
UNSEEN = "classes and labels are not compared"


@dataclass(frozen=True, kw_only=True)
class _Terms:
    """Terms of a comparison, all settled before an image is read.

    Attributes:
        by: How baseline and batch are read and measured.
        pool: Reference pool.
        limits: File of the suite.
        history: Table to which the comparison is added; None without one.
    """

    by: Measuring
    pool: Pool
    limits: Path
    history: Path | None

    @classmethod
    def of(
        cls,
        measuring: MeasuringKeys,
        *,
        pool: str | Path,
        weights: str,
        suite: str | Path | None,
        history: str | Path | None,
    ) -> _Terms:
        """Settle them, or say what is wrong now and not after minutes."""
        table = None if history is None else Path(history)
        if table is not None:
            ready_folder(table.absolute().parent, "--history")
        limits = suite_file(suite, SUITE, "--suite")
        settings: MeasuringKeys = {"metrics": "data", **measuring}
        by = replace(Measuring.of(**settings), incoming=True)
        by.context.store.on_unknown = begin_loading
        terms = cls(
            by=by,
            pool=pool_for(pool, ProfileId.of(by.profile), weights=weights),
            limits=limits,
            history=table,
        )
        validate_suite(limits, [*known_rows(), *NAMES])
        if error := unmeasured_limits(limits, by.left_out):
            raise error
        if error := limits_out_of_reach(limits, terms.pool, by.metrics):
            raise error
        if table is not None:
            read_history(table, profile=by.profile.hash)
        return terms


@checking_arguments()
@one_blas_thread()
def compare(
    batch: Given,
    *,
    baseline: Given,
    out: str | Path | None = "deri-report",
    history: str | Path | None = None,
    pool: str | Path = "",
    weights: str = "",
    suite: str | Path | None = None,
    name: str | None = None,
    pictures: str | None = None,
    plots: bool = False,
    projection: str = "pca",
    callbacks: Sequence[Callable[[Report], object]] = (),
    **measuring: Unpack[MeasuringKeys],
) -> Report:
    """Judge whether a batch comes from the same source as a baseline.

    Args:
        batch: Any form of dataset; its images may lack labels, and what needs none still runs.
        baseline: Any form of dataset: images that are known to be good.
        out: Folder for the report's files, made if need be; None to write nothing.
        history: Table to which the comparison is added. What counts as news hangs on the
            comparisons that it holds. None for no history: the batch is judged by itself.
        pool: A shipped pool's name, a folder, or its file; that of the profile when empty.
        weights: Name of weights in the pool's file, or "equal"; the pool's own when empty.
        suite: Limits, a shipped suite's name or a file; the shipped `drift` when None.
        name: Name of the batch in the report; the last part of its path when None.
        pictures: "thumbnails" or "none", as for `check`.
        plots: Whether the plots are written as SVG and PNG files, too.
        projection: Map of the images: "pca", or "umap" with the extra of this name.
        callbacks: Each is called with the report, once its files are written: a logger of
            `deri_gate.reports.trackers`, or any function.
        **measuring: How batch and baseline are read and measured, see `measure`. Explanations are
            left out unless asked for; `split` counts for either where it has splits.

    Returns:
        The report, whose files have been written.

    Raises:
        DeriGateError: If the batch could not be judged at all; says what to do.
    """
    started, spent = datetime.now(UTC), dict[str, float]()
    check_place(out, (batch, baseline))
    refuse_inside(history, (batch, baseline), "--history")
    outlet = ReportOutlet.of(
        out, pictures=pictures, projection=projection, plots=plots, callbacks=callbacks
    )
    terms = _Terms.of(measuring, pool=pool, weights=weights, suite=suite, history=history)
    known, new = terms.by.opened(baseline), terms.by.opened(batch)  # before one is measured
    with timed(spent, "measure"):
        before = terms.by.measured(known)  # its other splits may hold images of the batch
        after = terms.by.measured(new, name=name)
    with timed(spent, "compare"):
        drift = drift_between(before, after, name=given_text(baseline))
        change = shift_between(before, after, drift, pool=terms.pool)
    with timed(spent, "score"):
        scored = _scored(after, terms.pool)
    drift, comparisons = _noted(drift, after, scored, terms.history, started)
    with timed(spent, "judge"):
        judgement = judge(_rows(drift, after, scored), terms.limits, today=started.date())
    report = Report(
        profile=terms.by.profile,
        metrics=_document(before, after, drift, comparisons),
        pool=terms.pool,
        scored=scored,
        judgement=judgement,
        table=images_table(after),
        worst=worst_ids(after),
        run=run_of(started, spent, after),
        change=change,
        drift=drift,
        history=comparisons,
    )
    with timed(spent, "report"):
        report = outlet.illustrated(report, after, before)
    return outlet.deliver(report)


def _document(
    before: Measured, after: Measured, drift: Drift, rows: Sequence[Comparison]
) -> MetricsDocument:
    """Raw values of the batch, and findings, those on the comparison first."""
    document = metrics_document(after)
    own = (*_findings(before, after, drift), *_sent_again(after, drift, rows))
    findings = (*own, *document.findings)
    return document.model_copy(update={"findings": findings})


def _sent_again(batch: Measured, drift: Drift, rows: Sequence[Comparison]) -> Iterator[FindingInfo]:
    """A finding on an earlier batch that has the same pictures, by all that was measured."""
    about = (batch.evidence.fingerprint, drift.baseline_fingerprint)
    known = seen_before(about, rows)
    if known is not None:
        text = f"its {counted(drift.images, 'image')} measure as those of {known.batch!r} of "
        text += f"{known.date} in every respect: look whether they were sent again, renamed"
        yield FindingInfo(kind="sent_again", path=batch.evidence.whole.name, detail=text)


def _scored(batch: Measured, pool: Pool) -> Scored:
    metrics = batch.evidence.profile.metrics
    return score_values(batch.values, pool, metrics=metrics, resamples=batch.resamples)


def _rows(drift: Drift, batch: Measured, scored: Scored) -> list[Row]:
    """Rows for the limits: the batch by itself, its drift, and its slices."""
    unseen = unseen_rows(drift)
    about = told(drift) | unseen
    drifting = [
        Row(
            metric=key,
            raw=value,
            subscore=None,
            weight=None,
            about=about.get(key, ""),
            absent=unseen.get(key, ""),
        )
        for key, value in judged_values(drift).items()
    ]
    own = rows_of(batch.values, scored, batch.shares, reasons=batch.reasons)
    return own + drifting + slice_rows(batch, batch.slices)


def _noted(
    drift: Drift, batch: Measured, scored: Scored, path: Path | None, started: datetime
) -> tuple[Drift, tuple[Comparison, ...]]:
    """The drift with what its history makes of it, and the comparisons of its baseline."""
    row = _comparison(drift, batch, scored)
    if path is None:
        rows = with_added([], dated(row, [], started.date()))
    else:
        with alone_with(path):
            before = read_history(path, profile=row.profile)
            refuse_sent_again(row, before, path)
            rows = with_added(before, dated(row, before, started.date()))
            write_text(as_csv(rows), path)
    own = tuple(r for r in rows if r.baseline_fingerprint == row.baseline_fingerprint)
    return replace(drift, watch=next(other.watch for other in own if other.about == row.about)), own


def _comparison(drift: Drift, batch: Measured, scored: Scored) -> Comparison:
    return Comparison(
        date=drift.last_time,
        batch=batch.evidence.whole.name,
        batch_fingerprint=batch.evidence.fingerprint,
        images=drift.images,
        baseline=drift.baseline_name,
        baseline_fingerprint=drift.baseline_fingerprint,
        profile=batch.evidence.profile.hash,
        deri1000=str(rounded(scored.deri1000) or ""),
        effects={test.name: test.effect for test in drift.tests},
        ps={test.name: test.p_that_counts for test in drift.tests},
    )


def _power(drift: Drift) -> str:
    """Drift that a small batch can show: a permutation test has no smaller p than 1 in all."""
    if drift.least_possible_p <= CERTAIN:
        return "only strong drift can be detected"
    least = f"1/{round(1 / drift.least_possible_p):,}"
    return f"no drift can be reported from this batch alone, as no p is below {least}"


def _findings(baseline: Measured, batch: Measured, drift: Drift) -> list[FindingInfo]:
    """Findings on the comparison itself."""
    name = batch.evidence.whole.name
    findings = []
    if drift.same_images:
        text = "the baseline has every image of the batch already: nothing new can be seen"
        findings.append(("same_images", name, text))
    for side, which, path in (
        (baseline, "baseline", drift.baseline_name),
        (batch, "batch", name),
    ):
        unread = int((~side.evidence.scan.readable).sum())
        if unread and side is baseline:
            text = f"{counted(unread, 'image')} of the baseline could not be read"
            findings.append(("unreadable", path, text))
        if not all(side.evidence.dataset.labels):
            text = f"the {which} is not labelled throughout: {UNSEEN}"
            findings.append(("no_labels", path, text))
        if side.evidence.whole.masks is not None:
            findings.append(("masks", path, f"the masks of the {which} are not compared"))
    if drift.images < FEW:
        findings.append(("small_batch", name, f"{counted(drift.images, 'image')}: {_power(drift)}"))
    return [FindingInfo(kind=kind, path=path, detail=text) for kind, path, text in findings]
