"""Measures and compares datasets in memory, with a tiny network."""

from __future__ import annotations

import pytest

from deri_gate.changes.compare import change_between
from deri_gate.measuring.evidence import Evidence
from deri_gate.measuring.measure import measure_dataset, metrics_named
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.store import Store
from deri_gate.scoring.pool import find_pool, read_pool


@pytest.fixture
def measured(module_cache, tiny_encoder, monkeypatch):
    """Measures with a tiny network; all of a file in one store, as most tests share a base."""
    monkeypatch.setattr(Evidence, "encoder", property(lambda _: tiny_encoder()))
    store = Store(module_cache / "store")

    def measure(dataset, metrics="data", others=None):
        return measure_dataset(
            dataset,
            split=None,
            context=Context(
                profile=STANDARD,
                store=store,
                machine=Machine(device="cpu", workers=1, progress=False),
            ),
            metrics=metrics_named(metrics, STANDARD),
            others=others,
        )

    return measure


@pytest.fixture
def change(measured):
    """Compares two datasets."""
    pool = read_pool(find_pool("standard"))

    def compare(base, head, metrics="data"):
        return change_between(measured(base, metrics), measured(head, metrics), pool=pool)

    return compare
