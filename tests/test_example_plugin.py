"""The template of a plugin: what it writes is the code of the page, works and is installed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from functools import partial
from pathlib import Path

import pytest

cookiecutter = pytest.importorskip("cookiecutter.main", reason="cookiecutter is not installed")
from cookiecutter.exceptions import FailedHookException  # noqa: E402

from tests.forked import completed  # noqa: E402

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "examples" / "plugin"
PAGE = (ROOT / "docs" / "plugins.md").read_text("utf-8")
KINDS = ("metric", "reader", "format")
NAMES = {"metric": "edge_share", "reader": "raw_scans", "format": "b2"}
AUTHOR = "Zoë O'Brien-Łęcka 😀"


@pytest.fixture(autouse=True)
def _home(tmp_path_factory, monkeypatch) -> None:
    """Keep what cookiecutter remembers out of the home of whoever runs the tests."""
    config = tmp_path_factory.mktemp("home") / "config.yaml"
    config.write_text(f"replay_dir: {str(config.parent)!r}\n", "utf-8")
    monkeypatch.setenv("COOKIECUTTER_CONFIG", str(config))


def render(to: Path, **answers: str) -> Path:
    """Path of the package that it writes; questions without an answer get the default."""
    return Path(
        cookiecutter.cookiecutter(
            str(TEMPLATE), no_input=True, extra_context=answers, output_dir=str(to)
        )
    )


def run(*words: object, at: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *map(str, words)], cwd=at, env={**os.environ, **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def declared(package: Path) -> dict[str, dict[str, str]]:
    return tomllib.loads((package / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]


@pytest.mark.parametrize("kind", KINDS)
def test_by_default_it_is_the_code_of_the_page(kind: str, tmp_path) -> None:
    """Copied, not told again: what a reader sees is what is written and tested."""
    package = render(tmp_path, kind=kind)
    ((group, entries),) = declared(package).items()
    ((name, value),) = entries.items()

    assert f'[project.entry-points."{group}"]\n{name} = "{value}"\n' in PAGE
    code = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert (package / f"{value.partition(':')[0]}.py").read_text("utf-8") in code
    assert len(code) == len(KINDS)


def test_the_lines_of_the_page_write_the_package_that_they_enter(tmp_path) -> None:
    """The command without questions, as it is shown."""
    (line, folder) = re.search(
        r"^cookiecutter --no-input examples/plugin (.*)\ncd (.*)$", PAGE, re.MULTILINE
    ).groups()
    answers = dict(re.findall(r'(\w+)="?([^"=]+?)"?(?= \w+=|$)', line))

    assert set(answers) == {"kind", "name", "author"}
    assert render(tmp_path, **answers) == tmp_path / folder


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"name": "Grey-Spread"}, "cannot be the name"),
        ({"name": "lambda"}, "cannot be the name"),
        ({"name": "9x"}, "cannot be the name"),
        ({"name": "größe"}, "cannot be the name"),
        ({"name": "a b"}, "cannot be the name"),
        ({"author": 'x"]\nscripts = "'}, "cannot be the author"),
        ({"author": "back\\slash"}, "cannot be the author"),
        ({"author": "  "}, "cannot be the author"),
        ({"package": "../elsewhere"}, "cannot be the package"),
        ({"package": "trailing-"}, "cannot be the package"),
    ],
    ids=str,
)
def test_answers_without_a_working_package_are_refused_with_why(
    answers, told, tmp_path, capfd
) -> None:
    """Nothing is left behind, beside it neither."""
    (tmp_path / "out").mkdir()
    with pytest.raises(FailedHookException):
        render(tmp_path / "out", **answers)

    assert told in capfd.readouterr().err
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "out"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> tuple[dict[str, Path], Path]:
    """A package of each kind with a name of its own, and the folder where pip installed them."""
    folder = tmp_path_factory.mktemp("plugins")
    packages = {kind: render(folder, kind=kind, name=NAMES[kind], author=AUTHOR) for kind in KINDS}
    target = folder / "site"
    run("pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
        "--disable-pip-version-check", "--target", target, *packages.values(), at=folder)  # fmt: skip
    return packages, target


@pytest.mark.sweep
def test_its_own_tests_pass(installed) -> None:
    """Those of each kind, from the folders where their author runs them."""
    packages, _ = installed
    paths = os.pathsep.join(map(str, [*packages.values(), ROOT]))
    folder = next(iter(packages.values())).parent

    told = run(
        "pytest", "-q", "-c", os.devnull, "--rootdir", folder, *packages.values(),
        at=folder, PYTHONPATH=paths,
    )  # fmt: skip
    assert "9 passed" in told


def test_what_it_writes_is_clean(installed) -> None:
    """By the linter and the formatter, with the settings that they bring."""
    packages, _ = installed
    folder = next(iter(packages.values())).parent
    rules = ("--select", "B,C4,D2,D4,E,F,I,N,SIM,UP,W", "--ignore", "D203,D213,D401,D413")

    for words in (("check", *rules), ("format", "--check")):
        run("ruff", *words, "--isolated", "--no-cache", "--line-length", "100", *packages.values(),
            at=folder)  # fmt: skip


def test_deri_gate_lists_all_three_and_judges_with_them(installed, forks, tmp_path) -> None:
    """A dataset of the reader, measured by the metric, told by the format."""
    packages, target = installed
    environment = {**os.environ, "PYTHONPATH": f"{target}{os.pathsep}{ROOT}"}
    deri_gate = partial(completed, forks, cwd=tmp_path, env=environment)
    listed = deri_gate("plugins").stdout
    for kind, name in NAMES.items():
        assert re.search(rf"^{kind} +{name} +{packages[kind].name} 0\.1\.0$", listed, re.MULTILINE)
    lines = [
        f"{label} {level + 7 * row}" for row in range(8) for label, level in (("a", 3), ("b", 90))
    ]
    (tmp_path / "list.raw_scans").write_text("\n".join(lines) + "\n", "utf-8")
    limit = {
        "type": "expect_value_to_be_at_least",
        "kwargs": {"metric": "edge_share", "minimum": 50.0},
        "severity": "critical",
        "meta": {"reason": "A ramp from black to white has about 74."},
    }
    (tmp_path / "own.json").write_text(json.dumps({"name": "own", "expectations": [limit]}))

    words = ("--metrics", "edge_share", "--format", "b2", "--suite", "own.json", "--out", "out")
    done = deri_gate("check", "list.raw_scans", *words)

    assert done.stdout == "pass list no score (0 missed)\n", done.stderr
    assert '"edge_share"' in (tmp_path / "out" / "metrics.json").read_text("utf-8")
