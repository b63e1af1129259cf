import pandas as pd
import pytest

from exports_factory import CLEAN, read_tables, text_of
from hepatrial.check import apply_decisions, check_exports, compare_findings
from hepatrial.errors import LoadError
from hepatrial.load import read_decisions, read_findings

LABS = CLEAN["labs"]
HEADER = "id,action,column,seen,value,reason,who,date\n"


def decide(folder, rows, **changes):
    """Decided exports; in ``rows`` an id given as (table, place) is the record's, as a rule its first finding's."""
    exports, data_map, study = read_tables(folder, CLEAN | changes)
    findings = check_exports(exports, study, data_map)
    text = HEADER
    for one, action, column, seen, value in rows:
        if isinstance(one, tuple):
            one = exports.tables[one[0]]["record_id"].iat[one[1]]
        elif (findings.frame["rule"] == one).any():
            one = findings.frame.loc[findings.frame["rule"] == one, "finding_id"].iat[0]
        text += f"{one},{action},{column},{seen},{value},checked with the site,A. Person,2024-06-01\n"
    (folder / "decisions.csv").write_text(text, encoding="utf-8")
    decisions = read_decisions(folder / "decisions.csv")
    return apply_decisions(exports, findings, decisions, study, data_map)


def open_errors(decided) -> list[str]:
    return decided.findings.at_or_above("error")["rule"].tolist()


def test_an_accepted_finding_no_longer_stops_the_run(tmp_path):
    labs = LABS.replace("BILI,300", "BILI,30000")
    decided = decide(tmp_path, [("value-impossible", "accept", "", "", "")], labs=labs)
    assert open_errors(decided) == []
    assert decided.findings.frame.query("rule == 'value-impossible'")["status"].tolist() == ["accepted"]
    assert decided.exports.tables["labs"]["value"].iat[0] == 30000
    assert decided.decisions["status"].tolist() == ["applied"]


@pytest.mark.parametrize(("action", "looks"), [("accept", 0), ("exclude", 1)])
def test_data_that_no_decision_changed_are_not_checked_again(tmp_path, action, looks):
    exports, data_map, study = read_tables(tmp_path, CLEAN | {"labs": LABS.replace("BILI,300", "BILI,30000")})
    findings = check_exports(exports, study, data_map)
    (found,) = findings.frame[findings.frame["rule"] == "value-impossible"]["finding_id"]
    row = [found, action, "", "", "", "checked with the site", "A. Person", "2024-06-01"]
    decisions = pd.DataFrame([row], columns=HEADER.strip().split(","))
    seen = []
    decided = apply_decisions(
        exports, findings, decisions, study, data_map, remark=lambda *given: seen.append(given) or []
    )
    assert len(seen) == looks
    again = check_exports(decided.exports, study, data_map).frame
    assert decided.findings.frame["finding_id"].tolist() == again["finding_id"].tolist()
    assert open_errors(decided) == []


def test_an_excluded_record_is_gone_with_its_findings(tmp_path):
    labs = LABS.replace("BILI,300", "BILI,3OO")
    assert open_errors(decide(tmp_path, [], labs=labs)) == ["number-unreadable"]
    decided = decide(tmp_path, [("number-unreadable", "exclude", "", "", "")], labs=labs)
    assert open_errors(decided) == []
    assert len(decided.exports.tables["labs"]) == 2


def test_excluding_either_of_two_conflicting_rows_ends_the_conflict(tmp_path):
    labs = text_of(LABS) + "S02,D1,2024-02-03,,BILI,32,umol/L\n"
    for place in (2, 3):
        decided = decide(
            tmp_path, [(("labs", place), "exclude", "result", "320" if place == 2 else "32", "")], labs=labs
        )
        assert open_errors(decided) == []


def test_a_corrected_result_is_typed_and_converted(tmp_path):
    labs = LABS.replace("BILI,300", "BILI,3OO")
    rows = [
        ("number-unreadable", "correct", "result", "3OO", "<20"),
        (("labs", 1), "correct", "unit", "umol/L", "mg/dL"),
    ]
    decided = decide(tmp_path, rows, labs=labs)
    fixed = decided.exports.tables["labs"]
    assert fixed[["qualifier", "std_bound"]].iloc[0].tolist() == ["<", 20.0]
    assert fixed["std_value"].iat[1] == pytest.approx(250 * 17.1)
    assert open_errors(decided) == ["value-impossible"]
    assert "'3OO' read as '<20'" in decided.decisions["note"].iat[0]


