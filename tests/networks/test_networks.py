"""The five networks of torchvision."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deri_gate.errors import SettingError
from deri_gate.networks.budget import CNNS
from deri_gate.networks.networks import DEVIATION, MEAN, Network, _replace_head, network_of
from tests.sweeps import sampled


@pytest.mark.parametrize("name", sampled(CNNS))
def test_every_network_has_the_head_it_needs(name):
    """New, or with the head of ImageNet replaced; without memory, for VGG16 is large."""
    from torchvision import models

    with torch.device("meta"):
        new = network_of(name, 7, pretrained=False)
        body = models.get_model(name, weights=None)
        _replace_head(body, 5)
        pictures = torch.empty((2, 32, 32, 3), dtype=torch.uint8)

        assert new.eval()(pictures).shape == (2, 7)
        assert body.eval()(torch.empty((2, 3, 32, 32))).shape == (2, 5)


def test_pictures_are_normalised_as_imagenet_was():
    """Grey levels to mean 0 and deviation 1 over ImageNet, channels first."""
    pixels = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3)).astype(np.uint8)
    seen = Network(torch.nn.Identity())(torch.from_numpy(pixels))

    expected = (pixels / 255 - np.array(MEAN)) / np.array(DEVIATION)
    np.testing.assert_allclose(seen.permute(0, 2, 3, 1).numpy(), expected, atol=1e-5)


def test_weights_that_cannot_be_had(monkeypatch, tmp_path):
    """No network: one line that says which, and what to do."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    with pytest.raises(SettingError, match="ImageNet weights of resnet18") as caught:
        network_of("resnet18", 3, pretrained=True)
    assert "Allow the download" in str(caught.value)
