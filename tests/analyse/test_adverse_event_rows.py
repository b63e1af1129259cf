"""Adverse events by kind, special interest, action, arms compared, and in time: by hand, and the example recounted."""

from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import chi2

from analysis_factory import ORIGIN, value
from hepatrial.analyse import analyse_study
from hepatrial.analyse.event_kinds import KINDS, STOPPED
from hepatrial.derive import derive_analysis_data
from hepatrial.errors import StudyError
from hepatrial.estimate import compare_proportions
from hepatrial.load import read_exports
from hepatrial.study import read_data_map, read_study
from hepatrial.study.safety_analyses import EVENT_KINDS
from parallel_factory import EVENTS, make_parallel
from study_factory import write_study

TEMPLATE = Path(__file__).parents[2] / "data_templates" / "nct06904755"
DAY = pd.Timedelta(days=1)


def test_the_kinds_that_a_study_may_name_are_those_that_are_counted():
    assert set(EVENT_KINDS) == {*KINDS, STOPPED}


def run(tmp_path, more, **events):
    study, data = make_parallel(
        tmp_path, "adverse events", more="conf_level = 0.95\n" + more, ADAE={**EVENTS, **events}
    )
    return analyse_study(study, data).frame


def test_risk_differences_by_hand(tmp_path):
    found = run(tmp_path, 'risk_difference = "newcombe"')
    # 3 of 4 against 0 of 4; Wilson limits of 3/4: 0.3006, 0.9544; of 0/4: 0, 0.4899 (Newcombe 1998, method 10)
    keys = {"measure": "risk difference", "group": "MSC", "comparator": "PBO", "level": "Skin", "by_level": "Rash"}
    assert value(found, "estimate", **keys) == 75
    low, high = 0.75 - ((0.75 - 0.30064) ** 2 + 0.48990**2) ** 0.5, 0.75 + (0.95441 - 0.75)
    assert value(found, "conf_low", **keys) == pytest.approx(100 * low, abs=0.01)
    assert value(found, "conf_high", **keys) == pytest.approx(100 * high, abs=0.01)
    serious = {"measure": "risk difference", "group": "MSC", "variable": "serious"}
    assert value(found, "estimate", **serious) == 25
    assert (found["measure"] != "fisher test").all()


def test_miettinen_nurminen_limits_are_those_of_the_estimator(tmp_path):
    found = run(tmp_path, 'risk_difference = "miettinen-nurminen"')
    keys = {"measure": "risk difference", "group": "MSC", "variable": "any"}
    expected = compare_proportions([3, 1], [4, 4], reference=1, method="miettinen-nurminen", conf_level=0.95)
    assert value(found, "estimate", **keys) == 50
    assert value(found, "conf_low", **keys) == pytest.approx(100 * expected.conf_low, rel=1e-12)
    assert value(found, "conf_high", **keys) == pytest.approx(100 * expected.conf_high, rel=1e-12)


def test_no_event_in_either_arm_is_a_difference_of_0_with_its_limits(tmp_path):
    """0 of 4 twice: d^2 = z^2 d(1 - d)/n N/(N - 1) at the score limit, so d = c/(1 + c), c = 8 z^2/(7 4)."""
    found = run(tmp_path, 'risk_difference = "miettinen-nurminen"')
    keys = {"measure": "risk difference", "group": "MSC", "comparator": "PBO", "variable": "fatal"}
    c = 8 * 3.841458820694124 / 28
    assert value(found, "estimate", **keys) == 0
    assert value(found, "conf_high", **keys) == pytest.approx(100 * c / (1 + c), rel=1e-6)
    assert value(found, "conf_low", **keys) == pytest.approx(-100 * c / (1 + c), rel=1e-6)
    assert found.loc[(found["measure"] == "risk difference") & (found["variable"] == "fatal"), "status"].eq("ok").all()


