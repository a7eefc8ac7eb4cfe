"""summary.md: what a pull request shows."""

import re
from dataclasses import replace

import pyarrow as pa
import pytest

from deri_gate.changes.records import Difference
from deri_gate.reports.advice import ADVICE
from deri_gate.reports.lines import missed
from deri_gate.reports.markdown import MOST_BYTES, as_markdown
from deri_gate.reports.terminal import as_text
from deri_gate.reports.text import code, escaped
from deri_gate.schemas.metrics import FindingInfo, SlicesInfo, SliceValue


def row(text: str, metric: str) -> list[str]:
    line = next(line for line in text.splitlines() if f"(`{metric}`)" in line)
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_the_changed_image_of_a_pair_is_named(report_of, check_of, change_of) -> None:
    """The finding names the old image, which the pull request did not touch."""
    pair = FindingInfo(kind="contradiction", path="old/9.png", detail="the same as new/1.png")
    images = pa.table(
        {"path": ["new/1.png", "old/9.png"], "suspect_for": ["contradiction", "contradiction"]}
    )
    report = report_of([check_of("warn", metric="contradictions")], change=change_of())
    metrics = report.metrics.model_copy(update={"findings": (pair,)})
    told = as_markdown(replace(report, metrics=metrics, table=images))
    alone = as_markdown(replace(report, metrics=metrics, table=images, change=None))

    assert "Such as <code>new/1.png</code> and <code>old/9.png</code>." in told
    assert "Such as <code>old/9.png</code>." in alone


def test_verdict_and_score_come_first(report_of, check_of) -> None:
    text = as_markdown(report_of([check_of("fail")]))

    assert text.startswith(
        "## ❌ failed: <code>scans</code>\n\n**2 unreadable of 100 images**\n\n"
        "**DERI1000 1013** (990 to 1036)"
    )


def test_a_row_a_metric(report_of, check_of) -> None:
    """Value, subscore, limit, status, images."""
    text = as_markdown(report_of([check_of("fail")], worst={"sharpness": ("a.png",)}))

    assert row(text, "sharpness") == ["0.5 levels²", "50", "at least 50", "❌ fail", "1"]


def test_with_a_base_score_and_metrics_say_what_changed(report_of, check_of, change_of) -> None:
    """Base, head, difference with its interval, limit, status."""
    text = as_markdown(report_of([check_of("fail")], change=change_of()))

    assert "**DERI1000 1121 → 1013**, difference -108 (-128 to -87.6)" in text
    assert "Compared with git&#58;main:scans, 2 images were added and 90 unchanged." in text
    assert row(text, "sharpness") == [
        "0.6 levels²", "0.5 levels²", "-0.1 (-0.12 to -0.08)", "at least 50", "❌ fail",
    ]  # fmt: skip


def test_a_failing_metric_names_its_worst_classes_and_ten_images(report_of, check_of) -> None:
    classes = tuple(
        SliceValue(name=f"class {i}", images=30, value=float(i), interval=(i, i + 1.0))
        for i in range(9)
    )
    judged = SlicesInfo(kind="class", gap=None, worst=classes, judged=9, thin=0)
    text = as_markdown(
        report_of(
            [check_of("fail")],
            worst={"sharpness": [f"{i}.png" for i in range(40)]},
            slices={"sharpness": (judged,)},
        )
    )
    block = re.search(r"<details><summary>❌ fail Sharpness: 40.*?</details>", text, re.DOTALL)[0]

    assert (
        "Worst classes: <code>class 0</code> 0 levels² (30 images), <code>class 1</code>" in block
    )
    assert "class 3" not in block
    assert [f"<code>{i}.png</code>" in block for i in (0, 9, 10)] == [True, True, False]
    assert "* and 30 more" in block


def test_what_made_it_is_said(report_of) -> None:
    """Pool, profile, seed."""
    report = report_of()

    foot = as_markdown(report).splitlines()[-1]
    assert f"pool standard {report.pool.hash}" in foot
    assert f"profile standard {report.profile.hash}" in foot
    assert "seed 42" in foot


