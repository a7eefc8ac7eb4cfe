"""A copy is found however many decoys of its perceptual hash stand before it."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.fft import idctn

from deri_gate.features import near_duplicates
from deri_gate.features.near_duplicates import confirmed, near_groups, perceptual_hashes


def decoys(count: int, seed: int = 0) -> np.ndarray:
    """Different pictures of one hash: the hash looks at 8 x 8 coarse waves, they differ finely."""
    generator = np.random.default_rng(seed)
    waves = generator.normal(0, 5, (count, 32, 32))
    high = np.arange(64) <= 31  # the mean, which is the highest of all, and 31 others
    high[1:] = generator.permutation(high[1:])
    waves[:, :8, :8] = np.where(high, 60.0, -60.0).reshape(8, 8)
    found = np.clip(idctn(waves, axes=(1, 2), norm="ortho") + 128, 0, 255).astype(np.uint8)
    assert len(np.unique(perceptual_hashes(found))) == 1
    return found


MOST = 16  # instead of 256, so that it takes no minute


@pytest.fixture
def crowd(monkeypatch) -> np.ndarray:
    monkeypatch.setattr(near_duplicates, "MOST", MOST)
    return decoys(MOST + 60)


@pytest.mark.parametrize("bits", [0, 1])
@pytest.mark.parametrize(("one", "other"), [(MOST + 5, MOST + 50), (3, MOST + 20), (1, 2)])
def test_a_copy_among_decoys_is_found(crowd, one, other, bits) -> None:
    """Wherever the two stand, and whether their hashes are the same or one bit apart."""
    pictures = crowd.copy()
    copy = pictures[one].astype(int)
    copy[5, 5:9] += 2
    for shift in range(1, 40 * bits):
        changed = copy + np.round(idctn(_wave(shift), norm="ortho")).astype(int)
        apart = perceptual_hashes(np.stack([pictures[one], np.clip(changed, 0, 255)]).astype("u1"))
        if np.bitwise_count(apart[0] ^ apart[1]) == 1:
            copy = changed
            break
    pictures[other] = np.clip(copy, 0, 255)
    assert confirmed(np.array([[one, other]]), pictures).all()

    groups = near_groups(pictures, distance=6)

    assert groups[one] == groups[other] >= 0
    assert np.count_nonzero(groups >= 0) == 2


def _wave(size: int) -> np.ndarray:
    wave = np.zeros((32, 32))
    wave[3, 4] = 4.0 * size * (-1) ** size
    return wave


def test_thousands_that_are_all_alike_are_one_group(crowd) -> None:
    """Their pairs are millions; those kept connect them, in seconds."""
    generator = np.random.default_rng(1)
    noise = generator.integers(0, 2, (1500, 32, 32))
    pictures = np.clip(crowd[0] + noise, 0, 255).astype(np.uint8)
    started = time.process_time()

    groups = near_groups(pictures, distance=6)

    assert set(groups.tolist()) == {0}
    assert time.process_time() - started < 60


def test_without_confirmation_one_hash_is_one_group(crowd) -> None:
    """As the paper's rule has it, however many they are."""
    assert set(near_groups(crowd, distance=4, confirm=False).tolist()) == {0}
