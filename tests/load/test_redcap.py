import pytest

from exports_factory import map_of, of_rule, study_in, text_of
from hepatrial.errors import LoadError
from hepatrial.load import read_exports

DICTIONARY = """
    Variable / Field Name,Form Name,Field Type,Field Label,"Choices, Calculations, OR Slider Labels"
    id,demo,text,Record ID,
    sex,demo,radio,Sex,"1, Male | 2, Female"
    cause,demo,checkbox,Cause,"1, HBV | 2, Alcohol"
    treated,demo,yesno,Treated?,
"""
RAW = """
    id,redcap_event_name,sex,cause___1,cause___2,treated
    S1,day_28_arm_1,1,1,1,1
    S2,day_28_arm_1,2,0,0,0
    S3,day_28_arm_1,3,0,1,
"""
LABELS = """
    Record ID,Event Name,Sex,Cause (choice=HBV),Cause (choice=Alcohol),Treated?
    S1,Day 28 (Arm 1: MSC),Male,Checked,Checked,Yes
    S2,Day 28 (Arm 1: MSC),Female,Unchecked,Unchecked,No
    S3,Day 28 (Arm 1: MSC),3,Unchecked,Checked,
"""
SOURCE = {
    "table": "subjects",
    "file": "redcap.csv",
    "dictionary": "dictionary.csv",
    "where": {"redcap_event_name": ("day_28_arm_1",)},
    "columns": {"subject_id": "id", "sex": "sex", "aetiology": "cause"},
    "codes": {"sex": {"Male": "M", "Female": "F"}},
    "ignore": ("cause___1", "cause___2", "treated"),
}


def read(folder, export, dictionary=DICTIONARY):
    (folder / "redcap.csv").write_text(text_of(export), encoding="utf-8")
    (folder / "dictionary.csv").write_text(text_of(dictionary), encoding="utf-8")
    return read_exports(map_of([SOURCE]), folder, study_in(folder))


@pytest.mark.parametrize("export", [RAW, LABELS], ids=["raw", "labels"])
def test_raw_and_label_exports_are_read_by_one_map(tmp_path, export):
    exports = read(tmp_path, export)
    subjects = exports.tables["subjects"]
    assert subjects["sex"].tolist() == ["M", "F", "3"]
    assert subjects["aetiology"].tolist() == ["HBV; Alcohol", None, "Alcohol"]
    assert of_rule(exports.findings.frame, "code-unknown") == [("redcap.csv", 4, "sex", "3")]
    assert len(exports.findings.frame) == 1


def test_a_file_that_is_no_dictionary_is_refused(tmp_path):
    with pytest.raises(LoadError, match="dictionary.csv: is no REDCap data dictionary; it misses Variable"):
        read(tmp_path, RAW, "a,b\n1,2\n")
