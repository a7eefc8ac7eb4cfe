"""`changes.json` and `leaks.json`: what changed against the base, and what splits share."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from deri_gate.schemas.base import as_written, rounded
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
    from collections.abc import Mapping

    from deri_gate.changes.records import Change, Difference
    from deri_gate.measuring.leakage import Leaks

CORRECTION = "Holm, over all tests of this change; of size, colours, light and orientation apart"


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
        images=as_written(ChangedImages, change.matching),
        other_files=as_written(ChangedFiles, change.files),
        classes=ChangedClasses(
            added=change.matching.classes_added,
            removed=change.matching.classes_removed,
            renamed=change.matching.classes_renamed,
        ),
        DERI1000=as_written(DifferenceInfo, change.deri1000),
        U=as_written(DifferenceInfo, change.u),
        metrics=_differences(change.differences),
        shares=_differences(change.shares),
        correction=CORRECTION,
        tests=tuple(as_written(ChangeTestInfo, test) for test in change.tests),
        untested=dict(change.untested),
        other_splits={
            split: ChangeCounts.model_validate(counts) for split, counts in change.elsewhere.items()
        },
        crossed=change.crossed,
        too_few=change.too_few,
    )


def _differences(differences: Mapping[str, Difference]) -> dict[str, DifferenceInfo]:
    return {
        name: as_written(DifferenceInfo, difference) for name, difference in differences.items()
    }


def leaks_document(leaks: Leaks) -> LeaksDocument:
    """`leaks.json`: every image and group that several splits hold."""
    return LeaksDocument(
        schema_version=1,
        splits=leaks.splits,
        shares={name: rounded(share.value) for name, share in leaks.shares.items()},
        not_looked_at={name: s.reason for name, s in leaks.shares.items() if s.value is None},
        pairs=tuple(LeakedImageInfo(**asdict(pair)) for pair in leaks.pairs),
        groups=tuple(
            LeakedGroupInfo(group=group.group, images=dict(group.images)) for group in leaks.groups
        ),
        patients=tuple(
            LeakedPatientInfo(patient=patient.group, images=dict(patient.images))
            for patient in leaks.patients
        ),
    )
