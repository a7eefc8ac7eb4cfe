"""Every command of docs/datasets-manifests.md is run, and prints what the page says."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from deri_gate.cli.main import main
from deri_gate.commands.measure import measure
from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.errors import DeriGateError
from deri_gate.github.settings import settings_in
from deri_gate.schemas.reading import ReadingInfo

PAGE = (Path(__file__).parents[1] / "docs" / "datasets-manifests.md").read_text("utf-8")
TABLES = re.findall(r"^`([\w/.]+)`\n```csv\n(.*?)```", PAGE, flags=re.DOTALL | re.MULTILINE)
COMMANDS = re.findall(
    r"^\$ deri-gate check ([^\n]+)\n(?:(deri-gate: [^\n]+)\n)?```\n```text\n([^\n]+)\n|"
    r"^\$ deri-gate check ([^\n]+)\n(deri-gate: [^\n]+)\n",
    PAGE,
    flags=re.MULTILINE,
)
IMAGES = [
    *(f"cells/img/{i}.png" for i in (1, 2, 3, 4)),
    *(f"skin/ISIC_{i}.png" for i in (1, 2, 3)),
    *("chest/part_1/a.png", "chest/part_1/b.png", "chest/part_2/c.png"),
    *("lists/img/1.png", "lists/img/2.png"),
    *(f"scans/{i}.png" for i in "abc"),
    *(f"ham/HAM10000_images_part_{i // 3 + 1}/ISIC_{i}.jpg" for i in (1, 2, 3)),
    *("birds/train/1.png", "birds/train/2.png"),
]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The page's tables and images, in the working folder."""
    for path, text in TABLES:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    rng = np.random.default_rng(0)
    for path in IMAGES:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (32, 32), np.uint8)).save(tmp_path / path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_is_found() -> None:
    """A change of its form would leave these tests without a subject."""
    assert len(TABLES) >= 7
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize("words, said", [(c[0], c[2]) for c in COMMANDS if c[0]])  # noqa: PT006
def test_a_command_reads_as_the_page_says(here, words, said) -> None:
    """By `measure`, which takes the same options and less time."""
    arguments = ["measure", *shlex.split(words), "--metrics", "imbalance", "--out", "out"]

    done = CliRunner().invoke(main, arguments, catch_exceptions=False)

    assert done.exit_code == 0
    document = json.loads((here / "out" / "metrics.json").read_text())
    assert ReadingInfo.model_validate(document["dataset"]["read_as"]).line == said


@pytest.mark.parametrize("words, said", [(c[3], c[4]) for c in COMMANDS if c[3]])  # noqa: PT006
def test_an_error_reads_as_the_page_says(here, words, said) -> None:
    """Word for word."""
    with pytest.raises(DeriGateError) as caught:
        CliRunner().invoke(
            main, ["measure", *shlex.split(words)], catch_exceptions=False, standalone_mode=False
        )
    assert f"deri-gate: {caught.value}" == said


def test_the_settings_of_the_page(here) -> None:
    """They are read, and read the dataset."""
    [text] = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)

    settings = settings_in(text.encode(), "params.yaml")

    assert settings is not None
    for name, path in settings.datasets.items():
        options = ReadOptions.of(**settings.options_of(name).keys())
        assert len(open_dataset(path, options=options)) > 1
    skin = open_dataset("skin/list.csv", options=settings.options_of("skin"))
    assert [column.name for column in skin.group_columns] == ["lesion_id", "sex"]


def test_the_python_of_the_page(here) -> None:
    """As it stands there."""
    [text] = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)

    exec(text, {})
    assert measure("birds", metrics="imbalance").evidence.whole.classes == ("owl", "wren")
