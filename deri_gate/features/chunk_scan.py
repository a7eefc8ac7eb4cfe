"""Scan of a chunk of images: what is known of each, up to the encoder."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import cv2

from deri_gate.data.contents import Contents
from deri_gate.data.picture import model_input
from deri_gate.data.picture_stack import REDUCED, SMALL, PictureStack
from deri_gate.errors import UnreadableImageError
from deri_gate.features import forms
from deri_gate.features.namespaces import embedding_kind, input_kind, picture_kind
from deri_gate.features.picture_record import picture_records, record_layout
from deri_gate.runtime.memory import budget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.data.dataset import Loaded, Picture, Source
    from deri_gate.metrics.profile import Profile
    from deri_gate.runtime.store import Results


@dataclass(kw_only=True)
class ScannedImage:
    """One image on its way through the pass.

    Attributes:
        row: Its row in the source.
        keep: True if its prepared picture is wanted.
        key: Content hash; empty if it could not be read.
        record: Picture record, as bytes.
        embedding: Half precision, as bytes.
        prepared: Prepared picture, as bytes, where it is wanted.
        to_embed: Prepared picture that the encoder has still to see.
        problem: Reason that it could not be looked at; empty if it could.
        fresh: Names of the parts that were made now, not taken from the store; "decoded" as well.
    """

    row: int
    keep: bool
    key: str = ""
    record: bytes | None = None
    embedding: bytes | None = None
    prepared: bytes | None = None
    to_embed: Picture | None = None
    problem: str = ""
    fresh: set[str] = field(default_factory=set)


class _Decoded(NamedTuple):
    """A picture on its way to its record."""

    image: ScannedImage
    picture: Picture
    content: Loaded


@dataclass(frozen=True, kw_only=True)
class ChunkScan:
    """Scan of one chunk of images, up to the encoder; picklable, so that any engine can do it.

    Three steps: hash every file, as only its own bytes say what it is; take from the store what
    is known of these contents; decode once the images of which something is missing. Small ones
    of one shape are measured together.
    """

    source: Source
    profile: Profile
    store: Results
    embed: bool

    def __call__(self, chunk: Sequence[tuple[int, bool]]) -> list[ScannedImage]:
        """Scan images, given as their rows in the source and whether their picture is kept."""
        images = [ScannedImage(row=row, keep=keep) for row, keep in chunk]
        contents = Contents(self.source)
        for image in images:
            with ProblemNoted(image):
                image.key = contents.key(image.row)
        self._recall([image for image in images if image.key])
        together: defaultdict[tuple[int, ...], list[_Decoded]] = defaultdict(list)
        memory = budget()
        for image in images:
            if image.key and self._is_incomplete(image):
                with ProblemNoted(image), memory.scope():
                    small = self._complete(image, contents.take(image.row, image.key))
                    if small is not None:
                        together[small.picture.shape].append(small)
        for some in together.values():
            with ProblemNoted(*(one.image for one in some)):
                self._record_all(some)
                for one in some:
                    self._prepare(one.image, one.picture)
        return images

    def _recall(self, images: list[ScannedImage]) -> None:
        """Take from the store what is known of the contents of these images."""
        layout, size = record_layout(self.profile), self.profile.input_size
        keys = [image.key for image in images]
        records = self.store.get(
            picture_kind(self.profile, layout), keys, fits=forms.of_length(layout.itemsize)
        )
        embeddings, inputs = {}, {}
        if self.embed:
            to_keep = [image.key for image in images if image.keep]
            is_picture = forms.of_length(3 * size**2)
            embeddings = self.store.get(embedding_kind(self.profile), keys, fits=forms.halves)
            inputs = self.store.get(input_kind(self.profile), to_keep, fits=is_picture)
        for image in images:
            image.record = records.get(image.key)
            image.embedding = embeddings.get(image.key)
            image.prepared = inputs.get(image.key) if image.keep else None

    def _is_incomplete(self, image: ScannedImage) -> bool:
        lacks_embedding = self.embed and image.embedding is None
        lacks_input = self.embed and image.keep and image.prepared is None
        return image.record is None or lacks_embedding or lacks_input

    def _complete(self, image: ScannedImage, content: Loaded) -> _Decoded | None:
        """Decode an image and make what is missing, the embedding excepted.

        Returns:
            The picture of a small one, of which nothing is made yet.
        """
        one = _Decoded(image, content.decode(), content)
        image.fresh.add("decoded")
        height, width = one.picture.shape[:2]
        if height * width <= SMALL:
            return one
        alone = PictureStack.of(one.picture)
        if image.record is None:
            self._record(alone, [one])
        # The smaller picture serves what the network sees, as the record has made it as well.
        self._prepare(
            image, (alone.reduced if self.profile.input_size == REDUCED else alone).stack[0]
        )
        return None

    def _record_all(self, some: Sequence[_Decoded]) -> None:
        """Make the records that are missing, of small pictures of one shape."""
        new = [one for one in some if one.image.record is None]
        if new:
            self._record(PictureStack.of(*(one.picture for one in new)), new)

    def _record(self, pictures: PictureStack, some: list[_Decoded]) -> None:
        """Make the records of pictures of one shape."""
        contents = [one.content for one in some]
        for one, record in zip(
            some, picture_records(pictures, contents, self.profile), strict=True
        ):
            one.image.record = record
            one.image.fresh.add("record")

    def _prepare(self, image: ScannedImage, picture: Picture) -> None:
        if not self.embed:
            return
        prepared = model_input(picture, self.profile.input_size)
        if image.embedding is None:
            image.to_embed = prepared
        if image.keep and image.prepared is None:
            image.prepared = prepared.tobytes()
            image.fresh.add("prepared")


class ProblemNoted:
    """Turns an error of one image, or of a few, into its problem: no other image is affected."""

    def __init__(self, *images: ScannedImage) -> None:
        """Note it in these."""
        self._images = images

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        """Note a problem; any other error goes on."""
        if error is None:
            return False
        problem = _problem_of(error)
        for image in self._images if problem else ():
            image.problem = problem
        return bool(problem)


def _problem_of(error: BaseException) -> str:
    """Reason that an image cannot be looked at; "" for any other error."""
    if isinstance(error, UnreadableImageError):
        return error.what
    if not isinstance(error, (MemoryError, cv2.error)):
        return ""
    code = getattr(error, "code", cv2.Error.StsNoMem)  # OpenCV has one kind of error for all
    return "not enough memory to look at it" if code == cv2.Error.StsNoMem else ""
