"""report.html: each number names its row, text is text, nothing is loaded, the same input gives the same bytes."""

import re
from html.parser import HTMLParser

import pytest

from hepatrial.analyse import analyse_study
from hepatrial.contracts import RESULT_COLUMNS
from hepatrial.render import format_value, render_report
from hepatrial.report import read_manifest, write_report
from hepatrial.report.manifest import compute_sha256, hash_folder
from hepatrial.report.panel import describe_where
from hepatrial.results import guard_formula
from report_factory import make_data, make_exports, make_findings, make_study

EVIL = "<script>alert(1)</script> & \"quoted\" __asset__ </title> {{ 7*7 }} =HYPERLINK('x')"


def write(folder, n=10, *, title="", term="Pyrexia"):
    folder.mkdir(exist_ok=True)
    study = make_study(folder, title=title)
    data = make_data(study, n, term=term)
    results, findings = analyse_study(study, data), make_findings()
    rendered = render_report(study, data, results, findings)
    out = write_report(
        rendered, study=study, data=data, results=results, findings=findings, exports=make_exports(data),
        inputs={"study.toml": folder / "study.toml"}, out=folder / "out", formats=("html",),
    )  # fmt: skip
    return out, results


class Cells(HTMLParser):
    """Every text inside a table body, with the result, record and format that it carries."""

    def __init__(self):
        super().__init__()
        self.open, self.found, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("br", "meta", "input", "img", "link"):
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        while self.open.pop()[0] != tag:
            pass

    def handle_data(self, text):
        if text.strip():
            self.found.append((text, list(self.open)))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def cells(written):
    parser = Cells()
    parser.feed((written[0] / "report.html").read_text(encoding="utf-8"))
    return parser


def inside(stack, tag):
    return any(name == tag for name, _ in stack)


def named(stack, attribute):
    return next((attrs[attribute] for _, attrs in reversed(stack) if attribute in attrs), None)


def output_cells(cells):
    """Texts in the cells of numbered outputs (not of the title page's or the findings' tables)."""
    for text, stack in cells.found:
        if inside(stack, "td") and any(attrs.get("class") == "output" for _, attrs in stack):
            yield text, stack


def test_every_number_in_a_cell_names_its_row_and_shows_the_text_of_its_value(written, cells):
    rows = written[1].frame.set_index("result_id")
    checked = 0
    for text, stack in output_cells(cells):
        result, record = named(stack, "data-result"), named(stack, "data-record")
        if result:
            row = rows.loc[result]
            assert text == format_value(row["value"], named(stack, "data-format"), status=row["status"])
            checked += 1
        elif not record and re.search(r"\d", text):
            pytest.fail(f"the number {text!r} names neither a result nor a record")
    assert checked > 500


def test_column_heads_name_the_row_of_their_n(cells):
    sizes = [text for text, stack in cells.found if inside(stack, "thead") and named(stack, "data-result")]
    assert sizes
    assert set(sizes) == {"10"}


def test_every_figure_has_words_and_every_table_a_caption_and_scopes(cells):
    images = [attrs for tag, attrs in cells.tags if tag == "img"]
    assert len(images) == 8
    assert all(len(image["alt"]) > 40 and image["src"].startswith("data:image/svg+xml;base64,") for image in images)
    heads = [attrs for tag, attrs in cells.tags if tag == "th"]
    assert all("scope" in attrs for attrs in heads)
    assert sum(tag == "caption" for tag, _ in cells.tags) == 14 + 9


def test_text_of_the_study_and_the_data_is_only_text(tmp_path):
    out, _ = write(tmp_path / "a", title=EVIL.replace('"', '\\"'), term=EVIL)
    parser = Cells()
    parser.feed((out / "report.html").read_text(encoding="utf-8").replace("<wbr>", ""))
    assert sum(tag == "script" for tag, _ in parser.tags) == 2
    assert sum(tag == "style" for tag, _ in parser.tags) == 1
    title = next(text for text, stack in parser.found if inside(stack, "h1"))
    assert title == EVIL
    assert any(text == EVIL and named(stack, "data-record") for text, stack in output_cells(parser))


def test_the_page_names_no_other_place(written):
    page = (written[0] / "report.html").read_text(encoding="utf-8")
    outside = re.sub(r'content="default-src[^"]*"', "", page)
    assert not re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?(?:https?:)?//", outside)
    assert "default-src 'none'" in page
    assert "unsafe" not in page


def test_chinese_text_has_its_letters_in_the_embedded_font(written):
    import base64
    import io

    from fontTools.ttLib import TTFont

    page = (written[0] / "report.html").read_text(encoding="utf-8")
    font = base64.b64decode(re.search(r"data:font/otf;base64,([^)]+)\)", page)[1])
    letters = TTFont(io.BytesIO(font)).getBestCmap()
    assert all(ord(letter) in letters for letter in "间充质干细胞反应器血液净化治疗肝衰竭发热")
    assert len(font) < 60_000


def test_the_same_input_gives_the_same_bytes_in_another_folder(written, tmp_path):
    again, _ = write(tmp_path / "elsewhere")
    assert hash_folder(again) == hash_folder(written[0])


def test_the_manifest_lists_every_file_and_no_path_of_this_machine(written):
    out, _ = written
    manifest = read_manifest(out)
    assert set(manifest["outputs"]) == {path for path in hash_folder(out) if path != "manifest.json"}
    assert all(compute_sha256(out / path) == sha for path, sha in manifest["outputs"].items())
    assert manifest["data_files"] == {"labs.csv": "ab" * 32}
    assert str(out.parent) not in (out / "manifest.json").read_text(encoding="utf-8")


def test_the_files_of_a_report(written):
    names = {path.name for path in written[0].rglob("*") if path.is_file()}
    tables = {"results.csv", "results.parquet", "sources.parquet", "findings.csv"}
    assert {"report.html", "manifest.json"} | tables <= names
    assert {"figure-14.2.2.svg", "figure-14.2.2.csv"} <= names
    assert "figure-14.2.2.png" not in names  # of the formats "png" and "docx"
    head = (written[0] / "figures" / "figure-14.2.2.csv").read_text(encoding="utf-8").splitlines()[0]
    assert head.split(",") == list(RESULT_COLUMNS)


@pytest.mark.parametrize(
    ("value", "written_as"),
    [("=HYPERLINK(1)", "'=HYPERLINK(1)"), ("@x", "'@x"), ("-5.2", "-5.2"), ("-x", "'-x"), ("plain", "plain"), (3, 3)],
)
def test_a_spreadsheet_cannot_run_text_of_the_data(value, written_as):
    assert guard_formula(value) == written_as


def test_conditions_of_a_source_in_words():
    where = '[["PARAMCD", "in", ["OS"]], ["AVAL", "not missing", []], ["AVAL", "<=", [28]]]'
    assert describe_where(where) == "PARAMCD is OS and AVAL is not missing and AVAL ≤ 28"
    assert describe_where("[]") == "all rows"
    assert describe_where('[["FASFL", "in", ["Y"]], ["FASFL", "in", ["Y"]]]') == "FASFL is Y"
    assert describe_where('[["USUBJID", "in", []]]') == "USUBJID is none"
