"""A number made from ADaM datasets is traced to the file and the record number of each record behind it."""

from pathlib import Path

import pyreadstat

from hepatrial.results import read_results
from hepatrial.run import run_report
from hepatrial.trace import trace_result

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "reference" / "cdiscpilot01"


def test_the_serious_events_of_the_pilot_are_found_in_their_file(tmp_path):
    run_report(ROOT / "data_templates" / "cdiscpilot01" / "study.toml", DATA, tmp_path / "out", formats=())
    rows = read_results(tmp_path / "out").frame
    rows = rows[(rows["measure"] == "adverse events") & (rows["stat"] == "n_events") & (rows["variable"] == "serious")]
    row = rows[rows["value"] > 0].iloc[0]
    found = trace_result(tmp_path / "out", row["result_id"]).records
    assert len(found) == row["value"]
    assert set(found["file"]) == {"adae.xpt"}
    adae, _ = pyreadstat.read_xport(DATA / "adae.xpt")
    read = adae.iloc[found["line"].astype(int) - 1]
    assert set(read["AESER"]) == {"Y"}
    assert read["USUBJID"].tolist() == found["USUBJID"].tolist()
