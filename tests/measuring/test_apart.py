"""Groups of images of something else, which are each other's nearest, are told."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from deri_gate.commands.measure import Measuring
from deri_gate.measuring import apart
from deri_gate.measuring.apart import FEWEST, LOOKED_AT, apart_findings, apart_groups
from deri_gate.metrics.profile import EMBEDDED
from deri_gate.runtime.store import KeptInMemory

DIMENSIONS, OWN = 64, 100


def around(centre: int, count: int, rng: np.random.Generator, spread: float = 0.05) -> np.ndarray:
    """Unit vectors around an axis."""
    vectors = np.eye(DIMENSIONS)[centre] + rng.normal(0, spread, (count, DIMENSIONS))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def made(foreign: int, seed: int = 0, *, classes: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """A set of two classes of one kind, and images of another kind with labels at random."""
    rng = np.random.default_rng(seed)
    vectors = np.concatenate([around(0, 2 * OWN, rng), around(9, foreign, rng)])
    labels = np.r_[np.repeat([0, 1], OWN), rng.integers(0, classes, foreign)]
    return vectors, labels


@pytest.mark.parametrize("foreign", [FEWEST, 30, 120])
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("classes", [1, 2])
def test_a_group_of_something_else_is_told(foreign, seed, classes) -> None:
    """A finding on foreign images in number, also in one class, if no more than half of it."""
    foreign = min(foreign, OWN) if classes == 1 else foreign
    (group,) = apart_groups(*made(foreign, seed, classes=classes))

    assert np.flatnonzero(group).tolist() == list(range(2 * OWN, 2 * OWN + foreign))


def test_so_are_two_kinds_of_something_else() -> None:
    """Told as one where they are as far from each other as from the rest."""
    rng = np.random.default_rng(3)
    vectors, labels = made(30)
    vectors = np.concatenate([vectors, around(20, 40, rng)])
    found = apart_groups(vectors, np.r_[labels, rng.integers(0, 2, 40)])

    assert np.flatnonzero(np.any(found, axis=0)).tolist() == list(range(2 * OWN, 2 * OWN + 70))


@pytest.mark.parametrize("count", [5, FEWEST, 2 * FEWEST, 200])
@pytest.mark.parametrize("seed", range(3))
def test_of_one_kind_none_is(count, seed) -> None:
    rng = np.random.default_rng(seed)

    assert apart_groups(around(0, count, rng), rng.integers(0, 2, count)) == []


def test_classes_that_look_apart_are_none() -> None:
    """Hands and chests: what is far from all others is a class, or two."""
    rng = np.random.default_rng(4)
    vectors = np.concatenate([around(i, 60, rng) for i in range(4)])

    assert apart_groups(vectors, np.repeat([0, 1, 2, 3], 60)) == []
    assert apart_groups(vectors, np.repeat([0, 0, 1, 1], 60)) != []


def test_two_sources_of_one_kind_are_none() -> None:
    """Another scanner is farther than the own, and yet nearer than something else."""
    rng = np.random.default_rng(5)
    other = around(0, 60, rng) + 0.8 * np.eye(DIMENSIONS)[1]
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    vectors = np.concatenate([around(0, 2 * OWN, rng), other])

    assert apart_groups(vectors, np.r_[np.repeat([0, 1], OWN), rng.integers(0, 2, 60)]) == []


@pytest.mark.parametrize("seed", range(3))
def test_nor_is_a_part_of_what_is_varied(seed) -> None:
    """Photos lie far from all others, and from each other as well."""
    rng = np.random.default_rng(seed)
    vectors = around(0, 200, rng, spread=0.2)

    assert apart_groups(vectors, rng.integers(0, 2, 200)) == []


def saved(folder, images, *, seed=0) -> None:
    rng = np.random.default_rng(seed)
    for i, image in enumerate(images):
        place = folder / str(rng.integers(0, 2))
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{i:03d}.png")


def test_a_check_tells_them(tmp_path) -> None:
    """Stripes among noise; without the question for neighbours nothing is embedded for it."""
    rng = np.random.default_rng(6)
    noise = rng.integers(90, 160, (60, 32, 32), dtype=np.uint8)
    stripes = np.zeros((25, 32, 32), dtype=np.uint8)
    stripes[:, :, ::8] = rng.integers(200, 256, (25, 1, 1))
    saved(tmp_path, [*noise, *stripes])
    asked = Measuring.of(metrics="label_noise").measured(tmp_path)
    other = Measuring.of(metrics="sharpness").measured(tmp_path)
    told = [f for f in asked.findings if f.kind == "apart"]

    assert [f.detail.split(" resemble")[0] for f in told] == ["25 images, of 2 classes,"]
    assert all(int(name.split("/")[1][:3]) >= 60 for name in _named(told[0].detail))
    assert list(apart_findings(other.evidence)) == []


def _named(detail: str) -> list[str]:
    return detail.split("such as ")[1].split(":", maxsplit=1)[0].split(", ")


def asked_of(vectors: np.ndarray, labels: np.ndarray, store: KeptInMemory) -> SimpleNamespace:
    """Evidence that there are ten of each of these images."""
    return SimpleNamespace(
        wanted={"neighbours"},
        profile=SimpleNamespace(encoder=EMBEDDED),
        context=SimpleNamespace(store=store),
        embeddings=np.repeat(vectors, 10, axis=0),
        dataset=SimpleNamespace(
            ids=[f"{i}.png" for i in range(10 * len(vectors))],
            labels=[(int(label),) for label in np.repeat(labels, 10)],
        ),
    )


def test_of_many_images_some_are_compared() -> None:
    (finding,) = apart_findings(asked_of(*made(60), KeptInMemory()))

    assert finding.detail.startswith(f"231 images of {LOOKED_AT:,} that were compared")


@pytest.mark.parametrize("foreign", [0, 60])
def test_they_are_found_once(monkeypatch, foreign) -> None:
    """Groups from the cache equal those that were computed, for equal images and classes."""
    asked = asked_of(*made(foreign), KeptInMemory())
    first = list(apart_findings(asked))
    monkeypatch.setattr(apart, "apart_groups", None)

    assert list(apart_findings(asked)) == first


@pytest.mark.parametrize(
    "kept", [np.ones((1, 7), bool), np.ones((1, 9)), np.zeros((1, 9), bool), np.ones(9, bool)]
)
def test_what_is_no_group_of_nine_images_is_refused(kept) -> None:
    """Groups found anew where the kept ones are of other images, of another type, or damaged."""
    with pytest.raises(ValueError):
        apart._check_groups({"groups": kept}, 9)
