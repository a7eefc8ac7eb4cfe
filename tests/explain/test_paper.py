"""The paper's figures: Grad-CAM of several networks, averaged, with what says nothing left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from deri_gate.errors import UnmeasurableError
from deri_gate.explain.paper import network_explainers, paper_explanations_of
from deri_gate.explain.probe import ImageToExplain
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import PAPER, PAPER_SMALL, STANDARD, profile_named
from deri_gate.metrics.xai_stability import paper_xai_stability
from deri_gate.networks.budget import BUDGETS, Budget
from deri_gate.networks.checkpoints import TrainingSpec
from deri_gate.networks.networks import Network
from deri_gate.runtime.store import Store

SIDE = 24
PROFILE = replace(PAPER_SMALL, input_size=SIDE, steps=4)


class Bright(nn.Module):
    """Class 0 by how bright the left half is, class 1 by the right; no training needed."""

    def __init__(self, gain=1.0):
        super().__init__()
        self.cells = nn.Conv2d(3, 2, 1, bias=False)
        nn.init.constant_(self.cells.weight, gain)

    def forward(self, batch):
        seen = self.cells(batch)
        half = seen.shape[3] // 2
        return torch.stack(
            [seen[:, 0, :, :half].mean((1, 2)), seen[:, 1, :, half:].mean((1, 2))], dim=1
        )


class Linear(nn.Module):
    """No convolution at all."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(3 * SIDE * SIDE, 2)

    def forward(self, batch):
        return self.head(batch.flatten(1))


@pytest.fixture
def explained(dataset_of, random_pictures, tmp_path, monkeypatch):
    """Explanations of eight pictures by these bodies instead of trained networks."""

    def make(bodies, *, pictures=None, store=None):
        pictures = pictures or random_pictures(8, side=SIDE)
        asked = []
        budget = Budget(
            name="toy", architectures=("resnet18", "vgg16", "resnet50")[: len(bodies)],
            groups=(), levels=(), scenarios=(), images=None, validation=None,
            epochs=1, size=SIDE, batch=4,
        )  # fmt: skip
        networks = dict(zip(budget.architectures, bodies, strict=True))

        def network(_spec, architecture):
            asked.append(architecture)
            return Network(networks[architecture]).eval()

        monkeypatch.setattr(TrainingSpec, "network", network)
        spec = TrainingSpec(
            dataset=dataset_of(pictures, [i % 2 for i in range(len(pictures))]),
            identity="toy",
            budget=budget,
            seed=1,
            folder=tmp_path,
            machine=monkeypatch_free_machine(),
        )
        sample = [
            ImageToExplain(position=i, key=f"{i:08x}", target=i % 2, picture=picture)
            for i, picture in enumerate(pictures)
        ]
        kept = store or Store(tmp_path / f"store{len(bodies)}")
        context = Context(profile=PROFILE, store=kept, machine=spec.machine)
        found = paper_explanations_of(
            sample, images=len(spec.dataset), training=spec, context=context
        )
        return found, asked, spec

    return make


def monkeypatch_free_machine():
    from deri_gate.runtime.engine import Machine

    return Machine(device="cpu", workers=1, progress=False)


FIGURES = ("irof", "irof_gap", "pixel_flipping", "pixel_flipping_gap", "overlay")


def test_figures_are_means_over_the_networks(explained, tmp_path):
    """Each network's own, then half of each."""
    one, other = Bright(), Bright(0.3)
    first, second, both = (
        explained(bodies, store=Store(tmp_path / name))[0]
        for name, bodies in {"a": [one], "b": [other], "ab": [one, other]}.items()
    )

    for figure in FIGURES:
        np.testing.assert_allclose(
            getattr(both, figure), (getattr(first, figure) + getattr(second, figure)) / 2
        )
    assert both.networks == 2


def test_a_network_that_sees_nothing_is_counted_and_not_averaged(explained, tmp_path):
    """Its maps are all zero: the figures are the others', the note says how many."""
    alone = explained([Bright()], store=Store(tmp_path / "a"))[0]
    with_blind = explained([Bright(), Bright(0.0)], store=Store(tmp_path / "b"))[0]

    np.testing.assert_allclose(with_blind.irof, alone.irof)
    np.testing.assert_allclose(with_blind.overlay, alone.overlay)
    assert with_blind.empty == 8 + alone.empty
    assert with_blind.note.endswith("2 networks made 16 maps, of which 8 are empty.")
    assert not with_blind.degenerate.any()


def test_nothing_said_by_any_network_is_unmeasurable(explained):
    """Never a zero that looks like a figure."""
    found = explained([Bright(0.0)])[0]

    assert found.degenerate.all()
    assert np.isnan(found.irof).all()
    with pytest.raises(UnmeasurableError, match="could be judged"):
        paper_xai_stability(found)


