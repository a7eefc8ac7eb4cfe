"""The table of comparisons: append-safe, the same bytes, and refused when it does not fit."""

import threading
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from deri_gate.drift.history import (
    COLUMNS,
    Comparison,
    alone_with,
    as_csv,
    dated,
    read_history,
    with_added,
)
from deri_gate.errors import SettingError


def comparison(number, p=0.5, **other):
    known = {
        "date": f"2026-11-{number:02d}",
        "batch": f"week, {number}",
        "batch_fingerprint": f"f{number}",
        "images": 100,
        "baseline": "base",
        "baseline_fingerprint": "b",
        "profile": "one",
        "deri1000": "1012.5",
        "effects": {"sharpness": -0.25, "classes": None},
        "ps": {"sharpness": p, "classes": None},
    }
    return Comparison(**(known | other))


def history_of(*ps):
    rows = []
    for number, p in enumerate(ps, start=1):
        rows = with_added(rows, comparison(number, p))
    return rows


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "history.csv"
    rows = history_of(0.5, 0.0001, 0.0001)
    path.write_text(as_csv(rows), "utf-8")

    again = with_added(read_history(path, profile="one")[:2], comparison(3, 0.0001))

    assert as_csv(again) == as_csv(rows)


def test_columns_are_fixed_and_a_plot_can_draw_them(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text(as_csv(history_of(0.5, 0.0001, 0.0001)), "utf-8")
    table = pd.read_csv(path)

    assert tuple(table.columns) == COLUMNS
    assert table["p.sharpness"].tolist() == [0.5, 0.0001, 0.0001]
    assert table["started"].fillna("").tolist() == ["", "sharpness", ""]
    assert table["drifting"].fillna("").tolist() == ["", "sharpness", "sharpness"]
    assert table["p.classes"].isna().all()


@pytest.mark.parametrize("lacking", [("colour",), ("colour", "orientation")])
def test_a_history_without_the_newest_features_is_read_on(tmp_path, lacking):
    """As earlier versions wrote it: they were not tested then."""
    path = tmp_path / "history.csv"
    path.write_text(as_csv(history_of(0.5, 0.0001)), "utf-8")
    table = pd.read_csv(path, dtype=str)
    known = [c for c in table if c.partition(".")[2] not in lacking]
    table[known].to_csv(path, index=False)

    rows = with_added(read_history(path, profile="one"), comparison(3, 0.0001))
    assert [one.watch.drifting for one in rows] == [(), ("sharpness",), ("sharpness",)]
    assert [rows[0].ps[name] for name in lacking] == [None] * len(lacking)


def test_a_drift_that_goes_on_names_its_day():
    """And no other: one that ended and came again counts from its second start."""
    rows = history_of(0.5, 0.0001, 0.9, 0.9, 0.0001, 0.0001)

    assert [one.watch.since for one in rows] == [
        {}, {"sharpness": "2026-11-02"}, {"sharpness": "2026-11-02"}, {},
        {"sharpness": "2026-11-05"}, {"sharpness": "2026-11-05"},
    ]  # fmt: skip
    assert rows[5].watch.ongoing == ("sharpness",)
    assert rows[5].watch.sentence == "Drift continues since 2026-11-05: sharpness."


def test_a_drift_to_the_other_side_is_a_new_one():
    """Too blurred after too sharp was not mended; a weak sign of it is not enough."""
    weeks = [(0.4, 0.0001), (0.4, 0.0001), (-0.4, 0.02), (-0.4, 0.0001), (-0.4, 0.0001)]
    rows = []
    for number, (effect, p) in enumerate(weeks, start=1):
        rows = with_added(rows, comparison(number, p, effects={"sharpness": effect}))

    assert [one.watch.started for one in rows] == [
        ("sharpness",), (), (), ("sharpness",), (),
    ]  # fmt: skip
    assert rows[4].watch.since == {"sharpness": "2026-11-04"}


def test_the_same_batch_again_tells_nothing_twice():
    """A pipeline that runs again changes nothing."""
    rows = history_of(0.5, 0.0001, 0.5)

    assert as_csv(with_added(rows, comparison(2, 0.0001))) == as_csv(rows)


def test_another_baseline_begins_anew():
    rows = with_added(history_of(0.0001), comparison(2, 0.0001, baseline_fingerprint="c"))

    assert [one.watch.comparisons for one in rows] == [1, 1]
    assert [one.watch.started for one in rows] == [("sharpness",), ("sharpness",)]


def test_a_history_of_another_profile_is_refused(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text(as_csv(history_of(0.5)), "utf-8")

    with pytest.raises(
        SettingError, match=r"history.csv: is a history of the profile one, and this one is two"
    ):
        read_history(path, profile="two")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n", "other columns"),
        (b"\xff\xfe", "not UTF-8"),
        ('date,"batch\n', "CSV"),
        (as_csv(history_of(0.5)).replace("0.5", "half"), "no number"),
    ],
)
def test_what_is_no_history_is_refused(tmp_path, content, message):
    path = tmp_path / "history.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(SettingError, match=message):
        read_history(path, profile="one")


def test_there_may_be_none_yet(tmp_path):
    assert read_history(tmp_path / "none.csv", profile="one") == []


def test_no_row_is_lost_when_many_write_at_once(tmp_path):
    path = tmp_path / "history.csv"

    def add(number):
        with alone_with(path):
            path.write_text(
                as_csv(with_added(read_history(path, profile="one"), comparison(number))), "utf-8"
            )

    threads = [threading.Thread(target=add, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {row.batch for row in read_history(path, profile="one")} == {
        f"week, {n}" for n in range(1, 9)
    }
    assert [entry.name for entry in tmp_path.iterdir()] == ["history.csv"]


def test_a_row_says_what_it_is_about():
    one = comparison(1)

    assert one.about == replace(one, date="2027-01-01").about


def test_a_batch_compared_again_keeps_the_day_it_was_first_compared_on():
    """So that a pipeline that runs again writes the same bytes; its own times come first."""
    today = date(2026, 12, 24)
    rows = history_of(0.5, 0.5)

    assert dated(comparison(2, date=""), rows, today).date == "2026-11-02"
    assert dated(comparison(3, date=""), rows, today).date == "2026-12-24"
    assert dated(comparison(2, date="2026-11-30"), rows, today).date == "2026-11-30"
