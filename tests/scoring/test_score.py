"""Scoring: subscores, U and DERI1000 worked by hand and by SciPy, and never a NaN."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import median_abs_deviation, norm, pmean

from deri_gate.metrics.catalogue import METRICS
from deri_gate.schemas.pool import Member
from deri_gate.scoring.pool import PUBLISHED_WEIGHTS, Pool, ProfileId
from deri_gate.scoring.score import score_values
from deri_gate.scoring.yardstick import U_SPREAD_FLOOR, power_mean
from deri_gate.stats.intervals import interval
from tests.sweeps import randomly

RECORDS = {m.name: m for m in METRICS}


@pytest.fixture(autouse=True)
def few_resamples_of_the_pool(monkeypatch):
    """Fewer than the 400 of every day, to be quick."""
    monkeypatch.setattr("deri_gate.scoring.score.POOL_RESAMPLES", 30)


def pool_of(columns, weights=None):
    """A pool with these raw values: by metric, one a dataset (None: it has none)."""
    count = len(next(iter(columns.values())))
    members = tuple(
        Member(
            name=f"set{i}",
            version="1",
            licence="CC0",
            source="made up",
            fingerprint=f"{i}",
            images=10,
            classes=2,
            metrics={k: column[i] for k, column in columns.items() if column[i] is not None},
        )
        for i in range(count)
    )
    profile = ProfileId(name="standard", hash="0" * 16)
    return Pool(
        schema_version=1,
        name="p",
        profile=profile,
        weights=weights or dict.fromkeys(columns, 1.0),
        datasets=members,
    )


IMBALANCE = [0.1, 0.3, 0.5, 0.7, 0.9]  # median .5, absolute deviations .4 .2 0 .2 .4: MAD .2
NOISE = [0.3, 0.1, 0.2, 0.0, 0.4]  # median .2, MAD .1


def subscore(metric, value, column):
    return score_values({metric: value}, pool_of({metric: column})).subscores[metric]


def test_the_median_of_the_pool_is_worth_50():
    """Whatever the metric, and whichever way is better."""
    assert subscore("imbalance", 0.5, IMBALANCE) == pytest.approx(50)
    assert subscore("label_noise", 0.2, NOISE) == pytest.approx(50)


def test_a_spread_above_the_median_worked_by_hand():
    """One spread is 1.4826 times .2; a z of 1 is worth 84.13."""
    assert subscore("imbalance", 0.5 + 1.4826 * 0.2, IMBALANCE) == pytest.approx(84.1345, abs=1e-3)


def test_lower_is_better_turns_the_sign():
    """More label noise, fewer points."""
    assert subscore("label_noise", 0.2 + 1.4826 * 0.1, NOISE) == pytest.approx(15.8655, abs=1e-3)


@pytest.mark.parametrize(("value", "z"), [(99.0, 3), (-99.0, -3), (1.7e308, 3), (-1.7e308, -3)])
def test_z_is_clipped_at_3(value, z):
    """However far: 99.87 and 0.13."""
    assert subscore("imbalance", value, IMBALANCE) == pytest.approx(100 * norm.cdf(z))


def test_without_spread_the_floor_decides():
    """All of the pool alike: MAD 0, and the record's floor is one spread."""
    floor = RECORDS["imbalance"].spread_floor
    column = [0.5] * 4

    assert subscore("imbalance", 0.5, column) == pytest.approx(50)
    assert subscore("imbalance", 0.5 + floor, column) == pytest.approx(100 * norm.cdf(1))


def test_heavy_tails_are_compared_on_a_log_scale():
    """Sharpness of 10, 100, 1000: a tenfold step is one MAD; what is below 1 counts as 1."""
    step = 1.4826 * math.log(10)
    column = [10.0, 100.0, 1000.0]

    assert RECORDS["sharpness"].scale == "log"
    assert subscore("sharpness", 100 * math.exp(step), column) == pytest.approx(100 * norm.cdf(1))
    assert subscore("sharpness", 0.0, column) == pytest.approx(subscore("sharpness", 1.0, column))


@given(
    st.lists(st.floats(0, 1), min_size=3, max_size=12),
    st.floats(0, 1),
    st.sampled_from(["imbalance", "label_noise", "exposure", "xai_stability"]),
)
@randomly(60)
def test_subscores_agree_with_scipy(column, value, metric):
    """SciPy's median absolute deviation and normal distribution."""
    record = RECORDS[metric]
    spread = max(median_abs_deviation(column, scale=1 / 1.4826), record.spread_floor)
    z = np.clip(record.sign * (value - np.median(column)) / spread, -3, 3)

    assert subscore(metric, value, column) == pytest.approx(100 * norm.cdf(z), abs=1e-6)


