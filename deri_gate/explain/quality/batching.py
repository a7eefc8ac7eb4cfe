"""Equal results however callers batch: every forward pass has the same shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

BATCH_SIZE = 16
LARGEST = 64  # images at most at a time where there are only forward passes
PIXELS = 2**16  # of all of them together, beyond `BATCH_SIZE` images


def forward_batch(images: Tensor) -> int:
    """Default number of such images in one pass through a network.

    What a call costs beside its images is most of the time on small ones: of 28 px 64 together
    take half as long as in sixteens. By the size of an image alone, so that it is always the same.

    Args:
        images: Shape (N, C, H, W).

    Returns:
        16 to 64.
    """
    return max(BATCH_SIZE, min(LARGEST, PIXELS // images[0, 0].numel()))


def in_batches(compute: Callable[[Tensor], Tensor], count: int, *, batch_size: int) -> Tensor:
    """Rows 0 to `count` of something computed a fixed number of rows at a time.

    The last batch is filled up by repeating the last row, for kernels (and with them the last
    digits) are chosen by shape: without it a result would depend on how many rows came along.

    Args:
        compute: From row numbers, shape (batch_size,), int64, to results, shape (batch_size, ...).
        count: How many rows there are, at least 1.
        batch_size: Rows a call, at least 1.

    Returns:
        The results in order, shape (count, ...).
    """
    rows = torch.arange(-(-count // batch_size) * batch_size).clamp(max=count - 1)
    return torch.cat([compute(chunk) for chunk in rows.view(-1, batch_size)])[:count]
