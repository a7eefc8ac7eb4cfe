"""Names that differ only in spelling are told, and missing labels are missing."""

import re
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from deri_gate.data.readers import open_dataset
from deri_gate.data.readers.missing_labels import reads_as_missing
from deri_gate.data.readers.spelling import same_class, same_group, same_patient
from deri_gate.data.readers.splits import canonical_split
from deri_gate.errors import DatasetError


@pytest.fixture
def table(tmp_path):
    """A manifest of these rows, with an image each."""

    def write(header: str, *rows: str):
        for i in range(len(rows)):
            Image.fromarray(np.full((4, 5), i, np.uint8)).save(tmp_path / f"{i}.png")
        lines = [header, *(f"{i}.png,{row}" for i, row in enumerate(rows))]
        (tmp_path / "m.csv").write_text("\n".join(lines) + "\n", "utf-8")
        return tmp_path / "m.csv"

    return write


@pytest.mark.parametrize(
    "names",
    [
        ("cat", "Cat", "cat ", " CAT"),
        ("caf\u00e9", "cafe\u0301", "CAF\u00c9"),
        ("7", "007", "7.0", "7.", "+7"),
        ("0.50", ".5".rjust(3, "0"), "0.5"),
        ("no tumor", "no_tumor", "No-Tumor", "no  tumor"),
        ("x\u200b", "x", "\ufeffx"),
        ("\uff21", "a"),
        ("stra\u00dfe", "STRASSE"),
        ("mel", "m\u0435l", "\u041c\u0415L"),
        ("nv", "\u039dv"),
        ("class2", "class_2", "Class 2", "class-2"),
        ("x-ray", "x\u2013ray", "x\u2010ray"),
        ("Crohn's", "Crohn\u2019s", "crohn\u2032s"),
        ("40x", "40\u00d7"),
    ],
)
def test_one_class_in_several_spellings(names) -> None:
    """Case, blanks, Unicode form, number format."""
    assert len({same_class(name) for name in names}) == 1


@pytest.mark.parametrize(
    "names",
    [
        ("1", "-1", "10", "1.5", "11"),
        ("grade a", "grade b", "grade a-", "grade a+"),
        ("c", "c#", "c++"),
        ("1" * 40, "1" * 39 + "2"),
        ("1e3", "1000"),
        ("5 \u03bcm", "5 mm"),
        ("\u043b\u0443\u043d\u0430", "luna"),
        ("1-2", "12", "1-", "-12"),
        ("her2", "her2+", "her2-"),
        ("stage 1", "stage 01"),
    ],
)
def test_other_names_stay_apart(names) -> None:
    """However alike they look."""
    assert len({same_class(name) for name in names}) == len(names)


def test_of_groups_only_whole_numbers_are_one() -> None:
    """Series 1.10 is not series 1.1, and A_1 may not be A 1."""
    assert len({same_group(name) for name in ("007", "7", "7.0", " 7")}) == 1
    assert same_group("1.10") != same_group("1.1")
    assert same_group("A_1") != same_group("A 1")
    assert same_group("P1 ") == same_group("p1")


@pytest.mark.parametrize(
    "names",
    [
        ("P0007", "P7", "p-7", "P_0007", "P 07", "\u04200007"),
        ("sub-01", "sub-1", "SUB01"),
        ("007", "7", "7.0"),
        ("patient 7", "Patient_07"),
        ("AB-7", "AB\u20137", "AB\u22127", "AB\u2010007"),
        ("100000", "1E+05", "1e5", "100,000", "'100000", '"100000"'),
        ("O'Neil", "O\u2019Neil", "O\u2032Neil"),
    ],
)
def test_one_patient_in_several_spellings(names) -> None:
    """Zeros and what stands between letters and a number say nothing."""
    assert len({same_patient(name) for name in names}) == 1


@pytest.mark.parametrize(
    "names",
    [
        ("P7", "P70", "P17", "7", "Q7"),
        ("1-23", "12-3", "123", "1.23"),
        ("S12-345", "S123-45", "S12345"),
        ("1.2.840.10", "1.2.840.1", "1.2.84.010"),
        ("P10", "P1", "P100"),
        ("P0", "P"),
        ("1,2", "12", "1,200", "1.2e0", "12e1"),
    ],
)
def test_other_patients_stay_apart(names) -> None:
    """Marks that tell two numbers apart are kept."""
    assert len({same_patient(name) for name in names}) == len(names)


@pytest.mark.parametrize("control", ["\0", "\0\0\0", "\x07", "\x1b", "\x7f", "\x9f"])
def test_controls_draw_nothing(control) -> None:
    """Fields of a fixed width end in null characters: a class, patient and split of their own."""
    assert same_class(f"cat{control}") == "cat"
    assert same_patient(f"P7{control}") == same_patient("P7")
    assert canonical_split(f"train{control}") == "train"
    assert canonical_split(f"te{control}st") == "test"
    assert same_class(f"a{control} b") == "a b"


