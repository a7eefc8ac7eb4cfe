"""Embedding on a GPU: the processor's numbers, the same bits each time, whatever memory there is."""

from __future__ import annotations

import gc
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from deri_gate.errors import SettingError
from deri_gate.features import cuda_embedding
from deri_gate.features.cuda_embedding import GpuPasses, fill_batch
from deri_gate.features.encoder import load_encoder
from deri_gate.metrics.profile import STANDARD

gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
CARD = torch.device("cuda")


def pictures(count, side=64, seed=0):
    generator = np.random.default_rng(seed)
    return list(generator.integers(0, 256, (count, side, side, 3), dtype=np.uint8))


@pytest.mark.parametrize("count", [1, 3, 4])
def test_a_batch_ends_with_zeros(count):
    """Nothing of the batch before is left in it."""
    batch = torch.full((4, 64, 64, 3), 7, dtype=torch.uint8)
    some = pictures(count)
    some[0] = some[0][::-1]  # not one piece of memory
    fill_batch(batch, some)

    np.testing.assert_array_equal(batch[:count].numpy(), np.stack(some))
    assert not batch[count:].any()


class Small:
    """A card with memory for so many pictures at a time; embeddings are their first values."""

    def __init__(self, monkeypatch, room):
        self.tried, self.room = [], room
        monkeypatch.setattr(cuda_embedding._Recorded, "of", self.of)
        monkeypatch.setattr(torch, "empty", lambda shape, **_: torch.zeros(shape))
        monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)

    def of(self, _pooled, batch, *_):
        self.tried.append(batch)
        if batch > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        nothing = SimpleNamespace(synchronize=lambda: None)
        return SimpleNamespace(
            run=self.run, result=np.empty((batch, 1)), slots=(0, 1), stream=nothing
        )

    def run(self, some, _slot, answers):
        answers[: len(some), 0] = torch.tensor([float(one.flat[0]) for one in some])


def test_memory_that_runs_out_halves_the_batch(monkeypatch):
    """And the next task begins with what was enough."""
    card, many = Small(monkeypatch, room=70), pictures(150)
    passes = GpuPasses(lambda batch: batch, CARD)
    first, second = passes.embed(many), passes.embed(many[:3])

    assert card.tried == [256, 128, 64]
    assert first[:, 0].tolist() == [one.flat[0] for one in many]
    assert second[:, 0].tolist() == [one.flat[0] for one in many[:3]]


def test_a_card_for_not_even_one_picture_is_told(monkeypatch):
    """With what to do; a run does not go on with numbers of another device."""
    card = Small(monkeypatch, room=0)

    with pytest.raises(SettingError, match="1 picture ") as caught:
        GpuPasses(lambda batch: batch, CARD).embed(pictures(2))

    assert card.tried == [2**k for k in range(8, -1, -1)]
    assert "--device cpu" in caught.value.fix


@pytest.mark.gpu
@gpu
@pytest.mark.parametrize("count", [1, 255, 256, 257, 700])
def test_embeddings_are_those_of_the_processor(count):
    """But for rounding, each in its place, and a part of a batch too."""
    some = pictures(count, side=128)
    here, there = (load_encoder(STANDARD, device).embed(some) for device in ("cpu", "cuda"))
    here, there = here.astype(float), there.astype(float)

    assert (np.linalg.norm(here - there, axis=1) < 2e-4 * np.linalg.norm(here, axis=1)).all()


@pytest.mark.gpu
@gpu
def test_company_and_turn_change_no_bit():
    some, card = pictures(600, side=128), load_encoder(STANDARD, "cuda")
    every = card.embed(some)

    np.testing.assert_array_equal(card.embed(some), every)
    np.testing.assert_array_equal(card.embed(some[300:310]), every[300:310])
    np.testing.assert_array_equal(load_encoder(STANDARD, "cuda").embed(some), every)


@pytest.mark.gpu
@gpu
def test_another_thread_that_computes_meanwhile_changes_no_bit():
    """Recording is this thread's alone."""
    some, stop = pictures(300, side=128), threading.Event()
    alone = load_encoder(STANDARD, "cuda").embed(some)

    def busy():
        while not stop.is_set():
            torch.ones(64, 64, device="cuda").sum().item()

    other = threading.Thread(target=busy)
    other.start()
    try:
        np.testing.assert_array_equal(load_encoder(STANDARD, "cuda").embed(some), alone)
    finally:
        stop.set()
        other.join()


@pytest.mark.gpu
@gpu
def test_a_network_that_cannot_be_recorded_is_run():
    """One that asks the processor in the middle."""
    passes = GpuPasses(lambda batch: batch.float().mean((1, 2)) + float(batch.max()) * 0, CARD)
    some = pictures(300)

    np.testing.assert_allclose(
        passes.embed(some), np.stack(some).mean((1, 2)), rtol=1e-3
    )  # half precision


@pytest.mark.gpu
@gpu
def test_a_small_card_gets_small_batches():
    """A limit of this process stands for a small card."""
    some, total = pictures(300, side=128), torch.cuda.get_device_properties(0).total_memory
    whole = load_encoder(STANDARD, "cuda").embed(some).astype(float)
    try:
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.set_per_process_memory_fraction(0.3 * 2**30 / total)
        small = load_encoder(STANDARD, "cuda")
        found = small.embed(some).astype(float)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)

    assert small._passes.batch < cuda_embedding.BATCH
    assert np.linalg.norm(found - whole) < 2e-4 * np.linalg.norm(whole)
