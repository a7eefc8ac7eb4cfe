"""Work on the nodes of a Ray cluster: a few lasting workers, each with one task at a time.

Ray Core, and not Ray Data, as the results are files that name themselves by their content. A worker
gets a task once it is ready, and not before: after a node is lost there may be no room for another
in its place, and a task that waits for one would wait for ever, as it would in Ray's ActorPool.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from deri_gate.errors import DeriGateError, SettingError
from deri_gate.runtime.cluster_address import refuse_dead_cluster
from deri_gate.runtime.extras import extra
from deri_gate.runtime.memory import SETTING, share_among
from deri_gate.runtime.system import processors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CORES = 4  # of a worker, where a node has as many
DEATHS = 4  # of the worker with a task, or of workers that were never ready, that are too many
PATIENCE_S = 300.0  # for a first worker, on a cluster that has no room yet
WHERE = "--engine ray"

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class WorkerShare:
    """Part of a cluster: so many workers, and what each of them has."""

    workers: int
    cores: int
    gpus: int


def _ray() -> Any:
    with extra("ray", WHERE):
        import ray  # noqa: PLC0415  # an extra
    return ray


def share_of_cluster(workers: int, *, gpu: bool, cores: int = CORES) -> WorkerShare:
    """Connect to the cluster, or start one on this machine, and divide it.

    Args:
        workers: How many processors are used in all; 0 for all.
        gpu: Whether each worker needs a GPU.
        cores: Processors of a worker, where a node has as many.

    Raises:
        SettingError: If Ray is not installed or does not answer, or there is no GPU.
    """
    ray = _ray()
    try:
        if not ray.is_initialized():
            refuse_dead_cluster()
            ray.init(log_to_driver=False, configure_logging=False, include_dashboard=False)
    except (OSError, RuntimeError, ValueError) as error:  # a cluster that does not answer
        what = f"Ray cannot be reached or started: {' '.join(str(error).split())[:200]}"
        raise SettingError(what, WHERE, "Look at RAY_ADDRESS and at Ray's logs.") from error
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    each = [int(node.get("CPU", 0)) for node in nodes if int(node.get("CPU", 0))]
    total = min(workers or sum(each), sum(each))
    if not total:
        raise SettingError("the cluster has no processor", WHERE, "Add a node to it.")
    if gpu:
        gpus = int(sum(node.get("GPU", 0) for node in nodes))
        if not gpus:
            raise SettingError("the cluster has no GPU", WHERE, "Use --device cpu.")
        return WorkerShare(workers=gpus, cores=max(1, min(cores, total // gpus, *each)), gpus=1)
    cores = min(cores, total, *each)
    return WorkerShare(workers=max(1, total // cores), cores=cores, gpus=0)


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Surroundings that a worker takes over from the driver.

    Attributes:
        folder: Working directory, where relative paths begin.
        memory: Setting of the memory budget, which decides what can be read; None for none.
        cores: Processors of a worker.
    """

    folder: str
    memory: str | None
    cores: int


