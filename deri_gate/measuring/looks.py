"""Looks of each picture in numbers, for the table of images and to find damaged ones."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.boxes import box_shares
from deri_gate.measuring.colour_ratios import NO_COLOUR, are_coloured, colour_ratios
from deri_gate.measuring.corners import corner_shades
from deri_gate.measuring.frames import RINGING, border_shares, straight_shares, straightness
from deri_gate.measuring.signs import SIGNS, signs_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.features.image_table import ImageTable

# Share of the detail of the next coarser scale from which on the own scale, and half of it, show
# something: photographs that were enlarged twice and four times have just less.
PRESENT = (0.7, 0.6)
ROUGH = 0.3  # grey levels added to detail and noise before logarithms: rounding makes as much
OF_NORMAL = 0.6745  # median size of normal numbers, in standard deviations
AT_ONCE = 4096  # small pictures that are worked on at once
ENDS = 0.05  # of a picture: what is darker, and lighter, does not count as its darkest level
# Measures that damage leaves traces in, and the unit of each in which traces are written.
MEASURES = {
    "shadows": 0.15,  # log of brightness
    "lights": 0.15,  # log of what is missing to white
    "contrast": 0.15,  # log
    "colourfulness": 0.3,  # log
    "noise": 0.3,  # log
    "blocks": 0.15,  # log
    "detail_1": 0.3,  # log, at the picture's own scale
    "detail_2": 0.3,  # log, at half of it
    "detail_4": 0.3,  # log, at a quarter
    "border_share": 0.1,
    "flat_share": 0.1,
    "black_share": 0.1,
    "white_share": 0.1,
    "straight_share": 0.1,
    "darkest": 0.3,  # log of the level that a twentieth of the picture is below
    "lightest": 0.3,  # log of what the level that a twentieth is above misses to white
    "compression": 0.15,  # log
    "lines": 0.3,  # log
    "red_tint": 0.08,
    "blue_tint": 0.08,
}
# Measures that change places when levels are inverted; the others stay as they are.
PLACES = (("shadows", "lights"), ("black_share", "white_share"), ("darkest", "lightest"))
INVERSES = dict(PLACES) | {light: dark for dark, light in PLACES}
# Counted in pixels: honest images of several sizes differ in these by their size.
BY_PIXEL = ("noise", "detail_1", "detail_2", "detail_4", "flat_share", "lines")
TINTS = ("red_tint", "blue_tint")  # what of the colours inverting levels gives the other sign


@dataclass(frozen=True, kw_only=True)
class Looks:
    """A number an image each, shape (N,); the scale is that of a picture with 256 levels.

    Attributes:
        brightness: Mean level, 0 (black) to 1 (white).
        contrast: Standard deviation of the levels of the thumbnail, 0 to 0.5.
        colourfulness: Spread of the colours plus 0.3 of their mean distance from grey, after
            Hasler and Suesstrunk (2003), 0 (grey) to about 0.7.
        blur: Detail at a quarter of the size as a share of that at all three scales, 0 to 1;
            higher is more blurred.
        noise: Standard deviation of the noise in levels of 255, by the median of the second
            difference, 0 upwards; fine texture counts as noise.
        compression: How many times as much varies in 8 x 8 blocks cut elsewhere as in those of
            JPEG; 1 shows none.
        effective_resolution: Finest of 1, 1/2 and 1/4 of the size that shows detail.
        border_share: Share of the area that is a frame of one level, 0 to 1; true to a pixel of
            the thumbnail a side, .12 at most.
        flat_share: Share of the pixels equal to those to the right and below, 0 to 1.
        lines: Contrast of whole rows or columns with those beside them, in levels of 255.
        red_tint: Mean of red less the brightness, -0.7 to 0.7; 0 in grey pictures.
        blue_tint: Mean of blue less the brightness, -0.9 to 0.9.
        box_share: Share of the area in boxes of one level inside the picture, 0 to 1.
        interlacing: Mean step to the next line over that to the next but one; 1 is noise, more
            are lines that do not fit.
        uneven_levels: How much neighbouring levels differ in how often they occur; 1 is chance.
        finer_down: Mean second difference down the rows over that along them; 1 is even.
        softness: Mean second difference from pixel to pixel over the fourth, of rows or columns,
            whichever is more; 0.29 is noise, more has less of the finest detail.
        smear: Mean step from pixel to pixel over the second difference, likewise; 0.58 is noise.
        peaks: Share of the pixels lighter, or darker, than all eight around them; 0.22 is noise.
        spikes: Levels by which three of a thousand pixels stand out so, 0 to 255.
        corner_shade: Mean level beside the corners over that of the corners; 1 is even.
    """

    brightness: FloatArray
    contrast: FloatArray
    colourfulness: FloatArray
    blur: FloatArray
    noise: FloatArray
    compression: FloatArray
    effective_resolution: FloatArray
    border_share: FloatArray
    flat_share: FloatArray
    lines: FloatArray
    red_tint: FloatArray
    blue_tint: FloatArray
    box_share: FloatArray
    interlacing: FloatArray
    uneven_levels: FloatArray
    finer_down: FloatArray
    softness: FloatArray
    smear: FloatArray
    peaks: FloatArray
    spikes: FloatArray
    corner_shade: FloatArray


def looks_of(table: ImageTable) -> Looks:
    """The looks of the images of a table."""
    brightness, contrast, border = _by_block(_of_thumbnails, table.thumbnails)
    colourfulness, red, blue = _by_block(_of_colours, table.chroma)
    detail = table.appearance["detail"].astype(np.float64) + ROUGH
    steps = table.appearance["steps"].astype(np.float64) + ROUGH
    smear, softness = (steps[..., :-1] / steps[..., 1:]).max(axis=1).T
    return Looks(
        brightness=brightness,
        contrast=contrast,
        colourfulness=colourfulness,
        blur=detail[:, -1] / detail.sum(axis=1),
        noise=table.acquisition["noise_floor"].astype(np.float64) / OF_NORMAL,
        compression=table.acquisition["grid"].astype(np.float64),
        effective_resolution=_resolution(detail),
        border_share=border,
        flat_share=table.appearance["flat"].astype(np.float64),
        lines=table.appearance["lines"].astype(np.float64),
        red_tint=2 * red,  # the table of colours holds half of it
        blue_tint=2 * blue,
        box_share=np.maximum(box_shares(table.thumbnails), table.appearance["painted"]),
        interlacing=table.appearance["interlacing"].astype(np.float64),
        uneven_levels=table.appearance["uneven"].astype(np.float64),
        finer_down=steps[:, 0, 1] / steps[:, 1, 1],
        softness=softness,
        smear=smear,
        peaks=table.appearance["peaks"].astype(np.float64),
        spikes=table.appearance["spikes"].astype(np.float64),
        corner_shade=corner_shades(table.thumbnails),
    )


def measures_of(table: ImageTable, looks: Looks) -> FloatArray:
    """The measures on scales on which damage shifts them alike, in their units, (N, M + S + R).

    Those of `MEASURES` come first, then those of `SIGNS`, then those of `colour_ratios`.

    Args:
        table: The images.
        looks: Their looks.
    """
    seen = table.appearance
    detail = np.log(seen["detail"].astype(np.float64) + ROUGH)
    darkest, lightest = _by_block(_ends_of_levels, table.thumbnails)
    values = {
        "shadows": np.log(looks.brightness + 8 / 255),
        "lights": np.log(263 / 255 - looks.brightness),
        "contrast": np.log(looks.contrast + 3 / 255),
        "colourfulness": np.log(looks.colourfulness + 2 / 255),
        "noise": np.log(table.acquisition["noise_floor"].astype(np.float64) + ROUGH),
        "blocks": np.log(np.maximum(table.acquisition["blocks"].astype(np.float64), 0.01)),
        **{f"detail_{2**scale}": detail[:, scale] for scale in range(detail.shape[1])},
        # Stricter than what is shown: the traces of damage were measured so.
        "border_share": _by_block(_strict_borders, table.thumbnails)[0],
        "flat_share": looks.flat_share,
        "black_share": seen["black"].astype(np.float64),
        "white_share": seen["white"].astype(np.float64),
        "straight_share": _by_block(_straight_shares, table.thumbnails)[0],
        "darkest": np.log(darkest + 8 / 255),
        "lightest": np.log(263 / 255 - lightest),
        "compression": np.log(looks.compression),
        "lines": np.log(looks.lines + ROUGH),
        "red_tint": looks.red_tint,
        "blue_tint": looks.blue_tint,
        **signs_of(looks),
    }
    columns = [values[name] / unit for name, unit in (MEASURES | SIGNS).items()]
    return np.column_stack([*columns, *colour_ratios(table.thumbnails, table.chroma).T])


def inverted(values: FloatArray) -> FloatArray:
    """Measures of the same pictures with their levels inverted, from `measures_of`, shape (N, M).

    Args:
        values: Measures of the pictures, shape (N, M).
    """
    columns = [list(MEASURES).index(INVERSES.get(name, name)) for name in MEASURES]
    return values[:, columns] * np.where(np.isin(list(MEASURES), TINTS), -1, 1)


def shown_part(values: FloatArray, measure: str) -> FloatArray:
    """One measure of each image in its own scale, from `measures_of`, shape (N,)."""
    return np.asarray(values[:, list(MEASURES).index(measure)] * MEASURES[measure])


@dataclass(frozen=True, kw_only=True)
class SeenLooks:
    """Looks of each image, and what damage is told by.

    Attributes:
        looks: A number an image each.
        values: Measures in which damage leaves traces, from `measures_of`, shape (N, M + S + R).
        straight: How straight plain parts end, see `straightness`, shape (N,).
    """

    looks: Looks
    values: FloatArray = field(repr=False)
    straight: IntArray = field(repr=False)

    @classmethod
    def of(cls, table: ImageTable) -> SeenLooks:
        """Look at the images of a table."""
        looks = looks_of(table)
        straight = straightness(table.thumbnails)
        return cls(looks=looks, values=measures_of(table, looks), straight=straight)


def _by_block(
    measured: Callable[[npt.NDArray[np.uint8]], FloatArray], small: npt.NDArray[np.uint8]
) -> FloatArray:
    """Numbers of small pictures, some at a time: as floats all of them would fill the memory."""
    starts = range(0, max(1, len(small)), AT_ONCE)
    return np.concatenate([measured(small[i : i + AT_ONCE]) for i in starts], axis=1)


def _of_thumbnails(thumbnails: npt.NDArray[np.uint8]) -> FloatArray:
    """Brightness, contrast and share of the border, shape (3, N)."""
    levels = thumbnails.astype(np.float64) / 255
    borders = border_shares(thumbnails, alike=RINGING)
    return np.stack([levels.mean(axis=(1, 2)), levels.std(axis=(1, 2)), borders])


def _strict_borders(thumbnails: npt.NDArray[np.uint8]) -> FloatArray:
    """Share of the border whose pixels differ by next to nothing, shape (1, N)."""
    return border_shares(thumbnails)[None]


def _straight_shares(thumbnails: npt.NDArray[np.uint8]) -> FloatArray:
    """Share of the deepest plain strip that ends straight, shape (1, N)."""
    return straight_shares(thumbnails)[None]


def _ends_of_levels(thumbnails: npt.NDArray[np.uint8]) -> FloatArray:
    """Levels that a twentieth of each thumbnail is below, and above, 0 to 1, shape (2, N)."""
    levels = thumbnails.reshape(len(thumbnails), math.prod(thumbnails.shape[1:]))
    rank = round(ENDS * levels.shape[1])
    ends = (rank, levels.shape[1] - 1 - rank)
    return np.asarray(np.partition(levels, ends, axis=1)[:, ends].T / 255)


def _of_colours(chroma: npt.NDArray[np.uint8]) -> FloatArray:
    """Colourfulness, and mean red and blue less grey, shape (3, N); 0 of grey pictures."""
    coloured = are_coloured(chroma)
    colours = (chroma[coloured].astype(np.float64) - NO_COLOUR) / 255
    spread = np.sqrt(colours.var(axis=(1, 2)).sum(axis=1))
    means = colours.mean(axis=(1, 2))
    found = np.zeros((3, len(chroma)))
    found[:, coloured] = spread + 0.3 * np.sqrt((means**2).sum(axis=1)), *means.T
    return found


def _resolution(detail: FloatArray) -> FloatArray:
    shows = detail[:, :-1] >= np.array(PRESENT) * detail[:, 1:]
    return np.where(shows[:, 0], 1.0, np.where(shows[:, 1], 0.5, 0.25))
