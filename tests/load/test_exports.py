import pytest

from exports_factory import CLEAN, map_of, of_rule, read_one, read_tables, study_in
from hepatrial.contracts import STANDARD_TABLES
from hepatrial.errors import LoadError
from hepatrial.load import read_exports

LABS = {
    "table": "labs",
    "columns": {"subject_id": "id", "date": "day", "parameter": "test", "result": "result", "unit": "unit"},
    "codes": {"parameter": {"TBIL": "BILI"}},
}
WIDE = {
    "table": "labs",
    "layout": "wide",
    "columns": {"subject_id": "id"},
    "values": (
        {"column": "B1", "parameter": "BILI", "unit": "mg/dL", "visit": "D1", "date": "d1"},
        {"column": "B7", "parameter": "BILI", "unit": "mg/dL", "visit": "D7", "date": "d7"},
    ),
}


def findings(exports, rule):
    return of_rule(exports.findings.frame, rule)


def test_clean_tables_load_without_a_finding(tmp_path):
    exports, _, _ = read_tables(tmp_path, CLEAN)
    assert exports.findings.frame.empty
    assert set(exports.tables) == set(STANDARD_TABLES)
    labs = exports.tables["labs"]
    assert labs["std_value"].tolist() == [300.0, 250.0, 320.0]
    assert labs["line"].tolist() == [2, 3, 4]
    assert exports.tables["deviations"].empty
    assert exports.files["rows"].tolist() == [2, 2, 3, 1, 1, 2]
    assert exports.files["sha256"].str.len().eq(64).all()


def test_an_absent_file_is_a_fatal_finding_that_names_it(tmp_path):
    data_map = map_of([{"table": "subjects", "file": "gone.csv", "columns": {"subject_id": "id"}}])
    exports = read_exports(data_map, tmp_path, study_in(tmp_path))
    found = exports.findings.frame
    assert found[["rule", "severity", "file"]].to_numpy().tolist() == [["file-missing", "fatal", "gone.csv"]]


def test_an_absent_column_is_one_fatal_finding(tmp_path):
    exports = read_one(tmp_path, "ident\nS1\nS2\n", {"table": "subjects", "columns": {"subject_id": "id"}})
    found = exports.findings.frame
    assert found[["rule", "severity", "column"]].to_numpy().tolist() == [
        ["column-missing", "fatal", "id"],
        ["column-unmapped", "note", "ident"],
    ]


def test_identifiers_are_trimmed_and_said_so(tmp_path):
    text = "id,x\nS1 ,1\n\u00a0S2,1\nS3\t,1\n００４,1\nS5,1\n"
    exports = read_one(tmp_path, text, {"table": "subjects", "columns": {"subject_id": "id"}, "ignore": ("x",)})
    assert exports.tables["subjects"]["subject_id"].tolist() == ["S1", "S2", "S3", "004", "S5"]
    assert [(line, raw) for _, line, _, raw in findings(exports, "id-trimmed")] == [
        (2, "S1 "),
        (3, "\u00a0S2"),
        (4, "S3\t"),
        (5, "００４"),
    ]


def test_results_become_values_bounds_or_reasons(tmp_path):
    text = "id,day,test,result,unit\nS1,2024-01-01,TBIL,10,mg/dL\nS1,2024-01-02,TBIL,＜０．２,mg/dL\n"
    text += "S1,2024-01-03,bili,NA,mg/dL\nS1,2024-01-04,BILI,4..7,mg/dL\n"
    labs = (exports := read_one(tmp_path, text, dict(LABS))).tables["labs"]
    assert labs["parameter"].tolist() == ["BILI"] * 4
    assert labs["std_value"].dropna().tolist() == [171.0]
    assert labs["std_bound"].dropna().tolist() == pytest.approx([3.42])
    assert labs["qualifier"].tolist() == ["", "<", "", ""]
    assert labs["missing_reason"].tolist() == [None, None, "not available", "unreadable"]
    assert labs["std_unit"].tolist() == ["umol/L", "umol/L", None, None]
    assert findings(exports, "number-unreadable") == [("export.csv", 5, "result", "4..7")]
    assert findings(exports, "result-left-censored") == [("export.csv", 3, "result", "＜０．２")]


def test_a_result_without_a_usable_unit_is_not_used(tmp_path):
    text = "id,day,test,result,unit\nS1,2024-01-01,BILI,10,\nS1,2024-01-02,BILI,10,furlong\nS1,2024-01-03,BILI,1,g/L\n"
    exports = read_one(tmp_path, text, dict(LABS))
    assert exports.tables["labs"]["std_value"].isna().sum() == 2
    assert findings(exports, "unit-missing") == [("export.csv", 2, "unit", "")]
    assert findings(exports, "unit-unknown") == [("export.csv", 3, "unit", "furlong")]


