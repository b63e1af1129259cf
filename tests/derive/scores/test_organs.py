"""CLIF-C OF, CLIF-SOFA, organ failures, EASL-CLIF grade: every limit of the published tables.

Tables: Gut highwire 210726 (CLIF-C OF); WJG 2016;22:9205 table 1 (CLIF-SOFA); Crit Care 2023
s13054-023-04540-4 table 1 (organ failure); efclif.com (grade).
"""

import numpy as np
import pytest

from hepatrial.derive.scores import (
    compute_clif_c_of,
    compute_clif_sofa,
    compute_easl_clif_grade,
    compute_organ_failures,
)
from hepatrial.errors import DeriveError

WELL = {
    "bilirubin": 1.0,
    "creatinine": 0.8,
    "inr": 1.0,
    "he_grade": 0,
    "map_mmhg": 85,
    "pf": 450,
    "bilirubin_unit": "mg/dL",
    "creatinine_unit": "mg/dL",
}


@pytest.mark.reference
@pytest.mark.parametrize(
    ("organ", "change", "points"),
    [
        ("liver", {"bilirubin": 5.9}, 1),
        ("liver", {"bilirubin": 6}, 2),
        ("liver", {"bilirubin": 11.9}, 2),
        ("liver", {"bilirubin": 12}, 3),
        ("kidney", {"creatinine": 1.9}, 1),
        ("kidney", {"creatinine": 2}, 2),
        ("kidney", {"creatinine": 3.4}, 2),
        ("kidney", {"creatinine": 3.5}, 3),
        ("kidney", {"renal_replacement": True}, 3),
        ("kidney", {"renal_replacement": True, "creatinine": np.nan}, 3),
        ("brain", {"he_grade": 1}, 2),
        ("brain", {"he_grade": 2}, 2),
        ("brain", {"he_grade": 3}, 3),
        ("brain", {"he_grade": 4}, 3),
        ("brain", {"ventilation": "encephalopathy"}, 3),
        ("coagulation", {"inr": 1.99}, 1),
        ("coagulation", {"inr": 2.0}, 2),
        ("coagulation", {"inr": 2.49}, 2),
        ("coagulation", {"inr": 2.5}, 3),
        ("circulation", {"map_mmhg": 70}, 1),
        ("circulation", {"map_mmhg": 69.9}, 2),
        ("circulation", {"vasopressor": True}, 3),
        ("circulation", {"vasopressor": True, "map_mmhg": np.nan}, 3),
        ("respiration", {"pf": 301}, 1),
        ("respiration", {"pf": 300}, 2),
        ("respiration", {"pf": 201}, 2),
        ("respiration", {"pf": 200}, 3),
        ("respiration", {"pf": None, "sf": 358}, 1),
        ("respiration", {"pf": None, "sf": 357}, 2),
        ("respiration", {"pf": None, "sf": 214}, 3),
        ("respiration", {"ventilation": "respiratory"}, 3),
        ("respiration", {"ventilation": "respiratory", "pf": None}, 3),
    ],
)
def test_clif_c_of_limits(organ, change, points):
    result = compute_clif_c_of(**(WELL | change))
    assert result.parts[organ][0] == points
    others = 5  # every other organ of a well person counts 1
    assert result.value[0] == points + others


def test_clif_c_of_by_hand():
    # 13 mg/dL, 2.5 mg/dL, INR 2.2, grade 3, vasopressor, P/F 250: 3 + 2 + 3 + 2 + 3 + 2
    sick = WELL | {
        "bilirubin": 13,
        "creatinine": 2.5,
        "inr": 2.2,
        "he_grade": 3,
        "vasopressor": True,
        "pf": 250,
    }
    assert compute_clif_c_of(**sick).value[0] == 15
    assert compute_clif_c_of(**WELL).value[0] == 6


def test_pao2_counts_before_spo2():
    assert compute_clif_c_of(**(WELL | {"pf": 150, "sf": 500})).parts["respiration"][0] == 3


@pytest.mark.reference
@pytest.mark.parametrize(
    ("change", "organ"),
    [
        ({"bilirubin": 12}, "liver"),
        ({"creatinine": 2.0}, "kidney"),  # failure from 2.0, though the sub-score is 2
        ({"renal_replacement": True}, "kidney"),
        ({"inr": 2.5}, "coagulation"),
        ({"he_grade": 3}, "brain"),
        ({"ventilation": "encephalopathy"}, "brain"),
        ({"vasopressor": True}, "circulation"),
        ({"pf": 200}, "respiration"),
        ({"pf": None, "sf": 214}, "respiration"),
        ({"ventilation": "respiratory"}, "respiration"),
    ],
)
def test_each_organ_failure(change, organ):
    result = compute_organ_failures(**(WELL | change))
    assert result.value[0] == 1
    assert {name for name, fails in result.parts.items() if fails[0] == 1} == {organ}


@pytest.mark.parametrize(
    "change",
    [{"bilirubin": 11.9}, {"inr": 2.4}, {"he_grade": 2}, {"map_mmhg": 60}, {"pf": 250}, {"creatinine": 1.9}],
)
def test_a_sub_score_of_two_is_no_failure_but_of_the_kidney(change):
    assert compute_organ_failures(**(WELL | change)).value[0] == 0


