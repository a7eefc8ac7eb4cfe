"""Tiny networks and datasets, so that a grid takes a second."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from deri_gate.networks import loop
from deri_gate.networks.budget import Budget
from deri_gate.networks.networks import Network


class Tiny(nn.Module):
    """Mean colours of four quarters, a normalisation, a linear head."""

    def __init__(self, classes):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(2)
        self.norm = nn.BatchNorm2d(3)
        self.head = nn.Linear(12, classes)

    def forward(self, batch):
        return self.head(self.norm(self.pool(batch)).flatten(1))


@pytest.fixture
def tiny_networks(monkeypatch):
    """Every architecture is a tiny one."""

    def make(architecture, classes, *, pretrained):
        return Network(Tiny(classes))

    monkeypatch.setattr(loop, "network_of", make)


@pytest.fixture
def budget_of():
    def make(**changes):
        settings = {
            "name": "tiny",
            "architectures": ("resnet18",),
            "groups": ("label_noise", "sharpness"),
            "levels": ("strong",),
            "scenarios": ("scenario.dark",),
            "images": 40,
            "validation": 20,
            "epochs": 2,
            "size": 16,
            "batch": 8,
        }
        return Budget(**{**settings, **changes})

    return make


@pytest.fixture
def coloured():
    """Pictures of which class 0 is dark and class 1 bright, and so on, with some grain."""

    def make(labels, *, side=12, seed=0):
        rng = np.random.default_rng(seed)
        top = max(max(one) if isinstance(one, tuple) else one for one in labels) + 1
        levels = [30 + 180 * (one[0] if isinstance(one, tuple) else one) / top for one in labels]
        grain = rng.normal(0, 12, (len(labels), side, side, 3))
        return list(np.clip(np.array(levels)[:, None, None, None] + grain, 0, 255).astype(np.uint8))

    return make


@pytest.fixture
def cpu():
    return torch.device("cpu")
