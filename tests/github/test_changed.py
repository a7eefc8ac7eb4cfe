"""Which datasets a pull request touches, and whether it touches the policy."""

import json
from pathlib import Path

import pytest

from deri_gate.errors import SettingError
from deri_gate.github.annotation_file import annotation_file_of
from deri_gate.github.changed import touched
from deri_gate.github.commits import GitError
from deri_gate.github.policy import note_on, policy_of
from deri_gate.github.settings import settings_in
from tests.sweeps import sampled

PARAMS = (
    "gate:\n  datasets: {a: data/a, b: films/b.csv}\n  suite: limits/gate.json\n  pool: pools/own\n"
)


@pytest.fixture
def base(repository):
    """Two datasets in git, a gate, committed to main; the tests go on in a branch."""
    repository.write("params.yaml", PARAMS)
    repository.write("limits/gate.json", "{}")
    repository.write("pools/own/pool.json", "{}")
    repository.write("data/a/x/1.png", "1")
    repository.write("films/b.csv", "path,label\n")
    repository.commit()
    repository.branch("topic")
    return repository


def test_datasets_and_policy_are_told_apart(base) -> None:
    base.write("data/a/x/2.png", "2")
    found = touched_after(base)

    assert (found.datasets, found.policy_files, found.new) == (("a",), (), False)


@pytest.mark.parametrize(
    "path",
    sampled([
        "limits/gate.json", "pools/own/pool.json", "pools/own/more.json", "action.yml",
        ".github/workflows/dataset-gate.yml", ".github/CODEOWNERS", ".dvc/config",
        ".gitlab-ci.yml", ".gitlab/CODEOWNERS",
    ], 0, 3, 7),
)  # fmt: skip
def test_the_policy_is_more_than_the_limits(base, path) -> None:
    """Whoever changes these changes what is judged, or by what."""
    base.write(path, "[changed]")

    assert touched_after(base).policy_files == (path,)


def test_other_parameters_are_not_the_bar(base) -> None:
    base.write("params.yaml", PARAMS + "train: {epochs: 3}\n")

    assert touched_after(base).policy_files == ()


def test_settings_are_the_bases(base) -> None:
    """A dataset may be added, and none redefined or left out."""
    base.write("params.yaml", "gate:\n  datasets: {b: limits, c: data/c}\n  pool: standard\n")
    found = touched_after(base)

    assert found.policy_files == ("params.yaml",)
    assert found.settings.pool == "pools/own"
    assert found.settings.datasets == {"a": "data/a", "b": "films/b.csv", "c": "data/c"}


@pytest.mark.parametrize(
    ("came", "overtaken"),
    [("data/a/x/3.png", ("a",)), ("films/c.csv", ()), ("notes.md", ()), (None, ())],
)
def test_a_touched_dataset_that_the_base_changed_too_is_told(base, came, overtaken) -> None:
    """Two branches that add the same batch: the second is not compared with what is there now."""
    base.write("data/a/x/2.png", "2")
    base.write("params.yaml", PARAMS.replace("{a:", "{new: data/new, a:"))
    base.write("data/new/x/1.png", "1")
    base.commit()
    if came is not None:
        base.run("git", "switch", "--quiet", "main")
        base.write(came, "3")
        base.commit()
        base.run("git", "switch", "--quiet", "topic")

    found = touched("main", base.folder)

    assert found.datasets == ("new", "a")
    assert found.overtaken == overtaken
    assert ("Since this branch left the base, a may" in note_on(found)) == bool(overtaken)
    base.run("git", "merge", "--quiet", "--no-edit", "main")
    assert touched("main", base.folder).overtaken == ()


def test_only_the_branchs_own_commits_count(base) -> None:
    """Main went on meanwhile."""
    base.write("data/a/x/2.png", "2")
    base.commit()
    base.run("git", "switch", "--quiet", "main")
    base.write("films/b.csv", "path,label\nx,y\n")
    base.commit()
    base.run("git", "switch", "--quiet", "topic")

    assert touched("main", base.folder).datasets == ("a",)


