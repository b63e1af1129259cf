"""What must hold for every input: order, units, rows, missing values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatrial.derive import scores
from hepatrial.units import convert

# (score, input) pairs in which a higher input never lowers the score
RISING = [
    ("MELD", "BILI"),
    ("MELD", "CREAT"),
    ("MELD", "INR"),
    ("MELDNA", "INR"),
    ("MELD3", "INR"),
    ("CHILDPUG", "BILI"),
    ("CHILDPUG", "INR"),
    ("CHILDPUG", "HEGRADE"),
    ("CHILDPUG", "ASCITES"),
    ("ALBI", "BILI"),
    ("SOFALIV", "BILI"),
    ("CLIFSOFA", "BILI"),
    ("CLIFSOFA", "CREAT"),
    ("CLIFSOFA", "HEGRADE"),
    ("CLIFSOFA", "NOREPI"),
    ("CLIFCOF", "BILI"),
    ("CLIFCOF", "CREAT"),
    ("CLIFCOF", "INR"),
    ("CLIFCOF", "HEGRADE"),
    ("CLIFCOF", "VASOPR"),
    ("ORGFAIL", "INR"),
    ("EASLCLIF", "INR"),
    ("EASLCLIF", "CREAT"),
    ("CLIFCACL", "WBC"),
    ("CLIFCACL", "AGE"),
    ("CLIFCACL", "INR"),
    ("CLIFCAD", "CREAT"),
    ("AARC", "LACTATE"),
    ("AARC", "BILI"),
    ("COSSH", "BILI"),
    ("COSSH", "AGE"),
    ("COSSH2", "UREA"),
    ("COSSH2", "NEUT"),
    ("FIB4", "AST"),
    ("APRI", "AST"),
    ("RRATIO", "ALT"),
]
FALLING = [
    ("MELDNA", "SODIUM"),
    ("CHILDPUG", "ALB"),
    ("ALBI", "ALB"),
    ("CLIFCOF", "MAP"),
    ("CLIFCOF", "PF"),
    ("CLIFSOFA", "PF"),
    ("CLIFCAD", "SODIUM"),
    ("FIB4", "PLAT"),
    ("RRATIO", "ALP"),
]
RANGES = {
    "BILI": st.floats(3, 1000),
    "CREAT": st.floats(20, 900),
    "INR": st.floats(0.6, 10),
    "SODIUM": st.floats(110, 160),
    "ALB": st.floats(10, 55),
    "WBC": st.floats(0.5, 80),
    "NEUT": st.floats(0.2, 60),
    "PLAT": st.floats(3, 600),
    "ALT": st.floats(5, 9000),
    "AST": st.floats(5, 9000),
    "ALP": st.floats(20, 2000),
    "ALTULN": st.just(40.0),
    "ASTULN": st.just(40.0),
    "ALPULN": st.just(130.0),
    "LACTATE": st.floats(0.3, 15),
    "UREA": st.floats(0.5, 50),
    "AGE": st.floats(18, 90),
    "SEX": st.sampled_from(["F", "M"]),
    "HEGRADE": st.integers(0, 4),
    "ASCITES": st.integers(0, 3),
    "MAP": st.floats(40, 120),
    "PF": st.floats(50, 600),
    "VASOPR": st.integers(0, 1),
    "NOREPI": st.floats(0, 1),
    "DIALYSIS": st.integers(0, 1),
    "ALFCAUSE": st.sampled_from(["other", "paracetamol"]),
    "PH": st.floats(6.9, 7.6),
    "JAUNDHE": st.floats(0, 40),
    "UNFAVCAU": st.integers(0, 1),
}
PERSON = st.fixed_dictionaries(RANGES)


def variant_of(code):
    return scores.SCORES[code].variants[0] if scores.SCORES[code].variants else ""


def score(code, person):
    return scores.compute_score(code, {k: np.array([v]) for k, v in person.items()}, variant=variant_of(code))


@pytest.mark.property
@pytest.mark.parametrize(("code", "analyte", "sign"), [(*p, 1) for p in RISING] + [(*p, -1) for p in FALLING])
def test_scores_are_monotone(code, analyte, sign):
    @settings(max_examples=25, deadline=None)
    @given(person=PERSON, other=RANGES[analyte])
    def holds(person, other):
        low, high = sorted((person[analyte], other))
        before = score(code, person | {analyte: low}).value[0]
        after = score(code, person | {analyte: high}).value[0]
        assert sign * (after - before) >= -1e-9

    holds()


@pytest.mark.property
@settings(max_examples=50, deadline=None)
@given(person=PERSON)
def test_bounds_hold_and_missing_matches_reason(person):
    for code, spec in scores.SCORES.items():
        result = score(code, person)
        assert np.isnan(result.value[0]) == bool(result.reason[0])
        if spec.facts.low is not None and not np.isnan(result.value[0]):
            assert result.value[0] >= spec.facts.low
        if spec.facts.high is not None and not np.isnan(result.value[0]):
            assert result.value[0] <= spec.facts.high


@pytest.mark.property
@settings(max_examples=50, deadline=None)
@given(person=PERSON)
def test_meld_3_ignores_the_units_it_was_reported_in(person):
    def meld_3(bilirubin_unit, creatinine_unit, albumin_unit):
        return scores.compute_meld_3(
            bilirubin=convert(person["BILI"], "BILI", "umol/L", bilirubin_unit),
            creatinine=convert(person["CREAT"], "CREAT", "umol/L", creatinine_unit),
            albumin=convert(person["ALB"], "ALB", "g/L", albumin_unit),
            inr=person["INR"],
            sodium=person["SODIUM"],
            sex=person["SEX"],
            bilirubin_unit=bilirubin_unit,
            creatinine_unit=creatinine_unit,
            albumin_unit=albumin_unit,
        ).unrounded[0]

    assert meld_3("mg/dL", "mg/dL", "g/dL") == pytest.approx(meld_3("umol/L", "umol/L", "g/L"), rel=1e-12)


@pytest.mark.property
@pytest.mark.parametrize("variant", ["A", "B", "C"])
@settings(max_examples=50, deadline=None)
@given(person=PERSON)
def test_child_pugh_of_one_variant_ignores_the_reporting_unit(variant, person):
    rest = {"inr": person["INR"], "ascites": person["ASCITES"], "he_grade": person["HEGRADE"]}
    si = scores.compute_child_pugh(variant=variant, bilirubin=person["BILI"], albumin=person["ALB"], **rest)
    us = scores.compute_child_pugh(
        variant=variant,
        bilirubin=convert(person["BILI"], "BILI", "umol/L", "mg/dL"),
        albumin=convert(person["ALB"], "ALB", "g/L", "g/dL"),
        bilirubin_unit="mg/dL",
        albumin_unit="g/dL",
        **rest,
    )
    assert si.value[0] == us.value[0]


@pytest.mark.property
@settings(max_examples=50, deadline=None)
@given(person=PERSON, gone=st.sampled_from(["BILI", "CREAT", "INR", "SODIUM", "ALB", "SEX"]))
def test_no_input_of_meld_3_may_be_missing(person, gone):
    result = score("MELD3", (person | {"DIALYSIS": 0}) | {gone: None if gone == "SEX" else np.nan})
    assert np.isnan(result.value[0])
    assert result.reason[0].startswith("missing")


@pytest.mark.property
def test_rows_do_not_see_each_other():
    rng = np.random.default_rng(7)
    n = 200
    labs = {
        "BILI": rng.uniform(5, 500, n),
        "CREAT": rng.uniform(30, 400, n),
        "INR": rng.uniform(0.8, 4, n),
        "SODIUM": rng.uniform(120, 145, n),
    }
    labs["INR"][::9] = np.nan
    order = rng.permutation(n)
    whole = scores.compute_score("MELDNA", labs)
    shuffled = scores.compute_score("MELDNA", {k: v[order] for k, v in labs.items()})
    assert np.array_equal(whole.value[order], shuffled.value, equal_nan=True)
    assert whole.reason[order].tolist() == shuffled.reason.tolist()
