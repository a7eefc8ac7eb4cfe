"""`deri-gate init` without --dataset: the dataset that is there, and never a guess among several."""

from __future__ import annotations

from pathlib import Path

import pydicom.data
import pytest

import deri_gate
from deri_gate.errors import SettingError
from deri_gate.github.settings import settings_at
from tests.dvc_here import dvc

PNG = b"\x89PNG\r\n\x1a\n"  # no more is looked at


def write_classes(folder, *names: str, ending: str = ".png", content: bytes = PNG) -> None:
    for name in names or ("cats", "dogs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / f"1{ending}").write_bytes(content)


def chosen(repository, **arguments) -> tuple[str, str]:
    """Path in the params.yaml that it writes, and its notes."""
    done = deri_gate.init(repository, source="index", ci="none", **arguments)
    settings = settings_at(None, repository)
    ((_, path),) = settings.datasets.items()
    return path, "\n".join(done.notes)


@pytest.mark.parametrize("place", ["scans", "sets/train/scans", "my scans"])
def test_the_only_folder_of_classes_is_taken_and_said(place, tmp_path) -> None:
    write_classes(tmp_path / place)
    write_classes(tmp_path / "docs")
    write_classes(tmp_path / ".hidden")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "logo.png").write_bytes(PNG)

    path, notes = chosen(tmp_path)

    assert path == place.partition("/")[0]
    assert f"the dataset is {path}" in notes


def test_dicom_files_without_an_ending_are_images(tmp_path) -> None:
    content = Path(pydicom.data.get_testdata_file("MR_small.dcm")).read_bytes()
    write_classes(tmp_path / "archive", "patient1", "patient2", ending="", content=content)

    assert chosen(tmp_path)[0] == "archive"


def test_data_is_taken_where_it_is_whatever_else_there_is(tmp_path) -> None:
    write_classes(tmp_path / "scans")
    (tmp_path / "data").mkdir()

    path, notes = chosen(tmp_path)
    assert path == "data"
    assert "dataset" not in notes


def test_of_several_none_is_guessed_and_nothing_is_written(tmp_path) -> None:
    for name in ("scans", "more"):
        write_classes(tmp_path / name)
    with pytest.raises(SettingError, match=r"several: more, scans.*dataset more"):
        chosen(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["more", "scans"]

    assert chosen(tmp_path, dataset="scans")[0] == "scans"


def test_the_dataset_is_no_repository_and_nothing_is_written_into_it(tmp_path) -> None:
    """Every other command takes the dataset there."""
    write_classes(tmp_path)
    with pytest.raises(SettingError, match=r"holds the images themselves.*by dataset"):
        chosen(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cats", "dogs"]

    (tmp_path / ".git").mkdir()
    assert chosen(tmp_path)[0] == "data"


def test_a_project_that_is_no_repository_yet_may_hold_pictures_beside_its_dataset(tmp_path) -> None:
    write_classes(tmp_path / "scans")
    write_classes(tmp_path)
    for old, new in (("cats", "figures"), ("dogs", "notebooks")):
        (tmp_path / old).rename(tmp_path / new)

    assert chosen(tmp_path)[0] == "scans"


@pytest.mark.parametrize("named", [None, "pictures"])
def test_what_is_not_here_is_said(named, tmp_path) -> None:
    path, notes = chosen(tmp_path, dataset=named)

    assert path == (named or "data")
    assert f"{path} is not here yet" in notes


def test_settings_of_before_are_left_without_a_word_on_datasets(tmp_path) -> None:
    chosen(tmp_path, dataset="scans")
    for name in ("scans", "more"):
        write_classes(tmp_path / name)

    path, notes = chosen(tmp_path)
    assert path == "scans"
    assert "dataset" not in notes
    assert "not here" not in notes


@pytest.mark.parametrize("pulled", [True, False])
@pytest.mark.parametrize("place", ["scans", "images/scans"])
def test_what_dvc_keeps_is_the_dataset_pulled_or_not(pulled, place, tmp_path) -> None:
    """By real records of DVC's; a model, a pipeline's output and other folders are none."""
    pytest.importorskip("dvc")
    write_classes(tmp_path / place)
    write_classes(tmp_path / "examples")
    (tmp_path / "model.pt").write_bytes(b"weights")
    for words in (("init", "--no-scm", "--quiet"), ("add", "--quiet", place, "model.pt")):
        dvc(tmp_path, *words)
    (tmp_path / "dvc.yaml").write_text("stages:\n  x:\n    cmd: x\n    outs: [made]\n")
    if not pulled:
        for name in ("cats", "dogs"):
            (tmp_path / place / name / "1.png").unlink()
            (tmp_path / place / name).rmdir()
        (tmp_path / place).rmdir()

    path, notes = chosen(tmp_path)
    assert path == place
    assert "not here" not in notes


def kept_by_dvc(repository, *places: str) -> None:
    """Folders of classes, each added to DVC by itself."""
    pytest.importorskip("dvc")
    for place in places:
        write_classes(repository / place)
    for words in (("init", "--no-scm", "--quiet"), ("add", "--quiet", *places)):
        dvc(repository, *words)


def test_the_folder_of_several_datasets_is_not_one(tmp_path) -> None:
    """Only one of them is asked for; all of them as one would be read with classes mixed up."""
    kept_by_dvc(tmp_path, "data/scans", "data/slides")

    with pytest.raises(SettingError, match=r"several: data/scans, data/slides.*data/scans"):
        chosen(tmp_path)


def test_the_only_dataset_in_data_is_taken_and_others_are_not_asked(tmp_path) -> None:
    kept_by_dvc(tmp_path, "data/scans", "old")

    path, notes = chosen(tmp_path)

    assert path == "data/scans"
    assert "the dataset is data/scans" in notes


@pytest.mark.parametrize("dataset", ["data", "data/scans", "scans"])
def test_splits_that_dvc_keeps_one_by_one_are_one_dataset(dataset, tmp_path) -> None:
    kept_by_dvc(tmp_path, f"{dataset}/train", f"{dataset}/test")

    assert chosen(tmp_path)[0] == dataset


def test_what_is_done_is_no_next_step(tmp_path) -> None:
    """In a repository of DVC the next step was `dvc init` all the same."""
    before = deri_gate.init(tmp_path, dataset="data", source="index").next_steps
    (tmp_path / ".dvc").mkdir()
    after = deri_gate.init(tmp_path, dataset="data", source="index").next_steps
    (tmp_path / "scans").mkdir()
    below = deri_gate.init(tmp_path / "scans", dataset="data", source="index").next_steps

    assert below == after  # DVC looks in the folders above, too
    assert before.startswith("next: `dvc init`, `dvc repro` to judge data here")
    assert after.startswith("next: `dvc repro` to judge data here")


@pytest.mark.parametrize("pool", ["", "own"])
def test_no_path_of_this_machine_is_printed(pool, tmp_path) -> None:
    """Output that may be copied into a ticket; the page has the same name everywhere."""
    done = deri_gate.init(tmp_path, dataset="data", source="index", pool=pool)

    assert ".md of deri-gate says what" in done.next_steps
    assert str(Path(deri_gate.__file__).parent.parent) not in done.next_steps
