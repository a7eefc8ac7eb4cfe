"""A profile: which definitions, encoder and sizes a number was made with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from deri_gate import metrics  # its modules load when they are named: a name needs none
from deri_gate.errors import SettingError
from deri_gate.runtime.hashing import json_digest

if TYPE_CHECKING:
    from deri_gate.metrics.base import Metric
    from deri_gate.runtime.device import DeviceKind

DIGITS = 16  # hexadecimal ones of an identity
EMBEDDED = "efficientnet-lite0"  # the encoder whose weights an installed package carries
EMBEDDED_VERSION = 2  # raised whenever a bit of its embeddings changes: results that are kept


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Everything that decides what number a dataset gets, beside the dataset.

    Two results compare only when their profiles are equal, which is what `hash` is for.
    """

    name: str
    definitions: Literal["standard", "paper"]  # the default, or the paper's words to the letter
    encoder: str = EMBEDDED  # that, a timm model, or `timm model=weight file`
    input_size: int = 128  # side in pixels of what the encoder sees
    neighbours: int = 10  # whose vote label_noise asks for
    folds: int = 5  # of the probe's out-of-fold predictions
    explained: int = 128  # images that are explained, at most
    steps: int = 8  # of each perturbation curve
    probe_budget: str = "paper"  # preset by which CNNs are trained; in the paper's words only
    seed: int = 42
    device: DeviceKind = "cpu"  # on which networks run: moves the last digits of a value

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics in report order, in this profile's definitions."""
        if self.definitions == "standard":
            return metrics.catalogue.METRICS
        return tuple(m.paper or m for m in metrics.catalogue.METRICS)

    @property
    def encoder_hash(self) -> str:
        """Identity of an embedding: the network, its weights when local, and its input size."""
        settings = {"encoder": _encoder_identity(self.encoder), "size": self.input_size}
        return json_digest(settings)[:DIGITS]

    @property
    def network_hash(self) -> str:
        """Identity of what is kept of an embedding, to the last bit.

        Two that differ in rounding alone, as on a GPU and a processor, compare all the same; but
        what is kept of one is not taken for the other.
        """
        own = EMBEDDED_VERSION if self.encoder == EMBEDDED else 0
        device = [] if self.device == "cpu" else [self.device]
        return json_digest([self.encoder_hash, own, *device])[:DIGITS]

    @property
    def hash(self) -> str:
        """Identity of the profile: 16 hexadecimal digits over all that changes a value of DERI1000.

        The number of images to explain is in it, and so is the version of each published metric.
        A metric beside those has its own `definitions`. The seed is not in it, as it moves values
        by chance alone; nor is the device, which moves their last digits.
        """
        own = zip(metrics.catalogue.METRICS, self.metrics, strict=True)
        versions = {m.name: mine.version for m, mine in own if m.published_weight}
        return json_digest(self._settings() | {"versions": versions})[:DIGITS]

    @property
    def definitions_of(self) -> dict[str, str]:
        """By metric, identity of all that changes its values: two of one identity compare."""
        settings = self._settings()
        return {m.name: json_digest(settings | {m.name: m.version})[:DIGITS] for m in self.metrics}

    def _settings(self) -> dict[str, object]:
        settings: dict[str, object] = {
            "definitions": self.definitions,
            "encoder": self.encoder_hash,
            "neighbours": self.neighbours,
            "folds": self.folds,
            "explained": self.explained,
            "steps": self.steps,
        }
        if self.definitions == "paper":
            settings["probe_budget"] = self.probe_budget
        return settings


STANDARD = Profile(name="standard", definitions="standard")
PAPER = Profile(name="paper", definitions="paper", encoder="resnet18", input_size=224)
PAPER_SMALL = Profile(name="paper-small", definitions="paper", probe_budget="small")  # no download
PROFILES = {p.name: p for p in (STANDARD, PAPER, PAPER_SMALL)}


def profile_named(name: str, *, encoder: str | None = None, seed: int | None = None) -> Profile:
    """The profile of this name, with another encoder or seed if one is given.

    Raises:
        SettingError: If there is no such profile, or the encoder's weight file is missing.
    """
    if name not in PROFILES:
        raise SettingError(
            f"there is no profile {name!r}", "--profile", f"Choose {' or '.join(PROFILES)}."
        )
    profile = PROFILES[name]
    if encoder is not None and encoder != profile.encoder:
        profile = replace(profile, encoder=encoder)
        _encoder_identity(encoder)
    return profile if seed is None else replace(profile, seed=seed)


def _encoder_identity(encoder: str) -> str:
    """A weight file counts by its content, so that renaming it changes nothing."""
    architecture, _, weights = encoder.partition("=")
    if not weights:
        return encoder
    path = Path(weights)
    if not path.is_file():
        raise SettingError(
            f"there is no weight file {weights}", "--encoder", "Give `timm model=existing file`."
        )
    with path.open("rb") as file:
        return f"{architecture}={hashlib.file_digest(file, 'sha256').hexdigest()}"