@pytest.mark.parametrize("name", ["Other.", "other_", "OTHER,", "other;", '"other"', "'Other.'"])
def test_marks_around_a_word_say_nothing(name) -> None:
    """Two classes of one name, of which one came with the rest of its sentence or its quotes."""
    assert same_class(name) == "other"


@pytest.mark.parametrize("names", [("a", "a+", "a-", "a#", "a*", "a'"), (".5", "5"), ('5"', "5'")])
def test_signs_behind_a_name_say_something(names) -> None:
    assert len({same_class(name) for name in names}) == len(names)


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_has_one_spelling(name: str) -> None:
    """Which stays as it is."""
    assert same_class(same_class(name)) == same_class(name)
    assert same_group(f" {name}  ") == same_group(name)
    assert same_patient(same_patient(name)) == same_patient(name)


@pytest.mark.parametrize(
    "label",
    [
        "nan",
        "NaN",
        "None",
        "NA",
        "N/A",
        "null",
        "missing",
        "Unlabeled",
        "UNLABELLED",
        "<NA>",
        "?",
        "-",
        "\u2013",
        "N\u2044A",
    ],
)
def test_words_for_no_label(label) -> None:
    """As pandas, R, SQL and people write them."""
    assert reads_as_missing(label)
    assert reads_as_missing(f" {label} ")


@pytest.mark.parametrize(
    "label", ["normal", "no finding", "0", "nantes", "naevus", "unknown", "NV"]
)
def test_classes_are_no_missing_labels(label) -> None:
    """Nor is "unknown", which public datasets have as a class."""
    assert not reads_as_missing(label)


def test_missing_labels_are_left_out_told_and_counted(table) -> None:
    """They would be classes of their own, and raise the score."""
    rows = [("a", "b", "nan", "None")[i % 4] for i in range(12)]
    dataset = open_dataset(table("path,label", *rows))

    assert dataset.classes == ("a", "b")
    assert len(dataset) == 6
    found = [f for f in dataset.findings if f.kind == "missing_label"]
    assert [f.path for f in found] == ["10.png", "11.png", "2.png", "3.png", "6.png", "7.png"]
    assert "its label 'nan' reads as missing" in found[0].detail
    assert dict(dataset.reading.left_out) == {"without a label": 6}
    assert set(dataset.other_files.paths) == {f.path for f in found}
    assert dataset.source.load(int(dataset.rows[0])).decode()[0, 0] == 0


def test_nothing_but_missing_labels(table) -> None:
    """There is nothing to judge."""
    with pytest.raises(DatasetError, match="has no label but 'NA', 'nan'"):
        open_dataset(table("path,label", "nan", "NA"))


def test_a_batch_keeps_images_whose_label_is_missing(table) -> None:
    """It need not have labels."""
    dataset = open_dataset(table("path,label", "a", "nan"), labels_required=False)

    assert dataset.labels == ((0,), ())


@pytest.mark.parametrize(
    ("folder", "left"), [("nan", 3), ("Unlabeled", 3), ("none", 4), ("missing", 4)]
)
def test_of_folders_fewer_words_count(pets, draw, folder, left) -> None:
    """A screw may be missing."""
    draw(pets / folder / "x.png")

    assert len(open_dataset(pets)) == left


def test_class_folders_that_differ_in_spelling(tmp_path, draw) -> None:
    """Each is told with the ones that it is spelled like."""
    for name in (
        "cat",
        "Cat",
        "cat ",
        "dog",
        "caf\u00e9",
        "cafe\u0301",
        "07",
        "7",
        "ox",
        "ox\u200b",
    ):
        draw(tmp_path / "d" / name / "x.png")

    dataset = open_dataset(tmp_path / "d")
    told = {f.path: f.detail for f in dataset.findings if f.kind == "spelling"}

    assert told.keys() == set(dataset.classes) - {"dog"}
    assert "'Cat' (1 image) is spelled like" in told["Cat"]
    assert told["Cat"].endswith("differ in case")
    assert told["cat "].endswith("differ in blanks")
    assert told["caf\u00e9"].endswith("differ in Unicode form")
    assert told["ox"].endswith("differ in invisible characters")
    assert told["07"].endswith("differ in number format")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Cat ", "case and blanks"),
        ("c\u0430t", "letters of another alphabet"),
        ("\uff23AT", "Unicode form and case"),
    ],
)
def test_all_that_differs_is_told(table, name, words) -> None:
    """A name may differ in more than one way, and in letters that nobody can tell apart."""
    dataset = open_dataset(table("path,label", "cat", f'"{name}"', "dog"))
    told = {f.path: f.detail for f in dataset.findings if f.kind == "spelling"}

    assert told.keys() == {"cat", name}
    assert told[name].endswith(f"differ in {words}")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(("end", "listed"), [("'a','b']", True), ("'a','b'!", False)])
