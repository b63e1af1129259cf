"""Scenarios of simulated trials: ratio, strata, sites, doses, a second randomisation, and how patients leave."""

from datetime import date

import pandas as pd
import pytest

from hepatrial.errors import SimulateError
from hepatrial.simulate import SCENARIOS, simulate_exports, write_example
from hepatrial.simulate.allocation import Allocation
from hepatrial.study import read_data_map, read_study, templates_dir
from hepatrial.study.models import SecondStage

CALENDAR = {"first_date": date(2024, 1, 8), "exported_on": date(2027, 12, 31)}


def make_study(**design: object):
    """NCT06904755 with two arms, a dosing schedule and a second randomisation; its entry criteria left out."""
    study = read_study(templates_dir() / "nct06904755" / "study.toml")
    arms = tuple(
        study.design.arms[0].model_copy(update={"code": code, "label": code.title(), "dose_days": days} | dose)
        for code, days, dose in (("MSC", (0, 7), {"dose": 2.0, "dose_unit": "10^8"}), ("PBO", (0, 7), {}))
    )
    later = (("MORE", (14,)), ("STOP", ()))
    again = tuple(arms[0].model_copy(update={"code": code, "dose_days": days}) for code, days in later)
    second = SecondStage(day=14, of_arms=("MSC",), allocation="1:1", arms=again)
    update = {"kind": "parallel", "arms": arms, "allocation": "2:1", "second": second} | design
    return study.model_copy(
        update={
            "design": study.design.model_copy(update=update),
            "time": study.time.model_copy(update={"origin": "randomisation"}),
            "eligibility": (),
        }
    )


@pytest.fixture(scope="module")
def trial():
    return simulate_exports(make_study(), n=120, seed=11, scenario=SCENARIOS["acute-on-chronic"], **CALENDAR)


def test_two_to_one_holds_within_every_stratum(trial):
    counts = trial["subjects"].groupby(["stratum", "arm"]).size().unstack()
    assert set(counts.index) == {"encephalopathy", "no encephalopathy"}
    assert ((counts["MSC"] - 2 * counts["PBO"]).abs() <= 2).all()


def test_blocks_have_the_ratio_and_another_stratum_has_its_own_list():
    allocation = Allocation(make_study(), seed=3)
    first = [allocation.next_arm("a") for _ in range(30)]
    other = [allocation.next_arm("b") for _ in range(30)]
    for start in range(0, 30, 3):
        assert sorted(first[start : start + 3]) == ["MSC", "MSC", "PBO"]
    assert first != other


def test_sites_differ_in_number_severity_and_missed_visits(trial):
    subjects = trial["subjects"].set_index("subject_id")
    assert subjects["site"].nunique() == 4
    assert subjects["site"].value_counts().index[0].startswith("模拟中心一")
    missed = trial["deviations"]["description"].str.contains("missed")
    site = trial["deviations"].loc[missed, "subject_id"].map(subjects["site"])
    rate = site.value_counts() / subjects["site"].value_counts()
    assert rate["模拟中心四 Simulated centre 4"] > 1.5 * rate["模拟中心一 Simulated centre 1"]


def test_doses_are_given_on_their_days_with_their_amount(trial):
    doses = trial["treatments"].merge(trial["subjects"][["subject_id", "arm", "randomisation_date", "second_arm"]])
    day = (pd.to_datetime(doses["start_date"]) - pd.to_datetime(doses["randomisation_date"])).dt.days
    assert set(day) <= {0, 7, 8, 14, 15}
    assert set(doses.loc[day >= 14, "second_arm"]) == {"MORE"}
    given = doses[(doses["arm"] == "MSC") & (doses["completed"] == "Y")]
    assert set(given["dose"] + given["dose_unit"]) == {"210^8"}
    assert set(doses.loc[doses["arm"] == "PBO", "dose"]) == {""}


def test_only_the_named_arm_is_randomised_again_and_only_while_on_study(trial):
    again = trial["subjects"][trial["subjects"]["second_arm"] != ""]
    assert set(again["arm"]) == {"MSC"}
    assert abs((again["second_arm"] == "MORE").sum() - (again["second_arm"] == "STOP").sum()) <= 2
    ends = trial["outcomes"].groupby("subject_id")["date"].min()
    assert (again["second_randomisation_date"] < again["subject_id"].map(ends).fillna("9999")).all()
    gone = trial["subjects"][(trial["subjects"]["second_arm"] == "") & (trial["subjects"]["arm"] == "MSC")]
    early = gone["subject_id"].map(ends) <= (
        pd.to_datetime(gone["randomisation_date"]) + pd.Timedelta(days=14)
    ).dt.strftime("%Y-%m-%d")
    assert early.sum() >= len(gone) - 3  # the others were never treated


def test_patients_leave_in_every_way(trial):
    outcomes = set(trial["outcomes"]["outcome"])
    assert outcomes >= {
        "death",
        "transplant",
        "withdrawal",
        "lost to follow-up",
        "discharge against advice",
        "completed",
    }
    left = trial["outcomes"].pivot_table(index="subject_id", columns="outcome", values="date", aggfunc="first")
    against = left.dropna(subset=["discharge against advice"])
    assert (against["discharge against advice"] < against["death"]).all()


def test_a_double_blind_study_does_not_tell_the_arm_in_its_treatments():
    rows = simulate_exports(
        make_study(masking="double"), n=12, seed=2, scenario=SCENARIOS["acute-on-chronic"], **CALENDAR
    )["treatments"]
    assert rows["treatment"].nunique() == 1
    assert set(rows["dose"]) == {""}


def test_cirrhosis_is_milder_than_acute_failure():
    medians = {}
    for name in ("acute", "cirrhosis"):
        labs = simulate_exports(make_study(), n=40, seed=5, scenario=SCENARIOS[name], **CALENDAR)["labs"]
        rows = labs[(labs["visit"] == "BL") & (labs["parameter"] == "BILI")]
        medians[name] = pd.to_numeric(rows["result"]).median()
    assert medians["cirrhosis"] < medians["acute"] / 4


def test_a_ratio_that_does_not_fit_the_arms_is_an_error():
    with pytest.raises(SimulateError, match="3 parts for 2 arms"):
        Allocation(make_study(allocation="1:1:1"), seed=1)


def test_an_unknown_scenario_is_an_error(tmp_path):
    folder = templates_dir() / "nct06904755"
    study = read_study(folder / "study.toml")
    data_map = read_data_map(folder / "data.toml", study)
    with pytest.raises(SimulateError, match="cirrhosis"):
        write_example(study, data_map, tmp_path, n=1, seed=1, first_date=date(2024, 1, 1), scenario="flu")


def test_who_fails_screening_has_a_short_reason():
    study = read_study(templates_dir() / "nct05985863" / "study.toml")
    rows = simulate_exports(study, n=20, seed=1, scenario=SCENARIOS["acute-on-chronic"], **CALENDAR)["screening"]
    reasons = rows.loc[rows["outcome"] == "failed", "reason"]
    assert reasons.str.contains("Hepatic encephalopathy of grade II or above at baseline").any()
    assert "Acute-on-chronic liver failure by APASL" in {reason.split("met: ")[1] for reason in reasons}
    assert not reasons.str.contains("[,:;(].*[,:;(]", regex=True).any()
