"""Which datasets form a pool, and what is refused: distances by hand, files through the command."""

from __future__ import annotations

import csv
import errno
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from deri_gate.commands.calibrate import calibrate
from deri_gate.commands.score import score
from deri_gate.errors import PoolError, SettingError
from deri_gate.metrics.catalogue import METRICS
from deri_gate.networks.budget import CODE
from deri_gate.scoring.pool import PUBLISHED_WEIGHTS, find_pool, read_pool
from deri_gate.study.weights.selection import distances, ranked_candidates, selection_table

NAMES = ("a", "b", "c", "d", "e")
ACCURACY = {"a": 0.5, "b": 0.7, "c": 0.72, "d": 0.68, "e": 0.95}  # b is the median


def document(name: str, *, profile: str = "0123", **values: float | None) -> dict[str, object]:
    """A `metrics.json` with one value for every metric."""
    known = {metric.name: values.get(metric.name, max(0.5, metric.low)) for metric in METRICS}
    return {
        "schema_version": 1,
        "dataset": {
            "name": name, "fingerprint": f"of {name}", "split": None, "images": 10,
            "unreadable": 0, "classes": 2, "class_counts": {"x": 5, "y": 5},
        },
        "profile": {"name": "standard", "hash": profile},
        "metrics": {k: {"value": v, "reason": "no" if v is None else None} for k, v in known.items()},
        "findings": [],
    }  # fmt: skip


def row(dataset: str, architecture: str = "linear", group: str = "baseline", **figures) -> dict:
    figures = dict.fromkeys(("balanced_accuracy", "accuracy", "auc"), ACCURACY[dataset]) | figures
    return {
        "dataset": dataset, "fingerprint": dataset, "preset": "smoke", "group": group,
        "level": "none" if group == "baseline" else "strong", "architecture": architecture,
        "seed": 42, "asked": 1000, "code": CODE,
        "recalls": json.dumps(dict.fromkeys("0123456789", figures["balanced_accuracy"])), **figures,
    }  # fmt: skip


@pytest.fixture
def files(tmp_path):
    """Writes measured datasets, their sources, and a table of probes."""

    class Files:
        out = tmp_path / "pools" / "mine"
        sources = tmp_path / "sources.json"
        results = tmp_path / "results.parquet"

        def metrics(self, *documents) -> list[Path]:
            paths = []
            for number, content in enumerate(documents or map(document, NAMES)):
                paths.append(tmp_path / f"{number}.json")
                paths[-1].write_text(json.dumps(content))
            return paths

        def probed(self, rows) -> Path:
            pd.DataFrame(rows).to_parquet(self.results, index=False)
            return self.results

    about = {"path": "p", "version": "1", "licence": "CC0", "source": "here"}
    Files.sources.write_text(json.dumps([{"name": name, **about} for name in NAMES]))
    YAML().dump({"datasets": dict.fromkeys(NAMES, about)}, tmp_path / "params.yaml")
    return Files()


class TestDistance:
    def test_worked_by_hand(self):
        """Medians .7 and .8; deviations 0 .1 .2 and 0 .1 .1: spreads 1.4826 times .1."""
        found = distances(np.array([[0.7, 0.8], [0.8, 0.7], [0.5, 0.9]]))
        one, two = 1 / 1.4826, 2 / 1.4826

        np.testing.assert_allclose(found, [0, one, np.sqrt((two**2 + one**2) / 2)])

    def test_agrees_with_scipy(self):
        """SciPy's scaled median absolute deviation, on figures without gaps."""
        from scipy.stats import median_abs_deviation

        figures = np.random.default_rng(1).uniform(0, 1, (9, 3))
        spread = median_abs_deviation(figures, axis=0) / 0.67448975
        z = (figures - np.median(figures, axis=0)) / spread

        np.testing.assert_allclose(distances(figures), np.sqrt((z**2).mean(axis=1)), rtol=1e-4)

    def test_a_missing_figure_counts_neither_way(self):
        """As if it lay as far from the median as the others do; without any there is none."""
        found = distances(np.array([[0.7, np.nan], [0.8, 0.9], [0.6, 0.9], [np.nan, np.nan]]))

        np.testing.assert_allclose(found[:3], [0, 1 / 1.4826 / 2**0.5, 1 / 1.4826 / 2**0.5])
        assert np.isnan(found[3])

    def test_equal_candidates_are_not_told_apart_by_a_hair(self):
        """A median absolute deviation of 0 does not blow up: a hundredth counts as one spread."""
        found = distances(np.array([[0.9], [0.9], [0.9], [0.91]]))

        np.testing.assert_allclose(found, [0, 0, 0, 1])


