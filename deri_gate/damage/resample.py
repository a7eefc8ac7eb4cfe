"""Changes of the sample and of labels: pure functions from Dataset to Dataset that copy no image.

Each takes the dataset, the positions it may touch, and the spec; the other images, those of other
splits among them, stay as they are. `classes` stays whole, so a class that vanishes has no images
left but keeps its index. An image keeps its row in the source, and so its key and cached values.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.damage import damage
from deri_gate.damage.choice import classes_by_size, count_of, drawn, judged
from deri_gate.damage.source import damaged
from deri_gate.errors import UnmeasurableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deri_gate.arrays import IntArray
    from deri_gate.damage.source import DamageSpec
    from deri_gate.data.dataset import Dataset


def repeat(dataset: Dataset, part: IntArray, spec: DamageSpec) -> Dataset:
    """A share `strength` of the images occurs twice; the copies' ids end in `#2`."""
    chosen = drawn(dataset, part, spec.strength, spec)
    both = dataset.select(np.concatenate([np.arange(len(dataset)), chosen]))
    taken = set(dataset.ids)
    copies = tuple(_free_id(dataset.ids[i], taken) for i in chosen)
    return replace(both, ids=dataset.ids + copies).ordered()


def repeat_nearly(dataset: Dataset, part: IntArray, spec: DamageSpec) -> Dataset:
    """Repeat images as copies that were saved again or made slightly smaller."""
    both = repeat(dataset, part, spec)
    known = set(dataset.ids)
    copies = np.flatnonzero([name not in known for name in both.ids])
    inputs = both.rows[copies][:, None]
    return damaged(both, copies, inputs, damage=damage.near_copy, spec=spec)


def _free_id(name: str, taken: set[str]) -> str:
    """The name with the first of #2, #3 ... that no image bears."""
    number = 2
    while f"{name}#{number}" in taken:
        number += 1
    return f"{name}#{number}"


def cut_classes(dataset: Dataset, part: IntArray, spec: DamageSpec) -> Dataset:
    """All classes but the most common shrink, the r-th of K to `strength` ^ (r / (K - 1)).

    At least one image of each is kept, so a class of very few levels off. Counts keep their order
    and fall the more the smaller they are, so 1 - sum p_k^2 falls. An image of several classes
    goes with the most common of them; there the claim depends on the data.

    Raises:
        UnmeasurableError: If all images are of one class, or no class can be cut.
    """
    ranks = classes_by_size(dataset)
    members = _by_class(dataset, part, ranks)
    drop: list[int] = []
    for r, k in enumerate(ranks):
        own = spec.ranked(np.array(members[k], dtype=np.int64), dataset.ids)
        keep = count_of(len(own), spec.strength ** (r / (len(ranks) - 1)))
        drop.extend(own[keep:])
    return _without(dataset, drop)


def _by_class(dataset: Dataset, part: IntArray, ranks: tuple[int, ...]) -> dict[int, list[int]]:
    """Positions by class; of several classes, by the first in `ranks`."""
    rank = {k: r for r, k in enumerate(ranks)}
    members: dict[int, list[int]] = defaultdict(list)
    for i in part.tolist():
        own = [rank[k] for k in dataset.labels[i]]
        if own:
            members[ranks[min(own)]].append(i)
    return members


def drop_classes(dataset: Dataset, part: IntArray, spec: DamageSpec) -> Dataset:
    """Drop `strength` x (K - 1) of K classes, the rarest first.

    The part of a class that this leaves over is taken from the next one's images, so that two
    classes have levels too: of the rarer one, `strength` vanishes. An image of several classes
    goes with any of them.

    Raises:
        UnmeasurableError: If all images are of one class, or none can go, or none would stay.
    """
    rarest = classes_by_size(dataset)[::-1]
    left_over, whole = math.modf(round(spec.strength * (len(rarest) - 1), 9))
    gone = set(rarest[: int(whole)])
    drop = [i for i in part.tolist() if gone.intersection(dataset.labels[i])]
    following = rarest[int(whole)]
    rest = [i for i in part.tolist() if following in dataset.labels[i]]
    rest = [i for i in rest if not gone.intersection(dataset.labels[i])]
    ranked = spec.ranked(np.array(rest, dtype=np.int64), dataset.ids)
    drop.extend(ranked[: len(ranked) - count_of(len(ranked), 1 - left_over)])
    return _without(dataset, drop, of=part)


def drop_groups(dataset: Dataset, part: IntArray, spec: DamageSpec) -> Dataset:
    """A share `strength` of the groups (patients, sites) vanishes, at least one, never all.

    Raises:
        UnmeasurableError: If there are no groups, or only one.
    """
    if dataset.groups is None:
        raise UnmeasurableError("there are no groups")
    groups = sorted({dataset.groups[i] for i in part})
    if len(groups) < 2:  # noqa: PLR2004
        raise UnmeasurableError("all images belong to one group")
    groups.sort(key=spec.number)
    gone = set(groups[: min(len(groups) - 1, count_of(len(groups), spec.strength))])
    return _without(dataset, [i for i in part if dataset.groups[i] in gone])


def _without(dataset: Dataset, drop: Iterable[int], of: IntArray | None = None) -> Dataset:
    """The dataset without these positions; `of`: some of these have to stay."""
    keep = np.ones(len(dataset), dtype=np.bool_)
    keep[list(drop)] = False
    if keep.all():
        raise UnmeasurableError("too few images: none can be taken away")
    if of is not None and not keep[of].any():
        raise UnmeasurableError("the classes overlap so much that no image would be left")
    return dataset.select(keep)


def flip_labels(dataset: Dataset, part: IntArray, spec: DamageSpec) -> Dataset:
    """A share `strength` of the images gets a wrong label.

    The new label is that of other images: one of the label sets that occur, each as likely, which
    shares no class with the old one, or where there is none, which differs. With one label
    an image that is any other class.

    Raises:
        UnmeasurableError: If all images bear the same labels.
    """
    labels_used = sorted({dataset.labels[i] for i in judged(dataset)})
    if len(labels_used) < 2:  # noqa: PLR2004
        raise UnmeasurableError("all images bear the same labels")
    wrong: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    labels = list(dataset.labels)
    for i in drawn(dataset, part, spec.strength, spec):
        label = labels[i]
        if label not in wrong:
            apart = [other for other in labels_used if not set(label).intersection(other)]
            wrong[label] = apart or [other for other in labels_used if other != label]
        labels[i] = wrong[label][spec.number("label", dataset.ids[i]) % len(wrong[label])]
    return replace(dataset, labels=tuple(labels))


def partners(dataset: Dataset, part: IntArray, spec: DamageSpec) -> dict[int, int]:
    """Partner of each position: a judged image that shares no class with it, seeded.

    Positions without such a partner are left out.
    """
    among = judged(dataset)
    membership = dataset.membership[among]
    of_set: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for i in part.tolist():
        of_set[dataset.labels[i]].append(i)
    partner_of: dict[int, int] = {}
    for own, members in of_set.items():
        overlap = np.asarray(membership[:, list(own)].sum(axis=1)).ravel()
        apart = among[overlap == 0]
        if apart.size:
            for i in members:
                partner_of[i] = int(apart[spec.number("partner", dataset.ids[i]) % apart.size])
    return partner_of
