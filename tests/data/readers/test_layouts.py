"""The layouts that people have: what each is read as, or which option settles it."""

import re
import shlex

import numpy as np
import pytest
from PIL import Image

from deri_gate.data.readers import ReadOptions, judged_split, open_dataset, other_splits
from deri_gate.data.readers.splits import canonical_split, splits_of
from deri_gate.errors import DatasetError, SettingError


@pytest.fixture
def tree(tmp_path, draw):
    """A folder of small images at these paths."""

    def make(*paths: str):
        for level, path in enumerate(paths):
            draw(tmp_path / "d" / path, 20 + level)
        return tmp_path / "d"

    return make


def read(root, **options):
    return open_dataset(root, options=ReadOptions.of(**options))


def facts(dataset) -> list[tuple[str, str, str]]:
    """Split, class and group of each image."""
    names = [dataset.classes[own[0]] for own in dataset.labels]
    blank = ("",) * len(dataset)
    return list(zip(dataset.splits or blank, names, dataset.groups or blank, strict=True))


@pytest.mark.parametrize(
    ("names", "split"),
    [
        (("train Train TRAINING training_set TrainingSet trainset train-images images_train "
         "train2017 trainval train_224 tr TRN 01_train traindata train(1) Train-resized"), "train"),
        ("val valid Validation validation_set dev Dev development valid2017 val_images", "val"),
        (("test Testing test_images TestSet ts tst eval evaluation holdout hold-out Hold_Out "
         "held-out test1 images.test"), "test"),
    ],
)  # fmt: skip
def test_usual_names_of_splits(names: str, split: str) -> None:
    """Whatever the case, the year or the word around."""
    assert {canonical_split(name) for name in names.split()} == {split}


@pytest.mark.parametrize(
    "name",
    [
        "trees",
        "trainer",
        "transport",
        "tsunami",
        "testament",
        "device",
        "valley",
        "tests",
        "dog",
        "7",
        "images",
    ],
)
def test_names_that_only_begin_so_are_no_splits(name: str) -> None:
    """They stay what they are."""
    assert canonical_split(name) == name


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "name",
    [
        "1.2.840.113619.2.55.3.604688119.971.1088888888.467",
        "9" * 240,
        "dataset" * 30,
        "imageset" * 30,
        "images" * 40,
        "allsmallfull" * 20,
    ],
)
def test_long_names_are_read_at_once(name) -> None:
    """Folders of DICOM are named by UIDs; their digits were tried in 2 ** 50 ways."""
    assert canonical_split(name) == name
    assert canonical_split(f"{name}_train") == "train"


@pytest.mark.timeout(60)
def test_folders_named_by_uid_are_read(tree) -> None:
    """The search for splits among the names of studies ends."""
    studies = [f"1.2.840.113619.2.55.3.604688119.971.1{n}88888888.467" for n in range(3)]
    root = tree(*(f"{label}/{study}/1.png" for label in ("cat", "dog") for study in studies))

    read_as = facts(read(root, layout="class/group"))

    assert read_as == [("", label, study) for label in ("cat", "dog") for study in studies]


@pytest.mark.parametrize(
    "name", ["tr\u0430in", "tr\u200bain", "\uff34rain", "\u0422R\u0410IN", "training\u00a0set"]
)
def test_a_name_that_looks_like_a_split_is_one(name: str) -> None:
    """Images of it were judged by nobody, and no eye tells it from the split."""
    assert canonical_split(name) == "train"
    assert splits_of(["train", name]) == {"train": "train", name: "train"}


@pytest.mark.parametrize(
    "unseen",
    (
        "\u034f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b\u180d\u180e\u180f\u200d\u2060\u2064\u2065"
        "\u2800\u3164\ufe00\ufe0f\ufeff\uffa0\ufff0\U000e0001\U000e0100\U000e01ef"
    ),
)
def test_characters_that_draw_nothing_make_no_split(unseen) -> None:
    """All code points that may be left undrawn, wherever they stand, and blanks of other scripts."""
    for name in (f"tra{unseen}in", f"{unseen}train", f"train{unseen}"):
        assert canonical_split(name) == "train"


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("tra\u0131n", "train"),
        ("tr\u0251in", "train"),
        ("va\u04cf", "val"),
        ("TRA\u0130N", "train"),
        ("TRAI\u0307N", "train"),
    ],
)
def test_letters_that_look_like_others_make_no_split(name, split) -> None:
    assert canonical_split(name) == split