def test_a_waiver_is_printed(report_of, waived_check) -> None:
    text = as_markdown(report_of([waived_check()]))

    assert "⏳ waived: **Exposure** is 42, at least 50." in text
    assert "Waived for everyone until 2099-01-01: Scanner B is being replaced." in text


def test_what_changed_for_the_worse_is_said_in_words(report_of, change_of, tested) -> None:
    """Only what is sure after the correction for many tests."""
    tests = [tested(), tested(about="exposure", p=0.5)]
    text = as_markdown(report_of(change=change_of(tests)))

    assert "The 40 new images are worse in sharpness than the old ones." in text
    assert "New images: sharpness" in text
    assert "New images: exposure" not in text


@pytest.fixture
def crowded(report_of, check_of, change_of, tested, leaks_with):
    """A report with so many names, each of this kind, wherever there can be names."""

    def make(count: int, name: str):
        names = [f"{i}{name}" for i in range(count)]
        tests = [tested(names, about=one, sentence=one) for one in names[:300]]
        change = change_of(tests, added=tuple(names), classes_added=tuple(names),
                           classes_renamed=tuple((n, n) for n in names))  # fmt: skip
        return report_of(
            [check_of("fail", name=one, detail=one, reason=one) for one in names],
            name=name, findings=names, classes=names, leaks=leaks_with(names), change=change,
            worst=dict.fromkeys(("sharpness", "duplicates", "label_noise", "exposure"), names),
        )  # fmt: skip

    return make


@pytest.mark.parametrize("count", [1, 30, 3000])
@pytest.mark.parametrize("name", ["n", "|" * 300, "🦊" * 300, "\x00" * 5000])
def test_it_always_fits_a_comment(crowded, count, name) -> None:
    """Thousands of findings, checks and names of any length; verdict and facts stay."""
    text = as_markdown(crowded(count, name))

    assert len(text.encode("utf-8")) <= MOST_BYTES
    assert text.startswith("## ❌ failed")
    assert text.splitlines()[-1].startswith("<sub>pool")
    assert text.count("<details>") == text.count("</details>")


def test_what_does_not_fit_is_said(report_of) -> None:
    text = as_markdown(report_of(findings=[f"{i}" * 70 for i in range(30)]), most_bytes=2500)

    assert "report.html" in text
    assert len(text.encode()) <= 2500


def test_findings_that_are_left_out_are_counted_one_by_one(report_of) -> None:
    """Twenty lines of one finding each, and one more line of thirty: thirty are left out."""
    report = report_of()
    said = [FindingInfo(kind="spelling", path=f"{i}", detail=f"name {i}") for i in range(20)]
    alike = [FindingInfo(kind="spelling", path=f"{i}.png", detail="dark") for i in range(30)]
    metrics = report.metrics.model_copy(update={"findings": (*said, *alike)})
    text = as_markdown(replace(report, metrics=metrics))

    block = re.search(r"<details><summary>50 findings.*?</details>", text, re.DOTALL)[0]
    assert "* and 30 more" in block


def test_hostile_names_start_nothing(hostile_report) -> None:
    """No tag but ours, no mention, no link, no table cell, no workflow command, no control."""
    text = as_markdown(hostile_report)
    ours = re.sub(r"</?(?:details|summary|code|sub)>", "", text)

    assert "<" not in ours
    assert "@everyone" not in text
    assert "](" not in text
    assert "http://" not in text
    assert "www.evil" not in text
    assert not [line for line in text.splitlines() if line.startswith("::")]
    assert not {c for c in text if ord(c) < 32} - {"\n"}
    assert "\u202e" not in text
    for line in text.splitlines():
        if line.startswith("| ") and "(`" in line:
            assert line.count("|") == 7


def test_a_mention_stays_broken_when_all_is_decoded() -> None:
    """GitHub looks for mentions and issue numbers in the finished page, after entities."""
    import html

    assert "@everyone" not in html.unescape(escaped("@everyone"))
    assert "#1" not in html.unescape(escaped("#1"))
    assert html.unescape(code("@everyone")) == "<code>@everyone</code>"  # looked for in no code


