"""Columns beside the pictures that the base was asked about, and that are out of sight now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.data.readers.files import path_text
from deri_gate.explain.label_columns import copies
from deri_gate.measuring.source_columns import columns_of, label_texts
from deri_gate.measuring.sources import TOLD
from deri_gate.runtime.counts import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from deri_gate.changes.matching import Matched
    from deri_gate.measuring.measure import Measured


def hidden_columns(
    base: Measured, head: Measured, matched: Matched, *, changed: bool
) -> dict[str, str]:
    """By share of what columns tell, why it says nothing.

    A column that told much in the base is gone. Or any column is that was asked in the base, and
    images changed at once: whether new ones have a source of their own, it would have told.

    Args:
        base: The earlier dataset.
        head: The one that is judged.
        matched: Which image is which, of those that are judged.
        changed: Whether images, or their labels, changed in any split.
    """
    lost = _lost(base, head, matched)
    return {
        name: f"{listed(sorted(map(path_text, columns)))}: asked in the base, and gone or with "
        "other values now: put it back, or take it out in a change of its own"
        for name, columns in lost.items()
        if changed
    } | _told_much(base, head, lost)


def _told_much(base: Measured, head: Measured, lost: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Shares of which the column that told much is gone.

    Not where another column tells as much: that may be the same one under another name.
    """
    return {
        name: f"the column {share.told_by} told it in the base, and is gone: put it back"
        for name, share in base.shares.items()
        if share.told_by
        and (share.value or 0.0) >= TOLD > (head.shares[name].value or 0.0)
        and share.told_by not in head.shares[name].columns
        and (share.told_by not in share.columns or share.told_by in lost.get(name, ()))
    }


def _lost(base: Measured, head: Measured, matched: Matched) -> dict[str, list[str]]:
    """By share, the columns that were asked and of which nothing is left to ask.

    A column under another name, or with new names for its values, parts the images that both have
    as it did.
    """
    before, now = matched.pairs.T.tolist()
    was, here = (columns_of(side.evidence.dataset) for side in (base, head))
    labels = label_texts(head.evidence.dataset)
    as_labels = {name for name, values in here.items() if copies(values, labels)}
    lost: dict[str, list[str]] = {}
    for share, asked in base.shares.items():
        there = {*head.shares[share].columns}
        for name in {*asked.columns} - there:
            old = [was[name][i] for i in before] if name in was else []
            left = (there | ({name} - as_labels)) & here.keys()
            alike = {one for one in left if _parts_alike(old, [here[one][i] for i in now])}
            if not (alike if before else {name} & left):  # of all new images the name alone tells
                lost.setdefault(share, []).append(name)
    return lost


def _parts_alike(old: Iterable[str], new: Iterable[str]) -> bool:
    pairs = set(zip(old, new, strict=False))
    return bool(pairs) and len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
