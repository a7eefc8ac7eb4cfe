"""The learning curve of the probe, on features whose classes are known."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse

from deri_gate.features import learning_curve
from deri_gate.features.learning_curve import (
    balanced_error,
    class_recalls,
    out_of_fold_hits,
    points_from_bytes,
    points_to_bytes,
    subset_points,
)
from deri_gate.features.linear_probe import fitted_head


def members(labels) -> scipy.sparse.csr_array:
    labels = np.asarray(labels)
    place = np.arange(len(labels)), labels
    shape = (len(labels), labels.max() + 1)
    return scipy.sparse.csr_array((np.ones(len(labels), dtype=np.float32), place), shape=shape)


def clouds(count, *, apart, seed=0, length=24):
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    centres = apart * rng.standard_normal((3, length))
    return (centres[labels] + rng.standard_normal((count, length))).astype(np.float32), labels


def points_of(features, labels, groups=None):
    known = {"multilabel": False, "groups": groups, "seed": 42}
    return subset_points(features, members(labels), **known)


def test_the_error_falls_with_the_images() -> None:
    """Three overlapping clouds: the smallest probes err most, each on images it has not seen."""
    points = points_of(*clouds(480, apart=0.35))

    assert [point.images for point in points] == [30, 60, 120, 240]
    assert points[0].error > points[1].error > points[3].error
    assert all(0 < point.deviation < 0.1 for point in points)


def test_the_same_images_give_the_same_points() -> None:
    """Bit by bit; the bytes that are kept give them back."""
    points = points_of(*clouds(96, apart=1.0))

    assert points == points_of(*clouds(96, apart=1.0))
    assert points_from_bytes(points_to_bytes(points)) == points


@pytest.mark.parametrize("raw", [b"", b"nonsense", points_to_bytes(())[:-1]])
def test_damaged_bytes_are_refused(raw) -> None:
    """Not read as a shorter curve."""
    with pytest.raises((ValueError, EOFError)):
        points_from_bytes(raw)


def test_a_patient_is_never_seen_and_tested(monkeypatch) -> None:
    """Images of one group stay on one side of every fit."""
    features, labels = clouds(240, apart=1.0)
    groups = tuple(f"patient {i // 4}" for i in range(240))
    seen_rows = []

    def spy(part, membership, *, multilabel):
        seen_rows.append({row.tobytes() for row in part})
        return fitted_head(part, membership, multilabel=multilabel)

    monkeypatch.setattr(learning_curve, "fitted_head", spy)
    points_of(features, labels, groups)

    assert seen_rows
    for seen in seen_rows:
        inside = {
            group for row, group in zip(features, groups, strict=True) if row.tobytes() in seen
        }
        outside = {g for row, g in zip(features, groups, strict=True) if row.tobytes() not in seen}
        assert not inside & outside


def test_tiny_sets_have_no_points() -> None:
    """Eight images cannot be parted in sixteen, and three images teach nothing."""
    assert points_of(*clouds(8, apart=1.0)) == ()


def seen_rows_of(monkeypatch, features, labels):
    """Points, and what each probe was fitted on: positions, told by the first feature."""
    seen = list[np.ndarray]()

    def spy(part, membership, *, multilabel):
        seen.append(part[:, 0].astype(int))
        return fitted_head(part, membership, multilabel=multilabel)

    monkeypatch.setattr(learning_curve, "fitted_head", spy)
    return points_of(features, labels), seen


def test_of_many_images_few_are_learnt_from(monkeypatch) -> None:
    """At most 320 of 2,000 make the parts; all others are tested, so that the error is sure."""
    features, labels = clouds(2000, apart=0.35)
    features[:, 0] = np.arange(2000)
    monkeypatch.setattr(learning_curve, "MOST_IMAGES", 320)
    points, seen = seen_rows_of(monkeypatch, features, labels)

    assert [point.images for point in points] == [20, 40, 80, 160]
    assert points[0].error > points[3].error
    assert len({*np.concatenate(seen)}) == 320


def test_a_class_of_few_images_has_its_share_in_each_part(monkeypatch) -> None:
    """Sixty classes of 20 images in 38 parts: a half of the sixteen has four of each."""
    labels = np.arange(1200) % 60
    features = np.random.default_rng(0).standard_normal((1200, 8)).astype(np.float32)
    features[:, 0] = np.arange(1200)
    monkeypatch.setattr(learning_curve, "MOST_SCORES", 505 * 60)
    points, seen = seen_rows_of(monkeypatch, features, labels)
    held = np.array([np.bincount(labels[rows], minlength=60) for rows in seen[-2:]])

    assert [point.images for point in points] == pytest.approx([126, 252], abs=2)
    assert (held.min(), held.max()) == (4, 5)


def test_a_rare_class_counts_as_much_as_a_common_one() -> None:
    """Nine of ten right in one class, none of one in the other: 0.55, worked by hand."""
    labels = np.array([0] * 10 + [1])
    hits = np.array([True] * 9 + [False, False])

    assert balanced_error(hits, members(labels))[0] == pytest.approx((0.1 + 1.0) / 2)
    assert class_recalls(hits, members(labels))[0] == pytest.approx([0.9, 0.0])


def test_probabilities_are_weighed_by_the_size_of_the_class() -> None:
    """A tenth of belief in a class of a hundredth is more than nine tenths in all the rest."""
    labels = np.array([0] * 99 + [1])
    said = np.full((100, 2), [0.9, 0.1])
    hits = out_of_fold_hits(said, members(labels), multilabel=False)

    assert hits.tolist() == [False] * 99 + [True]
    assert out_of_fold_hits(said, members(labels), multilabel=True).tolist() == [True] * 99 + [
        False
    ]
