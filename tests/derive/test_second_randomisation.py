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
