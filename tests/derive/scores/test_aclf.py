"""CLIF-C ACLF and AD, AARC, HBV-SOFA, COSSH-ACLF and II against published and computed numbers."""

import numpy as np
import pytest

from hepatrial.derive.scores import (
    HbvSofaTable,
    compute_aarc,
    compute_clif_c_aclf,
    compute_clif_c_aclf_mortality,
    compute_clif_c_ad,
    compute_cossh,
    compute_cossh_2,
    compute_hbv_sofa,
)
from hepatrial.errors import DeriveError


@pytest.mark.reference
@pytest.mark.parametrize(
    ("of", "age", "wbc", "expected"),
    [  # two public test suites; the last row computed
        (8, 60, 15, 47.460716),
        (11, 55, 12, 53.954912),
        (9, 60, 15, 50.760716),
        (12, 60, 10, 58.106286),
        (6, 40, 5, 25.939459),
    ],
)
def test_clif_c_aclf(of, age, wbc, expected):
    result = compute_clif_c_aclf(clif_c_of=of, age=age, wbc=wbc)
    assert result.value[0] == pytest.approx(expected, abs=5e-7)


def test_clif_c_aclf_stays_between_0_and_100():
    result = compute_clif_c_aclf(clif_c_of=[6, 18], age=[1, 120], wbc=[0.3, 500])
    assert result.value.tolist() == [0.0, 100.0]
    assert result.unrounded[0] < 0
    assert result.unrounded[1] > 100


def test_clif_c_aclf_refuses_an_impossible_organ_score():
    assert compute_clif_c_aclf(clif_c_of=5, age=60, wbc=10).reason[0] == "not usable CLIF C OF"


@pytest.mark.reference
@pytest.mark.parametrize(
    ("score", "expected"),
    [(50.760716, (29.07, 47.83, 52.94, 61.10)), (58.106286, (51.00, 70.83, 74.86, 80.12))],
)
def test_clif_c_aclf_mortality_provisional_from_memory(score, expected):
    got = [compute_clif_c_aclf_mortality(clif_c_aclf=score, months=m).value[0] for m in (1, 3, 6, 12)]
    assert got == pytest.approx(expected, abs=5e-3)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("score", "month", "quarter"), [(40, 11, 23), (50, 27, 46), (60, 58, 77), (70, 90, 97)]
)
def test_clif_c_aclf_mortality_provisional_gives_the_public_test_values(score, month, quarter):
    for months, expected in ((1, month), (3, quarter)):
        result = compute_clif_c_aclf_mortality(clif_c_aclf=score, months=months)
        assert result.value[0] == pytest.approx(expected, abs=1)
        assert result.is_provisional


def test_mortality_at_another_time_is_refused():
    with pytest.raises(DeriveError, match="months=2"):
        compute_clif_c_aclf_mortality(clif_c_aclf=50, months=2)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("age", "creatinine", "inr", "wbc", "sodium", "expected", "tolerance"),
    [
        (60, 1.2, 1.5, 8, 135, 56.935861, 5e-7),
        (55, 1.0, 1.2, 6, 138, 46.385182, 5e-7),
        (60, 1.5, 1.6, 10, 130, 63.9759, 5e-5),
        (60, 1.7, 1.5, 8, 135, 59.2, 0.05),
    ],
)
def test_clif_c_ad(age, creatinine, inr, wbc, sodium, expected, tolerance):
    result = compute_clif_c_ad(
        age=age, creatinine=creatinine, inr=inr, wbc=wbc, sodium=sodium, creatinine_unit="mg/dL"
    )
    assert result.value[0] == pytest.approx(expected, abs=tolerance)
    assert result.category[0] == ("high" if expected >= 60 else "intermediate")


@pytest.mark.reference
@pytest.mark.parametrize(
    ("bilirubin", "he", "inr", "lactate", "creatinine", "points", "grade"),
    [
        (14.9, 0, 1.79, 1.4, 0.69, 5, "I"),
        (15, 1, 1.8, 1.5, 0.7, 10, "II"),
        (25, 2, 2.5, 2.5, 1.5, 10, "II"),
        (25.1, 3, 2.51, 2.6, 1.6, 15, "III"),
        (20, 0, 2.0, 1.2, 1.0, 8, "II"),
        (26, 1, 2.6, 2.0, 0.6, 11, "III"),
    ],
)
def test_aarc(bilirubin, he, inr, lactate, creatinine, points, grade):
    units = {"bilirubin_unit": "mg/dL", "creatinine_unit": "mg/dL"}
    result = compute_aarc(
        bilirubin=bilirubin, he_grade=he, inr=inr, lactate=lactate, creatinine=creatinine, **units
    )
    assert result.value[0] == points
    assert result.category[0] == grade


@pytest.mark.reference
@pytest.mark.parametrize(
    ("inr", "sofa", "age", "bilirubin", "expected"),
    [
        (2.0, 5, 45, 300, 6.167),
        (2.5, 6, 50, 400, 7.4905),
        (1.6, 4, 40, 250, 5.0676),
        (3.0, 8, 60, 500, 9.467),
        (2.2, 4, 44, 410, 6.0962),
    ],
)
def test_cossh_provisional_unit_inferred(inr, sofa, age, bilirubin, expected):
    result = compute_cossh(inr=inr, hbv_sofa=sofa, age=age, bilirubin=bilirubin)
    assert result.value[0] == pytest.approx(expected, abs=1e-9)
    assert result.is_provisional


@pytest.mark.reference
@pytest.mark.parametrize(
    ("inr", "he_grade", "neutrophils", "bilirubin", "urea", "age", "expected", "risk"),
    [  # the HE score 1, 2, 3 of the formula is West Haven 0, I-II, III-IV
        (2.0, 0, 5.0, 300, 4.0, 45, 6.826214, "low"),
        (2.5, 1, 8.0, 400, 8.0, 50, 8.529104, "high"),
        (2.5, 2, 8.0, 400, 8.0, 50, 8.529104, "high"),
        (1.6, 0, 3.5, 250, 4.5, 40, 6.137307, "low"),
        (3.5, 3, 12, 500, 15, 60, 10.493713, "high"),
        (3.5, 4, 12, 500, 15, 60, 10.493713, "high"),
    ],
)
def test_cossh_2_provisional_units_from_memory(
    inr, he_grade, neutrophils, bilirubin, urea, age, expected, risk
):
    result = compute_cossh_2(
        inr=inr, he_grade=he_grade, neutrophils=neutrophils, bilirubin=bilirubin, urea=urea, age=age
    )
    assert result.value[0] == pytest.approx(expected, abs=5e-7)
    assert result.category[0] == risk
    assert result.is_provisional


HBV_WELL = {"creatinine": 80, "he_grade": 0, "map_mmhg": 85, "pf": 450}


def test_hbv_sofa_provisional_limits_range_from_4_to_12():
    worst = {"creatinine": 400, "he_grade": 4, "map_mmhg": 50, "pf": 100, "vasopressor": True}
    assert compute_hbv_sofa(**HBV_WELL).value[0] == 4
    assert compute_hbv_sofa(**worst).value[0] == 12
    assert compute_hbv_sofa(**HBV_WELL).is_provisional


def test_hbv_sofa_takes_the_users_table():
    table = HbvSofaTable(creatinine_mg_dl=(0.5, 0.8))
    assert compute_hbv_sofa(**HBV_WELL, table=table).value[0] == 6


def test_hbv_sofa_names_what_is_missing():
    result = compute_hbv_sofa(**(HBV_WELL | {"pf": np.nan}))
    assert result.reason[0] == "missing respiration (PaO2/FiO2 or SpO2/FiO2)"
