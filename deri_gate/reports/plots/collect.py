"""All plots of a report, and their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.data.class_titles import class_titles
from deri_gate.errors import SettingError
from deri_gate.reports.plots.classes import class_scene
from deri_gate.reports.plots.distributions import distribution_scenes
from deri_gate.reports.plots.embedding_map import map_scene
from deri_gate.reports.plots.png import as_png
from deri_gate.reports.plots.shortcut_map import shortcut_scenes
from deri_gate.reports.plots.svg import as_svg_file
from deri_gate.runtime.files import ready_folder, write_bytes, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from deri_gate.explain.shortcuts import Shortcuts
    from deri_gate.measuring.measure import Measured
    from deri_gate.reports.exhibits.records import Exhibits
    from deri_gate.reports.plots.projection import Projection
    from deri_gate.reports.plots.scene import Scene
    from deri_gate.scoring.pool import Pool

PLOTS = (
    "score",
    "subscores",
    "map",
    "classes",
    "learning_curve",
    "history",
    "distribution",
    "shortcut",
)


def measured_scenes(
    measured: Measured,
    earlier: Measured | None,
    *,
    pool: Pool,
    exhibits: Exhibits,
    shortcuts: Shortcuts | None,
    batch: bool = False,
    projection: Projection = "pca",
) -> tuple[Scene, ...]:
    """Plots of the measured images.

    Args:
        measured: The judged dataset.
        earlier: The base or baseline.
        pool: The reference pool, drawn behind.
        exhibits: Images that are marked on the map.
        shortcuts: Places that give a class away.
        batch: True for a batch, which is smaller than its baseline.
        projection: Way in which the map lays out the embeddings.
    """
    named = {ref.id for ref in exhibits.images() if ref.side == "head"}
    before = None if earlier is None else earlier.evidence.dataset.class_counts()
    dataset = measured.evidence.dataset
    titles = class_titles(dataset.name, dataset.classes)
    scenes = [
        map_scene(measured, named, projection),
        class_scene(dataset.class_counts(), before, titles, scaled=batch),
        *distribution_scenes(measured, earlier, pool),
        *shortcut_scenes(shortcuts),
    ]
    return tuple(scene for scene in scenes if scene is not None)


def write_plots(scenes: Iterable[Scene], folder: Path) -> None:
    """Write each plot twice, such as `svg/score.svg` and `png/score.png`; old plots are deleted.

    Raises:
        SettingError: If a file cannot be written, or a folder is a link.
    """
    for place in (folder, folder / "svg", folder / "png"):
        if place.is_symlink():  # of a report by somebody else it may lead anywhere
            raise SettingError("is a link, which is not followed", place, "Delete it.")
    vectors, pixels = (ready_folder(folder / kind) for kind in ("svg", "png"))
    for old in (*vectors.glob("*.svg"), *pixels.glob("*.png")):
        if old.stem.split(".")[0] in PLOTS:  # of an earlier report, which may have had others
            old.unlink()
    for scene in scenes:
        write_text(as_svg_file(scene), vectors / f"{scene.name}.svg")
        write_bytes(as_png(scene), pixels / f"{scene.name}.png")