@pytest.mark.parametrize(
    "name",
    [
        "\u8bad\u7ec3",
        "\u845b\U000e0100\u57ce",
        "\u043e\u0431\u0443\u0447\u0435\u043d\u0438\u0435",
        "\u062a\u062f\u0631\u064a\u0628",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u092a\u094d\u0930\u0936\u093f\u0915\u094d\u0937\u0923",
        "\u0915\u094d\u200d\u0937",
        "\ud6c8\ub828",
        "\u1112\u116e\u11ab",
        "\u115f\u1161\u11ab",
        "\u0131\u015f\u0131k",
        "n\u0307",
    ],
)
def test_a_name_in_another_script_stays_as_it_is(name) -> None:
    """Chinese with a variant, Russian, Arabic and Hindi with joiners, Korean, Turkish."""
    assert canonical_split(name) == name
    assert splits_of(["train", name]) == {"train": "train", name: name}


def test_names_of_one_split_stay_apart() -> None:
    """Images in both val and dev would leak between the two; training may have many parts."""
    assert splits_of(["train", "val", "dev"]) == {"train": "train", "val": "val", "dev": "dev"}
    assert splits_of(["train2014", "train2017"]) == {"train2014": "train", "train2017": "train"}
    assert splits_of(["chest_train", "chest_test"]) == {
        "chest_train": "train",
        "chest_test": "test",
    }
    assert splits_of(["left_test", "right_test"])["left_test"] == "left_test"


@pytest.mark.parametrize("train", ["Training", "tr", "train_images", "chest_train"])
def test_splits_by_any_name(tree, train) -> None:
    """With class folders below."""
    test = train.replace("Training", "Testing").replace("train", "test").replace("tr", "ts")
    root = tree(f"{train}/cat/a.png", f"{train}/dog/b.png", f"{test}/cat/c.png")

    dataset = read(root)

    assert facts(dataset) == [("train", "cat", ""), ("train", "dog", ""), ("test", "cat", "")]
    assert dataset.reading.layout == "split/class"
    assert any(f"{train} as train" in note for note in dataset.reading.notes)


@pytest.mark.parametrize(
    ("folders", "note"),
    [
        (("Train", "train"), "took Train as train"),
        (("train", "TRAIN", "Test"), "took TRAIN as train"),
        (("Train", "Test"), None),
    ],
)
def test_two_folders_of_one_split_are_told(tree, folders, note) -> None:
    """They differ only by case, which some systems do not hold apart."""
    root = tree(*(f"{folder}/cat/{i}.png" for i, folder in enumerate(folders)))
    if len({p.name for p in root.iterdir()}) < len(folders):
        pytest.skip("this file system does not tell names by case")

    assert read(root).reading.notes == (() if note is None else (note,))


def test_a_folder_that_repeats_the_splits_name(tree) -> None:
    """As archives of archives have it."""
    root = tree("seg_train/seg_train/sea/a.png", "seg_test/seg_test/sea/b.png")

    assert facts(read(root)) == [("train", "sea", ""), ("test", "sea", "")]


@pytest.mark.parametrize("other", ["unlabeled/pool/x.png", "extra/x.png", "holiday/cat/x.png"])
def test_a_folder_beside_splits_that_is_none(tree, other) -> None:
    """The error names it and the options; each of them settles it."""
    root = tree("train/cat/a.png", "train/dog/b.png", other)
    name = other.split("/")[0]

    with pytest.raises(DatasetError, match=f"train looks like a split, but '{name}' .*--exclude"):
        read(root)
    assert len(read(root, exclude=name)) == 2
    assert read(root, exclude=name).reading.left_out == (("excluded", 1),)
    classes = {"train", name} - {"unlabeled"}  # which no class is called
    assert set(read(root, layout="class").classes) == classes


def test_a_class_may_be_called_train(tree) -> None:
    """Vehicles: no folders below, so no split."""
    root = tree("train/a.png", "bus/b.png", "car/c.png")

    assert read(root).classes == ("bus", "car", "train")
    assert read(root).splits is None


def test_splits_below_the_classes(tree) -> None:
    """Nothing else can be meant."""
    root = tree("sick/train/a.png", "sick/test/b.png", "well/train/c.png", "well/Test/d.png")

    dataset = read(root)

    assert sorted(facts(dataset)) == [
        ("test", "sick", ""),
        ("test", "well", ""),
        ("train", "sick", ""),
        ("train", "well", ""),
    ]
    assert dataset.reading.layout == "class/split"


