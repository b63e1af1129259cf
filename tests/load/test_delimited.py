import pytest

from exports_factory import read_one
from hepatrial.errors import LoadError
from hepatrial.load.delimited import read_delimited

HEADER = "id,note\n"
SOURCE = {"table": "subjects", "columns": {"subject_id": "id"}, "ignore": ("note",)}


def sheet(content: bytes | str, **options):
    content = content if isinstance(content, bytes) else content.encode()
    options = {"encoding": "utf-8", "delimiter": ","} | options
    return read_delimited(content, "x.csv", **options)


def rules_of(exports) -> list[str]:
    return exports.findings.frame["rule"].tolist()


@pytest.mark.parametrize(
    ("text", "codec", "encoding", "delimiter"),
    [
        ("id,note\n1,é\n", "utf-8", "utf-8", ","),
        ("id;note\n1;é\n", "utf-8-sig", "utf-8", ";"),
        ("id\tnote\n1\té\n", "utf-16", "utf-16", "\t"),
        ("id,note\n1,胆红素很高\n", "gb18030", "gb18030", ","),
        ("id;note\n1;µmol/L größer\n", "cp1252", "cp1252", ";"),
    ],
)
def test_encoding_and_delimiter_are_detected_and_reported(tmp_path, text, codec, encoding, delimiter):
    exports = read_one(tmp_path, text.encode(codec), dict(SOURCE), encoding=None, delimiter=None)
    assert exports.files[["encoding", "delimiter"]].iloc[0].tolist() == [encoding, delimiter]
    assert exports.tables["subjects"]["subject_id"].tolist() == ["1"]
    assert rules_of(exports) == ["file-detected"]


def test_a_declared_encoding_wins(tmp_path):
    assert sheet("id,note\n1,µm\n".encode("cp1252"), encoding="gb18030").columns["note"].texts == ("祄",)
    with pytest.raises(LoadError, match="line 2: byte 10 is not utf-8"):
        sheet("id,note\n1,é\n".encode("cp1252"))
    with pytest.raises(LoadError, match="'utf-99' of data.toml is not known"):
        sheet(b"id\n1\n", encoding="utf-99")


def test_lines_are_physical_lines():
    read = sheet('id,note\n1,"two\nlines"\n\n2,x\n,\n3,y\n')
    assert read.lines.tolist() == [2, 5, 7]
    assert read.blank_lines == (4, 6)


def test_a_header_below_a_title_and_of_two_rows():
    read = sheet("Title\n,Week 1,,Week 2,\nid,ALT,AST,ALT,AST\n1,2,3,4,5\n", header_row=3, header_rows=2)
    assert list(read.columns) == ["id", "Week 1 / ALT", "Week 1 / AST", "Week 2 / ALT", "Week 2 / AST"]
    assert read.lines.tolist() == [4]


def test_doubled_names_are_told_apart():
    read = sheet("id,Complete?,Complete?\n1,a,b\n")
    assert list(read.columns) == ["id", "Complete?", "Complete? (2)"]
    assert read.doubled == ("Complete?",)


@pytest.mark.parametrize("text", [HEADER + "1,a\n2", HEADER + "1,a\n2\n", HEADER + '1,a\n2,"open\nmore\n'])
def test_a_file_cut_in_a_row_is_fatal_and_named(tmp_path, text):
    exports = read_one(tmp_path, text, dict(SOURCE))
    found = exports.findings.frame
    assert found[["rule", "severity", "line", "column"]].to_numpy().tolist() == [["row-cut", "fatal", 3, "(row)"]]
    assert exports.tables["subjects"]["subject_id"].tolist() == ["1"]


def test_a_short_or_long_row_is_left_out_and_named(tmp_path):
    exports = read_one(tmp_path, HEADER + "1\n2,a,b\n3,c\n", dict(SOURCE))
    found = exports.findings.frame
    assert found[["rule", "severity", "line", "raw"]].to_numpy().tolist() == [
        ["row-short", "error", 2, "1"],
        ["row-long", "error", 3, "2,a,b"],
    ]
    assert exports.tables["subjects"]["subject_id"].tolist() == ["3"]


def test_a_file_with_column_names_only_is_a_warning(tmp_path):
    exports = read_one(tmp_path, HEADER, dict(SOURCE))
    assert exports.findings.frame[["rule", "severity"]].to_numpy().tolist() == [["file-no-rows", "warning"]]


def test_a_last_line_without_an_end_is_a_warning(tmp_path):
    exports = read_one(tmp_path, HEADER + "1,a", dict(SOURCE))
    assert exports.findings.frame[["rule", "severity"]].to_numpy().tolist() == [["file-unterminated", "warning"]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"<html><table></table></html>", "is a web page"),
        (b"\0\1\2 not text", "NUL bytes"),
        (b'id,note\n1,"a"b"\n', "line 2: .* a quote is open"),
        (b"id,note\n1," + b"x" * 200_000 + b"\n", "line 2: field larger than field limit"),
        (b"\n\n\n", "is empty"),
        (b"id,note\n1," + b"x" * 50_000_000, "line 2: field larger than field limit"),
        (("c," * 20_000).encode() + b"\n", "has 20,001 columns"),
    ],
)
def test_a_file_that_is_no_table_is_one_clear_error(tmp_path, content, message):
    with pytest.raises(LoadError, match=f"export.csv.*{message}"):
        read_one(tmp_path, content, dict(SOURCE), encoding=None, delimiter=None)
