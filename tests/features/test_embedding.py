"""Embedding in threads of its own: every picture once, in order, few ahead, threads that end."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from deri_gate.features.embedding import Embedder
from deri_gate.features.encoder import AT_ONCE, ON_GPU


@dataclass
class Counting:
    """An encoder that answers with the first value of each picture."""

    at_once: int = AT_ONCE
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    sizes: list[int] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    operations: set[int] = field(default_factory=set)

    def embed(self, pictures: list[np.ndarray]) -> np.ndarray:
        self.sizes.append(len(pictures))
        self.threads.add(threading.get_ident())
        self.operations.add(torch.get_num_threads())
        return np.array([[one.flat[0]] for one in pictures], dtype=np.float16)


def numbered(count: int) -> list[np.ndarray]:
    return [np.full((2, 2, 3), i % 256, dtype=np.uint8) for i in range(count)]


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 47, 48, 49, 500])
def test_every_picture_comes_out_once_and_in_order(count, workers):
    """However they are handed in: one by one, or many at once."""
    encoder = Counting()
    embedder = Embedder(lambda: encoder, workers)
    pictures = numbered(count)
    parts = [*embedder.add(pictures[:7])]
    for picture in pictures[7:60]:
        parts += embedder.add([picture])
    parts += embedder.add(pictures[60:])
    parts += embedder.finish()
    embedder.close()

    found = np.concatenate([np.empty((0, 1)), *parts])[:, 0]
    np.testing.assert_array_equal(found, [i % 256 for i in range(count)])
    assert all(size == AT_ONCE for size in encoder.sizes[:-1])


def test_operations_of_its_threads_have_no_other_thread():
    """Two pools of threads on the same processors wait for each other."""
    before, encoder = torch.get_num_threads(), Counting()
    embedder = Embedder(lambda: encoder, 2)
    list(embedder.add(numbered(300)))
    list(embedder.finish())
    embedder.close()

    assert encoder.operations == {1}
    assert threading.get_ident() not in encoder.threads
    assert torch.get_num_threads() == before


def test_a_gpu_has_one_task_at_a_time_of_several_batches():
    """Its own streams do the rest; few tasks wait, for each holds a thousand pictures."""
    encoder = Counting(at_once=ON_GPU, device=torch.device("cuda"))
    embedder = Embedder(lambda: encoder, 8)
    early = [len(part) for part in embedder.add(numbered(4 * ON_GPU + 88))]
    late = [len(part) for part in embedder.finish()]
    embedder.close()

    assert encoder.sizes == [ON_GPU] * 4 + [88]
    assert early == [ON_GPU] * 2
    assert late == [ON_GPU] * 2 + [88]
    assert len(encoder.threads) == 1


def test_no_network_is_made_where_nothing_is_new():
    """A warm run never loads one."""

    def none() -> Counting:
        raise AssertionError("made")

    embedder = Embedder(none, 2)

    assert list(embedder.add([])) == []
    assert list(embedder.finish()) == []
    embedder.close()


def test_an_error_inside_comes_out():
    """Also one that is no Exception, as of a key that stops the run."""

    class Stopped(Counting):
        def embed(self, _: list[np.ndarray]) -> np.ndarray:
            raise KeyboardInterrupt

    embedder = Embedder(Stopped, 2)
    list(embedder.add(numbered(50)))
    with pytest.raises(KeyboardInterrupt):
        list(embedder.finish())
    embedder.close()
