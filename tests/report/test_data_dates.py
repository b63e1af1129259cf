"""The day of the data and of the extract stand on every page and table of an interim report, in every format."""

import shutil
import subprocess
from dataclasses import replace
from datetime import date

import docx
import pytest
from python_calamine import CalamineWorkbook

from hepatrial.analyse import analyse_study
from hepatrial.render import Listing, Table, render_report
from hepatrial.report import write_report
from hepatrial.report.manifest import read_manifest
from report_factory import make_data, make_exports, make_findings, make_study

DATES = "Data as of 2025-03-31, extract of 2025-06-30"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dates")
    study = make_study(folder, arms=1)
    data = replace(
        make_data(study, 12), as_of=date(2025, 3, 31), cutoff=date(2025, 3, 31), extracted_on=date(2025, 6, 30)
    )
    results, findings = analyse_study(study, data), make_findings()
    rendered = render_report(study, data, results, findings)
    out = write_report(
        rendered, study=study, data=data, results=results, findings=findings, exports=make_exports(data), inputs={},
        out=folder / "out", cutoff=data.cutoff,
    )  # fmt: skip
    return rendered, out


def test_every_output_says_it(written):
    assert len(written[0].outputs) > 10
    assert all(f"{DATES}. Program: hepatrial" in item.source for item in written[0].outputs)


def test_html_has_it_below_every_output_and_at_the_end(written):
    page = (written[1] / "report.html").read_text(encoding="utf-8")
    assert page.count(f"{DATES}.") == len(written[0].outputs) + 1


def test_every_page_of_the_pdf(written):
    if shutil.which("pdftotext") is None:
        pytest.skip("needs poppler-utils")
    command = ["pdftotext", "-layout", str(written[1] / "report.pdf"), "-"]
    pages = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\f")[:-1]
    assert len(pages) > 5
    assert all(DATES in page for page in pages)


def test_every_rtf_page_every_docx_page_and_every_sheet(written):
    tables = [item for item in written[0].outputs if isinstance(item, Table | Listing)]
    files = sorted((written[1] / "tables").glob("*.rtf"))
    assert len(files) == len(tables)
    assert all(f"{DATES}   SIMULATED DATA\\par}}" in path.read_text(encoding="ascii") for path in files)
    document = docx.Document(str(written[1] / "report.docx"))
    assert all(DATES in part.header.paragraphs[0].text for part in document.sections)
    book = CalamineWorkbook.from_path(str(written[1] / "tables.xlsx"))
    for name in book.sheet_names:
        cells = [str(cell) for row in book.get_sheet_by_name(name).to_python() for cell in row]
        assert any(DATES in cell for cell in cells), name


def test_the_manifest_has_both_dates(written):
    found = read_manifest(written[1])["data"]
    assert (found["as_of"], found["cutoff"], found["exported_on"]) == ("2025-03-31", "2025-03-31", "2025-06-30")
