"""EfficientNet-Lite0 (Tan and Le 2019, without what phones lack), as its weights were trained.

timm has it too, and the tests hold this one against it; but timm takes 1.7 s to import, as long as
it takes to embed 200 new images.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch

STEM, HEAD = 32, 1280  # channels
STAGES = (  # growth inside a block, side of the kernel, stride of the first block, channels, blocks
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
EPSILON = 1e-3  # of the batch norms


class Lite(nn.Module):
    """The network without its classifier: (B, 3, H, W), normalised, to (B, 1280, H/32, W/32)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(*_convolved(3, STEM, 3, stride=2))
        self.blocks = nn.Sequential(*_blocks())
        self.head = nn.Sequential(*_convolved(STAGES[-1][3], HEAD, 1))

    def forward_features(self, batch: torch.Tensor) -> torch.Tensor:
        """The last feature maps."""
        maps: torch.Tensor = self.head(self.blocks(self.stem(batch)))
        return maps


class Block(nn.Module):
    """An inverted residual block (Sandler et al. 2018): wider, filtered by channel, narrower."""

    def __init__(self, channels: int, growth: int, side: int, stride: int, out: int) -> None:
        super().__init__()
        inner = channels * growth
        wider = _convolved(channels, inner, 1) if growth > 1 else ()
        filtered = _convolved(inner, inner, side, stride=stride, by_channel=True)
        narrower = _convolved(inner, out, 1, bounded=False)
        self.layers = nn.Sequential(*wider, *filtered, *narrower)
        self.residual = stride == 1 and channels == out

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Maps to maps, of half the size where the stride is two."""
        found: torch.Tensor = self.layers(maps)
        return found + maps if self.residual else found


class PaddedAsTensorFlow(nn.Module):
    """Zeros around the maps for a stride of two: the odd one goes to the right and the bottom."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Maps with what a kernel of this side needs."""
        around = []
        for size in (maps.shape[3], maps.shape[2]):  # the last dimension comes first
            zeros = max(0, self.side - 2 + size % 2)
            around += [zeros // 2, zeros - zeros // 2]
        return functional.pad(maps, around)


def lite(state: Mapping[str, torch.Tensor]) -> Lite:
    """The network with these weights, which end with those of its classifier.

    Args:
        state: Tensors in the order of the layers, whatever their names.
    """
    network = Lite()
    names = network.state_dict().keys()
    tensors = list(state.values())[: len(names)]
    network.load_state_dict(dict(zip(names, tensors, strict=True)))
    return network


def _blocks() -> Iterator[Block]:
    channels = STEM
    for growth, side, stride, out, times in STAGES:
        for turn in range(times):
            yield Block(channels, growth, side, 1 if turn else stride, out)
            channels = out


def _convolved(
    channels: int,
    out: int,
    side: int,
    *,
    stride: int = 1,
    by_channel: bool = False,
    bounded: bool = True,
) -> Iterator[nn.Module]:
    """A convolution, its batch norm, and values kept within 0 and 6 where they are bounded."""
    if stride > 1:
        yield PaddedAsTensorFlow(side)
    around = 0 if stride > 1 else side // 2
    groups = channels if by_channel else 1
    yield nn.Conv2d(channels, out, side, stride, around, groups=groups, bias=False)
    yield nn.BatchNorm2d(out, eps=EPSILON)
    if bounded:
        yield nn.ReLU6(inplace=True)
