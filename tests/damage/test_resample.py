"""Changes of the sample and of labels, against counts worked by hand."""

import numpy as np
import pytest

from deri_gate.damage import LEVELS, degrade
from deri_gate.data.dataset import NO_LABEL
from deri_gate.errors import UnmeasurableError


def counts(dataset):
    return list(dataset.class_counts().values())


def simpson(dataset):
    p = np.array(counts(dataset)) / sum(counts(dataset))
    return 1 - p @ p


def tail(n):
    """Labels with these class sizes."""
    return [k for k, size in enumerate(n) for _ in range(size)]


@pytest.mark.parametrize(("level", "extra"), [("mild", 2), ("medium", 8), ("strong", 20)])
def test_duplicates_are_exact(build, keys, level, extra):
    """5, 20 and 50 % of 40 images; a copy has its original's key, labels and group, and follows it."""
    base = build([0, 1] * 20, groups=[f"g{i}" for i in range(40)])
    made = degrade(base, "duplicates", level, seed=1)
    key = keys(made)
    copies = [name for name in made.ids if name.endswith("#2")]

    assert len(copies) == extra
    assert len(made) == 40 + extra
    assert made.source is base.source
    assert list(made.ids) == sorted(made.ids)
    for name in copies:
        here, there = made.ids.index(name), made.ids.index(name.removesuffix("#2"))
        assert key[name] == key[made.ids[there]]
        assert made.labels[here] == made.labels[there]
        assert made.groups[here] == made.groups[there]


def test_copies_of_copies_get_a_free_number(build):
    """Degrading what was degraded keeps ids unique."""
    made = build([0, 1] * 10)
    for seed in range(4):
        made = degrade(made, "duplicates", "strong", seed=seed)

    assert len(set(made.ids)) == len(made) == 102  # 20, 30, 45, 68 (67.5), 102
    assert any(name.endswith("#3") or "#2#2" in name for name in made.ids)


def test_near_duplicates_leave_originals_alone(build, keys, pixels):
    """Only the copies are new pictures, and all of them are."""
    base = build([0, 1] * 20, shape=(60, 50, 3))
    made = degrade(base, "duplicates.near", "medium", seed=1)
    before, after, shown = keys(base), keys(made), pixels(made)
    copies = set(after) - set(before)

    assert len(copies) == 8
    assert {name: after[name] for name in before} == before
    assert not {after[name] for name in copies} & set(before.values())
    assert {shown[name].shape for name in copies} <= {(60, 50, 3), (57, 48, 3)}


@pytest.mark.parametrize(
    ("level", "expected"),
    [("mild", [100, 71, 50]), ("medium", [100, 45, 20]), ("strong", [100, 22, 5])],
)
def test_cut_classes_by_hand(build, level, expected):
    """1, f^(1/2), f of 100 each, rounded."""
    assert counts(degrade(build(tail([100, 100, 100])), "imbalance", level, seed=3)) == expected


@pytest.mark.parametrize("sizes", [[30, 30], [12, 50], [3, 40, 12, 12, 5], [90, 1, 1, 9]])
def test_imbalance_falls_with_every_level(build, sizes):
    """Also with two classes, or classes of one image, which stay."""
    base = build(tail(sizes))
    made = [degrade(base, "imbalance", level, seed=3) for level in LEVELS]
    value = [simpson(d) for d in (base, *made)]

    assert value == sorted(set(value), reverse=True)
    assert all(min(counts(d)) >= 1 for d in made)
    assert all(max(counts(d)) == max(sizes) for d in made)


def test_stronger_cuts_hold_the_weaker(build):
    """What mild leaves out, medium leaves out too."""
    base = build(tail([20, 20, 20]))
    kept = [set(degrade(base, "imbalance", level, seed=3).ids) for level in LEVELS]

    assert kept[2] < kept[1] < kept[0]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([20, 40], [[14, 40], [8, 40], [2, 40]]),  # 30, 60, 90 % of the rarer one
        ([10, 30, 20], [[4, 30, 20], [0, 30, 16], [0, 30, 4]]),  # .6, 1.2, 1.8 classes
        ([10] * 11, [[10] * 8 + [0] * 3, [10] * 5 + [0] * 6, [10] * 2 + [0] * 9]),  # 3, 6, 9
    ],
)
def test_dropped_classes_by_hand(build, sizes, expected):
    """The rarest go first; of classes equally common the last; at least two stay."""
    base = build(tail(sizes))
    made = [degrade(base, "diversity", level, seed=3) for level in LEVELS]

    assert [counts(d) for d in made] == expected
    assert all(d.classes == base.classes for d in made)


