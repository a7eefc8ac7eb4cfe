"""What `init` writes for a service, a runner, a source and an owner runs as it is, or says so."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement
from ruamel.yaml import YAML

import deri_gate
from deri_gate import __version__
from deri_gate.errors import SettingError
from deri_gate.github import package_source
from deri_gate.github.changed import GUARDED_ANYWHERE
from deri_gate.github.history_branch import HISTORY
from deri_gate.github.package_source import installed_source, requirement_of
from deri_gate.runtime.resources import shipped_pools
from tests.dvc_here import dvc
from tests.sweeps import sampled

from .conftest import write_digits

REVISION = "0123456789abcdef0123456789abcdef01234567"
GATE, DRIFT = (f".github/workflows/{name}.yml" for name in ("dataset-gate", "drift"))


def read(folder: Path, path: str) -> dict:
    return YAML(typ="safe").load(folder / path)


@pytest.mark.parametrize(
    ("source", "url"),
    [
        (f"git+https://example.org/us/deri-gate@{REVISION}", None),
        ("git+ssh://git@example.org/us/deri-gate.git@v0.2.0", None),
        ("https://example.org/wheels/deri_gate-0.2.0-py3-none-any.whl", None),
        ("/opt/wheels/deri_gate-0.2.0-py3-none-any.whl",
         "file:///opt/wheels/deri_gate-0.2.0-py3-none-any.whl"),
    ],
)  # fmt: skip
def test_a_source_is_a_requirement_that_pip_reads(source, url) -> None:
    """`packaging` is the parser of pip; DVC comes with it."""
    found = Requirement(requirement_of(source))

    assert (found.name, found.extras, found.url) == ("deri-gate", {"dvc"}, url or source)


def test_a_version_is_pinned() -> None:
    """That of an index is this one's; any other can be named."""
    assert requirement_of("index") == f"deri-gate[dvc]=={__version__}"
    assert str(Requirement(requirement_of("deri-gate==1.2.3")).specifier) == "==1.2.3"


MOVING = ("main", "HEAD", "develop", "refs/heads/main", "REFS/HEADS/x", "heads/1.0", "origin/main",
          "refs/remotes/origin/x", "refs/pull/7/head", "main~0", "HEAD~2")  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [
        *(f"git+https://example.org/us/deri-gate@{name}" for name in MOVING),
        "git+https://example.org/us/deri-gate",  # any revision: each run installs another one
        "git+http://example.org/us/deri-gate@1", "http://example.org/x.whl", "x.whl", "./x.whl",
        "deri-gate", "deri-gate>=1", "..", "git+https://e/x@1 && rm", 'https://e/"x.whl',
        "https://e/${{ github.token }}.whl", "https://e/`id`.whl", "https://e/x.whl\nrun: id",
    ],
)  # fmt: skip
def test_any_other_source_is_refused_and_nothing_written(tmp_path, source) -> None:
    """Neither what moves, nor what a pull request could change, nor what a shell would read."""
    with pytest.raises(SettingError, match="no source"):
        deri_gate.init(tmp_path, source=source)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("direct", "source"),
    [
        (None, "index"),
        ({"url": "https://example.org/us/deri-gate", "vcs_info": {"vcs": "git", "commit_id": REVISION}},
         f"git+https://example.org/us/deri-gate@{REVISION}"),
        ({"url": "https://example.org/deri_gate-1-py3-none-any.whl", "archive_info": {}},
         "https://example.org/deri_gate-1-py3-none-any.whl"),
        ({"url": "file:///home/me/deri-gate", "dir_info": {"editable": True}}, None),
        ({"url": "file:///home/me/deri_gate-1-py3-none-any.whl", "archive_info": {}}, None),
    ],
)  # fmt: skip
def test_the_default_is_where_this_one_came_from(monkeypatch, direct, source) -> None:
    """As pip records it (PEP 610); what lies on this machine is on no runner."""
    text = None if direct is None else json.dumps(direct)
    found = SimpleNamespace(read_text=lambda _: text)
    monkeypatch.setattr(package_source, "distribution", lambda _: found)

    assert installed_source() == source


