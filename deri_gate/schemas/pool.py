"""`pool.json`, and the list of sources that a pool is calibrated with."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel, SerializerFunctionWrapHandler, model_serializer

from deri_gate.schemas.base import JsonRecord, Number

LEAST = 3  # datasets in a pool: a median of two says nothing


class PoolProfile(JsonRecord):
    """Profile that a pool was measured with, and the definition of each metric."""

    name: str
    hash: str
    definitions: dict[str, str] = Field(default_factory=dict)  # by metric; none in pools up to 0.1

    @model_serializer(mode="wrap")
    def _without_empty(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is empty, so that a pool without definitions is written as it was."""
        return {key: value for key, value in plain(self).items() if value != {}}


class Member(JsonRecord):
    """One reference dataset: where it comes from and what it measures."""

    name: str
    version: str
    licence: str
    source: str
    fingerprint: str  # of the images and labels that were measured
    images: int = Field(gt=0)
    classes: int = Field(gt=0)
    metrics: dict[str, Number]  # raw values by metric id
    domain: str = ""  # its field, such as pathology; "" where it is not said

    @model_serializer(mode="wrap")
    def _without_none(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out a domain that is not said, so that older pools keep their bytes and hash."""
        return {k: v for k, v in plain(self).items() if k != "domain" or v}


Weights = dict[str, Annotated[Number, Field(ge=0)]]


class PoolDocument(JsonRecord):
    """`pool.json`: the reference datasets, what they measure, and the weights of the metrics.

    Attributes:
        weights: Weights of the metrics in U, unless a name of `other_weights` is asked for.
        other_weights: Further sets of weights by name, such as "published". Those called
            "monotone" are made of the study of the pool, and no part of its hash.
        power: Power of the weighted mean that U is: 1 is the arithmetic mean, the paper's words;
            towards 0, the geometric mean, a bad subscore is bought off less by good ones.
        left_out: By name, why a candidate is not in the pool.
    """

    schema_version: Literal[1]
    name: str
    profile: PoolProfile
    weights: Weights
    other_weights: dict[str, Weights] = Field(default_factory=dict)
    power: Annotated[Number, Field(ge=0)] = 1.0
    datasets: tuple[Member, ...] = Field(min_length=LEAST)
    left_out: dict[str, str] = Field(default_factory=dict)

    @model_serializer(mode="wrap")
    def _as_before(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is as it always was, so that older pools keep their bytes and hash."""
        usual: dict[str, object] = {"other_weights": {}, "power": 1.0, "left_out": {}}
        return {k: v for k, v in plain(self).items() if k not in usual or v != usual[k]}


class Provenance(JsonRecord):
    """Origin of a dataset of the pool, as written in a sources file."""

    name: str  # as in the dataset's metrics.json
    path: str  # below the folder that holds the datasets; what to measure
    version: str
    licence: str
    source: str
    domain: str = ""  # its field, such as pathology, by which a pool may be derived


class SourcesDocument(RootModel[tuple[Provenance, ...]]):
    """A sources file for `deri-gate calibrate`: written by hand, without a version."""
