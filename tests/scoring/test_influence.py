"""Members are not their own judges: leave one out, by hand and against the formula written anew."""

from __future__ import annotations

import json
import statistics
from dataclasses import replace
from statistics import NormalDist

import pytest
from click.testing import CliRunner

from deri_gate.cli.main import main
from deri_gate.metrics.catalogue import METRICS
from deri_gate.reports.explained import member_text
from deri_gate.schemas.pool import Member
from deri_gate.scoring.influence import influences, membership
from deri_gate.scoring.pool import Pool, ProfileId, read_pool
from deri_gate.scoring.score import Membership, score_values

BY_NAME = {m.name: m for m in METRICS}
RESOLUTION, IMBALANCE = BY_NAME["resolution"], BY_NAME["imbalance"]


def pool_of(values: dict[str, tuple[float, float]]) -> Pool:
    """A pool over two metrics, resolution (log) and imbalance (linear), of equal weights."""
    return Pool(
        schema_version=1,
        name="made",
        profile=ProfileId(name="standard", hash="0" * 16),
        weights={"resolution": 1.0, "imbalance": 1.0},
        power=0.5,
        datasets=tuple(
            Member(
                name=name, version="1", licence="CC0", source="here", fingerprint=f"of {name}",
                images=10, classes=2, metrics={"resolution": a, "imbalance": b},
            )
            for name, (a, b) in values.items()
        ),
    )  # fmt: skip


FIVE = {"a": (20, 0.9), "b": (30, 0.5), "c": (60, 0.8), "d": (28, 0.99), "e": (200, 0.1)}


def formula(own: tuple[float, float], others: list[tuple[float, float]]) -> float:
    """The words of docs/deri1000.md in plain Python: no array, no code of ours."""
    from math import log

    def scaled(pair):
        return (log(max(pair[0], RESOLUTION.smallest)), pair[1])

    def centre(k):
        column = [scaled(one)[k] for one in others]
        median = statistics.median(column)
        mad = 1.4826 * statistics.median(abs(v - median) for v in column)
        return median, max(mad, (RESOLUTION, IMBALANCE)[k].spread_floor)

    def u(pair):
        subscores = [
            100 * NormalDist().cdf(max(-3, min(3, (scaled(pair)[k] - centre(k)[0]) / centre(k)[1])))
            for k in (0, 1)
        ]
        return (sum(s**0.5 for s in subscores) / 2) ** 2

    known = [u(one) for one in others]
    return 1000 + 100 * (u(own) - statistics.mean(known)) / max(1, statistics.stdev(known))


def test_the_score_against_the_others_is_the_formula_over_them() -> None:
    """Whatever is left out is in neither median, spread, mu nor sigma."""
    for one in influences(pool_of(FIVE)):
        rest = [pair for name, pair in FIVE.items() if name != one.name]

        assert one.deri1000 == pytest.approx(formula(FIVE[one.name], list(FIVE.values())))
        assert one.without_itself == pytest.approx(formula(FIVE[one.name], rest))


def test_what_a_dataset_moves_is_the_difference_of_both_formulas() -> None:
    """By every other dataset; its own score is not among them."""
    for one in influences(pool_of(FIVE)):
        rest = [pair for name, pair in FIVE.items() if name != one.name]
        expected = {
            name: formula(pair, rest) - formula(pair, list(FIVE.values()))
            for name, pair in FIVE.items()
            if name != one.name
        }

        assert one.moves == pytest.approx(expected)
        assert one.decides == any(abs(change) >= 50 for change in expected.values())
        assert one.most_moved == max(expected, key=lambda name: abs(expected[name]))


def test_three_datasets_are_too_few_to_leave_one_out() -> None:
    """Of two a median says nothing, so nothing is said."""
    found = influences(pool_of({name: FIVE[name] for name in "abc"}))

    assert [one.without_itself for one in found] == [None] * 3
    assert [one.most_moved for one in found] == [None] * 3
    assert not any(one.decides for one in found)


def test_a_member_is_known_by_its_images_not_by_its_name() -> None:
    """Another dataset may be called the same, and a member may be called otherwise."""
    pool = pool_of(FIVE)
    own = membership(pool.datasets[1].metrics, "of b", pool)

    assert own == Membership(name="b", without_itself=pytest.approx(
        formula(FIVE["b"], [FIVE[n] for n in "acde"])
    ))  # fmt: skip
    assert membership(pool.datasets[1].metrics, "b", pool) is None
    assert membership(pool.datasets[1].metrics, "", pool) is None


