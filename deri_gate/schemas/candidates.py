"""Findings of a look at the candidates for a pool."""

from __future__ import annotations

from typing import Literal

from deri_gate.schemas.base import Count, JsonRecord


class CandidateLook(JsonRecord):
    """One candidate: what it holds, and why it cannot take part, if so.

    Attributes:
        name: Key in params.yaml.
        reading: Digest of manifest and options for reading it, as params.yaml has them.
        reason: Why it cannot take part, "" if it can.
        images: Number of images, of every split.
        classes: Number of classes that have an image.
        multilabel: Whether an image may be of several classes.
        contents: Digest of names, labels, splits and contents.
        distinct: Number of different contents.
        sketch: Smallest content hashes, ascending; all of them where there are few.
    """

    schema_version: Literal[1]
    name: str
    reading: str
    reason: str
    images: Count
    classes: Count
    multilabel: bool
    contents: str
    distinct: Count
    sketch: tuple[str, ...]


class LeftOutDocument(JsonRecord):
    """Candidates that do not take part, with reasons, and remarks on those that do."""

    schema_version: Literal[1]
    left_out: dict[str, str]
    notes: dict[str, str]
