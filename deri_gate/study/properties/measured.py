"""Properties that need measuring: sets of nothing, other numbers of images, other sizes."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.data.readers import judged_split, open_dataset
from deri_gate.measuring.evidence import Evidence
from deri_gate.runtime.hashing import json_digest
from deri_gate.schemas.statuses import Status
from deri_gate.study.properties.figures import at_least, at_most
from deri_gate.study.sensitivity.cases import capped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from deri_gate.data.dataset import Dataset, Picture
    from deri_gate.metrics.base import Metric
    from deri_gate.schemas.properties import PropertyFigure
    from deri_gate.study.sensitivity.cases import CaseBench, CaseOutcome

SIDE, MADE_CLASSES = 32, 3  # of the made sets
VERSION = 1  # raised when a made set would be another
BY_SIZE, BY_SIDE = (10.0, 5.0), (10.0, 10.0)  # aims: points of DERI1000, and of a subscore
SCALED = "resolution"  # the one metric that may move with the size of the pictures


@dataclass(frozen=True, kw_only=True)
class PropertyBench:
    """Measures, scores and judges the cases of the properties.

    Attributes:
        cases: Measures and keeps what was measured.
        metrics: Metrics to measure.
        images: Images of each case at one side, and of each made set.
        sizes: Numbers of images to compare, ascending.
        sides: Sides of pictures to compare, in pixels.
    """

    cases: CaseBench
    metrics: tuple[Metric, ...]
    images: int
    sizes: tuple[int, ...]
    sides: tuple[int, ...]

    def outcome(self, key: object, make: Callable[[], Dataset]) -> CaseOutcome:
        """Score and verdict of a case."""
        values = self.cases.values(json_digest(key), make, self.metrics)
        return self.cases.outcome(values, self.metrics)


def figures_of_nothing(bench: PropertyBench) -> Iterator[PropertyFigure]:
    """Property 3: sets without anything to learn do not pass the default gate."""
    for name, make in NOTHING.items():
        with _made(make, bench.images, bench.cases.profile.seed) as dataset:
            key = ["nothing", name, VERSION, bench.images, bench.cases.profile.seed]
            outcome = bench.outcome(key, lambda dataset=dataset: dataset)  # type: ignore[misc]
        failed = outcome.verdict in (Status.FAIL, Status.UNKNOWN)
        yield at_least(3, name, "does not pass", float(failed), 1.0,
                       detail=", ".join(outcome.missed[:3]))  # fmt: skip


def figures_of_size(name: str, dataset: Dataset, bench: PropertyBench) -> list[PropertyFigure]:
    """Property 4: the same source at several numbers of images."""
    sizes = [size for size in bench.sizes if size <= len(dataset)]
    if len(sizes) < 2:  # noqa: PLR2004  # nothing to compare
        return []
    seed = bench.cases.profile.seed
    outcomes = {}
    for size in sizes:
        part = capped(dataset, size, seed=seed)
        key = ["size", _fingerprint(part, bench)]
        outcomes[str(size)] = bench.outcome(key, lambda part=part: part)  # type: ignore[misc]
    return list(_moves(f"{name}: {sizes[0]} to {sizes[-1]} images", outcomes, BY_SIZE))


def figures_of_side(name: str, dataset: Dataset, bench: PropertyBench) -> list[PropertyFigure]:
    """Property 4: the same pictures at several sizes; none is made larger than it is."""
    part = capped(dataset, bench.images, seed=bench.cases.profile.seed)
    least = min(min(part.source.load(int(row)).decode().shape[:2]) for row in part.rows)
    sides = [side for side in bench.sides if side <= least]
    if len(sides) < 2:  # noqa: PLR2004  # nothing to compare
        return []
    outcomes, fingerprint = {}, _fingerprint(part, bench)
    for side in sides:
        with _resized(part, side) as other:
            key = ["side", VERSION, fingerprint, side]
            outcomes[str(side)] = bench.outcome(key, lambda other=other: other)  # type: ignore[misc]
    return list(_moves(f"{name}: {max(sides)} to {min(sides)} px", outcomes, BY_SIDE, but=SCALED))


def _moves(
    of: str, outcomes: Mapping[str, CaseOutcome], aims: tuple[float, float], *, but: str = ""
) -> Iterator[PropertyFigure]:
    scores = {at: outcome.deri1000 for at, outcome in outcomes.items()}
    known = [score for score in scores.values() if score is not None]
    moved = max(known) - min(known) if len(known) == len(outcomes) else None
    said = ", ".join(f"{at}: {score:.0f}" for at, score in scores.items() if score is not None)
    yield at_most(4, of, "points of DERI1000", moved, aims[0], detail=said)
    for metric in next(iter(outcomes.values())).subscores:
        own = [
            v for outcome in outcomes.values() if (v := outcome.subscores.get(metric)) is not None
        ]
        if metric != but and len(own) == len(outcomes):
            yield at_most(4, of, f"points of {metric}", max(own) - min(own), aims[1])


def _fingerprint(dataset: Dataset, bench: PropertyBench) -> str:
    return Evidence(dataset, bench.cases.context, frozenset({"images"})).fingerprint


@contextmanager
def _resized(dataset: Dataset, side: int) -> Iterator[Dataset]:
    """Make the pictures so many pixels wide and high, in a folder that goes again."""
    with tempfile.TemporaryDirectory() as folder:
        for number, (row, labels) in enumerate(zip(dataset.rows, dataset.labels, strict=True)):
            picture = dataset.source.load(int(row)).decode()
            small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
            _write(Path(folder) / "set" / f"{int(labels[0]):04d}" / f"{number:05d}.png", small)
        yield judged_split(open_dataset(str(Path(folder) / "set")))


@contextmanager
def _made(
    make: Callable[[np.random.Generator, int], Picture], images: int, seed: int
) -> Iterator[Dataset]:
    """A made set of three classes, in a folder that goes again."""
    with tempfile.TemporaryDirectory() as folder:
        generator = np.random.default_rng(seed)
        for number in range(images):
            kind = number % MADE_CLASSES
            path = Path(folder) / "set" / f"{kind}" / f"{number:05d}.png"
            _write(path, make(generator, kind))
        yield judged_split(open_dataset(str(Path(folder) / "set")))


def _write(path: Path, picture: Picture) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    in_order = picture if picture.ndim == 2 else picture[..., ::-1]  # noqa: PLR2004  # grey
    _, content = cv2.imencode(".png", in_order)
    path.write_bytes(content.tobytes())


def _solid(generator: np.random.Generator, kind: int) -> Picture:  # noqa: ARG001  # one signature
    """One colour, another in each picture."""
    return np.full((SIDE, SIDE, 3), generator.integers(0, 256, 3), dtype=np.uint8)


def _solid_by_class(generator: np.random.Generator, kind: int) -> Picture:
    """One colour by class, and a little noise."""
    colour = np.array([(230, 40, 40), (40, 230, 40), (40, 40, 230)][kind])
    noise = generator.normal(0, 6, (SIDE, SIDE, 3))
    return np.clip(colour + noise, 0, 255).astype(np.uint8)


def _noise(generator: np.random.Generator, kind: int) -> Picture:  # noqa: ARG001  # one signature
    """White noise, which no class explains."""
    return generator.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)


def _repeated(generator: np.random.Generator, kind: int) -> Picture:  # noqa: ARG001  # one signature
    """One picture for all."""
    return np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)


def _frame(generator: np.random.Generator, kind: int) -> Picture:  # noqa: ARG001  # one signature
    """An empty frame."""
    picture = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
    picture[[0, -1]] = picture[:, [0, -1]] = 255
    return picture


NOTHING: Mapping[str, Callable[[np.random.Generator, int], Picture]] = {
    "solid colours": _solid,
    "a colour by class": _solid_by_class,
    "white noise, random labels": _noise,
    "one picture repeated": _repeated,
    "an empty frame": _frame,
}


def measured_figures(sets: Mapping[str, Dataset], bench: PropertyBench) -> list[PropertyFigure]:
    """Properties 3 and 4, over all datasets that are large enough."""
    steps: Sequence[Callable[[str, Dataset, PropertyBench], list[PropertyFigure]]] = (
        figures_of_size,
        figures_of_side,
    )
    figures = list(figures_of_nothing(bench))
    for name, dataset in sets.items():
        for step in steps:
            figures += step(name, dataset, bench)
    return figures
