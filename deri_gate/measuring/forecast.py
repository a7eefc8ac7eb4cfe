"""Cost of a check on this machine: each step timed on made images, carried on by its growth."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np
from PIL import Image
from scipy.sparse import csr_array

from deri_gate import explain
from deri_gate.data.picture import CHROMA, THUMBNAIL, model_input, thumbnail
from deri_gate.data.readers.files import EncodedImage
from deri_gate.explain.places import best_places
from deri_gate.explain.probe import ImageToExplain
from deri_gate.explain.shortcuts import MOST
from deri_gate.explain.telling import can_be_told
from deri_gate.features.candidate_index import WholeIndex, nearest_by
from deri_gate.features.candidates import EXACT
from deri_gate.features.learning_curve import MOST_IMAGES, subset_points
from deri_gate.features.linear_probe import fit_probe
from deri_gate.features.neighbour_search import DIRECTIONS, EXACT_BELOW, LISTS_FROM, SAMPLE
from deri_gate.features.neighbours import nearest_neighbours, unit_vectors
from deri_gate.features.picture_record import picture_record
from deri_gate.measuring.duplicate_times import OF_CELLS, duplicate_times
from deri_gate.metrics.diversity import spectrum_of
from deri_gate.metrics.wrong_labels import weigh_labels

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from deri_gate.arrays import FloatArray
    from deri_gate.data.dataset import Picture
    from deri_gate.features.encoder import Encoder
    from deri_gate.metrics.profile import Profile
    from deri_gate.metrics.records import Probe

Made = TypeVar("Made")
SMALL = 64  # px; a smaller picture is made as PNG, as such sets have it
FILES, EXPLAINED = 24, 16  # made images that the steps are timed on
VECTORS, FITTED, THUMBNAILS = 4_096, 1_024, 1_024
LIBRARIES = (  # that a check loads, by processes of its own
    "import torch, deri_gate.commands.check",
    "from deri_gate.gate.spared import load_spared; load_spared()",
)
IN_LISTS = 128_000  # images compared in the time of 64 lists, which a million blends needed
CHOSEN = 512  # vectors among whose candidates the nearest are chosen
# Bytes, measured by whole checks; `docs/scale.md` has them.
BASE = (
    1_150_000_000  # of the program, its libraries, and the encoder with the images it sees at once
)
PER_IMAGE = 20_000  # that an image takes until the end
IN_VIEW = (
    90_000  # more, for each that is looked at together with others, as in the search for marks
)


@dataclass(frozen=True, kw_only=True)
class StepTime:
    """Processor time of one step.

    Attributes:
        name: What is done.
        seconds: Time of one processor.
        growth: Power of the number of images that it grows with: 0, 1, 1.5 or 2.
    """

    name: str
    seconds: float
    growth: float


def step_times(
    images: int, *, size: int, classes: int, profile: Profile, encoder: Encoder
) -> tuple[StepTime, ...]:
    """Time every step on a few made images of this size, and carry it on to as many as asked.

    Args:
        images: How many the dataset has.
        size: Side of its images, in pixels.
        classes: How many classes it has.
        profile: By whose definitions.
        encoder: Its network, on its device.
    """
    rng, k = np.random.default_rng(profile.seed), profile.neighbours
    files = [_made(size, rng) for _ in range(FILES)]
    pictures = [file.decode() for file in files]
    prepared = [model_input(picture, profile.input_size) for picture in pictures]
    width = encoder.embed(prepared[:1]).shape[1]  # a first time, which is slower, and not counted
    vectors = unit_vectors(rng.standard_normal((VECTORS, width), dtype=np.float32))
    duplicates = _near_duplicates(images, rng)
    few = vectors[: max(FITTED, 2 * classes)]
    member = csr_array(np.eye(classes)[np.arange(len(few)) % classes])
    folds = rng.integers(0, profile.folds, len(few))
    fitting, probe = _timed(lambda: fit_probe(few, member, multilabel=False, folds=folds))
    steps: tuple[tuple[str, Callable[[], object], int], ...] = (
        ("decode, and measure pixels", lambda: [_seen(file, profile) for file in files], FILES),
        ("embed", lambda: encoder.embed(prepared * 2), 2 * FILES),
        ("spectrum", lambda: spectrum_of(vectors), VECTORS),
    )
    timed = [
        StepTime(name=name, seconds=_timed(work)[0] * images / done, growth=1)
        for name, work, done in steps
    ]
    return (
        StepTime(name="start", seconds=_starting(), growth=0),
        *timed[:-1],
        duplicates,
        timed[-1],
        _neighbours(vectors, k, images),
        StepTime(name="probe", seconds=fitting * images / len(few), growth=1),
        _learning_curve(few, member, images),
        _suspects(few, member, probe, images),
        _explanations(prepared[:EXPLAINED], probe, encoder, min(images, profile.explained)),
    )


@dataclass(frozen=True, kw_only=True)
class NeighbourTimes:
    """Processor time of what a search for neighbours is made of.

    Attributes:
        exact: Seconds to compare two images in all directions, and to choose.
        looked: Seconds to compare two in few directions.
        chosen: Seconds to choose among the candidates of one.
    """

    exact: float
    looked: float
    chosen: float

    def seconds(self, images: int) -> float:
        """Time for so many images: every pair, candidates among all, or among lists of them."""
        if images < EXACT_BELOW:
            return self.exact * images**2
        among = images if images < LISTS_FROM else min(images, IN_LISTS)
        tries = 2 * SAMPLE * images  # the true neighbours of a sample, and its candidates
        return self.exact * tries + images * (self.looked * among + self.chosen)


def _starting() -> float:
    """Time that processes take to load the libraries of a check."""
    code = "{}; import time; print(time.process_time())"
    said = [
        subprocess.run(  # noqa: S603  # nothing in it is from outside
            [sys.executable, "-P", "-c", code.format(libraries)],
            check=True, capture_output=True, text=True,
        ).stdout
        for libraries in LIBRARIES
    ]  # fmt: skip
    return sum(float(text.split()[-1]) for text in said)


def _learning_curve(few: FloatArray, member: csr_array, images: int) -> StepTime:
    """Time the fits on parts of some vectors, and carry them on to as many as are fitted."""
    seconds = _timed(lambda: subset_points(few, member, multilabel=False, groups=None, seed=0))[0]
    fitted = min(images, MOST_IMAGES)
    growth = 1 if fitted == images else 0
    return StepTime(name="learning curve", seconds=seconds * fitted / len(few), growth=growth)


def _explanations(
    pictures: list[Picture], probe: Probe, encoder: Encoder, explained: int
) -> StepTime:
    """Time the explanations of some pictures, and carry them on to so many."""
    sample = [_to_explain(i, picture) for i, picture in enumerate(pictures)]
    seconds = _timed(lambda: explain.probe_figures.figures(sample, probe, encoder))[0]
    name = f"explain {explained} images"
    return StepTime(name=name, seconds=seconds * explained / len(sample), growth=0)


def _near_duplicates(images: int, rng: np.random.Generator) -> StepTime:
    """Time the search among some made pictures, and carry it on."""
    shown = THUMBNAILS if images <= EXACT else EXACT + 1  # of which cells are made
    small, grey = _thumbnails(shown, rng), np.full((shown, 2), np.nan)
    seconds = duplicate_times(small, grey).seconds(images)
    growth = OF_CELLS if images > EXACT else 1
    return StepTime(name="near duplicates", seconds=seconds, growth=growth)


def _suspects(few: FloatArray, member: csr_array, probe: Probe, images: int) -> StepTime:
    """Time the evidence on labels and the search for marks, and carry them on."""
    rng, looked = np.random.default_rng(0), min(MOST, len(few))
    nearest = rng.integers(0, len(few), (len(few), 10))
    labels = _timed(lambda: weigh_labels(nearest, member, probe.out_of_fold, few))[0]
    pictures = rng.integers(0, 256, (looked, THUMBNAIL, THUMBNAIL), dtype=np.uint8)
    colours = np.full((looked, CHROMA, CHROMA, 2), 128, np.uint8)
    own = member[:looked].toarray() > 0
    own = own[:, [can_be_told(of_class) for of_class in own.T]]
    marks = _timed(lambda: best_places(pictures, colours, own))[0]
    seconds = labels * images / len(few) + marks * min(images, MOST) / looked
    return StepTime(name="suspects", seconds=seconds, growth=1)


def _neighbours(vectors: FloatArray, k: int, images: int) -> StepTime:
    """Time each part of the search on some vectors, and carry it on."""
    count, low = len(vectors), vectors[:, : DIRECTIONS[-1]].copy()
    rows = np.arange(count)
    few = WholeIndex(low=low[:: count // CHOSEN])
    exact = _timed(lambda: nearest_neighbours(vectors, k, device="cpu"))[0]
    among_all = _timed(lambda: [*WholeIndex(low=low).candidates(rows)])[0] / count
    among_few = _timed(lambda: [*few.candidates(rows[: len(few.low)])])[0] / len(few.low)
    chosen = _timed(lambda: nearest_by(few, vectors, rows[: len(few.low)], k))[0]
    times = NeighbourTimes(
        exact=exact / count**2,
        looked=max(0.0, among_all - among_few) / (count - len(few.low)),
        chosen=chosen / len(few.low),
    )
    growth = 2 if images < LISTS_FROM else 1
    return StepTime(name="neighbours", seconds=times.seconds(images), growth=growth)


def memory_of(images: int) -> int:
    """Bytes of memory that a check of this many images takes at its most."""
    return BASE + images * PER_IMAGE + min(images, MOST) * IN_VIEW


def _timed(work: Callable[[], Made]) -> tuple[float, Made]:
    """Processor time of all threads, in seconds, the less of two tries, and what was made.

    Other programs disturb it less than they do the clock. A first try may load libraries.
    """
    spent = []
    for _ in range(2):
        start = time.process_time()
        made = work()
        spent.append(time.process_time() - start)
    return min(spent), made


def _seen(file: EncodedImage, profile: Profile) -> Picture:
    picture = file.decode()
    picture_record(picture, file, profile)
    return model_input(picture, profile.input_size)


def _made(side: int, rng: np.random.Generator) -> EncodedImage:
    """Smooth picture with grain, which compresses about as a photograph does."""
    picture = _smooth(side, rng) + rng.normal(0, 6, (side, side))
    file = io.BytesIO()
    levels = np.clip(picture, 0, 255).astype(np.uint8)
    Image.fromarray(levels).save(file, "PNG" if side < SMALL else "JPEG")
    return EncodedImage(where="made image", content=file.getvalue())


def _thumbnails(count: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    return np.stack([thumbnail(_smooth(SMALL, rng).astype(np.uint8)) for _ in range(count)])


def _smooth(side: int, rng: np.random.Generator) -> FloatArray:
    coarse = rng.integers(0, 256, (max(4, side // 20),) * 2, dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC), float)


def _to_explain(position: int, picture: Picture) -> ImageToExplain:
    return ImageToExplain(position=position, key=str(position), target=0, picture=picture)
