"""The shipped templates load without a finding at their limit and derive the analysis data that they promise."""

from pathlib import Path

import pandas as pd
import pytest

from hepatrial.check import check_exports
from hepatrial.derive import derive_analysis_data
from hepatrial.load import read_exports
from hepatrial.study import read_data_map, read_study, templates_dir

MAYO = Path(__file__).parents[1] / "reference" / "mayo_pbc"


def read_template(name: str, folder: Path | None = None):
    template = templates_dir() / name
    study = read_study(template / "study.toml")
    data_map = read_data_map(template / "data.toml", study)
    exports = read_exports(data_map, folder or template, study)
    return study, check_exports(exports, study, data_map), derive_analysis_data(exports, study)


@pytest.fixture(scope="module")
def reactor():
    return read_template("nct06904755")


@pytest.fixture(scope="module")
def mayo():
    return read_template("mayo-pbc", MAYO)


def test_the_example_has_only_the_findings_put_into_it(reactor):
    _, findings, _ = reactor
    assert findings.at_or_above("error").empty
    assert set(findings.frame["rule"]) == {
        "date-partial",
        "result-left-censored",
        "result-right-censored",
        "result-missing",
    }


def test_the_two_planted_disagreements_are_seen_and_one_costs_the_per_protocol_set(reactor):
    _, _, data = reactor
    differ = data.datasets["ADEL"].query("DIFFFL == 'Y'")
    assert list(zip(differ["CRITID"], differ["DATARES"], differ["INVRES"], strict=True)) == [
        ("I06", "met", "not met"),
        ("I03", "not met", "met"),
    ]
    adsl = data.datasets["ADSL"].set_index("USUBJID")
    assert adsl.index[adsl["PPROTFL"] == "N"].tolist() == [differ["USUBJID"].iloc[1]]


def test_every_biomarker_and_score_has_a_baseline_in_every_patient(reactor):
    study, _, data = reactor
    baseline = data.datasets["ADLB"].query("ABLFL == 'Y'")
    by_visit = study.analysis("biomarkers_by_visit").parameters + study.analysis("scores_by_visit").parameters
    count = baseline[baseline["AVAL"].notna()].groupby("PARAMCD")["USUBJID"].nunique()
    assert count[list(by_visit)].tolist() == [10] * len(by_visit)


def test_the_transplanted_patient_lives_on_in_overall_survival(reactor):
    _, _, data = reactor
    adtte = data.datasets["ADTTE"].set_index(["PARAMCD", "USUBJID"])
    (patient,) = data.datasets["ADSL"].query("LTFL == 'Y'")["USUBJID"]
    assert (adtte.loc[("OS", patient), "AVAL"], adtte.loc[("OS", patient), "CNSR"]) == (84, 1)
    assert adtte.loc[("TFS", patient), "CNSR"] == 0
    assert adtte.loc[("DTHNL", patient), "CNSR"] == 2


@pytest.mark.reference
def test_mayo_has_the_patients_and_events_that_r_counts(mayo):
    _, findings, data = mayo
    assert findings.at_or_above("error").empty
    expected = pd.read_csv(MAYO / "expected.csv", keep_default_na=False)
    counts = expected[expected["measure"] == "follow-up"].set_index(["analysis", "group", "stat"])["value"]
    rows = data.datasets["ADTTE"].merge(data.datasets["ADSL"].query("FASFL == 'Y'")[["USUBJID", "TRT01P"]])
    for analysis, parameter in (("os_km", "OS"), ("tfs_km", "TFS")):
        for arm in ("DPCA", "PLACEBO"):
            own = rows[(rows["PARAMCD"] == parameter) & (rows["TRT01P"] == arm)]
            assert len(own) == int(counts[analysis, arm, "n_total"])
            assert (own["CNSR"] == 0).sum() == int(counts[analysis, arm, "n_events"])


@pytest.mark.reference
def test_mayo_follow_up_time_is_that_of_the_data_set(mayo):
    _, _, data = mayo
    pbc = pd.read_csv(MAYO / "pbc.csv", dtype={"id": str}).set_index("id")
    rows = data.datasets["ADTTE"].query("PARAMCD == 'TFS'").set_index("USUBJID")
    assert len(rows) == 312
    assert (rows["AVAL"] == pbc["time"].reindex(rows.index)).all()
    assert ((rows["CNSR"] == 0) == (pbc["status"].reindex(rows.index) > 0)).all()


def test_mayo_leaves_out_who_was_followed_off_protocol_and_says_why(mayo):
    _, _, data = mayo
    ledger = data.ledger.frame
    left = ledger[(ledger["population"] == "RAND") & ~ledger["kept"].astype(bool)]
    assert left["reason"].value_counts().to_dict() == {"followed off protocol, not in the trial": 106}
    assert (data.datasets["ADSL"]["FASFL"] == "Y").sum() == 312
