"""Files named as masks that are none, by the whole of `check`: each is named, and counts."""

from __future__ import annotations

import shutil

import cv2
import numpy as np
import pandas as pd
import pytest

import deri_gate
from deri_gate.features import mask_scan

pytestmark = pytest.mark.one_cache
QUIET = deri_gate.Machine(progress=False)
EACH = 12


def written(path, picture) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture)


def blob(i: int) -> np.ndarray:
    mask = np.zeros((48, 48), np.uint8)
    cv2.circle(mask, (12 + i, 24), 9, 255, -1)
    return mask


@pytest.fixture
def masked(tmp_path, photos):
    """Two classes of squares of a photograph, each with its mask beside it."""
    root = tmp_path / "set"
    for k, kind in enumerate(("astronaut", "coffee")):
        for i in range(EACH):
            square = photos[kind][9 * i : 9 * i + 200, 7 * i : 7 * i + 200]
            written(root / f"class{k}/{i}.png", cv2.resize(square, (48, 48)))
            written(root / f"class{k}/{i}_mask.png", blob(i))
    return root


def judged(root, **options):
    return deri_gate.check(root, metrics="sharpness", machine=QUIET, out=None, **options)


def told(report) -> dict[str, str]:
    return {f.path: f.detail for f in report.metrics.findings if f.kind == "unusable_mask"}


def checks(report):
    return [check for check in report.judgement.checks if check.metric == "unusable_masks"]


def share(report) -> float | None:
    return checks(report)[0].observed


def statuses(report) -> set[str]:
    return {check.status for check in checks(report)}


def test_masks_as_they_should_be_pass(masked) -> None:
    written(masked / "class0/3_mask.png", np.zeros((48, 48), np.uint8))  # nothing to mark
    written(masked / "class0/4_mask.png", cv2.resize(blob(4), (96, 96)))

    report = judged(masked)

    assert told(report) == {}
    assert share(report) == 0
    assert statuses(report) == {"pass"}


def test_a_picture_a_broken_file_and_another_shape_are_named(masked, photos) -> None:
    written(masked / "class0/0_mask.png", cv2.resize(photos["cat"], (48, 48)))
    written(masked / "class0/1_mask.png", blob(1)[:, :30])
    (masked / "class1/2_mask.png").write_bytes((masked / "class1/2_mask.png").read_bytes()[:60])

    report = judged(masked)

    found = told(report)
    assert set(found) == {"class0/0.png", "class0/1.png", "class1/2.png"}
    assert "is a picture" in found["class0/0.png"]
    assert "30 x 48 px does not fit the image of 48 x 48 px" in found["class0/1.png"]
    assert "cannot be read" in found["class1/2.png"]
    assert share(report) == pytest.approx(3 / (2 * EACH))
    assert statuses(report) == {"warn", "pass"}
    named = report.images.set_index("path")["suspect_for"]
    assert "unusable_mask" in named["class0/0.png"]
    assert "3 with an invalid mask" in str(report)


def test_a_picture_among_several_masks_of_an_image_is_told(masked, photos) -> None:
    written(masked / "class0/0_mask_1.png", cv2.resize(photos["cat"], (48, 48)))

    assert "one of its masks is a picture" in told(judged(masked))["class0/0.png"]


@pytest.mark.sweep
def test_masks_of_a_split_that_is_not_judged_count_for_themselves(tmp_path, masked, photos) -> None:
    root = tmp_path / "splits"
    shutil.copytree(masked, root / "train")
    for i in range(4):
        square = photos["rocket"][11 * i : 11 * i + 200, 200:400]
        written(root / f"test/class{i % 2}/{i}.png", cv2.resize(square, (48, 48)))
        written(root / f"test/class{i % 2}/{i}_mask.png", blob(i))
    written(root / "test/class0/0_mask.png", cv2.resize(photos["cat"], (48, 48)))

    report = judged(root)

    assert list(told(report)) == ["test/class0/0.png"]
    assert share(report) == 0.25


def test_the_masks_of_a_manifest_are_read_once_and_kept(tmp_path, masked, photos, monkeypatch):
    """One mask for all images is one file; a second run decodes none."""
    written(masked / "mask.png", cv2.resize(photos["cat"], (48, 48)))
    rows = [f"class{k}/{i}.png,{k},mask.png" for k in range(2) for i in range(EACH)]
    (masked / "rows.csv").write_text("\n".join(["path,label,mask", *rows]))
    asked = []
    look = mask_scan.is_picture
    monkeypatch.setattr(mask_scan, "is_picture", lambda mask: asked.append(1) or look(mask))
    monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path / "cache"))  # where nothing is known yet

    first, second = judged(masked / "rows.csv"), judged(masked / "rows.csv")

    assert len(asked) == 1
    assert statuses(first) == {"fail", "warn"}
    assert share(first) == share(second) == 1.0
    assert told(first) == told(second)


def test_without_masks_nothing_was_looked_at(masked) -> None:
    for mask in masked.rglob("*_mask.png"):
        mask.unlink()

    report = judged(masked)

    assert share(report) is None
    assert all("no image has a mask" in check.detail for check in checks(report))


def test_an_accepted_mask_is_another_case_with_another_content(masked, photos, tmp_path) -> None:
    """An accepted picture, that is another one or a broken file later, is told again."""
    path = masked / "class0/3_mask.png"
    written(path, cv2.resize(photos["coffee"][:200, :200], (48, 48)))
    cases = tmp_path / "cases.csv"
    deri_gate.review(masked, cases=cases, metrics="sharpness", machine=QUIET)
    table = pd.read_csv(cases, dtype="string")
    rows = table["reason"] == "unusable_mask"
    table.loc[rows, ["decision", "who", "when", "why"]] = ("accept", "M. L.", "2026-11-27", "soft")
    table.to_csv(cases, index=False)

    assert rows.sum() == 1
    assert told(judged(masked, review=cases)) == {}
    accepted = path.read_bytes()
    written(path, cv2.resize(photos["cat"], (48, 48)))
    assert list(told(judged(masked, review=cases))) == ["class0/3.png"]
    path.write_bytes(accepted)
    assert told(judged(masked, review=cases)) == {}
    path.unlink()
    assert told(judged(masked, review=cases)) == {}
    path.write_bytes(b"broken")
    assert list(told(judged(masked, review=cases))) == ["class0/3.png"]