def test_a_corrected_date_closes_what_was_found_in_its_cell(tmp_path):
    outcomes = CLEAN["outcomes"].replace("2024-02-20", "2024-02-30")
    assert set(open_errors(decide(tmp_path, [], outcomes=outcomes))) == {"date-impossible", "outcome-undated"}
    decided = decide(tmp_path, [(("outcomes", 0), "correct", "date", "2024-02-30", "2024-02-20")], outcomes=outcomes)
    assert open_errors(decided) == []
    assert decided.exports.tables["outcomes"]["date"].dt.strftime("%Y-%m-%d").tolist() == ["2024-02-20"]


def test_a_correction_that_is_wrong_again_is_found_again(tmp_path):
    labs = LABS.replace("BILI,300", "BILI,30000")
    decided = decide(tmp_path, [("value-impossible", "correct", "result", "30000", "40000")], labs=labs)
    assert open_errors(decided) == ["value-impossible"]


@pytest.mark.parametrize(
    ("row", "status", "note"),
    [
        (("0123456789abcdef", "accept", "", "", ""), "stale", "neither a finding nor a record"),
        ((("labs", 0), "exclude", "result", "299", ""), "stale", "result no longer says '299'"),
        ((("labs", 0), "correct", "colour", "", "red"), "refused", "no column 'colour'"),
        ((("labs", 0), "correct", "date", "2024-01-03", "3 Jan"), "refused", "is not a date"),
        ((("labs", 0), "correct", "result", "300", "many"), "refused", "is not a result"),
        ((("labs", 0), "correct", "parameter", "BILI", "ZINC"), "refused", "is not one of BILI"),
        ((("labs", 0), "correct", "unit", "umol/L", "furlong"), "refused", "unknown unit"),
        ((("subjects", 0), "correct", "age", "53", "old"), "refused", "is not a number"),
    ],
)
def test_a_decision_that_does_not_fit_changes_nothing_and_says_why(tmp_path, row, status, note):
    decided = decide(tmp_path, [row])
    assert decided.decisions["status"].tolist() == [status]
    assert note in decided.decisions["note"].iat[0]
    assert decided.findings.frame.empty
    assert decided.exports.tables["labs"]["std_value"].tolist() == [300.0, 250.0, 320.0]


def test_exact_copies_count_once_without_a_decision(tmp_path):
    labs = text_of(LABS) + "S02,D1,2024-02-03,,BILI,320,umol/L\n"
    decided = decide(tmp_path, [], labs=labs)
    assert len(decided.exports.tables["labs"]) == 3
    assert decided.findings.frame["rule"].tolist() == ["record-copied"]


def test_decisions_without_reason_name_or_date_are_all_named(tmp_path):
    path = tmp_path / "decisions.csv"
    path.write_text(HEADER + "a,accept,,,,,A,2024-01-01\nb,forget,,,,why,A,yesterday\nc,correct,,,,why,A,2024-01-01\n")
    with pytest.raises(LoadError, match="4 faults") as caught:
        read_decisions(path)
    for part in ("line 2: reason is empty", "line 3: action 'forget'", "line 3: date 'yesterday'", "line 4: column is"):
        assert part in str(caught.value)


def test_findings_are_followed_from_one_export_to_the_next(tmp_path):
    exports, data_map, study = read_tables(tmp_path, CLEAN | {"labs": LABS.replace("BILI,300", "BILI,3OO")})
    first = check_exports(exports, study, data_map)
    first.frame.to_csv(tmp_path / "findings.csv", index=False)
    previous = read_findings(tmp_path / "findings.csv")
    assert compare_findings(first, None).frame["status"].tolist() == ["new"]
    assert compare_findings(first, previous).frame["status"].tolist() == ["open"]
    exports, data_map, study = read_tables(tmp_path, CLEAN | {"labs": LABS.replace("BILI,250", "BILI,2SO")})
    second = compare_findings(check_exports(exports, study, data_map), previous)
    assert second.frame[["raw", "status"]].to_numpy().tolist() == [["3OO", "resolved"], ["2SO", "new"]]
    assert second.at_or_above("error")["raw"].tolist() == ["2SO"]


def test_a_subject_is_left_out_of_a_population(tmp_path):
    rows = [
        ("S01", "leave out", "FAS", "", ""),
        ("S99", "leave out", "FAS", "", ""),
        ("S01", "leave out", "XX", "", ""),
    ]
    decided = decide(tmp_path, rows)
    assert decided.decisions["status"].tolist() == ["applied", "stale", "refused"]
    assert decided.exports.exclusions.values.tolist() == [["S01", "FAS", "checked with the site"]]


def test_an_adjudication_replaces_what_was_recorded(tmp_path):
    decided = decide(tmp_path, [(("labs", 0), "adjudicate", "result", "300", "310")])
    assert decided.decisions["status"].tolist() == ["applied"]
    assert "adjudicated as '310'" in decided.decisions["note"].item()
    assert decided.exports.tables["labs"]["value"].iat[0] == 310
