"""The verdict in one line."""

from deri_gate.reports.formats import Format


def render(report):
    """Say verdict, name and score."""
    missed = sum(check.status == "fail" for check in report.checks)
    known = report.scored.deri1000
    score = "no score" if known is None else f"{known:.0f}"
    return f"{report.verdict} {report.metrics.dataset.name} {score} ({missed} missed)\n"


FORMAT = Format(name="oneline", render=render)
