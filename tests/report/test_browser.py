"""report.html in a real browser: no request, no console message, numbers open their origin, print and dark view."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from hepatrial.analyse import analyse_study
from hepatrial.render import render_report
from hepatrial.report import write_report
from report_factory import make_data, make_exports, make_findings, make_study

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync"]  # fmt: skip
pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists() and not os.environ.get("CI"), reason="Debian's chromium is not installed"
)


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield launched
        launched.close()


def write_page(folder, n):
    study = make_study(folder)
    data = make_data(study, n)
    results, findings = analyse_study(study, data), make_findings()
    out = write_report(
        render_report(study, data, results, findings), study=study, data=data, results=results, findings=findings,
        exports=make_exports(data), inputs={}, out=folder / "out", formats=("html",),
    )  # fmt: skip
    return (out / "report.html").as_uri()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("browser"), 10)


@pytest.fixture
def page(browser, address):
    opened = browser.new_page()
    opened.noise = []
    opened.on("console", lambda message: opened.noise.append(message.text))
    opened.on("pageerror", lambda error: opened.noise.append(str(error)))
    opened.on("request", lambda request: opened.noise.append(request.url) if request.url.startswith("http") else None)
    opened.goto(address)
    yield opened
    assert opened.noise == []
    opened.close()


def test_every_figure_is_shown(page):
    sizes = page.eval_on_selector_all("figure img", "images => images.map(image => image.naturalWidth)")
    assert len(sizes) == 8
    assert all(size > 300 for size in sizes)


def test_a_number_opens_its_origin_and_escape_closes_it(page):
    page.locator("#o14-2-1 tbody [data-result]").nth(3).click()
    panel = page.locator("#panel")
    assert "survival, estimate" in panel.locator("h2").inner_text()
    text = panel.inner_text()
    assert "Source: ADTTE" in text
    assert "subjects.csv" in text
    assert panel.locator("tbody tr").count() == 10
    page.keyboard.press("Escape")
    assert panel.is_hidden()


def test_the_panel_gives_the_formula_and_the_call_that_makes_the_number_again(page):
    page.locator("#o14-2-1 tbody [data-result]").nth(3).click()
    text = page.locator("#panel").inner_text()
    assert "product over event times up to t" in text
    assert (
        'rows = read_rows("study.toml", "data.toml", "ADTTE", [["FASFL","in",["Y"]],["PARAMCD","in",["OS"]]])' in text
    )
    assert 'estimate_survival(rows["AVAL"], rows["CNSR"] == 0, at=[7], conf_type="log-log", conf_level=0.95).at' in text


def test_every_number_of_the_page_opens_a_panel_with_its_formula_and_its_rows(page):
    """Those of tables, once a measure: what, by which rule, from which patients."""
    shown = page.evaluate("""() => {
        const data = JSON.parse(document.getElementById("panel-data").textContent);
        const place = data.fields.indexOf("measure"), source = data.fields.indexOf("source_id");
        const spans = [...document.querySelectorAll("[data-result]")];
        return spans.map(span => {
            const row = data.results[span.dataset.result];
            const where = row && row[source] && data.sources[row[source]][1];
            return [Boolean(row), row && data.recipes[row[place]][0], where];
        });
    }""")
    assert len(shown) > 500
    assert all(found and formula for found, formula, _ in shown)
    assert sum(bool(where) for _, _, where in shown) > 0.9 * len(shown)


def test_the_keyboard_reaches_a_number(page):
    page.locator("#o14-1-1 .scroll").focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    assert page.locator("#panel").is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.result.length") == 16


def test_a_value_of_a_listing_opens_its_line_of_the_export(page):
    page.locator("#o16-2-7 tbody tr[data-record] td").first.click()
    assert "labs.csv" in page.locator("#panel").inner_text()


def test_contents_are_searched_and_listings_filtered_and_sorted(page):
    page.fill("#find", "interleukin")
    assert page.locator("#contents ul ul a:visible").count() == 1
    listing = page.locator("#o16-2-1")
    listing.locator(".filter").fill("T-003")
    assert listing.locator(".count").inner_text() == "1 of 10 rows"
    listing.locator(".filter").fill("")
    place = listing.locator("thead th").all_inner_texts().index("Age") + 1
    ages = [int(text) for text in listing.locator(f"tbody td:nth-child({place})").all_inner_texts()]
    listing.locator(f"thead th:nth-child({place})").click()
    assert [int(text) for text in listing.locator(f"tbody td:nth-child({place})").all_inner_texts()] == sorted(ages)


def test_the_printed_page_leaves_out_what_is_for_the_screen(page):
    page.emulate_media(media="print")
    assert page.locator("#contents").is_hidden()
    assert page.locator("#o14-2-1 table").is_visible()


def test_no_serious_barrier_to_access(browser, tmp_path):
    page = browser.new_page()
    page.goto(write_page(tmp_path, 2))  # axe weighs every cell: the kinds of cells matter, not how many
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page).response["violations"]
        assert [item["id"] for item in found if item["impact"] in ("serious", "critical")] == [], scheme
    page.close()