def test_splits_below_some_classes_only(tree) -> None:
    """An error that names the option."""
    root = tree("sick/train/a.png", "sick/test/b.png", "well/c.png")

    with pytest.raises(DatasetError, match=r"look like splits, and others do not.*--layout class"):
        read(root)


def test_folds_are_judged_together(tree) -> None:
    """Of a cross-validation every fold is trained on; each is a split, so that copies show."""
    root = tree(*(f"fold{f}/{c}/{f}.png" for f in (1, 2, 3) for c in ("cat", "dog")))

    dataset = read(root)
    judged = judged_split(dataset)

    assert dict(dataset.reading.splits) == {"fold1": 2, "fold2": 2, "fold3": 2}
    assert len(judged) == 6
    assert len(other_splits(dataset, judged)) == 0
    assert len(judged_split(dataset, "fold2")) == 2
    assert set(read(root, layout="group/class").groups) == {"fold1", "fold2", "fold3"}


@pytest.mark.parametrize("wrapper", ["chest_xray", "images", "a/b/c"])
def test_folders_around_everything_are_seen_through(tree, wrapper) -> None:
    """And said."""
    splits = tree(*(f"{wrapper}/{s}/{c}/{s}.png" for s in ("train", "test") for c in "xy"))
    assert read(splits).reading.layout == "split/class"
    assert f"looked through the single folder {wrapper}/" in read(splits).reading.notes


def test_a_wrapper_around_classes(tree) -> None:
    """images/cat, images/dog; a single class of several folders deep stays one class."""
    assert read(tree("images/cat/a.png", "images/dog/b.png")).classes == ("cat", "dog")


@pytest.mark.parametrize("before", ["", "train/"])
def test_patients_above_the_classes_are_asked_about(tree, before) -> None:
    """Twelve patients must not become twelve classes."""
    more = ["test/p9/0/x.png", "test/p9/1/y.png"] if before else []
    root = tree(*(f"{before}p{p}/{k}/{p}.png" for p in range(5) for k in (0, 1)), *more)
    start = "split/" if before else ""

    with pytest.raises(DatasetError, match=f"the same names.*--layout {start}group/class"):
        read(root)
    dataset = read(root, layout=f"{start}group/class")
    assert dataset.classes == ("0", "1")
    assert {group for _, _, group in facts(dataset)} >= {f"p{p}" for p in range(5)}
    assert dataset.reading.group_column == "the names of folders"


def test_patients_below_the_classes_are_an_option(tree) -> None:
    """The note names it."""
    root = tree("0/p1/a.png", "0/p2/b.png", "1/p3/c.png", "1/p4/d.png")

    assert read(root).classes == ("0", "1")
    assert "--layout class/group takes them for patients" in read(root).reading.notes[0]
    assert read(root, layout="class/group").groups == ("p1", "p2", "p3", "p4")


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        ("patient/class", "no level 'patient'"),
        ("split/split/class", "twice"),
        ("split", "no class"),
        ("split/fold/class", "twice"),
    ],
)
def test_a_layout_that_is_none(tree, layout, said) -> None:
    """The words there are."""
    with pytest.raises(SettingError, match=said):
        read(tree("cat/a.png"), layout=layout)


def test_a_star_is_a_folder_without_a_meaning(tree) -> None:
    """For levels that nobody can guess."""
    root = tree("site1/cat/a.png", "site1/dog/b.png", "site2/cat/c.png")

    assert read(root, layout="*/class").classes == ("cat", "dog")


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("benign/benign (1).png", "benign/benign (1)_mask.png"),
        ("cat/a.jpg", "cat/a_mask.png"),
        ("cat/a.jpg", "cat/a-seg.png"),
        ("cat/a.jpg", "cat/a_segmentation.png"),
        ("cat/a.jpg", "cat/mask_a.png"),
        ("cat/a_image.png", "cat/a_mask.png"),
        ("cat/a.png", "cat/masks/a.png"),
        ("cat/images/a.png", "cat/masks/a.png"),
        ("cat/images/a.png", "cat/Masks/a_mask.png"),
        ("images/cat/a.png", "masks/cat/a.png"),
        ("images/cat/a.png", "masks/a.png"),
        ("images/cat/a.jpg", "annotations/cat/a.png"),
        ("train/images/cat/a.png", "train/masks/cat/a.png"),
        ("train/cat/images/a.png", "train/cat/labels/a.png"),
        ("images/train/cat/a.png", "masks/train/cat/a.png"),
        ("cat/a.png", "cat/a_label.png"),
    ],
)
def test_masks_by_their_names_and_folders(tree, image, mask) -> None:
    """A mask is never an image; it is the mask of its own image."""
    other = image.replace("a.", "z.").replace("cat", "dog").replace("a_", "z_")
    root = tree(image, mask, *([other] if other != image else []))

    dataset = read(root)
    row = dataset.ids.index(image)

    assert mask not in dataset.ids
    assert dataset.reading.masks == 1
    assert dataset.findings == ()
    assert dataset.source.names[dataset.masks[row]] == mask
    assert all(dataset.masks[i] == -1 for i in range(len(dataset)) if i != row)
    assert dataset.classes in (("benign",), ("cat", "dog"), ("cat",))


