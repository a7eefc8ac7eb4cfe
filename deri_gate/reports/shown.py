"""A report with its images and plots."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deri_gate.reports.exhibits.collect import exhibits_of
from deri_gate.reports.lines import missed
from deri_gate.reports.pictures.gallery import Gallery, gallery_of
from deri_gate.reports.plots.collect import measured_scenes
from deri_gate.scoring.pool import Pool

if TYPE_CHECKING:
    from deri_gate.measuring.measure import Measured
    from deri_gate.reports.pictures.setting import Pictures
    from deri_gate.reports.plots.projection import Projection
    from deri_gate.reports.report import Report


def with_images(
    report: Report,
    measured: Measured,
    earlier: Measured | None,
    *,
    pictures: Pictures,
    projection: Projection = "pca",
) -> Report:
    """Add the images that show what was found, and the plots of all images.

    Args:
        report: The judged report.
        measured: The dataset that it is about.
        earlier: The base or baseline.
        pictures: Whether thumbnails are made; names and values are there without them.
        projection: Way in which the map lays out the embeddings.
    """
    exhibits = exhibits_of(
        measured,
        earlier,
        report.change,
        drift=report.drift,
        shortcuts=report.shortcuts,
        missed={check.metric for check in missed(report) if check.column != "change"},
    )
    gallery = Gallery()
    if pictures == "thumbnails":
        workers = measured.evidence.context.machine.workers
        gallery = gallery_of(exhibits, measured, earlier, workers=workers)
    assert isinstance(report.pool, Pool)  # it was not read from files
    scenes = measured_scenes(
        measured, earlier, pool=report.pool, exhibits=exhibits, shortcuts=report.shortcuts,
        batch=report.drift is not None, projection=projection,
    )  # fmt: skip
    return replace(report, exhibits=exhibits, gallery=gallery, plots=scenes)