def test_weights_are_made_to_sum_to_1_over_what_was_measured():
    """Of weights 3, 1 and 4 the first two were measured: 3/4 and 1/4 of U."""
    pool = pool_of(
        {"imbalance": IMBALANCE, "label_noise": NOISE, "diversity": IMBALANCE},
        {"imbalance": 3, "label_noise": 1, "diversity": 4},
    )
    scored = score_values({"imbalance": 0.5, "label_noise": 0.4, "diversity": None}, pool)

    assert scored.weights == pytest.approx({"imbalance": 0.75, "label_noise": 0.25})
    assert scored.u == pytest.approx(0.75 * 50 + 0.25 * scored.subscores["label_noise"])
    assert scored.subscores["diversity"] is None


def test_a_metric_without_weight_is_scored_and_does_not_count():
    """It has a subscore, and a share of 0 in U."""
    pool = pool_of({"imbalance": IMBALANCE, "label_noise": NOISE}, {"imbalance": 1})
    scored = score_values({"imbalance": 0.5, "label_noise": 0.4}, pool)

    assert scored.subscores["label_noise"] < 50
    assert scored.u == pytest.approx(50)


def test_a_pool_scores_itself_1000_give_or_take_100():
    """Its own datasets have mean 1000 and standard deviation 100, by definition."""
    columns = {"imbalance": IMBALANCE, "label_noise": NOISE, "sharpness": [9.0, 80, 700, 6e3, 5e4]}
    pool = pool_of(columns, PUBLISHED_WEIGHTS)
    own = [score_values(dict(member.metrics), pool).deri1000 for member in pool.datasets]

    assert np.mean(own) == pytest.approx(1000, abs=1e-9)
    assert np.std(own, ddof=1) == pytest.approx(100, rel=1e-9)


def test_mu_and_sigma_are_those_over_the_metrics_measured():
    """A metric left out is left out of the pool's own U as well."""
    both = pool_of({"imbalance": IMBALANCE, "label_noise": NOISE})
    alone = pool_of({"imbalance": IMBALANCE})
    left_out, never_there = (
        score_values({"imbalance": 0.6}, both),
        score_values({"imbalance": 0.6}, alone),
    )

    assert (left_out.mu, left_out.sigma) == pytest.approx((never_there.mu, never_there.sigma))
    assert left_out.deri1000 == pytest.approx(never_there.deri1000)


def test_datasets_that_are_all_alike_do_not_divide_by_nothing():
    """Sigma has a floor, so that a difference stays finite."""
    scored = score_values({"imbalance": 0.5}, pool_of({"imbalance": [0.5] * 4}))

    assert scored.sigma == U_SPREAD_FLOOR
    assert scored.deri1000 == pytest.approx(1000)


def test_the_shown_median_and_spread_are_those_used():
    """On the metric's own scale."""
    scored = score_values({"imbalance": 0.6}, pool_of({"imbalance": IMBALANCE}))

    assert scored.typical["imbalance"].median == pytest.approx(0.5)
    assert scored.typical["imbalance"].spread == pytest.approx(1.4826 * 0.2)


@pytest.mark.parametrize(
    ("values", "weights"),
    [
        ({}, None),
        ({"imbalance": None}, None),
        ({"diversity": 0.4}, None),  # which the pool does not know
        ({"imbalance": 0.4}, {"imbalance": 0, "diversity": 1}),
    ],
)
def test_nothing_that_counts_is_no_score(values, weights):
    """None throughout, not a default."""
    scored = score_values(values, pool_of({"imbalance": IMBALANCE}, weights))

    assert scored.u is scored.deri1000 is scored.interval is scored.pool_interval is None
    assert set(scored.subscores) == set(RECORDS)


@pytest.mark.parametrize("known", [0, 2])
def test_fewer_than_three_datasets_with_a_metric_do_not_score_it(known):
    """A median of two says nothing."""
    column = [0.3] * known + [None] * (5 - known)
    pool = pool_of({"imbalance": IMBALANCE, "diversity": column})
    scored = score_values({"imbalance": 0.5, "diversity": 0.3}, pool)

    assert scored.subscores["diversity"] is None
    assert scored.weights == {"imbalance": 1.0}