def test_several_masks_of_an_image_are_one(tmp_path, draw) -> None:
    """What lies in any of them is inside."""
    draw(tmp_path / "cat" / "a.png")
    for number, half in (("", slice(0, 2)), ("_1", slice(3, 5))):
        mask = np.zeros((4, 6), np.uint8)
        mask[:, half] = 255
        Image.fromarray(mask).save(tmp_path / "cat" / f"a_mask{number}.png")

    dataset = open_dataset(tmp_path)
    united = dataset.source.load(int(dataset.masks[0]))

    assert dataset.reading.masks == 2
    assert (united.decode()[0] == [255, 255, 0, 255, 255, 0]).all()
    assert united.key not in {dataset.source.load(i).key for i in range(3)}


def test_a_class_may_be_called_mask(tree) -> None:
    """Faces with and without one, the files called alike."""
    root = tree(*(f"{c}/{i}.png" for c in ("mask", "no_mask") for i in range(3)))

    assert read(root).classes == ("mask", "no_mask")
    assert read(root).masks is None


def test_names_with_mask_that_match_no_image_are_images(tree) -> None:
    """A word in a name is no proof."""
    root = tree("worn/face_mask.png", "worn/1_mask.png", "bare/face.png")

    assert len(read(root)) == 3


def test_a_label_in_few_names_is_no_mask(tree) -> None:
    """One bottle and the picture of its label."""
    root = tree("x/bottle.png", "x/bottle_label.png", *(f"x/{i}.png" for i in range(6)))

    assert len(read(root)) == 8


def test_a_mask_without_its_image_is_told(tree) -> None:
    """It is no image either."""
    root = tree("x/a.png", "x/a_mask.png", "x/b_mask.png", "y/c.png")

    dataset = read(root)

    assert dataset.ids == ("x/a.png", "y/c.png")
    assert [(f.kind, f.path) for f in dataset.findings] == [("unjudged", "x/b_mask.png")]


def test_masks_that_match_nothing_are_an_error(tree) -> None:
    """Beside a folder of images they would be taken for images."""
    root = tree("x/images/a.png", "x/masks/q.png", "y/images/b.png", "y/masks/r.png")

    with pytest.raises(DatasetError, match=r"named like masks .* --exclude 'x/masks'"):
        read(root)
    assert len(read(root, exclude="masks")) == 2


@pytest.mark.parametrize(
    ("boxes", "name"),
    [
        ("train/labels/{}.txt", "YOLO"),
        ("train/annotations/instances_train.json", "COCO"),
        ("train/_annotations.coco.json", "COCO"),
        ("train/Annotations/{}.xml", "Pascal VOC"),
    ],
)
def test_object_detection_is_recognised(tree, boxes, name) -> None:
    """Boxes are no classes."""
    root = tree(*(f"train/images/{i}.jpg" for i in range(4)))
    for i in range(4):
        (root / boxes.format(i)).parent.mkdir(exist_ok=True)
        (root / boxes.format(i)).write_text("0 .5 .5 .2 .2\n")

    with pytest.raises(DatasetError, match=f"object detection \\({name}\\)"):
        read(root)


def test_the_commands_take_both_options(run, tree) -> None:
    """Where the layout is not plain."""
    generator = np.random.default_rng(0)
    root = tree("p1/0/a.png")
    for p in range(4):
        for k in (0, 1):
            for i in range(3):
                path = root / f"p{p}" / str(k) / f"{i}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(generator.integers(0, 255, (32, 32), np.uint8)).save(path)

    status, _, error = run("measure", root, "--metrics", "sharpness")
    assert (status, "--layout group/class" in error) == (2, True)
    options = ("--layout", "group/class", "--exclude", "p3", "--exclude", "a.png")
    status, out, _ = run("measure", root, "--metrics", "sharpness", *options)
    assert status == 0
    assert "GROUP/CLASS" in out or '"group/class"' in out


