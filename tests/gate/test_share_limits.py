"""Proposed limits on shares: what the shipped suite would tell of a dataset stays told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from deri_gate.gate.share_limits import limits_on_shares
from deri_gate.measuring.shares import SHARES

SHIPPED = Path(__file__).parents[2] / "expectations" / "data_only.json"
EACH = 2e-4  # chance a limit, of fifty that share one in a hundred


def maxima(name: str) -> dict[str, float]:
    entries = json.loads(SHIPPED.read_text("utf-8"))["expectations"]
    return {e["severity"]: e["kwargs"]["maximum"] for e in entries if e["kwargs"]["metric"] == name}


def proposed(images: int, **shares: float) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {name: {} for name in shares}
    for limit in limits_on_shares(shares, images, EACH):
        found[limit.metric][limit.severity] = limit.value
    return found


@pytest.mark.parametrize("images", [40, 1000])
def test_a_clean_dataset_gets_no_limit_that_is_looser_than_the_shipped_one(images) -> None:
    """A proposal for 40 images without a fault let 20 % be unreadable: that passed."""
    for name in SHARES:
        shipped, own = maxima(name), proposed(images, **{name: 0.0})[name]

        if "critical" in shipped:
            assert own["critical"] <= shipped["critical"], name
        if "warning" in shipped:
            assert min(own.values()) <= shipped["warning"], name


def test_a_fault_that_is_there_warns_and_more_of_it_fails() -> None:
    own = proposed(200, unreadable_share=0.05)["unreadable_share"]

    assert own["warning"] == 0
    assert 0.05 < own["critical"] < 0.2


def test_a_shipped_warning_that_the_dataset_keeps_stays_and_one_that_it_misses_does_not() -> None:
    """Where 2 % of the files are no images, up to 7 % passed in silence; shipped limits warn."""
    kept, missed = (proposed(400, ignored_share=here)["ignored_share"] for here in (0.02, 0.06))

    assert kept["warning"] == maxima("ignored_share")["warning"] == 0.05
    assert set(missed) == {"critical"}


def test_what_chance_moves_lies_where_chance_hardly_comes() -> None:
    """Beyond the shipped 0.07 already: the beta-binomial's limit alone, worked out by sampling."""
    own = proposed(400, exact_copies=0.1)["exact_copies"]
    rng = np.random.default_rng(0)
    drawn = rng.binomial(400, rng.beta(40.5, 360.5, 400_000)) / 400

    assert set(own) == {"critical"}
    assert (drawn > own["critical"]).mean() == pytest.approx(EACH, abs=1e-4)


def test_counts_and_names_of_patients_are_not_moved_by_chance() -> None:
    own = proposed(200, ambiguous_names=2.0, private_share=0.1)

    assert own["ambiguous_names"] == {"critical": pytest.approx(2, abs=0.02), "warning": 0.0}
    assert own["private_share"]["critical"] == pytest.approx(0.1, rel=0.02)
