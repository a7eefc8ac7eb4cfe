"""`deri-gate check`: measure, score, judge, report."""

from __future__ import annotations

import platform
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import reduce
from importlib.metadata import distributions
from typing import TYPE_CHECKING, Unpack

from deri_gate import changes  # most runs have no base: what compares loads when it is named
from deri_gate.changes.records import ABOUTS
from deri_gate.commands.measure import Measuring, MeasuringKeys
from deri_gate.commands.score import score
from deri_gate.data.readers.opening import given_text
from deri_gate.explain.masks import MASK_ROWS
from deri_gate.gate import begin_loading, both, judge, rows_of
from deri_gate.gate.definitions import refuse_other_definitions
from deri_gate.gate.masks import mask_rows
from deri_gate.gate.quality_gap import gap_rows
from deri_gate.gate.reach import limits_out_of_reach
from deri_gate.gate.slices import slice_rows
from deri_gate.gate.validate import (
    borrowed_limits,
    known_rows,
    suite_file,
    unmeasured_limits,
    usual_suite,
    validate_suite,
)
from deri_gate.measuring.quality_gap import GAP_ROWS, quality_gaps
from deri_gate.measuring.sufficiency import sufficiency_of
from deri_gate.reports.documents import metrics_document
from deri_gate.reports.images_table import images_table, worst_ids
from deri_gate.reports.outlet import ReportOutlet
from deri_gate.reports.report import Report, RunInfo
from deri_gate.reports.sufficiency import sufficiency_document
from deri_gate.reports.withdrawal import check_place
from deri_gate.runtime.arguments import checking_arguments
from deri_gate.runtime.counts import listed
from deri_gate.runtime.device import device_name
from deri_gate.runtime.resources import shipped_suites
from deri_gate.runtime.system import peak_memory_mib
from deri_gate.runtime.threads import one_blas_thread
from deri_gate.runtime.versions import installed_version
from deri_gate.scoring.pool import ProfileId, pool_for, usual_pool
from deri_gate.scoring.score import uninstalled_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from deri_gate.changes.records import Change
    from deri_gate.data.readers.opening import Given
    from deri_gate.gate import Judgement
    from deri_gate.measuring.measure import Measured
    from deri_gate.metrics.profile import Profile
    from deri_gate.reports.explained import ScoredMetrics
    from deri_gate.schemas.sufficiency import SufficiencyDocument
    from deri_gate.scoring.pool import Pool

PACKAGES = ("deri-gate", "great-expectations", "numpy", "opencv-python-headless", "pillow",
            "scikit-learn", "scipy", "timm", "torch")  # fmt: skip  # whose version moves numbers


@checking_arguments()
@one_blas_thread()
def check(
    dataset: Given,
    *,
    base: Given | None = None,
    out: str | Path | None = "deri-report",
    pool: str | Path = "",
    weights: str = "",
    suite: str | Path | None = None,
    change_suite: str | Path | None = None,
    name: str | None = None,
    pictures: str | None = None,
    plots: bool = False,
    projection: str = "pca",
    callbacks: Sequence[Callable[[Report], object]] = (),
    announce: Callable[[str], None] = lambda _: None,
    **measuring: Unpack[MeasuringKeys],
) -> Report:
    """Judge a dataset: measure it, score it against the pool, hold it to the limits, report.

    Args:
        dataset: Any form of dataset.
        base: An earlier state of it, in any form, `git:REVISION:PATH` included: the change is
            judged as well.
        out: Folder for the report's files, made if need be; None to write nothing.
        pool: A shipped pool's name, a folder, or its file; that of the profile when empty.
        weights: Name of weights in the pool's file, or "equal"; the pool's own when empty.
        suite: Limits, a shipped suite's name or a file. When None, those that lie beside the
            pool's file (see `limits`), or else the shipped ones.
        change_suite: Limits on the change, used beside the others where there is a base.
        name: Name of the dataset in the report; the last part of its path when None.
        pictures: "thumbnails" or "none": whether report.html shows images. None: as
            DERI_GATE_PICTURES says; thumbnails, but none in a workflow.
        plots: Whether the plots are written as SVG and PNG files, too.
        projection: Map of the images: "pca", or "umap" with the extra of this name.
        callbacks: Each is called with the report, once its files are written: a logger of
            `deri_gate.reports.trackers`, or any function.
        announce: Called with a remark that is worth knowing before any image is read.
        **measuring: How dataset and base are read and measured, see `measure`.

    Returns:
        The report, whose files have been written where `out` says.

    Raises:
        DeriGateError: If the dataset could not be judged at all; says what to do.
    """
    started, spent = datetime.now(UTC), dict[str, float]()
    check_place(out, (dataset, base))
    outlet = ReportOutlet.of(
        out, pictures=pictures, projection=projection, plots=plots, callbacks=callbacks
    )
    by = Measuring.of(**measuring)
    by.context.store.on_unknown = begin_loading
    reference = pool_for(pool, ProfileId.of(by.profile), weights=weights)  # said now
    limits = suites_for(
        _suite(suite, by, pool=pool, metrics=measuring.get("metrics", "all")),
        by.profile,
        changed=None if base is None else change_suite or "",
    )
    if suite is None and (remark := borrowed_limits(limits[0], pool)):
        announce(remark)
    _look_ahead(limits, by, reference, named=suite is not None, announce=announce)
    whole = by.opened(dataset)  # said now, not after the base
    with timed(spent, "base"):  # first, so that one that is not there is said now
        earlier = None if base is None else by.measured(base)
    with timed(spent, "measure"):
        measured = by.measured(whole, name=name, earlier=earlier)
    with timed(spent, "sufficiency"):
        sufficiency = _sufficiency(measured)
    with timed(spent, "score"):
        result = score(metrics_document(measured), pool=pool, weights=weights)
    with timed(spent, "compare"):
        change = _change(earlier, measured, result, name=given_text(base))
    with timed(spent, "judge"):
        judgement = _judged(measured, result, change, limits=limits, today=started.date())
    run = run_of(started, spent, measured)
    report = _report(measured, result, judgement, change, run=run, sufficiency=sufficiency)
    with timed(spent, "report"):
        report = outlet.illustrated(report, measured, earlier)
    return outlet.deliver(report)