class TestRanking:
    def test_the_median_comes_first(self):
        """b .70, then d .68 and c .72, as far, by name; a and e are left out."""
        found = ranked_candidates(pd.DataFrame([row(n) for n in NAMES]), NAMES, select=3)

        assert [one.name for one in found] == ["b", "c", "d", "a", "e"]
        assert [one.chosen for one in found] == [True] * 3 + [False] * 2

    def test_only_undamaged_runs_count_and_architectures_are_averaged(self):
        """Two networks, .6 and .8; what happens under damage says nothing of a dataset."""
        rows = [row(n) for n in NAMES if n != "a"]
        rows += [row("a", "linear", accuracy=0.6), row("a", "resnet18", accuracy=0.8)]
        rows += [row("a", "linear", "label_noise", accuracy=0.0)]
        found = {one.name: one for one in ranked_candidates(pd.DataFrame(rows), NAMES, select=3)}

        assert found["a"].figures == pytest.approx((0.5, 0.7, 0.5))

    def test_a_dataset_without_any_figure_comes_last(self):
        """Its probes had no answer: it is not typical for that."""
        nothing = dict.fromkeys(("balanced_accuracy", "accuracy", "auc"))
        rows = [row(n, **(nothing if n == "b" else {})) for n in NAMES]
        found = ranked_candidates(pd.DataFrame(rows), NAMES, select=4)

        assert found[-1].name == "b"
        assert (found[-1].distance, found[-1].chosen) == (None, False)
        assert selection_table(found).splitlines()[-1] == "5,b,,,,,0"

    def test_a_validation_split_without_a_class_still_ranks(self):
        """No AUC there: the other two figures speak."""
        rows = [row(n, **({"auc": None} if n == "b" else {})) for n in NAMES]

        assert ranked_candidates(pd.DataFrame(rows), NAMES, select=3)[0].name == "b"

    def test_order_of_rows_and_names_does_not_matter(self):
        rows = [row(n) for n in NAMES]

        assert ranked_candidates(pd.DataFrame(rows), NAMES, select=3) == ranked_candidates(
            pd.DataFrame(rows[::-1]), NAMES[::-1], select=3
        )


def test_the_most_typical_form_the_pool(files) -> None:
    """The pool, the ranking beside it, and who was told."""
    told = []
    results = files.probed([row(n) for n in NAMES])
    pool = calibrate(
        files.metrics(), out=files.out, sources=files.sources, results=[results], select=3,
        announce=told.append,
    )  # fmt: skip
    with (files.out / "selection.csv").open() as file:
        rows = list(csv.DictReader(file))

    assert [member.name for member in pool.datasets] == ["b", "c", "d"]
    assert read_pool(files.out / "pool.json") == pool
    assert pool.weights == pytest.approx(dict.fromkeys(PUBLISHED_WEIGHTS, 1 / 11), abs=1e-9)
    assert pool.other_weights == {"published": PUBLISHED_WEIGHTS}
    assert pool.power == 0.5
    assert [r["dataset"] for r in rows if r["chosen"] == "1"] == ["b", "c", "d"]
    assert float(rows[0]["distance"]) == 0
    assert [one.name for one in told[0]] == [r["dataset"] for r in rows]


def test_without_results_all_form_the_pool(files) -> None:
    """And there is no ranking to write."""
    pool = calibrate(files.metrics(), out=files.out, sources=files.sources)

    assert len(pool.datasets) == 5
    assert sorted(path.name for path in files.out.iterdir()) == ["influence.csv", "pool.json"]


