"""A plot as plain shapes in a box, free of any format; `page.json` keeps it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from deri_gate.schemas.base import JsonRecord, Number

Anchor = Literal["start", "middle", "end"]
WIDTH = 400  # units of every plot's width: about pixels on a phone
TONES = {
    "ink": "#1b1f24",
    "soft": "#59636e",
    "line": "#d0d7de",
    "paper": "#ffffff",
    "pass": "#1a7f37",
    "warn": "#9a6700",
    "fail": "#cf222e",
    "unknown": "#6e40c9",
    "mark": "#0b5cad",
    "band": "#dbe9f9",
    "c0": "#0072b2",
    "c1": "#d55e00",
    "c2": "#009e73",
    "c3": "#aa4499",
    "c4": "#8a6d00",
    "c5": "#56b4e9",
    "c6": "#882255",
    "c7": "#44aa99",
}  # the last eight tell classes apart, for colour-blind readers too (Okabe and Ito; Tol)
CLASS_TONES = tuple(name for name in TONES if name[0] == "c" and name[1:].isdigit())


def _known_tone(name: str) -> str:
    if name not in TONES:
        raise ValueError(f"there is no tone {name[:20]!r}")
    return name


Tone = Annotated[str, AfterValidator(_known_tone), Field(json_schema_extra={"enum": [*TONES]})]
Points = tuple[tuple[Number, Number], ...]


class Box(JsonRecord):
    """A filled rectangle."""

    kind: Literal["box"] = "box"
    x: Number
    y: Number
    width: Number
    height: Number
    tone: Tone
    opacity: Number = 1.0
    title: str = ""


class Stroke(JsonRecord):
    """A line through points, closed and filled where asked for."""

    kind: Literal["stroke"] = "stroke"
    points: Points
    tone: Tone
    width: Number = 1.0
    filled: bool = False
    opacity: Number = 1.0
    title: str = ""


class Dots(JsonRecord):
    """Many round marks of one kind."""

    kind: Literal["dots"] = "dots"
    points: Points
    tone: Tone
    radius: Number
    opacity: Number = 1.0


class Mark(JsonRecord):
    """One round mark with a text for the pointer, and an image that it leads to."""

    kind: Literal["mark"] = "mark"
    x: Number  # of the centre
    y: Number
    radius: Number  # in units
    tone: Tone
    hollow: bool = False  # whether only its rim is drawn
    title: str = ""  # for the pointer and for screen readers
    link: str = ""  # id of the image whose picture it leads to; empty for none


class Words(JsonRecord):
    """A text."""

    kind: Literal["words"] = "words"
    x: Number
    y: Number
    text: str
    anchor: Anchor = "start"
    tone: Tone = "soft"
    size: Number = 12.0
    bold: bool = False


Shape = Annotated[Box | Stroke | Dots | Mark | Words, Field(discriminator="kind")]


class Scene(JsonRecord):
    """A plot."""

    # File name without ending, unique in a report; never a path.
    name: str = Field(pattern=r"^[A-Za-z0-9_]+(\.[A-Za-z0-9_-]+)*$", max_length=120)
    title: str  # for people
    description: str  # what it shows, for screen readers
    caption: str = ""  # how to read it; may be empty
    height: Number  # where the width is `WIDTH`
    shapes: tuple[Shape, ...]  # from back to front
