"""Records of what a suite declares, as they are handed to the process that judges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deri_gate.gate.document import compared_columns
from deri_gate.gate.limit_kinds import LIMIT_KINDS, OF_THE_VALUES
from deri_gate.gate.records import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from deri_gate.gate.limit_kinds import LimitKind
    from deri_gate.gate.records import Severity, Waiver
    from deri_gate.schemas.suite import SuiteExpectation

COLUMNS = ("metric", *NUMBERS)  # of the table that is judged
OF_A_METRIC = ("raw", "subscore")  # columns of a metric's own value
COLUMN_ARGUMENTS = ("column", "column_A", "column_B", "column_list", "column_set")


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One expectation of a suite file."""

    key: str  # its place in the file: what joins it to its result
    where: str  # the file and the place, for errors
    entry: SuiteExpectation  # as in the file, parameters put in place
    name: str
    row: str  # name of the row that it is about; empty when it is not about exactly one
    limit: float | None  # None when it does not hold one number as its limit
    severity: Severity
    reason: str
    waiver: Waiver | None
    demanded: bool  # whether it is unknown where there is nothing to look at, such as no splits

    @property
    def kind(self) -> LimitKind | None:
        """Record of one of our expectations, which cannot pass without a value; else None."""
        return LIMIT_KINDS.get(self.entry.type)

    @property
    def is_settled(self) -> bool:
        """True if Great Expectations can say nothing more of its arguments."""
        return self.kind is not None and self.kwargs.keys() == {"metric", self.kind.argument}

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """The arguments of the expectation."""
        return self.entry.kwargs

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose values it judges; empty when it judges the table's shape."""
        return tuple(judged_columns(self.kwargs))

    @property
    def column(self) -> str:
        """The column whose values it judges; empty when it judges several or none."""
        if self.kind is not None:
            return self.kind.reads
        return self.columns[0] if len(self.columns) == 1 else ""

    @property
    def read_columns(self) -> frozenset[str]:
        """Columns whose values decide the answer: those it judges, and those that choose rows."""
        return frozenset({self.column, *self.columns}) | self.chosen_by

    @property
    def chosen_by(self) -> frozenset[str]:
        """Columns by whose values its row condition chooses rows."""
        return frozenset(name for name, _ in compared_columns(self.kwargs))

    @property
    def limits(self) -> str:
        """The row whose value can miss it; empty where it has no bound on that of just one."""
        if self.kind is not None:
            return self.row
        condition = self.kwargs.get("row_condition")
        alone = isinstance(condition, dict) and condition.get("operator") == "=="
        return self.row if alone and self.entry.type in OF_THE_VALUES else ""

    def configuration(self) -> dict[str, Any]:
        """Configuration of an expectation, with our key to find its part in the answer."""
        return {"type": self.entry.type, "kwargs": dict(self.kwargs), "id": self.key}


@dataclass(frozen=True, kw_only=True)
class Suite:
    """The limits of one suite file, in its order."""

    path: Path
    name: str
    declared: tuple[Declared, ...]


def judged_columns(kwargs: Mapping[str, Any]) -> Iterator[str]:
    """Columns that an expectation names as its own, not in its row condition."""
    for argument in COLUMN_ARGUMENTS:
        value = kwargs.get(argument)
        if value is not None:
            yield from value if isinstance(value, list) else [value]


def limited_metrics(suite: Suite) -> frozenset[str]:
    """Metrics whose own value or subscore can miss some limit of a suite.

    To name a metric is not enough: a limit may leave it out, or ask for its gap.
    """
    return frozenset(one.limits for one in suite.declared if one.column in OF_A_METRIC)