def test_a_source_on_this_machine_is_told(tmp_path, monkeypatch, run) -> None:
    """The workflow would fail at its first step; the page that the last line names is there."""
    monkeypatch.setattr("deri_gate.commands.init.installed_source", lambda: None)
    Path("other").mkdir()
    _, out, _ = run("init")
    _, quiet, _ = run("init", "other", "--source", "index")

    assert f"note: {GATE} installs deri-gate[dvc]=={__version__} from an index" in out
    assert f"wrote {GATE}" in quiet
    assert "from an index" not in quiet
    (page,) = [word for word in out.splitlines()[-1].split() if word.endswith("pull-requests.md")]
    assert "runner" in (Path(__file__).parents[2] / page).read_text("utf-8")


def test_a_hosted_runner_is_the_default(tmp_path) -> None:
    """A team without a GPU waits for no runner that it does not have."""
    deri_gate.init(tmp_path)
    jobs = [*read(tmp_path, GATE)["jobs"].values(), *read(tmp_path, DRIFT)["jobs"].values()]

    assert {job["runs-on"] for job in jobs} == {"ubuntu-latest"}


def test_a_hosted_runner_installs_no_cuda(tmp_path) -> None:
    """4 GB that none has a use for, in each run; one's own runner takes what pip finds."""
    for name, runner, cpu in (("hosted", "ubuntu-latest", True), ("own", "gpu", False)):
        (tmp_path / name).mkdir()
        deri_gate.init(tmp_path / name, runner=runner, source="index")
        jobs = read(tmp_path / name, GATE)["jobs"] | read(tmp_path / name, DRIFT)["jobs"]
        steps = [step.get("run", "") for job in jobs.values() for step in job["steps"]]
        (image,) = [words.split() for words in steps if words.startswith("deri-gate ci image")]
        (tmp_path / name / "gitlab").mkdir()
        deri_gate.init(tmp_path / name / "gitlab", runner=runner, source="index", ci="gitlab")
        before = read(tmp_path / name / "gitlab", ".gitlab-ci.yml")[".deri-gate"]["before_script"]
        torch = "pip install torch --index-url https://download.pytorch.org/whl/cpu && "
        installs = f'{torch if cpu else ""}pip install "$DERI_GATE"'

        assert steps.count(installs) == 2
        assert before == [installs]
        assert ("--cpu" in image) == cpu


@pytest.mark.parametrize(
    ("url", "extras", "package"),
    sampled(
        [
            ("s3://bucket/store", {"dvc", "s3"}, None),
            ("/srv/store", {"dvc"}, None),
            ("gs://bucket/store", {"dvc"}, "dvc-gs"),
            ("ssh://host/store", {"dvc"}, "dvc-ssh"),
            ("webdavs://host/store", {"dvc"}, "dvc-webdav"),
        ],
        0,
        2,
    ),
)
def test_a_remote_is_reached_or_told(tmp_path, url, extras, package) -> None:
    """As `dvc remote add` writes it; the first `dvc fetch` on a runner would fail without."""
    for command in (["init", "-q", "--no-scm"], ["remote", "add", "-d", "my store", url]):
        dvc(tmp_path, *command)
    for ci, place, key in (("github", GATE, "env"), ("gitlab", ".gitlab-ci.yml", "variables")):
        done = deri_gate.init(tmp_path, ci=ci, source="index")
        told = [note for note in done.notes if "a remote that DVC reaches" in note]

        assert Requirement(read(tmp_path, place)[key]["DERI_GATE"]).extras == extras
        assert [package in note and place in note for note in told] == [True] * bool(package)


@pytest.mark.parametrize("content", ["", "[core", "['remote \"a\"']\n", "\x00"])
def test_a_configuration_of_dvc_that_says_nothing_hinders_nothing(tmp_path, content) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text(content, "utf-8")
    deri_gate.init(tmp_path, source="index")

    assert Requirement(read(tmp_path, GATE)["env"]["DERI_GATE"]).extras == {"dvc"}


@pytest.mark.parametrize(
    ("runner", "small", "told"),
    [("ubuntu-latest", "ubuntu-latest", "on no hosted runner"), ("gpu", '["gpu"]', "of forks")],
)
def test_a_wheel_of_one_machine_is_asked_for_there_alone(tmp_path, runner, small, told) -> None:
    """Every job installs it, so every job of the workflow goes to the runner that has it."""
    done = deri_gate.init(tmp_path, runner=runner, source="/opt/x.whl")
    jobs = read(tmp_path, GATE)["jobs"]

    assert [note for note in done.notes if told in note and "/opt/x.whl" in note]
    assert len({job["runs-on"] for job in jobs.values()}) == 1
    assert small in jobs["changed"]["runs-on"]
    other = deri_gate.init(tmp_path / ".github", runner=runner, source="https://e.org/x.whl")
    assert not [note for note in other.notes if told in note]


