"""Plugin of pytest: a dataset is a test, or each of its limits is one.

Nothing of a dataset is read before a test asks for it, and each is measured once a session.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from deri_gate import commands, reports  # loaded when a test asks for a dataset
from deri_gate.errors import DeriGateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.gate.records import Check
    from deri_gate.reports.report import Report

MARK = "deri_gate"
LIMIT = "dataset_limit"
CHOOSING = ("suite", "change_suite", "base", "metrics", "pool", "profile", "encoder")
USE = f'Write @pytest.mark.{MARK}("path of the dataset") above the test.'


class DatasetWarning(UserWarning):
    """A limit of a dataset that warns is missed."""


@dataclass(frozen=True)
class DatasetGate:
    """Judges datasets, each once a session."""

    _reports: dict[str, Report] = field(default_factory=dict, repr=False)

    def check(self, dataset: Any, **options: Any) -> Report:
        """Judge a dataset, and write no report.

        Args:
            dataset: Any form of dataset, as `deri_gate.check` takes it.
            **options: Other keywords of `deri_gate.check`.
        """
        here = os.getcwd()  # noqa: PTH109  # where a relative path starts: a test may go elsewhere
        key = repr((here, dataset, sorted(options.items())))
        if not isinstance(dataset, str):
            return commands.check.check(dataset, **{"out": None, **options})
        if key not in self._reports:
            self._reports[key] = commands.check.check(dataset, **{"out": None, **options})
        return self._reports[key]

    def assert_dataset(self, dataset: Any, **options: Any) -> Report:
        """Fail unless a dataset passes; a limit that warns is a warning of pytest.

        Args:
            dataset: Any form of dataset, as `deri_gate.check` takes it.
            **options: Other keywords of `deri_gate.check`.

        Returns:
            The report.
        """
        report = self.check(dataset, **options)
        missed = [check for check in report.checks if check.status.value in {"fail", "unknown"}]
        for check in report.checks:
            if check.status.value == "warn":
                warnings.warn(DatasetWarning(_said(check)), stacklevel=2)
        if missed or report.verdict.value in {"fail", "unknown"}:
            lines = [f"the verdict is {report.verdict.value}", *map(_said, missed)]
            pytest.fail("\n".join(lines), pytrace=False)
        return report


@dataclass(frozen=True, kw_only=True)
class DatasetLimit:
    """One limit of a dataset.

    Attributes:
        name: Its name in the suite.
        dataset: The dataset.
        options: Other keywords of `deri_gate.check`.
        gate: What judges it.
    """

    name: str
    dataset: Any
    options: Mapping[str, Any]
    gate: DatasetGate

    def assert_holds(self) -> None:
        """Fail if the limit is missed or unknown; warn or skip as the gate does."""
        report = self.gate.check(self.dataset, **self.options)
        checks = [check for check in report.checks if check.name == self.name]
        if not checks:
            pytest.fail(f"{self.name} was not judged", pytrace=False)
        missed = [check for check in checks if check.status.value in {"fail", "unknown"}]
        if missed:  # of two suites, each may have a limit of this name
            pytest.fail("\n".join(map(_said, missed)), pytrace=False)
        for check in checks:
            if check.status.value == "warn":
                warnings.warn(DatasetWarning(_said(check)), stacklevel=2)
        if all(check.status.value == "not_looked_at" for check in checks):
            pytest.skip(_said(checks[0]))


def _said(check: Check) -> str:
    observed = "unknown" if check.observed is None else reports.lines.observed_text(check)
    limit = f"{check.status.value}: {reports.units.words_of(check)}"
    return reports.text.printable(f"{limit}: is {observed}. {check.detail or check.reason}", 400)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    text = f"{MARK}(dataset, **options): dataset whose limits `{LIMIT}` goes through"
    config.addinivalue_line("markers", text)


@pytest.fixture(scope="session")
def deri_gate() -> DatasetGate:
    """Gate of datasets: `deri_gate.assert_dataset("scans")`."""
    return DatasetGate()


@pytest.fixture
def dataset_limit(request: pytest.FixtureRequest, deri_gate: DatasetGate) -> DatasetLimit:
    """One limit of the marked dataset: `dataset_limit.assert_holds()`."""
    dataset, options = _marked(request.node.get_closest_marker(MARK))
    return DatasetLimit(name=request.param, dataset=dataset, options=options, gate=deri_gate)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each limit of the suites by which a marked dataset is judged."""
    if LIMIT not in metafunc.fixturenames:
        return
    _, options = _marked(metafunc.definition.get_closest_marker(MARK))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what Great Expectations imports
        limit_names = commands.limit_names.limit_names
    asked = {key: value for key, value in options.items() if key in CHOOSING}
    try:
        names = limit_names(**asked)
    except DeriGateError as error:
        raise pytest.UsageError(str(error)) from error
    metafunc.parametrize(LIMIT, names, indirect=True)


def _marked(mark: pytest.Mark | None) -> tuple[Any, Mapping[str, Any]]:
    if mark is None or len(mark.args) != 1:
        raise pytest.UsageError(f"{LIMIT} needs a dataset. {USE}")
    return mark.args[0], mark.kwargs
