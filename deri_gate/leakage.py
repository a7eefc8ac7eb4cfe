"""What training and test share: images that show the same, and groups (patients) on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.near import groups_of, near_duplicates
from deri_gate.readers.splits import split_rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

SHARES = ("leaked_images", "leaked_copies", "leaked_groups")
DISTANCE = 6  # bits in which the hashes of near duplicates may differ; they are confirmed


@dataclass(frozen=True, kw_only=True)
class Images:
    """Readable images, as far as leakage goes.

    Attributes:
        ids: Name of each.
        splits: Its split.
        groups: What it belongs with, "" for nothing; None when there are no groups.
        keys: Content hash of each.
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
    """

    ids: tuple[str, ...]
    splits: tuple[str, ...]
    groups: tuple[str, ...] | None
    keys: tuple[str, ...]
    thumbnails: npt.NDArray[np.uint8]

    def __add__(self, other: Images) -> Images:
        """These and others."""
        grouped = self.groups is not None or other.groups is not None
        own, theirs = (side.groups or ("",) * len(side.ids) for side in (self, other))
        return Images(
            ids=self.ids + other.ids,
            splits=self.splits + other.splits,
            groups=own + theirs if grouped else None,
            keys=self.keys + other.keys,
            thumbnails=np.concatenate([self.thumbnails, other.thumbnails]),
        )


@dataclass(frozen=True, kw_only=True)
class LeakedImage:
    """An image that shows what one of an earlier split does."""

    image: str
    split: str
    other: str
    other_split: str
    exact: bool  # the same bytes, not only the same picture


@dataclass(frozen=True, kw_only=True)
class LeakedGroup:
    """A group (a patient, a site) with images in several splits."""

    group: str
    images: tuple[tuple[str, int], ...]  # split, and how many it has there


@dataclass(frozen=True, kw_only=True)
class Leaks:
    """What several splits hold.

    Attributes:
        splits: Those looked at, training first; with fewer than two nothing can leak.
        pairs: Images of the later splits that an earlier one shows too, exact copies first.
        groups: Groups that several splits hold, by name.
        images_share: Share of the images outside the first split that an earlier split shows
            too, 0 to 1; 0 where there are no splits.
        copies_share: The same of exact copies alone, which nobody can explain away: small
            images of one kind may be near duplicates by nature.
        groups_share: Share of the groups that several splits hold, 0 to 1; 0 without groups.
    """

    splits: tuple[str, ...] = ()
    pairs: tuple[LeakedImage, ...] = ()
    groups: tuple[LeakedGroup, ...] = ()
    images_share: float = 0.0
    copies_share: float = 0.0
    groups_share: float = 0.0

    @property
    def shares(self) -> dict[str, float]:
        """What a suite may limit, by the names in `SHARES`."""
        shares = (self.images_share, self.copies_share, self.groups_share)
        return dict(zip(SHARES, shares, strict=True))

    @property
    def images(self) -> frozenset[str]:
        """Ids of all images that some pair names, of whichever split."""
        return frozenset(name for pair in self.pairs for name in (pair.image, pair.other))


def leaks_of(images: Images) -> Leaks:
    """Look for what several splits hold; groups of near duplicates are found once for all."""
    order = sorted(set(images.splits), key=lambda split: (split_rank(split), split))
    if len(order) < 2:  # noqa: PLR2004
        return Leaks(splits=tuple(order))
    pairs = _leaked_images(images, order)
    groups = _leaked_groups(images, order)
    later = sum(split != order[0] for split in images.splits)
    known = len(set(filter(None, images.groups or ())))
    return Leaks(
        splits=tuple(order),
        pairs=pairs,
        groups=groups,
        images_share=len({pair.image for pair in pairs}) / later,
        copies_share=len({pair.image for pair in pairs if pair.exact}) / later,
        groups_share=len(groups) / known if known else 0.0,
    )


def _leaked_images(images: Images, order: Sequence[str]) -> tuple[LeakedImage, ...]:
    """Each image of a later split with its like in each earlier split, the same bytes first."""
    number = groups_of(near_duplicates(images.thumbnails, distance=DISTANCE), len(images.ids))
    members: dict[int, list[int]] = {}
    for i in np.flatnonzero(number >= 0).tolist():
        members.setdefault(int(number[i]), []).append(i)
    found = [
        _pair(images, i, there)
        for alike in members.values()
        for i in alike
        for split in order[: order.index(images.splits[i])]
        if (there := [j for j in alike if images.splits[j] == split])
    ]
    return tuple(sorted(found, key=lambda pair: (not pair.exact, pair.image, pair.other)))


def _pair(images: Images, i: int, there: Sequence[int]) -> LeakedImage:
    j = next((j for j in there if images.keys[j] == images.keys[i]), there[0])
    return LeakedImage(
        image=images.ids[i],
        split=images.splits[i],
        other=images.ids[j],
        other_split=images.splits[j],
        exact=images.keys[j] == images.keys[i],
    )


def _leaked_groups(images: Images, order: Sequence[str]) -> tuple[LeakedGroup, ...]:
    counts: dict[str, dict[str, int]] = {}
    for group, split in zip(images.groups or (), images.splits, strict=False):
        if group:  # an image without a group belongs with none
            own = counts.setdefault(group, {})
            own[split] = own.get(split, 0) + 1
    return tuple(
        LeakedGroup(
            group=group, images=tuple((split, own[split]) for split in order if split in own)
        )
        for group, own in sorted(counts.items())
        if len(own) > 1
    )
