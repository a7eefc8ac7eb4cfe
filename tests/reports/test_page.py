"""report.html: one file for people, which runs nothing foreign and asks nobody for anything."""

import base64
import hashlib
import html
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from deri_gate.metrics.catalogue import METRICS
from deri_gate.reports.advice import advice_on
from deri_gate.reports.documentation import section_text
from deri_gate.reports.exhibits.records import Exhibit, Exhibits, ImageRef, Tile, TileRow
from deri_gate.reports.github import commands_of
from deri_gate.reports.glossary import TERMS
from deri_gate.reports.linking import divided, measured, unbroken, with_links
from deri_gate.reports.notebook import as_first_screen
from deri_gate.reports.page import as_page
from deri_gate.reports.page_parts import full_sentence
from deri_gate.reports.screen import Screen
from deri_gate.reports.terminal import as_text
from deri_gate.reports.words import Detail
from deri_gate.schemas.metrics import MetricValue
from tests.sweeps import sampled

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
    assert "95 % between</a> 990 and 1036" in page
    assert "Because of the reference pool." in page


def test_nothing_is_fetched_and_nothing_foreign_runs(hostile_report) -> None:
    """No frame, form, style or picture from elsewhere; one script, which the policy names."""
    page = as_page(hostile_report)
    found = tags(page)
    policy = next(
        a["content"] for t, a in found if a.get("http-equiv") == "Content-Security-Policy"
    )
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    addresses = [a[name] for _, a in found for name in ("src", "href") if name in a]

    assert {tag for tag, _ in found}.isdisjoint({"img", "iframe", "link", "object", "form"})
    assert [tag for tag, _ in found].count("script") == 1
    assert not [a for _, own in found for a in own if a == "src" or a.startswith("on")]
    assert all(one.startswith(("#", "data:image/webp;base64,")) for one in addresses)
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy
    assert "http" not in script


def test_hostile_names_are_shown_as_they_are(hostile_report) -> None:
    """Every character as text."""
    page = as_page(hostile_report)

    assert html.escape("<script>document.title='owned'</script>.png", quote=False) in page.replace(
        "&#39;", "'"
    )
    assert "<script>document" not in page


def test_every_link_leads_somewhere(hostile_report) -> None:
    """Each # has its place in the page, and no place is there twice."""
    found = tags(as_page(hostile_report))
    ids = [a["id"] for _, a in found if "id" in a]
    links = {a["href"][1:] for _, a in found if a.get("href", "").startswith("#")}

    assert len(ids) == len(set(ids))
    assert links <= set(ids)


def test_a_waived_limit_is_nothing_to_do_and_comes_last(report_of, check_of, waived_check) -> None:
    """The page named it first of what to do, though a person had decided on it."""
    checks = [waived_check(), check_of("warn", metric="sharpness")]
    page, calm = as_page(report_of(checks)), as_page(report_of([waived_check()]))
    to_do = page[page.index("What to do first") : page.index("What does not pass")]

    assert "waived" not in to_do
    assert page.index('id="miss-0"') < page.index("Waived for everyone until 2099-01-01")
    assert page.index('id="miss-1"') < page.index("Waived for everyone until 2099-01-01")
    assert "What to do first" not in calm


def test_what_to_do_first_comes_first(report_of, check_of) -> None:
    """Failures before warnings before numbers; a sentence of two limits is said once."""
    checks = [
        check_of("warn", metric="resolution", reason="Seen. All is corrected together."),
        check_of("fail", metric="sharpness", reason="Blurred. All is corrected together."),
    ]
    page = as_page(report_of(checks))

    places = [page.index(text) for text in ("What to do first", "What does not pass", "Subscores<")]
    assert places == sorted(places)
    assert page.index("Blurred.") < page.index("Seen.")
    assert page.count("All is corrected together.") == 1


def test_what_could_not_be_measured_says_why(report_of, check_of) -> None:
    """No advice on images whose metric has no value: the reason, and what can be done about it."""
    metrics = [metric for metric in METRICS if metric.name in {"separation", "label_noise"}]
    checks = [check_of("unknown", metric=one.name, observed=None) for one in metrics]
    report = report_of(checks)
    values = report.metrics.metrics | {
        one.name: MetricValue(value=None, reason=f"{one.name} of one class") for one in metrics
    }
    page = as_page(replace(report, metrics=report.metrics.model_copy(update={"metrics": values})))
    first = page.index("What to do first")
    card = page[first : page.index("</section>", first)]

    for one in metrics:
        assert one.advice not in card
    for said in ("Separation of one class.", "label_noise of one class."):
        assert said in card
    assert card.count("Correct what the reason says, or use a suite without this limit.") == 1


@pytest.mark.parametrize(("count", "said"), [(1.0, "1 drift feature;"), (2.0, "2 drift features;")])
def test_features_in_drift_are_counted(report_of, check_of, count: float, said: str) -> None:
    assert said in as_page(report_of([check_of("fail", metric="drift.started", observed=count)]))


def test_a_drift_that_has_ended_asks_for_no_search(check_of) -> None:
    ended, started = (check_of("warn", metric=f"drift.{what}") for what in ("ended", "started"))

    assert "Look for what changed" in advice_on(started)
    assert "Look for" not in advice_on(ended)


