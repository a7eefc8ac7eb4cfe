"""Networks that are taught once: known again, resumed, and never unpickled."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from deri_gate.errors import UnmeasurableError
from deri_gate.networks import loop, networks
from deri_gate.networks.budget import BUDGETS, CNNS, Budget
from deri_gate.networks.checkpoints import TrainingSpec, explained_budget, make_room
from deri_gate.runtime.engine import Machine

TINY = Budget(
    name="tiny", architectures=("resnet18",), groups=(), levels=(), scenarios=(),
    images=12, validation=None, epochs=1, size=32, batch=6,
)  # fmt: skip


@pytest.fixture(autouse=True)
def tiny_ones(tiny_networks, monkeypatch):
    """Every architecture is a tiny one, where it is taught and where it is read."""
    monkeypatch.setattr(networks, "network_of", loop.network_of)


@pytest.fixture
def spec_of(dataset_of, random_pictures, tmp_path):
    """A spec on sixteen pictures of two classes."""

    def make(*, labels=None, identity="these", budget=TINY, seed=1):
        data = dataset_of(random_pictures(16), labels or [i % 2 for i in range(16)])
        return TrainingSpec(
            dataset=data,
            identity=identity,
            budget=budget,
            seed=seed,
            folder=tmp_path / "networks",
            machine=Machine(device="cpu", workers=1, progress=False),
        )

    return make


@pytest.fixture
def trainings(monkeypatch):
    """Which architectures were taught, in order."""
    seen, teach = [], loop.teach

    def counted(architecture, training, *args, **settings):
        seen.append((architecture, len(training.pixels)))
        return teach(architecture, training, *args, **settings)

    monkeypatch.setattr(loop, "teach", counted)
    return seen


def answers(network):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)
    with torch.inference_mode():
        return network(torch.from_numpy(pixels)).numpy()


def test_a_network_is_taught_once(spec_of, trainings):
    """Of the images that the budget allows; the second time it is read, and says the same."""
    first = answers(spec_of().network("resnet18"))
    again = answers(spec_of().network("resnet18"))

    assert trainings == [("resnet18", 12)]
    np.testing.assert_array_equal(first, again)


def test_it_is_the_network_that_the_probes_are(spec_of):
    """The same training, asked by the grid's own function."""
    spec = spec_of()
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)
    training = loop.TrainingSet(
        pixels=spec._training.pixels,
        targets=spec._training.targets,
        multilabel=False,
        test_sets=(pixels,),
    )
    learnt = loop.learn("resnet18", training, TINY, seed=1, device=torch.device("cpu"))
    scores = torch.from_numpy(answers(spec.network("resnet18")))

    np.testing.assert_allclose(scores.softmax(dim=1).numpy(), learnt.answers[0], atol=1e-5)


def test_other_lessons_are_other_networks(spec_of):
    """Other images, seeds and budgets have other recipes; nothing else has."""
    from dataclasses import replace

    recipes = {
        spec_of().recipe("resnet18"),
        spec_of().recipe("vgg16"),
        spec_of(identity="others").recipe("resnet18"),
        spec_of(seed=2).recipe("resnet18"),
        spec_of(budget=replace(TINY, epochs=2)).recipe("resnet18"),
        spec_of(budget=replace(TINY, pretrained=True)).recipe("resnet18"),
    }

    assert len(recipes) == 6
    assert spec_of(budget=replace(TINY, name="x")).recipe("resnet18") in recipes


def test_a_run_that_is_killed_leaves_no_half_network(spec_of, trainings, monkeypatch):
    """Nothing is kept under the name; the next run teaches it anew."""
    spec = spec_of()

    def killed(_file, _beside):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)  # all is written, and nothing is in its place
        with pytest.raises(KeyboardInterrupt):
            spec.network("resnet18")
    assert list(spec.folder.iterdir()) == []
    spec.network("resnet18")

    assert len(trainings) == 2


