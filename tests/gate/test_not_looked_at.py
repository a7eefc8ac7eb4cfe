"""Limits on what a dataset may lack: nothing that was not looked at is 0, or passed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deri_gate.changes.records import Difference
from deri_gate.errors import SettingError
from deri_gate.gate import Row, rows_of
from deri_gate.measuring.shares import (
    SHARES,
    Share,
    not_looked_at,
    private_share,
    shares_of_findings,
)
from deri_gate.scoring.pool import find_pool, read_pool
from deri_gate.scoring.score import score_values

WHY = "no column names the patient"
AT_MOST = "expect_value_to_be_at_most"


def limit(metric="leaked_groups", **meta):
    kwargs = {"metric": metric, "maximum": 0.0}
    return {"type": AT_MOST, "kwargs": kwargs, "meta": {"reason": "Because.", **meta}}


@pytest.fixture
def absent(rows):
    """Rows among which one is about groups that the dataset does not have."""
    row = Row(metric="leaked_groups", raw=None, subscore=None, weight=None, about=WHY, absent=WHY)
    return [*rows(), row]


def test_a_suite_that_demands_it_is_unknown(judged, absent):
    found = judged(absent, limit())

    assert (found.verdict, found.checks[0].status) == ("unknown", "unknown")
    assert found.checks[0].detail == WHY


def test_a_suite_that_does_not_says_so_and_goes_on(judged, absent):
    found = judged(absent, limit(demanded=False), limit("unreadable_share"))

    assert [check.status for check in found.checks] == ["not_looked_at", "pass"]
    assert found.verdict == "pass"
    assert (found.checks[0].observed, found.checks[0].detail) == (None, WHY)
    assert found.validation.results[0].meta.status == "not_looked_at"


def test_a_limit_that_is_unknown_makes_no_other_one_so(judged, absent):
    """The first that could not be judged is named: that was one with nothing to look at."""
    other = replace(absent[-1], metric="leaked_patients")
    found = judged([*absent, other], limit(demanded=False), limit("leaked_patients"))

    assert [check.status for check in found.checks] == ["not_looked_at", "unknown"]


def test_limits_that_nobody_could_look_at_pass_nothing(judged, absent):
    """A suite of such limits alone has judged nothing: each is unknown, in every format."""
    found = judged(absent, limit(demanded=False))

    assert (found.verdict, found.checks[0].status) == ("unknown", "unknown")
    assert found.validation.results[0].meta.status == "unknown"
    assert found.checks[0].detail == WHY


def test_an_unknown_limit_beside_it_changes_nothing(judged, absent):
    gap = replace(absent[-1], metric="leaked_copies", absent="")
    found = judged([*absent, gap], limit(demanded=False), limit("leaked_copies"))

    assert [check.status for check in found.checks] == ["not_looked_at", "unknown"]


def test_a_plain_gap_is_unknown_whatever_the_suite_says(judged, absent):
    """Only what a dataset lacks is excused: not what should have been measured."""
    gap = replace(absent[-1], absent="")

    assert judged([*absent[:-1], gap], limit(demanded=False)).verdict == "unknown"


def test_a_waiver_does_not_answer_for_it(judged, absent):
    waiver = {"reason": "Known.", "until": "2999-01-01"}
    found = judged(absent, limit(demanded=False, waiver=waiver), limit("unreadable_share"))

    assert not found.checks[0].waived
    assert found.checks[0].status == "not_looked_at"


@pytest.mark.parametrize("said", ["no", 0, None, "false"])
def test_demanded_is_true_or_false(judged, absent, said):
    with pytest.raises(SettingError, match="demanded"):
        judged(absent, limit(demanded=said))


class _Change:
    """As much of a change as rows are made from."""

    least_p: dict[str, float] = {}  # noqa: RUF012
    shares: dict[str, Difference]
    untagged = frozenset[str]()
    hidden: dict[str, str] = {}  # noqa: RUF012
    untested: dict[str, str] = {}  # noqa: RUF012

    def __init__(self, base):
        nothing = Difference(base=base, head=None, difference=None, interval=None)
        self.shares = {"leaked_groups": nothing}
        self.differences = {"separation": nothing}

    def points(self, _):
        return None


@pytest.mark.parametrize(("base", "verdict"), [(0.0, "unknown"), (0.2, "unknown"), (None, "pass")])
def test_a_change_cannot_take_away_what_a_limit_is_about(judged, rows, base, verdict):
    """The column of patients is deleted: what the base could look at must be looked at."""
    scored = score_values({}, read_pool(find_pool("standard")))
    shares = {name: Share(value=0.0) for name in SHARES} | {"leaked_groups": not_looked_at(WHY)}
    made = rows_of({}, scored, shares, _Change(base))
    found = judged(made, limit(demanded=False), limit("exact_copies"))

    assert found.verdict == verdict
    assert WHY in found.checks[0].detail


def test_rows_say_in_what_changed_images_are_compared(monkeypatch):
    """In metrics and in what is asked of changed images alone, and in no share."""
    monkeypatch.setattr(_Change, "least_p", {"separation": 0.3, "novelty": None})
    scored = score_values({}, read_pool(find_pool("standard")))
    shares = {"leaked_groups": Share(value=0.0)}

    made = rows_of({"separation": 0.5}, scored, shares, _Change(None))

    assert {row.metric for row in made if row.compared} == {"separation", "novelty"}


def test_a_share_has_a_value_or_a_reason():
    for value, reason in ((None, ""), (0.0, WHY)):
        with pytest.raises(ValueError, match="a value or a reason"):
            Share(value=value, reason=reason)


def test_names_are_looked_for_in_headers_and_nowhere_else(finding_of):
    """A set of PNG has no header to look at: that is not "0 private"."""
    private = [finding_of("privacy", "a"), finding_of("privacy", "b")]
    none = private_share([], 10, 0)
    some = private_share(private, 10, 4)
    all_of_them = private_share(private, 10, 10)

    assert (none.value, "DICOM header" in none.reason) == (None, True)
    assert (some.value, some.note) == (0.2, "looked for in the DICOM headers of 4 of 10 images")
    assert (all_of_them.value, all_of_them.note) == (0.2, "")


def test_findings_are_counted_by_hand(finding_of):
    """Of ten images two are private, one twice; of thirteen files three are no image."""
    found = [
        finding_of("privacy", "a"), finding_of("privacy", "a"), finding_of("privacy", "b"),
        finding_of("ignored", "x.txt"), finding_of("ignored", "y.txt"), finding_of("ignored", "z"),
        finding_of("spelling", "Cat"), finding_of("constant", "c"), finding_of("unjudged", "0.zip"), finding_of("thin_class", "d"),
    ]  # fmt: skip
    values = {name: share.value for name, share in shares_of_findings(found, 10).items()}

    assert values == {
        "contradictions": 0.0,
        "likely_contradictions": 0.0,
        "missing_labels": 0.0,
        "narrow_share": 0.0,
        "constant_share": 0.1,
        "uniform_share": 0.0,
        "unjudged_share": pytest.approx(1 / 11),
        "ignored_share": pytest.approx(3 / 13),
        "ambiguous_names": 1.0,
    }


@pytest.mark.parametrize(("base", "status"), [(0.1, "unknown"), (None, "not_looked_at")])
def test_a_metric_without_a_value_is_not_looked_at(judged, base, status):
    """Unknown where a change leaves a single class, which would be a way out of the limit."""
    why = {"separation": "it takes two classes"}
    scored = score_values({"separation": None}, read_pool(find_pool("standard")))
    shares = {"leaked_groups": not_looked_at(WHY), "exact_copies": Share(value=0.0)}
    made = rows_of({"separation": None}, scored, shares, _Change(base), reasons=why)
    found = judged(made, limit("separation", demanded=False), limit("exact_copies")).checks[0]

    assert found.status == status
    assert (found.detail == why["separation"]) == (base is None)
