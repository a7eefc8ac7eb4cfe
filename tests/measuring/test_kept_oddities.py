"""Looks and damage are told once for the same images, and are those that were told."""

from __future__ import annotations

from dataclasses import asdict, replace

import cv2
import numpy as np
import pytest

from deri_gate.measuring import kept_oddities as module
from deri_gate.measuring.kept_oddities import judged_looks, kept_judged_looks
from deri_gate.measuring.typical_damage import NAMED_DAMAGES
from deri_gate.runtime.store import Store

CLASSES = np.arange(80) % 2


@pytest.fixture(name="table")
def _table(photos, dataset_of, evidence_of):
    """Eighty pieces of a photograph of gravel, of which four are blurred."""
    rng, photo = np.random.default_rng(2), photos["gravel"]
    corners = [[int(rng.integers(0, side - 64)) for side in photo.shape[:2]] for _ in range(80)]
    pieces = [np.ascontiguousarray(photo[y : y + 64, x : x + 64]) for y, x in corners]
    pieces[::20] = [cv2.GaussianBlur(piece, (0, 0), 3) for piece in pieces[::20]]
    return evidence_of(dataset_of(pieces, CLASSES.tolist())).images


def every_array(judged):
    seen, damaged = judged.seen, judged.damaged
    own = {"values": seen.values, "straight": seen.straight}
    return asdict(seen.looks) | own | {"kind": damaged.kind, "strength": damaged.strength}


def assert_same(judged, other):
    for name, array in every_array(judged).items():
        again = every_array(other)[name]
        assert (array.dtype, array.shape) == (again.dtype, again.shape)
        assert array.tobytes() == again.tobytes()


def test_what_was_told_is_told_again_without_a_look(table, tmp_path, monkeypatch):
    """Byte for byte, types included, as without a store."""
    true = judged_looks(table, [CLASSES])
    first = kept_judged_looks(table, [CLASSES], Store(tmp_path))
    monkeypatch.setattr(module, "judged_looks", None)
    again = kept_judged_looks(table, [CLASSES], Store(tmp_path))

    assert (true.damaged.kind >= 0).any()
    assert_same(true, first)
    assert_same(true, again)


@pytest.mark.parametrize("other", ["thumbnails", "chroma", "acquisition", "appearance", "strata"])
def test_other_images_or_classes_are_looked_at(table, tmp_path, other):
    """One byte of each is changed in turn."""
    kept_judged_looks(table, [CLASSES], Store(tmp_path))
    classes = CLASSES
    if other == "strata":
        classes = 1 - CLASSES * (np.arange(80) > 0)
    else:
        changed = getattr(table, other).copy()
        changed.view(np.uint8).reshape(-1)[2] ^= 64
        table = replace(table, **{other: changed})
    found = kept_judged_looks(table, [classes], Store(tmp_path))

    assert_same(judged_looks(table, [classes]), found)


WRONG = {
    "a damage that there is none of": ("kind", lambda _: np.full(80, len(NAMED_DAMAGES))),
    "yes or no": ("kind", lambda kind: kind >= 0),
    "too few": ("brightness", lambda levels: levels[:-1]),
    "text": ("brightness", lambda levels: levels.astype(str)),
    "too few images": ("values", lambda values: values[:-1]),
    "too few measures": ("values", lambda values: values[:, :3]),
    "no whole numbers": ("straight", lambda straight: straight / 2),
}


@pytest.mark.parametrize("name", WRONG)
def test_kept_ones_that_cannot_be_right_are_made_anew(table, tmp_path, monkeypatch, name):
    true = judged_looks(table, [CLASSES])
    wrong, (column, spoilt) = module._as_arrays(true), WRONG[name]
    wrong[column] = spoilt(wrong[column])
    with monkeypatch.context() as patch:
        patch.setattr(module, "_as_arrays", lambda _: wrong)
        patch.setattr(module, "_check", lambda *_: None)
        kept_judged_looks(table, [CLASSES], Store(tmp_path))

    assert_same(true, kept_judged_looks(table, [CLASSES], Store(tmp_path)))


def test_looks_of_many_images_are_not_kept(table, tmp_path, monkeypatch):
    """They would take more of the cache than the records that they come from."""
    monkeypatch.setattr(module, "MOST", 79)
    store = Store(tmp_path)
    kept_judged_looks(table, [CLASSES], store)
    monkeypatch.setattr(store, "get", None)

    assert_same(judged_looks(table, [CLASSES]), kept_judged_looks(table, [CLASSES], store))
