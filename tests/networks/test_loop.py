"""Training: seeds, lack of memory, one image, several labels."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deri_gate.networks import loop
from deri_gate.networks.loop import TrainingSet, attempts, learn
from deri_gate.networks.networks import Network
from tests.sweeps import sampled


def training_of(coloured, labels, *, multilabel=False, asked=6):
    pixels = np.array(coloured(labels))
    classes = 1 + max(max(one) if isinstance(one, tuple) else one for one in labels)
    targets = np.zeros((len(labels), classes), dtype=np.float32)
    for row, one in enumerate(labels):
        targets[row, list(one) if isinstance(one, tuple) else one] = 1
    return TrainingSet(
        pixels=pixels, targets=targets, multilabel=multilabel, test_sets=(pixels[:asked],)
    )


@pytest.fixture
def scarce(monkeypatch, tiny_networks):
    """Makes memory end at a batch size, by device, in the words given; counts the attempts."""
    make, seen = loop.network_of, []

    def limit(error, **largest):
        class Greedy(Network):
            def forward(self, pictures):
                seen.append(len(pictures))
                if len(pictures) > largest.get(self.mean.device.type, 0):
                    raise error
                return super().forward(pictures)

        monkeypatch.setattr(loop, "network_of", lambda *a, **k: Greedy(make(*a, **k).body))
        return seen

    return limit


@pytest.mark.usefixtures("tiny_networks")
class TestOneRun:
    def test_learns_what_can_be_learnt(self, coloured, budget_of, cpu):
        labels = [0, 1, 2] * 12
        training = training_of(coloured, labels, asked=36)
        learnt = learn("resnet18", training, budget_of(epochs=60, lr=0.05), seed=1, device=cpu)

        assert (learnt.answers[0].argmax(axis=1) == labels).mean() > 0.9
        assert (learnt.batch, learnt.device, learnt.retries) == (8, "cpu", 0)

    def test_the_seed_decides(self, coloured, budget_of, cpu):
        """The same seed, the same bits; another seed, others."""
        training = training_of(coloured, [0, 1] * 10)
        first, again, other = (
            learn("resnet18", training, budget_of(), seed=s, device=cpu).answers[0]
            for s in (1, 1, 2)
        )

        np.testing.assert_array_equal(first, again)
        assert (first != other).any()

    def test_leaves_no_seed_behind(self, coloured, budget_of, cpu):
        """The caller's random numbers come as if nothing had been trained."""
        torch.manual_seed(5)
        expected = torch.rand(3)
        torch.manual_seed(5)
        learn("resnet18", training_of(coloured, [0, 1] * 4), budget_of(), seed=1, device=cpu)

        assert torch.equal(torch.rand(3), expected)

    def test_several_labels_are_independent(self, coloured, budget_of, cpu):
        """Sigmoids: an image may have both classes, or neither, so rows do not sum to 1."""
        labels = [(0,), (0, 1), (1,), ()] * 8
        training = training_of(coloured, [one or (0,) for one in labels], multilabel=True)
        said = learn("resnet18", training, budget_of(), seed=1, device=cpu).answers[0]

        assert said.shape == (6, 2)
        assert (np.abs(said.sum(axis=1) - 1) > 1e-3).any()

    @pytest.mark.parametrize("images", [1, 9])  # alone, and left over by batches of eight
    def test_one_image_in_a_step(self, coloured, budget_of, cpu, images):
        """It cannot be normalised by itself, and neither stops nor skips the training."""
        training = training_of(coloured, [0, 1] * 4 + [0] if images > 1 else [1])
        learnt = learn("resnet18", training, budget_of(), seed=1, device=cpu)

        assert np.isfinite(learnt.answers[0]).all()


ERRORS = {
    "cuda": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    "runtime": RuntimeError("CUDA error: out of memory"),
    "cpu": RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
    "python": MemoryError(),
}


@pytest.mark.parametrize("error", sampled(ERRORS.values()), ids=ERRORS)
def test_half_the_batch_when_memory_runs_out(coloured, budget_of, cpu, scarce, error):
    """8 and 4 are too many, 2 is not; the run begins anew and says so."""
    seen = scarce(error, cpu=2)
    training = training_of(coloured, [0, 1] * 8)
    learnt = learn("resnet18", training, budget_of(), seed=1, device=cpu)

    assert seen[:3] == [8, 4, 2]
    assert (learnt.batch, learnt.device, learnt.retries) == (2, "cpu", 2)


def test_nothing_of_a_failed_attempt_is_used(coloured, budget_of, cpu, scarce):
    """After two failures the result is that of a run that began with the smaller batch."""
    training = training_of(coloured, [0, 1] * 8)
    scarce(MemoryError(), cpu=2)
    after = learn("resnet18", training, budget_of(), seed=1, device=cpu)
    straight = learn("resnet18", training, budget_of(batch=2), seed=1, device=cpu)

    np.testing.assert_array_equal(after.answers[0], straight.answers[0])


@pytest.mark.sweep
def test_no_memory_at_all(coloured, budget_of, cpu, scarce):
    """Not even one image: no answers, the reason, and no exception."""
    scarce(ERRORS["cpu"], cpu=0)
    learnt = learn("resnet18", training_of(coloured, [0, 1] * 8), budget_of(), seed=1, device=cpu)

    assert learnt.answers == ()
    assert (learnt.batch, learnt.retries) == (1, 3)
    assert "out of memory even with one image a step" in learnt.reason


def test_other_errors_are_not_swallowed(coloured, budget_of, cpu, scarce):
    scarce(RuntimeError("shapes do not fit"), cpu=0)

    with pytest.raises(RuntimeError, match="shapes"):
        learn("resnet18", training_of(coloured, [0, 1] * 8), budget_of(), seed=1, device=cpu)


def test_a_gpu_is_followed_by_the_cpu():
    """Halved down to one, then the CPU at 128, 64, ... 1, as the paper has it."""
    tried = attempts("cuda", 512)

    assert tried[:10] == tuple(("cuda", 2**k) for k in range(9, -1, -1))
    assert tried[10:] == tuple(("cpu", 2**k) for k in range(7, -1, -1))
    assert attempts("cpu", 6) == (("cpu", 6), ("cpu", 3), ("cpu", 1))


def test_the_gpu_gives_up_and_the_cpu_goes_on(monkeypatch, coloured, budget_of):
    """What the row will say is what was used in the end."""
    tried = []

    def once(architecture, training, budget, *, seed, place, batch):
        tried.append((place, batch))
        if place == "cuda" or batch > 4:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return (np.zeros((6, 2)),)

    monkeypatch.setattr(loop, "_once", once)
    training = training_of(coloured, [0, 1] * 8)
    learnt = learn("resnet18", training, budget_of(), seed=1, device=torch.device("cuda"))

    assert tried == [("cuda", 8), ("cuda", 4), ("cuda", 2), ("cuda", 1), ("cpu", 8), ("cpu", 4)]
    assert (learnt.batch, learnt.device, learnt.retries) == (4, "cpu", 5)
