"""Criteria on one patient: met, not met, not assessable, with the values used."""

import math

import pandas as pd
import pytest
from pydantic import TypeAdapter

from derive_study import make_study
from hepatrial.derive.criteria import evaluate_criterion
from hepatrial.derive.patients import Measured, Patient
from hepatrial.errors import DeriveError
from hepatrial.study.criteria import Criterion

ADAPTER = TypeAdapter(Criterion)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("study"))


def measured(value, day, *, sign="", text="", baseline=False, before=True, visit="", uln=math.nan):
    """A result on day ``day`` of January 2025."""
    below, above = sign.startswith("<"), sign.startswith(">")
    return Measured(
        value=float(value),
        low=-math.inf if below else float(value),
        high=math.inf if above else float(value),
        bound_open=sign in ("<", ">"),
        text=text or f"{sign}{value}",
        date=pd.Timestamp(2025, 1, day),
        is_before=before,
        is_baseline=baseline,
        visit=visit,
        upper_reference=uln,
        record=f"r{day}",
    )


def patient(columns=(), dates=(), **results):
    values = {"age": 40.0, "sex": "F", "enrolment_date": pd.Timestamp("2025-01-05"), "randomisation_date": pd.NaT}
    return Patient("S1", "own", {**values, **dict(columns)}, dict(dates), {}, {k: tuple(v) for k, v in results.items()})


def answer(study, who, **criterion):
    return evaluate_criterion(ADAPTER.validate_python(criterion), who, study).answer


BILI_170 = [measured(170, 4, baseline=True)]


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        ({"column": "age", "op": ">=", "value": 18}, "met"),
        ({"column": "age", "op": ">", "value": 40.0}, "not met"),
        ({"column": "sex", "op": "in", "values": ("F",)}, "met"),
        ({"column": "sex", "op": "not in", "values": ("F",)}, "not met"),
        ({"column": "randomisation_date", "op": "missing"}, "met"),
        ({"column": "randomisation_date", "op": ">", "value": "2025-01-01"}, "not assessable"),
        ({"column": "enrolment_date", "op": "<", "value": "2025-01-06"}, "met"),
        ({"column": "outcome.transplant", "op": "missing"}, "met"),
        ({"predicate": "enrolled"}, "met"),
        ({"predicate": "randomised"}, "not met"),
        ({"predicate": "treated"}, "not met"),
        ({"parameter": "BILI", "op": ">=", "value": 171.0}, "not met"),
        ({"parameter": "BILI", "op": ">=", "value": 9.9, "unit": "mg/dL"}, "met"),  # 169.29 umol/L
        ({"parameter": "BILI", "op": ">=", "value": 10.0, "unit": "mg/dL"}, "not met"),
        ({"parameter": "INR", "op": ">=", "value": 1.5}, "not assessable"),
        ({"parameter": "INR", "op": "missing"}, "met"),
        ({"not": {"parameter": "INR", "op": ">=", "value": 1.5}}, "not assessable"),
        ({"not": {"column": "sex", "op": "=", "value": "F"}}, "not met"),
    ],
)
def test_a_leaf(study, criterion, expected):
    assert answer(study, patient(BILI=BILI_170), **criterion) == expected


YES = {"column": "age", "op": ">", "value": 0}
NO = {"column": "age", "op": "<", "value": 0}
UNKNOWN = {"parameter": "INR", "op": ">", "value": 1}


@pytest.mark.parametrize(
    ("group", "members", "expected"),
    [
        ("all", (YES, YES), "met"),
        ("all", (YES, UNKNOWN), "not assessable"),
        ("all", (NO, UNKNOWN), "not met"),
        ("any", (NO, UNKNOWN), "not assessable"),
        ("any", (YES, UNKNOWN), "met"),
        ("any", (NO, NO), "not met"),
    ],
)
def test_groups_follow_three_valued_logic(study, group, members, expected):
    assert answer(study, patient(), **{group: members}) == expected


@pytest.mark.parametrize(
    ("sign", "op", "value", "expected"),
    [
        ("<", "<", 5.0, "met"),
        ("<", ">=", 5.0, "not met"),
        ("<", "<", 3.0, "not assessable"),
        ("<", ">=", 10.0, "not met"),
        ("<=", "<", 5.0, "not assessable"),
        ("<=", "<=", 5.0, "met"),
        (">", ">", 5.0, "met"),
        (">", ">=", 8.0, "not assessable"),
        (">", "=", 5.0, "not met"),
        (">", "=", 9.0, "not assessable"),
    ],
)
def test_a_value_beyond_a_limit_is_the_range_that_it_is(study, sign, op, value, expected):
    who = patient(BILI=[measured(5, 4, sign=sign, baseline=True)])
    assert answer(study, who, parameter="BILI", op=op, value=value) == expected


def test_any_visit_and_a_named_visit(study):
    who = patient(BILI=[measured(100, 4, baseline=True), measured(200, 12, before=False, visit="D7")])
    assert answer(study, who, parameter="BILI", op=">", value=150.0) == "not met"
    assert answer(study, who, parameter="BILI", op=">", value=150.0, at="any") == "met"
    assert answer(study, who, parameter="BILI", op=">", value=150.0, at="D7") == "met"
    assert answer(study, who, parameter="BILI", op=">", value=150.0, at="D28") == "not assessable"


