"""A probe that guesses has no vote; all runs lie beside the weights that follow from them."""

from __future__ import annotations

import gzip
import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deri_gate.commands.impact import impact
from deri_gate.errors import SettingError
from deri_gate.networks.budget import CODE
from deri_gate.networks.columns import COLUMNS
from deri_gate.study.weights.fitting import Losses, delta_intervals, resampled_cells
from deri_gate.study.weights.learnt import unlearnt_probes, voting
from deri_gate.study.weights.results import read_results
from deri_gate.study.weights.selection import ranked_candidates

STANDARD = Path(__file__).parents[2] / "reference_pool" / "standard"
DAMAGE = ("imbalance", "label_noise", "sharpness", "exposure")


def row(dataset, group, hits, asked, *, architecture="linear", **more):
    """A run of which so many of each class were told right."""
    recalls = {str(k): h / n for k, (h, n) in enumerate(zip(hits, asked, strict=True))}
    balanced = float(np.mean(list(recalls.values())))
    return {
        "dataset": dataset, "fingerprint": f"of {dataset}", "preset": "small", "group": group,
        "level": "none" if group == "baseline" else "strong", "architecture": architecture,
        "seed": 42, "balanced_accuracy": balanced, "accuracy": sum(hits) / sum(asked),
        "auc": balanced, "recalls": json.dumps(recalls), "asked": sum(asked), "code": CODE, **more,
    }  # fmt: skip


def runs(dataset, base, damaged, asked=(100, 60), **more):
    """An undamaged run and one a damage."""
    rows = [row(dataset, "baseline", base, asked, **more)]
    return rows + [row(dataset, group, damaged, asked, **more) for group in DAMAGE]


class TestLearnt:
    def test_a_guess_has_no_vote(self) -> None:
        """Half of each of two classes; and all said to be of one."""
        table = pd.DataFrame(
            runs("half", (50, 31), (47, 29)) + runs("one", (100, 0), (99, 1)) + runs("good", (95, 55), (60, 31))
        )  # fmt: skip
        found = unlearnt_probes(table)

        assert [one.dataset for one in found] == ["half", "one"]
        assert all(one.chance == 0.5 for one in found)
        assert set(voting(table, found)["dataset"]) == {"good"}

    def test_one_network_of_a_dataset_may_have_learnt_nothing(self) -> None:
        table = pd.DataFrame(
            runs("a", (50, 31), (47, 29), architecture="resnet18") + runs("a", (90, 50), (60, 31))
        )
        found = unlearnt_probes(table)

        assert [(one.dataset, one.architecture) for one in found] == [("a", "resnet18")]
        assert set(voting(table, found)["architecture"]) == {"linear"}

    def test_few_images_prove_little(self) -> None:
        """Three of four in either class is .75, and yet no proof; thirty of forty is one."""
        small = unlearnt_probes(pd.DataFrame(runs("a", (3, 3), (2, 1), (4, 4))))
        large = unlearnt_probes(pd.DataFrame(runs("a", (30, 30), (20, 11), (40, 40))))

        assert len(small) == 1
        assert large == ()

    def test_the_limit_is_that_of_simulated_guesses(self) -> None:
        """Of 2,000 guesses at three unequal classes, about one in twenty passes for learnt."""
        rng = np.random.default_rng(5)
        asked = np.array([150, 40, 25])
        hits = [rng.binomial(asked, share) for share in rng.dirichlet([4, 4, 4], 2000)]
        table = pd.DataFrame(
            [row("g", "baseline", h, asked, seed=i) for i, h in enumerate(hits)]
        ).assign(architecture="linear")
        share = 1 - len(unlearnt_probes(table)) / len(hits)

        assert 0.02 < share < 0.09

    def test_nobody_passes_with_several_labels_at_a_half(self) -> None:
        """Balanced accuracy is not the mean recall there; the guess has a half, however many."""
        rows = runs("m", (60, 45), (55, 40))
        for one in rows:
            one["balanced_accuracy"] = 0.51

        assert [one.chance for one in unlearnt_probes(pd.DataFrame(rows))] == [0.5]
        for one in rows:
            one["balanced_accuracy"] = 0.9
        assert unlearnt_probes(pd.DataFrame(rows)) == ()

    def test_counts_come_of_the_recalls(self) -> None:
        """17 of 21 and 54 of 57 are shares of 21 and 57 alone, up to 78 images."""
        from deri_gate.study.weights.learnt import _class_counts

        table = pd.DataFrame(
            [row("a", "baseline", (17, 54), (21, 57)), row("a", "x", (1, 2), (21, 57))]
        )

        assert _class_counts(table) == {"0": 21, "1": 57}

    def test_a_candidate_whose_probes_guess_comes_last(self) -> None:
        """A balanced accuracy near the median is no merit of a guess."""
        table = pd.DataFrame(
            runs("a", (52, 31), (50, 30)) + runs("b", (95, 55), (60, 30)) + runs("c", (70, 45), (60, 30))
            + runs("d", (90, 50), (60, 30))
        )  # fmt: skip
        found = ranked_candidates(table, "abcd", select=3)

        assert [one.name for one in found][-1] == "a"
        assert found[-1].distance is None

    def test_weights_do_not_hear_a_guess(self, tmp_path) -> None:
        """Its runs may say anything: weights stay, and it is named."""
        good = [r for d in "abc" for r in runs(d, (95, 55), (60 + ord(d) % 3, 31))]
        good = [{**r, "balanced_accuracy": r["balanced_accuracy"] - 0.02 * DAMAGE.index(r["group"])}
                if r["group"] != "baseline" else r for r in good]  # fmt: skip
        guess = runs("z", (50, 31), (10, 5))

        def weighed(rows, name):
            pd.DataFrame(rows).to_parquet(tmp_path / f"{name}.parquet")
            return impact(tmp_path / f"{name}.parquet", out=tmp_path / name, resamples=20)

        without, beside = weighed(good, "without"), weighed(good + guess, "beside")

        assert {k: g.weight for k, g in beside.groups.items()} == {
            k: g.weight for k, g in without.groups.items()
        }
        assert [one.dataset for one in beside.unlearnt] == ["z"]
        assert without.unlearnt == ()

    def test_only_guesses_are_an_error_that_says_so(self, tmp_path) -> None:
        rows = [r for d in "abc" for r in runs(d, (50, 31), (40, 20))]
        pd.DataFrame(rows).to_parquet(tmp_path / "r.parquet")

        with pytest.raises(SettingError, match="3 probes learnt nothing and had no vote"):
            impact(tmp_path / "r.parquet", out=tmp_path / "out")


