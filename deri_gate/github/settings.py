"""The settings of the gate in a repository: the section `gate` of its params.yaml."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from deri_gate.data.readers.options import PLAIN, ReadOptions
from deri_gate.errors import SettingError, first_fault, words_of_error
from deri_gate.github.commits import content_at
from deri_gate.github.fetching.names import name_fault
from deri_gate.metrics.profile import PROFILES, STANDARD
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.resources import is_shipped_name
from deri_gate.runtime.strict import fault_of, validated_plain
from deri_gate.runtime.strict_yaml import strict_yaml

if TYPE_CHECKING:
    from pathlib import Path

PARAMS = "params.yaml"
SECTION = "gate"


def _inside(path: str) -> str:
    """A path inside the repository, in git's own spelling."""
    plain = PurePosixPath(path)
    if plain.is_absolute() or ".." in plain.parts or not plain.parts:
        raise ValueError(f"{path!r} is not a path inside the repository")
    return plain.as_posix()


def _rooted_inside(options: ReadOptions) -> ReadOptions:
    plain = PurePosixPath(options.root)
    root = _inside(options.root) if plain.parts else options.root  # "." is the repository
    return options.model_copy(update={"root": root})


def _folder_name(name: str) -> str:
    """A name that can be that of a report's folder on every system."""
    if why := name_fault(name):
        raise ValueError(f"{name!r} {why}")
    return name


def _known(profile: str) -> str:
    if profile not in PROFILES:
        raise ValueError(f"there is no profile {profile!r}, only {', '.join(PROFILES)}")
    return profile


def _limits(given: str) -> str:
    """A shipped one's name as it is; a path inside the repository, never spelt like a name."""
    if is_shipped_name(given):
        return given
    path = _inside(given)
    return f"./{path}" if is_shipped_name(path) else path


Limits = Annotated[str, AfterValidator(_limits)]  # name of a shipped suite or pool, or a path
RepoPath = Annotated[str, AfterValidator(_inside)]
RepoOptions = Annotated[ReadOptions, AfterValidator(_rooted_inside)]
Name = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _-]{0,99}$"), AfterValidator(_folder_name)
]


class GateSettings(BaseModel):
    """Datasets that are judged, and the policy that judges them.

    Attributes:
        datasets: By name, the path of a dataset. In params.yaml it may stand as `path` in a
            mapping, beside `watch` and the options by which the dataset is read.
        reading: By name of a dataset, how it is to be read.
        watch: By name of a dataset, the file or folder that holds all that is read, which DVC
            watches; its path unless given.
        suite: Limits on a dataset: a shipped suite's name, or a path; those of the
            pool when None.
        change_suite: Limits on what a pull request changes, given likewise.
        pool: A shipped pool's name, or a path; that of the profile when empty. A name holds no
            slash, backslash or dot.
        profile: Profile, an option of `deri-gate check`, as are metrics and seed.
        metrics: "all", "data", or names.
        seed: Random seed.
        review: By name of a dataset, its list of decisions, as `deri-gate review` writes it.
        drift: By name of a dataset, the path of what comes in now, to be compared with it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    datasets: dict[Name, RepoPath] = Field(min_length=1)
    reading: dict[Name, RepoOptions] = Field(default_factory=dict)
    watch: dict[Name, RepoPath] = Field(default_factory=dict)
    suite: Limits | None = None
    change_suite: Limits | None = None
    pool: Limits = ""
    profile: Annotated[str, AfterValidator(_known)] = STANDARD.name
    metrics: str = "all"
    seed: int = Field(default=42, ge=0)
    review: dict[Name, RepoPath] = Field(default_factory=dict)
    drift: dict[Name, RepoPath] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _mappings(cls, given: Any) -> Any:
        """Take the options of a dataset out of its mapping."""
        datasets = given.get("datasets") if isinstance(given, dict) else None
        if not isinstance(datasets, dict):
            return given
        tables = {
            name: dict(dataset) for name, dataset in datasets.items() if isinstance(dataset, dict)
        }
        if not tables:
            return given
        if {"reading", "watch"} & given.keys():
            raise ValueError("what is said of a dataset stands beside its path")
        paths = datasets | {name: table.pop("path", None) for name, table in tables.items()}
        watch = {name: table.pop("watch") for name, table in tables.items() if "watch" in table}
        return {**given, "datasets": paths, "reading": tables, "watch": watch}

    @model_validator(mode="after")
    def _reviews_known(self) -> GateSettings:
        """A list for a misspelt dataset would be read by nobody."""
        for name in self.review:
            if name not in self.datasets:
                raise ValueError(f"review names {name!r}, which is no dataset")
        return self

    @model_validator(mode="after")
    def _apart(self) -> GateSettings:
        """Reports of two datasets never share a folder, not even where case is not told."""
        for names in (self.datasets, self.drift):
            folded: dict[str, str] = {}
            for name in names:
                other = folded.setdefault(name.casefold(), name)
                if other != name:
                    raise ValueError(f"the names {other!r} and {name!r} differ in case alone")
        return self

    def options_of(self, name: str) -> ReadOptions:
        """Options for reading a dataset; its paths start at the root of the repository."""
        return self.reading.get(name, PLAIN)

    @property
    def pool_is_path(self) -> bool:
        """True if the pool lies in the repository, rather than in the package."""
        return not is_shipped_name(self.pool)


def in_repository(limits: str | None) -> str | None:
    """The path of limits or a pool, in git's spelling; None for what is shipped."""
    if limits is None or is_shipped_name(limits):
        return None
    return PurePosixPath(limits).as_posix()


def settings_in(content: bytes, where: object) -> GateSettings | None:
    """The gate's settings in a params.yaml, None when it has no such section.

    Raises:
        SettingError: If it is not YAML, or a setting is unknown or does not fit.
    """
    section = read_yaml(content, where).get(SECTION)
    if section is None:
        return None
    try:
        return validated_plain(section, GateSettings)
    except ValueError as error:
        fix = "See docs/pull-requests.md for the settings there are."
        said = first_fault(error, SECTION) if isinstance(error, ValidationError) else str(error)
        raise SettingError(said, where, fix) from error


def settings_at(rev: str | None, root: Path) -> GateSettings | None:
    """The settings at a revision, or in the working tree for None.

    Raises:
        SettingError: If they are there and cannot be read.
    """
    if rev is None:
        path = root / PARAMS
        content = _content(path)
    else:
        content = content_at(rev, PARAMS, root)
    return None if content is None else settings_in(content, PARAMS)


def _content(path: Path) -> bytes | None:
    """Content of the file, None when there is none.

    Raises:
        SettingError: If it is there and cannot be read.
    """
    try:
        return read_regular_file(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        what = f"cannot be read ({words_of_error(error)})"
        raise SettingError(what, path, "Correct it.") from error


def read_yaml(content: bytes, where: object) -> dict[str, Any]:
    """An object in YAML.

    Raises:
        SettingError: If it is none.
    """
    try:
        document = strict_yaml(content)
    except ValueError as error:
        raise SettingError(fault_of(error), where, "Correct the file.") from error
    if not isinstance(document, dict):
        raise SettingError("holds no settings", where, "Write `name: value` lines.")
    return document
