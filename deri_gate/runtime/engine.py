"""Settings of the computation: device, local threads or Ray, and progress bars."""

from __future__ import annotations

import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Literal, NoReturn, TypeVar

from tqdm import tqdm

from deri_gate.errors import SettingError
from deri_gate.runtime.arguments import FROM_0, checking_arguments
from deri_gate.runtime.cluster_address import refuse_dead_cluster
from deri_gate.runtime.extras import check_extra
from deri_gate.runtime.folders import refuse_inside
from deri_gate.runtime.store import refuse_cache_inside
from deri_gate.runtime.system import process_memory, processors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from deri_gate.runtime.device import Device

TURN_S = 5e-4  # after which a thread hands on the lock: who asks often would wait for every other
LEAST_MEMORY = 1_200_000_000  # bytes of data that libraries and a few small images take
BAR = "{desc} {percentage:3.0f}% |{bar}| {n_fmt} of {total_fmt}, {rate_noinv_fmt}, {remaining} left"
EngineName = Literal["local", "ray"]
Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Settings of the computation. None of them changes a result."""

    device: Device = "auto"
    engine: EngineName = "local"
    work: str = ""  # with Ray, where shards are kept: path or address; "": in the cache
    workers: int = 0  # 0: as many as there are processors
    progress: bool | None = None  # None: when standard error is a terminal

    def __post_init__(self) -> None:
        _refuse_unknown(**vars(self))
        if self.work and self.engine != "ray":
            raise SettingError("only Ray needs it", "--work", "Add --engine ray, or leave it out.")

    def refuse_absent(self) -> None:
        """Stop before anything is read where memory, device, engine or its cluster is not there.

        Raises:
            SettingError: If it is not.
        """
        refuse_little_memory()
        if self.engine == "ray":
            check_extra("ray", "--engine ray")
            refuse_dead_cluster()
        if self.device == "cuda":
            import torch  # noqa: PLC0415  # slow, and needed for this question alone

            if not torch.cuda.is_available():
                what = "this machine has no CUDA device"
                raise SettingError(what, "--device", "Use --device cpu.")

    def refuse_inside(self, dataset: object) -> None:
        """Refuse shards and a cache in a dataset: its next look would take them for its own files.

        Raises:
            SettingError: If one lies there.
        """
        refuse_cache_inside([dataset])
        if self.work and "://" not in self.work:
            refuse_inside(self.work, [dataset], "--work")

    def bar(self, total: int, title: str, unit: str = "image") -> tqdm[NoReturn]:
        """A progress bar on standard error, once the work has taken two seconds.

        One line: stage, done, rate and time left.
        """
        hidden = None if self.progress is None else not self.progress
        return tqdm(
            total=total,
            desc=title,
            delay=2.0,
            disable=hidden,
            leave=False,
            unit=f" {unit}s",
            bar_format=BAR,
            dynamic_ncols=True,
        )


def refuse_little_memory() -> None:
    """Refuse what no check fits into: libraries that meet a limit as they load may wait for ever.

    Raises:
        SettingError: If this process may have less than `LEAST_MEMORY`.
    """
    limit = process_memory()
    if limit is not None and limit < LEAST_MEMORY:
        what = (
            f"this process may have {limit / 1e9:.2f} GB of memory (ulimit -d and -v), and needs "
            f"{LEAST_MEMORY / 1e9:.1f} GB for the libraries alone"
        )
        raise SettingError(what, "memory", "Raise that limit.")


@checking_arguments(workers=FROM_0)
def _refuse_unknown(
    *,
    device: Literal["auto", "cpu", "cuda"],
    engine: Literal["local", "ray"],
    work: str,
    workers: int,
    progress: bool | None,
) -> None:
    """Hold the settings of a machine to what they may be."""


NORMAL = Machine()


def map_in_order(
    work: Callable[[Task], Result], tasks: Iterable[Task], *, workers: int
) -> Iterator[Result]:
    """Results in the order of the tasks, a few ahead at most, so that memory stays bounded.

    A single task is done here: starting threads takes longer than most of what a small set asks.

    Args:
        work: Done in threads: decoding and OpenCV release the interpreter lock.
        tasks: Taken one by one as results are fetched.
        workers: How many run at once; 0 for as many as there are processors.
    """
    tasks = iter(tasks)
    first = [*islice(tasks, 1)]
    following = [*islice(tasks, 1)]
    if not following:
        for task in first:  # not `map`, for which a StopIteration of the work is the end
            yield work(task)
        return
    workers = workers or processors()
    pool, before = ThreadPoolExecutor(workers), sys.getswitchinterval()
    sys.setswitchinterval(min(before, TURN_S))
    try:
        ahead: deque[Future[Result]] = deque()
        for task in chain(first, following, tasks):
            ahead.append(pool.submit(work, task))
            if len(ahead) > 2 * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        sys.setswitchinterval(before)
        pool.shutdown(cancel_futures=True)  # nobody waits for what was not begun
