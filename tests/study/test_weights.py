"""From tables of probe results to weights: hand-worked, published, and against SciPy."""

from __future__ import annotations

import itertools
import json
import string

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import f_oneway, linregress, spearmanr

from deri_gate.commands.impact import impact
from deri_gate.errors import DeriGateError, SettingError, UnmeasurableError
from deri_gate.networks.budget import CODE
from deri_gate.scoring.pool import PUBLISHED_WEIGHTS
from deri_gate.study.weights.agreement import agreeing, rank_agreement, rank_intervals, weighted
from deri_gate.study.weights.fitting import (
    Losses,
    bootstrapped,
    cross_validated,
    fitted,
    weights_of,
)
from deri_gate.study.weights.regression import regress
from deri_gate.study.weights.results import metric_of
from deri_gate.study.weights.robustness import robustness
from tests.sweeps import randomly, sampled

DAMAGE = {"imbalance": -0.2, "label_noise": -0.1, "noise_artifacts": -0.06,
          "noise_artifacts.jpeg": -0.02, "duplicates": 0.03, "sharpness": 0.01}  # fmt: skip


def row(dataset, architecture, group, level, accuracy, **more):
    return {
        "dataset": dataset,
        "fingerprint": f"of {dataset}",
        "preset": "small",
        "group": group,
        "level": level,
        "architecture": architecture,
        "seed": 42,
        "balanced_accuracy": accuracy,
        "accuracy": accuracy,
        "recalls": json.dumps({"a": accuracy, "b": accuracy}),
        "asked": 2000,
        "code": CODE,
        **more,
    }


@pytest.fixture
def rows():
    """Three datasets, two architectures, six damages of known cost, two scenarios."""
    made = []
    for d, a in itertools.product(("x", "y", "z"), ("linear", "resnet18")):
        base = 0.7 + 0.05 * "xyz".index(d) + 0.02 * (a == "linear")
        made.append(row(d, a, "baseline", "none", base))
        made.append(row(d, a, "scenario.dark", "only", base - 0.2))
        for group, cost in DAMAGE.items():
            shift = 0.004 * "xyz".index(d) * (group == "imbalance")
            made.append(row(d, a, group, "strong", base + cost + shift))
    return made


@pytest.fixture
def saved(tmp_path):
    numbers = itertools.count()

    def write(rows):
        path = tmp_path / f"results{next(numbers)}.parquet"
        pd.DataFrame(rows).to_parquet(path, index=False)
        return path

    return write


@pytest.fixture
def run(saved, tmp_path):
    def make(rows, **settings):
        return impact(saved(rows), out=tmp_path / "out", **{"resamples": 40, **settings})

    return make


def losses_of(delta, metrics=None):
    delta = np.array(delta, dtype=float)
    names = metrics or tuple(f"m{k}" for k in range(delta.shape[1]))
    return Losses(
        metrics=names, cells=tuple((f"d{i}", "a") for i in range(len(delta))), delta=delta
    )


