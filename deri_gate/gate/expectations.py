"""Our expectations: limits on one row of the table of scores. Importing this registers them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from great_expectations.compatibility import pydantic
from great_expectations.core.id_dict import IDDict
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.suite_parameters import is_suite_parameter
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import (
    BatchExpectation,
    render_suite_parameter_string,
)
from great_expectations.expectations.expectation_configuration import parse_result_format
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.render import LegacyRendererType, RenderedStringTemplateContent
from great_expectations.render.renderer.renderer import renderer
from great_expectations.render.renderer_configuration import RendererValueType
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

from deri_gate.gate.limit_kinds import (
    CHANGE_FITS,
    DIFFERENCE_AT_LEAST,
    SUBSCORE_AT_LEAST,
    VALUE_AT_LEAST,
    VALUE_AT_MOST,
    LimitKind,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SCORE_ROWS = "deri_gate.score_rows"
READ = ("raw", "subscore", "difference", "change")  # columns of a row that limits are about


class ScoreRows(TableMetricProvider):  # type: ignore[misc] # GX's own types end here
    """The row of each metric: the columns in `READ`, None where there is no finite number.

    A metric with several rows, which may disagree, has none: there is nothing to hold a limit
    against.
    """

    metric_name = SCORE_ROWS
    value_keys = ()

    @metric_value(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls,  # noqa: N805 - GX makes it a class method
        execution_engine: Any,
        metric_domain_kwargs: dict[str, Any],
        **_: Any,
    ) -> dict[str, dict[str, float | None]]:
        table = execution_engine.get_compute_domain(
            metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE
        )[0]
        alone = table[~table["metric"].duplicated(keep=False)]
        columns = {c: alone[c] if c in alone else [math.nan] * len(alone) for c in READ}
        rows = zip(*columns.values(), strict=True)
        return {
            name: dict(zip(columns, map(_finite, row), strict=True))
            for name, row in zip(alone["metric"], rows, strict=True)
        }


def _finite(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


@lru_cache(maxsize=4)
def _rows_wanted(batch_id: str | None) -> MetricConfiguration:
    """The question for the table of scores, one for all limits: it takes longer than its answer."""
    domain = IDDict(dict.fromkeys(ScoreRows.domain_keys) | {"batch_id": batch_id})
    return MetricConfiguration(metric_name=SCORE_ROWS, metric_domain_kwargs=domain)


class ScoreExpectation(BatchExpectation):  # type: ignore[misc] # GX's own types end here
    """Common part of our expectations; not one itself, for it has no limit."""

    metric: str = pydantic.Field(min_length=1, description="The metric, as in the column metric.")

    kind: ClassVar[LimitKind]  # of each of ours

    metric_dependencies: ClassVar[tuple[str, ...]] = (SCORE_ROWS,)
    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id",)

    @classmethod
    def is_abstract(cls) -> bool:
        """True for what has no limit; Great Expectations registers all others."""
        return not hasattr(cls, "kind")

    @pydantic.validator("minimum", "maximum", pre=True, check_fields=False)  # type: ignore[untyped-decorator]
    @classmethod
    def _limit_is_a_number(cls, limit: Any) -> Any:
        if is_suite_parameter(limit):
            return limit
        refusal = cls.kind.refusal(limit)
        if refusal:
            raise ValueError(refusal)
        return float(limit)

    def get_validation_dependencies(
        self,
        execution_engine: Any = None,  # noqa: ARG002 - GX passes it by name
        runtime_configuration: Mapping[str, Any] | None = None,
    ) -> ValidationDependencies:
        """The table of scores; Great Expectations itself finds it by a dozen copies of each."""
        wanted = (runtime_configuration or {}).get("result_format", self.result_format)
        rows = _rows_wanted(self.batch_id)
        return ValidationDependencies({SCORE_ROWS: rows}, parse_result_format(wanted))

    def _validate(
        self,
        metrics: Mapping[str, Any],
        runtime_configuration: Any = None,  # noqa: ARG002 - GX passes it by name
        execution_engine: Any = None,  # noqa: ARG002 - GX passes it by name
    ) -> dict[str, Any]:
        observed = metrics[SCORE_ROWS].get(self.metric, {}).get(self.kind.reads)
        limit = getattr(self, self.kind.argument)
        kept = observed is not None and self.kind.is_kept(observed, limit)
        return {"success": kept, "result": {"observed_value": observed}}

    @classmethod
    def _prescriptive_template(cls, renderer_configuration: Any) -> Any:
        renderer_configuration.add_param(name="metric", param_type=RendererValueType.STRING)
        renderer_configuration.add_param(
            name=cls.kind.argument, param_type=RendererValueType.NUMBER
        )
        renderer_configuration.template_str = cls.kind.wording
        return renderer_configuration

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)  # type: ignore[untyped-decorator]
    @render_suite_parameter_string  # type: ignore[untyped-decorator]
    def _prescriptive_renderer(
        cls,
        configuration: Any = None,
        result: Any = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> list[Any]:
        configuration = configuration or result.expectation_config
        styling = (runtime_configuration or {}).get("styling")
        template = {
            "template": cls.kind.wording,
            "params": configuration.kwargs,
            "styling": styling,
        }
        return [
            RenderedStringTemplateContent(
                content_block_type="string_template", string_template=template
            )
        ]

    @classmethod
    def _get_observed_value_from_evr(cls, result: Any) -> str:
        observed = result.result.get("observed_value") if result else None
        return "not measured" if observed is None else f"{observed:.6g}"


class ExpectSubscoreToBeAtLeast(ScoreExpectation):
    """Expect the subscore of one metric, 0 (worst) to 100 (best), to reach a minimum."""

    minimum: float | dict[str, Any] = pydantic.Field(description="The lowest subscore that passes.")

    kind: ClassVar[LimitKind] = SUBSCORE_AT_LEAST
    success_keys: ClassVar[tuple[str, ...]] = ("metric", "minimum")
    args_keys: ClassVar[tuple[str, ...]] = ("metric", "minimum")


class ExpectValueToBeAtLeast(ScoreExpectation):
    """Expect a raw value, in its own unit, to reach a minimum."""

    minimum: float | dict[str, Any] = pydantic.Field(description="The lowest value that passes.")

    kind: ClassVar[LimitKind] = VALUE_AT_LEAST
    success_keys: ClassVar[tuple[str, ...]] = ("metric", "minimum")
    args_keys: ClassVar[tuple[str, ...]] = ("metric", "minimum")


class ExpectValueToBeAtMost(ScoreExpectation):
    """Expect a raw value, in its own unit, not to pass a maximum."""

    maximum: float | dict[str, Any] = pydantic.Field(description="The highest value that passes.")

    kind: ClassVar[LimitKind] = VALUE_AT_MOST
    success_keys: ClassVar[tuple[str, ...]] = ("metric", "maximum")
    args_keys: ClassVar[tuple[str, ...]] = ("metric", "maximum")


class ExpectDifferenceToBeAtLeast(ScoreExpectation):
    """Expect a metric or score not to fall by more than so much against the base.

    In points of the subscore for a metric, in its own points for DERI1000 and U.
    """

    minimum: float | dict[str, Any] = pydantic.Field(
        description="The lowest difference, head minus base, that passes."
    )

    kind: ClassVar[LimitKind] = DIFFERENCE_AT_LEAST
    success_keys: ClassVar[tuple[str, ...]] = ("metric", "minimum")
    args_keys: ClassVar[tuple[str, ...]] = ("metric", "minimum")


class ExpectChangedImagesToFit(ScoreExpectation):
    """Expect the changed images not to be surely worse (or other) than they should in something.

    The limit is a probability: the smallest adjusted p, of all tests of the changed images
    about this, that passes. Nothing changed gives 1.
    """

    minimum: float | dict[str, Any] = pydantic.Field(
        description="The smallest adjusted p that passes."
    )

    kind: ClassVar[LimitKind] = CHANGE_FITS
    success_keys: ClassVar[tuple[str, ...]] = ("metric", "minimum")
    args_keys: ClassVar[tuple[str, ...]] = ("metric", "minimum")
