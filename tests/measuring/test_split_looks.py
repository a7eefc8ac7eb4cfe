"""Splits that another program finished: told from the judged one by what they all have."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from deri_gate.measuring.evidence import Evidence
from deri_gate.measuring.split_looks import split_look_of
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.store import Store


@pytest.fixture(scope="module")
def cells():
    """Discs of two sizes on grained ground, as a camera sees them."""
    rng = np.random.default_rng(3)
    drawn = []
    for i in range(240):
        picture = np.full((48, 48), rng.integers(70, 130), np.uint8)
        where = [int(value) for value in rng.integers(14, 34, 2)]
        cv2.circle(picture, where, 5 + 4 * (i % 2), int(rng.integers(150, 230)), -1)
        picture = cv2.GaussianBlur(picture, (0, 0), 1.0) + rng.normal(0, 5, picture.shape)
        drawn.append(np.clip(picture, 0, 255).astype(np.uint8))
    return drawn


@pytest.fixture
def told(dataset_of, tmp_path):
    """Share and findings of two splits of pictures, the first of which is judged."""

    def looked(train, *others):
        context = Context(
            profile=STANDARD, store=Store(tmp_path / "store"), machine=Machine(workers=1)
        )
        parts = [train, [picture for split in others for picture in split]]
        names = [f"split {i}" for i, split in enumerate(others) for _ in split]
        own, beside = (
            Evidence(dataset_of(part, [i % 2 for i in range(len(part))]), context, frozenset())
            if part
            else None
            for part in parts
        )
        if beside is not None:
            data = replace(beside.dataset, splits=tuple(names))
            beside = Evidence(data, context, frozenset())
        return split_look_of(own, beside)

    return looked


def bent(picture):
    return np.rint(255 * (picture / 255) ** 0.5).astype(np.uint8)


def shrunk(picture):
    small = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, picture.shape[::-1], interpolation=cv2.INTER_CUBIC)


def faint(picture):
    return (picture // 3 + 90).astype(np.uint8)


def squeezed(picture):
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], 0)


def test_a_split_of_the_same_pictures_is_not_told(cells, told):
    share, findings = told(cells[:160], cells[160:200], cells[200:])

    assert share.value < 0.05
    assert findings == ()


@pytest.mark.parametrize("change", [bent, shrunk, faint, squeezed])
def test_a_split_that_another_program_exported_is_told(cells, told, change):
    """The judged split may be the one that differs; the other one is named."""
    share, findings = told(cells[:160], cells[160:200], [change(one) for one in cells[200:]])

    assert share.value > 0.6
    assert [(one.kind, one.path) for one in findings] == [("split_look", "split 1")]
    assert "differ from the judged split by" in findings[0].detail
    back, _ = told([change(one) for one in cells[:160]], cells[160:])
    assert back.value > 0.6


def test_a_split_with_red_and_blue_exchanged_is_told(cells, told):
    """Two programs name the channels in another order; in grey they differ by little."""
    tinted = [np.stack([one, one // 2, one // 2 + 9], axis=2) for one in cells]
    share, findings = told(tinted[:160], [one[..., ::-1].copy() for one in tinted[160:]])
    same, _ = told(tinted[:160], tinted[160:])

    assert "by colour" in findings[0].detail
    assert share.value > 0.6
    assert same.value < 0.05


def test_what_all_splits_went_through_tells_none(cells, told):
    share, findings = told([bent(one) for one in cells[:160]], [bent(one) for one in cells[160:]])

    assert share.value < 0.1
    assert findings == ()


def test_without_other_splits_or_with_few_images_nothing_is_looked_at(cells, told):
    alone, few = (told(cells[:160], *more)[0] for more in ((), (cells[160:161],)))

    assert (alone.value, few.value) == (None, None)
    assert "no splits" in alone.reason
    assert "too few" in few.reason or "images enough" in few.reason
