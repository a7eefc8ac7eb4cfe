"""Ground-truth masks that lie beside images or in folders of their own, found by their names."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.layouts import exclude_option
from deri_gate.data.signatures import stem_of
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

IMAGE_FOLDERS = frozenset(
    {"images", "image", "imgs", "img", "pictures", "photos", "jpegimages", "original",
     "originals", "raw", "input", "inputs", "leftimg8bit"}
)  # fmt: skip
MASK_FOLDERS = frozenset(
    {"mask", "masks", "annotation", "annotations", "label", "labels", "seg", "segs",
     "segmentation", "segmentations", "segmentationclass", "gt", "gts", "groundtruth",
     "ground_truth", "ground truth", "ground-truth", "roi", "rois", "msk", "msks", "gtfine",
     "gtcoarse", "trimap", "trimaps", "manualmask", "lesion_masks"}
)  # fmt: skip
_CITY = "gt(?:fine|coarse)_(?:labelids|labeltrainids|instanceids|instancetrainids|color)"
_SURE = f"masks?|msk|seg|segm|segmap|segmentations?|lesion_?mask|trimap|{_CITY}"
_MAYBE = "labels?|lesions?|gt|ground_?truth|annotations?|annotated|roi|contours?"
_NUMBER = r"(?:[\s_.\-]*+\(?\d+\)?)?"
_BEHIND = {
    sure: re.compile(rf"(?P<of>.+?)[\s_.\-]++(?:{words}){_NUMBER}", re.IGNORECASE)
    for sure, words in ((True, _SURE), (False, _MAYBE))
}
_BEFORE = re.compile(r"(?:mask|seg|segmentation)[\s_.\-]+(?P<of>.+)", re.IGNORECASE)
_IMAGE_WORD = re.compile(
    r"(?P<of>.+?)[\s_.\-]++(?:image|img|orig|original|raw|rgb|leftimg8bit)", re.IGNORECASE
)
_SURELY = (_BEHIND[True], _BEFORE)
_GOES_ON = "_-. "
_LOOKED_AT = 8  # names that go on behind another: a patient's series and masks
HALF = 0.5


@dataclass(frozen=True, kw_only=True)
class Masks:
    """The masks among the files that are images by their bytes.

    Attributes:
        of: By image, the paths of its masks.
        stray: Masks whose image is not there.
    """

    of: Mapping[str, Sequence[str]]
    stray: Sequence[str]

    @cached_property
    def files(self) -> frozenset[str]:
        """Every mask, with an image and without."""
        return frozenset(self.stray).union(*self.of.values())


def masks_among(paths: Sequence[str], root: Path) -> Masks:
    """Tell masks from images: by folders named so, then by the ends of the files' names.

    A folder or an ending that only sounds like a mask is none: it takes an image of the same
    name. A class called `mask` stays a class.

    Args:
        paths: Files that are images by their bytes.
        root: The dataset's folder, for errors.

    Raises:
        DatasetError: If a folder beside one of images is named like masks and matches nothing.
    """
    in_folders, left = _in_folders(paths, root)
    beside, stray = _beside(left)
    of: defaultdict[str, list[str]] = defaultdict(list)
    for mask, image in [*in_folders.items(), *beside.items()]:
        if image:
            of[image].append(mask)
        else:
            stray.append(mask)
    return Masks(of={image: sorted(own) for image, own in of.items()}, stray=sorted(stray))


def without_masks(paths: Sequence[str], images: Sequence[str], root: Path) -> list[str]:
    """Leave out the masks of these images or of one another; none where no name can be a mask's.

    Args:
        paths: Files that are images by their names.
        images: Those that are known to be images.
        root: Folder of the dataset, for messages.
    """
    try:
        masks = masks_among([*images, *paths], root).files
    except DatasetError:  # a folder of masks whose names match no image: they are none
        masks = frozenset()
    return [path for path in paths if path not in masks]


def _in_folders(paths: Sequence[str], root: Path) -> tuple[dict[str, str], list[str]]:
    """Files of mask folders with the image of each, "" for none; and all other files."""
    folders: defaultdict[str, list[str]] = defaultdict(list)
    rest: list[str] = []
    for path in paths:
        folder = _mask_folder(path)
        (folders[folder] if folder else rest).append(path)
    if not folders:
        return {}, rest
    images = _Images.of(rest)
    image_of: dict[str, str] = {}
    for folder, files in sorted(folders.items()):
        matched = {path: images.image_of(path, folder) for path in files}
        count = sum(map(bool, matched.values()))
        if count and count >= HALF * min(len(files), len(images.near(folder))):
            image_of |= matched
            continue
        above = posixpath.dirname(folder)
        beside = {one for one in images.folders(above) if one.lower() in IMAGE_FOLDERS}
        if beside:
            what = (
                f"the folder {path_text(folder)!r} is named like masks of the images in "
                f"{path_text(min(beside))!r} beside it, but their names do not match"
            )
            fix = f"Leave it out with {exclude_option(folder)}, or name the masks alike."
            raise DatasetError(what, root, fix)
        rest += files
    return image_of, rest


def _mask_folder(path: str) -> str:
    """The first folder on the way to a file that is named like masks; "" for none."""
    parts = path.split("/")[:-1]
    for end, part in enumerate(parts):
        if part.lower() in MASK_FOLDERS:
            return "/".join(parts[: end + 1])
    return ""


@dataclass(frozen=True)
class _Images:
    """Images by the names under which a mask may look for them."""

    paths: Sequence[str]  # sorted
    by_key: Mapping[str, str]
    by_stem: Mapping[tuple[str, str], str]  # folder above `images`, stem; "" for two

    @classmethod
    def of(cls, paths: Sequence[str]) -> _Images:
        by_key: dict[str, str] = {}
        by_stem: dict[tuple[str, str], str] = {}
        for path in sorted(paths):
            by_key.setdefault(_key(path), path)
            stem = _stem(path)
            parts = path.split("/")[:-1]
            for end, part in enumerate(parts):
                if part.lower() in IMAGE_FOLDERS:  # a class `mask` beside `no_mask` is none
                    place = "/".join(parts[:end]), stem
                    by_stem[place] = "" if place in by_stem else path
        return cls(sorted(paths), by_key, by_stem)

    def image_of(self, path: str, folder: str) -> str:
        """The image of a mask in a mask folder; "" for none."""
        above, inside = posixpath.dirname(folder), path[len(folder) + 1 :]
        stem = stem_of(inside)
        ending = inside[len(stem) :]
        for name in (stem, *_bases(stem)):
            key = _key(posixpath.join(above, name + ending))
            image = self.by_key.get(key) or self.by_stem.get((above, _stem(name + ending)), "")
            if image:
                return image
        return ""

    def near(self, folder: str) -> Sequence[str]:
        """Images in the folder that holds a mask folder."""
        return self._below(posixpath.dirname(folder))

    def _below(self, above: str) -> Sequence[str]:
        """Images below a folder; looked up, as each patient may have a mask folder of their own."""
        if not above:
            return self.paths
        ends = (bisect_left(self.paths, f"{above}{mark}") for mark in ("/", chr(ord("/") + 1)))
        return self.paths[slice(*ends)]

    def folders(self, above: str) -> set[str]:
        """Names of the folders of images directly below one."""
        start = f"{above}/" if above else ""
        below = (path[len(start) :] for path in self._below(above))
        return {path.split("/")[0] for path in below if "/" in path}


def _key(path: str) -> str:
    """A path without its ending and without folders that only say that images lie there."""
    *above, _ = path.split("/")
    return "/".join([*(a for a in above if a.lower() not in IMAGE_FOLDERS), _stem(path)])


def _stem(path: str) -> str:
    return _image_name(stem_of(posixpath.basename(path)).casefold())


def _image_name(stem: str) -> str:
    """Name of an image without a word that says that it is one."""
    match = _IMAGE_WORD.fullmatch(stem)
    return match["of"] if match else stem


def _bases(stem: str) -> list[str]:
    """Names of images whose mask may be called so."""
    folder, name = posixpath.split(stem)
    found = _mask_bases(name, (*_BEHIND.values(), _BEFORE))
    return [posixpath.join(folder, base) for base in found]


def _beside(paths: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Masks in the folders of their images, and masks without an image."""
    folders: defaultdict[str, list[str]] = defaultdict(list)
    for path in paths:
        folders[posixpath.dirname(path)].append(path)
    image_of: dict[str, str] = {}
    lonely: list[str] = []
    for files in folders.values():
        stems = {path: stem_of(posixpath.basename(path)).casefold() for path in files}
        sure, alone = _matched(stems, sure=True)
        image_of |= sure
        lonely += alone
        rest = {path: stem for path, stem in stems.items() if path not in sure}
        maybe, _ = _matched(rest, sure=False)
        if len(set(maybe.values())) >= HALF * (len(rest) - len(maybe)):
            image_of |= maybe  # "bottle_label" may be a picture; of half the images it is a mask
    return image_of, lonely if image_of else []


