"""Arrays that are kept by their inputs: the same bytes back, and nothing of other inputs."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.features import kept_arrays as keeping
from deri_gate.features.kept_arrays import kept_arrays
from deri_gate.runtime.store import Store

ROWS = np.arange(12, dtype=np.float32).reshape(3, 4)


class Maker:
    """Makes arrays of every kind that is kept, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> dict[str, np.ndarray]:
        self.asked += 1
        return {
            "sums": np.array([0.1 + 0.2, np.nan]),
            "none": np.zeros((0, 2), dtype=bool),
            "words": np.array(["ä", "edge"]),
            "asked": np.array([self.asked]),
        }


@pytest.fixture
def ask(tmp_path):
    make = Maker()

    def asked(*inputs, kind="sums-1", check=lambda arrays: arrays["sums"]):
        return kept_arrays(Store(tmp_path), kind, inputs, make, check=check)

    return asked


def test_what_is_known_is_read_once(ask, monkeypatch):
    """It was read to be looked through, and a second time to be given."""
    read, given = keeping._read, []
    monkeypatch.setattr(keeping, "_read", lambda raw: given.append(raw) or read(raw))
    for _ in range(3):
        ask(ROWS)

    assert len(given) == 2


def test_the_same_inputs_give_the_same_bytes(ask):
    """Made once; types and empty arrays come back as they were."""
    first, again = ask(ROWS), ask(ROWS.copy(order="F"))

    assert first.keys() == again.keys()
    for name, array in first.items():
        assert (array.dtype, array.shape) == (again[name].dtype, again[name].shape)
        assert array.tobytes() == again[name].tobytes()


@pytest.mark.parametrize(
    "other",
    [
        (np.nextafter(ROWS, 99),),  # a last bit
        (ROWS.reshape(4, 3),),  # the same bytes in another form
        (ROWS.view(np.int32),),
        (ROWS, ROWS[:0]),
        (ROWS[:2], ROWS[2:]),  # cut elsewhere
        (ROWS.T,),
    ],
)
def test_other_inputs_are_asked_anew(ask, other):
    """Whatever of them differs."""
    assert (ask(ROWS)["asked"][0], ask(*other)["asked"][0]) == (1, 2)


def test_another_version_is_asked_anew(ask):
    """Its namespace is another."""
    assert (ask(ROWS)["asked"][0], ask(ROWS, kind="sums-2")["asked"][0]) == (1, 2)


def test_what_does_not_fit_is_made_again(ask):
    """The seal says that it is what was put, not that it can be used here."""

    def refuse(_: object) -> None:
        raise ValueError

    ask(ROWS)

    assert ask(ROWS, check=refuse)["asked"][0] == 2
    assert ask(ROWS)["asked"][0] == 2
