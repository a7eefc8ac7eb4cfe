"""An imagefolder of Hugging Face after a review: its metadata file keeps its own form."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from PIL import Image

import deri_gate
from deri_gate.errors import SettingError
from deri_gate.measuring.decisions import cases_text, read_cases
from deri_gate.runtime.engine import Machine

QUIET = {
    "machine": Machine(device="cpu", workers=1, progress=False),
    "metrics": "exposure,duplicates",
}


@pytest.fixture
def imagefolder(tmp_path, random_pictures):
    """Forty images, one of them a copy in the other class, and their metadata in a form."""

    def make(name, labelled=True):
        pictures = random_pictures(40)
        pictures[20] = pictures[11]
        rows = [{"site": f"s{i % 3}", "file_name": f"{i:02d}.png"} for i in range(40)]
        for i, (picture, row) in enumerate(zip(pictures, rows, strict=True)):
            row |= {"label": "ab"[i % 2], "note": "x, y" if i % 5 else ""}
            folder = tmp_path / "set"
            if not labelled:
                row["file_name"] = f"{row.pop('label')}/{row['file_name']}"
            (folder / row["file_name"]).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(folder / row["file_name"])
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / "set" / name).write_text(lines if name.endswith("l") else text.getvalue())
        return tmp_path / "set"

    return make


def reviewed(folder, cases, out):
    """The copy of the contradiction gets the label of what it is a copy of."""
    deri_gate.review(folder, cases=cases, **QUIET)
    said = {"decision": "relabel", "label": "b", "who": "Ada", "when": "2026-01-31", "why": "copy"}
    decided = [
        replace(case, **said)
        for case in read_cases(cases)
        if case.path.endswith("20.png") and case.reason == "contradiction"
    ]
    cases.write_text(cases_text(decided))
    return deri_gate.review(folder, cases=cases, apply=out, **QUIET)


@pytest.mark.parametrize("name", ["metadata.csv", "metadata.jsonl"])
def test_one_line_changes_and_no_more(imagefolder, tmp_path, name):
    """Names and order of columns, and the other lines, are as they were written."""
    folder = imagefolder(name)
    out = folder / name.replace("metadata", "cleaned")
    done = reviewed(folder, tmp_path / "review.csv", out)
    before, after = (path.read_text().splitlines() for path in (folder / name, out))
    (changed,) = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]

    assert done.written == 40
    assert "20.png" in after[changed]
    old, new = ('"label": "a"', '"label": "b"') if name.endswith("l") else (",a,", ",b,")
    assert before[changed].replace(old, new) == after[changed]
    assert deri_gate.measure(out, **QUIET).shares["contradictions"].value == 0


def test_the_metadata_file_is_not_written_over(imagefolder, tmp_path):
    folder = imagefolder("metadata.csv")

    with pytest.raises(SettingError, match="would be written over"):
        deri_gate.review(folder, cases=tmp_path / "r.csv", apply=folder / "metadata.csv", **QUIET)


@pytest.mark.parametrize("name", ["train/metadata.csv", "train/METADATA.csv", "metadata.csv"])
def test_nor_is_one_in_a_folder_of_a_split(imagefolder, tmp_path, name):
    """Where the table lies deeper, or would steer the next look."""
    folder = imagefolder("metadata.csv")
    (folder / "train").mkdir()
    for path in [*folder.glob("*.*")]:
        path.rename(folder / "train" / path.name)
    before = (folder / "train" / "metadata.csv").read_bytes()

    with pytest.raises(SettingError, match="a name by which a dataset is read"):
        deri_gate.review(folder, cases=tmp_path / "r.csv", apply=folder / name, **QUIET)
    assert [*folder.rglob("*etadata.csv")] == [folder / "train" / "metadata.csv"]
    assert (folder / "train" / "metadata.csv").read_bytes() == before


def test_nor_is_a_table_of_patients_beside_a_manifest(imagefolder, tmp_path):
    folder = imagefolder("metadata.csv")
    (folder / "metadata.csv").rename(folder / "list.csv")
    beside = folder / "isic_metadata.csv"
    beside.write_text("isic_id,patient_id\n")

    with pytest.raises(SettingError, match="a name by which a dataset is read"):
        deri_gate.review(folder / "list.csv", cases=tmp_path / "r.csv", apply=beside, **QUIET)
    assert beside.read_text() == "isic_id,patient_id\n"


def test_where_folders_name_the_classes_the_manifest_has_our_columns(imagefolder, tmp_path):
    """Metadata without labels cannot say of an image that it has another one."""
    folder = imagefolder("metadata.csv", labelled=False)
    reviewed(folder, tmp_path / "review.csv", folder / "cleaned.csv")
    rows = list(csv.DictReader((folder / "cleaned.csv").read_text().splitlines()))

    assert {row["label"] for row in rows if row["path"] == "a/20.png"} == {"b"}
    assert len(rows) == 40