class TestWeights:
    def test_published_losses_give_the_published_weights(self):
        """Three epochs: three losses and weights in print; all losses together were .671."""
        loss = {"imbalance": -0.2080, "separation": -0.1139, "label_noise": -0.0953}
        rest = -0.671 - sum(loss.values())
        delta = np.array([*loss.values(), rest, 0.0251])  # the last: diversity, which rose
        weights = weights_of((*loss, "others", "diversity"), delta, floor=0)

        np.testing.assert_allclose(weights[:3], [0.3098, 0.1697, 0.1420], atol=3e-4)
        np.testing.assert_allclose(weights[:3] * 0.671, [0.2080, 0.1139, 0.0953], atol=2e-4)
        assert weights[4] == 0
        assert weights.sum() == pytest.approx(1)

    def test_duplicates_have_a_floor(self):
        """Taken from the others in proportion: 3 to 1 stays 3 to 1."""
        names, delta = ("duplicates", "a", "b"), np.array([0.02, -0.3, -0.1])
        weights = weights_of(names, delta, floor=0.04)

        np.testing.assert_allclose(weights, [0.04, 0.72, 0.24])
        np.testing.assert_allclose(weights_of(names, delta, floor=0), [0, 0.75, 0.25])
        np.testing.assert_allclose(weights_of(names, -np.ones(3), floor=0.04), [1 / 3] * 3)

    @randomly(40)
    @given(st.lists(st.floats(-1, 1, width=32), min_size=2, max_size=8), st.floats(0.1, 10))
    def test_only_proportions_count(self, delta, scale):
        """All losses twice as large are the same weights; none is below 0; the sum is 1."""
        names = ("duplicates", *(f"m{k}" for k in range(len(delta) - 1)))
        weights = weights_of(names, np.array(delta))
        again = weights_of(names, np.array(delta) * scale)

        np.testing.assert_allclose(weights, again, atol=1e-6)
        if np.isfinite(weights).all():
            assert weights.min() >= 0
            assert weights.sum() == pytest.approx(1)
        else:
            assert min(delta) >= 0

    def test_nothing_costs_anything(self):
        with pytest.raises(DeriGateError, match="no damage lowers balanced accuracy"):
            fitted(losses_of([[0.1, 0.0], [0.2, 0.1]]))

    def test_a_cell_without_a_metric_is_left_out_of_its_mean(self):
        """Means -0.2 and -0.1, not -0.1 each."""
        found = fitted(losses_of([[-0.2, -0.1], [np.nan, -0.1]]))

        assert found == pytest.approx({"m0": 2 / 3, "m1": 1 / 3})


class TestSpread:
    def test_equal_cells_leave_no_doubt(self):
        """Whatever is drawn, the weights are the same."""
        losses = losses_of([[-0.3, -0.1]] * 6)
        for spreads in (bootstrapped(losses, seed=1), cross_validated(losses, seed=1)):
            assert spreads["m0"].mean == pytest.approx(0.75)
            assert spreads["m0"].std == pytest.approx(0, abs=1e-12)
            assert spreads["m0"].interval == pytest.approx((0.75, 0.75))

    def test_bootstrap_of_two_cells_worked_by_hand(self):
        """Both, one twice, or the other twice: weights 1/2, 1, 0 with chances 1/2, 1/4, 1/4."""
        spread = bootstrapped(losses_of([[-0.2, 0], [0, -0.2]]), resamples=4000, seed=3)["m0"]

        assert spread.mean == pytest.approx(0.5, abs=0.03)
        assert spread.std == pytest.approx(np.sqrt(1 / 8), abs=0.02)
        assert spread.interval == (0, 1)

    def test_leaving_one_of_three_out_worked_by_hand(self):
        """Fewer cells than folds: each is left out once. Of the rest, the sums."""
        spread = cross_validated(losses_of([[-0.1, -0.1], [-0.3, -0.1], [-0.3, -0.2]]), seed=3)[
            "m0"
        ]
        own = [
            6 / 9,
            4 / 7,
            4 / 6,
        ]  # without the first, second, third: (.6, .3), (.4, .3), (.4, .2)

        assert spread.mean == pytest.approx(np.mean(own))
        assert spread.std == pytest.approx(np.std(own))

    def test_one_cell_has_no_folds(self):
        assert cross_validated(losses_of([[-0.3, -0.1]]), seed=1) == {}

    def test_the_seed_decides(self):
        losses = losses_of(np.random.default_rng(0).normal(-0.1, 0.05, (8, 3)))

        assert bootstrapped(losses, seed=1) == bootstrapped(losses, seed=1)
        assert bootstrapped(losses, seed=1) != bootstrapped(losses, seed=2)