def test_own_runners_are_for_own_pull_requests(tmp_path) -> None:
    """Labels as they were given; what a fork proposes never reaches them."""
    deri_gate.init(tmp_path, runner="self-hosted, gpu")
    judge = read(tmp_path, GATE)["jobs"]["judge"]["runs-on"]

    assert read(tmp_path, DRIFT)["jobs"]["drift"]["runs-on"] == ["self-hosted", "gpu"]
    assert """fromJSON('["self-hosted", "gpu"]') || 'ubuntu-latest'""" in judge
    assert "head.repo.full_name == github.repository" in judge


@pytest.mark.parametrize("label", ["", "a b", "x'}}", "$(id)", "a,,b", "-x"])
def test_what_is_no_label_is_refused(tmp_path, label) -> None:
    with pytest.raises(SettingError, match="no label"):
        deri_gate.init(tmp_path, runner=label)


@pytest.mark.parametrize("owner", ["us", "@", "@a b", "@a\n* @b", "@a/"])
def test_what_is_no_owner_is_refused(tmp_path, owner) -> None:
    with pytest.raises(SettingError, match="no owner"):
        deri_gate.init(tmp_path, owner=owner)


@pytest.mark.parametrize(("ci", "place"), [("github", ".github"), ("gitlab", ".gitlab")])
def test_an_owner_owns_the_policy(tmp_path, ci, place) -> None:
    """Every line names it, the file of the owners itself included, or anybody could empty it."""
    deri_gate.init(tmp_path, ci=ci, owner="@org/data-team")
    lines = (tmp_path / place / "CODEOWNERS").read_text("utf-8").splitlines()
    owned = dict(line.split() for line in lines if not line.startswith("#"))

    workflows = {"github": "/.github/", "gitlab": "/.gitlab-ci.yml"}[ci]
    assert {"/params.yaml", "/expectations/", workflows, "CODEOWNERS"} <= set(owned)
    assert {name.lstrip("/") for name in GUARDED_ANYWHERE} <= {name.lstrip("/") for name in owned}
    assert set(owned.values()) == {"@org/data-team"}


def test_no_service_gets_the_pipeline_alone(tmp_path) -> None:
    done = deri_gate.init(tmp_path, ci="none")

    assert {path.partition("/")[0] for path in done.written} == {
        "dvc.yaml", "params.yaml", "expectations", ".gitignore", "reference_pool", "review",
    }  # fmt: skip


