"""Typical damage, with the traces that it leaves in the measures of a picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Damage:
    """One kind of damage, strong enough for a person to see.

    Attributes:
        kind: Its name in `suspect_for`, unless a metric is about it.
        metric: Metric that is about it; "" for none.
        words: What a person sees.
        column: Column of the table of images that shows it best.
        measure: Measure that must show it, lest something else has left a trace like it; "" where
            it is seen otherwise.
        shift: Mean change of each measure, in the order and units of `MEASURES`.
        spread: Standard deviation of that from set to set.
    """

    kind: str
    metric: str
    words: str
    column: str
    measure: str
    shift: tuple[float, ...]
    spread: tuple[float, ...]


# Measured on twelve sets by `python benchmarks/suspects.py --traces`: a blur of 1.5 px, a quarter
# of the resolution, noise of sigma 25, JPEG at quality 10, a quarter of the light, three tenths of
# what is missing to white, three tenths of the contrast, a black border of 15 %, half of it black,
# grey instead of colours, black and white instead of greys.
DAMAGES = (
    Damage(
        kind="blurred", metric="sharpness", words="blurred",
        column="blur", measure="detail_1",
        shift=(0.0, -0.0, -1.13, -0.11, -2.85, 0.03, -4.5, -1.74, -0.53, -0.12, -0.17, -0.4, -0.06),
        spread=(0.03, 0.01, 1.03, 0.16, 2.24, 0.4, 0.91, 0.4, 0.12, 0.43, 1.21, 0.82, 0.19),
    ),
    Damage(
        kind="low_resolution", metric="resolution", words="little detail for its size",
        column="effective_resolution", measure="detail_1",
        shift=(0.03, -0.01, -0.99, -0.08, -2.89, 0.12, -4.76, -1.74,
               -0.38, -0.13, -0.23, -0.37, -0.06),
        spread=(0.08, 0.02, 1.04, 0.14, 2.32, 0.89, 1.07, 0.43, 0.11, 0.46, 1.12, 0.83, 0.19),
    ),
    Damage(
        kind="noisy", metric="noise_artifacts", words="noisy",
        column="noise", measure="noise",
        shift=(0.17, -0.05, 0.29, 0.47, 8.09, -0.03, 2.38, 0.25, -0.04, -0.53, -1.16, -0.45, -0.01),
        spread=(0.33, 0.07, 0.69, 0.63, 2.34, 0.38, 1.48, 0.31, 0.12, 1.39, 1.95, 1.1, 0.07),
    ),
    Damage(
        kind="compressed", metric="noise_artifacts", words="strongly compressed",
        column="compression", measure="compression",
        shift=(0.05, -0.01, -0.12, -0.16, -2.43, 5.76, -0.44, -0.06,
               -0.01, -0.19, 0.74, -0.26, -0.03),
        spread=(0.11, 0.02, 0.18, 0.25, 2.68, 2.12, 0.34, 0.08, 0.06, 0.66, 1.45, 0.5, 0.09),
    ),
    Damage(
        kind="dark", metric="exposure", words="too dark",
        column="brightness", measure="shadows",
        shift=(-7.77, 3.08, -7.93, -1.43, -2.01, 0.01, -4.25, -4.32, -4.36, 0.29, 0.9, 0.28, -0.07),
        spread=(0.7, 1.77, 0.53, 1.78, 1.08, 0.03, 0.25, 0.13, 0.11, 0.43, 0.79, 0.47, 0.19),
    ),
    Damage(
        kind="bright", metric="exposure", words="too bright",
        column="brightness", measure="lights",
        shift=(4.83, -7.2, -6.98, -1.27, -1.87, 0.0, -3.72, -3.77, -3.8, 0.16, 0.66, -1.16, 0.01),
        spread=(2.71, 0.24, 0.43, 1.59, 0.99, 0.02, 0.2, 0.1, 0.07, 0.25, 0.64, 2.35, 0.03),
    ),
    Damage(
        kind="low_contrast", metric="exposure", words="washed out",
        column="contrast", measure="contrast",
        shift=(0.03, -0.08, -6.97, -1.27, -1.86, -0.0, -3.73, -3.77,
               -3.81, 0.16, 0.68, -1.16, -0.07),
        spread=(0.19, 0.28, 0.43, 1.59, 0.99, 0.02, 0.2, 0.1, 0.08, 0.25, 0.65, 2.35, 0.19),
    ),
    Damage(
        kind="border", metric="", words="a border",
        column="border_share", measure="",
        shift=(-3.27, 2.09, 2.73, 0.05, -2.92, 0.27, 1.68, 1.4, 1.86, 3.18, 3.47, 4.16, -0.0),
        spread=(1.41, 1.47, 3.4, 0.41, 1.38, 1.43, 2.33, 1.99, 2.17, 1.45, 1.23, 1.52, 0.0),
    ),
    Damage(
        kind="blank_part", metric="", words="a part is blank",
        column="flat_share", measure="",
        shift=(-3.96, 2.21, 2.58, -0.0, -3.87, -0.25, 0.77, 0.35, 0.4, 4.51, 4.27, 4.43, -0.03),
        spread=(0.44, 1.4, 3.8, 0.4, 1.58, 0.32, 1.85, 1.29, 1.32, 0.56, 1.07, 1.19, 0.09),
    ),
    Damage(
        kind="colourless", metric="", words="without colours",
        column="colourfulness", measure="colourfulness",
        shift=(0.0, 0.0, 0.0, -6.77, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
        spread=(0.0, 0.0, 0.0, 1.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    ),
    Damage(
        kind="two_levels", metric="", words="black and white",
        column="contrast", measure="",
        shift=(1.02, -0.22, 6.36, -2.82, -3.11, -0.29, 5.17, 3.69, 3.32, 0.34, 6.79, 4.16, 4.57),
        spread=(2.48, 1.88, 3.02, 3.57, 3.42, 0.42, 2.02, 1.65, 1.49, 0.68, 2.24, 1.56, 1.06),
    ),
)  # fmt: skip
