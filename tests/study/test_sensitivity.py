"""The sensitivity matrix: falls counted by hand, and the command on small pictures in memory."""

import csv
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import deri_gate.commands.sensitivity as command
import deri_gate.commands.several_datasets as naming
from deri_gate.errors import PoolError, SettingError
from deri_gate.metrics.catalogue import METRICS
from deri_gate.runtime.engine import Machine
from deri_gate.schemas.study import SensitivityBudget
from deri_gate.study.sensitivity import cases as sensing_cases
from deri_gate.study.sensitivity.cases import (
    RESAMPLE,
    UNDAMAGED,
    Case,
    CaseOutcome,
    Values,
    capped,
    part_of,
)
from deri_gate.study.sensitivity.document import (
    Sensitivity,
    SkippedCase,
    sensitivity_document,
    subscores_table,
)
from deri_gate.study.sensitivity.heat_map import draw_heat_map
from deri_gate.study.sensitivity.matrix import cells, detection_rates, false_alarms, is_worse

BY_NAME = {metric.name: metric for metric in METRICS}
SHARPNESS, NOISE = BY_NAME["sharpness"], BY_NAME["noise_artifacts"]  # higher, lower is better
PIXELS = "sharpness,noise_artifacts"


def case(dataset, group, level, value, *, subscore=50.0, verdict="pass", metric="sharpness"):
    """A dataset under one damage, with one metric measured."""
    return Case(
        dataset=dataset,
        group=group,
        level=level,
        measured=Values(images=9, classes=2, values={metric: value}, reasons={}, shares={}),
        outcome=CaseOutcome(
            subscores={metric: subscore},
            deri1000=1000.0,
            verdict=verdict,
            missed=("limit",) if verdict == "fail" else (),
        ),
    )


class TestMatrix:
    """Ten numbers on paper."""

    CASES = (
        case("a", UNDAMAGED, "", 10.0, subscore=60.0),
        case("a", "sharpness", "mild", 8.0, subscore=50.0),
        case("a", "sharpness", "strong", 4.0, subscore=20.0),
        case("b", UNDAMAGED, "", 10.0, subscore=50.0),
        case("b", "sharpness", "mild", 11.0, subscore=52.0),  # does not fall
        case("b", "sharpness", "strong", 5.0, subscore=30.0),
        case("c", UNDAMAGED, "", 3.0, subscore=0.13),
        case("c", "sharpness", "mild", 2.0, subscore=0.13),  # falls, although it is clipped
        case("c", "sharpness", "strong", 2.0, subscore=0.13),  # but no further
    )

    def test_falls_are_counted_over_datasets(self) -> None:
        """Two of three fall at mild, all at strong."""
        found = cells(self.CASES, [SHARPNESS])

        assert found["sharpness", "mild", "sharpness"].falls == pytest.approx(2 / 3)
        assert found["sharpness", "mild", "sharpness"].against == ("b",)
        assert found["sharpness", "strong", "sharpness"].falls == 1.0

    def test_further_compares_with_the_level_before(self) -> None:
        """a and b fall further, c stands still; mild has nothing before it."""
        found = cells(self.CASES, [SHARPNESS])

        assert found["sharpness", "strong", "sharpness"].further == pytest.approx(2 / 3)
        assert found["sharpness", "mild", "sharpness"].further is None

    def test_the_median_change_is_in_subscores(self) -> None:
        """-10, +2 and 0 at mild; -40, -20 and 0 at strong."""
        found = cells(self.CASES, [SHARPNESS])

        assert found["sharpness", "mild", "sharpness"].median_change == pytest.approx(0)
        assert found["sharpness", "strong", "sharpness"].median_change == pytest.approx(-20)

    def test_the_order_of_the_cases_does_not_matter(self) -> None:
        """Nor where the undamaged ones stand."""
        assert cells(self.CASES[::-1], [SHARPNESS]).keys() == cells(self.CASES, [SHARPNESS]).keys()
        for place, cell in cells(self.CASES[::-1], [SHARPNESS]).items():
            same = cells(self.CASES, [SHARPNESS])[place]
            assert replace(cell, against=()) == replace(same, against=())

    def test_a_case_without_a_value_falls_away(self) -> None:
        """It is no pair; a cell without pairs is not there at all."""
        unmeasured = [case("d", UNDAMAGED, "", 1.0), case("d", "sharpness", "mild", None)]

        assert cells(unmeasured, [SHARPNESS]) == {}
        both = cells([*self.CASES, *unmeasured], [SHARPNESS])
        assert both["sharpness", "mild", "sharpness"].pairs == 3

    def test_a_scenario_has_no_milder_level(self) -> None:
        """It is a row of the matrix, and of the picture, without a frame."""
        scene = case("a", "scenario.segmented", "only", 8.0, subscore=40.0)
        found = cells([*self.CASES, scene], [SHARPNESS])
        cell = found["scenario.segmented", "only", "sharpness"]

        assert (cell.pairs, cell.falls, cell.further, cell.median_change) == (1, 1.0, None, -20.0)
        assert draw_heat_map(found, ["sharpness"]).startswith(b"\x89PNG")

    def test_without_a_subscore_there_is_no_median_change(self) -> None:
        """The fall is seen all the same: it is decided on raw values."""
        pair = [
            case("a", UNDAMAGED, "", 2.0, subscore=None),
            case("a", "sharpness", "mild", 1.0, subscore=None),
        ]
        cell = cells(pair, [SHARPNESS])["sharpness", "mild", "sharpness"]

        assert (cell.falls, cell.median_change) == (1.0, None)

    @pytest.mark.parametrize(
        ("metric", "value", "than", "worse"),
        [
            (SHARPNESS, 1.0, 2.0, True),
            (SHARPNESS, 2.0, 1.0, False),
            (NOISE, 2.0, 1.0, True),
            (NOISE, 1.0, 1.0, False),
            (NOISE, 1.0 + 0.9e-9, 1.0, False),  # rounding
            (NOISE, 1.0 + 1.1e-9, 1.0, True),
            (SHARPNESS, 1e6 - 0.9e-3, 1e6, False),  # relative to large values
            (SHARPNESS, 1e6 - 1.1e-3, 1e6, True),
        ],
    )
    def test_a_change_within_rounding_is_no_fall(self, metric, value, than, worse) -> None:
        """In the metric's own direction."""
        assert is_worse(metric, value, than) is worse


