"""IROF and pixel flipping against loops, closed forms, and what must not matter."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from deri_gate.errors import DeriGateError
from deri_gate.explain.quality.perturbation import irof, pixel_flipping

N, SIZE = 5, 12


class Scene:
    """A small random classifier with images, maps without ties, and block segments."""

    def __init__(self, seed: int = 0, count: int = N) -> None:
        torch.manual_seed(seed)
        self.network = nn.Sequential(
            nn.Conv2d(3, 6, 3), nn.Tanh(), nn.Flatten(), nn.Linear(600, 3), nn.Softmax(dim=1)
        ).eval()
        self.images = torch.randn(count, 3, SIZE, SIZE)
        self.targets = torch.arange(count) % 3
        orders = [torch.randperm(SIZE * SIZE) for _ in range(count)]
        self.maps = torch.stack(orders).reshape(count, SIZE, SIZE).float()
        blocks = np.kron(np.arange(9).reshape(3, 3), np.ones((4, 4))).astype(np.int64)
        self.segments = np.stack([blocks] * count)
        self.segments[1] = np.minimum(self.segments[1], 6)  # images differ in number

    def calls(self) -> dict[str, object]:
        return {"predict": self.network, "images": self.images, "targets": self.targets}


def trapezoid(fractions: list[float], values: list[float]) -> float:
    pairs = zip(fractions, fractions[1:], values, values[1:], strict=False)
    return sum((b - a) * (v + w) / 2 for a, b, v, w in pairs)


def relative(scene: Scene, row: int, picture: torch.Tensor) -> float:
    with torch.no_grad():
        both = scene.network(torch.stack([picture, scene.images[row]]))[:, scene.targets[row]]
    return min(1.0, float(both[0] / both[1]))


def one_by_one(scene: Scene, row: int, parts: list[np.ndarray], counts: list[int]) -> float:
    """The plainest removal there is: one image, one step, one picture at a time."""
    picture = scene.images[row].clone()
    mean = picture.mean(dim=(1, 2))
    fractions, values, gone = [], [], 0
    for count in counts:
        while gone < count:
            for y, x in np.argwhere(parts[gone]):
                picture[:, y, x] = mean
            gone += 1
        fractions.append(count / len(parts))
        values.append(relative(scene, row, picture))
    return 1 - trapezoid(fractions, values)


def segments_by_map(scene: Scene, row: int) -> list[np.ndarray]:
    ids, values = scene.segments[row], scene.maps[row].numpy()
    found = [ids == s for s in np.unique(ids)]
    return sorted(found, key=lambda part: -values[part].mean())


@pytest.mark.parametrize("steps", [None, 3])
def test_irof_equals_a_loop(steps: int | None) -> None:
    scene = Scene()
    found = irof(**scene.calls(), maps=scene.maps, segments=scene.segments, steps=steps)

    for row in range(N):
        parts = segments_by_map(scene, row)
        n = len(parts)
        counts = list(range(n + 1)) if steps is None else [0, round(n / 3), round(2 * n / 3), n]
        assert found.value[row] == pytest.approx(one_by_one(scene, row, parts, counts), abs=1e-6)
        backwards = one_by_one(scene, row, parts[::-1], counts)
        assert found.inverse[row] == pytest.approx(backwards, abs=1e-6)
    np.testing.assert_array_equal(found.gap, found.value - found.inverse)


def test_pixel_flipping_equals_a_loop() -> None:
    scene = Scene()
    found = pixel_flipping(**scene.calls(), maps=scene.maps, steps=4)

    for row in range(N):
        values = scene.maps[row].numpy()
        parts = [values == v for v in sorted(values.ravel(), reverse=True)]
        expected = one_by_one(scene, row, parts, [0, 36, 72, 108, 144])
        assert found.value[row] == pytest.approx(expected, abs=1e-6)


def test_insertion_equals_a_loop_that_starts_from_the_baseline() -> None:
    """Ours never inserts: it reads the inverse's removal backwards."""
    scene = Scene()
    found = pixel_flipping(
        **scene.calls(), maps=scene.maps, steps=4, mode="insertion", baseline=0.5
    )

    for row in range(N):
        fractions, values = [0, 0.25, 0.5, 0.75, 1], []
        for share in fractions:
            known = scene.maps[row] >= 144 - 144 * share
            picture = torch.where(known, scene.images[row], 0.5)
            values.append(relative(scene, row, picture))
        assert found.value[row] == pytest.approx(trapezoid(fractions, values), abs=1e-6)


def test_removal_and_insertion_have_the_same_gap() -> None:
    scene = Scene()
    removal, insertion = (
        pixel_flipping(**scene.calls(), maps=scene.maps, mode=m) for m in ("removal", "insertion")
    )

    np.testing.assert_allclose(removal.gap, insertion.gap, atol=1e-12)
    np.testing.assert_allclose(removal.value, 1 - insertion.inverse, atol=1e-12)


