"""Several plugins of one kind: side by side, or with one name, which is said and never chosen."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deri_gate.commands.plugins import plugins
from deri_gate.data.readers.opening import open_dataset
from deri_gate.data.readers.plugin import OUR_READERS
from deri_gate.errors import DatasetError, SettingError
from deri_gate.metrics.base import Metric
from deri_gate.metrics.catalogue import NAMES as OUR_METRICS
from deri_gate.reports.formats import BUILT_IN, format_named
from deri_gate.runtime.plugins import METRIC_PLUGINS, load_plugins
from tests.runtime.test_plugins import (
    CODE,
    MODULES,
    PACKAGES,
    READER,
    documents_of,
    installed,
    limits,
    run,
)
from tests.sweeps import sampled

__all__ = ["run"]  # a fixture
FIRST, SECOND = ("grey_spread", "greys", "oneline"), ("darkness", "levels", "short")
OURS = (OUR_METRICS, OUR_READERS, tuple(form.name for form in BUILT_IN))
RAN = "import sys\nsys.deri_gate_plugin_ran = True\n"


def second(folder: Path, number: int, *, name: str = "", code: str | None = None) -> Path:
    """Another package beside the first, with a plugin of the same kind."""
    name = name or SECOND[number]
    code = CODE[number].replace(FIRST[number], name) if code is None else code
    return installed(folder, number, code=code, name=name, module=f"second_{number}")


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of packages that Python finds, and a working folder without any."""
    (tmp_path / "site").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.syspath_prepend(tmp_path / "site")
    yield tmp_path / "site"
    for module in [name for name in sys.modules if name in MODULES or name.startswith("second_")]:
        del sys.modules[module]


def ask(number: int, name: str) -> None:
    """Ask for a plugin as `check` does."""
    if number == 0:
        load_plugins(METRIC_PLUGINS, Metric, taken=OUR_METRICS)
    elif number == 1:
        open_dataset(f"{name}:scans.greys")
    else:
        format_named(name)


def test_the_second_of_each_kind_works_beside_the_first(tmp_path, run) -> None:
    """Six packages; the metrics have one formula, so one value."""
    for number in range(3):
        second(installed(tmp_path / "site", number), number)
    lines = (f"{'ab'[n % 2]} {3 * n}\n" for n in range(12))
    (tmp_path / "work" / "scans.levels").write_text("".join(lines))
    words = ["--metrics", "grey_spread,darkness,imbalance", "--fail-on", "never", "--format", "short",
             "--suite", limits(tmp_path, "imbalance"), "--pictures", "none", "--out", "out"]  # fmt: skip
    done = run("check", "scans.levels", *words, plugin=tmp_path / "site")

    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1] == "scans"
    assert done.stdout.count("\n") == 1
    values = documents_of(tmp_path / "work" / "out")["metrics"]
    assert values["grey_spread"]["value"] == values["darkness"]["value"] > 0


def test_each_is_found_by_its_own_name(site) -> None:
    """Readers by their endings too."""
    for number in (1, 2):
        second(installed(site, number), number)
    for name, rows in (("greys", 4), ("levels", 6)):
        Path(f"scans.{name}").write_text("a 1\nb 2\n" * (rows // 2))

    assert [len(open_dataset(f"scans.{name}")) for name in ("greys", "levels")] == [4, 6]
    assert [len(open_dataset(f"{n}:scans.{n}")) for n in ("greys", "levels")] == [4, 6]
    assert [format_named(name).name for name in ("oneline", "short")] == ["oneline", "short"]


def test_all_are_listed(site) -> None:
    """With the package of each, sorted by name within a kind."""
    for number in range(3):
        second(installed(site, number), number)
    rows = [(one.kind, one.name, one.origin) for one in plugins()]

    for number, kind in enumerate(("metric", "reader", "format")):
        for name, package in zip(
            (FIRST[number], SECOND[number]),
            (PACKAGES[number], f"second-{number} 1.0"),
            strict=True,
        ):
            assert rows.count((kind, name, package)) == 1


@pytest.mark.parametrize("number", range(3), ids=FIRST)
def test_two_with_one_name_are_said(site, number) -> None:
    """Both packages by name, before any of their code runs; neither wins by its place."""
    installed(site, number, code=RAN + CODE[number])
    second(site, number, name=FIRST[number], code=RAN + CODE[number])
    Path("scans.greys").write_text("a 1\nb 2\n")

    for asked in (plugins, lambda: ask(number, FIRST[number])):
        with pytest.raises(SettingError) as caught:
            asked()
        assert PACKAGES[number] in str(caught.value)
        assert f"second-{number} 1.0" in str(caught.value)
    assert not hasattr(sys, "deri_gate_plugin_ran")


@pytest.mark.parametrize(
    ("number", "name"),
    sampled([(n, name) for n, names in enumerate(OURS) for name in names], 0, 5, 10, 15, 20, 25),
)
def test_a_name_of_ours_is_said(site, number, name) -> None:
    """Nobody takes our output for the plugin's, or the other way round."""
    second(site, number, name=name, code=RAN)

    with pytest.raises(SettingError, match="takes a name that deri-gate has"):
        plugins()
    if name not in ("medmnist", "git"):  # those words with a colon are ours before any plugin
        with pytest.raises(SettingError, match="takes a name that deri-gate has"):
            ask(number, name)
    assert not hasattr(sys, "deri_gate_plugin_ran")


def test_two_readers_of_one_ending_are_said(site) -> None:
    """Asked for by name, either reads it."""
    code = READER.replace('name="greys"', 'name="levels"')  # its ending stays .greys
    second(installed(site, 1), 1, code=code)
    Path("scans.greys").write_text("a 1\nb 2\na 3\nb 4\n")

    with pytest.raises(SettingError, match=r"several plugins: greys, levels.*greys:scans\.greys"):
        open_dataset("scans.greys")
    assert len(open_dataset("levels:scans.greys")) == 4


@pytest.mark.parametrize(
    ("ending", "name"),
    [(".Greys", "scans.greys"), (".greys", "SCANS.GREYS"), (".a.greys", "s.a.greys")],
)
def test_an_ending_is_read_as_it_is_written(site, ending, name) -> None:
    """In capitals on either side, or with two dots, as `.ome.tif` has."""
    installed(site, 1, code=READER.replace('".greys"', f'"{ending}"'))
    Path(name).write_text("a 1\nb 2\n")

    assert len(open_dataset(name)) == 2


@pytest.mark.parametrize("ending", ["", "s"])
def test_an_ending_without_a_dot_is_that_of_no_file(site, ending) -> None:
    """It would be the end of many names."""
    installed(site, 1, code=READER.replace('".greys"', f'"{ending}"'))
    Path("scans.greys").write_text("a 1\nb 2\n")

    with pytest.raises(DatasetError):
        open_dataset("scans.greys")


def test_one_that_is_wrong_leaves_the_others_alone(site) -> None:
    """A reader or a format is looked at when it is asked for."""
    for number in (1, 2):
        installed(site, number)
        second(site, number, name=OURS[number][0], code="import nowhere\n")
    Path("scans.greys").write_text("a 1\nb 2\n")

    assert len(open_dataset("greys:scans.greys")) == 2
    assert format_named("oneline").name == "oneline"