class TestRates:
    """What a user can act on."""

    CASES = (
        case("a", UNDAMAGED, "", 1.0, verdict="fail"),  # neither damaged nor a resample
        case("a", RESAMPLE, "0", 1.0, verdict="pass"),
        case("a", RESAMPLE, "1", 1.0, verdict="fail"),
        case("b", RESAMPLE, "0", 1.0, verdict="warn"),
        case("b", RESAMPLE, "1", 1.0, verdict="unknown"),
        case("a", "sharpness", "mild", 1.0, verdict="pass"),
        case("b", "sharpness", "mild", 1.0, verdict="fail"),
    )

    def test_false_alarms_are_failures_of_resamples(self) -> None:
        """One of four; warnings and unknowns are no failures."""
        assert false_alarms(self.CASES).share == pytest.approx(1 / 4)

    def test_detection_is_by_group_and_level(self) -> None:
        """One of two variants fails; a group that was not tried is not there."""
        found = detection_rates(self.CASES)

        assert {place: rate.share for place, rate in found.items()} == {("sharpness", "mild"): 0.5}

    def test_no_resamples_give_no_rate(self) -> None:
        """Nothing was tried, so nothing is said."""
        assert false_alarms([]).share is None


def by_hand(*cases) -> Sensitivity:
    """Cases without a run behind them."""
    named = SimpleNamespace(name="some", hash="0", numbers_hash="1", weights={}, datasets=())
    return Sensitivity(
        fingerprints={"a": "f", "b": "f"},
        cases=cases,
        left_out=[SkippedCase(dataset="b", group="imbalance", level="mild", reason="one class")],
        metrics=[SHARPNESS],
        bench=SimpleNamespace(profile=named, pool=named),
        budget=SensitivityBudget(
            images=10,
            explained=1,
            explain_all=False,
            metrics=("sharpness",),
            groups=(),
            levels=(),
            resamples=1,
            seed=0,
        ),
    )


def test_an_alarm_is_told_with_its_checks() -> None:
    """Undamaged data that fail: which, and by what; a variant that fails is no alarm."""
    found = sensitivity_document(by_hand(*TestRates.CASES)).model_dump()

    assert found["alarms"] == (
        {"dataset": "a", "resample": None, "checks": ("limit",)},
        {"dataset": "a", "resample": "1", "checks": ("limit",)},
    )