@pytest.mark.parametrize("form", ["{name}_{split}", "{split}_{name}", "{name} ({split})"])
def test_names_of_a_class_and_a_split_in_one_are_neither(tree, form: str) -> None:
    """cat_train and cat_test are no two classes, and nothing would be looked at for leaks."""
    names = [form.format(name=n, split=s) for n in ("cat", "dog") for s in ("train", "test")]
    root = tree(*(f"{name}/1.png" for name in names))

    with pytest.raises(DatasetError, match=r"a class and a split in one.*--layout class"):
        open_dataset(root)
    assert list(read(root, layout="class").classes) == sorted(names)


@pytest.mark.parametrize("beside", ["overview.png", "data/overview.png"])
def test_an_image_beside_the_classes_hides_no_wrapper(tree, beside: str) -> None:
    """One stray picture, and all classes would be one."""
    root = tree("data/cat/1.png", "data/cat/2.png", "data/dog/1.png", beside)

    with pytest.raises(DatasetError, match=r"its only folder, 'data', holds folders \(cat, dog\)"):
        open_dataset(root)
    assert read(root, layout="*/class", exclude="overview.png").classes == ("cat", "dog")
    assert read(root, layout="class").classes == ("data",)


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("a. Training Set", "b. Testing Set"),
        ("1) train", "2) test"),
        ("training-a", "test-b"),
        ("labelled_train", "blind_test"),
    ],
)
def test_numbered_splits_are_no_classes(tree, train, test) -> None:
    """They were two classes, called after the splits, and no leak between them was looked for."""
    root = tree(*(f"{split}/{c}/{i}.png" for split in (train, test) for c in "xy" for i in "12"))

    assert {split for split, _, _ in facts(read(root))} == {"train", "test"}


@pytest.mark.parametrize("around", ["", "all/"])
@pytest.mark.parametrize("copy", ["all", "old version"])
def test_a_second_copy_of_all_classes_is_no_class(tree, around, copy) -> None:
    root = tree(*(f"{around}{above}{c}/1.png" for above in ("", f"{copy}/") for c in "xy"))
    with pytest.raises(DatasetError, match=rf"'{around}{copy}' holds folders named like") as caught:
        read(root)

    assert f"--exclude '{around}{copy}'" in str(caught.value)
    left = read(root, exclude=(f"{around}{copy}",))
    assert [name for _, name, _ in facts(left)] == ["x", "y"]


@pytest.mark.parametrize("copy", ["set [1]", "it's $HOME"])
def test_the_offered_exclude_leaves_out_what_it_names(tree, copy) -> None:
    """A bracket began a pattern, so that the advice led to the same error again."""
    root = tree(*(f"{above}{c}/1.png" for above in ("", f"{copy}/") for c in "xy"))
    with pytest.raises(DatasetError, match="holds folders named like") as caught:
        read(root)

    words = shlex.split(str(caught.value).partition("copy out with ")[2].partition(", or")[0])
    assert [name for _, name, _ in facts(read(root, exclude=(words[1],)))] == ["x", "y"]


def test_a_class_may_have_one_folder_named_like_another(tree) -> None:
    dataset = read(tree("lung/1.png", "lung/normal/2.png", "normal/3.png", "tumour/4.png"))

    assert [name for _, name, _ in facts(dataset)] == ["lung", "lung", "normal", "tumour"]