def linear(weights: torch.Tensor):
    """Probability = .1 + the weighted sum of the (non-negative) pixels of channel 0."""

    def predict(images: torch.Tensor) -> torch.Tensor:
        p = 0.1 + (images[:, 0] * weights).sum(dim=(1, 2))
        return torch.stack([p, 1 - p], dim=1)

    return predict


def test_linear_probability_worked_by_hand() -> None:
    """Pixels worth .4, .2, .1 and 0, removed to 0: p = .8, .4, .2, .1, .1 in the best order.

    Area under p/.8 by trapezoids: (1/2 + .5 + .25 + .125 + .125/2) / 4 = .359375.
    Worst order: .8, .8, .7, .5, .1, that is (1/2 + 1 + .875 + .625 + .125/2) / 4 = .765625.
    """
    weights = torch.tensor([[0.4, 0.2], [0.1, 0.0]])
    images, targets = torch.ones(1, 3, 2, 2), torch.tensor([0])

    found = pixel_flipping(
        linear(weights), images, targets, maps=weights[None], steps=4, baseline=0.0
    )

    assert found.value[0] == pytest.approx(1 - 0.359375)
    assert found.inverse[0] == pytest.approx(1 - 0.765625)
    assert found.gap[0] == pytest.approx(0.40625)


def test_no_order_is_better_than_the_weights_nor_worse_than_their_inverse() -> None:
    """On a linear model the best order is known, and it is found among 40 random ones."""
    torch.manual_seed(5)
    weights = torch.rand(4, 4) / 20
    images, targets = torch.ones(42, 3, 4, 4), torch.zeros(42, dtype=torch.int64)
    maps = torch.cat([weights[None], -weights[None], torch.rand(40, 4, 4)])

    found = pixel_flipping(linear(weights), images, targets, maps=maps, steps=16, baseline=0.0)

    assert found.value.argmax() == 0
    assert found.value.argmin() == 1
    assert found.gap.argmax() == 0


def test_the_reverse_map_has_exactly_the_negative_gap() -> None:
    scene = Scene()
    reverse = scene.maps.amax(dim=(1, 2), keepdim=True) - scene.maps
    for steps in (7, 8):
        one = pixel_flipping(**scene.calls(), maps=scene.maps, steps=steps)
        other = pixel_flipping(**scene.calls(), maps=reverse, steps=steps)
        np.testing.assert_allclose(other.gap, -one.gap, rtol=0, atol=1e-6)
        np.testing.assert_allclose(other.value, one.inverse, rtol=0, atol=1e-6)
    one = irof(**scene.calls(), maps=scene.maps, segments=scene.segments)
    other = irof(**scene.calls(), maps=reverse, segments=scene.segments)
    np.testing.assert_allclose(other.gap, -one.gap, rtol=0, atol=1e-6)


def test_random_maps_have_no_gap_on_average() -> None:
    """Within three standard errors, over 400 random maps; a good map is far outside."""
    torch.manual_seed(7)
    weights = torch.rand(6, 6) / 40
    images, targets = torch.ones(400, 3, 6, 6), torch.zeros(400, dtype=torch.int64)
    predict = linear(weights)

    gaps = pixel_flipping(
        predict, images, targets, maps=torch.rand(400, 6, 6), steps=6, baseline=0.0
    ).gap
    best = pixel_flipping(
        predict, images[:1], targets[:1], maps=weights[None], steps=6, baseline=0.0
    ).gap[0]

    error = gaps.std(ddof=1) / np.sqrt(400)
    assert abs(gaps.mean()) < 3 * error
    assert best > 10 * error


