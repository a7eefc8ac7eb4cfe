"""For every limit of `drift.json` a batch misses it; by the whole of `compare`."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import deri_gate

SUITE = Path(__file__).parents[2] / "expectations" / "drift.json"
QUIET = deri_gate.Machine(progress=False)
PIXELS = "sharpness,noise_artifacts,exposure,resolution"  # needs no network
LATER = {"drift.ongoing", "drift.ended"}  # said of the batches that follow


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Handwritten digits of two classes, in an order that is drawn: writers came one by one."""
    known = load_digits(n_class=2)
    order = np.random.default_rng(0).permutation(len(known.target))
    return known.images[order], known.target[order]


def digit(position: int, light: float = 1.0) -> Image.Image:
    """One of them, 24 px."""
    levels = digits()[0][position] * 15.9 * light
    return Image.fromarray(levels.astype(np.uint8)).resize((24, 24))


def scan_of_a_person(path: Path) -> None:
    scan = pydicom.Dataset()
    scan.PatientName, scan.Modality = "Doe^Joan", "OT"
    scan.SOPClassUID, scan.SOPInstanceUID = pydicom.uid.SecondaryCaptureImageStorage, "1.2.3"
    scan.file_meta = pydicom.dataset.FileMetaDataset()
    scan.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    scan.Rows = scan.Columns = 24
    scan.SamplesPerPixel, scan.PhotometricInterpretation = 1, "MONOCHROME2"
    scan.BitsAllocated = scan.BitsStored = 8
    scan.HighBit, scan.PixelRepresentation = 7, 0
    scan.PixelData = np.asarray(digit(0)).tobytes()
    scan.save_as(path, enforce_file_format=True)


def batch(folder: Path, positions: range, month: int = 1, of: str = "") -> Path:
    """A manifest of digits of two scanners, three a day.

    Args:
        folder: Folder to be made.
        positions: Which digits.
        month: Month in which they were taken.
        of: Scanners that get darker from image to image.
    """
    folder.mkdir()
    rows = [["path", "label", "group", "time"]]
    for number, position in enumerate(positions):
        scanner = "ab"[number % 2]
        light = 1 - 0.015 * number * (scanner in of)
        digit(position, light).save(folder / f"{number}.png")
        label = str(digits()[1][position])
        rows.append([f"{number}.png", label, scanner, f"2026-{month:02d}-{1 + number // 3:02d}"])
    return listed(folder, rows)


def listed(folder: Path, rows: list[list[str]]) -> Path:
    with (folder / "list.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder / "list.csv"


def spoilt(folder: Path) -> Path:
    """A batch of images that the baseline has, with faults of files and a class of its own."""
    folder.mkdir()
    for label in ("0", "1", "cyst"):
        (folder / label).mkdir()
    for position in range(30):
        kind = str(digits()[1][position])
        digit(position).save(folder / kind / f"{position}.png")
        digit(position).save(folder / kind / f"{position} sent twice.png")
    digit(0).save(folder / "cyst" / "again.png")  # in another class, too
    digit(0, light=0).save(folder / "0" / "blank.png")
    (folder / "0" / "broken.png").write_bytes(b"no picture")
    (folder / "cyst" / "again_mask.png").write_bytes(
        (folder / "cyst" / "again.png").read_bytes()[:60]
    )
    for number in range(30):
        digit(number).save(folder / f".{number}.png")  # hidden
    digit(40).save(folder / "40.png")  # without a label, which hides no new class
    for number in range(6):
        (folder / "1" / f"{number}.docx").write_text("no image")
    scan_of_a_person(folder / "0" / "scan.dcm")
    return folder


def missed(baseline: Path, of: Path, history: Path | None = None) -> set[tuple[str, str]]:
    """Metric and severity of the limits that a batch misses."""
    report = deri_gate.compare(
        of, baseline=baseline, history=history, out=None, metrics=PIXELS, machine=QUIET
    )
    return {(c.metric, c.severity) for c in report.checks if c.status in {"warn", "fail"}}


@pytest.mark.slow
def test_every_limit_is_missed_by_a_batch(tmp_path) -> None:
    """A limit that is new has to be missed by something before it is shipped."""
    baseline = batch(tmp_path / "baseline", range(120))
    history = tmp_path / "history.csv"
    weeks = [
        batch(tmp_path / "good", range(120, 165), 2),
        batch(tmp_path / "dark", range(165, 225), 3, "b"),
        batch(tmp_path / "darker", range(225, 285), 4, "ab"),
        batch(tmp_path / "light", range(285, 322), 5),
        batch(tmp_path / "after", range(322, 360), 6),
    ]
    good, *bad, after = [missed(baseline, week, history) for week in weeks]
    entries = json.loads(SUITE.read_text("utf-8"))["expectations"]
    limits = {(entry["kwargs"]["metric"], entry["severity"]) for entry in entries}

    assert {metric for metric, _ in good} & {"drift.started", *LATER} == set()
    assert limits <= bad[0] | bad[1] | after | missed(baseline, spoilt(tmp_path / "spoilt"))
    assert ("drift.started", "critical") in bad[0]
    assert ("drift.ongoing", "warning") in bad[1]
    assert ("drift.ended", "warning") in after


def test_a_batch_that_was_sent_twice_is_told(tmp_path) -> None:
    """Its values are spread as those of the baseline: it passed as "no drift"."""
    baseline = batch(tmp_path / "baseline", range(60))
    for number, position in enumerate([*range(60, 90)] * 2):
        folder = tmp_path / "twice" / str(digits()[1][position])
        folder.mkdir(parents=True, exist_ok=True)
        digit(position).save(folder / f"{number}.png")

    found = missed(baseline, tmp_path / "twice")

    assert ("exact_copies", "critical") in found
    assert not any(metric.startswith("drift.") for metric, _ in found)


def test_an_image_without_a_label_hides_no_new_class(tmp_path) -> None:
    """One in no class folder: labels were not looked at, and the limit on new classes passed."""
    baseline = batch(tmp_path / "baseline", range(60))

    assert ("new_classes", "critical") in missed(baseline, spoilt(tmp_path / "spoilt"))
