"""Records that the proposal was not written for: init, confirm, read with the data map it comes with."""

from pathlib import Path

import pytest

from hepatrial.errors import StudyError
from hepatrial.study import find_confirmations, read_data_map, read_study, start_study

RECORDS = Path(__file__).parent / "records"


def confirmed(tmp_path, name):
    """The study of a record with every mark taken away, and its folder."""
    folder = start_study(str(RECORDS / f"{name}.json"), tmp_path / name)
    path = folder / "study.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("confirm = true\n", ""), encoding="utf-8")
    study = read_study(path)
    assert find_confirmations(study) == ()
    return study, folder


def test_a_masked_trial_of_three_arms_has_a_data_map_that_may_be_read(tmp_path):
    """What tells the arm has a sealed file of its own; the other files, the form's too, do not ask for it."""
    study, folder = confirmed(tmp_path, "three_arms_masked")
    assert len(study.design.arms) == 3
    days = {item.title: item.days for item in study.endpoints}
    assert days["Transplant-free survival"] == (91,)
    assert days["Overall survival"] == (28, 90, 365)
    data_map = read_data_map(folder / "data.toml", study)
    sealed = {source.file: tuple(source.columns) for source in data_map.sources if source.sealed}
    assert sealed == {
        "blank/sealed/subjects.csv": ("subject_id", "arm"),
        "blank/sealed/treatments.csv": ("subject_id", "session", "start_date", "treatment", "dose", "dose_unit"),
    }
    for file, columns in sealed.items():
        header = (folder / file).read_text(encoding="utf-8").strip().split(",")
        assert tuple(header) == columns
    assert "arm" not in (folder / "blank" / "subjects.csv").read_text(encoding="utf-8").strip().split(",")
    read_data_map(folder / "data.redcap.toml", study)
    assert "sealed" in (folder / "CODEBOOK.md").read_text(encoding="utf-8")


def test_a_record_without_masking_has_the_age_limit_that_it_gives_in_months(tmp_path):
    study, folder = confirmed(tmp_path, "no_masking")
    assert (study.design.kind, study.design.masking, study.design.planned_n) == ("single arm", "open", 9)
    assert any("18" in item.text for item in study.eligibility)
    assert not any(source.sealed for source in read_data_map(folder / "data.toml", study).sources)


def test_a_crossover_trial_is_refused(tmp_path):
    with pytest.raises(StudyError, match="design is crossover; only single-arm and parallel"):
        start_study(str(RECORDS / "crossover.json"), tmp_path / "x")
