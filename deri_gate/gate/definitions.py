"""Limits on raw values hold for the definitions that they were made for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deri_gate.errors import SettingError
from deri_gate.gate.following import VALUE_BOUNDS
from deri_gate.gate.validate import usual_suites
from deri_gate.metrics.profile import PROFILES, STANDARD
from deri_gate.runtime.counts import listed
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.resources import suite_name
from deri_gate.runtime.strict import strict_json
from deri_gate.scoring.pool import ProfileId, usual_pool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from deri_gate.metrics.profile import Profile
    from deri_gate.schemas.suite import SuiteDocument

MADE_WITH = "profile"  # key of a suite's meta: profile whose values its limits are of
MADE_FOR = "definitions"  # likewise: by metric, the definition, where it was noted


def with_definitions(
    suite: SuiteDocument, profile: str, definitions: Mapping[str, str]
) -> SuiteDocument:
    """The suite, which says for which definitions its limits on raw values are.

    Args:
        suite: Limits that were made of measured values.
        profile: Name of the profile that they were measured with.
        definitions: Its definitions, by metric, see `Profile.definitions_of`.
    """
    limited = _raw((entry.type, entry.kwargs) for entry in suite.expectations)
    made_for = {name: definitions[name] for name in limited if name in definitions}
    said = {MADE_WITH: profile, MADE_FOR: made_for}
    return suite.model_copy(update={"meta": {**(suite.meta or {}), **said}})


def refuse_other_definitions(suite: Path, profile: Profile) -> None:
    """Stop at limits on raw values that the profile defines otherwise.

    A suite that says nothing of it was written by a person, for values that this person knows.

    Args:
        suite: A suite that can be judged.
        profile: With which the dataset will be measured.

    Raises:
        SettingError: If there are any; to pass or to miss them would mean nothing.
    """
    content = strict_json(read_regular_file(suite))
    made_for, used = _made_for(content.get("meta") or {}), profile.definitions_of
    limited = _raw(
        (entry.get("type"), entry.get("kwargs", {})) for entry in content["expectations"]
    )
    others = [name for name in limited if made_for.get(name, used[name]) != used[name]]
    if others:
        raise SettingError(
            f"limits raw values of {listed(others)}, in other definitions than those of profile "
            f"{profile.name} with its encoder, so that they cannot be judged",
            suite_name(suite),
            "Give limits that are made for them by --suite, or make those of the pool: "
            "`deri-gate limits METRICS_JSON... --pool POOL --out POOL/expectations`.",
        )


def suites_of_study(
    pool: str | Path, profile: Profile, *, shipped_limits: bool
) -> dict[bool, Path]:
    """Suites by which a study judges: True for all metrics, False without explanations.

    Args:
        pool: The pool whose limits judge, a shipped one's name or a path; that of the profile
            when empty.
        profile: With which everything is measured.
        shipped_limits: Take the shipped suites, whatever lies beside the pool's file.

    Raises:
        SettingError: If they limit raw values that the profile defines otherwise.
    """
    beside = "" if shipped_limits else pool or usual_pool(ProfileId.of(profile))
    suites = usual_suites(beside)
    for suite in suites.values():
        refuse_other_definitions(suite, profile)
    return suites


def _raw(entries: Iterable[tuple[Any, dict[str, Any]]]) -> list[str]:
    """Metrics whose raw value is limited, of a slice too, each once."""
    known = STANDARD.definitions_of
    named = [str(kwargs.get("metric")) for kind, kwargs in entries if kind in VALUE_BOUNDS]
    plain = [name.rpartition(".")[2] for name in named]  # of "worst_class.sharpness"
    return [*dict.fromkeys(name for name in plain if name in known)]


def _made_for(meta: dict[str, Any]) -> dict[str, str]:
    """By metric, the definition of which the limits are; none where the suite says nothing."""
    profile = PROFILES.get(str(meta.get(MADE_WITH)))
    noted = meta.get(MADE_FOR)
    return {
        **({} if profile is None else profile.definitions_of),
        **(noted if isinstance(noted, dict) else {}),
    }
