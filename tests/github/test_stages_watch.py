"""Stages that `init` writes run again when what they judge has changed, and only then."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from PIL import Image
from ruamel.yaml import YAML

import deri_gate
from deri_gate.commands.staged import staged_dataset
from deri_gate.errors import DatasetError, SettingError
from deri_gate.github.drift_pairs import drift_pairs
from deri_gate.github.settings import settings_in
from tests.sweeps import sampled

from .conftest import METRICS, limit, pool_for_tests, suite, write_digits


def put_a_manifest(repository, folder: str = "data/my cells") -> None:
    """Images, masks, and the table that names both, in one folder with a space."""
    home = repository.folder / folder
    write_digits(home / "made", range(40))
    rows = ["path,label,mask"]
    for name in ("images", "masks"):
        (home / name).mkdir()
    for path in sorted((home / "made").glob("*/*.png")):
        shutil.move(path, home / "images" / path.name)
        Image.new("L", (40, 40), 255).save(home / "masks" / path.name)
        rows.append(f"images/{path.name},{path.parent.name},masks/{path.name}")
    shutil.rmtree(home / "made")
    (home / "all.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def set_params(repository, **more) -> None:
    """Settings under which a check is quick, and others of the test."""
    path = repository.folder / "params.yaml"
    params = YAML(typ="safe").load(path)
    params["gate"] |= {"metrics": METRICS, "pool": "pools/own/pool.json"} | more.pop("gate", {})
    params["gate"]["datasets"] |= more.pop("datasets", {})
    YAML().dump(params | more, path)


def outdated(repository) -> set[str]:
    """Stages that DVC would run."""
    said = repository.dvc("status").splitlines()
    return {line.removesuffix(":") for line in said if re.fullmatch(r"\S.*:", line)}


@pytest.fixture
def team(repository):
    """A manifest and a folder of classes, as `init` puts them under a gate."""
    put_a_manifest(repository)
    write_digits(repository.folder / "data" / "folder", range(40))
    deri_gate.init(repository.folder, dataset="data/my cells/all.csv", source="index")
    repository.write("pools/own/pool.json", pool_for_tests())
    repository.write("expectations/dataset_gate.json", suite(limit("imbalance", 0.3)))
    return repository


@pytest.fixture
def with_dvc(team, fresh_dvc) -> None:
    """The team's repository after `dvc init`."""
    shutil.copytree(fresh_dvc / ".dvc", team.folder / ".dvc")
    shutil.copy(fresh_dvc / ".dvcignore", team.folder)
    team.run("git", "add", ".dvc", ".dvcignore")


def pretend_to_run(repository) -> None:
    """Outputs of every stage by hand, taken by DVC as theirs: what is watched is what counts."""
    stages = repository.dvc("stage", "list", "--name-only").splitlines()
    for stage in stages:
        kind, _, key = stage.partition("@")
        folder = repository.folder / "gate" / (f"drift-{key}" if kind == "drift" else key)
        for plots in ("svg", "png"):
            (folder / "plots" / plots).mkdir(parents=True)
        for name in ("images.parquet", "scores.json", "subscores.json", "subscores.csv"):
            (folder / name).write_text("{}", encoding="utf-8")
        repository.write(f"drift/{key}.csv", "date\n")
    repository.dvc("commit", "--force", "--quiet")


def side(path: str, watch: str) -> dict[str, str]:
    return {"path": path, "watch": watch}


@pytest.mark.usefixtures("with_dvc")
def test_an_image_or_a_mask_behind_a_manifest_is_judged_again(team) -> None:
    """And a plain folder; nothing else runs, and a note on a dataset runs none."""
    cells = side("data/my cells/all.csv", "data/my cells")
    folder = side("data/folder", "data/folder")
    set_params(
        team, datasets={"a folder": folder}, drift={"cells": {"batch": cells, "baseline": folder}}
    )
    pretend_to_run(team)
    assert outdated(team) == set()

    home = team.folder / "data" / "my cells"
    for path in (home / "images" / "0003.png", home / "masks" / "0003.png"):
        before = path.read_bytes()
        Image.new("L", (40, 40), 90).save(path)
        assert outdated(team) == {"gate@all", "drift@cells"}, path.name
        path.write_bytes(before)
    next((team.folder / "data" / "folder").rglob("*.png")).unlink()
    team.write("data/licence.txt", "CC0\n")
    set_params(team, note="a licence")
    assert outdated(team) == {"gate@a folder", "drift@cells"}


