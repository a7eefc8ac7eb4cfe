"""Suites of an earlier version: `init` names the limits that they lack."""

import json

import pytest

import deri_gate

DATASET = "expectations/dataset_gate.json"
POOL = "reference_pool/standard/pool.json"


@pytest.fixture
def guarded(tmp_path):
    """A folder in which `init` has run."""
    deri_gate.init(tmp_path, dataset="scans")
    return tmp_path


def policy_notes(folder) -> list[str]:
    """Notes of a second `init` on limits and pool."""
    notes = deri_gate.init(folder, dataset="scans").notes
    return [note for note in notes if note.startswith(("expectations/", "reference_pool/"))]


def rewrite(path, change) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_a_metric_without_a_limit_is_named(guarded) -> None:
    """A suite from before these limits existed would never ask for them."""

    def older(suite) -> None:
        new = ("denied_elsewhere", "unusable_masks")
        suite["expectations"] = [
            entry for entry in suite["expectations"] if entry["kwargs"].get("metric") not in new
        ]

    rewrite(guarded / DATASET, older)
    (note,) = policy_notes(guarded)
    assert DATASET in note
    assert "no limit on denied_elsewhere and unusable_masks" in note


def test_another_number_is_the_choice_of_the_keeper(guarded) -> None:
    def stricter(suite) -> None:
        for entry in suite["expectations"]:
            if "maximum" in entry["kwargs"]:
                entry["kwargs"]["maximum"] /= 2

    rewrite(guarded / DATASET, stricter)
    assert policy_notes(guarded) == []


def test_a_pool_of_another_version_is_named(guarded) -> None:
    rewrite(guarded / POOL, lambda pool: pool["datasets"].pop())
    (note,) = policy_notes(guarded)
    assert note.startswith(f"{POOL} is not the pool of this version")


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"expectations": [1]}', '{"expectations": 2}']
)
def test_what_is_no_suite_stops_nothing(guarded, content) -> None:
    """`check` says what is wrong with it."""
    (guarded / DATASET).write_text(content)
    assert all(note.startswith(DATASET) for note in policy_notes(guarded))
