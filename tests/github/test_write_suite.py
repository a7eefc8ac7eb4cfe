"""`deri-gate check --write-suite`: limits from the dataset itself, through the command line."""

import json
import re
from pathlib import Path

import pytest

from deri_gate.measuring.shares import LEAKED, SHARES

from .conftest import METRICS, limit, pool_for_tests, suite, write_digits


@pytest.fixture
def checked(run, tmp_path):
    """Check the digits with these options."""
    write_digits(tmp_path / "data", range(80))
    (tmp_path / "pool").mkdir()
    (tmp_path / "pool" / "pool.json").write_text(pool_for_tests())
    (tmp_path / "loose.json").write_text(suite(limit("imbalance", 0.1)))

    def make(*options, suite_file="loose.json"):
        return run(
            "check",
            "data",
            "--pool",
            "./pool",
            "--metrics",
            METRICS,
            "--suite",
            suite_file,
            *options,
        )

    return make


def test_the_dataset_passes_what_was_proposed_for_it(checked) -> None:
    """And a damaged one does not."""
    status, _, err = checked("--write-suite", "own/limits.json")
    assert (status, "wrote own/limits.json" in err) == (0, True)
    limits = json.loads(Path("own/limits.json").read_bytes())
    assert {one["kwargs"]["metric"] for one in limits["expectations"]} == {
        *METRICS.split(","),
        "DERI1000",
        *SHARES,
    } - {"hollow_share"}  # digits of 8 px, enlarged: no limit on it could be missed
    absent = {
        one["kwargs"]["metric"]
        for one in limits["expectations"]
        if one["meta"].get("demanded") is False
    }
    assert absent == {  # no splits, no DICOM and no columns so far, and no metric of looks
        *LEAKED,
        "private_share",
        "unusable_masks",
        "template_share",
        "denied_share",
        "denied_elsewhere",
        "class_by_metadata",
        "split_by_metadata",
        "split_by_look",
    }
    status, out, _ = checked(suite_file="own/limits.json")
    assert status == 0
    assert out.startswith("PASSED")

    for path in list(Path("data").glob("*/*.png"))[:30]:
        path.with_stem(f"{path.stem} copy").write_bytes(path.read_bytes())
    status, _, _ = checked(suite_file="own/limits.json")
    assert status == 1


@pytest.mark.sweep
def test_faults_of_the_dataset_stay_told_and_more_of_them_fail(checked) -> None:
    """The limits of a dataset with broken images let as many pass, but not in silence."""
    images = sorted(Path("data").glob("*/*.png"))
    for path in images[:4]:
        path.write_bytes(path.read_bytes()[:60])
    few = {"metric": "unreadable_share", "maximum": 0.01}
    strict = limit("", 0, type="expect_value_to_be_at_most", kwargs=few)
    Path("strict.json").write_text(suite(strict))
    status, _, err = checked("--write-suite", "limits.json", suite_file="strict.json")
    assert status == 1
    assert "the dataset itself fails in unreadable_share" in err

    status, out, _ = checked(suite_file="limits.json")
    assert status == 0
    assert "PASSED WITH WARNINGS" in out
    assert "unreadable_share" in out

    for path in images[4::4]:
        path.write_bytes(path.read_bytes()[:60])
    assert re.search(r"fail +unreadable_share", checked(suite_file="limits.json")[1])


@pytest.mark.sweep
def test_a_change_that_fails_is_no_fault_of_the_dataset_that_limits_are_written_of(checked) -> None:
    """Nothing is written of the base; a limit on the whole table is named, as it is about no row."""
    write_digits(Path("base"), range(60))
    worse = {"metric": "imbalance", "minimum": 90}
    of_change = limit("", 0, type="expect_difference_to_be_at_least", kwargs=worse)
    Path("change.json").write_text(suite(of_change))
    short = limit("", 0, type="expect_table_row_count_to_be_between", kwargs={"max_value": 1})
    Path("short.json").write_text(suite(limit("imbalance", 0.1), short))
    options = ("--base", "base", "--change-suite", "change.json", "--write-suite")

    status, _, good = checked(*options, "limits.json")
    _, _, failed = checked(*options, "other.json", suite_file="short.json")

    assert (status, good) == (1, "wrote limits.json\n")
    assert "the dataset itself fails in expect table row count" in failed
    assert "imbalance" not in failed


def test_what_somebody_wrote_is_kept(checked) -> None:
    """Unless --force says otherwise; the same again is no conflict."""
    checked("--write-suite", "limits.json")
    before = Path("limits.json").read_bytes()
    assert checked("--write-suite", "limits.json")[0] == 0
    Path("limits.json").write_bytes(before + b"\n")
    status, _, err = checked("--write-suite", "limits.json")
    assert status == 2
    assert "--force" in err
    assert Path("limits.json").read_bytes() == before + b"\n"
    assert checked("--write-suite", "limits.json", "--force")[0] == 0
    assert Path("limits.json").read_bytes() == before


@pytest.mark.parametrize("rate", ["0", "1", "-1", "x"])
def test_a_rate_is_between_0_and_1(checked, rate) -> None:
    status, _, err = checked("--write-suite", "limits.json", "--false-alarms", rate)

    assert status == 2
    assert "--false-alarms" in err
