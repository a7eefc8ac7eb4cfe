"""report.html in a real browser: silent, usable by keyboard, readable by machines, on paper."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

import deri_gate
from deri_gate.metrics.catalogue import METRICS
from deri_gate.reports.exhibits.records import Exhibit, Exhibits, ImageRef, Tile, TileRow
from deri_gate.reports.notebook import framed
from deri_gate.reports.page import MOST_BYTES, as_page
from deri_gate.reports.pictures.encoding import thumbnail_of
from deri_gate.reports.pictures.gallery import Gallery
from deri_gate.reports.plots.classes import class_scene
from deri_gate.reports.plots.scene import Dots, Scene
from tests.sweeps import sampled

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.base", reason="axe is not installed")
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser on this machine")
OPEN_ALL = "document.querySelectorAll('details').forEach(one => one.open = true)"
# Words of tables that lie in two lines, names of files left out: those may be long.
TORN = """() => [...document.querySelectorAll("td, th")].flatMap(cell => {
  const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  const torn = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    for (const found of node.textContent.matchAll(/\\p{L}+/gu)) {
      if (found[0].length > 20) continue;
      const range = document.createRange();
      range.setStart(node, found.index);
      range.setEnd(node, found.index + found[0].length);
      const lines = new Set([...range.getClientRects()].map(one => Math.round(one.top)));
      if (lines.size > 1) torn.push(found[0]);
    }
  }
  return torn;
})"""

# Contrast of each text in a drawing with the page behind it, which axe cannot tell: the lowest.
LOWEST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const pixel = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const behind = element => {
    const colour = element ? pixel(getComputedStyle(element).backgroundColor) : [255, 255, 255, 255];
    return colour[3] === 255 ? colour : behind(element.parentElement);
  };
  const light = colour => colour.slice(0, 3)
    .map(v => v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ratios = [...document.querySelectorAll("svg text")].map(text => {
    const two = [pixel(getComputedStyle(text).fill), behind(text.closest("svg"))].map(light);
    return (Math.max(...two) + 0.05) / (Math.min(...two) + 0.05);
  });
  return [ratios.length, Math.min(...ratios)];
}"""


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def pictured(hostile_report, hostile):
    """A report with pictures, plots and hostile names."""
    pixels = np.random.default_rng(0).integers(0, 255, (40, 30, 3), dtype=np.uint8)
    thumbnail = thumbnail_of(pixels)
    shown = dict.fromkeys(hostile_report.exhibits.images(), thumbnail)
    plots = (class_scene(dict.fromkeys(hostile, 5), None),)
    return replace(hostile_report, gallery=Gallery(thumbnails=shown, asked=True), plots=plots)


@pytest.fixture
def page_file(pictured, tmp_path):
    """Its page, as a file."""
    path = tmp_path / "report.html"
    path.write_text(as_page(pictured), "utf-8", errors="backslashreplace")
    return path


