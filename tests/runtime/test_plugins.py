"""Plugins, really installed: a metric, a reader and a format of other packages, end to end."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from deri_gate.cli.main import main
from deri_gate.metrics.catalogue import BUILT_IN
from deri_gate.reports.formats import BUILT_IN as OWN_FORMATS
from deri_gate.runtime.plugins import declared_plugins
from tests.forked import completed
from tests.sweeps import sampled

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text("utf-8")
CODE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)  # as the page shows them
DECLARED = re.findall(r'\[project.entry-points."([\w.]+)"\]\n(\w+) = "(\w+):(\w+)"', PAGE)
METRIC, READER, FORMAT = CODE
MODULES = tuple(module for _, _, module, _ in DECLARED)
PACKAGES = tuple(f"{module.replace('_', '-')} 1.0" for module in MODULES)  # as they are listed
ASKED = "sharpness,exposure,imbalance"


def installed(
    folder: Path, number: int, *, code: str | None = None, name: str = "", module: str = ""
) -> Path:
    """A package as pip leaves it: a module, and a folder that declares its entry point.

    Args:
        folder: Where to.
        number: Which of the page's plugins: metric, reader, format.
        code: Another content of its module.
        name: Another name of its entry point.
        module: Another name of its module, and so of its package.
    """
    group, own, usual, thing = DECLARED[number]
    module = module or usual
    folder.mkdir(exist_ok=True)
    (folder / f"{module}.py").write_text(CODE[number] if code is None else code)
    about = folder / f"{module}-1.0.dist-info"
    about.mkdir()
    distribution = module.replace("_", "-")
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{group}]\n{name or own} = {module}:{thing}\n")
    return folder


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Twelve pictures of noise, two classes."""
    rng = np.random.default_rng(0)
    for n in range(12):
        path = tmp_path / "images" / f"class{n % 2}" / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (40, 40), dtype=np.uint8)).save(path)
    return tmp_path / "images"


@pytest.fixture
def run(tmp_path, forks):
    """`deri-gate` in a process of its own, with packages on its path, in some folder."""

    work = tmp_path / "work"
    work.mkdir()

    def start(*words, plugin=None, cwd=None, anew=False):
        code = Path(__file__).parents[2]
        path = os.pathsep.join(str(p) for p in (plugin, code) if p)
        env = {**os.environ, "PYTHONPATH": path}
        return completed(None if anew else forks, *map(str, words), cwd=cwd or work, env=env)

    return start


def without_plugins(*words) -> None:
    """`deri-gate` in this process, which spares the seconds in which another one starts."""
    done = CliRunner().invoke(main, [*map(str, words)])
    assert done.exit_code == 0, done.output


def limits(folder: Path, asked: str = ASKED) -> Path:
    """A suite that asks for these metrics alone."""
    shipped = Path(__file__).parents[2] / "expectations" / "data_only.json"
    suite = json.loads(shipped.read_text("utf-8"))
    suite["expectations"] = [
        e for e in suite["expectations"] if e["kwargs"].get("metric") in asked.split(",")
    ]
    path = folder / "limits.json"
    path.write_text(json.dumps(suite))
    return path


def documents(out: Path) -> list[dict]:
    names = ("metrics.json", "subscores.json", "scores.json")
    return [json.loads((out / name).read_text("utf-8")) for name in names]


def test_a_metric_is_measured_and_weighs_nothing(images, tmp_path, run) -> None:
    """The others score to the last digit as they do without it, against the same shipped pool."""
    plugin = installed(tmp_path / "site", 0)
    common = ["check", images, "--suite", limits(tmp_path), "--fail-on", "never"]
    without_plugins(*common, "--metrics", ASKED, "--out", tmp_path / "without")
    done = run(
        *common, "--metrics", f"{ASKED},grey_spread", "--out", tmp_path / "with", plugin=plugin
    )

    assert done.returncode == 0, done.stderr
    plain, twelve = documents(tmp_path / "without"), documents(tmp_path / "with")
    assert twelve[0]["profile"] == plain[0]["profile"]
    pixels = [np.asarray(Image.open(p), dtype=float).std() for p in images.rglob("*.png")]
    assert twelve[0]["metrics"].pop("grey_spread")["value"] == pytest.approx(np.mean(pixels))
    assert twelve[0]["metrics"] == plain[0]["metrics"]
    assert twelve[1]["subscores"].pop("grey_spread") is None
    assert {k: v for k, v in twelve[1]["subscores"].items() if v is not None} == {
        k: v for k, v in plain[1]["subscores"].items() if v is not None
    }
    assert twelve[2]["DERI1000"] == plain[2]["DERI1000"]
    assert "grey_spread" not in twelve[2]["weights"]
    assert "grey_spread" in done.stdout