def _report(
    measured: Measured,
    result: ScoredMetrics,
    judgement: Judgement,
    change: Change | None,
    *,
    run: RunInfo,
    sufficiency: SufficiencyDocument,
) -> Report:
    """Everything that is reported, before images and plots are added to it."""
    return Report(
        profile=measured.evidence.profile,
        metrics=result.metrics,
        pool=result.pool,
        scored=result.scored,
        judgement=judgement,
        table=images_table(measured, change),
        worst=worst_ids(measured, change),
        run=run,
        change=change,
        leaks=measured.leaks,
        shortcuts=measured.evidence.shortcuts,
        sufficiency=sufficiency,
    )


def judged_rows(*, changed: bool) -> list[str]:
    """Names of what a suite may limit, with a base or without."""
    return [
        *known_rows(), *MASK_ROWS, *GAP_ROWS,
        *(ABOUTS if changed else ()),
    ]  # fmt: skip


def suites_for(suite: Path, profile: Profile, *, changed: str | Path | None) -> list[Path]:
    """The suites to judge by, each looked through for what could not be judged.

    Args:
        suite: File of the limits on the dataset.
        profile: With which it will be measured.
        changed: Limits on the change, "" for the shipped ones, None where there is no base.

    Raises:
        SettingError: If one cannot be read, or limits what could not be judged.
    """
    known = judged_rows(changed=changed is not None)
    limits = [suite]
    if changed is not None:
        limits.append(suite_file(changed or None, "pull_request", "--change-suite"))
    for limit in limits:
        validate_suite(limit, known)
        refuse_other_definitions(limit, profile)
    return limits


def _suite(given: str | Path | None, by: Measuring, *, pool: str | Path, metrics: str) -> Path:
    """The file of the limits on the dataset."""
    pool = pool or usual_pool(ProfileId.of(by.profile))
    return suite_file(given, usual_suite(metrics), "--suite", pool=pool)


def _look_ahead(
    limits: Sequence[Path],
    by: Measuring,
    pool: Pool,
    *,
    named: bool,
    announce: Callable[[str], None],
) -> None:
    """Say before the first image which limits will not be measured, or cannot be missed.

    Raises:
        SettingError: If the suite was named. The usual one gives values without a verdict. A
            shipped one is not made for every pool, and nobody can mend it: its limits are told.
    """
    if absent := uninstalled_in(pool):
        announce(
            f"--pool: it weighs {listed(absent)}, which no installed package measures: DERI1000 is "
            "of the other metrics. Install the plugin, or take a pool without it."
        )
    shipped = shipped_suites().values()
    for limit in limits:
        unmeasured = unmeasured_limits(limit, by.left_out)
        beyond = limits_out_of_reach(limit, pool, by.metrics)
        for error, refused in ((unmeasured, named), (beyond, named and limit not in shipped)):
            if error is not None and refused:
                raise error
            if error is not None:
                announce(error.told)


def _sufficiency(measured: Measured) -> SufficiencyDocument:
    evidence = measured.evidence
    return sufficiency_document(sufficiency_of(evidence), evidence.dataset)


def _change(
    earlier: Measured | None, measured: Measured, result: ScoredMetrics, *, name: str
) -> Change | None:
    if earlier is None:
        return None
    return changes.compare.change_between(earlier, measured, pool=result.pool, name=name)


def _judged(
    measured: Measured,
    result: ScoredMetrics,
    change: Change | None,
    *,
    limits: Sequence[Path],
    today: date,
) -> Judgement:
    rows = rows_of(
        measured.values, result.scored, measured.shares, change, reasons=measured.reasons
    )
    rows += slice_rows(measured, measured.slices)
    rows += mask_rows(measured.masks)
    rows += gap_rows(quality_gaps(measured))
    return reduce(both, [judge(rows, limit, today=today) for limit in limits])


@contextmanager
def timed(spent: dict[str, float], step: str) -> Iterator[None]:
    """Note the seconds that a step takes."""
    begun = time.perf_counter()
    yield
    spent[step] = time.perf_counter() - begun


def _is_installed(package: str) -> bool:
    return any(True for _ in distributions(name=package))


def run_of(started: datetime, spent: dict[str, float], measured: Measured) -> RunInfo:
    """Facts that may differ between two equal runs."""
    return RunInfo(
        started=started,
        seconds=spent,
        decoded=measured.evidence.scan.decoded,
        embedded=measured.evidence.scan.embedded,
        peak_memory_mib=peak_memory_mib(),
        machine={
            "system": platform.platform(),
            "python": platform.python_version(),
            "device": device_name(measured.evidence.profile.device),
        },
        versions={name: installed_version(name) for name in PACKAGES if _is_installed(name)},
    )
