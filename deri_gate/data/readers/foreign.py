"""Layouts of other tasks, recognised so that they are not taken for classes."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_COCO = re.compile(r"(^|/)(instances_|person_keypoints_|captions_|panoptic_)[^/]*\.json$|"
                   r"(^|/)_annotations\.coco\.json$", re.IGNORECASE)  # fmt: skip
FIX = (
    "deri-gate judges image classification and makes no crops of boxes. Give it class folders "
    "or a manifest (path, label), or say --layout class if the folders are classes all the same."
)
HALF = 0.5


def refuse_detection(images: Sequence[str], others: Sequence[str], root: Path) -> None:
    """Refuse layouts of object detection: YOLO, COCO and Pascal VOC.

    Args:
        images: Paths of the images.
        others: Paths of all other files.
        root: The dataset's folder, for the error.

    Raises:
        DatasetError: If it is laid out so.
    """
    name = "COCO" if any(map(_COCO.search, others)) else _boxes(images, others)
    if name:
        raise DatasetError(f"is laid out for object detection ({name})", root, FIX)


def _boxes(images: Sequence[str], others: Sequence[str]) -> str:
    """The layout in which most images have a file of boxes; "" for none."""
    stems = {_without(path, {"images", "jpegimages"}) for path in images}
    for name, ending, folder in (("YOLO", ".txt", "labels"), ("Pascal VOC", ".xml", "annotations")):
        boxes = {
            _without(path, {folder})
            for path in others
            if path.lower().endswith(ending) and f"/{folder}/" in f"/{path.lower()}"
        }
        if boxes and len(boxes & stems) >= HALF * len(stems):
            return name
    return ""


def _without(path: str, folders: set[str]) -> str:
    """A path without its ending and without folders of these names."""
    parts = posixpath.splitext(path)[0].split("/")
    return "/".join(part for part in parts if part.lower() not in folders)
