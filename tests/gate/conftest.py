"""What the tests of the gate share: rows, suites and judging them."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from deri_gate.data.dataset import Finding
from deri_gate.gate import Judgement, Row, judge

if TYPE_CHECKING:
    from pathlib import Path

IDS = [
    "sharpness",
    "noise_artifacts",
    "exposure",
    "resolution",
    "duplicates",
    "diversity",
    "separation",
    "imbalance",
    "label_noise",
    "xai_overlay",
    "xai_stability",
]
Judge = Callable[..., Judgement]


@pytest.fixture(scope="session")
def gx() -> Any:
    """Great Expectations with our expectations registered, as a user would import it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import great_expectations

        import deri_gate.gate.expectations  # noqa: F401 - registers
    return great_expectations


@pytest.fixture
def rows() -> Callable[..., list[Row]]:
    """Rows for all metrics at subscore 50, with the subscores that a test names."""

    def make(**subscores: float | None) -> list[Row]:
        metrics = [
            Row(metric=name, raw=value, subscore=value, weight=0.1)
            for name, value in (dict.fromkeys(IDS, 50.0) | subscores).items()
        ]
        score = Row(metric="DERI1000", raw=980.0, subscore=None, weight=None)
        share = Row(metric="unreadable_share", raw=0.0, subscore=None, weight=None)
        return [*metrics, score, share]

    return make


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write expectations as a suite, with other keys of the suite by name."""

    def make(*expectations: Mapping[str, Any], **keys: Any) -> Path:
        path = tmp_path / "suite.json"
        path.write_text(json.dumps({"name": "test", "expectations": expectations, **keys}))
        return path

    return make


@pytest.fixture
def judged(write: Callable[..., Path]) -> Judge:
    """Judge rows by the expectations given."""

    def make(rows: Sequence[Row], *expectations: Mapping[str, Any], **keys: Any) -> Judgement:
        return judge(rows, write(*expectations, **keys))

    return make


@pytest.fixture
def floor() -> Callable[..., dict[str, Any]]:
    """A limit on a metric's subscore."""

    def make(metric: str, minimum: Any, **keys: Any) -> dict[str, Any]:
        kwargs = {"metric": metric, "minimum": minimum}
        return {"type": "expect_subscore_to_be_at_least", "kwargs": kwargs, **keys}

    return make


@pytest.fixture
def finding_of() -> Callable[[str, str], Finding]:
    """A finding of this kind about this path."""
    return lambda kind, path: Finding(kind=kind, path=path, detail="because")
