"""Places of a picture that give a class away: where its images look as others hardly ever do.

A subject gives its class away, too; but it varies, so that how well a place tells the class rises
and falls smoothly over the picture. What was burnt in, or cut off, begins at a sharp line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.data.picture import THUMBNAIL

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

    Codes = npt.NDArray[np.uint8]

BINS = 128  # of a local feature's values
FEW, SOME = 0.01, 0.05  # shares of the other images that may be let through, freely and at all
DEAREST = 0.45  # what is taken off where as many as SOME are let through
ROUNDING = 1e-12
AT_ONCE = 2**23  # counts in memory at a time
WHOLE = 0.42  # Youden's J that half of the varied places reach where the whole tells the class
VARIED = 0.25  # spread of a place over the images, of that of the most varied: less is background


@dataclass(frozen=True, kw_only=True)
class _Feature:
    """Local feature of all images, as whole numbers from 0 to 127.

    Attributes:
        name: For people.
        codes: Shape (N, G, G).
        reach: Cells over which a sharp line is crossed.
        plain: Whether it is the brightness itself, not a difference to what lies beside.
        rises: Whether only high values can be a mark: a flat place is the lack of a subject.
    """

    name: str
    codes: Codes
    reach: int
    plain: bool = False
    rises: bool = False


@dataclass(frozen=True, kw_only=True)
class TellingPlace:
    """Place that gives one class away best.

    Attributes:
        strength: Share of the class's images that the place tells from all but one in a hundred
            of the others, less the share just beside the place and a margin; 0 to 1.
        feature: What is looked at there, for people.
        told: Share of the class's images told by it.
        heat: How well each cell tells the class, 0 to 1, shape (32, 32).
        cells: Those that belong to the place, shape (32, 32).
        shows: Which images look as hardly any other class does there, shape (N,).
        whole: Whether half of the picture tells the class as well, background left out, so that
            it is no single place.
    """

    strength: float
    feature: str
    told: float
    heat: FloatArray
    cells: BoolArray
    shows: BoolArray
    whole: bool


def best_places(thumbnails: Codes, chroma: Codes, own: BoolArray) -> list[TellingPlace]:
    """Find for each class the place that gives it away best.

    Args:
        thumbnails: Grey levels, shape (N, 32, 32).
        chroma: Colours, shape (N, 16, 16, 2).
        own: Whether an image is of a class, shape (N, K); no class holds none or all.
    """
    found = [_Best(mine, _varied(thumbnails[~mine])) for mine in own.T]
    for feature in _features(thumbnails, chroma):
        for one in found:
            above, below, informed = _told(feature, one.own)
            one.take(feature, above, informed=informed, upwards=True)
            if not feature.rises:
                one.take(feature, below, informed=informed, upwards=False)
    return [one.place() for one in found]


def surely(share: float, images: int) -> float:
    """Lower end of a share of so many images, 95 % one-sided (Wilson 1927): the best of many."""
    inside, z = min(1.0, max(0.0, share)), 1.645
    spread = z * np.sqrt(inside * (1 - inside) / images + (z / images) ** 2 / 4)
    return float(max(0.0, (inside + z * z / images / 2 - spread) / (1 + z * z / images)))


def cost_of(others: FloatArray, images: int) -> FloatArray:
    """Take this off where such a share of so many other images is let through.

    Of few images none may pass, and yet one in twenty would: their rate is taken from above.
    """
    rate = (others * images + 2) / (images + 2)
    return np.asarray(DEAREST * np.sqrt(np.clip((rate - FEW) / (SOME - FEW), 0, 1)))


def _varied(others: Codes) -> BoolArray:
    """True for places that vary over the other images, where they are no background."""
    spread = others.std(axis=0).ravel()
    return np.asarray(spread >= VARIED * spread.max())


class _Best:
    """Best place of one class so far."""

    def __init__(self, own: BoolArray, varied: BoolArray) -> None:
        self.own, self.varied = own, varied
        self.strength, self.feature = 0.0, ""
        self.map: FloatArray = np.zeros((THUMBNAIL, THUMBNAIL))
        self.heat: FloatArray = np.zeros((THUMBNAIL, THUMBNAIL))
        self.informed: FloatArray = np.zeros(1)
        self.values: IntArray = np.zeros(
            len(own), dtype=np.int64
        )  # at the best cell, higher: rarer

    def take(
        self, feature: _Feature, told: FloatArray, *, informed: FloatArray, upwards: bool
    ) -> None:
        strength = _step(told, feature.reach)
        if feature.plain:
            self.informed = informed
        fine = cv2.resize(told, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_NEAREST)
        self.heat = np.maximum(self.heat, fine)
        if strength > self.strength:
            self.strength, self.feature, self.map = strength, feature.name, fine
            codes = feature.codes.reshape(len(feature.codes), -1)[:, int(told.argmax())]
            self.values = codes.astype(np.int64) * (1 if upwards else -1)

    def place(self) -> TellingPlace:
        others = np.sort(self.values[~self.own])
        bound = others[len(others) - 1 - int(FEW * len(others))]
        return TellingPlace(
            strength=surely(self.strength, int(self.own.sum())),
            feature=self.feature,
            told=float(self.map.max()),
            heat=self.heat,
            cells=_around_the_best(self.map),
            shows=self.own & (self.values > bound),
            whole=bool(np.median(self.informed[self.varied]) >= WHOLE),
        )


def _around_the_best(told: FloatArray) -> BoolArray:
    """The best cell with its neighbours that tell half as much; none where no cell tells."""
    high = told >= max(0.5 * float(told.max()), 1e-9)
    if not high.any():
        return high
    _, labels = cv2.connectedComponents(high.astype(np.uint8), connectivity=8)
    return np.asarray(high & (labels == labels.flat[int(told.argmax())]))


def _step(told: FloatArray, reach: int) -> float:
    """The largest difference between two cells so far apart, along rows and columns."""
    return max(
        float(np.abs(along[:, reach:] - along[:, :-reach]).max()) for along in (told, told.T)
    )


def _told(feature: _Feature, own: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Share of the class told at each place by high values, and by low ones; and Youden's J."""
    side = feature.codes.shape[1]
    flat = feature.codes.reshape(len(own), -1)
    block = max(1, AT_ONCE // max(BINS, len(own)))
    found, images = [], int((~own).sum())
    for start in range(0, flat.shape[1], block):
        codes = flat[:, start : start + block]
        inside, others = _tails(codes[own]), _tails(codes[~own])
        informed = np.abs(inside - others).max(axis=1)
        high = _share_told(inside, others, images)
        found.append((high, _share_told(1 - inside, 1 - others, images), informed))
    above, below, informed = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return above.reshape(side, side), below.reshape(side, side), informed


def _tails(codes: Codes) -> FloatArray:
    """Share of the images above each bin's end, by place: (N, P) to (P, BINS)."""
    images, places = codes.shape
    keys = codes + BINS * np.arange(places, dtype=np.int32)
    counts = np.bincount(keys.ravel(), minlength=places * BINS).reshape(places, BINS)
    return np.asarray(1 - counts.cumsum(axis=1) / images)


def _share_told(inside: FloatArray, others: FloatArray, images: int) -> FloatArray:
    """The best share of the class beyond a bound that few of so many others pass, by place."""
    gain = inside - others - cost_of(others, images)
    return np.asarray(np.where(others <= SOME + ROUNDING, gain, 0.0).max(axis=1).clip(min=0.0))


def _features(thumbnails: Codes, chroma: Codes) -> Iterator[_Feature]:
    levels = thumbnails.astype(np.float32)
    yield _Feature(name="brightness", codes=thumbnails // np.uint8(2), reach=2, plain=True)
    across, down = np.zeros_like(levels), np.zeros_like(levels)
    across[:, :, 1:], down[:, 1:] = np.diff(levels, axis=2), np.diff(levels, axis=1)
    yield _Feature(name="a step in brightness", codes=_signed(across), reach=2)
    yield _Feature(name="a step in brightness", codes=_signed(down), reach=2)
    mean = _mean(levels, 3)
    spread = np.sqrt(np.maximum(_mean(levels * levels, 3) - mean * mean, 0))
    yield _Feature(name="texture", codes=_signed(spread), reach=2, rises=True)
    yield _Feature(name="brightness", codes=_signed(mean - _mean(levels, 9)), reach=2)
    for channel in (0, 1):
        colour = 2 * (chroma[..., channel].astype(np.float32) - 128)
        yield _Feature(name="colour", codes=_signed(colour - _mean(colour, 5)), reach=1)
    red = _mean(2 * (chroma[..., 0].astype(np.float32) - 128), 3)
    across, down = np.zeros_like(red), np.zeros_like(red)
    across[:, :, 2:], down[:, 2:] = red[:, :, 2:] - red[:, :, :-2], red[:, 2:] - red[:, :-2]
    yield _Feature(name="a step in colour", codes=_signed(across), reach=2)
    yield _Feature(name="a step in colour", codes=_signed(down), reach=2)


def _mean(values: FloatArray, side: int) -> FloatArray:
    """Mean over a square around each place, picture by picture."""
    means = [cv2.blur(one, (side, side), borderType=cv2.BORDER_REFLECT) for one in values]
    return np.asarray(means).reshape(values.shape)


def _signed(values: FloatArray) -> Codes:
    """Differences as 128 codes, finest near 0, where most lie."""
    root = np.sign(values) * np.sqrt(np.abs(values))
    return np.asarray(np.clip(np.round(64 + 3.9 * root), 0, BINS - 1), dtype=np.uint8)
