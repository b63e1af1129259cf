"""CDISC ADaM datasets as they are: the ADSL of the CDISC pilot in a SAS transport and in a Dataset-JSON file."""

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from exports_factory import EXPORTED_ON, study_in
from hepatrial.check import apply_decisions, check_exports
from hepatrial.errors import ContractError, LoadError, StudyError
from hepatrial.load import read_exports
from hepatrial.study import DataMap, read_data_map

PILOT = Path(__file__).parents[1] / "reference" / "cdiscpilot01"


def adam_map(**files: str) -> DataMap:
    return DataMap(schema_version=1, study_id="T1", exported_on=EXPORTED_ON, adam=files)


def read(folder: Path, **contents: bytes):
    for name, content in contents.items():
        (folder / name.lower()).write_bytes(content)
    data_map = adam_map(**{name: name.lower() for name in contents})
    exports = read_exports(data_map, folder, study_in(folder))
    return exports, check_exports(exports, study_in(folder), data_map).frame


def pilot(name: str) -> bytes:
    return (PILOT / name).read_bytes() if name.endswith("xpt") else gzip.decompress((PILOT / f"{name}.gz").read_bytes())


def dataset(columns: list[dict[str, str]], rows: list[list[object]]) -> bytes:
    return json.dumps({"datasetJSONVersion": "1.1.0", "records": len(rows), "columns": columns, "rows": rows}).encode()


@pytest.mark.parametrize("action", ["exclude", "adjudicate", "correct", "leave out"])
def test_a_decision_cannot_change_adam_input_and_says_where_it_can(tmp_path, action):
    exports, _ = read(tmp_path, ADSL=pilot("adsl.xpt"))
    study, data_map = study_in(tmp_path), adam_map(ADSL="adsl.xpt")
    findings = check_exports(exports, study, data_map)
    row = {"id": "01-701-1015", "action": action, "column": "FAS", "seen": "", "value": "", "reason": "r", "who": "AB",
           "date": "2025-01-01"}  # fmt: skip
    with pytest.raises(
        ContractError, match=f"decisions.csv: {action} 01-701-1015: ADaM input is taken as it was derived"
    ):
        apply_decisions(exports, findings, pd.DataFrame([row]), study, data_map)
    accepted = apply_decisions(exports, findings, pd.DataFrame([row | {"action": "accept"}]), study, data_map)
    assert accepted.decisions["status"].tolist() == ["stale"]  # no finding has this id


@pytest.mark.reference
def test_the_pilot_adsl_is_read_with_its_types_and_labels(tmp_path):
    exports, findings = read(tmp_path, ADSL=pilot("adsl.xpt"))
    adsl = exports.adam["ADSL"]
    assert adsl.shape == (254, 49)
    assert adsl["TRT01P"].value_counts().to_dict() == {
        "Placebo": 86, "Xanomeline High Dose": 84, "Xanomeline Low Dose": 84,
    }  # fmt: skip
    assert adsl["TRTSDT"].dtype == "datetime64[ns]"
    assert adsl["TRTSDT"].iat[0] == pd.Timestamp(2014, 1, 2)
    assert adsl["AGE"].mean() == pytest.approx(75.087, abs=0.001)
    assert adsl["DTHFL"].map(type).isin([str, type(None)]).all()
    assert adsl.attrs["labels"]["TRT01P"] == "Planned Treatment for Period 01"
    assert findings.empty
    assert exports.files[["table", "rows"]].to_numpy().tolist() == [["ADSL", 254]]


@pytest.mark.reference
def test_dataset_json_gives_the_same_types(tmp_path):
    xpt = read(tmp_path, ADSL=pilot("adsl.xpt"))[0].adam["ADSL"]
    exports, findings = read(tmp_path, ADSL=pilot("adsl.json"))
    other = exports.adam["ADSL"]
    assert findings["rule"].unique().tolist() == ["number-missing"]
    assert findings["severity"].unique().tolist() == ["note"]
    assert other.dtypes.to_dict() == xpt.dtypes.to_dict()
    for name in ("USUBJID", "TRT01P", "AGE", "TRTSDT", "TRTEDT", "SEX"):
        pd.testing.assert_series_equal(other[name], xpt[name])


def test_half_a_dataset_is_fatal(tmp_path):
    content = pilot("adsl.xpt")
    findings = read(tmp_path, ADSL=content[: len(content) // 160 * 80])[1]
    assert findings[["rule", "severity", "file"]].to_numpy().tolist() == [["row-cut", "fatal", "adsl"]]


def test_subjects_of_other_datasets_are_in_adsl_once(tmp_path):
    column = [{"name": "USUBJID", "dataType": "string"}]
    findings = read(tmp_path, ADSL=dataset(column, [["A"], ["A"]]), ADTTE=dataset(column, [["A"], ["B"]]))[1]
    assert findings[["rule", "file", "line", "raw"]].to_numpy().tolist() == [
        ["adam-subject-doubled", "adsl", 2, "A"],
        ["adam-subject-unknown", "adtte", 2, "B"],
    ]
    findings = read(tmp_path, ADSL=dataset([{"name": "X", "dataType": "string"}], [["A"]]))[1]
    assert findings["rule"].tolist() == ["adam-no-subject"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"USUBJID,AGE\nA,1\n", "is read from XPT"),
        (dataset([{"name": "AGE", "dataType": "integer"}], [["old"]]), "not of the type"),
    ],
)
def test_a_file_without_its_types_is_refused(tmp_path, content, message):
    with pytest.raises(LoadError, match=message):
        read(tmp_path, ADSL=content)


def test_an_absent_dataset_is_a_fatal_finding(tmp_path):
    exports = read_exports(adam_map(ADSL="gone.xpt"), tmp_path, study_in(tmp_path))
    assert exports.findings.frame["rule"].tolist() == ["file-missing"]


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "sources: there is none"), ('adam = { ADTTE = "adtte.xpt" }', "adam: ADSL is missing")],
)
def test_a_map_needs_sources_or_adsl(tmp_path, text, message):
    path = tmp_path / "data.toml"
    path.write_text(f'schema_version = 1\nstudy_id = "T1"\nexported_on = 2024-01-01\n{text}\n', encoding="utf-8")
    with pytest.raises(StudyError, match=message):
        read_data_map(path)
