"""Roles of a table's columns: `path=image_id,label=dx,group=lesion_id+site,split=fold`."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

KEYS = ("path", "label", "split", "group", "mask", "time")
ONE_HOT = "onehot:"  # before the names of columns that say 0 or 1 of each class
MULTI_HOT = "multihot:"  # the same where an image may be in none of the classes
_KEYED = re.compile(r"\s*([^\s=:]+)\s*=(.*)", re.DOTALL)
_FORM = "write it as path=image_id,label=dx,group=lesion_id,split=fold"


class Columns(BaseModel):
    """Names of a table's columns; "" where nothing is said and the usual name holds.

    Attributes:
        path: Holds the name of the image file.
        label: Holds the class; or `onehot:A,B,C`, columns that say 0 or 1 of each class, and
            `multihot:A,B,C` where an image may be in none of them.
        split: Holds the split.
        group: Hold what an image belongs with, the one that leakage is about first; or
            `folder:2`, the name of the folder so many above the image.
        mask: Holds the name of the mask's file.
        time: Holds when the image was taken.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    path: str = ""
    label: str = ""
    split: str = ""
    group: tuple[str, ...] = ()
    mask: str = ""
    time: str = ""

    @model_validator(mode="before")
    @classmethod
    def _written(cls, given: Any) -> Any:
        """Take the form of the command line, and a mapping with one group or several."""
        if isinstance(given, str):
            given = parsed(given)
        if isinstance(given, dict):
            group = given.get("group")
            if isinstance(group, str):
                return {**given, "group": tuple(filter(None, map(str.strip, group.split("+"))))}
            if isinstance(group, list):
                return {**given, "group": tuple(group)}
        return given

    def of(self, key: str) -> tuple[str, ...]:
        """The columns named for this key; none where nothing is said of it."""
        named = getattr(self, key)
        if key == "group":
            return tuple(named)
        return (named,) if named else ()

    @property
    def classes(self) -> str | None:
        """Text after `onehot:` or `multihot:`, None where labels are in one column."""
        hot = self.label.startswith((ONE_HOT, MULTI_HOT))
        return self.label.partition(":")[2] if hot else None

    @property
    def may_be_none(self) -> bool:
        """True if an image may be in none of the classes."""
        return self.label.startswith(MULTI_HOT)


def parsed(text: str) -> dict[str, str]:
    """By key what is said of it, in the form of the command line.

    A name that holds a comma is put in double quotes: `label="Findings, all"`.

    Raises:
        ValueError: If a part names no key, or one that does not exist, or one twice.
    """
    columns: dict[str, str] = {}
    last = ""
    for part in _parts(text):
        keyed = _KEYED.fullmatch(part)
        if keyed is None and last == "label" and columns[last].startswith((ONE_HOT, MULTI_HOT)):
            columns[last] += f",{part.strip()}"
            continue
        if keyed is None or keyed[1] not in KEYS:
            named = part.strip() if keyed is None else keyed[1]
            raise ValueError(f"{named!r} is none of {', '.join(KEYS)}: {_FORM}")
        last, value = keyed[1], keyed[2].strip().strip('"')
        if last in columns and last != "group":
            raise ValueError(f"{last!r} is said twice")
        columns[last] = f"{columns[last]}+{value}" if last in columns else value
    return columns


def _parts(text: str) -> list[str]:
    """Cut at commas, but not within double quotes."""
    parts = re.findall(r'(?:"[^"]*"|[^,"])+|"', text)
    if '"' in parts:
        raise ValueError("a double quote is not closed")
    return [part for part in parts if part.strip()] or [""]


def spelled(name: str) -> str:
    """One spelling of a column's name: `Path ` is `path`, `Patient ID` is `patient_id`."""
    return re.sub(r"[\s_.-]+", "", name.casefold())
