"""Promises every metric keeps, in its default definition and in the paper's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deri_gate.damage.catalogue import VARIANTS
from deri_gate.explain.probe import GRID
from deri_gate.features.scan import scan
from deri_gate.measuring.measure import _answer
from deri_gate.metrics import catalogue
from deri_gate.metrics.base import Metric
from deri_gate.metrics.catalogue import METRICS
from deri_gate.metrics.profile import PAPER, STANDARD
from deri_gate.metrics.records import Explanations, PaperExplanations

EVERY = {m.name: m for m in METRICS} | {f"paper {m.name}": m.paper for m in METRICS if m.paper}
IN_THE_PAPERS_WORDS: set[str] = set()

MEANS = {EVERY["diversity"]}  # a mean over images, though not of values of images


@pytest.fixture(params=EVERY.values(), ids=EVERY.keys())
def metric(request) -> Metric:
    return request.param


def test_every_file_is_listed():
    """A metric written but not listed would be silently left out."""
    files = Path(catalogue.__file__).parent.glob("[!_]*.py")
    files = {p.stem for p in files if "\nMETRIC = " in p.read_text("utf-8")}

    assert files == {m.name for m in METRICS}


def test_names_are_unique_and_weights_are_shares():
    """Each is a key of reports and pools; a weight is a share of the published score."""
    assert len({m.name for m in METRICS}) == len(METRICS)
    assert all(0 <= m.published_weight < 1 for m in METRICS)


def test_the_paper_has_its_own_words_where_they_differ():
    """And none where ours are the paper's."""
    published = [m for m in METRICS if m.published_weight]

    assert {m.name for m in published if m.paper is None} == IN_THE_PAPERS_WORDS


@pytest.fixture
def pictures(random_pictures):
    """Thirty that differ in size and colour, and three copies."""
    own = random_pictures(20) + [p[:, :17, 0].copy() for p in random_pictures(10, seed=1)]
    return own + own[:3]


@pytest.fixture
def labels():
    return [0, 0, 1, 2] * 8 + [1]


@pytest.fixture
def answer(dataset_of, evidence_of, tiny_encoder):
    """A metric's answer on pictures and labels, from evidence in a store of its own."""

    def figures(evidence):
        """Explanations drawn from each image's content, for two thirds of the images."""
        keys = [int(key[:8], 16) for key in evidence.images.keys]
        chosen = np.array([i for i, key in enumerate(keys) if key % 3], dtype=np.int64)
        drawn = np.array([np.random.default_rng(keys[i]).random(7) for i in chosen]).T
        known = {
            "images": len(keys),
            "positions": chosen,
            "degenerate": np.zeros(len(chosen), dtype=bool),
        }
        grids = np.ones((len(chosen), GRID, GRID))
        targets = np.array([evidence.dataset.labels[i][0] for i in chosen])
        ours = Explanations(
            **known, targets=targets, on_edges=drawn[0], steadiness=drawn[1],
            heat=grids,
        )  # fmt: skip
        names = ("irof", "irof_gap", "pixel_flipping", "pixel_flipping_gap", "overlay")
        paper = PaperExplanations(**known, **dict(zip(names, drawn[2:], strict=True)))
        return {"explanations": ours, "paper_explanations": paper}

    def make(metric, pictures, labels, profile, **settings):
        dataset = dataset_of(pictures, labels, **settings)
        evidence = evidence_of(dataset, profile=profile, encoder=tiny_encoder())
        if metric.of_image is not None:
            return _answer(metric, evidence)
        vars(evidence).update(figures(evidence))
        return metric.compute(**{name: getattr(evidence, name) for name in metric.needs})

    return make


@pytest.fixture
def profile(metric):
    """The profile in whose definitions the metric is."""
    return STANDARD if metric in METRICS else PAPER


def value(answer, count):
    return float(answer.statistic(np.ones((1, count)))[0])


