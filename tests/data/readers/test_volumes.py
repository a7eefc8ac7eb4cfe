"""Volumes by slice: NIfTI with the extra `volumes`, and TIFF stacks."""

import gzip
import io
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deri_gate.data import stacks, volume_header, volumes
from deri_gate.data.decoding import decode
from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.errors import UnreadableImageError
from tests.sweeps import sampled

nibabel = pytest.importorskip("nibabel")

VOXELS = np.random.default_rng(3).integers(-900, 1100, (10, 14, 6)).astype(np.int16)
AFFINE = np.diag([1.0, 1.0, 2.0, 1.0])


def nifti(voxels: np.ndarray = VOXELS, affine: np.ndarray = AFFINE, *, two: bool = False) -> bytes:
    kind = nibabel.Nifti2Image if two else nibabel.Nifti1Image
    return kind(voxels, affine).to_bytes()


def expected(index: int, voxels: np.ndarray = VOXELS) -> np.ndarray:
    """Rows from front to back, columns from the right side to the left, least value black."""
    low, high = float(voxels.min()), float(voxels.max())
    unit = np.array(
        [
            [(float(voxels[x, y, index]) - low) / (high - low) for x in range(9, -1, -1)]
            for y in range(13, -1, -1)
        ]
    )
    return np.rint(unit * 255)


@pytest.mark.parametrize("two", [False, True], ids=["NIfTI-1", "NIfTI-2"])
@pytest.mark.parametrize("packed", [False, True], ids=["nii", "nii.gz"])
def test_the_middle_slice_is_shown_unless_another_is_asked_for(two: bool, packed: bool) -> None:
    """The first slice of a head is air."""
    content = gzip.compress(nifti(two=two)) if packed else nifti(two=two)

    assert volume_header.is_volume(content[:4096])
    assert volume_header.count_slices(content[:4096]) == 6
    np.testing.assert_array_equal(decode(content, "x"), expected(3))
    np.testing.assert_array_equal(decode(content, "x", "first"), expected(0))
    np.testing.assert_array_equal(decode(content, "x", 5), expected(5))


@pytest.mark.parametrize("codes", ["LPS", "RAI", "PIR", "SAL", "ASL", "ILP"])
def test_the_orientation_of_the_file_does_not_matter(codes: str) -> None:
    """However the scanner wrote its axes, the same slices come out."""
    image = nibabel.Nifti1Image(VOXELS, AFFINE)
    wanted = nibabel.orientations.axcodes2ornt(tuple(codes))
    turn = nibabel.orientations.ornt_transform(nibabel.io_orientation(AFFINE), wanted)
    content = image.as_reoriented(turn).to_bytes()

    assert volume_header.count_slices(content[:4096]) == 6
    for index in (0, 2, 5):
        np.testing.assert_array_equal(decode(content, "x", index), expected(index))


def with_numbers(content: bytes, at: int, *numbers: float) -> bytes:
    return content[:at] + struct.pack(f"<{len(numbers)}f", *numbers) + content[at + 4 * len(numbers) :]  # fmt: skip


PIXDIM, FORMS, SFORM = 80, 252, 280  # places in a NIfTI-1 header; two numbers of 16 bits are FORMS


@pytest.mark.parametrize("sizes", [(0, 0, 0), (1, 1, 0), (0, 1, 1)])
def test_voxels_without_a_size_are_of_size_1(tmp_path: Path, sizes) -> None:
    """As programs write them that know none. It ended in a traceback."""
    plain = nifti()
    content = with_numbers(plain[:FORMS] + bytes(4) + plain[FORMS + 4 :], PIXDIM, *sizes)
    (tmp_path / "one").mkdir()
    (tmp_path / "one/a.nii").write_bytes(content)

    assert volume_header.count_slices(content[:4096]) == 6
    assert decode(content, "x").shape == (14, 10)
    assert len(open_dataset(tmp_path, options=ReadOptions(frames="all"))) == 6


