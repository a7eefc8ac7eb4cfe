"""`deri-gate compare`: a new batch against a baseline."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from deri_gate.commands.check import MOST_NAMES, run_of, timed
from deri_gate.commands.measure import Measuring, MeasuringKeys
from deri_gate.data.readers.opening import given_text
from deri_gate.drift.as_change import shift_between
from deri_gate.drift.detect import drift_between
from deri_gate.drift.history import Comparison, alone_with, as_csv, dated, read_history, with_added
from deri_gate.drift.limits import NAMES, judged_values, told
from deri_gate.errors import naming_arguments
from deri_gate.gate import Row, judge, rows_of
from deri_gate.gate.slices import slice_rows
from deri_gate.gate.validate import known_rows, suite_file, unmeasured_limits, validate_suite
from deri_gate.reports.documents import metrics_document
from deri_gate.reports.drifts import drift_document
from deri_gate.reports.images_table import images_table, suspect_ids
from deri_gate.reports.pictures.setting import pictures_setting
from deri_gate.reports.plots.projection import check_projection
from deri_gate.reports.report import Report
from deri_gate.reports.shown import with_images
from deri_gate.reports.write import withdraw_report, write_report
from deri_gate.runtime.counts import counted
from deri_gate.runtime.files import ready_folder, write_text
from deri_gate.schemas.base import as_json, rounded
from deri_gate.schemas.metrics import FindingInfo
from deri_gate.scoring.pool import ProfileId, pool_for
from deri_gate.scoring.score import score_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deri_gate.data.readers.opening import Given
    from deri_gate.drift.records import Drift
    from deri_gate.measuring.measure import Measured
    from deri_gate.scoring.score import Scored

SUITE = "drift"
FEW = 20  # images of a batch, below which its report says how little it can tell
UNSEEN = "classes and labels are not compared"


@naming_arguments
def compare(
    batch: Given,
    *,
    baseline: Given,
    out: str | Path | None = "deri-report",
    history: str | Path | None = None,
    pool: str = "",
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
    folder = None if out is None else ready_folder(Path(out))
    if folder is not None:
        withdraw_report(folder)
    table = None if history is None else Path(history)
    if table is not None:
        ready_folder(table.absolute().parent, "--history")
    shows, plane = pictures_setting(pictures), check_projection(projection)
    limits = suite_file(suite, SUITE, "--suite")
    settings: MeasuringKeys = {"metrics": "data", **measuring}
    by = replace(Measuring.of(**settings), incoming=True)
    reference = pool_for(pool, ProfileId.of(by.profile), weights=weights)
    validate_suite(limits, [*known_rows(), *NAMES])
    if error := unmeasured_limits(limits, by.left_out):
        raise error
    if table is not None:
        read_history(table, profile=by.profile.hash)  # said now, not after minutes
    known, new = by.opened(baseline), by.opened(batch)  # said now, not after one is measured
    with timed(spent, "measure"):
        before, after = by.measured(known), by.measured(new, name=name)
        document = metrics_document(after)
    with timed(spent, "compare"):
        drift = drift_between(before, after, name=given_text(baseline))
        change = shift_between(before, after, drift, pool=reference)
    with timed(spent, "score"):
        scored = score_values(
            after.values, reference, metrics=by.profile.metrics, resamples=after.resamples
        )
    drift, comparisons = _noted(drift, after, scored, table, started)
    with timed(spent, "judge"):
        about = told(drift)
        rows = rows_of(after.values, scored, after.shares)
        rows += [
            Row(metric=key, raw=value, subscore=None, weight=None, about=about.get(key, ""))
            for key, value in judged_values(drift).items()
        ]
        judgement = judge(rows + slice_rows(after, after.slices), limits, today=started.date())
    findings = (*_findings(before, after, drift), *document.findings)
    report = Report(
        profile=by.profile,
        metrics=document.model_copy(update={"findings": findings}),
        pool=reference,
        scored=scored,
        judgement=judgement,
        images=images_table(after),
        slices=after.slices,
        worst={key: tuple(suspect_ids(after, key, MOST_NAMES)) for key in after.answers},
        run=run_of(started, spent, after),
        change=change,
        drift=drift,
        history=comparisons,
        folder=folder,
    )
    with timed(spent, "report"):
        report = with_images(report, after, before, pictures=shows, projection=plane)
    if folder is not None:
        write_text(as_json(drift_document(drift)), folder / "drift.json")
        write_report(report, folder, plots=plots)
    for callback in callbacks:
        callback(report)
    return report


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
            rows = with_added(before, dated(row, before, started.date()))
            write_text(as_csv(rows), path)
    own = tuple(r for r in rows if r.baseline_fingerprint == row.baseline_fingerprint)
    return replace(drift, watch=next(one.watch for one in own if one.about == row.about)), own


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


def _findings(baseline: Measured, batch: Measured, drift: Drift) -> list[FindingInfo]:
    """Findings on the comparison itself."""
    said = []
    if drift.same_images:
        text = "the baseline has every image of the batch already: nothing new can be seen"
        said.append(("same_images", text))
    for side, which in ((baseline, "baseline"), (batch, "batch")):
        unread = int((~side.evidence.scan.readable).sum())
        if unread and side is baseline:
            said.append(
                ("unreadable", f"{counted(unread, 'image')} of the baseline could not be read")
            )
        if not all(side.evidence.dataset.labels):
            said.append(("no_labels", f"the {which} is not labelled throughout: {UNSEEN}"))
    if drift.images < FEW:
        said.append(
            ("small_batch", f"{counted(drift.images, 'image')}: only strong drift can be detected")
        )
    return [FindingInfo(kind=k, path=batch.evidence.whole.name, detail=d) for k, d in said]
