"""`dvc repro` in a git repository of its own: what runs, what does not, and what comes out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from functools import reduce
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from deri_gate.commands.summary import groups, summarised
from deri_gate.schemas.impact import AgreementInfo, RanksInfo
from deri_gate.schemas.study import SummaryRates
from tests.sweeps import sampled

ROOT = Path(__file__).parents[1]
QUICK = ROOT / "tests" / "quick_dvc.py"
ROOM = "deri_gate/study"
OTHER_ROOMS = re.compile(rf"^ +- (?!{ROOM}$)deri_gate/.*\n", re.MULTILINE)
STUB = '''#!{python} -IS
"""Stands for deri-gate: each file says from what it was made, so that DVC sees what changes."""
import hashlib, json, sys
from pathlib import Path

command, *words = sys.argv[1:]
if command == "pool":
    command, *words = words
params = json.loads(Path("params.yaml").read_text("utf-8"))
ABOUT = ("version", "licence", "source")


def option(name):
    return words[words.index(name) + 1] if name in words else None


def data_of(name):
    return Path(params["folder"]) / params["datasets"][name]["path"]


def settings_of(name):
    return {{k: v for k, v in params["datasets"][name].items() if k not in ABOUT}}


def expanded(word):
    names = params["datasets"]
    return [Path(word.replace("{{name}}", n)) for n in names] if "{{name}}" in word else [Path(word)]


def digest(paths):
    files = sorted(f for p in paths for f in ([p] if p.is_file() else p.rglob("*")) if f.is_file())
    return hashlib.md5(b"".join(f.read_bytes() for f in files)).hexdigest()


out = Path(option("--out") or words[0])
ends = {{words.index(o) + 1 for o in ("--candidates", "--left-out", "--out") if o in words}}
given = [w for i, w in enumerate(words) if not w.startswith("-") and i not in ends]
named = [n for n in given if n in params["datasets"]]
paths = [p for w in given for p in expanded(w) if w not in named and p.exists() and p != out]
data = [data_of(n) for n in (named or params["datasets"])]
reads = command in ("candidates", "measure", "variants", "probe", "sensitivity", "detection", "properties")
said = digest(paths + (data if reads else [])) + " ".join(words)
made = {{
    "measure": ["metrics.json"], "variants": ["v"], "probe": ["results.parquet"],
    "impact": ["impact.json", "impact.csv", "runs.csv.gz"], "calibrate": ["pool.json", "selection.csv", "influence.csv"],
    "limits": ["dataset_gate.json"],
    "sensitivity": ["sensitivity.json", "sensitivity.csv", "sensitivity.png", "subscores.parquet"],
    "detection": ["detection.json", "detection.csv"],
    "compare": ["drift.json"], "draw": ["weights.svg"], "weigh": ["influence.csv"],
    "properties": ["properties.json", "properties.csv", "properties.svg"], "summary": ["summary.json", "scores.csv", "groups.csv"],
    "candidates": [f"looks/{{n}}.json" for n in named] or ["left_out.json", "taking_part.txt"],
}}
for name in made[command]:
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    (out / name).write_text("{{}}" if name == "summary.json" else said)
if command == "candidates" and named:
    (out / made[command][0]).write_text(said + json.dumps(settings_of(named[0])))
elif command == "candidates":
    (out / "left_out.json").write_text("{{}}")
    (out / "taking_part.txt").write_text(" ".join(params["datasets"]))
if command == "calibrate":
    Path(option("--numbers")).write_text(said)
    (out / "pool.json").write_text(said + json.dumps(params["datasets"]))
if command == "weigh":
    for name in ("pool.json", "selection.csv"):
        (out / name).write_text((paths[0] / name).read_text())
    Path(option("--numbers")).write_text((paths[0] / "selection.csv").read_text())
if command == "compare":
    history = Path(option("--history"))
    history.parent.mkdir(parents=True, exist_ok=True)
    before = history.read_text() if history.exists() else ""
    history.write_text(before + "compared\\n")
'''
PROVENANCE = {"version": "1", "licence": "BSD", "source": "scikit-learn"}
PARAMS = {
    "pool": "tiny",
    "folder": "build/datasets",
    "datasets": {name: {"path": name, **PROVENANCE} for name in ("a", "b", "c")},
    "make_dataset": {
        "a": {"from": "patches", "of": ["brick", "grass"], "side": 32, "images": 60},
        "b": {"from": "patches", "of": ["page", "text"], "side": 28, "images": 60},
        "c": {"from": "digits", "images": 60},  # loads scikit-learn, for seconds
    },
    "measure": {"profile": "standard"},
    "variants": {"level": ["strong"], "group": ["label_noise", "sharpness"]},
    "probe": {
        "preset": "smoke",
        "architecture": ["linear"],
        "level": ["strong"],
        "group": ["label_noise", "sharpness", "separation", "noise_artifacts", "imbalance"],
    },
    "impact": {"resamples": 20},
    "calibrate": {"select": 3, "weights": "published"},
    "limits": {"false-alarms": 0.01},
    "sensitivity": {
        "metrics": "sharpness,imbalance,label_noise",
        "level": ["strong"],
        "group": ["label_noise", "sharpness", "imbalance"],
        "images": 40,
        "resamples": 1,
    },
    "detection": {"group": ["label_noise", "sharpness"], "images": 40},
    "properties": {"size": [20, 40], "side": [28, 32], "images": 20, "metrics": "data"},
    "compare": {"metrics": "sharpness,exposure"},
    "drift": {"b": {"batch": "b/val", "baseline": "b/train"}},
}
OWN = ("dataset", "candidate", "metrics", "variants", "probe")
POOL = {"candidates", "impact", "calibrate", "limits", "sensitivity", "weigh", "detection",
        "weights", "summary", "properties", "figures", "drift@b"}  # fmt: skip


class Repository:
    """A git and DVC repository with this pipeline and small params."""

    def __init__(self, root: Path, programs: Path, datasets: str = "ab") -> None:
        """Two datasets by default: most of the time is DVC's, for the lock of every stage.

        Of the rooms of our code one stands for all, as DVC reads and writes its whole lock again
        at each stage; `test_stages.py` says on which rooms each stage depends.
        """
        self.root = root
        self.params = json.loads(json.dumps(PARAMS))
        for part in ("datasets", "make_dataset"):
            self.params[part] = {name: self.params[part][name] for name in datasets}
        path = os.pathsep.join(
            [str(programs), str(Path(sys.executable).parent), os.environ["PATH"]]
        )
        self.environment = {**os.environ, "PATH": path, "DVC_NO_ANALYTICS": "1"}
        if root.exists():
            return
        for name in ("dvc.yaml", ".dvc/config", ".dvcignore", "expectations"):
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
            copy(ROOT / name, target)
        stages = (root / "dvc.yaml").read_text("utf-8")
        (root / "dvc.yaml").write_text(OTHER_ROOMS.sub("", stages), "utf-8")
        skipped = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / ROOM, root / ROOM, ignore=skipped)
        (root / "reference_pool").mkdir()
        for script in (ROOT / "reference_pool").glob("*.py"):
            shutil.copyfile(script, root / "reference_pool" / script.name)
        self.git("init", "--quiet")

    def git(self, *arguments: str) -> None:
        who = ("-c", "user.name=Nobody", "-c", "user.email=nobody@localhost")
        subprocess.run(["git", *who, *arguments], cwd=self.root, check=True)

    def dvc(self, *arguments: str) -> str:
        (self.root / "params.yaml").write_text(json.dumps(self.params), "utf-8")  # YAML as well
        done = subprocess.run(
            [sys.executable, "-P", str(QUICK), *arguments],
            cwd=self.root, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def repro(self) -> set[str]:
        """Runs the pipeline; names of the stages that ran."""
        lines = self.dvc("repro").splitlines()
        return {line.split("'")[1] for line in lines if line.startswith("Running stage")}


def stages(*names: str) -> set[str]:
    return {f"{stage}@{name}" for stage in OWN for name in names}


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> tuple[Path, set[str]]:
    """A finished run and its stages; a program that notes what it was given stands for deri-gate."""
    folder = tmp_path_factory.mktemp("done")
    (folder / "programs").mkdir()
    stub = folder / "programs" / "deri-gate"
    stub.write_text(STUB.format(python=sys.executable))
    stub.chmod(0o755)
    made = Repository(folder / "repository", folder / "programs")
    return folder, made.repro()


@pytest.fixture
def stubbed(done, tmp_path) -> Repository:
    """A copy of it."""
    root = shutil.copytree(done[0] / "repository", tmp_path / "repository")
    return Repository(root, done[0] / "programs")


OF_SENSITIVITY = {"sensitivity", "weigh", "weights", "summary", "properties", "figures"}


def test_all_runs_once(done, stubbed) -> None:
    """And then nothing."""
    assert done[1] == stages("a", "b") | POOL
    assert stubbed.repro() == set()


@pytest.mark.parametrize(
    ("option", "value", "concerned"),
    sampled(
        [
            (("detection", "images"), 30, {"detection", "summary", "figures"}),
            (("sensitivity", "resamples"), 2, OF_SENSITIVITY),
            (("make_dataset", "b", "images"), 40, stages("b") | POOL),
        ]
    ),
    ids=["detection", "sensitivity", "a dataset"],
)
def test_only_what_an_option_concerns_runs_again(stubbed, option, value, concerned) -> None:
    """A part of the study, or the branch of one dataset and what is made of all."""
    *way, last = option
    part = reduce(lambda params, name: params[name], way, stubbed.params)
    part[last] = value
    assert stubbed.repro() == concerned


@pytest.mark.sweep
def test_the_history_of_drift_stays_between_runs(stubbed) -> None:
    """A batch that has changed is compared again, and what was noted before is still there."""
    history = stubbed.root / "reference_pool" / "tiny" / "drift" / "b.csv"
    assert history.read_text("utf-8") == "compared\n"

    stubbed.params["compare"]["seed"] = 7
    assert stubbed.repro() == {"drift@b"}
    assert history.read_text("utf-8") == "compared\ncompared\n"

    stubbed.params["drift"] = {}
    assert stubbed.repro() == set()


@pytest.mark.sweep
def test_a_licence_runs_nothing_that_takes_minutes(stubbed) -> None:
    """Only what reads and writes it; no image is measured, nothing trained, no study made."""
    stubbed.params["datasets"]["b"]["licence"] = "BSD-3-Clause"
    ran = stubbed.repro()
    pool = (stubbed.root / "reference_pool" / "tiny" / "pool.json").read_text("utf-8")

    assert ran == {"candidate@b", "candidates", "calibrate", "weigh"}
    assert "BSD-3-Clause" in pool


@pytest.mark.sweep
def test_another_candidate_touches_no_other(stubbed) -> None:
    """Its own branch, and what is made of all."""
    stubbed.params["datasets"]["again"] = {"path": "a", **PROVENANCE}

    assert stubbed.repro() == stages("again") - {"dataset@again"} | POOL


def test_without_the_images_nothing_is_deleted(stubbed) -> None:
    """It stops, with what was made still there; with --allow-missing there is nothing to do."""
    shutil.rmtree(stubbed.root / "build" / "datasets")
    stubbed.params["make_dataset"] = {}
    made = {p: p.read_bytes() for p in (stubbed.root / "build").rglob("*") if p.is_file()}
    with pytest.raises(AssertionError, match="build/datasets"):
        stubbed.dvc("repro")
    assert {p: p.read_bytes() for p in made} == made
    out = stubbed.dvc("repro", "--allow-missing")
    assert not [line for line in out.splitlines() if line.startswith("Running")]


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["spaces", "link"])
def test_a_folder_of_another_name_or_behind_a_link(stubbed, tmp_path, kind) -> None:
    """Spaces in paths; a link that git ignores, so that dvc.lock says nothing of this machine."""
    own = shutil.copytree(stubbed.root / "build" / "datasets", tmp_path / "my sets")
    (own / "a").rename(own / "set a")
    stubbed.params |= {"make_dataset": {}, "folder": str(own), "drift": {}}
    stubbed.params["datasets"]["a"]["path"] = "set a"
    if kind == "link":
        (stubbed.root / "sets").symlink_to(own)
        stubbed.params["folder"] = "sets"
    ran = stubbed.repro()

    assert {"metrics@a", "probe@a"} <= ran
    assert stubbed.repro() == set()
    lock = (stubbed.root / "dvc.lock").read_text("utf-8")
    assert (str(tmp_path) in lock) is (kind == "spaces")
    if kind == "link":
        elsewhere = shutil.copytree(own, tmp_path / "elsewhere")
        (stubbed.root / "sets").unlink()
        (stubbed.root / "sets").symlink_to(elsewhere)
        assert stubbed.repro() == set()
        assert (stubbed.root / "dvc.lock").read_text("utf-8") == lock


@pytest.mark.sweep
def test_new_code_runs_what_hangs_on_it(stubbed) -> None:
    """Weights that are fitted in another way: no dataset is touched."""
    with (stubbed.root / "deri_gate" / "study" / "weights" / "fitting.py").open("a") as file:
        file.write("# changed\n")
    assert {"impact", "weights"} <= stubbed.repro() <= POOL


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_another_pool_overwrites_none(stubbed) -> None:
    """The name is a parameter; datasets made before are not made again."""
    pool = stubbed.root / "reference_pool" / "tiny"
    before = {path: path.read_bytes() for path in pool.rglob("*") if path.is_file()}
    stubbed.params["pool"] = "other"
    ran = stubbed.repro()

    assert not {stage for stage in ran if stage.startswith("dataset@")}
    assert {path: path.read_bytes() for path in pool.rglob("*") if path.is_file()} == before
    assert (stubbed.root / "reference_pool" / "other" / "pool.json").exists()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_folder_of_ones_own_takes_part(stubbed, tmp_path) -> None:
    """It is watched where it lies, not copied; what is left of another dataset is not taken."""
    own = tmp_path / "scans"
    for name in ("a", "b"):
        shutil.copytree(stubbed.root / "build" / "datasets" / name, own / name)
    stubbed.params |= {"folder": str(own), "make_dataset": {}, "drift": {}}
    del stubbed.params["datasets"]["b"]
    stubbed.params["datasets"]["new"] = {"path": "b", **PROVENANCE}
    ran = stubbed.repro()
    said = (stubbed.root / "reference_pool" / "tiny" / "pool.json").read_text("utf-8")

    assert "metrics@new" in ran
    assert '"new": ' in said
    assert '"b": ' not in said
    next((own / "a").rglob("*.png")).unlink()
    assert stubbed.repro() == stages("a") - {"dataset@a"} | POOL - {"drift@b"}


FIELDS = {"groups", "against_base", "detection", "detected", "share", "falls"}  # of records


def with_fields(content):
    """A document as the models have it: what has one of these fields is a record."""
    if not isinstance(content, dict):
        return content
    own = {name: with_fields(part) for name, part in content.items()}
    return SimpleNamespace(**own) if FIELDS & set(own) else own


def test_the_summary_counts_pairs() -> None:
    """Half of four and one of one fall: three of five; a group without pairs says nothing."""
    sensitivity = {
        "groups": {
            "sharpness": {"strong": {"pairs": 4, "falls": 0.5}},
            "duplicates": {"mild": {"pairs": 0, "falls": None}, "strong": {"pairs": 1, "falls": 1}},
        },
        "detection": {"sharpness": {"strong": 0.5}, "duplicates": {"mild": None, "strong": 1.0}},
        "false_alarms": 0.0,
    }
    ranks = RanksInfo(overall=0.1, within=0.4, between=None)
    agreement = AgreementInfo.model_construct(spearman={"published": ranks, "agreement": ranks})
    shares = {"detected": {"share": 0.9}, "false_alarm": {"share": 0.0}}
    detection = {"against_base": shares}
    args = ({}, with_fields(sensitivity), with_fields(detection))
    found = summarised(*args, SimpleNamespace(agreement=agreement))

    assert (found.falls, found.detected, found.false_alarms) == (0.6, 0.75, 0.0)
    assert found.spearman == {"published": 0.4}
    assert found.against_base == SummaryRates(detected=0.9, false_alarms=0.0)
    without = summarised(*args, SimpleNamespace(agreement=SimpleNamespace(reason="none")))
    assert without.spearman == {}


def test_the_table_of_groups_has_both_ways_to_see_damage() -> None:
    """All images damaged against the pool, a tenth against the base; the strongest level."""
    sensitivity = {
        "groups": {
            "sharpness": {"mild": {"falls": 0.5}, "strong": {"falls": 1.0}},
            "diversity.groups": {"strong": {"falls": None}},
        },
        "detection": {
            "sharpness": {"mild": 0.1, "strong": 0.2},
            "diversity.groups": {"strong": None},
        },
    }
    seen = {"sharpness": {"in_place": {"share": 0.9}, "new_images": {"share": 0.8}}}
    cell = {"falls": 0.9, "median_change": -40.0, "highest": 3.0}
    sensitivity["matrix"] = {
        "sharpness": {"strong": {"DERI1000": cell}},
        "diversity.groups": {"strong": {}},
    }
    detection = with_fields({"against_base": {"detection": seen}})
    rows = groups(with_fields(sensitivity), detection).splitlines()

    assert rows[1:] == [
        "sharpness,strong,1.0,0.9,-40.0,3.0,0.2,0.9,,0.8",
        "diversity.groups,strong,,,,,,,,",
    ]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_whole_study_for_real(tmp_path, own_cache) -> None:
    """From nothing to a pool that scores; what `metrics diff` and `plots show` then say."""
    real = Repository(tmp_path / "repository", Path(sys.executable).parent, "abc")
    assert real.repro() == stages("a", "b", "c") | POOL
    assert real.repro() == set()
    pool = real.root / "reference_pool" / "tiny"
    agreement = json.loads((pool / "impact.json").read_bytes())["agreement"]
    assert "monotone" in json.loads((pool / "pool.json").read_bytes())["other_weights"]
    assert set(agreement["spearman"]) == {"published", "impact", "equal", "agreement"}
    assert agreement["variants"] == 3 * (1 + 3)

    real.git("add", "--all")
    real.git("commit", "--quiet", "--message", "first")
    shown = json.loads(real.dvc("metrics", "show", "--json"))
    scores = shown[""]["data"]["reference_pool/tiny/summary.json"]["data"]["DERI1000"]
    assert set(scores) == {"a", "b", "c"}
    assert np.isfinite(list(scores.values())).all()

    real.params["make_dataset"]["b"]["images"] = 48
    assert real.repro() == stages("b") | POOL
    changed = json.loads(real.dvc("metrics", "diff", "--json"))
    assert changed["reference_pool/tiny/summary.json"]["DERI1000.b"]["diff"] != 0
    assert "index.html" in real.dvc("plots", "show")
