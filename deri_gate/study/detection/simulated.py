"""Heads beside their bases, of which it is known whether they are damaged.

A tenth of a dataset is held out. What is left is the base of every head that gains images; the
dataset as a whole is the base of every head whose images are edited in place or taken away. So two
bases serve all groups of damage and all honest changes of one seed, and the same damaged pictures
are met in place and as new images.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from deri_gate.damage import VARIANTS, Recipe
from deri_gate.damage.catalogue import MASKED, strongest
from deri_gate.damage.choice import count_of, judged
from deri_gate.damage.resample import flip_labels
from deri_gate.damage.source import DamageSpec, damaged
from deri_gate.errors import UnmeasurableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deri_gate.arrays import IntArray
    from deri_gate.damage.source import Damage
    from deri_gate.data.dataset import Dataset, Picture

Way = Literal["in_place", "new_images", "removed", "honest"]
SHARE = 0.1  # of the images that a damaged head may touch
HONEST_DRAWS = {0.02: 5, 0.1: 1}  # by share of the images that come or go, how often
FLIPPED = 0.02  # share of wrong labels that must still be caught
CORRECTED = 0.05  # share of wrong labels in a base, which the head has right
GAIN = 0.03  # how much brighter or darker the same scene comes out another day
STRONG = "strong"


@dataclass(frozen=True, kw_only=True)
class SimulatedChange:
    """A head, its base, and the truth about it.

    Attributes:
        name: Group of the damage; what was done where nothing was damaged.
        way: How the damage got there; "honest" where there is none.
        seed: Random seed.
        base: The earlier dataset.
        head: The later one.
    """

    name: str
    way: Way
    seed: int
    base: Dataset
    head: Dataset


@dataclass(frozen=True)
class Split:
    """A dataset and the tenth of it that is held out; bases are made once, so that they are one.

    Attributes:
        whole: All images.
        part: Positions held out, ascending.
        base: The images that are not.
        seed: Which part.
    """

    whole: Dataset
    part: IntArray
    base: Dataset
    seed: int

    @classmethod
    def of(cls, whole: Dataset, seed: int) -> Split:
        """Hold out a random tenth; where images belong together, so many as make it at least."""
        rng, count = np.random.default_rng(seed), count_of(len(whole), SHARE)
        if whole.groups is None:
            order = rng.permutation(len(whole))
        else:
            codes = np.unique(np.asarray(whole.groups), return_inverse=True)[1]
            turn = rng.permutation(codes.max() + 1)[codes]
            order = np.argsort(turn, kind="stable")
            count = int((turn <= turn[order[count - 1]]).sum())
        part = np.sort(order[:count])
        return cls(whole, part, whole.select(np.setdiff1d(np.arange(len(whole)), part)), seed)


def damaged_changes(split: Split, groups: Iterable[str] | None = None) -> Iterator[SimulatedChange]:
    """Strong damage of every group in the held-out tenth: in place, and as new images.

    With masks, the scenarios that need them take part: other backgrounds, objects cut out.
    Groups that the dataset does not allow are left out. Of labels there is besides "labels.all",
    all of the tenth wrong, and "labels.few", 2 % of all.
    """
    usual = (*VARIANTS, *(() if split.whole.masks is None else MASKED))
    wanted = dict.fromkeys([v.group for v in usual] if groups is None else groups)
    for group in wanted:
        with suppress(UnmeasurableError):
            yield from _damaged(split, group)
    if "label_noise" in wanted:
        for name, share in (("labels.all", SHARE), ("labels.few", FLIPPED)):
            some = split.part[: count_of(len(split.whole), share)]
            spec = DamageSpec(group=name, strength=1.0, seed=split.seed, version=1)
            with suppress(UnmeasurableError):
                head = flip_labels(split.whole, some, spec)
                yield from (_in_place(split, name, head), _as_new(split, name, head))


def _damaged(split: Split, group: str) -> Iterator[SimulatedChange]:
    variant, whole = strongest(group), split.whole
    spec = Recipe.of("", group, variant.level, seed=split.seed).spec
    among = variant.among(whole, judged(whole))
    inside = np.intersect1d(split.part, among)
    others = np.random.default_rng([split.seed, 2]).permutation(np.setdiff1d(among, split.part))
    touched = np.sort(np.append(inside, others[: max(0, len(split.part) - len(inside))]))
    head = variant.change(whole, touched, spec)
    yield _in_place(split, group, head)
    if len(head) == len(whole) and inside.size:  # copies are new images either way
        new = head if len(inside) == len(touched) else variant.change(whole, inside, spec)
        yield _as_new(split, group, new)


def _in_place(split: Split, name: str, head: Dataset) -> SimulatedChange:
    way: Way = "removed" if len(head) < len(split.whole) else "in_place"
    return SimulatedChange(name=name, way=way, seed=split.seed, base=split.whole, head=head)


def _as_new(split: Split, name: str, head: Dataset) -> SimulatedChange:
    """The damaged images alone, come to a base that has not seen them."""
    came = (head.rows != split.whole.rows) | np.array(
        [a != b for a, b in zip(head.labels, split.whole.labels, strict=True)]
    )
    came[np.setdiff1d(np.arange(len(head)), split.part)] = True  # the base's own
    return SimulatedChange(
        name=name, way="new_images", seed=split.seed, base=split.base, head=head.select(came)
    )


def honest_changes(split: Split) -> Iterator[SimulatedChange]:
    """Heads that differ from their base by chance, by other bytes, or for the better."""
    rng = np.random.default_rng([split.seed, 1])
    for share, draws in HONEST_DRAWS.items():
        some = count_of(len(split.base), share)
        came, gone = rng.permutation(split.part), rng.permutation(len(split.base))
        for turn in range(min(draws, len(split.part) // some)):
            mine = slice(turn * some, (turn + 1) * some)
            without = np.setdiff1d(split.part, came[mine])
            more = split.whole.select(np.setdiff1d(np.arange(len(split.whole)), without))
            yield _honest(f"added {share:.0%}", split, split.base, more)
            fewer = split.base.select(np.setdiff1d(np.arange(len(split.base)), gone[mine]))
            yield _honest(f"removed {share:.0%}", split, split.base, fewer)
    yield _edited("saved again", same_pixels, split, count_of(len(split.whole), FLIPPED))
    yield _edited("exposed again", exposed_again, split, len(split.part))
    yield from _corrected(split)


def _edited(name: str, change: Damage, split: Split, count: int) -> SimulatedChange:
    spec = DamageSpec(group=name, strength=GAIN, seed=split.seed, version=1)
    part = split.part[:count]
    edited = damaged(split.whole, part, split.whole.rows[part][:, None], damage=change, spec=spec)
    return _honest(name, split, split.whole, edited)


def _corrected(split: Split) -> Iterator[SimulatedChange]:
    spec = DamageSpec(group="corrected", strength=CORRECTED, seed=split.seed, version=1)
    try:
        wrong = flip_labels(split.whole, np.arange(len(split.whole)), spec)
    except UnmeasurableError:  # one class has nothing to correct
        return
    yield _honest("corrected labels", split, wrong, split.whole)


def _honest(name: str, split: Split, base: Dataset, head: Dataset) -> SimulatedChange:
    return SimulatedChange(name=name, way="honest", seed=split.seed, base=base, head=head)


def same_pixels(picture: Picture, _strength: float, _rng: np.random.Generator) -> Picture:
    """Copy of the pixels in a file of other bytes."""
    return picture


def exposed_again(picture: Picture, strength: float, rng: np.random.Generator) -> Picture:
    """A little brighter or darker, as likely one as the other."""
    gain = np.exp(rng.uniform(-strength, strength))
    exposed: Picture = np.clip(picture * gain + 0.5, 0, 255).astype(np.uint8)
    return exposed
