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


@pytest.mark.parametrize("measure", sorted(set(CALLS) - {"log-rank test", "gray test"}))
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


def test_the_rows_of_the_page_are_read_from_study_and_data(data, results):
    row = results[(results["measure"] == "survival") & (results["level"] == "")].iloc[0]
    read = read_rows(TEMPLATE / "study.toml", TEMPLATE, row["dataset"], json.loads(row["where"]))
    assert len(read) == 10
    assert read["AVAL"].tolist() == rows_of(data, row)["AVAL"].tolist()
