"""Typical damage, with the traces that it leaves in the measures of a picture."""

from __future__ import annotations

from deri_gate.measuring.damage_trace import Damage

# Measured on twelve sets by `python benchmarks/suspects.py --traces`, of the damage of these names
# in `benchmarks/planted.py`; slight ones, and the slope of stripes, with `--draw 16001`.
DAMAGES = (
    Damage(
        kind="blurred", metric="sharpness", words="blurred",
        column="blur", measures=("detail_1",),
        shift=(0.0, -0.0, -1.13, -0.11, -2.85, 0.03, -4.51, -1.75, -0.52, -0.12, -0.18, -0.41,
               -0.06, -0.01, 0.29, 0.79, -1.02, -3.37, 0.0, -0.0),
        spread=(0.03, 0.01, 1.03, 0.16, 2.25, 0.4, 0.9, 0.4, 0.12, 0.43, 1.21, 0.82, 0.18, 0.05,
                0.33, 1.77, 1.5, 1.18, 0.0, 0.0),
        slope=(-0.85, -0.2, -0.32, -0.12, 0.0, -0.72, -0.41),
        remaining=(1.31, 0.37, 0.73, 0.38, 0.12, 0.95, 0.94),
    ),
    Damage(
        kind="low_resolution", metric="resolution", words="little detail for its size",
        column="effective_resolution", measures=("detail_1",),
        shift=(0.03, -0.01, -0.99, -0.09, -2.89, 0.12, -4.77, -1.74, -0.39, -0.13, -0.23, -0.37,
               -0.06, -0.01, 0.21, 0.72, -0.89, -3.33, 0.0, -0.0),
        spread=(0.08, 0.02, 1.03, 0.14, 2.32, 0.89, 1.06, 0.43, 0.12, 0.45, 1.14, 0.83, 0.18, 0.04,
                0.27, 1.78, 1.59, 1.45, 0.0, 0.0),
        slope=(-0.88, -0.31, -0.38, -0.14, 0.0, -0.76, -0.49),
        remaining=(1.34, 0.87, 0.86, 0.39, 0.12, 0.98, 1.18),
    ),
    Damage(
        kind="noisy", metric="noise_artifacts", words="noisy",
        column="noise", measures=("noise",),
        shift=(0.17, -0.05, 0.29, 0.47, 8.08, -0.03, 2.36, 0.25, -0.04, -0.55, -1.19, -0.46, -0.01,
               -0.09, 0.14, -0.23, -1.01, 1.6, -0.01, 0.0),
        spread=(0.33, 0.07, 0.7, 0.62, 2.35, 0.38, 1.47, 0.31, 0.12, 1.35, 1.96, 1.1, 0.07, 0.21,
                0.83, 0.47, 1.72, 1.3, 0.02, 0.03),
    ),
    Damage(
        kind="noisy", form="stray pixels", metric="noise_artifacts",
        words="stray black and white pixels", column="contrast", measures=("detail_1",),
        shift=(0.25, -0.04, 1.18, -0.05, 5.54, -0.05, 4.4, 0.9, -0.0, -0.51, -0.18, 0.3, 0.39,
               -0.1, -0.41, -0.62, -1.01, 3.31, -0.03, -0.0),
        spread=(0.45, 0.17, 1.64, 0.08, 1.76, 0.35, 1.74, 0.66, 0.19, 1.24, 0.27, 0.19, 0.02, 0.21,
                0.77, 0.53, 1.73, 1.77, 0.06, 0.09),
    ),
    Damage(
        kind="noisy", form="dead columns", metric="noise_artifacts", words="dead lines",
        column="lines", measures=("detail_1",),
        shift=(-0.68, 0.56, 1.46, -0.02, 0.18, -0.27, 3.44, 1.3, 0.38, 0.0, -0.01, 0.94, -0.01,
               0.0, -2.67, 0.08, -0.11, 8.14, -0.05, -0.01),
        spread=(0.04, 0.38, 2.49, 0.1, 0.22, 0.14, 2.21, 1.29, 0.74, 0.0, 0.06, 0.26, 0.01, 0.0,
                2.78, 0.3, 0.25, 2.9, 0.08, 0.13),
    ),
    Damage(
        kind="noisy", form="stripes", metric="noise_artifacts", words="stripes",
        column="lines", measures=("lines",),
        shift=(-0.67, 0.57, 0.61, -0.09, 0.09, -0.08, 2.69, 0.66, -0.36, 0.0, -0.11, 0.03, -0.01,
               0.0, -0.57, 0.28, -0.5, 7.19, -0.04, -0.0),
        spread=(0.06, 0.39, 1.76, 0.12, 0.21, 0.15, 2.09, 0.98, 0.02, 0.0, 0.17, 0.06, 0.04, 0.0,
                0.61, 0.59, 0.76, 2.78, 0.07, 0.11),
        slope=(0.0, 0.0, -0.8, -0.41, 0.0, -0.37, -1.02),
        remaining=(0.22, 0.17, 1.51, 0.82, 0.02, 0.48, 2.06),
    ),
    Damage(
        kind="compressed", metric="noise_artifacts", words="strongly compressed",
        column="compression", measures=("compression",),
        shift=(0.05, -0.01, -0.13, -0.17, -2.4, 5.76, -0.44, -0.06, -0.01, -0.19, 0.73, -0.26,
               -0.03, -0.01, 0.07, 0.13, 8.96, 0.16, 0.0, 0.0),
        spread=(0.11, 0.02, 0.18, 0.25, 2.69, 2.12, 0.33, 0.08, 0.06, 0.65, 1.44, 0.5, 0.09, 0.02,
                0.2, 0.52, 3.67, 0.63, 0.01, 0.04),
        slope=(-0.91, 0.0, -0.12, -0.03, -0.03, -0.77, -0.21),
        remaining=(2.02, 2.12, 0.27, 0.07, 0.05, 3.57, 0.52),
    ),
    Damage(
        kind="dark", metric="exposure", words="too dark",
        column="brightness", measures=("shadows",), fades=True,
        shift=(-7.77, 3.09, -7.94, -1.43, -2.0, 0.01, -4.25, -4.32, -4.36, 0.26, 0.89, 0.28, -0.06,
               0.02, -2.21, 3.76, -1.06, -3.7, -0.32, -0.05),
        spread=(0.7, 1.77, 0.53, 1.79, 1.08, 0.03, 0.25, 0.13, 0.11, 0.44, 0.79, 0.48, 0.18, 0.06,
                1.7, 1.83, 1.6, 0.5, 0.58, 0.92),
    ),
    Damage(
        kind="dark", form="levels taken off", metric="exposure", words="too dark",
        column="brightness", measures=("shadows", "lightest"), loose=True, fades=True,
        shift=(-6.11, 2.68, -2.81, -0.12, -1.18, -0.02, -0.9, -1.1, -1.25, 0.76, 1.99, 2.31, -0.06,
               0.05, -2.91, 2.86, -0.18, -0.69, -0.05, 0.07),
        spread=(1.85, 1.32, 2.19, 0.23, 1.61, 0.06, 0.79, 0.87, 0.97, 1.13, 2.17, 2.4, 0.18, 0.1,
                2.36, 1.3, 0.6, 0.51, 0.13, 0.24),
    ),
    Damage(
        kind="dark", form="gamma", metric="exposure", words="too dark",
        column="brightness", measures=("shadows", "lightest"), loose=True,
        shift=(-5.69, 2.57, -2.14, 0.12, -0.8, -0.03, -0.55, -0.76, -0.93, 0.48, 0.88, 1.46, -0.04,
               0.02, -2.74, 2.26, -0.4, -0.35, -0.0, 0.18),
        spread=(2.02, 1.32, 2.79, 0.43, 1.19, 0.09, 1.11, 1.12, 1.26, 0.7, 1.09, 1.63, 0.11, 0.06,
                2.07, 0.36, 0.75, 0.77, 0.24, 0.48),
    ),
    Damage(
        kind="bright", metric="exposure", words="too bright",
        column="brightness", measures=("lights",), fades=True,
        shift=(4.82, -7.2, -6.98, -1.27, -1.8, 0.0, -3.72, -3.77, -3.8, 0.16, 0.66, -1.17, 0.01,
               0.01, 6.31, -3.13, -1.14, -3.27, -0.3, -0.05),
        spread=(2.71, 0.24, 0.43, 1.59, 1.02, 0.02, 0.2, 0.1, 0.07, 0.25, 0.64, 2.35, 0.03, 0.05,
                3.57, 0.62, 1.53, 0.41, 0.54, 0.86),
    ),
    Damage(
        kind="bright", form="levels added", metric="exposure", words="too bright",
        column="brightness", measures=("lights", "darkest"), loose=True, fades=True,
        shift=(4.07, -6.21, -1.43, -0.31, -0.47, -0.04, -0.63, -0.77, -0.83, 0.19, 1.16, -1.17,
               2.05, -0.01, 4.97, -5.46, -0.2, -0.57, -0.13, -0.13),
        spread=(1.59, 3.01, 1.73, 0.61, 0.52, 0.14, 0.77, 0.99, 1.1, 0.73, 1.46, 2.35, 2.17, 0.04,
                2.72, 1.85, 0.72, 0.57, 0.33, 0.69),
    ),
    Damage(
        kind="bright", form="overexposed", metric="exposure", words="too bright",
        column="brightness", measures=("lights", "darkest"), loose=True,
        shift=(3.2, -6.35, 0.25, -0.32, -0.9, -0.14, 0.38, -0.1, -0.32, 1.32, 3.77, -0.1, 4.49,
               0.06, 1.43, -6.4, -0.3, 0.43, -0.15, -0.29),
        spread=(0.94, 4.85, 4.31, 1.56, 2.12, 0.37, 2.58, 2.92, 3.21, 3.11, 3.12, 0.22, 3.41, 0.18,
                0.98, 1.8, 1.39, 1.66, 0.47, 0.89),
    ),
    Damage(
        kind="low_contrast", metric="exposure", words="washed out",
        column="contrast", measures=("contrast",), fades=True,
        shift=(0.03, -0.08, -6.98, -1.28, -1.8, -0.0, -3.73, -3.77, -3.81, 0.16, 0.69, -1.17,
               -0.06, 0.01, 3.29, 1.99, -1.13, -3.27, -0.3, -0.05),
        spread=(0.19, 0.28, 0.42, 1.59, 1.02, 0.02, 0.2, 0.1, 0.08, 0.25, 0.66, 2.35, 0.18, 0.05,
                2.24, 2.07, 1.52, 0.41, 0.54, 0.86),
    ),
    Damage(
        kind="few_levels", metric="exposure", words="few grey levels",
        column="flat_share", measures=("flat_share",), loose=True,
        shift=(0.47, -0.17, -0.17, 0.28, -2.02, -0.17, 1.09, 0.11, -0.07, 0.21, 5.61, -1.17, -0.06,
               0.01, 2.01, 0.12, -1.09, 0.75, -0.04, -0.01),
        spread=(0.88, 0.21, 1.16, 0.4, 2.98, 0.18, 1.11, 0.69, 0.59, 0.4, 2.06, 2.35, 0.18, 0.1,
                2.27, 1.1, 1.53, 0.87, 0.06, 0.06),
    ),
    Damage(
        kind="border", metric="", words="a border",
        column="border_share", measures=(),
        shift=(-3.54, 2.28, 2.95, 0.04, -3.2, 0.27, 1.82, 1.5, 2.01, 3.41, 3.76, 4.53, -0.0, 0.9,
               -4.8, 0.26, -0.04, 4.97, -0.18, -0.08),
        spread=(1.09, 1.4, 3.42, 0.42, 1.06, 1.43, 2.38, 2.03, 2.17, 1.13, 0.67, 0.85, 0.0, 0.17,
                3.73, 0.23, 0.66, 2.61, 0.35, 0.57),
    ),
    Damage(
        kind="border", form="white", metric="", words="a border",
        column="border_share", measures=(),
        shift=(3.99, -4.61, 3.22, 0.04, -2.93, 0.4, 1.92, 1.6, 2.17, 3.05, 3.38, -0.88, 5.04, 0.85,
               2.01, -7.23, -0.03, 5.38, -0.16, -0.08),
        spread=(2.53, 0.95, 2.05, 0.4, 1.37, 1.67, 1.54, 1.34, 1.41, 2.02, 1.48, 1.52, 0.18, 0.24,
                3.26, 1.96, 0.63, 1.59, 0.33, 0.54),
    ),
    Damage(
        kind="blank_part", metric="", words="a part is blank",
        column="flat_share", measures=(),
        shift=(-3.95, 2.2, 2.56, -0.01, -3.89, -0.25, 0.74, 0.33, 0.41, 4.52, 4.26, 4.43, -0.03,
               4.47, -4.4, 0.72, 0.08, 4.58, -0.21, -0.03),
        spread=(0.46, 1.38, 3.77, 0.4, 1.57, 0.32, 1.84, 1.27, 1.32, 0.55, 1.07, 1.19, 0.09, 1.21,
                3.81, 1.16, 0.18, 2.79, 0.39, 0.6),
    ),
    Damage(
        kind="blank_part", form="white", metric="", words="a part is blank",
        column="flat_share", measures=(),
        shift=(3.87, -4.31, 3.8, -0.01, -3.89, -0.27, 0.71, 0.27, 0.36, 4.4, 4.24, -0.57, 4.97,
               4.71, 0.45, -7.23, 0.08, 4.99, -0.21, -0.03),
        spread=(2.32, 0.25, 1.33, 0.4, 1.57, 0.37, 1.24, 0.77, 0.66, 0.93, 1.13, 1.18, 0.09, 0.54,
                0.55, 1.96, 0.18, 1.7, 0.39, 0.6),
    ),
    Damage(
        kind="blank_part", form="grey", metric="", words="a part is blank",
        column="flat_share", measures=(),
        shift=(1.11, -0.28, -0.69, -0.01, -3.89, -0.23, -0.47, -0.74, -0.84, 4.24, 4.24, -0.57,
               -0.03, 4.11, 0.37, 0.59, 0.17, 1.23, -0.21, -0.03),
        spread=(1.9, 1.06, 1.62, 0.4, 1.57, 0.34, 0.69, 0.36, 0.32, 1.01, 1.13, 1.18, 0.09, 1.42,
                0.63, 1.15, 0.7, 1.74, 0.39, 0.6),
    ),
    Damage(
        kind="colourless", metric="", words="without colours",
        column="colourfulness", measures=("colourfulness",),
        shift=(0.0, 0.0, 0.0, -6.78, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
               0.0, 0.0, -1.03, -0.17),
        spread=(0.0, 0.0, 0.0, 1.32, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
                0.0, 0.0, 0.95, 2.03),
    ),
    Damage(
        kind="two_levels", metric="", words="black and white",
        column="contrast", measures=(),
        shift=(1.03, -0.22, 6.35, -2.82, -3.11, -0.29, 5.17, 3.67, 3.3, 0.35, 6.77, 4.16, 4.57,
               0.11, -4.4, -7.13, -1.02, 4.76, -0.43, -0.07),
        spread=(2.49, 1.89, 3.0, 3.58, 3.42, 0.42, 2.01, 1.64, 1.49, 0.67, 2.26, 1.56, 1.06, 0.14,
                3.81, 2.01, 1.74, 1.88, 0.78, 1.23),
    ),
    Damage(
        kind="blurred", form="0.7 px", metric="sharpness", words="blurred",
        column="blur", measures=("detail_1",), slight=True,
        shift=(0.0, 0.0, -0.43, -0.04, -1.94, -0.17, -1.87, -0.5, -0.13, 0.02, -0.09, -0.18, -0.06,
               -0.01, 0.14, 0.42, -1.0, -1.53, 0.0, 0.0),
        spread=(0.02, 0.01, 0.47, 0.06, 1.3, 0.41, 0.34, 0.12, 0.03, 0.06, 0.58, 0.34, 0.18, 0.02,
                0.17, 1.04, 1.41, 0.45, 0.0, 0.0),
        slope=(-0.47, -0.23, -0.11, -0.03, 0.0, -0.64, -0.14),
        remaining=(0.85, 0.38, 0.3, 0.11, 0.03, 0.96, 0.37),
    ),
    Damage(
        kind="blurred", form="motion", metric="sharpness", words="blurred",
        column="blur", measures=("detail_1",), slight=True,
        shift=(0.0, 0.0, -0.6, -0.06, -1.98, -0.05, -1.85, -0.82, -0.24, 0.0, -0.06, -0.19, -0.05,
               0.01, 0.17, 0.55, -0.87, -0.15, 0.0, 0.0),
        spread=(0.02, 0.01, 0.58, 0.08, 1.29, 0.33, 0.36, 0.2, 0.05, 0.01, 0.44, 0.36, 0.16, 0.04,
                0.2, 1.4, 1.26, 0.36, 0.0, 0.0),
        slope=(-0.47, -0.17, -0.1, -0.04, 0.0, -0.58, 0.0),
        remaining=(0.84, 0.3, 0.32, 0.19, 0.05, 0.84, 0.36),
    ),
    Damage(
        kind="low_resolution", form="half", metric="resolution", words="little detail for its size",
        column="effective_resolution", measures=("detail_1",), slight=True,
        shift=(0.02, -0.01, -0.31, -0.02, -2.07, -0.36, -1.87, -0.33, -0.04, -0.02, -0.09, -0.15,
               -0.05, -0.01, 0.09, 0.35, -0.96, -1.35, 0.0, 0.0),
        spread=(0.05, 0.01, 0.43, 0.04, 1.5, 0.95, 0.44, 0.14, 0.02, 0.06, 0.54, 0.34, 0.16, 0.03,
                0.14, 1.04, 1.52, 0.72, 0.0, 0.0),
        slope=(-0.55, -0.33, -0.15, -0.04, 0.0, -0.71, -0.22),
        remaining=(0.98, 0.94, 0.37, 0.13, 0.02, 0.97, 0.62),
    ),
)  # fmt: skip
# Inverted levels leave no trace that sets share: what is dark in one is bright in another. But
# the measures of the picture before are known, so `inversion_of` looks for these.
INVERTED = Damage(
    kind="inverted",
    metric="exposure",
    words="light and dark exchanged",
    column="brightness",
    measures=(),
    shift=(),
    spread=(),
)
# Nor do colours: a cast goes any way. `casts_of` looks for those that are off as a whole.
CASTS = tuple(
    Damage(
        kind="colour_cast", form=form, metric="", words="a colour cast",
        column=f"{form}_tint", measures=(), shift=(), spread=(), loose=True,
    )
    for form in ("red", "blue")
)  # fmt: skip
# Columns of signs that lie in the finest detail: images with little in them show it by chance.
FINEST = ("softness", "smear", "noise", "peaks", "finer_down")
# Told by one sign each, in the order of `SIGNS`; all but boxes of what nothing else is told.
BY_SIGN = tuple(
    Damage(
        kind=kind, form=form, metric=metric, words=words, column=column,
        measures=(), shift=(), spread=(), loose=kind != "box",
        slight=column in (*FINEST, "uneven_levels"),
    )
    for kind, form, metric, words, column in (
        ("box", "", "", "a box of one level", "box_share"),
        ("noisy", "lines out of place", "noise_artifacts", "lines out of place", "interlacing"),
        ("noisy", "stripes across", "noise_artifacts", "stripes across", "finer_down"),
        ("noisy", "stripes down", "noise_artifacts", "stripes down", "finer_down"),
        ("dark_corners", "", "", "dark corners", "corner_shade"),
        ("blurred", "finest detail", "sharpness", "slightly blurred", "softness"),
        ("blurred", "one way", "sharpness", "blurred one way", "smear"),
        ("compressed", "smoothed", "noise_artifacts", "smoothed or compressed", "peaks"),
        ("uneven_levels", "", "exposure", "levels stretched or bent", "uneven_levels"),
        ("noisy", "grain", "noise_artifacts", "noisy", "noise"),
        ("noisy", "single pixels", "noise_artifacts", "single pixels stand out", "spikes"),
    )
)  # fmt: skip
NAMED_DAMAGES = (*DAMAGES, INVERTED, *CASTS, *BY_SIGN)
