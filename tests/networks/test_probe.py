"""`probe`: one row a run, kept at once, never done twice, never half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from deri_gate.commands.probe import probe
from deri_gate.errors import DatasetError, SettingError
from deri_gate.features import encoder
from deri_gate.networks import grid, loop
from deri_gate.networks.budget import GROUPS, PAPER, SMALL, SMOKE, budget_named, changed_budget
from deri_gate.runtime.engine import Machine

QUIET = Machine(device="cpu", workers=1, progress=False)


@pytest.fixture
def npz(tmp_path, coloured):
    """A dataset on disk: three splits unless told otherwise, some labels wrong, so hard enough."""

    def write(*, classes=3, several=False, splits=("train", "val", "test"), seed=0):
        arrays = {}
        for i, split in enumerate(splits):
            labels = np.arange(36) % classes
            arrays[f"{split}_images"] = np.array(coloured(labels.tolist(), seed=10 * seed + i))
            one_hot = np.eye(classes, dtype=np.int64)[labels]
            if several:
                one_hot[::3] = 0
                one_hot[1::3, 0] = 1
            arrays[f"{split}_labels"] = one_hot if several else labels[:, None]
        path = tmp_path / f"toy{seed}.npz"
        np.savez(path, **arrays)
        return path

    return write


@pytest.fixture
def run(tmp_path, budget_of):
    """Probe with a tiny budget; each call into a folder of its own."""
    folders = iter(range(99))

    def make(path, **settings):
        budget = budget_of(**settings.pop("budget", {}))
        out = tmp_path / f"out{next(folders)}"
        return probe(path, out=out, preset=budget, machine=QUIET, **settings)

    return make


@pytest.fixture
def trained(monkeypatch, tiny_networks):
    """Tiny networks; counts how many are trained."""
    seen, once = [], loop._once

    def counted(*args, **kwargs):
        seen.append(args[0])
        return once(*args, **kwargs)

    monkeypatch.setattr(loop, "_once", counted)
    return seen


@pytest.fixture
def linear(monkeypatch, tiny_encoder):
    """The linear probe on a stand-in for the encoder."""

    def load(profile, device):
        made = tiny_encoder()
        made.device = torch.device("cpu")
        return made

    monkeypatch.setattr(encoder, "load_encoder", load)


def test_a_row_a_run(npz, run, trained):
    """Baseline first, then its scenarios, then each variant, in the catalogue's order."""
    done = run(npz())
    rows = pd.read_parquet(done.path)

    assert list(rows["group"]) == ["baseline", "scenario.dark", "sharpness", "label_noise"]
    assert list(rows["level"]) == ["none", "only", "strong", "strong"]
    assert list(rows.columns) == list(grid.COLUMNS)
    assert rows["balanced_accuracy"].between(0, 1).all()
    assert (rows["images"] == 36).all()
    assert (rows["asked"] == 20).all()
    assert set(rows["batch"]) == {8}
    assert set(rows["device"]) == {"cpu"}
    assert set(json.loads(rows["recalls"][0])) == {"0", "1", "2"}
    assert len(trained) == done.runs == 3


def test_the_second_call_trains_nothing(npz, run, trained):
    """The same table, byte for byte."""
    path = npz()
    first, second = run(path), run(path)

    assert len(trained) == 3
    assert (first.known, second.known) == (0, 3)
    assert first.path.read_bytes() == second.path.read_bytes()


def test_only_what_is_new_is_trained(npz, run, trained):
    """Another variant is added; another epoch count, seed or content is another run."""
    path = npz()
    run(path)
    del trained[:]
    assert run(path, budget={"groups": ("sharpness", "label_noise", "exposure")}).known == 3
    assert len(trained) == 1
    assert run(path, budget={"epochs": 3}).known == 0
    assert run(path, seed=7).known == 0
    assert run(npz(seed=1)).known == 0


def test_results_of_other_code_are_not_reused(npz, run, trained, monkeypatch):
    from deri_gate.networks import plan

    path = npz()
    run(path)
    monkeypatch.setattr(plan, "VERSION", 999)

    assert run(path).known == 0


def test_another_network_of_the_same_seed_gives_the_same_rows(
    npz, run, trained, monkeypatch, tmp_path
):
    """In an empty store the same numbers come out."""
    path = npz()
    first = run(path)
    monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path / "elsewhere"))
    second = run(path)

    assert second.known == 0
    pd.testing.assert_frame_equal(first.results, second.results)


