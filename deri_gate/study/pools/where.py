"""Conditions on the datasets of a pool, such as `domain=pathology` or `images>=1000`."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.schemas.pool import Member

TEXTS, COUNTS = ("name", "domain", "licence"), ("images", "classes")
FORM = re.compile(r"\s*(\w+)\s*(>=|<=|!=|=|>|<)\s*(\S.*?)\s*")
ORDERS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One condition on a dataset.

    Attributes:
        text: The condition as it was given.
        key: Field of a member.
        sign: One of `ORDERS`.
        values: What it is compared with; of several, one must fit, or, with `!=`, none.
    """

    text: str
    key: str
    sign: str
    values: tuple[str, ...]

    def fits(self, member: Member) -> bool:
        """True if the dataset meets it; texts are compared without regard to case."""
        own = getattr(member, self.key)
        if self.key in COUNTS:
            return ORDERS[self.sign](own, float(self.values[0]))
        equal = own.casefold() in {value.casefold() for value in self.values}
        return equal == (self.sign == "=")


def read_condition(text: str) -> Condition:
    """Read a condition: a key, a sign and a value, or values joined by vertical bars.

    Raises:
        SettingError: If it is none.
    """
    form = FORM.fullmatch(text)
    if form is None or form[1] not in (*TEXTS, *COUNTS):
        keys = ", ".join((*TEXTS, *COUNTS))
        fix = f"Write KEY=VALUE, or for counts KEY>=NUMBER, with one of {keys}."
        raise SettingError(f"{text!r} is no condition", "--where", fix)
    key, sign, value = form.groups()
    values = tuple(part.strip() for part in value.split("|"))
    if key in TEXTS and sign not in ("=", "!="):
        raise SettingError(f"{key} is a text", "--where", f"Write {key}=VALUE or {key}!=VALUE.")
    if not all(values):
        raise SettingError(f"{text!r} has an empty value", "--where", "Write each value.")
    if key in COUNTS and not (len(values) == 1 and re.fullmatch(r"\d{1,18}", values[0])):
        raise SettingError(f"{value!r} is no number of {key}", "--where", f"Write {key}{sign}1000.")
    return Condition(text=text.strip(), key=key, sign=sign, values=values)
