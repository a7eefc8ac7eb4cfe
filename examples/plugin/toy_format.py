"""The verdict in one line."""

from deri_gate.reports.formats import Format


def render(report):
    """Say verdict, name and score."""
    missed = sum(check.status == "fail" for check in report.checks)
    score = report.scored.deri1000
    return f"{report.verdict} {report.metrics.dataset.name} {score:.0f} ({missed} missed)\n"


FORMAT = Format(name="oneline", render=render)
