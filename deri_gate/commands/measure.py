"""`deri-gate measure`: raw metrics only; how datasets are measured, for every command that does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self, Unpack

from deri_gate.data.dataset import Dataset
from deri_gate.data.readers import ReadOptions, judged_split, open_dataset, other_splits, split_name
from deri_gate.data.readers.opening import given_text
from deri_gate.data.readers.options import ReadKeys
from deri_gate.errors import DatasetError, SettingError, did_you_mean
from deri_gate.measuring.cases import without_accepted
from deri_gate.measuring.decisions import ReviewCase, read_cases
from deri_gate.measuring.measure import measure_dataset, metrics_named
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import EMBEDDED, profile_named
from deri_gate.runtime.arguments import FROM_0, checking_arguments
from deri_gate.runtime.engine import NORMAL, Machine
from deri_gate.runtime.extras import check_extra
from deri_gate.runtime.store import Store, default_folder, refuse_cache_inside
from deri_gate.runtime.threads import one_blas_thread
from deri_gate.runtime.tracking.links import LEADS_OUT

if TYPE_CHECKING:
    from deri_gate.data.readers.opening import Given
    from deri_gate.measuring.measure import Measured
    from deri_gate.metrics.base import Metric
    from deri_gate.metrics.profile import Profile

NEED_LABELS = frozenset({"membership", "probe", "explanations", "paper_explanations"})


class MeasuringKeys(ReadKeys, total=False):
    """Keywords that say how datasets are read and measured; each has a default.

    Attributes:
        profile: "standard", or "paper" for the published definitions.
        encoder: Another encoder than the profile's: a timm model, or `model=weight file`.
        metrics: "all", "data" for those without explanations, or names joined by commas.
        split: The split to judge; `train` where there are splits and none is named.
        seed: Random seed; the profile's when None.
        machine: Device, engine, workers, progress.
        review: Table of decisions on suspects, as `review` writes it; accepted ones do not count.
    """

    profile: str
    encoder: str | None
    metrics: str
    split: str | None
    seed: int | None
    machine: Machine
    review: str | Path | None


@dataclass(frozen=True, kw_only=True)
class Measuring:
    """Settings for reading and measuring; one record for all datasets that are compared.

    Attributes:
        context: Definitions, cache and machine.
        metrics: Metrics that are asked for.
        split: The split to judge; None for `train`, or all of a dataset without splits.
        reading: How files become a dataset.
        incoming: Images on their way in: labels and splits may lack. Metrics that need labels
            are then left out.
        cases: Decisions of people on suspects.
        today: Day on which acceptances must still hold.
    """

    context: Context
    metrics: tuple[Metric, ...]
    split: str | None
    reading: ReadOptions
    incoming: bool = False
    cases: tuple[ReviewCase, ...] = ()
    today: date = date.min

    @classmethod
    @checking_arguments(seed=FROM_0)
    def of(
        cls,
        *,
        profile: str = "standard",
        encoder: str | None = None,
        metrics: str = "all",
        split: str | None = None,
        seed: int | None = None,
        machine: Machine = NORMAL,
        review: str | Path | None = None,
        **reading: Unpack[ReadKeys],
    ) -> Self:
        """Make the record of the keywords of a command, see `MeasuringKeys`.

        Raises:
            SettingError: If a name or setting does not exist, or an extra that it needs is missing.
        """
        for word in reading:
            if word not in MeasuringKeys.__annotations__:
                hint = did_you_mean(word, MeasuringKeys.__annotations__)
                raise SettingError(f"there is no keyword {word!r}", "", hint)
        chosen = profile_named(profile, encoder=encoder, seed=seed)
        machine.refuse_absent()
        wanted = metrics_named(metrics, chosen)
        if chosen.encoder != EMBEDDED:
            by = f"--profile {profile}" if encoder is None else f"--encoder {encoder}"
            check_extra("paper", by)
        if chosen.definitions == "paper" and any(metric.explains for metric in wanted):
            check_extra("paper", f"--profile {profile}")
        return cls(
            context=Context(profile=chosen, store=Store(default_folder()), machine=machine),
            metrics=wanted,
            split=split,
            reading=ReadOptions.of(**reading),
            cases=() if review is None else read_cases(Path(review)),
            today=datetime.now(UTC).date(),
        )

    @property
    def profile(self) -> Profile:
        """The definitions and the encoder."""
        return self.context.profile

    @property
    def left_out(self) -> tuple[str, ...]:
        """Metrics of the profile that are not asked for."""
        return tuple(m.name for m in self.profile.metrics if m not in self.metrics)

    def opened(self, given: Given) -> Dataset:
        """Read the list of a dataset's images, in any form, and none of them.

        Raises:
            DatasetError: If there is no dataset.
            SettingError: If the folder of the shards lies in it.
        """
        self.context.machine.refuse_inside(given)
        opened = open_dataset(given, labels_required=not self.incoming, options=self.reading)
        self.judged_of(opened)
        return opened

    def judged_of(self, whole: Dataset) -> Dataset:
        """The images of the split that is judged.

        Raises:
            DatasetError: If there is no such split.
        """
        optional = self.incoming and not whole.splits
        return judged_split(whole, None if optional else self.split)

    def measured(
        self, given: Given, *, name: str | None = None, earlier: Measured | None = None
    ) -> Measured:
        """Measure a dataset in any form.

        Args:
            given: The dataset, opened already or not.
            name: Its name in the report; the last part of its path when None.
            earlier: An earlier state, measured by the same record: only what changed is computed.

        Raises:
            DatasetError: If it cannot be read at all.
        """
        whole = given if isinstance(given, Dataset) else self.opened(given)
        judged = self.judged_of(whole)
        if name is not None:
            judged = replace(judged, name=name)
        measured = measure_dataset(
            judged,
            split=split_name(judged),
            context=self.context,
            metrics=self._metrics_for(judged),
            others=other_splits(whole, judged),
            earlier=earlier,
        )
        if not len(measured.evidence.dataset):
            raise _none_readable(given.name if isinstance(given, Dataset) else given, measured)
        if self.cases:
            accepted = {case.key for case in self.cases if case.accepted(self.today)}
            measured = without_accepted(measured, accepted)
        return measured if all(judged.labels) else _without_labels(measured, judged)

    def _metrics_for(self, dataset: Dataset) -> tuple[Metric, ...]:
        if all(dataset.labels):
            return self.metrics
        return tuple(m for m in self.metrics if not NEED_LABELS.intersection(m.needs))


def _without_labels(measured: Measured, judged: Dataset) -> Measured:
    count = sum(not label for label in judged.labels)
    have = "has" if count == 1 else "have"
    why = f"{count} of {len(judged)} images {have} no label"
    needy = {m.name for m in measured.evidence.profile.metrics if NEED_LABELS & {*m.needs}}
    reasons = {k: why if k in needy else v for k, v in measured.reasons.items()}
    return replace(measured, reasons=reasons)


@checking_arguments()
@one_blas_thread()
def measure(
    dataset: Given,
    *,
    name: str | None = None,
    earlier: Measured | None = None,
    **measuring: Unpack[MeasuringKeys],
) -> Measured:
    """Measure a dataset: raw values with intervals, and suspects.

    Args:
        dataset: Any form of dataset: folder, manifest, npz file, `medmnist:NAME[@size]`, or an
            object that holds one: a data frame, arrays, a dataset of PyTorch or Hugging Face.
        name: Name of the dataset in the report; the last part of its path when None.
        earlier: An earlier state of the dataset, as this function measured it with the same
            keywords: the cost is that of the change then. Where little differs, both are
            explained by the earlier state's probe.
        **measuring: How it is read and measured: profile, encoder, metrics, split, seed,
            machine, see `MeasuringKeys`; columns, layout and more, see `ReadOptions`.

    Raises:
        DatasetError: If the dataset cannot be read at all.
        SettingError: If a name or setting does not exist.
    """
    refuse_cache_inside([dataset])
    return Measuring.of(**measuring).measured(dataset, name=name, earlier=earlier)


def _none_readable(given: Given, measured: Measured) -> DatasetError:
    """Error that names the first image that could not be read, and what helps."""
    findings = measured.findings
    first = next((finding for finding in findings if finding.kind == "unreadable"), findings[0])
    hint = "If that does not say what to do, look whether the export or the download is complete."
    if first.detail == LEADS_OUT:
        hint = "Run in the repository into which the links lead, or name its folder by --repo."
    what = f"no image could be read; of {first.path}: {first.detail.rstrip('.')}"
    return DatasetError(what, given_text(given), hint)
