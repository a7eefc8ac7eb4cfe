"""`variant.json`: what a degraded variant is made of."""

from __future__ import annotations

from typing import Literal

from deri_gate.schemas.base import Count, JsonRecord, Number

HEADER = "variant.json"


class RecipeInfo(JsonRecord):
    """Everything that decides what is in a variant."""

    fingerprint: str  # of the dataset it is made from
    group: str
    level: str
    strength: Number
    seed: Count
    share: Number  # part of the images it may touch
    version: Count  # of the code that does it


class VariantHeader(JsonRecord):
    """`variant.json`: recipe and classes of a variant, and the sizes of its other files."""

    schema_version: Literal[1]
    recipe: RecipeInfo
    recipe_hash: str
    dataset: str
    classes: tuple[str, ...]
    images: Count
    files: dict[str, Count]  # name: bytes