def test_a_dataset_of_the_pool_that_lacks_a_metric_is_scored_by_the_others():
    """Three know diversity, five imbalance: all five have a U, and nothing is NaN."""
    pool = pool_of({"imbalance": IMBALANCE, "diversity": [0.2, 0.3, 0.5, None, None]})
    scored = score_values({"imbalance": 0.5, "diversity": 0.3}, pool)

    assert scored.deri1000 == pytest.approx(1000, abs=200)
    assert all(map(math.isfinite, (scored.mu, scored.sigma, *scored.pool_interval)))


def test_a_dataset_of_the_pool_without_any_metric_that_counts_is_left_out():
    """It has no U, so mu and sigma are those of the others."""
    pool = pool_of({"imbalance": [*IMBALANCE, None], "diversity": [None] * 5 + [0.4]})
    scored = score_values({"imbalance": 0.5}, pool)

    assert scored.deri1000 == pytest.approx(
        score_values({"imbalance": 0.5}, pool_of({"imbalance": IMBALANCE})).deri1000
    )


def test_better_values_score_higher():
    """Step by step, in either direction of better."""
    pool = pool_of({"imbalance": IMBALANCE, "label_noise": NOISE})
    better = [
        score_values({"imbalance": v, "label_noise": 0.5 - v}, pool).deri1000
        for v in (0.1, 0.3, 0.5)
    ]

    assert better[0] < better[1] < better[2]


def test_the_interval_over_images_is_that_of_the_resamples():
    """Scored one by one, and the middle 95 % of them."""
    pool = pool_of({"imbalance": IMBALANCE, "label_noise": NOISE})
    generator = np.random.default_rng(0)
    drawn = {
        "imbalance": generator.uniform(0.4, 0.6, 200),
        "label_noise": generator.uniform(0.1, 0.3, 200),
    }
    each = [
        score_values({"imbalance": a, "label_noise": b}, pool).deri1000
        for a, b in zip(*(drawn[k][:40] for k in ("imbalance", "label_noise")), strict=True)
    ]
    first = {k: v[:40] for k, v in drawn.items()}
    scored = score_values({"imbalance": 0.5, "label_noise": 0.2}, pool, resamples=first)

    assert scored.image_interval == pytest.approx(tuple(np.percentile(each, [2.5, 97.5])))
    assert scored.image_interval[0] < scored.deri1000 < scored.image_interval[1]


def test_a_resample_that_measured_nothing_counts_as_the_value():
    """NaN in a resample is not NaN in the interval."""
    pool = pool_of({"imbalance": IMBALANCE})
    drawn = {"imbalance": np.array([0.5, np.nan, 0.5])}
    scored = score_values({"imbalance": 0.5}, pool, resamples=drawn)

    assert scored.image_interval == pytest.approx((scored.deri1000, scored.deri1000))


@pytest.mark.parametrize("resamples", [None, {"label_noise": np.array([0.2, 0.2])}])
def test_without_resamples_of_all_there_is_no_interval_over_images(resamples):
    """Half of an uncertainty would be none."""
    pool = pool_of({"imbalance": IMBALANCE, "label_noise": NOISE})
    scored = score_values({"imbalance": 0.5, "label_noise": 0.2}, pool, resamples=resamples)

    assert scored.interval is scored.image_interval is None
    assert scored.pool_interval is not None


def test_the_interval_over_the_pool_holds_a_typical_dataset():
    """Other pools of the same kind would put it on either side; the same seed, the same limits."""
    columns = {"imbalance": IMBALANCE * 2, "label_noise": NOISE * 2}
    first, again = (
        score_values({"imbalance": 0.5, "label_noise": 0.2}, pool_of(columns)) for _ in range(2)
    )

    assert first.pool_interval[0] < first.deri1000 < first.pool_interval[1]
    assert first == again


def test_order_of_the_pool_does_not_matter():
    """Nor does the order of the values."""
    pool = pool_of({"imbalance": IMBALANCE, "label_noise": NOISE})
    turned = pool.model_copy(update={"datasets": pool.datasets[::-1]})
    first = score_values({"imbalance": 0.6, "label_noise": 0.1}, pool)
    second = score_values({"label_noise": 0.1, "imbalance": 0.6}, turned)

    assert replace(first, pool_interval=None) == replace(second, pool_interval=None)


def test_interval_leaves_out_what_is_not_finite():
    """The middle 95 % of the others."""
    assert interval(np.array([1.0, np.nan, 3.0, np.inf])) == pytest.approx((1.05, 2.95))


