"""`changes.json` and `leaks.json`: the change against a base, and what splits share."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from deri_gate.schemas.base import Count, JsonRecord, Number, NumberPair

Pairs = tuple[tuple[str, str], ...]


class BaseInfo(JsonRecord):
    """The earlier state of the dataset."""

    name: str
    fingerprint: str
    images: Count


class ChangeCounts(JsonRecord):
    """Images of each kind."""

    added: Count
    removed: Count
    modified: Count
    relabelled: Count
    moved: Count
    unchanged: Count


class ChangedImages(JsonRecord):
    """Ids of the changed images; of pairs, the old one comes first."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    modified: tuple[str, ...]
    relabelled: tuple[str, ...]
    moved: Pairs
    converted: Pairs
    crossed: tuple[str, ...] = ()  # judged ones that were in another split; not among the added


class ChangedFiles(JsonRecord):
    """Paths that changed besides the judged images."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    modified: tuple[str, ...]
    described: tuple[str, ...]
    described_in: tuple[str, ...] = ()  # such as mask, group or another column
    images: tuple[str, ...] = ()  # those of these paths that `other_splits` counts
    converted: Pairs


class ChangedClasses(JsonRecord):
    """Classes that came, went, or have another name."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    renamed: Pairs


class DifferenceInfo(JsonRecord):
    """One number of base and head; null where it was not measured."""

    base: Number | None
    head: Number | None
    difference: Number | None
    interval: NumberPair | None  # 95 % of the difference
    subscore_base: Number | None
    subscore_head: Number | None


class ChangeTestInfo(JsonRecord):
    """One test of the changed images."""

    name: str
    title: str
    kind: Literal["added", "removed", "modified", "relabelled", "moved", "unchanged"]
    about: str
    direction: Literal["worse", "different"]
    count: Count
    effect: Number | None
    p: Number | None
    adjusted_p: Number | None
    images: tuple[str, ...]
    sentence: str
    split: str = ""  # of the images, where it is not the judged one
    groups: Count = 0  # of the images, where these are the units of the test
    worst_case_p: Number | None = None  # adjusted p, were each worse than all known images


class ChangesDocument(JsonRecord):
    """`changes.json`: every name and number of a comparison with a base."""

    schema_version: Literal[2]  # 1 said `corrected_p`
    base: BaseInfo
    summary: str
    counts: ChangeCounts
    images: ChangedImages
    other_files: ChangedFiles
    classes: ChangedClasses
    DERI1000: DifferenceInfo
    U: DifferenceInfo
    metrics: dict[str, DifferenceInfo]
    shares: dict[str, DifferenceInfo]
    correction: str
    tests: tuple[ChangeTestInfo, ...]
    untested: dict[str, str]
    other_splits: dict[str, ChangeCounts] = Field(default_factory=dict)  # with changed images
    crossed: tuple[str, ...] = ()  # those of `other_splits` whose images were in another split
    too_few: tuple[str, ...] = ()  # sentences on changed images that no test could be sure of


class LeakedImageInfo(JsonRecord):
    """An image that shows what one of an earlier split does."""

    image: str
    split: str
    other: str
    other_split: str
    exact: bool
    turn: str = ""
    label: str = ""
    other_label: str = ""


class LeakedGroupInfo(JsonRecord):
    """A group (a patient, a site) with images in several splits."""

    group: str
    images: dict[str, Count]  # by split


class LeakedPatientInfo(JsonRecord):
    """A patient with images in several splits."""

    patient: str
    images: dict[str, Count]  # by split


class LeaksDocument(JsonRecord):
    """`leaks.json`: every image and group that several splits hold."""

    schema_version: Literal[1]
    splits: tuple[str, ...]
    shares: dict[str, Number | None]
    not_looked_at: dict[str, str]
    pairs: tuple[LeakedImageInfo, ...]
    groups: tuple[LeakedGroupInfo, ...]
    patients: tuple[LeakedPatientInfo, ...] = ()
