"""The quality gap of explanations: a number with an interval, a row that a suite may limit."""

from types import SimpleNamespace

import numpy as np
import pytest

from deri_gate.errors import SettingError
from deri_gate.gate import check_suite, judge
from deri_gate.gate.quality_gap import gap_rows
from deri_gate.measuring.quality_gap import GAP_ROWS, quality_gaps
from deri_gate.metrics.profile import PAPER_SMALL, STANDARD
from deri_gate.metrics.records import PaperExplanations

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
