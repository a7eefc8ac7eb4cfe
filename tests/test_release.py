"""What a release is made of: one version, licences, the same bytes twice, images that are nobody's."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from ruamel.yaml import YAML

import deri_gate

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DEPENDENCIES = {one.name: one for one in map(Requirement, PROJECT["dependencies"])}
CONDA = {"opencv-python-headless": "py-opencv", "torch": "pytorch"}  # names there, where others
DOCKERFILES = sorted((ROOT / "docker").glob("Dockerfile*"))
BUILT_FROM = ("deri_gate", "docs", "expectations", "reference_pool", "README.md", "CHANGELOG.md",
              "LICENSE", "THIRD-PARTY-LICENSES.md", "pyproject.toml", ".gitignore")  # fmt: skip
SAME_LICENCE = {"apache software license": "apache-2.0", "apache 2.0": "apache-2.0",
                "bsd license": "bsd-3-clause", "mit license": "mit"}  # fmt: skip

if not (ROOT / ".github").is_dir():
    pytest.skip("no .github here: a release is made in the repository", allow_module_level=True)


def test_the_version_is_one() -> None:
    """In the package, its metadata, the citation, the recipe and the changelog."""
    recipe = YAML(typ="safe").load((ROOT / "conda" / "recipe.yaml").read_text("utf-8"))
    cited = YAML(typ="safe").load((ROOT / "CITATION.cff").read_text("utf-8"))
    sections = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)

    versions = {PROJECT["version"], cited["version"], recipe["context"]["version"]}
    assert versions == {deri_gate.__version__}
    assert deri_gate.__version__ in sections[:2]


def test_the_recipe_of_conda_has_the_dependencies_of_the_package() -> None:
    """By name and range, whatever their order."""
    recipe = YAML(typ="safe").load((ROOT / "conda" / "recipe.yaml").read_text("utf-8"))
    run = {Requirement(line.replace(" ", "", 1)) for line in recipe["requirements"]["run"]}
    found = {one.name: str(one.specifier) for one in run}

    assert found.pop("python") == PROJECT["requires-python"]
    assert found == {
        CONDA.get(name, name): str(one.specifier) for name, one in DEPENDENCIES.items()
    }
    (script,) = recipe["build"]["python"]["entry_points"]
    assert script == f"deri-gate = {PROJECT['scripts']['deri-gate']}"


def test_every_dependency_has_its_licence_in_the_list() -> None:
    """That of its own metadata, wherever these say one."""
    page = (ROOT / "THIRD-PARTY-LICENSES.md").read_text("utf-8")
    listed = dict(re.findall(r"^\| ([\w.-]+) \| (.+) \|$", page, re.MULTILINE))
    listed.pop("package")

    assert set(listed) == set(DEPENDENCIES)
    for name, licence in listed.items():
        told = metadata(name).get("License-Expression")
        named = [c.rpartition(" :: ")[2] for c in metadata(name).get_all("Classifier") or []
                 if c.startswith("License")]  # fmt: skip
        for one in [told] if told else named:
            assert SAME_LICENCE.get(one.lower(), one.lower()) == licence.lower(), name


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_an_image_runs_as_nobody_and_offline(path: Path) -> None:
    """Also under a root that cannot be written: the home is the one place that a run mounts."""
    text = path.read_text("utf-8")
    after = text[text.index("USER 1000:1000") :]

    assert "HOME=/tmp" in after
    assert "PYTHONDONTWRITEBYTECODE=1" in after
    assert not re.search(r"^(RUN|ADD|COPY)\b", after, re.MULTILINE)
    assert 'ENTRYPOINT ["deri-gate"]' in after
    extras = re.findall(r"\[([\w,]+)\]\"", text)
    known = set(PROJECT["optional-dependencies"])
    assert {name for names in extras for name in names.split(",")} <= known
    linter = shutil.which("hadolint") or shutil.which(Path(sys.executable).parent / "hadolint")
    if linter and path.name != "Dockerfile":  # that one takes its packages as they are named to it
        done = subprocess.run([linter, path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def copied(to: Path, *, time: int, mode: int) -> Path:
    """What a build reads, as another machine has it: other times, other permissions."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--", *BUILT_FROM], cwd=ROOT, capture_output=True, check=True,
    ).stdout.decode().split("\0")  # fmt: skip
    for name in reversed([name for name in names if name and (ROOT / name).is_file()]):
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
        target.chmod(mode)
        os.utime(target, (time, time))
    return to


@pytest.mark.slow
def test_two_builds_give_the_same_bytes(tmp_path) -> None:
    """Wheel and sdist, from trees that differ in all that is no content."""
    pytest.importorskip("hatchling")
    built = []
    for place, time, mode in (("a", 1_600_000_000, 0o644), ("b/deeper", 1_700_000_001, 0o600)):
        tree, out = copied(tmp_path / place, time=time, mode=mode), tmp_path / place / "out"
        done = subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-d", out],
            cwd=tree, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        built.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert {name.rpartition(".")[2] for name in built[0]} == {"gz", "whl"}
    assert built[0] == built[1]

    (wheel,) = (tmp_path / "a" / "out").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("LICENSE", "THIRD-PARTY-LICENSES.md"):
        assert any(one.endswith(f"dist-info/licenses/{name}") for one in names)
    pictures = [one for one in names if one.endswith((".png", ".jpg", ".npz"))]
    assert {Path(one).name for one in pictures} <= {"sensitivity.png"}  # a plot
    (sdist,) = (tmp_path / "a" / "out").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        assert any(one.endswith("/THIRD-PARTY-LICENSES.md") for one in archive.getnames())


@pytest.mark.slow
def test_the_bill_of_materials_names_every_dependency(tmp_path) -> None:
    """CycloneDX, with versions; `make sbom` writes it."""
    pytest.importorskip("cyclonedx_py")
    command = re.search(
        r"cyclonedx-py (environment .*) --output-file build", (ROOT / "Makefile").read_text("utf-8")
    )
    assert command is not None
    out = tmp_path / "sbom.json"
    subprocess.run(
        [sys.executable, "-m", "cyclonedx_py", *command[1].split(), "--output-file", out, sys.executable],
        check=True, capture_output=True,
    )  # fmt: skip

    bill = json.loads(out.read_text("utf-8"))
    found = {re.sub(r"[-_.]+", "-", one["name"]).lower(): one for one in bill["components"]}
    assert bill["bomFormat"] == "CycloneDX"
    for name in DEPENDENCIES:
        assert found[re.sub(r"[-_.]+", "-", name).lower()]["version"] == metadata(name)["Version"]


def test_an_audit_that_looked_at_nothing_fails() -> None:
    """Without `--strict`, pip-audit passes over packages that the index does not know, with 0."""
    recipe = (ROOT / "Makefile").read_text("utf-8").partition("\naudit:")[2].partition("\n\n")[0]
    (audit,) = [line for line in recipe.splitlines() if "pip-audit" in line and line[0] == "\t"]

    assert "--strict" in audit.split()
    assert "--skip-editable" not in audit.split()  # with `--strict` our own package would fail
