"""The last line of a run that could not judge: the reason, and options that help."""

from __future__ import annotations

import pytest

from deri_gate.cli.printing import why_unknown


@pytest.mark.parametrize(
    ("metrics", "offered"),
    [
        (("xai_overlay",), True),
        (("xai_overlay", "xai_stability"), True),
        (("label_noise",), False),
        (("xai_overlay", "separation"), False),  # it would be unknown all the same
    ],
)
def test_metrics_of_the_data_are_offered_where_they_help(
    report_of, check_of, metrics: tuple[str, ...], offered: bool
) -> None:
    checks = [check_of("unknown", metric=name, observed=None) for name in metrics]

    said = why_unknown(report_of(checks), "scans")

    assert said.startswith("scans: could not judge ")
    assert ("--metrics data" in said) == offered
    assert "--suite FILE" in said


def test_a_pool_of_another_definition_is_the_reason(report_of, check_of) -> None:
    """The metric has a value, so the check's own reason is what is said."""
    check = check_of("unknown", metric="sharpness", observed=None, detail="calibrate it again")

    assert "calibrate it again. Mend that" in why_unknown(report_of([check]), "scans")
