"""WebDataset: tar shards whose members of one name and several endings are one sample."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import repeat
from typing import TYPE_CHECKING, Any

from deri_gate.data.dataset import UNJUDGED, Finding, Reading
from deri_gate.data.readers.archives import MemberSource, members_of
from deri_gate.data.readers.assembly import Entry
from deri_gate.data.readers.files import FileSource, bytes_at, is_inside, path_text
from deri_gate.data.readers.labels_beside import disagreeing
from deri_gate.data.readers.rubbish import rubbish
from deri_gate.data.readers.sample_columns import SampleColumns, by_name, dataset_with_columns
from deri_gate.data.readers.sample_labels import (
    LONGEST_JSON,
    UnclearLabelError,
    facts_in_json,
    labels_in_json,
    labels_in_text,
)
from deri_gate.data.readers.shard_names import ENDING, refuse_some_splits, split_of_archive
from deri_gate.data.readers.tables import SEPARATOR
from deri_gate.data.signatures import IMAGE_ENDINGS, claims_image, claims_many, ending_of
from deri_gate.errors import DatasetError
from deri_gate.runtime.counts import counted
from deri_gate.runtime.strict import fault_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.archives import ArchiveFile

LAYOUT = "WebDataset"
_ARRAYS = (".npz", ".npz.gz", ".npy.gz", ".pt.gz", ".pth.gz", ".pkl.gz")
_MASK = re.compile(r"(?:masks?|seg|segmentation)\.(?:png|tiff?|bmp|gif)")  # of one member's ending
_OF_LABELS = ("cls", "json")  # endings of members that say the label
_DEPTH = 1
_LABELS = (
    "Give each sample a member .cls with its class, or .json with the key label; or unpack it."
)


@dataclass(frozen=True, kw_only=True)
class _Sample:
    """An image, its mask, and what its labels are read from."""

    archive: int
    image: ArchiveFile
    mask: ArchiveFile | None
    labels: tuple[ArchiveFile, ...]  # each says the label: .cls first, then .json
    split: str


@dataclass(frozen=True, kw_only=True)
class _Rest:
    """A member that is read of no sample, and whether its sample has an image."""

    path: str
    pictured: bool = False


def archives_in(files: Sequence[str]) -> list[str]:
    """Paths of the shards of a folder; none where it holds images as well."""
    shards = [f for f in files if f.lower().endswith(ENDING) and f.count("/") <= _DEPTH]
    return [] if any(map(claims_image, files)) else sorted(shards)


def read_archives(
    root: Path,
    shards: Sequence[str],
    *,
    name: str,
    labels_required: bool,
) -> Dataset:
    """The dataset in tar shards.

    Args:
        root: Folder of the shards.
        shards: Their paths below it, sorted.
        name: What the dataset is called.
        labels_required: Whether a missing label is an error.

    Raises:
        DatasetError: If a shard is cut, or a sample has no label or several images.
    """
    refuse_some_splits(root, shards)
    samples, findings = list[_Sample](), list[Finding]()
    for number, shard in enumerate(shards):
        if not is_inside(root / shard, root):
            fix = "Copy the shard into the folder."
            raise DatasetError("is a link that leads out of the folder", root / shard, fix)
        of_shard, rest = _samples(root / shard, number, split_of_archive(shard))
        samples += of_shard
        findings += [_finding(shard, member) for member in rest]
    if not samples:
        raise DatasetError(_why_none(findings), root, "Name them 1.png and 1.cls, or unpack it.")
    stems = [shards[s.archive][: -len(ENDING)] for s in samples]
    ids = [f"{stem}/{s.image.path}" for stem, s in zip(stems, samples, strict=True)]
    masks = [
        f"{stem}/{s.mask.path}" if s.mask else "" for stem, s in zip(stems, samples, strict=True)
    ]
    facts: list[dict[str, Any]] = [{} for _ in samples]
    read = zip(samples, facts, strict=True)
    said = [_labels(root, shards[s.archive], s, findings, own) for s, own in read]
    labels = _labels_said(root, ids, said)
    bare = [member for member, label in zip(ids, labels, strict=True) if not label]
    if bare and labels_required:
        what = f"{len(bare):,} samples have no label, such as {path_text(bare[0])!r}"
        raise DatasetError(what, root, _LABELS)
    dataset = dataset_with_columns(
        list(map(Entry, ids, labels, [s.split for s in samples], repeat(""), masks)),
        SampleColumns.of(by_name(facts)),
        name=name,
        root=root,
        findings=findings,
        reading=Reading(layout=LAYOUT, left_out=_kinds(findings)),
    )
    members = {path: (s.archive, s.image) for path, s in zip(ids, samples, strict=True)}
    members |= {path: (s.archive, s.mask) for path, s in zip(masks, samples, strict=True) if s.mask}
    return _with_members(dataset, [root / shard for shard in shards], members)


def _why_none(findings: Sequence[Finding]) -> str:
    """Reason that shards hold no sample."""
    loose = [finding.path for finding in findings if finding.kind == UNJUDGED]
    if not loose:
        return "holds no images"
    return f"holds no sample, but {counted(len(loose), 'image')} of none, such as {loose[0]}"


def _finding(shard: str, member: _Rest) -> Finding:
    """Finding on what is read of no sample.

    What systems leave behind is no image; nor are arrays beside an image, such as its embedding.
    """
    path = member.path
    beside = member.pictured and path.lower().endswith(_ARRAYS)
    left = any(rubbish(part, folder=False) == "system" for part in path.split("/"))
    may_be = claims_image(path) or claims_many(path)
    return Finding(
        kind=UNJUDGED if may_be and not left and not beside else "ignored",
        path=path_text(f"{shard}/{path}"),
        detail="no part of a sample",
    )


def _kinds(left_out: Sequence[Finding]) -> tuple[tuple[str, int], ...]:
    kinds = Counter(ending_of(finding.path) or "no ending" for finding in left_out)
    return tuple(sorted(kinds.items()))


def read_archive(path: Path, *, labels_required: bool) -> Dataset:
    """The dataset in one tar shard.

    Raises:
        DatasetError: As `read_archives`.
    """
    return read_archives(path.parent, [path.name], name=path.stem, labels_required=labels_required)


def _with_members(
    dataset: Dataset, files: Sequence[Path], members: Mapping[str, tuple[int, ArchiveFile]]
) -> Dataset:
    """The dataset with its images and masks where they lie in the shards."""
    assert isinstance(dataset.source, FileSource)  # no image has several masks
    own = [members[path] for path in dataset.source.paths]
    source = MemberSource(
        files=tuple(files),
        places=tuple((archive, member.start, member.size) for archive, member in own),
        names=dataset.source.names,
    )
    others = dataset.other_files
    others = None if others is None else replace(others, source=source)
    return replace(dataset, source=source, other_files=others)


def _parts(members: Iterable[ArchiveFile], archive: Path) -> dict[str, dict[str, ArchiveFile]]:
    """By sample its members by their endings.

    Raises:
        DatasetError: If two differ in upper and lower case alone.
    """
    parts: dict[str, dict[str, ArchiveFile]] = {}
    for member in members:
        folder, name = posixpath.split(member.path)
        key, _, ending = name.partition(".")
        part = parts.setdefault(posixpath.join(folder, key), {})
        if other := part.get(ending.lower()):
            names = f"{path_text(other.path)!r} and {path_text(member.path)!r}"
            what = f"holds {names}, which differ in upper and lower case alone"
            raise DatasetError(what, archive, "A training reads one of them: take the other out.")
        part[ending.lower()] = member
    return parts


def _samples(archive: Path, number: int, split: str) -> tuple[list[_Sample], list[_Rest]]:
    """The samples of one shard, and what is read of none."""
    members, odd = members_of(archive)
    rest = [_Rest(path=path) for path in odd]
    samples = []
    for key, part in _parts(members, archive).items():
        images = [end for end in part if f".{end}" in IMAGE_ENDINGS]
        if len(images) > 1:
            what = f"a sample has {len(images)} images: {path_text(key)!r}"
            raise DatasetError(what, archive, "Write a sample for each image.")
        masks = [end for end in part if images and _MASK.fullmatch(end)]
        mask = masks if len(masks) == 1 else []
        labels = tuple(part[end] for end in _OF_LABELS if end in part)
        rest += [
            _Rest(path=m.path, pictured=bool(images))
            for end, m in part.items()
            if not images or end not in {*images, *mask, *_OF_LABELS}
        ]
        samples += [
            _Sample(
                archive=number,
                image=part[end],
                mask=part[mask[0]] if mask else None,
                labels=labels,
                split=split,
            )
            for end in images
        ]
    return samples, rest


def _labels_said(
    root: Path, ids: Sequence[str], said: Sequence[Sequence[tuple[str, ...]]]
) -> list[tuple[str, ...]]:
    """Classes of each sample, empty without; a training may read either member of labels.

    Raises:
        DatasetError: If one class is not the other by another name, or a finer one.
    """
    pairs = {
        name: (SEPARATOR.join(own[0]), SEPARATOR.join(own[set(own[0]).isdisjoint(own[1])]))
        for name, own in zip(ids, said, strict=True)
        if len(own) == len(_OF_LABELS) and all(own)
    }
    if others := disagreeing(pairs):
        first = min(others)
        raise DatasetError(
            f"its .cls and .json do not agree on {len(others):,} of "
            f"{counted(len(pairs), 'sample')}: {path_text(first)} is "
            f"{path_text(pairs[first][0])!r} and {path_text(pairs[first][1])!r}",
            root,
            "Write one of them, or the same label in both.",
        )
    return [next(filter(None, of_sample), ()) for of_sample in said]


def _labels(
    root: Path, shard: str, sample: _Sample, findings: list[Finding], facts: dict[str, Any]
) -> list[tuple[str, ...]]:
    """Classes that each member of labels says; a .json that is not JSON is a finding beside .cls.

    What else a .json says is added to the facts.

    Raises:
        DatasetError: If a label cannot be read.
    """
    said: list[tuple[str, ...]] = []
    for member in sample.labels:
        is_json = member.path.lower().endswith(".json")
        read = labels_in_json if is_json else labels_in_text
        with (root / shard).open("rb") as file:
            content = bytes_at(file, member.start, min(member.size, LONGEST_JSON + 1))
        try:
            said.append(read(content))
            facts |= facts_in_json(content) if is_json else {}
        except ValueError as error:
            if not any(said) or isinstance(error, UnclearLabelError):
                what = f"{path_text(member.path)!r} is no label ({fault_of(error)})"
                raise DatasetError(what, root / shard, _LABELS) from error
            path = path_text(f"{shard}/{member.path}")
            detail = f"not JSON, and not compared with .cls: {fault_of(error)}"
            findings.append(Finding(kind="ignored", path=path, detail=detail))
    return said
