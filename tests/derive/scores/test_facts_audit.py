"""Test values of the clinical facts, sections 1 to 3 and 6: those that no other file has, and where the others are.

``WHERE`` is the audit, line by line: every number with which a fact can be tested, and the file whose test has it. A
number that leaves its file is noticed here.
"""

import math
from pathlib import Path

import numpy as np
import pytest

from hepatrial.derive.scores import SCORES, compute_meld, compute_meld_na
from hepatrial.estimate import compare_survival
from hepatrial.units import convert

TESTS = Path(__file__).parents[2]
US = {"bilirubin_unit": "mg/dL", "creatinine_unit": "mg/dL"}
MELD = "derive/scores/test_meld.py"
ACLF, ORGANS, HEPATIC = (f"derive/scores/test_{name}.py" for name in ("aclf", "organs", "hepatic"))
CTCAE, UNITS, CURVES = "derive/toxicity/test_ctcae.py", "units/test_conversion.py", "estimate/test_survival_by_hand.py"
WHERE = {
    "1.1 MELD": (MELD, "24.797968 14.07569 30.60446 13.27793 37.42734 6.43 36.163857 43.325163"),
    "1.2 MELD-Na": (MELD, "26.3320 33.5503 17.544 17.254 25.564 25.263 32.970 33.166 36.485 36.139 36.924 41.812"),
    "1.3 MELD 3.0": (
        MELD,
        "27.605592 18.238541 15.809889 17.139889 24.712849 26.153247 27.483247 34.220322 37.929508 39.259508 32.253184 "
        "33.583184 44.106836",
    ),
    "1.4 UKELD": (MELD, "63.22"),
    "1.5 Child-Pugh, cholestatic limits": (HEPATIC, "34.1 34.2 51.3 171 68"),
    "1.6 ALBI": (HEPATIC, "-2.586223 -3.165000 -1.853680 -0.906223 -0.877543 -0.343680"),
    "1.7 CLIF-SOFA, CLIF-C OF": (ORGANS, "1.25 512 357 214 89 2.49 15.1"),
    "1.7 CLIF-C ACLF and mortality": (
        ACLF,
        "47.460716 53.954912 50.760716 58.106286 25.939459 29.07 47.83 52.94 61.10 51.00 70.83 74.86 80.12",
    ),
    "1.7 CLIF-C AD": (ACLF, "56.935861 46.385182 63.9759 59.2"),
    "1.8 AARC": (ACLF, "14.9 25.1 1.79 2.51"),
    "1.9 COSSH-ACLF": (ACLF, "6.167 7.4905 5.0676 9.467 6.0962"),
    "1.10 COSSH-ACLF II": (ACLF, "6.826214 8.529104 6.137307 10.493713"),
    "1.11 SOFA liver": (HEPATIC, "1.1 11.9 101 204"),
    "1.12 King's College": ("derive/scores/test_kings.py", "7.29 7.35 310 280 3.6"),
    "1.14 FIB-4, APRI": (HEPATIC, "3.333333 1.517893 0.63 5.33"),
    "1.15 R ratio": (HEPATIC, "2.5 325"),
    "1.16 eDISH": ("derive/test_dili.py", "2.99 1.99 3.01 40"),
    "2 units": (UNITS, "1.1 92 3.1 309 9.0 4.3 171 17.1 88.4 3.57 58.7 1.998 5.55 0.5 674.1 60.06"),
    "3 CTCAE": (CTCAE, "801 241 13.9 42.1 2.51 0.99 74.9 3001 200.00000001"),
    "6 ten patients": (CURVES, "0.094868 0.126491 0.164767 0.0848 0.640 0.0360 0.529 0.52"),
    "6 four curves": ("derive/test_adtte.py", "0.433333 0.216667 0.333333 0.583333 0.233333 0.35"),
}


@pytest.mark.parametrize("fact", WHERE)
def test_the_numbers_of_a_fact_are_in_the_file_that_tests_them(fact):
    file, numbers = WHERE[fact]
    text = (TESTS / file).read_text(encoding="utf-8")
    assert [number for number in numbers.split() if number not in text] == []