@pytest.mark.usefixtures("with_dvc")
def test_what_judges_is_watched(team) -> None:
    """Another pool, limit, list of accepted cases or version judges again; a drift has no limits."""
    cells = side("data/my cells/all.csv", "data/my cells")
    accepted = {"review": {"all": "review/all.csv"}}
    set_params(team, gate=accepted, drift={"cells": {"batch": cells, "baseline": cells}})
    team.write("review/all.csv", "")
    pretend_to_run(team)
    assert outdated(team) == set()

    for path in ("pools/own/pool.json", "expectations/dataset_gate.json", "review/all.csv"):
        with (team.folder / path).open("a") as file:
            file.write("\n")
    set_params(team, gate=accepted, version="0.0.1")
    changed = json.loads(team.run(sys.executable, "-m", "dvc", "status", "--json"))
    reasons = {stage: {**found[0]["changed deps"]} for stage, found in changed.items()}
    both = {"pools/own/pool.json": "modified", "params.yaml": {"version": "modified"}}
    assert reasons == {
        "drift@cells": both,
        "gate@all": {**both, "expectations/dataset_gate.json": "modified", "review": "modified"},
    }


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"gate": {"review": {"all": "all.csv"}}}, "DVC would not see a change of all.csv"),
        ({"version": "0.0.1"}, "version is 0.0.1, and deri-gate"),
    ],
)
def test_what_judges_and_is_not_watched_is_refused(team, run, monkeypatch, more, said) -> None:
    """Before an image is read."""
    monkeypatch.chdir(team.folder)
    set_params(team, **more)
    status, _, err = run("check", "--params", "params.yaml", "all", "--out", "gate/all")

    assert status == 2
    assert said in err
    assert not (team.folder / "gate").exists()


@pytest.mark.parametrize(
    ("rule", "ignored"),
    sampled(
        [
            ("0003.png", "data/my cells/images/0003.png"),
            ("data/my cells/masks/", "data/my cells/masks/0000.png"),
            ("!nothing\n*.csv", ""),  # the table is a dependency by itself, and DVC follows it
            ("# *.png\n\n", ""),
            ("*.tmp", ""),
        ],
        0,
        2,
    ),
)
@pytest.mark.usefixtures("with_dvc")
def test_what_dvc_ignores_is_not_judged(team, monkeypatch, rule, ignored) -> None:
    """By its own rules, above the folder that is watched."""
    team.write(".dvcignore", rule)
    monkeypatch.chdir(team.folder)
    if not ignored:
        assert staged_dataset("all", Path("params.yaml")).path == "data/my cells/all.csv"
        return
    with pytest.raises(DatasetError, match=f"DVC ignores '{ignored}'"):
        staged_dataset("all", Path("params.yaml"))


@pytest.mark.sweep
@pytest.mark.usefixtures("with_dvc")
def test_a_repository_of_dvc_in_a_dataset_is_not_watched(team, monkeypatch) -> None:
    """DVC never enters another repository of its own."""
    (team.folder / "data" / "my cells" / "images" / ".dvc").mkdir()
    monkeypatch.chdir(team.folder)
    with pytest.raises(DatasetError, match=r"DVC ignores 'data/my cells/images/0000\.png'"):
        staged_dataset("all", Path("params.yaml"))


@pytest.mark.usefixtures("with_dvc")
def test_without_dvc_rules_are_not_guessed(team, monkeypatch) -> None:
    team.write(".dvcignore", "*.png")
    monkeypatch.chdir(team.folder)
    monkeypatch.setattr("deri_gate.runtime.tracking.ignored.find_spec", lambda _: None)
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(SettingError, match="dvc is not installed"):
        staged_dataset("all", Path("params.yaml"))


@pytest.mark.usefixtures("with_dvc")
def test_no_program_of_the_repository_is_run_for_it(team, monkeypatch) -> None:
    """Python looks for modules in the folder in which it is started, unless told not to."""
    team.write(".dvcignore", "0003.png")
    for name in ("dvc.py", "json.py"):
        team.write(name, "raise SystemExit('it was run')")
    monkeypatch.chdir(team.folder)

    with pytest.raises(DatasetError, match=r"DVC ignores 'data/my cells/images/0003\.png'"):
        staged_dataset("all", Path("params.yaml"))


@pytest.mark.slow
@pytest.mark.usefixtures("with_dvc")
def test_both_stages_run_with_the_options_beside_the_path(team) -> None:
    """They are read, and a change of them, or of a mask, runs a stage again."""
    table = team.folder / "data" / "my cells" / "all.csv"
    table.write_text(table.read_text("utf-8").replace("path,label", "id,dx").replace(".png", ""))
    cells = side("data/my cells/all.csv", "data/my cells")
    given = cells | {"columns": {"path": "id", "label": "dx"}, "suffix": ".png"}
    pair = {"batch": cells, "baseline": cells, "columns": given["columns"], "suffix": ".png"}
    set_params(team, datasets={"all": given}, drift={"to itself": pair})
    team.run(sys.executable, "-m", "dvc", "repro", "--quiet")
    for name, folder in (("all", "all"), ("to itself", "drift-to itself")):
        report = json.loads((team.folder / "gate" / folder / "metrics.json").read_text("utf-8"))
        assert (report["dataset"]["images"], report["dataset"]["name"]) == (40, name)
    assert outdated(team) == set()
    set_params(team, datasets={"all": given | {"range": "full"}})
    assert outdated(team) == {"gate@all"}
    Image.new("L", (40, 40), 90).save(team.folder / "data" / "my cells" / "masks" / "0003.png")
    ran = team.run(sys.executable, "-m", "dvc", "repro")
    assert "Running stage 'gate@all'" in ran
    assert "Running stage 'drift@to itself'" in ran


