import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deri_gate.data.dataset import NO_LABEL
from deri_gate.data.readers import open_dataset
from deri_gate.data.readers.missing_labels import reads_as_missing
from deri_gate.data.readers.places import Place
from deri_gate.errors import DatasetError, UnreadableImageError


@pytest.fixture(autouse=True)
def no_file_is_looked_for(monkeypatch) -> None:
    """These tests are about the table; whether its files are there is another's."""
    monkeypatch.setattr(Place, "has", lambda _self, path: "\\" not in path)


@pytest.fixture
def write(tmp_path):
    """Write a manifest, as text or bytes, and return its path."""

    def write(content: str | bytes):
        path = tmp_path / "list.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_rows_become_images(write, draw, tmp_path) -> None:
    """Every column that we know of, and one that we do not."""
    draw(tmp_path / "a.png", 1)
    draw(tmp_path / "m" / "a.png", 2)
    path = write(
        "label,path,split,group,mask,age\ndog,b.png,Valid,p1,,7\ncat,./a.png,train,p2,m//a.png,8\n"
    )

    dataset = open_dataset(path)

    assert dataset.name == "list"
    assert dataset.ids == ("a.png", "b.png")
    assert dataset.classes == ("cat", "dog")
    assert dataset.labels == ((0,), (1,))
    assert dataset.splits == ("train", "val")
    assert dataset.groups == ("p2", "p1")
    assert dataset.masks is not None
    assert dataset.masks.tolist() == [2, -1]
    assert dataset.source.load(int(dataset.rows[0])).decode()[0, 0] == 1
    assert dataset.source.load(int(dataset.masks[0])).decode()[0, 0] == 2


def test_labels_stay_exactly_as_written(write) -> None:
    """No library's idea of what is a number gets between."""
    labels = ["No", "nulla", "nano", "01", "1", "Nobody", "1.0", " x", "é"]
    rows = "".join(f"{i}.png,{label}\n" for i, label in enumerate(labels))

    dataset = open_dataset(write("path,label\n" + rows))

    assert [dataset.classes[own] for (own,) in dataset.labels] == labels


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="|\r\0"))
        .filter(str.strip)
        .filter(lambda label: not reads_as_missing(label)),
        min_size=1,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_label_comes_through_both_formats(tmp_path, labels: list[str]) -> None:
    """pandas writes, we read."""
    frame = pd.DataFrame({"path": [f"{i:04}.png" for i in range(len(labels))], "label": labels})
    frame.to_csv(tmp_path / "x.csv", index=False, lineterminator="\n")
    frame.to_parquet(tmp_path / "x.parquet")

    for name in ("x.csv", "x.parquet"):
        dataset = open_dataset(tmp_path / name)
        assert [dataset.classes[own] for (own,) in dataset.labels] == labels


def test_several_labels(write) -> None:
    """Joined by a bar; once there are several, none is a class as well, and the last one."""
    dataset = open_dataset(
        write("path,label\na.png,flu|cold\nb.png,\nc.png,cold|cold\nd.png,zzz\n")
    )

    assert dataset.classes == ("cold", "flu", "zzz", NO_LABEL)
    assert dataset.labels == ((0, 1), (3,), (0,), (2,))
    assert dataset.multilabel


def test_an_empty_label_among_single_ones(write) -> None:
    """An error that names the line and how many there are."""
    path = write("path,label\na.png,x\nb.png,\n\nc.png,\n")

    with pytest.raises(
        DatasetError, match=r"list.csv: has no label \(line 3 and 1 more\). Give every"
    ):
        open_dataset(path)


@pytest.mark.parametrize("content", ["path,label\na.png,\nb.png,x\n", "path\na.png\nb.png\n"])
def test_a_batch_may_have_no_labels(write, content) -> None:
    """Then they are empty."""
    dataset = open_dataset(write(content), labels_required=False)

    assert dataset.labels[0] == ()


