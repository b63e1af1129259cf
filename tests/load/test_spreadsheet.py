import io
import zipfile

import pytest

from exports_factory import of_rule, read_one
from hepatrial.errors import LoadError
from hepatrial.load.spreadsheet import letters_of, read_spreadsheet
from workbook_factory import DATE, sheet_xml, workbook

HEADER = ["id", "day", "result"]
LABS = {
    "table": "labs",
    "file": "labs.xlsx",
    "columns": {"subject_id": "id", "date": "day", "result": "result"},
    "constants": {"parameter": "BILI", "unit": "umol/L"},
}


def book(*rows: list[object], **options) -> bytes:
    return workbook({"Labs": sheet_xml([HEADER, *rows])}, **options)


def test_cells_are_read_as_a_person_would_type_them(tmp_path):
    content = book(["S1", (DATE, 41641), 12.5], [1, (DATE, 41642.5), 300], ["S3", "2014-01-04", "<0.5"])
    labs = read_one(tmp_path, content, dict(LABS)).tables["labs"]
    assert labs["subject_id"].tolist() == ["S1", "1", "S3"]
    assert labs["date_text"].tolist() == ["2014-01-02", "2014-01-03 12:00:00", "2014-01-04"]
    assert labs["date"].notna().all()
    assert labs["result"].tolist() == ["12.5", "300", "<0.5"]
    assert labs["line"].tolist() == [2, 3, 4]


@pytest.mark.parametrize(("epoch", "serial", "is_1904"), [("excel 1900", 41641, False), ("excel 1904", 40179, True)])
def test_dates_and_bare_serials_agree_in_both_epochs(tmp_path, epoch, serial, is_1904):
    content = book(["S1", (DATE, serial), 1], ["S2", serial, 1], date1904=is_1904)
    labs = read_one(tmp_path, content, dict(LABS), date_formats=(epoch,)).tables["labs"]
    assert labs["date"].dt.strftime("%Y-%m-%d").tolist() == ["2014-01-02", "2014-01-02"]


def test_a_merged_header_reaches_over_its_columns():
    rows = [["Title"], ["id", "Week 1", None, "note"], [None, "ALT", "AST", None], ["S1", 1, 2, "x"]]
    content = workbook({"A": sheet_xml(rows, ("A1:D1", "A2:A3", "B2:C2", "D2:D3"))})
    sheet = read_spreadsheet(content, "x.xlsx", header_row=3, header_rows=2)
    assert list(sheet.columns) == ["id", "Week 1 / ALT", "Week 1 / AST", "note"]
    assert sheet.lines.tolist() == [4]
    assert sheet.letters["Week 1 / AST"] == "C"


def test_an_unmerged_stacked_header_is_filled_to_the_right():
    content = workbook({"A": sheet_xml([[None, "Week 1", None], ["id", "ALT", "AST"], ["S1", 1, 2]])})
    sheet = read_spreadsheet(content, "x.xlsx", header_row=2, header_rows=2)
    assert list(sheet.columns) == ["id", "Week 1 / ALT", "Week 1 / AST"]


def test_the_sheet_is_chosen_by_name_and_a_choice_is_reported(tmp_path):
    content = workbook({"Notes": sheet_xml([["x"]]), "Labs": sheet_xml([HEADER, ["S1", "2014-01-02", 3]])})
    assert len(read_one(tmp_path, content, LABS | {"sheet": "Labs"}).tables["labs"]) == 1
    with pytest.raises(LoadError, match="has no sheet 'Lab'; it has 'Notes', 'Labs'"):
        read_spreadsheet(content, "x.xlsx", sheet="Lab")
    assert "'Notes'" in read_spreadsheet(content, "x.xlsx").detected


def test_numbers_stored_as_text_are_read_and_said_so(tmp_path):
    exports = read_one(tmp_path, book(["S1", "2014-01-02", 12], ["S2", "2014-01-02", "13"]), dict(LABS))
    assert exports.tables["labs"]["value"].tolist() == [12.0, 13.0]
    assert of_rule(exports.findings.frame, "number-text") == [("labs.xlsx", 3, "result", "13")]


def test_formulas_are_named_and_an_uncomputed_one_is_an_error(tmp_path):
    computed = b'<c r="C2"><f>1+1</f><v>2</v></c>'
    empty = b'<c r="C3"><f>B9*2</f><v></v></c>'
    failed = b'<c r="C4" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
    day = "2014-01-02"
    exports = read_one(tmp_path, book(["S1", day, computed], ["S2", day, empty], ["S3", day, failed]), dict(LABS))
    assert of_rule(exports.findings.frame, "cell-formula") == [("labs.xlsx", 2, "result", "=1+1")]
    assert of_rule(exports.findings.frame, "cell-uncomputed") == [
        ("labs.xlsx", 3, "result", "=B9*2"),
        ("labs.xlsx", 4, "result", "=1/0"),
    ]


def test_blank_rows_are_left_out_and_lines_stay_those_of_the_sheet(tmp_path):
    exports = read_one(tmp_path, book(["S1", "2014-01-02", 1], ["", " ", ""], ["S2", "2014-01-02", 2]), dict(LABS))
    assert exports.tables["labs"]["line"].tolist() == [2, 4]


def zip_bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (300 * 1024 * 1024))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (book(["S1"])[:-200], "is cut or damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 2000, "is damaged or no spreadsheet"),
        (workbook({"A": sheet_xml([])}), "has no column names in row 1"),
        (workbook({"A": sheet_xml([["id"], [b'<c r="XFD1048576"><v>1</v></c>']])}), "spans"),
        (zip_bomb(), "unpacks to 314,572,800 bytes"),
    ],
    ids=["cut", "not an xls", "empty", "stray cell", "bomb"],
)
def test_a_workbook_that_cannot_be_read_is_one_clear_error(tmp_path, content, message):
    with pytest.raises(LoadError, match=f"labs.xlsx.*{message}"):
        read_one(tmp_path, content, dict(LABS))


def test_a_web_page_named_xls_is_named_for_what_it_is(tmp_path):
    with pytest.raises(LoadError, match="labs.xls: is a web page"):
        read_one(tmp_path, b"<html><table><tr><td>1</td></tr></table></html>", LABS | {"file": "labs.xls"})


def test_a_sheet_of_a_text_file_is_refused(tmp_path):
    with pytest.raises(LoadError, match="has no sheet 'Labs'"):
        read_one(tmp_path, "id,day,result\n", LABS | {"file": "labs.csv", "sheet": "Labs"})


@pytest.mark.parametrize(("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_have_the_letters_of_the_sheet(index, letters):
    assert letters_of(index) == letters
