"""The options that mean the same for every command."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from deri_gate.cli.completing import complete_pool
from deri_gate.cli.path_name import PathName
from deri_gate.data.readers.options import MappingKeys, ReadKeys
from deri_gate.errors import SettingError
from deri_gate.runtime.files import ready_folder
from deri_gate.runtime.folders import refuse_inside
from deri_gate.runtime.git import CHOSEN
from deri_gate.schemas.suite import FALSE_ALARMS

LEVELS = ("mild", "medium", "strong")
Command = Callable[..., object]
Option = Callable[[Command], Command]  # click's decorators hand functions on


def together(*options: Option) -> Option:
    """Several options as one decorator, shown in this order."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def gathered(name: str, record: Callable[..., object], *options: Option) -> Option:
    """Several options as one argument of the command: the record that is made of their values.

    Args:
        name: Name of the argument.
        record: Makes the record; its keywords are the options' names.
        options: The options, shown in this order.
    """

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def gather(*arguments: object, **values: object) -> object:
            own = {key: values.pop(key) for key in keys}
            return command(*arguments, **values, **{name: record(**own)})

        return together(*options)(gather)

    parameters = click.command()(together(*options)(lambda **_: None)).params
    keys = [parameter.name or "" for parameter in parameters if parameter.expose_value]
    return decorate


name_option = click.option(
    "--name", help="Name of the dataset. Default: the last part of its path."
)
shipped_limits_option = click.option(
    "--shipped-limits",
    is_flag=True,
    help="Judge by the shipped limits, not by those beside the pool.",
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=42,
    show_default=True,
    help="Random seed.",
)
_mapping_options = (
    click.option(
        "--columns",
        metavar="KEY=NAME,...",
        default="",
        help="Columns of a manifest, such as path=image_id,label=dx,split=fold.",
    ),
    click.option(
        "--root",
        metavar="DIR",
        default="",
        help="Start of the paths of a manifest. Default: its folder.",
    ),
    click.option(
        "--suffix",
        multiple=True,
        metavar=".EXT",
        help="Ending that the paths of a manifest lack. Repeatable, tried in this order.",
    ),
    click.option(
        "--frames",
        type=click.Choice(["", "first", "middle", "all"]),
        metavar="first|middle|all",
        default="",
        help="Frames to judge of a file with several. Default: middle for NIfTI, else first.",
    ),
    click.option(
        "--range",
        type=click.Choice(["", "full", "set"]),
        metavar="full|set",
        default="",
        help="White level of 16-bit images: full range, or the bits that the set uses.",
    ),
    click.option(
        "--folder",
        multiple=True,
        metavar="PATTERN",
        help="Folder of images below the root, such as 'part_*'. Repeatable.",
    ),
    click.option(
        "--strip",
        metavar="PREFIX",
        default="",
        help="Prefix to remove from the paths of a manifest.",
    ),
    click.option(
        "--encoding",
        metavar="NAME",
        default="",
        help="Encoding of a text table. Default: its byte order mark, else UTF-8.",
    ),
    click.option(
        "--allow-remote",
        is_flag=True,
        help="Fetch the remote files that a manifest names: s3://..., https://...",
    ),
    click.option(
        "--layout",
        metavar="LEVELS",
        default="",
        help="Meaning of the levels of folders: split/class, group/class, ...",
    ),
    click.option(
        "--exclude",
        multiple=True,
        metavar="PATTERN",
        help="Name or path of files and folders to leave out. Repeatable.",
    ),
)
_preset_option = click.option(
    "--preset",
    metavar="NAME",
    default="",
    help="Read the table of ham10000, isic, chexpert, chestxray14 or patchcamelyon.",
)
read_options = (*_mapping_options, _preset_option)
mapping_options = gathered("mapping", MappingKeys, *_mapping_options)
reading_options = gathered("reading", ReadKeys, *read_options)


def _choose_repository(context: click.Context, _: click.Parameter, folder: Path | None) -> None:
    """Put the folder where all of git's callers look for it, for as long as the command runs."""
    if folder is None:
        return
    before = os.environ.get(CHOSEN)
    os.environ[CHOSEN] = str(folder)

    def restore() -> None:
        os.environ.pop(CHOSEN, None)
        if before is not None:
            os.environ[CHOSEN] = before

    context.call_on_close(restore)


repo_option = click.option(
    "--repo",
    type=PathName(exists=True, file_okay=False),
    metavar="DIR",
    expose_value=False,
    callback=_choose_repository,
    help="Git repository. Default: that of the working directory.",
)
pool_option = click.option(
    "--pool",
    shell_complete=complete_pool,
    default="",
    metavar="POOL",
    help="Reference pool: name of a shipped one, folder, or file. Default: that of the profile.",
)
weights_option = click.option(
    "--weights",
    default="",
    metavar="NAME",
    help="Weights of the metrics: equal, or a name in the pool. Default: those of the pool.",
)
out_option = click.option(
    "--out",
    type=PathName(),
    default=Path("deri-report"),
    show_default=True,
    help="Folder for the files of the report.",
)
pictures_option = click.option(
    "--pictures",
    type=click.Choice(["thumbnails", "none"]),
    help="Images in report.html. Default: DERI_GATE_PICTURES, else thumbnails, in CI none.",
)
plots_option = click.option(
    "--plots",
    is_flag=True,
    help="Write the plots of the report to --out/plots, as SVG and PNG.",
)


@dataclass(frozen=True, kw_only=True)
class SuiteWriting:
    """A suite to write for the checked dataset, if a file is named."""

    write_suite: Path | None
    false_alarms: float
    force: bool

    def check(self, dataset: str) -> None:
        """Refuse what would do nothing, and a file among the images, before any is read.

        Raises:
            SettingError: If there is no suite to write, or it would lie in the dataset or where
                nothing can be written.
        """
        if self.write_suite is not None:
            refuse_inside(self.write_suite, [dataset], "--write-suite")
            ready_folder(self.write_suite.parent, "--write-suite")
            return
        for option, is_given in (
            ("--force", self.force),
            ("--false-alarms", self.false_alarms != FALSE_ALARMS),
        ):
            if is_given:
                fix = "Add --write-suite, or leave it out."
                raise SettingError("there is no suite to write", option, fix)


suite_writing_options = gathered(
    "writing",
    SuiteWriting,
    click.option(
        "--write-suite",
        type=PathName(dir_okay=False),
        metavar="FILE",
        help="Write limits that DATASET passes, from resamples and the pool.",
    ),
    click.option(
        "--false-alarms",
        type=click.FloatRange(0, 1, min_open=True, max_open=True),
        default=FALSE_ALARMS,
        show_default=True,
        help="With --write-suite: probability that an honest draw crosses any limit.",
    ),
    click.option("--force", is_flag=True, help="With --write-suite: replace FILE."),
)


group_option = click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="GROUP",
    help="Group of damage, such as label_noise. Repeatable. Default: all.",
)
images_option = click.option(
    "--images",
    type=click.IntRange(min=20),
    default=400,
    show_default=True,
    help="Most images per dataset (stratified).",
)
damage_options = together(
    group_option,
    click.option(
        "--level",
        "levels",
        multiple=True,
        type=click.Choice(LEVELS),
        help="Level of damage. Repeatable. Default: all.",
    ),
)
