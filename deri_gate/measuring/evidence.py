"""Evidence on one dataset, each part made once and only on request."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deri_gate import explain, features
from deri_gate.data.fingerprint import arrangement_of, fingerprint_of
from deri_gate.data.inventory import other_contents
from deri_gate.data.sampling import balanced_sample
from deri_gate.explain.masks import MaskExplanations, mask_explanations_of
from deri_gate.explain.probe import (
    ImageToExplain,
    explanations_of,
    probe_explainer,
    saying_something,
)
from deri_gate.explain.shortcuts import Shortcuts, given_away, shortcuts_of
from deri_gate.features import forms
from deri_gate.features.linear_probe import VERSION as PROBE
from deri_gate.features.linear_probe import probe_of
from deri_gate.features.neighbours import unit_vectors
from deri_gate.features.scan import scan
from deri_gate.measuring.copies import Images, images_of
from deri_gate.measuring.costs import EXPLAINS, FROM_PIXELS
from deri_gate.measuring.kept_labels import kept_label_evidence
from deri_gate.measuring.neighbours import search_note, searched_neighbours
from deri_gate.measuring.reuse import differs_little, lent_probe, origins
from deri_gate.metrics.diversity import SPECTRUM, Spectrum, spectrum_of
from deri_gate.metrics.records import Explanations, PaperExplanations, Probe
from deri_gate.runtime.large_arrays import LARGE, each_block

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scipy.sparse import csr_array

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.explain.probe import Explainer
    from deri_gate.features.encoder import Encoder
    from deri_gate.features.image_table import ImageTable, Scan
    from deri_gate.features.neighbour_search import NeighbourSearch
    from deri_gate.metrics.context import Context
    from deri_gate.metrics.profile import Profile
    from deri_gate.metrics.wrong_labels import LabelEvidence
    from deri_gate.networks.checkpoints import TrainingSpec


@dataclass(frozen=True)
class Evidence:
    """A dataset and what can be derived from it; the names are those metrics ask for.

    Attributes:
        whole: The dataset as it was given, unreadable images included.
        context: By which definitions, with which results at hand, on which machine.
        wanted: The evidence that will be asked for; says what the one pass must bring.
        earlier: An earlier state, measured in the same way, or None. What it knows is taken
            over: neighbours, and, where little differs, the probe, the same yardstick for both.
    """

    whole: Dataset
    context: Context
    wanted: frozenset[str]
    earlier: Evidence | None = None

    @property
    def profile(self) -> Profile:
        """The definitions and the encoder."""
        return self.context.profile

    @cached_property
    def encoder(self) -> Encoder:
        """The frozen network; loaded when something is to be embedded or explained."""
        return features.encoder.load_encoder(self.profile, self.context.machine.device)

    @cached_property
    def scan(self) -> Scan:
        """The single pass over the images."""
        embeds = not self.wanted <= FROM_PIXELS
        return scan(
            self.whole,
            context=self.context,
            encoder=(lambda: self.encoder) if embeds else None,
            keep=frozenset(self._to_explain if self.wanted & EXPLAINS else ()),
        )

    @cached_property
    def dataset(self) -> Dataset:
        """The images that could be read; every array below is in their order."""
        return self.whole.select(self.scan.readable)

    @property
    def images(self) -> ImageTable:
        """A row an image: size, thumbnail, values of the metrics of the pixels."""
        return self.scan.table

    @property
    def ids(self) -> tuple[str, ...]:
        """Name of each image: its path inside the dataset."""
        return self.dataset.ids

    @property
    def membership(self) -> csr_array:
        """Classes of each image, 0/1, shape (N, K)."""
        return self.dataset.membership

    @cached_property
    def pictures(self) -> Images:
        """The images as far as copies go."""
        return images_of(self.dataset, self.images, self.context)

    @cached_property
    def duplicate_groups(self) -> IntArray:
        """Number of the group of near duplicates each image is in, -1 when alone, shape (N,)."""
        return self.pictures.near_groups

    @cached_property
    def listed_groups(self) -> IntArray:
        """Groups of the near duplicates that are named to people, -1 when alone, shape (N,)."""
        return self.pictures.listed_groups

    @cached_property
    def equal_hash_groups(self) -> IntArray:
        """Groups of near duplicates from hashes alone, at the paper's distance, not confirmed."""
        return self.pictures.equal_hash_groups

    @cached_property
    def shortcuts(self) -> Shortcuts:
        """Marks, properties and sources that give classes away."""
        return shortcuts_of(self.dataset, self.images, self.context)

    @property
    def given_away(self) -> BoolArray:
        """True for images whose class a shortcut gives away, shape (N,)."""
        return given_away(self.dataset, self.shortcuts)

    @cached_property
    def features(self) -> FloatArray:
        """Pooled features as the encoder gives them, shape (N, d), single precision."""
        if self.scan.embeddings is None:
            raise AssertionError("embeddings were not among the evidence announced as wanted")
        return each_block(self.scan.embeddings, lambda rows: rows, "float32")

    @cached_property
    def embeddings(self) -> FloatArray:
        """Features at unit length, shape (N, d): their dot product is the cosine."""
        return unit_vectors(self.features)

    @cached_property
    def spectrum(self) -> Spectrum:
        """Spectrum of the images over the directions of the embeddings."""
        kind = f"spectrum-{SPECTRUM}-{self.profile.network_hash}"
        fits = forms.read_by(Spectrum.from_bytes)
        kept = self.kept(kind, lambda: spectrum_of(self.embeddings).to_bytes(), fits)
        return Spectrum.from_bytes(kept)

    @cached_property
    def fingerprint(self) -> str:
        """Identity of the images with their names and labels, and of all else that lies there."""
        return fingerprint_of(self.dataset, self.images.keys, self.other_contents)

    @cached_property
    def other_contents(self) -> Mapping[str, str]:
        """By path, the content of each file that is no readable image."""
        return other_contents(self.whole, self.scan.readable)

    @cached_property
    def _arrangement(self) -> str:
        return arrangement_of(self.dataset, self.images.keys)

    @cached_property
    def _origin(self) -> IntArray:
        """Position of each image in the earlier state, -1 for new ones, shape (N,)."""
        return origins(self.images.keys, self.earlier.images.keys if self.earlier else ())

    @cached_property
    def _lender(self) -> Evidence | None:
        """The earlier state, if what was learnt on it serves here too."""
        own, earlier = self.dataset, self.earlier
        lends = earlier is not None and differs_little(own, earlier.dataset, self._origin)
        return earlier if lends else None

    @cached_property
    def neighbour_search(self) -> NeighbourSearch:
        """The nearest images of each, and how many of the true ones are among them.

        Raises:
            UnmeasurableError: With too few images for k neighbours.
        """
        return searched_neighbours(self, self._origin)

    @cached_property
    def neighbours(self) -> IntArray:
        """Positions of each image's nearest by cosine, nearest first, shape (N, k)."""
        return self.neighbour_search.positions

    @property
    def search_note(self) -> str:
        """Sentence on neighbours that may lack true ones, for the report; "" for none."""
        return search_note(self)

    @cached_property
    def probe(self) -> Probe:
        """A linear model of the labels, with predictions for images it has not seen."""
        lender, profile = self._lender, self.profile
        if lender is not None:
            return lent_probe(lender.probe, self.features, self.images.keys, lender.images.keys)

        def make() -> Probe:
            machine, own = self.context.machine, self.dataset
            with machine.bar(profile.folds + 1, "fitting the probe", unit="fit") as bar:
                known = {"folds": profile.folds, "seed": profile.seed}
                return probe_of(self.features, own, device=machine.device, tick=bar.update, **known)

        if 4 * len(self.dataset) * len(self.dataset.classes) >= LARGE:
            return make()  # as bytes it would be in memory, and more than once
        kind = f"probe-{PROBE}-{profile.folds}-{profile.seed}-{profile.network_hash}"
        fits = forms.kept_probe(Probe.from_bytes, self.features.shape, len(self.dataset.classes))
        return Probe.from_bytes(self.kept(kind, lambda: make().to_bytes(), fits))

    @cached_property
    def label_evidence(self) -> LabelEvidence:
        """Doubt in each label, and the other one that is suggested."""
        return kept_label_evidence(self)

    def kept(self, kind: str, make: Callable[[], bytes], fits: forms.Fits) -> bytes:
        """Cached result for these images in this order; computed when none fits."""
        kept = self.context.store.get(kind, [self._arrangement], fits=fits)
        if not kept:
            self.context.store.put(kind, kept := {self._arrangement: make()})
        return kept[self._arrangement]

    @cached_property
    def explanations(self) -> Explanations:
        """The probe's explanations of a sample: where they sit, and how firmly.

        Raises:
            UnmeasurableError: When none of the sample could be read, or no map says anything.
        """
        explanations = explanations_of(
            self._sample,
            images=len(self.dataset),
            probe=self.probe,
            encoder=lambda: self.encoder,
            context=self.context,
        )
        return saying_something(explanations)

    @cached_property
    def paper_explanations(self) -> PaperExplanations:
        """Explanations of the same sample, with the figures of the paper; raises as the others."""
        explanations = explain.paper.paper_explanations_of(
            self._sample, images=len(self.dataset), training=self._training, context=self.context
        )
        return saying_something(explanations)

    @cached_property
    def mask_explanations(self) -> MaskExplanations | None:
        """Explanations against the masks; None where no explained image has one."""
        return mask_explanations_of(
            self._sample,
            dataset=self.dataset,
            table=self.images,
            explainers=self._explainers,
            store=self.context.store,
        )

    @cached_property
    def _training(self) -> TrainingSpec:
        """Training spec of the networks that the paper profiles explain."""
        if self._lender is not None:
            return self._lender._training  # noqa: SLF001  # of its own kind
        return explain.paper.training_spec_of(self.dataset, self._arrangement, self.context)

    @property
    def _explainers(self) -> tuple[Explainer, ...]:
        if self.profile.definitions == "paper":
            return explain.paper.network_explainers(self._training)
        return (probe_explainer(self.probe, lambda: self.encoder, self.profile),)

    @cached_property
    def _sample(self) -> list[ImageToExplain]:
        """The images to explain, of those that could be read, in order."""
        keys, labels, inputs = self.images.keys, self.dataset.labels, self.scan.inputs
        place = np.cumsum(self.scan.readable) - 1
        chosen = sorted(int(place[i]) for i in self._to_explain if self.scan.readable[i])
        rows = [(i, keys[i], labels[i][0], inputs[i]) for i in chosen]
        return [ImageToExplain(position=i, key=k, target=t, picture=p) for i, k, t, p in rows]

    @cached_property
    def _to_explain(self) -> list[int]:
        """Positions in the whole of the images to explain."""
        return balanced_sample(self.whole, self.profile.explained, seed=self.profile.seed)
