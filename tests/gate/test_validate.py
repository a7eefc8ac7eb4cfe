"""A suite is looked through before anything is measured, and one that was not again."""

from __future__ import annotations

import json

import pytest

from deri_gate.errors import SettingError
from deri_gate.gate import validate as module
from deri_gate.gate.validate import validate_suite
from deri_gate.runtime.resources import shipped

NAMES = ["sharpness", "U"]


@pytest.fixture
def asked(monkeypatch):
    """What Great Expectations was asked about."""
    seen = []
    plain = module.check_suite
    monkeypatch.setattr(
        module, "check_suite", lambda suite, names: (seen.append(suite.name), plain(suite, names))
    )
    return seen


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "own.json"
    limit = {"type": "expect_value_to_be_at_least", "kwargs": {"metric": "U", "minimum": 1}}
    path.write_text(json.dumps({"name": "own", "expectations": [limit]}))
    return path


def test_a_sound_suite_is_looked_through_once(asked, suite):
    """It takes seconds; whether its limits are kept is looked at every time, of course."""
    validate_suite(suite, NAMES)
    validate_suite(suite, NAMES)

    assert asked == ["own.json"]


def test_another_content_or_other_names_are_looked_through_again(asked, suite):
    """What was sound for some rows may be misspelt for others."""
    validate_suite(suite, NAMES)
    suite.write_text(suite.read_text().replace('"minimum": 1', '"minimum": 2'))
    validate_suite(suite, NAMES)
    with pytest.raises(SettingError, match="there is no metric 'U'"):
        validate_suite(suite, ["sharpness"])

    assert len(asked) == 3


def test_a_bad_suite_is_never_taken_for_known(asked, suite):
    """Every run says what is wrong with it."""
    suite.write_text('{"name": "own", "expectations": []}')
    for _ in range(2):
        with pytest.raises(SettingError, match="declares no expectations"):
            validate_suite(suite, NAMES)

    assert len(asked) == 2


def test_what_cannot_be_read_is_said(asked, tmp_path):
    """A folder is no suite."""
    (tmp_path / "own.json").mkdir()
    with pytest.raises(SettingError, match=r"own\.json"):
        validate_suite(tmp_path / "own.json", NAMES)

    assert asked == ["own.json"]


def test_shipped_suites_are_known_to_be_sound(asked):
    """tests/gate/test_shipped_suites.py looks through them."""
    validate_suite(shipped("expectations") / "dataset_gate.json", NAMES)

    assert asked == []
