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
        shift=(0.0, -0.0, -1.13, -0.11, -2.85, 0.03, -4.51, -1.75, -0.52, -0.12, -0.18, -0.41,
               -0.06, -0.01),
        spread=(0.03, 0.01, 1.03, 0.16, 2.25, 0.4, 0.9, 0.4, 0.12, 0.43, 1.21, 0.82, 0.18, 0.05),
    ),
    Damage(
        kind="low_resolution", metric="resolution", words="little detail for its size",
        column="effective_resolution", measure="detail_1",
        shift=(0.03, -0.01, -0.99, -0.09, -2.89, 0.12, -4.77, -1.74, -0.39, -0.13, -0.23, -0.37,
               -0.06, -0.01),
        spread=(0.08, 0.02, 1.03, 0.14, 2.32, 0.89, 1.06, 0.43, 0.12, 0.45, 1.14, 0.83, 0.18, 0.04),
    ),
    Damage(
        kind="noisy", metric="noise_artifacts", words="noisy",
        column="noise", measure="noise",
        shift=(0.17, -0.05, 0.29, 0.47, 8.08, -0.03, 2.36, 0.25, -0.04, -0.55, -1.19, -0.46, -0.01,
               -0.09),
        spread=(0.33, 0.07, 0.7, 0.62, 2.35, 0.38, 1.47, 0.31, 0.12, 1.35, 1.96, 1.1, 0.07, 0.21),
    ),
    Damage(
        kind="compressed", metric="noise_artifacts", words="strongly compressed",
        column="compression", measure="compression",
        shift=(0.05, -0.01, -0.13, -0.17, -2.4, 5.76, -0.44, -0.06, -0.01, -0.19, 0.73, -0.26,
               -0.03, -0.01),
        spread=(0.11, 0.02, 0.18, 0.25, 2.69, 2.12, 0.33, 0.08, 0.06, 0.65, 1.44, 0.5, 0.09, 0.02),
    ),
    Damage(
        kind="dark", metric="exposure", words="too dark",
        column="brightness", measure="shadows",
        shift=(-7.77, 3.09, -7.94, -1.43, -2.0, 0.01, -4.25, -4.32, -4.36, 0.26, 0.89, 0.28, -0.06,
               0.02),
        spread=(0.7, 1.77, 0.53, 1.79, 1.08, 0.03, 0.25, 0.13, 0.11, 0.44, 0.79, 0.48, 0.18, 0.06),
    ),
    Damage(
        kind="bright", metric="exposure", words="too bright",
        column="brightness", measure="lights",
        shift=(4.82, -7.2, -6.98, -1.27, -1.8, 0.0, -3.72, -3.77, -3.8, 0.16, 0.66, -1.17, 0.01,
               0.01),
        spread=(2.71, 0.24, 0.43, 1.59, 1.02, 0.02, 0.2, 0.1, 0.07, 0.25, 0.64, 2.35, 0.03, 0.05),
    ),
    Damage(
        kind="low_contrast", metric="exposure", words="washed out",
        column="contrast", measure="contrast",
        shift=(0.03, -0.08, -6.98, -1.28, -1.8, -0.0, -3.73, -3.77, -3.81, 0.16, 0.69, -1.17, -0.06,
               0.01),
        spread=(0.19, 0.28, 0.42, 1.59, 1.02, 0.02, 0.2, 0.1, 0.08, 0.25, 0.66, 2.35, 0.18, 0.05),
    ),
    Damage(
        kind="border", metric="", words="a border",
        column="border_share", measure="",
        shift=(-3.54, 2.28, 2.95, 0.04, -3.2, 0.27, 1.82, 1.5, 2.01, 3.41, 3.76, 4.53, -0.0, 0.9),
        spread=(1.09, 1.4, 3.42, 0.42, 1.06, 1.43, 2.38, 2.03, 2.17, 1.13, 0.67, 0.85, 0.0, 0.17),
    ),
    Damage(
        kind="blank_part", metric="", words="a part is blank",
        column="flat_share", measure="",
        shift=(-3.95, 2.2, 2.56, -0.01, -3.89, -0.25, 0.74, 0.33, 0.41, 4.52, 4.26, 4.43, -0.03,
               4.47),
        spread=(0.46, 1.38, 3.77, 0.4, 1.57, 0.32, 1.84, 1.27, 1.32, 0.55, 1.07, 1.19, 0.09, 1.21),
    ),
    Damage(
        kind="colourless", metric="", words="without colours",
        column="colourfulness", measure="colourfulness",
        shift=(0.0, 0.0, 0.0, -6.78, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
        spread=(0.0, 0.0, 0.0, 1.32, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    ),
    Damage(
        kind="two_levels", metric="", words="black and white",
        column="contrast", measure="",
        shift=(1.03, -0.22, 6.35, -2.82, -3.11, -0.29, 5.17, 3.67, 3.3, 0.35, 6.77, 4.16, 4.57,
               0.11),
        spread=(2.49, 1.89, 3.0, 3.58, 3.42, 0.42, 2.01, 1.64, 1.49, 0.67, 2.26, 1.56, 1.06, 0.14),
    ),
)  # fmt: skip
