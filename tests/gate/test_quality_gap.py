"""The quality gap of explanations: a number with an interval, a row that a suite may limit."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from deri_gate.errors import SettingError
from deri_gate.gate import judge
from deri_gate.gate.quality_gap import gap_rows
from deri_gate.gate.suite import check_suite
from deri_gate.gate.validate import shipped_suites
from deri_gate.measuring.quality_gap import GAP_ROWS, QualityGap, quality_gaps
from deri_gate.metrics.profile import PAPER_SMALL, STANDARD
from deri_gate.metrics.records import PaperExplanations
from deri_gate.reports.advice import ADVICE
from deri_gate.scoring.pool import shipped_pools

IROF, FLIPPING = GAP_ROWS


def measured(profile, gaps, answers=("xai_stability",)):
    """A measured dataset whose explanations have these gaps of pixel flipping, and none of IROF."""
    none = np.full(len(gaps), np.nan)
    seen = PaperExplanations(
        images=100, positions=np.arange(len(gaps)), irof=none, irof_gap=none, pixel_flipping=none,
        pixel_flipping_gap=np.array(gaps), overlay=none, degenerate=np.isnan(gaps),
    )  # fmt: skip
    evidence = SimpleNamespace(profile=profile, paper_explanations=seen)
    return SimpleNamespace(evidence=evidence, answers=dict.fromkeys(answers))


def entry(minimum: float, metric: str = FLIPPING) -> dict:
    return {
        "type": "expect_value_to_be_at_least",
        "kwargs": {"metric": metric, "minimum": minimum},
    }


def test_the_gap_is_the_mean_over_images_that_have_one():
    found = quality_gaps(measured(PAPER_SMALL, [0.1, 0.3, np.nan, 0.2]))

    assert set(found) == {FLIPPING}
    gap = found[FLIPPING]
    assert (gap.value, gap.images) == (pytest.approx(0.2), 3)
    assert 0.1 <= gap.interval[0] <= 0.2 <= gap.interval[1] <= 0.3


@pytest.mark.parametrize(
    ("profile", "answers"), [(STANDARD, ("xai_stability",)), (PAPER_SMALL, ("sharpness",))]
)
def test_nothing_is_explained_for_it(profile, answers):
    assert quality_gaps(measured(profile, [0.1], answers)) == {}


@pytest.mark.parametrize(
    ("minimum", "metric", "verdict"),
    [(0.15, FLIPPING, "pass"), (0.25, FLIPPING, "fail"), (0.15, IROF, "unknown")],
)
def test_a_suite_limits_it(write, minimum, metric, verdict):
    rows = gap_rows(quality_gaps(measured(PAPER_SMALL, [0.1, 0.3])))

    assert judge(rows, write(entry(minimum, metric))).verdict == verdict


def test_a_limit_that_nothing_misses_is_refused(write):
    """No gap is below -1."""
    with pytest.raises(SettingError, match="nothing can miss it"):
        check_suite(write(entry(-1.0)), [*GAP_ROWS])


def shipped(folder: Path) -> Path:
    """The limits on gaps of the pool `paper-small`, alone."""
    whole = shipped_pools()["paper-small"].parent / "expectations" / "dataset_gate.json"
    suite = json.loads(whole.read_text("utf-8"))
    suite["expectations"] = [e for e in suite["expectations"] if e["kwargs"]["metric"] in GAP_ROWS]
    (folder / "gaps.json").write_text(json.dumps(suite))
    return folder / "gaps.json"


def gaps_of(generator, *, reverse: bool) -> float:
    """Mean gap of explanations of a linear model by what each part really adds, or its reverse.

    Of an image, parts are set to 0 one by one, what counts most first. The quality is the area
    over the curve of what is left of the score; the gap subtracts that of the inverse order.
    """
    gaps = []
    for _ in range(20):
        adds = np.sort(generator.exponential(size=16))[::-1] / 16
        order = adds[::-1] if reverse else adds
        left = [1 - np.cumsum(one) / adds.sum() for one in (order, order[::-1])]
        gaps.append(float(np.mean(left[1]) - np.mean(left[0])))
    return float(np.mean(gaps))


@pytest.mark.parametrize(("reverse", "verdict"), [(False, "pass"), (True, "warn")])
def test_the_shipped_limits_warn_of_explanations_that_put_what_counts_last(
    reverse, verdict, tmp_path
):
    """Both rows; a suite of paper-small is where they are, for its networks are explained."""
    gap = gaps_of(np.random.default_rng(3), reverse=reverse)
    seen = {name: QualityGap(value=gap, interval=(gap, gap), images=20) for name in GAP_ROWS}
    found = judge(gap_rows(seen), shipped(tmp_path))

    assert abs(gap) > 0.25
    assert found.verdict == verdict
    assert [check.metric for check in found.checks] == list(GAP_ROWS)
    assert all(ADVICE[name] for name in GAP_ROWS)


def test_without_gaps_the_shipped_limits_are_unknown(tmp_path):
    """Nothing was looked at, so nobody knows; one that was looked at leaves the others so."""
    found = judge(gap_rows({}), shipped(tmp_path))

    assert {check.status for check in found.checks} == {"unknown"}


@pytest.mark.parametrize("name", ["standard", "smoke"])
def test_pools_of_other_definitions_limit_no_gap(name):
    own = shipped_pools()[name].parent / "expectations" / "dataset_gate.json"
    text = (own if own.is_file() else shipped_suites()["dataset_gate"]).read_text("utf-8")

    assert "DERI1000" in text
    assert not any(row in text for row in GAP_ROWS)
