"""What every variant promises."""

import pickle

import numpy as np
import pytest

from deri_gate.damage import LEVELS, ONLY, SCENARIOS, VARIANTS, degrade
from deri_gate.errors import DatasetError, SettingError, UnmeasurableError
from tests.sweeps import sampled

METRICS = {
    "sharpness", "noise_artifacts", "exposure", "resolution", "duplicates", "diversity",
    "separation", "imbalance", "label_noise", "xai_overlay", "xai_stability",
}  # fmt: skip
GROUPS = list(dict.fromkeys(v.group for v in VARIANTS))
PIXEL_GROUPS = list(dict.fromkeys(v.group for v in VARIANTS if v.kind == "pixels"))
SPLITS = ["train"] * 24 + ["val"] * 6 + ["test"] * 6


@pytest.fixture
def base(build):
    """Three classes, twelve patients, masks, three splits, in colour."""
    labels, groups = [0, 1, 2] * 12, [f"p{i % 12}" for i in range(36)]
    return build(labels, splits=SPLITS, groups=groups, masked=True, shape=(28, 30, 3))


def test_every_metric_has_a_damage_at_three_levels():
    """No metric without proof; all records of a group agree on what it hurts."""
    assert {v.hurts for v in VARIANTS} == METRICS
    assert len(VARIANTS) == len({(v.group, v.level) for v in VARIANTS}) == 3 * len(GROUPS)
    for group in GROUPS:
        assert tuple(v.level for v in VARIANTS if v.group == group) == LEVELS
    assert {v.level for v in SCENARIOS} == {ONLY}


EVERY = (*VARIANTS, *SCENARIOS)
STRONG = [place for place, v in enumerate(EVERY) if v.level in {"strong", ONLY}]


@pytest.mark.parametrize("variant", sampled(EVERY, *STRONG), ids=lambda v: f"{v.group}-{v.level}")
class TestEveryVariant:
    def test_only_training_images_change(self, base, keys, variant):
        """Validation and test keep ids, labels, keys and order."""
        made = degrade(base, variant.group, variant.level, seed=1)
        for split in ("val", "test"):
            before, after = base.split(split), made.split(split)

            assert after.ids == before.ids
            assert after.labels == before.labels
            assert keys(after) == keys(before)

    def test_something_changes_from_a_seed(self, base, keys, variant):
        """The same seed gives the same variant, and it is never the base."""
        made, again = (degrade(base, variant.group, variant.level, seed=1) for _ in range(2))

        assert (made.ids, made.labels, keys(made)) == (again.ids, again.labels, keys(again))
        assert (made.ids, made.labels, keys(made)) != (base.ids, base.labels, keys(base))
        assert base.ids == tuple(f"{s}/{i:04d}.png" for i, s in enumerate(SPLITS))

    def test_the_order_of_images_does_not_matter(self, base, keys, pixels, variant):
        """The same images in another order give the same variant, pixel for pixel."""
        straight = degrade(base, variant.group, variant.level, seed=1)
        order = np.random.default_rng(0).permutation(len(base))
        mixed = degrade(base.select(order), variant.group, variant.level, seed=1)
        a, b = pixels(straight), pixels(mixed)

        assert keys(straight) == keys(mixed)
        assert dict(zip(straight.ids, straight.labels, strict=True)) == dict(
            zip(mixed.ids, mixed.labels, strict=True)
        )
        assert all((a[name] == b[name]).all() for name in a)

    def test_workers_can_read_it(self, base, keys, variant):
        """A variant travels between processes."""
        made = degrade(base, variant.group, variant.level, seed=1)

        assert keys(pickle.loads(pickle.dumps(made))) == keys(made)


@pytest.mark.parametrize("group", ["noise_artifacts", "xai_stability", "xai_overlay", "separation", "label_noise",
                                   "duplicates", "imbalance", "diversity.groups"])  # fmt: skip
def test_another_seed_is_another_variant(base, pixels, group):
    def content(seed):
        made = degrade(base, group, "medium", seed=seed)
        return made.labels, {name: p.tobytes() for name, p in pixels(made).items()}

    assert content(1) != content(2)


def test_equal_contents_are_damaged_alike(build, keys):
    """An exact duplicate stays one; different images get different noise."""
    twin = np.full((28, 28), 128, np.uint8)
    base = build([0, 1, 0], pictures=[twin, twin, twin + 1])
    made = degrade(base, "noise_artifacts", "medium", seed=1)
    a, b, c = (made.source.load(int(row)) for row in made.rows)

    assert a.key == b.key != c.key
    assert (a.decode() == b.decode()).all()
    assert (a.decode() + 1 != c.decode()).mean() > 0.8


def test_a_stronger_level_uses_the_same_noise(build):
    """Levels differ in strength, not in luck."""
    base = build([0], pictures=[np.full((28, 28), 128, np.uint8)])
    mild, strong = (
        degrade(base, "noise_artifacts", level, seed=1).source.load(1).decode().astype(float) - 128
        for level in ("mild", "strong")
    )

    assert np.corrcoef(mild.ravel(), strong.ravel())[0, 1] > 0.99


