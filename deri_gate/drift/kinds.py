"""Drift features in words: title, unit, the smallest effect that counts, and its direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.metrics.catalogue import BUILT_IN

if TYPE_CHECKING:
    from deri_gate.metrics.base import Metric

RANKS = "share of pairs in which the batch has more, minus those in which it has less; -1 to 1"
WRONG = "share of labels that, if wrong, would explain it; batch minus baseline, -1 to 1"
SIGNED = (RANKS, WRONG)
SHARES = "share of the images that would have to be of another kind, 0 to 1"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Description of a drift feature for people, and the reading of its effect."""

    title: str
    unit: str
    smallest: float  # effect below which it is a trifle
    more: str  # the batch, when its effect is above 0
    less: str = ""  # and below; "" where there is no direction
    scale: str = ""  # behind the effect in a sentence; "" for that of `unit`

    @property
    def scale_text(self) -> str:
        """Unit of the effect, or between what it lies, as it follows the number."""
        return self.scale or ("on a scale of " + ("-1" if self.unit in SIGNED else "0") + " to 1")


def _ranked(title: str, more: str, less: str) -> Kind:
    return Kind(title=title, unit=RANKS, smallest=0.1, more=more, less=less)


def _shared(title: str, more: str, smallest: float = 0.02) -> Kind:
    return Kind(title=title, unit=SHARES, smallest=smallest, more=more)


MORE_AND_LESS = {  # of a metric of the pixels, in the words of people
    "sharpness": (
        "has stronger edges: it is sharper, or brighter",
        "has weaker edges: it is blurrier, or darker",
    ),
    "noise_artifacts": (  # it may be too faint to be seen, so nothing is said of looks
        "has more grain or stronger steps between blocks",
        "has less grain or weaker steps between blocks",
    ),
    "exposure": ("is worse exposed", "is exposed better"),
    "resolution": ("has a higher resolution", "has a lower resolution"),
}


def _of_pixels(metric: Metric) -> Kind:
    title = metric.title.lower()
    more, less = MORE_AND_LESS.get(
        metric.name, (f"has higher values of {title}", f"has lower values of {title}")
    )
    return _ranked(metric.title, more, less)


KINDS = {
    "embedding": Kind(
        title="Looks (embedding)",
        unit="distance of the means in spreads of all images, 0 upwards",
        smallest=0.05,
        more="looks different",
        scale="spreads of all images",
    ),
    "intensity": Kind(
        title="Grey levels",
        unit="grey levels by which the mean histogram moved, 0 to 255",
        smallest=1.0,
        more="has other grey levels",
        scale="grey levels",
    ),
    "colour": Kind(
        title="Colours",
        unit="grey levels by which red and blue moved in the mean histograms, 0 to 128",
        smallest=1.0,
        more="has other colours",
        scale="grey levels",
    ),
    "orientation": Kind(
        title="Orientation",
        unit="distance of the means in spreads of all images, 0 upwards",
        smallest=0.05,
        more="is laid out differently: its edges run in other directions",
        scale="spreads of all images",
    ),
    **{metric.name: _of_pixels(metric) for metric in BUILT_IN if metric.of_image is not None},
    "size": _ranked("Size in pixels", "has larger images", "has smaller images"),
    "shape": _ranked("Aspect ratio", "has wider images", "has taller images"),
    "channels": _shared("Grey or colour", "has another mix of grey and colour images"),
    "format": _shared("File type", "has other file types"),
    "classes": _shared("Class frequencies", "has other class frequencies", smallest=0.03),
    "label_noise": Kind(
        title="Labels compared with similar images of the baseline",
        unit=WRONG,
        smallest=0.01,
        more="has labels that agree less with similar images",
        less="has labels that agree more with similar images",
    ),
}