@given(
    st.lists(st.tuples(st.floats(0.2, 99.8), st.floats(0.01, 1)), min_size=1, max_size=6),
    st.sampled_from([0.0, 0.25, 0.5, 1.0]),
)
@randomly(60)
def test_u_agrees_with_scipy_s_power_mean(rows, power):
    """SciPy's weighted power mean, of which the geometric and arithmetic ones are two."""
    values, weights = map(np.array, zip(*rows, strict=True))

    assert power_mean(values, weights, power) == pytest.approx(
        pmean(values, power, weights=weights)
    )


def test_a_power_mean_by_hand_leaves_out_what_was_not_measured():
    """Of 25 and 100 with like weights: 62.5, ((5 + 10) / 2)**2 and the root of 2500."""
    values, weights = np.array([25.0, np.nan, 100.0]), np.ones(3)
    means = [float(power_mean(values, weights, power)) for power in (1.0, 0.5, 0.0)]

    assert means == pytest.approx([62.5, 56.25, 50.0])


def test_the_lower_the_power_the_less_a_good_subscore_buys_off():
    """One metric at its worst beside one at its best falls further below two typical ones."""
    columns = {"imbalance": IMBALANCE, "label_noise": NOISE}
    falls = []
    for power in (1.0, 0.5, 0.0):
        pool = pool_of(columns).model_copy(update={"power": power})
        mixed = score_values({"imbalance": 1.0, "label_noise": 0.9}, pool).u
        falls.append(score_values({"imbalance": 0.5, "label_noise": 0.2}, pool).u - mixed)

    assert falls == sorted(falls)
    assert falls[0] == pytest.approx(0, abs=5)
    assert falls[-1] > 30


def test_the_interval_beside_the_score_covers_every_pool_of_one_set_less():
    """Leaving a dataset of the pool out is part of what is not known."""
    pool = pool_of({"imbalance": IMBALANCE, "label_noise": NOISE})
    values = {"imbalance": 0.8, "label_noise": 0.1}
    resamples = {k: np.full(8, v) for k, v in values.items()}
    low, high = score_values(values, pool, resamples=resamples).interval
    for i in range(5):
        less = pool.datasets[:i] + pool.datasets[i + 1 :]
        score = score_values(values, pool.model_copy(update={"datasets": less})).deri1000
        assert low <= score <= high


def test_the_interval_beside_the_score_is_no_narrower_than_either_part():
    """Images and pool both vary: neither alone is the whole uncertainty."""
    pool = pool_of({"imbalance": IMBALANCE * 3, "label_noise": NOISE * 3})
    drawn = {"imbalance": np.random.default_rng(1).normal(0.5, 0.1, 100)}
    drawn["label_noise"] = np.random.default_rng(2).normal(0.2, 0.1, 100)
    scored = score_values({"imbalance": 0.5, "label_noise": 0.2}, pool, resamples=drawn)
    both, images, members = (
        high - low for low, high in (scored.interval, scored.image_interval, scored.pool_interval)
    )

    assert both > 0.9 * max(images, members)
    assert scored.interval[0] <= scored.deri1000 <= scored.interval[1]


def test_a_score_of_fewer_metrics_says_so():
    """`DERI1000` alone stands for all eleven."""
    columns = {m.name: [0.5, 0.6, 0.7] for m in METRICS if m.low <= 0.5}
    columns |= {m.name: [1.5, 2.0, 3.0] for m in METRICS if m.low > 0.5}
    pool = pool_of(columns, PUBLISHED_WEIGHTS)
    whole = score_values(dict(pool.datasets[0].metrics), pool)
    part = score_values(dict(pool.datasets[0].metrics) | {"xai_overlay": None}, pool)

    assert (whole.title, whole.complete) == ("DERI1000", True)
    assert (part.title, part.complete) == ("DERI1000 of 10 metrics", False)


@pytest.mark.parametrize("tiny", [0.0, 1e-9])
def test_a_score_of_which_one_metric_has_the_weight_says_so(tiny):
    """A pool may weigh one metric alone; the others have subscores, and count for nothing."""
    columns = {m.name: [0.5, 0.6, 0.7] if m.low <= 0.5 else [1.5, 2.0, 3.0] for m in METRICS}
    weights = dict.fromkeys(columns, tiny) | {"imbalance": 1.0}
    scored = score_values(
        {name: values[0] for name, values in columns.items()}, pool_of(columns, weights)
    )

    assert (scored.title, scored.complete) == ("DERI1000 of 1 metric", False)
