import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatrial.contracts import (
    ADAM_DATASETS,
    FINDING_COLUMNS,
    STANDARD_TABLES,
    Findings,
    Results,
    compute_record_ids,
    make_finding,
    typed_columns,
)
from hepatrial.contracts.handover import RESULT_STATUSES
from hepatrial.errors import ContractError, ResultsError
from hepatrial.results import bind_results, compare_results, expand_sources, make_source, read_results, write_results

ROW = {"analysis_id": "os_km", "variable": "OS", "measure": "survival", "stat": "estimate", "time_days": 28.0,
       "value": 0.7, "status": "ok", "n_used": 10}  # fmt: skip

ADSL = pd.DataFrame(
    {"USUBJID": ["1", "2"], "ENRLFL": "Y", "FASFL": ["N", "Y"], "SAFFL": "Y", "PPROTFL": "Y", "TRT01P": "MSC"}
)


def test_a_record_keeps_its_id_when_rows_move_or_others_come():
    frame = pd.DataFrame({"subject_id": ["1", "2", "2"], "date": ["a", "b", "b"]})
    ids = compute_record_ids("labs", frame, ["subject_id", "date"])
    moved = compute_record_ids("labs", frame.iloc[[1, 0, 2]], ["subject_id", "date"])
    assert ids.is_unique
    assert set(moved) == set(ids)
    assert ids[0] == moved[0]
    assert compute_record_ids("clinical", frame, ["subject_id", "date"])[0] != ids[0]


def test_a_missing_key_part_is_not_the_text_nan():
    frame = pd.DataFrame({"subject_id": [None, "nan"]})
    assert compute_record_ids("labs", frame, ["subject_id"]).is_unique


def test_a_finding_keeps_its_id_when_the_line_moves():
    first, second = (make_finding("r", "note", "m", file="f", line=n, record_id="x", raw="1") for n in (1, 2))
    assert first["finding_id"] == second["finding_id"]


def test_the_gate_counts_open_findings_at_or_above_the_limit():
    rows = [
        make_finding("r", severity, "m", line=n) for n, severity in enumerate(["note", "warning", "error", "fatal"])
    ]
    rows[3]["status"] = "accepted"
    assert list(Findings.from_rows(rows).at_or_above("warning")["severity"]) == ["warning", "error"]


def test_contracts_refuse_a_missing_column_and_an_unknown_severity():
    with pytest.raises(ContractError, match="finding_id"):
        Findings(pd.DataFrame({"rule": []}))
    with pytest.raises(ContractError, match="'bad'"):
        Findings(pd.DataFrame([dict.fromkeys(FINDING_COLUMNS, "") | {"severity": "bad"}]))


def test_keys_of_every_table_are_its_columns():
    for spec in STANDARD_TABLES.values():
        assert set(spec.key) <= set(typed_columns(spec)), spec.name
    for spec in ADAM_DATASETS.values():
        assert set(spec.key) <= set(spec.names), spec.name
        assert all(len(name) <= 8 for name in spec.names), spec.name


def test_results_are_bound_sorted_and_unique():
    results = bind_results([ROW | {"time_days": 7.0}, ROW], [])
    assert list(results.frame["time_days"]) == [7.0, 28.0]
    with pytest.raises(ContractError, match="share their keys"):
        bind_results([ROW, ROW], [])


def test_a_measure_outside_the_glossary_is_refused():
    with pytest.raises(ResultsError, match="'survivl'"):
        bind_results([ROW | {"measure": "survivl"}], [])


def test_results_keep_every_digit_through_files(tmp_path):
    results = bind_results([ROW | {"value": 1 / 3}, ROW | {"stat": "conf_low", "value": None}], [])
    write_results(results, {"ADSL": ADSL}, tmp_path)
    pd.testing.assert_frame_equal(read_results(tmp_path).frame, results.frame)
    csv = pd.read_csv(tmp_path / "results.csv")
    assert 1 / 3 in set(csv["value"])
    assert isinstance(results, Results)


@given(value=st.floats(), status=st.sampled_from(RESULT_STATUSES))
def test_a_row_that_failed_has_no_value(value, status):
    frame = bind_results([ROW | {"value": value, "status": status, "message": "why"}], []).frame
    assert frame["message"].item() == "why"
    if status in ("failed", "not_estimable"):
        assert np.isnan(frame["value"].item())
    else:
        np.testing.assert_equal(frame["value"].item(), value)


def test_text_of_the_data_is_no_formula_in_the_csv(tmp_path):
    results = bind_results([ROW | {"level": "=HYPERLINK(1)"}], [])
    write_results(results, {"ADSL": ADSL}, tmp_path)
    assert pd.read_csv(tmp_path / "results.csv")["level"].to_list() == ["'=HYPERLINK(1)"]
    assert read_results(tmp_path).frame["level"].to_list() == ["=HYPERLINK(1)"]


def test_compare_names_what_changed_what_came_and_what_went():
    old = bind_results([ROW, ROW | {"time_days": 7.0}], [])
    new = bind_results([ROW | {"value": 0.6}, ROW | {"time_days": 14.0}], [])
    changes = compare_results(old, new).set_index("time_days")["change"].to_dict()
    assert changes == {28.0: "changed", 7.0: "gone", 14.0: "added"}
    assert compare_results(old, old).empty


def test_a_source_expands_to_the_records_behind_it():
    data = pd.DataFrame({"USUBJID": ["1", "2"], "PARAMCD": ["OS", "TFS"], "SRCDOM": "outcomes", "SRCID": ["a;b", "c"]})
    source = make_source("ADTTE", [("PARAMCD", "in", ["OS"])])
    rows = expand_sources(pd.DataFrame([source]), {"ADTTE": data, "ADSL": ADSL})
    assert list(rows["record_id"]) == ["a", "b"]
    flagged = make_source("ADTTE", [("FASFL", "in", ["Y"])])
    assert list(expand_sources(pd.DataFrame([flagged]), {"ADTTE": data, "ADSL": ADSL})["record_id"]) == ["c"]
    assert set(rows["source_id"]) == {source["source_id"]}
