"""A slim base: it runs without any package of an extra, and says which extra is missing."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from PIL import Image

from deri_gate.errors import SettingError
from deri_gate.metrics.catalogue import METRICS
from deri_gate.runtime import extras
from deri_gate.runtime.extras import EXTRAS, check_extra, extra

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# Refuses every module of an extra, as if its package were not installed.
WITHOUT = """
import sys
from importlib.machinery import PathFinder
REFUSED, look = {refused!r}, PathFinder.find_spec
PathFinder.find_spec = lambda name, *more: None if name in REFUSED else look(name, *more)
from deri_gate.cli.main import run
sys.argv = ["deri-gate", *{words!r}]
run()
"""
# The same command, once with each of several settings, whose statuses and errors are printed.
EACH = """
import contextlib, io, json
said = []
for more in {settings!r}:
    sys.argv = ["deri-gate", *{words!r}, *more]
    with contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            run()
            said.append((0, err.getvalue()))
        except SystemExit as stop:
            said.append((stop.code, err.getvalue()))
print(json.dumps(said))
"""
OF_EXTRAS = {
    ("--profile", "paper-small"): "paper",
    ("--profile", "paper"): "paper",  # whose encoder nobody typed
    ("--encoder", "resnet50"): "paper",
    ("--engine", "ray"): "ray",
    ("--projection", "umap"): "umap",
}


@cache
def known():
    """Packages of each module; it takes a second, not in every process that collects tests."""
    return packages_distributions()


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Path:
    """Sixteen pictures of noise, two classes."""
    folder = tmp_path_factory.mktemp("slim")
    rng = np.random.default_rng(0)
    for n in range(16):
        path = folder / "images" / f"class{n % 2}" / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        levels = rng.integers(0, 256, (40, 40)) // (1 + n % 2)
        Image.fromarray(levels.astype(np.uint8)).save(path)
    return folder


def without_extras(
    work: Path, *words: str, code: str = WITHOUT
) -> subprocess.CompletedProcess[str]:
    refused = {module for modules in EXTRAS.values() for module in modules}
    code = code.format(refused=refused, words=list(words), settings=list(OF_EXTRAS))
    return subprocess.run(
        [sys.executable, "-c", code], cwd=work, capture_output=True, text=True, check=False
    )


def modules_imported(parts) -> set[str]:
    """Top modules that the package imports anywhere, by its source."""
    found = set()
    for nodes in parts.values():
        for node in nodes:
            if isinstance(node, ast.Import):
                found |= {one.name.partition(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add((node.module or "").partition(".")[0])
    return found - {"deri_gate"} - sys.stdlib_module_names


def names(requirements: list[str]) -> set[str]:
    return {Requirement(one).name.lower().replace("_", "-") for one in requirements}


@pytest.mark.sweep
def test_all_metrics_are_measured_and_judged_without_extras(work: Path) -> None:
    """The base imports none of their packages: here none can be imported."""
    limit = {
        "type": "expect_value_to_be_at_least", "meta": {"reason": "Balanced."},
        "kwargs": {"metric": "imbalance", "minimum": 0.5},
    }  # fmt: skip
    (work / "limits.json").write_text(json.dumps({"name": "own", "expectations": [limit]}))
    done = without_extras(work, "check", "images", "--suite", "limits.json")

    assert done.returncode == 0, done.stderr
    found = json.loads((work / "deri-report" / "metrics.json").read_text("utf-8"))["metrics"]
    assert found.keys() == {metric.name for metric in METRICS}
    assert found["xai_overlay"]["value"] is not None


@pytest.fixture(scope="module")
def refusals(work: Path) -> dict[tuple[str, ...], list]:
    """Status and error by setting, all of one process: to load takes most of the time."""
    code = WITHOUT.rpartition("sys.argv")[0] + EACH
    done = without_extras(work, "check", "images", "--out", "not-written", code=code)
    assert done.returncode == 0, done.stderr
    return dict(zip(OF_EXTRAS, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize(("words", "missing"), OF_EXTRAS.items())
def test_a_missing_extra_is_named_before_anything_is_measured(
    work: Path, refusals, words, missing
) -> None:
    """Exit status 2, the setting that asks for it, and the command that brings it."""
    status, said = refusals[words]

    assert status == 2
    assert f"pip install 'deri-gate[{missing}]'" in said
    assert words[0] in said
    assert list((work / "not-written").iterdir()) == []


def test_every_import_is_of_the_base_or_of_a_known_extra(parts) -> None:
    """Whatever the source imports is declared, and what an extra brings is in no base."""
    base = names(PROJECT["dependencies"])
    optional = {module for modules in EXTRAS.values() for module in modules}
    for module in modules_imported(parts) - optional:
        brought = {name.lower().replace("_", "-") for name in known().get(module, ())}
        assert brought & base, f"{module} of {brought or 'an unknown package'} is in no dependency"


@pytest.mark.parametrize("name", EXTRAS)
def test_an_extra_brings_its_modules_and_the_base_does_not(name: str) -> None:
    """pyproject.toml and the table agree."""
    brought, base = (names(PROJECT["optional-dependencies"][name]), names(PROJECT["dependencies"]))
    for module in EXTRAS[name]:
        for package in known().get(module, ()):
            assert package.lower().replace("_", "-") in brought
            assert package.lower().replace("_", "-") not in base


def test_the_one_that_is_absent_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the import itself, and by the early look."""
    with pytest.raises(SettingError, match="no_such_module is not installed") as caught, \
            extra("study", "--plot"):  # fmt: skip
        import no_such_module  # noqa: F401
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with pytest.raises(SettingError, match="pytorch_grad_cam is not installed"):
        check_extra("paper", "--profile")

    assert "deri-gate[study]" in caught.value.fix


def test_all_brings_every_extra() -> None:
    """Also those that a new line adds."""
    (everything,) = PROJECT["optional-dependencies"]["all"]
    own = {"all", "demo", "dev", "docs", "lint", "release", "test", "test-far"}

    assert Requirement(everything).extras | {"paper"} == set(PROJECT["optional-dependencies"]) - own
