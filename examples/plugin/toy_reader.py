"""Datasets of one-coloured pictures, a line each: `CLASS LEVEL`."""

import io
from pathlib import Path

from PIL import Image

from deri_gate.data.readers.plugin import Reader, Sample


def read(where):
    """Make a picture of each line."""
    for number, line in enumerate(Path(where).read_text("utf-8").splitlines()):
        label, level = line.split()
        picture = Image.linear_gradient("L").point(lambda v, level=int(level): (v + level) % 256)
        file = io.BytesIO()
        picture.save(file, "PNG")
        yield Sample(path=f"{number}.png", content=file.getvalue(), labels=(label,))


READER = Reader(name="greys", read=read, suffixes=(".greys",))
