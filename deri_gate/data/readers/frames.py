"""Files that hold several pictures: which of them is an image of the dataset (`--frames`)."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np

from deri_gate.data import decoding
from deri_gate.data.dataset import Column, Dataset, Source, split_counts
from deri_gate.data.frames import MAX_FRAMES, Frame
from deri_gate.data.readers.assembly import unique
from deri_gate.data.readers.splits import split_rank
from deri_gate.errors import DatasetError
from deri_gate.runtime.hashing import content_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import IntArray
    from deri_gate.data.dataset import Loaded, Picture
    from deri_gate.data.readers.looking import Look

Frames = Literal["", "first", "middle", "all"]
FILE = "files of several frames"  # where groups come from that hold the frames of one file
MOST_IMAGES = 2_000_000  # frames of a dataset; headers may declare more than there are


@runtime_checkable
class Encoded(Protocol):
    """An image in the bytes of a file."""

    @property
    def key(self) -> str:
        """Hash of the bytes."""

    @property
    def where(self) -> str:
        """Name for messages."""

    @property
    def content(self) -> bytes:
        """The bytes."""


@dataclass(frozen=True, kw_only=True)
class FrameImage:
    """One frame of a file's bytes."""

    encoded: Encoded = field(repr=False)
    frame: Frame

    @property
    def key(self) -> str:
        """Hash of the bytes and the frame."""
        return content_hash(f"{self.encoded.key} frame {self.frame}".encode())

    def decode(self) -> Picture:
        """The frame as a person sees it.

        Raises:
            UnreadableImageError: When there is no such frame, or no picture in it.
        """
        return decoding.decode(self.encoded.content, self.encoded.where, self.frame)


