"""Options for reading a dataset: one record for command line, params.yaml and Python."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict, Unpack, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError

from deri_gate.data.readers.columns import Columns
from deri_gate.errors import SettingError, first_fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class MappingKeys(TypedDict, total=False):
    """The keys of `ReadOptions` that every command takes as arguments of their own."""

    columns: str | Mapping[str, str | Sequence[str]]
    root: str
    suffix: str | Sequence[str]
    frames: str
    range: str
    folder: str | Sequence[str]
    strip: str
    encoding: str
    layout: str
    exclude: str | Sequence[str]
    allow_remote: bool


class ReadKeys(MappingKeys, total=False):
    """Keys of all commands, and one that a command with a `preset` of its own cannot take."""

    preset: str


def _several(given: Any) -> Any:
    """One value may stand for a list of one."""
    if isinstance(given, str):
        return (given,) if given else ()
    return tuple(given) if isinstance(given, list) else given


def _ending(suffix: str) -> str:
    if not suffix.startswith(".") or "/" in suffix or "\\" in suffix or not suffix.isprintable():
        raise ValueError(f"{suffix!r} is no ending of a file's name, such as .png")
    return suffix


def _below(folder: str) -> str:
    plain = PurePosixPath(folder)
    if plain.is_absolute() or ".." in plain.parts or "**" in folder or "\\" in folder:
        raise ValueError(f"{folder!r} is no folder below the root, such as images or 'part_*'")
    return plain.as_posix()


Several = Annotated[tuple[str, ...], BeforeValidator(_several)]
Folders = Annotated[tuple[Annotated[str, AfterValidator(_below)], ...], BeforeValidator(_several)]
Endings = Annotated[tuple[Annotated[str, AfterValidator(_ending)], ...], BeforeValidator(_several)]


class ReadOptions(BaseModel):
    """Options of a user on the form of a dataset; empty unless given.

    Attributes:
        columns: Names of a manifest's columns, see `Columns`.
        root: Folder that the paths in a manifest are relative to; its own folder unless given.
        suffix: Endings that the names in a manifest lack, tried in this order.
        frames: Frames that are images where one file holds several, see `with_frames`.
        range: What is white in images of 16 bits: "full", or "set" for what the set uses, see
            `with_range`.
        folder: Folders below the root, as patterns, in one of which each image lies.
        strip: Beginning of a manifest's paths that is left out.
        encoding: Encoding of a text table. Default: its byte order mark, else UTF-8.
        preset: Name of a public dataset whose table it is, see `PRESETS`.
        layout: Meaning of the levels of folders, such as "group/class"; see `layout_named`.
        exclude: Patterns of files and folders that are left out and counted: a name ("tmp",
            "*.bak") at any depth, or a path ("train/bad") from the dataset's folder on.
        allow_remote: Whether a manifest may name files of other hosts by their addresses.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    columns: Columns = Columns()
    root: str = ""
    suffix: Endings = ()
    frames: Literal["", "first", "middle", "all"] = ""
    range: Literal["", "full", "set"] = ""
    folder: Folders = ()
    strip: str = ""
    encoding: str = ""
    preset: str = ""
    layout: str = ""
    exclude: Several = ()
    allow_remote: bool = False

    @classmethod
    def of(cls, **given: Unpack[ReadKeys]) -> ReadOptions:
        """Options from the arguments of a command.

        Raises:
            SettingError: If one does not exist or does not fit.
        """
        try:
            return cls.model_validate({k: v for k, v in given.items() if v})
        except ValidationError as error:
            fix = "See `deri-gate check --help`, and docs/datasets.md."
            raise SettingError(first_fault(error), "reading a dataset", fix) from error

    def keys(self) -> ReadKeys:
        """The arguments that `of` makes these options of."""
        return cast("ReadKeys", self.model_dump(exclude_defaults=True))

    def said(self, names: Iterable[str]) -> list[str]:
        """Options that the user gave, as the command line spells them."""
        return [f"--{name.replace('_', '-')}" for name in names if name in self.model_fields_set]


PLAIN = ReadOptions()
OF_TABLES = ("columns", "root", "suffix", "folder", "strip", "encoding", "preset", "allow_remote")
OF_FOLDERS = ("layout", "exclude")
