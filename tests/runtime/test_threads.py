"""Products of matrices, and threads."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg
from threadpoolctl import threadpool_info, threadpool_limits

import deri_gate
from deri_gate.runtime import threads
from deri_gate.runtime.engine import map_in_order
from deri_gate.runtime.threads import one_blas_thread

COMMANDS = sorted((Path(deri_gate.__file__).parent / "commands").glob("*.py"))


def blas_threads() -> set[int]:
    """Threads of each library of linear algebra now."""
    np.zeros(1) @ scipy.linalg.solve(np.eye(1), np.zeros(1))
    return {part["num_threads"] for part in threadpool_info() if part["user_api"] == "blas"}


def test_inside_there_is_one_and_the_others_are_counted() -> None:
    """However often it is asked for; outside all is as before."""
    threads._blas.cache_clear()
    with threadpool_limits(3, "blas"):
        before = blas_threads()
        with one_blas_thread() as first, one_blas_thread() as second:
            assert blas_threads() == {1}
        assert blas_threads() == before
    threads._blas.cache_clear()

    assert first == second == max(before)


def test_each_command_that_computes_multiplies_in_one_thread() -> None:
    """Its bytes would depend on the number of processors."""
    computing, alone = set(), set()
    for module in COMMANDS:
        tree = ast.parse(module.read_text("utf-8"))
        for function in [f for f in tree.body if isinstance(f, ast.FunctionDef)]:
            done = {ast.unparse(d).split("(")[0] for d in function.decorator_list}
            takes = {ast.unparse(a.annotation) for a in function.args.kwonlyargs if a.annotation}
            rest = function.args.kwarg
            takes |= {ast.unparse(rest.annotation)} if rest and rest.annotation else set()
            if "checking_arguments" in done and takes & {"Machine", "Unpack[MeasuringKeys]"}:
                computing.add(function.name)
            if "one_blas_thread" in done:
                alone.add(function.name)

    assert {"check", "compare", "measure", "detection"} <= computing <= alone


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_a_single_task_is_done_where_it_is_asked_for(workers: int) -> None:
    """A small set asks fifty times for one task: starting threads took a seventh of its check."""
    here = threading.get_ident()
    for tasks in ([], [7]):
        done = map_in_order(lambda task: (task, threading.get_ident()), tasks, workers=workers)
        assert list(done) == [(task, here) for task in tasks]
    several = map_in_order(lambda task: (task, threading.get_ident()), iter("abc"), workers=workers)
    assert [(task, thread == here) for task, thread in several] == [(t, False) for t in "abc"]


@pytest.fixture(scope="module")
def noise(tmp_path_factory) -> Path:
    """Two hundred pictures in two classes that differ a little."""
    rng, labels = np.random.default_rng(0), np.arange(200) % 2
    grey = rng.normal(110, 25, (200, 28, 28)) + 12 * labels[:, None, None]
    file = tmp_path_factory.mktemp("set") / "noise.npz"
    pixels = grey.clip(0, 255).astype(np.uint8)
    np.savez(file, train_images=pixels, train_labels=labels[:, None])
    return file


@pytest.mark.sweep
def test_the_number_of_threads_moves_no_byte(noise, tmp_path) -> None:
    """A probe's last bits depend on it, and its fit amplifies them."""
    made, measure = [], ["measure", str(noise), "--metrics", "label_noise", "--out"]
    for count in ("1", "4"):
        folder = tmp_path / count
        subprocess.run(
            [sys.executable, "-m", "deri_gate.cli.main", *measure, str(folder / "report")],
            env=os.environ
            | {"OPENBLAS_NUM_THREADS": count, "OMP_NUM_THREADS": count}
            | {"DERI_GATE_CACHE": str(folder / "cache")},
            check=True,
            capture_output=True,
        )
        names = ("metrics.json", "images.parquet")
        made.append([(folder / "report" / name).read_bytes() for name in names])

    assert made[0] == made[1]


@pytest.mark.parametrize("count", [1, 2])
def test_a_task_that_ends_an_iteration_is_no_end_of_the_tasks(count) -> None:
    """Its result would be missing without a word; of one task it was."""

    def work(_task: int) -> None:
        raise StopIteration

    with pytest.raises(RuntimeError, match="StopIteration"):
        list(map_in_order(work, range(count), workers=1))
