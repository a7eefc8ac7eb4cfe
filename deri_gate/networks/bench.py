"""Data that all runs on one dataset share: pictures, features, test sets, each made once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.damage import degrade
from deri_gate.errors import DatasetError, UnmeasurableError
from deri_gate.features.encoder import Encoder, load_encoder
from deri_gate.features.scan import scan
from deri_gate.networks.budget import BASELINE
from deri_gate.networks.pictures import Pictures, pictures

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray, FloatArray
    from deri_gate.data.dataset import Dataset, Picture
    from deri_gate.metrics.context import Context
    from deri_gate.networks.arrangement import Arrangement
    from deri_gate.networks.budget import Budget


@dataclass(frozen=True)
class Bench:
    """One dataset, made ready; nothing is read before it is needed.

    Attributes:
        arranged: Which images are trained on and asked.
        budget: How much of it is used.
        context: Its profile has the encoder under the linear probe, its store the embeddings.
        seed: Seed of all damage.
    """

    arranged: Arrangement
    budget: Budget
    context: Context
    seed: int

    @cached_property
    def encoder(self) -> Encoder:
        """The frozen network under the linear probe."""
        return load_encoder(self.context.profile, self.context.machine.device)

    @cached_property
    def train(self) -> Pictures:
        """The undamaged training images that can be read."""
        return self._pictures(self.arranged.train, known={})

    @cached_property
    def validation(self) -> Pictures:
        """The validation images that can be read."""
        return self._pictures(self.arranged.validation, known={})

    @cached_property
    def expected(self) -> BoolArray:
        """True for classes that occur at all, shape (K,); others are not tested."""
        parts = (self.arranged.train, self.arranged.validation)
        seen = {k for part in parts for label in part.labels for k in label}
        return np.isin(np.arange(len(self.arranged.train.classes)), sorted(seen))

    @cached_property
    def _known(self) -> dict[str, Picture]:
        return {**self.train.by_key, **self.validation.by_key}

    @cached_property
    def scenes(self) -> dict[str, Pictures]:
        """By scenario, the validation images in it; those that do not apply are left out."""
        scenes = {}
        for group, level in self.budget.scenes:
            try:
                made = degrade(self.validation.dataset, group, level, seed=self.seed)
            except UnmeasurableError:
                continue
            seen = pictures(made, self.budget.size, known=self._known, machine=self.context.machine)
            if len(seen.dataset):  # a mask may be unreadable
                scenes[group] = seen
        return scenes

    def variant(self, group: str, level: str) -> Pictures:
        """The training images, damaged.

        Raises:
            UnmeasurableError: If this dataset cannot be damaged in this way.
        """
        if group == BASELINE:
            return self.train
        made = degrade(self.train.dataset, group, level, seed=self.seed)
        return self._pictures(made, known=self._known)

    def test_sets(self, group: str) -> dict[str, Pictures]:
        """Test sets: the validation images, and after the baseline the scenarios."""
        return {group: self.validation, **(self.scenes if group == BASELINE else {})}

    def features(self, dataset: Dataset) -> FloatArray:
        """Pooled features of images that can be read, shape (N, d), from the store if known."""
        table = scan(
            dataset,
            context=self.context,
            encoder=lambda: self.encoder,
            keep=frozenset(),
        )
        assert table.embeddings is not None
        return table.embeddings.astype(np.float32)

    def _pictures(self, dataset: Dataset, known: dict[str, Picture]) -> Pictures:
        seen = pictures(dataset, self.budget.size, known=known, machine=self.context.machine)
        if not len(seen.dataset):
            raise DatasetError(
                f"none of {len(dataset)} images can be read",
                self.arranged.name,
                "Look whether the export or the download is complete.",
            )
        return seen
