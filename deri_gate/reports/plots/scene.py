"""A plot as plain shapes in a box, free of any format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deri_gate.reports.text import printable

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


@dataclass(frozen=True, kw_only=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    opacity: float = 1.0
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """A line through points, closed and filled where asked for."""

    points: tuple[tuple[float, float], ...]
    tone: str
    width: float = 1.0
    filled: bool = False
    opacity: float = 1.0
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Dots:
    """Many round marks of one kind."""

    points: tuple[tuple[float, float], ...]
    tone: str
    radius: float
    opacity: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One round mark with a text for the pointer, and an image that it leads to.

    Attributes:
        x: Centre.
        y: Centre.
        radius: In units.
        tone: Colour.
        hollow: Whether only its rim is drawn.
        title: Text for the pointer and for screen readers.
        link: Id of the image whose picture it leads to; empty for none.
    """

    x: float
    y: float
    radius: float
    tone: str
    hollow: bool = False
    title: str = ""
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Words:
    """A text."""

    x: float
    y: float
    text: str
    anchor: Anchor = "start"
    tone: str = "soft"
    size: float = 12.0
    bold: bool = False


Shape = Box | Stroke | Dots | Mark | Words


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A plot.

    Attributes:
        name: File name without ending, unique in a report.
        title: Title for people.
        description: What it shows, for screen readers.
        caption: How to read it; may be empty.
        height: Height where the width is `WIDTH`.
        shapes: From back to front.
    """

    name: str
    title: str
    description: str
    caption: str = ""
    height: float
    shapes: tuple[Shape, ...]


def shortened(text: str, most: int) -> str:
    """The text as it is shown, or its beginning with an ellipsis: `most` characters in all."""
    text = printable(text)  # an invisible character takes several
    return text if len(text) <= most else f"{text[: most - 1]}…"