def test_a_repeated_path_gets_a_number(write) -> None:
    """Ids are unique, whatever order the rows come in."""
    rows = ["a.png,x,train\n", "a.png,y,train\n", "a.png,x,test\n", "a.png#2,x,test\n"]
    expected = {"a.png": "x", "a.png#3": "y", "a.png#4": "x", "a.png#2": "x"}

    for order in (rows, rows[::-1]):
        dataset = open_dataset(write("path,label,split\n" + "".join(order)))
        assert {
            i: dataset.classes[c] for i, (c,) in zip(dataset.ids, dataset.labels, strict=True)
        } == expected


def test_splits_of_ones_own_come_last(write) -> None:
    """And keep their names."""
    path = write("path,label,split\na,x,Fold1\nb,x,TEST\nc,x,validation\nd,x,train\n")

    assert open_dataset(path).splits == ("train", "val", "test", "Fold1")


@pytest.mark.parametrize("missing", ["", " ", "NA", "nan", "None"])
def test_a_missing_split(write, missing) -> None:
    """All images have one, or none: a split of its own would be judged by nobody."""
    with pytest.raises(DatasetError, match=r"has no split \(line 3\). Give every image a split"):
        open_dataset(write(f"path,label,split\na,x,train\nb,x,{missing}\n"))
    assert open_dataset(write(f"path,label,split\na,x,{missing}\nb,x,{missing}\n")).splits is None


@pytest.mark.parametrize("cell", ["test;train", "Training / Test", '"train,test"', "val|testing"])
def test_an_image_in_test_and_another_split_is_refused(write, cell) -> None:
    """They were a third split, which nobody held against the others."""
    with pytest.raises(DatasetError, match=r"has several splits \(line 3\)"):
        open_dataset(write(f"path,label,split\na,x,train\nb,x,{cell}\n"))
    assert open_dataset(write("path,label,split\na,x,train+val\nb,x,test\n")).splits


def test_images_without_a_label_may_be_a_split(write):
    """As datasets for learning with few labels have it."""
    found = open_dataset(write("path,label,split\na,x,train\nb,x,unlabeled\n"))

    assert found.splits == ("train", "unlabeled")


def test_a_missing_file_is_no_error_yet(write) -> None:
    """It becomes a finding when it is read."""
    dataset = open_dataset(write("path,label\ngone/a.png,x\n"))

    with pytest.raises(UnreadableImageError, match=r"^gone/a.png: there is no such file"):
        dataset.source.load(0)


@pytest.mark.parametrize("column", ["path", "mask"])
@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("/etc/passwd", "an absolute path"),
        ("C:\\x.png", "an absolute path"),
        ("\\\\server\\x.png", "an absolute path"),
        ("../x.png", "a path with '..'"),
        ("a/../../x.png", "a path with '..'"),
        ("a\\..\\x.png", "a path with '..'"),
        ("a\0b.png", "a path with a null character"),
        ("out/x.png", "a path that leaves the folder by a symbolic link"),
        ("out.png", "a path that leaves the folder by a symbolic link"),
    ],
)
def test_paths_that_leave_the_folder(tmp_path, draw, column, value, what) -> None:
    """Refused with the line, before anything is read."""
    secret = draw(tmp_path / "elsewhere" / "x.png")
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "out").symlink_to(secret.parent)
    (folder / "out.png").symlink_to(secret)
    row = {"path": "a.png", "mask": "m.png"} | {column: value}
    (folder / "list.csv").write_text(f"path,label,mask\na.png,x,\n{row['path']},x,{row['mask']}\n")

    with pytest.raises(DatasetError) as caught:
        open_dataset(folder / "list.csv")
    assert f"has {what} in the column {column!r} (line 3). Name files below" in str(caught.value)


