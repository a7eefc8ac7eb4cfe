"""Threads of torch."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from deri_gate.features.torch_threads import THREADS, fixed_threads
from tests.sweeps import sampled

TRAINED = """
import hashlib, numpy, torch
from dataclasses import replace
from deri_gate.networks.budget import SMOKE
from deri_gate.networks.loop import TrainingSet, learn
pixels = numpy.random.default_rng(0).integers(0, 256, (24, 32, 32, 3)).astype("uint8")
own = numpy.eye(2, dtype="float32")[numpy.arange(24) % 2]
training = TrainingSet(pixels=pixels, targets=own, multilabel=False, test_sets=(pixels[:4],))
budget = replace(SMOKE, epochs=1)
learnt = learn("resnet18", training, budget, seed=1, device=torch.device("cpu"))
print(hashlib.sha256(learnt.answers[0].tobytes()).hexdigest())
"""


def test_inside_there_are_so_many_and_outside_as_before() -> None:
    """Whatever the machine has."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    with fixed_threads():
        assert torch.get_num_threads() == THREADS
    assert torch.get_num_threads() == 3
    torch.set_num_threads(before)


@pytest.mark.parametrize("alone", sampled([False, True]))
def test_a_network_learns_the_same_whatever_the_threads(capsys, alone) -> None:
    """Training amplifies last bits: with one thread here, and with four, also of a new process."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    exec(TRAINED, {})
    if alone:
        more = {"OMP_NUM_THREADS": "4", "MKL_NUM_THREADS": "4"}
        words, own = [sys.executable, "-c", TRAINED], os.environ | more
        print(subprocess.check_output(words, env=own, text=True), end="")
    else:
        torch.set_num_threads(4)
        exec(TRAINED, {})
    torch.set_num_threads(before)
    one, other = capsys.readouterr().out.splitlines()

    assert one == other
