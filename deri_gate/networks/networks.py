"""The five networks of the paper, from torchvision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from deri_gate.errors import SettingError
from deri_gate.runtime.extras import extra

with extra("paper"):
    from torchvision import models  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterator

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, channels 0 to 1


class Network(nn.Module):
    """A classifier of prepared pictures: (B, S, S, 3) uint8 to scores (B, K)."""

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.register_buffer("mean", _channels(MEAN))
        self.register_buffer("deviation", _channels(DEVIATION))

    @property
    def device(self) -> torch.device:
        """Device on which it runs."""
        return self.mean.device

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Scores of each class."""
        scores: torch.Tensor = self.body(self.prepared(pictures))
        return scores

    def prepared(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (B, S, S, 3) as the body takes them: (B, 3, S, S)."""
        batch = pictures.permute(0, 3, 1, 2).float()
        batch = (batch - self.mean) / self.deviation
        return batch.contiguous(memory_format=torch.channels_last)

    def train_on(self, images: int) -> None:
        """Training mode; one image alone is normalised by what was seen before, not by itself."""
        self.train()
        if images == 1:
            for part in self.modules():
                if isinstance(part, nn.BatchNorm2d):
                    part.eval()


def _channels(values: tuple[float, ...]) -> torch.Tensor:
    return 255 * torch.tensor(values).reshape(1, 3, 1, 1)


def ready(network: Network, device: torch.device) -> Network:
    """Put a network on a device, to predict, and no longer trained."""
    network.eval().to(memory_format=torch.channels_last)
    return network.to(device)


def network_of(architecture: str, classes: int, *, pretrained: bool) -> Network:
    """A new network with a head of so many classes, its other weights random or ImageNet's.

    Raises:
        SettingError: If the weights cannot be downloaded.
    """
    if not pretrained:
        return Network(models.get_model(architecture, weights=None, num_classes=classes))
    try:
        body = models.get_model(architecture, weights="IMAGENET1K_V1")
    except Exception as error:  # hub, urllib and torch each raise their own
        raise SettingError(
            f"cannot get the ImageNet weights of {architecture} ({type(error).__name__}: {error})",
            "pretrained",
            "Allow the download once, or train from random weights.",
        ) from error
    _replace_head(body, classes)
    return Network(body)


def _replace_head(body: nn.Module, classes: int) -> None:
    """The last linear layer gets another number of outputs."""
    name, last = list(_linear_layers(body))[-1]
    parent, _, own = name.rpartition(".")
    place: Any = body.get_submodule(parent)
    setattr(place, own, nn.Linear(last.in_features, classes))


def _linear_layers(body: nn.Module) -> Iterator[tuple[str, nn.Linear]]:
    for name, part in body.named_modules():
        if isinstance(part, nn.Linear):
            yield name, part
