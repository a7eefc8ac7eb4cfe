"""`changes.json` and `leaks.json`: what changed against the base, and what splits share."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from deri_gate.reports.documents import rounded

if TYPE_CHECKING:
    from deri_gate.changes.records import Change, ChangeTest, Difference
    from deri_gate.measuring.leakage import Leaks


def change_document(change: Change) -> dict[str, Any]:
    """`changes.json`: every name and number of the comparison."""
    matching = change.matching
    return {
        "schema_version": 1,
        "base": {
            "name": change.base_name,
            "fingerprint": change.base_fingerprint,
            "images": change.base_images,
        },
        "summary": change.sentence,
        "counts": matching.counts,
        "images": {
            "added": list(matching.added),
            "removed": list(matching.removed),
            "modified": list(matching.modified),
            "relabelled": list(matching.relabelled),
            "moved": [list(pair) for pair in matching.moved],
            "converted": [list(pair) for pair in matching.converted],
        },
        "other_files": {
            "added": list(change.files.added),
            "removed": list(change.files.removed),
            "modified": list(change.files.modified),
            "described": list(change.files.described),
            "converted": [list(pair) for pair in change.files.converted],
        },
        "classes": {
            "added": list(matching.classes_added),
            "removed": list(matching.classes_removed),
            "renamed": [list(pair) for pair in matching.classes_renamed],
        },
        "DERI1000": _difference(change.deri1000),
        "U": _difference(change.u),
        "metrics": {name: _difference(one) for name, one in change.differences.items()},
        "shares": {name: _difference(one) for name, one in change.shares.items()},
        "correction": "Holm, over all tests of this change",
        "tests": [_test(one) for one in change.tests],
        "untested": dict(change.untested),
    }


def _difference(one: Difference) -> dict[str, Any]:
    between = one.interval
    return {
        "base": rounded(one.base),
        "head": rounded(one.head),
        "difference": rounded(one.difference),
        "interval": None if between is None else [rounded(value) for value in between],
        "subscore_base": rounded(one.subscore_base),
        "subscore_head": rounded(one.subscore_head),
    }


def _test(one: ChangeTest) -> dict[str, Any]:
    numbers = {name: rounded(getattr(one, name)) for name in ("effect", "p", "corrected_p")}
    return asdict(one) | numbers | {"images": list(one.images)}


def leaks_document(leaks: Leaks) -> dict[str, Any]:
    """`leaks.json`: every image and group that several splits hold."""
    return {
        "schema_version": 1,
        "splits": list(leaks.splits),
        "shares": {name: rounded(share.value) for name, share in leaks.shares.items()},
        "not_looked_at": {name: s.reason for name, s in leaks.shares.items() if s.value is None},
        "pairs": [asdict(pair) for pair in leaks.pairs],
        "groups": [{"group": one.group, "images": dict(one.images)} for one in leaks.groups],
        "patients": [{"patient": one.group, "images": dict(one.images)} for one in leaks.patients],
    }
