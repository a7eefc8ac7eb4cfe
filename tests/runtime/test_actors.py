"""Division of a cluster among workers; their work on one is tested where Ray is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from deri_gate.errors import SettingError
from deri_gate.runtime import actors
from deri_gate.runtime.actors import WorkerShare, share_of_cluster


@pytest.fixture
def cluster_of(monkeypatch):
    """Stands for Ray, connected to nodes with these processors and GPUs."""

    def make(*nodes: tuple[float, float], alive: bool = True) -> None:
        told = [{"Alive": alive, "Resources": {"CPU": cpus, "GPU": gpus}} for cpus, gpus in nodes]
        ray = SimpleNamespace(is_initialized=lambda: True, nodes=lambda: told)
        monkeypatch.setattr(actors, "_ray", lambda: ray)

    return make


@pytest.mark.parametrize(
    ("nodes", "asked", "expected"),
    [
        ([(2, 0)], 0, WorkerShare(workers=1, cores=2, gpus=0)),
        ([(64, 0), (64, 0)], 0, WorkerShare(workers=32, cores=4, gpus=0)),
        ([(0, 0), (64, 0)], 8, WorkerShare(workers=2, cores=4, gpus=0)),  # nobody works on the head
        ([(64, 0)], 1, WorkerShare(workers=1, cores=1, gpus=0)),
        ([(64, 0), (3, 0)], 0, WorkerShare(workers=22, cores=3, gpus=0)),  # all nodes have room
    ],
)
def test_a_worker_has_a_few_processors(cluster_of, nodes, asked, expected):
    """Four, or what the smallest node has; never more in all than were asked for."""
    cluster_of(*nodes)

    assert share_of_cluster(asked, gpu=False) == expected


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ([(16, 1)], WorkerShare(workers=1, cores=4, gpus=1)),
        ([(8, 4), (8, 4)], WorkerShare(workers=8, cores=2, gpus=1)),
        ([(2, 4)], WorkerShare(workers=4, cores=1, gpus=1)),
    ],
)
def test_a_worker_has_one_gpu(cluster_of, nodes, expected):
    """With its share of the processors."""
    cluster_of(*nodes)

    assert share_of_cluster(0, gpu=True) == expected


def test_a_cluster_without_a_gpu_is_told(cluster_of):
    """A worker that asks for one would wait for ever."""
    cluster_of((8, 0))

    with pytest.raises(SettingError, match="the cluster has no GPU"):
        share_of_cluster(0, gpu=True)


def test_a_cluster_without_a_processor_is_told(cluster_of):
    """All nodes are lost, or there is a head alone on which nobody works."""
    cluster_of((8, 0), alive=False)

    with pytest.raises(SettingError, match="the cluster has no processor"):
        share_of_cluster(0, gpu=False)


def test_a_cluster_that_does_not_answer_is_told(monkeypatch):
    """In one line, with what to look at."""

    def init(**_):
        raise ConnectionError("no answer\nfrom head:6379")

    ray = SimpleNamespace(is_initialized=lambda: False, init=init)
    monkeypatch.setattr(actors, "_ray", lambda: ray)

    with pytest.raises(SettingError, match=r"Ray cannot be .*: no answer from head:6379") as caught:
        share_of_cluster(0, gpu=False)
    assert "RAY_ADDRESS" in caught.value.fix
