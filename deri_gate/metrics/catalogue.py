"""The metrics, in report order. To add one: write its file, then add its name.

An installed package adds more by entry points of the group `deri_gate.metrics`; they come last.
"""

from importlib import import_module

from deri_gate.metrics.base import Metric
from deri_gate.runtime.plugins import METRIC_PLUGINS, load_plugins

NAMES = (  # each is a file beside this one, which says what its `METRIC` is
    "sharpness",
    "noise_artifacts",
    "exposure",
    "resolution",
    "duplicates",
    "diversity",
    "separation",
    "imbalance",
    "label_noise",
    "xai_overlay",
    "xai_stability",
)
BUILT_IN: tuple[Metric, ...] = tuple(import_module(f"{__package__}.{n}").METRIC for n in NAMES)
PIXEL_METRICS = tuple(m.name for m in BUILT_IN if m.of_image is not None)
METRICS = (*BUILT_IN, *load_plugins(METRIC_PLUGINS, Metric, taken=NAMES))
