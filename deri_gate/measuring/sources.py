"""Findings and shares on columns and properties of files that tell the class or the split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.data.dataset import Finding
from deri_gate.data.readers.splits import is_split, splits_of
from deri_gate.data.readers.tables import quoted
from deri_gate.explain.label_columns import are_nested, copies, holds_labels
from deri_gate.explain.metadata import FEWEST, LEAST, Targets, Telling, tellings
from deri_gate.explain.metadata_columns import (
    column_kinds,
    file_kinds,
    names_splits,
    tag_kinds,
    text_numbers,
)
from deri_gate.measuring.shares import Share, not_looked_at
from deri_gate.measuring.source_columns import (
    columns_of,
    common_columns,
    fewest,
    label_texts,
    subjects_of,
    without_subjects,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.arrays import IntArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.measuring.evidence import Evidence

TAKEN = {"class_by_metadata": "labels", "split_by_metadata": "splits"}
TOLD = 0.5  # strength from which on a column is told as a finding
NO_COLUMN = "no column but labels, numbers of images or patients, constants"
TOO_FEW = f"no {{}} has {LEAST} images, of {FEWEST} patients where they are known"
WORDS = {
    "class_by_file": ("class", "properties of the files"),
    "class_by_metadata": ("class", "metadata"),
    "split_by_metadata": ("split", "metadata"),
}


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Columns that tell the class or the split of an image without its picture.

    Attributes:
        evidence: The judged images.
        others: The images of the other splits; None where there are none.
    """

    evidence: Evidence
    others: Evidence | None

    @cached_property
    def found(self) -> dict[str, tuple[Telling, ...] | str]:
        """Columns by what they tell, strongest first; or why nothing was looked at."""
        evidence = self.evidence
        if not evidence.dataset.labels:
            reason = "no image could be read"
            by_file: tuple[Telling, ...] | str = reason
            by_metadata: tuple[Telling, ...] | str = reason
        else:
            by_file = self._classes(file_kinds(evidence.images))
            kinds = self._class_columns | tag_kinds(evidence.images)
            by_metadata = self._classes(kinds) if kinds else NO_COLUMN
        return {
            "class_by_file": by_file,
            "class_by_metadata": by_metadata,
            "split_by_metadata": self._splits(),
        }

    @cached_property
    def _class_columns(self) -> dict[str, IntArray]:
        """Kinds by column that is no other name of the label."""
        return _asked(*self._beside["class_by_metadata"])

    @cached_property
    def _split_columns(self) -> dict[str, IntArray]:
        """Kinds by column that all splits have, and that is no other name of the split."""
        return _asked(*self._beside["split_by_metadata"])

    @cached_property
    def _beside(self) -> dict[str, tuple[dict[str, Sequence[str]], set[str]]]:
        """Columns that may be sources, and names of those that hold what they are asked for."""
        dataset, wholes = self.evidence.dataset, [side.whole for side in self._sides]
        labels = label_texts(dataset)
        splits = [split for whole in wholes for split in whole.splits or ()]
        common = common_columns([columns_of(whole) for whole in wholes]) if splits else {}
        columns = without_subjects(columns_of(dataset), labels, [dataset], least=FEWEST)
        shared = without_subjects(common, splits, wholes, least=1)
        return {
            "class_by_metadata": (
                columns, {name for name, own in columns.items() if holds_labels(name, own, labels)}
            ),
            "split_by_metadata": (
                shared, {name for name, own in shared.items() if _holds_splits(name, own, splits)}
            ),
        }  # fmt: skip

    def _not_asked(self, kind: str) -> str:
        """Words on columns that would be asked, were they not taken for labels; "" for none."""
        columns, taken = self._beside.get(kind, ({}, set()))
        names = sorted(column_kinds({name: columns[name] for name in taken}))
        return f"taken for {TAKEN[kind]}, and not asked: {quoted(names)}" if names else ""

    @property
    def _sides(self) -> list[Evidence]:
        return [self.evidence, *filter(None, (self.others,))]

    def _classes(self, kinds: dict[str, IntArray]) -> tuple[Telling, ...] | str:
        dataset = self.evidence.dataset
        targets = Targets(
            names=dataset.classes,
            membership=dataset.membership,
            units=self._units(),
            seed=self.evidence.profile.seed,
        )
        return tellings(kinds, targets) if targets.kept.size else TOO_FEW.format("class")

    def _units(self) -> IntArray:
        """Number of the patient of each image; where a class has few, they tell it: of the image.

        A class of few patients is told by whatever is constant in each, as a scanner would.
        """
        dataset = self.evidence.dataset
        units = subjects_of([dataset])
        pairs = dataset.membership.tocoo().coords
        few = fewest(units[pairs[0]].tolist(), pairs[1].tolist()) < FEWEST
        return np.arange(len(dataset)) if few else units

    def _splits(self) -> tuple[Telling, ...] | str:
        sides = self._sides
        splits = [split for side in sides for split in side.whole.splits or ()]
        if len(set(splits)) < 2:  # noqa: PLR2004
            return "the dataset has no splits to compare"
        wholes = [side.whole for side in sides]
        columns, tags = self._split_columns, tag_kinds(*(side.images for side in sides))
        if not columns and not tags:
            return NO_COLUMN
        read = [split for side in sides for split in side.dataset.splits or ()]
        asked = [
            (columns, self._split_targets(splits, wholes)),
            (tags, self._split_targets(read, [side.dataset for side in sides])),
        ]
        if not any(targets.kept.size for _, targets in asked):
            return TOO_FEW.format("split")
        told = [telling for kinds, targets in asked for telling in tellings(kinds, targets)]
        return tuple(sorted(told, key=lambda one: (-one.strength, one.column)))

    def _split_targets(self, splits: Sequence[str], datasets: Sequence[Dataset]) -> Targets:
        names, numbers = sorted(set(splits)), text_numbers(splits)
        rows, ones = np.arange(len(splits)), np.ones(len(splits), dtype=np.float32)
        shape = len(splits), len(names)
        return Targets(
            names=names,
            membership=scipy.sparse.csr_array((ones, (rows, numbers)), shape=shape),
            units=subjects_of(datasets),
            seed=self.evidence.profile.seed,
        )

    def findings(self) -> list[Finding]:
        """A finding for each column that tells more than half of what there is to tell."""
        name = self.evidence.dataset.name
        return [
            Finding(kind=kind, path=name, detail=_sentence(telling, *WORDS[kind]))
            for kind, found in self.found.items()
            for telling in ([] if isinstance(found, str) else found)
            if telling.strength >= TOLD
        ]

    def shares(self) -> dict[str, Share]:
        """Strength of the most telling column, by what it tells."""
        shares = {
            kind: not_looked_at(found, of_tags=found == NO_COLUMN)
            if isinstance(found, str)
            else _share(found, *WORDS[kind], columns=self._columns(kind))
            for kind, found in self.found.items()
        }
        return {kind: _with_words(share, self._not_asked(kind))
                for kind, share in shares.items()}  # fmt: skip

    def _columns(self, kind: str) -> tuple[str, ...] | None:
        """Columns that take part in what is looked at; None where none could."""
        if kind == "class_by_metadata":
            return tuple(self._class_columns)
        return tuple(self._split_columns) if kind == "split_by_metadata" else None


