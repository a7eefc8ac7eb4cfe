"""report.html: one file for people, which runs nothing and asks nobody for anything."""

import html
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from deri_gate.reports.page import as_page

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
in_a_browser = pytest.mark.skipif(BROWSER is None, reason="no browser on this machine")


class Tags(HTMLParser):
    """Collects tags with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, dict(attrs)))


def tags(page: str) -> list[tuple[str, dict]]:
    parser = Tags()
    parser.feed(page)
    return parser.found


def test_it_says_verdict_score_and_interval(report_of, check_of) -> None:
    page = as_page(report_of([check_of("fail")]))

    assert '<span class="verdict fail" id="verdict">Failed</span>' in page
    assert "<b>1013</b>" in page
    assert "95 % between 990 and 1036" in page
    assert "Because of the reference pool." in page


def test_nothing_is_fetched_and_nothing_runs(hostile_report) -> None:
    """No script, picture, frame, link or style from elsewhere; a policy forbids all of it."""
    found = tags(as_page(hostile_report))
    policy = next(
        a["content"] for t, a in found if a.get("http-equiv") == "Content-Security-Policy"
    )

    assert {tag for tag, _ in found}.isdisjoint(
        {"script", "img", "iframe", "link", "object", "a", "form"}
    )
    assert not [a for _, own in found for a in own if a in ("src", "href") or a.startswith("on")]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_hostile_names_are_shown_as_they_are(hostile_report) -> None:
    """Every character as text."""
    page = as_page(hostile_report)

    assert html.escape("<script>document.title='owned'</script>.png", quote=False) in page.replace(
        "&#39;", "'"
    )
    assert "<script" not in page


def test_a_line_a_metric_and_a_bar_each(report_of, check_of) -> None:
    page = as_page(report_of([check_of()]))

    assert page.count('class="status') >= 11
    assert len(re.findall(r"<svg ", page)) == 12  # the score's line, and a bar a metric


def rendered(page: str, folder, width: int) -> str:
    """The page's document as a browser has it, in a frame of this width, and what it measured."""
    frame = f'<iframe style="width:{width}px;height:900px;border:0" srcdoc="{html.escape(page)}"></iframe>'
    script = """<script>document.querySelector("iframe").onload = (event) => {
      const inner = event.target.contentDocument;
      document.title = [inner.documentElement.scrollWidth, inner.title,
        inner.getElementById("verdict").textContent].join("|"); };</script>"""
    (folder / "frame.html").write_text(f"<!doctype html><body>{frame}{script}</body>", "utf-8")
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile",
        "--virtual-time-budget=5000", "--dump-dom", f"file://{folder}/frame.html",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return html.unescape(re.search(r"<title>(.*?)</title>", done.stdout, re.DOTALL)[1])


@in_a_browser
@pytest.mark.parametrize("width", [360, 1200])
def test_a_browser_shows_it_without_sideways_scrolling(hostile_report, tmp_path, width) -> None:
    """On a phone too, whatever the names; and no name has run as a script."""
    measured, *title, verdict = rendered(as_page(hostile_report), tmp_path, width).split("|")

    assert int(measured) <= width
    assert "|".join(title).startswith("Could not judge: ")
    assert verdict == "Could not judge"
