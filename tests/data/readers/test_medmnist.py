import hashlib
import io
import pickle
import struct
import threading
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from deri_gate.data.dataset import NO_LABEL
from deri_gate.data.readers import npz, open_dataset
from deri_gate.errors import DatasetError
from deri_gate.measuring.shares import shares_of_findings


def test_splits_ids_and_pictures(save_npz) -> None:
    """Told as train, val, test, numbered from 0 in each."""
    colour = np.random.default_rng(1).integers(0, 256, (2, 6, 7, 3)).astype(np.uint8)
    path = save_npz(
        test_images=colour,
        test_labels=np.array([1, 2]),
        val_images=colour[:1],
        val_labels=np.array([[1]]),
    )

    dataset = open_dataset(path)

    assert dataset.ids == (
        "train/000000", "train/000001", "train/000002", "val/000000", "test/000000", "test/000001",
    )  # fmt: skip
    assert dataset.splits == ("train",) * 3 + ("val",) + ("test",) * 2
    assert dataset.classes == ("0", "1", "2")
    assert dataset.labels == ((0,), (1,), (0,), (1,), (1,), (2,))
    np.testing.assert_array_equal(dataset.source.load(5).decode(), colour[1])
    np.testing.assert_array_equal(dataset.source.load(1).decode(), np.arange(20, 40).reshape(4, 5))


def test_arrays_that_are_not_looked_at_are_told(save_npz) -> None:
    """Numbers of patients are of no use here, and nobody would know."""
    dataset = open_dataset(save_npz(train_patients=np.array([1, 1, 2]), info=np.array(["x"])))

    (note,) = dataset.reading.notes
    assert note.startswith("arrays that are not looked at: 'info', 'train_patients'; a table")
    assert not open_dataset(save_npz()).reading.notes


def test_one_channel_is_grey(save_npz) -> None:
    """(n, h, w, 1) is (n, h, w)."""
    images = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)

    grey = open_dataset(save_npz()).source
    key = grey.load(1).key
    deep = open_dataset(save_npz(train_images=images[..., None])).source

    assert deep.load(1).decode().shape == (4, 5)
    assert deep.load(1).key == key


@pytest.mark.parametrize("kind", ["<u2", ">u2"])
def test_16_bits_are_scaled_as_in_a_file(save_npz, kind) -> None:
    """257 is one level."""
    images = np.array([[[0, 257, 65535]]] * 3, kind)

    assert open_dataset(save_npz(train_images=images)).source.load(0).decode().tolist() == [
        [0, 1, 255]
    ]


def test_keys_tell_contents_apart(save_npz) -> None:
    """Type and shape count, for equal bytes can be other pictures."""
    same = np.array([[[1, 0]], [[1, 0]], [[0, 1]]], np.uint8)
    source = open_dataset(save_npz(train_images=same)).source
    keys = [source.load(row).key for row in range(3)]

    assert keys[0] == keys[1] != keys[2]
    turned = open_dataset(save_npz(train_images=same.reshape(3, 2, 1))).source.load(0).key
    wide = (
        open_dataset(save_npz(train_images=same.reshape(3, 2).view(np.uint16)[..., None]))
        .source.load(0)
        .key
    )
    assert len({keys[0], turned, wide}) == 3


def test_a_picture_is_the_callers_own(save_npz) -> None:
    """Writing to it leaves the dataset as it is."""
    images = np.asfortranarray(np.arange(60, dtype=np.uint8).reshape(3, 4, 5))
    source = open_dataset(save_npz(train_images=images)).source
    picture = source.load(0).decode()
    assert picture.flags.c_contiguous
    picture[:] = 9

    np.testing.assert_array_equal(source.load(0).decode(), images[0])


def test_more_than_ten_classes_sort_as_they_count(save_npz) -> None:
    """With a leading zero."""
    images = np.zeros((12, 4, 5), np.uint8)

    dataset = open_dataset(save_npz(train_images=images, train_labels=np.arange(12)[::-1, None]))

    assert dataset.classes == ("00", "01", *(f"{n:02}" for n in range(2, 12)))
    assert dataset.labels[0] == (11,)


