"""`deri-gate properties`: what the number must do, and whether it does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.commands.several_datasets import opened, refuse_among, study_context
from deri_gate.gate.definitions import suites_of_study
from deri_gate.measuring.measure import metrics_named
from deri_gate.metrics.profile import profile_named
from deri_gate.runtime.arguments import FROM_0, FROM_1, FROM_20, Between, checking_arguments
from deri_gate.runtime.engine import NORMAL
from deri_gate.runtime.files import ready_folder, write_bytes, write_text
from deri_gate.runtime.ownership import unclaimed_folder
from deri_gate.runtime.store import default_folder
from deri_gate.runtime.threads import one_blas_thread
from deri_gate.schemas.base import PoolInfo, ProfileInfo, as_json
from deri_gate.schemas.properties import PropertiesBudget, PropertiesDocument
from deri_gate.scoring.pool import ProfileId, find_pool, pool_for, usual_pool
from deri_gate.study.figures.drawings import draw_properties
from deri_gate.study.figures.style import drawing
from deri_gate.study.pools.beside import files_beside
from deri_gate.study.properties.figures import holding, properties_table
from deri_gate.study.properties.known import (
    figures_of_pool,
    figures_of_sensitivity,
    figures_of_words,
)
from deri_gate.study.properties.measured import PropertyBench, measured_figures
from deri_gate.study.sensitivity.cases import CaseBench

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.runtime.engine import Machine
    from deri_gate.schemas.params import PoolCandidate
    from deri_gate.schemas.properties import PropertyFigure

FILES = ("properties.json", "properties.csv", "properties.svg")
SIZES, SIDES = (200, 500, 1000, 2000), (28, 64, 224)


@checking_arguments(images=FROM_20, sizes=FROM_20, sides=Between(8), explained=FROM_1, seed=FROM_0)
@one_blas_thread()
def properties(
    datasets: Sequence[str | Path | PoolCandidate],
    *,
    out: str | Path | None = "deri-report",
    pool: str | Path = "",
    profile: str = "standard",
    metrics: str = "all",
    sizes: Sequence[int] = SIZES,
    sides: Sequence[int] = SIDES,
    images: int = 200,
    explained: int | None = None,
    shipped_limits: bool = False,
    seed: int | None = None,
    machine: Machine = NORMAL,
) -> PropertiesDocument:
    """Measure the properties that the number must have; write a table and a picture to `out`.

    Properties 1 and 2 are read from the `sensitivity.json` beside the pool, 5 to 7 follow from
    the pools. What was measured is kept: a killed run goes on where it was.

    Args:
        datasets: In any form; as `NAME=DATASET` to call one by another name.
        out: Folder for `properties.json`, `.csv` and `.svg`; not written when None.
        pool: A shipped pool's name, a folder, or its file; that of the profile when empty.
        profile: Name of the profile.
        metrics: "all", "data" for those without explanations, or names joined by commas.
        sizes: Numbers of images to compare; a dataset has those that it is large enough for.
        sides: Sides of pictures in pixels to compare; a dataset has those that it does not pass.
        images: Images at each side, and of each made set.
        explained: Images to explain at most; the profile's number when None.
        shipped_limits: Judge sets of nothing by the shipped limits, whatever lies beside the
            pool's file.
        seed: Random seed; that of the profile when None.
        machine: How to compute.

    Raises:
        DatasetError: If a dataset cannot be opened.
        PoolError: If there is no such pool, or it was made with another profile.
        SettingError: If two datasets have one name, or the limits are those of other definitions
            than the profile's.
    """
    refuse_among(datasets, out, machine)
    folder = None if out is None else unclaimed_folder(Path(out), *FILES)
    chosen = profile_named(profile, seed=seed)
    name = ProfileId.of(chosen)
    reference, place = pool_for(pool, name), find_pool(pool or usual_pool(name))
    sets = opened(datasets)
    bench = PropertyBench(
        cases=CaseBench(
            context=study_context(chosen, machine, explained),
            pool=reference,
            folder=ready_folder(default_folder() / "sensitivity"),
            suites=suites_of_study(pool, chosen, shipped_limits=shipped_limits),
        ),
        metrics=metrics_named(metrics, chosen),
        images=images,
        sizes=tuple(sorted(set(sizes))),
        sides=tuple(sorted(set(sides))),
    )
    sensitivity = files_beside(place).sensitivity
    known = [] if sensitivity is None else list(figures_of_sensitivity(sensitivity))
    figures = [
        *known,
        *measured_figures(sets, bench),
        *figures_of_pool(reference),
        *figures_of_words(),
    ]
    document = _document(figures, bench, tuple(sets))
    if folder is not None:
        _write(document, folder)
    return document


def _document(
    figures: Sequence[PropertyFigure], bench: PropertyBench, names: tuple[str, ...]
) -> PropertiesDocument:
    cases = bench.cases
    return PropertiesDocument(
        schema_version=1,
        profile=ProfileInfo(name=cases.profile.name, hash=cases.profile.hash),
        pool=PoolInfo(name=cases.pool.name, hash=cases.pool.hash),
        budget=PropertiesBudget(
            sizes=bench.sizes,
            sides=bench.sides,
            images=bench.images,
            explained=cases.profile.explained,
            metrics=tuple(metric.name for metric in bench.metrics),
            seed=cases.profile.seed,
        ),
        datasets=names,
        holds=holding(figures),
        figures=tuple(sorted(figures, key=lambda one: one.number)),
    )


def _write(document: PropertiesDocument, folder: Path) -> None:
    with drawing():
        picture = draw_properties(document)
    write_bytes(picture, folder / "properties.svg")
    write_text(properties_table(document.figures), folder / "properties.csv")
    write_text(as_json(document), folder / "properties.json")
