"""`run.json`: all that may differ between two equal runs."""

from __future__ import annotations

from typing import Literal

from deri_gate.schemas.base import Count, JsonRecord, Number


class RunDocument(JsonRecord):
    """`run.json`: time, duration, machine and versions."""

    schema_version: Literal[1]
    started: str  # ISO 8601, with its offset from UTC
    seconds: dict[str, Number]  # by step
    decoded: Count  # images that were not known from before
    embedded: Count
    peak_memory_mib: Number | None  # null where the system does not say
    machine: dict[str, str]
    versions: dict[str, str]