def test_a_list_of_sources_without_paths_is_told_what_it_needs(files) -> None:
    """It was "0.path: Field required", and no page said what a list holds."""
    files.sources.write_text(json.dumps([{"name": name} for name in NAMES]))

    with pytest.raises(PoolError, match=r"JSON list with name, path, version, licence and source"):
        calibrate(files.metrics(), out=files.out, sources=files.sources)


def test_a_params_file_names_the_sources(files, tmp_path) -> None:
    """The section `datasets` of params.yaml, keyed by name, says the same."""
    calibrate(files.metrics(), out=files.out, sources=files.sources)
    before = (files.out / "pool.json").read_bytes()
    calibrate(files.metrics(), out=files.out, sources=tmp_path / "params.yaml")

    assert (files.out / "pool.json").read_bytes() == before


def test_fitted_weights_are_taken_from_an_impact(files, tmp_path) -> None:
    """Heaviest is what cost most; metrics that were not tried weigh nothing."""
    from deri_gate.commands.impact import impact

    cost = {"imbalance": 0.3, "label_noise": 0.1}
    rows = [row(n) for n in NAMES]
    rows += [
        row(n, group=g, balanced_accuracy=ACCURACY[n] - c) for n in NAMES for g, c in cost.items()
    ]
    impact(files.probed(rows), out=tmp_path / "impact", resamples=5)
    pool = calibrate(
        files.metrics(), out=files.out, sources=files.sources,
        weights=tmp_path / "impact" / "impact.json",
    )  # fmt: skip

    assert pool.weights == pytest.approx({"imbalance": 0.75, "label_noise": 0.25})
    beside = calibrate(
        files.metrics(), out=files.out, sources=files.sources, power=0.0,
        fitted=tmp_path / "impact" / "impact.json",
    )  # fmt: skip
    assert beside.other_weights == {"published": PUBLISHED_WEIGHTS, "fitted": pool.weights}
    assert beside.power == 0
    assert score(files.metrics()[0], pool=str(files.out), weights="fitted").scored.weights[
        "imbalance"
    ] == pytest.approx(0.75)


BAD = {
    "too few": (lambda f: {"metrics": f.metrics()[:2]}, PoolError, "2 datasets are too few"),
    "selects too few": (
        lambda f: {"select": 2, "results": [f.probed([row(n) for n in NAMES])]},
        PoolError,
        "2 datasets are too few",
    ),
    "selects by nothing": (lambda _: {"select": 3}, SettingError, "how many of the ranked"),
    "twins": (
        lambda f: {"metrics": f.metrics(*map(document, "ab"), document("a") | named("c"))},
        PoolError,
        "'a' and 'c' are the same images",
    ),
    "blank licence": (lambda f: {"sources": described(f, licence="  ")}, PoolError, "licence of 'a' is"),
    "no version": (lambda f: {"sources": described(f, version=None)}, PoolError, "a: its version is missing"),
    "one name": (
        lambda f: {"metrics": f.metrics(*map(document, ("a", "b", "c", "a")))},
        PoolError,
        "two datasets have the name 'a'",
    ),
    "no source": (
        lambda f: {"metrics": f.metrics(*map(document, ("a", "b", "x")))},
        PoolError,
        "says nothing of 'x'",
    ),
    "not measured": (
        lambda f: {"metrics": f.metrics(document("a"), document("b"), document("c", sharpness=None))},
        PoolError,
        "'c' lacks sharpness",
    ),
    "two profiles": (
        lambda f: {"metrics": f.metrics(document("a"), document("b"), document("c", profile="9"))},
        PoolError,
        "'c' was measured with another profile",
    ),
    "no sources": (lambda f: {"sources": f.out / "none.json"}, PoolError, "not a list of sources"),
    "no yaml": (lambda f: {"sources": spoilt(f, "a: [")}, PoolError, "not a list of sources"),
    "no datasets": (lambda f: {"sources": spoilt(f, "a: 1")}, PoolError, "not a list of sources"),
    "no impact": (lambda f: {"weights": f.sources}, PoolError, "is no impact.json"),
    "not probed": (
        lambda f: {"results": [f.probed([row(n) for n in "abcd"])]},
        SettingError,
        "no baseline of e",
    ),
    "other code": (
        lambda f: {"results": [f.probed([row(n) | {"code": "training-0"} for n in NAMES])]},
        SettingError,
        "made by other code",
    ),
}  # fmt: skip


