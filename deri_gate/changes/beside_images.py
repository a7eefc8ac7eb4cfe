"""Changes besides the judged images: files of any kind, and entries on images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.changes.files import FileChanges
from deri_gate.data.inventory import content_of
from deri_gate.data.signatures import stem_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deri_gate.changes.matching import Matched
    from deri_gate.changes.pair import DatasetPair
    from deri_gate.data.dataset import Dataset
    from deri_gate.measuring.measure import Measured

Said = tuple[tuple[str, str], ...]  # of an image besides its label: what is said, and its value


def file_changes(
    base: Measured, head: Measured, matched: Matched, elsewhere: Iterable[DatasetPair]
) -> FileChanges:
    """Compare all that lies in two datasets besides the readable images of the judged split.

    Args:
        base: The earlier dataset.
        head: The one that is judged.
        matched: Which of the judged images is which.
        elsewhere: The other splits whose images are compared.
    """
    before, after = _contents(base), _contents(head)
    added = tuple(sorted(after.keys() - before.keys()))
    removed = tuple(sorted(before.keys() - after.keys()))
    modified = tuple(sorted(p for p in before.keys() & after.keys() if before[p] != after[p]))
    compared = {name for pair in elsewhere for name in _ids(pair)}
    described = _described(base, head)
    return FileChanges(
        added=added,
        removed=removed,
        modified=modified,
        described=tuple(sorted(described)),
        described_in=tuple(sorted(set().union(*described.values()))),
        images=tuple(name for name in (*added, *removed, *modified) if name in compared),
        converted=tuple(_converted(matched.summary.removed, set(added) - compared)),
    )


def _contents(measured: Measured) -> dict[str, str]:
    """By path, the content of each file but the readable images of the judged split."""
    contents = dict(measured.evidence.other_contents)
    others = measured.others
    if others is not None:
        contents |= dict(zip(others.dataset.ids, others.images.keys, strict=True))
        contents |= {
            name: content_of(others.whole.source, int(row))
            for name, row, readable in zip(
                others.whole.ids, others.whole.rows, others.scan.readable, strict=True
            )
            if not readable
        }
    return contents


def _ids(pair: DatasetPair) -> Iterable[str]:
    """Images that a pair compares, in the base and in the head."""
    base, head, matched = pair.base.evidence.whole, pair.head.evidence.whole, pair.matched
    yield from (base.ids[b] for b in (*matched.pairs[:, 0], *matched.removed))
    yield from (head.ids[h] for h in (*matched.pairs[:, 1], *matched.added))


def _described(base: Measured, head: Measured) -> dict[str, set[str]]:
    """By image of both of which something else is said now than before, what that is."""
    before, after = _said(base), _said(head)
    return {
        name: {what for what, _ in {*before[name]} ^ {*after[name]}}
        for name in before.keys() & after.keys()
        if before[name] != after[name]
    }


def _said(measured: Measured) -> Mapping[str, Said]:
    """By image, what its dataset says of it besides its label."""
    sides = [measured.evidence.whole]
    if measured.others is not None:
        sides.append(measured.others.whole)
    return {name: said for side in sides for name, said in _columns(side)}


def _columns(dataset: Dataset) -> Iterable[tuple[str, Said]]:
    masks: dict[int, str] = {-1: ""}
    for row in set() if dataset.masks is None else set(dataset.masks.tolist()):
        if row >= 0:
            masks[row] = content_of(dataset.source, row)
    columns = dataset.columns
    for i, name in enumerate(dataset.ids):
        yield (
            name,
            (
                ("split", dataset.splits[i] if dataset.splits else ""),
                ("time", dataset.times[i] if dataset.times else ""),
                ("mask", masks[dataset.mask_row(i)]),
                *sorted((column, values[i]) for column, values in columns.items()),
            ),
        )


def _converted(removed: Iterable[str], added: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Removed images whose name with another ending is an added file."""
    stems = {stem_of(name): name for name in added}
    for name in removed:
        stem = stem_of(name)
        if stem in stems:
            yield name, stems[stem]
