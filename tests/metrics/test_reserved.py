"""Names that a metric cannot have: each would stand for two things in one file or table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deri_gate.changes.records import ABOUTS
from deri_gate.damage.catalogue import VARIANTS
from deri_gate.drift.features import KINDS
from deri_gate.drift.limits import NAMES as DRIFT_ROWS
from deri_gate.explain.masks import MASK_ROWS
from deri_gate.features.picture_record import record_layout
from deri_gate.gate.validate import SHARES
from deri_gate.measuring.quality_gap import GAP_ROWS
from deri_gate.measuring.typical_damage import NAMED_DAMAGES
from deri_gate.metrics.base import NAME
from deri_gate.metrics.catalogue import BUILT_IN, METRICS
from deri_gate.metrics.profile import STANDARD
from deri_gate.metrics.reserved import RESERVED

METRIC_NAMES = {metric.name for metric in METRICS}


def free(names) -> set[str]:
    """Those of them that are names of metrics, or could be."""
    return {name for name in names if NAME.fullmatch(name)} - METRIC_NAMES - RESERVED


def test_what_a_metric_is_named_beside_is_reserved() -> None:
    """Rows of the gate, fields of a record, tests of a change, features, kinds of damage."""
    fields = record_layout(STANDARD).names
    kinds = (damage.kind for damage in NAMED_DAMAGES)

    assert free((*SHARES, *MASK_ROWS, *fields, *ABOUTS, *KINDS, *kinds, "all", "data")) == set()
    assert free((*DRIFT_ROWS, *GAP_ROWS)) == set()
    assert free(v.hurts for v in VARIANTS) == set()


@pytest.mark.parametrize(
    "name",
    [
        "path",
        "label",
        "contrast",
        "exact_copies",
        "all",
        "",
        "A",
        "a-b",
        "a,b",
        "a\n",
        "1a",
        "ü",
        "density",
        "a" * 61,
    ],
)
def test_a_metric_of_such_a_name_cannot_be_made(name) -> None:
    with pytest.raises(ValueError, match="no metric can be called"):
        replace(BUILT_IN[0], name=name)
