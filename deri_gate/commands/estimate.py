"""`deri-gate estimate`: time and memory that a check of so many images would take here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.errors import SettingError
from deri_gate.features.encoder import load_encoder
from deri_gate.measuring.forecast import memory_of, step_times
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime.arguments import checking_arguments
from deri_gate.runtime.system import processors

if TYPE_CHECKING:
    from deri_gate.measuring.forecast import StepTime

MOST = 2_000  # classes, or px of a side, that the few made images can stand for


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Cost of one check in which nothing is known from before.

    Attributes:
        images: How many images.
        steps: Processor time of each step.
        processors: How many this process may use.
        memory: Bytes, at the most.
    """

    images: int
    steps: tuple[StepTime, ...]
    processors: int
    memory: int

    @property
    def seconds(self) -> float:
        """Processor time in all, in seconds."""
        return sum(step.seconds for step in self.steps)


@checking_arguments()
def estimate(images: int, *, size: int = 512, classes: int = 2) -> Forecast:
    """Estimate what a check of a dataset costs on this machine, which has to be idle.

    Takes some seconds: every step is timed on a few made images, and carried on by its growth.
    The processor is asked, never a GPU.

    Args:
        images: How many images the dataset has.
        size: Side of its images, in pixels.
        classes: How many classes it has.

    Raises:
        SettingError: If a number is out of range.
    """
    for name, given, least in (
        ("IMAGES", images, 1),
        ("--size", size, 1),
        ("--classes", classes, 2),
    ):
        if given < least:
            raise SettingError(f"{given} is less than {least}", name, f"Give at least {least}.")
    for name, given in (("--size", size), ("--classes", classes)):
        if given > MOST:
            raise SettingError(f"{given} is more than {MOST}", name, f"Give at most {MOST}.")
    encoder = load_encoder(STANDARD, "cpu")
    steps = step_times(images, size=size, classes=classes, profile=STANDARD, encoder=encoder)
    return Forecast(images=images, steps=steps, processors=processors(), memory=memory_of(images))