def named(name: str) -> dict[str, object]:
    """The images of a under another name."""
    about = document("a")["dataset"] | {"name": name}
    return {"dataset": about}


def described(files, **facts: str | None) -> Path:
    """A sources file whose first dataset lacks something."""
    known = {"path": "p", "version": "1", "licence": "CC0", "source": "here"}
    first = {k: v for k, v in {**known, **facts}.items() if v is not None}
    path = files.sources.with_name("described.yaml" if None in facts.values() else "described.json")
    if path.suffix == ".yaml":
        YAML().dump({"datasets": {"a": first, **dict.fromkeys(NAMES[1:], known)}}, path)
    else:
        rest = [{"name": name, **known} for name in NAMES[1:]]
        path.write_text(json.dumps([{"name": "a", **first}, *rest]))
    return path


def spoilt(files, text: str) -> Path:
    path = files.sources.with_name("spoilt.yaml")
    path.write_text(text)
    return path


@pytest.mark.parametrize("case", BAD)
def test_what_is_refused(files, case) -> None:
    """What, where, what to do; and nothing is written."""
    wrong, error, said = BAD[case]
    settings = {"metrics": files.metrics(), "sources": files.sources} | wrong(files)
    with pytest.raises(error, match=said) as caught:
        calibrate(settings.pop("metrics"), out=files.out, **settings)

    assert caught.value.where
    assert not files.out.exists()


def test_a_full_disk_leaves_the_pool_that_was_there(files, monkeypatch) -> None:
    """Not half of the new one."""
    measured = files.metrics()
    calibrate(measured[:3], out=files.out, sources=files.sources)
    before = {path.name: path.read_bytes() for path in files.out.iterdir()}

    opened = Path.open

    def full(path: Path, mode: str = "r", **settings):
        if mode == "xb":
            path.write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(path, mode, **settings)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(SettingError, match="No space left on device"):
        calibrate(measured, out=files.out, sources=files.sources)

    assert {path.name: path.read_bytes() for path in files.out.iterdir()} == before
    assert set(before) == {"pool.json", "influence.csv"}


def test_the_command_prints_the_ranking(run, files) -> None:
    """Most typical first; those not chosen are said."""
    results = files.probed([row(n) for n in NAMES])
    status, out, _ = run(
        "calibrate", *files.metrics(), "--out", files.out, "--sources", files.sources,
        "--results", results, "--select", 3,
    )  # fmt: skip
    lines = out.splitlines()

    assert status == 0
    assert lines[0].split()[:2] == ["1", "b"]
    assert "not chosen" not in lines[2]
    assert lines[3].endswith("not chosen")
    assert "3 datasets" in lines[-1]


def test_floor_and_resamples_are_options_of_impact(run, files) -> None:
    """Duplicates, which cost nothing, get the floor; the count is in the document."""
    cost = {"imbalance": 0.3, "duplicates": -0.04}
    rows = [row(n) for n in NAMES]
    rows += [
        row(n, group=g, balanced_accuracy=ACCURACY[n] - c) for n in NAMES for g, c in cost.items()
    ]
    results = files.probed(rows)
    status, _, _ = run("impact", results, "--out", "i", "--floor", 0.2, "--resamples", 7)
    document = json.loads(Path("i/impact.json").read_bytes())

    assert status == 0
    assert document["groups"]["duplicates"]["weight"] == 0.2
    assert document["resamples"] == 7


