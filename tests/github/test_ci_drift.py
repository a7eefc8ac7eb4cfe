"""`deri-gate ci drift`: what comes in now against the dataset that it is to join."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from ruamel.yaml import YAML

from deri_gate.commands.ci import JudgedDataset
from deri_gate.commands.ci_fetch import pull_missing
from deri_gate.schemas.statuses import Status

from .conftest import write_digits

GOOD = range(119, 74, -1)


@pytest.fixture
def incoming(guarded):
    """The dataset under the gate, and a batch by the same writers: its digits in another grain."""
    write_digits(guarded.folder / "incoming", GOOD)
    return guarded


def watch(repository, **batches) -> None:
    path = repository.folder / "params.yaml"
    params = YAML(typ="safe").load(path)
    params["gate"]["drift"] = batches
    params["gate"]["metrics"] = "sharpness,noise_artifacts,exposure,resolution"
    YAML().dump(params, path)


def darken(folder) -> None:
    for path in folder.rglob("*.png"):
        Image.fromarray((np.array(Image.open(path)) * 0.6).astype(np.uint8)).save(path)


@pytest.mark.sweep
def test_drift_is_told_when_it_starts_and_not_again(incoming, run, monkeypatch, tmp_path) -> None:
    """Good, dark, dark: passed, failed, passed; the reports lie in a folder each."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md"))
    monkeypatch.chdir(incoming.folder)
    watch(incoming, digits="incoming")
    found = []
    for rows in (GOOD, range(74, 29, -1), range(44, -1, -1)):
        write_digits(incoming.folder / "incoming", rows)
        if rows != GOOD:
            darken(incoming.folder / "incoming")
        status, said, _ = run("ci", "drift", "--out", "out")
        found.append((status, "Drift starts" in said))
        for path in (incoming.folder / "incoming").rglob("*.png"):
            path.unlink()

    assert found == [(0, False), (1, True), (0, False)]
    history = pd.read_csv(incoming.folder / "out" / "digits" / "history.csv")
    assert len(history) == 3
    assert history["baseline"].unique().tolist() == ["data"]
    assert (tmp_path / "step.md").read_text("utf-8").count("digits, as it comes in") >= 3


def test_what_cannot_be_judged_hides_no_other(incoming, run, monkeypatch) -> None:
    """A batch that is not there beside one that is: both are said, and the status is 2."""
    watch(incoming, digits="incoming", more="not/there")
    path = incoming.folder / "params.yaml"
    params = YAML(typ="safe").load(path)
    params["gate"]["datasets"]["more"] = "data"
    YAML().dump(params, path)
    monkeypatch.chdir(incoming.folder)
    status, said, err = run("ci", "drift", "--out", "out")

    assert status == 2, err
    assert "COULD NOT JUDGE more" in said, err
    assert (incoming.folder / "out" / "digits" / "report.html").is_file()


def test_a_batch_for_a_dataset_that_there_is_not(incoming, run, monkeypatch) -> None:
    """Its name is said, and those that there are."""
    watch(incoming, other="incoming")
    monkeypatch.chdir(incoming.folder)
    status, said, _ = run("ci", "drift", "--out", "out")

    assert status == 2
    assert "there is no dataset 'other'. There are digits." in said


def test_where_nothing_is_named_nothing_is_compared(repository, run, monkeypatch) -> None:
    """Said, and no failure: the workflow may be there before the settings."""
    repository.write("params.yaml", "pool: smoke\n")
    monkeypatch.chdir(repository.folder)
    status, said, _ = run("ci", "drift", "--out", "out")

    assert status == 0
    assert "names nothing under gate.drift" in said


def test_what_dvc_tracks_is_pulled(incoming, run, monkeypatch, tmp_path) -> None:
    """A clone has neither batch nor baseline: both come from DVC's remote."""
    watch(incoming, digits="incoming")
    incoming.dvc("add", "--quiet", "incoming")
    incoming.dvc("remote", "add", "--default", "store", str(tmp_path / "store"))
    incoming.commit("a batch")
    incoming.dvc("push", "--quiet")
    clone = tmp_path / "clone"
    incoming.run("git", "clone", "--quiet", str(incoming.folder), str(clone))
    monkeypatch.chdir(clone)
    status, said, err = run("ci", "drift", "--out", "out")

    assert status == 0, said + err
    assert len(list((clone / "incoming").rglob("*.png"))) == 45
    assert (clone / "out" / "digits" / "report.html").is_file()


def test_images_beside_a_table_of_git_are_pulled(incoming, tmp_path) -> None:
    """The table is there after a checkout, and not one of the images that it names."""
    incoming.write("batch/all.csv", "path,label\n")
    (incoming.folder / "incoming").rename(incoming.folder / "batch" / "digits")
    incoming.dvc("add", "--quiet", "batch/digits")
    incoming.dvc("remote", "add", "--default", "store", str(tmp_path / "store"))
    incoming.commit("a batch")
    incoming.dvc("push", "--quiet")
    clone = tmp_path / "clone"
    incoming.run("git", "clone", "--quiet", str(incoming.folder), str(clone))
    pull_missing("batch/all.csv", clone)

    assert len(list((clone / "batch").rglob("*.png"))) == 45


def test_what_cannot_be_pulled_is_said(incoming, run, monkeypatch, tmp_path) -> None:
    """Without a remote: one line a batch, with what to do."""
    watch(incoming, digits="incoming")
    incoming.dvc("add", "--quiet", "incoming")
    incoming.commit("a batch that was never pushed")
    clone = tmp_path / "clone"
    incoming.run("git", "clone", "--quiet", str(incoming.folder), str(clone))
    monkeypatch.chdir(clone)
    status, said, _ = run("ci", "drift", "--out", "out")

    assert status == 2
    assert "COULD NOT JUDGE digits" in said
    assert "dvc push" in said


def pairs_named(run, repository, monkeypatch, params):
    """Names of the batches that are compared, none of which is looked at; and what was said."""
    repository.write("params.yaml", params)
    repository.commit()
    named = []
    done = JudgedDataset(name="", status=Status.PASS, text="", annotations=())
    monkeypatch.setattr(
        "deri_gate.commands.drift._judged", lambda name, *_, **__: (named.append(name), done)[1]
    )
    monkeypatch.chdir(repository.folder)
    status, said, error = run("ci", "drift", "--out", "out")
    return named, status, said + error


def test_batches_of_the_pipeline_are_compared_without_a_gate(repository, run, monkeypatch) -> None:
    """They were passed over: "names nothing under gate.drift or drift", and status 0."""
    params = "drift: {week: {batch: incoming, baseline: data}}\n"

    assert pairs_named(run, repository, monkeypatch, params)[:2] == (["week"], 0)


@pytest.mark.parametrize(("baseline", "status"), [("data", 0), ("other", 2)])
def test_one_name_never_stands_for_two_comparisons(
    repository, run, monkeypatch, baseline, status
) -> None:
    """Only the first of two was looked at."""
    params = (
        "gate: {datasets: {digits: data}, drift: {digits: incoming}}\n"
        f"drift: {{digits: {{batch: incoming, baseline: {baseline}}}}}\n"
    )
    named, found, said = pairs_named(run, repository, monkeypatch, params)

    assert (named, found) == (["digits"] if status == 0 else [], status)
    assert ("gate.drift.digits and drift.digits are two comparisons" in said) is (status != 0)
