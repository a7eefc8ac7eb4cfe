"""The commands of docs/how-to.md, in their order, in a folder as its reader has it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "how-to.md").read_text("utf-8")
COMMANDS = re.findall(r"^\$ (.*)$", PAGE, re.MULTILINE)
ASKED = ("GitHub", "GitLab", "DVC", "limits", "missed for a while", "Accept", "pool", "metric",
         "encoder", "masks", "several labels", "site", "DICOM", "batches", "GPU", "thousand")  # fmt: skip
AUTHOR = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER")
          for what in ("NAME", "EMAIL")}  # fmt: skip


def picture(path: Path, rng: np.random.Generator, bright: int) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    small = rng.integers(0, 150, (6, 6, 3), dtype=np.uint8)
    big = np.asarray(Image.fromarray(small).resize((48, 48), 3)) + rng.normal(
        bright, 4, (48, 48, 3)
    )
    Image.fromarray(big.clip(0, 255).astype(np.uint8)).save(path)
    return path.name


@pytest.fixture
def reader(tmp_path):
    """A folder with images, tables, masks and weights, in a repository of git and DVC."""
    timm, torch = pytest.importorskip("timm"), pytest.importorskip("torch")
    rng, here = np.random.default_rng(3), tmp_path / "here"
    for n in range(40):
        picture(here / "scans" / ("cat", "dog")[n % 2] / f"{n}.png", rng, 40 * (n % 2))
        picture(here / "week" / ("cat", "dog")[n % 2] / f"{n}.png", rng, 40 * (n % 2))
    paths = sorted(path.relative_to(here).as_posix() for path in (here / "scans").rglob("*.png"))
    labels = [path.split("/")[1] for path in paths]
    table = pd.DataFrame({"path": paths, "label": labels, "site": ["north", "south"] * 20})
    table.to_csv(here / "list.csv", index=False)
    several = [f"{label}|{('ill', 'well')[i % 3 == 0]}" for i, label in enumerate(labels)]
    table.assign(label=several).to_csv(here / "several.csv", index=False)
    masks = []
    for n in range(40):
        levels = np.zeros((48, 48), np.uint8)
        levels[10:30, 10:30] = 255
        (here / "masks").mkdir(exist_ok=True)
        Image.fromarray(levels).save(here / "masks" / f"{n}.png")
        masks.append(f"masks/{n}.png")
    table.assign(mask=masks).to_csv(here / "masks.csv", index=False)
    torch.manual_seed(0)
    torch.save(timm.create_model("resnet18").state_dict(), here / "weights.pth")
    environment = {
        **os.environ, **AUTHOR, "GIT_CONFIG_GLOBAL": os.devnull, "DVC_NO_ANALYTICS": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip

    def shell(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, shell=True, cwd=here, env=environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip

    assert shell("git init --quiet && dvc init --quiet").returncode == 0
    return shell


def test_every_task_has_an_answer() -> None:
    """The tasks that newcomers were asked for, each with a heading."""
    heads = " / ".join(re.findall(r"^## (.*)$", PAGE, re.MULTILINE))

    assert [word for word in ASKED if word not in heads] == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_command_does_what_the_page_says(reader) -> None:
    """All end with 0; what DVC keeps is committed before a revision is asked for."""
    assert len(COMMANDS) > 15
    for command in COMMANDS:
        if "git:HEAD" in command:
            done = reader("git add --all . && git commit --quiet --message images")
            assert done.returncode == 0, done.stderr
        done = reader(command)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