def test_a_group_that_no_dataset_allows_is_there_without_numbers() -> None:
    """Tried and left out is not the same as not tried."""
    found = sensitivity_document(by_hand(*TestRates.CASES)).model_dump()

    assert found["groups"]["imbalance"]["mild"]["pairs"] == 0
    assert found["groups"]["imbalance"]["mild"]["falls"] is None
    assert found["detection"]["imbalance"] == {"mild": None}


def test_subscores_are_named_as_in_tables_of_probes() -> None:
    """So that both can be joined: the undamaged one is the baseline; resamples are left out."""
    cases = [
        case("a", UNDAMAGED, "", 10.0, subscore=60.0),
        case("a", RESAMPLE, "0", 9.0),
        case("a", "sharpness", "strong", 4.0, subscore=20.0),
        case("a", "label_noise", "strong", 4.0, subscore=None),
    ]
    table = subscores_table(by_hand(*cases))

    assert table.columns.to_list() == ["dataset", "group", "level", "sharpness"]
    assert table[["group", "level"]].to_numpy().tolist() == [
        ["baseline", "none"],
        ["sharpness", "strong"],
        ["label_noise", "strong"],
    ]
    np.testing.assert_array_equal(table["sharpness"], [60, 20, np.nan])


def test_the_picture_marks_a_metric_that_misses_its_damage() -> None:
    """A dot more than where all fall, on the same numbers otherwise."""
    cell = cells(TestMatrix.CASES, [SHARPNESS])["sharpness", "mild", "sharpness"]
    place = ("sharpness", "mild", "sharpness")
    misses = draw_heat_map({place: cell}, ["sharpness"])
    holds = draw_heat_map({place: replace(cell, falls=1.0)}, ["sharpness"])

    assert misses.startswith(b"\x89PNG")
    assert misses != holds


class TestSampling:
    """Which images are measured."""

    def test_classes_keep_their_proportion(self, dataset_of) -> None:
        """40, 20 and 1 images, cut to 30: 20 to 10, and the rare one stays."""
        labels = [0] * 40 + [1] * 20 + [2]
        small = capped(dataset_of([None] * 61, labels), 30, seed=1)

        assert list(small.class_counts().values()) == [19, 10, 1]

    def test_a_small_dataset_stays_as_it_is(self, dataset_of) -> None:
        """The very same object."""
        dataset = dataset_of([None] * 3, [0, 1, 1])

        assert capped(dataset, 3, seed=1) is dataset

    def test_the_seed_chooses(self, dataset_of) -> None:
        """Equal seeds, equal images; others, others."""
        dataset = dataset_of([None] * 40, [0, 1] * 20)

        assert capped(dataset, 9, seed=1).ids == capped(dataset, 9, seed=1).ids
        assert capped(dataset, 9, seed=1).ids != capped(dataset, 9, seed=2).ids

    def test_a_part_repeats_no_image(self, dataset_of) -> None:
        """Drawn without replacement, in order, another one for another number."""
        dataset = dataset_of([None] * 40, [0, 1] * 20)
        parts = [part_of(dataset, 0.8, seed=1, number=n).ids for n in range(2)]

        assert [len(set(ids)) for ids in parts] == [32, 32]
        assert parts[0] != parts[1]
        assert list(parts[0]) == sorted(parts[0])


