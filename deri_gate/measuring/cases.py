"""Suspects of a measurement as cases for a person, and the measurement without accepted ones."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import Finding
from deri_gate.data.inventory import content_of
from deri_gate.measuring.copies import contradiction_findings
from deri_gate.measuring.decisions import ReviewCase, settled_for
from deri_gate.measuring.edited_copies import edited_contradiction_findings
from deri_gate.measuring.shares import ACCEPTED, UNREADABLE, UNUSABLE_MASK, said_of_images
from deri_gate.runtime.counts import counted
from deri_gate.runtime.figures import number
from deri_gate.runtime.hashing import json_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deri_gate.measuring.measure import Measured
    from deri_gate.metrics.base import Answer

# An accepted label is no accepted image: with another label it is another case.
OF_PAIRS = ("contradiction", "likely_contradiction")
ABOUT_LABELS = ("label_noise", *OF_PAIRS)
ABOUT_FILES = ("duplicates",)  # a further copy of an accepted one is another case


class ImageContents:
    """Contents of the images of all splits, to which decisions are tied."""

    def __init__(self, measured: Measured) -> None:
        """Take the images, and the files that should be one and cannot be read.

        Args:
            measured: The measurement.
        """
        sides = [measured.evidence, *filter(None, (measured.others,))]
        self._known = {
            name: (key, tuple(side.dataset.classes[c] for c in label))
            for side in sides
            for name, key, label in zip(
                side.ids, side.images.keys, side.dataset.labels, strict=True
            )
        }
        self._broken = {
            side.whole.ids[i]: content_of(side.whole.source, int(side.whole.rows[i]))
            for side in sides
            for i in np.flatnonzero(~side.scan.readable).tolist()
        }
        self._masks = {
            name: (side.dataset.source, row)
            for side in sides
            if side.dataset.masks is not None
            for name, row in zip(side.ids, side.dataset.masks.tolist(), strict=True)
            if row >= 0
        }

    def of(self, path: str, reason: str) -> str | None:
        """Content that a decision is tied to; None where there is no such image."""
        if reason == UNREADABLE:
            return self._broken.get(path)
        if path not in self._known:
            return None
        key, labels = self._known[path]
        if reason in ABOUT_FILES:
            return json_digest([key, path])
        if reason == UNUSABLE_MASK:  # an accepted mask is no accepted image
            mask = self._masks.get(path)
            return None if mask is None else json_digest([key, content_of(*mask)])
        return json_digest([key, *labels]) if reason in ABOUT_LABELS else key

    def present(self, cases: Iterable[ReviewCase]) -> list[ReviewCase]:
        """Cases on content that is there: at their path, or for acceptances anywhere.

        Args:
            cases: Cases of the list.
        """
        every = list(cases)
        accepted = {case.key for case in every if case.decision == "accept"}
        held = {(self.of(path, reason), reason) for path, reason in self.accepted(accepted)}
        return [
            case
            for case in every
            if self.of(case.path, case.reason) == case.content
            or (case.decision == "accept" and case.key in held)
        ]

    def accepted(self, keys: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """Path and reason of each image here of which one of these cases is accepted.

        Args:
            keys: Content and reason of each accepted case.
        """
        by_reason = defaultdict[str, set[str]](set)
        for content, reason in keys:
            by_reason[reason].add(content)
        for reason, contents in by_reason.items():
            for path in self._known:
                if self.of(path, reason) in contents:
                    yield path, reason


def cases_of(measured: Measured) -> list[ReviewCase]:
    """Every suspect of a measurement, each reason a case.

    Args:
        measured: The measurement.
    """
    ids, metrics = measured.evidence.ids, measured.evidence.profile.definitions_of
    review_cases = [
        (ids[i], name, _said(measured, name, answer, i))
        for name, answer in measured.answers.items()
        for i in answer.suspects.tolist()
    ]
    odd = [
        (ids[i], name, ("", words))
        for i, name, words in measured.oddities.reasons()
        if name not in metrics
    ]
    told = [(path, kind, ("", words)) for path, kind, words in said_of_images(measured.findings)]
    told += [
        (f.path, UNREADABLE, ("", f.detail)) for f in measured.findings if f.kind == UNREADABLE
    ]
    contents, cases = ImageContents(measured), dict[tuple[str, str], ReviewCase]()
    for path, reason, (score, suggestion) in (*review_cases, *odd, *told):
        content = contents.of(path, reason)
        if content is not None and (path, reason) not in cases:
            cases[path, reason] = ReviewCase(
                path=path, reason=reason, score=score, suggestion=suggestion, content=content
            )
    return list(cases.values())


def _said(measured: Measured, name: str, answer: Answer, i: int) -> tuple[str, str]:
    """Score and suggestion of a suspect."""
    score = "" if answer.per_image is None else number(float(answer.per_image[i]), 3)
    if name == "label_noise" and measured.evidence.profile.definitions == "standard":
        evidence = measured.evidence
        return score, evidence.dataset.classes[evidence.label_evidence.suggested[i]]
    return score, "drop" if name == "duplicates" else ""


def without_accepted(measured: Measured, keys: Iterable[tuple[str, str]]) -> Measured:
    """The measurement without the suspects and findings that a person has accepted.

    The values of metrics stay, as pools were measured with them. Findings go, and with them what
    shares count of them; shares of copies count no accepted copy. A finding says how many cases
    were accepted.

    Args:
        measured: The measurement.
        keys: Content and reason of each accepted case.
    """
    contents, ids = ImageContents(measured), measured.evidence.ids
    here = frozenset(contents.accepted(keys))
    if not here:
        return measured
    answers = {name: _less(name, answer, ids, here) for name, answer in measured.answers.items()}
    place = {name: i for i, name in enumerate(ids)}
    odd = frozenset((place[path], reason) for path, reason in here if path in place)
    cases = len({(contents.of(path, reason), reason) for path, reason in here})
    return replace(
        measured,
        answers=answers,
        oddities=measured.oddities.without(odd),
        # The note is first: long lists are cut at their end.
        findings=(_note(measured, cases), *_findings_left(measured, here)),
        accepted=here,
    )


def _findings_left(measured: Measured, here: frozenset[tuple[str, str]]) -> Iterator[Finding]:
    """Findings that are not accepted; those on two images are made anew, as one may be open."""
    images = measured.everywhere or measured.evidence.pictures
    settled = {kind: settled_for(here, kind) for kind in OF_PAIRS}
    left = [
        *contradiction_findings(images, settled["contradiction"]),
        *edited_contradiction_findings(images, settled),
    ]
    for finding in measured.findings:
        if finding.kind in OF_PAIRS:
            yield from (replace(f, other="") if (f.other, f.kind) in here else f for f in left)
            left = []
        elif (finding.path, finding.kind) not in here:
            yield finding


def _less(
    name: str, answer: Answer, ids: tuple[str, ...], accepted: frozenset[tuple[str, str]]
) -> Answer:
    stays = np.array([(ids[i], name) not in accepted for i in answer.suspects], dtype=bool)
    return answer if stays.all() else replace(answer, suspects=answer.suspects[stays])


def _note(measured: Measured, count: int) -> Finding:
    said = f"{counted(count, 'case')} accepted by a person no longer counted; see the list of cases"
    return Finding(kind=ACCEPTED, path=measured.evidence.whole.name, detail=said)
