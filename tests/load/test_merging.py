"""One row a subject from several files."""

from exports_factory import map_of, of_rule, study_in
from hepatrial.check import check_exports
from hepatrial.load import read_exports

DEMOGRAPHY = "id,age,sex\nS01,53,F\nS02,43,M\n"
ARMS = "id,arm,when\nS02,MSC,2024-02-02\nS01 ,MSC,2024-01-02\nS03,MSC,2024-03-02\n"


def read(folder, demography=DEMOGRAPHY, arms=ARMS):
    (folder / "demography.csv").write_text(demography, encoding="utf-8")
    (folder / "arms.csv").write_text(arms, encoding="utf-8")
    columns = {"subject_id": "id", "age": "age", "sex": "sex"}
    arm_columns = {"subject_id": "id", "arm": "arm", "enrolment_date": "when"}
    if "age" in arms:
        arm_columns["age"] = "age"
    sources = [
        {"table": "subjects", "file": "demography.csv", "columns": columns},
        {"table": "subjects", "file": "arms.csv", "columns": arm_columns},
    ]
    data_map = map_of(sources)
    exports = read_exports(data_map, folder, study_in(folder))
    return exports, check_exports(exports, study_in(folder), data_map).frame


def test_a_later_file_fills_what_the_first_leaves_empty(tmp_path):
    exports, findings = read(tmp_path)
    subjects = exports.tables["subjects"]
    assert subjects["subject_id"].tolist() == ["S01", "S02", "S03"]
    assert subjects["arm"].tolist() == ["MSC"] * 3
    assert subjects["age"].tolist()[:2] == [53.0, 43.0]
    assert subjects["enrolment_date"].dt.strftime("%Y-%m-%d").tolist() == ["2024-01-02", "2024-02-02", "2024-03-02"]
    assert subjects["file"].tolist() == ["demography.csv", "demography.csv", "arms.csv"]
    trimmed = findings.query("rule == 'id-trimmed'")
    assert trimmed[["file", "line", "subject", "record_id"]].to_numpy().tolist() == [
        ["arms.csv", 3, "S01", subjects["record_id"].iat[0]]
    ]
    assert of_rule(findings, "record-conflict") == []


def test_two_files_that_disagree_are_a_conflict(tmp_path):
    exports, findings = read(tmp_path, arms="id,arm,when,age\nS01,MSC,2024-01-02,54\nS02,MSC,2024-02-02,43\n")
    assert exports.tables["subjects"]["subject_id"].tolist() == ["S01", "S02", "S01"]
    assert of_rule(findings, "record-conflict") == [("arms.csv", 2, "age", "54")]


def test_a_subject_twice_in_one_file_is_not_merged(tmp_path):
    exports, findings = read(tmp_path, demography=DEMOGRAPHY + "S01,,F\n")
    assert len(exports.tables["subjects"]) == 4
    assert of_rule(findings, "record-conflict") == [("demography.csv", 4, "arm", "")]