RISE = {"predicate": "rise per day", "parameter": "BILI", "op": ">=", "value": 1.0, "unit": "mg/dL"}  # 17.1 umol/L


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([measured(100, 2), measured(134.2, 4)], "met"),  # 34.2 in 2 days
        ([measured(100, 2), measured(134.1, 4)], "not met"),
        ([measured(100, 2), measured(101, 3), measured(119, 4)], "met"),  # 18 on the last day
        ([measured(100, 2), measured(300, 2)], "not assessable"),  # one day only
        ([measured(100, 2), measured(300, 5, before=False)], "not assessable"),
        ([], "not assessable"),
    ],
)
def test_rise_per_day_up_to_the_origin(study, results, expected):
    assert answer(study, patient(BILI=results), **RISE) == expected


def test_raised_needs_the_upper_reference_limit(study):
    def who(uln):
        return patient(IL6=[measured(8, 4, baseline=True, uln=uln)])

    assert answer(study, who(7.0), predicate="raised", parameter="IL6") == "met"
    assert answer(study, who(8.0), predicate="raised", parameter="IL6") == "not met"
    assert answer(study, who(math.nan), predicate="raised", parameter="IL6") == "not assessable"


def test_within_weeks_of_a_date(study):
    def ask(day, value, **more):
        who = patient(ASCITES=[measured(value, day, **more)], columns={"consent_date": pd.Timestamp("2025-01-30")})
        return answer(study, who, predicate="within weeks of", parameter="ASCITES", op=">", value=0, weeks=4.0,
                      of="consent_date")  # fmt: skip

    assert ask(2, 1) == "met"  # 28 days before
    assert ask(1, 1) == "not assessable"  # 29 days before
    assert ask(2, 0) == "not met"
    assert ask(29, 1, before=False) == "not assessable"  # after the origin


def test_the_worst_value_before_a_date_is_the_lowest_where_low_is_asked_for(study):
    who = patient(INR=[measured(45, 1), measured(60, 3), measured(20, 9)], dates={"origin": pd.Timestamp("2025-01-05")})
    ask = {"predicate": "worst before", "parameter": "INR", "of": "origin"}
    assert answer(study, who, **ask, op="<", value=50.0) == "met"
    assert answer(study, who, **ask, op=">", value=70.0) == "not met"
    assert answer(study, who, **{**ask, "of": "birth_date"}, op="<", value=50.0) == "not assessable"


@pytest.mark.parametrize(
    ("grade", "included", "excluded"), [("1", "met", "not met"), ("2", "met", "met"), ("3", "not met", "met")]
)
def test_encephalopathy_grade_2_is_included_by_one_trial_and_excluded_by_another(study, grade, included, excluded):
    """NCT06904755 takes grades up to and including II; NCT05985863 leaves II and above out."""
    who = patient(HEGRADE=[measured(grade, 4, baseline=True)])
    assert answer(study, who, parameter="HEGRADE", op="<=", value=2) == included
    assert answer(study, who, parameter="HEGRADE", op=">=", value=2) == excluded


def test_bilirubin_or_its_rise_and_pta_or_inr_as_groups(study):
    bilirubin = {"any": ({"parameter": "BILI", "op": ">=", "value": 171.0}, RISE)}
    coagulation = {
        "all": ({"parameter": "INR", "op": ">=", "value": 1.5}, {"parameter": "INR", "op": "<=", "value": 2.6})
    }
    who = patient(BILI=[measured(100, 3), measured(160, 4, baseline=True)], INR=[measured(2.61, 4, baseline=True)])
    verdict = evaluate_criterion(ADAPTER.validate_python(bilirubin), who, study)
    assert verdict.answer == "met"
    assert verdict.values == "BILI 160 on 2025-01-04; BILI rise of 60 a day from 2025-01-03 to 2025-01-04"
    assert verdict.records == ("r4", "r3")
    assert answer(study, who, **coagulation) == "not met"


def test_faults_of_the_study_file_are_named(study):
    with pytest.raises(DeriveError, match="'hair' is not a column of subjects"):
        answer(study, patient(), column="hair", op="=", value="x")
    with pytest.raises(DeriveError, match="'HAIR' is not a parameter"):
        answer(study, patient(), parameter="HAIR", op="=", value=1)
    with pytest.raises(DeriveError, match="compared with 'old'"):
        answer(study, patient(), column="age", op="<", value="old")


NCT06904755_HE = {"not": {"parameter": "HEGRADE", "op": ">", "value": 2}}
"""Inclusion: no encephalopathy, or up to and including grade II."""
NCT05985863_HE = {"parameter": "HEGRADE", "op": ">=", "value": 2}
"""Exclusion: the record says above grade II, inclusive: grade II is out."""


@pytest.mark.parametrize(
    ("grade", "included_there", "excluded_here"),
    [(0, "met", "not met"), (1, "met", "not met"), (2, "met", "met"), (3, "not met", "met"), (4, "not met", "met")],
)
def test_encephalopathy_grade_ii_is_included_by_one_trial_and_excluded_by_the_other(
    study, grade, included_there, excluded_here
):
    who = patient(HEGRADE=[measured(grade, 4, baseline=True)])
    assert answer(study, who, **NCT06904755_HE) == included_there
    assert answer(study, who, **NCT05985863_HE) == excluded_here


def test_an_encephalopathy_grade_that_nobody_recorded_decides_neither_trial(study):
    assert answer(study, patient(), **NCT06904755_HE) == "not assessable"
    assert answer(study, patient(), **NCT05985863_HE) == "not assessable"