class _Actor(Generic[Task, Result]):
    """A worker; made of nothing, so that what fails while it is made is an error of `ready`."""

    def ready(self, make: Callable[[], Callable[[Task], Result]], place: _Place) -> None:
        if place.memory is not None:
            os.environ[SETTING] = place.memory
        with suppress(OSError):  # of another machine; then only whole paths lead to files
            os.chdir(place.folder)
        share_among(max(1, processors() // place.cores))
        self._work = make()

    def do(self, task: Task) -> Result:
        return self._work(task)


@dataclass(kw_only=True)
class _Crew(Generic[Task, Result]):
    """Workers and what each of them is at.

    Attributes:
        tasks: All tasks.
        share: What a worker has.
        made: Reference to what makes the work.
        waiting: Numbers of the tasks that nobody is at.
        busy: By reference to its answer, the worker, and the number of its task; -1 before any.
        deaths: By number of its task, workers that died with it.
    """

    tasks: Sequence[Task]
    share: WorkerShare
    made: Any
    waiting: deque[int] = field(default_factory=deque)
    busy: dict[Any, tuple[Any, int]] = field(default_factory=dict)
    deaths: Counter[int] = field(default_factory=Counter)

    def hire(self) -> None:
        """Ask for one worker more."""
        ray = _ray()
        own = {"num_cpus": self.share.cores, "num_gpus": self.share.gpus}
        actor = ray.remote(_Actor).options(**own, max_restarts=0, max_task_retries=0).remote()
        place = _Place(
            folder=str(Path.cwd()), memory=os.environ.get(SETTING), cores=self.share.cores
        )
        asked = actor.ready.remote(self.made, place)
        self.busy[asked] = (actor, -1)

    def give(self, actor: Any) -> None:
        """Give a worker the next task, or let it go."""
        ray = _ray()
        if self.waiting:
            number = self.waiting.popleft()
            self.busy[actor.do.remote(self.tasks[number])] = (actor, number)
        else:
            ray.kill(actor)

    def mourn(self, number: int, error: Exception) -> None:
        """Put the task of a dead worker first in the row, and ask for another worker.

        Raises:
            SettingError: If workers die of it again and again.
        """
        self.deaths[number] += 1
        if self.deaths[number] >= DEATHS:
            where = "a worker" if number < 0 else f"the worker with shard {number + 1}"
            what = f"{where} ended {DEATHS} times: {' '.join(str(error).split())[:200]}"
            fix = "Look at Ray's logs, and at the memory of the nodes."
            raise SettingError(what, WHERE, fix)
        if number >= 0:
            self.waiting.appendleft(number)
        self.hire()


def done_by_actors(
    make: Callable[[], Callable[[Task], Result]], tasks: Sequence[Task], share: WorkerShare
) -> Iterator[tuple[int, Result]]:
    """Number and result of each task, as they come; a worker or a node that dies loses none.

    Args:
        make: Makes the work, once a worker; picklable.
        tasks: What it is done with.
        share: Part of the cluster that is used.

    Raises:
        DeriGateError: That of a task; or if workers die of one, or none can be had.
    """
    ray = _ray()
    crew: _Crew[Task, Result] = _Crew(tasks=tasks, share=share, made=_put(make))
    crew.waiting.extend(range(len(tasks)))
    try:
        for _ in range(min(share.workers, len(tasks))):
            crew.hire()
        while crew.waiting or any(number >= 0 for _, number in crew.busy.values()):
            actor, number, answer = _next_answer(crew)
            if answer is _DIED:
                continue
            if number < 0:
                crew.deaths[number] = 0  # there is room for workers, and they start
            else:
                yield number, answer
            crew.give(actor)
    finally:
        for actor, _ in crew.busy.values():
            ray.kill(actor)


def _put(made: object) -> Any:
    """Reference to an object that all nodes can get, large arrays in memory that is shared."""
    ray = _ray()
    try:
        return ray.put(made)
    except (ray.exceptions.ObjectStoreFullError, ray.exceptions.OutOfDiskError) as error:
        what = "what the workers need does not fit into Ray's object store"
        fix = "Give each node more: `ray start --object-store-memory BYTES`, and room in /tmp."
        raise SettingError(what, WHERE, fix) from error


_DIED = object()


def _next_answer(crew: _Crew[Task, Result]) -> tuple[Any, int, Any]:
    """Wait for any worker: which, with which task, and its answer."""
    ray = _ray()
    works = any(number >= 0 for _, number in crew.busy.values())
    came, _ = ray.wait([*crew.busy], num_returns=1, timeout=None if works else PATIENCE_S)
    if not came:
        what = f"no worker was ready in {PATIENCE_S:.0f} seconds"
        fix = f"Each needs {crew.share.cores} processors and {crew.share.gpus} GPUs of one node."
        raise SettingError(what, WHERE, fix)
    actor, number = crew.busy.pop(came[0])
    try:
        return actor, number, ray.get(came[0])
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        if isinstance(cause, DeriGateError):
            raise cause from None
        raise
    except ray.exceptions.RayError as error:  # the worker, its node, or the way there
        ray.kill(actor)
        crew.mourn(number, error)
        return actor, number, _DIED
