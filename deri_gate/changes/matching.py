"""Matching of images of the head with those of the base."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from deri_gate.changes.image_list import ALONE
from deri_gate.changes.look_alikes import alike_pairs
from deri_gate.changes.records import Matching
from deri_gate.data.signatures import stem_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.arrays import BoolArray, IntArray
    from deri_gate.changes.image_list import ImageList, Labels, OtherSplits

Pair = tuple[int, int]
RENAMED = 0.9  # share of a class's images that must go to one new name, and come from it


@dataclass(frozen=True, kw_only=True)
class Matched:
    """Positions in base and head that belong together.

    Attributes:
        pairs: Base and head position of every image that both have, by head, shape (P, 2).
        new_content: Whether the picture of each pair is another, shape (P,).
        new_labels: Whether its labels are, renamed classes left out, shape (P,).
        added: Head positions without a partner, ascending.
        removed: Base positions without a partner, ascending.
        went: Those of them that are in another split now, ascending.
        renamed: Old and new name of each class that only changed its name.
        summary: The matching by id, for people.
    """

    pairs: IntArray
    new_content: BoolArray
    new_labels: BoolArray
    added: IntArray
    removed: IntArray
    went: IntArray
    renamed: Mapping[str, str]
    summary: Matching = field(default_factory=Matching)

    @property
    def is_changed(self) -> bool:
        """True if an image came or went, or bears another label."""
        return bool(self.added.size or self.removed.size or self.new_labels.any())


def match_images(
    base: ImageList, head: ImageList, *, by_name: bool = True, beside: OtherSplits = ALONE
) -> Matched:
    """Pair the images of two datasets: by content and path, by content, by path, then by look.

    What shows the same picture in another file is of one content, if nothing else is. What was
    edited and renamed at once is known by its look alone. Each image
    has one partner at most: of three copies against two, one is added. Among copies the one of the
    same labels comes first, then the order of the ids decides.

    Args:
        base: The earlier dataset.
        head: The later one.
        by_name: False if other content under a known path is another image, as in a batch of a
            scanner that counts from 1 every week.
        beside: What both hold besides. What went there or came from there has no other partner.
    """
    pairs_of = _pairs(base, head, beside) if by_name else _by_content(base, head, "keys", [])
    in_order = sorted(pairs_of, key=lambda pair: pair[1])
    pairs = np.array(in_order, dtype=np.int64).reshape(-1, 2)
    renamed = _renamed(base, head, in_order)
    removed = np.setdiff1d(np.arange(len(base.ids)), pairs[:, 0])
    went = [b for b in removed.tolist() if base.shown and base.shown[b] in beside.came]
    matched = Matched(
        pairs=pairs,
        new_content=np.array([base.keys[b] != head.keys[h] for b, h in in_order], dtype=bool),
        new_labels=np.array(
            [_renamed_labels(base.labels[b], renamed) != head.labels[h] for b, h in in_order],
            dtype=bool,
        ),
        added=np.setdiff1d(np.arange(len(head.ids)), pairs[:, 1]),
        removed=removed,
        went=np.array(went, dtype=np.int64),
        renamed=renamed,
    )
    return replace(matched, summary=_summary(base, head, matched))


def moved_alone(base: ImageList, head: ImageList, matched: Matched, chosen: BoolArray) -> Matched:
    """Matching of some of the pairs, which are elsewhere now; nothing came or went beside them.

    Args:
        base: The earlier dataset.
        head: The later one.
        matched: All of their pairs.
        chosen: True for the pairs that are meant, shape (P,).
    """
    none = np.zeros(0, dtype=np.int64)
    some = replace(
        matched,
        pairs=matched.pairs[chosen],
        new_content=matched.new_content[chosen],
        new_labels=matched.new_labels[chosen],
        added=none,
        removed=none,
        went=none,
    )
    kept = _ids(base, head, some.pairs[~some.new_labels & ~some.new_content])
    summary = replace(_summary(base, head, some), moved=kept, unchanged=0)
    return replace(some, summary=summary)


def _renamed_labels(labels: Labels, renamed: Mapping[str, str]) -> Labels:
    return tuple(sorted(renamed.get(name, name) for name in labels))


def _summary(base: ImageList, head: ImageList, matched: Matched) -> Matching:
    """The matching by id."""
    old_names, new_names = set(matched.renamed), set(matched.renamed.values())
    same_labels = ~matched.new_labels
    kept = _ids(base, head, matched.pairs[same_labels & ~matched.new_content])
    modified = _ids(base, head, matched.pairs[same_labels & matched.new_content])
    return Matching(
        added=tuple(head.ids[h] for h in matched.added),
        removed=tuple(base.ids[b] for b in matched.removed),
        modified=tuple(now for _, now in modified),
        relabelled=tuple(now for _, now in _ids(base, head, matched.pairs[matched.new_labels])),
        moved=_other_ids(kept),
        unchanged=len(kept) - len(_other_ids(kept)),
        classes_added=tuple(sorted(head.classes - base.classes - new_names)),
        classes_removed=tuple(sorted(base.classes - head.classes - old_names)),
        classes_renamed=tuple(sorted(matched.renamed.items())),
        converted=_other_ids(modified),
    )


def _ids(base: ImageList, head: ImageList, pairs: IntArray) -> tuple[tuple[str, str], ...]:
    """Id in the base and in the head of each pair."""
    return tuple((base.ids[b], head.ids[h]) for b, h in pairs)


def _other_ids(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Pairs whose two ids differ."""
    return tuple((before, now) for before, now in pairs if before != now)


