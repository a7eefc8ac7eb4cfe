"""`properties.json`: what the number must do, and whether it does."""

from __future__ import annotations

from typing import Literal

from deri_gate.schemas.base import Count, JsonRecord, Number, PoolInfo, ProfileInfo


class PropertyFigure(JsonRecord):
    """A measured figure of one property, held against its aim."""

    number: Count  # of the property, 1 to 7
    name: str  # of the property
    of: str  # a group of damage, a dataset, a made set
    figure: str  # what was measured
    observed: Number | None
    aim: Number
    better: Literal["at least", "at most"]
    holds: bool | None  # null where it was not measured
    detail: str = ""


class PropertiesBudget(JsonRecord):
    """Settings that decide how much was measured."""

    sizes: tuple[Count, ...]  # numbers of images
    sides: tuple[Count, ...]  # of pictures, in pixels
    images: Count  # at each side, and of each made set
    explained: Count
    metrics: tuple[str, ...]
    seed: Count


class PropertiesDocument(JsonRecord):
    """`properties.json`: a figure a row, and how many of each property hold."""

    schema_version: Literal[1]
    profile: ProfileInfo
    pool: PoolInfo
    budget: PropertiesBudget
    datasets: tuple[str, ...]
    holds: dict[str, tuple[Count, Count]]  # by name of the property: figures that hold, measured
    figures: tuple[PropertyFigure, ...]
