"""Map of the images: their embeddings in a plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.class_titles import titles_of
from deri_gate.data.sampling import balanced_sample
from deri_gate.features.kept_arrays import kept_arrays
from deri_gate.reports.plots.projection import VERSION, WORDS, projected
from deri_gate.reports.plots.scene import CLASS_TONES, WIDTH, Dots, Mark, Scene, Words, shortened
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.features.kept_arrays import Arrays
    from deri_gate.measuring.measure import Measured
    from deri_gate.reports.plots.projection import Projection
    from deri_gate.reports.plots.scene import Shape
    from deri_gate.runtime.store import Store

DRAWN = 3000  # images as dots, as many of each class as there are
MARKED = 200  # images of exhibits
HEIGHT = 300
EDGE = 10
LEAST = 3  # images of which a plane can be made


def map_scene(
    measured: Measured, named: Collection[str], projection: Projection = "pca"
) -> Scene | None:
    """Dots by class; images of the exhibits as marks that lead to their picture.

    Args:
        measured: The dataset; None comes out where it has no embeddings or is tiny.
        named: Ids of the exhibited images.
        projection: Way in which the embeddings are laid out.
    """
    evidence = measured.evidence
    if evidence.scan.embeddings is None or len(evidence.dataset) < LEAST:
        return None
    ids = evidence.dataset.ids
    drawn = np.array(sorted(balanced_sample(evidence.dataset, DRAWN, seed=42)), dtype=np.int64)
    chosen = [i for i, name in enumerate(ids) if name in named][:MARKED]
    every = np.union1d(drawn, np.array(chosen, dtype=np.int64))
    if not len(every):  # without labels none is drawn
        return None
    places = _in_box(_laid_out(evidence.embeddings[every], projection, evidence.context.store))
    at = {int(i): (float(x), float(y)) for i, (x, y) in zip(every, places, strict=True)}
    tones, titles = _tones(measured), titles_of(measured.evidence.dataset)
    shapes: list[Shape] = [*_dots(measured, drawn, at, tones)]
    for i in chosen:
        x, y = at[i]
        label = ", ".join(titles[c] for c in evidence.dataset.labels[i])
        shapes.append(
            Mark(x=x, y=y, radius=4, tone=tones[_first(measured, i)], title=f"{ids[i]} ({label})",
                 link=ids[i])
        )  # fmt: skip
    legend, below = _legend(measured, tones)
    less = f" {len(drawn):,} of {len(ids):,} images are drawn." if len(drawn) < len(ids) else ""
    return Scene(
        name="map",
        title="Map of the images",
        description=f"{len(drawn):,} images; {len(chosen)} that this report shows are marked",
        caption=f"Images that look alike to the encoder lie close together ({WORDS[projection]}). "
        f"Rimmed dots are images that this report shows.{less}",
        height=HEIGHT + below,
        shapes=(*shapes, *legend),
    )


def _laid_out(rows: FloatArray, projection: Projection, store: Store) -> FloatArray:
    """A place for each row; kept, but for UMAP, whose own version decides, too."""
    if projection == "umap":
        return projected(rows, projection)

    def check(arrays: Arrays) -> None:
        if arrays["places"].shape != (len(rows), 2):
            raise ValueError(len(rows))

    kind = f"map-{VERSION}-{projection}"
    made = kept_arrays(
        store, kind, [rows], lambda: {"places": projected(rows, projection)}, check=check
    )
    return made["places"]


def _in_box(flat: FloatArray) -> FloatArray:
    """Places in units of the plot, shape (n, 2); the farthest few lie on its edge."""
    low, high = np.quantile(flat, [0.002, 0.998], axis=0)
    inside = np.clip((flat - low) / np.maximum(high - low, 1e-12), 0, 1)
    box = np.array([WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE])
    return np.asarray(np.round(EDGE + inside * box, 1))


def _first(measured: Measured, i: int) -> int:
    own = measured.evidence.dataset.labels[i]
    return own[0] if own else -1


def _tones(measured: Measured) -> dict[int, str]:
    """Colour of each class: the largest have one of their own, all others share grey."""
    dataset = measured.evidence.dataset
    counts = dataset.class_counts()
    order = sorted(range(len(dataset.classes)), key=lambda k: (-counts[dataset.classes[k]], k))
    own = dict(zip(order, CLASS_TONES, strict=False))
    return {k: own.get(k, "soft") for k in (*order, -1)}


def _dots(
    measured: Measured, drawn: IntArray, at: Mapping[int, tuple[float, float]],
    tones: Mapping[int, str],
) -> Iterator[Dots]:  # fmt: skip
    by_tone: dict[str, list[tuple[float, float]]] = {}
    for i in drawn.tolist():
        by_tone.setdefault(tones[_first(measured, i)], []).append(at[i])
    for tone in sorted(by_tone):
        yield Dots(points=tuple(by_tone[tone]), tone=tone, radius=1.6, opacity=0.8)


def _legend(measured: Measured, tones: Mapping[int, str]) -> tuple[list[Shape], float]:
    """Names of the coloured classes below the map, and the number of grey ones; their height."""
    titles = titles_of(measured.evidence.dataset)
    classes = {k: tone for k, tone in tones.items() if k >= 0}
    entries = [(tone, titles[k]) for k, tone in classes.items() if tone != "soft"]
    if grey := len(classes) - len(entries):
        entries.append(("soft", counted(grey, "more class")))
    shapes: list[Shape] = []
    for place, (tone, text) in enumerate(entries):
        x, y = (place % 2) * WIDTH / 2 + 8, HEIGHT + 14 + 18 * (place // 2)
        shapes.append(Mark(x=x, y=y - 4, radius=4, tone=tone))
        shapes.append(Words(x=x + 9, y=y, text=shortened(text, 26), size=11.5, tone="ink"))
    return shapes, 18.0 * -(-len(entries) // 2) + 6