@pytest.mark.reference
@pytest.mark.parametrize(
    ("bilirubin", "inr", "creatinine", "raw", "whole"),
    [(2.5, 1.0, 1.2, 11.638396, 12), (6, 1.5, 1.5, 21.624361, 22), (12, 2.2, 1.8, 30.278788, 30),
     (12, 2.2, 2.8, 34.507127, 35)],
)  # fmt: skip
def test_meld_i_of_kims_inputs_before_sodium(bilirubin, inr, creatinine, raw, whole):
    """Facts 1.2: the MELD(i) from which both readings of MELD-Na start."""
    found = compute_meld(bilirubin=bilirubin, creatinine=creatinine, inr=inr, **US)
    assert found.unrounded[0] == pytest.approx(raw, abs=5e-7)
    assert found.value[0] == whole


@pytest.mark.reference
def test_meld_na_is_not_that_of_biggins():
    """Facts 1.2: transplantr's ``meld_na`` is the form of 2006, 26.257 for these inputs; ours is OPTN's of 2016."""
    inputs = {"bilirubin": 2, "creatinine": 2, "inr": 1.8} | US
    meld = compute_meld(**inputs).unrounded[0]
    biggins = meld - 131 - 0.025 * meld * (140 - 131) + 140
    assert biggins == pytest.approx(26.257, abs=5e-4)
    # by hand: MELD(i) 22.2667; 22 + 1.32 x 6 - 0.033 x 22 x 6 = 25.564; unrounded 22.2667 + 7.92 - 4.4088 = 25.778
    assert compute_meld_na(**inputs, sodium=131).unrounded[0] == pytest.approx(25.564, abs=5e-7)
    assert compute_meld_na(**inputs, sodium=131, rounding="unrounded").unrounded[0] == pytest.approx(25.778, abs=5e-4)


@pytest.mark.parametrize(
    ("items", "logit", "probability"),
    [((0, 1, 0, 4.0, 3.0), 1.776467, 0.855260), ((1, 0, 1, 20, 4), -3.498510, 0.029355),
     ((1, 0, 0, 20, 2.5), -1.614005, 0.166033)],
)  # fmt: skip
def test_alfsg_provisional_from_memory_is_not_offered(items, logit, probability):
    """Facts 1.13: coefficients from memory; the arithmetic is kept for whoever confirms them, no score is offered."""
    he, favourable, vasopressor, bilirubin, inr = items
    found = (
        2.67 - 0.95 * he + 1.56 * favourable - 1.25 * vasopressor - 0.70 * math.log(bilirubin) - 1.35 * math.log(inr)
    )
    assert found == pytest.approx(logit, abs=5e-7)
    assert 1 / (1 + math.exp(-found)) == pytest.approx(probability, abs=5e-7)
    assert not any("ALFSG" in code for code in SCORES)


@pytest.mark.reference
def test_limits_of_eligibility_in_both_units():
    """Facts 2: 10 mg/dL is 171, APASL's 5 mg/dL is 85.5 (printed as 85), a rise of 1 mg/dL a day is 17.1 umol/L."""
    assert convert([10.0, 5.0, 1.0], "BILI", "mg/dL", "umol/L").tolist() == pytest.approx([171.0, 85.5, 17.1])


@pytest.mark.reference
def test_two_arms_of_ten_observed_and_expected():
    """Facts 6: the log-rank example (checked in R survival), observed 7 and 4, expected 3.98 and 7.02."""
    time = [3, 5, 5, 8, 12, 14, 14, 20, 28, 28, 10, 15, 16, 22, 24, 28, 28, 28, 28, 28]
    event = [1, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0]
    groups = compare_survival(time, np.array(event, dtype=bool), [0] * 10 + [1] * 10).groups
    assert groups["n"].tolist() == [10, 10]
    assert groups["observed"].tolist() == [7, 4]
    assert groups["expected"].tolist() == pytest.approx([3.98, 7.02], abs=5e-3)
