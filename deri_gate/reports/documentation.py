"""Sections of the documentation for a page: rendered, so that no link leads out of it."""

from __future__ import annotations

import re
from functools import lru_cache

from markdown_it import MarkdownIt
from markupsafe import Markup

from deri_gate.runtime.resources import shipped

HEADING = re.compile(r"^#{1,6} +(.+?) *$")
LINK = re.compile(r"\[([^\]]+)\]\([^)\s]*\)")
FENCE = "```"


@lru_cache(maxsize=64)
def section_html(page: str, heading: str) -> Markup:
    """Render the section below a heading, up to the next one; empty where there is none.

    Links become their text: what they lead to lies beside the documentation, not beside the page.

    Args:
        page: Page of the documentation, without ending.
        heading: Text of the heading.
    """
    text = section_text(page, heading)
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable("link")
    rendered = reader.render(LINK.sub(r"\1", text))
    rendered = rendered.replace("<th></th>", "<td></td>")  # a corner heads nothing
    rendered = re.sub(r"<th\b", '<th scope="col"', rendered)
    return Markup(rendered)  # noqa: S704  # ours, and HTML in it is text


def section_text(page: str, heading: str) -> str:
    """Markdown of the section below a heading, up to the next one; empty where there is none."""
    path = shipped("docs") / f"{page}.md"
    if not path.is_file():  # a wheel of other hands may leave the pages out
        return ""
    lines: list[str] = []
    inside = fenced = False
    for line in path.read_text("utf-8").splitlines():
        fenced ^= line.startswith(FENCE)
        title = None if fenced else HEADING.match(line)
        if title and inside:
            break
        if inside:
            lines.append(line)
        inside = inside or (title is not None and title[1] == heading)
    return "\n".join(lines).strip()
