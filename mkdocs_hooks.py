"""Pages of the site that are made from the code, and links that leave the folder of the pages."""

from __future__ import annotations

import csv
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from PIL import Image, ImageFilter
from sklearn.datasets import load_digits

import deri_gate
from deri_gate.cli.main import main
from deri_gate.damage.catalogue import LEVELS, VARIANTS
from deri_gate.metrics.catalogue import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).parent
TO_FILE = re.compile(r"\[([^\]]+)\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)")
WRONG, BLURRED, COPIED = range(12), range(20, 480, 40), range(30, 480, 40)  # in the example
STUDY = ROOT / "reference_pool" / "standard" / "sensitivity.csv"
HALF = 0.5  # of the datasets; where fewer fall, a damage is not seen
METRICS_INTRODUCTION = """\
In the order of a report. `deri-gate plugins` lists those of others too.

The tables are from `reference_pool/standard/sensitivity.csv`. Each dataset of the shipped pool was
damaged in many ways, at three levels. A cell says in which share of the datasets the subscore of
the metric falls, and the median change in points. A metric cannot see a damage if its subscore
falls in at most half of the datasets at the strong level. Another metric is for that damage."""
ADDED = {"index.md", "reference/commands.md", "reference/metrics.md"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the first page, which is the README, and the reference."""
    from mkdocs.structure.files import File  # the functions below need no mkdocs

    pages = {
        "index.md": (ROOT / "README.md").read_text("utf-8"),
        "reference/commands.md": commands_page(),
        "reference/metrics.md": metrics_page(),
        "example/report.html": example_report(),
    }
    for place, text in pages.items():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Keep links between pages; of a file that is none of them only the name stays."""
    is_readme = page.file.src_uri == "index.md"

    def kept(found: re.Match[str]) -> str:
        text, target, anchor = found[1], found[2], found[3] or ""
        target = target.removeprefix("docs/") if is_readme else target.replace("../README", "index")
        is_page = (ROOT / "docs" / target).is_file() or target in ADDED
        return f"[{text}]({target}{anchor})" if is_page and ".." not in target else text

    return TO_FILE.sub(kept, markdown)


def commands_page() -> str:
    """Help of every command, as the command line prints it."""
    parts = [
        "# Commands",
        "`deri-gate COMMAND --help` prints the same.",
        *_helps(main, "deri-gate"),
    ]
    return "\n\n".join(parts) + "\n"


def _helps(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[str]:
    last = name.rpartition(" ")[2]
    context = click.Context(command, info_name=last, parent=parent, max_content_width=80)
    yield f"## {name}\n\n```text\n{command.get_help(context)}\n```"
    if isinstance(command, click.Group):
        for one in command.list_commands(context):
            inner = command.get_command(context, one)
            assert inner is not None
            yield from _helps(inner, f"{name} {one}", context)


def metrics_page() -> str:
    """Definition, range, direction, source, sensitivity and blind spots of every metric."""
    parts = ["# Metrics", METRICS_INTRODUCTION]
    for metric in BUILT_IN:
        made = metric.of_image or metric.compute
        text = " ".join((made.__doc__ or "").partition("\n    Args:")[0].split())
        ends = f"{metric.low:g} to {metric.high:g} {metric.unit}".strip()
        parts += [
            f"## {metric.title}",
            f"`{metric.name}`, {ends}; {metric.better} is better.",
            text,
            f"Source: {metric.source}.",
            f"What to do: {metric.advice}",
            sensitivity_of(metric.name),
        ]
    return "\n\n".join(parts) + "\n"


def sensitivity_of(metric: str) -> str:
    """Rows of the committed study on one metric: its own damage, and the damage that it misses."""
    with STUDY.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == metric]
    if not rows:
        return "What it cannot see: not tried yet, as the study of the pool does not have it."
    titles = {variant.group: variant.title for variant in VARIANTS}
    own = {(row["group"], row["level"]): _moved(row) for row in rows if row["own"] == "1"}
    groups = dict.fromkeys(group for group, _ in own)
    table = [f"| Damage that it is for | {' | '.join(LEVELS)} |", "|---|" + "---|" * len(LEVELS)]
    for group in groups:
        cells = [own.get((group, level), "not tried") for level in LEVELS]
        table.append(f"| {titles[group]} | {' | '.join(cells)} |")
    missed = [
        titles[row["group"]]
        for row in rows
        if row["group"] not in groups and row["level"] == LEVELS[-1] and float(row["falls"]) <= HALF
    ]
    return "\n".join(table) + f"\n\nWhat it cannot see: {'; '.join(missed) or 'nothing of these'}."


def _moved(row: dict[str, str]) -> str:
    """Share of the datasets whose subscore falls, and the median change of it."""
    return f"{float(row['falls']):.0%}, {float(row['median_change']):+.0f}"


def example_report() -> str:
    """Report of digits that anybody may show, with known faults: wrong labels, copies, blur."""
    digits, rng = load_digits(n_class=4), np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        for n, (levels, label) in enumerate(zip(digits.images[:480], digits.target, strict=False)):
            place = (label + (n in WRONG)) % 4  # those lie in the next class
            path = Path(folder, "digits", str(place), f"{n:03d}.png")
            path.parent.mkdir(parents=True, exist_ok=True)
            big = Image.fromarray((levels * 15).astype(np.uint8)).resize((48, 48), 3)
            grained = (np.asarray(big) + rng.normal(0, 4, (48, 48))).clip(0, 255).astype(np.uint8)
            image = Image.fromarray(grained)
            image = image.filter(ImageFilter.GaussianBlur(4)) if n in BLURRED else image
            image.save(path)
            if n in COPIED:
                image.save(path.with_name(f"{n:03d}-copy.png"))
        report = deri_gate.check(Path(folder, "digits"), out=None, pictures="thumbnails")
        return report.to_html()
