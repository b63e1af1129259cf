"""Who is masked: read from a record as it says, named in the report, blind unless the study file says otherwise."""

import json
from pathlib import Path

import pytest

from hepatrial.errors import StudyError
from hepatrial.study import describe_masking, is_blind, pool_study, read_study, start_study
from hepatrial.study.proposal import read_registry_record

RECORD = Path(__file__).parent / "records" / "three_arms_masked.json"


def record_of(tmp_path, masking):
    raw = json.loads(RECORD.read_text(encoding="utf-8"))
    raw["protocolSection"]["designModule"]["designInfo"]["maskingInfo"] = masking
    path = tmp_path / "record.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    return path


def study_of(tmp_path, *changes):
    """The proposed study of the record, which masks its outcome assessors alone."""
    path = start_study(str(RECORD), tmp_path / "study") / "study.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return read_study(path)


@pytest.mark.parametrize(
    ("said", "who", "masking"),
    [
        ("NONE", [], "open"),
        ("SINGLE", [], "observer"),
        ("SINGLE", ["PARTICIPANT"], "participant"),
        ("SINGLE", ["OUTCOMES_ASSESSOR"], "observer"),
        ("DOUBLE", ["OUTCOMES_ASSESSOR", "INVESTIGATOR"], "observer"),
        ("DOUBLE", ["PARTICIPANT", "OUTCOMES_ASSESSOR"], "double"),
        ("DOUBLE", [], "double"),
    ],
)
def test_masking_is_read_for_what_the_record_says(tmp_path, said, who, masking):
    assert read_registry_record(record_of(tmp_path, {"masking": said, "whoMasked": who})).masking == masking


def test_a_study_that_masks_its_assessors_alone_is_blind_until_the_study_file_says_otherwise(tmp_path):
    study = study_of(tmp_path)
    assert describe_masking(study.design) == "masked for outcome assessors only"
    assert is_blind(study)
    assert any("blinding.arms_known" in notice for notice in pool_study(study).notices)
    assert not is_blind(study_of(tmp_path / "known", ("[time]", "[blinding]\narms_known = true\n[time]")))


@pytest.mark.parametrize(
    ("masking", "masked", "text"),
    [
        ("open", [], "open label"),
        ("participant", [], "masked for the patients"),
        ("observer", [], "masked for those who assess the outcomes, not for the patients"),
        ("double", [], "double blind"),
        ("double", ["participants", "investigators"], "double blind (masked: participants and investigators)"),
    ],
)
def test_the_masking_in_words(tmp_path, masking, masked, text):
    design = study_of(tmp_path).design.model_copy(update={"masking": masking, "masked": tuple(masked)})
    assert describe_masking(design) == text


def test_people_that_do_not_fit_the_masking_are_refused(tmp_path):
    with pytest.raises(StudyError, match=r"design.masked: .* write masking = 'observer', or other people"):
        study_of(tmp_path, ('"observer"', '"double"'))


def test_nobody_knows_the_arms_of_a_double_blind_study(tmp_path):
    known = "[blinding]\narms_known = true\n[time]"
    changes = (('"observer"', '"double"'), ('    "outcome assessors",', '    "outcome assessors", "participants",'))
    with pytest.raises(StudyError, match="nobody may know the arms of a double-blind study: remove it"):
        study_of(tmp_path, *changes, ("[time]", known))