def test_a_number_behind_an_arabic_name_stays_behind_it(report_of) -> None:
    """Unicode isolates around the name, in a tile and in a list; other names stay as they are."""
    tile = Tile(image=ImageRef(id="صورة 3.png"), facts=("شامة", "nv"))
    one = Exhibit(name="suspects.sharpness", about=(), title="Blurred", count=2,
                  rows=(TileRow(tiles=(tile,)),), others=("صورة 4.png",))  # fmt: skip
    page = as_page(report_of(exhibits=Exhibits(items=(one,))))

    assert "\u2068صورة 3<wbr>.png\u2069" in page
    assert "\u2068صورة 4<wbr>.png\u2069" in page
    assert "\u2068شامة\u2069" in page
    assert "\u2068nv" not in page


def test_an_exhibit_without_images_counts_none(report_of) -> None:
    """Natural confounding by brightness names a class, and no image: not "0 images"."""
    one = Exhibit(name="shortcut.0", about=("confounding",), title="Brightness tells", advice="",
                  count=0, rows=())  # fmt: skip
    page = as_page(report_of(exhibits=Exhibits(items=(one,))))

    assert "Brightness tells" in page
    assert "0 images" not in page[page.index("Brightness tells") :][:200]


def test_a_missed_limit_without_images_counts_none(report_of, check_of) -> None:
    """It was "(0 images)" in what to do first, and ", 0 images" beside the limit."""
    one = Exhibit(name="shortcut.0", about=("confounding",), title="Brightness tells", advice="",
                  count=0, rows=())  # fmt: skip
    missed = check_of("warn", metric="confounding")
    page = as_page(report_of([missed], exhibits=Exhibits(items=(one,))))

    assert "Brightness tells</b></p>" in page
    assert "(0 images)" not in page
    assert ", 0 images</p>" not in page


def test_suspects_of_a_metric_are_no_number_of_a_share(report_of, check_of) -> None:
    """600 images without detail were "(12 images)": those that stand out among them."""
    one = Exhibit(name="suspects.resolution", about=("resolution", "hollow_share"), title="Low",
                  advice="Replace them.", count=12, rows=())  # fmt: skip
    missed = [
        check_of("fail", metric="hollow_share"),
        check_of("fail", metric="resolution"),
    ]
    share, own = (as_page(report_of([check], exhibits=Exhibits(items=(one,)))) for check in missed)

    assert "(12 images)" not in share
    assert "(12 images): Replace them." in own


def test_what_is_left_to_do_is_counted(report_of, check_of) -> None:
    """Six things are shown, the others folded; nothing is dropped."""
    names = [metric.name for metric in METRICS][:9]
    page = as_page(report_of([check_of("fail", metric=name) for name in names]))
    first = page.index("What to do first")
    card = page[first : page.index("</section>", first)]

    assert card.count("<li>") == len(names)
    assert "3 more things to do</summary>" in card
    assert card.index("3 more things") > [m.start() for m in re.finditer("<li>", card)][5]


def test_words_are_explained_where_they_stand(report_of, check_of) -> None:
    """Terms beside a number lead to their entry, and the pointer shows it."""
    checks = [
        check_of("fail", column="change", observed=0.001, limit=0.01),
        check_of("warn", column="subscore", metric="exposure"),
        check_of("warn", metric="noise_artifacts"),
    ]
    page = as_page(report_of(checks))
    missed = page[page.index("What does not pass") : page.index(">Subscores<")]

    assert re.search(r'<a href="#g-adjusted-p" title="The prob[^"]*">adjusted p</a> 0.001;', missed)
    assert re.search(r'<a href="#g-subscore" title="[^"]*">subscore</a> 42', missed)
    assert re.search(r'42\s<a href="#g-levels" title="[^"]*">levels</a>; the limit', missed)
    assert '<a href="#g-metric-exposure">Exposure</a>' in missed


def test_a_term_in_a_hostile_name_opens_nothing() -> None:
    """Links are put into text that is escaped already, and never into an address."""
    text = str(with_links('<a title="effect">x</a> &effect; x/effect effect.png, an effect'))

    assert text.startswith("&lt;a title=&#34;effect&#34;&gt;x&lt;/a&gt; &amp;effect; x/effect")
    assert text.count("<a ") == 1
    assert text.endswith(">effect</a>")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("class_a/img_01(2).png", "class_<wbr>a/<wbr>img_<wbr>01<wbr>(2)<wbr>.png"),
        ("0.00012, -0.5, 8e-07", "0.00012, -0.5, 8e-07"),
        ("a/<b>.png", "a/&lt;b&gt;.png"),
        ("&#39;_x", "&amp;#39;_x"),
    ],
)
def test_a_name_is_divided_at_its_own_signs(name, shown) -> None:
    """Not within a word or a number; and what it holds is text."""
    assert divided(name) == shown


def test_a_limit_without_images_says_what_to_do(report_of, check_of) -> None:
    """Advice on a share, which is no metric's, stands in the page as in the terminal."""
    page = as_page(report_of([check_of("fail", metric="template_share")]))

    assert "Collect different pictures for the classes" in page