def test_an_arm_without_patients_is_not_compared_and_says_so(tmp_path):
    study, data = make_parallel(
        tmp_path, "adverse events", more='conf_level = 0.95\ncomparison = "fisher"\nrisk_difference = "newcombe"',
        ADAE=EVENTS,
    )  # fmt: skip
    data.datasets["ADSL"]["TRT01P"] = "MSC"
    found = analyse_study(study, data).frame
    rows = found[found["measure"].isin(["risk difference", "fisher test"])]
    assert set(rows["status"]) == {"not_estimable"}
    assert (rows["message"] != "").all()


def test_common_terms_reach_the_per_cent_in_some_arm(tmp_path):
    found = run(tmp_path, "min_percent = 50.0")
    classes = found[(found["variable"] == "class") & (found["stat"] == "n")]
    assert classes[["group", "by_level", "value"]].to_numpy().tolist() == [["MSC", "Rash", 3], ["PBO", "Rash", 0]]
    assert "fever" in set(run(tmp_path, "min_percent = 25.0")["by_level"])


def test_action_taken_and_what_stopped_treatment(tmp_path):
    study, data = make_parallel(
        tmp_path, "adverse events", more="conf_level = 0.95",
        ADAE={**EVENTS, "AEACN": ["Stopped ", "none", "none", "stopped", None]},
    )  # fmt: skip
    text = (tmp_path / "study.toml").read_text(encoding="utf-8")
    text += '\n[safety]\non_therapy_lag_days = 0\ngrading = "not stated"\nstop_actions = ["STOPPED"]\n'
    text += '[[safety.special_interest]]\ncode = "SKIN"\nlabel = "Skin"\nterms = ["rash", "itch"]\n'
    found = analyse_study(read_study(write_study(tmp_path, text)), data).frame
    keys = {"measure": "adverse events", "group": "MSC"}
    assert [value(found, stat, variable=STOPPED, **keys) for stat in ("n", "n_events")] == [2, 2]
    assert [value(found, stat, variable="action", level="none", **keys) for stat in ("n", "n_events")] == [2, 2]
    assert [value(found, stat, variable="special interest SKIN", **keys) for stat in ("n", "n_events")] == [3, 4]
    assert value(found, "n", variable="special interest SKIN", measure="adverse events", group="PBO") == 0
    assert study.safety is None


TIMES = """conf_level = 0.95
kinds = ["any", "serious"]
days = [10, 30]
rate_days = 100
conf_type = "small-sample"
"""


def times(tmp_path):
    """PBO: P0 event on day 5 and again on day 8, seen to day 40; P1 dies on day 7; P2 lost on day 20; P3 to day 40."""
    end = [40, None, 20, 40, 40, 40, 40, 40]
    dates = {
        "TRTSDT": [ORIGIN] * 8, "EOSDT": [None if day is None else ORIGIN + day * DAY for day in end],
        "DTHDT": [None, ORIGIN + 7 * DAY, *[None] * 6],
    }  # fmt: skip
    events = {
        "USUBJID": ["P0", "P0"], "AESEQ": [1.0, 2], "AETERM": ["fever"] * 2, "AEDECOD": ["Fever"] * 2,
        "AEBODSYS": ["General"] * 2, "AESER": ["N", "N"], "TRTEMFL": ["Y", "Y"],
        "ASTDT": [ORIGIN + 8 * DAY, ORIGIN + 5 * DAY],
    }  # fmt: skip
    study, data = make_parallel(tmp_path, "adverse event times", more=TIMES, ADAE=events)
    adsl = data.datasets["ADSL"].assign(**{name: pd.to_datetime(pd.Series(days)) for name, days in dates.items()})
    return analyse_study(study, type(data)({**data.datasets, "ADSL": adsl}, data.ledger, data.as_of)).frame


