"""Proposed limits: the dataset passes them, and other draws of its source mostly do."""

import json
from dataclasses import replace

import numpy as np
import pytest

from deri_gate.gate import judge, rows_of
from deri_gate.gate.proposing import Seen, propose
from deri_gate.gate.suite import check_suite
from deri_gate.metrics.catalogue import METRICS
from deri_gate.schemas.suite import SuiteDocument, as_suite_text
from deri_gate.scoring.pool import find_pool, read_pool
from deri_gate.scoring.score import score_values
from tests.sweeps import sampled

POOL = read_pool(find_pool("standard"))
CHOSEN = tuple(m for m in METRICS if m.name in ("sharpness", "exposure", "duplicates"))
IMAGES = 200


def drawn(generator) -> dict[str, np.ndarray]:
    """Values an image of one source: log-normal, normal, and a share of 5 %."""
    return {
        "sharpness": np.exp(generator.normal(6, 0.5, IMAGES)),
        "exposure": generator.normal(0.3, 0.05, IMAGES),
        "duplicates": (generator.random(IMAGES) < 0.05).astype(float),
    }


def seen(values: dict[str, np.ndarray], generator) -> Seen:
    rows = generator.integers(0, IMAGES, (200, IMAGES))
    means = {name: float(own.mean()) for name, own in values.items()}
    resamples = {name: own[rows].mean(axis=1) for name, own in values.items()}
    scored = score_values(means, POOL, metrics=CHOSEN, resamples=resamples)
    return Seen(
        values=means, resamples=resamples, shares={"exact_copies": 0.01}, images=IMAGES,
        scored=scored,
    )  # fmt: skip


def kept(suite: dict, values: dict[str, float], severity: str) -> bool:
    """Whether values keep within the limits, worked out without the gate."""
    for one in suite["expectations"]:
        kwargs = one["kwargs"]
        value = values.get(kwargs["metric"])
        if value is None or one["severity"] != severity:
            continue
        if not kwargs.get("minimum", -np.inf) <= value <= kwargs.get("maximum", np.inf):
            return False
    return True


@pytest.fixture
def proposed():
    def make(false_alarms=0.05, seed=0):
        generator = np.random.default_rng(seed)
        own = seen(drawn(generator), generator)
        suite = propose(own, CHOSEN, POOL, false_alarms=false_alarms, name="own")
        return suite.model_dump(exclude_unset=True), own, generator

    return make


@pytest.mark.parametrize("seed", sampled(range(20), 0, 1, 2, 3, 4))
def test_the_dataset_itself_passes(proposed, seed) -> None:
    """Rounding goes outwards; the score's limits included."""
    suite, own, _ = proposed(0.3, seed)
    values = {**own.values, **own.shares, "DERI1000": own.scored.deri1000}

    assert kept(suite, values, "warning")
    assert kept(suite, values, "critical")


def test_other_draws_of_the_source_cross_a_limit_as_rarely_as_stated(proposed) -> None:
    """600 pairs of draws; at most the stated 5 %, and not a tenth of it, which would be blind."""
    crossed = 0
    for seed in range(60):
        suite, _, generator = proposed(0.05, seed)
        for _ in range(10):
            values = {name: float(own.mean()) for name, own in drawn(generator).items()}
            crossed += not kept(suite, values, "warning")

    assert 0.005 < crossed / 600 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 600)


def test_a_lower_rate_gives_looser_limits(proposed) -> None:
    def minimum(rate):
        suite, *_ = proposed(rate)
        return next(
            one["kwargs"]["minimum"]
            for one in suite["expectations"]
            if one["kwargs"]["metric"] == "sharpness" and one["severity"] == "warning"
        )

    assert minimum(0.001) < minimum(0.01) < minimum(0.2)


def test_damage_is_caught(proposed) -> None:
    """A source of half the sharpness is no draw of this one."""
    suite, own, _ = proposed(0.01)

    assert not kept(suite, {"sharpness": own.values["sharpness"] / 2}, "warning")
    assert not kept(suite, {"duplicates": own.values["duplicates"] + 0.2}, "warning")


def test_critical_limits_are_the_looser_of_chance_and_pool(proposed) -> None:
    """What some dataset of the pool has is not beyond it."""
    suite, *_ = proposed()
    for metric in CHOSEN:
        limits = {
            one["severity"]: one["kwargs"].get("minimum", one["kwargs"].get("maximum"))
            for one in suite["expectations"]
            if one["kwargs"]["metric"] == metric.name
        }
        others = [member.metrics[metric.name] for member in POOL.datasets]
        if "critical" in limits and "warning" in limits:
            assert metric.sign * limits["critical"] <= metric.sign * limits["warning"]
            worst = min(others, key=lambda value: metric.sign * value)
            assert metric.sign * limits["critical"] <= metric.sign * worst