def test_a_line_a_metric_and_the_plots_of_the_score(report_of, check_of) -> None:
    page = as_page(report_of([check_of()]))

    assert page.count('<td class="status') >= 11
    assert len(re.findall(r'<figure class="plot">', page)) == 2


def test_length_says_value_and_colour_says_status(report_of, check_of) -> None:
    """A failing metric of a high subscore has a long bar that is not red, and a cross."""
    failed = check_of("fail", metric="xai_stability", column="change", observed=0.001, limit=0.01)
    page = as_page(report_of([failed]))
    bar = re.search(r"<rect [^>]*><title>Stability of explanations: 90</title>", page)[0]

    assert "var(--mark)" in bar
    assert "var(--fail)" not in bar
    assert re.search(r'fill="var\(--fail\)">✗<', page)


def test_terms_are_explained_in_two_sentences_at_most(report_of) -> None:
    """Each with a section of the documentation, which the page holds: no address is needed."""
    assert len({term.name for term in TERMS}) == len(TERMS)
    for term in TERMS:
        assert len(re.findall(r"[.](?:\s|$)", term.text)) <= 2, term.name
        assert section_text(term.page, term.section), term.name
    page = as_page(report_of([]))
    for term in TERMS:
        assert f'id="g-{term.name}"' in page
        assert page.count(f">{term.section}</summary>") == 1
    for metric in METRICS:
        entry = page[page.index(f'id="g-metric-{metric.name}"') :].partition("</dd>")[0]
        assert metric.source.partition(";")[0] in html.unescape(entry)
    assert not re.search(r"href=.[^#d\"]", page)  # nothing but places in the page, and pictures


def test_same_report_same_bytes(hostile_report) -> None:
    assert as_page(hostile_report) == as_page(hostile_report)


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
@pytest.mark.parametrize("width", sampled([360, 1200]))
def test_a_browser_shows_it_without_sideways_scrolling(hostile_report, tmp_path, width) -> None:
    """On a phone too, whatever the names; and no name has run as a script."""
    measured, *title, verdict = rendered(as_page(hostile_report), tmp_path, width).split("|")

    assert int(measured) <= width
    assert "|".join(title).startswith("Could not judge: ")
    assert verdict == "Could not judge"


def test_a_sentence_begins_with_a_capital_and_ends_with_a_stop():
    """A name as it stands in files is no word to begin with a capital: nobody could find it."""
    assert full_sentence("one image has no label") == "One image has no label."
    assert full_sentence("xai_overlay was not measured") == "xai_overlay was not measured."
    assert full_sentence("Is it so?") == "Is it so?"
    assert not full_sentence("")


def test_a_number_that_fails_is_told_once_on_every_page(report_of, check_of, waived_check) -> None:
    """The stricter limit that warns of it is not; one on another number, or a waived one, is."""
    checks = [
        check_of("fail", metric="exact_copies", limit=0.07),
        check_of("warn", metric="exact_copies", limit=0.0),
        check_of("warn", metric="exact_copies", column="difference", limit=0.0),
        waived_check(),
    ]
    report = report_of(checks)
    wide = Screen(width=200)
    table, full = (
        as_text(report, screen=wide, detail=detail)
        .partition("Limits missed")[2]
        .partition("\n\n")[0]
        for detail in (Detail.NORMAL, Detail.FULL)
    )

    assert as_page(report).count('<section class="miss') == 3
    assert len(table.strip().splitlines()) == 3
    assert len(commands_of(report, file=None)) == 3
    assert as_first_screen(report).count("<tr>") == 3
    assert full.count("exact_copies") == 3


@pytest.mark.parametrize("text", ["36 % of it", "a side of 12 px", "3 levels", "the last 7 days"])
def test_no_line_ends_between_a_number_and_its_unit(text: str) -> None:
    """But names, and words that only begin like a unit, may break."""
    assert " " not in unbroken(text).split("\N{NO-BREAK SPACE}")[0].rpartition(" ")[2]
    assert "\N{NO-BREAK SPACE}" in str(with_links(text))
    assert unbroken("2 dayschools, 3 pxs, 4 images") == "2 dayschools, 3 pxs, 4 images"


def test_the_page_keeps_each_share_on_one_line(report_of, check_of) -> None:
    """Shares that are held against a limit, and those in sentences on it."""
    check = check_of("fail", metric="exact_copies", limit=0.07)
    page = as_page(report_of([replace(check, detail="9 % of the images are copies.")]))

    assert "9\N{NO-BREAK SPACE}% of the images" in page
    assert "7\N{NO-BREAK SPACE}%" in page.partition("<main>")[2].partition("Subscores")[0]


def test_a_fact_below_an_image_keeps_its_unit_on_the_line() -> None:
    """Names stay as they are; markup in a fact is text."""
    assert str(measured("typical 19.8 %")) == "typical 19.8\N{NO-BREAK SPACE}%"
    assert "<b>" not in str(measured("<b> 3 px"))
    assert "36 %" in str(divided("36 % a.png"))
