"""Two readings of one thing that disagree about a criterion are a finding; first treatment 2025-01-10."""

from pathlib import Path

import pytest

from derive_study import PARAMETERS, make_study
from hepatrial.check import apply_decisions, check_exports
from hepatrial.derive import derive_analysis_data, find_disagreements
from hepatrial.errors import StudyError
from hepatrial.run import run_check
from hepatrial.study import read_data_map, read_study, templates_dir
from typed_exports import make_exports

PTA = '[[parameters]]\ncode = "PTA"\nlabel = "PTA"\ngroup = "LABORATORY"\nunit = "%"\ndecimals = 1\nscale = "linear"\n'
CRITERION = """
[[eligibility]]
id = "I04"
kind = "inclusion"
text = "Coagulation"
criterion = { all = [{ column = "sex", op = "=", value = "F" }, { any = [
  { all = [{ parameter = "PTA", op = ">=", value = 20.0 }, { parameter = "PTA", op = "<=", value = 40.0 }] },
  { all = [{ parameter = "INR", op = ">=", value = 1.5 }, { parameter = "INR", op = "<=", value = 2.6 }] },
], agree_on = "coagulation" }] }
"""
SUBJECTS = "subject_id | sex\nS1 | F\nS2 | F\nS3 | F\nS4 | F\nS5 | F\nS6 | F"
TREATMENTS = "subject_id | start_date\n" + "\n".join(f"S{n} | 2025-01-10" for n in range(1, 6))
LABS = """
subject_id | parameter | date       | result
S1         | PTA       | 2025-01-01 | 60
S1         | PTA       | 2025-01-09 | 41
S1         | INR       | 2025-01-09 | 2.6
S2         | PTA       | 2025-01-09 | 40
S2         | INR       | 2025-01-09 | 2.61
S3         | PTA       | 2025-01-09 | 30
S3         | INR       | 2025-01-09 | 2.0
S3         | PTA       | 2025-01-20 | 90
S4         | INR       | 2025-01-09 | 2.0
S5         | PTA       | 2025-01-09 | 70
S5         | INR       | 2025-01-09 | 1.1
S6         | PTA       | 2025-01-09 | 45
S6         | INR       | 2025-01-09 | 2.0
"""


@pytest.fixture
def study(tmp_path):
    return make_study(tmp_path, parameters=PARAMETERS + PTA, extra=CRITERION)


def remarks_of(study, labs=LABS):
    exports = make_exports(subjects=SUBJECTS, treatments=TREATMENTS, labs=labs)
    labs = exports.tables["labs"].set_index("record_id")
    return [(labs.at[one.record_id, "subject_id"], labs.at[one.record_id, "parameter"], one) for one in
            find_disagreements(exports, study)]  # fmt: skip


def test_a_disagreement_is_told_at_the_value_that_does_not_meet_the_criterion(study):
    found = remarks_of(study)
    # S3 agrees at baseline, S4 has one reading only, S5 meets neither; S6 was never treated: the last value counts
    assert [(subject, parameter) for subject, parameter, _ in found] == [("S1", "PTA"), ("S2", "INR"), ("S6", "PTA")]
    assert {(one.rule, one.severity, one.table) for _, _, one in found} == {("criterion-disagrees", "note", "labs")}
    exports = make_exports(subjects=SUBJECTS, treatments=TREATMENTS, labs=LABS)
    lines = exports.tables["labs"].set_index(["subject_id", "parameter", "date_text"])[["file", "line"]]
    met, not_met = (lines.loc[("S1", code, "2025-01-09")] for code in ("INR", "PTA"))
    assert found[0][2].message == (
        f"I04: coagulation is read two ways, INR 2.6 on 2025-01-09 ({met['file']}, line {met['line']}) meets the "
        f"criterion and PTA 41 on 2025-01-09 ({not_met['file']}, line {not_met['line']}) does not: look at both in the "
        "source; one is enough, so the criterion counts as met"
    )


def test_the_criterion_still_counts_as_met(study):
    exports = make_exports(subjects=SUBJECTS, treatments=TREATMENTS, labs=LABS)
    adel = derive_analysis_data(exports, study).datasets["ADEL"]
    assert adel["DATARES"].tolist() == ["met", "met", "met", "met", "not met", "met"]


def test_without_the_key_and_where_nothing_can_be_derived_there_is_no_remark(tmp_path, study):
    plain = make_study(tmp_path, parameters=PARAMETERS + PTA, extra=CRITERION.replace(', agree_on = "coagulation"', ""))
    assert remarks_of(plain) == []
    doubled = make_exports(subjects=SUBJECTS + "\nS1 | F", treatments=TREATMENTS, labs=LABS)
    assert find_disagreements(doubled, study) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '{ parameter = "PTA", op = ">=", value = 20.0 }, ',
            '{ column = "age", op = ">", value = 1 }, ',
            "age is none",
        ),
        ('{ parameter = "PTA", op = ">=", value = 20.0 }, ', '{ predicate = "treated" }, ', "treated is none"),
    ],
)
def test_only_results_of_parameters_can_agree(tmp_path, old, new, message):
    assert old in CRITERION
    with pytest.raises(
        StudyError, match=r"eligibility \(I04\).criterion.agree_on: compares results of parameters; " + message
    ):
        make_study(tmp_path, parameters=PARAMETERS + PTA, extra=CRITERION.replace(old, new))


def test_a_population_refuses_the_key(tmp_path):
    steps = '{ any = [{ parameter = "INR", op = ">", value = 1.5 }], agree_on = "coagulation" }'
    with pytest.raises(StudyError, match=r"populations \(FAS\).steps: agree_on is for eligibility criteria"):
        make_study(tmp_path, **{'{ predicate = "treated" }': steps})


def test_the_example_has_two_and_a_decision_answers_one():
    folder = templates_dir() / "nct06904755"
    checked = run_check(folder / "study.toml", folder)
    found = checked.findings.frame.query("rule == 'criterion-disagrees'")
    # PTA 43.4 and 42.9 % beside INR 1.65 and 1.75
    assert found["subject"].tolist() == ["S001", "S008"]
    assert found["raw"].tolist() == ["43.4", "42.9"]
    assert {Path(file).name for file in found["file"]} == {"labs.csv"}
    study = read_study(folder / "study.toml")
    data_map = read_data_map(folder / "data.toml", study)
    findings = check_exports(checked.exports, study, data_map, find_disagreements(checked.exports, study))
    row = {"id": found["finding_id"].iat[0], "action": "accept", "column": "", "seen": "", "value": "",
           "reason": "laboratory confirmed both", "who": "AB", "date": "2025-07-01"}  # fmt: skip
    decisions = type(found)([row])
    decided = apply_decisions(checked.exports, findings, decisions, study, data_map, remark=find_disagreements)
    assert decided.decisions["status"].tolist() == ["applied"]
    again = decided.findings.frame.query("rule == 'criterion-disagrees'")
    assert again["status"].tolist() == ["accepted", "new"]
