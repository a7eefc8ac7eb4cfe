"""A name without slash, backslash or dot is a shipped pool or suite, whatever lies in the folder."""

import json
import re
from pathlib import Path

import pytest

from deri_gate.errors import DeriGateError, PoolError, SettingError
from deri_gate.gate.validate import suite_file
from deri_gate.github.changed import touched
from deri_gate.github.policy import policy_of
from deri_gate.github.settings import settings_in
from deri_gate.runtime.resources import is_shipped_name, shipped_pools, shipped_suites
from deri_gate.scoring.pool import find_pool

from ..github.conftest import limit, pool_for_tests, suite, write_digits


@pytest.fixture
def planted(tmp_path, monkeypatch) -> Path:
    """A folder in which every shipped name is taken by a stranger's file and folder."""
    monkeypatch.chdir(tmp_path)
    for name in (*shipped_pools(), "mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pool.json").write_text("{}")
    for name in (*shipped_suites(), "own"):
        (tmp_path / name).write_text(suite())
    return tmp_path


def test_a_folder_does_not_replace_a_shipped_pool(planted) -> None:
    for name, path in shipped_pools().items():
        assert find_pool(name) == path
    with pytest.raises(PoolError, match=r"no shipped pool 'mine'.*write \./mine"):
        find_pool("mine")


def test_a_file_does_not_replace_a_shipped_suite(planted) -> None:
    for name, path in shipped_suites().items():
        assert suite_file(name, "drift", "--suite") == path
        assert suite_file(Path(name), "drift", "--suite") == path
    with pytest.raises(SettingError, match=r"no shipped suite 'own'.*write \./own"):
        suite_file("own", "drift", "--suite")


def test_a_path_says_that_it_is_one(planted) -> None:
    assert find_pool("./mine") == Path("mine/pool.json")
    assert find_pool(str(planted / "mine")) == planted / "mine" / "pool.json"
    assert suite_file("./own", "drift", "--suite") == Path("own")


@pytest.mark.parametrize("given", ["", "~", "C:pool", "standard\0", "STANDARD", "standard "])
def test_a_name_that_is_none_of_ours_is_an_error(planted, given) -> None:
    assert is_shipped_name(given)
    with pytest.raises(DeriGateError, match="no shipped pool"):
        find_pool(given)


@pytest.mark.parametrize("option", ["--pool", "--suite", "--change-suite"])
def test_the_commands_do_not_look_for_a_bare_name(planted, run, monkeypatch, option) -> None:
    write_digits(planted / "data", range(12))
    base = ("--base", "data") if option == "--change-suite" else ()
    words = ("check", "data", *base, "--metrics", "sharpness", option)
    status, _, err = run(*words, "own" if "suite" in option else "mine")

    assert status == 2
    assert re.search(r"there is no shipped (pool|suite) .*write \./", err)


def test_the_data_suite_works_by_name(planted, run) -> None:
    """It limits metrics that were not measured here, and that is said: the suite was found."""
    write_digits(planted / "data", range(40))
    status, out, err = run("check", "data", "--metrics", "sharpness", "--suite", "data_only")

    assert status == 2, out + err
    assert "was not asked for" in err or "not measured" in out


def test_a_stricter_base_keeps_its_pool(guarded, run) -> None:
    """A pull request plants `standard/pool.json`; the base names the shipped pool."""
    guarded.write(
        "params.yaml",
        "gate:\n  datasets: {digits: data}\n  suite: limits/gate.json\n  pool: standard\n"
        "  change_suite: pull_request\n",
    )
    guarded.commit("the shipped pool")
    guarded.branch("topic")
    pool = json.loads(pool_for_tests())
    pool["name"] = "planted"
    guarded.write("standard/pool.json", json.dumps(pool))
    guarded.write("pull_request", suite(limit("imbalance", 0.0)))
    guarded.commit("nothing of note")
    policy = policy_of(touched("main", guarded.folder), guarded.folder / "out", guarded.folder)

    assert (policy.pool, policy.change_suite) == ("standard", "pull_request")
    assert find_pool(policy.pool) == shipped_pools()["standard"]


def test_params_yaml_tells_names_from_paths() -> None:
    text = (
        b"gate: {datasets: {a: b}, suite: data_only, change_suite: ./data_only, pool: ./standard}"
    )
    settings = settings_in(text, "params.yaml")

    assert (settings.suite, settings.change_suite) == ("data_only", "./data_only")
    assert settings.pool_is_path


@pytest.mark.parametrize("key", ["suite", "change_suite", "pool"])
@pytest.mark.parametrize("path", ["/etc/x", "../x", "a/../../x"])
def test_limits_outside_the_repository_are_refused(key, path) -> None:
    with pytest.raises(SettingError, match="inside the repository"):
        settings_in(f"gate: {{datasets: {{a: b}}, {key}: {path}}}".encode(), "params.yaml")
