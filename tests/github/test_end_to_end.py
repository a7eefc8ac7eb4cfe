"""The commands of the workflow on a repository with git and DVC, from the branch to the comment."""

import json
import os
import re
import shlex
from pathlib import Path

import pytest
from PIL import Image, ImageFilter
from ruamel.yaml import YAML

from tests.sweeps import sampled

from .conftest import limit, suite, write_digits

GOLDEN = Path(__file__).parent / "comment.golden.md"
WORKFLOW = Path(__file__).parents[2] / "deri_gate" / "github" / "scaffold" / "dataset-gate.yml"


def damage(folder: Path) -> None:
    """What a careless pull request does: blurs some images, copies some, adds a broken file."""
    paths = sorted(folder.glob("*/*.png"))
    for path in paths[:24]:
        Image.open(path).filter(ImageFilter.GaussianBlur(3)).save(path)
    for path in paths[30:50]:
        path.with_stem(f"{path.stem} copy").write_bytes(path.read_bytes())
    (folder / "digit 1" / "a|b <script>alert(1)<!-- .png").write_bytes(b"no picture")


def commands(job: str) -> list[str]:
    """The deri-gate commands of a job of the workflow, as its YAML has them for one's own runner."""
    text = re.sub(r"<<(CPU|TORCH)>>", "", WORKFLOW.read_text("utf-8"))
    steps = YAML(typ="safe").load(text)["jobs"][job]["steps"]
    return [step["run"] for step in steps if step.get("run", "").startswith("deri-gate ")]


def outside_a_cell(command: str) -> str:
    """Command without its isolation, whose process loads everything anew.

    That the gate works in a cell, with the same answer, `test_isolation.py` shows.
    """
    plain = command.removesuffix(" --isolate auto")
    assert plain != command
    return plain


def masked(text: str) -> str:
    """Without what differs between machines and calibrations: hashes, scores, strengths."""
    text = re.sub(r"\b(p|effect) [+-]?\d[\d.e+-]*", r"\1 N", text)
    text = re.sub(r"\b[0-9a-f]{12,64}\b", "HASH", re.sub(r"\d+\.\d+(e-?\d+)?", "N", text))
    scores = r"(DERI1000[^*\n]*?) \d+ → \d+\*\*, difference -\d+ \(-\d+ to -\d+\)"
    return re.sub(scores, r"\1 N → N**, difference -N (-N to -N)", text)


@pytest.fixture
def step(guarded, run, monkeypatch):
    """Run one step of the workflow as its shell would."""

    def call(command: str, **env: str):
        known = {"BASE": "origin/main", "DERI_GATE": "deri-gate", **env}
        monkeypatch.chdir(guarded.folder)
        words = [re.sub(r"\$(\w+)", lambda m: known[m[1]], word) for word in shlex.split(command)]
        assert words[0] == "deri-gate"
        return run(*words[1:])

    return call


@pytest.mark.parametrize("where", sampled([outside_a_cell, str]))
def test_a_damaging_pull_request(guarded, step, monkeypatch, tmp_path, where) -> None:
    """It is noticed, judged against the base, fails, and its comment is the golden one."""
    guarded.branch("careless")
    damage(guarded.folder / "data")
    guarded.dvc("add", "--quiet", "data")
    guarded.commit("more images")
    guarded.run("git", "update-ref", "refs/remotes/origin/main", "main")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md"))

    (look,) = commands("changed")
    fetch, _, judge = commands("judge")
    status, out, _ = step(look)
    assert status == 0
    assert 'datasets=["digits"]' in (tmp_path / "outputs").read_text()
    assert "policy=[]" in out

    status, out, err = step(where(judge))
    assert status == 1, err
    summary = Path("deri-report/digits/summary.md").read_text("utf-8")
    assert (tmp_path / "step.md").read_text("utf-8") == summary
    if os.environ.get("DERI_GATE_GOLDEN") == "write":
        GOLDEN.write_text(masked(summary), "utf-8")
    assert masked(summary) == GOLDEN.read_text("utf-8")
    assert len([line for line in out.splitlines() if line.startswith("::")]) <= 10
    assert "::error file=data.dvc," in out
    assert fetch.startswith("deri-gate ci fetch")
    assert not guarded.run("git", "status", "--porcelain", "--untracked-files=no").strip()


def test_an_honest_pull_request(guarded, step) -> None:
    """More of the same source passes; nothing is said of what was not asked."""
    guarded.branch("honest")
    write_digits(guarded.folder / "data", range(120, 130))
    guarded.dvc("add", "--quiet", "data")
    guarded.commit("more images")
    guarded.run("git", "update-ref", "refs/remotes/origin/main", "main")

    status, out, err = step(outside_a_cell(commands("judge")[-1]))
    assert status == 0, out + err
    assert "10 images were added and 120 unchanged" in " ".join(out.split())
    assert not [line for line in out.splitlines() if line.startswith("::error")]