def test_a_long_cell_that_nearly_is_a_list_is_read_at_once(table, end, listed) -> None:
    """Blanks between its words were shared out in 2 ** 50 ways."""
    name = "[" + "'a' " * 50 + end

    dataset = open_dataset(table("path,label", f'"{name}"', "dog"))

    assert (name in {f.path for f in dataset.findings if f.kind == "spelling"}) == listed


def test_signs_as_a_keyboard_and_as_a_word_processor_has_them(table) -> None:
    """Each half of the class was one of its own, without a word."""
    dataset = open_dataset(table("path,label", "Crohn's", "Crohn\u2019s", "x"))

    details = [f.detail for f in dataset.findings if f.kind == "spelling"]
    assert len(details) == 2
    assert all(detail.endswith("differ in dashes, quotes or other signs") for detail in details)


def test_separators_are_no_numbers(table) -> None:
    """no_tumor and no tumor are told by what tells them apart."""
    dataset = open_dataset(table("path,label", "no_tumor", "no tumor", "x"))

    details = [f.detail for f in dataset.findings if f.kind == "spelling"]
    assert len(details) == 2
    assert all(detail.endswith("differ in dashes or underscores") for detail in details)


def test_a_class_in_several_splits_is_one_name(tmp_path, draw) -> None:
    """train/Cat and test/cat are two classes, which is told."""
    for path in ("train/Cat/a.png", "test/cat/b.png"):
        draw(tmp_path / "d" / path)

    assert {f.path for f in open_dataset(tmp_path / "d").findings} == {"Cat", "cat"}


def test_groups_in_several_spellings_are_one(table) -> None:
    """So that their leak is seen."""
    rows = [
        "a,train,007",
        "b,train,007",
        "a,test,7",
        "b,train,P1",
        "a,test,P1 ",
        "a,test,12.0",
        "b,train,12",
        "b,train,x",
    ]
    dataset = open_dataset(table("path,label,split,group", *rows))

    by_split = {
        split: {g for g, s in zip(dataset.groups, dataset.splits, strict=True) if s == split}
        for split in ("train", "test")
    }
    assert len(by_split["train"] & by_split["test"]) == 3
    assert dataset.group_columns[0].values == dataset.groups
    assert any("3 groups of group with several spellings" in n for n in dataset.reading.notes)


def test_a_leak_between_spellings_fails(run, tmp_path) -> None:
    """By the real command: the same patients on both sides."""
    generator = np.random.default_rng(3)
    rows = ["path,label,split,group"]
    for i in range(40):
        Image.fromarray(generator.integers(0, 255, (32, 32), np.uint8)).save(tmp_path / f"{i}.png")
        split, group = ("train", f"{i % 5:03d}") if i < 25 else ("test", f"{i % 5}.0")
        rows.append(f"{i}.png,{'ab'[i % 2]},{split},{group}")
    (tmp_path / "d.csv").write_text("\n".join(rows) + "\n")

    status, out, _ = run("check", tmp_path / "d.csv", "--metrics", "sharpness", "-v")

    assert status != 0
    assert re.search(r"leaked_groups +100 % ", out)


@pytest.mark.parametrize("nobody", ["unknown", "NA", "nan", "None", "Not available", "?"])
def test_an_unknown_group_is_none(table, nobody) -> None:
    """Images of two unknown patients do not belong together, and are counted."""
    found = open_dataset(table("path,label,group", f"a,{nobody}", f"b,{nobody}", "a,p1", "b,p1"))

    assert found.groups == ("", "", "p1", "p1")
    assert found.group_columns[0].values == ("", "", "p1", "p1")
    assert "2 images belong with none, as their group reads as missing" in found.reading.notes


def test_groups_that_are_all_unknown_are_none(table) -> None:
    found = open_dataset(table("path,label,group", "a,unknown", "b,unknown"))

    assert (found.groups, found.group_columns, found.reading.group_column) == (None, (), "")


@pytest.mark.parametrize(
    "long", ['"' * 8_000, "\"'" * 4_000, "a" + "_" * 30_000 + "!", '" ' * 4_000]
)
def test_a_long_name_of_quotes_and_marks_takes_no_time(long) -> None:
    """One of 8,000 quotes took nine seconds: each number of them was tried as the mark."""
    begin = time.process_time()
    assert same_class(same_class(long)) == same_class(long)
    assert time.process_time() - begin < 0.2


def test_quotes_within_quotes_say_nothing() -> None:
    assert {same_class(name) for name in ('"other"', "' \"other\" '", '""other""')} == {"other"}