@pytest.fixture(scope="module")
def pictures():
    """Soft blobs with edges and a little grain, 28 px, so that every pixel damage shows."""

    def make(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        y, x = np.mgrid[:28, :28] / 28
        values = 110 + 40 * np.sin(3 * x + rng.uniform(0, 6)) + 50 * (y > rng.uniform(0.3, 0.7))
        return np.clip(values + rng.normal(0, 3, (28, 28)), 5, 250).astype(np.uint8)

    return make


@pytest.fixture(scope="module")
def in_memory(dataset_of, pictures):
    """Datasets by name: two of two classes, and one of one class alone."""
    return {
        "two": dataset_of([pictures(i) for i in range(8)], [0, 1] * 4, name="two"),
        "more": dataset_of([pictures(i) for i in range(50, 60)], [0, 1] * 5, name="more"),
        "one": dataset_of([pictures(i) for i in range(20, 24)], [0] * 4, name="one"),
    }


def go(folder, datasets=("two", "more"), **settings):
    """The command, with results kept in `cache` and files written to `out`."""
    asked = {"metrics": PIXELS, "groups": ["sharpness", "noise_artifacts", "label_noise"]}
    machine = Machine(device="cpu", workers=1, progress=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DERI_GATE_CACHE", str(folder / "cache"))
        return command.sensitivity(
            datasets,
            **{"out": folder / "out", "resamples": 1, "machine": machine, **asked, **settings},
        )


@pytest.fixture(scope="module")
def done(tmp_path_factory, in_memory):
    """The folder of one finished run on two datasets."""
    folder = tmp_path_factory.mktemp("done")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(naming, "open_dataset", lambda given, **_: in_memory[given])
        go(folder)
    return folder


@pytest.fixture
def run(monkeypatch, tmp_path, in_memory):
    """The command in a folder of its own."""
    monkeypatch.setattr(naming, "open_dataset", lambda given, **_: in_memory[given])

    def in_folder(datasets=("two", "more"), *, folder=tmp_path, **settings):
        return go(folder, datasets, **settings)

    return in_folder


@pytest.fixture
def measured(monkeypatch):
    """How many datasets are measured, not recalled."""
    seen = []
    real = sensing_cases.measure_dataset

    def counting(dataset, **settings):
        seen.append(dataset.name)
        return real(dataset, **settings)

    monkeypatch.setattr(sensing_cases, "measure_dataset", counting)
    return seen


def test_blur_and_noise_are_seen_by_their_metrics(done) -> None:
    """Real damage, real metrics, the shipped pool and suite; labels move no pixel metric."""
    found = json.loads((done / "out" / "sensitivity.json").read_bytes())

    for group in ("sharpness", "noise_artifacts"):
        for level in ("medium", "strong"):
            own = found["groups"][group][level]
            assert (own["pairs"], own["falls"], own["further"]) == (2, 1.0, 1.0)
            assert own["median_change"] <= 0
    assert found["groups"]["label_noise"]["strong"]["pairs"] == 0  # its metric was not asked for
    cell = found["matrix"]["label_noise"]["strong"]["sharpness"]
    assert (cell["falls"], cell["median_change"]) == (0.0, 0.0)


def test_the_document_keeps_the_contract(done) -> None:
    """The keys that others may read, and plain JSON numbers."""
    text = (done / "out" / "sensitivity.json").read_text("utf-8")
    found = json.loads(text, parse_constant=pytest.fail)

    assert found["schema_version"] == 1
    assert [one["name"] for one in found["datasets"]] == ["two", "more"]
    assert list(found["groups"]) == ["sharpness", "noise_artifacts", "label_noise"]
    assert list(found["groups"]["sharpness"]) == ["mild", "medium", "strong"]
    assert {"pairs", "falls", "median_change"} <= found["groups"]["sharpness"]["mild"].keys()
    assert found["detection"].keys() == found["groups"].keys()
    assert found["false_alarms"] is not None
    assert found["budget"]["images"] == 400


def test_the_table_has_a_row_a_cell(done) -> None:
    """Three groups, three levels, two metrics and DERI1000; the diagonal is marked."""
    with (done / "out" / "sensitivity.csv").open() as file:
        rows = list(csv.DictReader(file))

    assert len(rows) == 3 * 3 * 3
    assert {(r["group"], r["metric"]) for r in rows if r["own"] == "1"} == {
        ("sharpness", "sharpness"),
        ("noise_artifacts", "noise_artifacts"),
    }


def test_a_second_run_measures_nothing_and_writes_the_same_bytes(done, run, measured) -> None:
    """Recalled, not measured: JSON, table and picture."""
    files = {path.name: path.read_bytes() for path in (done / "out").iterdir()}
    run(folder=done)

    assert measured == []
    assert set(files) == {
        "sensitivity.json",
        "sensitivity.csv",
        "sensitivity.png",
        "subscores.parquet",
    }
    assert {path.name: path.read_bytes() for path in (done / "out").iterdir()} == files


@pytest.mark.sweep
def test_a_run_from_nothing_writes_the_same_bytes(run, tmp_path) -> None:
    """Nothing of when or where is in the files."""
    asked = {"levels": ["strong"], "groups": ["sharpness"], "datasets": ["two"]}
    for name in ("first", "second"):
        run(folder=tmp_path / name, **asked)
    first, second = (
        {p.name: p.read_bytes() for p in (tmp_path / n / "out").iterdir()}
        for n in ("first", "second")
    )

    assert first == second


SMALL = {"groups": ["sharpness"], "levels": ["medium", "strong"], "datasets": ["two"]}
SMALL_CASES = 1 + 1 + 2


@pytest.mark.sweep
def test_a_killed_run_goes_on_where_it_was(run, monkeypatch, tmp_path) -> None:
    """What was measured before the interruption is not measured again."""
    real, seen = sensing_cases.measure_dataset, []

    def killed(dataset, **settings):
        if len(seen) == 3:
            raise KeyboardInterrupt
        seen.append(dataset.name)
        return real(dataset, **settings)

    monkeypatch.setattr(sensing_cases, "measure_dataset", killed)
    with pytest.raises(KeyboardInterrupt):
        run(**SMALL)
    assert list((tmp_path / "out").iterdir()) == []
    seen.clear()
    run(**SMALL)

    assert len(seen) == SMALL_CASES - 3


@pytest.mark.sweep
def test_a_spoilt_result_is_measured_again(run, measured, tmp_path) -> None:
    """A file that another program cut short is no result."""
    run(**SMALL)
    before = (tmp_path / "out" / "sensitivity.json").read_bytes()
    for path in (tmp_path / "cache" / "sensitivity").iterdir():
        path.write_bytes(path.read_bytes()[:20])
    measured.clear()
    run(**SMALL)

    assert len(measured) == SMALL_CASES
    assert (tmp_path / "out" / "sensitivity.json").read_bytes() == before


def test_a_variant_that_cannot_be_made_is_left_out_with_its_reason(run, tmp_path) -> None:
    """Labels of one class cannot be flipped; the rest goes on."""
    run(["two", "one"], levels=["strong"])
    found = json.loads((tmp_path / "out" / "sensitivity.json").read_bytes())

    left_out = [(one["dataset"], one["group"]) for one in found["left_out"]]
    assert left_out == [("one", "label_noise")]
    assert all("same labels" in one["reason"] for one in found["left_out"])
    assert found["groups"]["sharpness"]["strong"]["pairs"] == 2


def test_explanations_are_asked_of_their_own_variants_alone(run, dataset_of) -> None:
    """They cost far more than all else; `explain_all` asks for them everywhere."""
    plan = command._Plan(
        bench=None, metrics=METRICS, variants=(), images=1, explain_all=False, resamples=0
    )

    def explains(plan, group):
        return "xai_overlay" in {m.name for m in plan.metrics_of(group)}

    asked = {
        g for g in (UNDAMAGED, RESAMPLE, "sharpness", "xai_overlay.marker") if explains(plan, g)
    }
    assert asked == {UNDAMAGED, "xai_overlay.marker"}
    assert explains(replace(plan, explain_all=True), "sharpness")


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"datasets": ["two", "two"]}, SettingError, "two datasets have the name 'two'"),
        ({"datasets": []}, SettingError, "no dataset is named"),
        ({"groups": ["sharpnes"]}, SettingError, "Did you mean 'sharpness'?"),
        ({"levels": ["severe"]}, SettingError, "It has mild, medium, strong"),
        ({"metrics": "blur"}, SettingError, "no metric 'blur'"),
        ({"profile": "paper"}, PoolError, "was made with profile standard"),
        ({"pool": "nowhere"}, PoolError, "there is no shipped pool 'nowhere'"),
    ],
)
def test_wrong_settings_are_said_before_anything_is_measured(
    run, measured, wrong, error, said
) -> None:
    """A clause and what to do."""
    with pytest.raises(error, match=said.replace("?", r"\?")):
        run(**wrong)
    assert measured == []


