"""Files that hold images or labels in a form that is not read: what they are, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.data.readers.files import readable
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

_TABLES = (".xlsx", ".xls", ".xlsm", ".ods")
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar")
_PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".joblib")
_CONTAINERS = (
    *(".h5", ".hdf5", ".mat", ".npy", ".tfrecord", ".tfrecords", ".lmdb", ".mdb"),
    *(".arrow", ".feather", ".zarr", ".sqlite", ".db"),
)
_IMAGES = (
    ".png",
    ".jpg",
    ".jpeg",
    ".bmp",
    ".tif",
    ".tiff",
    ".webp",
    ".gif",
    ".dcm",
    ".nii",
    ".nii.gz",
)
_READ = 4 * 2**20  # bytes of a JSON file from either end, in which its kind is told
DETECTION = "object detection annotations"
CUT_OUT = (
    "The gate judges image classification and makes no crops: cut out the objects into class "
    "folders, or write a manifest with a class for each whole image."
)


def refused(path: Path, forms: str) -> DatasetError:
    """The error for a file that is no dataset.

    Args:
        path: The file.
        forms: A clause on the forms that are read.
    """
    suffix = path.suffix.lower()
    if suffix == ".json":
        return _json(path)
    for endings, what, fix in (
        (_IMAGES, "is one image", "Name the folder of its classes, or a manifest."),
        (_TABLES, "is a spreadsheet", "Save it as CSV in UTF-8."),
        (_ARCHIVES, "is an archive", "Unpack it, and name the folder."),
        (_PICKLES, "is a pickle, which could run any program and is never read", _EXPORT),
        ((".arrow",), "is a table of Arrow", SAVED_TO_DISK),
        (_CONTAINERS, "is a container of arrays", _EXPORT),
        ((".txt", ".lst"), "is a list without columns", _MANIFEST),
    ):
        if path.name.lower().endswith(endings):
            return DatasetError(what, path, f"{fix} {forms}.")
    return DatasetError("is not a dataset", path, f"{forms}.")


_EXPORT = "Export the images to files, in class folders or with a manifest."
SAVED_TO_DISK = (
    "A dataset of save_to_disk is judged in Python: "
    "deri_gate.check(datasets.load_from_disk(folder)); or write each split with to_parquet."
)
_MANIFEST = "Write a CSV with the columns path and label."


def _json(path: Path) -> DatasetError:
    """COCO by its sections, wherever they stand in the file; else JSON of another kind."""
    with readable(path), path.open("rb") as file:
        text = file.read(_READ)
        file.seek(max(0, path.stat().st_size - _READ))
        text += file.read(_READ)
    if all(name in text for name in (b'"annotations"', b'"categories"')) or b'"bbox"' in text:
        return DatasetError(f"holds {DETECTION} (COCO)", path, CUT_OUT)
    fix = "Write JSON lines, an object an image with path and label, as .jsonl."
    return DatasetError("is JSON of no kind that is read", path, fix)