def test_the_interval_of_a_member_holds_its_score_against_the_others() -> None:
    """Else the number printed beside it would contradict the one in front."""
    pool = pool_of(FIVE)
    for one in pool.datasets:
        found = score_values(one.metrics, pool)
        own = membership(one.metrics, one.fingerprint, pool)

        assert own is not None
        assert found.pool_interval[0] <= own.without_itself <= found.pool_interval[1]


def test_a_metric_that_was_not_measured_is_left_out_of_both() -> None:
    pool = pool_of(FIVE)
    own = membership({"resolution": 30.0, "imbalance": None}, "of b", pool)

    assert own is not None
    assert own.without_itself is not None


def test_score_says_that_a_dataset_is_in_the_pool(tmp_path) -> None:
    """In scores.json and in words; for a stranger of the same name it says nothing."""
    pool = pool_of(FIVE)
    (tmp_path / "pool.json").write_text(pool.to_json())
    document = {
        "schema_version": 1,
        "dataset": {
            "name": "b", "fingerprint": "of b", "split": None, "images": 10, "unreadable": 0,
            "classes": 2, "class_counts": {"x": 5, "y": 5},
        },
        "profile": {"name": "standard", "hash": "0" * 16},
        "metrics": {n: {"value": v} for n, v in pool.datasets[1].metrics.items()},
        "findings": [],
    }  # fmt: skip
    said = {}
    for fingerprint in ("of b", "of another"):
        document["dataset"]["fingerprint"] = fingerprint
        (tmp_path / "metrics.json").write_text(json.dumps(document))
        words = ["score", str(tmp_path / "metrics.json"), "--pool", str(tmp_path)]
        scores = json.loads(CliRunner().invoke(main, words).output)
        said[fingerprint] = (
            scores["member"],
            CliRunner().invoke(main, [*words, "--explain"]).output,
        )

    alone = formula(FIVE["b"], [FIVE[n] for n in "acde"])
    assert said["of b"][0] == {"name": "b", "without_itself": pytest.approx(alone)}
    assert (
        f"This dataset is in the pool, as b. Against the others alone it has DERI1000 of 2 metrics {alone:.0f}."
        in said["of b"][1]
    )
    assert said["of another"][0] is None
    assert "   weights equal\n" in said["of b"][1]
    assert "in the pool, as" not in said["of another"][1]


def test_the_sentence_names_no_number_where_there_is_none() -> None:
    pool = pool_of(FIVE)
    scored = score_values(pool.datasets[0].metrics, pool)
    alone = replace(scored, member=Membership(name="a\x1b[2J", without_itself=None))

    assert member_text(scored) == ""
    assert member_text(alone).endswith("Too few datasets are left to score it against the others.")
    assert "\x1b" not in member_text(alone)


def test_weights_are_called_by_their_name_in_the_pool() -> None:
    """Whatever they add up to; also where a pool is used without some of its metrics."""
    from deri_gate.scoring.weights import named_weights, weights_used

    pool = pool_of(FIVE)
    published = {"resolution": 0.2, "imbalance": 0.6, "sharpness": 0.2}
    others = {"other_weights": {"published": published}}

    def used(weights):
        return weights_used(pool.model_copy(update={"weights": weights, **others}))

    assert used({"resolution": 3.0, "imbalance": 3.0}) == "equal"
    assert used({"resolution": 0.1, "imbalance": 0.3}) == "published"
    assert used({"resolution": 0.1, "imbalance": 0.2}) == "own"
    assert set(named_weights(pool)) == {"equal"}


@pytest.mark.parametrize("name", ["standard", "paper-small", "smoke"])
def test_the_shipped_table_is_that_of_the_shipped_pool(name) -> None:
    """`calibrate` wrote it of this pool.json, and no other."""
    import csv
    from pathlib import Path

    from deri_gate.metrics.profile import profile_named

    folder = Path(__file__).parents[2] / "reference_pool" / name
    pool = read_pool(folder / "pool.json")
    found = influences(pool, metrics=profile_named(pool.profile.name).metrics)
    with (folder / "influence.csv").open(newline="") as file:
        rows = {row["dataset"]: row for row in csv.DictReader(file)}

    assert list(rows) == [one.name for one in found]
    for one in found:
        assert float(rows[one.name]["without_itself"]) == pytest.approx(one.without_itself)
        assert rows[one.name]["decides"] == str(int(one.decides))
