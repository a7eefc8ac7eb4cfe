"""Findings of a measurement, in the order in which reports list them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.apart import apart_findings
from deri_gate.measuring.copies import contradiction_findings
from deri_gate.measuring.divided import divided_findings
from deri_gate.measuring.edited_copies import edited_contradiction_findings
from deri_gate.measuring.giving_away import shortcut_findings
from deri_gate.measuring.levels_used import level_findings
from deri_gate.measuring.loaders import loader_findings
from deri_gate.measuring.looks import SeenLooks
from deri_gate.measuring.other_patients import other_patient_findings
from deri_gate.measuring.other_splits import rows_by_split
from deri_gate.measuring.second_shots import second_shot_findings
from deri_gate.measuring.sources import Sources
from deri_gate.measuring.traced import trace_findings
from deri_gate.measuring.uniform import uniform_findings
from deri_gate.measuring.unusable_masks import mask_findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deri_gate.data.dataset import Dataset, Finding
    from deri_gate.explain.masks import MaskExplanations
    from deri_gate.features.image_table import ImageTable
    from deri_gate.measuring.copies import Images
    from deri_gate.measuring.evidence import Evidence
    from deri_gate.measuring.whole_set import WholeSet
    from deri_gate.metrics.base import Answer


def noticed_in(
    evidence: Evidence,
    *,
    answers: Mapping[str, Answer],
    seen: SeenLooks,
    whole_set: WholeSet,
    masks: MaskExplanations | None,
    beside: Evidence | None,
    everywhere: Images,
) -> tuple[Finding, ...]:
    """List what the reader and the pass noticed.

    Args:
        evidence: The images that are judged.
        answers: The metrics that were measured, by name.
        seen: What was seen of each image.
        whole_set: What no single metric is about.
        masks: Explanations against masks; None when nothing was explained, or has a mask.
        beside: The images of the other splits; None when there are none.
        everywhere: The images of all splits, as far as copies go.
    """
    others = () if beside is None else (*beside.scan.findings, *trace_findings(beside))
    return (
        *evidence.whole.findings,
        *evidence.scan.findings,
        *whole_set.findings,
        *_alike_or_empty(evidence, beside),
        *loader_findings(*filter(None, (evidence, beside))),
        *other_patient_findings(*filter(None, (evidence, beside))),
        *divided_findings((evidence.dataset, evidence.images, seen), *_beside(beside)),
        *trace_findings(evidence),
        *others,
        *contradiction_findings(everywhere),
        *edited_contradiction_findings(everywhere),
        *second_shot_findings(everywhere),
        *shortcut_findings(evidence, answers),
        *apart_findings(evidence),
        *Sources(evidence=evidence, others=beside).findings(),
        *mask_findings(masks, *filter(None, (evidence, beside))),
    )


def _alike_or_empty(evidence: Evidence, beside: Evidence | None) -> Iterator[Finding]:
    """Findings on pixels and files that need no other split to tell, of every split by itself."""
    sides = [(evidence, np.ones(len(evidence.dataset), dtype=bool))]
    sides += [(beside, rows) for rows in rows_by_split(beside).values() if beside]
    for side, rows in sides:
        yield from level_findings(side.dataset.ids, side.images, rows)
    for side, rows in sides:
        yield from uniform_findings(side.dataset.ids, side.images, rows)


def _beside(others: Evidence | None) -> Iterator[tuple[Dataset, ImageTable, SeenLooks]]:
    if others is not None:
        yield others.dataset, others.images, SeenLooks.of(others.images)
