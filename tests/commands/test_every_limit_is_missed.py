"""For every shipped limit about a fault, files with that fault miss it; by the whole of `check`.

Limits on metrics have theirs in `tests/gate/test_limits_can_fail.py`.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import deri_gate
from deri_gate.metrics.catalogue import METRICS
from tests.sweeps import sampled

HERE = Path(__file__).parents[2] / "expectations"
SUITES = ("data_only", "dataset_gate")
OF_METRICS = {metric.name for metric in METRICS} | {"DERI1000"}
SIDE, EACH, MANY = 40, 26, 120  # pixels; images of a class, and where few would tell nothing
QUIET = deri_gate.Machine(progress=False)
FILES = {
    "unreadable_share", "unusable_masks", "unjudged_share", "exact_copies", "conflicting_copies", "contradictions",
    "likely_contradictions", "ambiguous_names", "missing_labels", "private_share", "traced_share",
    "constant_share", "uniform_share", "class_by_metadata", "split_by_metadata",
    "leaked_images", "leaked_copies", "leaked_groups", "leaked_patients",
}  # fmt: skip
PIXELS = {
    "faint": {"faint_share"},
    "hollow": {"hollow_share"},
    "grainy": {"grainy_share", "ignored_share"},
    "halved": {"divided_share"},
    "deep": {"narrow_share"},
    "marked": {"shortcut", "class_by_look", "confounding", "class_by_file"},
    "mislabelled": {"denied_share", "scarcity"},
    "mislabelled test": {"denied_elsewhere"},
    "repeated": {"template_share"},
    "bent test": {"split_by_look"},
}
LOOKS = {
    "mislabelled": "label_noise",
    "mislabelled test": "label_noise",
    "repeated": "diversity",
}  # all else is seen without a network


def limits_of(suite: str) -> list[dict]:
    """Limits that are about a fault."""
    entries = json.loads((HERE / f"{suite}.json").read_text("utf-8"))["expectations"]
    return [entry for entry in entries if entry["kwargs"]["metric"] not in OF_METRICS]


def limits_on(metrics: set[str]) -> set[tuple[str, str]]:
    """Metric and severity of the limits on these."""
    entries = limits_of(SUITES[0])
    pairs = {(entry["kwargs"]["metric"], entry["severity"]) for entry in entries}
    return {(metric, severity) for metric, severity in pairs if metric in metrics}


@pytest.fixture(scope="module")
def missed(tmp_path_factory):
    """Metric and severity of each limit that a dataset misses."""
    suite = tmp_path_factory.mktemp("suite") / "faults.json"
    suite.write_text(json.dumps({"name": "faults", "expectations": limits_of(SUITES[0])}))

    def run(dataset: Path, metrics: str = "sharpness,resolution,noise_artifacts") -> set:
        report = deri_gate.check(dataset, metrics=metrics, machine=QUIET, suite=suite, out=None)
        return {
            (check.metric, check.severity)
            for check in report.judgement.checks
            if check.status in {"fail", "warn"}
        }

    return run


def test_every_limit_has_a_fault_here() -> None:
    """A limit that is new has to be missed by something before it is shipped."""
    named = FILES.union(*PIXELS.values())

    for suite in SUITES:
        assert {entry["kwargs"]["metric"] for entry in limits_of(suite)} == named


@pytest.fixture(scope="module")
def squares(photos):
    """Squares cut from photographs: as many as six classes need."""
    rng = np.random.default_rng(0)
    names = ("astronaut", "cat", "coffee", "rocket")
    cut = []
    for i in range(6 * EACH):
        photo = photos[names[i % len(names)]]
        y, x = (int(rng.integers(0, side - 150)) for side in photo.shape[:2])
        cut.append(cv2.resize(photo[y : y + 150, x : x + 150], (SIDE, SIDE), cv2.INTER_AREA))
    return cut


def saved(picture: np.ndarray, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind, **options)
    return file.getvalue()


def scan_of_a_person(picture: np.ndarray) -> bytes:
    scan = pydicom.Dataset()
    scan.PatientName, scan.Modality = "Doe^Joan", "OT"
    scan.SOPClassUID, scan.SOPInstanceUID = pydicom.uid.SecondaryCaptureImageStorage, "1.2.3"
    scan.file_meta = pydicom.dataset.FileMetaDataset()
    scan.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    scan.Rows, scan.Columns = picture.shape[:2]
    scan.SamplesPerPixel, scan.PhotometricInterpretation = 1, "MONOCHROME2"
    scan.BitsAllocated = scan.BitsStored = 8
    scan.HighBit, scan.PixelRepresentation = 7, 0
    scan.PixelData = np.ascontiguousarray(picture[..., 0]).tobytes()
    file = io.BytesIO()
    scan.save_as(file, enforce_file_format=True)
    return file.getvalue()


def photo_with_a_place(picture: np.ndarray) -> bytes:
    tags = Image.Exif()
    tags.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 0.2), 3: "E", 4: (11.0, 34.0, 30.0)})
    return saved(picture, "JPEG", exif=tags, quality=95)


def listed(folder: Path, rows: list[tuple[str, ...]], picture: bytes) -> Path:
    """A manifest of these rows; the mask of the first is a picture, and half have another image."""
    (folder / "mask.img").write_bytes(picture)
    with (folder / "list.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("path", "label", "split", "patient", "site", "mask", "before"))
        table.writerows(
            (*row, "" if i else "mask.img", f"before{i}.img") for i, row in enumerate(rows)
        )
    for i in range(0, len(rows), 2):
        (folder / f"before{i}.img").write_bytes(picture)
    return folder / "list.csv"


@pytest.fixture(scope="module")
def faulty_files(tmp_path_factory, squares):
    """A manifest of files with every fault that a file, a name or a column can have."""
    folder = tmp_path_factory.mktemp("limits") / "faulty"
    folder.mkdir()
    rows: list[tuple[str, str, str, str, str]] = []

    def add(content, label, split="train", patient=None) -> None:
        name = f"{len(rows):03}.img"
        (folder / name).write_bytes(content)
        site = f"{label.lower()} in {split}"
        rows.append((name, label, split, patient or f"p{len(rows)}", site))

    for i, picture in enumerate(squares[: 2 * EACH]):
        add(saved(picture, "PNG"), ("well", "sick")[i % 2])
    for picture in squares[:10]:  # copies, of which some are in the other class
        add(saved(picture, "PNG"), "well")
        add(saved(picture, "PNG"), "well")
    for picture in squares[:4]:
        add(saved(picture, "PNG"), "sick")
        add(saved((picture * 0.6).astype(np.uint8), "PNG"), "sick")
    for i, picture in enumerate(squares[10:22]):  # in the test split again, and the same patient
        add(saved(picture, "PNG"), "sick", "test", "p5" if i < 3 else None)
    for picture in squares[60:76]:  # cut to one length
        add(saved(picture, "JPEG", quality=60).ljust(4000, b"\0"), "sick")
    add(b"no image", "well")
    add(b"no image either", "well")
    add(b"none", "sick")
    add(saved(squares[80], "PNG"), "nan")
    add(saved(squares[81], "PNG"), "Well")
    add(scan_of_a_person(squares[82]), "well")
    add(photo_with_a_place(squares[83]), "well")
    add(saved(np.full((SIDE, SIDE, 3), 90, np.uint8), "PNG"), "well")
    return listed(folder, rows, picture=saved(squares[84], "PNG"))


def enlarged(picture: np.ndarray) -> np.ndarray:
    small = cv2.resize(picture, (8, 8), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def clipped(levels: np.ndarray) -> np.ndarray:
    return np.clip(np.round(levels), 0, 255).astype(np.uint8)


def with_signs(picture: np.ndarray, kind: int) -> np.ndarray:
    """A class with a white square; one of little contrast; one that is black."""
    shown = clipped(picture * (1.0, 0.4, 0.02)[kind] + (0, 90, 0)[kind])
    if kind == 0:
        shown[2:10, 2:10] = 255
    return shown


def written(first: int, last: int, *, wrong: int) -> list[tuple[np.ndarray, int]]:
    """Digits 0 and 1; the first of each `wrong` images of a class has the other label."""
    known = load_digits()
    chosen = [np.flatnonzero(known.target == kind)[first:last] for kind in (0, 1)]
    return [
        (np.kron(known.images[i] * 15.9, np.ones((4, 4))).astype(np.uint8), kind ^ (n % wrong == 0))
        for kind, positions in enumerate(chosen)
        for n, i in enumerate(positions)
    ]


def mislabelled() -> list[tuple[np.ndarray, int]]:
    """Digits 0 and 1, a third of each with the other label; and one 2."""
    shown = written(0, 45, wrong=3)
    return [*shown, (shown[0][0].T, 2)]


@pytest.fixture(scope="module")
def damaged_pixels(tmp_path_factory, squares):
    """Folders of pictures with faults of pixels and labels."""
    rng = np.random.default_rng(1)
    folder = tmp_path_factory.mktemp("pixels")
    thirds = [(picture, i % 3) for i, picture in enumerate(squares[: 3 * EACH])]
    grain = rng.normal(0, 60, (len(thirds), SIDE, SIDE, 3))
    sets = {
        "faint": [(clipped(p * 0.15), k) for p, k in thirds],
        "hollow": [(enlarged(p), k) for p, k in thirds],
        "grainy": [(clipped(p + g), k) for (p, k), g in zip(thirds, grain, strict=True)],
        "halved": [(clipped(p * (0.2, 1)[i % 2]), k) for i, (p, k) in enumerate(thirds)],
        "deep": [(p[..., 0].astype(np.uint16) * 8, k) for p, k in thirds[:20]],
        "marked": [
            (with_signs(squares[i % len(squares)], i // MANY), i // MANY) for i in range(3 * MANY)
        ],
        "mislabelled": mislabelled(),
        "mislabelled test/test": written(0, 90, wrong=3),
        "mislabelled test/train": written(90, 150, wrong=10**6),
        "bent test/train": thirds[::2],
        "bent test/test": [(clipped(255 * (p / 255) ** 0.5), k) for p, k in thirds[1::2]],
        "repeated": [(clipped(60 + 70 * k + g / 20), k) for (_, k), g in zip(thirds, grain, strict=True)],
    }  # fmt: skip
    for name, pictures in sets.items():
        for i, (picture, kind) in enumerate(pictures):
            form = ("PNG", "BMP", "TIFF")[kind] if name == "marked" else "PNG"
            path = folder / name / f"class{kind}" / f"{i:03}.img"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix(f".{form.lower()}").write_bytes(saved(picture, form))
    for i in range(12):
        (folder / "grainy" / "class0" / f"{i}.docx").write_text("no image")
    return folder


def test_faults_of_files_miss_every_limit_on_them(faulty_files, missed) -> None:
    assert limits_on(FILES) - missed(faulty_files) == set()


@pytest.mark.parametrize("name", sampled(PIXELS, 0, 4))
def test_faults_of_pixels_and_labels_miss_every_limit_on_them(damaged_pixels, missed, name) -> None:
    seen = missed(damaged_pixels / name, *filter(None, [LOOKS.get(name)]))

    assert limits_on(PIXELS[name])
    assert limits_on(PIXELS[name]) - seen == set()


def test_both_suites_have_one_limit_for_each_fault() -> None:
    """So what misses those of one misses those of the other."""
    first, second = (
        [(entry["kwargs"], entry["severity"], entry["type"]) for entry in limits_of(suite)]
        for suite in SUITES
    )

    assert first == second
