"""The record of how a dataset is to be read, and its way from each surface to the reader."""

import click
import pytest
from click.testing import CliRunner

from deri_gate.cli.main import main
from deri_gate.cli.options import read_options
from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.data.readers.columns import Columns
from deri_gate.data.readers.options import ReadKeys
from deri_gate.errors import SettingError
from deri_gate.github.settings import settings_in


def test_keys_fields_and_options_are_one_list() -> None:
    """A field that a surface does not know could not be said there."""
    assert set(ReadOptions.model_fields) == set(ReadKeys.__annotations__)

    @click.command()
    def takes_them() -> None: ...

    for option in read_options:
        takes_them = option(takes_them)
    assert set(ReadOptions.model_fields) == {param.name for param in takes_them.params}


def test_columns_in_the_form_of_the_command_line() -> None:
    """Keys in any order, several groups, a comma within quotes, classes after onehot."""
    text = 'label=onehot:MEL,NV , BCC,path=image, group=a+b,group=c,split="fold, outer"'

    assert ReadOptions.of(columns=text).columns == Columns(
        path="image", label="onehot:MEL,NV,BCC", group=("a", "b", "c"), split="fold, outer"
    )
    assert ReadOptions.of(columns=text).columns.classes == "MEL,NV,BCC"


def test_columns_as_a_mapping() -> None:
    """As in params.yaml."""
    assert ReadOptions.of(columns={"group": ["a", "b"]}).columns.group == ("a", "b")
    assert ReadOptions.of(columns={"group": "a+b"}).columns.group == ("a", "b")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"columns": "lable=dx"}, "'lable' is none of path, label"),
        ({"columns": "dx"}, "'dx' is none of path, label"),
        ({"columns": "path=a,label"}, "'label' is none of"),
        ({"columns": "path=a,path=b"}, "'path' is said twice"),
        ({"columns": 'path="a'}, "a double quote is not closed"),
        ({"columns": {"lable": "dx"}}, "columns.lable: Extra inputs are not permitted"),
        ({"suffix": "png"}, "'png' is no ending of a file's name"),
        ({"suffix": "./../x"}, "is no ending of a file's name"),
        ({"colums": "path=a"}, "colums: Extra inputs are not permitted"),
        ({"root": 3}, "root: Input should be a valid string"),
    ],
)
def test_what_does_not_fit(given, said) -> None:
    """Refused in one line; nothing is guessed and nothing is left out."""
    with pytest.raises(SettingError, match=said) as caught:
        ReadOptions.of(**given)
    assert "docs/datasets.md" in str(caught.value)


def test_options_come_back_from_their_keys() -> None:
    """So that a command can hand them to the next."""
    options = ReadOptions.of(columns="path=a,group=b+c", suffix=[".png", ".jpg"], root="x")

    assert ReadOptions.of(**options.keys()) == options
    assert ReadOptions.of().keys() == {}


def test_a_dataset_in_params_yaml_may_say_how_it_is_read() -> None:
    """A path, or a mapping with the same keys as the command line."""
    text = """
gate:
  datasets:
    plain: data/plain
    skin: {path: data/skin.csv, columns: "path=id,label=dx", suffix: .jpg, root: .}
"""
    settings = settings_in(text.encode(), "params.yaml")

    assert settings is not None
    assert settings.datasets == {"plain": "data/plain", "skin": "data/skin.csv"}
    assert settings.options_of("plain") == ReadOptions()
    assert settings.options_of("skin") == ReadOptions.of(
        columns="path=id,label=dx", suffix=".jpg", root="."
    )


@pytest.mark.parametrize(
    "one",
    ["{path: a.csv, colums: x}", "{columns: path=x}", "{path: a.csv, root: ../x}", "{path: ../a}"],
)
def test_a_mapping_that_does_not_fit(one) -> None:
    """A misspelt key is an error, a root outside the repository too."""
    with pytest.raises(SettingError, match=r"gate\.(datasets|reading)"):
        settings_in(f"gate: {{datasets: {{skin: {one}}}}}".encode(), "params.yaml")


def test_columns_reach_the_reader(tmp_path, draw) -> None:
    """The least of it; the manifest's own tests say the rest."""
    draw(tmp_path / "img" / "a.png")
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "x.csv").write_text("image_id,dx\na,nv\n")

    options = ReadOptions.of(
        columns="path=image_id,label=dx", suffix=".png", root=str(tmp_path / "img")
    )
    dataset = open_dataset(tmp_path / "list" / "x.csv", options=options)

    assert (dataset.ids, dataset.classes) == (("a.png",), ("nv",))
    assert dataset.source.load(0).decode().shape == (4, 5)


def test_options_that_mean_nothing_for_a_form_are_told(pets, save_npz) -> None:
    """They are not passed over in silence: each report says that they were not used."""
    said = ReadOptions.of(columns="label=dx", suffix=".png", exclude="zzz")
    table = pets / "x.csv"
    table.write_text("path,label\ncat/a.png,x\n")

    assert open_dataset(pets, options=said).reading.notes[-1] == (
        "not used, as they say nothing of class folders: --columns, --suffix"
    )
    assert open_dataset(save_npz(), options=said).reading.notes[-1] == (
        "not used, as they say nothing of a form without folders: --exclude, --columns, --suffix"
    )
    notes = open_dataset(table, options=ReadOptions.of(layout="class")).reading.notes
    assert notes[-1] == "not used, as they say nothing of a table: --layout"


def test_options_beside_a_dataset_of_the_action(monkeypatch) -> None:
    """`ci ... --dataset PATH` takes the same ones; they reach the settings."""
    seen = []
    monkeypatch.setattr(
        "deri_gate.cli.ci.changed.changed_datasets", lambda _base, given: seen.append(given)
    )
    words = ["ci", "changed", "--base", "main", "--dataset", "lists/x.csv"]

    CliRunner().invoke(main, [*words, "--columns", "label=dx", "--root", "img", "--suffix", ".png"])

    [settings] = seen
    assert settings.datasets == {"x": "lists/x.csv"}
    assert settings.options_of("x") == ReadOptions.of(columns="label=dx", root="img", suffix=".png")
