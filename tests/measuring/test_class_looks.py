"""Classes told by light or sharpness: photographs of which one class was changed as a whole."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.measuring.class_looks import TOLD, class_looks_of

EACH, SIDE, SEED = 40, 40, 0


@pytest.fixture(scope="module")
def crops(photos):
    """Squares cut from photographs, shuffled: their classes have nothing to do with them."""
    rng = np.random.default_rng(0)
    names = ("astronaut", "cat", "coffee", "rocket", "camera", "coins")
    cut = []
    for i in range(4 * EACH):
        photo = photos[names[i % len(names)]]
        y, x = (int(rng.integers(0, side - 128)) for side in photo.shape[:2])
        part = cv2.resize(photo[y : y + 128, x : x + 128], (SIDE, SIDE), cv2.INTER_AREA)
        cut.append(part if part.ndim == 3 else np.repeat(part[..., None], 3, axis=2))
    return [cut[i] for i in rng.permutation(len(cut))]


@pytest.fixture
def looks_of(dataset_of, evidence_of, crops):
    """Looks of a set's classes, where the second one was changed."""

    def build(change=None):
        labels = [i % 4 for i in range(len(crops))]
        pictures = [
            change(p) if change and k == 1 else p for p, k in zip(crops, labels, strict=True)
        ]
        data = dataset_of(pictures, labels)
        return class_looks_of(data, evidence_of(data).images, seed=SEED)

    return build


def test_photographs_tell_no_class(looks_of) -> None:
    found = looks_of()

    assert [one.label for one in found.judged] == ["class0", "class1", "class2", "class3"]
    assert found.share.value < TOLD
    assert found.findings() == []


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda p: np.round(p * 0.4 + 80).astype(np.uint8), "range of grey levels"),
        (lambda p: np.round(p * 0.3).astype(np.uint8), "brightest level"),
        (lambda p: np.round(178 + p * 0.3).astype(np.uint8), "darkest level"),
        (lambda p: cv2.GaussianBlur(p, (0, 0), 1.2), "sharpness"),
    ],
)
def test_the_changed_class_is_named_with_what_tells_it(looks_of, change, what) -> None:
    found = looks_of(change)

    assert found.share.value > TOLD
    assert [(f.kind, f.path) for f in found.findings()] == [("class_look", "class1")]
    best = max(found.judged, key=lambda one: one.strength)
    assert best.label == "class1"
    assert best.what in (what, "range of grey levels")
    assert found.share.note == f"class class1: {best.sentence}"


def test_a_change_of_every_class_tells_none(dataset_of, evidence_of, crops) -> None:
    """As where a dataset is dark as a whole: that is no class's."""
    labels = [i % 4 for i in range(len(crops))]
    data = dataset_of([np.round(p * 0.5).astype(np.uint8) for p in crops], labels)

    assert class_looks_of(data, evidence_of(data).images, seed=SEED).share.value < TOLD


def test_a_few_images_tell_nothing(dataset_of, evidence_of, crops) -> None:
    data = dataset_of(crops[:8], [0, 1] * 4)
    found = class_looks_of(data, evidence_of(data).images, seed=SEED)

    assert found.share.value is None
    assert "enough" in found.share.reason
