"""Is there grain, or the blocks of a compressed file?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from deri_gate.data.picture import grey, laplacians, strips
from deri_gate.metrics.base import Metric

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray
    from deri_gate.data.dataset import Picture

BLOCK = 8  # the side of a JPEG block
BLOCK_WEIGHT = 2.0  # see noise_artifacts
CELL = 5  # pixels; the side of a piece that grain is looked for in
QUIET = 10  # percentile of the pieces that is taken for grain alone
BY_CHANCE = 2.0  # standard errors of a step between blocks that mean nothing
NOISE_MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)  # norm 6


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
        Grey levels, 0 (clean) upwards: `quiet_grain` + 2 `block_step`. Lower is better.
    """
    levels = grey(picture)
    return quiet_grain(levels) + BLOCK_WEIGHT * block_step(levels, by_chance=BY_CHANCE)


def quiet_grain(levels: npt.NDArray[Any]) -> float:
    """Standard deviation of the noise in the quietest tenth of the picture's pieces.

    Returns:
        Grey levels, about .7 sigma of white noise in pictures of any size; `grain` of pictures
        without a piece of 5 x 5 inside.
    """
    height, width = ((side - 2) // CELL for side in levels.shape)
    if min(height, width) < 1:
        return grain(levels)
    means: list[FloatArray] = []
    for rows in strips(height, width * CELL * CELL):
        seen = levels[rows.start * CELL : rows.stop * CELL + 2, : width * CELL + 2]
        inside = np.abs(cv2.filter2D(seen.astype(np.float32), cv2.CV_32F, NOISE_MASK)[1:-1, 1:-1])
        pieces = inside.reshape(-1, CELL, width, CELL).sum(axis=(1, 3), dtype=np.float64)
        means.append(pieces.ravel() / CELL**2)
    return float(np.percentile(np.concatenate(means), QUIET) * np.sqrt(np.pi / 2) / 6)


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
        seen = levels[rows.start : rows.stop + 2].astype(np.float32)
        inside = cv2.filter2D(seen, cv2.CV_32F, NOISE_MASK)[1:-1, 1:-1]
        total += float(np.abs(inside).sum(dtype=np.float64))  # whole numbers: exact in any order
    mean = total / ((height - 2) * (width - 2))
    return float(mean * np.sqrt(np.pi / 2) / 6)


def block_step(levels: npt.NDArray[Any], *, by_chance: float = 0.0) -> float:
    """Excess of the pixel differences across the edges of 8 x 8 blocks over those beside.

    Args:
        levels: Shape (H, W).
        by_chance: Standard errors that are taken off.

    Returns:
        Grey levels, 0 when there is no such excess, or no whole block beside another.
    """
    total, squares, count = 0.0, 0.0, 0
    for side in (levels, levels.T):
        for rows in strips(*side.shape):
            steps = _steps_across(side[rows].astype(np.float32))
            total += float(steps.sum(dtype=np.float64))  # halves: exact in any order
            squares += float(np.square(steps).sum(dtype=np.float64))  # and quarters
            count += steps.size
    if not count:
        return 0.0
    mean = total / count
    error = np.sqrt(max(0.0, squares / count - mean**2) / count)
    return max(0.0, float(mean - by_chance * error))


def _steps_across(levels: npt.NDArray[np.float32]) -> FloatArray:
    step = np.abs(np.diff(levels, axis=1))
    edge = np.arange(BLOCK - 1, step.shape[1] - 1, BLOCK)
    beside = (step[:, edge - 1] + step[:, edge + 1]) / 2
    return np.asarray(step[:, edge] - beside).ravel()


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
)
METRIC = replace(
    METRIC,
    paper=replace(
        METRIC, smallest=0.1, spread_floor=0.2, version=1, of_image=paper_noise_artifacts
    ),
)
