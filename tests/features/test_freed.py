"""Pictures, and what was made of them, go when nobody holds them: no cycle keeps them.

The command line looks for cycles seldom, so what is in one stays for minutes. Studies of many sets
held gigabytes so.
"""

from __future__ import annotations

import gc
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from deri_gate.data.picture_stack import REDUCED, PictureStack
from deri_gate.features.near_duplicates import near_duplicates
from deri_gate.features.picture_record import picture_records
from deri_gate.features.picture_set import MadeOnce, PictureSet
from deri_gate.metrics.profile import STANDARD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HELD = (PictureStack, PictureSet, MadeOnce)


@pytest.fixture
def kept() -> Iterator[Callable[[], list[object]]]:
    """Give objects that live still, without the help of the collector."""
    gc.collect()
    gc.disable()
    before = {id(one) for one in gc.get_objects() if isinstance(one, HELD)}
    yield lambda: [
        one for one in gc.get_objects() if isinstance(one, HELD) and id(one) not in before
    ]
    gc.enable()


def test_pictures_that_were_compared(kept) -> None:
    """Two alike, so that views and orientations are made as well."""
    rng = np.random.default_rng(0)
    thumbnails = np.kron(rng.integers(0, 256, (40, 8, 8)), np.ones((4, 4))).astype(np.uint8)
    thumbnails[1] = np.clip(thumbnails[0].astype(int) + 2, 0, 255)
    thumbnails[2] = thumbnails[3, :, ::-1]

    found = near_duplicates(thumbnails, np.full((40, 2), np.nan))

    assert len(found.pairs) >= 2
    assert kept() == []


@pytest.mark.parametrize("side", [28, REDUCED, 2 * REDUCED])
def test_pictures_that_were_measured(kept, side: int) -> None:
    """Small ones, whose reduced form are they themselves, and one that has another."""
    picture = np.random.default_rng(0).integers(0, 256, (side, side, 3)).astype(np.uint8)

    record = picture_records(
        PictureStack.of(picture, picture[::-1]), [SimpleNamespace(), SimpleNamespace()], STANDARD
    )

    assert len(record) == 2
    assert kept() == []