@pytest.mark.reference
@pytest.mark.parametrize(
    ("change", "grade"),
    [
        ({}, 0),
        ({"bilirubin": 13}, 0),
        ({"bilirubin": 13, "creatinine": 1.4}, 0),
        ({"bilirubin": 13, "creatinine": 1.5}, 1),
        ({"bilirubin": 13, "he_grade": 1}, 1),
        ({"inr": 2.6, "he_grade": 2}, 1),
        ({"inr": 2.6}, 0),
        ({"vasopressor": True, "creatinine": 1.9}, 1),
        ({"pf": 180, "he_grade": 2}, 1),
        ({"creatinine": 2.0}, 1),
        ({"renal_replacement": True}, 1),
        ({"he_grade": 3}, 0),
        ({"he_grade": 4, "creatinine": 1.5}, 1),
        ({"bilirubin": 13, "inr": 2.5}, 2),
        ({"bilirubin": 13, "creatinine": 2.0}, 2),
        ({"bilirubin": 13, "inr": 2.5, "he_grade": 3}, 3),
        ({"bilirubin": 13, "inr": 2.5, "he_grade": 3, "vasopressor": True}, 3),
        ({"he_grade": 2, "creatinine": 1.6}, 0),
    ],
)
def test_easl_clif_grade(change, grade):
    result = compute_easl_clif_grade(**(WELL | change))
    assert result.value[0] == grade
    assert result.category[0] == ("no ACLF" if grade == 0 else f"ACLF-{grade}")


SOFA_WELL = WELL | {"platelets": 200, "variant": "renal-replacement-3"}


@pytest.mark.reference
@pytest.mark.parametrize(
    ("organ", "change", "points"),
    [
        *[("liver", {"bilirubin": x}, p) for x, p in [(1.1, 0), (1.2, 1), (2, 2), (5.9, 2), (6, 3), (12, 4)]],
        *[
            ("kidney", {"creatinine": x}, p)
            for x, p in [(1.1, 0), (1.2, 1), (2, 2), (3.5, 3), (4.9, 3), (5, 4)]
        ],
        *[("brain", {"he_grade": x}, x) for x in range(5)],
        *[("coagulation", {"inr": x}, p) for x, p in [(1.09, 0), (1.1, 1), (1.25, 2), (1.5, 3), (2.5, 4)]],
        ("coagulation", {"platelets": 20}, 4),
        ("coagulation", {"platelets": 21}, 0),
        ("circulation", {"map_mmhg": 70}, 0),
        ("circulation", {"map_mmhg": 69}, 1),
        ("circulation", {"dopamine": 5}, 2),
        ("circulation", {"dopamine": 5.1}, 3),
        ("circulation", {"dopamine": 15}, 3),
        ("circulation", {"dopamine": 15.1}, 4),
        ("circulation", {"dobutamine_or_terlipressin": True}, 2),
        ("circulation", {"epinephrine": 0.1}, 3),
        ("circulation", {"epinephrine": 0.11}, 4),
        ("circulation", {"norepinephrine": 0.05, "map_mmhg": np.nan}, 3),
        ("circulation", {"norepinephrine": 0.2}, 4),
        *[("respiration", {"pf": x}, p) for x, p in [(401, 0), (400, 1), (300, 2), (200, 3), (100, 4)]],
        *[
            ("respiration", {"pf": None, "sf": x}, p)
            for x, p in [(513, 0), (512, 1), (357, 2), (214, 3), (89, 4)]
        ],
    ],
)
def test_clif_sofa_limits(organ, change, points):
    result = compute_clif_sofa(**(SOFA_WELL | change))
    assert result.parts[organ][0] == points
    assert result.value[0] == points


@pytest.mark.reference
@pytest.mark.parametrize(("variant", "points"), [("renal-replacement-3", 3), ("renal-replacement-4", 4)])
def test_clif_sofa_renal_replacement_is_a_declared_choice(variant, points):
    on_it = SOFA_WELL | {"renal_replacement": True, "variant": variant}
    assert compute_clif_sofa(**on_it).parts["kidney"][0] == points
    assert compute_clif_sofa(**(on_it | {"creatinine": 5.5})).parts["kidney"][0] == 4
    assert compute_clif_sofa(**(on_it | {"creatinine": np.nan})).parts["kidney"][0] == points


def test_clif_sofa_variant_is_checked():
    with pytest.raises(DeriveError, match="renal-replacement-3"):
        compute_clif_sofa(**(SOFA_WELL | {"variant": "x"}))


def test_a_missing_organ_leaves_the_total_missing():
    result = compute_clif_c_of(**(WELL | {"pf": None, "inr": [np.nan, 1.0]}))
    assert np.isnan(result.value).all()
    assert result.reason.tolist() == [
        "missing coagulation (INR), respiration (PaO2/FiO2 or SpO2/FiO2)",
        "missing respiration (PaO2/FiO2 or SpO2/FiO2)",
    ]
    assert result.parts["coagulation"][1] == 1


@pytest.mark.parametrize("name", ["renal_replacement", "vasopressor", "ventilation"])
def test_an_unknown_treatment_is_not_no(name):
    assert np.isnan(compute_clif_c_of(**(WELL | {name: [None]})).value[0])


def test_a_missing_keyword_is_named():
    with pytest.raises(TypeError, match="inr"):
        compute_clif_c_of(**{name: value for name, value in WELL.items() if name != "inr"})
