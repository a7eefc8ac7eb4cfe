"""Findings and shares about a dataset as a whole and about its classes, beside the metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.measuring.class_looks import class_looks_of
from deri_gate.measuring.denied_labels import denied_share
from deri_gate.measuring.poor_images import poor_shares
from deri_gate.measuring.scarcity import class_sizes_of
from deri_gate.measuring.split_looks import split_look_of
from deri_gate.measuring.templates import templates_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.data.dataset import Finding
    from deri_gate.measuring.evidence import Evidence
    from deri_gate.measuring.shares import Share


@dataclass(frozen=True, kw_only=True)
class WholeSet:
    """Results that no single metric is about.

    Attributes:
        shares: Shares that a suite may limit, by name.
        findings: Classes that are small, repeated or told by light, and splits that look otherwise.
    """

    shares: Mapping[str, Share]
    findings: tuple[Finding, ...]


def whole_set_of(evidence: Evidence, others: Evidence | None = None) -> WholeSet:
    """Look at the classes beside each other, and at what most images have in common.

    Args:
        evidence: The images; nothing is embedded or fitted for this alone.
        others: The images of the other splits; None when there are none.
    """
    sizes = class_sizes_of(evidence.dataset, None if others is None else others.dataset)
    templates = templates_of(evidence)
    looks = class_looks_of(evidence.dataset, evidence.images, seed=evidence.profile.seed)
    split_look, splits = split_look_of(evidence, others)
    return WholeSet(
        shares={
            **poor_shares(evidence.images, evidence.profile, others),
            "template_share": templates.share,
            "denied_share": denied_share(evidence),
            "scarcity": sizes.share,
            "class_by_look": looks.share,
            "split_by_look": split_look,
        },
        findings=(*sizes.findings(), *templates.findings(), *looks.findings(), *splits),
    )