def test_what_fails_is_seen_and_the_rest_is_folded(report_of, check_of) -> None:
    """A line a missed limit; the table of all metrics opens at a click."""
    checks = [check_of("fail"), check_of("pass", metric="exact_copies")]
    seen, _, folded = as_markdown(report_of(checks)).partition("<details>")

    assert "* ❌ fail: **Sharpness** is 42, at least 50. Because of the reference pool." in seen
    assert "|---" not in seen
    assert "(`sharpness`)" in folded
    assert "exact_copies: 42" in folded


def test_a_failing_change_is_told_by_its_test(report_of, check_of, change_of, tested) -> None:
    """The sentence of the test, and no sentence twice."""
    checks = [
        check_of("fail", column="change", metric=about, reason="New images are worse.", limit=0.01)
        for about in ("sharpness", "exposure")
    ]
    text = as_markdown(report_of(checks, change=change_of([tested(p=1e-6)])))
    lines = [line for line in text.splitlines() if line.startswith("* ❌")]

    told = (
        f"The 40 new images are worse in sharpness than the old ones. {ADVICE['sharpness']} Such as"
    )
    assert lines[0].startswith(f"* ❌ fail: **Sharpness of the changed images**: {told}")
    assert lines[1].endswith(f"New images are worse. {ADVICE['exposure']}")


def test_a_missed_limit_names_three_images(report_of, check_of, change_of, tested) -> None:
    """The first of the test; the rest is in its block."""
    names = [f"new/{i}.png" for i in range(5)]
    text = as_markdown(
        report_of([check_of("fail", column="change")], change=change_of([tested(names, p=1e-6)]))
    )
    (line,) = [line for line in text.splitlines() if line.startswith("* ❌")]

    assert re.findall(r"<code>(.*?)</code>", line) == names[:3]


def test_a_missed_limit_says_what_to_do_and_names_files(report_of, check_of) -> None:
    """The comment is all that many see of a report."""
    report = report_of([check_of("fail", metric="private_share", limit=0.0)])
    found = tuple(
        FindingInfo(kind="privacy", path=f"{i}.dcm", detail="identifying tags") for i in range(5)
    )
    metrics = report.metrics.model_copy(update={"findings": found})
    text = as_markdown(replace(report, metrics=metrics))
    (line,) = [line for line in text.splitlines() if line.startswith("* ❌")]

    assert ADVICE["private_share"] in line
    assert re.findall(r"<code>(.*?)</code>", line) == ["0.dcm", "1.dcm", "2.dcm"]


@pytest.mark.parametrize(
    ("share", "kind"),
    [
        ("conflicting_copies", "contradiction"),
        ("contradictions", "contradiction"),
        ("likely_contradictions", "likely_contradiction"),
    ],
)
def test_a_limit_on_pairs_names_images(report_of, check_of, share, kind) -> None:
    """Pairs are shown on the page by an exhibit of their own; the comment named none."""
    report = report_of([check_of("fail", metric=share, limit=0.0)])
    found = (FindingInfo(kind=kind, path="cat/1.png", detail="the same picture as dog/1.png"),)
    metrics = report.metrics.model_copy(update={"findings": found})
    text = as_markdown(replace(report, metrics=metrics))
    (line,) = [line for line in text.splitlines() if line.startswith("* ❌")]

    assert line.endswith("Such as <code>cat/1.png</code>.")


def test_the_base_may_have_missed_the_limit_already(report_of, check_of, change_of) -> None:
    """Its value stands beside; without a base there is none."""
    check = check_of("fail")

    assert "**Sharpness** is 42 (base 0.6), at least 50" in as_markdown(
        report_of([check], change=change_of())
    )
    assert "**Sharpness** is 42, at least 50" in as_markdown(report_of([check]))


def test_a_stricter_limit_on_a_number_that_fails_is_not_told(report_of, check_of) -> None:
    """It warns of the same number; one on another number, or that is waived, is told."""
    checks = [
        check_of("fail", metric="exact_copies", limit=0.07),
        check_of("warn", metric="exact_copies", limit=0.0),
        check_of("warn", metric="exact_copies", column="difference", limit=0.0),
        check_of("warn", metric="exposure"),
    ]
    text = as_markdown(report_of(checks))
    lines = [line for line in text.splitlines() if line.startswith(("* ❌", "* ⚠️"))]

    assert [line.partition("**")[2].partition("**")[0] for line in lines] == [
        "Exact copies", "Exact copies", "Exposure",
    ]  # fmt: skip
    assert "difference to the base" in lines[1]