def test_the_file_is_a_suite_and_the_same_each_time(proposed, tmp_path) -> None:
    """With ids that stay, sorted keys, a value a line: a redraw changes only its numbers."""
    texts = [as_suite_text(SuiteDocument(**proposed(seed=seed)[0])) for seed in (0, 0, 1)]
    path = tmp_path / "own.json"
    path.write_text(texts[0])
    check_suite(path, [*(m.name for m in METRICS), "exact_copies", "DERI1000"])

    assert texts[0] == texts[1]
    ids = [[one["id"] for one in json.loads(text)["expectations"]] for text in texts]
    assert ids[0] == ids[2]
    assert len(set(ids[0])) == len(ids[0])
    assert json.dumps(json.loads(texts[0]), indent=2, sort_keys=True) + "\n" == texts[0]
    assert all(one["meta"]["reason"] for one in json.loads(texts[0])["expectations"])


def limits_of(metric: str, value: float | None, resamples=(0.2, 0.9)) -> dict[str, tuple]:
    """Proposed limits on a metric by severity, of a dataset that says little for sure."""
    (own,) = (m for m in METRICS if m.name == metric)
    values = {} if value is None else {metric: value}
    scored = score_values({metric: value}, POOL, metrics=(own,))
    few = Seen(
        values=values,
        resamples={metric: np.array(resamples)} if values else {},
        shares={"exact_copies": 0.0},
        images=3,
        scored=scored,
        absent=() if values else (metric,),
    )
    suite = propose(few, (own,), POOL, false_alarms=0.01, name="own")
    return {
        one.severity: (
            one.kwargs.get("minimum", one.kwargs.get("maximum")),
            one.meta.get("demanded"),
        )
        for one in suite.expectations
        if one.kwargs["metric"] == metric
    }


def test_what_was_not_measured_has_the_shipped_limits() -> None:
    """Limits on labels in the suite of one class: labels at random of later sets passed it."""
    assert limits_of("label_noise", None) == {"critical": (0.65, False), "warning": (0.55, False)}
    assert limits_of("separation", None) == {"critical": (0.012, False), "warning": (0.019, False)}


def test_a_limit_is_no_looser_than_the_shipped_one_that_the_dataset_keeps() -> None:
    """Resamples of three images, or of random labels, reach anywhere."""
    assert limits_of("label_noise", 0.5)["critical"] == (0.65, None)
    assert limits_of("duplicates", 0.0, (0.0, 0.0))["critical"] == (0.38, None)
    assert limits_of("separation", 0.02, (-0.5, 0.4)) == {"critical": (0.012, None)}
    assert limits_of("separation", 0.005, (-0.5, 0.4))["critical"][0] < -0.1


ONE_CLASS = ("separation", "imbalance", "label_noise", "xai_overlay", "xai_stability")
PLUGGED = replace(next(m for m in METRICS if m.name == "label_noise"), advice="Of a plugin.")
SCORED = tuple(m for m in METRICS if m.published_weight)


@pytest.mark.parametrize("images", sampled([3, 90], 1))
@pytest.mark.parametrize(
    "absent",
    sampled(
        [ONE_CLASS, ONE_CLASS[:3], ONE_CLASS[3:], *((m.name,) for m in SCORED)],
        *range(4),
        single=True,
    ),
)
@pytest.mark.parametrize("plugged", sampled([False, True]))
def test_a_set_without_some_metrics_passes_what_is_written_for_it(
    tmp_path, absent, images, plugged
) -> None:
    """No limit on one of them, and DERI1000 lacked it unseen: the suite was unknown.

    Sets of one class, of three images, of several labels an image; metrics of a plugin.
    """
    metrics = tuple(PLUGGED if plugged and m.name == PLUGGED.name else m for m in SCORED)
    values = dict(POOL.datasets[0].metrics) | dict.fromkeys(absent)
    known = {k: v for k, v in values.items() if v is not None}
    own = Seen(
        values=known,
        resamples={k: np.array([v, v]) for k, v in known.items()},
        shares={},
        images=images,
        scored=score_values(values, POOL, metrics=metrics),
        absent=absent,
    )
    path = tmp_path / "own.json"
    suite = propose(own, metrics, POOL, false_alarms=0.01, name="own")
    path.write_text(as_suite_text(suite))
    judged = judge(
        rows_of(values, own.scored, {}, reasons=dict.fromkeys(absent, "one class")), path
    )

    assert judged.verdict == "pass"
    limits = [e for e in suite.expectations if e.kwargs["metric"] in absent]
    assert {e.kwargs["metric"] for e in limits} == {*absent}
    assert {e.meta["demanded"] for e in limits} == {False}