class TestRegression:
    def test_one_factor_is_an_analysis_of_variance(self):
        """SciPy's one-way ANOVA, groups of unequal size."""
        rng = np.random.default_rng(0)
        groups = {"a": rng.normal(0, 1, 7), "b": rng.normal(1, 1, 5), "c": rng.normal(0.5, 1, 9)}
        terms = {
            "factor": [name for name, own in groups.items() for _ in own],
            "dataset": ["x"] * 21,
        }
        found = regress(np.concatenate(list(groups.values())), terms)
        oracle = f_oneway(*groups.values())

        assert found.overall.f == pytest.approx(oracle.statistic)
        assert found.overall.p == pytest.approx(oracle.pvalue)
        assert found.overall.df == (2, 18)
        assert list(found.terms) == ["factor"]
        assert found.effects["factor"]["b"] == pytest.approx(
            groups["b"].mean() - groups["a"].mean()
        )

    def test_two_values_are_a_line(self):
        """The square of SciPy's correlation is the share explained, with the same p."""
        y = np.array([1.0, 1.2, 0.9, 2.0, 2.3, 1.9])
        found = regress(y, {"factor": ["a"] * 3 + ["b"] * 3})
        oracle = linregress([0, 0, 0, 1, 1, 1], y)

        assert found.r_squared == pytest.approx(oracle.rvalue**2)
        assert found.overall.p == pytest.approx(oracle.pvalue)

    def test_two_factors_worked_by_hand(self):
        """2 x 2, one each: sums of squares 16 and 4 by rows and columns, 1 left, one degree."""
        found = regress(
            np.array([1.0, 2.0, 4.0, 7.0]),
            {"dataset": ["x", "x", "y", "y"], "factor": ["a", "b", "a", "b"]},
        )

        assert found.terms["dataset"].f == pytest.approx(16)
        assert found.terms["factor"].f == pytest.approx(4)
        assert found.overall.f == pytest.approx(10)
        assert found.r_squared == pytest.approx(20 / 21)

    @pytest.mark.parametrize(
        "terms", [{"factor": ["a"] * 4}, {"factor": list("abcd")}, {"factor": list("aabb"), "dataset": list("xxyy")}]
    )  # fmt: skip
    def test_nothing_to_judge_by(self, terms):
        """No factor, no freedom left, or two names for one thing."""
        with pytest.raises(UnmeasurableError):
            regress(np.array([1.0, 2.0, 4.0, 7.0]), terms)


class TestRobustness:
    def test_worked_by_hand(self):
        """Within: variances 0.04 and 0.16; between: of 0.8 and 0.4."""
        found = robustness(np.array([[1.0, 0.6], [0.8, 0.0]]), np.array([0.8, 0.4]))

        assert found.sigma_i == pytest.approx(0.10)
        assert found.sigma_e == pytest.approx(0.04)
        assert found.score == pytest.approx(0.86)

    def test_steady_is_one_whatever_the_accuracy(self):
        assert robustness(np.full((3, 4), 0.2), np.full(3, 0.2)).score == 1

    def test_scenarios_and_classes_have_no_order(self):
        rng = np.random.default_rng(0)
        recalls, accuracy = rng.random((4, 3)), rng.random(4)
        order = [2, 0, 3, 1]

        assert robustness(recalls, accuracy).score == pytest.approx(
            robustness(recalls[order][:, ::-1], accuracy[order]).score
        )


