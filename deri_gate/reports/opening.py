"""A report read from the folder of its files, which may be anybody's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa
from pyarrow import types

from deri_gate.data.readers.parquet import opened_parquet
from deri_gate.errors import DatasetError, SettingError
from deri_gate.gate.records import Judgement, Status, verdict_on
from deri_gate.measuring.leakage import LeakedGroup, LeakedImage, Leaks
from deri_gate.measuring.shares import LEAKED, Share
from deri_gate.metrics.profile import PROFILES
from deri_gate.reports.croissant import TABLE
from deri_gate.reports.page_file import exhibits_from, gallery_from
from deri_gate.reports.plausible import check_plausible
from deri_gate.reports.report import Report
from deri_gate.reports.runs import run_from
from deri_gate.reports.settling import change_from, checks_from, drift_from, scored_from
from deri_gate.reports.typed_columns import with_types
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.strict import fault_of, faults_told, validated
from deri_gate.schemas.base import JsonRecord
from deri_gate.schemas.changes import ChangesDocument, LeaksDocument
from deri_gate.schemas.drift import DriftDocument
from deri_gate.schemas.metrics import MetricsDocument
from deri_gate.schemas.page import PageDocument
from deri_gate.schemas.run import RunDocument
from deri_gate.schemas.scores import ScoresDocument, SubscoresDocument
from deri_gate.schemas.sufficiency import SufficiencyDocument
from deri_gate.schemas.validation import ValidationDocument
from deri_gate.scoring.score import Scored

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deri_gate.gate.records import Check
    from deri_gate.metrics.profile import Profile

AGAIN = "Write the report again with `deri-gate check` or `deri-gate compare`."
HASH = re.compile("[0-9a-f]{1,64}")
ROUNDING = 1e-6  # of a limit: numbers in files are rounded
LARGEST_TABLE = 2 * 2**30  # bytes of the table of images in memory: of 100,000 they are 50 MB
Document = TypeVar("Document", bound=JsonRecord)
EMPTY = Scored(
    subscores={}, weights={}, u=None, deri1000=None, interval=None, image_interval=None,
    pool_interval=None, typical={}, mu=None, sigma=None,
)  # fmt: skip


def read_report(folder: Path) -> Report:
    """Read a report from its JSON files and its table of images.

    Nothing in them is trusted: each is held to its model and to a size, and they to one another.

    Args:
        folder: Folder that `check` or `compare` wrote.

    Raises:
        SettingError: If it is no such folder, of another version, half-written or inconsistent.
    """
    if not folder.is_dir():
        raise SettingError("there is no such folder", folder, "Name the folder of a report.")
    scores = _document(folder, "scores.json", ScoresDocument)
    metrics = _document(folder, "metrics.json", MetricsDocument)
    subscores = _document(folder, "subscores.json", SubscoresDocument)
    validation = _document(folder, "validation.json", ValidationDocument)
    run = _document(folder, "run.json", RunDocument)
    page = _document(folder, "page.json", PageDocument)
    changes = _possible(folder, "changes.json", ChangesDocument)
    leaks = _possible(folder, "leaks.json", LeaksDocument)
    drift = _possible(folder, "drift.json", DriftDocument)
    sufficiency = _possible(folder, "sufficiency.json", SufficiencyDocument)
    try:
        return Report(
            profile=_profile(metrics, page, subscores),
            metrics=metrics,
            pool=subscores.pool,
            scored=scored_from(scores, subscores, EMPTY),
            judgement=Judgement(
                verdict=scores.verdict, checks=_checks(scores), validation=validation
            ),
            table=_images(folder / TABLE, metrics.dataset.images),
            worst=dict(page.worst),
            run=run_from(run),
            change=None if changes is None else change_from(changes),
            leaks=None if leaks is None else _leaks(leaks),
            sufficiency=sufficiency,
            folder=folder,
            exhibits=exhibits_from(page),
            gallery=gallery_from(page),
            plots=page.scenes,
            drift=None if drift is None else drift_from(drift),
        )
    except ValueError as error:
        raise SettingError(f"does not hold together ({fault_of(error)})", folder, AGAIN) from error


def _document(folder: Path, name: str, model: type[Document]) -> Document:
    document = _possible(folder, name, model)
    if document is None:
        what = "is no report, or one whose run ended early or is of an earlier version"
        raise SettingError(f"{what}: it holds no {name}", folder, AGAIN)
    return document


def _possible(folder: Path, name: str, model: type[Document]) -> Document | None:
    """The file's content; None where there is no such file."""
    with faults_told(f"is not a {name}", folder / name, AGAIN, unread="cannot be read"):
        try:
            return validated(read_regular_file(folder / name), model)
        except FileNotFoundError:
            return None