def test_a_reader_and_a_format_are_used(tmp_path, run) -> None:
    """By its ending and by name; the values are those of the same pictures in folders."""
    site = installed(installed(tmp_path / "site", 1), 2)
    rows = [("ab"[n % 2], 3 * n) for n in range(12)]
    work = tmp_path / "work"
    (work / "scans.greys").write_text("".join(f"{label} {level}\n" for label, level in rows))
    for number, (label, level) in enumerate(rows):
        path = work / "folder" / label / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.linear_gradient("L").point(lambda v, add=level: (v + add) % 256).save(path)
    common = ["--metrics", ASKED, "--fail-on", "never", "--suite", limits(tmp_path), "--name", "s"]
    done = run("check", "scans.greys", *common, "--format", "oneline", "--out", "out", plugin=site)
    named = run("measure", "greys:scans.greys", "--metrics", ASKED, "--out", "named", plugin=site)
    without_plugins("measure", work / "folder", "--metrics", ASKED, "--out", work / "plain")

    assert (done.returncode, named.returncode) == (0, 0), done.stderr + named.stderr
    values = [documents_of(work / name) for name in ("out", "named", "plain")]
    assert values[0]["metrics"] == values[1]["metrics"]
    of_folder = {name: one["value"] for name, one in values[2]["metrics"].items()}
    assert {name: one["value"] for name, one in values[0]["metrics"].items()} == of_folder
    assert values[0]["dataset"]["class_counts"] == {"a": 6, "b": 6}
    scores = json.loads((work / "out" / "scores.json").read_text("utf-8"))
    missed = sum(check["status"] == "fail" for check in scores["checks"])
    said = f"{scores['verdict']} s {scores['DERI1000']:.0f} ({missed} missed)\n"
    assert done.stdout == said


def documents_of(out: Path) -> dict:
    return json.loads((out / "metrics.json").read_text("utf-8"))


def test_they_are_listed_with_their_package(tmp_path, run) -> None:
    site = installed(installed(installed(tmp_path / "site", 0), 1), 2)
    lines = run("plugins", plugin=site).stdout.splitlines()
    rows = {tuple(line.split(maxsplit=2)) for line in lines}

    assert ("metric", "sharpness", "built in") in rows
    assert ("metric", "grey_spread", PACKAGES[0]) in rows
    assert ("reader", "greys", PACKAGES[1]) in rows
    assert ("format", "oneline", PACKAGES[2]) in rows


@pytest.mark.parametrize(
    ("number", "code", "name", "said"),
    sampled([
        (0, METRIC, "brightness", "has another name inside"),
        (0, "METRIC = 3\n", "", "is int, not Metric"),
        (0, "import nowhere\n", "", "cannot be loaded"),
        (0, METRIC.replace('"grey_spread"', '"exposure"'), "exposure", "takes a name that deri-gate has"),
        (1, "import nowhere\n", "", "cannot be loaded"),
        (1, "READER = []\n", "", "is list, not Reader"),
        (1, READER.replace("label, level = line.split()", "1 / 0"), "", "failed (ZeroDivisionError"),
        (1, READER.replace("yield Sample(", "yield dict("), "", "gives dict, not Sample"),
        (1, READER.replace("labels=(label,)", "labels=()"), "", "gives no label for '0.png'"),
        (1, READER.replace("{number}.png", "x.png"), "", "names 'x.png' twice"),
        (2, "raise SystemError\n", "", "cannot be loaded"),
        (2, FORMAT.replace('"oneline"', '"other"'), "", "has another name inside"),
    ], 0, 4, 10),
)  # fmt: skip
def test_one_that_does_not_fit_is_said(tmp_path, run, *, number, code, name, said) -> None:
    """Which, of what package and what to do, in one line; never a traceback, never silence."""
    site = installed(tmp_path / "site", number, code=code, name=name)
    (tmp_path / "work" / "scans.greys").write_text("a 1\na 2\nb 3\n")
    words = ["measure", "scans.greys"] if number < 2 else ["check", "scans", "--format", "oneline"]
    done = run(*words, plugin=site)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    if "twice" not in said and "no label" not in said:
        assert PACKAGES[number] in done.stderr


