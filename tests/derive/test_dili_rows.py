"""ADDILI by hand: upper limits ALT 40, BILI 20; S1 starts at bilirubin 60 (3 x the limit), S2 with none."""

import pytest

from derive_study import PARAMETERS, derive, make_study, rows

ENZYME = """
[[parameters]]
code = "CODE"
label = "CODE"
group = "LABORATORY"
unit = "U/L"
decimals = 0
scale = "log"
"""
MORE = "".join(ENZYME.replace("CODE", code) for code in ("ALT", "ALP"))
LABS = """
subject_id | date       | parameter | result | unit | ref_low | ref_high
S1 | 2025-01-09 | ALT  | 50  | U/L    | 5 | 40
S1 | 2025-01-09 | BILI | 60  | umol/L | 5 | 20
S1 | 2025-01-13 | ALT  | 160 | U/L    | 5 | 40
S1 | 2025-01-13 | ALP  | 130 | U/L    | 40 | 130
S1 | 2025-01-17 | ALT  | 80  | U/L    | 5 | 40
S1 | 2025-01-20 | BILI | 150 | umol/L | 5 | 20
S1 | 2025-02-20 | ALT  | 900 | U/L    | 5 | 40
S2 | 2025-01-13 | ALT  | 30  | U/L    | 5 | 40
S3 | 2025-01-08 | BILI | 10  | umol/L | 5 | 20
"""


@pytest.fixture(scope="module")
def addili(tmp_path_factory):
    study = make_study(tmp_path_factory.mktemp("study"), parameters=PARAMETERS + MORE)
    return derive(
        study,
        subjects="subject_id\nS1\nS2\nS3",
        treatments="subject_id | start_date\nS1 | 2025-01-10\nS2 | 2025-01-10\nS3 | 2025-01-10",
        outcomes="subject_id | outcome | date\nS1 | transplant | 2025-02-01",
        labs=LABS,
    ).datasets["ADDILI"]


def test_peaks_quadrants_and_pairs_for_each_basis(addili):
    shown = rows(addili, "USUBJID", "BASIS", "PEAKTA", "PEAKTADY", "PEAKTB", "QUADRANT", "PAIRFL", "ADJUDFL")
    assert shown == [
        ("S1", "baseline", 3.2, 4, 2.5, "RUQ", "Y", "Y"),  # 160/50, 150/60
        ("S1", "nadir", 3.2, 4, 2.5, "RUQ", "Y", "Y"),
        ("S1", "upper-limit", 4.0, 4, 7.5, "RUQ", "Y", "Y"),  # 160/40, 150/20; 900 is of the new liver
        ("S2", "baseline", None, None, None, "", "N", "N"),
        ("S2", "nadir", None, None, None, "", "N", "N"),
        ("S2", "upper-limit", 0.75, 4, None, "", "N", "N"),
    ]


def test_a_bilirubin_that_started_high_is_said_and_no_quadrant_is_a_diagnosis(addili):
    first = addili[addili["USUBJID"] == "S1"]
    assert set(first["QUADTXT"]) == {"requires adjudication"}
    assert rows(first, "BILIBULN", "ABNBLFL")[0] == (3.0, "Y")
    assert rows(addili[addili["USUBJID"] == "S2"], "BILIBULN", "ABNBLFL", "QUADTXT")[0] == (None, "N", None)


def test_r_ratio_and_sources(addili):
    row = addili[(addili["USUBJID"] == "S1") & (addili["BASIS"] == "upper-limit")].iloc[0]
    assert row["RRATIO"] == pytest.approx((160 / 40) / (130 / 130))
    assert len(row["SRCID"].split(";")) == 4  # three on the native liver, and alkaline phosphatase
    assert row["SRCDOM"] == "labs"


def test_no_rows_without_transaminases(tmp_path):
    study = make_study(tmp_path)
    found = derive(study, subjects="subject_id\nS1", treatments="subject_id | start_date\nS1 | 2025-01-10",
                   labs="subject_id | date | parameter | result\nS1 | 2025-01-12 | BILI | 20")  # fmt: skip
    assert found.datasets["ADDILI"].empty
