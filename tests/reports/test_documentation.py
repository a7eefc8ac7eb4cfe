"""Sections of the documentation in a page: whole, without links out of it, and inert."""

from __future__ import annotations

import pytest

from deri_gate.reports import documentation
from deri_gate.reports.documentation import section_html, section_text

PAGE = """# Title

Intro.

## First one

Text with a [link](other.md#there) and `code`.

```
# no heading
```

|  | b |
|---|---|
| <script>alert(1)</script> | 2 |

### Below

Another section.
"""


@pytest.fixture(autouse=True)
def pages(tmp_path, monkeypatch):
    """A folder of documentation in place of ours."""
    (tmp_path / "page.md").write_text(PAGE)
    monkeypatch.setattr(documentation, "shipped", lambda _: tmp_path)
    section_html.cache_clear()
    yield
    section_html.cache_clear()


def test_a_section_ends_at_the_next_heading() -> None:
    text = section_text("page", "First one")

    assert text.startswith("Text with a")
    assert "# no heading" in text
    assert "Another" not in text
    assert section_text("page", "Below") == "Another section."


def test_links_become_text_and_html_too() -> None:
    made = section_html("page", "First one")

    assert "<p>Text with a link and <code>code</code>.</p>" in made
    assert "<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>" in made
    assert "<a" not in made
    assert (
        '<td></td>\n<th scope="col">b</th>' in made
    )  # no empty head, which a screen reader would read


@pytest.mark.parametrize(("page", "heading"), [("page", "Nothing"), ("none", "First one")])
def test_what_is_not_there_is_empty(page, heading) -> None:
    """A package without its documentation makes the page all the same."""
    assert section_html(page, heading) == ""
