"""Files that hold more pictures than are judged, or values that no one sees: each is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deri_gate.data.dataset import UNJUDGED, Finding
from deri_gate.data.readers.files import path_text
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.frames import Frames
    from deri_gate.data.readers.looking import Look

ANIMATION = "an animation, of which only the first picture is judged: save each as a file"
FURTHER = "{} more {} not judged: --frames all judges each, --frames first says they are no images"
OF_OTHER_KINDS = "{} of another size or kind {} not judged: save each as a file"
BEHIND = "{} of its size behind the first {} not judged: save each as a file"
LACKING = "values that are NaN or infinite, shown black or white: replace them"
OWN = (
    "values below 0, beyond 16 bits, or fractions beyond 0 to 1, shown by the range of each "
    "picture: that one is too dark or too faint is not seen; write levels, or 0 to 1"
)
LOST = "pages after the first are not judged, as a list of pages is damaged: save the file anew"


def with_unjudged(dataset: Dataset, looks: Sequence[Look], frames: Frames) -> Dataset:
    """The dataset with a finding on each file that holds pictures which nobody chose to leave out.

    DICOM and NIfTI are no such files: which of their frames is judged is as documented.

    Args:
        dataset: An image a file.
        looks: What the first bytes of each file say.
        frames: What was asked for; "" where the user did not choose.
    """
    told = (
        Finding(kind=UNJUDGED, path=name, detail=detail, images=_number_of(look, frames))
        for name, look in zip(dataset.ids, looks, strict=True)
        if (detail := _not_judged(look, frames))
    )
    dataset = replace(dataset, findings=(*dataset.findings, *told))
    files = list(zip(dataset.ids, looks, strict=True))
    lacking = [name for name, look in files if look.values.lacking]
    stretched = [name for name, look in files if look.values.stretched]
    notes = [_told(names, what) for names, what in ((lacking, LACKING), (stretched, OWN)) if names]
    return dataset.with_notes(*notes) if notes else dataset


def _told(names: Sequence[str], what: str) -> str:
    """Words on files with values that a person does not see as they are."""
    hold = "holds" if len(names) == 1 else "hold"
    return f"{counted(len(names), 'file')}, such as {path_text(names[0])}, {hold} {what}"


def _not_judged(look: Look, frames: Frames) -> str:
    """Pictures of a file that are not judged, in words; "" for none."""
    if look.moves:
        return ANIMATION
    if look.behind:
        return _with_number(BEHIND, look.behind, "picture")
    reasons = []
    if look.further and not frames:
        reasons.append(_with_number(FURTHER, look.further))
    if look.others:
        reasons.append(_with_number(OF_OTHER_KINDS, look.others))
    if look.lost:
        reasons.append(LOST)
    return "; ".join(reasons)


def _number_of(look: Look, frames: Frames) -> int:
    """Number of pictures of a file that are not judged: at least one where it is not known."""
    pages = look.others + (0 if frames else look.further)
    return max(1, look.moves, look.behind or pages)


def _with_number(sentence: str, pictures: int, noun: str = "page") -> str:
    return sentence.format(counted(pictures, noun), "is" if pictures == 1 else "are")
