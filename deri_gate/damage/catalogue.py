"""The list of variants. To add one: write its function, then add its record here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from deri_gate.damage import choice, damage, resample, scenes
from deri_gate.damage.repaint import repainted, with_mask, with_partner, with_scene
from deri_gate.errors import SettingError, did_you_mean
from deri_gate.schemas.study import SCENARIO, is_scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from deri_gate.arrays import IntArray
    from deri_gate.damage.source import DamageSpec
    from deri_gate.data.dataset import Dataset

LEVELS = ("mild", "medium", "strong")
ONLY = "only"  # the level of a scenario that has no degrees
ALL_LEVELS = (*LEVELS, ONLY)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way to make a dataset worse, at one level.

    Attributes:
        group: Its id everywhere; a suffix tells kinds apart that must hurt the same metric.
        level: mild, medium, strong; "only" where there are no degrees.
        kind: What is new: the pixels, the sample, the labels, or pixels mixed of several images.
        title: Name for people.
        hurts: Id of the metric that must fall; empty for a scenario, which tests networks.
        strength: In the unit of the function that does it.
        change: From dataset, positions it may touch, and spec to the variant.
        among: Which of the judged images it is about, before a share of them is drawn.
        version: Version of the code; raise it when the same recipe gives another result.
    """

    group: str
    level: str
    kind: Literal["pixels", "sample", "labels", "mixture"]
    title: str
    hurts: str
    strength: float
    change: Callable[[Dataset, IntArray, DamageSpec], Dataset]
    among: Callable[[Dataset, IntArray], IntArray] = choice.everything
    version: int = 1


def _levels(
    group: str,
    title: str,
    strengths: tuple[float, float, float],
    change: Callable[[Dataset, IntArray, DamageSpec], Dataset],
    *,
    kind: Literal["pixels", "sample", "labels", "mixture"] = "pixels",
    among: Callable[[Dataset, IntArray], IntArray] = choice.everything,
) -> tuple[Variant, ...]:
    """A group's records, from mild to strong; it hurts the metric before the dot."""
    return tuple(
        Variant(
            group=group,
            level=level,
            kind=kind,
            title=title,
            hurts=group.partition(".")[0],
            strength=strength,
            change=change,
            among=among,
        )
        for level, strength in zip(LEVELS, strengths, strict=True)
    )


def _scenario(
    name: str,
    title: str,
    strength: float,
    change: Callable[[Dataset, IntArray, DamageSpec], Dataset],
    among: Callable[[Dataset, IntArray], IntArray] = choice.everything,
) -> Variant:
    """A scenario's record."""
    return Variant(
        group=f"{SCENARIO}{name}",
        level=ONLY,
        kind="pixels",
        title=title,
        hurts="",
        strength=strength,
        change=change,
        among=among,
    )


VARIANTS: tuple[Variant, ...] = (
    *_levels("sharpness", "Gaussian blur", (0.6, 1.0, 1.8), repainted(damage.blur)),
    *_levels("noise_artifacts", "Gaussian noise", (6, 12, 24), repainted(damage.noise)),
    *_levels("noise_artifacts.jpeg", "JPEG compression", (60, 80, 92), repainted(damage.jpeg)),
    *_levels("exposure", "Darkened (gamma)", (1.7, 2.5, 4.0), repainted(damage.gamma)),
    *_levels("exposure.bright", "Brightened (gamma)", (0.6, 0.4, 0.25), repainted(damage.gamma)),
    *_levels("resolution", "Down- and up-sampled", (1.5, 2.2, 4.0), repainted(damage.pixelate)),
    *_levels("duplicates", "Repeated images", (0.05, 0.2, 0.5), resample.repeat, kind="sample"),
    *_levels(
        "duplicates.near",
        "Nearly repeated images",
        (0.05, 0.2, 0.5),
        resample.repeat_nearly,
        kind="mixture",
    ),
    *_levels("diversity", "Dropped classes", (0.3, 0.6, 0.9), resample.drop_classes, kind="sample"),
    *_levels(
        "diversity.groups",
        "Dropped groups (patients, sites)",
        (0.5, 0.75, 0.9),
        resample.drop_groups,
        kind="sample",
    ),
    *_levels(
        "separation",
        "Mix-up between classes",
        (0.2, 0.35, 0.5),
        repainted(damage.mix, with_partner),
        kind="mixture",
    ),
    *_levels("imbalance", "Cut classes", (0.5, 0.2, 0.05), resample.cut_classes, kind="sample"),
    *_levels("label_noise", "Flipped labels", (0.1, 0.2, 0.4), resample.flip_labels, kind="labels"),
    *_levels(
        "xai_overlay", "Heat maps burnt in", (0.25, 0.45, 0.7), repainted(damage.burnt_heat_map)
    ),
    *_levels(
        "xai_overlay.marker",
        "A marker on one class",
        (0.15, 0.22, 0.32),
        repainted(damage.burnt_marker),
        among=choice.one_class,
    ),
    *_levels("xai_stability", "Micro-perturbations", (2, 4, 8), repainted(damage.micro)),
)

