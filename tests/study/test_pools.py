"""`deri-gate pool show` and `pool diff`: true of the pools, and safe to look at."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import deri_gate
from deri_gate.cli.main import main
from deri_gate.errors import DeriGateError, PoolError
from deri_gate.metrics.profile import STANDARD as STANDARD_PROFILE
from deri_gate.scoring.pool import read_pool

ROOT = Path(__file__).parents[2]
STANDARD = ROOT / "reference_pool" / "standard"
HOSTILE = '<script>alert(1)</script>=cmd|"x"\x1b[31m::error::[x](javascript:y)@all'


@pytest.fixture
def pool(tmp_path):
    """A copy of the shipped pool, with or without the study beside it; changed as text."""

    def make(name: str = "mine", *, study: bool = False, change=None) -> Path:
        folder = tmp_path / name
        if study:
            shutil.copytree(STANDARD, folder)
        folder.mkdir(exist_ok=True)
        document = json.loads((STANDARD / "pool.json").read_text("utf-8"))
        if change is not None:
            change(document)
        (folder / "pool.json").write_text(json.dumps(document), encoding="utf-8")
        return folder

    return make


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["pool", *words])
    return done.exit_code, done.output


class TestShow:
    def test_all_that_is_asked_is_there(self, tmp_path) -> None:
        """Members, licences, fingerprints, spreads, subscores, influence, weights, damage."""
        report = deri_gate.pool_show("standard", out=tmp_path)
        pool = read_pool(STANDARD / "pool.json")

        assert [one.fingerprint for one in report.datasets] == [
            m.fingerprint for m in pool.datasets
        ]
        assert {one.name: one.licence for one in report.datasets}["breastmnist"] == "CC BY 4.0"
        assert report.used == "equal"
        assert set(report.weights) == {"equal", "published", "fitted", "monotone"}
        assert all(sum(own.values()) == pytest.approx(1) for own in report.weights.values())
        assert set(pool.weights) <= set(report.metrics)
        assert len(report.damage) >= 15
        assert report.fitted["diversity"].interval is not None
        assert len(report.selection) == 10
        assert report.beside == (
            "impact.json",
            "sensitivity.json",
            "detection.json",
            "selection.csv",
        )

    def test_what_is_written_is_what_is_returned(self, tmp_path) -> None:
        """Twice the same bytes."""
        report = deri_gate.pool_show("standard", out=tmp_path / "a")
        deri_gate.pool_show("standard", out=tmp_path / "b")

        for name in ("pool-report.json", "pool-report.html"):
            assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
        written = json.loads((tmp_path / "a" / "pool-report.json").read_text("utf-8"))
        assert written == json.loads(report.model_dump_json())

    def test_terminal_and_page_name_every_dataset_and_warning(self, tmp_path) -> None:
        _, said = run("show", "standard", "--out", str(tmp_path))
        page = (tmp_path / "pool-report.html").read_text("utf-8")

        for one in read_pool(STANDARD / "pool.json").datasets:
            assert one.name in said
            assert one.name in page
            assert one.fingerprint[:16] in page
        decides = [one for one in deri_gate.pool_show("standard").datasets if one.decides]
        assert decides
        for one in decides:
            assert f"{one.name} has much influence: without it" in said
            assert f"{one.name} has much influence: without it" in page

    def test_a_pool_alone_is_shown_without_a_study(self, pool) -> None:
        """Nothing is claimed of what does not lie beside it."""
        report = deri_gate.pool_show(str(pool()))

        assert report.beside == ()
        assert report.damage == report.fitted == report.spearman_within == {}
        assert report.false_alarms is None
        assert run("show", str(pool()))[0] == 0

    def test_a_study_of_another_pool_is_told(self, pool) -> None:
        """A changed pool.json beside an old sensitivity.json is no proof of it."""

        def change(document) -> None:
            document["datasets"][0]["metrics"]["imbalance"] = 0.5

        report = deri_gate.pool_show(str(pool(study=True, change=change)))

        assert any("sensitivity.json was measured against another" in w for w in report.warnings)

    @pytest.mark.parametrize(("explained", "told"), [(16, False), (17, True)])
    def test_a_study_that_explains_fewer_images_is_of_the_same_profile(
        self, pool, explained: int, told: bool
    ) -> None:
        """`init --pool` asks for 16; no warning follows, unless the profile is another one."""
        folder = pool(study=True)
        path = folder / "sensitivity.json"
        document = json.loads(path.read_text("utf-8"))
        document["budget"]["explained"] = explained
        document["profile"]["hash"] = dataclasses.replace(STANDARD_PROFILE, explained=16).hash
        path.write_text(json.dumps(document), encoding="utf-8")

        warnings = deri_gate.pool_show(str(folder)).warnings

        assert any(w.startswith("sensitivity.json was measured with") for w in warnings) == told

    def test_the_same_images_twice_are_refused(self, pool) -> None:
        def change(document) -> None:
            document["datasets"].append(document["datasets"][0] | {"name": "twin"})

        with pytest.raises(PoolError, match="'bccd_cells_28' and 'twin' hold the same images"):
            deri_gate.pool_show(str(pool(change=change)))

    def test_who_was_left_out_is_told_with_the_reason(self, pool, tmp_path) -> None:
        def change(document) -> None:
            document["left_out"] = {"one": "all its images are of one class, 'a'"}

        folder = str(pool(change=change))
        report = deri_gate.pool_show(folder, out=tmp_path / "out")
        page = (tmp_path / "out" / "pool-report.html").read_text("utf-8")

        assert dict(report.left_out) == {"one": "all its images are of one class, 'a'"}
        assert "all its images are of one class" in page
        assert re.search(
            "^one +all its images are of one class", run("show", folder)[1], re.MULTILINE
        )

    def test_a_blank_licence_is_told(self, pool) -> None:
        def change(document) -> None:
            document["datasets"][0]["licence"] = "  "

        report = deri_gate.pool_show(str(pool(change=change)))

        assert "bccd_cells_28 has no licence." in report.warnings

    def test_three_datasets_say_that_none_can_be_left_out(self, pool) -> None:
        def change(document) -> None:
            document["datasets"] = document["datasets"][:3]

        report = deri_gate.pool_show(str(pool(change=change)))

        assert "3 datasets are too few to leave one out." in report.warnings
        assert all(one.without_itself is None for one in report.datasets)

    def test_weights_without_a_name_are_called_own(self, pool) -> None:
        def change(document) -> None:
            document["weights"]["imbalance"] = 0.9

        report = deri_gate.pool_show(str(pool(change=change)))

        assert report.used == "own"
        assert report.weights["own"]["imbalance"] > report.weights["equal"]["imbalance"]

    @pytest.mark.parametrize(
        ("file", "content"),
        [
            ("impact.json", b"{}"),
            ("sensitivity.json", b"no json"),
            ("detection.json", b"[1]"),
            ("selection.csv", b"a,b\n1,2\n"),
            ("selection.csv", b"rank,dataset,distance,balanced_accuracy,accuracy,auc,chosen\n1,a,x,,,,1\n"),
        ],
    )  # fmt: skip
    def test_a_damaged_file_beside_is_an_error_of_one_sentence(self, pool, file, content) -> None:
        folder = pool(study=True)
        (folder / file).write_bytes(content)

        with pytest.raises(DeriGateError, match=re.escape(file)):
            deri_gate.pool_show(str(folder))

    def test_more_datasets_than_a_matrix_holds(self, pool, tmp_path) -> None:
        """Thirty of them: the page has its tables, and no matrix of nine hundred cells."""

        def change(document) -> None:
            document["datasets"] = [
                document["datasets"][i % 10] | {"name": f"set{i}", "fingerprint": f"f{i}"}
                for i in range(30)
            ]

        deri_gate.pool_show(str(pool(change=change)), out=tmp_path / "out")
        page = (tmp_path / "out" / "pool-report.html").read_text("utf-8")

        assert "Influence of each dataset" not in page
        assert "set29" in page


class TestStrangers:
    """Names of datasets are a stranger's text."""

    def hostile(self, document) -> None:
        for key in ("name", "licence", "source", "version"):
            document["datasets"][0][key] = HOSTILE
        document["left_out"] = {HOSTILE: HOSTILE}

    def test_the_page_has_no_markup_of_theirs(self, pool, tmp_path) -> None:
        deri_gate.pool_show(str(pool(change=self.hostile)), out=tmp_path / "out")
        page = (tmp_path / "out" / "pool-report.html").read_text("utf-8")

        assert "<script" not in page
        assert "\x1b" not in page
        assert not re.search(r"(?:src|href)=", page)
        assert "default-src 'none'" in page

    @pytest.mark.parametrize("form", ["text", "markdown", "json"])
    def test_what_is_printed_moves_no_terminal(self, pool, form) -> None:
        folder = pool(change=self.hostile)
        shown = run("show", str(folder), "--format", form)[1]
        compared = run("diff", "standard", str(folder), "--format", form)[1]

        for said in (shown, compared):
            assert "\x1b" not in said
            assert not re.search(r"^\s*::", said, re.MULTILINE)
        if form == "markdown":
            assert "<script" not in shown + compared
            assert "](javascript" not in shown + compared

    def test_the_page_of_two_pools_is_as_safe(self, pool, tmp_path) -> None:
        deri_gate.pool_diff("standard", str(pool(change=self.hostile)), out=tmp_path / "out")
        page = (tmp_path / "out" / "pool-diff.html").read_text("utf-8")

        assert "<script" not in page
        assert "\x1b" not in page


