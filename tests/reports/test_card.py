"""Reports as a section of a Hugging Face dataset card."""

from __future__ import annotations

import dataclasses

import pytest

from deri_gate.reports.card import BEGIN, END, as_card
from tests.reports.conftest import HOSTILE

FRONT = "---\nlicense: cc-by-4.0\ntask_categories:\n- image-classification\n---\n# Scans\n\n"


@pytest.fixture
def report(report_of, check_of, waived_check):
    return report_of([check_of("fail"), waived_check(), check_of("pass", metric="imbalance")])


def test_it_says_verdict_values_and_what_is_missed(report) -> None:
    text = as_card(report)
    lines = text.splitlines()

    assert (lines[0], lines[-1]) == (BEGIN, END)
    assert any(line.startswith("## Quality: ") and "failed" in line for line in lines)
    for name in report.metrics.metrics:
        assert sum(f"(`{name}`)" in line for line in lines) == 1
    assert [line for line in lines if line.endswith("| fail |")] != []
    assert "waived for everyone until " in text
    assert "1 limit passed" in text
    assert report.metrics.dataset.fingerprint in text


def test_it_belongs_into_a_card_of_the_hub(report) -> None:
    """Hugging Face's own reader finds its metadata unmoved, and the section in the text."""
    hub = pytest.importorskip("huggingface_hub")
    card = hub.DatasetCard(FRONT + as_card(report))

    assert card.data.to_dict() == {
        "license": "cc-by-4.0", "task_categories": ["image-classification"],
    }  # fmt: skip
    assert as_card(report).strip() in card.text


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_names_cannot_become_markup(report_of, check_of, name) -> None:
    """A check's name and reason come from a suite, which may be anybody's."""
    report = report_of([check_of("fail", name=name, detail=name, reason=name)])
    info = report.metrics.dataset.model_copy(update={"name": name, "split": name})
    report = dataclasses.replace(
        report, metrics=report.metrics.model_copy(update={"dataset": info})
    )
    text = as_card(report)

    for markup in ("<script", "<img", "](http", "\n::", "@everyone", END + "\n" + BEGIN, "\x1b"):
        assert markup not in text
    assert text.count(END) == 1