@pytest.mark.sweep
def test_a_dataset_can_be_called_by_another_name(run) -> None:
    """So that two of one name go together."""
    found = run(["two", "again=two"], levels=["strong"], groups=["sharpness"], resamples=1)

    assert [c.dataset for c in found.cases if c.group == UNDAMAGED] == ["two", "again"]


def test_a_case_without_a_share_that_a_suite_may_limit_is_measured_again(tmp_path, monkeypatch):
    """What an older version kept lacks a newer share, and would be judged as if misspelt."""
    from types import SimpleNamespace

    from deri_gate.study.sensitivity import cases
    from deri_gate.study.sensitivity.cases import CaseBench, Values

    made = []

    def measured(self, dataset, metrics):
        made.append(dataset)
        return Values(images=1, classes=1, values={}, reasons={}, shares={})

    monkeypatch.setattr(CaseBench, "_measured", measured)
    profile = SimpleNamespace(hash="0", seed=1)
    bench = CaseBench(context=SimpleNamespace(profile=profile), pool=None, folder=tmp_path)
    for _ in range(2):
        bench.values("key", lambda: "first", ())
    monkeypatch.setattr(cases, "SHARES", (*cases.SHARES, "newer"))
    bench.values("key", lambda: "second", ())

    assert made == ["first", "second"]
