"""What real commands write, made once for all tests of it."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from deri_gate.cli.main import main
from deri_gate.commands.check import check
from deri_gate.commands.compare import compare
from deri_gate.commands.detection import detection
from deri_gate.commands.sensitivity import sensitivity
from deri_gate.commands.variants import variants
from deri_gate.measuring.evidence import Evidence
from deri_gate.reports.suite_file import write_suite
from deri_gate.runtime.engine import Machine

QUIET = Machine(workers=1, progress=False)


def put(root, count, *, seed, splits=("train", "test")):
    """Two classes of small pictures, a quarter of them for testing."""
    rng = np.random.default_rng(seed)
    for i in range(count):
        name = "ab"[i % 2]
        split = splits[0] if i % 4 else splits[1]
        path = root / split / name / f"{i:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        levels = rng.integers(0, 200, (20, 20, 3)) + 40 * (name == "b")
        Image.fromarray(levels.astype(np.uint8)).save(path)
    return root


@pytest.fixture(scope="session")
def written(tmp_path_factory, tiny_encoder):
    """Folder in which the commands have written: a folder a command."""
    out = tmp_path_factory.mktemp("written")
    one = put(tmp_path_factory.mktemp("one") / "scans", 48, seed=1)
    other = put(tmp_path_factory.mktemp("other") / "scans", 44, seed=1)
    shutil.copy(other / "train" / "a" / "002.png", other / "test" / "a" / "copy.png")
    (other / "train" / "b" / "broken.png").write_bytes(b"no picture")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DERI_GATE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(Evidence, "encoder", tiny_encoder())
        check(other, base=one, out=out / "check", metrics="data", machine=QUIET)
        write_suite(
            check(one, out=out / "own", metrics="sharpness,exposure", machine=QUIET),
            out / "suite" / "suite.json",
        )
        compare(other, baseline=one, out=out / "compare", machine=QUIET)
        variants(one, out=out / "variants", groups=["sharpness"], levels=["strong"])
        sensitivity(
            [one], out=out / "sensitivity", groups=["sharpness", "imbalance"], levels=["strong"],
            images=30, metrics="sharpness,exposure", resamples=1, machine=QUIET,
        )  # fmt: skip
        detection([one], out=out / "detection", groups=["sharpness"], images=30, machine=QUIET)
        values = str(out / "check" / "metrics.json")
        CliRunner().invoke(main, ["score", values, "--out", str(out / "score")])
    return out
