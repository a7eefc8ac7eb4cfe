"""Limits that nothing can miss: they would pass every dataset, and are refused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from deri_gate.drift.limits import NAMES as OF_DRIFT
from deri_gate.drift.limits import NEWS
from deri_gate.errors import SettingError
from deri_gate.explain.masks import MASK_ROWS
from deri_gate.gate.always_kept import always_kept, chosen_by, limited_columns
from deri_gate.gate.document import objects
from deri_gate.gate.limit_kinds import LIMIT_KINDS, OF_THE_VALUES
from deri_gate.gate.records import NUMBERS, row_name
from deri_gate.measuring.quality_gap import GAP_ROWS
from deri_gate.measuring.shares import COUNTS, SHARES
from deri_gate.measuring.slices import KINDS
from deri_gate.metrics.catalogue import BUILT_IN, METRICS
from deri_gate.scoring.yardstick import FARTHEST, U_SPREAD_FLOOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from deri_gate.scoring.reach import ScoreRange

WORST = {row_name(m.name, kind, "worst"): m.name for kind in KINDS for m in METRICS}
GAPS = {row_name(m.name, kind, "gap"): m.name for kind in KINDS for m in METRICS}
NOT_OF_PLUGINS = {m.name for m in BUILT_IN}  # a plugin's unit may be anything
ALL_ROWS = (*(m.name for m in METRICS), "DERI1000")  # whose raw values have the widest ranges
ROUNDING = 1e-5  # by which a metric's lowest and highest value lie beside a round number
LEAST_SUBSCORE = 50.0 * math.erfc(FARTHEST / math.sqrt(2.0))  # of the worst value there is
OF_SUBSCORES = (LEAST_SUBSCORE, 100.0 - LEAST_SUBSCORE)
STEEPEST = 100.0 / U_SPREAD_FLOOR  # points of DERI1000 that one of U is at most
OF_DERI1000 = (1000.0 - STEEPEST * 100.0, 1000.0 + STEEPEST * 100.0)
UNHEARD_OF = 1e6  # what no measure of pictures reaches that has no end by its definition
OF_COLUMNS = {"subscore": OF_SUBSCORES, "change": (0.0, 1.0)}
WEIGHT = "weight"  # column that the pool decides, not the dataset
LEAST_MOSTLY = 0.5  # below it, most rows may miss the limit
LARGEST_Z = 100.0  # above the z-score that one row can have among as many as there are
OF_A_DISTANCE = {
    "expect_column_value_z_scores_to_be_less_than": "threshold",
    "expect_column_values_to_not_be_outliers": "multiplier",
}  # bounds on how far one row lies from the others, and their argument
OF_A_SHARE = (
    "expect_column_proportion_of_unique_values_to_be_between",
    "expect_column_proportion_of_non_null_values_to_be_between",
)  # bounds on a number from 0 to 1
OF_A_COUNT = (
    "expect_column_unique_value_count_to_be_between",
    "expect_column_stdev_to_be_between",
)  # bounds on a number from 0
CONTAINS = "expect_column_distinct_values_to_contain_set"
ABOUT_THE_TABLE = (
    "expect_column_to_exist",
    "expect_column_type_to_be",
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_be_in_type_list",
)  # answers that are the same for every dataset
Range = tuple[float, float]
ALL: Range = (-math.inf, math.inf)


def check_can_be_missed(
    kind: str,
    kwargs: Mapping[str, Any],
    metrics: Sequence[str],
    where: str,
    reach: ScoreRange | None = None,
) -> None:
    """Refuse an expectation that every dataset would meet, or none.

    Args:
        kind: Its type.
        kwargs: Its arguments.
        metrics: Metrics that it names.
        where: The expectation, for errors.
        reach: Ends of the scores with the pool at hand; None where it is not known.

    Raises:
        SettingError: If nothing can miss it, or keep it, or if it leaves out what would miss it.
    """
    _refuse_mostly(kwargs.get("mostly"), where)
    if kind == CONTAINS and not kwargs.get("value_set"):
        raise _useless("asks for no value", where, "Give a value_set, or leave the limit out.")
    column = LIMIT_KINDS[kind].reads if kind in LIMIT_KINDS else kwargs.get("column")
    if same := always_kept(kind, column, kwargs):
        raise _useless(same, where, "Give bounds: expect_column_values_to_be_between.")
    _refuse_column(kind, column, where)
    _refuse_own_condition(column, kwargs, where)
    about = metrics[0] if len(metrics) == 1 else ""
    with_pool = _in_reach(kind, str(column), about, reach)
    low, high = with_pool or _range_of(kind, str(column), about)
    bounds = _bounds(kind, kwargs, where)
    for least, most in bounds:
        _refuse_contradiction(least, most, where)
    given = [bound for pair in bounds for bound in pair if bound is not None]
    strict = [bool(kwargs.get(argument)) for argument in ("strict_min", "strict_max")]
    if not given or (low, high) == ALL:
        return
    if any(_is_missed(pair, (low, high), strict) for pair in bounds):
        return
    said = " and ".join(f"{b:g}" for b in given)
    what = f"its limit is {said}, where {about or column} is never outside {low:.4g} to {high:.4g}"
    what += " with this pool" if with_pool else ""
    raise _useless(what, where, "Give a limit inside that range, or leave it out.")


def _bounds(
    kind: str, kwargs: Mapping[str, Any], where: str
) -> list[tuple[float | None, float | None]]:
    """Lowest and highest value that pass; several pairs for quantiles."""
    distance = kwargs.get(OF_A_DISTANCE.get(kind, ""))
    least = kwargs.get("minimum", kwargs.get("min_value"))
    most = kwargs.get("maximum", kwargs.get("max_value", distance))
    quantiles = kwargs.get("quantile_ranges")
    pairs = [[least, most]] if quantiles is None else _pairs_of(quantiles, where)
    bounds = [(_number(low, where), _number(high, where)) for low, high in pairs]
    if quantiles is not None and not any(b is not None for pair in bounds for b in pair):
        raise _useless("has no limit", where, "Give a pair such as [20, null] for each quantile.")
    return bounds


def _pairs_of(quantiles: Any, where: str) -> list[list[Any]]:
    """Bounds of each quantile, whose form Great Expectations does not look at."""
    pairs = quantiles.get("value_ranges") if isinstance(quantiles, dict) else None
    if not isinstance(pairs, list) or any(not isinstance(p, list) or len(p) != 2 for p in pairs):  # noqa: PLR2004
        fix = "Give a pair such as [20, null] for each quantile."
        raise SettingError("its value_ranges are no list of pairs", where, fix)
    return pairs


def _number(bound: Any, where: str) -> float | None:
    """A bound; Great Expectations takes "9" for 9, too, and nobody would see that it is none."""
    if isinstance(bound, str | bool):
        what = f"a bound must be a number, not {bound!r}"
        raise SettingError(what, where, "Give a number without quotes, such as 5.")
    return float(bound) if isinstance(bound, int | float) else None


def _refuse_mostly(mostly: Any, where: str) -> None:
    """A limit that most rows may miss limits nothing; Great Expectations takes ".1" for .1, too."""
    if isinstance(mostly, str | bool):
        fix = f"Leave mostly out, or give {LEAST_MOSTLY:g} to 1, without quotes."
        raise SettingError(f"mostly must be a number, not {mostly!r}", where, fix)
    if isinstance(mostly, int | float) and mostly < LEAST_MOSTLY:
        what = f"mostly is {mostly:g}, so that more than half of the rows may miss the limit"
        fix = f"Leave mostly out, or give {LEAST_MOSTLY:g} to 1."
        raise SettingError(f"{what}: hardly anything can miss it", where, fix)


def _refuse_column(kind: str, column: Any, where: str) -> None:
    """The dataset must decide the answer, and by more than one exact value of many."""
    if column == WEIGHT:
        what = "judges the weights, which the pool decides: no dataset can miss it"
        raise SettingError(what, where, "Limit raw, subscore, difference or change.")
    if column in NUMBERS and kind == "expect_column_values_to_not_be_in_set":
        what = f"forbids exact values of {column}, which is hardly ever one of them"
        fix = "Give bounds: expect_column_values_to_be_between with min_value or max_value."
        raise SettingError(f"{what}: hardly anything can miss it", where, fix)


def _refuse_own_condition(column: Any, kwargs: Mapping[str, Any], where: str) -> None:
    """Rows chosen by the value that is judged leave out those that would miss the limit."""
    compared = map(_column, objects(kwargs.get("row_condition")))
    found, chosen = chosen_by([column, *limited_columns(kwargs)], compared)
    if chosen:
        judged = "which it judges" if chosen == found else f"which goes with {found}"
        what = f"its row_condition chooses rows by {chosen}, {judged}: others are left out"
        raise SettingError(what, where, "Choose rows by metric.")


def _refuse_contradiction(least: float | None, most: float | None, where: str) -> None:
    if least is not None and most is not None and least > most:
        what = f"it asks for at least {least:g} and at most {most:g}"
        raise SettingError(what, where, "Exchange the two, or leave one out.")


def _is_missed(
    bounds: tuple[float | None, float | None], values: Range, strict: Sequence[bool]
) -> bool:
    """True if some value within the range lies outside the bounds."""
    (least, most), (low, high) = bounds, values
    return (least is not None and _above(least, low, strict=strict[0])) or (
        most is not None and _above(-most, -high, strict=strict[1])
    )


def _above(bound: float, end: float, *, strict: bool) -> bool:
    """True if some value lies between the end of the range and the bound."""
    if math.isinf(end) or (strict and bound >= end):
        return True
    return bound > end + ROUNDING * max(1.0, abs(end))


def judges_values(kind: str, kwargs: Mapping[str, Any]) -> bool:
    """True if the answer depends on measured values, not only on the form of the table."""
    if kind in LIMIT_KINDS:
        return True
    columns = [_column(part) for part in objects(kwargs.get("row_condition"))]
    if kind.startswith("expect_table_") or kind in ABOUT_THE_TABLE:
        return any(column in NUMBERS for column in columns)
    for argument in ("column", "column_A", "column_B", "column_list", "column_set"):
        value = kwargs.get(argument) or []
        columns += value if isinstance(value, list) else [value]
    return any(column in NUMBERS for column in columns)


def _column(part: Mapping[str, Any]) -> Any:
    """The column that a part of a row condition compares, None for other parts."""
    column = part.get("column")
    return column.get("name") if isinstance(column, dict) else column


def _range_of(kind: str, column: str, metric: str) -> Range:
    """Range of the number that the bounds are about."""
    if kind in OF_A_DISTANCE:
        return 0.0, LARGEST_Z
    if kind in OF_A_SHARE:
        return 0.0, 1.0
    if kind in OF_A_COUNT:
        return 0.0, UNHEARD_OF
    if kind not in LIMIT_KINDS and kind not in OF_THE_VALUES:
        return ALL
    if column == "raw":
        return _raw_range(metric) if metric else _hull(map(_raw_range, ALL_ROWS))
    return _difference_range(metric) if column == "difference" else OF_COLUMNS.get(column, ALL)


def _in_reach(kind: str, column: str, metric: str, reach: ScoreRange | None) -> Range | None:
    """Range of a score with the pool; None where it does not decide the range."""
    if reach is None or (kind not in LIMIT_KINDS and kind not in OF_THE_VALUES):
        return None
    ranges = {"raw": reach.scores, "subscore": reach.subscores}
    return ranges.get(column, {}).get(metric)


def _difference_range(name: str) -> Range:
    """A metric's is in points of its subscore, DERI1000's in its own."""
    low, high = OF_DERI1000 if name in ("", "DERI1000") else OF_SUBSCORES
    return low - high, high - low


def _hull(ranges: Iterable[Range]) -> Range:
    lows, highs = zip(*ranges, strict=True)
    return min(lows), max(highs)


def _raw_range(name: str) -> Range:
    """Lowest and highest value of a row, in any profile's definition."""
    metric = WORST.get(name) or GAPS.get(name, name)
    known = next((m.widest_range for m in METRICS if m.name == metric), None)
    if known is not None:
        low, high = known
        high = UNHEARD_OF if math.isinf(high) and metric in NOT_OF_PLUGINS else high
        return (0.0, high - low) if name in GAPS else (low, high)
    if name in COUNTS or name in NEWS or name in ("new_classes", "density"):
        return 0.0, UNHEARD_OF
    if name in GAP_ROWS:
        return -1.0, 1.0
    if name in SHARES or name in MASK_ROWS or name in OF_DRIFT:
        return 0.0, 1.0
    return {"U": OF_SUBSCORES, "DERI1000": OF_DERI1000}.get(name, ALL)


def _useless(what: str, where: str, fix: str) -> SettingError:
    return SettingError(f"{what}: nothing can miss it", where, fix)
