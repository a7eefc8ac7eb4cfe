"""Profile paper-small scores all eleven metrics against its own pool, end to end."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import deri_gate


@pytest.mark.slow
def test_profile_paper_small_scores_against_its_own_pool(tmp_path) -> None:
    """Five CNNs are taught and explained: half a minute on two cores."""
    rng = np.random.default_rng(0)
    for split, kind, count in (
        ("train", "a", 10),
        ("train", "b", 10),
        ("val", "a", 4),
        ("val", "b", 4),
    ):
        folder = tmp_path / "set" / split / kind
        folder.mkdir(parents=True)
        for number in range(count):
            cv2.imwrite(
                str(folder / f"{number}.png"), rng.integers(0, 256, (28, 28), dtype=np.uint8)
            )
    report = deri_gate.check(tmp_path / "set", profile="paper-small", out=tmp_path / "out")

    assert report.pool.name == "paper-small"
    assert report.scored.complete
    assert 0 < report.scored.deri1000 < 2000
    low, high = report.scored.interval
    assert low <= report.scored.deri1000 <= high
