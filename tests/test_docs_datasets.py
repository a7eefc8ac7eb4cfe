"""Every folder of docs/datasets.md is made, and read as the page says."""

import io
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from deri_gate.cli.main import main
from deri_gate.data.readers import open_dataset
from deri_gate.data.signatures import IMAGE_ENDINGS, OTHER_ENDINGS, ending_of
from deri_gate.errors import DeriGateError
from deri_gate.github.settings import settings_in
from deri_gate.schemas.reading import ReadingInfo

PAGE = (Path(__file__).parents[1] / "docs" / "datasets.md").read_text("utf-8")
FILES = [p for block in re.findall(r"```files\n(.*?)```", PAGE, re.DOTALL) for p in block.split()]
COMMANDS = re.findall(r"^\$ deri-gate check ([^\n]+)\n```\n```text\n([^\n]+)\n", PAGE, re.MULTILINE)
ERRORS = re.findall(r"^\$ deri-gate check ([^\n]+)\n(deri-gate: [^\n]+)\n", PAGE, re.MULTILINE)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The page's files, in the working folder."""
    generator = np.random.default_rng(0)
    for path in FILES:
        into = io.BytesIO()
        form = "JPEG" if path.endswith((".jpg", ".jfif")) else "PNG"
        Image.fromarray(generator.integers(0, 256, (32, 32), np.uint8)).save(into, form)
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        image = ending_of(path) in IMAGE_ENDINGS
        (tmp_path / path).write_bytes(into.getvalue() if image else b"text")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_is_found() -> None:
    """A change of its form would leave these tests without a subject."""
    assert len(FILES) > 30
    assert (len(COMMANDS), len(ERRORS)) == (9, 4)


@pytest.mark.parametrize(("words", "said"), COMMANDS)
def test_a_folder_reads_as_the_page_says(here, monkeypatch, words, said) -> None:
    """With the options of the command, on the command line."""
    seen = []
    monkeypatch.setattr(
        "deri_gate.commands.measure.open_dataset",
        lambda *given, **options: seen.append(open_dataset(*given, **options)) or seen[0],
    )

    arguments = ["measure", *shlex.split(words), "--metrics", "imbalance", "--out", "out"]
    done = CliRunner().invoke(main, arguments, catch_exceptions=False)

    assert done.exit_code == 0
    assert ReadingInfo.of(seen[0].reading).line == said


@pytest.mark.parametrize(("words", "said"), ERRORS)
def test_an_error_reads_as_the_page_says(here, words, said) -> None:
    """Word for word."""
    with pytest.raises(DeriGateError) as caught:
        CliRunner().invoke(
            main, ["measure", *shlex.split(words)], catch_exceptions=False, standalone_mode=False
        )
    assert f"deri-gate: {caught.value}" == said


def test_the_settings_of_the_page(here) -> None:
    """They are read, and read the dataset."""
    [text] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

    settings = settings_in(text.encode(), "params.yaml")

    dataset = open_dataset(settings.datasets["idc"], options=settings.options_of("idc"))
    assert dataset.groups == ("10250", "10250", "10251", "10251")


def test_endings_on_the_page_are_known() -> None:
    """Those of images, and those of none."""
    assert {".jfif", ".jpe"} <= IMAGE_ENDINGS
    assert {".txt", ".csv", ".json"} <= OTHER_ENDINGS