@pytest.mark.parametrize("number", [0.0, np.nan, np.inf])
def test_directions_that_are_none_are_an_unreadable_volume(tmp_path: Path, number) -> None:
    content = with_numbers(nifti(), SFORM, *[number] * 12)
    (tmp_path / "one").mkdir()
    (tmp_path / "one/a.nii").write_bytes(content)

    assert len(open_dataset(tmp_path)) == volume_header.count_slices(content[:4096]) == 1
    with pytest.raises(UnreadableImageError, match="cannot be decoded"):
        decode(content, "x")


def test_the_window_of_the_header_is_used() -> None:
    """cal_min and cal_max, where it has them."""
    image = nibabel.Nifti1Image(VOXELS, AFFINE)
    image.header["cal_min"], image.header["cal_max"] = -100, 300

    unit = np.clip((VOXELS[::-1, ::-1, 3].T + 100.0) / 400, 0, 1)
    np.testing.assert_array_equal(decode(image.to_bytes(), "x"), np.rint(unit * 255))


def test_slope_and_intercept_are_applied() -> None:
    """A negative slope turns black and white round."""
    content = bytearray(nifti())
    struct.pack_into("<2f", content, 112, -2, 5)

    np.testing.assert_allclose(decode(bytes(content), "x"), 255 - expected(3), atol=1)


