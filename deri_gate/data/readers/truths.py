"""Words for yes and no that are one class: `1` and `true` come from one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WORDS = (("0", "false", "no", "n", "f"), ("1", "true", "yes", "y", "t"))
_PLAIN = 2  # the first words of each, which are that among any other classes


def answers_alike(folded: Mapping[str, str]) -> list[list[str]]:
    """Names of classes that mean one answer, where there are several.

    Among other classes, or where all would be one answer, letters and `no` may be classes of their
    own, such as F and N for fracture and normal.

    Args:
        folded: By name of a class, the text that its spellings share.
    """
    texts = {*folded.values()}
    all_answers = all(texts & {*words} for words in _WORDS) and texts <= {*_WORDS[0], *_WORDS[1]}
    known = [words if all_answers else words[:_PLAIN] for words in _WORDS]
    return [found for words in known if _several(found := _named(folded, words), folded)]


def _named(folded: Mapping[str, str], words: Iterable[str]) -> list[str]:
    return sorted(name for name, text in folded.items() if text in words)


def _several(names: Iterable[str], folded: Mapping[str, str]) -> bool:
    return len({folded[name] for name in names}) > 1