class TestDiff:
    def test_a_pool_and_itself(self) -> None:
        found = deri_gate.pool_diff("standard", "standard")

        assert found.same
        assert "Both pools are the same." in run("diff", "standard", "standard")[1]

    def test_the_numbers_of_metrics_say_what_they_count_in(self, pool, tmp_path) -> None:
        """Logarithms and spreads without a word were taken for values; here and in `show`."""

        def change(document) -> None:
            document["datasets"][0]["metrics"]["imbalance"] = 0.5

        other = str(pool(change=change))
        deri_gate.pool_diff("standard", other, out=tmp_path / "a")
        deri_gate.pool_show("standard", out=tmp_path / "b")
        page, shown = tmp_path / "a" / "pool-diff.html", tmp_path / "b" / "pool-report.html"

        for text in (run("diff", "standard", other)[1], page.read_text("utf-8")):
            assert "Moves count in spreads of the first pool" in text
        for text in (run("show", "standard")[1], shown.read_text("utf-8")):
            assert "A spread with a star is the least" in " ".join(text.split())

    def test_who_came_and_who_went(self, pool) -> None:
        def change(document) -> None:
            gone = document["datasets"].pop(0)
            document["datasets"].append(gone | {"name": "newcomer", "fingerprint": "other"})

        found = deri_gate.pool_diff("standard", str(pool(change=change)))

        assert (found.added, found.removed) == (("newcomer",), ("bccd_cells_28",))
        assert found.datasets["newcomer"].values_of == "second"
        assert found.datasets["bccd_cells_28"].values_of == "first"
        assert found.changed == ()

    def test_other_images_under_the_same_name(self, pool) -> None:
        """And a typo in a licence is no other dataset."""

        def change(document) -> None:
            document["datasets"][0]["fingerprint"] = "other"
            document["datasets"][1]["licence"] = "CC0"
            document["datasets"][2]["metrics"]["imbalance"] = 0.5

        found = {
            c.name: c for c in deri_gate.pool_diff("standard", str(pool(change=change))).changed
        }

        assert found["bccd_cells_28"].fingerprint_changed
        assert found["brain_mri"].provenance_changed == ("licence",)
        assert not found["brain_mri"].fingerprint_changed
        assert found["breastmnist"].values_changed == ("imbalance",)
        assert len(found) == 3

    def test_the_yardstick_that_moved_moves_the_scores(self, pool) -> None:
        """All brain MRI and fundus images out: what remains is held against others."""

        def change(document) -> None:
            document["datasets"] = [
                d for d in document["datasets"] if d["name"] not in ("retinamnist", "mednist_64")
            ]

        folder = pool(change=change)
        found = deri_gate.pool_diff("standard", str(folder))
        before, after = found.datasets["busi_masks"].scores
        alone = read_pool(folder / "pool.json")
        from deri_gate.scoring.score import score_values

        own = next(m for m in alone.datasets if m.name == "busi_masks")
        assert after == pytest.approx(score_values(own.metrics, alone).deri1000)
        whole = read_pool(STANDARD / "pool.json")
        assert before == pytest.approx(score_values(own.metrics, whole).deri1000)
        assert found.datasets["busi_masks"].difference == pytest.approx(after - before)
        for lower, higher in found.order_changed:
            one, other = found.datasets[lower].scores, found.datasets[higher].scores
            assert one[0] < other[0]
            assert one[1] > other[1]

    def test_other_weights_and_another_mean_are_said(self, pool) -> None:
        def change(document) -> None:
            document["weights"] = document["other_weights"]["published"]
            document["power"] = 1.0

        found = deri_gate.pool_diff("standard", str(pool(change=change)))

        assert found.weights["imbalance"][0] == pytest.approx(1 / 11)
        assert found.weights["imbalance"][1] == pytest.approx(0.3319, abs=1e-3)
        assert any("power 1, no longer 0.5" in said for said in found.warnings)

    def test_definitions_that_differ_are_not_compared(self) -> None:
        """The paper's words and ours: no median is held against another."""
        found = deri_gate.pool_diff("standard", "paper-small")

        assert found.comparable == ()
        assert set(found.not_comparable) == set(read_pool(STANDARD / "pool.json").weights)
        shown = [deri_gate.pool_show(name) for name in ("standard", "paper-small")]
        own = [next(m.DERI1000 for m in one.datasets if m.name == "mednist_64") for one in shown]
        assert found.datasets["mednist_64"].scores == tuple(own)

    def test_a_pool_that_is_not_there(self, tmp_path) -> None:
        with pytest.raises(DeriGateError, match="no pool"):
            deri_gate.pool_diff("standard", str(tmp_path / "nothing"))
