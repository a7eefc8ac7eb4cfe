"""A scene as SVG: in the colours of a page, or as a file of its own."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from deri_gate.reports.plots.scene import TONES, WIDTH, Box, Dots, Mark, Stroke, Words
from deri_gate.reports.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deri_gate.reports.plots.scene import Scene, Shape

    Colour = Callable[[str], str]

FONT = "system-ui, sans-serif"


def as_inline_svg(scene: Scene, links: Mapping[str, str]) -> str:
    """The scene as an element of a page whose style names the colours.

    Args:
        scene: The plot.
        links: By id of an image, the anchor in the page to which its mark leads.
    """
    drawn = [_linked(shape, links) for shape in scene.shapes]
    role = "group" if any(text.startswith("<a ") for text in drawn) else "img"
    height = _n(scene.height)
    return f'<svg viewBox="0 0 {WIDTH} {height}" {_labelled(scene, role)}>{"".join(drawn)}</svg>'


def _linked(shape: Shape, links: Mapping[str, str]) -> str:
    drawn = _drawn(shape, _variable)
    if not isinstance(shape, Mark) or shape.link not in links:
        return drawn
    return f'<a href="#{_text(links[shape.link])}" aria-label="{_text(shape.title)}">{drawn}</a>'


def as_svg_file(scene: Scene) -> str:
    """The scene as a file, on white."""
    drawn = "".join(_drawn(shape, TONES.__getitem__) for shape in scene.shapes)
    height = _n(scene.height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * WIDTH}" '
        f'height="{_n(2 * scene.height)}" viewBox="0 0 {WIDTH} {height}" '
        f'{_labelled(scene, "img")}><rect width="{WIDTH}" height="{height}" fill="#fff"/>'
        f"{drawn}</svg>\n"
    )


def _labelled(scene: Scene, role: str) -> str:
    return f'role="{role}" aria-label="{_text(f"{scene.title}. {scene.description}")}"'


def _variable(tone: str) -> str:
    return f"var(--{tone})"


def _drawn(shape: Shape, colour: Colour) -> str:
    if isinstance(shape, Box):
        return _closed(
            f'<rect x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.width)}" '
            f'height="{_n(shape.height)}" fill="{colour(shape.tone)}"{_opacity(shape.opacity)}',
            "rect",
            shape.title,
        )
    if isinstance(shape, Stroke):
        return _stroke(shape, colour)
    if isinstance(shape, Dots):
        path = "".join(f"M{_n(x)} {_n(y)}h0" for x, y in shape.points)
        return (
            f'<path d="{path}" fill="none" stroke="{colour(shape.tone)}" stroke-linecap="round" '
            f'stroke-width="{_n(2 * shape.radius)}"{_opacity(shape.opacity)}/>'
        )
    if isinstance(shape, Mark):
        return _mark(shape, colour)
    return _words(shape, colour)


def _stroke(shape: Stroke, colour: Colour) -> str:
    path = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in shape.points)
    fill = f'{path}Z" fill="{colour(shape.tone)}"' if shape.filled else f'{path}" fill="none"'
    line = f' stroke="{colour(shape.tone)}" stroke-width="{_n(shape.width)}"'
    return _closed(f'<path d="{fill}{line}{_opacity(shape.opacity)}', "path", shape.title)


def _mark(shape: Mark, colour: Colour) -> str:
    fill = colour("paper" if shape.hollow else shape.tone)
    rim = colour(shape.tone if shape.hollow else "paper")
    return _closed(
        f'<circle cx="{_n(shape.x)}" cy="{_n(shape.y)}" r="{_n(shape.radius)}" fill="{fill}" '
        f'stroke="{rim}" stroke-width="1.5"',
        "circle",
        shape.title,
    )


def _words(shape: Words, colour: Colour) -> str:
    bold = ' font-weight="650"' if shape.bold else ""
    return (
        f'<text x="{_n(shape.x)}" y="{_n(shape.y)}" text-anchor="{shape.anchor}" '
        f'font-family="{FONT}" font-size="{_n(shape.size)}"{bold} fill="{colour(shape.tone)}">'
        f"{_text(shape.text)}</text>"
    )


def _closed(start: str, tag: str, title: str) -> str:
    return f"{start}><title>{_text(title)}</title></{tag}>" if title else f"{start}/>"


def _opacity(value: float) -> str:
    return "" if value == 1 else f' opacity="{_n(value)}"'


def _text(text: str) -> str:
    """Text that stays text in an element and in an attribute."""
    return escape(printable(text, 400), quote=True)


def _n(value: float) -> str:
    """A number in a tenth of a unit, the same on every machine."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
