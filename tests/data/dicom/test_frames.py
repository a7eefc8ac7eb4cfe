"""`--frames`: the images of DICOM files that hold several."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.data.readers.frames import FILE, FramesSource

LEVELS = [20, 90, 160, 230]


def opened(folder: Path, frames: str, **more: str):
    return open_dataset(folder, options=ReadOptions.of(frames=frames, **more))


def level(dataset, name: str) -> int:
    row = int(dataset.rows[dataset.ids.index(name)])
    return int(dataset.source.load(row).decode()[0, 0])


def keys(dataset) -> dict[str, str]:
    loaded = (dataset.source.load(int(row)) for row in dataset.rows)
    return {name: image.key for name, image in zip(dataset.ids, loaded, strict=True)}


@pytest.fixture
def folder(make, tmp_path: Path) -> Path:
    """a: a file of four frames; b: a file of one."""
    several = np.stack([np.full((6, 5), value, np.uint8) for value in LEVELS])
    for name, values in (("a/many.dcm", several), ("b/one.dcm", several[1])):
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(make(values))
    return tmp_path / "set"


@pytest.mark.parametrize(("frames", "shown"), [("", 20), ("first", 20), ("middle", 160)])
def test_one_frame_of_a_file_is_its_image(folder: Path, frames: str, shown: int) -> None:
    """And the report says which."""
    dataset = opened(folder, frames)

    assert dataset.ids == ("a/many.dcm", "b/one.dcm")
    assert level(dataset, "a/many.dcm") == shown
    assert level(dataset, "b/one.dcm") == 90
    (note,) = [note for note in dataset.reading.notes if "several frames" in note]
    assert note.startswith("1 of 2 files holds several frames (DICOM): the ")
    assert ("middle" if frames == "middle" else "first") in note


def test_the_same_frame_has_the_same_key_asked_for_or_not(folder: Path) -> None:
    """Decisions on it and results of it hold with the option and without."""
    unasked, first, middle = (keys(opened(folder, frames)) for frames in ("", "first", "middle"))

    assert first == unasked
    assert middle["a/many.dcm"] != unasked["a/many.dcm"]
    assert middle["b/one.dcm"] == unasked["b/one.dcm"]


def test_every_frame_is_an_image_of_its_files_group(folder: Path) -> None:
    """Ids count from 1; frames of one file never come apart between folds."""
    dataset = opened(folder, "all")

    assert dataset.ids == (*(f"a/many.dcm#{k}" for k in (1, 2, 3, 4)), "b/one.dcm")
    assert [level(dataset, name) for name in dataset.ids] == [*LEVELS, 90]
    assert dataset.groups == ("a/many.dcm",) * 4 + ("",)
    assert dataset.reading.group_column == FILE
    assert [len(c.values) for c in dataset.group_columns] == [5]
    assert len({dataset.source.load(int(row)).key for row in dataset.rows}) == 5


def test_numbers_have_as_many_digits_as_the_last(make, tmp_path: Path) -> None:
    """So that the order of the ids is that of the frames."""
    path = tmp_path / "a" / "x.dcm"
    path.parent.mkdir()
    path.write_bytes(make(np.zeros((12, 3, 3), np.uint8)))

    dataset = opened(tmp_path, "all")

    assert dataset.ids[0] == "a/x.dcm#01"
    assert list(dataset.ids) == sorted(dataset.ids)


def test_patients_come_before_files_as_groups(make, tmp_path: Path) -> None:
    """A patient may have several files."""
    for i in range(4):
        path = tmp_path / "ab"[i % 2] / f"{i}.dcm"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(make(np.full((2, 3, 3), i, np.uint8), PatientID=f"P{i // 2}"))

    dataset = opened(tmp_path, "all")

    assert len(dataset) == 8
    assert dataset.reading.group_column == "DICOM PatientID"
    assert len(set(dataset.groups or ())) == 2


def test_splits_are_counted_by_frames(make, tmp_path: Path) -> None:
    """As many as there are images to judge."""
    for split in ("train", "test"):
        path = tmp_path / split / "a" / "x.dcm"
        path.parent.mkdir(parents=True)
        path.write_bytes(make(np.zeros((3, 3, 3), np.uint8)))

    dataset = opened(tmp_path, "all")

    assert dict(dataset.reading.splits) == {"train": 3, "test": 3}
    assert dataset.splits == ("train",) * 3 + ("test",) * 3


def test_a_mask_of_several_frames_gives_the_frame_of_its_image(folder: Path, make) -> None:
    """And a mask of one frame is every frame's."""
    masks = np.stack([np.full((6, 5), value, np.uint8) for value in (1, 2, 3, 4)])
    (folder / "m.dcm").write_bytes(make(masks))
    (folder / "n.dcm").write_bytes(make(masks[0]))
    table = folder / "set.csv"
    table.write_text("path,label,mask\na/many.dcm,a,m.dcm\nb/one.dcm,b,n.dcm\n")

    dataset = opened(table, "all")

    assert dataset.masks is not None
    shown = [int(dataset.source.load(int(row)).decode()[0, 0]) for row in dataset.masks]
    assert shown == [1, 2, 3, 4, 1]


@pytest.mark.parametrize(("frames", "shown"), [("first", 1), ("middle", 3)])
def test_a_mask_of_another_form_gives_the_frame_too(make, tmp_path, frames, shown) -> None:
    """The volume shows its middle slice unasked, and a DICOM file its first frame."""
    nibabel = pytest.importorskip("nibabel")
    voxels = np.arange(48, dtype=np.int16).reshape(3, 4, 4)
    (tmp_path / "x.nii").write_bytes(nibabel.Nifti1Image(voxels, np.eye(4)).to_bytes())
    masks = np.stack([np.full((4, 3), value, np.uint8) for value in (1, 2, 3, 4)])
    (tmp_path / "m.dcm").write_bytes(make(masks))
    table = tmp_path / "set.csv"
    table.write_text("path,label,mask\nx.nii,a,m.dcm\n")

    dataset = opened(table, frames)

    assert int(dataset.source.load(int(dataset.masks[0])).decode()[0, 0]) == shown


def test_the_source_goes_to_workers(folder: Path) -> None:
    """Picklable, and what it remembers stays behind."""
    dataset = opened(folder, "all")
    assert isinstance(dataset.source, FramesSource)
    dataset.source.load(1)

    copied = pickle.loads(pickle.dumps(dataset.source))

    assert copied.load(2).key == dataset.source.load(2).key
    assert len(pickle.dumps(dataset.source)) < 1500


def test_a_missing_mask_is_never_the_last_file(folder: Path) -> None:
    """-1 stands for "no mask"."""
    with pytest.raises(IndexError):
        opened(folder, "all").source.load(-1)
