"""Evidence on labels kept by all that it is weighed from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deri_gate.features.kept_arrays import kept_arrays
from deri_gate.metrics.wrong_labels import VERSION, LabelEvidence, weigh_labels

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.features.kept_arrays import Arrays
    from deri_gate.measuring.evidence import Evidence

FIELDS = ("disagreement", "suggested", "probability", "suspects")


def kept_label_evidence(evidence: Evidence) -> LabelEvidence:
    """The evidence that `weigh_labels` gives, weighed once for the same neighbours and answers."""
    neighbours, membership = evidence.neighbours, evidence.dataset.membership
    out_of_fold, features = evidence.probe.out_of_fold, evidence.features
    images, classes = membership.shape

    def make() -> Arrays:
        made = weigh_labels(neighbours, membership, out_of_fold, features)
        return {name: getattr(made, name) for name in FIELDS}

    def check(arrays: Arrays) -> None:
        suggested, suspects = arrays["suggested"], arrays["suspects"]
        shapes = {arrays[name].shape for name in FIELDS[:3]}
        positions = np.concatenate([suggested, suspects])
        if shapes != {(images,)} or (positions < 0).any():
            raise ValueError(shapes)
        if (suggested >= classes).any() or (suspects >= images).any():
            raise ValueError(classes)

    shape = np.array(membership.shape)
    inputs: list[npt.NDArray[Any]] = [neighbours, out_of_fold, features, shape]
    inputs += [membership.indptr, membership.indices]
    arrays = kept_arrays(
        evidence.context.store, f"label-evidence-{VERSION}", inputs, make, check=check
    )
    return LabelEvidence(**{name: arrays[name] for name in FIELDS})
