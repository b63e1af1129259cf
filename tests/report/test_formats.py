"""PDF, RTF, DOCX, XLSX and ARD: every table is whole, text is text, numbers are numbers, the same bytes twice."""

import json
import re
import shutil
import subprocess
import zipfile
from xml.etree import ElementTree

import docx
import pytest
from python_calamine import CalamineWorkbook

from hepatrial.analyse import analyse_study
from hepatrial.errors import ReportError
from hepatrial.render import Figure, Listing, Table, cell_text, render_report
from hepatrial.report import write_report
from hepatrial.report.docx_table import MOST_OVER, UPRIGHT, format_table, is_flat, legal
from hepatrial.report.layout import (
    column_letters,
    count_columns,
    font_points,
    heading_rows,
    iter_headings,
    iter_lines,
)
from hepatrial.report.manifest import hash_folder
from hepatrial.report.rtf import escape
from report_factory import make_data, make_exports, make_findings, make_study

EVIL = "#import \\field{\\*} =HYPERLINK('x') <w:t> & 发热 \x0b"


def write(folder, **options):
    folder.mkdir(exist_ok=True)
    study = make_study(folder, arms=2)
    data = make_data(study, 12, term=EVIL)
    results, findings = analyse_study(study, data), make_findings()
    rendered = render_report(study, data, results, findings)
    out = write_report(
        rendered, study=study, data=data, results=results, findings=findings, exports=make_exports(data), inputs={},
        out=folder / "out", **options,
    )  # fmt: skip
    return rendered, results, out


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write(tmp_path_factory.mktemp("formats"))


@pytest.mark.parametrize("formats", [("png",), ("docx",), ("xlsx",)])
def test_figures_are_written_as_png_where_a_format_needs_them(tmp_path, formats):
    rendered, _, out = write(tmp_path, formats=formats)
    numbers = {item.number for item in rendered.outputs if isinstance(item, Figure)}
    assert {path.stem for path in out.glob("figures/*.svg")} == {f"figure-{number}" for number in numbers}
    pictures = {path.stem for path in out.glob("figures/*.png")}
    assert pictures == (set() if formats == ("xlsx",) else {f"figure-{number}" for number in numbers})


def tables(rendered):
    return [item for item in rendered.outputs if isinstance(item, Table | Listing)]


def test_the_same_report_gives_the_same_bytes_in_every_format(written, tmp_path):
    again = write(tmp_path / "elsewhere")[2]
    assert hash_folder(again) == hash_folder(written[2])


def test_only_the_formats_asked_for_are_written(tmp_path):
    out = write(tmp_path / "few", formats=("xlsx",))[2]
    assert (out / "tables.xlsx").exists()
    assert not (out / "report.html").exists()
    assert not (out / "report.pdf").exists()


def test_an_unknown_format_is_an_error(tmp_path):
    with pytest.raises(ReportError, match=r"formats \['odt'\] are not known; allowed are html, pdf"):
        write(tmp_path / "odd", formats=("odt",))


def test_heading_cells_cover_each_place_once(written):
    for item in tables(written[0]):
        places = [
            (row, column)
            for at in iter_headings(item)
            for row in range(at.row, at.row + at.rows)
            for column in range(at.column, at.column + at.columns)
        ]
        assert len(places) == len(set(places)) == heading_rows(item) * count_columns(item), item.number


