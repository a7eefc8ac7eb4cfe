"""The workflows that judge the code: complete, pinned, and about files that exist."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*")

if not WORKFLOWS:
    pytest.skip("the workflows are in the repository, not in the package", allow_module_level=True)


def document(name: str) -> dict:
    return YAML(typ="safe").load(ROOT / ".github" / "workflows" / name)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_actions_are_pinned_by_hash_and_say_their_version(path: Path) -> None:
    """A tag can be moved."""
    used = re.findall(r"uses: (.+)", path.read_text("utf-8"))

    assert [one for one in used if not one.startswith("./") and not PINNED.fullmatch(one)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_nothing_may_be_done_unless_a_job_says_so(path: Path) -> None:
    """No permission by default, and a time limit on every job."""
    workflow = document(path.name)

    assert workflow["permissions"] == {}
    assert all(
        "permissions" in job and "timeout-minutes" in job for job in workflow["jobs"].values()
    )


def test_the_required_check_waits_for_every_job() -> None:
    """A job that is added and not listed would be green whatever it says."""
    jobs = document("ci.yml")["jobs"]

    assert set(jobs["all-green"]["needs"]) == set(jobs) - {"all-green"}
    assert jobs["all-green"]["if"] == "always()"


def test_every_module_that_needs_ray_is_run_where_ray_is() -> None:
    """Elsewhere its tests are skipped, and would be green whatever they say."""
    steps = document("ci.yml")["jobs"]["ray"]["steps"]
    run = " ".join(step.get("run", "") for step in steps)
    needed = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("test_*.py")
        if path != Path(__file__) and "Ray is not installed" in path.read_text("utf-8")
    }

    assert {one for one in needed if one not in run} == set()
    assert len(needed) >= 3


def test_the_quick_part_is_there() -> None:
    """pytest would stop at a path that is not, but only on the systems that nobody has at hand."""
    quick = document("ci.yml")["env"]["QUICK"].split()

    assert [path for path in quick if not (ROOT / path).exists()] == []
    assert "tests/test_portability.py" in quick


def test_every_version_of_python_that_is_promised_is_tested() -> None:
    """The classifiers, the lowest version, and the matrix are one list."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    promised = [c.rpartition(" ")[2] for c in project["classifiers"] if re.search(r":: 3\.\d+$", c)]

    assert document("ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"] == promised
    assert project["requires-python"] == f">={promised[0]}"


def test_no_dependency_is_named_twice() -> None:
    """Two ranges for one package: the looser one would be a lie."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    for names in (project["dependencies"], *project["optional-dependencies"].values()):
        plain = [re.split(r"[\[<>=!~ ;]", name)[0].lower() for name in names]
        assert len(plain) == len(set(plain))


def test_every_dependency_has_the_version_that_it_was_tested_with() -> None:
    """What is not pinned would be another package tomorrow; a pin outside its range is none."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    asked = [project["dependencies"], *project["optional-dependencies"].values()]
    asked = [one for some in asked for one in map(Requirement, some) if one.name != project["name"]]

    assert [one.name for one in asked if one.name not in pins] == []
    assert [str(one) for one in asked if not one.specifier.contains(pins[one.name])] == []
    assert list(pins) == sorted(pins)