@pytest.mark.parametrize(
    ("share", "n"), [(0.1, 2), (0.5, 12), (1.0, 24), (0.0001, 1), (0.0625, 2), (0.0624, 1)]
)  # 1.5 rounds up
@pytest.mark.parametrize("group", ["sharpness", "separation", "xai_stability"])
def test_share_is_exact(base, group, share, n):
    """Rounded half up, at least one, of the training images alone."""
    made = degrade(base, group, "strong", seed=1, share=share)

    assert (made.rows != base.rows).sum() == n


def test_share_of_labels_and_of_the_marked_class(base):
    """40 % of half of 24 labels; half of the 8 images of the first of equal classes."""
    flipped = degrade(base, "label_noise", "strong", seed=1, share=0.5)
    marked = degrade(base, "xai_overlay.marker", "mild", seed=1, share=0.5)

    assert sum(a != b for a, b in zip(flipped.labels, base.labels, strict=True)) == 5
    assert [base.labels[i] for i in np.flatnonzero(marked.rows != base.rows)] == [(0,)] * 4


def test_a_larger_share_holds_the_smaller(base):
    few, many = (
        set(np.flatnonzero(degrade(base, "sharpness", "mild", seed=1, share=s).rows != base.rows))
        for s in (0.2, 0.6)
    )

    assert few < many


def test_mix_up_takes_a_training_partner_of_another_class(base):
    """Second inputs are training images, none of the image's own class."""
    made = degrade(base, "separation", "strong", seed=1)
    first, second = made.source.inputs.T

    assert (second < 24).all()
    assert all(base.labels[a] != base.labels[b] for a, b in zip(first, second, strict=True))


def test_a_random_background_is_another_image(base):
    """Never the image's own, and from the training split."""
    made = degrade(base, "scenario.random_background", ONLY, seed=1)
    own, mask, other, other_mask = made.source.inputs.T

    assert (own != other).all()
    assert (other < 24).all()
    assert (mask == own + 36).all()
    assert (other_mask == other + 36).all()


def test_masks_stay_where_they_were(base):
    made = degrade(base, "sharpness", "mild", seed=1)

    assert made.source.load(int(made.masks[3])).decode().max() == 255


def test_variants_of_variants(base, pixels):
    """Blur on noise is both."""
    noisy = degrade(base, "noise_artifacts", "strong", seed=1)
    both = degrade(noisy, "sharpness", "medium", seed=1)
    name = base.ids[0]

    assert pixels(both)[name].std() < pixels(noisy)[name].std()
    assert not (
        pixels(both)[name] == pixels(degrade(base, "sharpness", "medium", seed=1))[name]
    ).all()


def test_grey_pictures_have_no_colour_to_lose(build):
    """A variant identical to its base is refused."""
    for name in ("grey", "red"):
        with pytest.raises(UnmeasurableError, match="changes nothing"):
            degrade(build([0, 1]), f"scenario.{name}", ONLY, seed=1)


def test_black_pictures_cannot_be_blurred(build):
    base = build([0, 1], pictures=[np.zeros((28, 28), np.uint8), np.ones((28, 28), np.uint8)])

    with pytest.raises(UnmeasurableError, match="changes nothing"):
        degrade(base, "sharpness", "strong", seed=1)


def test_one_changed_picture_is_enough(build, picture):
    """Broken and blank ones before it do not matter; a broken one stays broken."""
    blank = np.zeros((28, 28), np.uint8)
    base = build([0, 1, 0, 1], pictures=[None, blank, blank, picture(0, (28, 28))])
    made = degrade(base, "sharpness", "strong", seed=1)

    with pytest.raises(Exception, match="is broken"):
        made.source.load(int(made.rows[0])).decode()


@pytest.mark.parametrize("name", ["segmented", "random_background", "blurred_object"])
def test_scenes_need_masks(build, name):
    with pytest.raises(UnmeasurableError, match="no masks"):
        degrade(build([0, 1]), f"scenario.{name}", ONLY, seed=1)


def test_a_background_needs_a_second_mask(build):
    with pytest.raises(UnmeasurableError, match="only one"):
        degrade(build([0], masked=True), "scenario.random_background", ONLY, seed=1)


@pytest.mark.parametrize("group", [g for g in PIXEL_GROUPS if g != "xai_overlay.marker"])
def test_one_image_can_be_damaged(build, group):
    """With one class, one image; a marker alone has to set classes apart."""
    assert degrade(build([0]), group, "strong", seed=1).rows.tolist() == [1]


def test_no_training_split(base):
    with pytest.raises(DatasetError, match="no training images"):
        degrade(base.split("val"), "sharpness", "mild", seed=1)


@pytest.mark.parametrize("share", [0, -0.1, 1.1, float("nan")])
def test_a_share_is_a_share(base, share):
    with pytest.raises(SettingError, match="share is"):
        degrade(base, "sharpness", "mild", seed=1, share=share)


def test_misspelt_names_are_errors(base):
    with pytest.raises(SettingError, match="Did you mean 'sharpness'"):
        degrade(base, "sharpnes", "mild", seed=1)
    with pytest.raises(SettingError, match="There are"):
        degrade(base, "xyz", "mild", seed=1)
    with pytest.raises(SettingError, match="It has mild, medium, strong"):
        degrade(base, "sharpness", "weak", seed=1)
