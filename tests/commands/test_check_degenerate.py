"""Sets with nothing in them to learn never pass, whatever single metrics say of them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import deri_gate

SIDE, EACH = 32, 20


def solid(rng, kind, number):
    """A colour of its own for each picture."""
    return np.full((SIDE, SIDE, 3), rng.integers(0, 256, 3), dtype=np.uint8)


def white_noise(rng, kind, number):
    return rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def repeated(rng, kind, number):
    return np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def empty_frame(rng, kind, number):
    picture = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
    picture[[0, -1]] = picture[:, [0, -1]] = 255
    return picture


@pytest.mark.parametrize("made", [solid, white_noise, repeated, empty_frame])
def test_degenerate_sets_do_not_pass(tmp_path, made) -> None:
    rng = np.random.default_rng(7)
    for kind in ("a", "b", "c"):
        (tmp_path / "set" / kind).mkdir(parents=True)
        for number in range(EACH):
            path = tmp_path / "set" / kind / f"{number}.png"
            cv2.imwrite(str(path), made(rng, kind, number))
    report = deri_gate.check(tmp_path / "set", out=tmp_path / "out", metrics="data")

    assert report.judgement.verdict in {"fail", "unknown"}
    missed = [check for check in report.judgement.checks if check.status == "fail"]
    assert missed, made.__name__