def test_several_labels(save_npz) -> None:
    """Columns of 0 and 1; none is a class as well, and the last one."""
    dataset = open_dataset(save_npz(train_labels=np.array([[1, 1], [0, 0], [0, 1]], np.uint8)))

    assert dataset.classes == ("0", "1", NO_LABEL)
    assert dataset.labels == ((0, 1), (2,), (1,))
    assert dataset.multilabel


def test_only_what_is_asked_for_is_read_and_once(save_npz, monkeypatch) -> None:
    """Images of a split are read when the first of them is."""
    images = np.zeros((2, 4, 5), np.uint8)
    path = save_npz(test_images=images, test_labels=np.zeros(2, int), extra=np.array([{}]))
    read = []
    opened = zipfile.ZipFile.open

    def spy(self, name, *rest, **options):
        read.append(name if isinstance(name, str) else None)
        return opened(self, name, *rest, **options)

    monkeypatch.setattr(zipfile.ZipFile, "open", spy)
    dataset = open_dataset(path)
    for row in (0, 1, 2):
        dataset.source.load(row)

    assert [name for name in read if name] == [
        "train_labels.npy",
        "test_labels.npy",
        "train_images.npy",
    ]


def test_threads_share_one_reading(save_npz) -> None:
    """A second one waits for the first."""
    source = open_dataset(save_npz()).source
    keys: list[str] = []
    threads = [threading.Thread(target=lambda: keys.append(source.load(0).key)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_a_worker_gets_no_pixels(save_npz) -> None:
    """Pickled after it was read, the source is still only a path."""
    source = open_dataset(save_npz(train_images=np.zeros((3, 90, 90), np.uint8))).source
    source.load(0)

    assert len(pickle.dumps(source)) < 500


@pytest.mark.parametrize("row", [-1, 3])
def test_rows_that_there_are_not(save_npz, row) -> None:
    """-1 stands for no mask."""
    with pytest.raises(IndexError):
        open_dataset(save_npz()).source.load(row)


ZEROS = np.zeros((3, 4, 5), np.uint8)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"train_images": None, "x": ZEROS},
            r"has no array 'train_images'. Its arrays are train_labels, x. Save train_images",
        ),
        ({"train_labels": None}, r"has no array 'train_labels'. Add it"),
        ({"val_images": ZEROS}, r"has no array 'val_labels'. Add it"),
        (
            {"train_labels": np.zeros((2, 1), int)},
            r"train_images and train_labels differ in length, 3 and 2. Write",
        ),
        (
            {"train_images": ZEROS.astype(np.float32)},
            r"train_images is of type float32. Save whole numbers",
        ),
        ({"train_images": ZEROS.astype(bool)}, r"train_images is of type bool. Save"),
        ({"train_images": ZEROS[0]}, r"train_images has the shape \(4, 5\). Images are"),
        (
            {"train_images": np.zeros((3, 4, 5, 4), np.uint8)},
            r"has the shape \(3, 4, 5, 4\). .* Volumes are not",
        ),
        ({"train_images": ZEROS[:, :0]}, r"train_images has the shape \(3, 0, 5\). Images are"),
        (
            {"train_images": ZEROS[:0], "train_labels": np.zeros(0, int)},
            r"train_images holds no images",
        ),
        (
            {"train_labels": np.zeros((3, 1))},
            r"train_labels is of type float64. Save labels as whole",
        ),
        ({"train_labels": np.array(["a", "b", "c"])}, r"train_labels is of type <U1. Save"),
        (
            {"train_labels": np.zeros((3, 1, 1), int)},
            r"train_labels has the shape \(3, 1, 1\). Labels are",
        ),
        (
            {"train_labels": np.array([0, -1, 0])},
            r"there is no class for the label -1. Labels count",
        ),
        (
            {"train_labels": np.array([[0, 2]] * 3)},
            r"several columns, and not only 0 and 1. Several",
        ),
        (
            {"val_images": ZEROS, "val_labels": np.zeros((3, 2), int)},
            r"labels of its splits differ in width",
        ),
    ],
)
def test_other_arrays_than_these(save_npz, arrays, message) -> None:
    """What, where, and what they should be."""
    with pytest.raises(DatasetError, match=f"set.npz: .*{message}"):
        open_dataset(save_npz(**arrays))


