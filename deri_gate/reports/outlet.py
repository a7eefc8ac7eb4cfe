"""Destination of a report, settled before any image is read: folder, pictures, plots, callbacks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.reports.exhibits.collect import exhibits_of
from deri_gate.reports.lines import missed
from deri_gate.reports.pictures.gallery import Gallery, gallery_of
from deri_gate.reports.pictures.setting import pictures_setting
from deri_gate.reports.plots.collect import measured_scenes
from deri_gate.reports.plots.projection import check_projection
from deri_gate.reports.settling import settled
from deri_gate.reports.withdrawal import withdraw_report
from deri_gate.reports.write import write_report
from deri_gate.runtime.files import ready_folder
from deri_gate.scoring.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deri_gate.measuring.measure import Measured
    from deri_gate.reports.pictures.setting import Pictures
    from deri_gate.reports.plots.projection import Projection
    from deri_gate.reports.report import Report


@dataclass(frozen=True, kw_only=True)
class ReportOutlet:
    """Destination and form of a report.

    Attributes:
        folder: Folder for its files, which is there; None to write nothing.
        pictures: Whether the page shows images.
        projection: Way in which the map lays out the embeddings.
        plots: Whether the plots are written as SVG and PNG files, too.
        callbacks: Each is called with the report, once its files are written.
    """

    folder: Path | None
    pictures: Pictures
    projection: Projection
    plots: bool
    callbacks: Sequence[Callable[[Report], object]]

    @classmethod
    def of(
        cls,
        out: str | Path | None,
        *,
        pictures: str | None,
        projection: str,
        plots: bool,
        callbacks: Sequence[Callable[[Report], object]],
    ) -> ReportOutlet:
        """Make the folder, withdraw an earlier report from it, and check the settings.

        Raises:
            SettingError: If the folder cannot be used, or a setting does not exist.
        """
        folder = None if out is None else ready_folder(Path(out))
        if folder is not None:
            withdraw_report(folder)
        return cls(
            folder=folder,
            pictures=pictures_setting(pictures),
            projection=check_projection(projection),
            plots=plots,
            callbacks=callbacks,
        )

    def illustrated(self, report: Report, measured: Measured, earlier: Measured | None) -> Report:
        """Add the images and plots of what was found."""
        return with_images(
            report, measured, earlier, pictures=self.pictures, projection=self.projection
        )

    def deliver(self, report: Report) -> Report:
        """Write the files, call the callbacks, and return the report, its numbers as in files."""
        report = settled(replace(report, folder=self.folder))
        if self.folder is not None:
            write_report(report, self.folder, plots=self.plots)
        for callback in self.callbacks:
            callback(report)
        return report


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
