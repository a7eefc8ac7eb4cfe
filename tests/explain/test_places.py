"""Places that tell a class: each class is held against all others, which are counted once."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from scipy.stats import ks_2samp

from deri_gate.explain import places
from deri_gate.explain.local_features import LocalFeature, local_features
from deri_gate.explain.places import TellingPlace, best_places
from deri_gate.explain.telling import FEW, SOME

IMAGES = 120


@pytest.fixture
def brightness_alone(monkeypatch):
    """One local feature of all, as each of them takes as long."""
    monkeypatch.setattr(places, "local_features", lambda *given: [next(local_features(*given))])


def marked(classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Grain, with a bright square in every other class, elsewhere in each."""
    rng = np.random.default_rng(classes)
    thumbnails = rng.integers(60, 140, (IMAGES, 32, 32), dtype=np.uint8)
    own = np.arange(IMAGES)[:, None] % classes == np.arange(classes)
    for k in range(0, classes, 2):
        thumbnails[own[:, k], 3 * k : 3 * k + 6, 2:8] = 250
    chroma = rng.integers(120, 136, (IMAGES, 16, 16, 2), dtype=np.uint8)
    return thumbnails, chroma, own


def plain(some: list[TellingPlace]) -> list[list[object]]:
    return [[np.asarray(getattr(one, f.name)).tolist() for f in fields(one)] for one in some]


def test_a_class_among_others_is_judged_as_it_is_alone(brightness_alone) -> None:
    """To the last bit; classes of which no other is asked know nothing of each other."""
    thumbnails, chroma, own = marked(4)
    together = best_places(thumbnails, chroma, own)

    assert [bool(some) for some in together][::2] == [True] * len(together[::2])
    for k, some in enumerate(together):
        assert plain(some) == plain(best_places(thumbnails, chroma, own[:, [k]])[0])


def test_the_best_line_of_all_is_that_of_kolmogorov_and_smirnov() -> None:
    """SciPy's statistic of two samples, cell by cell."""
    thumbnails, chroma, own = marked(3)
    feature = next(iter(local_features(thumbnails, chroma)))
    told = places._told(feature, own[:, 0], places._reached(feature.codes))
    informed = told[2].reshape(32, 32)

    for row, column in [(3, 4), (0, 0), (20, 31)]:
        values = feature.codes[:, row, column]
        oracle = ks_2samp(values[own[:, 0]], values[~own[:, 0]]).statistic
        assert informed[row, column] == pytest.approx(oracle, abs=1e-12)


@pytest.mark.parametrize("others_high", [0, 6])
def test_the_share_told_is_that_beyond_a_bound(others_high: int) -> None:
    """By hand: 30 of 40 lie above 100; of 400 others so many, which costs their rate."""
    codes = np.full((440, 2, 2), 20, dtype=np.uint8)
    codes[:30, 0, 1] = 110
    codes[40 : 40 + others_high, 0, 1] = 105
    own = np.arange(440) < 40
    feature = LocalFeature(name="brightness", codes=codes, reach=1)
    above, below, _ = places._told(feature, own, places._reached(codes))

    def cost(passed: int) -> float:
        rate = (passed + 2) / 402
        return 0.45 * max(0.0, (rate - FEW) / (SOME - FEW)) ** 0.5

    best = max(0.75 - passed / 400 - cost(passed) for passed in {0, others_high})
    np.testing.assert_allclose(above, [[0, best], [0, 0]], atol=1e-12)
    np.testing.assert_allclose(below, 0, atol=1e-12)


@pytest.mark.parametrize("classes", [3, 12])
def test_more_classes_count_no_image_more_often(brightness_alone, monkeypatch, classes) -> None:
    """Each is counted with all, and with its own class; of hundreds of classes, too."""
    thumbnails, chroma, own = marked(classes)
    thumbnails[:] = 100  # so that nothing is found, which takes longer than to count
    counted, reached = list[int](), places._reached

    def spy(codes: np.ndarray) -> np.ndarray:
        counted.append(len(codes))
        return reached(codes)

    monkeypatch.setattr(places, "_reached", spy)
    best_places(thumbnails, chroma, own)

    assert sum(counted) == 2 * IMAGES