class TestEveryMetric:
    def test_its_name_is_its_file_and_function(self, metric):
        """One name for one thing."""
        function = metric.of_image or metric.compute
        module = f"deri_gate.metrics.{metric.name}"

        assert function.__module__ == module
        assert function.__name__ in {metric.name, f"paper_{metric.name}"}

    def test_its_record_is_complete(self, metric):
        """A person can read it, and the program can hold it to what it says."""
        assert metric.title
        assert metric.source
        assert metric.advice.endswith(".")
        assert metric.better in {"higher", "lower"}
        assert metric.low < metric.high
        assert metric.spread_floor > 0
        assert metric.version >= 1
        assert metric.scale == "linear" or metric.smallest > 0

    def test_its_damage_is_one_of_the_variants(self, metric):
        """Something is there to show that it sees what it should."""
        assert metric.hurt_by in {v.hurts for v in VARIANTS}

    @pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
    def test_its_docstring_says_what_comes_out(self, metric):
        """In our definition: meaning first, then range and direction."""
        text = (metric.of_image or metric.compute).__doc__

        assert "Returns:" in text
        assert f"{metric.better.capitalize()} is better" in text

    def test_its_value_is_in_its_range(self, metric, profile, answer, pictures, labels):
        """And is a number."""
        found = answer(metric, pictures, labels, profile)

        assert metric.low <= value(found, len(labels)) <= metric.high

    def test_its_resamples_are_in_its_range(self, metric, profile, answer, pictures, labels):
        """Bootstrap counts give values of the same kind, one for each row of weights."""
        count = len(labels)
        weights = np.random.default_rng(0).multinomial(count, [1 / count] * count, 50)
        found = answer(metric, pictures, labels, profile).statistic(weights.astype(np.float32))

        assert found.shape == (50,)
        assert ((metric.low <= found) & (found <= metric.high)).all()

    @pytest.mark.parametrize(
        "metric",
        [m for m in EVERY.values() if m.name not in {"diversity", "separation"} or m in MEANS],
    )
    def test_scaling_the_weights_changes_nothing_that_is_a_mean(
        self, metric, profile, answer, pictures, labels
    ):
        """Half-weights are as good as whole ones; pairs, which leave copies out, are no mean."""
        found = answer(metric, pictures, labels, profile)
        half = found.statistic(np.full((1, len(labels)), 0.5))[0]

        assert half == pytest.approx(value(found, len(labels)), abs=1e-9)

    def test_what_it_says_of_images_has_their_shape(
        self, metric, profile, answer, pictures, labels
    ):
        """A value an image, and suspects that are images, each once."""
        found = answer(metric, pictures, labels, profile)

        assert found.per_image is None or found.per_image.shape == (len(labels),)
        assert len(set(found.suspects.tolist())) == len(found.suspects)
        assert set(found.suspects.tolist()) <= set(range(len(labels)))

    def test_the_order_of_images_does_not_matter(self, metric, profile, answer, pictures, labels):
        """The same images in another order have the same value, and each its own."""
        order = np.random.default_rng(1).permutation(len(labels))
        one = answer(metric, pictures, labels, profile)
        other = answer(metric, [pictures[i] for i in order], [labels[i] for i in order], profile)

        assert value(other, len(labels)) == pytest.approx(value(one, len(labels)), abs=1e-9)
        if one.per_image is not None and metric.name != "label_noise":  # whose folds are drawn
            np.testing.assert_allclose(other.per_image, one.per_image[order], atol=1e-9)

    def test_the_names_of_classes_do_not_matter(self, metric, profile, answer, pictures, labels):
        """Neither what they are called nor in which order they come."""
        renamed = [2 - k for k in labels]
        one = answer(metric, pictures, labels, profile, classes=["a", "b", "c"])
        other = answer(metric, pictures, renamed, profile, classes=["z", "y", "x"])

        assert value(other, len(labels)) == pytest.approx(value(one, len(labels)), abs=1e-9)

    def test_its_answer_does_not_write_to_its_evidence(
        self, metric, profile, answer, pictures, labels
    ):
        """Asked twice it says the same."""
        found = answer(metric, pictures, labels, profile)

        assert value(found, len(labels)) == value(found, len(labels))

    def test_several_labels_an_image_are_measured(self, metric, profile, answer, pictures):
        """An image belongs to each of its classes; none of it crashes."""
        labels = [(0,), (0, 1), (1, 2), (2,), (3,)] * 6 + [(0,)] * 3
        found = answer(metric, pictures, labels, profile)

        assert metric.low <= value(found, len(labels)) <= metric.high


def test_the_pixel_metrics_are_those_the_pass_measures(dataset_of, random_pictures, evidence_of):
    """Each has a column in the table, and no other has."""
    evidence = evidence_of(dataset_of(random_pictures(3), [0, 1, 0]))
    found = scan(
        evidence.whole,
        context=evidence.context,
        encoder=None,
        keep=frozenset(),
    )

    assert set(found.table.values) == {m.name for m in METRICS if m.of_image is not None}


@pytest.mark.parametrize("given", [{}, {"of_image": len, "compute": len}])
def test_a_record_has_exactly_one_way_to_be_measured(given):
    """Pixels or evidence, not both and not neither."""
    with pytest.raises(ValueError, match="exactly one"):
        Metric(name="x", title="", better="higher", low=0, high=1, unit="", spread_floor=1,
               hurt_by="", advice="", source="", **given)  # fmt: skip
