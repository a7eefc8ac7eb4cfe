"""Options of commands that take the candidates of a params.yaml for their datasets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from deri_gate.cli.completing import complete_dataset
from deri_gate.cli.options import gathered, out_option, together
from deri_gate.cli.path_name import PathName
from deri_gate.data.readers.options import PLAIN, ReadOptions
from deri_gate.errors import SettingError
from deri_gate.runtime.files import ready_folder, write_text
from deri_gate.schemas import params

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deri_gate.schemas.params import PoolCandidate

NOTE = "left_out.txt"


@dataclass(frozen=True, kw_only=True)
class ChosenDataset:
    """A dataset to open, its name, and options for reading it that params.yaml gives."""

    dataset: str
    name: str | None
    reading: ReadOptions = field(default=PLAIN)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The file that names candidates, if datasets are given so, and who of them is left out."""

    candidates: Path | None
    left_out: Path | None

    def one(self, dataset: str, name: str | None, out: Path) -> ChosenDataset | None:
        """The dataset that is meant; None, with a note in `out`, if it does not take part."""
        if self.candidates is None:
            return ChosenDataset(dataset=dataset, name=name)
        candidate = params.one_of(self.candidates, self.left_out, dataset)
        if candidate is None:
            why = params.reasons_in(self.left_out)[dataset]
            write_text(f"{why}\n", ready_folder(out) / NOTE)
            click.echo(f"left out: {dataset}: {why}", err=True)
            return None
        return ChosenDataset(
            dataset=str(candidate.dataset), name=name or dataset, reading=candidate.reading
        )

    def every(self, datasets: Sequence[str]) -> Sequence[str | PoolCandidate]:
        """The datasets given, or the candidates that take part.

        Raises:
            SettingError: If there are both or neither.
        """
        if bool(datasets) is (self.candidates is not None):
            fix = "Give either, and not both."
            raise SettingError("datasets are named, or --candidates names them", "DATASETS", fix)
        return datasets if self.candidates is None else self.taking_part()

    def files(self, patterns: Sequence[str]) -> list[Path]:
        """Paths in which {name} stands for every candidate that takes part."""
        names = (
            [] if self.candidates is None else [candidate.name for candidate in self.taking_part()]
        )
        return list(params.expanded(patterns, names))

    def taking_part(self) -> tuple[PoolCandidate, ...]:
        """Candidates that take part; none without a file."""
        if self.candidates is None:
            return ()
        return params.taking_part(self.candidates, self.left_out)


choice_options = gathered(
    "choice",
    Choice,
    click.option(
        "--candidates",
        type=PathName(dir_okay=False),
        metavar="FILE",
        help="A params.yaml that names the datasets; {name} in a path stands for each.",
    ),
    click.option(
        "--left-out",
        type=PathName(dir_okay=False),
        metavar="FILE",
        help="Candidates that do not take part: left_out.json of `deri-gate candidates`.",
    ),
)
datasets_options = together(  # of the commands that judge the number on several datasets
    click.argument("datasets", nargs=-1, shell_complete=complete_dataset),
    choice_options,
    out_option,
)
explained_option = click.option(
    "--explained",
    type=click.IntRange(min=1),
    help="Most images to explain of each set. Default: the number of the profile.",
)