@pytest.mark.parametrize("name", ["a..b.png", "..a/x.png", "a b.png", "x.png.."])
def test_two_dots_in_a_name_are_no_way_up(write, name) -> None:
    """Only a whole '..' is."""
    assert open_dataset(write(f"path,label\n{name},x\n")).ids == (name,)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "file,label\na,x\n",
            r"has no column 'path'. Its columns are 'file', 'label'; path and label must",
        ),
        ("path;names\na;x\n", r"has no column 'label'. Its columns are 'path', 'names'"),
        ("", r"has no column 'path'. Its columns are none"),
        ("path,label\n", r"names no images. Write a row"),
        ("path,label,label\na,x,y\n", r"has two columns 'label'. Rename"),
        ("path,label\na.png,x\nb,c.png,x\n", r"has 3 values in line 3, and 2 columns. Quote"),
        ("path,label\na.png\n", r"has 1 values in line 2, and 2 columns. Quote"),
        ('path,label\na.png,"x\nb.png,y\n', r"is not valid CSV in line 3: .*Look for a quote"),
        ('path,label\na.png,"x"y\n', r"is not valid CSV in line 2: .*Look for a quote"),
        (b"path,label\na.png,caf\xe9\n", r"is not UTF-8. Save it in UTF-8, or name its encoding"),
        ("path,label\na.png,x\n".encode("utf-16-le"), r"is not UTF-8. Save it in UTF-8, or name"),
        ("path,label\n,x\n", r"has no path \(line 2\)"),
        ("path,label\na," + "x" * 200_000 + "\n", r"is not valid CSV in line 2"),
    ],
)
def test_malformed_manifests(write, content, message) -> None:
    """One line: what, where, what to do."""
    with pytest.raises(DatasetError, match=f"list.csv: {message}") as caught:
        open_dataset(write(content))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    ["\ufeffpath,label\r\na.png,x\r\n", "path, label\na.png,x", 'path,label\n"a.png","x"\n'],
)
def test_the_ways_of_spreadsheets_are_tolerated(write, content) -> None:
    """A byte order mark, Windows' line ends, a space in the header, quotes."""
    dataset = open_dataset(write(content))

    assert (dataset.ids, dataset.classes) == (("a.png",), ("x",))


def save_parquet(folder, **columns: pa.Array):
    pq.write_table(pa.table(columns), folder / "list.parquet")
    return folder / "list.parquet"


def test_parquet_numbers_and_categories(tmp_path) -> None:
    """Whole numbers become their digits; a category is its text; null is empty."""
    paths = pa.array(["a", "b", "c"])
    numbers = save_parquet(
        tmp_path, path=paths, label=pa.array([2, 10, 2]), group=pa.array([1, None, 3])
    )
    dataset = open_dataset(numbers)
    assert (dataset.classes, dataset.groups) == (("10", "2"), ("1", "", "3"))

    texts = save_parquet(tmp_path, path=paths, label=pa.array(["x", "y", "x"]).dictionary_encode())
    assert open_dataset(texts).labels == ((0,), (1,), (0,))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"path": ["a"], "label": [1.5]},
            r"the column 'label' holds values of type double. Write text",
        ),
        ({"path": ["a", "b"], "label": ["x", None]}, r"has no label \(row 2\). Give"),
        (
            {"path": ["a", "../b"], "label": ["x", "y"]},
            r"has a path with '..' in the column 'path' \(row 2\)",
        ),
        ({"name": ["a"]}, r"has no column 'path'. Its columns are 'name'"),
        (
            {"a": ["b"], "image": [[b"x"]]},
            r"has no column 'path'. Its columns are 'a' \(those of other kinds .*: 'image'\); path",
        ),
    ],
)
def test_parquet_errors(tmp_path, columns, message) -> None:
    """They count rows, for there are no lines."""
    path = save_parquet(tmp_path, **{k: pa.array(v) for k, v in columns.items()})

    with pytest.raises(DatasetError, match=f"list.parquet: {message}"):
        open_dataset(path)


def test_what_is_no_parquet(tmp_path) -> None:
    """Renamed, or cut off."""
    (tmp_path / "x.parquet").write_bytes(b"path,label\n")

    with pytest.raises(
        DatasetError, match=r"x.parquet: cannot be read as Parquet: .*\. Write the file again"
    ):
        open_dataset(tmp_path / "x.parquet")
