"""Networks that are trained once and cached as weight files, by their training spec."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deri_gate import features, networks
from deri_gate.data.sampling import proportional_sample
from deri_gate.errors import UnmeasurableError, words_of_error
from deri_gate.networks.budget import CNNS, VERSION, budget_named
from deri_gate.networks.pictures import pictures
from deri_gate.runtime.device import device_kind
from deri_gate.runtime.files import replaced
from deri_gate.runtime.hashing import json_digest
from deri_gate.runtime.store import say_once, size_limit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import Tensor

    from deri_gate.data.dataset import Dataset
    from deri_gate.networks.budget import Budget
    from deri_gate.networks.loop import TrainingSet
    from deri_gate.networks.networks import Network
    from deri_gate.runtime.engine import Machine

LEAST_CLASSES = 2
ROOM = 4 * 10**9  # bytes of networks that are kept at most; five take 700 million
FROM_IMAGENET = "paper"  # the preset whose networks start from ImageNet's weights here


def explained_budget(name: str) -> Budget:
    """Budget of the explained networks: the five CNNs of a preset.

    With the paper's preset they start from ImageNet's weights, for its encoder needs the same
    download; with a smaller one from random weights.
    """
    pretrained = name == FROM_IMAGENET
    return replace(budget_named(name), architectures=CNNS, repeats=1, pretrained=pretrained)


@dataclass(frozen=True, kw_only=True)
class TrainingSpec:
    """Training set, budget and cache folder of networks.

    Attributes:
        dataset: Images that can be read, with their classes.
        identity: Identity of these images in this order, with their classes.
        budget: Which networks, on how many of the images, for how long.
        seed: Seed of weights, order and sample.
        folder: Folder of the weight files, named by their training spec; 700 MB for five networks.
        machine: How to compute.
    """

    dataset: Dataset
    identity: str
    budget: Budget
    seed: int
    folder: Path
    machine: Machine

    def recipe(self, architecture: str) -> str:
        """Hash of everything that decides what a network has learnt."""
        budget = self.budget
        how = [budget.images, budget.epochs, budget.size, budget.batch, budget.lr, self.seed]
        device = device_kind(self.machine.device)
        said = [VERSION, self.identity, architecture, *how, budget.pretrained]
        said += [] if device == "cpu" else [device]
        return json_digest(said)[:32]

    def network(self, architecture: str) -> Network:
        """Return the trained network; train it if it is not cached.

        Each is kept the moment it is done, so that a killed run goes on with the next. When one
        is, those that were used longest ago are deleted until the folder holds 4 GB. A file that
        is damaged, or cannot be written, costs the time to teach.

        Raises:
            UnmeasurableError: With fewer than two classes, or too little memory for one image.
            SettingError: If weights cannot be downloaded.
        """
        path = self.folder / f"{self.recipe(architecture)}.pt"
        network = networks.networks.network_of(
            architecture, len(self.dataset.classes), pretrained=False
        )
        if not _takes(network, networks.weights_file.read_weights(path)):
            network.load_state_dict(self._teach(architecture, path))
        return networks.networks.ready(network, features.encoder.pick_device(self.machine.device))

    def _teach(self, architecture: str, path: Path) -> dict[str, Tensor]:
        device = features.encoder.pick_device(self.machine.device)
        trained = networks.loop.teach(
            architecture, self._training, self.budget, seed=self.seed, device=device
        )
        if trained.result is None:
            raise UnmeasurableError(f"{architecture} could not be trained: {trained.reason}")
        state: dict[str, Tensor] = trained.result.state_dict()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with replaced(path) as file:
                file.write(networks.weights_file.sealed_weights(path.name, state))
            make_room(self.folder, min(ROOM, size_limit()))
        except OSError as error:
            say_once(
                f"networks are trained and not cached: {path.parent} ({words_of_error(error)})"
            )
        return state  # not read again: another process may have made room

    @cached_property
    def _training(self) -> TrainingSet:
        chosen = proportional_sample(self.dataset, self.budget.images, seed=self.seed)
        if len({k for label in chosen.labels for k in label}) < LEAST_CLASSES:
            raise UnmeasurableError("networks need two classes to tell apart")
        seen = pictures(chosen, self.budget.size, known={}, machine=self.machine)
        return networks.loop.TrainingSet(
            pixels=seen.pixels,
            targets=seen.dataset.membership.toarray().astype(np.float32),
            multilabel=self.dataset.multilabel,
            test_sets=(),
        )


def make_room(folder: Path, most: int) -> None:
    """Delete the files used longest ago until the others take at most so many bytes.

    The one used last always stays. Other processes may delete, write and read there meanwhile:
    what they use now was used last, and who finds a network gone teaches it again.

    Args:
        folder: Folder of weight files, and of parts of some that killed runs left.
        most: Bytes.
    """
    total = 0
    for number, (_, size, path) in enumerate(sorted(_files(folder), reverse=True)):
        total += size
        if total > most and number > 0:
            path.unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[tuple[int, int, Path]]:
    """Time of last use, size and path of each file."""
    for path in folder.iterdir():
        try:
            about = path.stat()
        except FileNotFoundError:  # another process was faster
            continue
        yield about.st_mtime_ns, about.st_size, path


def _takes(network: Network, state: dict[str, Tensor] | None) -> bool:
    """Load cached weights into this network; False if there are none that fit."""
    try:
        network.load_state_dict(state or {})
    except (RuntimeError, TypeError, AttributeError):  # none, or those of another network
        return False
    return True
