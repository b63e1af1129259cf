"""A second randomisation: its date and arm reach ADSL, the data cut removes both, and the study file is checked."""

from datetime import date

import pytest

from derive_study import derive, make_study
from hepatrial.errors import StudyError
from hepatrial.study import arm_words, code_study, pool_study, read_data_map, read_study
from study_factory import MINIMAL, write_study

SUBJECTS = """
subject_id | arm | randomisation_date | second_randomisation_date | second_arm
S1         | MSC | 2025-01-01         | 2025-01-29                | MORE
S2         | MSC | 2025-01-01         |                           |
"""
TREATMENTS = "subject_id | session | start_date\nS1 | 1 | 2025-01-01\nS2 | 1 | 2025-01-01"
AGAIN = '[{ code = "MORE", label = "More" }, { code = "STOP", label = "Stop" }]'
SECOND = f"""
kind = "parallel"
reference_arm = "PBO"
second = {{ day = 28, of_arms = ["MSC"], allocation = "1:1", arms = {AGAIN} }}
"""
ARMS = 'arms = [{ code = "MSC", label = "MSC" }, { code = "PBO", label = "Placebo" }]'
PARALLEL = {'kind = "single arm"': SECOND, 'arms = [{ code = "MSC", label = "MSC" }]': ARMS}


@pytest.mark.parametrize(("cutoff", "again"), [(None, ["MORE", None]), (date(2025, 1, 28), [None, None])])
def test_date_and_arm_are_known_from_their_day_on(tmp_path, cutoff, again):
    study = make_study(tmp_path)
    adsl = derive(study, cutoff=cutoff, subjects=SUBJECTS, treatments=TREATMENTS).datasets["ADSL"]
    assert adsl["TRT02P"].tolist() == again
    assert adsl["RAND2DT"].notna().tolist() == [again[0] is not None, False]
    assert adsl["TRT01P"].tolist() == ["MSC", "MSC"]


def test_the_study_file_holds_it(tmp_path):
    study = read_study(write_study(tmp_path, MINIMAL, **PARALLEL))
    assert [arm.code for arm in study.design.second.arms] == ["MORE", "STOP"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('of_arms = ["MSC"]', 'of_arms = ["EV"]', "design.second.of_arms: 'EV' is not an arm"),
        ('code = "STOP"', 'code = "PBO"', "design.second.arms: 'PBO' is an arm of the first randomisation too"),
    ],
)
def test_its_arms_are_checked(tmp_path, old, new, fault):
    replaced = {key: text.replace(old, new) for key, text in PARALLEL.items()}
    with pytest.raises(StudyError, match=fault.replace("(", r"\(")):
        read_study(write_study(tmp_path, MINIMAL, **replaced))


TIME = """
[[times_to_event]]
code = "OS2"
label = "Survival from the second randomisation"
events = ["death"]
censor_at_day = 100
origin = "second randomisation"
"""


AGAIN_PLAN = """
[[analyses]]
id = "second"
method = "survival"
title = "T"
population = "FAS"
by_arm = true
second_randomisation = true
parameter = "OS2"
days = [28]
conf_type = "log-log"
conf_level = 0.95
"""
PLANNED = MINIMAL + TIME + AGAIN_PLAN


def test_time_starts_on_its_day_for_those_randomised_again(tmp_path):
    """S1 dies 12 days after it, S3 is censored on day 100 of it; S2 was never randomised again, S4 died on the way."""
    more = "\nS3 | MSC | 2025-01-01 | 2025-01-29 | STOP\nS4 | MSC | 2025-01-01 | 2025-01-29 | STOP"
    treated = TREATMENTS + "\nS3 | 1 | 2025-01-01\nS4 | 1 | 2025-01-01"
    outcomes = "subject_id | outcome | date\nS1 | death | 2025-02-10\nS2 | death | 2025-02-10\nS4 | death | 2025-01-20"
    status = "subject_id | date | status\nS3 | 2025-06-30 | alive"
    study = read_study(write_study(tmp_path, PLANNED, **PARALLEL))
    data = derive(study, subjects=SUBJECTS.strip() + more, treatments=treated, outcomes=outcomes, vital_status=status)
    rows = data.datasets["ADTTE"]
    rows = rows[rows["PARAMCD"] == "OS2"].set_index("USUBJID")
    assert rows[["AVAL", "CNSR"]].T.to_dict("list") == {"S1": [12, 0], "S3": [100, 1]}
    assert rows.loc["S1", "STARTDT"].date() == date(2025, 1, 29)


def test_before_anybody_is_randomised_again_the_other_times_are_there(tmp_path):
    study = read_study(write_study(tmp_path, PLANNED, **PARALLEL))
    status = "subject_id | date | status\nS2 | 2025-06-30 | alive"
    subjects = "\n".join(line for line in SUBJECTS.strip().splitlines() if not line.startswith("S1"))
    rows = derive(study, subjects=subjects, treatments=TREATMENTS.rsplit("\n", 1)[0].replace("S1", "S2"),
                  vital_status=status).datasets["ADTTE"]  # fmt: skip
    assert "OS2" not in set(rows["PARAMCD"])
    assert rows["USUBJID"].eq("S2").all()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("second_randomisation = true\n", "", "starts at the second randomisation; write second_randomisation"),
        ('parameter = "OS2"', 'parameter = "OS"', "needs design.second and a parameter with origin"),
        ("by_arm = true\nsecond", "second", "the arms are those of the second randomisation; write by_arm"),
        (
            "days = [28]",
            'days = [28]\ncomparison = { test = "log-rank", hazard_ratio = false, ties = "efron" }',
            "needs design.second.reference_arm",
        ),
    ],
)
def test_what_belongs_together_is_checked(tmp_path, old, new, fault):
    read_study(write_study(tmp_path, PLANNED, **PARALLEL))
    assert old in AGAIN_PLAN
    with pytest.raises(StudyError, match=fault.replace("(", r"\(")):
        read_study(write_study(tmp_path, MINIMAL + TIME + AGAIN_PLAN.replace(old, new), **PARALLEL))


def test_no_blinded_report_analyses_it(tmp_path):
    study = read_study(write_study(tmp_path, PLANNED, **BLIND))
    for view in (pool_study(study), code_study(study, {"MSC": "A", "PBO": "B"})):
        assert "second" not in {item.id for item in view.study.analyses}
        assert "OS2" not in {item.code for item in view.study.times_to_event}
        assert any("T" in notice and "eft out, as" in notice for notice in view.notices)


BLIND = PARALLEL | {'masking = "open"': 'masking = "double"'}
SEALED = """
schema_version = 1
study_id = "T1"
exported_on = 2026-01-31
[[sources]]
table = "subjects"
file = "subjects.csv"
columns = { subject_id = "id", second_arm = "again" }
"""


def test_a_blinded_report_knows_of_no_second_randomisation(tmp_path):
    study = read_study(write_study(tmp_path, MINIMAL, **BLIND))
    assert pool_study(study).study.design.second is None
    assert code_study(study, {"MSC": "A", "PBO": "B"}).study.design.second is None
    assert {"MORE", "STOP"} <= set(arm_words(study))


def test_its_arm_is_sealed_while_the_study_is_blind(tmp_path):
    study, path = read_study(write_study(tmp_path, MINIMAL, **BLIND)), tmp_path / "data.toml"
    path.write_text(SEALED, encoding="utf-8")
    with pytest.raises(StudyError, match="columns.second_arm: tells the arm"):
        read_data_map(path, study)
    path.write_text(SEALED + "sealed = true\n", encoding="utf-8")
    assert read_data_map(path, study).sources[0].sealed
