"""Values of a processor and of a GPU agree within the tolerance, and verdicts are equal."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import deri_gate
from deri_gate import Machine
from deri_gate.features import linear_probe, neighbours
from deri_gate.measuring.devices import device_note
from deri_gate.metrics.catalogue import METRICS
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import PAPER, STANDARD
from deri_gate.runtime import device
from deri_gate.runtime.device import device_kind
from deri_gate.runtime.store import Store

PAGE = Path(__file__).parents[2] / "docs/gpu.md"
# Largest difference of a value of the standard definitions between devices, in its own unit; a test
# holds it where there is a GPU. What comes of pixels and labels alone is the same to the last bit.
TOLERANCE = {
    "sharpness": 0.0,
    "noise_artifacts": 0.0,
    "exposure": 0.0,
    "resolution": 0.0,
    "duplicates": 0.0,
    "diversity": 1e-5,
    "separation": 1e-6,
    "imbalance": 0.0,
    "label_noise": 2e-3,
    "xai_overlay": 1e-5,
    "xai_stability": 1e-4,
}  # fmt: skip
SCORE_TOLERANCE = 0.5  # of DERI1000, which is 1000 in the median dataset


def test_every_metric_has_a_tolerance() -> None:
    """A new one has to be measured on both."""
    assert list(TOLERANCE) == [m.name for m in METRICS]


def test_the_page_says_the_same_tolerances() -> None:
    """People read them there."""
    page = PAGE.read_text("utf-8")

    for name, most in TOLERANCE.items():
        assert f"| `{name}` | {most:g} |" in page
    assert f"| DERI1000 | {SCORE_TOLERANCE:g} |" in page


def test_a_gpu_compares_with_a_processor_and_keeps_its_results_apart() -> None:
    """Pools of one serve the other; the last digits of one are never handed out for the other's."""
    on_gpu = replace(STANDARD, device="cuda")

    assert on_gpu.hash == STANDARD.hash
    assert on_gpu.definitions_of == STANDARD.definitions_of
    assert on_gpu.network_hash != STANDARD.network_hash


@pytest.mark.parametrize(("asked", "there", "kind"), [
    ("auto", True, "cuda"), ("cuda", True, "cuda"), ("cpu", True, "cpu"),
    ("auto", False, "cpu"), ("cpu", False, "cpu"),
])  # fmt: skip
def test_results_are_kept_by_the_device_that_makes_them(asked, there, kind, monkeypatch, tmp_path):
    (tmp_path / "nvidia0").touch()
    monkeypatch.setattr(device.platform, "system", lambda: "Linux")
    monkeypatch.setattr(device, "DEVICES", tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    context = Context(
        profile=STANDARD, store=Store(tmp_path / "kept"), machine=Machine(device=asked)
    )

    assert context.profile == replace(STANDARD, device=kind)


@pytest.mark.parametrize("system", ["Linux", "Darwin"])
def test_no_torch_is_loaded_where_there_can_be_no_gpu(system, monkeypatch, tmp_path):
    """It takes two seconds of a run that knows all."""
    monkeypatch.setattr(device.platform, "system", lambda: system)
    monkeypatch.setattr(device, "DEVICES", tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: pytest.fail("asked"))

    assert device_kind("auto") == "cpu"


def test_a_report_says_that_networks_ran_on_a_gpu() -> None:
    """And of what differs by more than rounding."""
    every = frozenset(TOLERANCE)
    paper = device_note(replace(PAPER, device="cuda"), every)

    assert device_note(STANDARD, every) == device_note(PAPER, every) == ""
    assert device_note(replace(STANDARD, device="cuda"), every) == "networks ran on a GPU"
    assert "two seeds" in paper
    assert "seed" not in device_note(replace(PAPER, device="cuda"), frozenset({"sharpness"}))


def dataset(folder: Path) -> Path:
    """Three classes that are hard to tell apart, with some labels wrong."""
    rng = np.random.default_rng(5)
    for number in range(240):
        own = number % 3
        coarse = rng.integers(20, 200, (6, 6, 3)).astype(np.float32) + 12 * own
        picture = cv2.resize(coarse, (72, 72), interpolation=cv2.INTER_CUBIC)
        cv2.circle(picture, tuple(rng.integers(20, 52, 2).tolist()), 6 + 5 * own, (255,) * 3, 2)
        picture += rng.normal(0, 6, picture.shape)
        label = rng.integers(3) if rng.random() < 0.05 else own
        path = folder / f"class {label}" / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), picture.clip(0, 255).astype(np.uint8))
    return folder


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("worth", [1, neighbours.WORTH_CUDA])
def test_values_scores_and_verdict_are_those_of_a_processor(tmp_path, monkeypatch, worth):
    """Neighbours and probe on the GPU as well, as of many images; and twice the same bytes."""
    given, said = dataset(tmp_path / "set"), {}
    for run, where in (("cpu", "cpu"), ("cuda", "cuda"), ("again", "auto")):
        monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path / "cache" / run))
        monkeypatch.setattr(neighbours, "WORTH_CUDA", worth)
        out = tmp_path / run
        deri_gate.check(given, out=out, machine=Machine(device=where))
        said[run] = {
            p.name: p.read_bytes() for p in out.iterdir() if p.suffix in {".json", ".parquet"}
        }
    assert linear_probe.uses_cuda("auto", worth)
    for name in ("metrics.json", "subscores.json", "scores.json", "images.parquet"):
        assert said["cuda"][name] == said["again"][name]
    here, there = (
        {name: json.loads(said[run][name]) for name in said[run] if name.endswith(".json")}
        for run in ("cpu", "cuda")
    )
    for name, most in TOLERANCE.items():
        one, other = (doc["metrics.json"]["metrics"][name] for doc in (here, there))
        assert other["value"] == pytest.approx(one["value"], rel=0, abs=most)
        assert other["suspects"] == one["suspects"]
    scores, others = here["scores.json"], there["scores.json"]
    assert others["DERI1000"] == pytest.approx(scores["DERI1000"], abs=SCORE_TOLERANCE)
    assert others["verdict"] == scores["verdict"]
    assert [c["status"] for c in others["checks"]] == [c["status"] for c in scores["checks"]]
    assert "networks ran on a GPU" in there["metrics.json"]["dataset"]["read_as"]["notes"]
    assert here["run.json"]["machine"]["device"] == "cpu"
    assert there["run.json"]["machine"]["device"] == torch.cuda.get_device_name()