def test_rates_per_patient_time_by_hand(tmp_path):
    found = times(tmp_path)
    keys = {"measure": "rate", "group": "PBO", "variable": "any"}
    # patient-days with both ends: 41 + 8 + 21 + 41; to the first event 6 + 8 + 21 + 41
    assert [value(found, stat, level="per patient-time", **keys) for stat in ("n_events", "n_total")] == [2, 111]
    first = {"level": "first event per patient-time", **keys}
    assert [value(found, stat, **first) for stat in ("n_events", "n_total")] == [1, 76]
    assert value(found, "estimate", **first) == pytest.approx(100 / 76)
    assert value(found, "conf_high", **first) == pytest.approx(chi2.ppf(0.975, 4) / 2 / 0.76, rel=1e-10)
    # nothing serious: the exact upper bound
    keys = {"measure": "rate", "group": "PBO", "variable": "serious", "level": "per patient-time"}
    assert [value(found, stat, **keys) for stat in ("estimate", "conf_low")] == [0, 0]
    assert value(found, "conf_high", **keys) == pytest.approx(chi2.ppf(0.975, 2) / 2 / 1.11, rel=1e-10)


def test_incidence_with_death_competing_beside_the_crude_proportion(tmp_path):
    found = times(tmp_path)
    keys = {"group": "PBO", "variable": "any"}
    at = {"measure": "cumulative incidence", "level": "event", **keys}
    # one event of four at day 5; the death on day 7 takes one of three out: 1/4 stays
    assert value(found, "estimate", time_days=30.0, **at) == 0.25
    assert value(found, "second_path", measure="quality control", by_level="cumulative incidence", time_days=30.0,
                 **keys) == 0.25  # fmt: skip
    crude = {"measure": "proportion", "time_days": 10.0, **keys}
    assert [value(found, stat, **crude) for stat in ("n_events", "n_total", "estimate")] == [1, 4, 0.25]
    assert value(found, "n", measure="observed value", level="days to first event", **keys) == 1
    assert value(found, "median", measure="observed value", level="days to first event", **keys) == 5


def test_a_kind_must_be_known(tmp_path):
    with pytest.raises(StudyError, match="'bleeding' is not a kind of event"):
        make_parallel(tmp_path, "adverse event times", more=TIMES.replace('"serious"', '"bleeding"'))


@pytest.fixture(scope="module")
def example():
    study = read_study(TEMPLATE / "study.toml")
    exports = read_exports(read_data_map(TEMPLATE / "data.toml", study), TEMPLATE, study)
    mine = [item for item in study.analyses if item.method.startswith("adverse event")]
    study = study.model_copy(update={"analyses": tuple(mine)})
    return study, analyse_study(study, derive_analysis_data(exports, study)).frame


def exported(name):
    return pd.read_csv(TEMPLATE / "example" / f"{name}.csv", dtype=str)


def test_special_interest_of_the_example_recounted(example):
    study, found = example
    events = exported("adverse_events")
    first = exported("treatments").groupby("subject_id")["start_date"].min()
    events = events[events["start_date"] >= events["subject_id"].map(first)]
    for item in study.safety.special_interest:
        mine = events[events["preferred_term"].isin(item.terms)]
        keys = {"analysis_id": "adverse_events", "variable": f"special interest {item.code}"}
        assert value(found, "n", **keys) == mine["subject_id"].nunique()
        assert value(found, "n_events", **keys) == len(mine)
    assert value(found, "n", analysis_id="adverse_events", variable="special interest BLEED") > 1


def test_common_events_of_the_example_recounted(example):
    _, found = example
    events = exported("adverse_events")
    n = events.groupby("preferred_term")["subject_id"].nunique()
    rows = found[(found["analysis_id"] == "common_adverse_events") & (found["variable"] == "class")]
    common = rows[rows["stat"] == "n"].set_index("by_level")["value"].to_dict()
    assert common == n[n >= 2].to_dict()


def test_patient_days_of_the_example_recounted(example):
    _, found = example
    start = pd.to_datetime(exported("treatments").groupby("subject_id")["start_date"].min())
    adsl_days = value(found, "n_total", variable="any", level="per patient-time")
    first = exported("adverse_events").groupby("subject_id")["start_date"].min()
    days = (pd.to_datetime(first) - start).dt.days
    keys = {"variable": "any", "level": "first event per patient-time"}
    assert value(found, "n_total", **keys) == (days + 1).sum() < adsl_days
