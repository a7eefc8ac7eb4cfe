"""The generated reference of the metrics: every one, with the figures of the committed study."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from deri_gate.damage.catalogue import VARIANTS
from deri_gate.metrics.catalogue import BUILT_IN
from tests.scripts import module_of

ROOT = Path(__file__).parents[1]
HOOKS, STUDY = ROOT / "mkdocs_hooks.py", ROOT / "reference_pool" / "standard" / "sensitivity.csv"
TITLES = {variant.group: variant.title for variant in VARIANTS}

if not HOOKS.exists():
    pytest.skip("the site is made in the repository, not in the package", allow_module_level=True)


@pytest.fixture(scope="module")
def sections():
    """Text of each metric's section, by the metric's name."""
    parts = re.split(r"^## ", module_of(HOOKS).metrics_page(), flags=re.MULTILINE)[1:]
    return {re.search(r"^`(\w+)`,", part, re.MULTILINE)[1]: part for part in parts}


@pytest.fixture(scope="module")
def study():
    return pd.read_csv(STUDY)


def test_every_metric_has_a_section(sections) -> None:
    assert list(sections) == [metric.name for metric in BUILT_IN]


@pytest.mark.parametrize("metric", BUILT_IN, ids=lambda metric: metric.name)
def test_a_section_has_the_rows_of_the_study(sections, study, metric) -> None:
    """Its own damage at three levels, and by name each strong damage that half do not show."""
    if metric.name not in set(study.metric):  # a new one, which the pool does not know yet
        assert "What it cannot see: not tried yet" in sections[metric.name]
        return
    lines = sections[metric.name].splitlines()
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in lines if line[:1] == "|"]
    rows = study[study.metric == metric.name]
    own = rows[rows.own == 1]
    expected = [
        [TITLES[group], *(f"{r.falls:.0%}, {r.median_change:+.0f}" for r in part.itertuples())]
        for group, part in own.groupby("group", sort=False)
    ]
    missed = rows[(rows.level == "strong") & (rows.own == 0) & (rows.falls <= 0.5)]
    (blind,) = [line for line in lines if line.startswith("What it cannot see: ")]

    assert cells[2:] == expected
    assert [len(row) for row in cells] == [4] * len(cells)
    assert blind == f"What it cannot see: {'; '.join(TITLES[g] for g in missed.group)}."