class TestIntervals:
    def test_cells_of_a_dataset_are_drawn_together(self) -> None:
        """Two datasets of two networks: each draw has both networks of a dataset or neither."""
        cells = tuple(itertools.product("ab", ("linear", "resnet18")))
        losses = Losses(metrics=("m",), cells=cells, delta=np.zeros((4, 1)))

        for rows in resampled_cells(losses, resamples=50, seed=1):
            counts = np.bincount(rows, minlength=4)
            assert counts[0] == counts[1]
            assert counts[2] == counts[3]

    def test_an_interval_of_means_worked_by_hand(self) -> None:
        """Two datasets, -.2 and 0: means -.2, -.1 and 0, the ends among 400 draws."""
        cells = (("a", "linear"), ("b", "linear"))
        losses = Losses(metrics=("m",), cells=cells, delta=np.array([[-0.2], [0.0]]))

        assert delta_intervals(losses, seed=1)["m"] == (-0.2, 0.0)

    def test_a_single_run_has_no_interval(self) -> None:
        """One of no width would be a lie."""
        losses = Losses(metrics=("m",), cells=(("a", "linear"),), delta=np.array([[-0.2]]))

        assert delta_intervals(losses, seed=1) == {}


class TestRuns:
    @pytest.mark.sweep
    def test_impact_is_worked_out_again_from_the_shipped_runs(self, tmp_path) -> None:
        """What a stranger does with the committed table: the same bytes."""
        impact(
            STANDARD / "runs.csv.gz", out=tmp_path, subscores=STANDARD / "subscores.parquet",
        )  # fmt: skip

        for name in ("impact.json", "impact.csv", "runs.csv.gz"):
            assert (tmp_path / name).read_bytes() == (STANDARD / name).read_bytes(), name

    def test_the_shipped_table_is_small_and_plain(self) -> None:
        """Read by the csv module of Python alone; every dataset of the pool is in it."""
        import csv

        content = (STANDARD / "runs.csv.gz").read_bytes()
        rows = list(csv.DictReader(gzip.decompress(content).decode().splitlines()))
        members = {m["name"] for m in json.loads((STANDARD / "pool.json").read_text())["datasets"]}

        assert len(content) < 100_000
        assert {one["dataset"] for one in rows} == members
        assert len(rows) > 700

    def test_types_survive(self, tmp_path) -> None:
        """Names that would be formulas, missing numbers, the last digit."""
        made = runs("=cmd", (95, 55), (60, 31)) + runs('b,\n"c"', (94, 55), (60, 31))
        made += runs("c", (94, 51), (61, 31))
        made[1] |= {"auc": None, "reason": "no class"}
        pd.DataFrame(made).to_parquet(tmp_path / "r.parquet")
        impact(tmp_path / "r.parquet", out=tmp_path / "out", resamples=5)
        before = read_results([tmp_path / "r.parquet"])
        after = read_results([tmp_path / "out" / "runs.csv.gz"])

        for name in set(before.columns) & set(COLUMNS) - {"reason"}:
            assert [None if pd.isna(v) else v for v in before[name]] == [
                None if pd.isna(v) else v for v in after[name]
            ], name

    @pytest.mark.parametrize(
        "content",
        [
            b"no gzip",
            gzip.compress(b"a,b\n1\n"),
            gzip.compress(b"\xff\xfe"),
            gzip.compress(b"dataset,seed\nx,one\n"),
            gzip.compress(b"a,a\n1,2\n"),
            gzip.compress(b""),
            gzip.compress(b"dataset\nx\n")[:-6],
        ],
        ids=["plain", "one-column", "no-text", "no-number", "twice", "empty", "cut"],
    )
    def test_a_damaged_table_is_one_sentence(self, tmp_path, content) -> None:
        (tmp_path / "runs.csv.gz").write_bytes(content)

        with pytest.raises(SettingError, match=r"is not a table of results|lacks"):
            impact(tmp_path / "runs.csv.gz", out=tmp_path / "out")

    def test_a_bomb_is_refused(self, tmp_path, monkeypatch) -> None:
        """A small file of which much would come is not unpacked to its end."""
        from deri_gate.study.weights import results

        monkeypatch.setattr(results, "LARGEST", 10_000)
        (tmp_path / "runs.csv.gz").write_bytes(gzip.compress(b"x" * 1_000_000))

        with pytest.raises(SettingError, match="holds more than 10,000 bytes"):
            impact(tmp_path / "runs.csv.gz", out=tmp_path / "out")