KILLED = """
import os, signal, sys
sys.path.insert(0, {folder!r})
import numpy as np
from conftest import Tiny
from deri_gate.commands.probe import probe
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.store import Store
from deri_gate.networks import loop
from deri_gate.networks.budget import Budget
from deri_gate.networks.networks import Network
loop.network_of = lambda architecture, classes, *, pretrained: Network(Tiny(classes))
put, done = Store.put, []
def dying(self, kind, values):
    put(self, kind, values)
    done.append(kind)
    if done.count("run") == 2:
        os.kill(os.getpid(), signal.SIGKILL)
Store.put = dying
probe({path!r}, out={out!r}, preset=Budget(**{budget!r}), machine=Machine(device="cpu", workers=1, progress=False))
"""


@pytest.mark.sweep
def test_a_killed_grid_goes_on_where_it_was(  # noqa: PLR0917
    npz, run, trained, budget_of, tmp_path, monkeypatch
):
    """No table is left half-written, two of three runs are known, and the numbers are the same."""
    path, budget = npz(), vars(budget_of())
    out = tmp_path / "killed"
    code = KILLED.format(
        folder=str(Path(__file__).parent), path=str(path), out=str(out), budget=budget
    )
    dead = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    assert list(out.iterdir()) == []

    resumed = run(path)
    assert resumed.known == 2
    assert len(trained) == 1
    monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path / "elsewhere"))
    pd.testing.assert_frame_equal(resumed.results, run(path).results)
    assert os.environ["DERI_GATE_CACHE"]


@pytest.mark.sweep
def test_lack_of_memory_is_a_row_and_is_tried_again(npz, run, tiny_networks, monkeypatch):
    """Null and the reason; the rest goes on; nothing of it is kept for ever."""
    path, once = npz(), loop._once

    def greedy(architecture, training, budget, **how):
        if architecture == "vgg16":
            raise MemoryError
        return once(architecture, training, budget, **how)

    monkeypatch.setattr(loop, "_once", greedy)
    done = run(path, budget={"architectures": ("vgg16", "resnet18"), "groups": ()})
    failed = done.results[done.results["architecture"] == "vgg16"].iloc[0]
    monkeypatch.setattr(loop, "_once", once)

    assert pd.isna(failed["balanced_accuracy"])
    assert "out of memory" in failed["reason"]
    assert (failed["batch"], failed["retries"]) == (1, 3)
    assert done.results["balanced_accuracy"].notna().sum() == 2
    assert done.without_answer == 1
    again = run(path, budget={"architectures": ("vgg16", "resnet18"), "groups": ()})
    assert again.known == 1
    assert again.without_answer == 0


def test_a_variant_that_cannot_be_made_is_a_row_with_a_reason(npz, run, trained):
    """No groups, no dropped groups; the rest goes on."""
    rows = run(npz(), budget={"groups": ("diversity.groups", "label_noise")}).results
    row = rows[rows["group"] == "diversity.groups"].iloc[0]

    assert row["reason"] == "there are no groups"
    assert pd.isna(row["accuracy"])
    assert rows["accuracy"].notna().sum() == 3


def test_a_vanished_class_is_still_asked_about(npz, run, trained):
    """A class that is dropped from training stays in validation: its recall is 0."""
    rows = run(npz(), budget={"groups": ("diversity",)}).results
    row = rows[rows["group"] == "diversity"].iloc[0]

    assert row["images"] < 36
    assert 0.0 in json.loads(row["recalls"]).values()
    assert row["auc"] >= 0


def test_without_splits_a_fifth_is_held_out_of_every_run(npz, run, trained):
    """36 images: 28 or so to train on, the others asked, before and after the damage."""
    rows = run(npz(splits=("train",)), budget={"groups": ("sharpness",)}).results

    assert set(rows["asked"]) == {8}
    assert set(rows["images"]) == {28}


@pytest.fixture
def folder(tmp_path, coloured):
    """Twenty images in two classes, and files that are none."""

    def write(readable=20):
        for i, picture in enumerate(coloured([0, 1] * 10)):
            path = tmp_path / "set" / "ab"[i % 2] / f"{i:02}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            if i < readable:
                cv2.imwrite(str(path), picture)
            else:
                path.write_text(f"no picture {i}")
        return tmp_path / "set"

    return write