def _profile(metrics: MetricsDocument, page: PageDocument, subscores: SubscoresDocument) -> Profile:
    """The profile by its name; the hash that is shown is that of the file.

    Raises:
        ValueError: If files are of several runs, or metrics are not those of this installation.
    """
    check_plausible(metrics)
    info, profile = metrics.dataset, PROFILES.get(metrics.profile.name)
    if info.fingerprint != page.fingerprint:
        raise ValueError("metrics.json and page.json are of two datasets")
    if profile is None:
        raise ValueError(f"there is no profile {metrics.profile.name[:40]!r}")
    own = {metric.name for metric in profile.metrics}
    if others := (own ^ metrics.metrics.keys()) | (own ^ subscores.subscores.keys()):
        raise ValueError(
            f"{', '.join(sorted(others))[:200]}: metrics of packages that are installed here "
            "alone, or there alone"
        )
    for text in (info.fingerprint, metrics.profile.hash, subscores.pool.hash):
        if not HASH.fullmatch(text):
            raise ValueError(f"{text[:40]!r} is no fingerprint")
    return replace(profile, seed=page.seed)


def _checks(scores: ScoresDocument) -> tuple[Check, ...]:
    """The judged limits.

    Raises:
        ValueError: If the verdict is better than one of them, or one is better than its number.
    """
    checks = checks_from(scores)
    check_judged(checks, scores.verdict)
    return checks


def _leaks(document: LeaksDocument) -> Leaks:
    if lacking := [name for name in LEAKED if name not in document.shares]:
        raise ValueError(f"leaks.json lacks {', '.join(lacking)}")
    shares = [
        Share(value=value, reason="" if value is not None else document.not_looked_at.get(name, ""))
        for name, value in ((name, document.shares[name]) for name in LEAKED)
    ]
    images, copies, groups, patients = shares
    return Leaks(
        splits=document.splits,
        pairs=tuple(LeakedImage(**dict(pair)) for pair in document.pairs),
        groups=tuple(_group(group.group, group.images) for group in document.groups),
        patients=tuple(_group(patient.patient, patient.images) for patient in document.patients),
        images_share=images,
        copies_share=copies,
        groups_share=groups,
        patients_share=patients,
    )


def _group(name: str, images: dict[str, int]) -> LeakedGroup:
    return LeakedGroup(group=name, images=tuple(images.items()))


def _images(path: Path, count: int) -> pa.Table:
    """`images.parquet`: plain columns, a row an image, within a bound.

    Raises:
        ValueError: If it is not.
    """
    parts, size = [], 0
    try:
        with opened_parquet(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
            named_once = "path" in schema.names and len({*schema.names}) == len(schema)
            if rows != count or not named_once or not all(map(_is_plain, schema.types)):
                raise ValueError(f"{TABLE} is not a table of {count:,} images")
            for batch in file.iter_batches():
                size += batch.nbytes
                if size > LARGEST_TABLE:
                    raise ValueError(f"{TABLE} holds more than {LARGEST_TABLE:,} bytes")
                parts.append(batch)
    except DatasetError as error:
        raise ValueError(f"{TABLE} cannot be read") from error
    table = pa.Table.from_batches(parts, schema)
    table.validate(full=True)  # a text may be none
    return with_types(table)


def _is_plain(kind: pa.DataType) -> bool:
    plain = (types.is_string, types.is_large_string, types.is_boolean, types.is_integer,
             types.is_floating, types.is_null)  # fmt: skip
    return any(fits(kind) for fits in plain)


def check_judged(checks: Sequence[Check], verdict: Status) -> None:
    """Refuse a verdict that is better than its checks, and a check that is better than its number.

    Raises:
        ValueError: If there is one; says which.
    """
    for check in checks:
        if _is_too_good(check):
            raise ValueError(
                f"scores.json: {check.name[:80]!r} is {check.status}, and its number misses it"
            )
    worst = verdict_on(check.status for check in checks)
    if worst.rank > verdict.rank:
        found = f"a check is {worst}" if checks else "there is no check"
        raise ValueError(f"scores.json: the verdict is {verdict}, and {found}")


def _is_too_good(check: Check) -> bool:
    """True for a limit on one number that this number does not keep, with a status as if it did."""
    if check.bound is None or check.limit is None or check.status in (Status.FAIL, Status.UNKNOWN):
        return False
    if check.observed is None:
        return check.status is not Status.NOT_LOOKED_AT
    over = check.observed - check.limit
    short = over if check.bound == "at_most" else -over
    warns = check.status is Status.WARN and (check.severity == "warning" or check.waived)
    return short > ROUNDING * abs(check.limit) and not warns
