"""ADLEV: the FDA's levels of laboratory values and extreme values, on rows worked by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis_factory import make_dataset
from derive_study import derive as derive_tables
from derive_study import make_study, rows
from hepatrial.derive.lab_levels import RULES, derive_adlev
from hepatrial.study import read_study
from study_factory import MINIMAL, write_study

PARAMETER = """
[[parameters]]
code = "{code}"
label = "{code}"
group = "LABORATORY"
unit = "{unit}"
decimals = 1
scale = "linear"
"""
UNITS = {"CREAT": "umol/L", "ALB": "g/L", "HGB": "g/L", "GLUC": "mmol/L", "SODIUM": "mmol/L"}


def derive(tmp_path, records, sex="M"):
    """ADLEV of records (parameter, day, value, upper limit); day 0 is the baseline."""
    text = "".join(PARAMETER.format(code=code, unit=unit) for code, unit in UNITS.items())
    study = read_study(write_study(tmp_path, MINIMAL.replace("[[times_to_event]]", text + "[[times_to_event]]", 1)))
    frame = pd.DataFrame(records, columns=["PARAMCD", "AFUDY", "AVAL", "ANRHI"])
    base = frame[frame["AFUDY"] == 0].set_index("PARAMCD")["AVAL"]
    columns = {name: frame[name].tolist() for name in frame}
    columns |= {
        "USUBJID": ["P1"] * len(frame), "ABLFL": ["Y" if day == 0 else "N" for day in frame["AFUDY"]],
        "BASE": frame["PARAMCD"].map(base).tolist(), "CHG": [np.nan if day == 0 else 0.0 for day in frame["AFUDY"]],
        "SRCID": [f"r{i}" for i in range(len(frame))],
    }  # fmt: skip
    adsl = make_dataset("ADSL", {"USUBJID": ["P1"], "SEX": [sex]})
    found = derive_adlev(make_dataset("ADLB", columns), adsl, study)
    return found.sort_values(["PARAMCD", "SIDE", "AFUDY"], ignore_index=True)


def levels(frame, code, side="high"):
    return frame[(frame["PARAMCD"] == code) & (frame["SIDE"] == side)]["LEVEL"].tolist()


def test_multiples_of_the_upper_limit_count_above_it(tmp_path):
    # bilirubin, ULN 20: levels above 30, 40, 60
    records = [("BILI", day, value, 20.0) for day, value in enumerate([30.0, 30.1, 40.1, 60.0, 60.1])]
    found = derive(tmp_path, records)
    assert levels(found, "BILI") == [0, 1, 2, 2, 3]
    assert found["BLEVEL"].tolist() == [0] * 5
    assert found["AVALULN"].iloc[4] == pytest.approx(3.005)


def test_creatinine_counts_from_baseline_and_the_limit_itself_reaches_the_level(tmp_path):
    records = [
        ("CREAT", 0, 80.0, 100.0),
        ("CREAT", 1, 119.9, 100.0),
        ("CREAT", 2, 120.0, 100.0),
        ("CREAT", 3, 240, 100),
    ]
    assert levels(derive(tmp_path, records), "CREAT") == [0, 0, 1, 3]

    assert np.isnan(levels(derive(tmp_path, records[1:]), "CREAT")).all()


def test_limits_in_another_unit_are_converted(tmp_path):
    # albumin 3.1, 2.5, 2.0 g/dL in g/L; glucose 70 mg/dL is 3.885 mmol/L and has no third level
    found = derive(tmp_path, [("ALB", 0, 31.0, 50.0), ("ALB", 1, 30.9, 50.0), ("ALB", 2, 19.9, 50.0)])
    assert levels(found, "ALB", "low") == [0, 1, 3]
    found = derive(
        tmp_path, [("GLUC", 0, 3.9, 6.0), ("GLUC", 1, 3.8, 6.0), ("GLUC", 2, 0.6, 6.0), ("GLUC", 3, 0.5, 6.0)]
    )
    low = found[found["SIDE"] == "low"]
    assert low["LEVEL"].tolist() == [0, 1, 2, 2]
    assert set(low["NLEVELS"]) == {2}
    assert low["EXTRFL"].tolist() == ["N", "N", "N", "Y"]  # 10 mg/dL is 0.555 mmol/L
    assert np.isnan(found[found["SIDE"] == "high"]["LEVEL"]).all()


def test_the_levels_of_haemoglobin_are_those_of_men(tmp_path):
    records = [("HGB", 0, 140.0, 170.0), ("HGB", 1, 120.0, 170.0), ("HGB", 2, 5.0, 170.0)]
    assert levels(derive(tmp_path, records), "HGB", "low") == [0, 2, 3]
    women = derive(tmp_path, records, sex="F")
    assert np.isnan(levels(women, "HGB", "low")).all()
    assert women[women["SIDE"] == "low"]["EXTRFL"].tolist() == ["N", "N", "Y"]


def test_extreme_values_of_both_sides_and_what_is_after_baseline(tmp_path):
    found = derive(tmp_path, [("SODIUM", 0, 140.0, 145.0), ("SODIUM", 1, 94.0, 145.0), ("SODIUM", 2, 192.0, 145.0)])
    assert found[["SIDE", "LEVEL", "EXTRFL", "POSTFL"]].to_numpy().tolist() == [
        ["high", 0, "N", "N"], ["high", 0, "N", "Y"], ["high", 3, "Y", "Y"],
        ["low", 0, "N", "N"], ["low", 3, "Y", "Y"], ["low", 0, "N", "Y"],
    ]  # fmt: skip


def test_levels_get_worse_in_their_order():
    for rule in RULES:
        limits = list(rule.limits or ())
        assert limits == sorted(limits, reverse=rule.side == "low")


def test_results_after_death_are_in_no_safety_dataset(tmp_path):
    """The value of the day of death counts; those after it, worst of all, do not, with or without a baseline."""
    tables = {
        "subjects": "subject_id\nS1\nS2",
        "treatments": "subject_id | start_date\nS1 | 2025-01-10\nS2 | 2025-01-10",
        "outcomes": "subject_id | outcome | date\nS1 | death | 2025-01-14\nS2 | death | 2025-01-14",
        "labs": """
subject_id | date       | parameter | result | ref_low | ref_high
S1         | 2025-01-09 | BILI      | 30     | 5       | 20
S1         | 2025-01-14 | BILI      | 45     | 5       | 20
S1         | 2025-01-15 | BILI      | 9000   | 5       | 20
S2         | 2025-01-14 | BILI      | 45     | 5       | 20
S2         | 2025-01-15 | BILI      | 9000   | 5       | 20
""",
    }
    safety = '[safety]\non_therapy_lag_days = 0\ngrading = "CTCAE v5.0"\n'
    data = derive_tables(make_study(tmp_path, extra=safety), **tables).datasets
    assert rows(data["ADLEV"], "USUBJID", "AVAL", "LEVEL", "EXTRFL", "POSTFL") == [
        ("S1", 30, 0, "N", "N"), ("S1", 45, 2, "N", "Y"), ("S2", 45, 2, "N", "Y"),
    ]  # fmt: skip
    assert rows(data["ADTOX"], "USUBJID", "AVAL") == [("S1", 30), ("S1", 45), ("S2", 45)]
    adlb = data["ADLB"]
    assert (
        rows(adlb[adlb["AVALC"] == "9000"], "AVAL", "CHG", "AVISIT", "REASND")
        == [(None, None, None, "dated after death")] * 2
    )
