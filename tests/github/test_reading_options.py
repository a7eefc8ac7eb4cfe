"""A dataset that says in params.yaml how it is read: the base's word counts."""

import json
import shutil

import pytest
from PIL import Image, ImageFilter

from deri_gate.data.readers import ReadOptions
from deri_gate.github.changed import touched

from .conftest import METRICS, limit, pool_for_tests, suite, write_digits

OPTIONS = """
      columns: {path: image_id, label: dx, group: writer}
      root: pictures
      suffix: .png
"""


def put_a_table_under_a_gate(repository) -> list[str]:
    """Images in one folder, a table of them in another; ids without ending."""
    write_digits(repository.folder / "made", range(60))
    (repository.folder / "pictures").mkdir()
    rows = []
    for path in sorted((repository.folder / "made").glob("*/*.png")):
        shutil.move(path, repository.folder / "pictures" / path.name)
        rows.append(f"{path.stem};{path.parent.name};w{len(rows) // 3}")
    shutil.rmtree(repository.folder / "made")
    repository.write("lists/digits.csv", "image_id;dx;writer\n" + "\n".join(rows) + "\n")
    repository.write(
        "params.yaml",
        f"gate:\n  datasets:\n    digits:\n      path: lists/digits.csv{OPTIONS}"
        "  suite: limits/gate.json\n  change_suite: limits/change.json\n"
        f"  pool: pools/own\n  metrics: {METRICS}\n",
    )
    repository.write("limits/gate.json", suite(limit("imbalance", 0.3)))
    fits = {**limit("sharpness", 0.01), "type": "expect_changed_images_to_fit"}
    repository.write("limits/change.json", suite(fits))
    repository.write("pools/own/pool.json", pool_for_tests())
    repository.commit("a table")
    return [row.partition(";")[0] for row in rows]


@pytest.mark.sweep
def test_head_and_base_are_read_alike(repository, run, monkeypatch) -> None:
    """The changed images are found on both sides, under the root and with the ending."""
    names = put_a_table_under_a_gate(repository)
    repository.branch("careless")
    for name in names[:12]:
        path = repository.folder / "pictures" / f"{name}.png"
        Image.open(path).filter(ImageFilter.GaussianBlur(3)).save(path)
    repository.commit("blurred")

    monkeypatch.chdir(repository.folder)
    status, out, _ = run("ci", "check", "digits", "--base", "main", "--out", "reports")

    document = json.loads((repository.folder / "reports/digits/metrics.json").read_text())
    assert document["dataset"]["images"] == 60
    assert document["dataset"]["read_as"]["group_column"] == "column writer"
    assert (status, "12 images were modified" in " ".join(out.split())) == (1, True), out


def test_a_pull_request_cannot_have_its_dataset_read_otherwise(
    repository, run, monkeypatch
) -> None:
    """Options are part of what it is judged by: the base's are used, and the change is told."""
    put_a_table_under_a_gate(repository)
    repository.branch("sly")
    text = (repository.folder / "params.yaml").read_text()
    repository.write("params.yaml", text.replace("label: dx", "label: writer"))
    repository.commit("other columns")

    monkeypatch.chdir(repository.folder)
    status, out, _ = run("ci", "check", "digits", "--base", "main", "--out", "reports")

    document = json.loads((repository.folder / "reports/digits/metrics.json").read_text())
    assert document["dataset"]["classes"] in (2, ["digit 0", "digit 1"]), out
    assert "params.yaml" in (repository.folder / "reports/digits/summary.md").read_text()
    assert status == 0, out


def test_options_that_a_pull_request_adds_to_a_dataset_of_the_base(repository) -> None:
    """They count for datasets of its own alone; the base's path is read as the base reads it."""
    repository.write("params.yaml", "gate: {datasets: {plain: data/x.csv}}")
    repository.commit()
    repository.branch("sly")
    repository.write(
        "params.yaml",
        "gate: {datasets: {plain: {path: data/x.csv, columns: label=other},"
        " own: {path: y.csv, columns: label=dx}}}",
    )
    repository.commit()

    settings = touched("main", repository.folder).settings

    assert settings.options_of("plain") == ReadOptions()
    assert settings.options_of("own") == ReadOptions.of(columns="label=dx")
