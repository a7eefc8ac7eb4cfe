"""A report as Croissant metadata: JSON-LD by which hubs and loaders know a dataset's quality."""

# ruff: noqa: N815  # the names are the standard's

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
from pyarrow import types
from pydantic import Field, JsonValue

from deri_gate.reports.headline import headline_of
from deri_gate.reports.text import LONGEST_TEXT, printable
from deri_gate.schemas.base import JsonRecord, as_json, rounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deri_gate.reports.report import Report

TABLE = "images.parquet"
# Terms of the context of Croissant 1.0; those without a value stand in its own vocabulary.
PLAIN = ("citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty",
         "fileObject", "fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key", "md5",
         "parentField", "path", "recordSet", "references", "regex", "repeated", "replace",
         "samplingRate", "separator", "source", "subField", "transform")  # fmt: skip
CONTEXT: Mapping[str, JsonValue] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "sc": "https://schema.org/",
    **{term: f"cr:{term}" for term in PLAIN},
}
Kind = Literal["sc:Text", "sc:Float", "sc:Integer", "sc:Boolean"]


class Node(JsonRecord):
    """A node of the graph."""


class Named(Node):
    """Reference to another node."""

    id: str = Field(serialization_alias="@id")


class Extract(Node):
    """Part of a file."""

    column: str


class ColumnPlace(Node):
    """Place of a field's values."""

    fileObject: Named
    extract: Extract


class FieldNode(Node):
    """Column of a record set that holds its records itself."""

    type: Literal["cr:Field"] = Field(default="cr:Field", serialization_alias="@type")
    id: str = Field(serialization_alias="@id")
    name: str
    dataType: Kind


class ColumnNode(FieldNode):
    """Column of a record set whose records lie in a file."""

    source: ColumnPlace


class RecordSet(Node):
    """A table."""

    type: Literal["cr:RecordSet"] = Field(default="cr:RecordSet", serialization_alias="@type")
    id: str = Field(serialization_alias="@id")
    name: str
    description: str


class InlineSet(RecordSet):
    """A table whose records stand here."""

    field: tuple[FieldNode, ...]
    data: tuple[dict[str, str | int | float | None], ...]


class FileSetRecords(RecordSet):
    """A table whose records lie in a file."""

    field: tuple[ColumnNode, ...]


class FileObject(Node):
    """A file beside this one."""

    type: Literal["cr:FileObject"] = Field(default="cr:FileObject", serialization_alias="@type")
    id: str = Field(serialization_alias="@id")
    name: str
    contentUrl: str
    encodingFormat: str
    sha256: str


class CroissantDocument(Node):
    """Metadata of a dataset: what was measured, and the limits that it was held to."""

    context: dict[str, JsonValue] = Field(default=dict(CONTEXT), serialization_alias="@context")
    type: Literal["sc:Dataset"] = Field(default="sc:Dataset", serialization_alias="@type")
    conformsTo: Literal["http://mlcommons.org/croissant/1.0"] = "http://mlcommons.org/croissant/1.0"
    name: str
    description: str
    distribution: tuple[FileObject, ...]
    recordSet: tuple[InlineSet | FileSetRecords, ...]


def as_croissant(report: Report) -> str:
    """Write metrics, score and limits as record sets; images too, where the report has a folder.

    Licence, authors and address are the publisher's to add: a gate does not know them.
    """
    info, files = report.metrics.dataset, _files(report)
    tables = (_score(report), _quality(report), _limits(report))
    images = (_images(report.table),) if files else ()
    document = CroissantDocument(
        name=printable(info.name),
        description=printable(f"{info.name}: {headline_of(report).text}", LONGEST_TEXT),
        distribution=files,
        recordSet=(*(table for table in tables if table.data), *images),
    )
    return as_json(document)


def _score(report: Report) -> InlineSet:
    scored, info = report.scored, report.metrics.dataset
    low, high = scored.interval or (None, None)
    row = {
        "title": scored.title, "value": rounded(scored.deri1000), "low": rounded(low),
        "high": rounded(high), "U": rounded(scored.u), "verdict": str(report.verdict),
        "images": info.images, "unreadable": info.unreadable, "classes": info.classes,
        "fingerprint": info.fingerprint, "pool": report.pool.hash,
        "profile": report.metrics.profile.hash,
    }  # fmt: skip
    told = "Score and verdict of deri-gate, and by what they were measured."
    return _inline("score", told, [row])


def _quality(report: Report) -> InlineSet:
    rows = [
        {
            "metric": name, "value": rounded(metric.value),
            "low": (metric.interval or (None, None))[0],
            "high": (metric.interval or (None, None))[1],
            "subscore": rounded(report.subscores.get(name)), "suspects": metric.suspects,
            "reason": metric.reason or "",
        }
        for name, metric in report.metrics.metrics.items()
    ]  # fmt: skip
    told = "Metrics: value with its 95 % interval, subscore from 0 (worst) to 100, suspects."
    return _inline("quality", told, rows)


def _limits(report: Report) -> InlineSet:
    rows = [
        {
            "limit": printable(check.name, LONGEST_TEXT), "severity": check.severity,
            "observed": rounded(check.observed), "status": str(check.status),
        }
        for check in report.checks
    ]  # fmt: skip
    return _inline("limits", "Limits that the dataset was held to.", rows)


def _inline(
    name: str, told: str, rows: Iterable[Mapping[str, str | float | int | None]]
) -> InlineSet:
    """Write a table; a column of numbers may lack some, one of words never does."""
    rows = list(rows)
    columns = list(rows[0]) if rows else []
    words = {c for c in columns if any(isinstance(row[c], str) for row in rows)}
    fields = tuple(
        FieldNode(id=f"{name}/{c}", name=c, dataType="sc:Text" if c in words else "sc:Float")
        for c in columns
    )
    data = tuple({f"{name}/{c}": row[c] for c in columns} for row in rows)
    return InlineSet(id=name, name=name, description=told, field=fields, data=data)


def _files(report: Report) -> tuple[FileObject, ...]:
    """The table of images, where it was written."""
    if report.folder is None:
        return ()
    with (report.folder / TABLE).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    kind = "application/x-parquet"
    return (FileObject(id=TABLE, name=TABLE, contentUrl=TABLE, encodingFormat=kind, sha256=digest),)


def _images(table: pa.Table) -> FileSetRecords:
    fields = tuple(
        ColumnNode(
            id=f"images/{column}",
            name=column,
            dataType=_kind(kind),
            source=ColumnPlace(fileObject=Named(id=TABLE), extract=Extract(column=column)),
        )
        for column, kind in zip(table.column_names, table.schema.types, strict=True)
    )
    told = "A row per image: path, label, its values, and why to look at it."
    return FileSetRecords(id="images", name="images", description=told, field=fields)


def _kind(values: pa.DataType) -> Kind:
    if types.is_boolean(values):
        return "sc:Boolean"
    if types.is_integer(values):
        return "sc:Integer"
    return "sc:Float" if types.is_floating(values) else "sc:Text"