def test_what_cannot_be_read_is_left_out(folder, run, trained):
    """And the rows say how many images there were."""
    rows = run(folder(readable=18)).results

    assert rows["balanced_accuracy"].notna().all()
    assert set(rows["images"] + rows["asked"]) == {18}


def test_nothing_can_be_read(folder, run, trained):
    with pytest.raises(DatasetError, match="none of 16 images can be read"):
        run(folder(readable=0))


def test_the_linear_probe(npz, run, linear):
    """On the encoder's features; the same rows again from the store."""
    path = npz()
    done = run(path, budget={"architectures": ("linear",)})

    assert done.results["balanced_accuracy"][0] > 0.9
    assert done.results["batch"].isna().all()
    assert done.results["epochs"].isna().all()
    assert set(done.results["size"]) == {128}
    assert run(path, budget={"architectures": ("linear",)}).known == 3


def test_several_labels(npz, run, trained, linear):
    """No label is a class of its own; figures for both kinds of probe."""
    rows = run(npz(several=True), budget={"architectures": ("resnet18", "linear")}).results

    assert rows["balanced_accuracy"].between(0, 1).all()
    assert rows["auc"].notna().all()
    assert "(no label)" in json.loads(rows["recalls"][0])


@pytest.mark.sweep
def test_repeats_are_seeds_one_after_another(npz, run, trained, linear):
    """Of CNNs; the linear probe has no randomness to repeat."""
    rows = run(
        npz(),
        budget={
            "architectures": ("resnet18", "linear"),
            "groups": (),
            "scenarios": (),
            "repeats": 2,
        },
    ).results

    assert list(rows["seed"]) == [42, 43, 42]


def test_what_is_announced(npz, run, trained):
    """Runs, known ones, and a time, before anything is trained."""
    said = []
    path = npz()
    run(path, announce=said.append)
    run(path, budget={"groups": ("sharpness", "label_noise", "exposure")}, announce=said.append)

    assert (said[0].runs, said[0].known) == (3, 0)
    assert said[0].total_s > 0
    assert (said[1].runs, said[1].known) == (4, 3)
    assert str(said[1]).startswith("4 runs, 3 of them known: about ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"groups": ("sharpnes",)}, "Did you mean 'sharpness'"),
        ({"levels": ("weak",)}, "'weak' is not a known level"),
        ({"architectures": ("resnet19",)}, "Did you mean 'resnet18'"),
        ({"architectures": ()}, "names no architecture"),
        ({"epochs": 0}, "epochs is 0"),
    ],
)
def test_a_wrong_budget_is_an_error(change, said):
    with pytest.raises(SettingError, match=said):
        replace(SMOKE, **change)


def test_presets():
    """The paper's is the published protocol; a changed one says so."""
    assert budget_named("small") is SMALL
    assert (PAPER.epochs, PAPER.batch, PAPER.lr, PAPER.images) == (10, 512, 1e-3, None)
    assert len(PAPER.architectures) == 6
    assert len(PAPER.variants) == 3 * len(GROUPS)
    assert changed_budget(SMOKE, images=None, epochs=None, levels=["strong"]) is SMOKE
    assert changed_budget(SMOKE, epochs=9).name == "custom"
    with pytest.raises(SettingError, match="Choose smoke"):
        budget_named("tiny")


def test_no_dataset(tmp_path):
    with pytest.raises(DatasetError):
        probe(tmp_path / "nothing", out=tmp_path / "out", machine=QUIET)


def test_the_estimate_says_how_much_memory_the_pictures_take() -> None:
    """Worked by hand: 40 + 10 images of 32 x 32 in 3 channels, the former three times."""
    from types import SimpleNamespace

    from deri_gate.networks.estimate import GridEstimate, _pictures_bytes

    bench = SimpleNamespace(
        arranged=SimpleNamespace(train=range(40), validation=range(10)),
        budget=SimpleNamespace(size=32, scenes=()),
    )
    cnn = SimpleNamespace(architecture="resnet18", group="sharpness")
    linear = SimpleNamespace(architecture="linear", group="sharpness")

    assert _pictures_bytes(bench, [cnn, linear]) == (3 * 40 + 10) * 32 * 32 * 3
    assert _pictures_bytes(bench, [linear]) == 0
    made = GridEstimate(runs=2, known=0, seconds={"resnet18": 90.0}, pictures_bytes=3 * 2**30,
                    device_bytes=2**29)  # fmt: skip
    assert str(made).endswith("(resnet18 1.5 min), 3.0 GiB of pictures, 0.5 GiB on the GPU")
