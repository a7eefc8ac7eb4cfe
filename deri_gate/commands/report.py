"""`deri-gate report`: a report rendered again from its files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import SettingError
from deri_gate.reports.opening import read_report
from deri_gate.reports.pictures.gallery import Gallery
from deri_gate.reports.pictures.setting import pictures_setting
from deri_gate.reports.write import RENDERED, write_rendered
from deri_gate.runtime.arguments import checking_arguments
from deri_gate.runtime.files import ready_folder
from deri_gate.runtime.folders import is_same_file
from deri_gate.runtime.ownership import refuse_other_files
from deri_gate.runtime.system import alone_in

if TYPE_CHECKING:
    from deri_gate.reports.report import Report


@checking_arguments()
def report(
    folder: str | Path,
    *,
    out: str | Path | None = "",
    pictures: str | None = None,
    plots: bool = False,
) -> Report:
    """Render a report again from its JSON files and its table of images, without the dataset.

    With the same version of deri-gate the same bytes come out as `check` or `compare` wrote.

    Args:
        folder: Folder that `check` or `compare` wrote.
        out: Folder for summary.md, junit.xml, report.html and subscores.csv; `folder` itself when
            empty, None to write nothing.
        pictures: "thumbnails" or "none": whether report.html shows images. None: as
            DERI_GATE_PICTURES says; those that the report holds, if it says nothing.
        plots: Whether the plots are written as SVG and PNG files, too.

    Returns:
        The report. It has no pool: limits cannot be proposed from it.

    Raises:
        SettingError: If the folder is no report, half-written, of another version, or its files
            do not fit together; or if `out` holds a file of somebody else by one of these names.
    """
    shows = pictures_setting(pictures, usual="thumbnails")
    place = Path(folder)
    target = None if out is None else Path(out or folder)
    with alone_in(place):  # of a run that ends meanwhile, nothing is mixed with what is read
        opened = read_report(place)
        if pictures == "thumbnails" and not opened.gallery.asked:
            fix = "Run `deri-gate check --pictures thumbnails`."
            raise SettingError("holds no pictures", folder, fix)
        if shows == "none":
            opened = replace(opened, gallery=Gallery())
        if target is not None and is_same_file(target, place):
            write_rendered(opened, ready_folder(target), plots=plots)
            return opened
    if target is not None:
        with alone_in(ready_folder(target)):  # after the other, so that no two wait for each other
            refuse_other_files(target, RENDERED)
            write_rendered(opened, target, plots=plots)
    return opened
