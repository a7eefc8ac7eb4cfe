"""Agreement of an explainer's maps with masks; loads torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from deri_gate.explain.quality.maps import upsample
from deri_gate.explain.quality.masks import mask_agreement
from deri_gate.features.torch_threads import fixed_threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import BoolArray
    from deri_gate.data.dataset import Picture
    from deri_gate.explain.probe import Explainer
    from deri_gate.explain.quality.masks import MaskAgreement


@fixed_threads()
def agreement(
    explainer: Explainer,
    pictures: Sequence[Picture],
    targets: Sequence[int],
    insides: Sequence[BoolArray],
) -> MaskAgreement:
    """Compare the maps of pictures of one size with the masks of the same size.

    Args:
        explainer: Makes the maps.
        pictures: Prepared for the network.
        targets: The class to explain, one a picture.
        insides: True where the mask marks the object, one a picture.
    """
    maps = explainer.maps(pictures, torch.tensor(targets))
    return mask_agreement(upsample(maps.float(), pictures[0].shape[:2]), insides)