def test_a_series_of_volumes_has_all_their_slices() -> None:
    """The fourth axis counts last."""
    series = np.stack([VOXELS, VOXELS // 2], axis=3)
    content = nifti(series)

    assert volume_header.count_slices(content[:4096]) == 12
    half = series[..., 1]
    low, high = float(series.min()), float(series.max())
    shown = np.rint((half[::-1, ::-1, 2].T - low) / (high - low) * 255)
    np.testing.assert_array_equal(decode(content, "x", 8), shown)


def test_values_that_are_no_numbers_are_black() -> None:
    """As in other pictures of floating-point values; without any number there is no picture."""
    voxels = np.linspace(0, 5, 60, dtype=np.float32).reshape(3, 4, 5)
    voxels[2, 3, 2] = np.nan

    assert decode(nifti(voxels), "x")[0, 0] == 0
    with pytest.raises(UnreadableImageError, match="finite"):
        decode(nifti(np.full((3, 4, 5), np.nan, np.float32)), "x")


def with_sizes(*sizes: int) -> bytes:
    content = bytearray(nifti())
    struct.pack_into(f"<{len(sizes) + 1}h", content, 40, len(sizes), *sizes)
    return bytes(content)


def test_a_volume_without_slices_is_not_left_out(tmp_path: Path) -> None:
    """Every slice of none is no image at all: the file went without a word, and the set passed."""
    for name, sizes in {
        "none": (10, 14, 0),
        "whole": (10, 14, 6),
        "series": (10, 14, 6, 0),
    }.items():
        place = tmp_path / "a" / f"{name}.nii"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(with_sizes(*sizes))

    opened = open_dataset(tmp_path, options=ReadOptions.of(frames="all"))

    assert opened.ids == ("a/none.nii", "a/series.nii", *(f"a/whole.nii#{i}" for i in range(1, 7)))


def test_a_damaged_volume_is_unpacked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not for each of the thousands of slices that its header declares: 7 s each time."""
    content, calls = gzip.compress(nifti()[:-50], mtime=0), list[str]()
    real = volumes._unpacked
    monkeypatch.setattr(
        volumes, "_unpacked", lambda raw, where: calls.append(where) or real(raw, where)
    )

    for index in range(4):
        with pytest.raises(UnreadableImageError, match=rf"^slice{index}: .* cannot be decoded"):
            decode(content, f"slice{index}", index)
    np.testing.assert_array_equal(decode(nifti(), "x", 5), expected(5))

    assert calls == ["slice0", "x"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (nifti()[:400], "cannot be decoded"),
        (nifti()[:344] + b"ni1\0" + nifti()[348:352], "a NIfTI header alone: save it and its .img"),
        (gzip.compress(nifti(), mtime=0)[:-30], "truncated"),
        (gzip.compress(nifti(), mtime=0)[:900] + b"\xff" * 900, r"damaged gzip|truncated"),
        (with_sizes(2000, 2000, 2000), "MiB; it may be"),
        (with_sizes(30000, 30000, 2), "pixels is more than"),
        (with_sizes(10, 14, 0), r"MiB; it may be|frames|slice"),
        (with_sizes(10, 14, 30000), "cannot be decoded"),
        (nibabel.Nifti1Image(np.zeros((3, 3, 3), np.complex64), AFFINE).to_bytes(), "no grey"),
    ],
)
def test_damage_is_refused(content: bytes, reason: str) -> None:
    """With the reason, in one way."""
    with pytest.raises(UnreadableImageError, match=reason):
        decode(content, "x")


def test_a_gzip_bomb_is_refused(monkeypatch) -> None:
    """A small file that unpacks to more than may be."""
    monkeypatch.setattr(volumes, "MAX_INFLATED", 2**20)
    content = gzip.compress(nifti()[:352] + bytes(2**21))

    with pytest.raises(UnreadableImageError, match="unpacks to more than the 1 MiB"):
        decode(content, "x")


def test_without_the_extra_a_volume_is_unreadable_and_says_what_to_install(monkeypatch) -> None:
    """Never silently left out."""
    monkeypatch.setitem(sys.modules, "nibabel", None)

    with pytest.raises(UnreadableImageError, match=r"pip install 'deri-gate\[volumes\]'"):
        decode(nifti(VOXELS + 7), "x")  # of which nothing was kept


@pytest.mark.parametrize(
    "content",
    [b"", bytes(600), b"\x1f\x8b" + bytes(40), gzip.compress(b"x")],
    ids=["none", "zeros", "head", "text"],
)
def test_other_bytes_are_no_volume(content: bytes) -> None:
    """Short ones, zeros, and other things that gzip packs."""
    assert not volume_header.is_volume(content)


@pytest.mark.parametrize("kind", sampled([np.float32, np.float64]))
@pytest.mark.parametrize("two", [False, True], ids=["NIfTI-1", "NIfTI-2"])
@pytest.mark.parametrize("packed", sampled([False, True]), ids=["nii", "nii.gz"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_told(
    tmp_path: Path, kind: type, two: bool, packed: bool, value: float
) -> None:
    """Wherever they are: the slice that is judged shows them black or white, or not at all."""
    places = {"fine": np.zeros(3), "first": np.array([2, 3, 0]), "last": np.array([9, 13, 5])}
    for name, place in places.items():
        voxels = VOXELS.astype(kind)
        voxels[tuple(place.astype(int))] = 1.0 if name == "fine" else value
        content = nifti(voxels, two=two)
        path = tmp_path / "a" / (f"{name}.nii.gz" if packed else f"{name}.nii")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(gzip.compress(content) if packed else content)

    notes = open_dataset(tmp_path).reading.notes

    assert [n.partition(" hold ")[0] for n in notes if "NaN or infinite" in n] == [
        f"2 files, such as a/first.nii{'.gz' if packed else ''},"
    ]


def test_a_volume_of_whole_numbers_is_not_unpacked_to_look_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "0.nii.gz").write_bytes(gzip.compress(nifti()))
    monkeypatch.setattr(volumes, "_volume", None)

    assert len(open_dataset(tmp_path)) == 1


@pytest.fixture
def heads(tmp_path: Path) -> Path:
    """Two volumes and two TIFF stacks in two classes."""
    pages = [Image.fromarray(np.full((4, 5), 40 * i, np.uint8)) for i in range(1, 6)]
    for i, name in enumerate(("a/0.nii", "b/1.nii.gz", "a/2.tif", "b/3.tiff")):
        path = tmp_path / "heads" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("gz"):
            path.write_bytes(gzip.compress(nifti(VOXELS + i)))
        elif name.endswith("nii"):
            path.write_bytes(nifti(VOXELS + i))
        else:
            pages[0].save(path, save_all=True, append_images=pages[1:])
    return tmp_path / "heads"


def opened(folder: Path, frames: str):
    return open_dataset(folder, options=ReadOptions.of(frames=frames))


def test_every_slice_is_an_image_of_its_volumes_group(heads: Path) -> None:
    """Six of each volume, five of each stack."""
    dataset = opened(heads, "all")

    assert len(dataset) == 2 * 6 + 2 * 5
    assert dataset.ids[:2] == ("a/0.nii#1", "a/0.nii#2")
    assert set(dataset.groups or ()) == {"a/0.nii", "b/1.nii.gz", "a/2.tif", "b/3.tiff"}
    pictures = {
        n: dataset.source.load(int(r)).decode()
        for n, r in zip(dataset.ids, dataset.rows, strict=True)
    }
    np.testing.assert_array_equal(pictures["a/0.nii#5"], expected(4))
    assert [int(pictures[f"a/2.tif#{k}"][0, 0]) for k in range(1, 6)] == [40, 80, 120, 160, 200]


@pytest.mark.parametrize(
    ("frames", "volume", "stack"), [("", 3, 40), ("first", 0, 40), ("middle", 3, 120)]
)
def test_one_slice_of_each(heads: Path, frames: str, volume: int, stack: int) -> None:
    """By default the middle one of a volume and the first page of a TIFF; the report says so."""
    dataset = opened(heads, frames)

    shown = [dataset.source.load(int(row)).decode() for row in dataset.rows]
    assert dataset.ids == ("a/0.nii", "a/2.tif", "b/1.nii.gz", "b/3.tiff")
    np.testing.assert_array_equal(shown[0], expected(volume))
    assert shown[1][0, 0] == stack
    assert len([note for note in dataset.reading.notes if "several frames" in note]) == 2


@pytest.mark.parametrize(("frames", "same"), [("first", "tiff"), ("middle", "nii")])
def test_a_slice_that_is_shown_anyway_has_the_key_of_its_file(
    heads: Path, frames: str, same: str
) -> None:
    """So decisions on it hold however it was asked for; on another slice they do not."""
    unasked, asked = (
        [dataset.source.load(int(row)).key for row in dataset.rows]
        for dataset in (opened(heads, ""), opened(heads, frames))
    )

    same_key = [same == "nii", same == "tiff"] * 2
    assert [one == other for one, other in zip(unasked, asked, strict=True)] == same_key


def tiff(*pages: tuple[tuple[int, int], dict[int, int]], tiled: bool = False) -> bytes:
    """Directories of a file without pixels, each of a size (height, width) and further tags."""
    content = b"II*\0\x08\0\0\0"
    for number, ((height, width), tags) in enumerate(pages, start=1):
        entries = {256: width, 257: height} | ({322: 16, 323: 16} if tiled else {}) | tags
        raw = b"".join(struct.pack("<HHII", tag, 4, 1, entries[tag]) for tag in sorted(entries))
        after = len(content) + 2 + len(raw) + 4 if number < len(pages) else 0
        content += struct.pack("<H", len(entries)) + raw + struct.pack("<I", after)
    return content


def pages_of(content: bytes) -> stacks.Pages:
    return stacks.pages_of(lambda start, size: content[start : start + size])


REDUCED, MASK = {254: 1}, {254: 4, 262: 4}


@pytest.mark.parametrize("tags", [REDUCED, {254: 9}, {255: 2}], ids=str)
def test_copies_in_a_tiff_are_no_pictures(tags: dict[int, int]) -> None:
    """A thumbnail, a level of a pyramid, a label of a slide."""
    content = tiff(((8, 8), {}), ((4, 4), tags), ((7, 8), tags), ((8, 8), {}), ((2, 6), tags))

    assert pages_of(content) == stacks.Pages(stack=(0, 3), further=1)


def test_masks_in_a_tiff_are_no_further_pictures() -> None:
    """Though `--frames` can ask for one of the size of its picture."""
    assert pages_of(tiff(((8, 8), {}), ((8, 8), MASK))) == stacks.Pages(stack=(0, 1))
    assert pages_of(tiff(((8, 8), {}), ((4, 4), MASK))) == stacks.Pages(stack=(0,))


@pytest.mark.parametrize("size", [(8, 8), (9, 8), (16, 16)])
@pytest.mark.parametrize("tags", [REDUCED, {255: 2}, {254: 4}], ids=["copy", "old copy", "mask"])
def test_a_picture_that_is_called_a_copy_or_a_mask_is_told(size, tags) -> None:
    """A file must not say which of its pictures go unseen."""
    pages = pages_of(tiff(((8, 8), {}), (size, tags)))

    assert pages.further + pages.others == 1


def test_pages_behind_a_damaged_directory_are_told(tmp_path: Path) -> None:
    """A second directory of 5,000 tags hid the pictures of all later ones."""
    content = bytearray(tiff(((8, 8), {}), ((8, 8), {}), ((8, 8), {})))
    second = struct.unpack_from("<I", content, 8 + 2 + 2 * 12)[0]
    struct.pack_into("<H", content, second, 5000)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.tif").write_bytes(content)

    assert pages_of(bytes(content)) == stacks.Pages(lost=True)
    (told,) = [f for f in opened(tmp_path, "all").findings if f.kind == "unjudged"]
    assert "damaged" in told.detail


def test_a_picture_behind_its_thumbnail_is_told() -> None:
    """The thumbnail is judged, the picture is not."""
    assert pages_of(tiff(((4, 4), REDUCED), ((8, 8), {}))) == stacks.Pages(stack=(0,), others=1)


@pytest.mark.parametrize("first", [(8, 8), (5, 7)])
def test_pages_of_another_size_are_counted(first: tuple[int, int]) -> None:
    content = tiff((first, {}), ((4, 4), {}), (first, {}), ((9, 9), {}), ((8, 7), {}))

    assert pages_of(content) == stacks.Pages(stack=(0, 2), further=1, others=3)


def test_levels_of_a_slide_are_copies_though_they_do_not_say_so() -> None:
    """Those of another shape, or larger, are none."""
    levels = [((101, 203), {}), ((50, 101), {}), ((25, 50), {}), ((7, 13), {})]

    assert pages_of(tiff(*levels, tiled=True)) == stacks.Pages(stack=(0,))
    assert pages_of(tiff(*levels)) == stacks.Pages(stack=(0,), others=3)
    others = [((101, 203), {}), ((101, 50), {}), ((25, 25), {}), ((202, 406), {})]
    assert pages_of(tiff(*others, tiled=True)) == stacks.Pages(stack=(0,), others=3)


@pytest.mark.parametrize(
    ("frames", "told"),
    [
        (
            "",
            {
                "stack": "2 pages more are",
                "both": "1 page of another size or kind is",
                "odd": "2 pages of another",
            },
        ),
        (
            "first",
            {
                "both": "1 page of another size or kind is",
                "odd": "2 pages of another size or kind are",
            },
        ),
        (
            "all",
            {
                "both": "1 page of another size or kind is",
                "odd": "2 pages of another size or kind are",
            },
        ),
    ],
)
def test_pages_that_nobody_judges_are_told(
    tmp_path: Path, frames: str, told: dict[str, str]
) -> None:
    """A word on `--frames` settles those of one size; a single picture and its copy say nothing."""
    size, thumbnail = ((8, 8), {}), ((4, 4), REDUCED)
    files = {
        "one": [size],
        "copy": [size, thumbnail],
        "stack": [size] * 3,
        "both": [size, size, ((9, 9), {})],
        "odd": [size, ((9, 9), {}), ((4, 4), {})],
    }
    for name, pages in files.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.tif").write_bytes(tiff(*pages))

    findings = [f for f in opened(tmp_path, frames).findings if f.kind == "unjudged"]

    assert {f.path for f in findings} == {f"{name}/x.tif" for name in told}
    assert sum(f.images for f in findings) == (3 if frames else 6)  # pages, and not files
    for finding in findings:
        assert told[finding.path.split("/")[0]] in finding.detail


@pytest.mark.parametrize("big", [False, True], ids=["classic", "big"])
def test_pages_are_counted_as_pillow_counts_them(big: bool) -> None:
    """Without decoding one."""
    pages = [Image.fromarray(np.full((3, 4), i, np.uint8)) for i in range(7)]
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:], big_tiff=big)
    content = file.getvalue()

    assert pages_of(content).stack == tuple(range(7))


def test_a_tiff_whose_directories_go_in_a_circle_ends() -> None:
    """The pointer to the next one leads back to the first."""
    file = io.BytesIO()
    Image.fromarray(np.zeros((3, 4), np.uint8)).save(file, "TIFF")
    content = bytearray(file.getvalue())
    at = struct.unpack_from("<I", content, 4)[0]
    entries = struct.unpack_from("<H", content, at)[0]
    struct.pack_into("<I", content, at + 2 + 12 * entries, at)

    assert pages_of(bytes(content)).stack == (0,)


def test_directories_that_claim_the_whole_file_are_not_read_again_and_again() -> None:
    """Each of 300 begins in the one before and ends with the file: 300 times 400 KB were read."""
    places, count = [16 + 28 * i for i in range(300)], 20_000
    content = bytearray(places[-1] + 8 + 20 * count + 8)
    content[:16] = b"II+\0\x08\0\0\0" + struct.pack("<Q", places[0])
    for at in places:
        struct.pack_into("<Q", content, at, count)
        struct.pack_into("<Q", content, at + 8 + 20 * count, at + 28)
    sizes = []

    def read(start: int, size: int) -> bytes:
        sizes.append(len(content[start : start + size]))
        return bytes(content[start : start + size])

    assert not stacks.pages_of(read).stack
    assert sum(sizes) < 2 * len(content)


@pytest.mark.parametrize("cut", [4, 8, 9, 12])
def test_a_tiff_that_is_cut_off_counts_as_one_picture(cut: int) -> None:
    """Decoding tells what is wrong."""
    assert not pages_of(b"II*\0\x08\0\0\0\x05\0xx"[:cut]).stack


@pytest.mark.parametrize("place", [2**63 - 1, 2**63, 2**64 - 8, 2**32, 40], ids=hex)
@pytest.mark.parametrize("count", sampled([1, 2**16, 2**40, 2**64 - 1], 0, 3), ids=hex)
@pytest.mark.parametrize("order", sampled(["<", ">"]))
def test_places_and_counts_of_a_tiff_may_be_anything(tmp_path, place, count, order) -> None:
    """The directory lies, or another one claims to lie, where no file has bytes."""
    magic = b"II+\0\x08\0\0\0" if order == "<" else b"MM\0+\0\x08\0\0"
    first = struct.pack(order + "Q", 16) + struct.pack(order + "Q", count) + bytes(20)
    content = magic + first + struct.pack(order + "Q", place) + bytes(40)
    for label in "ab":
        (tmp_path / label).mkdir()
        for name in ("x.tif", "y"):
            (tmp_path / label / name).write_bytes(content)

    dataset = open_dataset(tmp_path)

    assert len(dataset) == 4
    for row in dataset.rows.tolist():
        with pytest.raises(UnreadableImageError):
            dataset.source.load(row).decode()
