"""The section `drift` of a params.yaml: what comes in, and what it is to join."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from deri_gate.data.readers.options import PLAIN
from deri_gate.errors import SettingError, first_fault
from deri_gate.github.settings import GateSettings, RepoOptions, RepoPath
from deri_gate.runtime.strict import validated_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

SECTION = "drift"
FIX = "Write it as NAME: {batch: {path: PATH, watch: PATH}, baseline: {path: PATH, watch: PATH}}."


def _mapping(given: Any) -> Any:
    """A path alone stands for its mapping."""
    return {"path": given} if isinstance(given, str) else given


class WatchedPath(BaseModel):
    """A dataset, and the file or folder that holds all that is read, which DVC watches."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: RepoPath
    watch: RepoPath | None = None


Side = Annotated[WatchedPath, BeforeValidator(_mapping)]


class DriftPair(BaseModel):
    """Batch and baseline; options by which both are read stand beside them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch: Side
    baseline: Side
    reading: RepoOptions = PLAIN

    @model_validator(mode="before")
    @classmethod
    def _options(cls, given: Any) -> Any:
        """Take the options out of the mapping."""
        if not isinstance(given, dict) or "reading" in given:
            return given
        sides = {key: given[key] for key in ("batch", "baseline") if key in given}
        options = {key: value for key, value in given.items() if key not in sides}
        return {**sides, "reading": options}


def drift_pairs(section: Any, where: object) -> Mapping[str, DriftPair]:
    """The comparisons of a section `drift`, by name; none where it is empty.

    Raises:
        SettingError: If it is no mapping: its batches would be compared by nobody. If one names
            something else than batch and baseline in the repository.
    """
    if section is not None and not isinstance(section, dict):
        raise SettingError(f"{SECTION} is no mapping of names", where, FIX)
    pairs: dict[str, DriftPair] = {}
    for name, one in (section or {}).items():
        at = f"{SECTION}.{name}"
        if not isinstance(one, dict) or not {"batch", "baseline"} <= one.keys():
            raise SettingError(f"{at} names no batch and baseline", where, FIX)
        try:
            pair = validated_plain(one, DriftPair)
            GateSettings(datasets={name: pair.batch.path})  # a name that may be a folder's
        except ValueError as error:
            said = first_fault(error, at) if isinstance(error, ValidationError) else str(error)
            raise SettingError(said, where, FIX) from error
        pairs[name] = pair
    return pairs
