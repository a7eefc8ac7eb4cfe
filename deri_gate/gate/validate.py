"""Limits are looked through before minutes are spent on what they are held against."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deri_gate.errors import SettingError
from deri_gate.gate.kept import VERSION
from deri_gate.gate.slices import slice_names
from deri_gate.gate.suite import check_suite
from deri_gate.measuring.shares import SHARES
from deri_gate.metrics.catalogue import METRICS
from deri_gate.runtime.counts import listed
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.resources import (
    is_shipped_name,
    shipped,
    shipped_pools,
    shipped_suites,
    suite_name,
)
from deri_gate.runtime.store import Store, default_folder
from deri_gate.runtime.strict import strict_json
from deri_gate.runtime.versions import installed_version

if TYPE_CHECKING:
    from collections.abc import Collection

OF_CHANGES = "expect_changed_images_to_fit"  # the expectation that tests of a change answer
SCORES = ("DERI1000", "U")  # what may be limited besides metrics and shares
OWN_SUITES = "expectations"  # folder beside a pool's file
KIND = "suite"  # of what is kept: that there is nothing to say of it


def known_rows() -> list[str]:
    """Names that a suite on one dataset may limit."""
    return [*(m.name for m in METRICS), *SCORES, *SHARES, *slice_names()]


def suite_file(
    given: str | Path | None, default: str, option: str, *, pool: str | Path = ""
) -> Path:
    """The file of a suite.

    Args:
        given: A shipped suite's name (no slash, backslash or dot in it), or a file.
        default: Name of the suite that is used when None is given: the pool's own, which
            `deri-gate limits` puts beside it, or else the shipped one.
        option: Which named it.
        pool: The pool that the dataset is scored against, a shipped one's name or a path.

    Raises:
        SettingError: If there is no such suite.
    """
    suites = shipped_suites()
    if given is None:
        own = own_suite(default, pool)
        return suites[default] if own is None else own
    if is_shipped_name(given):
        if str(given) in suites:
            return suites[str(given)]
        fix = f"Give {', '.join(suites)}; for a file write ./{given}."
        raise SettingError(f"there is no shipped suite {str(given)!r}", option, fix)
    if not Path(given).is_file():
        raise SettingError(f"there is no suite {given}", option, "Give a suite's JSON file.")
    return Path(given)


def usual_suites(pool: str | Path = "") -> dict[bool, Path]:
    """The suites that go with a pool: True for all metrics, False without explanations."""
    names = {True: "dataset_gate", False: "data_only"}
    return {whole: suite_file(None, name, "--pool", pool=pool) for whole, name in names.items()}


def usual_suite(metrics: str) -> str:
    """Name of the shipped suite for the metrics that are asked for."""
    return "data_only" if metrics == "data" else "dataset_gate"


def own_suite(name: str, pool: str | Path) -> Path | None:
    """The suite of this name that lies beside a pool's file; None where there is none."""
    given = shipped_pools().get(str(pool)) if is_shipped_name(pool) else Path(pool)
    if given is None:
        return None
    own = (given if given.is_dir() else given.parent) / OWN_SUITES / f"{name}.json"
    return own if own.is_file() else None


def borrowed_limits(suite: Path, pool: str | Path) -> str:
    """Remark on the shipped suite where a pool of one's own has no limits; empty elsewhere.

    A copy of a shipped pool has the shipped limits, as the pool itself has.
    """
    if not pool or is_shipped_name(pool) or suite not in shipped_suites().values():
        return ""
    file = Path(pool) / "pool.json" if Path(pool).is_dir() else Path(pool)
    if file.read_bytes() in [path.read_bytes() for path in shipped_pools().values()]:
        return ""
    return (
        f"--pool: beside {file} lies no {OWN_SUITES}/{suite.name}, so that the shipped limits "
        "judge, which follow other datasets. Make its own with `deri-gate limits`, or name some by "
        "--suite."
    )


def validate_suite(suite: Path, names: Collection[str]) -> None:
    """Make sure that a suite can be judged; only once, for Great Expectations takes seconds.

    Args:
        suite: A file in Great Expectations' own suite format. Shipped ones are known to be sound.
        names: What there will be rows for.

    Raises:
        SettingError: If the suite cannot be read, or any part of it would not be judged as meant.
    """
    if suite.parent == shipped("expectations"):
        return
    key, store = _key(suite, names), Store(default_folder())
    if key not in store.get(KIND, [key]):
        check_suite(suite, names)
        store.put(KIND, {key: b""})


def unmeasured_limits(suite: Path, left_out: Collection[str]) -> SettingError | None:
    """Find limits on metrics that will not be measured: they could not be judged.

    Args:
        suite: A suite that can be judged.
        left_out: Metrics that are not asked for.

    Returns:
        The error that names them, to be raised or told; None where there are none.
    """
    entries = strict_json(read_regular_file(suite))["expectations"]
    limited = {name for entry in entries for name in _measured_for(entry)}
    missing = [name for name in left_out if name in limited]
    if not missing:
        return None
    what = f"limits {listed(missing)}; what was not asked for by --metrics cannot be judged"
    fix = "Ask for them too, or give a suite without these limits by --suite."
    return SettingError(what, suite_name(suite), fix)


def _measured_for(entry: Any) -> list[str]:
    """Metrics that must be measured for a limit; tests of changed images need no metric."""
    named = entry.get("kwargs", {}).get("metric")
    if entry.get("type") == OF_CHANGES or not isinstance(named, str):
        return []
    return [named.rpartition(".")[2]]  # of "worst_class.sharpness"


def _key(suite: Path, names: Collection[str]) -> str:
    content = b""
    with suppress(OSError):  # of a file that cannot be read the check itself says so
        content = read_regular_file(suite)
    packages = [installed_version(package) for package in ("deri-gate", "great-expectations")]
    versions = [*packages, VERSION]  # a later version may refuse what an earlier one took
    return hashlib.sha256(content + repr((sorted(names), versions)).encode()).hexdigest()
