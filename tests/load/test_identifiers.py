import pytest

from exports_factory import of_rule, read_one
from hepatrial.load.identifiers import find_identifiers
from hepatrial.load.sheet import Sheet, TextColumn

ID_CARD = "11010519491231002X"  # the example of GB 11643-1999
SOURCE = {"table": "subjects", "columns": {"subject_id": "id", "site": "note"}}


def kinds(name: str, *texts: str) -> list[tuple[int, str]]:
    column = TextColumn.from_values(texts)
    sheet = Sheet({name: column}, lines=column.codes + 2)
    return [(line, kind) for _, line, _, kind in find_identifiers(sheet)]


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("姓名", "张三", "a name"),
        ("Patient name", "Zhang San", "a name"),
        ("联系电话", "010-1234", "a name"),
        ("note", f"card {ID_CARD} seen", "a Chinese identity number"),
        ("note", "call 13812345678", "a telephone number"),
        ("note", "+86 13812345678", "a telephone number"),
        ("note", "a.person@example.org", "an e-mail address"),
    ],
)
def test_what_may_identify_a_patient_is_found(name, text, kind):
    assert [one[0] for one in kinds(name, "", text)] == [3]
    assert kinds(name, text)[0][1].startswith(kind)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("redcap_event_name", "week_4"),
        ("note", "110105194912310021"),
        ("result", "13812345678.5"),
        ("id", "01-701-1015"),
        ("date", "2014-01-02T10:20:30"),
        ("姓名", ""),
    ],
)
def test_what_identifies_nobody_is_left_alone(name, text):
    assert kinds(name, text) == []


def test_a_possible_identifier_stops_the_run_and_is_never_shown(tmp_path):
    text = f"id,note,姓名\nS1,{ID_CARD},张三\nS1 ,{ID_CARD},张三\nS2\n"
    exports = read_one(tmp_path, text, dict(SOURCE))
    found = exports.findings.frame
    assert found.query("rule == 'identifier'")["severity"].tolist() == ["fatal", "fatal"]
    assert of_rule(found, "identifier") == [("export.csv", 2, "note", "*" * 18), ("export.csv", 2, "姓名", "**")]
    everything = found.to_csv()
    assert ID_CARD not in everything
    assert "张三" not in everything
    assert ID_CARD[:6] not in everything


def test_the_name_of_a_medication_is_no_persons(tmp_path):
    source = {"table": "medications", "columns": {"subject_id": "id", "name": "name"}}
    assert read_one(tmp_path, "id,name\nS1,albumin\n", source).findings.frame.empty


def test_a_dropped_column_is_no_finding(tmp_path):
    source = {"table": "subjects", "columns": {"subject_id": "id"}, "drop": ("note", "姓名")}
    assert read_one(tmp_path, f"id,note,姓名\nS1,{ID_CARD},张三\n", source).findings.frame.empty
