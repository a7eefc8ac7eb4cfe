"""Shares of a dataset that a suite may limit, each with a value or a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.data.dataset import UNJUDGED
from deri_gate.measuring.second_shots import SECOND_SHOT
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.data.dataset import Finding
    from deri_gate.measuring.evidence import Evidence

LEAKED = ("leaked_images", "leaked_copies", "leaked_groups", "leaked_patients")
SHARES = (
    "unreadable_share",
    "unusable_masks",
    "unjudged_share",
    "ignored_share",
    "exact_copies",
    "conflicting_copies",
    "contradictions",
    "likely_contradictions",
    "ambiguous_names",
    "missing_labels",
    "private_share",
    "traced_share",
    "narrow_share",
    "constant_share",
    "uniform_share",
    "faint_share",
    "hollow_share",
    "grainy_share",
    "divided_share",
    "template_share",
    "denied_share",
    "denied_elsewhere",
    "scarcity",
    "shortcut",
    "confounding",
    "class_by_look",
    "class_by_file",
    "class_by_metadata",
    "split_by_metadata",
    "split_by_look",
    *LEAKED,
)
COUNTS = ("ambiguous_names",)  # whose values are numbers of names, not shares
OF_IMAGES = {
    "contradictions": "contradiction",
    "likely_contradictions": "likely_contradiction",
    "narrow_share": "narrow_range",
    "constant_share": "constant",
    "uniform_share": "uniform",
}  # the finding that each of these shares counts images of


ACCEPTED = "accepted"  # kind of the finding on cases that a person has accepted
UNREADABLE = "unreadable"  # kind of the finding on a file that should be an image
UNUSABLE_MASK = "unusable_mask"  # kind of the finding on an image whose mask can be none
DIVIDED = "divided"  # kind of the finding on images that look damaged as many of their class do
_OF_ONE_IMAGE = frozenset({*OF_IMAGES.values(), DIVIDED, SECOND_SHOT, UNUSABLE_MASK})


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share or count, or why nothing was looked at: the two are never mixed up.

    Attributes:
        value: 0 to 1, or a count; None when nothing was looked at.
        reason: Why there is no value; empty when there is one.
        note: What else to know, such as that only some of the images could be looked at.
        of_tags: True if only headers and tags of files say anything, or would if there were any.
            Whoever takes these out of the files, as for privacy, takes the fault out as well.
        columns: Columns of the dataset that were looked at.
        told_by: The one of these that tells most; "" if none does.
    """

    value: float | None
    reason: str = ""
    note: str = ""
    of_tags: bool = False
    columns: tuple[str, ...] = ()
    told_by: str = ""

    def __post_init__(self) -> None:
        if (self.value is None) is not bool(self.reason):
            msg = f"a share has a value or a reason, not {self.value!r} and {self.reason!r}"
            raise ValueError(msg)


def not_looked_at(reason: str, *, of_tags: bool = False) -> Share:
    """Return a share without a value."""
    return Share(value=None, reason=reason, of_tags=of_tags)


def said_of_images(findings: Sequence[Finding]) -> Iterator[tuple[str, str, str]]:
    """Path, kind and words of each image that a finding is about: of two, both.

    Where two images do not agree, the one that comes first may be the wrong one. It is named once,
    however many others do not agree with it, and shares do not count it.

    Args:
        findings: Findings of any kind.
    """
    told = [f for f in findings if f.kind in _OF_ONE_IMAGE]
    yield from ((f.path, f.kind, f.detail) for f in told)
    seen = {(f.path, f.kind) for f in told}
    for f in told:
        if f.other and (f.other, f.kind) not in seen:
            seen.add((f.other, f.kind))
            yield f.other, f.kind, f"{f.path} is {f.detail}"


def shares_of_findings(findings: Sequence[Finding], images: int) -> dict[str, Share]:
    """Shares that follow from the findings alone.

    Args:
        findings: All of the dataset, of every split.
        images: Number of images of every split, unreadable ones included.
    """
    shares = {
        name: Share(value=_share(len({f.path for f in findings if f.kind == kind}), images))
        for name, kind in OF_IMAGES.items()
    }
    missing = len({f.path for f in findings if f.kind == "missing_label"})  # these were left out
    shares["missing_labels"] = Share(value=_share(missing, images + missing))
    unjudged = _images_of(findings, UNJUDGED)
    ignored = len({f.path for f in findings if f.kind == "ignored"})
    spelled = len({f.path for f in findings if f.kind == "spelling"})
    shares["unjudged_share"] = Share(value=_share(unjudged, images + unjudged))
    shares["ignored_share"] = Share(value=_share(ignored, images + ignored))
    shares["ambiguous_names"] = Share(value=float(spelled))
    return shares


def private_share(findings: Sequence[Finding], images: int, headers: int) -> Share:
    """Share of the images in whose DICOM header a person is named.

    Args:
        findings: Findings of the reader on these headers; tags of photos are found later.
        images: Number of images of every split, unreadable ones included.
        headers: Number of files whose header was read for names of patients.
    """
    if not headers:
        why = "no DICOM header was read; tags of photos count in traced_share"
        return not_looked_at(why, of_tags=True)
    named = len({f.path for f in findings if f.kind == "privacy"})
    some = f"looked for in the DICOM headers of {headers:,} of {images:,} images"
    note = some if headers < images else ""
    return Share(value=_share(named, images), note=note, of_tags=True)


def unreadable_share(judged: Evidence, others: Evidence | None) -> Share:
    """Share of the images that could not be read: of the judged ones or of the others, if larger.

    Neither may hide behind many of the other kind: in no split was a broken image looked at.

    Args:
        judged: The images that are judged.
        others: The images of the other splits; None when there are none.
    """
    whole = judged.whole
    known = {*whole.ids, *(() if others is None else others.whole.ids)}
    # Images that the reader could not even list, such as links that lead out.
    lost = _images_of([f for f in whole.findings if f.path not in known], UNREADABLE)
    own = _share(lost + _unread(judged), len(whole) + lost)
    if others is None or (theirs := _share(_unread(others), len(others.whole))) <= own:
        return Share(value=own)
    note = f"of the other splits, {_unread(others):,} of {counted(len(others.whole), 'image')}"
    return Share(value=theirs, note=note)


def _unread(evidence: Evidence) -> int:
    return int((~evidence.scan.readable).sum())


def _images_of(findings: Sequence[Finding], kind: str) -> int:
    """Number of images that findings are about; two of them on one file may mean the same ones."""
    found: dict[str, int] = {}
    for f in findings:
        if f.kind == kind:
            found[f.path] = max(found.get(f.path, 0), f.images)
    return sum(found.values())


def _share(count: int, of: int) -> float:
    return min(1.0, count / of) if of else 0.0
