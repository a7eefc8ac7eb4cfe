"""Values that a shell offers for arguments and options, by click's completion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from deri_gate.runtime.resources import shipped_pools, shipped_suites

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click

SPLITS = ("train", "val", "test")
NAMED = ("git:", "medmnist:")  # datasets that are no files begin like this


def complete_dataset(
    _context: click.Context, _parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Files and folders, or the beginning of a name."""
    return [*_beginning(NAMED, begun), *_files(begun)]


def complete_folder(
    _context: click.Context, _parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Folders, which the shell offers."""
    return [CompletionItem(begun, type="dir")]


def complete_pool(
    _context: click.Context, _parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Shipped pools, then files and folders."""
    return [*_beginning(shipped_pools(), begun), *_files(begun)]


def complete_suite(
    _context: click.Context, _parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Shipped suites, then files."""
    return [*_beginning(shipped_suites(), begun), *_files(begun)]


def complete_split(
    _context: click.Context, _parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Usual names of splits."""
    return _beginning(SPLITS, begun)


def complete_metrics(
    _context: click.Context, _parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """`all`, `data`, and names of metrics behind what stands before the last comma."""
    from deri_gate.metrics.catalogue import METRICS  # noqa: PLC0415  # slow, for the help alone

    before, comma, last = begun.rpartition(",")
    taken = set(before.split(","))
    names = [metric.name for metric in METRICS if metric.name not in taken]
    words = names if comma else ["all", "data", *names]
    return _beginning((f"{before}{comma}{word}" for word in words), f"{before}{comma}{last}")


def _beginning(words: Iterable[str], begun: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(begun)]


def _files(begun: str) -> list[CompletionItem]:
    """Leave it to the shell to offer files."""
    return [CompletionItem(begun, type="file")]
