"""DERI1000 under damage: the column of the sensitivity matrix that stands for the whole."""

from __future__ import annotations

import pytest

from deri_gate.metrics.catalogue import METRICS
from deri_gate.schemas.pool import Member
from deri_gate.schemas.study import HEADLINE
from deri_gate.scoring.plain import deri1000_of
from deri_gate.scoring.pool import Pool, ProfileId
from deri_gate.scoring.score import score_values
from deri_gate.study.sensitivity.cases import UNDAMAGED, Case, CaseOutcome, Values
from deri_gate.study.sensitivity.headline import headline_cells

NAMES = ("imbalance", "label_noise", "exposure")
OWN = tuple(m for m in METRICS if m.name in NAMES)
POOL = Pool(
    schema_version=1,
    name="p",
    profile=ProfileId(name="standard", hash="0" * 16),
    weights=dict.fromkeys(NAMES, 1.0),
    power=0.5,
    datasets=tuple(
        Member(
            name=f"set{i}", version="1", licence="CC0", source="made up", fingerprint=f"{i}",
            images=10, classes=2,
            metrics={"imbalance": 0.2 + 0.1 * i, "label_noise": 0.1 * i, "exposure": 0.3 + 0.05 * i},
        )
        for i in range(5)
    ),
)  # fmt: skip


def case(dataset, group, level, *values):
    measured = dict(zip(NAMES, values, strict=True))
    return Case(
        dataset=dataset,
        group=group,
        level=level,
        measured=Values(images=9, classes=2, values=measured, reasons={}, shares={}),
        outcome=CaseOutcome(subscores={}, deri1000=None, verdict="pass", missed=()),
    )


CASES = (
    case("a", UNDAMAGED, "", 0.4, 0.2, 0.4),
    case("a", "imbalance", "mild", 0.35, 0.2, 0.4),
    case("a", "imbalance", "strong", 0.2, 0.2, 0.4),
    case("b", UNDAMAGED, "", 0.4, 0.2, 0.4),
    case("b", "imbalance", "mild", 0.42, 0.2, 0.4),  # rises
    case("b", "imbalance", "strong", 0.3, 0.2, None),  # exposure was not measured
)


def test_a_cell_says_how_often_the_score_falls_and_how_far_it_rises():
    """One of two falls at mild, both at strong, and further there."""
    found = headline_cells(CASES, POOL, OWN)
    mild, strong = (found["imbalance", level, HEADLINE] for level in ("mild", "strong"))

    assert (mild.pairs, mild.falls, mild.further, mild.against) == (2, 0.5, None, ("b",))
    assert (strong.falls, strong.further) == (1.0, 1.0)
    assert mild.highest > 0 > strong.highest


def test_both_sides_are_scored_over_the_metrics_that_both_have():
    """The score of fewer metrics is another number; it is no fall."""
    found = headline_cells(CASES[3:], POOL, OWN)["imbalance", "strong", HEADLINE]
    less = [m for m in OWN if m.name != "exposure"]
    before = deri1000_of({"imbalance": 0.4, "label_noise": 0.2}, POOL, metrics=tuple(less))
    after = deri1000_of({"imbalance": 0.3, "label_noise": 0.2}, POOL, metrics=tuple(less))

    assert found.highest == pytest.approx(after - before)


def test_the_score_alone_is_the_score():
    """The short way gives what the long one does, and None where nothing counts."""
    values = {"imbalance": 0.33, "label_noise": 0.11, "exposure": 0.44}

    assert (
        deri1000_of(values, POOL, metrics=OWN) == score_values(values, POOL, metrics=OWN).deri1000
    )
    assert deri1000_of(dict.fromkeys(NAMES), POOL, metrics=OWN) is None


def test_a_variant_without_its_undamaged_dataset_says_nothing():
    """There is nothing to compare it with."""
    assert headline_cells([CASES[1]], POOL, OWN) == {}