def test_a_batch_may_have_no_labels(save_npz) -> None:
    """Then they are empty."""
    dataset = open_dataset(save_npz(train_labels=None), labels_required=False)

    assert dataset.labels == ((), (), ())
    assert dataset.classes == ()


class Payload:
    """Pickled, it writes a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["train_images", "train_labels", "val_images"])
def test_pickled_objects_are_never_read(save_npz, tmp_path, name) -> None:
    """They could run any program."""
    path = save_npz(**{name: np.array([Payload(tmp_path / "ran")] * 3, dtype=object)})

    with pytest.raises(DatasetError, match=f"{name} holds pickled objects, .* never read"):
        open_dataset(path)
    assert not (tmp_path / "ran").exists()


def array_file(shape: tuple[int, ...], content: bytes) -> bytes:
    file = io.BytesIO()
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + content


def save_forged(path: Path, images: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train_images.npy", images)
        archive.writestr("train_labels.npy", array_file((3, 1), bytes(3)))
    return path


def test_a_header_that_claims_too_much(tmp_path) -> None:
    """A terabyte in a file of 400 bytes: seen before memory is spent."""
    path = save_forged(tmp_path / "x.npz", array_file((10**6, 1000, 1000), bytes(9)))

    tracemalloc.start()
    with pytest.raises(
        DatasetError, match=r"train_images claims 1000000000000 bytes and has 9. Fetch"
    ):
        open_dataset(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_more_than_half_of_the_memory(tmp_path, monkeypatch) -> None:
    """An honest header, and zeros that pack well."""
    path = save_forged(tmp_path / "x.npz", array_file((3, 1000, 1000), bytes(3 * 10**6)))
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(npz, "memory_limit", lambda: 2 * 10**6)

    with pytest.raises(
        DatasetError, match=r"its arrays take 0.0 GiB, half of the memory is .* Use a machine"
    ):
        open_dataset(path)


def test_the_limit_is_half_of_this_machines_memory() -> None:
    """As another library counts it."""
    psutil = pytest.importorskip("psutil")

    assert npz.memory_limit() == pytest.approx(psutil.virtual_memory().total / 2, rel=0.01)


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04" + b"x" * 99])
def test_what_is_no_npz(tmp_path, content) -> None:
    """Whatever it is named."""
    (tmp_path / "x.npz").write_bytes(content)

    with pytest.raises(
        DatasetError, match=r"x.npz: cannot be read as .npz: .*fetch or write it again"
    ):
        open_dataset(tmp_path / "x.npz")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.98])
def test_a_file_cut_off(save_npz, share) -> None:
    """A download that broke off, say."""
    path = save_npz()
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])

    with pytest.raises(DatasetError, match=r"cannot be read as .npz: .* may be cut off"):
        open_dataset(path)


def test_damage_inside(save_npz) -> None:
    """The archive's checksum finds it when the images are read."""
    path = save_npz(train_images=np.full((3, 200, 200), 77, np.uint8))  # longer than one buffer
    content = bytearray(path.read_bytes())
    content[content.index(bytes([77] * 1000)) + 110_000] ^= 255
    path.write_bytes(content)

    dataset = open_dataset(path)
    with pytest.raises(DatasetError, match="Bad CRC-32"):
        dataset.source.load(0)


def test_an_array_that_is_none(tmp_path) -> None:
    """Its mark is another, or its format is of the future."""
    for images in (b"x" * 99, b"\x93NUMPY\x07\x00" + struct.pack("<H", 2) + b"{}"):
        path = save_forged(tmp_path / "x.npz", images)
        with pytest.raises(DatasetError, match=r"cannot be read as .npz"):
            open_dataset(path)


