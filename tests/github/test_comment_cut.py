"""Comments that are too long are cut where nothing stays open."""

from __future__ import annotations

import pytest

from deri_gate.github.comment import MOST, comments_in

COMMIT = "c" * 40
LINE = "| a cell | another |\n"


@pytest.mark.parametrize(
    ("opened", "closed"),
    [
        ("<details><summary>all checks</summary>\n\n", "\n</details>\n"),
        ("```text\n", "\n```\n"),
        ("~~~~\n``` no end\n", "\n~~~~\n"),
        ("<details>\n<details>\n\n", "\n</details>\n\n</details>\n"),
        ("", ""),
    ],
)
def test_what_was_open_is_closed_before_the_foot(tmp_path, opened, closed) -> None:
    """All that followed a cut in a fold was inside it: which commit was judged was not seen."""
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "summary.md").write_text("# report\n" + opened + LINE * 9_000)

    (body,) = comments_in(tmp_path, ["scans"], trusted=True, commit=COMMIT).values()

    assert len(body) <= MOST
    kept, _, rest = body.rpartition(LINE)
    assert kept.count(LINE) > 3_000
    assert "".join(rest.split()).startswith("".join(closed.split()) + "Thecommentendshere.")
    assert body.endswith(f"Judged: {COMMIT[:12]}\n")


def test_a_short_one_stays_as_it_is(tmp_path) -> None:
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "summary.md").write_text("<details> of nobody\n" + LINE)

    (body,) = comments_in(tmp_path, ["scans"], trusted=True).values()

    assert body.endswith("<details> of nobody\n" + LINE)
