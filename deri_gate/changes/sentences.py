"""What a test of changed images means, in a person's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deri_gate.changes.records import Kind

WHO = {"added": "new images", "removed": "removed images", "modified": "changed images",
       "relabelled": "relabelled images"}  # fmt: skip
TOPICS = {
    "sharpness": ("sharpness", "blurrier"),
    "noise_artifacts": ("noise and artifacts", "noisier"),
    "exposure": ("exposure", "worse exposed"),
    "resolution": ("resolution", "of lower resolution"),
    "novelty": ("unusual looks", "less like the images of the base"),
    "label_noise": ("labels", "labelled more against what they look like"),
    "separation": ("class separation", "less like their class and more like others"),
    "diversity": ("diversity", "more unusual than those that stay"),
    "xai_overlay": ("explanations on edges", "explained more by steep edges"),
    "xai_stability": ("steadiness of explanations", "explained less steadily"),
    "duplicates": ("near duplicates", "near duplicates more often"),
    "leaks": ("leaks between splits", "in other splits too more often"),
    "imbalance": ("class balance", "of classes that make the set less balanced"),
    "composition": ("class composition", "of other classes than the base's images"),
    "groups": ("whole groups", "of fewer groups than images taken at random"),
    "size": ("size", "of another size"),
    "channels": ("colour", "more often grey, or more often in colour"),
}
SURE = 0.01  # corrected p below which a sentence says that something is so


def title_of(kind: Kind, about: str) -> str:
    """Of whom and about what, as in `New images: sharpness`."""
    return f"{WHO[kind].capitalize()}: {TOPICS[about][0]}"


def change_sentence(  # noqa: PLR0917
    kind: Kind, about: str, count: int, effect: float, corrected: float, groups: int = 0
) -> str:
    """The result in a sentence, with its effect and how sure it is."""
    who = WHO[kind] if count != 1 else WHO[kind].removesuffix("s")
    who += f" of {groups} group{'s' * (groups > 1)}" if groups else ""
    be = "is" if count == 1 else "are"
    known = {"modified": " than before", "relabelled": " than before"}.get(kind, "")
    known = "" if about in {"size", "channels", "duplicates", "composition"} else known
    if corrected >= SURE:
        return (
            f"{count} {who}: nothing says that they are "
            f"{TOPICS[about][1]}{known} (corrected p {corrected:.2g})"
        )
    return (
        f"{count} {who} {be} {TOPICS[about][1]}{known} "
        f"(effect {effect:+.2f}, corrected p {corrected:.2g})"
    )