def test_a_class_that_no_network_knows_is_not_scored(explained):
    """Its probability is about 0 before anything is removed: nothing can fall."""

    class Never(Bright):
        def forward(self, batch):
            return super().forward(batch) + torch.tensor([0.0, -1e3])

    found = explained([Never()])[0]
    of_class = np.arange(8) % 2

    assert np.isnan(found.irof[of_class == 1]).all()
    assert np.isfinite(found.irof[of_class == 0]).all()
    assert np.isfinite(paper_xai_stability(found).statistic(np.ones((1, 8)))[0])


def test_a_constant_image_changes_nothing_when_its_parts_go(explained):
    """No superpixel tells from another: IROF 0; its map is constant within each half."""
    grey = np.full((SIDE, SIDE, 3), 200, np.uint8)
    found = explained([Bright()], pictures=[grey, grey + 9])[0]

    assert np.nan_to_num(found.irof) == pytest.approx(0, abs=1e-6)
    assert np.isfinite(found.overlay[~found.degenerate]).all()


def test_without_convolution_there_is_no_explanation(explained):
    """A clear error that names the network."""
    from deri_gate.errors import SettingError

    with pytest.raises(SettingError, match="no convolution"):
        explained([Linear()])


def test_known_figures_need_no_network(explained, tmp_path):
    """The second run loads and teaches nothing."""
    store = Store(tmp_path / "kept")
    first, asked, _ = explained([Bright()], store=store)
    again, none, _ = explained([Bright()], store=store)

    assert asked == ["resnet18"]
    assert none == []
    np.testing.assert_array_equal(first.irof, again.irof)


def test_the_networks_are_the_explainers_of_masks_too(explained):
    """With the maps that were judged: Grad-CAM on the half of the class."""
    _, _, spec = explained([Bright()])
    (explainer,) = network_explainers(spec)
    bright = [np.full((SIDE, SIDE, 3), 250, np.uint8)] * 2
    left, right = explainer.maps(bright, torch.tensor([0, 1]))

    assert explainer.identity == spec.recipe("resnet18")
    assert left.shape == (SIDE, SIDE)
    assert torch.isfinite(left).all()
    assert torch.isfinite(right).all()


def test_the_budget_is_part_of_the_papers_hash_alone():
    """Numbers of other networks do not compare; the standard profile has none."""
    assert replace(PAPER, probe_budget="small").hash != PAPER.hash
    assert replace(STANDARD, probe_budget="small").hash == STANDARD.hash
    assert profile_named("paper-small") is PAPER_SMALL
    assert {PAPER.probe_budget, PAPER_SMALL.probe_budget} <= set(BUDGETS)


@pytest.mark.sweep
def test_the_paper_profile_end_to_end(dataset_of, random_pictures, monkeypatch, tmp_path):
    """Real networks, hardly taught, from images to values; the second run decodes nothing."""
    from deri_gate.measuring.evidence import Evidence
    from deri_gate.measuring.measure import measure_dataset, metrics_named
    from deri_gate.networks import checkpoints
    from deri_gate.reports.documents import metrics_document

    tiny = Budget(
        name="tiny", architectures=("resnet18", "efficientnet_b0"), groups=(), levels=(),
        scenarios=(), images=8, validation=None, epochs=1, size=32, batch=4,
    )  # fmt: skip
    monkeypatch.setattr("deri_gate.explain.paper.explained_budget", lambda _: tiny)
    data = dataset_of(random_pictures(12, side=40), [i % 2 for i in range(12)])
    profile = replace(PAPER_SMALL, steps=2)

    def found():
        return measure_dataset(
            data, split=None, metrics=metrics_named("xai_overlay,xai_stability", profile),
            context=Context(
                profile=profile, store=Store(tmp_path), machine=monkeypatch_free_machine()
            ),
        )  # fmt: skip

    monkeypatch.setattr(Evidence, "encoder", _Still())
    first = metrics_document(found())
    monkeypatch.setattr(checkpoints.TrainingSpec, "network", None)  # would raise if it were called
    again = metrics_document(found())

    assert first == again
    for name in ("xai_overlay", "xai_stability"):
        value = first.metrics[name]
        assert 0 <= value.value <= 1
        assert " 2 networks made " in value.note
        assert set(value.per_class) == {"class0", "class1"}
    assert len(list((tmp_path / "networks").glob("*.pt"))) == 2


class _Still:
    """Embeds nothing of interest."""

    at_once, device = 48, torch.device("cpu")

    def embed(self, inputs):
        return np.ones((len(inputs), 4), np.float16)