@pytest.mark.parametrize("member", ["train_images.npy", "train_images", "test_images"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_array_of_which_numpy_may_read_another(save_npz, member) -> None:
    """An error: NumPy reads another array of the name than the one that was judged."""
    path = save_npz()
    before = np.load(path)
    black = io.BytesIO()
    np.save(black, np.zeros_like(before["train_images"]))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(member, black.getvalue())

    assert not np.load(path)[member.removesuffix(".npy")].any()  # what a training reads
    with pytest.raises(DatasetError, match=r"twice|without the ending \.npy"):
        open_dataset(path)


def test_other_members_of_an_archive_are_no_arrays(save_npz) -> None:
    path = save_npz()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("README", "three pictures")

    assert len(open_dataset(path)) == 3


def test_a_file_that_changes_underneath(save_npz) -> None:
    """Its labels would belong to other images."""
    dataset = open_dataset(save_npz())
    save_npz(train_images=np.zeros((4, 4, 5), np.uint8))

    with pytest.raises(DatasetError, match="has changed since it was opened"):
        dataset.source.load(0)


def test_the_key_is_a_hash_that_cannot_be_forged(save_npz) -> None:
    """Of type, shape and values."""
    values = np.arange(20, dtype=np.uint8).tobytes()

    key = open_dataset(save_npz()).source.load(0).key

    assert key == hashlib.blake2b(b"|u1 (4, 5) " + values, digest_size=32).hexdigest()


@pytest.mark.parametrize(
    ("name", "shape", "images"),
    [
        ("extra_images", (300, 14, 15), 300),
        ("x_train", (200, 14, 15, 3), 200),
        ("x_first", (200, 3, 14, 15), 200),
        ("unlabeled", (200, 14, 15), 200),
        ("unmasked", (200, 14, 15), 200),
        ("volumes", (40, 6, 14, 15, 1), 40),
        ("mean_image", (14, 15, 3), 1),
        ("train_masks", (3, 14, 15), 1),
        ("masks_train", (3, 14, 15), 1),
        ("Mask_val_2", (3, 14, 15), 1),
        ("train_segmentation", (3, 14, 15), 1),
        ("pixel_labels_train", (3, 14, 15), 1),
        ("empty", (0, 14, 15), 1),
        ("pedestrians", (50, 128, 64, 3), 50),
        ("points", (400, 17, 64), 1),
        ("words", (400, 77, 768), 1),
        ("codes", (400, 16, 8), 1),
    ],
)
def test_each_image_of_an_array_that_nobody_judges_counts(save_npz, name, shape, images) -> None:
    """A bundle of three judged images and 300 others was said to be judged but for a quarter."""
    dataset = open_dataset(save_npz(**{name: np.zeros(shape, np.uint8)}))

    share = shares_of_findings(dataset.findings, len(dataset))["unjudged_share"].value
    assert share == images / (len(dataset) + images)
    (finding,) = (f for f in dataset.findings if f.kind == "unjudged")
    assert (f"{images} images" in finding.detail) is (images > 1)


@pytest.mark.parametrize("kind", [bool, np.int8, np.float16, np.float32, np.float64])
def test_an_array_of_other_than_whole_numbers_counts_once(save_npz, kind) -> None:
    """Maps of heat, fields of motion, embeddings, masks of bits: told, and not as an image for each row."""
    dataset = open_dataset(save_npz(flow=np.zeros((60, 64, 64, 2), kind)))

    (finding,) = (f for f in dataset.findings if f.kind == "unjudged")
    assert finding.images == 1


@pytest.mark.parametrize(
    "shape", [(60, 4, 2), (60, 7, 7), (60, 512, 7, 7), (60, 4, 100), (7, 7, 3)]
)
@pytest.mark.parametrize("kind", [np.float32, np.int64])
def test_an_array_too_small_for_images_is_a_note(save_npz, shape, kind) -> None:
    """Boxes, key points and maps of features: each of their rows was said to be an image."""
    dataset = open_dataset(save_npz(boxes=np.zeros(shape, kind)))

    assert not [f for f in dataset.findings if f.kind == "unjudged"]
    assert dataset.reading.notes[0].startswith("arrays that are not looked at: 'boxes'")


def test_what_the_system_says_of_a_damaged_list_is_in_words(save_npz) -> None:
    """A member at a place before the file is `[Errno 22] Invalid argument` to Python."""
    path = save_npz()
    content = bytearray(path.read_bytes())
    end = content.rindex(b"PK\5\6")
    content[end + 16 : end + 20] = b"\xff\xff\xff\x7f"  # where the list begins
    path.write_bytes(content)

    with pytest.raises(DatasetError, match=r"cannot be read as .npz: [A-Za-z]") as caught:
        open_dataset(path)
    assert "Errno" not in str(caught.value)