def test_a_pdf_is_written_with_its_pages(written):
    content = (written[2] / "report.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert b"/Type /Pages" in content or b"/Type/Pages" in content
    assert len(content) > 50_000


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
def test_a_pdf_holds_the_text_of_the_data_as_text(written):
    text = subprocess.run(
        ["pdftotext", "-layout", written[2] / "report.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "#import" in text
    assert "发热" in text
    assert re.search(r"Page 1 of \d+", text)


def test_every_row_of_an_rtf_table_has_as_many_cells_as_edges(written):
    files = sorted((written[2] / "tables").glob("*.rtf"))
    assert len(files) == len(tables(written[0]))
    for path in files:
        content = path.read_text(encoding="ascii")
        rows = re.findall(r"\\trowd.*?\\row", content)
        assert rows
        assert all(row.count(r"\cellx") == len(re.findall(r"\\cell(?!x)", row)) for row in rows), path.name
        depth = 0
        for sign in re.findall(r"\\[{}\\]|[{}]", content):
            depth += {"{": 1, "}": -1}.get(sign, 0)
            assert depth >= 0
        assert depth == 0, path.name


def test_rtf_text_cannot_hold_a_control_word():
    assert escape("\\field{\\*}") == "\\\\field\\{\\\\*\\}"
    assert escape("µ发😀") == "\\u181?\\u21457?\\u-10179?\\u-8704?"
    assert escape("a\nb") == "a\\line b"


def test_a_docx_holds_every_row_of_every_table(written):
    rendered, _, out = written
    document = docx.Document(str(out / "report.docx"))
    items = tables(rendered)
    assert len(document.tables) == len(items)
    for table, item in zip(document.tables, items, strict=True):
        assert len(table.rows) == heading_rows(item) + len(list(iter_lines(item))), item.number
    text = "\n".join(node.text or "" for node in document.element.body.iter() if node.tag.endswith("}t"))
    assert legal(EVIL) in text


def test_words_of_a_docx_are_parted_on_no_page(written):
    for output in written[0].outputs:
        if isinstance(output, Table | Listing) and not is_flat(output):
            grid = re.findall(r'<w:gridCol w:w="(\d+)"', format_table(output))
            assert sum(map(int, grid)) <= UPRIGHT + len(grid), output.number
            letter = (13 if isinstance(output, Listing) else 2 * font_points(output)) * 6.5
            assert sum(column_letters(output)) <= MOST_OVER * UPRIGHT / letter, output.number


def test_html_pdf_and_docx_say_the_methods_and_their_literature(written):
    out = written[2]
    document = docx.Document(str(out / "report.docx"))
    texts = {
        "html": (out / "report.html").read_text(encoding="utf-8"),
        "docx": "\n".join(paragraph.text for paragraph in document.paragraphs),
        "pdf": subprocess.run(
            ["pdftotext", out / "report.pdf", "-"], capture_output=True, text=True, check=True
        ).stdout,
    }
    for name, text in texts.items():
        flat = " ".join(text.split())
        for wanted in ("Statistical methods", "estimated by the Kaplan–Meier method", "doi:10.1093/biomet/26.4.404"):
            assert wanted in flat, (name, wanted)


def test_chinese_text_names_a_font_in_docx_and_rtf(written):
    out = written[2]
    style = docx.Document(str(out / "report.docx")).styles["Normal"].element.xml
    assert 'w:eastAsia="SimSun"' in style
    assert 'w:eastAsia="zh-CN"' in style
    for path in (out / "tables").glob("*.rtf"):
        assert r"{\f1\fnil\fcharset134 SimSun;}" in path.read_text(encoding="ascii")


def test_letters_that_xml_cannot_hold_are_replaced():
    assert legal("a\x0bb\ud800c") == "a\ufffdb\ufffdc"


def test_a_workbook_holds_numbers_as_numbers_and_formulas_as_text(written):
    rendered, results, out = written
    book = CalamineWorkbook.from_path(str(out / "tables.xlsx"))
    sheet = book.get_sheet_by_name("14.2.1").to_python(skip_empty_area=False)
    row = next(line for line in sheet if line[0].strip() == "Day 28")
    frame = results.frame
    keep = (frame["analysis_id"] == "os_km") & (frame["measure"] == "survival") & (frame["level"] == "")
    keep &= (frame["group"] == "MSC") & (frame["time_days"] == 28) & (frame["stat"] == "estimate")
    (estimate,) = frame.loc[keep, "value"]
    assert row[4] == pytest.approx(100 * estimate, rel=1e-12)
    listing = book.get_sheet_by_name("16.2.6").to_python()
    assert any(str(cell).startswith("#import") for line in listing for cell in line)
    with zipfile.ZipFile(out / "tables.xlsx") as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        formulas = [node for name in sheets for node in ElementTree.fromstring(archive.read(name)).iter()
                    if node.tag.endswith("}f")]  # fmt: skip
    assert len(sheets) == len(tables(rendered)) + 1
    assert formulas == []


def test_an_ard_has_a_record_a_result_under_the_names_of_cards(written):
    _, results, out = written
    records = json.loads((out / "ard.json").read_text(encoding="utf-8"))
    assert [record["result_id"] for record in records] == results.frame["result_id"].tolist()
    by_id = dict(zip(results.frame["result_id"], results.frame.to_dict("records"), strict=True))
    for record in records:
        row = by_id[record["result_id"]]
        if row["stat"] == "percent":
            assert (record["stat_name"], record["stat"]) == ("p", row["value"] / 100)
        elif row["value"] == row["value"]:
            assert record["stat"] == row["value"]
    names = {record["stat_name"] for record in records}
    assert {
        "N",
        "n",
        "p",
        "mean",
        "sd",
        "median",
        "p25",
        "p75",
        "estimate",
        "std.error",
        "conf.low",
        "p.value",
    } <= names
    assert {"group1": "TRT01P", "group1_level": "MSC"}.items() <= next(r for r in records if "group1" in r).items()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_reads_every_row_of_rtf_and_docx(written, tmp_path):
    rendered, _, out = written
    item = next(item for item in tables(rendered) if item.number == "14.1.3")
    for source in (out / "report.docx", out / "tables" / "table-14.1.3.rtf"):
        profile = f"-env:UserInstallation=file://{tmp_path}/profile"
        target = ["--convert-to", "txt:Text", "--outdir", str(tmp_path), str(source)]
        command = ["soffice", "--headless", profile, *target]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        text = (tmp_path / f"{source.stem}.txt").read_text(encoding="utf-8")
        for line in iter_lines(item):
            assert line.label in text
            assert all(cell_text(cell) in text for cell in line.cells)
