"""King's College criteria: three-valued logic. Source: BMJ Best Practice copy, openEHR archetype."""

import numpy as np
import pytest

from hepatrial.derive.scores import compute_kings_college
from hepatrial.errors import DeriveError


def answer(variant="original", **items):
    return compute_kings_college(variant=variant, **items).category[0]


APAP = {"cause": "paracetamol"}
OTHER = {"cause": "other"}


@pytest.mark.reference
@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (APAP | {"arterial_ph": 7.29}, "met"),
        (APAP | {"arterial_ph": 7.30, "inr": 2, "creatinine": 90, "he_grade": 0}, "not met"),
        (APAP | {"arterial_ph": 7.35, "inr": 7, "creatinine": 310, "he_grade": 3}, "met"),
        (APAP | {"arterial_ph": 7.35, "inr": 7, "creatinine": 310, "he_grade": 2}, "not met"),
        (
            OTHER
            | {
                "age": 45,
                "unfavourable_cause": True,
                "jaundice_to_he_days": 10,
                "inr": 2,
                "bilirubin": 200,
            },
            "met",
        ),
        (
            OTHER
            | {"age": 30, "unfavourable_cause": True, "jaundice_to_he_days": 5, "inr": 4, "bilirubin": 280},
            "not met",
        ),
        (OTHER | {"inr": 6.6}, "met"),
        (OTHER | {"pt_seconds": 101}, "met"),
    ],
)
def test_published_logic(items, expected):
    assert answer(**items) == expected


def test_without_inr_or_pt_the_answer_is_open_not_no():
    only_pta = OTHER | {"age": 30, "unfavourable_cause": False, "jaundice_to_he_days": 3, "bilirubin": 400}
    result = compute_kings_college(variant="original", **only_pta)
    assert result.category[0] == "indeterminate"
    assert np.isnan(result.value[0])
    assert "INR > 6.5" in result.reason[0]
    assert "age" not in result.reason[0]


def test_known_items_can_decide_without_the_unknown():
    assert answer(**OTHER, age=45, unfavourable_cause=True, jaundice_to_he_days=10) == "met"
    assert answer(**APAP, arterial_ph=7.4, he_grade=1) == "not met"
    assert answer(**OTHER, inr=1.5, age=30, unfavourable_cause=False, jaundice_to_he_days=2) == "not met"


def test_the_unknown_cause_is_indeterminate():
    assert answer(cause=None, inr=9) == "indeterminate"


def test_modified_adds_lactate_for_paracetamol_only():
    known = {"arterial_ph": 7.4, "inr": 2, "creatinine": 90, "he_grade": 1}
    assert answer("modified", **APAP, **known, early_lactate=3.6, late_lactate=1) == "met"
    assert answer("modified", **APAP, **known, early_lactate=3.5, late_lactate=3.0) == "not met"
    assert answer("modified", **APAP, **known, early_lactate=3.5) == "indeterminate"
    assert answer("original", **APAP, **known, early_lactate=9) == "not met"


def test_limits_are_strict():
    others = {"unfavourable_cause": True, "jaundice_to_he_days": 8, "bilirubin": 100, "inr": 1}
    assert [answer(**OTHER, **others, age=age) for age in (9, 10, 40, 41)] == [
        "met",
        "not met",
        "not met",
        "met",
    ]
    assert answer(**OTHER, **(others | {"inr": 3.5}), age=30) == "not met"
    assert answer(**OTHER, **(others | {"inr": 3.51}), age=30) == "met"
    assert answer(**OTHER, **(others | {"bilirubin": 17.6, "bilirubin_unit": "mg/dL"}), age=30) == "met"


def test_rows_are_judged_each_by_its_cause():
    result = compute_kings_college(
        variant="original", cause=["paracetamol", "other"], arterial_ph=7.2, inr=1.1
    )
    assert result.category.tolist() == ["met", "indeterminate"]


def test_the_variant_is_checked():
    with pytest.raises(DeriveError, match="original, modified"):
        compute_kings_college(variant="other", cause="other")
