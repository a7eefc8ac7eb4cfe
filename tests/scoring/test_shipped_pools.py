"""Each shipped pool scores what is measured with its profile, and says how it is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from deri_gate.errors import PoolError
from deri_gate.metrics.profile import PROFILES, profile_named
from deri_gate.runtime.resources import shipped_pools
from deri_gate.scoring.pool import ProfileId, pool_for, read_pool
from deri_gate.scoring.score import score_values
from deri_gate.scoring.weights import weights_used
from deri_gate.study.candidates.sources import read_sources

POOLS = Path(__file__).parents[2] / "reference_pool"
OWN = sorted({"standard", "paper-small"})


@pytest.mark.parametrize("name", OWN)
def test_the_pool_called_as_the_profile_is_its_default(name) -> None:
    profile = ProfileId.of(profile_named(name))

    assert pool_for("", profile) == pool_for(name, profile) == read_pool(shipped_pools()[name])


@pytest.mark.parametrize("name", OWN)
def test_members_score_around_a_thousand_by_all_eleven_metrics(name) -> None:
    """By the formula, their mean is 1000 and their standard deviation 100."""
    pool = pool_for("", ProfileId.of(profile_named(name)))
    metrics = profile_named(name).metrics
    scored = [score_values(one.metrics, pool, metrics=metrics) for one in pool.datasets]
    found = [one.deri1000 for one in scored]

    assert all(one.complete for one in scored)
    assert sum(found) / len(found) == pytest.approx(1000)
    assert sum((one - 1000) ** 2 for one in found) / (len(found) - 1) == pytest.approx(100**2)


def test_profile_paper_small_is_the_papers_arithmetic_mean_with_published_weights() -> None:
    pool = read_pool(shipped_pools()["paper-small"])
    first = pool.datasets[0]
    found = score_values(first.metrics, pool, metrics=profile_named("paper-small").metrics)

    assert found.u == pytest.approx(
        sum(found.weights[m] * found.subscores[m] for m in found.weights)
    )
    assert pool_for("", ProfileId.of(profile_named("paper-small")), weights="published") == pool
    assert weights_used(pool) == "published"
    assert found.weights["imbalance"] == pytest.approx(0.3319 / sum(pool.weights.values()))


def test_a_profile_without_a_pool_of_its_own_is_refused() -> None:
    assert "paper" in PROFILES
    with pytest.raises(PoolError, match="calibrate a pool"):
        pool_for("", ProfileId.of(profile_named("paper")))


@pytest.mark.parametrize(
    "path", sorted(POOLS.glob("*/pool.json")), ids=lambda path: path.parent.name
)
def test_params_beside_a_pool_name_its_members(path) -> None:
    params = path.with_name("params.yaml")
    if not params.exists():
        params = POOLS.parent / "params.yaml"  # that of the pool that `make repro` makes
    known = {one.name: one for one in read_sources(params)}

    for member in read_pool(path).datasets:
        own = known[member.name]
        assert (own.version, own.licence, own.source) == (
            member.version, member.licence, member.source,
        )  # fmt: skip
