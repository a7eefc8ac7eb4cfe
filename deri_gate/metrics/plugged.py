"""Metrics of installed packages, run so that their faults are theirs and never a verdict."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from deri_gate.errors import DeriGateError, SettingError
from deri_gate.metrics.catalogue import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.data.dataset import Picture
    from deri_gate.metrics.base import Answer, Metric

FIX = "Mend or uninstall the package that brings it, see `deri-gate plugins`, or leave it out."


@contextmanager
def naming_metric(metric: Metric) -> Iterator[None]:
    """Let what a plugin raises be an error that names it; our own bugs stay bugs.

    One that leaves the program, as `sys.exit(0)` does, would have left with "passed".
    """
    try:
        yield
    except DeriGateError:
        raise
    except (Exception, SystemExit) as error:
        if metric.name in NAMES:
            raise
        what = f"the metric {metric.name} raised {type(error).__name__}: {error}"
        raise SettingError(what.rstrip("."), "--metrics", FIX) from error


def answer_of(metric: Metric, evidence: object) -> Answer:
    """The answer of a metric to the evidence that it asks for.

    Raises:
        SettingError: If a plugin's metric fails.
    """
    assert metric.compute is not None  # who calls has looked
    with naming_metric(metric):
        return metric.compute(**{name: getattr(evidence, name) for name in metric.needs})


def value_of_picture(metric: Metric, picture: Picture) -> float:
    """The value of a picture, which the metric can read and not change.

    Raises:
        SettingError: If a plugin's metric fails, or gives no number in its range: such an image
            would go unmeasured without a word.
    """
    assert metric.of_image is not None  # who calls has looked
    shown = picture.view()
    shown.flags.writeable = False
    with naming_metric(metric):
        value = float(metric.of_image(shown))
    if metric.name not in NAMES and not metric.low <= value <= metric.high:
        what = f"the metric {metric.name} gave {value:g}, outside {metric.low:g} to {metric.high:g}"
        raise SettingError(what, "--metrics", FIX)
    return value