@pytest.mark.parametrize(
    "folders",
    [["images_001", "images_002"], ["scans_part_1", "scans_part_2"], ["Batch 1", "batch2"]],
)
def test_parts_of_one_set_are_no_classes(tree, folders) -> None:
    """A set unpacked from several archives was judged as if each were a class."""
    root = tree(*(f"{folder}/{i}.png" for folder in folders for i in range(2)))
    (root / "labels.csv").write_text("path,label\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="named as parts of one set") as caught:
        read(root)

    assert "If labels.csv has the labels, name it as the dataset" in str(caught.value)
    assert len(read(root, layout="class").classes) == 2


@pytest.mark.parametrize("names", [["class_1", "class_2"], ["grade 0", "grade 1"], ["0", "1"]])
def test_numbered_classes_are_classes(tree, names) -> None:
    assert list(read(tree(*(f"{name}/1.png" for name in names))).classes) == names


@pytest.mark.parametrize("folder", ["jpg", "images", "data/PNG"])
def test_an_only_folder_named_by_its_form_is_no_class(tree, folder) -> None:
    with pytest.raises(DatasetError, match="lie in no class folders"):
        read(tree(*(f"{folder}/{i}.png" for i in range(3))))


def test_a_split_of_images_beside_one_of_class_folders(tree) -> None:
    """train/Images/<class>/ and test/Images/: the test images have no class."""
    root = tree("train/Images/x/1.png", "train/Images/y/2.png", "test/Images/3.png")
    dataset = read(root)

    assert [name for _, name, _ in facts(dataset)] == ["x", "y"]
    assert [f.path for f in dataset.findings if f.kind == "unjudged"] == ["test/Images/3.png"]


@pytest.mark.parametrize("folder", ["images", "bilder", "train/images"])
@pytest.mark.parametrize("table", ["bilder.csv", "bilder/labels.tsv", "labels.xlsx"])
def test_an_only_folder_beside_a_table_is_no_class(tree, folder, table) -> None:
    root = tree(*(f"{folder}/{i}.png" for i in range(3)))
    (root / table).parent.mkdir(exist_ok=True)
    (root / table).write_text("path,label\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="lie in no class folders") as caught:
        read(root)

    assert (f"If {table} has the labels" in str(caught.value)) == (not table.endswith("xlsx"))
    assert len(read(root, layout="class").classes) == 1


def test_an_only_folder_that_says_what_it_shows_is_a_class(tree) -> None:
    assert list(read(tree("good/1.png", "good/2.png")).classes) == ["good"]


def test_a_split_without_class_folders_has_no_class_called_images(tree) -> None:
    """Its images were of a class of their own, though nobody had said of which."""
    root = tree("train/x/1.png", "train/y/2.png", "val/images/3.png", "test/x/4.png")
    dataset = read(root)

    assert list(dataset.classes) == ["x", "y"]
    (told,) = [finding for finding in dataset.findings if finding.path == "val/images/3.png"]
    assert told.kind == "unjudged"


def test_sets_beside_each_other_are_no_classes(tree) -> None:
    """Two sites, each with its splits and classes, were two classes, and the classes unseen."""
    root = tree(*(f"{d}/{s}/{c}/1.png" for d in "AB" for s in ("train", "test") for c in "xy"))
    with pytest.raises(DatasetError, match=r"folders of the same names \(x, y\)") as caught:
        read(root)

    assert "--layout group/split/class" in str(caught.value)
    dataset = read(root, layout="group/split/class")
    assert {group for _, _, group in facts(dataset)} == {"A", "B"}
    assert list(dataset.classes) == ["x", "y"]


@pytest.mark.parametrize("between", ["p{}", "p{}/frames"])
def test_splits_far_below_the_classes_are_seen(tree, between) -> None:
    """They were without a meaning, and leaks between them were not looked for."""
    root = tree(
        *(
            f"{c}/{between.format(f'{c}{p}')}/{s}/1.png"
            for c in "xy" for p in "12" for s in ("train", "test")
        )
    )  # fmt: skip
    with pytest.raises(DatasetError, match=r"look like splits \(test, train\)") as caught:
        read(root)

    layout = "class/*/*/split" if "/" in between else "class/*/split"
    assert f"--layout '{layout}'," in str(caught.value)
    assert {split for split, _, _ in facts(read(root, layout=layout))} == {"train", "test"}


@pytest.mark.parametrize("wrapper", ["", "all/", "all/of/it/"])
@pytest.mark.parametrize(
    ("paths", "meaning", "first"),
    [
        (["{}/{}/1.png", "p q", "x y"], "group/class", ("", "x", "p")),
        (["{}/{}/1.png", "x y", "p q"], "class/group", ("", "x", "p")),
        (["{}/{}/1.png", "train extra", "x y"], "split/class", ("train", "x", "")),
        (["{}/q/{}/1.png", "x y", "test train"], "class/*/split", ("train", "x", "")),
    ],
)
def test_an_offered_layout_counts_the_folders_around(tree, wrapper, paths, meaning, first) -> None:
    """Of `all/patient/class`, `group/class` was offered, and read each patient as a class."""
    form, *levels = paths
    here, there = (level.split() for level in levels)
    root = tree(*(wrapper + form.format(a, b) for a in here for b in there))
    layout = "*/" * wrapper.count("/") + meaning
    with pytest.raises(DatasetError, match=f"--layout {re.escape(shlex.quote(layout))}[ ,]"):
        read(root)

    assert facts(read(root, layout=layout))[0] == first