class TestAgreement:
    def test_finds_the_metric_that_goes_with_accuracy(self):
        """One of three subscores orders the runs; SciPy says how well U then does."""
        rng = np.random.default_rng(0)
        subscores = rng.uniform(0, 100, (40, 3))
        accuracy = subscores[:, 1] / 100 + rng.normal(0, 0.02, 40)
        found = agreeing(subscores, accuracy, power=1, seed=1, rounds=20)

        assert found.weights.argmax() == 1
        assert found.weights[1] > 0.8
        assert found.weights.sum() == pytest.approx(1)
        assert found.weights.min() >= 0
        assert found.spearman == pytest.approx(spearmanr(subscores @ found.weights, accuracy)[0])
        assert found.equal == pytest.approx(spearmanr(subscores.mean(axis=1), accuracy)[0])
        assert found.spearman > found.equal

    def test_a_metric_not_measured_is_left_out_of_u(self):
        """NaN is no zero: the perfect order of the first metric stays perfect."""
        accuracy = np.linspace(0.1, 0.9, 12)
        subscores = np.stack([100 * accuracy, np.where(np.arange(12) % 2, np.nan, 50)], axis=1)

        assert agreeing(subscores, accuracy, power=1, seed=1, rounds=20).spearman == pytest.approx(
            1
        )

    def test_u_is_the_mean_over_what_was_measured(self):
        """Weights 1 and 3: (20 + 180) / 4; then the second alone; then nothing."""
        subscores = np.array([[20, 60], [np.nan, 60], [np.nan, np.nan]])

        np.testing.assert_allclose(weighted(subscores, np.array([1, 3]), 1), [50, 60, 0])

    def test_u_is_the_power_mean_of_the_pool(self):
        """Equal weights, power 1/2: ((2 + 8) / 2) ** 2 of 4 and 64; the geometric mean at 0."""
        subscores = np.array([[4.0, 64.0], [np.nan, 64.0], [np.nan, np.nan]])

        np.testing.assert_allclose(weighted(subscores, np.ones(2), 0.5), [25, 64, 0])
        np.testing.assert_allclose(weighted(subscores, np.ones(2), 0), [16, 64, 0])

    def test_within_and_between_are_told_apart(self):
        """U falls with accuracy in each dataset, while the easier dataset has the lower U."""
        u = np.array([9, 8, 7, 6, 5, 4, 3, 2, 1.0])
        accuracy = np.array([0.3, 0.2, 0.1, 0.6, 0.5, 0.4, 0.9, 0.8, 0.7])
        found = rank_agreement(u, accuracy, list("aaabbbccc"), [True, False, False] * 3)

        assert found.within == pytest.approx(1)
        assert found.between == pytest.approx(-1)
        assert found.overall == pytest.approx(spearmanr(u, accuracy)[0])

    def test_too_few_give_no_order(self):
        """Two variants of two datasets, and equal ones, say nothing."""
        found = rank_agreement(np.ones(4), np.arange(4.0), list("aabb"), [True, False] * 2)

        assert (found.overall, found.within, found.between) == (None, None, None)

    @pytest.mark.parametrize(("sets", "known"), [(3, False), (4, False), (5, True), (8, True)])
    def test_the_order_of_few_sets_has_no_interval(self, sets, known):
        """Three sets in the right order are so in each resample: +1.00 to +1.00 was for sure."""
        u = np.arange(sets * 3.0)
        names = [name for name in string.ascii_letters[:sets] for _ in range(3)]

        found = rank_intervals(u, u, names, [True, False, False] * sets, resamples=50, seed=1)

        assert (found["between"] is not None) == known
        assert found["within"] == (1, 1)

    def test_nothing_to_order(self):
        with pytest.raises(UnmeasurableError):
            agreeing(np.ones((5, 2)), np.arange(5.0), power=1, seed=1)
        with pytest.raises(UnmeasurableError):
            agreeing(np.arange(10.0).reshape(5, 2), np.ones(5), power=1, seed=1)


