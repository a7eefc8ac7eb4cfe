"""Damage to one picture, against other libraries and closed forms."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from skimage import exposure
from skimage.metrics import peak_signal_noise_ratio

from deri_gate.damage import LEVELS, VARIANTS, damage, scenes

GREY, RGB = (28, 28), (28, 30, 3)
PIXELS = {
    "sharpness": damage.blur,
    "noise_artifacts": damage.noise,
    "noise_artifacts.jpeg": damage.jpeg,
    "exposure": damage.gamma,
    "exposure.bright": damage.gamma,
    "resolution": damage.pixelate,
    "xai_overlay": damage.burnt_heat_map,
    "xai_overlay.marker": damage.burnt_marker,
    "xai_stability": damage.micro,
}


def rng(seed=0):
    return np.random.default_rng(seed)


def grey_rgb(picture):
    return picture if picture.ndim == 3 else np.stack([picture] * 3, axis=2)


def test_blur_is_scipys_gaussian(picture):
    """Interior pixels agree with another implementation within OpenCV's fixed-point rounding."""
    for sigma in (0.6, 1.0, 1.8):
        image = picture(1, GREY)
        oracle = ndimage.gaussian_filter(image.astype(float), sigma, mode="mirror", truncate=4)

        assert np.abs(damage.blur(image, sigma, rng()) - oracle).max() <= 2


def test_blur_grows_with_the_root_of_the_size(picture):
    """At 4 x 28 px sigma is twice as long."""
    image = picture(1, (112, 140))
    oracle = ndimage.gaussian_filter(image.astype(float), 2.0, mode="mirror")

    assert np.abs(damage.blur(image, 1.0, rng()) - oracle).max() <= 2


@pytest.mark.parametrize("shape", [GREY, RGB])
def test_jpeg_is_pillows(picture, shape):
    """The same quality means the same to another binding of the codec."""
    image = picture(2, shape)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=20)
    oracle = np.asarray(Image.open(file)).astype(int)

    assert np.abs(damage.jpeg(image, 80, rng()) - oracle).max() <= 3


@pytest.mark.parametrize("power", [2.5, 0.4])
def test_gamma_is_scikit_images(picture, power):
    """Another library's gamma differs by rounding alone."""
    image = picture(3, RGB)
    oracle = exposure.adjust_gamma(image, power).astype(int)

    assert np.abs(damage.gamma(image, power, rng()) - oracle).max() <= 1


@pytest.mark.parametrize(("side", "sigma"), [(28, 12), (448, 24)])
def test_noise_has_the_sigma_it_promises(side, sigma):
    """On mid-grey nothing is cut off; 16 times the size doubles sigma."""
    flat = np.full((side, 448), 128, np.uint8)
    residual = damage.noise(flat, 12, rng()).astype(float) - 128

    assert residual.std() == pytest.approx(sigma, rel=0.03)
    assert abs(residual.mean()) < 0.5


def test_pixelating_leaves_no_fine_detail(picture):
    """Above the new Nyquist frequency next to nothing of the power is left."""
    image = picture(4, (112, 112))
    factor = 2.2 * 4**0.25

    def fine(p):
        power = np.abs(np.fft.fft2(p - p.mean())) ** 2
        f = np.abs(np.fft.fftfreq(112))
        return power[(f > 0.75 / factor)][:, f > 0.75 / factor].sum()

    assert fine(damage.pixelate(image, 2.2, rng())) < 0.02 * fine(image)


def test_heat_map_is_in_colour_and_leaves_the_rest(picture):
    """What lies outside of the map is the picture, to the pixel."""
    image = picture(5, GREY)
    made = damage.burnt_heat_map(image, 0.7, rng())
    same = (made == image[..., None]).all(axis=2)

    assert made.shape == (28, 28, 3)
    assert 0.2 < same.mean() < 0.95
    assert np.ptp(made[~same].astype(int), axis=1).max() > 100


@pytest.mark.parametrize("shape", [(4, 9), GREY, RGB, (300, 200, 3)])
def test_marker_stays_at_the_lower_edge(picture, shape):
    """Plate and ruler lie where they should; the upper two thirds are the picture."""
    image = picture(6, shape)
    made = damage.burnt_marker(image, 0.22, rng(1))
    upper = shape[0] // 2 if shape[0] < 28 else shape[0] * 2 // 3

    assert (made[: min(upper, shape[0] - 3)] == image[: min(upper, shape[0] - 3)]).all()
    assert made[-1].max() == 255
    assert made[-1].min() == 0


def test_marker_does_not_depend_on_chance(picture):
    """A shortcut has to look the same in every image."""
    image = picture(6, GREY)

    assert (
        damage.burnt_marker(image, 0.2, rng(1)) == damage.burnt_marker(image, 0.2, rng(2))
    ).all()


def test_micro_perturbation_is_small_but_everywhere():
    """On a flat picture, where a shift shows nothing: signs, light and noise within bounds."""
    flat = np.full((224, 224, 3), 128, np.uint8)
    change = damage.micro(flat, 4, rng()).astype(float) - 128

    assert np.abs(change).max() <= 4 + 4 + 4 / 3 * 6
    assert np.sqrt(((change - change.mean()) ** 2).mean()) == pytest.approx(
        4 * np.sqrt(10) / 3, rel=0.05
    )
    assert abs(change.mean()) <= 4.5


def test_micro_perturbation_moves_by_one_pixel():
    """With next to no strength all that is left is the shift."""
    image = np.zeros((9, 9), np.uint8)
    image[4, 4] = 200
    places = {
        tuple(map(int, np.argwhere(damage.micro(image, 0, rng(s)) == 200)[0] - 4))
        for s in range(40)
    }

    assert places == {(1, 0), (0, 1), (1, 1), (1, -1), (-1, 0), (0, -1), (-1, -1), (-1, 1)}


