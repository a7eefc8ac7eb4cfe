"""`init --pool` in a repository of its own, for real: from folders to a pool, and what runs again."""

from __future__ import annotations

import csv
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from ruamel.yaml import YAML

CHEAP = {
    "measure": {"profile": "standard"},
    "variants": {"level": ["medium", "strong"], "group": ["label_noise", "scenario.segmented"]},
    "probe": {"preset": "smoke", "architecture": ["linear"], "level": ["mild", "medium", "strong"],
              "group": ["label_noise", "sharpness"]},
    "impact": {"resamples": 20},
    "sensitivity": {"metrics": "sharpness,label_noise", "group": ["label_noise", "sharpness"],
                    "level": ["strong"], "images": 40, "resamples": 1},
    "detection": {"group": ["label_noise", "sharpness"], "images": 40},
    "properties": {"metrics": "data", "size": [20, 40], "side": [28], "images": 20},
}  # fmt: skip
WHO = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER")
       for what in ("NAME", "EMAIL")}  # fmt: skip
KEYS = {"AWS_ACCESS_KEY_ID": "us", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
PAGE = (Path(__file__).parents[1] / "docs" / "recalibration.md").read_text("utf-8")
PAGE = PAGE.partition("## A pool of your own")[2].partition("\n## ")[0]
COMMANDS = [shlex.split(line) for line in re.findall(r"^\$ (.*)$", PAGE, re.MULTILINE)]


class Team:
    """A clone of a team's repository; nothing of this one is in it."""

    def __init__(self, root: Path, **more: str) -> None:
        self.root = root
        self.said: dict[str, str] = {}  # by second word of a command
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**os.environ, **WHO, "PATH": path, "DVC_NO_ANALYTICS": "1",
                            "GIT_CONFIG_GLOBAL": os.devnull, **more}  # fmt: skip

    def run(self, *words: str) -> str:
        done = subprocess.run(
            words, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False
        )
        judged = {0, 1} if "check" in words else {0}  # a verdict is an answer
        assert done.returncode in judged, f"{words}\n{done.stdout}{done.stderr}"
        return done.stdout

    def commit(self, message: str) -> None:
        self.run("git", "add", ".")
        self.run("git", "commit", "--quiet", "--message", message)

    def steps(self) -> dict[str, str]:
        """Commands of the workflow that `init --pool` wrote, by name."""
        workflow = YAML(typ="safe").load(self.root / ".github" / "workflows" / "recalibrate.yml")
        steps = workflow["jobs"]["recalibrate"]["steps"]
        return {step["name"]: step["run"] for step in steps if "run" in step}

    def step(self, name: str) -> str:
        return self.run(*self.steps()[name].split())

    def lock(self) -> bytes:
        return (self.root / "dvc.lock").read_bytes()


def stages_in(said: str) -> set[str]:
    """Stages that DVC says it runs."""
    return set(re.findall(r"^Running stage '(.*)'", said, re.MULTILINE))


