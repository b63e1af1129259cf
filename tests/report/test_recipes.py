"""Every measure has its formula; the Python that the page shows makes the number of the page again."""

import json
import re

import pandas as pd
import pytest

from hepatrial import estimate
from hepatrial.analyse import analyse_study
from hepatrial.derive import derive_analysis_data
from hepatrial.report.recipes import CALLED, CALLS, COUNT_CALL, COUNTED, FORMULAS
from hepatrial.results import MEASURES, add_core, select_rows
from hepatrial.run import read_rows, run_check
from hepatrial.study import read_study, templates_dir

TEMPLATE = templates_dir() / "nct06904755"
SHOWN = {"survival": "survival", "cumulative incidence": "incidence", "event time quantile": "time"}
NAMES = {"estimate": "estimate", "conf_low": "conf_low", "conf_high": "conf_high"}


def test_every_measure_has_a_formula():
    assert set(FORMULAS) == set(MEASURES)
    assert set(CALLS) | set(COUNTED) <= set(MEASURES)


@pytest.fixture(scope="module")
def data():
    checked = run_check(TEMPLATE / "study.toml", TEMPLATE)
    return derive_analysis_data(checked.exports, checked.inputs.study)


@pytest.fixture(scope="module")
def results(data):
    """Results of the example, with dataset and conditions of each."""
    found = analyse_study(read_study(TEMPLATE / "study.toml"), data)
    return found.frame.merge(found.sources, on="source_id")


def rows_of(data, row):
    return select_rows(add_core(data.datasets[row["dataset"]], data.datasets["ADSL"]), json.loads(row["where"]))


def fill(call, row, analysis):
    """What the page's script does."""
    slots = analysis.model_dump(mode="json") | {
        "time_days": row["time_days"],
        "cause": 2 if row["level"] == "competing" else 1,
        "scale": "log" if row["level"] == "ratio" else "linear",
        "number": float(row["level"]) if re.fullmatch(r"[\d.]+", row["level"]) else None,
    }
    return re.sub(r"\{(\w+)\}", lambda slot: json.dumps(slots[slot[1]]), call)


def run(call, name, rows):
    """The lines of the page, as a reader would type them."""
    *before, last = call.split("\n")
    space = {"rows": rows, name: getattr(estimate, name, None)}
    for line in before:
        exec(line, space)  # noqa: S102  (our own template, filled with the options of the study)
    return eval(last, space)  # noqa: S307


@pytest.mark.parametrize("measure", sorted(set(CALLS) - {"log-rank test", "gray test", "restricted mean"}))
def test_the_call_of_the_page_gives_the_number_of_the_page(data, results, measure):
    study = read_study(TEMPLATE / "study.toml")
    keep = (results["measure"] == measure) & results["status"].isin(["ok", "note"])
    keep &= ~results["level"].str.startswith("curve") & results["dataset"].isin(CALLED)
    stat = "median" if measure == "observed value" else "estimate"
    chosen = results[keep & (results["stat"] == stat)].iloc[::7].head(4)
    assert len(chosen)
    name, call = CALLS[measure]
    for row in chosen.to_dict("records"):
        rows = rows_of(data, row)
        made = run(fill(call, row, study.analysis(row["analysis_id"])), name, rows)
        value = made[SHOWN[measure]].iloc[0] if isinstance(made, pd.DataFrame) else getattr(made, stat)
        assert value == pytest.approx(row["value"], rel=1e-12), (measure, row["analysis_id"])


def test_a_count_of_patients_is_that_of_the_rows(data, results):
    keep = (results["measure"].isin(["adverse events", "patients"])) & (results["stat"] == "n") & (results["value"] > 0)
    for row in results[keep & (results["analysis_id"] == "adverse_events")].head(4).to_dict("records"):
        rows = rows_of(data, row)
        assert run(COUNT_CALL, "", rows) == row["value"], row["variable"]


def test_a_number_of_patients_names_exactly_these_patients(data, results):
    """Of a description, the rows may be more than one a patient; specimens are counted among those due."""
    keep = (results["stat"] == "n") & results["dataset"].isin(data.datasets) & (results["measure"] != "specimens")
    found = {}
    for row in results[keep & results["status"].isin(["ok", "note"])].drop_duplicates("source_id").to_dict("records"):
        rows = rows_of(data, row)
        if row["value"] not in (rows["USUBJID"].nunique(), len(rows)):
            found[(row["analysis_id"], row["variable"], row["level"], row["by_level"])] = (row["value"], row["where"])
    assert found == {}
    shift = results[(results["measure"] == "laboratory shift") & (results["stat"] == "n")]
    assert len(shift[shift["value"] > 0]) > 50
    for row in shift.to_dict("records"):
        assert row["value"] == len(json.loads(row["where"])[-1][2])


def test_the_rows_of_a_multiple_of_the_limit_are_those_it_was_made_from(data, results):
    keep = (results["measure"] == "times upper limit") & (results["stat"] == "max") & (results["variable"] == "BILI")
    assert set(results.loc[keep, "level"]) == {"baseline", "worst"}
    for row in results[keep].to_dict("records"):
        rows = rows_of(data, row)
        assert (rows["AVAL"] / rows["ANRHI"]).max() == row["value"]
    baseline = results[keep & (results["level"] == "baseline")].iloc[0]
    assert len(rows_of(data, baseline)) == baseline["n_used"]


def test_the_rows_of_the_page_are_read_from_study_and_data(data, results):
    row = results[(results["measure"] == "survival") & (results["level"] == "")].iloc[0]
    read = read_rows(TEMPLATE / "study.toml", TEMPLATE, row["dataset"], json.loads(row["where"]))
    assert len(read) == 10
    assert read["AVAL"].tolist() == rows_of(data, row)["AVAL"].tolist()
