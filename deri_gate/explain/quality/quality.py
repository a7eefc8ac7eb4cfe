"""Everything this package can say of explanations, as one table."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
from torch import Tensor, nn

from deri_gate.errors import SettingError
from deri_gate.explain.quality.batching import BATCH_SIZE, in_batches
from deri_gate.explain.quality.curves import MIN_PROBABILITY, check_batch, removal_curves
from deri_gate.explain.quality.gradcam import as_found, grad_cam, last_convolution
from deri_gate.explain.quality.maps import degenerate, upsample
from deri_gate.explain.quality.masks import mask_agreement
from deri_gate.explain.quality.ordering import content_keys, pixel_order, segment_order
from deri_gate.explain.quality.perturbation import STEPS, insertion_quality, removal_quality
from deri_gate.explain.quality.stability import COPIES, SIGMA, map_stability
from deri_gate.explain.quality.superpixels import SEGMENTS, superpixels_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from deri_gate.arrays import IntArray
    from deri_gate.explain.quality.curves import Curves, Predict
    from deri_gate.explain.quality.masks import Mask
    from deri_gate.explain.quality.stability import Explain

    Column = npt.NDArray[np.generic] | list[str]


def explanation_quality(
    model: nn.Module | Predict,
    images: Tensor,
    targets: Tensor,
    *,
    maps: Tensor | None = None,
    masks: Sequence[Mask | None] | Mask | None = None,
    explain: Explain | None = None,
    segments: IntArray | None = None,
    keys: Sequence[int] | None = None,
    steps: int | None = STEPS,
    n_segments: int = SEGMENTS,
    copies: int = COPIES,
    sigma: float = SIGMA,
    min_probability: float = MIN_PROBABILITY,
    batch_size: int | None = None,
) -> pd.DataFrame:
    """Measure how far each image's explanation can be trusted, without a person.

    Works on any classifier and leaves it as it was. Results depend neither on the number nor on
    the order of the images. What cannot be judged is NaN and has a `note`.

    Args:
        model: A network that returns logits (B, K), or a function that returns probabilities.
        images: What `model` takes, shape (N, C, H, W), floating point, 1 or 3 channels.
        targets: Class to explain, shape (N,), int64: the label, or the prediction.
        maps: Attributions to judge, shape (N, h, w). By default `explain`'s, and without it
            Grad-CAM at the network's last convolution.
        masks: Per image what a person marked, shape (h, w) of any size, or None.
        explain: Images and targets to maps, to ask again about perturbed images. By default
            Grad-CAM when `maps` are not given.
        segments: Superpixels, shape (N, H, W), when at hand; see `superpixels_of`.
        keys: Seed of each image for ties and noise; by default from its content.
        steps: Steps of each removal curve; None takes every superpixel, and 8 steps of pixels.
        n_segments: About how many superpixels an image.
        copies: Perturbed copies for the stability, each an explanation more; 0 leaves it out.
        sigma: Noise of the copies in units of `images`; the default suits images over 0..1.
        min_probability: Images with a lower probability of the target are not judged.
        batch_size: Images a pass, always this many; by default 16, and up to 64 small ones where
            there is no way back.

    Returns:
        One row an image, in order:

        * target, probability: the class, and its probability for the untouched image
        * irof, irof_inverse, irof_gap: see `irof`
        * pixel_flipping, pixel_flipping_inverse, pixel_flipping_gap: see `pixel_flipping`
        * insertion, insertion_inverse: the same by insertion; its gap is pixel_flipping_gap
        * stability_mean, stability_worst: see `map_stability`; when there is an `explain`
        * relevance_rank_accuracy, relevance_mass_accuracy, positive_attribution_ratio,
          mask_area, mask_note: see `mask_agreement`; with `masks`
        * degenerate: whether the map is all zero, constant or has NaN
        * note: why figures are missing, "" when none are

        0 to 1, gaps and stability -1 to 1; higher is better.

    Raises:
        DeriGateError: If shapes do not fit, or maps are wanted of a network without convolution.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> network = nn.Sequential(
        ...     nn.Conv2d(3, 8, 3),
        ...     nn.ReLU(),
        ...     nn.AdaptiveAvgPool2d(1),
        ...     nn.Flatten(),
        ...     nn.Linear(8, 2),
        ... )
        >>> images = torch.rand(4, 3, 32, 32)
        >>> table = explanation_quality(network, images, torch.tensor([0, 1, 0, 1]))
        >>> table[["irof", "irof_gap", "stability_worst"]].shape
        (4, 3)
    """
    check_batch(images, targets)
    if not bool(images.isfinite().all()):
        raise SettingError("an image has values that are no numbers", fix="Leave it out.")
    image_keys = content_keys(images) if keys is None else keys
    pass_size = batch_size or BATCH_SIZE
    if explain is None and maps is None:
        explain = _grad_cam(model, images, pass_size)
    heat = _explained(explain, images, targets, pass_size) if maps is None else maps.detach()
    fine, bad = upsample(heat.float(), (images.shape[2], images.shape[3])), degenerate(heat)
    parts = superpixels_of(images, n_segments) if segments is None else segments
    by_segment, by_pixel = removal_curves(
        _predictor(model),
        images,
        targets,
        orders=[
            (segment_order(fine, parts, image_keys), steps),
            (pixel_order(fine, image_keys), steps or STEPS),
        ],
        skip=bad,
        min_probability=min_probability,
        batch_size=batch_size,
    )
    columns: dict[str, Column] = {"target": targets.cpu().numpy()}
    columns |= _faithfulness(by_segment, by_pixel)
    if explain is not None and copies:
        ask = partial(map_stability, explain, images, targets, maps=heat, keys=image_keys)
        shaken = ask(copies=copies, sigma=sigma, batch_size=pass_size)
        columns |= {"stability_mean": shaken.mean, "stability_worst": shaken.worst}
    if masks is not None:
        columns |= _agreement(fine, masks)
    columns["degenerate"] = bad.cpu().numpy()
    columns["note"] = _notes(bad, by_segment, min_probability)
    return pd.DataFrame(columns)


def _predictor(model: nn.Module | Predict) -> Predict:
    """Probabilities from either kind of classifier; a network sits in its own device and mode."""
    if not isinstance(model, nn.Module):
        return model
    network = model

    def predict(batch: Tensor) -> Tensor:
        device = next((p.device for p in network.parameters()), batch.device)
        with as_found(network):
            logits: Tensor = network(batch.to(device))
        return logits.double().softmax(dim=-1)

    return predict


def _grad_cam(model: nn.Module | Predict, images: Tensor, batch_size: int) -> Explain:
    if not isinstance(model, nn.Module):
        fix = "Pass `maps`, `explain`, or the network itself."
        raise SettingError("a function has no layers to make heat maps of", fix=fix)
    layer = last_convolution(model, images[:1])
    return partial(grad_cam, model, layer=layer, batch_size=batch_size)


def _explained(explain: Explain | None, images: Tensor, targets: Tensor, batch_size: int) -> Tensor:
    assert explain is not None  # asked for when there are no maps

    def compute(rows: Tensor) -> Tensor:
        rows = rows.to(images.device)
        return explain(images[rows], targets.to(images.device)[rows]).detach()

    return in_batches(compute, len(images), batch_size=batch_size)


def _faithfulness(by_segment: Curves, by_pixel: Curves) -> dict[str, Column]:
    segments, flipped = removal_quality(by_segment), removal_quality(by_pixel)
    inserted = insertion_quality(by_pixel)
    return {
        "probability": by_pixel.removal[:, 0],
        "irof": segments.value,
        "irof_inverse": segments.inverse,
        "irof_gap": segments.gap,
        "pixel_flipping": flipped.value,
        "pixel_flipping_inverse": flipped.inverse,
        "pixel_flipping_gap": flipped.gap,
        "insertion": inserted.value,
        "insertion_inverse": inserted.inverse,
    }


def _agreement(maps: Tensor, masks: Sequence[Mask | None] | Mask) -> dict[str, Column]:
    agreement = mask_agreement(maps, masks)
    return {
        "relevance_rank_accuracy": agreement.rank_accuracy,
        "relevance_mass_accuracy": agreement.mass_accuracy,
        "positive_attribution_ratio": agreement.positive_ratio,
        "mask_area": agreement.area,
        "mask_note": list(agreement.reasons),
    }


def _notes(bad: Tensor, curves: Curves, min_probability: float) -> list[str]:
    """Reason that figures of an image are missing, the first that holds."""
    rows = zip(bad.tolist(), curves.removal[:, 0], curves.judged, strict=True)
    return [
        "degenerate map"
        if unusable
        else f"probability not above {min_probability:g}"
        if not probability >= min_probability
        else ""
        if judged
        else "a single superpixel"
        for unusable, probability, judged in rows
    ]