def test_near_copy_is_the_same_picture_to_a_person(picture):
    """Saved again or 5 % smaller; both happen."""
    image = picture(7, (100, 80, 3))
    copies = [damage.near_copy(image, 0.2, rng(s)) for s in range(10)]

    assert {c.shape for c in copies} == {(100, 80, 3), (95, 76, 3)}
    for copy in copies:
        back = np.asarray(Image.fromarray(copy).resize((80, 100), Image.Resampling.BILINEAR))
        assert peak_signal_noise_ratio(image, back) > 24


def test_mix_is_the_weighted_mean(picture):
    """Closed form, rounded."""
    a, b = picture(8, GREY), picture(9, GREY)

    assert (damage.mix(a, 0.25, rng(), b) == np.rint(0.75 * a.astype(np.float32) + 0.25 * b)).all()


def test_mix_fits_size_and_colour(picture):
    """The first picture's size; colour if either has any."""
    made = damage.mix(picture(8, (20, 31)), 0.5, rng(), picture(9, (50, 17, 3)))

    assert made.shape == (20, 31, 3)


@pytest.mark.parametrize("shape", [GREY, RGB, (400, 512)])
@pytest.mark.parametrize("group", PIXELS)
def test_each_level_is_stronger_and_can_be_seen(picture, group, shape):
    """PSNR falls from level to level; even mild is not lost in rounding, at any size."""
    image = picture(10, shape)
    levels = [v for v in VARIANTS if v.group == group]
    made = [PIXELS[group](image, v.strength, rng(3)) for v in levels]
    psnr = [peak_signal_noise_ratio(grey_rgb(image), grey_rgb(m)) for m in made]

    assert tuple(v.level for v in levels) == LEVELS
    assert 42 > psnr[0] > psnr[1] > psnr[2] > 3
    assert all(m.dtype == np.uint8 and m.shape[:2] == shape[:2] for m in made)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (2, 3, 3), (8, 8)])
@pytest.mark.parametrize("group", PIXELS)
def test_tiny_pictures_come_through(picture, group, shape):
    """Nothing crashes and nothing writes to its input."""
    image = picture(11, shape)
    image.flags.writeable = False

    assert (
        PIXELS[group](image, 1.0 if group == "xai_overlay" else 0.3, rng()).shape[:2] == shape[:2]
    )
    assert damage.near_copy(image, 0.1, rng(0)).size


def test_a_mask_may_be_of_0_and_1_or_another_size():
    """Both kinds of mask say the same; a lossy one is cut in the middle."""
    picture = np.zeros((20, 20), np.uint8)
    small = np.zeros((10, 10), np.uint8)
    small[2:4, 2:4] = 1
    lossy = small * 250
    lossy[0, 0] = 20
    expected = np.zeros((20, 20), bool)
    expected[4:8, 4:8] = True

    assert (scenes.foreground(small, picture) == expected).all()
    assert (scenes.foreground(np.stack([lossy] * 3, axis=2), picture) == expected).all()


MASK = np.pad(np.full((8, 8), 255, np.uint8), 10)
INSIDE = MASK > 0


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 3)])
def test_scenes_touch_their_side_of_the_mask(picture, shape):
    """Object or background stays to the pixel."""
    image = picture(12, shape)
    other = picture(13, (40, 30))

    background = scenes.blurred_background(image, 1.8, rng(), MASK)
    thing = scenes.blurred_object(image, 1.0, rng(), MASK)
    cut = scenes.segmented(image, 1.0, rng(), MASK)
    moved = scenes.random_background(image, 1.0, rng(), MASK, other, MASK)
    seen_through = scenes.transparent(image, 0.4, rng(), MASK)

    assert (background[INSIDE] == image[INSIDE]).all()
    assert (thing[~INSIDE] == image[~INSIDE]).all()
    assert (cut[INSIDE] == image[INSIDE]).all()
    assert not cut[~INSIDE].any()
    assert (grey_rgb(moved)[INSIDE] == grey_rgb(image)[INSIDE]).all()
    assert (seen_through[~INSIDE] == image[~INSIDE]).all()
    for made in (background, thing, moved, seen_through):
        assert (grey_rgb(made) != grey_rgb(image)).any()


def test_an_object_is_filled_from_around_it():
    """A black object on a flat ground is gone without a trace; a mask of everything is black."""
    image = np.where(INSIDE, 0, 90).astype(np.uint8)

    assert (scenes.without_object(image, INSIDE) == 90).all()
    assert not scenes.without_object(image, np.ones((28, 28), bool)).any()


def test_colours():
    """Worked by hand on one pixel."""
    orange = np.array([[[200, 100, 0]]], np.uint8)

    assert scenes.grey_scene(orange, 1, rng()).tolist() == [
        [[119, 119, 119]]
    ]  # .299 * 200 + .587 * 100
    assert scenes.single_channel(orange, scenes.GREEN, rng()).tolist() == [[[0, 100, 0]]]
    assert scenes.brightness(orange, 1.8, rng()).tolist() == [[[255, 180, 0]]]
    assert scenes.rainbow(orange, 0.5, rng()).tolist() == [[[228, 50, 0]]]  # half pure red


def test_rainbow_holds_all_hues():
    """Red, green and blue lead somewhere along the width."""
    made = scenes.rainbow(np.full((4, 90), 128, np.uint8), 0.4, rng())

    assert set(made[0].argmax(axis=1)) == {0, 1, 2}
