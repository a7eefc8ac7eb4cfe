"""Classes of which whole pictures differ from all others in light or sharpness.

Such a class comes from other settings, another program or another source. What brightness and
colour a class has on average is mostly its subject. How far its levels reach, where they end, and
how fine its detail is hardly ever are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import Finding
from deri_gate.explain.properties import Property
from deri_gate.explain.shortcuts import classes_to_tell
from deri_gate.measuring.looks import ROUGH
from deri_gate.measuring.shares import Share, not_looked_at
from deri_gate.runtime.counts import counted
from deri_gate.runtime.figures import percent

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import IntArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.features.image_table import ImageTable

TOLD = 0.4  # strength from which on a class is a finding; the shipped limit is 0.55


@dataclass(frozen=True, kw_only=True)
class ClassLook:
    """Property of whole pictures that tells one class best, and how well.

    Attributes:
        label: The class.
        images: Number of its images that were looked at.
        what: The property, for people.
        strength: Share of the class's images that hardly any other image is like, 0 to 1.
    """

    label: str
    images: int
    what: str
    strength: float

    @property
    def sentence(self) -> str:
        """Property and share of the class that it tells, for people."""
        seen = f"{percent(self.strength)} of {counted(self.images, 'image')}"
        return f"{self.what} alone separates {seen} or more from all other classes"


@dataclass(frozen=True, kw_only=True)
class ClassLooks:
    """The strongest property of each class, or why nothing was looked at.

    Attributes:
        judged: The classes that have images enough, in their order.
        reason: Why nothing was looked at; empty where something was.
    """

    judged: tuple[ClassLook, ...] = ()
    reason: str = ""

    @property
    def share(self) -> Share:
        """Strength of the class that is told best."""
        if self.reason:
            return not_looked_at(self.reason)
        best = max(self.judged, key=lambda one: one.strength)
        told = f"class {best.label}: {best.sentence}" if best.strength else ""
        return Share(value=best.strength, note=told)

    def findings(self) -> list[Finding]:
        """A finding for each class that is told."""
        return [
            Finding(kind="class_look", path=class_.label, detail=class_.sentence)
            for class_ in self.judged
            if class_.strength >= TOLD
        ]


def class_looks_of(dataset: Dataset, table: ImageTable, *, seed: int) -> ClassLooks:
    """Look for classes that light or sharpness of whole pictures tells from all others.

    Args:
        dataset: The images that could be read.
        table: A row for each of them.
        seed: Seed of the sample, where there are more images than are looked at.
    """
    sample, member, judged = classes_to_tell(dataset, seed=seed)
    if not judged:
        return ClassLooks(reason="no class and the rest of the images are enough to tell")
    properties = look_properties(
        table.thumbnails[sample], table.span[sample], table.appearance[sample]
    )
    looks = []
    for k in judged:
        own = member[:, k]
        best = max(
            ((prop.strength(own), prop.name) for prop in properties), key=lambda pair: pair[0]
        )
        looks.append(
            ClassLook(
                label=dataset.classes[k], images=int(own.sum()), what=best[1], strength=best[0]
            )
        )
    return ClassLooks(judged=tuple(looks))


def look_properties(
    thumbnails: npt.NDArray[np.uint8], span: IntArray, appearance: npt.NDArray[np.void]
) -> list[Property]:
    """Reach of the levels, where they end, and how fine the detail is.

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        span: Levels from the darkest pixel to the brightest, shape (N,).
        appearance: Columns as `Appearance` has them, shape (N,).
    """
    levels = thumbnails.reshape(len(thumbnails), -1)
    detail = np.log(appearance["detail"][:, :2].astype(np.float64) + ROUGH)
    return [
        Property(name="range of grey levels", values=span),
        Property(name="darkest level", values=levels.min(axis=1).astype(np.int64)),
        Property(name="brightest level", values=levels.max(axis=1).astype(np.int64)),
        Property(name="sharpness", values=detail[:, 0] - detail[:, 1]),
    ]