@pytest.mark.parametrize("how", ["folder", "repository", "--repo"])
def test_a_pull_request_brings_none(tmp_path, run, how) -> None:
    """Metadata and module in the checkout are no plugin, even where Python would find them."""
    tree = tmp_path / "checkout"
    evil = "open('ran', 'w').close()\n"
    installed(tree, 0, code=evil + METRIC)
    if how != "folder":
        (tree / ".git").mkdir()
    here = {"folder": tree, "repository": tree / "sub", "--repo": tmp_path / "work"}[how]
    here.mkdir(exist_ok=True)
    if how == "--repo":
        code = "import os, deri_gate.metrics.catalogue as c; print(len(c.METRICS))"
        env = {**os.environ, "PYTHONPATH": f"{tree}{os.pathsep}{Path(__file__).parents[2]}",
               "DERI_GATE_REPO": str(tree)}  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, cwd=here,
            check=True,
        )  # fmt: skip
        assert done.stdout.split() == [str(len(BUILT_IN))]
    else:
        done = run("plugins", plugin=tree, cwd=here)
        assert done.returncode == 0, done.stderr
        assert "grey_spread" not in done.stdout
    assert not list(tmp_path.rglob("ran"))


def test_a_pull_request_puts_no_module_before_an_installed_one(tmp_path, run) -> None:
    """With `python -m`, the working folder comes first on Python's path."""
    site = installed(tmp_path / "site", 0)
    tree = tmp_path / "checkout"
    tree.mkdir()
    (tree / f"{MODULES[0]}.py").write_text("open('ran', 'w').close()\n" + METRIC)
    done = run("plugins", plugin=site, cwd=tree)

    assert done.returncode == 0, done.stderr
    assert PACKAGES[0] in done.stdout
    assert not (tree / "ran").exists()


def test_a_module_in_the_working_tree_is_refused(tmp_path, run) -> None:
    """As an editable install would have it: what is declared is installed, its code is not."""
    site, tree = installed(tmp_path / "site", 0), tmp_path / "checkout"
    tree.mkdir()
    code = tree / f"{MODULES[0]}.py"
    (site / code.name).rename(code)
    (site / "finder.py").write_text(
        "import sys\nfrom importlib.util import spec_from_file_location as of\n"
        "class Finder:\n    @staticmethod\n    def find_spec(name, path=None, target=None):\n"
        f"        return of(name, {str(code)!r}) if name == {MODULES[0]!r} else None\n"
        "sys.meta_path.insert(0, Finder)\n"
    )
    (site / "sitecustomize.py").write_text("import finder\n")
    done = run("plugins", plugin=site, cwd=tree, anew=True)

    assert done.returncode == 2
    assert "lies in the working tree" in done.stderr
    assert PACKAGES[0] in done.stderr


def test_an_unknown_format_says_which_there_are(tmp_path, run) -> None:
    site = installed(tmp_path / "site", 2)
    done = run("check", "scans", "--format", "yaml", plugin=site)

    assert done.returncode == 2
    assert f"{', '.join(form.name for form in OWN_FORMATS)}, oneline" in done.stderr


def test_a_stale_copy_behind_on_the_path_does_not_count(tmp_path, monkeypatch) -> None:
    """The older one declares a plugin that the newer one, which is imported, no longer has."""
    new, old = tmp_path / "new", tmp_path / "old"
    newer = "Metadata-Version: 2.1\nName: Two-Faced\nVersion: 2.0\n"
    older = "Metadata-Version: 2.1\nName: two-faced\nVersion: 1.0\n"
    for folder, words in ((new, newer), (old, older)):
        (about := folder / f"two_faced-{words.split()[-1]}.dist-info").mkdir(parents=True)
        (about / "METADATA").write_text(words)
    entries = old / "two_faced-1.0.dist-info" / "entry_points.txt"
    entries.write_text("[deri_gate.metrics]\ngone = two_faced:GONE\n")

    monkeypatch.setattr(sys, "path", [str(old), *sys.path])
    assert "gone" in [plugin.name for plugin in declared_plugins("deri_gate.metrics")]
    monkeypatch.setattr(sys, "path", [str(new), *sys.path])
    assert "gone" not in [plugin.name for plugin in declared_plugins("deri_gate.metrics")]