def draw(folder: Path, *, table: bool) -> None:
    """60 pictures of discs and squares: in folders of classes, or by a table, with masks."""
    rng = np.random.default_rng(table)
    y, x = np.mgrid[:28, :28]
    rows = [("path", "mask", "label")]
    for i in range(60):
        inside = np.hypot(x - 14, y - 14) < 7 if i % 2 else np.maximum(abs(x - 14), abs(y - 14)) < 6
        pixels = (80 + 90 * (inside ^ table) + rng.normal(0, 8, inside.shape)).clip(0, 255)
        label = ("square", "disc")[i % 2]
        rows.append((f"{'images' if table else label}/{i}.png", f"masks/{i}.png", label))
        for path, picture in zip(rows[-1][: 1 + table], (pixels, inside * 255), strict=False):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture.astype(np.uint8)).save(folder / path)
    if table:
        with (folder / "all.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)


@pytest.fixture(scope="module")
def us(tmp_path_factory) -> Team:
    """The page's commands, in their order, in a new repository whose images DVC keeps."""
    home = tmp_path_factory.mktemp("team")
    team = Team(home / "us", DERI_GATE_CACHE=str(home / "cache"))
    team.root.mkdir()
    draw(team.root / "data" / "scans", table=False)
    draw(team.root / "data" / "my cells", table=True)
    for words in COMMANDS:
        if words == ["dvc", "repro"]:
            make_cheap(team)
        team.said[words[1]] = team.run(*words)
    assert [words[1] for words in COMMANDS] == [
        "init", "init", "init", "repro", "add", "commit", "check",
    ]  # fmt: skip
    assert team.run("git", "status", "--short") == ""
    return team


def make_cheap(team: Team) -> None:
    """Settings under which minutes are enough; the images go to DVC."""
    for name in ("scans", "my cells"):
        team.run("dvc", "add", "--quiet", f"data/{name}")
    params = YAML().load(team.root / "params.yaml")
    params.update(CHEAP)
    params["gate"] |= {"metrics": "data", "suite": "expectations/data_only.json"}
    YAML().dump(params, team.root / "params.yaml")


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_the_page_makes_a_pool(us) -> None:
    """Each stage runs once; a dataset is judged by the pool, and known as a member."""
    ran = stages_in(us.said["repro"])
    pool = us.root / "reference_pool" / "mine"

    assert {"gate@my-cells", "probe@my-cells", "calibrate", "limits", "figures", "summary"} <= ran
    assert {"pool.json", "summary.json", "expectations", "figures"} <= {
        p.name for p in pool.iterdir()
    }
    assert stages_in(us.run("dvc", "repro")) == set()
    assert "/reference_pool/    @us" in (us.root / ".github" / "CODEOWNERS").read_text("utf-8")
    assert "DERI1000" in us.said["check"]
    assert "This dataset is in the pool, as scans" in us.said["check"]


@pytest.fixture(params=["a folder", "S3"])
def store(request, tmp_path, us):
    """Words that name a new remote to DVC; each line is one command."""
    if request.param == "a folder":
        yield [("add", "--default", "--force", "store", str(tmp_path / "store"))]
        return
    import boto3  # both take a second, for this test alone
    from moto.server import ThreadedMotoServer

    request.getfixturevalue("socket_enabled")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client("s3", endpoint_url=address, aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
                          aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
                          region_name=KEYS["AWS_REGION"])  # fmt: skip
    client.create_bucket(Bucket="pools")
    us.environment |= KEYS
    yield [
        ("add", "--default", "--force", "store", "s3://pools/ours"),
        ("modify", "store", "endpointurl", address),
    ]
    server.stop()


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_a_colleague_and_the_workflow_have_the_pool(us, store, tmp_path) -> None:
    """Push from one clone, pull from another with a cache of its own: nothing is left to run."""
    for words in store:
        us.run("dvc", "remote", *words)
    us.commit("a remote")
    us.step("Keep what was made")  # dvc push --run-cache
    us.run("git", "clone", "--quiet", ".", str(tmp_path / "a colleague"))
    colleague = Team(tmp_path / "a colleague", **us.environment)
    colleague.environment["DERI_GATE_CACHE"] = str(tmp_path / "cache")
    assert not (colleague.root / "data" / "scans").exists()
    colleague.step("Get the images and earlier results")  # dvc pull --run-cache --allow-missing

    assert "up to date" in colleague.run("dvc", "status")
    assert "in sync" in colleague.run("dvc", "status", "--cloud")
    assert "Running stage" not in colleague.step("Run the pipeline")
    assert colleague.lock() == us.lock()
    assert colleague.run("git", "status", "--short") == ""
    assert not (tmp_path / "cache").exists()  # nothing was computed


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_what_changed_runs_again_and_nothing_else(us, tmp_path) -> None:
    """In a clone of the team's: a licence, an image behind a manifest, images that are not here."""
    shutil.copytree(us.root, tmp_path / "again", symlinks=True)
    team = Team(tmp_path / "again", **us.environment)
    text = (team.root / "params.yaml").read_text("utf-8")
    (team.root / "params.yaml").write_text(text.replace("not stated", "CC0"), encoding="utf-8")
    assert stages_in(team.run("dvc", "repro")) == {
        "candidate@my-cells",
        "candidate@scans",
        "candidates",
        "calibrate",
        "weigh",
    }
    for folder in ("images", "masks"):
        Image.new("L", (28, 28), 90).save(team.root / "data" / "my cells" / folder / "1.png")
        team.run("dvc", "add", "--quiet", "data/my cells")
        changed = stages_in(team.run("dvc", "repro"))
        assert_proposed_whole(team)
        assert {"gate@my-cells", "metrics@my-cells", "probe@my-cells", "calibrate"} <= changed, (
            folder
        )
        assert not {stage for stage in changed if stage.endswith("@scans")}

    shutil.rmtree(team.root / "data" / "scans")
    made = {path: path.read_bytes() for path in (team.root / "build").rglob("*") if path.is_file()}
    shutil.rmtree(team.root / ".dvc" / "cache")
    with pytest.raises(AssertionError, match="scans"):
        stages_in(team.run("dvc", "repro"))
    assert {path: path.read_bytes() for path in made} == made


def assert_proposed_whole(team: Team) -> None:
    """What the workflow proposes is all that git sees changed, but for the data themselves."""
    words = team.steps()["Propose the new pool"].split()
    paths = words[words.index("propose") + 1 : words.index("--into")]
    team.run("git", "add", *[path for path in paths if (team.root / path).exists()])
    left = team.run("git", "diff", "--name-only") + team.run(
        "git", "ls-files", "--others", "--exclude-standard"
    )
    assert set(left.splitlines()) == {"data/my cells.dvc", "params.yaml"}
