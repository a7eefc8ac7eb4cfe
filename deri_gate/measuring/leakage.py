"""Leakage between splits: images that show the same, and groups (patients) on both sides."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.readers.splits import split_rank
from deri_gate.measuring.shares import LEAKED, Share, not_looked_at
from deri_gate.runtime.counts import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.measuring.copies import Images

NO_SPLITS = not_looked_at("the dataset has no splits")
NO_GROUPS = not_looked_at("no column names the patient, or what else images belong with")
NO_PATIENTS = not_looked_at(
    "no column that groups images is called like a patient's, study's, slide's or lesion's number"
)


@dataclass(frozen=True, kw_only=True)
class LeakedImage:
    """An image that shows what one of an earlier split does."""

    image: str
    split: str
    other: str
    other_split: str
    exact: bool  # one picture, be it saved again or turned; else it only looks the same
    turn: str = ""  # how one picture is mirrored or turned to be the other
    label: str = ""  # classes of the image, and of the other: a contradiction where they differ
    other_label: str = ""


@dataclass(frozen=True, kw_only=True)
class LeakedGroup:
    """A group (a patient, a site) with images in several splits."""

    group: str
    images: tuple[tuple[str, int], ...]  # split, and how many it has there


@dataclass(frozen=True, kw_only=True)
class Leaks:
    """Images and groups that lie in several splits.

    Attributes:
        splits: Those looked at, training first; with fewer than two nothing can leak.
        pairs: Images of the later splits that an earlier one shows too, exact copies first.
        groups: Groups that several splits hold, by name.
        patients: Those of the column that numbers patients, which may be another.
        images_share: Share of the images outside the first split that an earlier split shows
            too, 0 to 1; not looked at where there is one split only.
        copies_share: Share of copies of one picture alone, which nobody can explain away:
            small images of one kind may be near duplicates by nature.
        groups_share: Share of the groups that several splits hold, 0 to 1; not looked at without
            splits or groups.
        patients_share: Share of patients, studies, slides or lesions alone, which nobody means
            to share: a site or a scanner may well be in all splits.
    """

    splits: tuple[str, ...] = ()
    pairs: tuple[LeakedImage, ...] = ()
    groups: tuple[LeakedGroup, ...] = ()
    patients: tuple[LeakedGroup, ...] = ()
    images_share: Share = NO_SPLITS
    copies_share: Share = NO_SPLITS
    groups_share: Share = NO_SPLITS
    patients_share: Share = NO_SPLITS

    @property
    def shares(self) -> dict[str, Share]:
        """Shares that a suite may limit, by the names in `LEAKED`."""
        shares = (self.images_share, self.copies_share, self.groups_share, self.patients_share)
        return dict(zip(LEAKED, shares, strict=True))

    @property
    def copies(self) -> tuple[str, ...]:
        """Images of the later splits of which an earlier one has a copy, each once."""
        return tuple(dict.fromkeys(pair.image for pair in self.pairs if pair.exact))

    @property
    def images(self) -> frozenset[str]:
        """Ids of all images that some pair names, of whichever split."""
        return frozenset(name for pair in self.pairs for name in (pair.image, pair.other))


def leaks_of(images: Images) -> Leaks:
    """Look for what several splits hold; groups of near duplicates are found once for all."""
    order = sorted(set(images.splits), key=lambda split: (split_rank(split), split))
    if len(order) < 2:  # noqa: PLR2004
        return nothing_to_leak(order)
    pairs = _leaked_images(images, order)
    groups = _leaked_groups(images, images.groups, order)
    patients = _leaked_groups(images, images.patients, order)
    later = sum(split != order[0] for split in images.splits)
    return Leaks(
        splits=tuple(order),
        pairs=pairs,
        groups=groups,
        patients=patients,
        images_share=_share_of_pairs(pairs, later, order[0]),
        copies_share=_share_of_pairs([pair for pair in pairs if pair.exact], later, order[0]),
        groups_share=NO_GROUPS
        if images.groups is None
        else _leaked_share(images.splits, images.groups, order, "group"),
        patients_share=NO_PATIENTS
        if images.patients is None
        else _leaked_share(images.splits, images.patients, order, "patient"),
    )


def nothing_to_leak(order: Sequence[str]) -> Leaks:
    """Say why nothing was looked at, where there are fewer than two splits with images.

    Args:
        order: The splits that there are; an empty name stands for images of no split.
    """
    names = [split for split in order if split]
    why = not_looked_at(f"there is one split only, {names[0]}") if names else NO_SPLITS
    return Leaks(
        splits=tuple(order),
        images_share=why,
        copies_share=why,
        groups_share=why,
        patients_share=why,
    )


def _share_of_pairs(pairs: Sequence[LeakedImage], later: int, split: str) -> Share:
    """Share of the images outside the first split that a pair names, with the first by name."""
    count = len({pair.image for pair in pairs})
    if not count:
        return Share(value=0.0)
    first = pairs[0]
    of = f"{count:,} of {counted(later, 'image')} outside {split or 'the first split'}"
    note = f"{of}, such as {first.image}, which is also {first.other}"
    return Share(value=count / later, note=note)


def _leaked_share(
    splits: Sequence[str], groups: Sequence[str], order: Sequence[str], noun: str
) -> Share:
    """Share of the groups that several splits hold; of too few groups nothing can be said.

    No leak is a claim about all splits: it is not made where one has no known group.
    """
    grouped = [(split, group) for split, group in zip(splits, groups, strict=True) if group]
    there = {split for split, _ in grouped}
    told = [split for split in order if split in there]
    if len(told) < 2:  # noqa: PLR2004
        where = f"only images of {told[0]} have one" if told else "no image has one"
        return not_looked_at(f"a {noun} must be known in two splits, and {where}")
    places = Counter(group for _, group in set(grouped))
    leaked = sum(count > 1 for count in places.values())
    silent = [split for split in order if split not in there]
    if not leaked and silent:
        return not_looked_at(
            f"a {noun} must be known in each split, and no image of {listed(silent)} has one"
        )
    less = len(splits) - len(grouped)
    note = f"{less} of {len(splits)} images without {noun}" if less else ""
    return Share(value=leaked / len(places), note=note)


def _leaked_images(images: Images, order: Sequence[str]) -> tuple[LeakedImage, ...]:
    """Each image of a later split with its like in each earlier split, copies first.

    A copy says more than one that is mirrored or turned, and that more than what looks the same.
    """
    first: dict[tuple[int, str], LeakedImage] = {}
    for groups in (images.copy_groups, images.turned_groups):
        for i, j in _first_in_earlier(images.splits, groups.tolist(), order):
            if (i, images.splits[j]) not in first:
                first[i, images.splits[j]] = _pair(images, i, j, exact=True)
    for i, j in _near_in_earlier(images, order):
        if (i, images.splits[j]) not in first:
            first[i, images.splits[j]] = _pair(images, i, j, exact=False)
    pairs = first.values()
    return tuple(sorted(pairs, key=lambda pair: (not pair.exact, pair.image, pair.other)))


def _first_in_earlier(
    splits: Sequence[str], groups: Sequence[int], order: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """Each image with the first of its group in each earlier split.

    Looks at each image once: of thousands that are all alike every pair would be too many.
    """
    first: dict[int, dict[str, int]] = {}
    for i, number in enumerate(groups):
        if number >= 0:
            first.setdefault(number, {}).setdefault(splits[i], i)
    earlier = {split: order[:place] for place, split in enumerate(order)}
    for i, number in enumerate(groups):
        there = first.get(number, {})
        yield from ((i, there[split]) for split in earlier[splits[i]] if split in there)


def _near_in_earlier(images: Images, order: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Each image with the first near duplicate in each earlier split."""
    splits = np.array(images.splits)
    place = np.array([order.index(split) for split in images.splits])
    for number, split in enumerate(order[:-1]):
        earlier = images.listed_duplicates.first_among(splits == split)
        for i in np.flatnonzero((earlier >= 0) & (place > number)).tolist():
            yield i, int(earlier[i])


def _pair(images: Images, i: int, j: int, *, exact: bool) -> LeakedImage:
    return LeakedImage(
        image=images.ids[i],
        split=images.splits[i],
        other=images.ids[j],
        other_split=images.splits[j],
        exact=exact,
        turn=images.turn(i, j) if exact else "",
        label=", ".join(images.labels[i]),
        other_label=", ".join(images.labels[j]),
    )


def _leaked_groups(
    images: Images, groups: Sequence[str] | None, order: Sequence[str]
) -> tuple[LeakedGroup, ...]:
    counts: dict[str, dict[str, int]] = {}
    for group, split in zip(groups or (), images.splits, strict=False):
        if group:  # an image without a group belongs with none
            own = counts.setdefault(group, {})
            own[split] = own.get(split, 0) + 1
    return tuple(
        LeakedGroup(
            group=group, images=tuple((split, count[split]) for split in order if split in count)
        )
        for group, count in sorted(counts.items())
        if len(count) > 1
    )