def test_a_changed_output_of_a_stage_touches_the_dataset(base) -> None:
    """dvc.lock says which output changed."""

    def lock(a: str, c: str) -> str:
        outs = [{"path": "data/a", "md5": a}, {"path": "data/c", "md5": c}]
        return json.dumps({"schema": "2.0", "stages": {"make": {"cmd": "x", "outs": outs}}})

    base.write("dvc.lock", lock("1", "1"))
    base.commit()
    base.run("git", "branch", "--force", "main")
    base.write("dvc.lock", lock("1", "2"))
    assert touched_after(base).datasets == ()
    base.write("dvc.lock", lock("2", "2"))
    assert touched_after(base).datasets == ("a",)


def test_a_first_gate_is_judged_by_itself_and_says_so(repository, tmp_path) -> None:
    """Also where it touches no image: nobody has looked at them yet."""
    repository.write("data/x/1.png", "1")
    repository.commit()
    repository.branch("topic")
    repository.write("params.yaml", "gate:\n  datasets: {a: data}\n  suite: gate.json\n")
    repository.write("gate.json", "{}")
    found = touched_after(repository)
    policy = policy_of(found, tmp_path / "policy", repository.folder)

    assert found.new
    assert found.datasets == ("a",)
    assert "no gate yet" in policy.note
    assert policy.suite.read_text() == "{}"


def test_the_policy_is_laid_out_as_the_base_has_it(base, tmp_path) -> None:
    base.write("limits/gate.json", '{"weaker": true}')
    base.write("pools/own/pool.json", '{"weaker": true}')
    policy = policy_of(touched_after(base), tmp_path / "policy", base.folder)

    assert policy.suite.read_text() == "{}"
    assert Path(policy.pool, "pool.json").read_text() == "{}"
    assert "limits/gate.json, pools/own/pool.json" in policy.note


def test_a_suite_that_the_base_lacks_is_an_error(base, tmp_path) -> None:
    """Not silently the shipped one."""
    base.run("git", "rm", "--quiet", "limits/gate.json")
    base.commit()
    base.run("git", "branch", "--force", "main")

    with pytest.raises(SettingError, match=r"limits/gate\.json"):
        policy_of(touched_after(base), tmp_path / "policy", base.folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gate:\n  datasets: {}\n", "at least 1"),
        ("gate:\n  datasets: {a: /etc}\n", "inside the repository"),
        ("gate:\n  datasets: {a: ../x}\n", "inside the repository"),
        ("gate:\n  datasets: {'../a': x}\n", "pattern"),
        ("gate:\n  datasets: {a: x}\n  sute: y\n", "sute"),
        ("gate: [1\n", "not YAML"),
        ("- 1\n", "no settings"),
    ],
)
def test_bad_settings_are_errors(text, said) -> None:
    with pytest.raises(SettingError, match=said):
        settings_in(text.encode(), "params.yaml")


def test_other_users_of_params_yaml_are_not_our_business() -> None:
    assert settings_in(b"train: {epochs: 3}\n", "params.yaml") is None


def test_without_settings_nothing_is_guarded(repository, run, monkeypatch) -> None:
    """Said, and no failure: the workflow may be there before the settings."""
    repository.commit()
    monkeypatch.chdir(repository.folder)
    status, out, err = run_in(repository, run, monkeypatch, "ci", "changed", "--base", "main")

    assert status == 0
    assert "datasets=[]" in out
    assert "nothing is guarded" in err


@pytest.mark.parametrize("command", ["changed", "check"])
def test_a_checkout_of_the_base_is_no_pass(base, run, monkeypatch, command) -> None:
    """A workflow on `push` or `pull_request_target` has it: "no dataset was touched" passed."""
    base.run("git", "switch", "--quiet", "--detach", "main")
    status, _, err = run_in(base, run, monkeypatch, "ci", command, "--base", "main")

    assert status == 2
    assert "HEAD holds no commit that the base lacks" in err


