"""Conversions against published numbers, and what is refused.

Sources: AMA/JAMA table of SI conversion factors; tests of transplantr (commit 9662038).
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatrial.errors import UnitError
from hepatrial.units import ANALYTES, convert, convert_limits, find_analyte, get_analyte


@pytest.mark.reference
@pytest.mark.parametrize(
    ("code", "value", "start", "end", "decimals", "expected"),
    [  # transplantr tests: bilirubin_to_US(18), bilirubin_to_SI(5.4), creatinine_to_US(270), ...
        ("BILI", 18, "umol/L", "mg/dL", 1, 1.1),
        ("BILI", 5.4, "mg/dL", "umol/L", 0, 92),
        ("CREAT", 270, "umol/L", "mg/dL", 1, 3.1),
        ("CREAT", 3.5, "mg/dL", "umol/L", 0, 309),
        ("BUN", 3.2, "mmol/L", "mg/dL", 1, 9.0),
        ("BUN", 12, "mg/dL", "mmol/L", 1, 4.3),
    ],
)
def test_transplantr_conversions(code, value, start, end, decimals, expected):
    assert round(float(convert(value, code, start, end)), decimals) == expected


@pytest.mark.reference
@pytest.mark.parametrize(
    ("code", "value", "start", "end", "expected"),
    [
        ("BILI", 10, "mg/dL", "umol/L", 171),  # 171 umol/L = 10 mg/dL, the trials' eligibility limit
        ("BILI", 1, "mg/dL", "umol/L", 17.1),  # daily rise
        ("BILI", 171, "umol/L", "mg/dL", 10),
        ("BILI", 205.2, "umol/L", "mg/dL", 12),
        ("BILI", 34.2, "umol/L", "mg/dL", 2),
        ("CREAT", 1, "mg/dL", "umol/L", 88.4),
        ("ALB", 3.5, "g/dL", "g/L", 35),
        ("PROT", 7, "g/dL", "g/L", 70),
        ("BUN", 10, "mg/dL", "mmol/L", 3.57),
        ("AMMONIA", 100, "ug/dL", "umol/L", 58.7),
        ("LACTATE", 18, "mg/dL", "mmol/L", 1.998),
        ("GLUC", 100, "mg/dL", "mmol/L", 5.55),
        ("SODIUM", 140, "mEq/L", "mmol/L", 140),
        ("K", 4, "mEq/L", "mmol/L", 4),
        ("FERRITIN", 300, "ng/mL", "ug/L", 300),
        ("FERRITIN", 300, "ng/mL", "pmol/L", 674.1),  # PMC3934467 table 1: 30-300 ng/mL = 65-670 pmol/L
        ("HGB", 12, "g/dL", "g/L", 120),
        ("HGB", 16, "g/dL", "mmol/L", 9.93008),  # PMC3934467 table 1: x 0.62063
        ("HGB", 160, "g/L", "mmol/L", 9.93008),
        ("FIBRINO", 50, "mg/dL", "g/L", 0.5),  # CTCAE v5 prints both
        ("IL6", 7, "pg/mL", "ng/L", 7),
        ("TNFA", 8, "pg/mL", "ng/L", 8),
        ("AFP", 20, "ng/mL", "ug/L", 20),
        ("PLAT", 150000, "/mm3", "10^9/L", 150),
        ("PLAT", 150, "K/uL", "10^9/L", 150),
        ("ALT", 1, "ukat/L", "U/L", 60),
        ("HCT", 35, "%", "L/L", 0.35),
        ("PF", 40, "kPa", "mmHg", 300.02467),
    ],
)
def test_factors_of_the_table(code, value, start, end, expected):
    assert convert(value, code, start, end) == pytest.approx(expected, rel=1e-7)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("code", "value", "start", "end", "expected"),
    [("UREA", 60.06, "mg/dL", "mmol/L", 10.0), ("CRP", 1, "mg/dL", "mg/L", 10.0)],
)
def test_provisional_factors_from_memory_or_arithmetic(code, value, start, end, expected):
    assert convert(value, code, start, end) == pytest.approx(expected, rel=1e-4)


def test_thresholds_in_conventional_units_survive_the_conversion_exactly():
    thresholds = np.array([1.2, 2.0, 3.0, 5.0, 6.0, 10.0, 12.0, 15.0, 25.0])
    assert (
        convert(convert(thresholds, "BILI", "mg/dL", "umol/L"), "BILI", "umol/L", "mg/dL") == thresholds
    ).all()


@pytest.mark.parametrize(
    ("code", "start", "end"),
    [("PTA", "%", "INR"), ("PTA", "%", "s"), ("INR", "ratio", "%"), ("INR", "INR", "s")],
)
def test_prothrombin_activity_is_never_turned_into_inr(code, start, end):
    with pytest.raises(UnitError, match="prothrombin activity"):
        convert([35.0], code, start, end)


def test_afp_needs_the_factor_of_the_laboratory():
    with pytest.raises(UnitError, match="laboratory_factor"):
        convert([10.0], "AFP", "IU/mL", "ng/mL")
    assert convert([10.0], "AFP", "IU/mL", "ng/mL", laboratory_factor=1.21) == pytest.approx([12.1])
    assert convert([12.1], "AFP", "ug/L", "IU/mL", laboratory_factor=1.21) == pytest.approx([10.0])
    assert convert([10.0], "AFP", "IU/mL", "kIU/L") == pytest.approx([10.0])


@pytest.mark.parametrize("factor", [0.0, -1.0, np.nan, np.inf])
def test_a_laboratory_factor_must_be_positive(factor):
    with pytest.raises(UnitError, match="laboratory_factor"):
        convert([10.0], "AFP", "IU/mL", "ng/mL", laboratory_factor=factor)


def test_a_laboratory_factor_for_another_analyte_is_refused():
    with pytest.raises(UnitError, match="only for AFP"):
        convert([10.0], "BILI", "mg/dL", "umol/L", laboratory_factor=17.0)


@pytest.mark.parametrize(
    ("code", "start", "end"),
    [
        ("BILI", "mmol/mol", "umol/L"),
        ("BILI", "", "umol/L"),
        ("BILI", "U/L", "umol/L"),
        ("NOPE", "mg/dL", "g/L"),
    ],
)
def test_unknown_units_and_analytes_are_named(code, start, end):
    with pytest.raises(UnitError, match="unknown unit|no factor|unknown analyte"):
        convert([1.0], code, start, end)


def test_missing_stays_missing_and_the_input_is_not_changed():
    values = np.array([17.1, np.nan])
    same = convert(values, "BILI", "umol/L", "umol/L")
    same[0] = 0.0
    assert values[0] == 17.1
    assert np.isnan(convert(values, "BILI", "umol/L", "mg/dL")[1])


@pytest.mark.parametrize("code", sorted(ANALYTES))
def test_ranges_are_ordered_and_plausible_lies_in_possible(code):
    analyte = get_analyte(code)
    assert len(code) <= 8
    assert analyte.plausible is not None
    assert analyte.impossible is not None
    possible = convert_limits(analyte.impossible, code, analyte.si_unit)
    assert possible.low <= analyte.plausible.low < analyte.plausible.high <= possible.high
    assert possible.source == analyte.impossible.source


@pytest.mark.property
@pytest.mark.parametrize("code", sorted(ANALYTES))
@given(value=st.floats(1e-3, 1e5))
def test_there_and_back_is_the_same_number(code, value):
    analyte = get_analyte(code)
    for unit in analyte.units:
        there = convert(value, code, analyte.si_unit, unit)
        assert convert(there, code, unit, analyte.si_unit) == pytest.approx(value, rel=1e-12)


def test_names_find_their_analyte():
    assert find_analyte("总胆红素") == find_analyte("TBIL") == find_analyte("Total  Bilirubin") == "BILI"
    assert find_analyte("凝血酶原活动度") == "PTA"
    assert find_analyte("尿素") == "UREA"
    assert find_analyte("尿素氮") == "BUN"
    assert find_analyte("something else") is None


def test_no_name_is_claimed_by_two_analytes():
    names = [name for a in ANALYTES.values() for name in {a.code.casefold(), a.label.casefold(), *a.names}]
    assert len(names) == len(set(names))
