"""Thin classes and regions, planted in embeddings; scikit-learn measures the distances again."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse
from sklearn.neighbors import NearestNeighbors

from deri_gate.features.neighbours import nearest_neighbours, unit_vectors
from deri_gate.measuring.coverage import TINY, coverage_of
from deri_gate.measuring.sufficiency import sufficiency_of

K = 10


def evidence(vectors, labels, wanted=("neighbours",)):
    """Evidence of which only the embeddings and labels are real."""
    names = sorted(set(labels))
    dataset = SimpleNamespace(
        classes=tuple(names),
        multilabel=False,
        membership=scipy.sparse.csr_array(
            (np.ones(len(labels)), (range(len(labels)), [names.index(x) for x in labels]))
        ),
        class_counts=lambda: {name: labels.count(name) for name in names},
    )
    kind = type("Images", (SimpleNamespace,), {"__len__": lambda _: len(labels)})
    unit = unit_vectors(np.asarray(vectors, dtype=np.float32))
    return SimpleNamespace(
        dataset=kind(**vars(dataset)),
        profile=SimpleNamespace(neighbours=K),
        wanted=frozenset(wanted),
        embeddings=unit,
        neighbours=nearest_neighbours(unit, K, device="cpu") if len(unit) > K else None,
        earlier=None,
    )


def cloud(count, rng, *, centre=0, spread=0.1, length=32):
    middle = np.zeros(length)
    middle[centre] = 1
    return middle + spread * rng.standard_normal((count, length))


def test_five_images_far_from_all_are_one_region() -> None:
    """The region holds the five, farthest first by scikit-learn's own distances."""
    rng = np.random.default_rng(0)
    vectors = np.concatenate([cloud(200, rng), cloud(5, rng, centre=1, spread=0.05)])
    found = coverage_of(evidence(vectors, ["a"] * 100 + ["b"] * 105))
    exact = NearestNeighbors(n_neighbors=K + 1, metric="cosine").fit(vectors).kneighbors(vectors)[0]
    distances = (exact[:, -1] + TINY) / np.median(exact[:, -1] + TINY)

    assert [set(region.images) for region in found.regions] == [set(range(200, 205))]
    assert found.regions[0].images == tuple(200 + np.argsort(-distances[200:]))
    assert found.regions[0].distance == pytest.approx(np.median(distances[200:]), rel=1e-3)
    assert found.thin_images == 5


def test_an_even_cloud_has_no_thin_class() -> None:
    """Two classes of a hundred in one cloud: company for all."""
    found = coverage_of(evidence(cloud(200, np.random.default_rng(1)), ["a", "b"] * 100))

    assert not found.thin_classes
    assert all(one.company > 0.99 for one in found.classes)
    assert all(one.distance == pytest.approx(1, abs=0.1) for one in found.classes)


@pytest.mark.parametrize(
    ("count", "spread", "reasons"),
    [
        (15, 0.02, ["fewer than 20 images"]),
        (30, 0.3, ["times as far apart as usual"]),
    ],
)
def test_a_thin_class_says_why(count, spread, reasons) -> None:
    """Few images, or images far apart."""
    rng = np.random.default_rng(2)
    vectors = np.concatenate([cloud(200, rng), cloud(count, rng, centre=1, spread=spread)])
    found = coverage_of(evidence(vectors, ["common"] * 200 + ["rare"] * count))

    assert [one.name for one in found.thin_classes] == ["rare"]
    said = found.thin_classes[0].reasons
    assert len(said) == len(reasons)
    assert all(text.endswith(end) for text, end in zip(said, reasons, strict=True))


def test_a_class_scattered_among_others_is_lonely() -> None:
    """Twenty-five images of one class at random among a thousand of another."""
    rng = np.random.default_rng(3)
    labels = ["common"] * 1000 + ["scattered"] * 25
    found = coverage_of(evidence(cloud(1025, rng), labels))
    lonely = found.classes[0]

    assert (lonely.name, lonely.images) == ("scattered", 25)
    assert lonely.company < 0.5
    assert lonely.reasons == ("most of its images have no similar image of their class",)


def test_copies_alone_are_no_thin_region() -> None:
    """All images equal: every distance is 0, and none is thin."""
    found = coverage_of(evidence(np.ones((30, 32)), ["a"] * 30))

    assert found.regions == ()
    assert found.thin_classes == ()


def test_what_was_not_measured_has_a_reason() -> None:
    """Never an empty answer that reads like a good one."""
    few = cloud(8, np.random.default_rng(0))

    assert "no metric" in str(coverage_of(evidence(few, ["a"] * 8, wanted=())))
    assert "too few images" in str(coverage_of(evidence(few, ["a"] * 8)))
    assert "needs a probe" in str(sufficiency_of(evidence(few, ["a"] * 8)).curve)