SCENARIOS: tuple[Variant, ...] = (
    _scenario("blur", "Blurred", 1.0, repainted(damage.blur)),
    _scenario("grey", "Grey", 1.0, repainted(scenes.grey_scene)),
    _scenario("red", "Red channel alone", scenes.RED, repainted(scenes.single_channel)),
    _scenario("green", "Green channel alone", scenes.GREEN, repainted(scenes.single_channel)),
    _scenario("blue", "Blue channel alone", scenes.BLUE, repainted(scenes.single_channel)),
    _scenario("rainbow", "Rainbow colours", 0.4, repainted(scenes.rainbow)),
    _scenario("bright", "Overexposed", 1.8, repainted(scenes.brightness)),
    _scenario("dark", "Underexposed", 0.4, repainted(scenes.brightness)),
    *(
        _scenario(name, title, strength, repainted(scene, inputs), choice.with_masks)
        for name, title, strength, scene, inputs in (
            ("blurred_background", "Blurred background", 1.8, scenes.blurred_background, with_mask),
            ("blurred_object", "Blurred object", 1.0, scenes.blurred_object, with_mask),
            ("random_background", "Random background", 1.0, scenes.random_background, with_scene),
            ("segmented", "Object on black", 1.0, scenes.segmented, with_mask),
            ("transparent", "Transparent object", 0.4, scenes.transparent, with_mask),
        )
    ),
)
MASKED = tuple(v for v in SCENARIOS if v.among is choice.with_masks)  # what only masks allow
HURTS = {variant.group: variant.hurts for variant in VARIANTS}  # group of damage: metric


def chosen_variants(
    groups: Iterable[str] | None, levels: Sequence[str] | None, *, masks: bool = False
) -> tuple[Variant, ...]:
    """The variants and scenarios that are asked for, in the order of the catalogue.

    Args:
        groups: Groups of `VARIANTS` or `SCENARIOS`; all of `VARIANTS` when None.
        levels: Levels of variants, all when None. A scenario has one of its own.
        masks: Whether, where no groups are named, the scenarios that need masks come too.

    Raises:
        SettingError: If there is no such group or level.
    """
    known = (*VARIANTS, *SCENARIOS)
    usual = [v.group for v in (*VARIANTS, *(MASKED if masks else ()))]
    asked = {
        (group, level)
        for group in (usual if groups is None else groups)
        for level in ([ONLY] if is_scenario(group) else LEVELS if levels is None else levels)
    }
    for group, level in sorted(asked.difference((v.group, v.level) for v in known)):
        find(group, level)  # says what there is instead
    return tuple(v for v in known if (v.group, v.level) in asked)


def strongest(group: str) -> Variant:
    """The record of a group's strongest level, or of a scenario.

    Raises:
        SettingError: If there is no such group.
    """
    return find(group, ONLY if is_scenario(group) else LEVELS[-1])


def find(group: str, level: str) -> Variant:
    """The record of a variant or scenario.

    Raises:
        SettingError: If there is no such group or level.
    """
    levels = {v.level: v for v in (*VARIANTS, *SCENARIOS) if v.group == group}
    if not levels:
        groups = list(dict.fromkeys(v.group for v in (*VARIANTS, *SCENARIOS)))
        raise SettingError(f"{group!r} is not a group of variants", fix=did_you_mean(group, groups))
    if level not in levels:
        raise SettingError(
            f"{level!r} is not a level of {group}", fix=f"It has {', '.join(levels)}."
        )
    return levels[level]
