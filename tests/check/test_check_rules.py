"""Each rule finds what is wrong, at its cell, and nothing in the clean export (tests/exports_factory.py)."""

import pytest

from exports_factory import CLEAN, check_tables, of_rule, study_in, text_of
from hepatrial.check import CHECKS

SUBJECTS, TREATMENTS, LABS = CLEAN["subjects"], CLEAN["treatments"], CLEAN["labs"]
OUTCOMES, STATUS, EVENTS = CLEAN["outcomes"], CLEAN["vital_status"], CLEAN["adverse_events"]


def and_row(block: str, row: str) -> str:
    return text_of(block) + row + "\n"


BROKEN = [
    ("subjects-absent", {"subjects": "subject_id,arm\n"}, ("", 0, "", "")),
    ("table-absent", {"treatments": "subject_id,session,start_date\n"}, ("", 0, "", "")),
    ("subject-unknown", {"outcomes": and_row(OUTCOMES, "S03,transplant,2024-03-01")},
     ("outcomes.csv", 3, "subject_id", "S03")),
    ("subject-spelling", {"subjects": and_row(SUBJECTS, "s-1,MSC,2024-01-01,2024-01-02,1970,53,F"),
                          "vital_status": and_row(STATUS, "s-1,2024-03-01,alive")},
     ("subjects.csv", 4, "subject_id", "s-1")),
    ("record-copied", {"labs": and_row(LABS, "S02,D1,2024-02-03,,BILI,320,umol/L")},
     ("labs.csv", 5, "(row)", "S02,D1,2024-02-03,BILI,320")),
    ("record-copied", {"subjects": and_row(SUBJECTS, "S01,MSC,2024-01-01,2024-01-02,1970,53,F")},
     ("subjects.csv", 4, "subject_id", "S01")),
    ("record-conflict", {"labs": and_row(LABS, "S02,D1,2024-02-03,,BILI,32,umol/L")},
     ("labs.csv", 5, "result", "32")),
    ("record-conflict", {"outcomes": and_row(OUTCOMES, "S02,death,2024-02-21")},
     ("outcomes.csv", 3, "date", "2024-02-21")),
    ("date-future", {"labs": and_row(LABS, "S01,D28,2025-01-31,,BILI,100,umol/L")},
     ("labs.csv", 5, "date", "2025-01-31")),
    ("date-order", {"subjects": SUBJECTS.replace("2024-02-01,2024-02-02", "2024-02-03,2024-02-02")},
     ("subjects.csv", 3, "enrolment_date", "2024-02-02")),
    ("treated-before-consent", {"treatments": TREATMENTS.replace("S02,1,2024-02-03", "S02,1,2024-01-31")},
     ("treatments.csv", 3, "start_date", "2024-01-31")),
    ("end-before-start", {"adverse_events": EVENTS.replace("2024-01-05", "2024-01-03")},
     ("adverse_events.csv", 2, "end_date", "2024-01-03")),
    ("follow-up-before-entry", {"outcomes": OUTCOMES.replace("2024-02-20", "2024-01-20")},
     ("outcomes.csv", 2, "date", "2024-01-20")),
    ("date-before-birth", {"labs": and_row(LABS, "S02,D0,1979-12-31,,BILI,300,umol/L")},
     ("labs.csv", 5, "date", "1979-12-31")),
    ("date-after-death", {"labs": and_row(LABS, "S02,D28,2024-03-02,,BILI,300,umol/L")},
     ("labs.csv", 5, "date", "2024-03-02")),
    ("date-after-death", {"vital_status": and_row(STATUS, "S02,2024-03-02,alive")},
     ("vital_status.csv", 3, "date", "2024-03-02")),
    ("date-after-death", {"outcomes": and_row(OUTCOMES, "S02,transplant,2024-03-02")},
     ("outcomes.csv", 3, "date", "2024-03-02")),
    ("outcome-undated", {"outcomes": and_row(OUTCOMES, "S01,transplant,")}, ("outcomes.csv", 3, "date", "")),
    ("outcome-undated", {"outcomes": and_row(OUTCOMES, "S01,transplant,2024-02")},
     ("outcomes.csv", 3, "date", "2024-02")),
    ("event-ongoing-ended", {"adverse_events": EVENTS.replace("2024-01-05,N", "2024-01-05,Y")},
     ("adverse_events.csv", 2, "end_date", "2024-01-05")),
    ("death-disagrees", {"outcomes": "subject_id,outcome,date\nS02,last contact,2024-04-01\n"},
     ("adverse_events.csv", 3, "grade", "5")),
    ("death-disagrees", {"vital_status": and_row(STATUS, "S01,2024-03-02,dead")},
     ("vital_status.csv", 3, "status", "dead")),
    ("origin-missing", {"treatments": "subject_id,session,start_date\nS01,1,2024-01-03\n"},
     ("subjects.csv", 3, "subject_id", "S02")),
    ("vital-status", {"vital_status": "subject_id,date,status\nS01,2024-01-20,alive\n"},
     ("subjects.csv", 2, "subject_id", "S01")),
    ("vital-status", {"vital_status": "subject_id,date,status\nS02,2024-02-10,alive\n"},
     ("subjects.csv", 2, "subject_id", "S01")),
    ("value-impossible", {"labs": LABS.replace("BILI,300", "BILI,30000")}, ("labs.csv", 2, "result", "30000")),
    ("value-unusual", {"labs": LABS.replace("BILI,300", "BILI,1300")}, ("labs.csv", 2, "result", "1300")),
    ("value-unit-doubt", {"labs": LABS + """S01,D14,2024-01-17,,BILI,15,umol/L
        S01,D28,2024-01-31,,BILI,240,umol/L"""},
     ("labs.csv", 5, "result", "15")),
    ("age-disagrees", {"subjects": SUBJECTS.replace(",53,", ",153,")}, ("subjects.csv", 2, "age", "153")),
    ("age-disagrees", {"subjects": SUBJECTS.replace(",53,", ",35,")}, ("subjects.csv", 2, "age", "35")),
]  # fmt: skip