class _LastFile:
    """The file that was read last: its frames come one after the other. Pickles empty."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: tuple[int, Loaded] | None = None

    def __reduce__(self) -> tuple[type[_LastFile], tuple[()]]:
        return _LastFile, ()

    def load(self, source: Source, row: int) -> Loaded:
        with self._lock:
            if self._last is None or self._last[0] != row:
                self._last = None  # freed before another is read
                self._last = (row, source.load(row))
            return self._last[1]


@dataclass(frozen=True, kw_only=True)
class FramesSource:
    """Frames of the files of another source.

    Attributes:
        source: Where the files lie.
        rows: Row of the file there, by own row.
        frames: The frame of it, by own row; None for a file that is taken as it is.
    """

    source: Source
    rows: tuple[int, ...] = field(repr=False)
    frames: tuple[Frame, ...] = field(repr=False)
    _last: _LastFile = field(default_factory=_LastFile, repr=False, compare=False)

    def load(self, row: int) -> Loaded:
        """The frame in this row; what is no single file, such as several masks, stays whole.

        Raises:
            UnreadableImageError: When the file's bytes cannot be had.
        """
        if row < 0:
            raise IndexError(row)  # -1 stands for "no mask", never for the last frame
        frame, place = self.frames[row], self.rows[row]
        numbered = isinstance(frame, int)
        loaded = self._last.load(self.source, place) if numbered else self.source.load(place)
        if frame is None or not isinstance(loaded, Encoded):
            return loaded
        return FrameImage(encoded=loaded, frame=frame)


def with_frames(dataset: Dataset, looks: Sequence[Look], frames: Frames) -> Dataset:
    """The dataset with an image for each frame that is asked for, and a word on the others.

    Args:
        dataset: An image a file.
        looks: What the first bytes of each file say.
        frames: "first", "middle" or "all"; "" is the middle slice of a NIfTI volume and the
            first frame of everything else.

    Returns:
        With "all", the frames of a file have ids `path#frame`, counted from 1, and make a group
        where no other group is known.
    """
    several = [i for i, look in enumerate(looks) if look.frames > 1]
    if not several:
        return dataset
    note = _note([looks[i] for i in several], len(looks), frames)
    dataset = dataset.with_notes(*note)
    if not frames:
        return dataset
    if frames == "all":
        return _in_order(_picked(dataset, _every_frame(dataset, looks)))
    picks = [
        _Pick(
            position=i,
            frame=frames if look.frames > 1 else None,
            name=name,
            unasked=frames == _unasked(look.form),
        )
        for i, (look, name) in enumerate(zip(looks, dataset.ids, strict=True))
    ]
    return _picked(dataset, picks)


@dataclass(frozen=True, kw_only=True)
class _Pick:
    """A frame that becomes an image."""

    position: int  # of the file in the dataset
    frame: Frame
    name: str
    group: str = ""  # "" where the file is no group of its own
    unasked: bool = False  # the file shows this frame anyway; its mask, of another form, may not


def _every_frame(dataset: Dataset, looks: Sequence[Look]) -> list[_Pick]:
    """A pick for each frame of each file.

    Raises:
        DatasetError: If the headers declare more frames than a dataset may have images.
    """
    counts = [look.frames if 1 <= look.frames <= MAX_FRAMES else 1 for look in looks]
    if sum(counts) > MOST_IMAGES:
        what = f"its files declare {sum(counts):,} frames, more than {MOST_IMAGES:,}"
        raise DatasetError(what, dataset.name, "Leave --frames all out, or give fewer files.")
    known = dataset.groups or ("",) * len(dataset)
    picks = []
    for i, (name, count) in enumerate(zip(dataset.ids, counts, strict=True)):
        if count == 1:
            picks.append(_Pick(position=i, frame=None, name=name, group=known[i]))
            continue
        width = len(str(count))
        picks += [
            _Pick(position=i, frame=k, name=f"{name}#{k + 1:0{width}d}", group=known[i] or name)
            for k in range(count)
        ]
    return picks


def _picked(dataset: Dataset, picks: Sequence[_Pick]) -> Dataset:
    """The dataset of these frames; a mask gives the frame that its image does."""
    chosen = _with_file_groups(dataset.select(np.array([p.position for p in picks])), picks)
    # The same picture has one key, so decisions and results hold with `--frames` and without.
    rows = [(int(dataset.rows[p.position]), None if p.unasked else p.frame) for p in picks]
    masks, mask_rows = _masks_of(dataset, picks)
    rows += mask_rows
    return replace(
        chosen,
        ids=tuple(unique([pick.name for pick in picks])),
        source=FramesSource(
            source=dataset.source,
            rows=tuple(row for row, _ in rows),
            frames=tuple(frame for _, frame in rows),
        ),
        rows=np.arange(len(picks)),
        masks=masks,
        reading=replace(chosen.reading, splits=split_counts(chosen.splits or ())),
    )


def _masks_of(
    dataset: Dataset, picks: Sequence[_Pick]
) -> tuple[IntArray | None, list[tuple[int, Frame]]]:
    """Row of each frame's mask in the new source, -1 for none, and file and frame of each row."""
    if dataset.masks is None:
        return None, []
    wanted = [(int(dataset.masks[p.position]), p.frame) for p in picks]
    pairs = list(dict.fromkeys(pair for pair in wanted if pair[0] >= 0))
    row_of = {pair: len(picks) + i for i, pair in enumerate(pairs)}  # they follow the images
    return np.array([row_of.get(pair, -1) for pair in wanted]), pairs


def _with_file_groups(chosen: Dataset, picks: Sequence[_Pick]) -> Dataset:
    """The chosen images, those of one file as a group where the reader says so."""
    if not any(pick.group for pick in picks):
        return chosen
    groups = tuple(pick.group for pick in picks)
    columns, source = chosen.group_columns, chosen.reading.group_column or FILE
    first = Column(columns[0].name if columns else source, groups)
    return replace(
        chosen,
        groups=groups,
        group_columns=(first, *columns[1:]),
        reading=replace(chosen.reading, group_column=source),
    )


def _in_order(dataset: Dataset) -> Dataset:
    """Sorted by id within each split, as every dataset is."""
    splits = dataset.splits or ("",) * len(dataset)
    order = sorted(
        range(len(dataset)), key=lambda i: (split_rank(splits[i]), splits[i], dataset.ids[i])
    )
    return dataset.select(np.array(order))


def _unasked(form: str) -> Frames:
    """Frame that a file of this form shows where none is asked for."""
    return "middle" if form == "NIfTI" else "first"


def _note(several: Sequence[Look], total: int, frames: Frames) -> list[str]:
    """A sentence a kind of file: how many hold several frames, and which of them is judged."""
    notes = []
    for form in sorted({look.form for look in several}):
        count = sum(look.form == form for look in several)
        hold = "holds" if count == 1 else "hold"
        rule = frames or _unasked(form)
        judged = "each is an image" if rule == "all" else f"the {rule} one is judged (--frames)"
        notes.append(f"{count:,} of {total:,} files {hold} several frames ({form}): {judged}")
    return notes