def test_what_the_change_misses_comes_before_the_whole(report_of, check_of, change_of) -> None:
    """Checks of one severity; a failure comes before a warning in any case."""
    checks = [
        check_of("warn", metric="exposure"),
        check_of("warn", metric="diversity", column="change"),
        check_of("fail", metric="denied_elsewhere"),
        check_of("fail", metric="sharpness", column="change"),
    ]
    text = as_markdown(report_of(checks, change=change_of()))
    lines = [line.partition("**")[2].partition("**")[0] for line in text.splitlines()]

    assert [title for title in lines if title][-4:] == [
        "Sharpness of the changed images",
        "Labels denied in another split",
        "Diversity of the changed images",
        "Exposure",
    ]


def test_copies_come_first_of_what_the_change_misses(report_of, check_of, change_of) -> None:
    """Copies in another class fail by their looks as well; what the base missed comes last."""
    shares = {
        name: Difference(base=base, head=0.03, difference=0.03 - base, interval=None)
        for name, base in {"conflicting_copies": 0.0, "exact_copies": 0.02}.items()
    }
    limits = {"observed": 0.03, "limit": 0.01, "bound": "at_most"}
    checks = [
        check_of("fail", metric="exact_copies", **limits),
        check_of("fail", metric="sharpness", column="change"),
        check_of("fail", metric="conflicting_copies", **limits),
    ]
    report = report_of(checks, change=replace(change_of(), shares=shares))

    assert [check.metric for check in missed(report)] == [
        "conflicting_copies", "sharpness", "exact_copies",
    ]  # fmt: skip


def test_suspects_that_changed_are_counted(report_of, change_of) -> None:
    """The changed ones among all suspects are counted; without a base nothing is said of them."""
    images = pa.table({"path": ["new/1.png", "a"], "suspect_for": ["sharpness", "sharpness"]})
    alone = replace(report_of(worst={"sharpness": ("new/1.png", "a")}), table=images)

    assert "Sharpness: 2 suspects, 1 of them changed<" in as_markdown(
        replace(alone, change=change_of())
    )
    assert "1 of them changed." in as_text(replace(alone, change=change_of()))
    assert "Sharpness: 2 suspects<" in as_markdown(alone)
    assert "changed" not in as_text(alone)


def test_a_commit_is_told_by_its_first_digits(report_of, change_of) -> None:
    """All forty of them are in changes.json."""
    change = change_of(base_name=f"git:{'0123456789' * 4}:data/scans")

    assert "Compared with git&#58;012345678901:data/scans, 2" in as_markdown(
        report_of(change=change)
    )


def test_it_can_be_read_as_raw_text(report_of, check_of) -> None:
    """Names of limits, paths and sentences hold no entity, as nothing in them is markup."""
    limit = check_of("fail", metric="exact_copies", reason="Copies leak: 3 of a/b_c.png (5.4 %).")
    text = as_markdown(report_of([limit], worst={"label_noise": ["ab_1/c_d-e.png"]}))

    assert "&#" not in text


@pytest.mark.parametrize(
    "name", ["_a_", "a _b_ c", "__init__", "git:main:x", ":smile:", "http://x", "a_ b", "ä_ö _ü_"]
)
def test_what_could_be_markup_is_not(name) -> None:
    """By a renderer of its own: only text comes out, and that text is the name."""
    markdown_it = pytest.importorskip("markdown_it")
    import html

    rendered = markdown_it.MarkdownIt("commonmark", {"html": True}).render(escaped(name))
    assert html.unescape(rendered) == f"<p>{name}</p>\n"
    assert "://" not in escaped(name)
    assert not re.search(r":[\w+-]+:", escaped(name))


def test_a_difference_is_called_one(report_of, check_of) -> None:
    """A score is never said to be what only its difference is."""
    check = check_of("warn", metric="DERI1000", column="difference", observed=-28.9, limit=-25)
    text = as_markdown(report_of([check]))

    assert "**DERI1000** difference to the base is -28.9, at least -25." in text