def one_byte_changed(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def pickled(_):
    file = io.BytesIO()
    torch.save({"head.bias": print}, file)
    return file.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"no weights",
        lambda content: content[:-1],
        lambda content: content + b"0",
        lambda content: bytes(len(content)),
        one_byte_changed,
        pickled,
    ],
    ids=["empty", "text", "cut", "longer", "zeros", "one byte", "code"],
)
def test_a_damaged_file_is_taught_again(spec_of, trainings, caplog, damage):
    """A word of it, the same network, and nothing of a pickle is run."""
    spec = spec_of()
    first = answers(spec.network("resnet18"))
    (path,) = spec.folder.iterdir()
    content = path.read_bytes()
    path.write_bytes(damage(content))
    again = answers(spec.network("resnet18"))

    assert len(trainings) == 2
    np.testing.assert_array_equal(first, again)
    assert "is damaged and is trained again" in caplog.text
    assert path.read_bytes()[:16] == content[:16]


def test_another_networks_file_is_none_of_ours(spec_of, trainings):
    """A sound file under another name: the seal is over the name too."""
    spec, other = spec_of(), spec_of(seed=2)
    spec.network("resnet18")
    (path,) = spec.folder.iterdir()
    path.rename(path.with_name(f"{other.recipe('resnet18')}.pt"))
    other.network("resnet18")

    assert len(trainings) == 2


def test_a_folder_that_cannot_be_made_costs_time_alone(spec_of, trainings, caplog, tmp_path):
    """The network is trained, and not cached."""
    (tmp_path / "networks").write_text("in the way")
    first, again = (answers(spec_of().network("resnet18")) for _ in range(2))

    assert len(trainings) == 2
    np.testing.assert_array_equal(first, again)
    assert "not cached" in caplog.text


class TestRoom:
    """The folder is bounded; what was used last stays."""

    @pytest.fixture
    def folder(self, tmp_path):
        """Files of 10 bytes, a used longest ago, and a rest of a killed run in between."""
        for second, name in enumerate(("a.pt", "b.pt", ".c.pt.123", "d.pt")):
            (tmp_path / name).write_bytes(b"0123456789")
            os.utime(tmp_path / name, (second, second))
        return tmp_path

    @pytest.mark.parametrize(
        ("most", "left"),
        [
            (40, [".c.pt.123", "a.pt", "b.pt", "d.pt"]),
            (39, [".c.pt.123", "b.pt", "d.pt"]),
            (20, [".c.pt.123", "d.pt"]),
            (0, ["d.pt"]),
        ],
    )
    def test_the_oldest_use_goes_first(self, folder, most, left):
        make_room(folder, most)

        assert sorted(path.name for path in folder.iterdir()) == left

    def test_what_another_process_deletes_meanwhile_is_no_error(self, folder, monkeypatch):
        there = [*folder.iterdir(), folder / "gone.pt"]
        monkeypatch.setattr(type(folder), "iterdir", lambda _: iter(there))
        make_room(folder, 15)

        assert [path.name for path in there if path.exists()] == ["d.pt"]

    def test_a_new_network_makes_room_and_a_use_counts(self, spec_of, trainings, monkeypatch):
        """Room for two: the one that was read again outlives the one written after it."""
        one, other, third = (spec_of(identity=name) for name in "abc")
        one.network("resnet18")
        (path,) = one.folder.iterdir()
        monkeypatch.setattr("deri_gate.networks.checkpoints.ROOM", int(2.5 * path.stat().st_size))
        other.network("resnet18")
        one.network("resnet18")
        third.network("resnet18")

        left = {path.stem for path in one.folder.iterdir()}
        assert left == {one.recipe("resnet18"), third.recipe("resnet18")}
        assert len(trainings) == 3
        other.network("resnet18")
        assert len(trainings) == 4


def test_one_class_teaches_nothing(spec_of):
    """The reason stands beside null."""
    with pytest.raises(UnmeasurableError, match="two classes"):
        spec_of(labels=[0] * 16).network("resnet18")


@pytest.mark.parametrize("name", BUDGETS)
def test_the_five_networks_of_a_preset_are_explained(name):
    """Only the paper's start from weights that must be downloaded."""
    budget = explained_budget(name)

    assert budget.architectures == CNNS
    assert budget.pretrained == (name == "paper")
    assert (budget.epochs, budget.size) == (BUDGETS[name].epochs, BUDGETS[name].size)
