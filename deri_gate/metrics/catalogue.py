"""The metrics, in report order. To add one: write its file, then add its line."""

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

METRICS = (
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
