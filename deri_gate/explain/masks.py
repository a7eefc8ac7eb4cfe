"""Agreement of explanations with masks in which a person marked the object."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate import explain
from deri_gate.data.dataset import Finding
from deri_gate.data.masks import foreground, is_picture, same_aspect
from deri_gate.errors import UnreadableImageError
from deri_gate.explain.kept_figures import kept_figures, mean_over_networks
from deri_gate.metrics.records import SampleFigures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.explain.probe import Explainer, ImageToExplain
    from deri_gate.features.image_table import ImageTable
    from deri_gate.runtime.store import Store

AT_ONCE = 16  # images explained and kept at a time
VERSION = 1  # raised whenever the same image, mask and network would give other figures
FIGURES = ("rank_accuracy", "mass_accuracy", "positive_ratio", "area")
ALL_ALIKE = 2  # images of a class from which on one finding stands for the whole class
KIND = "mask"  # of findings


MASK_ROWS = {
    "mask_rank_accuracy": "rank_accuracy",
    "mask_mass_accuracy": "mass_accuracy",
    "mask_positive_ratio": "positive_ratio",
}  # and the figure of each; higher is better, 0 to 1


@dataclass(frozen=True, kw_only=True)
class MaskExplanations(SampleFigures):
    """Explanations against masks; NaN where the map carries no information.

    Attributes:
        masked: How many of the explained images have a mask; some masks say nothing.
        rank_accuracy: Relevance Rank Accuracy, 0 to 1, shape (M,).
        mass_accuracy: Relevance Mass Accuracy, likewise.
        positive_ratio: Positive Attribution Ratio; the same number where no map has negative
            values, as Grad-CAM's have none.
        area: Share of the image inside the mask: what each of the three is by chance.
        findings: Masks that could not be used, and why.
    """

    masked: int
    rank_accuracy: FloatArray
    mass_accuracy: FloatArray
    positive_ratio: FloatArray
    area: FloatArray
    findings: tuple[Finding, ...]

    @property
    def judged(self) -> BoolArray:
        """True where one of `positions` has figures, shape (M,)."""
        return np.isfinite(self.rank_accuracy)


@dataclass(frozen=True, kw_only=True)
class _Marked:
    """An image to explain with its mask."""

    image: ImageToExplain
    mask: str  # content of the mask file
    inside: BoolArray

    @property
    def key(self) -> str:
        return f"{self.image.name}-{self.mask}"


def mask_explanations_of(
    sample: Sequence[ImageToExplain],
    *,
    dataset: Dataset,
    table: ImageTable,
    explainers: Sequence[Explainer],
    store: Store,
) -> MaskExplanations | None:
    """Hold the explanations of a sample against its masks, averaged over the explainers.

    None where no image of the sample has one.

    A mask may be of another size than its image, of the same aspect ratio to a pixel: it is
    brought to the size of the network's input by the nearest pixel. What is empty, covers the
    whole image, is a picture, is of another aspect ratio or cannot be read is a finding and not
    scored.

    Args:
        sample: What was explained; images without a mask are left out.
        dataset: Where the masks are.
        table: Sizes of its images.
        explainers: Whose maps to judge; of a degenerate map there is nothing to average.
        store: Where figures are kept.
    """
    masks = dataset.masks
    having = [] if masks is None else [image for image in sample if masks[image.position] >= 0]
    if not having:
        return None
    usable: list[_Marked] = []
    problems: dict[tuple[int, str], list[str]] = defaultdict(list)
    for one in having:
        size = (int(table.height[one.position]), int(table.width[one.position]))
        read = _read(dataset, one, size)
        if isinstance(read, str):
            problems[one.target, read].append(dataset.ids[one.position])
        else:
            usable.append(read)
    counts = np.bincount([one.target for one in having], minlength=len(dataset.classes))
    figures = np.array([_figures(usable, explainer, store) for explainer in explainers])
    columns = dict(zip(FIGURES, mean_over_networks(figures).T, strict=True))
    return MaskExplanations(
        images=len(dataset),
        masked=len(having),
        positions=np.array([marked.image.position for marked in usable], dtype=np.int64),
        findings=tuple(_findings(problems, counts, dataset.classes)),
        **columns,
    )


def _read(dataset: Dataset, one: ImageToExplain, size: tuple[int, int]) -> _Marked | str:
    """The image with its mask, or what is wrong with that."""
    assert dataset.masks is not None
    try:
        content = dataset.source.load(int(dataset.masks[one.position]))
        picture = content.decode()
    except UnreadableImageError as error:
        return f"the mask cannot be read: {error.what}"
    height, width = picture.shape[:2]
    if not same_aspect((height, width), size):
        return f"the mask of {width} x {height} px does not fit the image of {size[1]} x {size[0]}"
    if is_picture(picture):
        return "the mask is a picture"
    inside = foreground(picture, picture)
    if not inside.any():
        return "the mask is empty"
    if inside.all():
        return "the mask covers the whole image"
    return _Marked(image=one, mask=content.key, inside=inside)


def _figures(marked: Sequence[_Marked], explainer: Explainer, store: Store) -> FloatArray:
    """A row an image, columns as `FIGURES`; known ones from the store."""
    return kept_figures(
        marked,
        lambda one: one.key,
        lambda some: _agreement(some, explainer),
        kind=f"mask-explanation-{VERSION}-{explainer.identity}",
        width=len(FIGURES),
        store=store,
        at_once=AT_ONCE,
    )


def _agreement(marked: Sequence[_Marked], explainer: Explainer) -> FloatArray:
    agreement = explain.mask_figures.agreement(
        explainer,
        [explained.image.picture for explained in marked],
        [explained.image.target for explained in marked],
        [image.inside for image in marked],
    )
    return np.stack([getattr(agreement, name) for name in FIGURES], axis=1)


def _findings(
    problems: dict[tuple[int, str], list[str]], counts: IntArray, classes: Sequence[str]
) -> list[Finding]:
    """One an image, or one for a class all of whose masks have the same flaw."""
    findings = []
    for (target, what), ids in sorted(problems.items()):
        if ALL_ALIKE <= len(ids) == counts[target]:
            detail = f"of all {len(ids)} explained images of this class {what}: not scored"
            findings.append(Finding(kind=KIND, path=classes[target], detail=detail))
        else:
            findings += [
                Finding(kind=KIND, path=name, detail=f"{what}: not scored") for name in ids
            ]
    return findings