@pytest.mark.parametrize("order", [[4, 2, 0], [0], [3, 1, 4, 0, 2]])
def test_company_and_order_do_not_matter(order: list[int]) -> None:
    scene = Scene()
    images = scene.images.contiguous(memory_format=torch.channels_last)
    tied = (scene.maps // 40).float()  # so that ties depend on nothing but the image either
    whole = pixel_flipping(scene.network, images, scene.targets, maps=tied)
    some = pixel_flipping(scene.network, images[order], scene.targets[order], maps=tied[order])
    np.testing.assert_allclose(some.gap, whole.gap[order], rtol=0, atol=1e-6)

    parts = scene.segments
    whole = irof(scene.network, images, scene.targets, maps=tied, segments=parts)
    some = irof(
        scene.network, images[order], scene.targets[order], maps=tied[order], segments=parts[order]
    )
    np.testing.assert_allclose(some.value, whole.value[order], rtol=0, atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_the_compute_batch_changes_rounding_at_most(batch_size: int) -> None:
    scene = Scene()
    usual = pixel_flipping(**scene.calls(), maps=scene.maps)
    other = pixel_flipping(**scene.calls(), maps=scene.maps, batch_size=batch_size)

    np.testing.assert_allclose(other.value, usual.value, rtol=0, atol=1e-6)


def test_every_forward_pass_has_the_same_shape_and_nothing_is_asked_twice() -> None:
    """2 images, 4 steps, both orders: the whole, the empty and 2 * 3 pictures each."""
    scene = Scene(count=2)
    seen: list[torch.Tensor] = []

    def predict(batch: torch.Tensor) -> torch.Tensor:
        seen.append(batch.clone())
        return scene.network(batch)

    pixel_flipping(predict, scene.images, scene.targets, maps=scene.maps, steps=4, batch_size=2)

    pictures = torch.cat(seen)
    assert {tuple(b.shape) for b in seen} == {(2, 3, SIZE, SIZE)}
    assert len(pictures) == 2 * (2 + 2 * 3)
    assert len(pictures.flatten(1).unique(dim=0)) == len(pictures)


def test_numbering_of_superpixels_does_not_matter() -> None:
    """Not even where a plateau's superpixels tie."""
    scene = Scene()
    coarse = (scene.maps.reshape(N, 3, 4, 3, 4).mean(dim=(2, 4)) > 72).float()
    maps = coarse.repeat_interleave(4, 1).repeat_interleave(4, 2)
    renamed = scene.segments.max(axis=(1, 2), keepdims=True) - scene.segments

    one = irof(**scene.calls(), maps=maps, segments=scene.segments)
    other = irof(**scene.calls(), maps=maps, segments=renamed)

    np.testing.assert_allclose(other.value, one.value, rtol=0, atol=1e-6)


def test_what_cannot_be_judged_is_nan_and_costs_nothing() -> None:
    """All zero, constant and NaN maps, and a class with a probability of about 0."""
    scene = Scene()
    maps = scene.maps.clone()
    maps[0], maps[1], maps[2, 3, 3] = 0.0, 0.7, torch.nan
    seen = []

    def predict(batch: torch.Tensor) -> torch.Tensor:
        seen.append(len(batch))
        output = scene.network(batch)
        output[:, 0] = 1e-9  # the target of image 3
        return output

    found = pixel_flipping(predict, scene.images, scene.targets, maps=maps, steps=4, batch_size=1)

    for values in (found.value, found.inverse, found.gap):
        assert np.isnan(values).tolist() == [True, True, True, True, False]
    assert len(seen) == N + 1 + 2 * 3


def test_one_superpixel_has_no_order() -> None:
    scene = Scene()
    found = irof(**scene.calls(), maps=scene.maps, segments=np.zeros_like(scene.segments))

    assert np.isnan(found.value).all()


def test_more_steps_than_superpixels_is_every_superpixel() -> None:
    scene = Scene()
    every = irof(**scene.calls(), maps=scene.maps, segments=scene.segments)
    more = irof(**scene.calls(), maps=scene.maps, segments=scene.segments, steps=99)

    np.testing.assert_array_equal(more.value, every.value)


def test_values_keep_their_range_when_removal_helps() -> None:
    """The probability rises as pixels go: nothing is lost, which is 0 and not below."""
    predict = linear(torch.full((2, 2), -0.02))
    images, targets = torch.ones(1, 3, 2, 2), torch.tensor([0])

    found = pixel_flipping(
        predict, images, targets, maps=torch.rand(1, 2, 2), steps=4, baseline=0.0
    )

    assert found.value[0] == 0
    assert found.gap[0] == 0


def test_one_channel_and_maps_of_their_own_size() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 2), nn.Softmax(1))
    found = pixel_flipping(
        network, torch.rand(2, 1, 8, 8), torch.tensor([0, 1]), maps=torch.rand(2, 2, 2)
    )

    assert np.isfinite(found.gap).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": torch.zeros(3, dtype=torch.int64)}, "targets of shape"),
        ({"targets": torch.zeros(N)}, "float32"),
        ({"targets": torch.full((N,), 3)}, "not one of the 3 classes"),
        ({"images": torch.rand(N, 3, SIZE)}, "images of shape"),
        ({"maps": torch.rand(N, 2, 2, 2)}, "maps of shape"),
        ({"steps": 0}, "0 steps"),
        ({"mode": "sideways"}, "sideways"),
        ({"predict": lambda batch: batch.mean((1, 2, 3))}, "predictions of shape"),
    ],
)
def test_what_does_not_fit_is_a_clear_error(change: dict[str, object], message: str) -> None:
    scene = Scene()
    with pytest.raises(DeriGateError, match=message):
        pixel_flipping(**{**scene.calls(), "maps": scene.maps, **change})


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_devices_agree() -> None:
    scene = Scene()
    here = irof(**scene.calls(), maps=scene.maps, segments=scene.segments)
    there = irof(
        scene.network.cuda(),
        scene.images.cuda(),
        scene.targets.cuda(),
        maps=scene.maps.cuda(),
        segments=scene.segments,
    )

    np.testing.assert_allclose(there.value, here.value, rtol=0, atol=1e-3)
