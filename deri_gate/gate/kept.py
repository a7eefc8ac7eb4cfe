"""Judgements kept by all that decides them, so that a known one needs no Great Expectations."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from deri_gate.features.forms import read_by
from deri_gate.gate.document import objects
from deri_gate.gate.records import Check, Judgement, Status, Waiver, verdict_on
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.store import Store, default_folder
from deri_gate.runtime.strict import strict_json
from deri_gate.runtime.versions import installed_version
from deri_gate.schemas.validation import ValidationDocument

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from deri_gate.gate.records import Row

VERSION = 13  # raised whenever the same rows and suite would give another judgement
PACKAGES = ("deri-gate", "great-expectations", "numpy", "pandas")  # whose version may move it


def kept_judgement(
    rows: Sequence[Row], suite: Path, today: date, make: Callable[[], Judgement]
) -> Judgement:
    """The judgement on these rows: the one that is kept, or else the one made now.

    One in which an expectation raised an exception, or a limit is unknown, is not kept: memory may
    have been short.

    Args:
        rows: What is judged.
        suite: The file of the limits.
        today: The day, which counts where there is a waiver.
        make: Judges.
    """
    try:
        key = _key(rows, suite, today)
    except Exception:  # noqa: BLE001  # of a file that is no suite, judging says what is wrong
        return make()
    kind, store = f"judgement-{VERSION}", Store(default_folder())
    found: list[Judgement] = []  # read where it is looked through, and not again
    if store.get(kind, [key], fits=read_by(lambda raw: found.append(_read(raw)))):
        return found[0]
    judged = make()
    raised = any(result.exception_info.raised_exception for result in judged.validation.results)
    unknown = any(check.status is Status.UNKNOWN for check in judged.checks)
    raw = _written(judged)
    if not (raised or unknown) and _read(raw) == judged:
        store.put(kind, {key: raw})
    return judged


def _key(rows: Sequence[Row], suite: Path, today: date) -> str:
    """Identity of all that decides a judgement."""
    raw = read_regular_file(suite)
    spelt = b"waiver" in raw or b"\\" in raw  # or by its code: then all of it is read
    waived = spelt and any("waiver" in part for part in objects(strict_json(raw)))
    versions = [installed_version(package) for package in PACKAGES]
    others = repr((list(rows), versions, today if waived else None)).encode()
    return hashlib.sha256(hashlib.sha256(raw).digest() + others).hexdigest()


def _written(judged: Judgement) -> bytes:
    checks = [asdict(check) for check in judged.checks]
    plain = {"checks": checks, "validation": judged.validation.model_dump(mode="json")}
    return json.dumps(plain, default=str).encode()


def _read(raw: bytes) -> Judgement:
    plain = json.loads(raw)
    checks = tuple(_check(check) for check in plain["checks"])
    return Judgement(
        verdict=verdict_on(check.status for check in checks),
        checks=checks,
        validation=ValidationDocument.model_validate(plain["validation"]),
    )


def _check(plain: dict[str, Any]) -> Check:
    waiver = plain["waiver"]
    if waiver is not None:
        waiver = Waiver(reason=waiver["reason"], until=date.fromisoformat(waiver["until"]))
    return Check(**{**plain, "status": Status(plain["status"]), "waiver": waiver})
