"""The meaning of a test of changed images, as a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.changes.records import SHOWN
from deri_gate.metrics.catalogue import BUILT_IN
from deri_gate.runtime.counts import counted
from deri_gate.runtime.figures import probability, signed

if TYPE_CHECKING:
    from deri_gate.changes.records import Kind

NOUNS = {"added": "new image", "removed": "removed image", "modified": "changed image",
         "relabelled": "relabelled image", "unchanged": "unchanged image"}  # fmt: skip
SURE = 0.01  # adjusted p below which a sentence states a difference as a fact


@dataclass(frozen=True)
class Topic:
    """A property that is tested, and what a significant difference in it means.

    Attributes:
        title: Its name.
        one: What is said of a single image, verb included.
        many: What is said of several.
        compared: Whether "than before" or "than the images of the base" completes it.
    """

    title: str
    one: str
    many: str
    compared: bool = True


TOPICS = {
    "sharpness": Topic("sharpness", "is blurrier", "are blurrier"),
    "noise_artifacts": Topic("noise and artifacts", "is noisier", "are noisier"),
    "exposure": Topic("exposure", "is worse exposed", "are worse exposed"),
    "resolution": Topic("resolution", "has a lower resolution", "have a lower resolution"),
    "novelty": Topic("unusual looks", "looks more unusual", "look more unusual"),
    "label_noise": Topic("labels", "matches its label less well", "match their labels less well"),
    "separation": Topic(
        "class separation",
        "resembles its class less, and others more,",
        "resemble their classes less, and others more,",
    ),
    "diversity": Topic(
        "diversity",
        "is more unusual than the images that stay",
        "are more unusual than the images that stay",
        compared=False,
    ),
    "xai_overlay": Topic(
        "explanations on edges",
        "has more of its explanation on steep edges",
        "have more of their explanations on steep edges",
    ),
    "xai_stability": Topic(
        "stability of explanations",
        "has a less stable explanation",
        "have less stable explanations",
    ),
    "duplicates": Topic(
        "near duplicates", "has near duplicates more often", "have near duplicates more often"
    ),
    "leaks": Topic(
        "leaks between splits",
        "appears in another split more often",
        "appear in other splits more often",
    ),
    "imbalance": Topic(
        "class balance",
        "makes the classes less balanced",
        "make the classes less balanced",
        compared=False,
    ),
    "composition": Topic(
        "class composition",
        "is of an unusual class for this base",
        "have another class composition than the base",
        compared=False,
    ),
    "groups": Topic(
        "whole groups",
        "comes from fewer groups than images drawn at random",
        "come from fewer groups than images drawn at random",
        compared=False,
    ),
    "size": Topic("size", "has another size or shape", "have other sizes or shapes"),
    "colour": Topic("colours", "has other colours", "have other colours"),
    "intensity": Topic("grey levels", "has other grey levels", "have other grey levels"),
    "orientation": Topic("orientation", "is laid out differently", "are laid out differently"),
    "masks": Topic(
        "masks",
        "has another mask than before, or none",
        "have other masks than before, or none",
        compared=False,
    ),
    "mask_fit": Topic(
        "fit of the masks",
        "has a mask that fits it less well",
        "have masks that fit them less well",
    ),
    "channels": Topic(
        "colour",
        "differs in colour mode",
        "differ in colour mode",
        compared=False,
    ),
}
COMPARED_WITH = {"added": " than the images of the base", "removed": " than the images that stay",
                 "modified": " than before", "relabelled": " than before",
                 "unchanged": " than before"}  # fmt: skip


def topic_of(about: str) -> Topic:
    """Words of what is tested; of a metric without words of its own, general ones."""
    for metric in BUILT_IN if about not in TOPICS else ():
        if metric.name == about:
            title = metric.title.lower()
            return Topic(title, f"has a worse {title}", f"have a worse {title}")
    return TOPICS[about]


def title_of(kind: Kind, about: str, split: str = "") -> str:
    """Images and property of a test, as in `New images: sharpness`; and their split."""
    where = f" of {split}" if split else ""
    return f"{NOUNS[kind].capitalize()}s{where}: {topic_of(about).title}"


def change_sentence(
    kind: Kind,
    about: str,
    count: int,
    effect: float,
    adjusted: float,
    *,
    groups: int = 0,
    among: int = 0,
    split: str = "",
    together: bool = False,
) -> str:
    """A sentence on the result of a test, with its effect and adjusted p-value."""
    images = f"{count:,} of {counted(among, NOUNS[kind])}" if among else counted(count, NOUNS[kind])
    if groups:
        images += f" of {counted(groups, 'group')}"
    if split:
        images += f" in {split}"
    topic = topic_of(about)
    claim = topic.one if count == 1 else topic.many
    claim += COMPARED_WITH[kind] if topic.compared else ""
    sure = f"adjusted p {probability(adjusted)}{' with those of other splits' if together else ''}"
    if adjusted >= SHOWN:
        return f"There is no evidence that {images} {claim} ({sure})."
    told = f"{images} {claim} (effect {signed(effect)}, {sure})."
    return told if adjusted < SURE else f"There is weak evidence that {told}"
