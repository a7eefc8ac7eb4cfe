"""Pictures that use few of their levels: constant ones, and 12 bits in 16."""

import numpy as np
import pytest
from PIL import Image

from deri_gate.commands.measure import measure


@pytest.fixture
def measured(tmp_path):
    """Findings of these kinds on pictures of two classes, saved under an ending."""

    def call(pictures, ending=".png") -> dict[str, str]:
        for i, picture in enumerate(pictures):
            path = tmp_path / "d" / "ab"[i % 2] / f"{i}{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(path)
        found = measure(tmp_path / "d", metrics="sharpness")
        kinds = {"constant", "narrow_range"}
        return {f.path: f.kind for f in found.findings if f.kind in kinds}

    return call


def noise(count: int, high: int, kind=np.uint16) -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, high, (count, 30, 30)).astype(kind))


@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_twelve_bits_in_sixteen_are_told(measured, ending) -> None:
    """Each image of the set; nothing else says why it looks black."""
    assert set(measured(noise(6, 4096), ending).values()) == {"narrow_range"}
    assert len(measured(noise(6, 4096), ending)) == 6


def test_the_full_range_is_no_finding(measured) -> None:
    """Nor is one dark image among others."""
    assert measured([*noise(5, 65536), *noise(1, 3000)]) == {}


def test_half_a_set_that_is_narrow_is_told(measured) -> None:
    """Two scanners, one of which exports 12 bits."""
    found = measured([*noise(3, 65536), *noise(3, 4096)])

    assert found == dict.fromkeys(("b/3.png", "a/4.png", "b/5.png"), "narrow_range")


def test_eight_bits_are_never_narrow(measured) -> None:
    """A dull picture is dull."""
    assert measured([100 + p for p in noise(6, 10, np.uint8)]) == {}


def test_constant_pictures_are_told(measured) -> None:
    """Whatever their depth, and white on a transparent ground."""
    clear = np.full((30, 30, 4), 255, np.uint8)
    clear[..., 3] = noise(1, 255, np.uint8)[0]
    flat = [np.full((30, 30), 7, np.uint8), np.full((30, 30), 900, np.uint16), clear]

    assert measured([*noise(5, 255, np.uint8), *flat]) == {
        "b/5.png": "constant",
        "a/6.png": "constant",
        "b/7.png": "constant",
    }