def test_two_datasets_are_filled_up_with_a_shipped_pool(files) -> None:
    """Theirs and one's own; without, two are too few, and one's own are never left out."""
    profile = read_pool(find_pool("standard")).profile
    measured = [document(n, profile=profile.hash) for n in "ab"]
    for one in measured:
        one["metrics"] = {n: v for n, v in one["metrics"].items() if n in profile.definitions}
        for name, value in one["metrics"].items():
            value["definition"] = profile.definitions[name]
    pool = calibrate(
        files.metrics(*measured), out=files.out, sources=files.sources, fill="standard"
    )
    names = {one.name for one in read_pool(find_pool("standard")).datasets}

    assert {one.name for one in pool.datasets} == {"a", "b"} | names


def test_the_pool_says_who_is_left_out_and_why(files, tmp_path) -> None:
    """Before probes, for lack of a metric, and by rank; the others form the pool."""
    out = {"f": "all its images are of one class, 'x'"}
    path = tmp_path / "left_out.json"
    path.write_text(json.dumps({"schema_version": 1, "left_out": out, "notes": {}}))
    documents = [document(n, **({"sharpness": None} if n == "c" else {})) for n in NAMES]
    pool = calibrate(
        files.metrics(*documents), out=files.out, sources=files.sources, left_out=path,
        results=[files.probed([row(n) for n in NAMES])], select=3,
    )  # fmt: skip

    assert [one.name for one in pool.datasets] == ["a", "b", "d"]
    assert pool.left_out["f"] == out["f"]
    assert "lacks sharpness" in pool.left_out["c"]
    assert "not among the 3" in pool.left_out["e"]
    assert read_pool(files.out / "pool.json") == pool


def test_a_dataset_that_could_hardly_be_read_is_no_member(files, tmp_path) -> None:
    """Five of its ten images; the pool would say what the other five are, and of ten images.
    One of which the file does not even name a metric is none, either."""
    broken, short = document("c"), document("e")
    broken["dataset"]["unreadable"] = 5
    del short["metrics"]["label_noise"]
    paths = files.metrics(*(document(n) for n in "ab"), broken, document("d"), short)
    with pytest.raises(PoolError, match="'c' has 5 unreadable files of 10 images"):
        calibrate(paths, out=files.out, sources=files.sources)

    left_out = tmp_path / "left_out.json"
    left_out.write_text(json.dumps({"schema_version": 1, "left_out": {}, "notes": {}}))
    pool = calibrate(paths, out=files.out, sources=files.sources, left_out=left_out)
    assert [one.name for one in pool.datasets] == ["a", "b", "d"]
    assert pool.left_out == {
        "c": "has 5 unreadable files of 10 images",
        "e": "lacks label_noise (label_noise: not in the file)",
    }


def test_where_no_dataset_has_every_metric_it_is_said_of_each(files, tmp_path) -> None:
    """As after `measure: {metrics: data}`: another pool cannot fill up what is not begun."""
    path = tmp_path / "left_out.json"
    path.write_text(json.dumps({"schema_version": 1, "left_out": {}, "notes": {}}))
    documents = [document(n, xai_overlay=None) for n in NAMES]
    with pytest.raises(PoolError, match=r"no dataset is left .*a: lacks xai_overlay.*; b: lacks"):
        calibrate(
            files.metrics(*documents), out=files.out, sources=files.sources, left_out=path,
            fill="standard",
        )  # fmt: skip


def test_a_licence_is_no_number(files) -> None:
    """Files that the study of a pool depends on stay byte for byte."""
    pool = calibrate(files.metrics(), out=files.out, sources=files.sources, numbers=files.out / "n")
    before = (files.out / "n").read_bytes()
    text = files.sources.read_text().replace("CC0", "CC BY 4.0")
    files.sources.write_text(text)
    other = calibrate(
        files.metrics(), out=files.out, sources=files.sources, numbers=files.out / "n"
    )

    assert (files.out / "n").read_bytes() == before
    assert (pool.numbers_hash, pool.hash != other.hash) == (other.numbers_hash, True)