@pytest.mark.parametrize(("level", "left"), [("mild", 10), ("medium", 5), ("strong", 2)])
def test_dropped_groups(build, level, left):
    """50, 75 and 90 % of 20 patients go, with all their images."""
    base = build([0, 1] * 30, groups=[f"p{i // 3}" for i in range(60)])
    made = degrade(base, "diversity.groups", level, seed=3)

    assert len(set(made.groups)) == left
    assert len(made) == 3 * left


@pytest.mark.parametrize(("level", "flips"), [("mild", 4), ("medium", 8), ("strong", 16)])
def test_flipped_labels(build, keys, level, flips):
    """10, 20 and 40 % of 40, each to another class; no image changes."""
    base = build([0, 1, 2, 3] * 10)
    made = degrade(base, "label_noise", level, seed=3)
    changed = [i for i in range(40) if made.labels[i] != base.labels[i]]

    assert len(changed) == flips
    assert all(len(own) == 1 for own in made.labels)
    assert made.ids == base.ids
    assert keys(made) == keys(base)


def test_flips_go_to_all_other_classes_alike(build):
    """Within four standard deviations of a third each."""
    base = build(
        [0] * 900 + [1] * 100 + [2] * 100 + [3] * 100, pictures=[np.zeros((2, 2), np.uint8)] * 1200
    )
    made = degrade(base, "label_noise", "strong", seed=3)
    new = [made.labels[i][0] for i in range(900) if made.labels[i] != (0,)]
    share = np.bincount(new, minlength=4)[1:] / len(new)

    assert np.abs(share - 1 / 3).max() < 4 * np.sqrt(2 / 9 / len(new))


MULTI = [(0,), (1, 2), (0, 2), (3,), (1,), (2,), (0, 1), (3,)] * 5
NAMES = ("a", "b", "c", NO_LABEL)


def test_multi_label_flips_are_replaced(build):
    """The new set shares no class with the old one where there is such a set, and occurs elsewhere."""
    base = build(MULTI, names=NAMES)
    made = degrade(base, "label_noise", "strong", seed=3)
    pairs = [(a, b) for a, b in zip(base.labels, made.labels, strict=True) if a != b]

    assert len(pairs) == 16
    assert all(not set(a) & set(b) and b in MULTI for a, b in pairs)


def test_multi_label_flips_without_a_disjoint_set(build):
    """Where all sets overlap, the new one differs at least."""
    base = build([(0, 1), (0, 2)] * 10)
    made = degrade(base, "label_noise", "medium", seed=3)

    assert sum(a != b for a, b in zip(base.labels, made.labels, strict=True)) == 4


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "group",
    ["duplicates", "duplicates.near", "diversity", "imbalance", "separation", "xai_overlay.marker"],
)
def test_multi_label_sets_come_through(build, group, level):
    """Something changes, and some images stay."""
    made = degrade(build(MULTI, names=NAMES), group, level, seed=3)

    assert 0 < len(made) != 40 or (made.rows >= 40).any()


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        ("imbalance", "one class"),
        ("diversity", "one class"),
        ("diversity.groups", "no groups"),
        ("label_noise", "same labels"),
        ("separation", "different classes"),
        ("xai_overlay.marker", "no class sets"),
    ],
)
def test_one_class_gives_a_reason(build, group, reason):
    """These need two classes, or groups."""
    with pytest.raises(UnmeasurableError, match=reason):
        degrade(build([0] * 6), group, "strong", seed=3)


@pytest.mark.parametrize("group", ["imbalance", "diversity"])
def test_classes_of_one_image_cannot_be_cut(build, group):
    """One image each: nothing can go at the mild level, and that is said."""
    with pytest.raises(UnmeasurableError, match="none can be taken"):
        degrade(build([0, 0, 1]), group, "mild", seed=3)


def test_one_group_gives_a_reason(build):
    with pytest.raises(UnmeasurableError, match="one group"):
        degrade(build([0, 1], groups=["a", "a"]), "diversity.groups", "mild", seed=3)


def test_classes_that_always_come_together_cannot_be_dropped(build):
    """Dropping the rarer one would leave no image."""
    with pytest.raises(UnmeasurableError, match="overlap"):
        degrade(build([(0, 1, 2)] * 4), "diversity", "strong", seed=3)


@pytest.mark.parametrize("group", ["duplicates", "label_noise", "imbalance", "diversity"])
def test_changes_of_sample_and_labels_reuse_every_key(build, keys, group):
    """Nothing that is cached by content is computed again."""
    base = build([0, 1, 2] * 10)
    made = degrade(base, group, "strong", seed=3)

    assert set(keys(made).values()) <= set(keys(base).values())
