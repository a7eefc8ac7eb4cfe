"""Waivers: a miss that somebody answers for, until a day that is written down."""

from datetime import date

import pytest

from deri_gate.errors import SettingError
from deri_gate.gate import judge

LAST = date(2026, 12, 31)
BEFORE, AFTER = date(2026, 12, 30), date(2027, 1, 1)
WAIVER = {"reason": "Scanner B is being replaced.", "until": "2026-12-31"}


@pytest.fixture
def on_day(rows, write):
    """The check of sharpness, with a subscore and a waiver, on a day."""

    def make(today, *, subscore=3.0, severity="critical", waiver=WAIVER):
        entry = {
            "type": "expect_subscore_to_be_at_least",
            "kwargs": {"metric": "sharpness", "minimum": 5},
            "severity": severity,
            "meta": {"reason": "Pool.", "waiver": waiver},
        }
        return judge(rows(sharpness=subscore), write(entry), today=today)

    return make


@pytest.mark.parametrize("today", [BEFORE, LAST])
def test_a_miss_warns_up_to_the_last_day(on_day, today) -> None:
    judgement = on_day(today)
    check = judgement.checks[0]

    assert judgement.verdict == check.status == "warn"
    assert check.waived
    assert check.detail == "waived for everyone until 2026-12-31: Scanner B is being replaced."
    assert check.reason == "Pool."


@pytest.mark.parametrize("severity", ["critical", "warning"])
def test_after_it_a_miss_fails_and_says_why(on_day, severity) -> None:
    """Whatever its severity: what was put off is due."""
    judgement = on_day(AFTER, severity=severity)

    assert judgement.verdict == "fail"
    assert "its waiver ended on 2026-12-31" in judgement.checks[0].detail
    assert not judgement.checks[0].waived


@pytest.mark.parametrize("today", [BEFORE, AFTER])
def test_a_limit_that_holds_passes_and_its_waiver_can_go(on_day, today) -> None:
    judgement = on_day(today, subscore=60.0)

    assert judgement.verdict == "pass"
    assert "can go" in judgement.checks[0].detail
    assert judgement.checks[0].waiver.until == LAST


@pytest.mark.parametrize("today", [BEFORE, AFTER])
def test_what_was_not_measured_stays_unknown(on_day, today) -> None:
    """Nobody can answer for what was not seen."""
    judgement = on_day(today, subscore=None)

    assert judgement.verdict == "unknown"
    assert not judgement.checks[0].waived


def test_a_waiver_helps_no_other_check(rows, write) -> None:
    def entry(metric, **meta):
        return {
            "type": "expect_subscore_to_be_at_least",
            "kwargs": {"metric": metric, "minimum": 5},
            "meta": meta,
        }

    suite = write(entry("sharpness", waiver=WAIVER), entry("exposure"))
    judgement = judge(rows(sharpness=1.0, exposure=1.0), suite, today=BEFORE)

    assert [check.status for check in judgement.checks] == ["warn", "fail"]
    assert judgement.verdict == "fail"


@pytest.mark.parametrize(
    ("waiver", "said"),
    [
        ({"until": "2026-12-31"}, "no reason"),
        ({"reason": "  ", "until": "2026-12-31"}, "no reason"),
        ({"reason": "x"}, "no day"),
        ({"reason": "x", "until": "31.12.2026"}, "no day"),
        ({"reason": "x", "until": "2026-02-30"}, "no day"),
        ({"reason": "x", "until": "never"}, "no day"),
        ({"reason": "x", "until": "2026-12-31", "for": "ever"}, "'for' is not a setting"),
        ("because", "string"),
        ({"reason": "x", "until": 20261231}, "number"),
    ],
)
def test_a_waiver_needs_a_reason_and_a_day(on_day, waiver, said) -> None:
    with pytest.raises(SettingError, match=said):
        on_day(BEFORE, waiver=waiver)
