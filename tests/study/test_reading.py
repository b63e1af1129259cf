from pathlib import Path

import pytest

from hepatrial.errors import StudyError
from hepatrial.study import compute_study_hash, find_confirmations, read_data_map, read_study
from study_factory import MINIMAL, write_study


def faults_of(path: Path) -> tuple[str, ...]:
    with pytest.raises(StudyError) as caught:
        read_study(path)
    return caught.value.faults


def test_a_right_study_is_read(tmp_path):
    study = read_study(write_study(tmp_path))
    assert study.analysis("os_km").population == "FAS"
    assert study.endpoint_of("os_km", "OS", 28) == "os"
    assert study.endpoint_of("os_km", "TFS", 28) == ""


def test_three_faults_are_listed_at_once_with_their_paths(tmp_path):
    text = MINIMAL.replace('masking = "open"', 'masking = "opened"').replace(
        'population = "FAS"', 'population = "ITT"'
    ).replace("[time]", "[time]\nzone = 8")  # fmt: skip
    faults = faults_of(write_study(tmp_path, text))
    assert len(faults) == 3
    assert any(fault.startswith("design.masking: ") and "'opened'" in fault for fault in faults)
    assert any(fault.startswith("time.zone: unknown key") for fault in faults)
    assert any(fault.startswith("analyses[1] (os_km).population: 'ITT' is not a population") for fault in faults)


def test_a_missing_key_names_its_item(tmp_path):
    faults = faults_of(write_study(tmp_path, MINIMAL.replace('unit = "umol/L"\n', "")))
    assert faults == ("parameters[1] (BILI).unit: is missing; add it",)


def test_a_fault_inside_an_analysis_does_not_show_the_union(tmp_path):
    faults = faults_of(write_study(tmp_path, MINIMAL.replace('conf_type = "log-log"', 'conf_type = "loglog"')))
    assert len(faults) == 1
    assert faults[0].startswith("analyses[1] (os_km).conf_type: ")


def test_a_fault_inside_a_criterion_names_the_leaf(tmp_path):
    faults = faults_of(write_study(tmp_path, MINIMAL.replace('predicate = "treated"', 'predicate = "teated"')))
    assert len(faults) == 1
    assert faults[0].startswith("populations[1] (FAS).steps[1].keep")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("window = [24, 32]", "window = [29, 32]", "day 28 is outside [29, 32]"),
        (
            "days = [28]",
            'days = [28]\ncomparison = {test="log-rank", hazard_ratio=true, ties="efron"}',
            "compares nothing",
        ),
        ('variable = "OS"', 'variable = "PFS"', "'PFS' is not a parameter of this study"),
        ('analyses = ["os_km"]\n[[analyses]]', 'analyses = ["os"]\n[[analyses]]', "'os' is not an analysis"),
    ],
)
def test_references_and_rules_are_checked(tmp_path, old, new, message):
    assert old in MINIMAL
    assert any(message in fault for fault in faults_of(write_study(tmp_path, MINIMAL.replace(old, new))))


def test_a_file_that_is_not_toml_says_so(tmp_path):
    (tmp_path / "study.toml").write_text("a = ", encoding="utf-8")
    assert "cannot be read as TOML" in str(pytest.raises(StudyError, read_study, tmp_path / "study.toml").value)
    assert "no such file" in str(pytest.raises(StudyError, read_study, tmp_path / "absent.toml").value)


def test_the_hash_ignores_comments_and_order_but_not_values(tmp_path):
    first = compute_study_hash(read_study(write_study(tmp_path)))
    assert compute_study_hash(read_study(write_study(tmp_path, "# a comment\n" + MINIMAL))) == first
    changed = MINIMAL.replace("conf_level = 0.95", "conf_level = 0.9")
    assert compute_study_hash(read_study(write_study(tmp_path, changed))) != first


def test_what_is_to_be_confirmed_is_found(tmp_path):
    text = MINIMAL.replace("window = [24, 32]", 'window = [24, 32]\nconfirm = true\nconfirm_note = "no window stated"')
    (found,) = find_confirmations(read_study(write_study(tmp_path, text)))
    assert (found.path, found.note) == ("visits[D28]", "no window stated")


DATA = """
schema_version = 1
study_id = "T1"
exported_on = 2025-01-15
[[sources]]
table = "subjects"
file = "subjects.csv"
[sources.columns]
subject_id = "ID"
"""


def test_a_data_map_is_read_and_its_faults_are_named(tmp_path):
    path = tmp_path / "data.toml"
    path.write_text(DATA, encoding="utf-8")
    assert read_data_map(path).sources[0].columns == {"subject_id": "ID"}
    path.write_text(
        DATA.replace('subject_id = "ID"', 'subjct = "ID"').replace("2025-01-15", '"soon"'), encoding="utf-8"
    )
    with pytest.raises(StudyError) as caught:
        read_data_map(path)
    faults = "\n".join(caught.value.faults)
    assert "sources[1] (subjects).columns: 'subjct' is not a column of subjects" in faults
    assert "'subject_id' (subject identifier of the study) is not mapped" in faults
    assert "exported_on: " in faults


def test_a_data_map_of_another_study_is_refused(tmp_path):
    path = tmp_path / "data.toml"
    path.write_text(DATA.replace('"T1"', '"T2"'), encoding="utf-8")
    with pytest.raises(StudyError, match="is not the study file's 'T1'"):
        read_data_map(path, read_study(write_study(tmp_path)))
