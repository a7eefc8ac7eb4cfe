"""Names of the classes of published sets, for people: a file of numbers has none of its own.

The labels of a dataset stay what its file says: names are shown beside them, and never compared.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from deri_gate.data.dataset import Dataset

SIZED = re.compile(r"(?P<name>[a-z]+mnist)(?:_(?:28|64|128|224))?")  # of a file, without its suffix
# The same organs in axial, coronal and sagittal slices.
ORGANS = (
    "bladder",
    "femur-left",
    "femur-right",
    "heart",
    "kidney-left",
    "kidney-right",
    "liver",
    "lung-left",
    "lung-right",
    "pancreas",
    "spleen",
)
# As in `INFO` of the package medmnist 3.0.2; RetinaMNIST has grades of one disease, without names.
MEDMNIST: Mapping[str, tuple[str, ...]] = {
    "pathmnist": (
        "adipose",
        "background",
        "debris",
        "lymphocytes",
        "mucus",
        "smooth muscle",
        "normal colon mucosa",
        "cancer-associated stroma",
        "colorectal adenocarcinoma epithelium",
    ),
    "chestmnist": (
        "atelectasis",
        "cardiomegaly",
        "effusion",
        "infiltration",
        "mass",
        "nodule",
        "pneumonia",
        "pneumothorax",
        "consolidation",
        "edema",
        "emphysema",
        "fibrosis",
        "pleural",
        "hernia",
    ),
    "dermamnist": (
        "actinic keratoses and intraepithelial carcinoma",
        "basal cell carcinoma",
        "benign keratosis-like lesions",
        "dermatofibroma",
        "melanoma",
        "melanocytic nevi",
        "vascular lesions",
    ),
    "octmnist": (
        "choroidal neovascularization",
        "diabetic macular edema",
        "drusen",
        "normal",
    ),
    "pneumoniamnist": (
        "normal",
        "pneumonia",
    ),
    "retinamnist": (
        "grade 0",
        "grade 1",
        "grade 2",
        "grade 3",
        "grade 4",
    ),
    "breastmnist": (
        "malignant",
        "normal, benign",
    ),
    "bloodmnist": (
        "basophil",
        "eosinophil",
        "erythroblast",
        "immature granulocytes(myelocytes, metamyelocytes and promyelocytes)",
        "lymphocyte",
        "monocyte",
        "neutrophil",
        "platelet",
    ),
    "tissuemnist": (
        "Collecting Duct, Connecting Tubule",
        "Distal Convoluted Tubule",
        "Glomerular endothelial cells",
        "Interstitial endothelial cells",
        "Leukocytes",
        "Podocytes",
        "Proximal Tubule Segments",
        "Thick Ascending Limb",
    ),
    "organamnist": ORGANS,
    "organcmnist": ORGANS,
    "organsmnist": ORGANS,
}


def class_titles(dataset: str, classes: Collection[str]) -> dict[str, str]:
    """Class names as a person reads them: "3 (lymphocytes)", "class 3", or as they are.

    Args:
        dataset: Name of the dataset: of its file, without a suffix.
        classes: Names of its classes; those that are bare numbers get words.
    """
    found = SIZED.fullmatch(dataset.strip().lower())
    known = MEDMNIST.get(found["name"], ()) if found else ()
    numbers = {name: int(name) for name in classes if name.isascii() and name.isdigit()}
    fits = bool(numbers) and max(numbers.values()) < len(known)  # else it is another set
    said = {
        name: f"{name} ({known[place]})" if fits else f"class {name}"
        for name, place in numbers.items()
    }
    return {name: said.get(name, name) for name in classes}


def titles_of(dataset: Dataset) -> tuple[str, ...]:
    """Class names of a dataset as a person reads them, in its order."""
    found = class_titles(dataset.name, dataset.classes)
    return tuple(found[name] for name in dataset.classes)
