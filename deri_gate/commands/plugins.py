"""`deri-gate plugins`: which metrics, readers and formats there are, and where each is from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deri_gate.data.readers.plugin import OUR_READERS, Reader
from deri_gate.metrics.base import Metric
from deri_gate.metrics.catalogue import BUILT_IN
from deri_gate.reports.formats import BUILT_IN as BUILT_IN_FORMATS
from deri_gate.reports.formats import Format
from deri_gate.runtime.arguments import checking_arguments
from deri_gate.runtime.plugins import (
    FORMAT_PLUGINS,
    METRIC_PLUGINS,
    READER_PLUGINS,
    distinct_plugins,
)

OURS = "built in"


@dataclass(frozen=True, kw_only=True)
class KnownPart:
    """A metric, reader or format that can be used.

    Attributes:
        kind: What it is.
        name: By which it is asked for.
        origin: Name and version of the package that brings it, or "built in".
    """

    kind: Literal["metric", "reader", "format"]
    name: str
    origin: str


@checking_arguments()
def plugins() -> tuple[KnownPart, ...]:
    """List metrics, readers and formats: ours first, then those of installed packages.

    Raises:
        SettingError: If one of a package cannot be loaded, or has the name of another;
            says which package.
    """
    parts: list[KnownPart] = []
    ours = {
        "metric": [metric.name for metric in BUILT_IN],
        "reader": OUR_READERS,
        "format": [form.name for form in BUILT_IN_FORMATS],
    }
    groups = {"metric": METRIC_PLUGINS, "reader": READER_PLUGINS, "format": FORMAT_PLUGINS}
    types: dict[str, type] = {"metric": Metric, "reader": Reader, "format": Format}
    for kind in ("metric", "reader", "format"):
        parts += [KnownPart(kind=kind, name=name, origin=OURS) for name in ours[kind]]
        for plugin in distinct_plugins(groups[kind], taken=ours[kind]):
            plugin.load(types[kind])
            parts.append(KnownPart(kind=kind, name=plugin.name, origin=plugin.distribution))
    return tuple(parts)
