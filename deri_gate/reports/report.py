"""Everything that is reported of one dataset; what the formats are made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from deri_gate import reports
from deri_gate.data.class_titles import class_titles
from deri_gate.reports.exhibits.records import Exhibits
from deri_gate.reports.pictures.gallery import Gallery
from deri_gate.schemas.statuses import Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

    from deri_gate.changes.records import Change
    from deri_gate.drift.history import Comparison
    from deri_gate.drift.records import Drift
    from deri_gate.explain.shortcuts import Shortcuts
    from deri_gate.gate.records import Check, Judgement, Verdict
    from deri_gate.measuring.leakage import Leaks
    from deri_gate.metrics.profile import Profile
    from deri_gate.reports.plots.scene import Scene
    from deri_gate.schemas.base import PoolInfo
    from deri_gate.schemas.metrics import MetricsDocument
    from deri_gate.schemas.sufficiency import SufficiencyDocument
    from deri_gate.schemas.validation import ValidationDocument
    from deri_gate.scoring.pool import Pool
    from deri_gate.scoring.score import Scored


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """Time, duration and machine: all that may differ between two equal runs."""

    started: datetime
    seconds: Mapping[str, float]  # by step
    decoded: int  # images that were not known from before
    embedded: int
    peak_memory_mib: float | None  # None where the system does not say
    machine: Mapping[str, str]
    versions: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, repr=False)
class Report:
    """A checked dataset. A notebook shows its first screen; `show` shows all of it.

    Attributes:
        profile: With which definitions it was measured.
        metrics: `metrics.json`.
        pool: What it was scored against; its name alone where the report was read from files.
        scored: Subscores, U and DERI1000.
        judgement: What the gate says.
        table: `images.parquet`.
        worst: By metric, ids of its suspects: those that differ from the base, then worst first.
        run: What may differ between two equal runs.
        change: The comparison with the base; None where there was none.
        leaks: What several splits of the dataset hold; None when it was not looked at.
        shortcuts: What gives classes away without showing them; None when not looked for.
        sufficiency: Thin classes and regions, learning curve; None when not looked for.
        folder: Folder of its files; None when none were written.
        exhibits: Images that show what was found.
        gallery: Their thumbnails, where pictures were asked for.
        plots: Plots of the measured images.
        drift: Comparison of a batch with its baseline; None for a dataset of its own.
        history: All comparisons with that baseline, this one among them.
    """

    profile: Profile
    metrics: MetricsDocument
    pool: Pool | PoolInfo
    scored: Scored
    judgement: Judgement
    table: pa.Table
    worst: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    run: RunInfo
    change: Change | None = None
    leaks: Leaks | None = None
    shortcuts: Shortcuts | None = None
    sufficiency: SufficiencyDocument | None = None
    folder: Path | None = None
    exhibits: Exhibits = field(default_factory=Exhibits)
    gallery: Gallery = field(default_factory=Gallery)
    plots: tuple[Scene, ...] = ()
    drift: Drift | None = None
    history: tuple[Comparison, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """pass, warn, fail or unknown."""
        return self.judgement.verdict

    @property
    def passed(self) -> bool:
        """True if every limit was judged, and no critical one is missed."""
        return self.verdict in (Status.PASS, Status.WARN)

    @property
    def deri1000(self) -> float | None:
        """The score; None where nothing could be scored. `scored` has its interval and title."""
        return self.scored.deri1000

    @property
    def subscores(self) -> dict[str, float | None]:
        """By metric, 0 (worst) to 100 (best); None where it was not measured."""
        return dict(self.scored.subscores)

    @cached_property
    def images(self) -> pd.DataFrame:
        """A row for each image, as in `images.parquet`."""
        table: pd.DataFrame = self.table.to_pandas()
        return table

    @property
    def class_titles(self) -> Mapping[str, str]:
        """Names of the classes for people, by class: "3 (lymphocytes)"."""
        info = self.metrics.dataset
        return class_titles(info.name, info.class_counts)

    def suspects(self, metric: str) -> pd.DataFrame:
        """List the images to look at for a metric, worst first; a notebook shows their pictures.

        Raises:
            SettingError: If there is no such metric.
        """
        return reports.notebook.suspects_of(self, metric)

    def to_html(self) -> str:
        """Render `report.html`: one page with all that was found."""
        return reports.page.as_page(self)

    def show(self) -> None:
        """Show the page in a notebook, or print the report as text elsewhere."""
        reports.notebook.show(self)

    def __repr__(self) -> str:
        """Verdict, score and findings, a line each."""
        return reports.notebook.as_brief(self)

    def _repr_html_(self) -> str:
        return reports.notebook.as_first_screen(self)

    @property
    def checks(self) -> tuple[Check, ...]:
        """The judged limits, in the order of the suite."""
        return self.judgement.checks

    @property
    def validation(self) -> ValidationDocument:
        """`validation.json`: the Great Expectations result."""
        return self.judgement.validation
