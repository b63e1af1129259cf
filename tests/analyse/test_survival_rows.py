"""The ten patients of clinical facts, section 6 (checked there in R survival)."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis_factory import make_data, study_with, value
from hepatrial.analyse import analyse_study

TIMES = [3, 5, 5, 8, 12, 14, 14, 20, 28, 28]
FATES = ["death", "death", "LT", "", "LT", "death", "death", "LT", "", ""]
IDS = [str(n) for n in range(10)]
ANALYSES = """
[[analyses]]
id = "tfs"
method = "survival"
title = "Transplant-free survival"
population = "FAS"
parameter = "TFS"
days = [3, 5, 12, 14, 20, 28, 84]
conf_type = "log-log"
conf_level = 0.95
quantiles = [0.5]
[[analyses]]
id = "death_cif"
method = "cumulative incidence"
title = "Death, transplant competing"
population = "FAS"
parameter = "DTH"
days = [3, 5, 12, 14, 20]
conf_type = "log-log"
conf_level = 0.95
"""
TIMES_TO_EVENT = """[[times_to_event]]
code = "TFS"
label = "Transplant-free survival"
events = ["death", "transplant"]
[[times_to_event]]
code = "DTH"
label = "Death"
events = ["death"]
competing = ["transplant"]
[[times_to_event]]"""
TFS = {"[[times_to_event]]": TIMES_TO_EVENT, 'variable = "OS"': 'variable = "TFS"'}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    study = study_with(
        tmp_path_factory.mktemp("s"),
        ANALYSES,
        **TFS,
    )
    codes = {"TFS": {"death": 0, "LT": 0, "": 1}, "DTH": {"death": 0, "LT": 2, "": 1}}
    adtte = {
        "USUBJID": IDS * 2,
        "PARAMCD": ["TFS"] * 10 + ["DTH"] * 10,
        "AVAL": [float(t) for t in TIMES] * 2,
        "CNSR": [codes[code][fate] for code in codes for fate in FATES],
        "SRCID": [f"r{n}" for n in IDS] * 2,
    }
    return analyse_study(study, make_data(ADSL={"USUBJID": IDS}, ADTTE=adtte)).frame


@pytest.mark.reference
@pytest.mark.parametrize(
    ("day", "free", "death", "transplant"),
    [(3, 0.9, 0.1, 0), (5, 0.7, 0.2, 0.1), (12, 0.583333, 0.2, 0.216667), (14, 0.35, 0.433333, 0.216667),
     (20, 0.233333, 0.433333, 0.333333)],
)  # fmt: skip
def test_the_three_curves_and_their_sum(results, day, free, death, transplant):
    cif = {"analysis_id": "death_cif", "measure": "cumulative incidence", "time_days": day}
    assert value(results, "estimate", analysis_id="tfs", measure="survival", level="", time_days=day) == pytest.approx(
        free, abs=5e-7
    )
    assert value(results, "estimate", level="event", **cif) == pytest.approx(death, abs=5e-7)
    assert value(results, "estimate", level="competing", **cif) == pytest.approx(transplant, abs=5e-7)


@pytest.mark.reference
@pytest.mark.parametrize(("day", "low", "high"), [(14, 0.0848, 0.640), (20, 0.0360, 0.529)])
def test_log_log_limits(results, day, low, high):
    keys = {"analysis_id": "tfs", "measure": "survival", "level": "", "time_days": day}
    assert value(results, "conf_low", **keys) == pytest.approx(low, abs=5e-5)
    assert value(results, "conf_high", **keys) == pytest.approx(high, abs=5e-4)


@pytest.mark.reference
@pytest.mark.parametrize(("day", "expected"), [(3, 0.094868), (5, 0.126491), (14, 0.164767), (20, 0.164767)])
def test_standard_error_of_incidence(results, day, expected):
    keys = {"measure": "cumulative incidence", "level": "event", "time_days": day}
    assert value(results, "std_error", **keys) == pytest.approx(expected, abs=5e-7)


def test_past_the_last_follow_up_is_not_estimable(results):
    rows = results[(results["measure"] == "survival") & (results["level"] == "") & (results["time_days"] == 84)]
    estimate = rows[rows["stat"] == "estimate"].iloc[0]
    assert estimate["status"] == "not_estimable"
    assert "last follow-up" in estimate["message"]
    assert np.isnan(estimate["value"])
    counts = rows[rows["stat"].isin(["n_risk", "n_events", "n_censored"])].set_index("stat")
    assert set(counts["status"]) == {"ok"}
    assert counts["value"].to_dict() == {"n_risk": 0, "n_events": 7, "n_censored": 3}


def test_at_risk_events_and_censored_sum_to_n_at_every_day(results):
    rows = results[(results["measure"] == "at risk")]
    assert set(rows.groupby(["analysis_id", "time_days"])["value"].sum()) == {10.0}


def test_known_status_counts_the_tolerance(results):
    """Day 84, tolerance 3: seven had the event, three were last seen on days 8, 28 and 28."""
    keys = {"measure": "known status", "time_days": 84}
    assert [value(results, stat, **keys) for stat in ("n_alive", "n_dead", "n_unknown")] == [0, 7, 3]
    assert value(results, "best_case", **keys) == 0.3
    keys = {"measure": "known status", "time_days": 28}
    assert [value(results, stat, **keys) for stat in ("n_alive", "n_dead", "n_unknown")] == [2, 7, 1]


def test_known_status_beside_the_incidence_sums_to_n(results):
    rows = results[(results["measure"] == "known status") & (results["analysis_id"] == "death_cif")]
    parts = rows[rows["stat"].isin(["n_alive", "n_dead", "n_competing", "n_unknown"])]
    assert set(parts.groupby("time_days")["value"].sum()) == {10.0}
    assert set(parts["time_days"]) == set(rows["time_days"])


def test_adstat_tells_competing_and_not_yet_due_apart(tmp_path):
    study = study_with(tmp_path, ANALYSES, **TFS)
    ids = ["1", "2", "3", "4"]
    adtte = {"USUBJID": ids, "PARAMCD": ["TFS"] * 4, "AVAL": [5.0, 9, 10, 30], "CNSR": [0, 2, 1, 1], "SRCID": ids}
    data = make_data(ADSL={"USUBJID": ids}, ADTTE=adtte)
    reasons = [None, None, "the day had not come at the data cut", None]
    states = {"USUBJID": ids, "PARAMCD": ["TFS"] * 4, "DAY": [28.0] * 4, "REASON": reasons}
    adstat = pd.DataFrame(states | {"STATUS": ["dead", "competing", "unknown", "alive"]})
    data = replace(data, datasets=data.datasets | {"ADSTAT": adstat})
    found = analyse_study(study, data).frame
    keys = {"measure": "known status", "time_days": 28, "analysis_id": "tfs"}
    names = ("n_alive", "n_dead", "n_competing", "n_unknown", "n_pending")
    assert [value(found, stat, **keys) for stat in names] == [1, 1, 1, 1, 1]
    assert [value(found, stat, **keys) for stat in ("best_case", "worst_case")] == [0.75, 0.5]


def test_a_second_engine_stands_beside_each_estimate(results):
    main = results[(results["measure"] == "survival") & (results["stat"] == "estimate") & (results["level"] == "")]
    second = results[(results["measure"] == "quality control") & (results["by_level"] == "survival")]
    assert list(main["time_days"]) == list(second["time_days"])
    assert set(main["checked_by"]) == {"engine"}
    assert main["value"].dropna().to_list() == pytest.approx(second["value"].dropna().to_list(), rel=1e-12)


def test_the_endpoint_is_named_on_its_day_only(results):
    named = results[(results["endpoint"] == "os") & (results["analysis_id"] == "tfs")]
    assert set(named["variable"]) == {"TFS"}
    assert not (named["level"] == "curve").any()
