"""A scene as a PNG file, drawn by Pillow with its own font: the same bytes on every run."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image, ImageColor, ImageDraw, ImageFont

from deri_gate.reports.plots.scene import TONES, WIDTH, Box, Dots, Mark, Stroke, Words
from deri_gate.reports.text import printable

if TYPE_CHECKING:
    from deri_gate.reports.plots.scene import Scene, Shape

SCALE = 4  # pixels a unit while drawing; halved in the end, which smooths edges
ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def as_png(scene: Scene) -> bytes:
    """The scene on white, two pixels a unit."""
    size = WIDTH * SCALE, round(scene.height * SCALE)
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image, "RGBA")
    for shape in scene.shapes:
        _draw(draw, shape)
    file = io.BytesIO()
    half = image.resize((size[0] // 2, size[1] // 2), Image.Resampling.LANCZOS)
    half.save(file, "PNG", optimize=True)
    return file.getvalue()


def _draw(draw: ImageDraw.ImageDraw, shape: Shape) -> None:
    if isinstance(shape, Box):
        right, below = shape.x + shape.width, shape.y + shape.height
        corners = [SCALE * value for value in (shape.x, shape.y, right, below)]
        draw.rectangle(corners, fill=_colour(shape.tone, shape.opacity))
    elif isinstance(shape, Stroke):
        points = [(SCALE * x, SCALE * y) for x, y in shape.points]
        colour = _colour(shape.tone, shape.opacity)
        if shape.filled:
            draw.polygon(points, fill=colour)
        else:
            draw.line(points, fill=colour, width=max(1, round(SCALE * shape.width)))
    elif isinstance(shape, Dots):
        for x, y in shape.points:
            _disc(draw, x, y, shape.radius, _colour(shape.tone, shape.opacity))
    elif isinstance(shape, Mark):
        _disc(draw, shape.x, shape.y, shape.radius + 0.75, _colour(_rim(shape)))
        inner = "paper" if shape.hollow else shape.tone
        _disc(draw, shape.x, shape.y, shape.radius - 0.75, _colour(inner))
    else:
        _write(draw, shape)


def _rim(mark: Mark) -> str:
    return mark.tone if mark.hollow else "paper"


def _disc(
    draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: tuple[int, ...]
) -> None:
    corners = [SCALE * value for value in (x - radius, y - radius, x + radius, y + radius)]
    draw.ellipse(corners, fill=colour)


def _write(draw: ImageDraw.ImageDraw, words: Words) -> None:
    font = ImageFont.load_default(SCALE * words.size)
    place = SCALE * words.x, SCALE * words.y
    text = printable(words.text, 400)
    if not isinstance(font, ImageFont.FreeTypeFont):  # Pillow without FreeType: one font, ASCII
        draw.text(place, text.encode("ascii", "replace").decode(), fill=_colour(words.tone))
        return
    bold = SCALE / 4 if words.bold else 0
    draw.text(
        place,
        text,
        fill=_colour(words.tone),
        font=font,
        anchor=ANCHORS[words.anchor],
        stroke_width=bold,
    )


def _colour(tone: str, opacity: float = 1.0) -> tuple[int, ...]:
    return (*ImageColor.getrgb(TONES[tone]), round(255 * opacity))