@pytest.fixture
def opened(browser, page_file):
    """Opens the page; gives it, with all that it says and asks for."""
    contexts = []

    def make(width=1200, **settings):
        context = browser.new_context(viewport={"width": width, "height": 900}, **settings)
        contexts.append(context)
        page = context.new_page()
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(page_file.as_uri())
        return page, said, asked

    yield make
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    ("width", "scheme"), sampled([(390, "light"), (768, "light"), (1280, "dark")], 0, 2)
)
def test_it_is_silent_and_as_wide_as_the_window(opened, page_file, width, scheme) -> None:
    """No message, no request but for itself, no scrolling sideways, all details open."""
    page, said, asked = opened(width, color_scheme=scheme)
    page.evaluate(OPEN_ALL)

    assert said == []
    assert [one for one in asked if not one.startswith("data:")] == [page_file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.title().startswith("Could not judge: ")


@pytest.mark.parametrize("scheme", sampled(["light", "dark"]))
def test_axe_finds_nothing(opened, scheme) -> None:
    """Names for screen readers, contrast, order of headings, keyboard: axe-core's own rules."""
    page, _, _ = opened(color_scheme=scheme, bypass_csp=True)
    page.evaluate(OPEN_ALL)
    page.evaluate(axe.AXE_SCRIPT)
    found, passed = page.evaluate("axe.run().then(all => [all.violations, all.passes.length])")

    assert passed > 15
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []


@pytest.mark.parametrize("scheme", sampled(["light", "dark"]))
def test_text_in_drawings_stands_out(opened, scheme) -> None:
    """As WCAG 2.2 asks of text of any size: 4.5 to 1."""
    page, _, _ = opened(color_scheme=scheme)
    page.evaluate(OPEN_ALL)
    texts, lowest = page.evaluate(LOWEST)

    assert texts > len(METRICS)
    assert lowest >= 4.5


def test_heads_of_tables_say_what_they_head(opened) -> None:
    """A screen reader reads a cell with the head of its column."""
    page, _, _ = opened()
    heads = "[...document.querySelectorAll('th')]"

    assert page.evaluate(f"{heads}.length") > 10
    assert page.evaluate(f"{heads}.filter(one => !one.scope).map(one => one.outerHTML)") == []


# In the words of a glossary, a table is part of the sentence before it.
UNNAMED = "[...document.querySelectorAll('table:not(dd table):not([aria-label])')].length"


def test_tables_have_names(opened) -> None:
    """Whoever goes from table to table hears what each is about."""
    page, _, _ = opened()

    assert page.evaluate("document.querySelectorAll('table').length") > 1
    assert page.evaluate(UNNAMED) == 0


def test_names_of_subscores_end_before_their_bars(opened) -> None:
    """In a wide font, too."""
    page, _, _ = opened()
    page.add_style_tag(content="svg text { font-family: 'DejaVu Sans', Verdana, sans-serif; }")
    room = """[...document.querySelectorAll('svg[aria-label^="Subscores"] text')]
      .filter(one => one.getAttribute('x') === '0' && one.textContent.length > 4)
      .map(one => one.getBBox().x + one.getBBox().width)"""
    bars = """Math.min(...[...document.querySelectorAll('svg[aria-label^="Subscores"] rect')]
      .map(one => one.getBBox().x))"""

    assert len(page.evaluate(room)) == len(METRICS)
    assert max(page.evaluate(room)) < page.evaluate(bars)


def test_a_count_stands_behind_an_arabic_name(browser, report_of, tmp_path) -> None:
    """Beside text from right to left the number of images is not drawn into the name."""
    one = Exhibit(name="shortcut.0", about=("shortcut",), title="Text tells class صورة", advice="",
                  count=25, rows=())  # fmt: skip
    path = tmp_path / "report.html"
    path.write_text(as_page(report_of(exhibits=Exhibits(items=(one,)))), "utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    title, count = (page.locator(f"#x-shortcut-0 summary {tag}") for tag in ("b", ".soft"))

    assert count.bounding_box()["x"] >= title.bounding_box()["x"] + title.bounding_box()["width"]
    page.close()


def test_pictures_by_keyboard(opened) -> None:
    """Enter enlarges, arrows go on, Escape leads back to where one was."""
    page, said, _ = opened()
    first = page.locator("a.pic").first
    first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".zoom:visible").count() == 1
    start = page.evaluate("location.hash")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("location.hash") != start
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("location.hash") == start
    page.keyboard.press("Escape")

    assert page.locator(".zoom:visible").count() == 0
    page.wait_for_function("document.activeElement.classList.contains('pic')")
    assert said == []


def test_in_the_frame_of_a_notebook(browser, pictured, tmp_path) -> None:
    """Links lead to places in the page, and not to the notebook's address; the keys work."""
    path = tmp_path / "notebook.html"
    path.write_text(framed(pictured), "utf-8", errors="backslashreplace")
    page = browser.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    frame = page.frames[1]
    frame.locator("a.pic").first.click()
    assert frame.locator(".zoom:visible").count() == 1
    frame.locator(".zoom:visible a").first.press("Escape")

    assert frame.locator(".zoom:visible").count() == 0
    assert said == []
    page.close()


def test_pictures_without_a_script(opened) -> None:
    page, _, _ = opened(java_script_enabled=False)
    page.locator("a.pic").first.click()
    assert page.locator(".zoom:visible").count() == 1
    page.locator(".zoom:visible a", has_text="Next").click()
    assert page.locator(".zoom:visible").count() == 1
    page.locator(".zoom:visible a", has_text="Close").click()

    assert page.locator(".zoom:visible").count() == 0


@pytest.mark.parametrize("paper", sampled(["A4", "Letter"]))
def test_on_paper_no_word_of_a_table_is_torn(opened, paper) -> None:
    """At the width of the paper less its margins; and it can be printed."""
    width = {"A4": 794, "Letter": 816}[paper] - 2 * 38
    page, _, _ = opened(width)
    page.emulate_media(media="print")
    page.evaluate(OPEN_ALL)
    widest = "[...document.querySelectorAll('body *')].filter(one => one.scrollWidth > innerWidth)"

    assert page.evaluate(f"{widest}.map(one => one.outerHTML.slice(0, 99))") == []
    assert page.evaluate(TORN) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.pdf(format=paper).startswith(b"%PDF")


def large_report(report_of, check_of, count):
    """Findings in every place of a set of this many images, with all pictures that find room."""
    names = [f"class{i % 9}/patient{i:06d}/image{i:06d}.png" for i in range(count)]
    rng = np.random.default_rng(0)
    noise = [thumbnail_of(rng.integers(0, 255, (128, 128, 3), dtype=np.uint8)) for _ in range(9)]
    metrics = METRICS if count > 100 else METRICS[:1]
    exhibits = tuple(
        Exhibit(
            name=f"suspects.{m.name}", about=(m.name,), title=m.title, advice=m.advice, count=count,
            rows=(TileRow(tiles=tuple(Tile(image=ImageRef(id=n), facts=("1 level",)) for n in own)),),
            others=tuple(names[12:112]),
        )
        for i, m in enumerate(metrics)
        for own in [names[12 * i : 12 * i + 12]]
    )  # fmt: skip
    refs = [ref for one in exhibits for row in one.rows for ref in (t.image for t in row.tiles)]
    spots = rng.uniform(10, 290, (min(count, 3000), 2)).round(1).tolist()
    plots = (
        class_scene({f"class{i}": count for i in range(300)}, None),
        Scene(
            name="map", title="Map of the images", description="dots", height=300,
            shapes=(Dots(points=tuple(map(tuple, spots)), tone="c0", radius=1.6),),
        ),
    )  # fmt: skip
    made = report_of(
        [check_of("fail", metric=m.name) for m in metrics],
        findings=names, worst={m.name: names[:100] for m in metrics},
        suspects={m.name: count for m in metrics}, plots=plots,
        exhibits=Exhibits(items=exhibits),
        gallery=Gallery(thumbnails={r: noise[i % 9] for i, r in enumerate(refs)}, asked=True),
    )  # fmt: skip
    info = made.metrics.dataset.model_copy(update={"images": count, "unreadable": count})
    return replace(made, metrics=made.metrics.model_copy(update={"dataset": info}))


@pytest.mark.parametrize("count", [10, 100_000])
def test_sets_of_any_size(browser, report_of, check_of, tmp_path, count) -> None:
    """Less than 5 MB, open within seconds, and what found no room is counted."""
    page = as_page(large_report(report_of, check_of, count))
    path = tmp_path / "report.html"
    path.write_text(page, "utf-8")
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    opened = context.new_page()
    said = []
    opened.on("console", lambda message: said.append(message.text))
    opened.goto(path.as_uri(), timeout=20_000)
    opened.evaluate(OPEN_ALL)
    findings = opened.locator("details", has_text="unreadable: class").last.inner_text()
    width = opened.evaluate("document.documentElement.scrollWidth")
    shown = opened.locator(".pic svg").count()
    context.close()

    assert path.stat().st_size < MOST_BYTES
    assert said == []
    assert width <= 1200
    assert f"{count:,} images" in page
    assert shown >= min(count, 12 * len(METRICS))
    assert count == 10 or "more in metrics.json" in findings


def test_a_hostile_picture_is_inert(opened) -> None:
    """A picture is pixels alone: no element of its own, nothing that moves or speaks."""
    page, _, _ = opened()
    names = page.evaluate("[...document.querySelectorAll('symbol *')].map(one => one.tagName)")

    assert set(names) == {"image"}
    assert page.evaluate(
        "[...document.querySelectorAll('image')].every("
        "one => one.getAttribute('href').startsWith('data:image/webp;base64,'))"
    )


@pytest.fixture(scope="module")
def pool_file(tmp_path_factory):
    """Page of the shipped pool."""
    out = tmp_path_factory.mktemp("pool")
    deri_gate.pool_show("standard", out=out)
    return out / "pool-report.html"


@pytest.mark.parametrize("width", sampled([390, 768, 1280]))
def test_the_page_of_a_pool_is_as_wide_as_the_window(browser, pool_file, width) -> None:
    """Its tables are read on a phone, too: no name is torn, and axe finds nothing."""
    context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.goto(pool_file.as_uri())
    torn, wide = page.evaluate(TORN), page.evaluate("document.documentElement.scrollWidth")
    page.evaluate(axe.AXE_SCRIPT)
    found = page.evaluate(
        "axe.run().then(all => all.violations.map(one => [one.id, one.nodes[0].html]))"
    )
    unnamed = page.evaluate(UNNAMED)
    context.close()

    assert unnamed == 0
    assert wide <= width
    assert [word for word in torn if len(word) > 1] == []
    assert found == []


@pytest.mark.sweep
@pytest.mark.parametrize("paper", sampled(["A4", "Letter"]))
def test_the_page_of_a_pool_on_paper(browser, pool_file, paper) -> None:
    """Nothing is cut off at the edge, and no word of a table is torn."""
    width = {"A4": 794, "Letter": 816}[paper] - 2 * 38
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(pool_file.as_uri())
    page.emulate_media(media="print")
    beyond = "[...document.querySelectorAll('table')].filter(one => one.offsetWidth > innerWidth)"
    torn, cut = page.evaluate(TORN), page.evaluate(f"{beyond}.length")
    page.close()

    assert torn == []
    assert cut == 0


# Contents of folded lines: which of them are to be seen.
SHOWN = """which => [...document.querySelectorAll('details' + which)].filter(
  one => one.children.length > 1)
  .map(one => one.lastElementChild.checkVisibility({contentVisibilityAuto: true}))"""
LINES_OPEN = "[...document.querySelectorAll('details')].map(one => one.open)"
UNFOLDING = "details:not(.more)::details-content"


def _on(page, media: str) -> None:
    """Turn to paper or back; a style holds, and is told to scripts, once a frame is drawn."""
    page.emulate_media(media=media)
    page.screenshot()


def _nothing_but_the_glossary_is_folded(page) -> None:
    assert len(page.evaluate(SHOWN, ":not(.more)")) > 3
    assert all(page.evaluate(SHOWN, ":not(.more)"))
    assert not any(page.evaluate(SHOWN, ".more"))


def test_what_is_folded_is_there_on_paper(browser, page_file) -> None:
    """Nobody opens a line of a printed page: values, limits and findings; without scripts too."""
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(page_file.as_uri())
        if not page.evaluate("CSS.supports('selector(::details-content)')"):
            pytest.skip("this browser cannot style what lies in a closed line")
        _on(page, "print")

        _nothing_but_the_glossary_is_folded(page)


def test_an_older_browser_unfolds_for_paper_and_folds_again(opened, page_file) -> None:
    """Only the script helps where `::details-content` is unknown; the screen is as it was."""
    text = page_file.read_text(encoding="utf-8")
    assert UNFOLDING in text
    page_file.write_text(text.replace(UNFOLDING, "details:not(.more)::unknown"), encoding="utf-8")
    page, said, _ = opened()
    page.evaluate("document.querySelector('details:not(.more)').open = true")
    before = page.evaluate(LINES_OPEN)
    _on(page, "print")

    _nothing_but_the_glossary_is_folded(page)

    _on(page, "screen")

    assert page.evaluate(LINES_OPEN) == before
    assert before.count(True) >= 1
    assert said == []
