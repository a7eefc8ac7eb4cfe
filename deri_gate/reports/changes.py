"""`changes.json` and `leaks.json`: what changed against the base, and what splits share."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from deri_gate.schemas.base import rounded, rounded_pair
from deri_gate.schemas.changes import (
    BaseInfo,
    ChangeCounts,
    ChangedClasses,
    ChangedFiles,
    ChangedImages,
    ChangesDocument,
    ChangeTestInfo,
    DifferenceInfo,
    LeakedGroupInfo,
    LeakedImageInfo,
    LeakedPatientInfo,
    LeaksDocument,
)

if TYPE_CHECKING:
    from deri_gate.changes.records import Change, ChangeTest, Difference, Matching
    from deri_gate.measuring.leakage import Leaks

CORRECTION = "Holm, over all tests of this change"


def change_document(change: Change) -> ChangesDocument:
    """`changes.json`: every name and number of the comparison."""
    return ChangesDocument(
        schema_version=2,
        base=BaseInfo(
            name=change.base_name,
            fingerprint=change.base_fingerprint,
            images=change.base_images,
        ),
        summary=change.sentence,
        counts=ChangeCounts(**change.matching.counts),
        images=_images(change.matching),
        other_files=ChangedFiles(
            added=change.files.added,
            removed=change.files.removed,
            modified=change.files.modified,
            described=change.files.described,
            converted=change.files.converted,
        ),
        classes=ChangedClasses(
            added=change.matching.classes_added,
            removed=change.matching.classes_removed,
            renamed=change.matching.classes_renamed,
        ),
        DERI1000=_difference(change.deri1000),
        U=_difference(change.u),
        metrics={name: _difference(one) for name, one in change.differences.items()},
        shares={name: _difference(one) for name, one in change.shares.items()},
        correction=CORRECTION,
        tests=tuple(map(_test, change.tests)),
        untested=dict(change.untested),
    )


def _images(matching: Matching) -> ChangedImages:
    return ChangedImages(
        added=matching.added,
        removed=matching.removed,
        modified=matching.modified,
        relabelled=matching.relabelled,
        moved=matching.moved,
        converted=matching.converted,
    )


def _difference(one: Difference) -> DifferenceInfo:
    return DifferenceInfo(
        base=rounded(one.base),
        head=rounded(one.head),
        difference=rounded(one.difference),
        interval=rounded_pair(one.interval),
        subscore_base=rounded(one.subscore_base),
        subscore_head=rounded(one.subscore_head),
    )


def _test(one: ChangeTest) -> ChangeTestInfo:
    return ChangeTestInfo(
        name=one.name,
        title=one.title,
        kind=one.kind,
        about=one.about,
        direction=one.direction,
        count=one.count,
        effect=rounded(one.effect),
        p=rounded(one.p),
        adjusted_p=rounded(one.adjusted_p),
        images=one.images,
        sentence=one.sentence,
    )


def leaks_document(leaks: Leaks) -> LeaksDocument:
    """`leaks.json`: every image and group that several splits hold."""
    return LeaksDocument(
        schema_version=1,
        splits=leaks.splits,
        shares={name: rounded(share.value) for name, share in leaks.shares.items()},
        not_looked_at={name: s.reason for name, s in leaks.shares.items() if s.value is None},
        pairs=tuple(LeakedImageInfo(**asdict(pair)) for pair in leaks.pairs),
        groups=tuple(
            LeakedGroupInfo(group=one.group, images=dict(one.images)) for one in leaks.groups
        ),
        patients=tuple(
            LeakedPatientInfo(patient=one.group, images=dict(one.images)) for one in leaks.patients
        ),
    )
