"""`deri-gate pool weigh`: the weights under which a pool's number falls with damage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import PoolError
from deri_gate.reports.text import printable
from deri_gate.runtime.arguments import checking_arguments
from deri_gate.runtime.files import read_regular_file, ready_folder, write_bytes, write_text
from deri_gate.runtime.ownership import refuse_other_files
from deri_gate.runtime.threads import one_blas_thread
from deri_gate.scoring.pool import MONOTONE, find_pool, read_pool
from deri_gate.study.pools.beside import files_beside, is_study_of
from deri_gate.study.pools.files import OF_A_POOL, SELECTION, write_pool
from deri_gate.study.weights.monotone import Pairs, monotone
from deri_gate.study.weights.subscores import VARIANT, read_subscores

if TYPE_CHECKING:
    import pandas as pd

    from deri_gate.scoring.pool import Pool

SUBSCORES = "subscores.parquet"  # beside a pool
DIGITS = 6  # those of a weight that no version of the solver moves


@dataclass(frozen=True, kw_only=True)
class WeighedPool:
    """A pool with the weights of its study, or the reason why there are none.

    Attributes:
        pool: The pool that was written.
        reason: Why it has no weights `monotone`; "" where it has them.
    """

    pool: Pool
    reason: str = ""


@checking_arguments()
@one_blas_thread()
def pool_weigh(
    pool: str | Path,
    *,
    out: str | Path,
    subscores: str | Path | None = None,
    numbers: str | Path | None = None,
) -> WeighedPool:
    """Write a pool with the weights `monotone`, which follow from its study of damage.

    They are the weights under which U falls most reliably when data are damaged strongly. The
    weights in use, and so every score, stay as they are; `--weights monotone` takes them. Where
    the study allows none, the pool is written without, and the reason is returned.

    Args:
        pool: A shipped pool's name, a folder, or its file.
        out: Folder for `pool.json` and `influence.csv`, and for the pool's `selection.csv`; the
            pool's own folder replaces its file. The pool keeps its name.
        subscores: `subscores.parquet` of `deri-gate sensitivity` with this pool; the one beside
            the pool when None.
        numbers: File for what of the pool can move a number, without licences and origins.

    Raises:
        PoolError: If there is no such pool, it cannot be read, or the study is of another one.
        SettingError: If the table is none.
    """
    path = find_pool(pool)
    selection = path.with_name(SELECTION)
    refuse_other_files(Path(out), (*OF_A_POOL, *[SELECTION] * selection.exists()))
    table = path.parent / SUBSCORES if subscores is None else Path(subscores)
    calibrated = read_pool(path).unstudied()
    _refuse_other_study(calibrated, table)
    weighed = _weighed(calibrated, read_subscores(table))
    folder = ready_folder(Path(out))
    if selection.exists() and folder.resolve() != path.parent.resolve():
        write_bytes(read_regular_file(selection), folder / SELECTION)
    if numbers is not None:
        text = weighed.pool.numbers_text()
        write_text(text, ready_folder(Path(numbers).parent) / Path(numbers).name)
    write_pool(weighed.pool, folder)
    return weighed


def _refuse_other_study(pool: Pool, table: Path) -> None:
    """Stop where `sensitivity.json` beside the table is of another state of the pool.

    Raises:
        PoolError: If it is.
    """
    study = files_beside(table).sensitivity
    if study is not None and not is_study_of(study, pool):
        other = f"{printable(study.pool.name)} {printable(study.pool.hash)}"
        what = f"is a study of pool {other}, not of {pool.hash}"
        fix = "Run `deri-gate sensitivity` with this pool."
        raise PoolError(what, table.with_name("sensitivity.json"), fix)


def _weighed(pool: Pool, subscores: pd.DataFrame) -> WeighedPool:
    if not pool.power > 0:
        return WeighedPool(pool=pool, reason="U is a geometric mean, under which no sum falls")
    names = [name for name in subscores.columns if name in pool.weights]
    pairs = Pairs.of(subscores[[*VARIANT, *names]])
    if not pairs.datasets:
        reason = "the study has no dataset both undamaged and under strong damage"
        return WeighedPool(pool=pool, reason=reason)
    solved = monotone(pairs, pool.power)
    heaviest = sorted(solved, key=lambda name: (-round(solved[name], DIGITS), name))
    weights = {name: round(solved[name], DIGITS) for name in heaviest}
    others = {**pool.other_weights, MONOTONE: weights}
    return WeighedPool(pool=pool.model_copy(update={"other_weights": others}))
