"""A number made from ADaM datasets is traced to the file and the record number of each record behind it."""

import gzip
import json
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from hepatrial.results import read_results
from hepatrial.run import run_report
from hepatrial.trace import trace_result

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "reference" / "cdiscpilot01"


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pilot") / "out"
    run_report(ROOT / "data_templates" / "cdiscpilot01" / "study.toml", DATA, folder, formats=("html",))
    return folder


@pytest.fixture(scope="module")
def rows(out):
    return read_results(out).frame


def trace(out, rows, file, table, **keys):
    """The result, and the records of the file that its trace names, in their order."""
    row = rows[(rows[list(keys)] == pd.Series(keys)).all(axis=1)].iloc[0]
    found = trace_result(out, row["result_id"]).records
    assert set(found["file"]) == {file}
    assert set(found["table"]) == {table}
    read = read_file(file).iloc[found["line"].astype(int) - 1]
    assert read["USUBJID"].tolist() == found["USUBJID"].tolist()
    return row, read


def read_file(name):
    if name.endswith(".xpt"):
        return pyreadstat.read_xport(DATA / name)[0]
    content = json.loads(gzip.decompress((DATA / name).read_bytes()))
    return pd.DataFrame(content["rows"], columns=[column["name"] for column in content["columns"]])


def test_the_serious_events_of_the_pilot_are_found_in_their_file(out, rows):
    some = rows[(rows["value"] > 0) & (rows["analysis_id"] == "teae")]
    row, read = trace(out, some, "adae.xpt", "ADAE", measure="adverse events", stat="n_events", variable="serious")
    assert len(read) == row["value"]
    assert set(read["AESER"]) == {"Y"}


def test_the_times_behind_a_curve_are_found_in_their_file(out, rows):
    keys = {"analysis_id": "ttde_km", "measure": "follow-up", "group": "HIGH"}
    row, read = trace(out, rows, "adtte.xpt", "ADTTE", stat="n_total", **keys)
    assert len(read) == row["value"] == 84
    assert set(read["PARAMCD"]) == {"TTDE"}
    events = rows[(rows[list(keys)] == pd.Series(keys)).all(axis=1) & (rows["stat"] == "n_events")]["value"].item()
    assert (read["CNSR"] == 0).sum() == events > 0


def test_the_subjects_behind_a_mean_are_found_in_their_file(out, rows):
    row, read = trace(out, rows, "adsl.xpt", "ADSL", analysis_id="baseline", variable="AGE", stat="mean", group="LOW")
    assert len(read) == row["n_used"] == 84
    assert read["AGE"].mean() == pytest.approx(row["value"], rel=1e-12)
    assert set(read["ITTFL"]) == {"Y"}


def test_the_values_behind_a_laboratory_count_are_found_in_their_file(out, rows):
    keys = {"measure": "laboratory shift", "stat": "n", "variable": "ALB", "group": "HIGH", "level": "total"}
    row, read = trace(out, rows, "adlbc.json.gz", "ADLBC", analysis_id="lab_categories", by_level="", **keys)
    assert set(read["PARAMCD"]) == {"ALB"}
    assert read["AVAL"].notna().all()
    whole = read_file("adlbc.json.gz")
    high = read_file("adsl.xpt").query("TRT01P == 'Xanomeline High Dose' and SAFFL == 'Y'")["USUBJID"]
    assert read["USUBJID"].nunique() == row["value"] > 70
    assert set(read["USUBJID"]) <= set(high)
    own = whole["USUBJID"].isin(set(read["USUBJID"]))
    assert len(read) == ((whole["PARAMCD"] == "ALB") & whole["AVAL"].notna() & own).sum()


def test_the_values_behind_a_model_are_found_in_their_file(out, rows):
    keys = {"measure": "least squares mean", "stat": "estimate", "group": "PLACEBO"}
    row, read = trace(out, rows, "adadas.xpt", "ADADAS", analysis_id="adas_mmrm", **keys)
    assert set(read["PARAMCD"]) == {"ACTOT"}
    keys |= {"stat": "n", "visit": row["visit"]}
    assert len(read) == rows[(rows[list(keys)] == pd.Series(keys)).all(axis=1)]["value"].item() > 0
    assert read["USUBJID"].is_unique


def test_the_page_names_file_and_record_too(out):
    page = (out / "report.html").read_text(encoding="utf-8")
    assert '"ADTTE","adtte.xpt","",' in page
    assert '"","","",0]' not in page
