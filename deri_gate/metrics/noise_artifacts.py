"""Is there grain, or the blocks of a compressed file?"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from deri_gate.data.picture import grey, is_large, laplacians, second_difference, strips
from deri_gate.data.picture_stack import PictureStack
from deri_gate.metrics.base import Metric
from deri_gate.stats.spread import quantile

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray
    from deri_gate.data.dataset import Picture

BLOCK = 8  # the side of a JPEG block
BLOCK_WEIGHT = 2.0  # see noise_artifacts
CELL = 5  # pixels; the side of a piece that grain is looked for in
QUIET = 0.1  # share of the pieces that is taken for grain alone
BY_CHANCE = 2.0  # standard errors of a step between blocks that mean nothing


def noise_artifacts(picture: Picture) -> float:
    """Noise and artifacts: grain, plus the steps that JPEG leaves between blocks.

    Grain is everywhere, content is not: it is looked for where the picture is quietest. Over the
    whole picture, as up to version 1, fine content counts as grain, and there is the more of that
    the fewer pixels show it: the same brain MRI had 98, 21 and 3 of 100 at 224, 64 and 28 px.
    Below 3 grey levels nobody sees grain, and pools are compared as if there were as much: no
    picture gains by blur, which takes grain out.

    Compression removes grain and fine texture, so that any estimate of noise falls with it; on
    eleven real sets twice the step between blocks outweighs that at all levels of damage. Steps
    that chance explains are none: a picture of 28 px has 500 pixels beside an edge.

    Args:
        picture: (H, W) or (H, W, 3), uint8.

    Returns:
        Grey levels, 0 (clean) upwards: `quiet_grain` + 2 `block_steps`. Lower is better.
    """
    return float(noise_artifacts_of(PictureStack.of(picture))[0])


def noise_artifacts_of(pictures: PictureStack) -> FloatArray:
    """Noise and artifacts of pictures of one shape, shape (N,)."""
    steps = block_steps(pictures.grey, by_chance=BY_CHANCE)
    size = pictures.height, pictures.width
    if is_large(*size) or min(_pieces(size)) < 1:
        grains: FloatArray = np.array([quiet_grain(levels) for levels in pictures.grey])
    else:
        grains = _quietest(_means_of_pieces(pictures.second_differences[:, 1:-1, 1:-1]))
    return np.asarray(grains + BLOCK_WEIGHT * steps)


def quiet_grain(levels: npt.NDArray[Any]) -> float:
    """Standard deviation of the noise in the quietest tenth of the picture's pieces.

    Returns:
        Grey levels, about .7 sigma of white noise in pictures of any size; `grain` of pictures
        without a piece of 5 x 5 inside.
    """
    height, width = _pieces(levels.shape)
    if min(height, width) < 1:
        return grain(levels)
    means: list[FloatArray] = []
    for rows in strips(height, width * CELL * CELL):
        seen = levels[rows.start * CELL : rows.stop * CELL + 2, : width * CELL + 2]
        means.append(_means_of_pieces(second_difference(seen)[1:-1, 1:-1]))
    return float(_quietest(np.concatenate(means)))


def _pieces(shape: tuple[int, ...]) -> tuple[int, int]:
    """Number of whole pieces inside a picture, down and across."""
    return (shape[0] - 2) // CELL, (shape[1] - 2) // CELL


def _means_of_pieces(inside: npt.NDArray[Any]) -> FloatArray:
    """Mean of each piece of 5 x 5, shape (..., H, W) to (..., pieces)."""
    height, width = (side // CELL for side in inside.shape[-2:])
    seen = inside[..., : height * CELL, : width * CELL]
    lines = sum((seen[..., i::CELL, :] for i in range(1, CELL)), start=seen[..., ::CELL, :])
    lines = lines.astype(np.promote_types(lines.dtype, np.int32))  # 16 bits do not hold all 25
    pieces = sum((lines[..., i::CELL] for i in range(1, CELL)), start=lines[..., ::CELL])
    return np.asarray(pieces.reshape(*inside.shape[:-2], height * width) / CELL**2)


def _quietest(means: FloatArray) -> FloatArray:
    """Standard deviation of the noise by the means of the pieces, shape (..., pieces) to (...)."""
    return np.asarray(quantile(means, QUIET) * float(np.sqrt(np.pi / 2)) / 6)


def grain(levels: npt.NDArray[Any]) -> float:
    """Standard deviation of the noise by Immerkaer (1996): the difference of two Laplacians.

    Returns:
        Grey levels; equal to sigma, on average, for white Gaussian noise on a plane. 0 for
        images of less than 3 x 3 pixels.
    """
    if min(levels.shape) < 3:  # noqa: PLR2004  # the mask is 3 x 3
        return 0.0
    (height, width), total = levels.shape, 0.0
    for rows in strips(height - 2, width):  # of what is inside, which has rows above and below
        inside = second_difference(levels[rows.start : rows.stop + 2])[1:-1, 1:-1]
        total += float(inside.sum(dtype=np.float64))  # whole numbers: exact in any order
    mean = total / ((height - 2) * (width - 2))
    return float(mean * np.sqrt(np.pi / 2) / 6)


def block_steps(stack: npt.NDArray[Any], *, by_chance: float = 0.0) -> FloatArray:
    """Excess of the pixel differences across the edges of 8 x 8 blocks over those beside.

    Args:
        stack: Pictures of one shape, (N, H, W).
        by_chance: Standard errors that are taken off.

    Returns:
        Grey levels, shape (N,); 0 when there is no such excess, or no whole block beside another.
    """
    totals, squares, count = np.zeros(len(stack)), np.zeros(len(stack)), 0
    sides = [side for side in (stack, stack.swapaxes(1, 2)) if side.shape[2] > BLOCK + 1]
    for side in sides:
        for rows in strips(*side.shape[1:]):
            twice = _twice_the_steps(_columns_first(side[:, rows]))
            sums = _sums(twice.astype(np.float64))
            totals, squares = totals + sums[0] / 2, squares + sums[1] / 4
            count += twice[:, 0].size
    if not count:
        return totals
    both = zip((totals / count).tolist(), (squares / count).tolist(), strict=True)
    errors = [(mean, math.sqrt(max(0.0, square - mean**2) / count)) for mean, square in both]
    return np.array([max(0.0, mean - by_chance * error) for mean, error in errors])


def _columns_first(stack: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Columns of all pictures, shape (N, H, W) to (W, N, H), each in one piece."""
    if len(stack) == 1 and stack.dtype == np.uint8 and stack.flags.c_contiguous:
        return np.asarray(cv2.transpose(stack[0])[:, None])  # in a tenth of NumPy's time
    return np.ascontiguousarray(stack.transpose(2, 0, 1))


