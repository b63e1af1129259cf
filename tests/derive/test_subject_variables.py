"""Columns that a study adds to ADSL, populations by any flag of ADaM data, and what ADaM data do not have."""

from datetime import date

import pandas as pd
import pytest

from hepatrial.derive import adopt_adam
from hepatrial.derive.populations import derive_populations
from hepatrial.errors import DeriveError, StudyError
from hepatrial.study import read_study
from study_factory import MINIMAL, write_study

AS_OF = date(2025, 6, 1)
VARIABLES = """
[[subject_variables]]
code = "MMSE"
label = "MMSE"
kind = "number"
[[subject_variables]]
code = "REGION"
label = "Region"
kind = "category"
[[subject_variables]]
code = "ORIGIN"
label = "Origin"
kind = "category"
levels = [
  { value = "Hispanic", where = { ETHNIC = ["HISPANIC"] } },
  { value = "White", where = { RACE = ["WHITE"], ETHNIC = ["NOT HISPANIC"] } },
]
[[populations]]
code = "EFF"
label = "Efficacy"
flag = "EFFFL"
[[populations]]"""
ADSL = {
    "USUBJID": ["02", "01", "03"],
    "SUBJID": ["2", "1", "3"],
    "TRT01P": ["MSC", "MSC", "MSC"],
    "TRTSDT": pd.to_datetime(["2025-01-02", "2025-01-01", "2025-01-03"]),
    "FASFL": ["Y", "Y", "Y"],
    "EFFFL": ["Y", "", None],
    "MMSE": [20.0, 18.0, None],
    "REGION": ["EU", "US", " "],
    "RACE": ["WHITE", "WHITE", None],
    "ETHNIC": ["NOT HISPANIC", "HISPANIC", None],
}


def study(folder, **replacements):
    path = write_study(folder, MINIMAL.replace("[[populations]]", VARIABLES, 1), **replacements)
    return read_study(path)


def adopt(folder, adsl=ADSL, **more):
    frames = {"ADSL": pd.DataFrame(adsl)} | {name: pd.DataFrame(columns) for name, columns in more.items()}
    return adopt_adam(frames, study(folder), as_of=AS_OF)


def test_variables_are_columns_of_the_data_or_the_first_level_that_holds(tmp_path):
    adsl = adopt(tmp_path).datasets["ADSL"].set_index("USUBJID")
    assert adsl["MMSE"].tolist()[:2] == [18, 20]
    assert pd.isna(adsl["MMSE"]["03"])
    assert adsl["REGION"].tolist() == ["US", "EU", None]
    assert adsl["ORIGIN"].tolist() == ["Hispanic", "White", None]


def test_a_population_may_rest_on_any_flag_of_adam_data(tmp_path):
    data = adopt(tmp_path)
    assert data.datasets["ADSL"].set_index("USUBJID")["EFFFL"].tolist() == ["N", "Y", "N"]
    left = data.ledger.frame.query("population == 'EFF' and not kept")
    assert left["subject_id"].tolist() == ["01", "03"]
    with pytest.raises(DeriveError, match="ADSL has no EFFFL"):
        adopt(tmp_path, {name: values for name, values in ADSL.items() if name != "EFFFL"})


def test_a_value_without_a_level_is_refused(tmp_path):
    with pytest.raises(DeriveError, match=r"subject_variables \(ORIGIN\): no level holds for .*NOT HISPANIC / ASIAN"):
        adopt(tmp_path, ADSL | {"RACE": ["ASIAN", "WHITE", None]})


def test_text_in_a_number_and_a_column_that_is_not_there_are_refused(tmp_path):
    with pytest.raises(DeriveError, match=r"subject_variables \(MMSE\): not a number"):
        adopt(tmp_path, ADSL | {"MMSE": ["20", "high", None]})
    with pytest.raises(DeriveError, match=r"subject_variables \(REGION\): ADSL has no column REGION"):
        adopt(tmp_path, {name: values for name, values in ADSL.items() if name != "REGION"})


def test_what_the_data_do_not_have_is_named(tmp_path):
    data = adopt(tmp_path)
    assert {"LTFL", "WDRDT", "PPROTFL", "DTHDT"} <= set(data.absent["ADSL"])
    assert data.has("ADSL", "FASFL", "EFFFL", "TRTSDT", "ORIGDT", "ENRLFL")
    assert not data.has("ADSL", "TRTSDT", "LTFL")
    assert "EXSEQ" in data.absent["ADEX"]


def test_dates_as_written_show_no_imputed_part(tmp_path):
    start = pd.to_datetime(["2025-02-03", "2025-02-01", "2025-01-01", None])
    events = {"USUBJID": ["01"] * 4, "AESEQ": [1.0, 2, 3, 4], "AETERM": ["A"] * 4, "ASTDT": start,
              "ASTDTF": ["", "D", "M", ""]}  # fmt: skip
    adae = adopt(tmp_path, ADAE=events).datasets["ADAE"]
    assert adae["ASTDTC"].tolist() == ["2025-02-03", "2025-02", "2025", None]


def test_without_adam_data_a_population_needs_its_steps_and_a_flag_of_its_own(tmp_path):
    with pytest.raises(DeriveError, match=r"populations \(EFF\): has no steps"):
        derive_populations({}, pd.DataFrame(), [], study(tmp_path))
    steps = 'steps = [{ reason = "r", keep = { predicate = "treated" } }]'
    path = write_study(tmp_path, MINIMAL, FASFL="DTHFL")
    assert steps.split("=")[0] in path.read_text(encoding="utf-8")
    with pytest.raises(DeriveError, match=r"populations \(FAS\): DTHFL is no population flag"):
        derive_populations({}, pd.DataFrame(), [], read_study(path))


def test_a_baseline_column_that_nobody_defined_is_a_fault_of_the_study_file(tmp_path):
    planned = 'method = "baseline"\ntitle = "B"\npopulation = "FAS"\ncolumns = ["AGE", "MMSE", "HAIR"]\ntotal = true\n'
    text = MINIMAL.replace("[[analyses]]", f'[[analyses]]\nid = "base"\n{planned}[[analyses]]')
    with pytest.raises(StudyError) as error:
        read_study(write_study(tmp_path, text.replace("[[populations]]", VARIABLES, 1)))
    assert [fault.split(":")[1].split(";")[0].strip() for fault in error.value.faults] == [
        "'HAIR' is not a column of ADSL",
        "comparison, models and total need by_arm = true",
    ]
