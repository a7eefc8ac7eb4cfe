"""Kind of a file: by its first bytes, and only where these say nothing by its ending."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from deri_gate.data.dicom.detect import HEAD, is_dicom

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HEAD", "IMAGE_ENDINGS", "OTHER_ENDINGS", "claims_image", "claims_many", "ending_of",
           "format_number", "holds_images", "is_image", "why_not_read"]  # fmt: skip

# Formats with a decoder, and formats that are images all the same. The second column is what is
# said of a file that no decoder reads; "" for those that are read.
_HEIF = "which needs pillow-heif: pip install 'deri-gate[heif]'"
_NOT_READ = "a format that is not read"
_STRONG: tuple[tuple[str, str, str], ...] = (
    ("PNG", r"\x89PNG", ""),
    ("JPEG", r"\xff\xd8\xff", ""),
    ("GIF", r"GIF8[79]a", ""),
    ("TIFF", r"II[*+]\0|MM\0[*+]", ""),
    ("WebP", r"RIFF....WEBP", ""),
    ("JPEG 2000", r"\0\0\0\x0cjP {2}\r\n\x87\n|\xff\x4f\xff\x51", ""),
    ("AVIF", r"....ftyp(?:avi[fs]|(?:mif1|msf1).{4}(?:.{4}){0,6}?avi[fs])", ""),
    ("HEIC", r"....ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)", _HEIF),
    ("JPEG XL", r"\xff\x0a|\0\0\0\x0cJXL ", _NOT_READ),
    ("Canon raw", r"....ftypcrx ", _NOT_READ),
    ("Fujifilm raw", r"FUJIFILMCCD-RAW", _NOT_READ),
    ("Olympus raw", r"IIR[OS]|MMOR", _NOT_READ),
    ("Panasonic raw", r"IIU\0", _NOT_READ),
    ("Photoshop", r"8BPS\0", _NOT_READ),
    ("GIMP", r"gimp xcf", _NOT_READ),
    ("OpenEXR", r"v/1\x01", _NOT_READ),
    ("Radiance HDR", r"#\?(?:RADIANCE|RGBE)", _NOT_READ),
    ("DirectDraw", r"DDS \x7c\0", _NOT_READ),
    ("icon", r"\0\0[\x01\x02]\0[\x01-\x20]\0|icns", _NOT_READ),
    ("QOI", r"qoif", _NOT_READ),
    ("FITS", r"SIMPLE  =", _NOT_READ),
    ("NRRD", r"NRRD000", _NOT_READ),
    ("BPG", r"BPG\xfb", _NOT_READ),
    ("FLIF", r"FLIF[1-6DF-Q]", _NOT_READ),
    ("DjVu", r"AT&TFORM", _NOT_READ),
    ("MNG", r"[\x8a\x8b][MJ]NG", _NOT_READ),
    ("Zeiss CZI", r"ZISRAWFILE", _NOT_READ),
    ("Nikon ND2", r"\xda\xce\xbe\x0a", _NOT_READ),
    ("Sun raster", r"\x59\xa6\x6a\x95", _NOT_READ),
    ("NumPy array", r"\x93NUMPY", "which is not read; a MedMNIST file (.npz) is"),
)
# Atomic: where a comment ends is not tried twice, or many of them would never be done.
_SVG = (
    r"(?:\xef\xbb\xbf)?\s*(?>(?:<\?[^>]*>|<!--.*?-->|"
    r"<!DOCTYPE\s+svg[^>\[]*(?:\[.*?\]\s*)?>)\s*)*<(?:svg:)?svg\b"
)
_WEAK: tuple[tuple[str, str, str], ...] = (  # two letters, with what must stand behind them
    ("BMP", r"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0", ""),
    ("PNM", r"P[1-6]\s+(?:#[^\n]*\n\s*)*\d+\s+\d", ""),
    ("PNM", r"P[7Ff]\s", _NOT_READ),
    ("SVG", _SVG, "a drawing, not pixels"),
    ("MetaImage", r"ObjectType\s*=\s*Image|NDims\s*=\s*\d", _NOT_READ),
    ("NIfTI", r".{344}n[i+][12]\0", "which needs nibabel: pip install 'deri-gate[volumes]'"),
)  # fmt: skip
_PACKED = "which may hold images that are not looked at: unpack it"
_HOLDERS: tuple[tuple[str, str, str], ...] = (
    ("zip archive", r"PK\x03\x04", _PACKED),
    ("tar archive", r".{257}ustar", _PACKED),
    ("compressed file", r"\x1f\x8b|BZh[1-9]1AY|\xfd7zXZ\0|\x28\xb5\x2f\xfd", _PACKED),
    ("7z archive", r"7z\xbc\xaf\x27\x1c", _PACKED),
    ("rar archive", r"Rar!\x1a\x07", _PACKED),
    ("HDF5 file", r"\x89HDF\r\n", "whose arrays are not looked at: export them as images"),
    ("MATLAB file", r"MATLAB 5\.0", "whose arrays are not looked at: export them as images"),
    (
        "Parquet file",
        r"PAR1",
        "which is not looked at here: name it as the dataset",
    ),
    ("film", r"....ftyp|RIFF....AVI |\x1aE\xdf\xa3", "whose frames are not looked at"),
)
_UNLISTED = (
    (r"7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|\x28\xb5\x2f\xfd", "archives"),
    (r"\x89HDF\r\n|MATLAB [57]\.", "arrays"),
)  # what none of the packages here lists
# Pickles, data bases of LMDB and SQLite, arrays of MNIST, tables of Arrow.
_PROGRAMS = re.compile(
    rb"\x80[\x02-\x05]|.{16}\xde\xc0\xef\xbe|SQLite format 3\0|\0\0\x08\x03|ARROW1\0\0", re.DOTALL
)
_TEXT = re.compile(r".+\.(?:csv|tsv|txt|jsonl?|ndjson|xml|md|log)\.(?:gz|bz2|xz|zst)", re.DOTALL)
_OF_APPLE = b"bplist00"
_LFS = re.compile(rb"version https://git-lfs\.github\.com/spec/")


def _compiled(table: tuple[tuple[str, str, str], ...]) -> list[tuple[str, re.Pattern[bytes], str]]:
    return [(name, re.compile(p.encode("latin-1"), re.DOTALL), why) for name, p, why in table]


_STRONG_PATTERNS = _compiled(_STRONG)
_PATTERNS = [*_STRONG_PATTERNS, *_compiled(_WEAK)]
_HOLDER_PATTERNS = _compiled(_HOLDERS)
_UNLISTED_PATTERNS = [(re.compile(p.encode("latin-1"), re.DOTALL), way) for p, way in _UNLISTED]

_IMAGES = """
    png apng jpg jpeg jpe jfif jif mpo bmp dib tif tiff webp gif pgm ppm pbm pnm pam pfm
    dcm dicom dic ima avif avifs heic heif heics hif jp2 j2k jpf jpx jpc j2c jxl jxr wdp
    psd xcf svg svgz exr hdr tga pcx ico cur icns dds qoi flif bpg sgi rgb ras xbm xpm
    dng nef cr2 cr3 crw arw raf orf rw2 pef srw raw img fits fit nii nrrd nhdr mha mhd
    czi nd2 lif svs ndpi scn mrxs bif vsi ets oib oif oir zvi isyntax mgh mrc dv r3d x3f mrw npy