def test_the_clean_export_has_no_finding(tmp_path):
    assert check_tables(tmp_path).empty


@pytest.mark.parametrize(("rule", "changes", "where"), BROKEN)
def test_a_rule_finds_its_fault_at_its_cell(tmp_path, rule, changes, where):
    found = of_rule(check_tables(tmp_path, **changes), rule)
    assert where in found


TWO_ARMS = {
    'kind = "single arm"': 'kind = "parallel"\nreference_arm = "SOC"',
    'arms = [{ code = "MSC", label = "MSC" }]': (
        'arms = [{ code = "MSC", label = "MSC" }, { code = "SOC", label = "Standard" }]'
    ),
}


def test_a_missing_arm_and_two_arms(tmp_path):
    study = study_in(tmp_path, **TWO_ARMS)
    rows = SUBJECTS.replace("S02,MSC", "S02,") + "S01,SOC,2024-01-01,2024-01-02,1970,53,F\n"
    subjects = "\n".join(line.strip() for line in rows.strip().splitlines())
    found = of_rule(check_tables(tmp_path, study, subjects=subjects), "arm-mismatch")
    assert found == [("subjects.csv", 3, "arm", ""), ("subjects.csv", 4, "arm", "SOC")]


def test_who_was_not_randomised_needs_no_arm(tmp_path):
    study = study_in(tmp_path, **TWO_ARMS)
    subjects = "subject_id,arm,randomisation_date\nS1,MSC,2024-01-03\nS2,,2024-01-04\nS3,,\n"
    found = of_rule(check_tables(tmp_path, study, subjects=subjects), "arm-mismatch")
    assert found == [("subjects.csv", 3, "arm", "")]


def test_a_parameter_of_an_endpoint_without_a_result(tmp_path):
    study = study_in(tmp_path, **{'variable = "OS"': 'variable = "BILI"'})
    found = check_tables(tmp_path, study, labs="subject_id,parameter,result,unit\n")
    assert found.query("rule == 'parameter-absent'")["message"].str.contains("BILI").all()
    assert len(of_rule(found, "parameter-absent")) == 1


def test_a_subject_without_a_baseline(tmp_path):
    study = study_in(tmp_path, **{'variable = "OS"': 'variable = "BILI"'})
    found = check_tables(tmp_path, study, labs=LABS.replace("2024-02-03", "2024-02-04"))
    assert of_rule(found, "baseline-missing") == [("subjects.csv", 3, "subject_id", "BILI")]


def test_a_level_that_stays_low_after_a_fall_is_a_course_and_no_slip(tmp_path):
    fall = (
        LABS
        + """S01,D14,2024-01-17,,BILI,20,umol/L
        S01,D28,2024-01-31,,BILI,15,umol/L"""
    )
    assert of_rule(check_tables(tmp_path, labs=fall), "value-unit-doubt") == []


def test_a_grade_outside_its_list(tmp_path):
    study = study_in(tmp_path, **{'scale = "log"': 'scale = "linear"\ncodes = ["250", "300"]'})
    assert of_rule(check_tables(tmp_path, study), "grade-unknown") == [("labs.csv", 4, "result", "320")]


def test_rows_that_may_both_be_right_are_no_conflict(tmp_path):
    changes = {
        "treatments": "subject_id,session,start_date,start_time\nS01,,2024-01-03,08:00\nS01,,2024-01-03,16:00\n"
        "S02,1,2024-02-03,08:00\n",
        "vital_status": "subject_id,date,status,source\nS01,2024-03-01,alive,visit\nS01,2024-03-01,alive,telephone\n",
        "specimens": "subject_id,visit,date,kind,collected\nS01,UNS,2024-01-05,blood,Y\nS01,UNS,2024-01-06,blood,N\n",
    }
    assert check_tables(tmp_path, **changes).empty


def test_two_statuses_on_one_day_are_a_conflict(tmp_path):
    found = check_tables(tmp_path, vital_status=and_row(STATUS, "S01,2024-03-01,unknown"))
    assert of_rule(found, "record-conflict") == [("vital_status.csv", 3, "status", "unknown")]


def test_a_partial_date_that_can_be_right_breaks_no_rule(tmp_path):
    events = EVENTS.replace("2024-01-04,2024-01-05", "2024-01-04,2024-01")
    assert check_tables(tmp_path, adverse_events=events)["rule"].tolist() == ["date-partial"]


def test_every_rule_has_a_test_that_breaks_it():
    broken = {rule for rule, _, _ in BROKEN} | {"arm-mismatch", "parameter-absent", "grade-unknown", "baseline-missing"}
    assert {check.rule for check in CHECKS} == broken
