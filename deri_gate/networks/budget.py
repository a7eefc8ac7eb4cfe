"""Amount of training: the presets, and all else that decides the result of a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deri_gate.damage.catalogue import LEVELS, ONLY, SCENARIOS, VARIANTS
from deri_gate.errors import SettingError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION = 1  # of the code; raise it when the same recipe gives another result
CODE = f"training-{VERSION}"  # as it stands in a table of results
LINEAR = "linear"  # a linear head on the frozen encoder
CNNS = ("densenet121", "resnet18", "resnet50", "vgg16", "efficientnet_b0")
ARCHITECTURES = (*CNNS, LINEAR)
BASELINE, UNDAMAGED = "baseline", "none"  # group and level of the dataset as it is
GROUPS = tuple(dict.fromkeys(variant.group for variant in VARIANTS))
SCENES = tuple(scene.group for scene in SCENARIOS)
CUSTOM = "custom"  # the name of a preset in which something was changed


def _check_names(names: tuple[str, ...], known: tuple[str, ...], kind: str) -> None:
    for name in names:
        if name not in known:
            what = f"{name!r} is not a known {kind}"
            raise SettingError(what, "budget", did_you_mean(name, known))


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Budget of training: networks, number of images, epochs.

    Attributes:
        name: Name of the preset; "custom" when something in it was changed.
        architectures: Names in `ARCHITECTURES`.
        groups: Groups in `VARIANTS`; on each a network is trained.
        levels: Levels among mild, medium, strong.
        scenarios: Names in `SCENARIOS`; networks trained on undamaged images are tested there.
        images: Training images at most, a stratified sample; None for all.
        validation: Validation images at most, likewise.
        epochs: Passes over the training images.
        size: Side in pixels of what a CNN sees.
        batch: Images a step at most; halved when memory runs out.
        lr: Learning rate of Adam.
        repeats: Runs of each CNN, with seeds one after another; the linear probe needs one.
        pretrained: Whether CNNs start from ImageNet weights, which torchvision downloads.
    """

    name: str
    architectures: tuple[str, ...]
    groups: tuple[str, ...] = GROUPS
    levels: tuple[str, ...] = LEVELS
    scenarios: tuple[str, ...] = SCENES
    images: int | None
    validation: int | None
    epochs: int
    size: int
    batch: int
    lr: float = 1e-3
    repeats: int = 1
    pretrained: bool = False

    def __post_init__(self) -> None:
        for name in ("images", "validation", "epochs", "size", "batch", "repeats"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SettingError(f"{name} is {value}", "budget", "Give 1 or more.")
        if not self.lr > 0:
            raise SettingError(f"lr is {self.lr}", "budget", "Give a number above 0.")
        _check_names(self.architectures, ARCHITECTURES, "architecture")
        _check_names(self.groups, GROUPS, "group of variants")
        _check_names(self.levels, LEVELS, "level")
        _check_names(self.scenarios, SCENES, "scenario")
        if not self.architectures:
            raise SettingError("names no architecture", "budget", "Give one.")

    @property
    def variants(self) -> tuple[tuple[str, str], ...]:
        """Group and level of each variant, in the order of the catalogue."""
        wanted = {(group, level) for group in self.groups for level in self.levels}
        return tuple((v.group, v.level) for v in VARIANTS if (v.group, v.level) in wanted)

    @property
    def scenes(self) -> tuple[tuple[str, str], ...]:
        """Group and level of each scenario, in the order of the catalogue."""
        return tuple((v.group, ONLY) for v in SCENARIOS if v.group in self.scenarios)


SMOKE = Budget(
    name="smoke",
    architectures=("resnet18", LINEAR),
    levels=("strong",),
    scenarios=("scenario.blur", "scenario.dark"),
    images=200,
    validation=200,
    epochs=2,
    size=32,
    batch=32,
)
# Measured: a core trains ResNet18 on 140 images a second and embeds 140. So a variant costs 18 core
# seconds, and 33 variants of ten datasets about an hour on two cores. EfficientNet-B0, at 120, is
# left out: after so few steps from random weights it still gives one answer to every image.
SMALL = Budget(
    name="small",
    architectures=("resnet18", LINEAR),
    levels=("medium", "strong"),
    images=400,
    validation=400,
    epochs=5,
    size=32,
    batch=32,
)
PAPER = Budget(
    name="paper",
    architectures=ARCHITECTURES,
    images=None,
    validation=None,
    epochs=10,
    size=224,  # the paper names none; its lack of memory at batch 512 on 24 GB speaks for it
    batch=512,
)
BUDGETS = {budget.name: budget for budget in (SMOKE, SMALL, PAPER)}


def budget_named(name: str) -> Budget:
    """The preset of this name.

    Raises:
        SettingError: If there is none.
    """
    if name not in BUDGETS:
        fix = f"Choose {', '.join(BUDGETS)}."
        raise SettingError(f"there is no preset {name!r}", "--preset", fix)
    return BUDGETS[name]


def changed_budget(
    budget: Budget,
    *,
    architectures: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
    levels: Sequence[str] | None = None,
    images: int | None = None,
    epochs: int | None = None,
) -> Budget:
    """The budget with these fields where they are not None; called "custom" if that matters.

    Raises:
        SettingError: If a value does not fit.
    """
    changed = replace(
        budget,
        architectures=budget.architectures if architectures is None else tuple(architectures),
        groups=budget.groups if groups is None else tuple(groups),
        levels=budget.levels if levels is None else tuple(levels),
        images=budget.images if images is None else images,
        epochs=budget.epochs if epochs is None else epochs,
    )
    return budget if changed == budget else replace(changed, name=CUSTOM)
