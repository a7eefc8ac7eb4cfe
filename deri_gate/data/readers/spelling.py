"""Names that differ only in their spelling."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from deri_gate.data.dataset import Column, Dataset, Finding
from deri_gate.data.readers.truths import answers_alike
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


_BLANKS = re.compile(r"\s+")
_BETWEEN = re.compile(r"(?<=\w)[\s_\-]+(?=\w)")
_BEFORE_DIGITS = re.compile(r"(?<=[^\W\d_])[\s_\-]+(?=\d)")
_LEADING_ZEROS = re.compile(r"(?<=[^\W\d_])0+(?=\d)")
_WHOLE = re.compile(r"[+-]?\d+(?:\.0*)?")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?")
_POWER = re.compile(r"\d(?:\.\d{1,15})?e\+?\d\d?", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+", re.ASCII)
_LIST_MARKS = re.compile(r"[,;/+&]")
_LIST = re.compile(r"""\[\s*+(?:(?:'[^']*'|"[^"]*")\s*+,?\s*+)++\]""")
_SHOWN = 3
# Letters of other alphabets that are drawn like Latin ones, as small letters; by their capitals, as
# a font may show either. Not the Greek mu: 5 \u03bcm is not 5 mm.
_FOREIGN = (
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0455\u0456\u0458\u0501"
    "\u03b1\u03b2\u03b5\u03b6\u03b7\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7"
)
_LATIN = "abekmhopctyxsijd" + "abezhiknoptyx"
_SIGNS = str.maketrans(  # dashes and a minus, quotes, slashes, times: as typed, and as set
    "\u2010\u2012\u2013\u2014\u2015\u2043\u2212\u2018\u2019\u201b\u02bc\u02b9\u2032"
    "\u201c\u201d\u201e\u201f\u2044\u2215\u00d7\u2a2f",
    "-------" + "''''''" + '""""' + "//" + "xx",
)
_SMALL, _LATIN_SMALL = "\u0131\u0251\u04cf", "ial"  # their capitals are Latin, or drawn otherwise
_LETTERS = str.maketrans(
    _FOREIGN + _FOREIGN.upper() + _SMALL, _LATIN + _LATIN.upper() + _LATIN_SMALL
)
_DRAWN_ALIKE = _LETTERS | _SIGNS
# Characters that draw nothing though they are letters, marks or signs: fillers, selectors of a
# variant, the joiner of graphemes and a blank of Braille.
_UNDRAWN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\uffa0\ufe00-\ufe0f"
    "\ufff0-\ufff8\U000e0000-\U000e0fff]"
)

_NO_MARKS = ("Cf", "Cc")  # categories of formats and of controls
_MARKS_AT_THE_END, _QUOTES = "_.,;:", "\"'"
_DOT_ON_DOTTED = re.compile("(?<=[ij])\u0307")  # the small letter of \u0130 is i and such a dot


def same_class(name: str) -> str:
    """One text for class names that differ by case, blanks, form of numbers or of characters.

    Letters of other alphabets that look like Latin ones are taken for those, and dashes and quotes
    as they are set for those of a keyboard. Marks that end a
    word, and quotes around it, say nothing; a sign such as + or - does.
    """
    plain = _unquoted(as_it_looks(name))
    word = plain.rstrip(_MARKS_AT_THE_END)
    plain = word if word[-1:].isalnum() else plain
    if _NUMBER.fullmatch(plain):
        return _number(plain)
    return _BETWEEN.sub(" ", _BEFORE_DIGITS.sub("", plain))


def same_group(name: str) -> str:
    """One text for groups that differ so; of numbers only whole ones: 1.10 may not be 1.1."""
    plain = folded_name(name)
    return _number(plain) if _WHOLE.fullmatch(plain) else plain


def same_patient(name: str) -> str:
    """One text for numbers of one patient: as groups are, and `P-0007`, `P_7` and `p7` too.

    What stands between letters and their number, zeros before it, quotes around it, and the forms
    that spreadsheets give to numbers (1E+05, 100,000) say nothing. All else may.
    """
    text = as_it_looks(name)
    plain = same_group(text.strip(f"{_QUOTES} ") or text)
    return _in_digits(_LEADING_ZEROS.sub("", _BEFORE_DIGITS.sub("", plain)))


def _in_digits(text: str) -> str:
    """A whole number that a spreadsheet has shortened, or parted by commas, in its digits."""
    if _POWER.fullmatch(text):
        number = Decimal(text)
        return str(int(number)) if number == int(number) else text
    return _number(text.replace(",", "")) if _THOUSANDS.fullmatch(text) else text


def _number(text: str) -> str:
    """A number as text without zeros that say nothing; of any length."""
    sign = "-" if text.startswith("-") else ""
    whole, _, part = text.lstrip("+-").partition(".")
    whole, part = whole.lstrip("0") or "0", part.rstrip("0")
    sign = "" if whole == "0" and not part else sign
    return f"{sign}{whole}.{part}" if part else f"{sign}{whole}"


def as_it_looks(name: str) -> str:
    """One text for names that look alike but for case and blanks, whatever their alphabet."""
    return folded_name(folded_name(name).translate(_DRAWN_ALIKE))


def _unquoted(text: str) -> str:
    """The text without quotes around it, however many: each character is looked at once."""
    start, last = 0, len(text) - 1
    while last - start > 1 and text[start] == text[last] and text[start] in _QUOTES:
        start, last = start + 1, last - 1
        start += start < last and text[start] == " "  # never two: see `folded_name`
        last -= start < last and text[last] == " "
    return text[start : last + 1].strip() or text


def folded_name(name: str) -> str:
    """One text for names that differ by case, blanks or Unicode form."""
    seen = _visible(unicodedata.normalize("NFKC", name))
    small = _DOT_ON_DOTTED.sub("", unicodedata.normalize("NFKC", seen.casefold()))
    return _BLANKS.sub(" ", small).strip()


def _visible(text: str) -> str:
    """The text without what draws nothing: fixed fields of databases end in null characters."""
    drawn = _UNDRAWN.sub("", text)
    return "".join(c for c in drawn if c.isspace() or unicodedata.category(c) not in _NO_MARKS)


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
    return replace(dataset, group_columns=columns, groups=columns[0].values).with_notes(*notes)


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
    """A finding for each class whose name says what another's does."""
    counts = dataset.class_counts()
    spelled = [
        _named(
            name,
            own,
            counts,
            says="is spelled like",
            more=f": they differ in {_difference(name, own)}",
        )
        for own in _alike(sorted(dataset.classes), same_class).values()
        for name in own
    ]
    answers = [
        _named(name, own, counts, says="means what", more=" does: write one word for each answer")
        for own in answers_alike({name: same_class(name) for name in counts})
        for name in own
    ]
    return [*spelled, *answers, *_joined(dataset)]


def _named(
    name: str, own: Sequence[str], counts: Mapping[str, int], *, says: str, more: str
) -> Finding:
    """A finding on one of several names of what may be one class."""
    others = ", ".join(f"{other!r} ({counts[other]})" for other in own if other != name)
    said = f"the class {name!r} ({counted(counts[name], 'image')}) {says} {others}{more}"
    return Finding(kind="spelling", path=name, detail=said)


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
    """Differences of a name from the one of the others that differs least."""
    ways = [_ways_between(name, other) for other in names if other != name]
    fewest = min(ways, key=len)
    return " and ".join(fewest)


def _ways_between(name: str, other: str) -> list[str]:
    """Ways in which two names differ, without which they would be the same."""
    needed = list(_WAYS)
    for way in _WAYS:
        rest = [one for one in needed if one != way]
        if _without(rest, name) == _without(rest, other):
            needed = rest
    same = _without(needed, name) == _without(needed, other)
    return needed if same else ["Unicode form"]  # a form that only two passes take away


def _without(ways: Iterable[str], name: str) -> str:
    """The name without what tells spellings apart in these ways."""
    for way in ways:
        name = _WAYS[way](name)
    return name


_WAYS: Mapping[str, Callable[[str], str]] = {
    "Unicode form": lambda text: unicodedata.normalize("NFKC", text),
    "invisible characters": _visible,
    "case": str.casefold,
    "dashes, quotes or other signs": lambda text: text.translate(_SIGNS),
    "letters of another alphabet": lambda text: text.translate(_LETTERS),
    "dashes or underscores": lambda text: _BETWEEN.sub("", text),
    "blanks": lambda text: "".join(text.split()),
    "number format": lambda text: _number(text) if _NUMBER.fullmatch(text) else text,
}
