"""`deri-gate candidates`: a look at the candidates for a pool, before minutes are spent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import PoolError
from deri_gate.networks.fitness import SAME, look, shared
from deri_gate.runtime.arguments import checking_arguments
from deri_gate.runtime.files import read_regular_file, ready_folder, write_text
from deri_gate.runtime.ownership import OF_A_LOOK, refuse_other_files, unclaimed_folder
from deri_gate.runtime.strict import faults_told, validated
from deri_gate.schemas.base import as_json
from deri_gate.schemas.candidates import CandidateLook, LeftOutDocument
from deri_gate.schemas.params import check_known, check_version, read_candidates, read_params
from deri_gate.schemas.pool import LEAST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.schemas.params import PoolCandidate

PARAMS = "params.yaml"  # as the gate reads, whose room this stage must not depend on
LEFT_OUT, TAKING_PART, LOOKS = "left_out.json", "taking_part.txt", "looks"
NOTED = 0.01  # share of common contents from which on it is said


@dataclass(frozen=True, kw_only=True)
class LookedAt:
    """Candidates that were looked at.

    Attributes:
        looks: What was found, in the order of params.yaml.
        left_out: By name, why it does not take part.
        notes: By name, what to know of one that does.
    """

    looks: tuple[CandidateLook, ...]
    left_out: Mapping[str, str]
    notes: Mapping[str, str]


@checking_arguments()
def candidates(
    params: str | Path = PARAMS, *, out: str | Path, names: Sequence[str] = ()
) -> LookedAt:
    """Look at the candidates that a params.yaml names; no network is trained.

    With names, each of these is opened, and what it holds is written to `out/looks/NAME.json`.
    Without, these files are read, whoever lacks one is opened, and `out/left_out.json` says who
    does not take part: it has a fault of its own, or holds mostly the images of one named before
    it. `out/taking_part.txt` names the others.

    Args:
        params: The file.
        out: Folder for the files.
        names: Candidates to look at; all, and who takes part, when empty.

    Raises:
        SettingError: If the file cannot be read, or has no candidate of a name.
        DatasetError: If there is nothing at a candidate's path.
        PoolError: If fewer than three candidates are left, and no pool fills it up.
    """
    candidates_named = {candidate.name: candidate for candidate in read_candidates(Path(params))}
    for name in names:
        check_known(name, candidates_named, params)
    folder = unclaimed_folder(Path(out), *[LEFT_OUT, TAKING_PART] * (not names))
    refuse_other_files(folder / LOOKS, [f"{name}.json" for name in names], OF_A_LOOK)
    looks_folder = ready_folder(folder / LOOKS)
    for name in names:
        write_text(as_json(look(candidates_named[name])), looks_folder / f"{name}.json")
    if names:
        looks = tuple(_read_look(looks_folder / f"{name}.json") for name in names)
        own = {one.name: one.reason for one in looks if one.reason}
        return LookedAt(looks=looks, left_out=own, notes={})
    looks = tuple(_known_look(one, looks_folder) for one in candidates_named.values())
    left_out, notes = _told_apart(looks)
    looked_at = LookedAt(looks=looks, left_out=left_out, notes=notes)
    document = LeftOutDocument(schema_version=1, left_out=left_out, notes=notes)
    write_text(as_json(document), folder / LEFT_OUT)
    names = [name for name in candidates_named if name not in left_out]
    write_text("".join(f"{name}\n" for name in names), folder / TAKING_PART)
    _check_settings(looked_at, Path(params))
    return looked_at


def _known_look(candidate: PoolCandidate, folder: Path) -> CandidateLook:
    path = folder / f"{candidate.name}.json"
    if not path.exists():
        return look(candidate)
    known = _read_look(path)
    return known.model_copy(update={"reason": candidate.fault or known.reason})


def _read_look(path: Path) -> CandidateLook:
    fix = "Make it again with `deri-gate candidates`."
    with faults_told("is no look at a candidate", path, fix):
        return validated(read_regular_file(path), CandidateLook)


def _told_apart(looks: Sequence[CandidateLook]) -> tuple[dict[str, str], dict[str, str]]:
    """Reasons and remarks: whoever holds mostly the images of one before it is left out."""
    left_out = {one.name: one.reason for one in looks if one.reason}
    notes: dict[str, str] = {}
    taken: list[CandidateLook] = []
    for one in (one for one in looks if not one.reason):
        share, other = max(((shared(one, two), two.name) for two in taken), default=(0.0, ""))
        if share >= SAME:
            left_out[one.name] = f"{share:.0%} of its images or of those of {other!r} are the same"
            continue
        if share >= NOTED:
            notes[one.name] = f"shares {share:.0%} of the smaller one's images with {other!r}"
        taken.append(one)
    return left_out, notes


def _check_settings(looked_at: LookedAt, params: Path) -> None:
    """Stop where no pool can be made of what is left, or another version is asked for.

    Raises:
        PoolError: If fewer than three candidates are left, and `calibrate.fill` names no pool.
        SettingError: If `version` is not that of this package.
    """
    content = read_params(params)
    check_version(content, params)
    left = len(looked_at.looks) - len(looked_at.left_out)
    section = content.get("calibrate")
    fills = isinstance(section, dict) and bool(section.get("fill"))
    if left < (1 if fills else LEAST):
        reasons = "; ".join(f"{name}: {why}" for name, why in looked_at.left_out.items())
        said = f" ({reasons})" if reasons else ""
        fix = "Name more, or `calibrate: {fill: standard}` to add a shipped pool's datasets."
        raise PoolError(f"{left} candidates are too few for a pool{said}", params, fix)
