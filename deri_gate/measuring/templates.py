"""Classes that show one picture over and over: with noise, in other light, moved or turned.

Such a class is easy to tell, and nothing can be learnt from it. Neither separation nor the labels
say so, and near duplicates are looked for one by one, where edits add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import Finding
from deri_gate.data.sampling import spread_sample
from deri_gate.measuring.shares import Share, not_looked_at
from deri_gate.metrics.profile import EMBEDDED
from deri_gate.runtime.counts import counted
from deri_gate.runtime.figures import percent
from deri_gate.stats.membership import rows_by_class

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray
    from deri_gate.measuring.evidence import Evidence

LEAST = 10  # images of a class that is judged
MOST = 300  # of a class that are compared, evenly spread: the same share of any number
PART, FEWEST = 0.1, 5  # of the class that must look as an image does; at least so many
SAME = 0.93  # cosine; fundus images of 28 px, the most uniform honest ones, reach it in 6 of 100
TOLD = 0.35  # share of a class from which on it is a finding; the shipped limit on the whole


@dataclass(frozen=True, kw_only=True)
class TemplateClass:
    """One class, and how much of it shows one picture.

    Attributes:
        label: The class.
        images: Number of its images.
        share: Share of those compared that look as a tenth of the class does, 0 to 1.
    """

    label: str
    images: int
    share: float


@dataclass(frozen=True, kw_only=True)
class Templates:
    """All classes that are large enough, or why none was looked at.

    Attributes:
        judged: The classes, in their order.
        reason: Why nothing was looked at; empty where something was.
    """

    judged: tuple[TemplateClass, ...] = ()
    reason: str = ""

    @property
    def share(self) -> Share:
        """Share of the images of the judged classes that look as a tenth of their class does."""
        if self.reason:
            return not_looked_at(self.reason)
        total = sum(class_.images for class_ in self.judged)
        value = sum(class_.images * class_.share for class_ in self.judged) / total
        most = max(self.judged, key=lambda one: one.share)
        return Share(value=value, note=_sentence(most) if most.share else "")

    def findings(self) -> list[Finding]:
        """A finding for each class of which about a third or more shows one picture."""
        return [
            Finding(kind="template", path=class_.label, detail=_sentence(class_))
            for class_ in self.judged
            if class_.share >= TOLD
        ]


NOT_COMPARED = Templates(reason="no metric that compares looks was asked for")


def _sentence(one: TemplateClass) -> str:
    seen = f"{percent(one.share)} of {counted(one.images, 'image')}"
    return (
        f"class {one.label}: {seen} look like at least a tenth of the class each: check "
        "whether a few pictures are repeated (with noise, other light or a shift), or show nothing"
    )


def templates_of(evidence: Evidence) -> Templates:
    """Look for classes that show one picture.

    Args:
        evidence: The images; nothing is embedded for this alone.
    """
    if evidence.profile.encoder != EMBEDDED:
        return Templates(reason=f"known for the encoder {EMBEDDED} alone")
    if not len(evidence.dataset) or evidence.scan.embeddings is None:
        return NOT_COMPARED
    judged = []
    classes = zip(evidence.dataset.classes, rows_by_class(evidence.membership), strict=True)
    for label, rows in classes:
        members = np.sort(rows)
        if len(members) >= LEAST:
            share = repeated_share(evidence.embeddings[spread_sample(members, MOST)])
            judged.append(TemplateClass(label=label, images=len(members), share=share))
    reason = "" if judged else f"no class has {LEAST} images"
    return Templates(judged=tuple(judged), reason=reason)


def repeated_share(vectors: FloatArray) -> float:
    """Share of a class's images that look as a tenth of its others do.

    Args:
        vectors: Unit vectors, shape (N, d), N > `FEWEST`.

    Returns:
        0 to 1. A class of up to ten pictures, each repeated with noise, has 1.
    """
    others = max(FEWEST, round(PART * len(vectors)))
    alike = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    np.fill_diagonal(alike, -1.0)
    nearest = -np.partition(-alike, others - 1, axis=1)[:, others - 1]
    return float((nearest >= SAME).mean())