def test_a_missing_base_says_what_to_fetch(base, tmp_path) -> None:
    with pytest.raises(GitError, match="git fetch"):
        touched("origin/nowhere", base.folder)


def test_a_shallow_clone_says_how_to_deepen_it(base, tmp_path) -> None:
    base.commit("more")
    clone = tmp_path / "clone"
    base.run("git", "clone", "--quiet", "--depth", "1", f"file://{base.folder}", str(clone))

    with pytest.raises(GitError, match="fetch-depth: 0"):
        touched("main", clone)


def test_a_base_named_like_an_option_is_none(base) -> None:
    with pytest.raises(GitError, match="no revision"):
        touched("--all", base.folder)


def test_anchors_are_files_that_git_knows(base) -> None:
    """The file of DVC, the manifest, or the limits; never an image."""
    base.write("data/c.dvc", "outs: []")
    base.write("untracked.dvc", "outs: []")
    base.run("git", "add", "data/c.dvc")

    assert annotation_file_of("data/c", base.folder) == "data/c.dvc"
    assert annotation_file_of("data/c/deep", base.folder) == "data/c.dvc"
    assert annotation_file_of("films/b.csv", base.folder) == "films/b.csv"
    assert annotation_file_of("untracked", base.folder, "limits/gate.json") == "limits/gate.json"
    assert annotation_file_of("data/a", base.folder) is None


def test_a_lock_is_the_anchor_of_what_a_pipeline_makes(base) -> None:
    """Not of what it only reads, such as each dataset that `dvc repro` judged."""
    made, read = "{path: made, hash: md5, md5: " + "a" * 32 + ".dir}", "{path: data}"
    stage = f"  make:\n    cmd: make\n    deps:\n    - {read}\n    outs:\n    - {made}\n"
    base.write(".dvc/config", "")
    base.write("dvc.lock", f"schema: '2.0'\nstages:\n{stage}")
    base.run("git", "add", "dvc.lock")

    assert annotation_file_of("made", base.folder, "limits/gate.json") == "dvc.lock"
    assert annotation_file_of("data", base.folder, "limits/gate.json") == "limits/gate.json"


def test_files_are_fetched_for_head_and_base(guarded, tmp_path, monkeypatch, run) -> None:
    """In a clone with an empty cache, from DVC's remote."""
    guarded.dvc("remote", "add", "--default", "store", str(tmp_path / "store"))
    guarded.commit("a remote")
    guarded.dvc("push", "--quiet")
    guarded.branch("topic")
    first = min((guarded.folder / "data").glob("*/*.png"))
    first.unlink()
    guarded.dvc("add", "--quiet", "data")
    guarded.commit("one less")
    guarded.dvc("push", "--quiet")
    clone = tmp_path / "clone"
    guarded.run("git", "clone", "--quiet", str(guarded.folder), str(clone))
    monkeypatch.chdir(clone)
    status, out, err = run_at(clone, run, monkeypatch, "ci", "fetch", "--base", "origin/main")

    assert status == 0, err
    assert "data: 119 files pulled" in out
    assert len(list((clone / "data").glob("*/*.png"))) == 119
    assert len([p for p in (clone / ".dvc/cache/files/md5").rglob("*") if p.is_file()]) == 122


def touched_after(repository):
    repository.commit()
    return touched("main", repository.folder)


def run_in(repository, run, monkeypatch, *words):
    return run_at(repository.folder, run, monkeypatch, *words)


def run_at(folder, run, monkeypatch, *words):
    monkeypatch.chdir(folder)
    return run(*words)


def test_the_action_names_one_dataset_without_params_yaml(repository, run, monkeypatch) -> None:
    """Its inputs are settings; empty ones say nothing."""
    repository.write("data/my scans/x/1.png", "1")
    repository.commit()
    repository.branch("topic")
    repository.write("data/my scans/x/2.png", "2")
    repository.commit()
    words = ("ci", "changed", "--base", "main", "--dataset", "data/my scans", "--suite", "")
    status, out, _ = run_in(repository, run, monkeypatch, *words)

    assert status == 0
    assert 'datasets=["my-scans"]' in out
