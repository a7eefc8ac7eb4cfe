"""Copies: groups side by side with what differs, contradictions, and pairs in two splits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.copies import (
    Contradiction,
    contradictions_of,
    group_members,
    turned_contradictions_of,
)
from deri_gate.measuring.decisions import settled_for
from deri_gate.measuring.edited_copies import NOTHING, edited_contradictions_of
from deri_gate.measuring.second_shots import second_shots_of
from deri_gate.reports.advice import ADVICE
from deri_gate.reports.exhibits.records import MOST_NAMES, Exhibit, ImageRef, Tile, TileRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from deri_gate.measuring.copies import Images
    from deri_gate.measuring.leakage import LeakedImage, Leaks
    from deri_gate.measuring.measure import Measured
    from deri_gate.reports.exhibits.side import MeasuredSide

MOST_ROWS = 8  # groups that are shown
MOST_TILES = 4  # images of a group


def duplicate_exhibit(side: MeasuredSide) -> Exhibit | None:
    """Groups of near duplicates: with the same picture twice first, then of several labels."""
    if "duplicates" not in side.measured.answers:
        return None
    groups = _open_groups(side.measured)
    if not groups:
        return None
    labels, shown = side.measured.evidence.dataset.labels, side.measured.evidence.images.shown

    def order(group: list[int]) -> tuple[bool, bool, int, int]:
        looks_alike = len({shown[i] for i in group}) == len(group)
        return looks_alike, len({labels[i] for i in group}) == 1, -len(group), group[0]

    ranked = sorted(groups, key=order)
    ids = side.measured.evidence.dataset.ids
    hidden = [ids[i] for group in ranked[MOST_ROWS : MOST_ROWS + MOST_NAMES] for i in group]
    return Exhibit(
        name="duplicates",
        about=("duplicates", "exact_copies"),
        title="Copies of one picture",
        advice="Keep one image of each group. Check copies in two classes or splits.",
        count=len(groups),
        noun="group",
        rows=tuple(_group(side, group) for group in ranked[:MOST_ROWS]),
        placing="rows",
        others=tuple(hidden[:MOST_NAMES]),
    )


def _open_groups(measured: Measured) -> list[list[int]]:
    """Groups of copies, without those that a person has accepted."""
    ids, settled = measured.evidence.dataset.ids, settled_for(measured.accepted, "duplicates")
    groups = group_members(measured.evidence.listed_groups)
    left = [[i for i in group if ids[i] not in settled] for group in groups]
    return [group for group in left if len(group) > 1]


def _group(side: MeasuredSide, own: list[int]) -> TileRow:
    ids = side.measured.evidence.dataset.ids
    first = own[0]
    tiles = [_copy(side, i, first) for i in own[:MOST_TILES]]
    more = len(own) - len(tiles)
    names = {side.label(ids[i]) for i in own}
    differ = "labels differ" if len(names) > 1 else ""
    caption = ", ".join(filter(None, (differ, f"and {more} more" if more else "")))
    return TileRow(tiles=tuple(tiles), caption=caption)


def copies_of_image(side: MeasuredSide, image: str) -> TileRow:
    """An image and the others of its group, as far as there is room."""
    i = side.position.get(image)
    if i is None or "duplicates" not in side.measured.answers:
        return TileRow(tiles=(Tile(image=ImageRef(id=image)),))
    numbers = side.measured.evidence.listed_groups
    own = np.flatnonzero(numbers == numbers[i]).tolist() if numbers[i] >= 0 else [i]
    return _group(side, [i, *(j for j in own if j != i)])


def _copy(side: MeasuredSide, i: int, first: int) -> Tile:
    """One image of a group, with what tells it from the first."""
    table, name = side.measured.evidence.images, side.measured.evidence.dataset.ids[i]
    facts = [side.label(name), side.size_text(name)]
    if i != first and table.keys[i] == table.keys[first]:
        facts.append("the same file")
    elif i != first:
        facts.append("the same pixels" if table.shown[i] == table.shown[first] else "looks alike")
    return Tile(image=ImageRef(id=name), facts=tuple(filter(None, facts)))


def contradiction_exhibit(images: Images, settled: Collection[str] = ()) -> Exhibit | None:
    """Pairs of one picture with two labels, of which a person has not accepted both."""
    return _of_pairs(
        images,
        contradictions_of(images, settled) + turned_contradictions_of(images, settled),
        name="contradictions",
        about=("contradictions", "conflicting_copies"),
        title="Same picture, different labels",
        advice="At least one of the labels is wrong. Keep the right one.",
    )


def edited_contradiction_exhibit(
    images: Images, settled: Mapping[str, Collection[str]] = NOTHING
) -> Exhibit | None:
    """Pairs of a picture and an edited copy of it with another label, without accepted ones."""
    return _of_pairs(
        images,
        edited_contradictions_of(images, settled),
        name="likely_contradictions",
        about=("likely_contradictions",),
        title="Edited copies with different labels",
        advice=ADVICE["likely_contradictions"],
    )


def second_shot_exhibit(images: Images, settled: Collection[str] = ()) -> Exhibit | None:
    """Pairs of images that look like slices side by side, or two shots, without accepted ones."""
    pairs = [Contradiction(image=i, other=j) for i, j in second_shots_of(images)]
    return _of_pairs(
        images,
        [pair for pair in pairs if images.ids[pair.image] not in settled],
        name="second_shots",
        about=("duplicates", "leaked_images"),
        title="Adjacent slices, or second shots of one object",
        advice="They are not copies. Keep all images of a patient or object in one split.",
    )


def _of_pairs(
    images: Images,
    pairs: Sequence[Contradiction],
    *,
    name: str,
    about: tuple[str, ...],
    title: str,
    advice: str,
) -> Exhibit | None:
    """An exhibit with a row a pair; None without pairs."""
    if not pairs:
        return None
    return Exhibit(
        name=name,
        about=about,
        title=title,
        advice=advice,
        count=len(pairs),
        noun="pair",
        rows=_pairs(images, pairs),
        placing="rows",
        others=_further(images, pairs),
    )


def _pairs(images: Images, contradictions: Sequence[Contradiction]) -> tuple[TileRow, ...]:
    return tuple(
        TileRow(tiles=tuple(_labelled(images, i) for i in (pair.other, pair.image)))
        for pair in contradictions[:MOST_ROWS]
    )


def _further(images: Images, contradictions: Sequence[Contradiction]) -> tuple[str, ...]:
    more = contradictions[MOST_ROWS : MOST_ROWS + MOST_NAMES]
    return tuple(f"{images.ids[pair.image]} and {images.ids[pair.other]}" for pair in more)


def _labelled(images: Images, i: int) -> Tile:
    split = f"split {images.splits[i]}" if images.splits[i] else ""
    facts = (", ".join(images.labels[i]), split)
    return Tile(image=ImageRef(id=images.ids[i]), facts=tuple(filter(None, facts)))


def leak_exhibit(leaks: Leaks | None) -> Exhibit | None:
    """Pairs of images that two splits hold."""
    if leaks is None or not leaks.pairs:
        return None
    return Exhibit(
        name="leaks",
        about=("leaks", "leaked_images", "leaked_copies"),
        title="Images in several splits",
        advice="Remove them from the training split, or the test result is too good.",
        count=len(leaks.pairs),
        noun="pair",
        rows=tuple(_leak(pair) for pair in leaks.pairs[:MOST_ROWS]),
        placing="rows",
        others=_named(leaks.pairs[MOST_ROWS : MOST_ROWS + MOST_NAMES]),
    )


def _named(pairs: Iterable[LeakedImage]) -> tuple[str, ...]:
    return tuple(f"{p.image} ({p.split}) and {p.other} ({p.other_split})" for p in pairs)


def _leak(pair: LeakedImage) -> TileRow:
    how = pair.turn or ("the same picture" if pair.exact else "looks alike")
    tiles = (
        Tile(image=ImageRef(id=pair.other), facts=(f"split {pair.other_split}",)),
        Tile(image=ImageRef(id=pair.image), facts=(f"split {pair.split}",)),
    )
    return TileRow(tiles=tiles, caption=how)
