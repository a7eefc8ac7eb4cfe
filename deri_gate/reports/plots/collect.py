"""All plots of a report, and their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    from deri_gate.reports.plots.scene import Scene
    from deri_gate.scoring.pool import Pool


def measured_scenes(
    measured: Measured,
    earlier: Measured | None,
    *,
    pool: Pool,
    exhibits: Exhibits,
    shortcuts: Shortcuts | None,
) -> tuple[Scene, ...]:
    """Plots of the measured images.

    Args:
        measured: The judged dataset.
        earlier: The base or baseline.
        pool: The reference pool, drawn behind.
        exhibits: Images that are marked on the map.
        shortcuts: Places that give a class away.
    """
    named = {ref.id for ref in exhibits.images() if ref.side == "head"}
    before = None if earlier is None else earlier.evidence.dataset.class_counts()
    scenes = [
        map_scene(measured, named),
        class_scene(measured.evidence.dataset.class_counts(), before),
        *distribution_scenes(measured, earlier, pool),
        *shortcut_scenes(shortcuts),
    ]
    return tuple(scene for scene in scenes if scene is not None)


def write_plots(scenes: Iterable[Scene], folder: Path) -> None:
    """Write each plot as SVG and PNG, such as `score.svg`.

    Raises:
        SettingError: If a file cannot be written.
    """
    ready_folder(folder)
    for scene in scenes:
        write_text(as_svg_file(scene), folder / f"{scene.name}.svg")
        write_bytes(as_png(scene), folder / f"{scene.name}.png")
