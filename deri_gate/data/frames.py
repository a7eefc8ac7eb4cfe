"""Choice of a frame where one file holds several: DICOM, TIFF stacks, volumes."""

from __future__ import annotations

from typing import Literal

from deri_gate.errors import UnreadableImageError

Frame = int | Literal["first", "middle"] | None  # a position from 0; None: as the format has it
MAX_FRAMES = 20_000  # a file that declares more is taken for damaged


def frame_index(
    frame: Frame, count: int, where: str, default: Literal["first", "middle"] = "first"
) -> int:
    """Position of the frame to show, from 0.

    A file with a single frame shows it, whichever is asked for.

    Args:
        frame: The frame that is asked for.
        count: Number of frames in the file.
        where: The image's id, for the message.
        default: What None stands for in this format.

    Raises:
        UnreadableImageError: If there is no such frame, or there are too many to be true.
    """
    if count > MAX_FRAMES:
        text = f"declares {count:,} frames, more than the {MAX_FRAMES:,} a file may have"
        raise UnreadableImageError(text, where)
    if count <= 1:
        return 0
    chosen = default if frame is None else frame
    if chosen == "first":
        return 0
    if chosen == "middle":
        return count // 2
    if not 0 <= chosen < count:
        raise UnreadableImageError(f"has no frame {chosen + 1}; it has {count}", where)
    return chosen
