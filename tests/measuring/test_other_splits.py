"""Images that hold nothing or little, in a split that is not judged, beside a good one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deri_gate.commands.measure import measure
from tests.sweeps import sampled

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.schemas.metrics import MetricsDocument

TEST = 30  # images of the split that is spoilt; `val` has five times as many


@pytest.fixture
def measured(tmp_path):
    """A dataset of three splits, of which one alone is spoilt."""

    def call(spoil: Callable[[np.ndarray], np.ndarray], kind=np.uint8) -> MetricsDocument:
        rng = np.random.default_rng(0)
        for split, count in (("train", 40), ("val", 5 * TEST), ("test", TEST)):
            for i in range(count):
                picture = rng.integers(0, np.iinfo(kind).max, (16, 16)).astype(kind)
                path = tmp_path / "d" / split / "ab"[i % 2] / f"{i}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(spoil(picture) if split == "test" else picture).save(path)
        return measure(tmp_path / "d", metrics="sharpness,resolution,noise_artifacts")

    return call


@pytest.mark.parametrize(
    ("share", "kind", "spoil", "value"),
    sampled(
        [
            ("constant_share", np.uint8, np.zeros_like, TEST / 220),
            ("narrow_share", np.uint16, lambda picture: picture // 32, TEST / 220),
            ("faint_share", np.uint8, lambda picture: picture // 8, 1.0),
        ],
        0,
    ),
)
def test_a_spoilt_split_is_told_though_another_is_judged(measured, share, kind, spoil, value):
    """All images of `test`, which are a sixth of those that are not judged."""
    assert measured(spoil, kind).shares[share].value == pytest.approx(value)