def _matched(stems: Mapping[str, str], *, sure: bool) -> tuple[dict[str, str], list[str]]:
    """Files that are named as the mask of another one, with that one; and those without one.

    Args:
        stems: By path, the file's name without its ending, in lower case.
        sure: True for names that only masks have.
    """
    patterns = _SURELY if sure else (_BEHIND[False],)
    bases = {path: own for path, stem in stems.items() if (own := _mask_bases(stem, patterns))}
    if not bases:
        return {}, []
    images = {_image_name(stems[path]): path for path in sorted(stems, reverse=True)}
    image_of: dict[str, str] = {}
    for path, own in bases.items():
        found = [images[base] for base in own if images.get(base, path) != path]
        if found:
            image_of[path] = found[0]
    alone = {path: own for path, own in bases.items() if path not in image_of}
    of_series = _of_series(alone, images) if sure else {}
    image_of |= of_series
    matched = {mask: image for mask, image in image_of.items() if image not in image_of}
    return matched, [path for path in alone if path not in of_series]


def _of_series(masks: Mapping[str, list[str]], stems: Mapping[str, str]) -> dict[str, str]:
    """Masks of several series: `p1_seg` goes with `p1_t1`, the first that goes on behind `p1`.

    Several masks of one are none: `face_mask_1` and `face_mask_2` beside `face_shield_1`.

    Args:
        masks: By path, what each is called without the word for a mask.
        stems: All files of the folder by their names.
    """
    ordered = sorted(stems)
    first = {path: next(_begun_alike(ordered, bases), "") for path, bases in masks.items()}
    count = Counter(first.values())
    return {path: stems[name] for path, name in first.items() if name and count[name] == 1}


def _begun_alike(stems: Sequence[str], bases: Iterable[str]) -> Iterator[str]:
    """Images whose names go on behind a base.

    Args:
        stems: Names of all files of the folder, sorted.
        bases: What the mask is called, without the word for a mask.
    """
    for base in bases:
        for mark in _GOES_ON:
            start = bisect_left(stems, base + mark)
            for stem in stems[start : start + _LOOKED_AT]:
                if stem.startswith(base + mark) and not _mask_bases(stem, _SURELY):
                    yield stem


def _mask_bases(stem: str, patterns: Iterable[re.Pattern[str]]) -> list[str]:
    """Names of images whose mask may be called so."""
    return [match["of"] for pattern in patterns if (match := pattern.fullmatch(stem))]
