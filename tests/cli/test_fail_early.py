"""A wrong use is said before the first image is looked at, in one line with exit status 2."""

from __future__ import annotations

import json

import pytest

from tests.cli.test_main import assert_one_line, write_photos

LEFT_OUT = ("--metrics", "sharpness,exposure")


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A dataset that nobody may measure."""

    def measured(*_, **__):
        raise AssertionError("an image was looked at")

    monkeypatch.setattr("deri_gate.commands.measure.measure_dataset", measured)
    return write_photos(tmp_path / "photos", 2)


def suite(path, *expectations) -> None:
    entries = [
        {"type": kind, "kwargs": {"metric": metric, key: limit}}
        for kind, metric, key, limit in expectations
    ]
    document = {"name": "own", "expectations": entries, "meta": {}}
    path.write_text(json.dumps(document))


def test_a_shipped_suite_that_asks_for_what_is_left_out(run, photos) -> None:
    said = run("check", photos, *LEFT_OUT, "--suite", "data_only")

    assert_one_line(said, "data_only", "noise_artifacts", "not asked for", "--suite")
    assert "sharpness" not in said[2]


@pytest.mark.parametrize("row", ["label_noise", "worst_class.noise_artifacts"])
def test_a_suite_of_ones_own_that_asks_for_what_is_left_out(run, photos, tmp_path, row) -> None:
    suite(tmp_path / "own.json", ("expect_value_to_be_at_most", row, "maximum", 0.5))

    said = run("check", photos, *LEFT_OUT, "--suite", "own.json")
    assert_one_line(said, "own.json", row.rpartition(".")[2], "not asked for")


def test_limits_on_changed_images_need_no_metric(run, photos, tmp_path) -> None:
    """They are tests of their own, so the run goes on to the images."""
    suite(tmp_path / "own.json", ("expect_value_to_be_at_least", "sharpness", "minimum", 1))
    change = tmp_path / "change.json"
    suite(change, ("expect_changed_images_to_fit", "label_noise", "minimum", 0.01))

    limits = ("--suite", "own.json", "--change-suite", "change.json")
    _, _, error = run("check", photos, "--base", photos, *LEFT_OUT, *limits)
    assert "an image was looked at" in error


def test_limits_on_a_change_need_one(run, photos) -> None:
    """Without a base nothing was held to them, and a pass said nothing of it."""
    said = run("check", photos, "--change-suite", "change.json")
    assert_one_line(said, "--change-suite", "limits a change, and there is none", "Add --base")


@pytest.mark.parametrize(
    ("command", "option", "place"),
    [
        ("check", "--out", "photos/cat/report"),
        ("check", "--work", "photos/shards"),
        ("check", "--write-suite", "photos/limits.json"),
        ("measure", "--out", "photos"),
        ("measure", "--work", "photos/../photos"),
        ("probe", "--out", "photos/probed"),
        ("probe", "--work", "photos/shards"),
        ("variants", "--out", "photos/worse"),
        *(
            (command, option, "photos/cat/results")
            for command in ("sensitivity", "detection", "properties")
            for option in ("--out", "--work")
        ),
        ("review", "--cases", "photos/review.csv"),
    ],
)
def test_nothing_is_written_among_the_images(run, photos, monkeypatch, *, command, option, place):
    """The next look would take a table for a broken image, and variants for images."""
    monkeypatch.setattr("deri_gate.runtime.engine.Machine.refuse_absent", lambda _: None)
    before = sorted(photos.rglob("*"))
    ray = ("--engine", "ray") if option == "--work" else ()

    said = run(command, photos, option, place, *ray)
    assert_one_line(said, f"{option} {place}", "lies in a dataset", "Choose another place")
    assert sorted(photos.rglob("*")) == before


@pytest.mark.parametrize(
    ("command", "option", "place"),
    [
        ("check", "--out", "taken"),
        ("check", "--out", "taken/report"),
        ("check", "--write-suite", "taken/limits.json"),
        ("measure", "--out", "taken"),
        ("review", "--cases", "taken/deep/review.csv"),
        ("review", "--apply", "taken/list.csv"),
        ("variants", "--out", "taken"),
        *(
            (command, "--out", "taken/a/b")
            for command in ("sensitivity", "detection", "properties")
        ),
    ],
)
def test_a_file_where_a_folder_has_to_be_is_named(run, photos, tmp_path, *, command, option, place):
    """Whichever part of the path it is: "File exists" said neither what nor what to do."""
    (tmp_path / "taken").touch()

    said = run(command, photos, option, place)
    assert_one_line(said, option, "taken is in the way: it is not a folder", "Choose another")


@pytest.mark.parametrize("command", ["check", "measure"])
@pytest.mark.parametrize("dataset", ["photos", "photos/nothing"], ids=["ends late", "ends early"])
def test_no_file_of_an_earlier_report_is_taken_for_this_runs(
    run, photos, tmp_path, command, dataset
):
    """The values, tables and times of the last run lay there, and a later step read them."""
    earlier = ["images.parquet", "metrics.json", "run.json", "scores.json", "subscores.csv"]
    (tmp_path / "out").mkdir()
    for name in earlier:
        (tmp_path / "out" / name).write_text("{}", "utf-8")
    values = {"schema_version": 1, "dataset": {}, "profile": {}, "metrics": {}}
    (tmp_path / "out" / "metrics.json").write_text(json.dumps(values), "utf-8")

    assert run(command, dataset, "--out", "out")[0] != 0
    assert not [*(tmp_path / "out").iterdir()]


def test_shards_in_the_base_are_refused_too(run, photos, monkeypatch, tmp_path):
    monkeypatch.setattr("deri_gate.runtime.engine.Machine.refuse_absent", lambda _: None)
    base = write_photos(tmp_path / "base", 2)

    said = run("check", photos, "--base", base, "--engine", "ray", "--work", "base/shards")
    assert_one_line(said, "--work base/shards", "lies in a dataset")


@pytest.mark.parametrize("command", ["check", "measure", "review", "probe", "sensitivity"])
def test_no_cache_lies_among_the_images(run, photos, monkeypatch, command):
    """Its folder was a class without images from the next run on."""
    monkeypatch.setenv("DERI_GATE_CACHE", "photos/kept")

    said = run(command, photos)
    assert_one_line(said, "DERI_GATE_CACHE photos/kept", "lies in a dataset", "Choose another")
    assert not (photos / "kept").exists()


def test_a_study_writes_in_none_of_its_datasets(run, photos, tmp_path):
    """Under another name too, and among several."""
    write_photos(tmp_path / "others", 2)

    said = run("sensitivity", "others", "renamed=photos", "--out", "photos/results")
    assert_one_line(said, "--out photos/results", "lies in a dataset")


@pytest.mark.parametrize("where", ["photos", "others"])
def test_a_history_lies_in_neither_dataset(run, photos, tmp_path, where):
    write_photos(tmp_path / "others", 2)

    said = run("compare", photos, "--baseline", "others", "--history", f"{where}/history.csv")
    assert_one_line(said, f"--history {where}/history.csv", "lies in a dataset")


@pytest.mark.parametrize("given", [("--force",), ("--false-alarms", "0.2")])
def test_options_of_a_suite_to_write_need_one(run, photos, given):
    said = run("check", photos, *given)
    assert_one_line(said, given[0], "there is no suite to write", "Add --write-suite")


@pytest.mark.parametrize("command", ["check", "measure", "probe", "properties", "detection"])
def test_shards_need_ray_in_every_command(run, photos, command):
    said = run(command, photos, "--work", "shards")
    assert_one_line(said, "--work", "only Ray needs it", "Add --engine ray")


def test_the_usual_suite_says_so_and_gives_the_values(run, photos) -> None:
    """Before the first image; there is a report then, without a verdict."""
    _, _, error = run("check", photos, *LEFT_OUT)

    assert error.splitlines()[0].startswith("deri-gate: dataset_gate: limits noise_artifacts")
    assert "an image was looked at" in error


def test_a_drift_suite_that_asks_for_what_is_left_out(run, photos, tmp_path) -> None:
    suite(tmp_path / "own.json", ("expect_value_to_be_at_most", "xai_overlay", "maximum", 0.5))

    said = run("compare", photos, "--baseline", photos, "--suite", "own.json")
    assert_one_line(said, "own.json", "xai_overlay", "not asked for")


def test_an_encoder_without_a_pool(run, photos) -> None:
    said = run("check", photos, "--encoder", "resnet50")

    assert_one_line(said, "pool.json", "another encoder", "do not compare", "calibrate")


def test_a_device_that_is_not_there(run, photos) -> None:
    """Even if nothing would have to be computed."""
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    for words in (("check", photos), ("measure", photos)):
        assert_one_line(run(*words, "--device", "cuda"), "CUDA", "--device cpu")


@pytest.mark.parametrize("address", ["hdfs://bucket/scans", "ftp://b", "file:///a.csv"])
def test_a_store_that_is_not_read(run, address) -> None:
    said = run("check", address)

    assert_one_line(said, address, address.partition(":")[0], "DVC")


def test_a_dataset_that_is_not_there_is_said_before_its_base_is_measured(run, photos) -> None:
    assert_one_line(run("check", "nowhere", "--base", photos), "nowhere", "no such file")


def test_a_batch_that_is_not_there_is_said_before_its_baseline_is_measured(run, photos) -> None:
    assert_one_line(run("compare", "nowhere", "--baseline", photos), "nowhere", "no such file")


def test_a_split_that_is_not_there(run, photos) -> None:
    assert_one_line(run("check", photos, "--base", photos, "--split", "test"), "--split")


@pytest.mark.parametrize(
    "words",
    [
        ("check", "{}"),
        ("measure", "{}"),
        ("probe", "{}", "--out", "probe"),
        ("variants", "{}", "--out", "variants"),
        ("compare", "{}", "--baseline", "{photos}"),
        ("compare", "{photos}", "--baseline", "{}"),
        ("check", "{}", "--write-suite", "own.json"),
    ],
)
def test_a_name_that_no_file_can_have(run, photos, words) -> None:
    """Longer than a disk takes: asked for, such a path is an error of the system's own."""
    given = [word.format("x" * 5000, photos=photos) for word in words]

    assert_one_line(run(*given), "xxx")
