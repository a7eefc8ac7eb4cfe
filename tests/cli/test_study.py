"""The commands of the study, as typed: variants, probes and the weights that follow."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from skimage import data


@pytest.fixture
def photos(tmp_path) -> Path:
    """Two classes of crops of two real photographs."""
    generator = np.random.default_rng(3)
    for name, picture in (("coins", data.coins()), ("camera", data.camera())):
        for i in range(30):
            y, x = generator.integers(0, np.array(picture.shape) - 40)
            path = tmp_path / "photos" / name / f"{i:02d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture[y : y + 40, x : x + 40]).save(path)
    return tmp_path / "photos"


def test_variants_are_written_and_named(run, photos) -> None:
    """One folder each, with what it is made of."""
    status, out, _ = run(
        "variants", photos, "--out", "v", "--group", "label_noise", "--group", "sharpness",
        "--level", "strong",
    )  # fmt: skip
    folders = sorted(Path(line) for line in out.splitlines())

    assert status == 0
    assert [str(f) for f in folders] == ["v/label_noise/strong", "v/sharpness/strong"]
    for folder, group in zip(folders, ("label_noise", "sharpness"), strict=True):
        assert json.loads((folder / "variant.json").read_text())["recipe"]["group"] == group


def test_an_unknown_group_is_said(run, photos) -> None:
    """One line, exit status 2."""
    status, _, error = run("variants", photos, "--out", "v", "--group", "sharpnes")

    assert status == 2
    assert "sharpnes" in error.splitlines()[-1]


def test_probes_are_trained_and_not_twice(run, photos) -> None:
    """A row a run; the second call finds all of them known and writes the same table.

    From one damaged run no weight follows, and that is said.
    """
    command = (
        "probe", photos, "--preset", "smoke", "--architecture", "linear", "--out", "p",
        "--group", "label_noise", "--level", "strong",
    )  # fmt: skip
    status, first, _ = run(*command)
    table = pd.read_parquet("p/results.parquet")
    _, second, _ = run(*command)
    weighed, _, error = run("impact", "p/results.parquet", "--out", "i")

    assert (weighed, "too few" in error, Path("i/impact.json").exists()) == (2, True, False)
    assert status == 0
    assert ", 0 known from before" in first
    assert ", 2 known from before" in second
    damaged = {group for group in table["group"] if not group.startswith("scenario.")}
    assert damaged == {"baseline", "label_noise"}
    assert table["balanced_accuracy"].between(0, 1).all()
    pd.testing.assert_frame_equal(table, pd.read_parquet("p/results.parquet"))


@pytest.mark.sweep
def test_weights_follow_from_probes(run, photos) -> None:
    """Groups at three levels are enough; the file has the keys of the contract."""
    groups = ("label_noise", "separation", "sharpness", "noise_artifacts")
    asked = [word for group in groups for word in ("--group", group)]
    run("probe", photos, "--preset", "smoke", "--architecture", "linear", "--out", "p", *asked,
        "--level", "mild", "--level", "medium", "--level", "strong")  # fmt: skip
    status, out, _ = run("impact", "p/results.parquet", "--out", "i")
    document = json.loads(Path("i/impact.json").read_bytes())

    assert status == 0
    assert {"schema_version", "preset", "groups"} <= set(document)
    keys = {"delta_balanced_accuracy", "weight", "std", "interval", "published_weight"}
    assert all(keys <= set(group) for group in document["groups"].values())
    assert sum(g["weight"] for g in document["groups"].values()) == pytest.approx(1)
    assert "label_noise" in out


def test_a_subscore_falls_under_its_own_damage(run, photos) -> None:
    """Blur lowers sharpness; the files of the contract are there."""
    status, out, _ = run(
        "sensitivity", photos, "--metrics", "sharpness", "--group", "sharpness", "--level",
        "strong", "--resamples", 1, "--out", "s",
    )  # fmt: skip
    document = json.loads(Path("s/sensitivity.json").read_bytes())

    assert status == 0
    assert "sharpness" in out
    assert document["groups"]["sharpness"]["strong"]["falls"] == 1.0
    assert {"sensitivity.csv", "sensitivity.json", "sensitivity.png", "subscores.parquet"} == {
        path.name for path in Path("s").iterdir()
    }


@pytest.mark.sweep
def test_sensitivity_of_a_profile_with_a_pool_of_its_own(run, photos) -> None:
    status, _, _ = run(
        "sensitivity", photos, "--profile", "paper-small", "--metrics", "sharpness", "--group",
        "sharpness", "--level", "strong", "--resamples", 1, "--explain-all", "--out", "s",
    )  # fmt: skip
    document = json.loads(Path("s/sensitivity.json").read_bytes())

    assert status == 0
    assert (document["profile"]["name"], document["pool"]["name"]) == ("paper-small",) * 2
    assert document["budget"]["explain_all"] is True
