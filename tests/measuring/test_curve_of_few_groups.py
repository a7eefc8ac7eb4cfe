"""Learning curve of many images in few groups: a group lies in one subset, or in none."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import scipy.sparse

from deri_gate.features.learning_curve import CurvePoint, subset_points
from deri_gate.measuring import sufficiency
from deri_gate.measuring.sufficiency import sufficiency_of


def test_subsets_of_the_same_images_are_no_second_point_of_the_curve(monkeypatch) -> None:
    """A quarter and a half of the few are the same groups, with 2,048 images in 40 groups.

    Their error counted twice, and was taken for a curve that does not fall.
    """
    monkeypatch.setattr("deri_gate.features.learning_curve.MOST_IMAGES", 128)
    rng = np.random.default_rng(0)
    labels = np.arange(2048) % 2
    features = (rng.standard_normal((2048, 4)) + labels[:, None]).astype(np.float32)
    member = scipy.sparse.csr_array(np.eye(2, dtype=np.float32)[labels])
    groups = tuple(f"patient{i}" for i in rng.integers(0, 40, 2048))
    points = subset_points(features, member, multilabel=False, groups=groups, seed=0)
    last = CurvePoint(images=1638.4, error=0.1, deviation=0.01)
    monkeypatch.setattr(sufficiency, "coverage_of", lambda _: None)
    monkeypatch.setattr(sufficiency, "_subset_points", lambda _: points)
    monkeypatch.setattr(sufficiency, "_last_point", lambda _: last)
    evidence = SimpleNamespace(
        earlier=None, wanted={"probe"}, profile=SimpleNamespace(seed=0), dataset=range(2048)
    )

    assert len(points) == 2
    assert "too few images in its classes or groups" in sufficiency_of(evidence).curve