def test_a_pull_request_cannot_lower_its_own_bar(guarded, step) -> None:
    """Weaker limits, another pool, fewer datasets: judged by the base's, and that is said."""
    guarded.branch("sly")
    damage(guarded.folder / "data")
    guarded.dvc("add", "--quiet", "data")
    guarded.write("limits/gate.json", suite(limit("imbalance", 0.0)))
    guarded.write("limits/change.json", suite(limit("imbalance", 0.0)))
    guarded.write("pools/own/pool.json", "{}")
    guarded.write("params.yaml", "gate:\n  datasets:\n    other: limits\n")
    guarded.commit("all is well")
    guarded.run("git", "update-ref", "refs/remotes/origin/main", "main")

    status, out, _ = step(commands("changed")[0])
    outputs = dict(line.split("=", 1) for line in out.splitlines())
    assert "digits" in json.loads(outputs["datasets"])
    assert json.loads(outputs["policy"]) == [
        "limits/change.json", "limits/gate.json", "params.yaml", "pools/own/pool.json",
    ]  # fmt: skip
    status, out, _ = step("deri-gate ci check digits --base $BASE --out deri-report")
    summary = Path("deri-report/digits/summary.md").read_text("utf-8")
    assert status == 1
    assert out.endswith("Report   deri-report/digits/report.html\n\n")
    assert summary.startswith("> [!WARNING]\n> This pull request changes the policy itself.")
    assert "limits/gate.json" in summary.splitlines()[1]
    assert "sharpness" in summary


def test_a_changed_policy_is_told_though_nothing_is_judged(
    guarded, step, tmp_path, monkeypatch
) -> None:
    """Looser limits and no image: the check passes, as only their owner can judge them.

    However many files of it differ, each is named, in the summary of the step and by the check.
    """
    guarded.branch("looser")
    guarded.write("limits/gate.json", suite(limit("imbalance", 0.0)))
    more = [f".github/workflows/{'of our third team ' * 2}{number}.yml" for number in range(12)]
    for path in more:
        guarded.write(path, "on: push")
    guarded.commit("looser limits")
    guarded.run("git", "update-ref", "refs/remotes/origin/main", "main")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md"))

    status, out, err = step(commands("changed")[0])
    outputs = dict(line.split("=", 1) for line in out.splitlines())
    assert (status, outputs["datasets"]) == (0, "[]")
    for said in (err, (tmp_path / "step.md").read_text("utf-8")):
        assert "changes the policy itself. No dataset was touched" in said
        assert all(path in said.replace("\\", "") for path in ("limits/gate.json", *more))
    _, out, _ = step(commands("judge")[-1])
    assert "has to review .github/" in out
    status, out, _ = step(
        commands("verdict")[0], CHANGED="success", DATASETS="[]", JUDGED="skipped",
        POLICY=outputs["policy"],
    )  # fmt: skip
    assert status == 0
    assert all(path in out for path in ("limits/gate.json", *more))


def test_a_merge_queue_names_the_base_by_its_commit(guarded, step) -> None:
    """No branch is there to name; what the queue is to merge is judged all the same."""
    assert "merge_group" in YAML(typ="safe").load(WORKFLOW)["on"]
    commit = guarded.run("git", "rev-parse", "main").strip()
    guarded.branch("queued")
    damage(guarded.folder / "data")
    guarded.dvc("add", "--quiet", "data")
    guarded.commit("more images")

    status, out, _ = step(commands("changed")[0], BASE=commit)
    assert (status, 'datasets=["digits"]' in out) == (0, True)
    status, out, _ = step(outside_a_cell(commands("judge")[-1]), BASE=commit)
    assert (status, "20 images were added" in " ".join(out.split())) == (1, True)


def test_nothing_touched_is_nothing_to_judge(guarded, step) -> None:
    """A pull request of prose passes, and the required check says so."""
    guarded.branch("prose")
    guarded.write("README.md", "words")
    guarded.commit("words")
    guarded.run("git", "update-ref", "refs/remotes/origin/main", "main")

    _, out, _ = step(commands("changed")[0])
    assert "datasets=[]\n" in out
    status, out, _ = step(commands("judge")[-1])
    assert (status, "no dataset was touched" in out) == (0, True)
    (conclude,) = commands("verdict")
    status, out, _ = step(conclude, CHANGED="success", DATASETS="[]", JUDGED="skipped", POLICY="[]")
    assert (status, out) == (0, "no dataset was touched\n")


def test_a_dataset_that_cannot_be_judged_is_said_on_the_pull_request(guarded, step) -> None:
    """Its comment says what to do; the other steps go on."""
    guarded.branch("gone")
    guarded.run("git", "rm", "--quiet", "data.dvc")
    for path in sorted((guarded.folder / "data").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (guarded.folder / "data").rmdir()
    guarded.commit("no data")
    guarded.run("git", "update-ref", "refs/remotes/origin/main", "main")

    status, out, _ = step(commands("judge")[-1])
    assert status == 2
    assert out.startswith("::error file=limits/gate.json,title=digits::could not judge")
    summary = Path("deri-report/digits/summary.md").read_text("utf-8")
    assert summary.startswith("## ❔ could not judge: digits")
