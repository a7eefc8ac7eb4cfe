"""Reading of a dataset: for `metrics.json`, and in one line for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from deri_gate.runtime.counts import counted
from deri_gate.schemas.base import Count, JsonRecord

if TYPE_CHECKING:
    from deri_gate.data.dataset import Reading

MOST_KINDS = 6  # kinds of left-out files named in the line; `metrics.json` has all
MOST_SPLITS = 8


class ReadingInfo(JsonRecord):
    """`read_as` in `metrics.json`: layout, splits, masks and what was left out."""

    layout: str = ""
    splits: dict[str, Count] = Field(default_factory=dict)
    masks: Count = 0
    left_out: dict[str, Count] = Field(default_factory=dict)
    group_column: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, reading: Reading) -> ReadingInfo:
        """The record of a reader, ready to be written."""
        return cls(
            layout=reading.layout,
            splits=dict(reading.splits),
            masks=reading.masks,
            left_out=dict(reading.left_out),
            group_column=reading.group_column,
            notes=reading.notes,
        )

    @property
    def line(self) -> str:
        """One line for people, not yet escaped; empty when the reader said nothing."""
        if not self.layout:
            return ""
        parts = [
            f"read as {self.layout.upper()}" + _counted(self.splits, MOST_SPLITS, before=": "),
            counted(self.masks, "mask") if self.masks else "",
            f"groups from {self.group_column}" if self.group_column else "",
            _left_out_text(self.left_out),
            *self.notes,
        ]
        return "; ".join(part.rstrip(".") for part in parts if part)


def _left_out_text(kinds: dict[str, int]) -> str:
    if not kinds:
        return ""
    return f"{counted(sum(kinds.values()), 'file')} left out ({_counted(kinds, MOST_KINDS)})"


def _counted(counts: dict[str, int], most: int, before: str = "") -> str:
    """Names with their numbers: "train 1,200, test 300"."""
    shown = [f"{name} {count:,}" for name, count in list(counts.items())[:most]]
    more = [f"{len(counts) - most} more"] if len(counts) > most else []
    return before + ", ".join([*shown, *more]) if shown else ""
