"""Names that differ only in their spelling."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from deri_gate.data.dataset import Column, Dataset, Finding
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


_BLANKS = re.compile(r"\s+")
_BETWEEN = re.compile(r"(?<=\w)[\s_\-]+(?=\w)")
_WHOLE = re.compile(r"[+-]?\d+(?:\.0*)?")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?")
_LIST_MARKS = re.compile(r"[,;/+&]")
_LIST = re.compile(r"""\[(?:\s*(?:'[^']*'|"[^"]*")\s*,?)+\]""")
_SHOWN = 3


def same_class(name: str) -> str:
    """One text for class names that differ by case, blanks, Unicode form or number format."""
    plain = folded_name(name)
    if _NUMBER.fullmatch(plain):
        return _number(plain)
    return _BETWEEN.sub(" ", plain)


def same_group(name: str) -> str:
    """One text for groups that differ so; of numbers only whole ones: 1.10 may not be 1.1."""
    plain = folded_name(name)
    return _number(plain) if _WHOLE.fullmatch(plain) else plain


def _number(text: str) -> str:
    """A number as text without zeros that say nothing; of any length."""
    sign = "-" if text.startswith("-") else ""
    whole, _, part = text.lstrip("+-").partition(".")
    whole, part = whole.lstrip("0") or "0", part.rstrip("0")
    sign = "" if whole == "0" and not part else sign
    return f"{sign}{whole}.{part}" if part else f"{sign}{whole}"


def folded_name(name: str) -> str:
    """One text for names that differ by case, blanks or Unicode form."""
    seen = _visible(unicodedata.normalize("NFKC", name))
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", seen.casefold())).strip()


def _visible(text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c) != "Cf")


def with_spelling(dataset: Dataset) -> Dataset:
    """The dataset with groups of one name as one, and findings on classes of one name."""
    dataset = _groups_as_one(dataset)
    return replace(dataset, findings=(*dataset.findings, *_ambiguous(dataset)))


def _groups_as_one(dataset: Dataset) -> Dataset:
    """Groups that differ only in spelling under their most frequent one, and a note on it."""
    chosen = [_spellings(column.values, same_group) for column in dataset.group_columns]
    if not any(chosen):
        return dataset
    columns = tuple(
        Column(column.name, tuple(choice.get(value, value) for value in column.values))
        for column, choice in zip(dataset.group_columns, chosen, strict=True)
    )
    notes = [
        f"{counted(len(set(choice.values())), 'group')} of {column.name} with several spellings, "
        f"each read as one, such as {', '.join(map(repr, _example(choice)))}"
        for column, choice in zip(columns, chosen, strict=True)
        if choice
    ]
    return replace(
        dataset,
        group_columns=columns,
        groups=columns[0].values,
        reading=replace(dataset.reading, notes=(*dataset.reading.notes, *notes)),
    )


def as_one(values: Sequence[str], same: Callable[[str], str]) -> list[str]:
    """The names, those that differ only in spelling under their most frequent one."""
    chosen = _spellings(values, same)
    return [chosen.get(value, value) for value in values]


def _spellings(values: Sequence[str], same: Callable[[str], str]) -> Mapping[str, str]:
    """By name that is spelled in several ways, its most frequent spelling."""
    count = Counter(filter(None, values))
    alike = _alike(count, same)
    best = {key: min(names, key=lambda n: (-count[n], n)) for key, names in alike.items()}
    return {name: best[key] for key, names in alike.items() for name in names}


def _example(chosen: Mapping[str, str]) -> list[str]:
    first = min(chosen.values())
    return sorted(name for name, choice in chosen.items() if choice == first)[:_SHOWN]


def _alike(names: Iterable[str], same: Callable[[str], str]) -> dict[str, list[str]]:
    """Names that are one but for their spelling, where there are several."""
    spellings: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        spellings[same(name)].append(name)
    return {key: spelling for key, spelling in spellings.items() if len(spelling) > 1}


def _ambiguous(dataset: Dataset) -> list[Finding]:
    """A finding for each class whose name differs from another's only in spelling."""
    counts = dataset.class_counts()
    return [
        Finding(
            kind="spelling",
            path=name,
            detail=f"the class {name!r} ({counted(counts[name], 'image')}) is spelled like "
            + ", ".join(f"{o!r} ({counts[o]})" for o in own if o != name)
            + f": they differ in {_difference(name, own)}",
        )
        for own in _alike(sorted(dataset.classes), same_class).values()
        for name in own
    ] + _joined(dataset)


def _joined(dataset: Dataset) -> list[Finding]:
    """A finding for each class whose name lists others: 'cat,dog', "['cat', 'dog']"."""
    counts = dataset.class_counts()
    plain = {folded_name(name) for name in counts}
    return [
        Finding(
            kind="spelling",
            path=name,
            detail=f"the class {name!r} ({counted(counts[name], 'image')}) reads as several "
            "labels: join them by a bar (cat|dog) if it is",
        )
        for name in sorted(counts)
        if len(parts := _LIST_MARKS.split(folded_name(name).strip("[](){}"))) > 1
        and (_listed(name) or plain.issuperset(part.strip(" '\"") for part in parts))
    ]


def _listed(name: str) -> bool:
    """True if a name is a list as programs write them: ['cat', 'dog']."""
    return bool(_LIST.fullmatch(name.strip()))


def _difference(name: str, names: Sequence[str]) -> str:
    """In what a name differs from the nearest of others."""
    steps: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("Unicode form", lambda text: unicodedata.normalize("NFKC", text)),
        ("case", str.casefold),
        ("blanks", lambda text: "".join(text.split())),
        ("invisible characters", _visible),
        ("number format", same_class),
    )
    for what, step in steps:
        if any(step(name) == step(other) for other in names if other != name):
            return what
    return "case, blanks or form"
