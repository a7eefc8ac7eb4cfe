"""Groups that the base keeps in one split, and that went apart under other numbers."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from deri_gate.changes.crossed import Everywhere
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deri_gate.data.dataset import Dataset
    from deri_gate.measuring.measure import Measured


class GroupPlace(NamedTuple):
    """Split of an image, and its group there, "" for none."""

    split: str
    group: str


def regrouped_leaks(base: Measured, head: Measured) -> dict[str, str]:
    """By share of leaked groups, why it says nothing: what leaks bears other numbers now.

    An image that goes to another split, and gets the number of another patient at once, is no leak
    by its new number. By the one that it had, its patient may lie in both.

    Args:
        base: The earlier dataset.
        head: The one that is judged.
    """
    if base.others is None or head.others is None:
        return {}
    return {
        share: f"{counted(torn, noun)} of the base went into several splits under other numbers: "
        "keep each in one split, or change its numbers first, in a change of their own"
        for share, noun in (("leaked_groups", "group"), ("leaked_patients", "patient"))
        if (torn := _torn(_places(base, noun), _places(head, noun)))
    }


def _places(measured: Measured, noun: str) -> Iterator[tuple[str, GroupPlace]]:
    """Picture and place of each image; none where no group is known."""
    sides = [side for side in (measured.evidence, measured.others) if side is not None]
    groups = [_numbers(side.dataset, noun) for side in sides]
    shown = chain.from_iterable(side.images.shown for side in sides)
    known = [own for own in groups if own is not None]
    if len(known) == len(sides):
        places = map(GroupPlace, Everywhere(measured).places, chain.from_iterable(known))
        yield from zip(shown, places, strict=True)


def _numbers(dataset: Dataset, noun: str) -> tuple[str, ...] | None:
    if noun == "group":
        return dataset.groups
    return dataset.patients.values if dataset.patients else None


def _torn(before: Iterable[tuple[str, GroupPlace]], now: Iterable[tuple[str, GroupPlace]]) -> int:
    """Number of groups of one split whose pictures lie in several now, with no group in common.

    A picture that several groups hold, or several splits, belongs to none of them for sure.
    """
    was: dict[str, GroupPlace | None] = {}
    for picture, place in before:
        was[picture] = place if was.get(picture, place) == place else None
    lie: dict[GroupPlace, set[GroupPlace]] = {}
    for picture, place in now:
        if former := was.get(picture):
            lie.setdefault(former, set()).add(place)
    apart = _apart(place.group for place in lie)
    return sum(
        bool(place.group)
        and place.group not in apart
        and len({one.split for one in these}) > 1
        and not _apart(one.group for one in these)
        for place, these in lie.items()
    )


def _apart(groups: Iterable[str]) -> set[str]:
    """Groups that come more than once: in different splits, as each place comes once."""
    return {group for group, count in Counter(filter(None, groups)).items() if count > 1}
