"""Heads of which the truth is known: that it is true, how they are judged, and what is written."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

import deri_gate.commands.detection as command
import deri_gate.commands.several_datasets as naming
from deri_gate.damage.choice import count_of
from deri_gate.errors import SettingError
from deri_gate.gate.records import Status
from deri_gate.measuring.evidence import Evidence
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.resources import shipped
from deri_gate.study.detection.against import JudgedHead, limits_on_tests
from deri_gate.study.detection.rates import tallies, tally
from deri_gate.study.detection.simulated import Split, damaged_changes, honest_changes
from tests.sweeps import sampled


@pytest.fixture(scope="module")
def whole(two_sides):
    return two_sides


@pytest.fixture(scope="module")
def split(whole):
    return Split.of(whole, 3)


def content(dataset):
    """Key and labels of each image by id."""
    loaded = (dataset.source.load(int(row)).key for row in dataset.rows)
    return dict(zip(dataset.ids, zip(loaded, dataset.labels, strict=True), strict=True))


def pixels(dataset, name):
    return dataset.source.load(int(dataset.rows[dataset.ids.index(name)])).decode()


class TestHeads:
    """What the name of a head says is what was done."""

    def test_a_tenth_is_held_out(self, split, whole):
        held = {whole.ids[i] for i in split.part}

        assert len(held) == 20
        assert held.isdisjoint(split.base.ids)
        assert held | set(split.base.ids) == set(whole.ids)

    def test_what_belongs_together_is_held_out_together(self, dataset_of):
        groups = [f"patient {i // 4}" for i in range(100)]
        split = Split.of(dataset_of([None] * 100, [0, 1] * 50, groups=groups), 1)
        held = {split.whole.groups[i] for i in split.part}

        assert len(split.part) == 12  # the first three patients that make ten
        assert held.isdisjoint(split.base.groups)

    def test_damage_in_place_is_where_it_is_said_to_be(self, split, whole):
        head = next(damaged_changes(split, ["sharpness"]))
        before, after = content(head.base), content(head.head)

        assert (head.way, head.name) == ("in_place", "sharpness")
        assert {name for name in before if before[name] != after[name]} == {
            whole.ids[i] for i in split.part
        }

    def test_new_images_are_all_damaged_and_the_base_has_none_of_them(self, split):
        for group in ("sharpness", "label_noise", "xai_overlay.marker"):
            in_place, new = list(damaged_changes(split, [group]))[:2]
            came = content(new.head).items() - content(new.base).items()

            assert new.way == "new_images"
            assert content(new.base).items() <= content(new.head).items()
            assert came <= content(in_place.head).items() - content(in_place.base).items()
            assert 1 <= len(came) <= 20

    def test_a_mark_is_put_on_a_tenth_of_all_images_of_one_class(self, split):
        head = next(damaged_changes(split, ["xai_overlay.marker"]))
        marked = content(head.head).items() - content(head.base).items()

        assert len(marked) == 20
        assert len({labels for _, (_, labels) in marked}) == 1

    def test_so_many_labels_are_wrong_as_is_said(self, split):
        heads = {h.name: h for h in damaged_changes(split, ["label_noise"]) if h.way == "in_place"}
        wrong = {
            name: len(content(h.head).items() - content(h.base).items())
            for name, h in heads.items()
        }

        assert wrong == {"label_noise": 8, "labels.all": 20, "labels.few": 4}

    def test_honest_heads_hold_nothing_but_the_truth(self, split, whole):
        heads = list(honest_changes(split))
        names = [head.name for head in heads]

        assert names.count("added 2%") == names.count("removed 2%") == 5
        for head in heads:
            if head.name.startswith(("added", "removed")):
                assert content(head.head).items() <= content(whole).items()
                assert abs(len(head.head) - len(head.base)) in {4, 18}
        batches = [set(h.head.ids) - set(h.base.ids) for h in heads if h.name == "added 2%"]
        assert sum(map(len, batches)) == len(set.union(*batches))  # each another one

    def test_saved_again_is_the_same_picture(self, split):
        head = next(h for h in honest_changes(split) if h.name == "saved again")
        changed = content(head.head).items() - content(head.base).items()

        assert len(changed) == count_of(200, 0.02)
        for name, _ in changed:
            assert np.array_equal(pixels(head.head, name), pixels(head.base, name))

    def test_corrected_labels_are_the_right_ones(self, split, whole):
        head = next(h for h in honest_changes(split) if h.name == "corrected labels")
        wrong = sum(a != b for a, b in zip(head.base.labels, whole.labels, strict=True))

        assert head.head.labels == whole.labels
        assert wrong == 10


def verdict(name, way, status):
    return JudgedHead(
        dataset="toy", name=name, way=way, seed=1, status=Status(status), missed=(), least_p=0.5
    )


def test_rates_by_hand():
    """What could not be judged is no pass; a warning is no failure."""
    found = [
        verdict("sharpness", "in_place", "fail"),
        verdict("sharpness", "in_place", "unknown"),
        verdict("sharpness", "new_images", "warn"),
        verdict("added 2%", "honest", "pass"),
    ]
    counted = tallies(found)

    assert (counted["sharpness"]["in_place"].share, tally(found).share) == (1.0, 0.5)
    assert counted["sharpness"]["new_images"].warned == 1
    assert list(counted) == ["sharpness", "added 2%"]
    assert tally([]).share == 0.0


def test_limits_are_those_of_the_suite():
    """Read a second time, by the keys of the file."""
    path = shipped("expectations") / "pull_request.json"
    entries = json.loads(path.read_text("utf-8"))["expectations"]
    found = limits_on_tests(path)

    assert found["sharpness"] == ("critical", 0.01)
    assert found["size"] == ("warning", 0.01)
    assert len(found) == sum("changed_images" in entry["type"] for entry in entries)


@pytest.fixture
def run(monkeypatch, tmp_path, whole, tiny_encoder):
    """The command on the toy set, with a tiny network."""
    monkeypatch.setattr(Evidence, "encoder", property(lambda _: tiny_encoder()))
    monkeypatch.setattr(naming, "open_dataset", lambda given, **_: {"toy": whole}[given])
    monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path / "cache"))

    def detect(datasets=("toy",), **settings):
        machine = Machine(device="cpu", workers=1, progress=False)
        return command.detection(datasets, out=tmp_path / "out", machine=machine, **settings)

    return detect


@pytest.mark.parametrize(("every", "honest"), sampled([(4, (4, "3")), (1, (15, "5"))]))
def test_damage_is_detected_and_nothing_else(run, tmp_path, monkeypatch, every, honest):
    """Blur and wrong labels of a tenth; both files say the same."""
    monkeypatch.setattr(command, "honest_changes", lambda split: [*honest_changes(split)][::every])
    run(groups=["sharpness", "label_noise"])
    text = (tmp_path / "out" / "detection.json").read_text("utf-8")
    document = json.loads(text, parse_constant=pytest.fail)
    found = document["against_base"]
    with (tmp_path / "out" / "detection.csv").open() as file:
        rows = {(row["name"], row["way"]): row for row in csv.DictReader(file)}

    assert found["detection"]["sharpness"]["in_place"]["share"] == 1.0
    assert found["detection"]["labels.all"]["new_images"]["failed"] == 1
    assert found["false_alarm"] == {"cases": honest[0], "failed": 0, "warned": 0, "share": 0.0}
    assert rows["sharpness", "new_images"]["failed"] == "1"
    assert rows["added 2%", "honest"]["cases"] == honest[1]
    assert document["budget"]["share"] == 0.1


@pytest.mark.sweep
def test_twice_the_same_bytes(run, tmp_path):
    written = []
    for _ in range(2):
        run(groups=["sharpness", "label_noise"])
        written.append((tmp_path / "out" / "detection.json").read_bytes())

    assert written[0] == written[1]


@pytest.mark.sweep
@pytest.mark.parametrize("every", sampled([5, 1]))
def test_the_whole_verdict_counts_scores_too(run, monkeypatch, every):
    """Of blurred images, and of honest ones; explanations are not measured for this."""
    monkeypatch.setattr(command, "honest_changes", lambda split: [*honest_changes(split)][::every])
    found = run(groups=["sharpness"], whole=True)

    assert {one.status for one in found.damaged} == {"fail"}
    assert tally(found.honest).failed == 0


def test_wrong_settings_are_said_before_anything_is_measured(run):
    with pytest.raises(SettingError, match="Did you mean 'sharpness'"):
        run(groups=["sharpnes"])
    with pytest.raises(SettingError, match="no dataset is named"):
        run([])
