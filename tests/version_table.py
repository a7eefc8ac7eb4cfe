"""Table of all version numbers, each with the code that it names and what that builds on.

`python -m tests.version_table` writes it as the code is now; `test_versions.py` holds it to that.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from deri_gate.damage.catalogue import SCENARIOS, VARIANTS
from deri_gate.data import limits
from deri_gate.explain import masks, paper, places, probe
from deri_gate.features import (
    cells,
    learning_curve,
    linear_probe,
    near_duplicates,
    neighbours,
    overlay,
    picture_record,
)
from deri_gate.gate import kept as judgements
from deri_gate.measuring import apart, kept_oddities
from deri_gate.metrics import diversity, wrong_labels
from deri_gate.metrics.catalogue import METRICS, NAMES
from deri_gate.metrics.profile import EMBEDDED_VERSION
from deri_gate.networks import budget
from deri_gate.reports.plots import projection
from deri_gate.schemas.files import FILES
from deri_gate.study.sensitivity import cases
from tests.code_reach import (
    EVIDENCE,
    ROOMS,
    Place,
    everything_in,
    evidence,
    members,
    modules_of,
    reached,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.metrics.base import Metric

TABLE = Path(__file__).with_name("versions.csv")
PICTURES = f"{limits.VERSION}.{picture_record.VERSION}"  # decoders, and what a record holds


@dataclass(frozen=True)
class Versioned:
    """A version number and the code that it names.

    Attributes:
        name: What is versioned.
        version: The number, or several.
        roots: Definitions from which all of the code is reached.
        entries: Definitions at which other code comes to it, and stops.
        rooms: Rooms that its code may lie in.
    """

    name: str
    version: str
    roots: tuple[Place, ...]
    entries: tuple[Place, ...] = ()
    rooms: tuple[str, ...] = ROOMS


@dataclass(frozen=True)
class Row:
    """A row of the table."""

    name: str
    version: str
    code: str
    builds_on: str


def of_metrics() -> Iterator[Versioned]:
    """Each definition of each metric: its function, and the evidence that it asks for."""

    def one(name: str, metric: Metric) -> Versioned:
        function = metric.compute or metric.of_image
        own = (function.__module__, function.__name__)
        return Versioned(
            name, str(metric.version), (own, *evidence(*(metric.needs or ("images",))))
        )

    for metric in METRICS:
        if metric.name in NAMES:
            yield one(f"metric {metric.name}", metric)
            if metric.paper is not None:
                yield one(f"metric {metric.name}, as in the paper", metric.paper)


def of_evidence() -> Iterator[Versioned]:
    """Each part of the evidence that is kept."""
    decoders = [m for m in modules_of("data") if not m.startswith("data.readers.")]
    for name, version, member, others in (
        ("pictures and their measures", PICTURES, "scan", decoders),
        ("embedded encoder", EMBEDDED_VERSION, "encoder", ["features.efficientnet_lite"]),
        ("neighbours", neighbours.VERSION, "neighbours", []),
        ("spectrum", diversity.SPECTRUM, "spectrum", []),
        ("probe", linear_probe.VERSION, "probe", []),
        ("explanations", probe.VERSION, "explanations", []),
        ("paper explanations", paper.VERSION, "paper_explanations", []),
        ("mask explanations", masks.VERSION, "mask_explanations", []),
        ("training", budget.VERSION, "_training", ["networks.loop", "networks.grid"]),
    ):
        entry, roots = evidence(member), tuple(p for m in others for p in everything_in(m))
        yield Versioned(name, str(version), entry + roots, entry)
    pairs = (("deri_gate.features.near_duplicates", "near_duplicates"),)
    yield Versioned("near duplicates", str(near_duplicates.VERSION), pairs, pairs)
    laid_over = (("deri_gate.features.second_shots", "_least_left"),)
    yield Versioned("overlay", str(overlay.VERSION), laid_over, laid_over)
    in_cells = tuple(
        ("deri_gate.features.many_pictures", name)
        for name in ("plausible_of_many", "turned_of_many")
    )
    yield Versioned("near duplicates in cells", str(cells.VERSION), in_cells)
    judge = (("deri_gate.gate.judging", "judge_rows"),)
    yield Versioned(
        "judgements", str(judgements.VERSION), judge, (), ("gate", "schemas.validation")
    )
    for name, version, place in (
        ("places of shortcuts", places.VERSION, ("deri_gate.explain.places", "best_places")),
        (
            "label evidence",
            wrong_labels.VERSION,
            ("deri_gate.metrics.wrong_labels", "weigh_labels"),
        ),
        (
            "looks and damage",
            kept_oddities.VERSION,
            ("deri_gate.measuring.kept_oddities", "judged_looks"),
        ),
        ("groups that are apart", apart.VERSION, ("deri_gate.measuring.apart", "apart_groups")),
        ("map", projection.VERSION, ("deri_gate.reports.plots.projection", "projected")),
    ):
        yield Versioned(name, str(version), (place,), (), (*ROOMS, "reports.plots.projection"))
    curve = (("deri_gate.measuring.sufficiency", "_subset_points"),)
    yield Versioned("learning curve", str(learning_curve.VERSION), curve + evidence("features"))


def of_studies() -> Iterator[Versioned]:
    """Damage, and the cases of the sensitivity matrix."""
    damage = [f"{v.group}.{v.level}:{v.version}" for v in (*VARIANTS, *SCENARIOS)]
    modules = [m for m in modules_of("damage") if m not in ("damage.catalogue", "damage.files")]
    roots = tuple(p for m in modules for p in everything_in(m))
    yield Versioned("damage", " ".join(damage), roots, (), ("damage", "data.masks"))
    names = (n for n in members(EVIDENCE) if not n.startswith("_"))
    roots = (*everything_in("study.sensitivity.cases"), *evidence(*names))
    rooms = (*ROOMS, "study.sensitivity", "scoring", "gate")
    yield Versioned("sensitivity cases", str(cases.LAYOUT), roots, (), rooms)


@cache
def versioned() -> tuple[Versioned, ...]:
    """Every version number by which results are kept."""
    return (*of_metrics(), *of_evidence(), *of_studies())


@cache
def row_of(one: Versioned) -> Row:
    """The row of a version as the code is now."""
    homes = {p: other for other in versioned() for p in other.entries if other is not one}
    found = reached(one.roots, borders=homes, rooms=one.rooms)
    waiting, below = [homes[p] for p in found.borders], set()
    while waiting:
        other = waiting.pop()
        if other not in below and other is not one:
            below.add(other)
            waiting += [homes[p] for p in borders_of(other) if p in homes]
    names = sorted(f"{other.name} {short(other.version)}" for other in below)
    return Row(one.name, short(one.version), found.digest, ", ".join(names))


@cache
def borders_of(one: Versioned) -> frozenset[Place]:
    """Places at which the code of other versions begins."""
    homes = {p for other in versioned() for p in other.entries if other is not one}
    return reached(one.roots, borders=homes, rooms=one.rooms).borders


def rows_of_files() -> Iterator[Row]:
    """The `schema_version` of each JSON file, with its schema; texts move nothing."""
    for file in FILES:
        field = file.model.model_fields.get("schema_version")
        if field is not None:
            (version,) = get_args(field.annotation)
            plain = json.dumps(without_texts(file.shipped()), sort_keys=True)
            code = hashlib.sha256(plain.encode()).hexdigest()[:16]
            yield Row(f"{file.name}.json", str(version), code, "")


def without_texts(schema: object) -> object:
    """A schema without what only people read."""
    if isinstance(schema, dict):
        texts = {"description", "title"} if isinstance(schema.get("description"), str) else set()
        return {k: without_texts(v) for k, v in schema.items() if k not in texts}
    return [*map(without_texts, schema)] if isinstance(schema, list) else schema


@cache
def rows() -> list[Row]:
    """The table as the code is now."""
    return [*map(row_of, versioned()), *rows_of_files()]


def short(version: str) -> str:
    """A list of many versions by its hash."""
    return version if len(version) < 9 else hashlib.sha256(version.encode()).hexdigest()[:16]


def recorded() -> list[Row]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [Row(**row) for row in csv.DictReader(file)]


def record() -> None:
    """Write the table as the code is now."""
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(Row.__annotations__)
        table.writerows((r.name, r.version, r.code, r.builds_on) for r in rows())


if __name__ == "__main__":
    record()
    sys.stdout.write(f"{TABLE}: {len(rows())} versions recorded\n")
