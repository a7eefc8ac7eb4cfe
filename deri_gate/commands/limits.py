"""`deri-gate limits`: the limits that go with a pool."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.commands.score import score
from deri_gate.errors import PoolError, SettingError
from deri_gate.explain.masks import MASK_ROWS
from deri_gate.gate.definitions import with_definitions
from deri_gate.gate.following import follow
from deri_gate.gate.quality_gap import with_gap_limits
from deri_gate.gate.suite import check_suite
from deri_gate.gate.validate import known_rows, suite_file
from deri_gate.measuring.quality_gap import GAP_ROWS
from deri_gate.metrics.profile import profile_named
from deri_gate.reports.documents import read_metrics
from deri_gate.reports.suite_file import refuse_other, seen_of
from deri_gate.runtime.arguments import CHANCE, checking_arguments
from deri_gate.runtime.files import read_regular_file, ready_folder, write_text
from deri_gate.runtime.ownership import OF_A_SUITE, refuse_other_files
from deri_gate.runtime.spreadsheet import csv_text
from deri_gate.runtime.strict import validated
from deri_gate.schemas.suite import FALSE_ALARMS, SuiteDocument, as_suite_text
from deri_gate.scoring.pool import find_pool, read_pool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.gate.following import FollowingSuite, LimitChange
    from deri_gate.gate.proposing import Seen
    from deri_gate.schemas.metrics import MetricsDocument
    from deri_gate.scoring.pool import Pool, ProfileId

SHIPPED = ("dataset_gate", "data_only")
TABLE = "limits.csv"
LIMITED = (*known_rows(), *MASK_ROWS, *GAP_ROWS)  # what a suite of a dataset may limit
HEAD = ("suite", "metric", "kind", "severity", "old", "new", "reason", "crossed_by")


@dataclass(frozen=True, kw_only=True)
class WrittenLimits:
    """A suite that was written, and its limits against the earlier ones."""

    path: Path
    changes: tuple[LimitChange, ...]


@checking_arguments(false_alarms=CHANCE)
def limits(
    metrics: Sequence[str | Path],
    *,
    pool: str | Path,
    out: str | Path,
    suites: Sequence[str | Path] = (),
    false_alarms: float = FALSE_ALARMS,
    force: bool = False,
) -> tuple[WrittenLimits, ...]:
    """Write the limits that go with a pool: suites whose limits follow its members.

    Args:
        metrics: `metrics.json` files of the pool's datasets, or of those that were measured here;
            datasets that are not in the pool are left aside.
        pool: A pool's folder or file, or a shipped pool's name.
        out: Folder for the suites, each named as the earlier one, and for `limits.csv`, every
            limit old and new. `deri-gate check --pool FOLDER` finds them in FOLDER/expectations.
        suites: Earlier suites, names of shipped ones or files; the two shipped ones when empty.
        false_alarms: Chance that another draw of a member crosses any warning that follows the
            pool, above 0 and below 1; a tenth of it for the critical limits.
        force: Replace suites in the folder that say something else.

    Raises:
        PoolError: If none of the measured datasets is in the pool, one has changed since, or two
            files are of one dataset.
        SettingError: If a suite cannot be judged, the new one could not be, two have one name, or
            one in the folder would be replaced.
    """
    reference = read_pool(find_pool(pool))
    earlier = _earlier(suites or SHIPPED)
    refuse_other_files(Path(out), (TABLE, *(f"{name}.json" for name in earlier)), OF_A_SUITE)
    members = _members(metrics, reference, pool)
    metrics_of = profile_named(reference.profile.name).metrics
    texts: dict[str, str] = {}
    changes: dict[str, tuple[LimitChange, ...]] = {}
    for name, document in earlier.items():
        suite = with_gap_limits(
            follow(document, members, metrics_of, reference, false_alarms=false_alarms), metrics_of
        )
        texts[name] = _checked(suite, reference.profile, name)
        changes[name] = suite.changes
    for name, text in texts.items():
        refuse_other(Path(out) / f"{name}.json", text, force=force)
    folder = ready_folder(Path(out))
    for name, text in texts.items():
        write_text(text, folder / f"{name}.json")
    rows = [_row(name, change) for name, every in changes.items() for change in every]
    write_text(csv_text(HEAD, rows), folder / TABLE)
    return tuple(
        WrittenLimits(path=folder / f"{name}.json", changes=changes[name]) for name in texts
    )


def _earlier(suites: Sequence[str | Path]) -> dict[str, SuiteDocument]:
    """Earlier suites by the names of their files, all of them sound before one is followed.

    Raises:
        SettingError: If one cannot be judged, or two have one name.
    """
    found: dict[str, SuiteDocument] = {}
    for given in suites:
        source = suite_file(given, SHIPPED[0], "--suite")
        if source.stem in found:
            fix = "Name one at a time, each with an --out of its own."
            raise SettingError(f"two suites have the name {source.stem}", "--suite", fix)
        check_suite(source, LIMITED)
        found[source.stem] = validated(read_regular_file(source), SuiteDocument)
    return found


def _members(metrics: Sequence[str | Path], pool: Pool, where: str | Path) -> dict[str, Seen]:
    """The pool's datasets that were measured, by name; not those that filled it up.

    Raises:
        PoolError: If there is none, or one was measured in another state.
    """
    documents: dict[str, MetricsDocument] = {}
    for path in map(Path, metrics):
        document = read_metrics(path)
        if document.dataset.name in documents:
            what = f"two files are of the dataset {document.dataset.name!r}"
            raise PoolError(what, path, "Give one file per dataset.")
        documents[document.dataset.name] = document
    members = {}
    for member in pool.datasets:
        measured = documents.get(member.name)
        if measured is None:
            continue
        if measured.dataset.fingerprint != member.fingerprint:
            what = f"metrics.json of {member.name!r} is of other images than those of the pool"
            raise PoolError(what, where, "Calibrate the pool anew.")
        members[member.name] = seen_of(measured, score(measured, pool=where).scored)
    if not members:
        fix = "Give the metrics.json files that the pool was calibrated with."
        raise PoolError("none of the measured datasets is in the pool", where, fix)
    return members


def _checked(suite: FollowingSuite, profile: ProfileId, name: str) -> str:
    """Text of a suite of which it is known that it can be judged."""
    text = as_suite_text(with_definitions(suite.suite, profile.name, profile.definitions))
    with tempfile.TemporaryDirectory() as folder:
        tried = Path(folder) / f"{name}.json"
        tried.write_text(text, encoding="utf-8")
        check_suite(tried, LIMITED)
    return text


def _row(suite: str, change: LimitChange) -> list[str | float | None]:
    return [
        suite, change.metric, change.kind, change.severity, change.old, change.new, change.reason,
        " ".join(change.crossed_by),
    ]  # fmt: skip
