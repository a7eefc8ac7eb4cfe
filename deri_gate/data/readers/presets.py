"""Tables of public datasets, by the exact names of their columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deri_gate.data.readers.columns import MULTI_HOT, ONE_HOT, Columns, spelled
from deri_gate.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from deri_gate.data.readers.options import ReadOptions
    from deri_gate.data.readers.places import Place

_CHEXPERT = (
    *("No Finding", "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion"),
    *("Edema", "Consolidation", "Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion"),
    *("Pleural Other", "Fracture", "Support Devices"),
)
_ISIC = ("MEL", "NV", "BCC", "AK", "AKIEC", "BKL", "DF", "VASC", "SCC", "UNK")


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Options for the table of one public dataset.

    Attributes:
        name: Name that the user gives.
        needs: Columns that must be there.
        columns: Which hold what.
        classes: Columns of classes, of which those that are there are read; empty where one
            column holds the label.
        may_be_none: Whether an image may be in none of the classes.
        suffix: Endings that its paths lack.
        folder: Folders in which its images lie.
        lists: Files beside the table that list the images of a split, each with the split.
        top: Beginning of the name of the folder that paths start with, and the table lies in.
    """

    name: str
    needs: tuple[str, ...]
    columns: Columns
    classes: tuple[str, ...] = ()
    may_be_none: bool = False
    suffix: tuple[str, ...] = ()
    folder: tuple[str, ...] = ()
    lists: tuple[tuple[str, str], ...] = ()
    top: str = ""

    def fits(self, header: Collection[str]) -> bool:
        """True if a table has all columns of the preset, and two classes if by columns."""
        names = {spelled(name) for name in header}
        there = sum(spelled(name) in names for name in self.classes)
        return all(spelled(name) in names for name in self.needs) and (
            not self.classes or there > 1
        )

    def on(self, options: ReadOptions, header: Sequence[str]) -> ReadOptions:
        """The options with this preset in them; what the user says otherwise stays."""
        own = {key: value for key, value in self.columns if value}
        if self.classes:
            names = {spelled(name) for name in header}
            there = [name for name in self.classes if spelled(name) in names]
            own["label"] = (MULTI_HOT if self.may_be_none else ONE_HOT) + ",".join(there)
        said = {key: value for key, value in options.columns if value}
        return options.model_copy(
            update={
                "columns": Columns(**(own | said)),
                "suffix": options.suffix or self.suffix,
                "folder": options.folder or self.folder,
            }
        )

    def stripped(self, place: Place, paths: Sequence[str]) -> Place:
        """The place without the folder that all paths start with, where it is the table's own."""
        first, slash, _ = paths[0].partition("/")
        own = self.top and slash and first.startswith(self.top) and not place.strip
        if not own or place.has(paths[0]):
            return place
        same = all(path.startswith(f"{first}/") for path in paths)
        return replace(place, strip=f"{first}/") if same else place


_HAM = Preset(
    name="ham10000",
    needs=("lesion_id", "image_id", "dx"),
    columns=Columns(path="image_id", label="dx", group=("lesion_id",)),
    suffix=(".jpg",),
    folder=(".", "HAM10000_images_part_1", "HAM10000_images_part_2", "HAM10000_images*", "images"),
)
_SKIN = (".", "ISIC*Input*", "train", "images", "jpeg/train")
PRESETS = (  # of one name, the first that fits a table is taken
    _HAM,
    Preset(
        name="isic",
        needs=("image",),
        columns=Columns(path="image"),
        classes=_ISIC,
        suffix=(".jpg",),
        folder=_SKIN,
    ),
    Preset(
        name="isic",
        needs=("image_name", "patient_id", "benign_malignant"),
        columns=Columns(path="image_name", label="benign_malignant", group=("patient_id",)),
        suffix=(".jpg", ".dcm"),
        folder=_SKIN,
    ),
    Preset(
        name="chexpert",
        needs=("Path",),
        columns=Columns(path="Path", group=("folder:2",)),
        classes=_CHEXPERT,
        may_be_none=True,
        top="CheXpert",
    ),
    Preset(
        name="chestxray14",
        needs=("Image Index", "Finding Labels", "Patient ID"),
        columns=Columns(path="Image Index", label="Finding Labels", group=("Patient ID",)),
        folder=(".", "images", "images_*/images", "images_*"),
        lists=(
            ("train_val_list.txt", "train"),
            ("train_list.txt", "train"),
            ("val_list.txt", "val"),
            ("test_list.txt", "test"),
        ),
    ),
    Preset(
        name="patchcamelyon",
        needs=("id", "label"),
        columns=Columns(path="id", label="label"),
        suffix=(".tif",),
        folder=(".", "train"),
    ),
)
NAMES = tuple(dict.fromkeys(preset.name for preset in PRESETS))


def preset_for(name: str, header: Sequence[str]) -> Preset:
    """The preset of this name that fits a table.

    Raises:
        SettingError: If there is no such name, or it does not fit.
    """
    named = [preset for preset in PRESETS if preset.name == name]
    if not named:
        raise SettingError(
            f"there is no preset {name!r}", "--preset", f"There are {', '.join(NAMES)}."
        )
    for preset in named:
        if preset.fits(header):
            return preset
    needs = " or ".join(
        ", ".join(one.needs) + (" and two of its classes" if one.classes else "") for one in named
    )
    fix = f"It needs the columns {needs}; use --columns for a table of another kind."
    raise SettingError(f"the preset {name!r} does not fit this table", "--preset", fix)


def offer(header: Sequence[str]) -> str:
    """A sentence that offers the presets which fit a table; "" where none does."""
    named = list(dict.fromkeys(preset.name for preset in PRESETS if preset.fits(header)))
    if not named:
        return ""
    return f"It looks like {' or '.join(named)}: try --preset {named[0]}."