def _pairs(base: ImageList, head: ImageList, beside: OtherSplits) -> list[Pair]:
    pairs = _by_content(base, head, "keys", [])
    if base.shown and head.shown:
        pairs += _by_content(base, head, "shown", pairs)
    went = {b for b, shown in enumerate(base.shown) if shown in beside.came}
    came = {h for h, shown in enumerate(head.shown) if shown in beside.left}
    taken_b, taken_h = (own | apart for own, apart in zip(_used(pairs), (went, came), strict=True))
    if _names_tell(base, head, pairs):
        same = _same_id(base, head)
        pairs += [(b, h) for b, h in same if b not in taken_b and h not in taken_h]
        pairs += _by_stem(
            base,
            head,
            *(own | apart for own, apart in zip(_used(pairs), (went, came), strict=True)),
        )
    return pairs + _by_look(base, head, pairs, (went, came))


def _names_tell(base: ImageList, head: ImageList, pairs: Sequence[Pair]) -> bool:
    """True if a name stands for one image: not where most of them are another one's now.

    So it is in an array, or where files are numbered, once the first image was taken out.

    Args:
        base: The earlier dataset.
        head: The later one.
        pairs: What is known to belong together, by content.
    """
    names = set(head.ids)
    kept = [base.ids[b] == head.ids[h] for b, h in pairs if base.ids[b] in names]
    return 2 * sum(kept) >= len(kept)


def _by_look(
    base: ImageList, head: ImageList, known: Sequence[Pair], apart: tuple[set[int], set[int]]
) -> list[Pair]:
    """Pairs of what has no partner yet, and looks like one picture."""
    sides = zip((base, head), _used(known), apart, strict=True)
    free = [np.setdiff1d(np.arange(len(s.ids)), [*used, *out]) for s, used, out in sides]
    return alike_pairs(base, head, *free)


def _same_id(base: ImageList, head: ImageList) -> list[Pair]:
    """All pairs of one path."""
    place = {name: b for b, name in enumerate(base.ids)}
    return [(place[name], h) for h, name in enumerate(head.ids) if name in place]


def _used(pairs: Sequence[Pair]) -> tuple[set[int], set[int]]:
    """Positions in base and head that have a partner."""
    return {b for b, _ in pairs}, {h for _, h in pairs}


def _by_stem(base: ImageList, head: ImageList, used_b: set[int], used_h: set[int]) -> list[Pair]:
    """Pairs of one name but for its ending, of the same labels: converted from form to form."""
    stems = {_stem(name): b for b, name in enumerate(base.ids) if b not in used_b}
    return [
        (stems.pop(_stem(name)), h)
        for h, name in enumerate(head.ids)
        if h not in used_h
        and (b := stems.get(_stem(name))) is not None
        and base.labels[b] == head.labels[h]
    ]


def _stem(name: str) -> str:
    """A path without the ending of its file's name."""
    return stem_of(name)


def _by_content(
    base: ImageList, head: ImageList, what: Literal["keys", "shown"], known: Sequence[Pair]
) -> list[Pair]:
    """Pairs of one content that have none yet: of one path first, then those of the same labels.

    Args:
        base: The earlier dataset.
        head: The later one.
        what: Attribute that is the content of each.
        known: Pairs that were found before.
    """
    before, after = getattr(base, what), getattr(head, what)
    used_b, used_h = _used(known)
    pairs = [
        (b, h)
        for b, h in _same_id(base, head)
        if before[b] == after[h] and b not in used_b and h not in used_h
    ]
    used_b, used_h = _used([*known, *pairs])
    left, right = _grouped(before, used_b), _grouped(after, used_h)
    for key in left.keys() & right.keys():
        old = sorted(left[key], key=base.ids.__getitem__)
        new = sorted(right[key], key=head.ids.__getitem__)
        for b in list(old):
            h = next((h for h in new if head.labels[h] == base.labels[b]), None)
            if h is not None:
                pairs.append((b, h))
                old.remove(b)
                new.remove(h)
        pairs += zip(old, new, strict=False)
    return pairs


def _grouped(keys: Sequence[str], used: set[int]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for i, key in enumerate(keys):
        if i not in used:
            groups[key].append(i)
    return groups


def _renamed(base: ImageList, head: ImageList, pairs: Sequence[Pair]) -> dict[str, str]:
    """Classes that vanish while nearly all of their images appear under one new name."""
    gone, new = base.classes - head.classes, head.classes - base.classes
    if not gone or not new:
        return {}
    flow: Counter[tuple[str, str]] = Counter()
    sent: Counter[str] = Counter()
    got: Counter[str] = Counter()
    for b, h in pairs:
        before, after = gone.intersection(base.labels[b]), new.intersection(head.labels[h])
        sent.update(before)
        got.update(after)
        flow.update((a, c) for a in before for c in after)
    return {
        old: name
        for (old, name), count in sorted(flow.items())
        if count >= RENAMED * sent[old] and count >= RENAMED * got[name]
    }
