"""Side by side with Quantus 0.6.0: pixel flipping and IROF, same network, images, maps, steps.

Run `python benchmarks/explanations.py` where quantus 0.6.0 (LGPL/GPL, no dependency of ours) is
installed. Each scene is timed in one process, one way after the other; the best round counts.

What is compared, per image: the quality and its gap (two orders). Quantus has no gap, so it is
called twice, for the map and for its inverse. Scenes where it is right: one channel, IROF with
a batch of one (its value changes with the batch). It has no way to skip superpixels and judges
each: "every" gives us the same work, "8 steps" is our setting in the gate.
The ratio is of processor time, which other work on the machine disturbs least, on one thread.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from typing import TYPE_CHECKING

import numpy as np
import timm
import torch
from torch import nn

from deri_gate.explanations.curves import removal_curves
from deri_gate.explanations.maps import upsample
from deri_gate.explanations.ordering import content_keys, pixel_order, segment_order
from deri_gate.explanations.superpixels import superpixels_of

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = 8


class Scene:
    """A network, images, targets and coarse maps that have no plateaus."""

    def __init__(self, network: nn.Module, shape: tuple[int, ...]) -> None:
        self.network = network.eval()
        self.images = torch.randn(shape)
        self.targets = torch.arange(len(self.images)) % 2
        self.maps = upsample(torch.rand(shape[0], 4, 4), (shape[2], shape[3]))
        self.keys = content_keys(self.images)
        self.segments = superpixels_of(self.images)
        self.forwards = 0
        network.register_forward_pre_hook(self._count)

    def _count(self, _: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        self.forwards += len(inputs[0])


def small() -> nn.Module:
    """A network that costs next to nothing: what is left is the bookkeeping."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(16 * 6 * 6, 2),
        nn.Softmax(dim=1),
    )


def encoder(channels: int) -> nn.Module:
    """The gate's network with a head of two classes."""
    network = timm.create_model("tf_efficientnet_lite0", in_chans=channels, num_classes=2)
    return nn.Sequential(network, nn.Softmax(dim=1))


def ours(scene: Scene, *, kind: str, steps: int | None, kept: bool = False) -> None:
    images = scene.images.contiguous(memory_format=torch.channels_last)
    network = scene.network.to(memory_format=torch.channels_last)
    order = (
        pixel_order(scene.maps, scene.keys)
        if kind == "flipping"
        else segment_order(
            scene.maps, scene.segments if kept else superpixels_of(images), scene.keys
        )
    )
    removal_curves(
        network,
        images,
        scene.targets,
        orders=[(order, steps)],
        skip=torch.zeros(len(images), dtype=torch.bool),
        min_probability=0.0,
    )


def quantus_flipping(scene: Scene, batch_size: int) -> None:
    import quantus

    values = scene.images[0].numel()
    metric = quantus.PixelFlipping(
        features_in_step=values // STEPS,
        perturb_baseline="mean",
        normalise=False,
        disable_warnings=True,
    )
    _both_orders(scene, metric, batch_size)


def quantus_irof(scene: Scene, batch_size: int) -> None:
    """On our 25 superpixels, made anew as it does: with its own 100 it takes 4 times longer."""
    import quantus
    from quantus.helpers import utils

    utils.get_superpixel_segments = lambda img, **_: superpixels_of(
        torch.from_numpy(img).permute(2, 0, 1)[None]
    )[0]
    metric = quantus.IROF(normalise=False, return_aggregate=False, disable_warnings=True)
    _both_orders(scene, metric, batch_size)


def _both_orders(scene: Scene, metric: Callable[..., object], batch_size: int) -> None:
    scene.network.to(memory_format=torch.contiguous_format)
    for maps in (scene.maps, 1 - scene.maps):
        metric(
            model=scene.network,
            x_batch=scene.images.numpy(),
            y_batch=scene.targets.numpy(),
            a_batch=maps[:, None].numpy(),
            batch_size=batch_size,
        )


def timed(scene: Scene, work: Callable[[], None], rounds: int) -> tuple[float, float, int]:
    """Best wall and processor seconds of the rounds, and pictures through the network in one."""
    wall = processor = float("inf")
    for _ in range(rounds):
        scene.forwards = 0
        start, busy = time.perf_counter(), time.process_time()
        work()
        wall = min(wall, time.perf_counter() - start)
        processor = min(processor, time.process_time() - busy)
    return wall, processor, scene.forwards


def forward_rate(scene: Scene, batch_size: int, *, last: bool) -> float:
    """Pictures a processor second of the bare network, without anything around it."""
    layout = torch.channels_last if last else torch.contiguous_format
    network = scene.network.to(memory_format=layout)
    batch = scene.images[:1].repeat(batch_size, 1, 1, 1).contiguous(memory_format=layout)
    with torch.inference_mode():
        network(batch)
        start, seen = time.process_time(), 0
        while time.process_time() - start < 1.0:
            network(batch)
            seen += batch_size
    return seen / (time.process_time() - start)


def compare(title: str, scene: Scene, rounds: int) -> None:
    count = len(scene.images)
    rates = [
        f"{layout} batch {size}: {forward_rate(scene, size, last=layout == 'channels_last'):.0f}/s"
        for layout, size in (("contiguous", 1), ("contiguous", 16), ("channels_last", 16))
    ]
    print(
        f"\n{title}: {count} images {tuple(scene.images.shape[1:])}; bare forward", *rates, sep=", "
    )
    rows: list[tuple[str, str, Callable[[], None]]] = [
        ("flipping", "Quantus, batch 1", lambda: quantus_flipping(scene, 1)),
        ("flipping", f"Quantus, batch {min(count, 16)}", lambda: quantus_flipping(scene, 16)),
        ("flipping", "ours, 8 steps", lambda: ours(scene, kind="flipping", steps=STEPS)),
        ("irof", "Quantus, batch 1", lambda: quantus_irof(scene, 1)),
        ("irof", "ours, every", lambda: ours(scene, kind="irof", steps=None)),
        ("irof", "  superpixels kept", lambda: ours(scene, kind="irof", steps=None, kept=True)),
        ("irof", "ours, 8 steps", lambda: ours(scene, kind="irof", steps=STEPS)),
        ("irof", "  superpixels kept", lambda: ours(scene, kind="irof", steps=STEPS, kept=True)),
    ]
    base: dict[str, float] = {}
    for kind, name, work in rows:
        wall, seconds, forwards = timed(scene, work, rounds)
        base.setdefault(kind, seconds)
        ratio = base[kind] / seconds
        print(
            f"  {kind:9s} {name:22s} {1000 * seconds / count:8.2f} ms/image"
            f" (wall {1000 * wall / count:8.2f})"
            f"  {forwards / count:6.1f} forwards/image  {ratio:6.1f} x"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Pixel flipping and IROF beside Quantus.")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(arguments.threads)
    warnings.filterwarnings("ignore")
    if not hasattr(np, "trapz"):
        vars(np)["trapz"] = np.trapezoid  # which quantus 0.6.0 calls and NumPy 2.4 has not
    import quantus

    print(f"quantus {quantus.__version__}, torch {torch.__version__}, {os.cpu_count()} cores")
    print("quality and gap, both orders; x: against Quantus with a batch of one")
    compare("small network", Scene(small(), (64, 1, 28, 28)), arguments.rounds)
    compare("encoder", Scene(encoder(1), (16, 1, 128, 128)), arguments.rounds)


if __name__ == "__main__":
    main()
