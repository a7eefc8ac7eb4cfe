"""`deri-gate pool derive`: a pool of some of the datasets of another, by domain or size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import PoolError, SettingError
from deri_gate.runtime.arguments import checking_arguments
from deri_gate.runtime.files import ready_folder
from deri_gate.runtime.ownership import refuse_other_files
from deri_gate.schemas.pool import LEAST
from deri_gate.scoring.pool import find_pool, read_pool
from deri_gate.study.pools.files import OF_A_POOL, write_pool
from deri_gate.study.pools.where import read_condition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.scoring.pool import Pool

NAMED = 5  # of those that fit, in an error


@checking_arguments()
def pool_derive(pool: str | Path, *, where: Sequence[str], out: str | Path) -> Pool:
    """Write a pool of those datasets of another that meet every condition; none is measured.

    Profile, weights and power are kept, but for the weights `monotone`: they follow from the study
    of all its datasets. Medians, spreads, mu and sigma follow from the datasets
    that stay, so scores of the two pools do not compare.

    Args:
        pool: A shipped pool's name, a folder, or its file.
        where: Conditions: `name`, `domain` or `licence` with `=` or `!=` and a text, or several
            joined by vertical bars; `images` or `classes` with `>=`, `<=`, `>`, `<`, `=` or `!=`
            and a number.
        out: Folder of the new pool, for `pool.json` and `influence.csv`; its name is the pool's.

    Raises:
        PoolError: If there is no such pool, or fewer than three datasets fit.
        SettingError: If a condition is none, or the folder is that of the pool.
    """
    conditions = [read_condition(text) for text in where]
    if not conditions:
        raise SettingError("no condition is given", "--where", "Write, say, images>=1000.")
    path, folder = find_pool(pool), Path(out)
    if folder.resolve() == path.parent.resolve():
        raise SettingError("is the folder of the pool itself", folder, "Name another folder.")
    refuse_other_files(folder, OF_A_POOL)
    whole = read_pool(path)
    missed = {
        member.name: [condition.text for condition in conditions if not condition.fits(member)]
        for member in whole.datasets
    }
    fitting = tuple(member for member in whole.datasets if not missed[member.name])
    if len(fitting) < LEAST:
        names = ", ".join(one.name for one in fitting[:NAMED]) or "none"
        what = f"{len(fitting)} of {len(whole.datasets)} datasets fit ({names}), too few for a pool"
        fix = f"Ask for less: a pool has {LEAST} at least."
        if any(one.key == "domain" for one in conditions) and not any(
            member.domain for member in whole.datasets
        ):
            fix = "None has a domain: write it beside the origin in params.yaml."
        raise PoolError(what, path, fix)
    reasons = {name: f"not {' and not '.join(why)}" for name, why in missed.items() if why}
    derived = whole.unstudied().model_copy(
        update={
            "name": folder.resolve().name,
            "datasets": fitting,
            "left_out": {**whole.left_out, **reasons},
        }
    )
    write_pool(derived, ready_folder(folder))
    return derived