"""
_OTHERS = """
    txt csv tsv json jsonl ndjson md rst xml yaml yml toml ini cfg conf html htm css js pdf
    doc docx odt rtf xls xlsx ods ppt pptx py pyc ipynb r m sh bat c cpp h java log lock
    zip tar gz tgz bz2 xz 7z rar parquet feather arrow db sqlite pkl pickle pt pth onnx h5
    hdf5 npz mat tfrecord lmdb mdb bib tex license mp4 m4v mov avi mkv webm mpg mpeg wav mp3
"""
_MANY = """
    zip tar gz tgz bz2 xz 7z rar parquet feather arrow lmdb mdb h5 hdf5 npz mat tfrecord
    mp4 m4v mov avi mkv webm mpg mpeg
"""
# Zip archives by their bytes, and texts to everybody.
_OFFICE = frozenset({".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".jar", ".pages", ".key"})
# A file so named claims to be an image, whatever it holds.
IMAGE_ENDINGS = frozenset(f".{ending}" for ending in _IMAGES.split())
# A file so named is none for two letters that any text may begin with: for a plain signature only.
OTHER_ENDINGS = frozenset(f".{ending}" for ending in _OTHERS.split())

# Behind the ending of a file that is elsewhere, was not loaded to its end, or is locked.
EVICTED = ".icloud"
_HALF_WAY = frozenset({EVICTED, ".crdownload", ".opdownload", ".download", ".part", ".partial"}) | {
    ".enc", ".gpg", ".pgp", ".age", ".aes"
}  # fmt: skip
_MANY_ENDINGS = frozenset(f".{ending}" for ending in _MANY.split())


def ending_of(name: str) -> str:
    """The ending of a file's name in lower case with its dot; "" for none."""
    lower = name.lower()
    if lower.endswith(".nii.gz"):
        return ".nii.gz"
    return os.path.splitext(lower)[1]  # noqa: PTH122  # a name, not a path


