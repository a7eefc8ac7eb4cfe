"""The paper's figures of explanations: Grad-CAM of five CNNs, overlap with edges, removal."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate import explain
from deri_gate.data.picture import grey
from deri_gate.explain.kept_figures import kept_figures, mean_over_networks
from deri_gate.explain.probe import Explainer
from deri_gate.metrics.records import PaperExplanations
from deri_gate.networks.checkpoints import TrainingSpec, explained_budget

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deri_gate.arrays import FloatArray
    from deri_gate.data.dataset import Dataset, Picture
    from deri_gate.explain.probe import ImageToExplain
    from deri_gate.metrics.context import Context

AT_ONCE = 16  # images explained and kept at a time
HOT = 0.5  # share of its maximum from which on a map's pixel counts as hot
CANNY = (100, 200)  # gradient thresholds of the paper's edge mask, in grey levels
VERSION = 2  # raised whenever the same image, label and network would give other figures
FIGURES = (
    "irof",
    "irof_gap",
    "pixel_flipping",
    "pixel_flipping_gap",
    "overlay",
    "degenerate",
)


def training_spec_of(dataset: Dataset, identity: str, context: Context) -> TrainingSpec:
    """Training spec of the explained networks: these images, as the profile says.

    Args:
        dataset: The images that can be read.
        identity: Identity of the images in this order, with their classes.
        context: Its profile says budget and seed; networks are kept beside its store.
    """
    return TrainingSpec(
        dataset=dataset,
        identity=identity,
        budget=explained_budget(context.profile.probe_budget),
        seed=context.profile.seed,
        folder=context.store.path.parent / "networks",
        machine=context.machine,
    )


def network_explainers(training: TrainingSpec) -> tuple[Explainer, ...]:
    """The networks as explainers, each trained when first needed."""

    def explainer(architecture: str) -> Explainer:
        network = functools.cache(lambda: training.network(architecture))
        return Explainer(
            identity=training.recipe(architecture),
            maps=lambda pictures, targets: explain.network_figures.network_maps(
                network(),
                explain.network_figures.prepared(pictures, network(), training.budget.size),
                targets,
            ),
        )

    return tuple(map(explainer, training.budget.architectures))


def paper_explanations_of(
    sample: Sequence[ImageToExplain],
    *,
    images: int,
    training: TrainingSpec,
    context: Context,
) -> PaperExplanations:
    """Explain the sample by every network, or take from the store what is known of it.

    What is known depends on the image, the class and the network, and so on all other images: it
    is kept for the second run of the same data, not for the first of changed data.

    Args:
        sample: What to explain.
        images: How many images the dataset has.
        training: What the networks learn, and on which dataset.
        context: Its profile says the number of steps, and the size at which edges are looked for;
            its store keeps the figures.
    """
    names = training.budget.architectures
    with training.machine.bar(len(names) * len(sample), "explaining") as bar:
        tables = [
            _rows(sample, name, training=training, context=context, tick=bar.update)
            for name in names
        ]
    columns = dict(zip(FIGURES, np.moveaxis(np.array(tables), 2, 0), strict=True))
    degenerate = columns.pop("degenerate") > 0
    return PaperExplanations(
        images=images,
        positions=np.array([image.position for image in sample], dtype=np.int64),
        degenerate=degenerate.all(axis=0),
        networks=len(names),
        empty=int(degenerate.sum()),
        **{name: mean_over_networks(values) for name, values in columns.items()},
    )


def _rows(
    sample: Sequence[ImageToExplain],
    architecture: str,
    *,
    training: TrainingSpec,
    context: Context,
    tick: Callable[[int], object],
) -> FloatArray:
    """A row an image by one network, columns as `FIGURES`."""
    profile = context.profile
    kind = f"paper-explanation-{VERSION}-{profile.steps}-{profile.input_size}-" + training.recipe(
        architecture
    )
    network = functools.cache(lambda: training.network(architecture))
    return kept_figures(
        sample,
        lambda one: one.name,
        lambda some: explain.network_figures.network_figures(some, network(), training, profile),
        kind=kind,
        width=len(FIGURES),
        store=context.store,
        at_once=AT_ONCE,
        tick=tick,
    )


def overlay(heat: FloatArray, picture: Picture) -> float:
    """IoU of the hot part of a heat map with the edges and text of its image.

    Args:
        heat: Shape (H, W), 0 to 1.
        picture: Shape (H, W, 3), uint8.

    Returns:
        0 to 1; 0 where the image has no edge.
    """
    edges = cv2.dilate(cv2.Canny(grey(picture), *CANNY), np.ones((3, 3), np.uint8)) > 0
    hot = heat >= HOT
    either = np.count_nonzero(edges | hot)
    return float(np.count_nonzero(edges & hot) / either) if either else 0.0
