"""Sensitivity analyses of undisturbed samples: ADLBSENS instead of ADLB, and named as the source."""

import pandas as pd
import pytest

from derive_study import make_study
from hepatrial.analyse import analyse_study
from hepatrial.derive import derive_analysis_data
from hepatrial.errors import DeriveError, StudyError
from hepatrial.render.tables.blocks import describe_samples
from typed_exports import make_exports

BY_VISIT = """
[[analyses]]
id = "NAME"
method = "by visit"
title = "By visit"
population = "FAS"
parameters = ["BILI"]
visits = ["BL", "D1", "D3"]
death_strategy = "while-alive"
conf_level = 0.95
min_pairs = 2
SAMPLES
[[analyses]]
id = "NAME_low"
method = "proportion"
title = "Low"
population = "FAS"
parameter = "BILI"
visit = "D3"
response = { op = "<=", value = 100.0 }
death = "not response"
transplant = "not response"
missing = "left out"
conf_type = "clopper-pearson"
conf_level = 0.95
SAMPLES
"""
PLAIN = BY_VISIT.replace("NAME", "plain").replace("SAMPLES", "")
UNDISTURBED = BY_VISIT.replace("NAME", "rest").replace("SAMPLES", 'samples = "undisturbed"')
TABLES = {
    "subjects": "subject_id\nS1\nS2",
    "treatments": """
subject_id | start_date | start_time | end_date   | end_time
S1         | 2025-01-01 | 09:00      | 2025-01-01 | 12:00
S2         | 2025-01-01 | 09:00      | 2025-01-01 | 12:00
S2         | 2025-01-04 | 09:00      | 2025-01-04 | 12:00
""",
    "labs": """
subject_id | parameter | date       | time  | result
S1         | BILI      | 2025-01-01 | 08:00 | 300
S1         | BILI      | 2025-01-02 | 11:59 | 80
S1         | BILI      | 2025-01-04 | 08:00 | 200
S2         | BILI      | 2025-01-01 | 08:00 | 400
S2         | BILI      | 2025-01-02 | 12:00 | 90
S2         | BILI      | 2025-01-03 | 08:00 | 210
S2         | BILI      | 2025-01-04 | 20:00 | 50
""",
    "vital_status": "subject_id | date | status\nS1 | 2025-02-01 | alive\nS2 | 2025-02-01 | alive",
}


def study_with(tmp_path, analyses=PLAIN + UNDISTURBED, hours="\nsensitivity_hours_after_session = 24.0"):
    rule = 'baseline = "last before origin"'
    return make_study(tmp_path, **{rule: rule + hours, "[[outputs]]": analyses + "[[outputs]]"})


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    study = study_with(tmp_path_factory.mktemp("study"))
    data = derive_analysis_data(make_exports(**TABLES), study)
    return study, analyse_study(study, data)


def values(results, analysis, **keys):
    rows = results.frame[results.frame["analysis_id"] == analysis]
    for name, value in keys.items():
        rows = rows[rows[name] == value]
    return rows


@pytest.mark.parametrize(
    ("analysis", "day_1", "day_3"), [("plain", (2, 85.0), (2, 125.0)), ("rest", (1, 90.0), (2, 205.0))]
)
def test_samples_sooner_than_24_hours_after_a_session_take_no_part(made, analysis, day_1, day_3):
    # S1 day 1: 23 h 59 after the session; S2 day 1: 24 h, stays. S2 day 3: 8 h, so that day 2 stands for the visit.
    for visit, (n, mean) in (("D1", day_1), ("D3", day_3)):
        rows = values(made[1], analysis, measure="observed value", visit=visit).set_index("stat")["value"]
        assert (rows["n"], rows["mean"]) == (n, mean)
    baseline = values(made[1], analysis, measure="observed value", visit="BL").set_index("stat")["value"]
    assert (baseline["n"], baseline["mean"]) == (2, 350.0)


def test_a_proportion_judges_the_samples_that_are_left(made):
    found = {
        name: values(made[1], f"{name}_low", measure="proportion", stat="n")["value"].item()
        for name in ("plain", "rest")
    }
    assert found == {"plain": 1, "rest": 0}  # 50 umol/L of S2 was taken 8 hours after a session


def test_the_source_of_every_number_is_the_dataset_it_was_made_from(made):
    sources = made[1].sources.set_index("source_id")["dataset"]
    for analysis, dataset in (("plain", "ADLB"), ("rest", "ADLBSENS")):
        for measure, name in (("observed value", analysis), ("proportion", f"{analysis}_low")):
            rows = values(made[1], name, measure=measure)
            assert set(rows["source_id"].map(sources)) == {dataset}


def test_the_table_says_what_was_left_out(made):
    study = made[0]
    (note,) = describe_samples(study, study.analysis("rest"))
    assert note.startswith("Sensitivity analysis without samples less than 24 hours after a session. ")
    assert describe_samples(study, study.analysis("plain")) == []


def test_a_study_without_a_rule_has_no_undisturbed_samples(tmp_path):
    with pytest.raises(StudyError, match=r"\(rest\).samples: needs visit_rule.sensitivity_hours_after_session or"):
        study_with(tmp_path, hours="")


def test_adam_input_has_none_either(tmp_path):
    study = study_with(tmp_path)
    adsl = pd.DataFrame({"STUDYID": ["T1"], "USUBJID": ["S1"]})
    exports = make_exports(**TABLES)
    exports = type(exports)(**{**vars(exports), "adam": {"ADSL": adsl}})
    with pytest.raises(DeriveError, match=r"analyses \(rest, rest_low\): samples = 'undisturbed' needs source records"):
        derive_analysis_data(exports, study)