def test_units_declared_in_the_map_serve_a_file_without_a_unit_column(tmp_path):
    source = LABS | {"columns": {k: v for k, v in LABS["columns"].items() if k != "unit"}, "units": {"BILI": "mg/dL"}}
    exports = read_one(tmp_path, "id,day,test,result\nS1,2024-01-01,BILI,1\n", source)
    assert exports.tables["labs"]["std_value"].tolist() == [pytest.approx(17.1)]


def test_an_analyte_outside_the_study_is_one_warning(tmp_path):
    text = "id,day,test,result,unit\n" + "S1,2024-01-01,ZINC,1,mg/L\n" * 3
    exports = read_one(tmp_path, text, dict(LABS))
    assert findings(exports, "parameter-unknown") == [("export.csv", 2, "test", "ZINC")]


def test_a_wide_sheet_makes_one_record_per_filled_cell(tmp_path):
    text = "id,d1,B1,d7,B7\nS1,2024-01-01,10,2024-01-08,<0.2\nS2 ,2024-01-02,20,,\n"
    exports = read_one(tmp_path, text, dict(WIDE))
    labs = exports.tables["labs"]
    assert labs[["subject_id", "visit", "date_text", "result", "line"]].to_numpy().tolist() == [
        ["S1", "D1", "2024-01-01", "10", 2],
        ["S1", "D7", "2024-01-08", "<0.2", 2],
        ["S2", "D1", "2024-01-02", "20", 3],
    ]
    assert findings(exports, "result-left-censored") == [("export.csv", 2, "B7", "<0.2")]
    censored = exports.findings.frame.query("rule == 'result-left-censored'")
    assert censored["record_id"].tolist() == [labs["record_id"].iat[1]]
    assert findings(exports, "id-trimmed") == [("export.csv", 3, "id", "S2 ")]


def test_codes_flags_and_rows_that_are_no_record(tmp_path):
    source = {
        "table": "outcomes",
        "columns": {"subject_id": "id", "outcome": "what", "date": "day"},
        "codes": {"outcome": {"死亡": "death", "存活": ""}},
        "where": {"form": ("end",)},
    }
    text = "id,what,day,form\nS1,死亡,2024-01-01,end\nS2,存活,,end\nS3,失访?,2024-01-01,end\nS4,死亡,,other\n"
    exports = read_one(tmp_path, text, source)
    assert exports.tables["outcomes"]["outcome"].tolist() == ["death", "失访?"]
    assert findings(exports, "code-unknown") == [("export.csv", 4, "what", "失访?")]
    assert findings(exports, "value-missing") == []


def test_a_graded_text_is_its_place_in_the_list(tmp_path):
    study = study_in(tmp_path, **{'scale = "log"': 'scale = "linear"\ncodes = ["none", "mild", "severe"]',
                                  'unit = "umol/L"': 'unit = "grade"'})  # fmt: skip
    text = "id,day,test,result,unit\nS1,2024-01-01,BILI,none,\nS1,2024-01-02,BILI,Severe,\nS1,2024-01-03,BILI,bad,\n"
    exports = read_one(tmp_path, text, dict(LABS), study)
    assert exports.tables["labs"]["std_value"].dropna().tolist() == [0.0, 2.0]
    assert findings(exports, "number-unreadable") == [("export.csv", 4, "result", "bad")]


def test_a_dropped_column_is_gone_before_anything_reads_it(tmp_path):
    text = "id,name\nS1,Zhang San\n"
    exports = read_one(tmp_path, text, {"table": "subjects", "columns": {"subject_id": "id"}, "drop": ("name",)})
    assert exports.findings.frame.empty


def test_a_record_keeps_its_id_when_the_export_grows(tmp_path):
    header = "id,day,test,result,unit\n"
    row, new = "S2,2024-01-01,BILI,1,mg/dL\n", "S1,2024-01-01,BILI,2,mg/dL\n"
    first = read_one(tmp_path, header + row, dict(LABS)).tables["labs"]["record_id"].iat[0]
    assert read_one(tmp_path, header + new + row, dict(LABS)).tables["labs"]["record_id"].iat[1] == first


def test_the_number_of_rows_may_be_stated(tmp_path):
    source = {"table": "subjects", "columns": {"subject_id": "id"}, "expected_rows": 3}
    exports = read_one(tmp_path, "id\nS1\nS2\n", source)
    assert exports.findings.frame[["rule", "severity"]].to_numpy().tolist() == [["rows-expected", "fatal"]]


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd"])
def test_a_path_out_of_the_data_folder_is_refused(tmp_path, name):
    data_map = map_of([{"table": "subjects", "file": name, "columns": {"subject_id": "id"}}])
    with pytest.raises(LoadError, match="leads out of the data folder"):
        read_exports(data_map, tmp_path, study_in(tmp_path))


def test_a_symbolic_link_is_refused(tmp_path):
    (tmp_path / "real.csv").write_text("id\n1\n", encoding="utf-8")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    data_map = map_of([{"table": "subjects", "file": "link.csv", "columns": {"subject_id": "id"}}])
    with pytest.raises(LoadError, match="is a symbolic link"):
        read_exports(data_map, tmp_path, study_in(tmp_path))
