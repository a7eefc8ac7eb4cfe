"""The public table: any classifier, one row an image, and nothing made up."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from deri_gate.errors import DeriGateError
from deri_gate.explain.quality import explanation_quality, quality
from deri_gate.explain.quality.gradcam import grad_cam
from deri_gate.explain.quality.perturbation import irof, pixel_flipping
from deri_gate.explain.quality.stability import map_stability
from deri_gate.explain.quality.superpixels import superpixels_of


def network(channels: int = 3) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(channels, 8, 3, stride=2),
        nn.BatchNorm2d(8),
        nn.ReLU(inplace=True),
        nn.Dropout(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 3),
    ).train()


def pictures(count: int = 5, size: int = 20) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    return torch.rand(count, 3, size, size), torch.arange(count) % 3


def test_the_example_runs() -> None:
    found = doctest.testmod(quality)

    assert found.attempted > 0
    assert found.failed == 0


def test_the_documented_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """As a reader would paste it."""
    text = (Path(__file__).parents[3] / "docs" / "explanations.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    exec(compile(code, "explanations.md", "exec"), {})

    assert "relevance_rank_accuracy" in capsys.readouterr().out


def test_the_table_is_the_single_measures_side_by_side() -> None:
    """In evaluation mode, though the network is in training mode."""
    model, (images, targets) = network(), pictures()
    table = explanation_quality(model, images, targets, steps=4)

    assert model.training
    judge = nn.Sequential(model, nn.Softmax(dim=1)).eval()
    maps = grad_cam(model, images, targets)
    parts = superpixels_of(images)
    by_parts = irof(judge, images, targets, maps=maps, segments=parts, steps=4)
    flipped = pixel_flipping(judge, images, targets, maps=maps, steps=4)
    inserted = pixel_flipping(judge, images, targets, maps=maps, steps=4, mode="insertion")
    shaken = map_stability(lambda x, t: grad_cam(model, x, t), images, targets)
    for column, expected in {
        "irof": by_parts.value,
        "irof_gap": by_parts.gap,
        "pixel_flipping": flipped.value,
        "pixel_flipping_inverse": flipped.inverse,
        "insertion": inserted.value,
        "stability_worst": shaken.worst,
    }.items():
        np.testing.assert_allclose(table[column], expected, atol=1e-6)
    assert (table["note"] == "").all()


def test_company_and_order_do_not_matter() -> None:
    model, (images, targets) = network(), pictures()
    whole = explanation_quality(model, images, targets, steps=4)
    some = explanation_quality(model, images[[3, 1]], targets[[3, 1]], steps=4)

    pd.testing.assert_frame_equal(
        some, whole.iloc[[3, 1]].reset_index(drop=True), rtol=0, atol=1e-6
    )


def test_what_is_missing_has_a_note() -> None:
    images, targets = pictures(4)
    maps = torch.rand(4, 5, 5)
    maps[0] = 0.0

    def predict(batch: torch.Tensor) -> torch.Tensor:
        return torch.stack([batch.mean((1, 2, 3)), torch.zeros(len(batch))], dim=1)

    table = explanation_quality(predict, images, targets % 2, maps=maps)

    assert table["degenerate"].tolist() == [True, False, False, False]
    assert table["note"].tolist()[:3] == ["degenerate map", "probability not above 0.001", ""]
    assert table["irof"].isna().tolist() == [True, True, False, False]
    assert "stability_mean" not in table
    assert "mask_area" not in table


def test_masks_come_with_their_notes() -> None:
    images, targets = pictures(3)
    masks = [None, np.eye(40), np.ones((20, 20))]
    table = explanation_quality(network(), images, targets, masks=masks, copies=0)

    assert table["mask_note"].tolist() == ["no mask", "", "mask of the whole image"]
    assert table["relevance_rank_accuracy"].isna().tolist() == [True, False, True]


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (2, 3, 3, 9), (1, 1, 28, 28)])
def test_small_and_grey_images(shape: tuple[int, ...]) -> None:
    """Fewer pixels than superpixels: every pixel is one."""
    images = torch.rand(shape, generator=torch.Generator().manual_seed(2))
    model = nn.Sequential(
        nn.Conv2d(shape[1], 4, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)
    )
    maps = torch.rand(shape[0], 3, 3)
    table = explanation_quality(model, images, torch.zeros(shape[0], dtype=torch.int64), maps=maps)

    assert table["irof_gap"].notna().all()


def test_a_constant_image_is_judged_as_unmoved() -> None:
    """Nothing can be removed from it: the probability stays, so value and gap are 0."""
    images = torch.full((1, 3, 16, 16), 0.4)
    table = explanation_quality(network(), images, torch.tensor([0]), maps=torch.rand(1, 4, 4))

    assert table["irof"][0] == pytest.approx(0, abs=1e-6)
    assert table["irof_gap"][0] == pytest.approx(0, abs=1e-6)


def test_without_convolution_maps_must_be_given() -> None:
    images, targets = pictures(2, 8)
    model = nn.Sequential(nn.Flatten(), nn.Linear(192, 3))

    with pytest.raises(DeriGateError, match="Sequential: has no convolution"):
        explanation_quality(model, images, targets)
    with pytest.raises(DeriGateError, match="has no layers"):
        explanation_quality(lambda x: x, images, targets)
    assert len(explanation_quality(model, images, targets, maps=torch.rand(2, 8, 8))) == 2


def test_what_does_not_fit_is_a_clear_error() -> None:
    images, targets = pictures(2)
    maps = torch.rand(2, 4, 4)
    with pytest.raises(DeriGateError, match="no numbers"):
        explanation_quality(network(), images * torch.nan, targets, maps=maps)
    with pytest.raises(DeriGateError, match="superpixels of shape"):
        explanation_quality(
            network(), images, targets, maps=maps, segments=np.zeros((2, 3, 3), dtype=np.int64)
        )
