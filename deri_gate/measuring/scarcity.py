"""Classes of few images beside the others: too few to learn from, and to test with.

Balance is one number over all classes: of six it hardly falls when one of them loses nearly all of
its images.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import NO_LABEL, Finding
from deri_gate.measuring.shares import Share, not_looked_at
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from deri_gate.arrays import IntArray
    from deri_gate.data.dataset import Dataset

# Where all of 20 images are recognised, the recall may still be 86 % (95 % one-sided); of 10, 74 %.
FEW = 20
PART, TINY = 0.2, 0.01  # of the typical other class: far smaller; too few whatever their number
MISSING = 0.5  # of a class that is only named: a list of names may be longer than the data
EMPTY_CLASS = "empty_class"  # kind of the finding on a folder of a class that has no image
SEVERAL = 2  # images below which a class is a finding, whatever the others have


@dataclass(frozen=True, kw_only=True)
class ClassSize:
    """Size of one class beside the others.

    Attributes:
        label: The class.
        images: Number of its images.
        typical: Median number of images of the other classes that have any; 0 without others.
        elsewhere: Number of its images in the splits that are not judged.
    """

    label: str
    images: int
    typical: float
    elsewhere: int = 0

    @property
    def scarcity(self) -> float:
        """Shortage in number, or beside the others if that is less: 0 (enough) to 1 (none).

        Above 0 lie classes of fewer than 20 images, or 1 % of the typical other class, that have
        less than a fifth of it. Above 0.5 they have less than half of both.
        """
        if not self.typical:
            return 0.0
        most = 1.0 if self.images or self.elsewhere else MISSING
        return min(max(0.0, 1.0 - self.images / self.enough), most)

    @property
    def enough(self) -> float:
        """Number of images from which on the class is not scarce; 0 without others."""
        return min(max(FEW, TINY * self.typical), PART * self.typical)

    @property
    def sentence(self) -> str:
        """Number of images beside that of the others, for people."""
        seen = counted(self.images, "image") if self.images else "no image"
        asked = f", and {ceil(self.enough):,} are asked for" * (self.scarcity > 0)
        beside = f"; half of the other classes have {self.typical:,.0f} or more"
        other = f"; the other splits have {self.elsewhere:,}" * (
            not self.images and self.elsewhere > 0
        )
        said = f"has {seen} that could be read in this split{asked}"
        return f"{said}{beside * (self.typical > 0)}{other}"


@dataclass(frozen=True, kw_only=True)
class ClassSizes:
    """All classes beside each other, in their order."""

    classes: tuple[ClassSize, ...]

    @property
    def share(self) -> Share:
        """Scarcity of the scarcest class."""
        if not any(each_class.typical for each_class in self.classes):
            return not_looked_at("there is only one class")
        least = max(self.classes, key=lambda one: (one.scarcity, -one.images))
        told = f"class {least.label} {least.sentence}" if least.scarcity else ""
        return Share(value=least.scarcity, note=told)

    def findings(self) -> list[Finding]:
        """A finding for each class that is scarce, or has a single image at most."""
        return [
            Finding(kind="thin_class", path=each_class.label, detail=each_class.sentence)
            for each_class in self.classes
            if each_class.scarcity > 0 or each_class.images < SEVERAL
        ]


def class_sizes_of(dataset: Dataset, others: Dataset | None = None) -> ClassSizes:
    """Hold the number of images of each class against those of the other classes.

    A class folder without images is a class that the dataset names: it has none.

    Args:
        dataset: The images that could be read.
        others: Those of the other splits; None when there are none.
    """
    elsewhere = {} if others is None else others.class_counts()
    counts = {name: n for name, n in dataset.class_counts().items() if name != NO_LABEL}
    empty = (finding.path for finding in dataset.findings if finding.kind == EMPTY_CLASS)
    counts = dict.fromkeys((PurePosixPath(path).name for path in empty), 0) | counts
    sizes = np.sort(np.array([n for n in counts.values() if n], dtype=np.int64))
    return ClassSizes(
        classes=tuple(
            ClassSize(
                label=name,
                images=n,
                typical=_typical_other(sizes, n),
                elsewhere=elsewhere.get(name, 0),
            )
            for name, n in counts.items()
        )
    )


def _typical_other(sizes: IntArray, own: int) -> float:
    """Median of the ordered sizes without one that is the class's own; 0 where none is left."""
    count = len(sizes) - (own > 0)
    if not count:
        return 0.0
    skipped = int(np.searchsorted(sizes, own)) if own else len(sizes)
    middle = [sizes[i + (i >= skipped)] for i in ((count - 1) // 2, count // 2)]
    return float(np.mean(middle))
