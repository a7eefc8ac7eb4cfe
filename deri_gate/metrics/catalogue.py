"""The metrics, in report order. To add one: write its file, then add its line.

An installed package adds more by entry points of the group `deri_gate.metrics`; they come last.
"""

from deri_gate.metrics import (
    diversity,
    duplicates,
    exposure,
    imbalance,
    label_noise,
    noise_artifacts,
    resolution,
    separation,
    sharpness,
    xai_overlay,
    xai_stability,
)
from deri_gate.metrics.base import Metric
from deri_gate.runtime.plugins import METRIC_PLUGINS, load_plugins

BUILT_IN = (
    sharpness.METRIC,
    noise_artifacts.METRIC,
    exposure.METRIC,
    resolution.METRIC,
    duplicates.METRIC,
    diversity.METRIC,
    separation.METRIC,
    imbalance.METRIC,
    label_noise.METRIC,
    xai_overlay.METRIC,
    xai_stability.METRIC,
)
PIXEL_METRICS = tuple(m.name for m in BUILT_IN if m.of_image is not None)
METRICS = (*BUILT_IN, *load_plugins(METRIC_PLUGINS, Metric, taken=[m.name for m in BUILT_IN]))
