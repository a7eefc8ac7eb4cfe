"""The isolated side: read the order, judge, write the answer."""

from __future__ import annotations

from deri_gate.commands.ci import check_all
from deri_gate.errors import DeriGateError
from deri_gate.gate import loaded_ahead
from deri_gate.isolation.order import (
    ANSWER,
    ORDER,
    REPORT,
    SCRATCH,
    Answers,
    Failure,
    IsolatedAnswer,
    JudgingOrder,
)
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.files import write_text
from deri_gate.runtime.output import guarded_output
from deri_gate.runtime.process import settle_in


def judge_inside() -> None:
    """Do what the scratch folder's order says."""
    settle_in()
    order = JudgingOrder.model_validate_json((SCRATCH / ORDER).read_bytes(), strict=False)
    with guarded_output():
        answers = _answers(order)
    write_text(answers.model_dump_json(), SCRATCH / ANSWER)


def _answers(order: JudgingOrder) -> Answers:
    machine = Machine(device=order.device, workers=order.workers, progress=False)
    try:
        with loaded_ahead():
            done = check_all(
                order.base,
                out=SCRATCH / REPORT,
                names=order.names,
                given=order.given,
                machine=machine,
            )
    except DeriGateError as error:
        failure = Failure(what=error.what[:2000], where=error.where[:2000], fix=error.fix[:2000])
        return Answers(failure=failure)
    return Answers(
        judged=tuple(
            IsolatedAnswer(
                name=outcome.name,
                status=outcome.status,
                text=outcome.text[:1_000_000],
                annotations=tuple(line[:20_000] for line in outcome.annotations),
            )
            for outcome in done
        )
    )


if __name__ == "__main__":
    judge_inside()
