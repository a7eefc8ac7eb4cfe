"""Images that are odd among those of their class: damaged, or of something else."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.kept_oddities import kept_judged_looks
from deri_gate.measuring.off_topic import ANY_OTHER, EMBEDDED_ONE, SMALL, off_topic_images
from deri_gate.measuring.sizes import octaves_of, size_strata
from deri_gate.measuring.small_sets import small_set_note
from deri_gate.measuring.typical_damage import NAMED_DAMAGES
from deri_gate.metrics.profile import EMBEDDED
from deri_gate.runtime.figures import number, percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.measuring.damaged import DamagedImages
    from deri_gate.measuring.evidence import Evidence
    from deri_gate.measuring.looks import Looks, SeenLooks
    from deri_gate.metrics.base import Answer

MOST_SOURCES = 20  # values of a column of groups, up to which they are sources and not patients


@dataclass(frozen=True, kw_only=True)
class Oddities:
    """Looks of each image, and the odd ones among them.

    Attributes:
        seen: What was seen of each image.
        damaged: Which images look damaged, and how.
        outlier_score: Cosine distance to the farthest of the nearest images, as a multiple of what
            is usual in the class, shape (N,); None where no neighbours were looked for.
        off_topic: Positions of the images that resemble no other, farthest first.
        classes: Number of the class of each image, shape (N,).
    """

    seen: SeenLooks
    damaged: DamagedImages
    outlier_score: FloatArray | None
    off_topic: IntArray
    classes: IntArray

    @property
    def looks(self) -> Looks:
        """A number an image each."""
        return self.seen.looks

    def columns(self) -> dict[str, FloatArray]:
        """Columns of the table of images."""
        scores = {} if self.outlier_score is None else {"outlier_score": self.outlier_score}
        return asdict(self.looks) | scores

    def reasons(self) -> Iterator[tuple[int, str, str]]:
        """Each odd image: its position, the id of the reason, and the reason in words."""
        usual = cache(self._usual)  # many images of a class may look damaged
        for i in np.flatnonzero(self.damaged.kind >= 0).tolist():
            damage = NAMED_DAMAGES[self.damaged.kind[i]]
            value = getattr(self.looks, damage.column)[i]
            title, normal = damage.column.replace("_", " "), usual(damage.column, self.classes[i])
            told = percent if damage.column.endswith("_share") else partial(number, digits=3)
            words = f"{damage.words}: {title} {told(value)}, in its class {told(normal)}"
            yield i, damage.metric or damage.kind, words
        for i in self.off_topic.tolist():
            assert self.outlier_score is not None
            times = f"{self.outlier_score[i]:.1f} times as far from its nearest images as usual"
            yield i, "off_topic", f"resembles no other image: {times}"

    def _usual(self, column: str, label: int) -> float:
        """Median of a look over the images of a class."""
        return float(np.median(getattr(self.looks, column)[self.classes == label]))

    def without(self, accepted: frozenset[tuple[int, str]]) -> Oddities:
        """Leave out the oddities that a person has accepted.

        Args:
            accepted: Positions of images, each with the id of the reason.
        """
        reasons = [(damage.metric or damage.kind) for damage in NAMED_DAMAGES]
        kinds = [
            -1 if kind >= 0 and (i, reasons[kind]) in accepted else kind
            for i, kind in enumerate(self.damaged.kind.tolist())
        ]
        off_topic = [i for i in self.off_topic.tolist() if (i, "off_topic") not in accepted]
        return replace(
            self,
            damaged=replace(self.damaged, kind=np.array(kinds, dtype=np.int64)),
            off_topic=np.array(off_topic, dtype=np.int64),
        )

    def replaced(self, answers: Mapping[str, Answer]) -> dict[str, Answer]:
        """The answers, with the damaged images as suspects of the metrics that are about them."""
        metrics = {damage.metric for damage in NAMED_DAMAGES}
        note = small_set_note(len(self.damaged.kind))
        return {
            name: replace(answer, suspects=self.damaged.suspects(name), note=answer.note or note)
            if name in metrics
            else answer
            for name, answer in answers.items()
        }


def oddities_of(evidence: Evidence) -> Oddities:
    """Judge the looks of the images, and where they have neighbours, what they resemble.

    Args:
        evidence: The images; for this alone no neighbours are looked for.
    """
    dataset = evidence.dataset
    classes = np.array([label[0] if label else -1 for label in dataset.labels], dtype=np.int64)
    strata = [classes, *_sources(dataset), *size_strata(octaves_of(evidence.images), classes)]
    judged = kept_judged_looks(evidence.images, strata, evidence.context.store)
    scores, off_topic = None, np.empty(0, dtype=np.int64)
    if "neighbours" in evidence.wanted and len(dataset) > evidence.profile.neighbours:
        asked = EMBEDDED_ONE if evidence.profile.encoder == EMBEDDED else ANY_OTHER
        scores, off_topic = off_topic_images(
            evidence.embeddings, evidence.neighbours, classes, asked=asked
        )
    return Oddities(
        seen=judged.seen,
        damaged=judged.damaged,
        outlier_score=scores,
        off_topic=off_topic,
        classes=classes,
    )


def _sources(dataset: Dataset) -> Iterator[IntArray]:
    """Numbers of the sources of the images, such as scanners or sites; patients are none."""
    for column in dataset.group_columns:
        names, numbers = np.unique(np.array(column.values, dtype=str), return_inverse=True)
        if 1 < len(names) <= min(MOST_SOURCES, len(dataset) / SMALL):
            yield numbers.astype(np.int64)
