"""The metrics as a Markdown table, for the README: `python -m deri_gate.reports.metric_table`."""

from __future__ import annotations

from deri_gate.metrics.catalogue import METRICS


def metric_table() -> str:
    """A row a metric: what it says, which way is better, and its published weight."""
    rows = ["| metric | says | better | published weight |", "|---|---|---|--:|"]
    for metric in METRICS:
        function = metric.of_image or metric.compute
        meaning = (function.__doc__ or "").strip().splitlines()[0]
        weight = f"{metric.published_weight:.1%}" if metric.published_weight else "-"
        rows.append(f"| `{metric.name}` | {meaning} | {metric.better} | {weight} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(metric_table())  # noqa: T201  # what it is for
