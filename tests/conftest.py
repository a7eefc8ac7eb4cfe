"""Sets a process up for the tests; what they share is loaded where they are run."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys

import pytest
from _pytest.runner import runtestprotocol

from deri_gate.runtime.process import settle_in

WORKFLOW = ("CI_", "GITHUB_", "GITLAB_", "RUNNER_", "GIT_")  # variables of workflows and hooks
SETTINGS = ("CI", "COLUMNS", "FORCE_COLOR", "NO_COLOR", "DERI_GATE_CACHE", "DERI_GATE_CACHE_SIZE",
            "DERI_GATE_MEMORY", "DERI_GATE_PICTURES", "PYTHONDONTWRITEBYTECODE")  # fmt: skip


def forget_surroundings() -> None:
    """Let the tests see the same environment on a person's machine, in a workflow and in a hook.

    Here and in no fixture, since those of a session or of a module are made before any of a test.
    """
    for name in tuple(os.environ):
        if name.startswith(WORKFLOW) or name in SETTINGS:
            del os.environ[name]
    sys.dont_write_bytecode = False  # the command is started hundreds of times


forget_surroundings()
# A shell lets jobs in the background ignore Ctrl-C, and whatever they start: tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)
settle_in()  # as every run of the command in this process does
gc.disable()  # until all tests are read: nothing is left over by that, and much is kept
pytest.register_assert_rewrite("tests.fixtures")

# Instead of pytest's own part for logs, which six times a test asks each of thousands of loggers.
logging.getLogger().setLevel(logging.INFO)
logging.getLogger().addHandler(logging.NullHandler())  # otherwise warnings come on standard error


def hands_out(config) -> bool:
    """True in the process that hands tests out to workers, and runs none itself."""
    spread = config.getoption("dist", "no") != "no" and not config.option.collectonly
    return spread and not hasattr(config, "workerinput")


def pytest_configure(config):
    """Load no library where no test is run: the workers would wait for it."""
    if not hands_out(config):
        config.pluginmanager.import_plugin("tests.fixtures")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Let every second worker read the files from the last one back.

    On a fresh clone all of them are compiled, with asserts that explain themselves, in ten seconds
    of processor time. So each worker finds half of them as another has written them. All workers
    must have the tests in one order: they do, since it is shuffled later, by names.
    """
    report, config = (yield), collector.config
    number = int(getattr(config, "workerinput", {}).get("workerid", "gw0").removeprefix("gw"))
    shuffled = config.getoption("randomly_reorganize", False)  # noqa: FBT003 - as pytest has it
    if number % 2 and shuffled and isinstance(collector, pytest.Directory):
        report.result.reverse()
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """Send of a test that passes one message, not five, from a worker.

    Nobody is shown that its surroundings were made and taken away, but every message costs both
    processes, ten thousand times.
    """
    if not hasattr(item.config, "workerinput"):
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed or report.sections:
            item.ihook.pytest_runtest_logreport(report=report)
    return True
