"""Grad-CAM of any network that convolves, by package grad-cam, leaving the network as it was."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from deri_gate.errors import SettingError
from deri_gate.explain.quality.batching import BATCH_SIZE, in_batches
from deri_gate.runtime.extras import extra

with extra("paper"):
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

if TYPE_CHECKING:
    from collections.abc import Iterator


def grad_cam(
    model: nn.Module,
    images: Tensor,
    targets: Tensor,
    *,
    layer: nn.Module | None = None,
    batch_size: int = BATCH_SIZE,
) -> Tensor:
    """Grad-CAM map of a class by package grad-cam, at the layer's own size.

    The package's context manager swallows errors and some networks overwrite the layer's output
    in place, which on the CPU also changes what the package kept; both are avoided here.
    Mode, gradients and in-place settings of the network are as before afterwards.

    Args:
        model: Images (B, C, H, W) to logits (B, K).
        images: Shape (N, C, H, W).
        targets: Class to explain, shape (N,), int64.
        layer: Whose output to weight; by default `last_convolution`.
        batch_size: Images a pass, always this many.

    Returns:
        Shape (N, h, w), on the CPU, 0 to 1 between each map's own extremes; all zero where the
        network saw no positive evidence.

    Raises:
        SettingError: If there is no convolution to look at.
    """
    device = next((p.device for p in model.parameters()), images.device)
    with as_found(model), torch.inference_mode(mode=False), torch.enable_grad():
        pictures = images.detach().to(device).clone()
        cam = GradCAM(model, [layer or last_convolution(model, pictures[:1])])
        cam.get_target_width_height = lambda _: None  # no resize: the map at its own size

        def compute(rows: Tensor) -> Tensor:
            batch = pictures[rows.to(device)].requires_grad_()  # a frozen network has gradients too
            classes = [ClassifierOutputTarget(int(targets[i])) for i in rows]
            return torch.from_numpy(cam(batch, classes))

        try:
            return in_batches(compute, len(pictures), batch_size=batch_size)
        finally:
            cam.activations_and_grads.release()


def last_convolution(model: nn.Module, image: Tensor) -> nn.Module:
    """The convolution that ran last on a map of more than one cell.

    The order is the one of running, not of definition; convolutions behind the pooling, such as
    those of attention blocks and of some heads, locate nothing.

    Args:
        model: The network.
        image: One image, shape (1, C, H, W), on the network's device.

    Raises:
        SettingError: If none did.
    """
    seen: list[nn.Module] = []

    def note(module: nn.Module, _: object, output: Tensor) -> None:
        if output[0, 0].numel() > 1:
            seen.append(module)

    layers = [m for m in model.modules() if isinstance(m, nn.Conv2d)]
    hooks = [m.register_forward_hook(note) for m in layers]
    try:
        with as_found(model), torch.no_grad():
            model(image)
    finally:
        for hook in hooks:
            hook.remove()
    if not seen:
        raise SettingError(
            "has no convolution with a map of more than one cell, so no Grad-CAM",
            type(model).__name__,
            "Pass `maps` (and `explain` for their stability) yourself.",
        )
    return seen[-1]


@contextmanager
def as_found(model: nn.Module) -> Iterator[None]:
    """Evaluation mode and nothing in place for a while; then everything as it was.

    Args:
        model: Its submodules' `training` and `inplace` and its parameters' `grad` are restored.

    Yields:
        Nothing.
    """
    training = {m: m.training for m in model.modules()}
    inplace = [m for m in model.modules() if getattr(m, "inplace", False) is True]
    gradients = {p: p.grad for p in model.parameters()}
    try:
        model.eval()
        for module in inplace:
            module.inplace = False  # type: ignore[assignment]
        yield
    finally:
        for module, mode in training.items():
            module.training = mode
        for module in inplace:
            module.inplace = True  # type: ignore[assignment]
        for parameter, gradient in gradients.items():
            parameter.grad = gradient