def _twice_the_steps(columns: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Step across each edge of a block, twice, less the steps on both of its sides."""
    last = len(columns) - 3  # columns that have another three to the right
    lines = columns.reshape(len(columns), -1)
    before, left, right, after = (lines[BLOCK - 2 + i : last + i : BLOCK] for i in range(4))
    signed = np.promote_types(columns.dtype, np.int16)
    pairs = (right, left), (left, before), (after, right)
    edge, *beside = (cv2.absdiff(*pair).astype(signed) for pair in pairs)
    twice = 2 * edge - beside[0] - beside[1]
    return np.asarray(twice.reshape(-1, *columns.shape[1:]))


def _sums(numbers: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sum of each picture's whole numbers and of their squares, exact in any order.

    Args:
        numbers: Shape (lines, N, pixels of a line).
    """
    if numbers.shape[1] == 1:
        line = numbers.ravel()
        return line.sum(keepdims=True), np.array([np.vdot(line, line)])
    return numbers.sum(axis=(0, 2)), np.einsum("inj,inj->n", numbers, numbers)


def paper_noise_artifacts(picture: Picture) -> float:
    """Mean absolute Laplacian of the Gaussian-blurred grey image; hardly sees noise or JPEG."""
    blurred = cv2.GaussianBlur(grey(picture), (3, 3), 0)
    total = sum(float(np.abs(part).sum()) for part in laplacians(blurred))
    return total / int(blurred.size)


METRIC = Metric(
    name="noise_artifacts",
    title="Noise and artifacts",
    better="lower",
    low=0.0,
    high=float("inf"),
    unit="levels",
    scale="log",
    smallest=3.0,  # grey levels, below which nobody sees grain
    spread_floor=0.35,
    hurt_by="noise_artifacts",
    advice="Export again from the source with less compression, or remove the image.",
    source="Immerkaer (1996), doi:10.1006/cviu.1996.0060; Wang et al. (2000), "
    "doi:10.1109/ICIP.2000.899622; DERI1000, section 3.2",
    published_weight=0.0738,
    version=2,
    of_image=noise_artifacts,
    of_pictures=noise_artifacts_of,
)
METRIC = replace(
    METRIC,
    paper=replace(
        METRIC,
        smallest=0.1,
        spread_floor=0.2,
        version=1,
        of_image=paper_noise_artifacts,
        of_pictures=None,
    ),
)
