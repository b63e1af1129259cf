"""The whole derivation on a small trial: shapes, columns, provenance, order."""

import pandas as pd
import pytest

from derive_study import derive, make_study
from hepatrial.contracts import ADAM_DATASETS, OPTIONAL_DATASETS, PROVENANCE_COLUMNS
from hepatrial.derive import derive_analysis_data
from hepatrial.errors import DeriveError
from typed_exports import make_exports

TABLES = {
    "subjects": """
subject_id | site | arm | consent_date | enrolment_date | age | sex
S02        | A    | MSC | 2025-01-02   | 2025-01-03     | 50  | F
S01        | A    | MSC | 2025-01-01   | 2025-01-02     | 40  | M
S03        | A    | MSC | 2025-01-05   | 2025-01-05     | 61  | M
""",
    "treatments": """
subject_id | session | treatment | start_date | start_time | end_date   | end_time | completed
S01        | 1       | reactor   | 2025-01-04 | 09:00      | 2025-01-04 | 15:00    | Y
S01        | 2       | reactor   | 2025-01-06 | 09:00      | 2025-01-06 | 13:30    | N
S02        | 1       | reactor   | 2025-01-05 | 10:00      | 2025-01-05 | 16:00    | Y
""",
    "labs": """
subject_id | visit | date       | time  | parameter | result | unit
S01        | D0    | 2025-01-04 | 08:00 | BILI      | 300    | umol/L
S01        | D1    | 2025-01-05 | 08:00 | BILI      | 240    | umol/L
S01        | D0    | 2025-01-04 | 08:00 | INR       | 2.0    | ratio
S01        | D0    | 2025-01-04 | 08:00 | CREAT     | 90     | umol/L
S02        | D0    | 2025-01-04 | 08:00 | BILI      | 200    | umol/L
""",
    "outcomes": """
subject_id | outcome | date       | cause
S02        | death   | 2025-01-20 | liver failure
S03        | death   | 2025-01-06 | liver failure
""",
    "adverse_events": """
subject_id | event | term  | start_date | grade | serious | related_device
S01        | 1     | Fever | 2025-01-05 | 2     | N       | possible
""",
}  # fmt: skip


@pytest.fixture
def study(tmp_path):
    scores = '[[scores]]\ncode = "MELD"\nlabel = "MELD"\nscore = "meld"\ndecimals = 0\n'
    return make_study(tmp_path, scores=scores)


def test_every_dataset_has_exactly_the_columns_of_its_contract(study):
    data = derive(study, **TABLES)
    assert {name: list(frame.columns) for name, frame in data.datasets.items()} == {
        name: list(spec.names) for name, spec in {**ADAM_DATASETS, **OPTIONAL_DATASETS}.items()
    }


def test_every_row_says_which_record_it_came_from(study):
    exports = make_exports(**TABLES)
    data = derive_analysis_data(exports, study)
    known = {record for table in exports.tables.values() for record in table["record_id"]}
    for name, frame in data.datasets.items():
        assert set(PROVENANCE_COLUMNS) <= set(frame.columns)
        cited = {record for text in frame["SRCID"] for record in text.split(";")}
        assert cited <= known, name
        assert frame["SRCDOM"].notna().all()


def test_row_order_of_the_exports_changes_nothing(study):
    exports = make_exports(**TABLES)
    turned = {name: table.iloc[::-1].reset_index(drop=True) for name, table in exports.tables.items()}
    first = derive_analysis_data(exports, study)
    second = derive_analysis_data(type(exports)(turned, exports.files, exports.findings, exports.exported_on), study)
    for name in ADAM_DATASETS:
        pd.testing.assert_frame_equal(first.datasets[name], second.datasets[name])
    pd.testing.assert_frame_equal(first.ledger.frame, second.ledger.frame)


def test_no_data_gives_empty_datasets_of_the_right_types(study):
    data = derive(study)
    assert all(frame.empty for frame in data.datasets.values())
    assert data.datasets["ADTTE"]["ADT"].dtype == "datetime64[ns]"
    assert data.datasets["ADTTE"]["AVAL"].dtype == "float64"


def test_two_rows_for_one_subject_are_refused(study):
    with pytest.raises(DeriveError, match=r"subject S01 has 2 rows in subjects.csv \(lines \[2, 3\]\)"):
        derive(study, subjects="subject_id | age\nS01 | 40\nS01 | 41")


def test_a_death_before_the_origin_is_in_adsl_and_ledger_but_not_at_risk(study):
    data = derive(study, **TABLES)
    assert data.datasets["ADTTE"]["USUBJID"].tolist() == ["S01", "S02"]
    row = data.datasets["ADSL"].set_index("USUBJID").loc["S03"]
    assert (row["DTHFL"], row["SAFFL"], row["FASFL"]) == ("Y", "N", "N")
    ledger = data.ledger.frame
    origin = ledger[(ledger["population"] == "ORIGIN") & (ledger["subject_id"] == "S03")]
    assert origin["reason"].tolist() == ["died before first treatment"]