class TestImpact:
    def test_suffixes_count_to_their_metric(self, run):
        """Noise and JPEG are one metric, -0.04 in the mean; both are told apart beside it."""
        assert metric_of("noise_artifacts.jpeg") == "noise_artifacts"
        found = run(rows_with(), floor=0).groups["noise_artifacts"]

        assert found.delta_balanced_accuracy == pytest.approx(-0.04)
        assert found.by_kind == pytest.approx(
            {"noise_artifacts": -0.06, "noise_artifacts.jpeg": -0.02}
        )
        assert found.runs == 12

    def test_the_file_of_the_contract(self, rows, run, tmp_path):
        """Its keys, plain numbers, weights that sum to 1, heaviest first."""
        run(rows)
        found = json.loads((tmp_path / "out" / "impact.json").read_text("utf-8"))
        groups = found["groups"]
        keys = {"delta_balanced_accuracy", "weight", "std", "interval", "published_weight"}

        assert (found["schema_version"], found["preset"]) == (1, "small")
        assert list(groups) == [
            "imbalance",
            "label_noise",
            "noise_artifacts",
            "duplicates",
            "sharpness",
        ]
        assert all(keys <= set(group) for group in groups.values())
        assert sum(group["weight"] for group in groups.values()) == pytest.approx(1)
        assert groups["duplicates"]["weight"] == 0.0414
        assert groups["imbalance"]["published_weight"] == PUBLISHED_WEIGHTS["imbalance"]
        low, high = groups["imbalance"]["interval"]
        assert low <= groups["imbalance"]["weight"] <= high
        assert found["runs"] == 36
        assert found["regression"]["terms"]["factor"]["p"] < 0.001
        assert found["regression"]["effects"]["factor"]["label_noise"] == pytest.approx(-0.1)
        assert found["robustness"]["linear"]["score"] == pytest.approx(0.99)
        assert "no table of subscores" in found["agreement"]["reason"]

    def test_order_and_number_of_files_do_not_matter(self, rows, saved, tmp_path):
        """One table, or three in any order: the same bytes."""
        parts = [saved([r for r in rows if r["dataset"] == d]) for d in "zxy"]
        impact(parts, out=tmp_path / "a", resamples=20)
        impact(saved(rows[::-1]), out=tmp_path / "b", resamples=20)

        assert (tmp_path / "a" / "impact.json").read_bytes() == (
            tmp_path / "b" / "impact.json"
        ).read_bytes()

    def test_rows_without_an_answer_are_counted_not_used(self, rows, run):
        """A run that had no memory, a variant that could not be made."""
        before = run(rows)
        more = [
            row("x", "vgg16", "baseline", "none", None),
            row("x", "vgg16", "imbalance", "strong", 0.1),
            row("x", "linear", "diversity.groups", "strong", None),
        ]
        after = run([*rows, *more])

        assert after.without_answer == 2
        assert {k: g.weight for k, g in after.groups.items()} == {
            k: g.weight for k, g in before.groups.items()
        }

    def test_with_subscores_there_is_a_second_way(self, rows, run, tmp_path):
        """Joined by dataset, group and level; the baseline included, scenarios not."""
        table = pd.DataFrame(rows)[["dataset", "group", "level"]].drop_duplicates()
        table = table[~table["group"].str.startswith("scenario.")]
        rng = np.random.default_rng(0)
        cost = table["group"].map({**DAMAGE, "baseline": 0.0}).to_numpy()
        table = table.assign(imbalance=50 + 200 * cost, exposure=rng.uniform(0, 100, len(table)))
        table.to_csv(tmp_path / "subscores.csv", index=False)
        found = run(rows, subscores=tmp_path / "subscores.csv").agreement

        ranks = found.spearman

        assert found.variants == 21
        assert found.weights["imbalance"] > found.weights["exposure"]
        assert list(ranks) == ["published", "impact", "equal", "agreement"]
        assert ranks["agreement"].overall >= ranks["equal"].overall
        assert ranks["impact"].within == pytest.approx(1)  # exposure was not tried: weight 0

    def test_the_power_of_the_mean_decides_how_u_agrees(self, rows, run, tmp_path):
        """One subscore pays for the other in the arithmetic mean, and does not at power 1/2."""
        table = pd.DataFrame(rows)[["dataset", "group", "level"]].drop_duplicates()
        table = table[~table["group"].str.startswith("scenario.")]
        cost = -table["group"].map({**DAMAGE, "baseline": 0.0}).to_numpy()
        table = table.assign(
            imbalance=50 - 49 * cost / cost.max(), label_noise=50 + 49.01 * cost / cost.max()
        )
        table.to_csv(tmp_path / "subscores.csv", index=False)
        within = {
            power: run(rows, subscores=tmp_path / "subscores.csv", power=power)
            .agreement.spearman["equal"]
            .within
            for power in (1.0, 0.5)
        }

        assert within[1.0] < -0.9
        assert within[0.5] > 0.5  # two damages raise accuracy, and no mean likes extremes

    def test_explanations_measured_on_few_variants_are_left_out(self, rows, run, tmp_path):
        """U with and without them would be two things; a gap in another metric is bridged."""
        table = pd.DataFrame(rows)[["dataset", "group", "level"]].drop_duplicates()
        cost = table["group"].map({**DAMAGE, "baseline": 0.0})
        plain = table["group"] == "baseline"
        table = table.assign(imbalance=50 + 200 * cost, xai_overlay=np.where(plain, 1.0, np.nan))
        table.loc[table["group"] == "sharpness", "imbalance"] = np.nan
        table.to_parquet(tmp_path / "subscores.parquet", index=False)

        assert list(run(rows, subscores=tmp_path / "subscores.parquet").agreement.weights) == [
            "imbalance"
        ]

    @pytest.mark.parametrize("spoil", sampled(["twice", "no columns", "no table"]))
    def test_bad_subscores(self, rows, run, tmp_path, spoil):
        """What, where, what to do; and no file."""
        table = pd.DataFrame({"dataset": ["x", "x"], "group": "baseline", "level": "none"})
        table = table.assign(imbalance=1.0)
        path = tmp_path / "subscores.parquet"
        (table if spoil == "twice" else table[["dataset"]]).to_parquet(path, index=False)
        if spoil == "no table":
            path.write_text("hello")
        with pytest.raises(
            SettingError, match=r"occurs twice|is not a table of subscores"
        ) as caught:
            run(rows, subscores=path)

        assert "deri-gate sensitivity" in caught.value.fix
        assert not (tmp_path / "out" / "impact.json").exists()

    def test_the_table_says_the_same_as_the_document(self, rows, run, tmp_path):
        """A row a metric, in its order."""
        found = run(rows)
        table = pd.read_csv(tmp_path / "out" / "impact.csv")

        assert list(table["metric"]) == list(found.groups)
        own = [group.weight for group in found.groups.values()]
        assert list(table["weight"]) == pytest.approx(own, abs=1e-4)
        assert (table["low"] <= table["high"]).all()

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (lambda rows: [{**r, "code": "training-0"} for r in rows], "made by other code"),
            (lambda rows: [*rows, {**rows[0], "fingerprint": "another", "seed": 1}], "two datasets are called 'x'"),
            (lambda rows: [{**r, "preset": r["dataset"]} for r in rows], "several presets"),
            (lambda rows: [*rows, rows[-1]], "occurs twice"),
            (lambda rows: [r for r in rows if r["group"] != "baseline"], "has no baseline with linear"),
            (lambda rows: rows[:8], "6 damaged runs with a result are too few"),
            (lambda _rows: [{"dataset": "x"}], "lacks fingerprint"),
        ],
    )  # fmt: skip
    def test_bad_tables(self, rows, run, spoil, said, tmp_path):
        """What, where, what to do; and no file."""
        with pytest.raises(SettingError, match=said) as caught:
            run(spoil(rows))
        assert caught.value.where
        assert caught.value.fix
        assert not (tmp_path / "out" / "impact.json").exists()

    def test_not_a_table(self, tmp_path):
        (tmp_path / "text.parquet").write_text("hello")
        reasons = {"none": "cannot be read", "text": "is not a table of results"}
        for name, reason in reasons.items():
            with pytest.raises(SettingError, match=reason):
                impact(tmp_path / f"{name}.parquet", out=tmp_path / "out")


def rows_with():
    """As the fixture, for one architecture."""
    made = []
    for d in "abcdef":
        made.append(row(d, "linear", "baseline", "none", 0.7))
        made += [row(d, "linear", group, "strong", 0.7 + cost) for group, cost in DAMAGE.items()]
    return made


def test_what_differs_by_rounding_alone_is_tied() -> None:
    """Half of the variants have one U, summed in two orders: SciPy agrees once they are equal."""
    u = np.array([0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1, 0.7, 0.9])
    accuracy = np.array([0.9, 0.2, 0.5, 0.6])
    ranks = rank_agreement(u, accuracy, ["a"] * 4, [True] * 4)

    assert u[0] != u[1]
    expected = spearmanr([0.6, 0.6, 0.7, 0.9], accuracy).statistic
    assert ranks.overall == pytest.approx(expected, abs=1e-12)
