"""Labels that are denied where the class is surest.

Neighbours outvote labels for two reasons: the classes look alike, or the labels are wrong. Honest
datasets of the first kind have as many outvoted labels as others with a third of them drawn at
random. They differ where the class is surest: honest labels agree there, random ones do not. Where
looks hardly tell the classes, no image is sure, and nothing tells the two kinds from each other.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from deri_gate.errors import UnmeasurableError
from deri_gate.measuring.shares import Share, not_looked_at
from deri_gate.metrics.label_noise import disagrees
from deri_gate.metrics.surest_labels import LEAST, SUREST, surest_of
from deri_gate.runtime.counts import counted, listed
from deri_gate.runtime.figures import percent
from deri_gate.stats.intervals import wilson_lower_bound

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.measuring.evidence import Evidence

# Share of outvoted labels of the hardest reference dataset. Beyond it, honest ones of classes made
# equally large have up to 0.38 of their surest labels denied; so no more than this is said there.
HARD, UNSURE = 0.45, 0.15
NAMED = 3  # classes of denied labels that are named


def denied_share(evidence: Evidence) -> Share:
    """Share of the surest fifth of the images that bear another label: lower bound (95 %).

    It is 0.15 at most where neighbours outvote more than 45 % of all labels.

    Args:
        evidence: The images; no probe is fitted for this alone.
    """
    if reason := not_asked(evidence):
        return not_looked_at(reason)
    try:
        neighbours, out_of_fold = evidence.neighbours, evidence.probe.out_of_fold
    except UnmeasurableError as error:
        return not_looked_at(error.what)
    return share_denied(evidence.dataset, neighbours, out_of_fold)


def not_asked(evidence: Evidence) -> str:
    """Reason why no label of these images is looked at; empty where they are."""
    if evidence.profile.definitions == "paper":
        return "the paper's definition of label_noise fits no probe"
    return "" if "label_evidence" in evidence.wanted else "label_noise was not asked for"


def share_denied(
    dataset: Dataset, neighbours: IntArray, unseen: FloatArray, *, where: str = ""
) -> Share:
    """Share of the surest fifth of some images that bear another label: lower bound (95 %).

    Args:
        dataset: The images and their labels.
        neighbours: Positions of each image's k nearest among them, shape (N, k).
        unseen: Class probabilities by a probe without the image, shape (N, K).
        where: The split that they are, if the note is to say so.
    """
    membership = dataset.membership
    surest, denied = surest_of(neighbours, membership, unseen)
    if len(surest) < LEAST:
        return not_looked_at(f"fewer than {LEAST / SUREST:g} images")
    wrong = [dataset.classes[k] for i in surest[denied] for k in dataset.labels[i]]
    value = wilson_lower_bound(float(denied.mean()), len(surest))
    outvoted, note = float(disagrees(neighbours, membership).mean()), _note(wrong, denied, where)
    if value > UNSURE and outvoted > HARD:
        return Share(value=UNSURE, note=f"{note}; {_hardly(outvoted)}")
    return Share(value=value, note=note)


def _hardly(outvoted: float) -> str:
    return (
        f"the most similar images contradict {percent(outvoted)} of all labels, so the classes "
        f"may simply look alike: the value is limited to {percent(UNSURE)}"
    )


def _note(wrong: list[str], denied: BoolArray, where: str) -> str:
    """Number of the denied labels, and the classes that they name most often."""
    if not denied.any():
        return ""
    most = sorted(Counter(wrong).items(), key=lambda item: (-item[1], item[0]))[:NAMED]
    named = listed([f"class {label} ({count:,})" for label, count in most])
    images = counted(len(denied), "image") + (f" of {where}" if where else "")
    return (
        f"of the {images} that the classifier is surest of, "
        f"{int(denied.sum()):,} have another label, most of them {named}"
    )
