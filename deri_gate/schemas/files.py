"""The JSON files of the contract, each with its model, in one table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

from deri_gate.schemas.candidates import CandidateLook, LeftOutDocument
from deri_gate.schemas.changes import ChangesDocument, LeaksDocument
from deri_gate.schemas.drift import DriftDocument
from deri_gate.schemas.impact import Impact
from deri_gate.schemas.metrics import MetricsDocument
from deri_gate.schemas.page import PageDocument
from deri_gate.schemas.pool import PoolDocument, SourcesDocument
from deri_gate.schemas.pool_report import PoolDiff, PoolReport
from deri_gate.schemas.properties import PropertiesDocument
from deri_gate.schemas.run import RunDocument
from deri_gate.schemas.scores import ScoresDocument, SubscoresDocument
from deri_gate.schemas.study import DetectionDocument, PoolSummary, SensitivityDocument
from deri_gate.schemas.sufficiency import SufficiencyDocument
from deri_gate.schemas.suite import SuiteDocument
from deri_gate.schemas.validation import ValidationDocument
from deri_gate.schemas.variant import VariantHeader

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

DRAFT = "https://json-schema.org/draft/2020-12/schema"


class _Untitled(GenerateJsonSchema):
    """JSON Schema in which no key has a title made of its own name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  # pydantic's signature
        return False


@dataclass(frozen=True)
class JsonFile:
    """A JSON file of the contract.

    Attributes:
        name: Its usual name, without `.json`.
        model: Every writer and reader of it goes through this model.
    """

    name: str
    model: type[BaseModel]

    @property
    def schema_name(self) -> str:
        """File name of the JSON Schema."""
        return f"{self.name}.schema.json"

    def schema(self) -> dict[str, Any]:
        """Make the JSON Schema from the model."""
        schema = self.model.model_json_schema(schema_generator=_Untitled)
        return {"$schema": DRAFT, "$id": f"urn:deri-gate:{self.name}", **schema}

    def schema_text(self) -> str:
        """Write the JSON Schema: the same bytes for the same model."""
        return json.dumps(self.schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    def shipped(self) -> dict[str, Any]:
        """Read the JSON Schema that the installed package has."""
        text = files("deri_gate.schemas").joinpath(self.schema_name).read_text("utf-8")
        schema: dict[str, Any] = json.loads(text)
        return schema


FILES = (
    JsonFile("metrics", MetricsDocument),
    JsonFile("subscores", SubscoresDocument),
    JsonFile("scores", ScoresDocument),
    JsonFile("validation", ValidationDocument),
    JsonFile("run", RunDocument),
    JsonFile("changes", ChangesDocument),
    JsonFile("leaks", LeaksDocument),
    JsonFile("sufficiency", SufficiencyDocument),
    JsonFile("drift", DriftDocument),
    JsonFile("page", PageDocument),
    JsonFile("pool", PoolDocument),
    JsonFile("sources", SourcesDocument),
    JsonFile("candidate", CandidateLook),
    JsonFile("left_out", LeftOutDocument),
    JsonFile("pool-report", PoolReport),
    JsonFile("pool-diff", PoolDiff),
    JsonFile("impact", Impact),
    JsonFile("sensitivity", SensitivityDocument),
    JsonFile("detection", DetectionDocument),
    JsonFile("properties", PropertiesDocument),
    JsonFile("summary", PoolSummary),
    JsonFile("variant", VariantHeader),
    JsonFile("suite", SuiteDocument),
)


def write_schemas(folder: Path) -> None:
    """Write the JSON Schema of every file."""
    for file in FILES:
        (folder / file.schema_name).write_text(file.schema_text(), encoding="utf-8", newline="\n")