@pytest.mark.parametrize(
    "watch", sampled(["data/my cells/all.csv", "data/my cells/images", "data/folder"], 1)
)
def test_what_dvc_would_not_watch_is_not_judged(team, run, monkeypatch, watch) -> None:
    """Table alone, images without masks, a misspelt folder: the stage says what to name."""
    monkeypatch.chdir(team.folder)
    set_params(team, datasets={"all": side("data/my cells/all.csv", watch)})
    status, _, said = run("check", "--params", "params.yaml", "all", "--out", "gate/all")

    assert status == 2
    assert "DVC would not see every change of it" in said
    assert "gate.datasets.all" in said
    assert not (team.folder / "gate").exists()


def test_a_linked_folder_of_images_is_not_judged(team, run, monkeypatch) -> None:
    """DVC enters no linked folder."""
    monkeypatch.chdir(team.folder)
    images = team.folder / "data" / "my cells" / "images"
    images.rename(team.folder / "elsewhere")
    images.symlink_to(team.folder / "elsewhere")
    status, _, said = run("check", "--params", "params.yaml", "all", "--out", "gate/all")

    assert status == 2
    assert "link" in said


def test_settings_from_before_are_still_read_or_completed(tmp_path) -> None:
    """A path alone is a dataset for `ci`; `init` says what its stages need beside it."""
    (tmp_path / "params.yaml").write_text(
        "gate:\n  datasets: {scans: data/scans}\n"
        "drift: {scans: {batch: incoming, baseline: data/scans}}\n"
    )
    notes = " ".join(deri_gate.init(tmp_path, ci="none").notes)

    assert "write gate.datasets.scans in params.yaml with `path` and `watch`" in notes
    assert "write drift.scans in params.yaml with `path` and `watch`" in notes


def test_a_table_at_the_root_needs_the_folder_of_its_images(tmp_path) -> None:
    """The root itself is watched by nobody: reports are written there."""
    notes = deri_gate.init(tmp_path, dataset="all.csv", ci="none").notes

    assert notes[-1] == "name the folder of the images of all.csv as `watch` in params.yaml"


@pytest.mark.parametrize(
    "text",
    [
        "gate: {datasets: {a: {path: data, watch: ../data}}}",
        "gate: {datasets: {a: {path: data, watch: /data}}}",
        "gate: {datasets: {a: {path: data, watched: data}}}",
        "gate: {datasets: {a: {path: data, watch: [data, masks]}}}",
    ],
)
def test_watch_is_one_path_in_the_repository(text) -> None:
    with pytest.raises(SettingError, match=r"gate\..*(datasets|reading|watch)"):
        settings_in(text.encode(), "params.yaml")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"batch": "in"}, "names no batch and baseline"),
        ({"batch": "../in", "baseline": "data"}, "not a path inside the repository"),
        ({"batch": "in", "baseline": {"path": "data", "watch": "/"}}, "not a path inside"),
        ({"batch": "in", "baseline": "data", "colour": "red"}, "colour"),
    ],
)
def test_pairs_that_are_none(given, said) -> None:
    with pytest.raises(SettingError, match=said):
        drift_pairs({"scans": given}, "params.yaml")


def test_pairs_in_either_spelling() -> None:
    """Paths alone, as an earlier version had them, and mappings; options count for both."""
    (plain, told) = drift_pairs(
        {
            "a": {"batch": "in", "baseline": "data"},
            "b": {"batch": side("in/x.csv", "in"), "baseline": "data", "suffix": ".png"},
        },
        "params.yaml",
    ).values()

    assert (plain.batch.path, plain.batch.watch, plain.baseline.path) == ("in", None, "data")
    assert (told.batch.path, told.batch.watch, told.reading.suffix) == ("in/x.csv", "in", (".png",))


@pytest.mark.parametrize("section", ["scans", ["scans"], 1, True])
def test_a_section_of_drift_that_is_no_mapping_is_an_error(section) -> None:
    """Its batches would be compared by nobody."""
    with pytest.raises(SettingError, match="drift is no mapping"):
        drift_pairs(section, "params.yaml")
    assert drift_pairs(None, "params.yaml") == drift_pairs({}, "params.yaml") == {}
