"""A metric of another package that fails: an error that names it, and never a verdict."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from deri_gate.data.picture_stack import PictureStack
from deri_gate.data.readers.plugin import Reader, _samples
from deri_gate.errors import DatasetError, SettingError
from deri_gate.features.picture_record import _values
from deri_gate.measuring.measure import _answer, _value
from deri_gate.metrics.base import Answer
from deri_gate.metrics.exposure import METRIC
from deri_gate.metrics.plugged import value_of_picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.metrics.base import Metric

PICTURE = np.arange(64, dtype=np.uint8).reshape(8, 8)


def plugged(of_image: Callable[..., object]) -> Metric:
    """A metric of no built-in name, 0 to 1."""
    return replace(METRIC, name="toy", of_image=of_image, of_pictures=None, paper=None)  # type: ignore[arg-type]


def _overwrites(picture: np.ndarray) -> float:
    picture[:] = 255
    return 1.0


FAULTS: dict[str, tuple[Callable[..., object], str]] = {
    "raises": (lambda _: 1 / 0, "toy raised ZeroDivisionError: division by zero"),
    "leaves with passed": (lambda _: sys.exit(0), "toy raised SystemExit: 0"),
    "NaN": (lambda _: float("nan"), "toy gave nan, outside 0 to 1"),
    "infinite": (lambda _: float("inf"), "toy gave inf"),
    "out of range": (lambda _: 2.0, "toy gave 2, outside"),
    "text": (lambda _: "x", "toy raised ValueError"),
    "nothing": (lambda _: None, "toy raised TypeError"),
    "changes the data": (_overwrites, "toy raised ValueError: assignment destination is read-only"),
}


@pytest.mark.parametrize(("of_image", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_a_picture_names_the_metric(of_image: Callable[..., object], said: str) -> None:
    """A program that left with 0 had "passed", and images of NaN went unmeasured."""
    picture = PICTURE.copy()

    with pytest.raises(SettingError, match=said):
        value_of_picture(plugged(of_image), picture)

    assert np.array_equal(picture, PICTURE)
    assert picture.flags.writeable  # as it was, for whom it belongs to


def test_pictures_are_measured_in_this_way() -> None:
    """The one place where the pass over the files asks a metric of an image."""
    with pytest.raises(SettingError, match="toy gave nan"):
        _values(plugged(FAULTS["NaN"][0]), PictureStack.of(PICTURE))


@pytest.mark.parametrize("kind", ["raises", "leaves with passed"])
def test_a_fault_of_a_whole_dataset_names_the_metric(kind: str) -> None:
    """A metric that asks for evidence is named, whether it or its statistic fails."""
    fault = FAULTS[kind][0]
    metric = replace(plugged(fault), of_image=None, compute=fault)  # type: ignore[arg-type]
    evidence = SimpleNamespace(_=None, scan=SimpleNamespace(readable=np.ones(1, dtype=np.bool_)))

    with pytest.raises(SettingError, match="metric toy raised"):
        _answer(metric, evidence)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="metric toy raised"):
        _value(metric, Answer(statistic=fault), 3)  # type: ignore[arg-type]


def test_a_bug_of_ours_stays_a_bug() -> None:
    """It is traced, as a report of it needs the lines."""
    with pytest.raises(ZeroDivisionError):
        value_of_picture(replace(METRIC, of_image=lambda _: 1 / 0), PICTURE)


def test_a_reader_that_leaves_the_program_is_an_error_too() -> None:
    """With `sys.exit(0)` it would have left with "passed", and no dataset was read."""
    reader = Reader(name="toy", read=lambda _: sys.exit(0), suffixes=())

    with pytest.raises(DatasetError, match=r"failed \(SystemExit: 0\)"):
        _samples(reader, "x")