def _asked(columns: Mapping[str, Sequence[str]], taken: set[str]) -> dict[str, IntArray]:
    return column_kinds({name: own for name, own in columns.items() if name not in taken})


def _holds_splits(name: str, values: Sequence[str], splits: Sequence[str]) -> bool:
    """True if a column holds the split, another name of it, or one that was made otherwise."""
    if _names_of_splits(values, splits):
        return True
    return names_splits(name) and (all(map(is_split, values)) or are_nested(values, splits))


def _names_of_splits(values: Sequence[str], splits: Sequence[str]) -> bool:
    """True if a column holds the split, or a name with it in it, such as that of a folder."""
    names = set(values)
    split_of = splits_of(names) if len(names) <= 2 * len(set(splits)) else {}
    return copies(values, splits) or copies([split_of.get(v, v) for v in values], splits)


def _share(
    tellings: tuple[Telling, ...], about: str, what: str, *, columns: tuple[str, ...] | None
) -> Share:
    found = Share(value=0.0, of_tags=columns == (), columns=columns or ())
    if not tellings or not tellings[0].strength:
        return found
    first = tellings[0]
    told_by = first.column if first.column in found.columns else ""
    return replace(found, value=first.strength, note=_sentence(first, about, what), told_by=told_by)


def _with_words(share: Share, words: str) -> Share:
    told = "; ".join(filter(None, (share.reason or share.note, words)))
    return replace(share, reason=told) if share.reason else replace(share, note=told)


def _sentence(telling: Telling, about: str, what: str) -> str:
    target = telling.target
    does = f"separates {about} {target} from the others" if target else f"predicts the {about}"
    return (
        f"{telling.column} ({what}) alone {does} with a balanced accuracy of "
        f"{telling.accuracy:.2f} (cross-validated; no picture was used)"
    )
