"""CTCAE laboratory grades.

Sources: pharmaverse/admiral (commit 6eb5125) ``test-derive_var_atoxgr.R`` and the criteria texts in its
``ncictcaev5.json`` and ``ncictcaev6.json``; "computed" rows follow from those texts.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatrial.derive.toxicity import CTCAE, compute_ctcae_grade, list_ctcae_terms
from hepatrial.errors import DeriveError, UnitError

ALT = "Alanine aminotransferase increased"
BILI = "Blood bilirubin increased"
CREAT = "Creatinine increased"
INR = "INR increased"


def grades(term, value, unit="U/L", version="5.0", **kwargs):
    return compute_ctcae_grade(term, value=value, unit=unit, version=version, **kwargs).grade.tolist()


@pytest.mark.reference
@pytest.mark.parametrize("term", [ALT, "Aspartate aminotransferase increased"])
def test_v5_transaminases_from_an_abnormal_baseline(term):  # admiral test
    values = [801, 800, 201, 200, 121, 120, 60, 59]
    assert grades(term, values, upper_limit=30, baseline=40) == [4, 3, 3, 2, 2, 1, 1, 0]


@pytest.mark.reference
def test_v5_transaminases_from_a_normal_baseline():
    values = [801, 800, 201, 200, 121, 120, 41, 40]
    assert grades(ALT, values, upper_limit=40, baseline=30) == [4, 3, 3, 2, 2, 1, 1, 0]


@pytest.mark.reference
@pytest.mark.parametrize("term", ["Alkaline phosphatase increased", "GGT increased"])
def test_v5_duct_enzymes(term):  # computed from the text: 2.0 x baseline is grade 1
    abnormal = [4001, 4000, 1001, 1000, 501, 500, 400, 399]
    assert grades(term, abnormal, upper_limit=130, baseline=200) == [4, 3, 3, 2, 2, 1, 1, 0]
    normal = [2001, 2000, 501, 500, 251, 250, 101, 100]
    assert grades(term, normal, upper_limit=100, baseline=90) == [4, 3, 3, 2, 2, 1, 1, 0]


@pytest.mark.reference
def test_v5_bilirubin():  # computed
    normal = [201, 200, 61, 60, 31, 30, 21, 20]
    assert grades(BILI, normal, "umol/L", upper_limit=20, baseline=15) == [4, 3, 3, 2, 2, 1, 1, 0]
    failing = [3001, 3000, 901, 900, 451, 450, 301, 300]
    assert grades(BILI, failing, "umol/L", upper_limit=20, baseline=300) == [4, 3, 3, 2, 2, 1, 1, 0]


def test_bilirubin_in_liver_failure_is_graded_beside_its_multiple_of_normal():
    result = compute_ctcae_grade(
        BILI, value=[450.0], unit="umol/L", version="5.0", upper_limit=20, baseline=300, use_baseline=False
    )
    assert result.grade.tolist() == [4]
    assert result.times_upper.tolist() == [22.5]
    assert "as if baseline were normal" in result.note


@pytest.mark.reference
@pytest.mark.parametrize(
    ("value", "baseline", "grade"),
    [  # admiral tests, ULN 40 throughout
        (241, 241, 4),
        (240, 230, 3),
        (121, 120, 3),
        (120, 119, 2),
        (61, 60, 2),
        (60, 60, 1),
        (41, 41, 1),
        (40, 40, 0),
        (42, 6, 3),
        (42, 13.9, 3),
        (42, 14, 2),
        (42.1, 28, 2),
    ],
)
def test_v5_creatinine_takes_the_worse_of_baseline_and_normal(value, baseline, grade):
    assert grades(CREAT, value, "umol/L", upper_limit=40, baseline=baseline) == [grade]


@pytest.mark.reference
@pytest.mark.parametrize(
    ("value", "baseline", "grade"),
    [  # admiral tests: always on anticoagulation
        (2.51, 2.6, 3),
        (2.5, 1, 2),
        (1.51, 1, 2),
        (1.5, 1, 1),
        (1.2, 1, 1),
        (1.19, 1.19, 0),
        (2.5, 0.99, 3),
        (1.5, 0.6, 2),
        (1.5, 0.99, 2),
        (1.2, 0.8, 1),
        (1.2, 1.2, 0),
        (1.2, np.nan, np.nan),
    ],
)
@pytest.mark.parametrize("version", ["5.0", "6.0"])
def test_inr_on_anticoagulation(value, baseline, grade, version):
    got = grades(INR, value, "ratio", version, baseline=baseline, anticoagulated=True)
    assert got == pytest.approx([grade], nan_ok=True)


@pytest.mark.reference
def test_inr_without_anticoagulation_needs_no_baseline():
    assert grades(INR, [1.2, 1.21, 1.5, 1.51, 2.5, 2.51], "ratio") == [0, 1, 1, 2, 2, 3]


@pytest.mark.reference
def test_v5_platelets():  # computed
    values = [125, 124, 75, 74.9, 50, 49, 25, 24]
    assert grades("Platelet count decreased", values, "10^9/L", lower_limit=125) == [0, 1, 1, 2, 2, 3, 3, 4]


@pytest.mark.reference
@pytest.mark.parametrize(
    ("term", "unit", "limits", "table"),
    [
        (
            "White blood cell decreased",
            "10^9/L",
            {"lower_limit": 4},
            {4: 0, 3.9: 1, 3: 1, 2.9: 2, 2: 2, 1: 3, 0.9: 4},
        ),
        ("Leukocytosis", "10^9/L", {}, {100: 0, 101: 3}),
        (
            "Neutrophil count decreased",
            "10^9/L",
            {"lower_limit": 2},
            {2: 0, 1.9: 1, 1.5: 1, 1.4: 2, 1: 2, 0.5: 3, 0.4: 4},
        ),
        (
            "Lymphocyte count decreased",
            "10^9/L",
            {"lower_limit": 1},
            {1: 0, 0.9: 1, 0.7: 2, 0.5: 2, 0.2: 3, 0.1: 4},
        ),
        ("Lymphocyte count increased", "10^9/L", {}, {4: 0, 4.1: 2, 20: 2, 20.1: 3}),
        ("Anemia", "g/L", {"lower_limit": 130}, {130: 0, 129: 1, 100: 1, 99: 2, 80: 2, 79: 3}),
        ("Anemia", "g/dL", {"lower_limit": 13}, {13: 0, 10: 1, 9.9: 2, 8: 2, 7.9: 3}),
        ("Anemia", "mmol/L", {"lower_limit": 8}, {8: 0, 6.2: 1, 6.1: 2, 4.9: 2, 4.8: 3}),
        ("Hypoalbuminemia", "g/L", {"lower_limit": 35}, {35: 0, 34: 1, 30: 1, 29: 2, 20: 2, 19: 3}),
        (
            "Hypernatremia",
            "mmol/L",
            {"upper_limit": 145},
            {145: 0, 146: 1, 150: 1, 151: 2, 156: 3, 160: 3, 161: 4},
        ),
        ("Hyperkalemia", "mmol/L", {"upper_limit": 5}, {5: 0, 5.1: 1, 5.5: 1, 5.6: 2, 6.1: 3, 7: 3, 7.1: 4}),
        (
            "Hypoglycemia",
            "mmol/L",
            {"lower_limit": 3.9},
            {3.9: 0, 3.8: 1, 3: 1, 2.9: 2, 2.2: 2, 2.1: 3, 1.6: 4},
        ),
        ("Hypoglycemia", "mg/dL", {"lower_limit": 70}, {70: 0, 55: 1, 54: 2, 40: 2, 39: 3, 30: 3, 29: 4}),
        ("Blood lactate dehydrogenase increased", "U/L", {"upper_limit": 250}, {250: 0, 2500: 1}),
        (
            "Activated partial thromboplastin time prolonged",
            "s",
            {"upper_limit": 40},
            {40: 0, 41: 1, 60: 1, 61: 2, 100: 2, 101: 3},
        ),
    ],
)
def test_v5_tables(term, unit, limits, table):
    assert grades(term, list(table), unit, **limits) == list(table.values())


@pytest.mark.reference
@pytest.mark.parametrize(
    ("symptoms", "expected"), [("worst-case", [0, 1, 3, 3, 3, 3, 4]), ("none", [0, 1, 2, 2, 3, 3, 4])]
)
def test_hyponatremia_depends_on_symptoms(symptoms, expected):
    values = [135, 130, 129, 125, 124, 120, 119]
    result = compute_ctcae_grade(
        "Hyponatremia", value=values, unit="mmol/L", version="5.0", lower_limit=135, symptoms=symptoms
    )
    assert result.grade.tolist() == expected
    assert symptoms in result.note


@pytest.mark.reference
@pytest.mark.parametrize(("symptoms", "expected"), [("worst-case", [0, 2, 2, 3, 3, 4]), ("none", [0, 1, 1, 3, 3, 4])])
def test_hypokalemia_depends_on_symptoms(symptoms, expected):
    values = [3.5, 3.4, 3.0, 2.9, 2.5, 2.4]
    assert grades("Hypokalemia", values, "mmol/L", lower_limit=3.5, symptoms=symptoms) == expected


@pytest.mark.reference
@pytest.mark.parametrize(
    ("term", "version", "second"),
    [
        ("Lipase increased", "5.0", 2.0),
        ("Serum amylase increased", "5.0", 2.0),
        ("Lipase increased", "6.0", 3.0),
    ],
)
def test_pancreatic_enzymes_depend_on_symptoms(term, version, second):
    values = [100, 150, 151, 100 * second, 100 * second + 1, 500, 501]
    assert grades(term, values, version=version, upper_limit=100) == [0, 1, 2, 2, 3, 3, 4]
    assert grades(term, values, version=version, upper_limit=100, symptoms="none") == [0, 1, 2, 2, 2, 2, 3]


@pytest.mark.reference
def test_fibrinogen_by_normal_or_by_the_fall_from_an_abnormal_baseline():
    values = [2.0, 1.9, 1.5, 1.4, 1.0, 0.9, 0.5, 0.49]
    normal = grades("Fibrinogen decreased", values, "g/L", lower_limit=2, baseline=2.5)
    assert normal == [0, 1, 1, 2, 2, 3, 3, 4]
    low = grades("Fibrinogen decreased", [1.2, 1.19, 0.91, 0.9, 0.6, 0.5, 0.49], "g/L", lower_limit=2, baseline=1.2)
    assert low == [0, 1, 1, 2, 3, 3, 4]
    assert grades("Fibrinogen decreased", 49, "mg/dL", lower_limit=200, baseline=250) == [4]


@pytest.mark.reference
@pytest.mark.parametrize(
    ("term", "unit", "kwargs", "table"),
    [
        (
            ALT,
            "U/L",
            {"upper_limit": 40, "baseline": 100},
            {99: 0, 100: 1, 150: 1, 151: 2, 200: 2, 201: 3, 400: 3, 401: 4},
        ),
        (
            BILI,
            "umol/L",
            {"upper_limit": 20, "baseline": 300},
            {299: 0, 300: 1, 451: 2, 750: 2, 751: 3, 3001: 4},
        ),
        (
            "GGT increased",
            "U/L",
            {"upper_limit": 50, "baseline": 100},
            {99: 0, 100: 1, 151: 2, 300: 2, 301: 3, 1000: 3, 1001: 4},
        ),
        (
            "Alkaline phosphatase increased",
            "U/L",
            {"upper_limit": 130, "baseline": 200},
            {131: 0, 200: 0, 201: 1, 4000: 1},
        ),
        (
            CREAT,
            "umol/L",
            {"upper_limit": 100, "lower_limit": 50, "baseline": 40},
            {59: 0, 61: 2, 120: 2, 121: 3, 601: 4},
        ),
        (
            CREAT,
            "umol/L",
            {"upper_limit": 100, "lower_limit": 50, "baseline": 80},
            {100: 0, 101: 1, 151: 2, 301: 3, 601: 4},
        ),
        ("Thrombocytopenia", "10^9/L", {"lower_limit": 125}, {125: 0, 75: 1, 74: 2, 49: 3, 10: 3, 9: 4}),
        ("Neutrophil count decreased", "10^9/L", {}, {1.5: 0, 1.4: 1, 1: 1, 0.9: 2, 0.4: 3, 0.1: 3, 0.09: 4}),
        ("Hyperglycemia", "mmol/L", {}, {13.9: 0, 14: 3, 27.8: 3, 28: 4}),
        ("Hyperglycemia (fasting)", "mg/dL", {"upper_limit": 100}, {100: 0, 160: 1, 161: 2, 251: 3, 501: 4}),
    ],
)
def test_v6_tables(term, unit, kwargs, table):
    assert grades(term, list(table), unit, "6.0", **kwargs) == list(table.values())


def test_v6_has_no_lymphocyte_decrease_and_v5_no_thrombocytopenia():
    assert "Lymphocyte count decreased" not in CTCAE["6.0"]
    assert "Thrombocytopenia" not in CTCAE["5.0"]


@pytest.mark.reference
def test_glucose_cannot_be_graded_high_under_v5():
    result = compute_ctcae_grade("Hyperglycemia", value=[30.0], unit="mmol/L", version="5.0")
    assert np.isnan(result.grade[0])
    assert result.reason[0] == "not gradable by laboratory value under CTCAE v5.0"


@pytest.mark.parametrize("code", ["AMMONIA", "LACTATE", "CRP", "AFP", "FERRITIN", "UREA", "PTA"])
def test_what_ctcae_does_not_grade_has_no_term(code):
    assert list_ctcae_terms(code, version="5.0") == ()


def test_terms_of_an_analyte():
    assert list_ctcae_terms("K", version="5.0") == ("Hypokalemia", "Hyperkalemia")


def test_a_missing_baseline_is_not_a_normal_one():
    result = compute_ctcae_grade(ALT, value=[100.0], unit="U/L", version="5.0", upper_limit=40)
    assert np.isnan(result.grade[0])
    assert result.reason[0] == "missing baseline"


def test_a_missing_limit_matters_only_while_the_grade_is_open():
    result = compute_ctcae_grade("Anemia", value=[75, 120, np.nan], unit="g/L", version="5.0")
    assert result.grade.tolist() == pytest.approx([3, np.nan, np.nan], nan_ok=True)
    assert result.reason.tolist() == ["", "missing lower limit", "missing value, lower limit"]


def test_creatinine_above_six_times_normal_needs_no_baseline():
    assert grades(CREAT, [700, 200], "umol/L", upper_limit=100) == pytest.approx([4, np.nan], nan_ok=True)


@pytest.mark.reference
def test_multiples_survive_floating_point():
    # admiral: 5 x 40 against 200.00000001 is no higher
    assert grades(ALT, [200.00000001, 200.001], upper_limit=40, baseline=30) == [2, 3]
    assert grades(ALT, 3 * 0.1, upper_limit=0.1, baseline=0.05) == [1]


def test_the_baseline_has_its_own_limits():
    assert grades(ALT, 150, upper_limit=40, baseline=50, baseline_upper=60) == [2]
    assert grades(ALT, 150, upper_limit=40, baseline=50) == [1]


@pytest.mark.parametrize(("unit", "error"), [("g/L", UnitError), ("bananas", UnitError), ("mg/dL", UnitError)])
def test_a_unit_that_is_not_the_analytes_is_refused(unit, error):
    with pytest.raises(error):
        grades("Platelet count decreased", 100, unit, lower_limit=125)


def test_count_units_are_converted_to_the_printed_one():
    assert grades("Platelet count decreased", 74_900, "/uL", lower_limit=125_000) == [2]
    assert grades("Hypernatremia", 151, "mEq/L", upper_limit=145) == [2]


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"term": "Sadness", "version": "5.0"}, "no laboratory term"),
        ({"term": ALT, "version": "4.0"}, "version='4.0'"),
        ({"term": ALT, "version": "5.0", "symptoms": "maybe"}, "symptoms='maybe'"),
    ],
)
def test_unknown_terms_versions_and_switches_are_named(kwargs, message):
    with pytest.raises(DeriveError, match=message):
        compute_ctcae_grade(value=1.0, unit="U/L", **kwargs)


@pytest.mark.property
@pytest.mark.parametrize(("version", "term"), [(v, t) for v in CTCAE for t in CTCAE[v] if CTCAE[v][t].steps])
def test_grades_are_whole_bounded_and_monotone(version, term):
    rule = CTCAE[version][term]
    unit = next((text for step in rule.steps for text in step.printed), "U/L" if term != BILI else "umol/L")
    unit = {"CREAT": "umol/L", "APTT": "s", "FIBRINO": "g/L", "K": "mmol/L", "SODIUM": "mmol/L"}.get(
        rule.analyte_code, unit
    )
    falls = rule.steps[0].operator.startswith("<")

    @settings(max_examples=30, deadline=None)
    @given(values=st.lists(st.floats(0.01, 5000), min_size=2, max_size=8), baseline=st.floats(1, 500))
    def holds(values, baseline):
        ordered = sorted(values, reverse=falls)
        got = grades(term, ordered, unit, version, lower_limit=50, upper_limit=100, baseline=baseline)
        assert got == sorted(got)
        assert set(got) <= {0, 1, 2, 3, 4}

    holds()
