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
NOISE_MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)  # norm 6


def noise_artifacts(picture: Picture) -> float:
    """Noise and artifacts: grain, plus the steps that JPEG leaves between blocks.

    Compression removes grain and fine texture, so that any estimate of noise falls with it; on
    eleven real sets twice the step between blocks outweighs that from JPEG quality 50 down.

    Args:
        picture: (H, W) or (H, W, 3), uint8.

    Returns:
        Grey levels, 0 (clean) upwards: `grain` + 2 `block_step`. Lower is better. Fine
        texture counts as grain: compare like with like.
    """
    levels = grey(picture)
    return grain(levels) + BLOCK_WEIGHT * block_step(levels)


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


def block_step(levels: npt.NDArray[Any]) -> float:
    """Excess of the pixel differences across the edges of 8 x 8 blocks over those beside.

    Returns:
        Grey levels, 0 when there is no such excess, or no whole block beside another.
    """
    total, count = 0.0, 0
    for side in (levels, levels.T):
        for rows in strips(*side.shape):
            steps = _steps_across(side[rows].astype(np.float32))
            total += float(steps.sum(dtype=np.float64))  # halves: exact in any order
            count += steps.size
    return max(0.0, total / count) if count else 0.0


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
    smallest=0.1,
    spread_floor=0.2,
    hurt_by="noise_artifacts",
    advice="Export again from the source with less compression, or leave the image out.",
    source="Immerkaer (1996), doi:10.1006/cviu.1996.0060; Wang et al. (2000), "
    "doi:10.1109/ICIP.2000.899622; DERI1000, section 3.2",
    published_weight=0.0738,
    of_image=noise_artifacts,
)
METRIC = replace(METRIC, paper=replace(METRIC, of_image=paper_noise_artifacts))
