"""Waivers: a missed limit that somebody answers for, until a day that is written down.

They stand in an expectation's meta, so that the suite stays a suite to Great Expectations:

    "meta": {"waiver": {"reason": "Scanner B is being replaced.", "until": "2026-12-31"}}
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from deri_gate.errors import SettingError
from deri_gate.gate.document import check_keys, typed
from deri_gate.gate.records import Check, Status, Waiver

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = ("reason", "until")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
EXAMPLE = 'Write {"waiver": {"reason": "...", "until": "2026-12-31"}}.'


def waiver_of(meta: Mapping[str, Any], where: object) -> Waiver | None:
    """The waiver in an expectation's meta, None when there is none.

    Args:
        meta: The expectation's own.
        where: The expectation, for errors.

    Raises:
        SettingError: If it has no reason, or no day on which it ends, or anything else.
    """
    if "waiver" not in meta:
        return None
    waiver = typed(meta, "waiver", dict, where)
    check_keys(waiver, KEYS, f"{where}, waiver")
    reason = typed(waiver, "reason", str, where).strip()
    if not reason:
        raise SettingError("its waiver has no reason", where, EXAMPLE)
    try:
        until = date.fromisoformat(_day(typed(waiver, "until", str, where)))
    except ValueError as error:
        raise SettingError("its waiver has no day on which it ends", where, EXAMPLE) from error
    return Waiver(reason=reason, until=until)


def _day(written: str) -> str:
    """Return the text if it is a day in the one form that is taken: 2026-12-31.

    Raises:
        ValueError: If it is not; Python reads 20261231 and 2026-W53-4 as well.
    """
    if not DAY.fullmatch(written):
        raise ValueError(f"{written!r} is not a day such as 2026-12-31")
    return written


def settle(check: Check, waiver: Waiver | None, today: date) -> Check:
    """The check as its waiver leaves it on that day.

    A miss warns up to and including the last day. After it a miss fails, whatever the severity:
    what was put off is due. What is unknown stays so, as nobody can answer for what was not seen.
    """
    if waiver is None:
        return check
    check = replace(check, waiver=waiver)
    if check.status in (Status.UNKNOWN, Status.NOT_LOOKED_AT):
        return check
    if check.status is Status.PASS:
        return _noted(check, "the limit holds: its waiver can go")
    if today <= waiver.until:
        note = f"waived for everyone until {waiver.until}: {waiver.reason}"
        return _noted(replace(check, status=Status.WARN, waived=True), note)
    note = f"its waiver ended on {waiver.until}: {waiver.reason}"
    return _noted(replace(check, status=Status.FAIL), note)


def _noted(check: Check, said: str) -> Check:
    return replace(check, detail="; ".join(part for part in (check.detail, said) if part))