def stem_of(name: str) -> str:
    """A file's name, or its path, without the ending."""
    return name[: len(name) - len(ending_of(name))]


def claims_image(name: str) -> bool:
    """True if the name of a file says that it is an image."""
    ending = ending_of(name)
    if ending in _HALF_WAY:
        ending = ending_of(stem_of(name))
    return ending in IMAGE_ENDINGS or ending == ".nii.gz"


def claims_many(name: str) -> bool:
    """True if the name of a file says that it may hold many images: an archive, arrays, a film."""
    return ending_of(name) in _MANY_ENDINGS and not _TEXT.fullmatch(name.lower())


def is_image(name: str, head: Callable[[], bytes]) -> bool:
    """True if a file is taken for an image, to be read or counted as unreadable.

    Args:
        name: Its name.
        head: Gives its first `HEAD` bytes; asked only where the name does not say it.
    """
    if claims_image(name):
        return True
    content = head()
    patterns = _STRONG_PATTERNS if ending_of(name) in OTHER_ENDINGS else _PATTERNS
    return any(p.match(content) for _, p, _ in patterns) or is_dicom(content)


def holds_images(name: str, content: bytes) -> bool:
    """True if a file that is no image may hold many of them: an archive, arrays, a film.

    Args:
        name: Its name.
        content: Its first `HEAD` bytes.
    """
    if ending_of(name) in _OFFICE or _TEXT.fullmatch(name.lower()):
        return False
    # A zip may begin with a program that unpacks it.
    return (ending_of(name) == ".zip" and any(content)) or any(
        pattern.match(content) for _, pattern, _ in _HOLDER_PATTERNS
    )


def counted_by(content: bytes) -> str:
    """Way of counting for a file that may hold many images and cannot be listed: by its size.

    Returns:
        "archives" for images as files, "arrays" for their pixels, "" for another file.
    """
    return next((way for pattern, way in _UNLISTED_PATTERNS if pattern.match(content)), "")


def may_hold_arrays(content: bytes) -> bool:
    """True for a file of a program that may hold images beside anything else."""
    return bool(_PROGRAMS.match(content))


def format_number(content: bytes) -> int:
    """Number of the format that the first bytes of a file name, 0 for none of those known."""
    head = content[:HEAD]
    return next((i for i, (_, p, _) in enumerate(_PATTERNS, 1) if p.match(head)), 0)


def why_not_read(content: bytes) -> str:
    """The reason for content that no decoder reads: its format, and what would read it."""
    if _LFS.match(content):
        return "a pointer of Git LFS, not the image itself: run `git lfs pull`"
    if content.startswith(_OF_APPLE):
        return "a list of Apple's, as iCloud leaves for a file that is not here: download it"
    for name, pattern, why in (*_PATTERNS, *_HOLDER_PATTERNS):
        if pattern.match(content[:HEAD]):
            return f"{name}, {why}" if why else f"{name}, but damaged, or not read by this Pillow"
    return "not an image, or in a format that is not read"
