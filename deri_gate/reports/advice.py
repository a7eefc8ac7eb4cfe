"""Advice on a limit that is not kept: what a person can do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.gate.records import Status
from deri_gate.measuring.quality_gap import GAP_ROWS
from deri_gate.metrics.catalogue import METRICS

if TYPE_CHECKING:
    from deri_gate.gate.records import Check

ADVICE = {metric.name: metric.advice for metric in METRICS} | {
    "DERI1000": "Improve the metrics with the lowest subscores first.",
    "U": "Improve the metrics with the lowest subscores first.",
    "unreadable_share": "Export or copy the unreadable files again, or remove them.",
    "unusable_masks": "Rename the files that are no masks, and save the broken masks again.",
    "unjudged_share": "Move images to where they are read, unpack archives, or exclude them.",
    "ignored_share": "Check the files that were left out: name the layout, or remove them.",
    "exact_copies": "Keep one file of each picture.",
    "conflicting_copies": "Decide on one label for each picture, and remove its copies.",
    "likely_contradictions": "Look at each pair: if both show the same, one label is wrong.",
    "contradictions": "Decide on one label for each pair of images that show the same.",
    "ambiguous_names": "Rename the files or classes that differ only in case or spelling.",
    "missing_labels": "Label the images without one, or leave them out.",
    "private_share": "Remove names and dates of patients from the headers.",
    "traced_share": "Remove the tags from the files: they tell who took a picture, and where.",
    "narrow_share": "Export the images with all their grey levels.",
    "constant_share": "Remove the images whose pixels all have one value.",
    "uniform_share": "Look for a frame, a caption or a broken export that many images share.",
    "faint_share": "Export the images with all their levels, or take them in better light.",
    "hollow_share": "Get the images in their original size and in focus: enlarging adds no detail.",
    "grainy_share": "Get the images with less noise, or saved with less compression.",
    "divided_share": "Acquire or export the damaged images like the others of their class.",
    "template_share": "Collect different pictures for the classes that repeat a few.",
    "denied_elsewhere": "Judge the other splits by --split, and let a person check their labels.",
    "denied_share": "Let a second person check the labels, or check how they were assigned.",
    "scarcity": "Collect more of the class, join it with another, or leave it out.",
    "shortcut": "Crop or mask the place, or export all classes in one way, from one program.",
    "confounding": "Collect each class from all sources.",
    "class_by_look": "Take and save all classes in one way: same light, levels and sharpness.",
    "class_by_file": "Export all classes in one way, from the same sources.",
    "class_by_metadata": "Collect each class from all sources.",
    "split_by_look": "Export all splits in one way, or waive the limit if they differ on purpose.",
    "split_by_metadata": "Split each source, or waive the limit if the splits differ on purpose.",
    **dict.fromkeys(GAP_ROWS, "Look at the heat maps, and train the networks longer."),
    "leaked_images": "Remove the images from one of the splits.",
    "leaked_copies": "Remove the copies from one of the splits.",
    "leaked_groups": "Put all images of a group into one split.",
    "leaked_patients": "Put all images of a patient into one split.",
    "leaks": "Keep each image, its copies and its group in one split only.",
    "novelty": "Look at the unusual images: they may be damaged, or from another source.",
    "composition": "Add images of the other classes, or waive the limit if this is intended.",
    "groups": "Restore the groups, or waive the limit if their removal is intended.",
    "size": "Export the images in the size of the others.",
    "mask_fit": "Restore the former masks, or waive the limit if other objects are to be marked.",
    "masks": "Check the masks that mark another area than before, or are missing.",
    "channels": "Export the images in the colour mode of the others: grey or colour.",
    "colour": "Look for another stain, lamp, white balance or program.",
    "intensity": "Look for another window, exposure or program.",
    "orientation": "Turn the images as those of the base are, before anyone trains on them.",
    "baseline_copies": "Remove the images that the baseline has already.",
    "baseline_near_copies": "Remove the images that the baseline has already.",
    "drift.ongoing": "Correct what changed at the source. If this batch no longer shows it, "
    "wait for the next ones.",
    "drift.ended": "Note what ended the drift.",
}
OF_DRIFT = "Look for what changed at the source: device, settings, site, patients."
OF_FALL = "Look first at the metrics whose subscores fell most."
OF_UNKNOWN = "Correct what the reason says, or use a suite without this limit."


def advice_on(check: Check) -> str:
    """A sentence on what to do about a limit; empty for what we know nothing of."""
    if check.status is Status.UNKNOWN:
        return OF_UNKNOWN
    if check.metric == "DERI1000" and check.column == "difference":
        return OF_FALL
    usual = OF_DRIFT if check.metric.startswith("drift.") else ""
    return ADVICE.get(check.metric, usual)
