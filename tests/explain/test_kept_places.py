"""Places that are kept are those that were found, to the last bit, and found once."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from deri_gate.explain import kept_places as module
from deri_gate.explain.kept_places import kept_places
from deri_gate.explain.places import TellingPlace, best_places
from deri_gate.runtime.store import Store

COUNT = 60


def marked(*, classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Grain, with a bright square in the corner of the first class."""
    rng = np.random.default_rng(3)
    thumbnails = rng.integers(90, 110, (COUNT, 32, 32), dtype=np.uint8)
    own = np.arange(COUNT)[:, None] % classes == np.arange(classes)
    thumbnails[own[:, 0], 2:8, 2:8] = 250
    return thumbnails, np.full((COUNT, 16, 16, 2), 128, np.uint8), own


def as_bytes(places: list[list[TellingPlace]]) -> list[list[list[bytes | str]]]:
    return [
        [
            [repr(np.asarray(getattr(place, f.name)).tolist()) for f in fields(place)]
            for place in some
        ]
        for some in places
    ]


@pytest.mark.parametrize("classes", [2, 3])
def test_kept_places_are_those_that_were_found(tmp_path, monkeypatch, classes):
    """The second time nothing is looked for."""
    thumbnails, chroma, own = marked(classes=classes)
    expected = best_places(thumbnails, chroma, own)
    first = kept_places(thumbnails, chroma, own, Store(tmp_path))
    monkeypatch.setattr(module, "best_places", None)
    again = kept_places(thumbnails, chroma, own, Store(tmp_path))

    assert any(expected)
    assert as_bytes(first) == as_bytes(again) == as_bytes(expected)


def test_no_place_at_all_is_kept_as_well(tmp_path, monkeypatch):
    """Classes for which nothing is found are still classes."""
    thumbnails, chroma, own = marked(classes=2)
    monkeypatch.setattr(module, "best_places", lambda *_: [[], []])
    assert kept_places(thumbnails, chroma, own, Store(tmp_path)) == [[], []]
    monkeypatch.setattr(module, "best_places", None)

    assert kept_places(thumbnails, chroma, own, Store(tmp_path)) == [[], []]
