"""The rule that tells news once, and its stated rate of false alarms."""

import numpy as np
import pytest
from scipy.stats import norm

from deri_gate.drift.cusum import ALLOWANCE, LIMIT, normal_score, watched

QUIET, SURE = 0.7, 0.0005


def news(*ps):
    return [(one.started, one.ended) for one in watched([{"sharpness": p} for p in ps])]


START, END, NOTHING = (("sharpness",), ()), ((), ("sharpness",)), ((), ())


def test_drift_is_told_when_it_starts_and_when_it_ends():
    """Not once a week in between."""
    assert news(QUIET, SURE, SURE, SURE, QUIET, QUIET, QUIET, QUIET) == [
        NOTHING, START, NOTHING, NOTHING, NOTHING, END, NOTHING, NOTHING,
    ]  # fmt: skip


def test_one_quiet_week_does_not_end_it():
    assert news(SURE, QUIET, SURE, SURE) == [START, NOTHING, NOTHING, NOTHING]


def test_it_can_come_back():
    assert news(SURE, QUIET, QUIET, SURE) == [START, NOTHING, END, START]


def test_weak_signs_have_to_come_again():
    """p of 0.02 is worth 2.05: less the allowance, three of them pass the limit."""
    assert 2 * (normal_score(0.02) - ALLOWANCE) < LIMIT < 3 * (normal_score(0.02) - ALLOWANCE)
    assert news(0.02, 0.02, 0.02) == [NOTHING, NOTHING, START]


def test_at_the_limit():
    """One p of just below 0.001 starts drift, one of just above does not."""
    assert news(0.00099) == [START]
    assert news(0.00101) == [NOTHING]


def test_what_was_not_tested_stays_as_it_is():
    after = watched([{"classes": SURE}, {"classes": None}, {}])

    assert [one.drifting for one in after] == [("classes",)] * 3
    assert after[2].started == ()


def test_every_aspect_has_news_of_its_own():
    """A second drift is told while the first goes on."""
    after = watched([{"a": SURE, "b": QUIET}, {"a": SURE, "b": SURE}])

    assert [one.started for one in after] == [("a",), ("b",)]
    assert after[1].drifting == ("a", "b")


def test_score_of_a_p_is_its_normal_quantile():
    p = np.array([0.0001, 0.02, 0.5, 0.9])

    assert [normal_score(x) for x in p] == pytest.approx(norm.isf(p))
    assert normal_score(1.0) == -3


def test_false_starts_are_as_rare_as_stated():
    """The smallest adjusted p uniform, the worst case: a start in 480 comparisons or more.

    60 sequences of 2,000; a run of drift ends by itself, and its starts are counted.
    """
    generator = np.random.default_rng(0)
    starts = 0
    for _ in range(60):
        after = watched([{"a": p} for p in generator.uniform(size=2_000)])
        starts += sum(bool(one.started) for one in after)

    assert 1 / 600 < starts / 120_000 < 1 / 440


def test_more_aspects_start_no_more_often():
    """Twelve features, of which another one has the smallest p each time."""
    generator = np.random.default_rng(1)
    one, many = 0, 0
    for _ in range(15):
        ps = generator.uniform(size=1_000)
        places = generator.integers(0, 12, 1_000)
        spread = [
            {f"a{k}": (p if k == place else 1.0) for k in range(12)}
            for p, place in zip(ps, places, strict=True)
        ]
        one += sum(bool(w.started) for w in watched([{"a": p} for p in ps]))
        many += sum(bool(w.started) for w in watched(spread))

    assert many <= one


def test_lasting_drift_is_not_taken_for_over():
    """Scores of mean 3: in 50 sequences of 100 comparisons hardly an end is told."""
    generator = np.random.default_rng(2)
    ends = 0
    for _ in range(50):
        after = watched([{"a": p} for p in norm.sf(generator.normal(3, 1, 100))])
        ends += sum(bool(one.ended) for one in after)

    assert ends <= 3
