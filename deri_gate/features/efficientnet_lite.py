"""EfficientNet-Lite0 (Tan and Le 2019, without what phones lack), as its weights were trained.

timm has it too, and the tests hold this one against it; but timm takes 1.7 s to import, as long as
it takes to embed 400 new images. Here each batch norm lies in the convolution before it: half of
the time, and the same numbers to five digits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_weights

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
TENSORS = 6  # of a convolution and its batch norm: weight; scale, shift, mean, variance, count


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
        output: torch.Tensor = self.layers(maps)
        return output + maps if self.residual else output


class Strided(nn.Conv2d):
    """A convolution of stride two that starts where TensorFlow's does.

    With an even number of pixels TensorFlow puts the odd zero to the right and the bottom. A kernel
    whose first row and column are zero does so too, with as many zeros on all sides: the maps are
    then not copied to be padded, which takes four times as long as the convolution itself.
    """

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Maps to maps of half the size."""
        odd_height, odd_width = maps.shape[2] % 2, maps.shape[3] % 2
        kernel = self.weight[:, :, odd_height:, odd_width:]
        return functional.conv2d(maps, kernel, self.bias, 2, self.padding, 1, self.groups)


def lite(state: Mapping[str, torch.Tensor]) -> Lite:
    """The network with these weights, which end with those of its classifier.

    Args:
        state: Tensors in the order of the layers, whatever their names.

    Raises:
        RuntimeError: If they are another network's.
    """
    network, tensors = Lite(), iter(state.values())
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            _fill(layer, [next(tensors) for _ in range(TENSORS)])
    return network


def _fill(layer: nn.Conv2d, tensors: list[torch.Tensor]) -> None:
    """Put the weights of a convolution and of the batch norm behind it into one layer."""
    weight, growth, shift, mean, variance, _ = tensors
    weight, bias = fuse_conv_bn_weights(weight, None, mean, variance, EPSILON, growth, shift)
    if isinstance(layer, Strided):
        weight = functional.pad(weight, (1, 0, 1, 0))
    layer.load_state_dict({"weight": weight, "bias": bias})


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
    """A convolution with its batch norm in it, and values kept within 0 and 6 if bounded."""
    around, groups = side // 2, channels if by_channel else 1
    if stride > 1:
        yield Strided(channels, out, side + 1, stride, around, groups=groups)
    else:
        yield nn.Conv2d(channels, out, side, stride, around, groups=groups)
    if bounded:
        yield nn.ReLU6(inplace=True)