def test_what_gitlab_gets_is_valid(tmp_path) -> None:
    """Against the schema that the linter carries, where it is installed."""
    pytest.importorskip("check_jsonschema")
    deri_gate.init(tmp_path, ci="gitlab", runner="gpu", source="index")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci"]
    done = subprocess.run(
        [*command, tmp_path / ".gitlab-ci.yml"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert read(tmp_path, ".gitlab-ci.yml")[".deri-gate"]["tags"] == ["gpu"]


def test_gitlab_keeps_the_history_of_a_drift_that_starts(tmp_path) -> None:
    """The job fails then, and by default GitLab keeps the cache of one that succeeds alone."""
    deri_gate.init(tmp_path, ci="gitlab", source="index")
    job = read(tmp_path, ".gitlab-ci.yml")["drift"]
    (out,) = re.findall(r"--out (\S+)", " ".join(job["script"]))

    assert job["cache"]["when"] == "always"
    assert job["cache"]["paths"] == [f"{out}/*/{HISTORY}"]


@pytest.mark.sweep
def test_the_script_of_gitlab_judges_a_merge_request(guarded, tmp_path, monkeypatch) -> None:
    """Its very lines, in a shell, in a clone as a runner has it: detached, of one branch."""
    guarded.branch("more")
    write_digits(guarded.folder / "data", range(120, 150))
    guarded.dvc("add", "--quiet", "data")
    guarded.commit("more images")
    clone = tmp_path / "clone"
    guarded.run("git", "clone", "--quiet", "--single-branch", "--branch", "more", ".", str(clone))
    guarded.run("cp", "-r", ".dvc/cache", str(clone / ".dvc" / "cache"))
    deri_gate.init(tmp_path, ci="gitlab", source="index")
    job = read(tmp_path, ".gitlab-ci.yml")["dataset-gate"]
    assert job["variables"] == {"TARGET": "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"}
    monkeypatch.setenv("TARGET", "main")
    lines = [line.replace("deri-gate", f'"{sys.executable}" -m deri_gate.cli.main', 1)
             if line.startswith("deri-gate") else line for line in job["script"]]  # fmt: skip
    script = "set -e\ngit checkout -q --detach\n" + "\n".join(lines)
    done = subprocess.run(
        ["bash", "-c", script], cwd=clone, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert (clone / "deri-report" / "digits" / "junit.xml").is_file()


def test_a_pool_comes_with_its_pipeline_and_workflow(tmp_path) -> None:
    """Every section that a stage reads, every folder of `data` a candidate, an owner of the pool."""
    for name in ("my lung", "cells"):
        write_digits(tmp_path / "data" / name, range(4))
    (tmp_path / "data" / "cells" / "all.csv").write_text("path,label\n")
    deri_gate.init(tmp_path, pool="mine", owner="@us", source="index")
    params, pipeline = read(tmp_path, "params.yaml"), read(tmp_path, "dvc.yaml")
    text = (tmp_path / "dvc.yaml").read_text("utf-8")
    sections = {found.partition(".")[0] for found in re.findall(r"\$\{([\w.]+)\}", text)}

    assert sections - {"item", "key"} <= params.keys()
    assert {"candidate", "candidates", "metrics", "variants", "probe", "impact", "calibrate", "limits",
            "sensitivity", "detection", "weights", "summary", "drift", "gate"} <= pipeline["stages"].keys()  # fmt: skip
    assert params["datasets"]["my-lung"]["path"] == "my lung"
    assert (
        params["datasets"]["cells"] | {"path": "cells", "manifest": "all.csv"}
        == params["datasets"]["cells"]
    )
    assert params["gate"]["datasets"] == {
        "cells": {"path": "data/cells/all.csv", "watch": "data/cells"},
        "my-lung": {"path": "data/my lung", "watch": "data/my lung"},
    }
    assert "/reference_pool/    @us" in (tmp_path / ".github/CODEOWNERS").read_text("utf-8")
    job = read(tmp_path, ".github/workflows/recalibrate.yml")["jobs"]["recalibrate"]
    steps = [step["run"] for step in job["steps"] if "run" in step]
    assert [step.split()[:2] for step in steps[1:]] == [
        ["dvc", "pull"], ["dvc", "repro"], ["dvc", "push"], ["deri-gate", "ci"],
    ]  # fmt: skip
    assert job["permissions"] == {"contents": "write", "pull-requests": "write"}


def test_a_pool_joins_a_gate_that_is_there(tmp_path) -> None:
    """Params keep every line; a dvc.yaml of ours gets the stages, one of theirs is not touched."""
    deri_gate.init(tmp_path)
    params = tmp_path / "params.yaml"
    before = params.read_text("utf-8").replace("seed: 42", "seed: 7  # ours")
    params.write_text(before, encoding="utf-8")
    done = deri_gate.init(tmp_path, pool="mine", candidates=["a=x/y", "z.npz"])

    assert {"dvc.yaml", "params.yaml"} <= set(done.written)
    assert params.read_text("utf-8").startswith(before)
    assert set(read(tmp_path, "params.yaml")["datasets"]) == {"a", "z"}
    assert "calibrate" in read(tmp_path, "dvc.yaml")["stages"]
    again = deri_gate.init(tmp_path, pool="mine")
    assert again.written == ()
    (tmp_path / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    with pytest.raises(SettingError, match="has stages of its own"):
        deri_gate.init(tmp_path, pool="mine")


@pytest.mark.parametrize("pool", ["a/b", "..", "a b", "-x", "é", *shipped_pools()])
def test_what_is_no_name_of_a_pool_of_ones_own_is_refused(tmp_path, pool) -> None:
    """Nor that of a shipped one: its pipeline would write over the copy that the gate judges by."""
    with pytest.raises(SettingError, match="name of a pool"):
        deri_gate.init(tmp_path, pool=pool)
    assert list(tmp_path.iterdir()) == []


def test_a_candidate_outside_is_refused(tmp_path) -> None:
    with pytest.raises(SettingError, match="leads out"):
        deri_gate.init(tmp_path, pool="mine", candidates=["../x"])
