"""Scores by code: what the registry computes is what the functions compute."""

import inspect

import numpy as np
import pytest

from hepatrial.derive import scores
from hepatrial.derive.scores import SCORES, compute_score
from hepatrial.derive.scores.organs import OrganInputs
from hepatrial.errors import DeriveError
from hepatrial.units import ANALYTES, UNITS

LABS = {
    "BILI": np.array([300.0, 54.0]),
    "CREAT": np.array([170.0, 90.0]),
    "INR": np.array([2.6, 1.2]),
    "SODIUM": np.array([130.0, 140.0]),
    "ALB": np.array([30.0, 40.0]),
    "WBC": np.array([12.0, 6.0]),
    "NEUT": np.array([9.0, 4.0]),
    "PLAT": np.array([60.0, 200.0]),
    "ALT": np.array([400.0, 30.0]),
    "AST": np.array([300.0, 25.0]),
    "ALP": np.array([150.0, 80.0]),
    "ALTULN": np.array([40.0, 40.0]),
    "ASTULN": np.array([40.0, 40.0]),
    "ALPULN": np.array([130.0, 130.0]),
    "LACTATE": np.array([2.0, 1.0]),
    "UREA": np.array([8.0, 4.0]),
    "AGE": np.array([50.0, 40.0]),
    "SEX": np.array(["F", "M"], dtype=object),
    "HEGRADE": np.array([2.0, 0.0]),
    "ASCITES": np.array([2.0, 0.0]),
    "MAP": np.array([65.0, 85.0]),
    "PF": np.array([250.0, 450.0]),
    "ALFCAUSE": np.array(["other", "other"], dtype=object),
}


def any_variant(code):
    return SCORES[code].variants[0] if SCORES[code].variants else ""


@pytest.mark.parametrize("code", sorted(SCORES))
def test_every_score_computes_from_its_codes(code):
    result = compute_score(code, LABS | {"UNFAVCAU": 0.0, "JAUNDHE": 2.0}, variant=any_variant(code))
    assert result.score.code == code
    assert np.isfinite(result.value).all()
    assert result.reason.tolist() == ["", ""]
    assert result.value[0] > result.value[1] or code == "KINGS"


@pytest.mark.parametrize("code", sorted(SCORES))
def test_a_score_without_any_value_is_missing_with_a_reason(code):
    result = compute_score(code, {"SITE": np.array([1.0, 2.0])}, variant=any_variant(code))
    assert np.isnan(result.value).all()
    assert result.value.shape == (2,)
    assert all(result.reason)


@pytest.mark.parametrize("code", sorted(SCORES))
def test_the_spec_matches_the_function(code):
    spec = SCORES[code]
    signature = set(inspect.signature(spec.function).parameters)
    keywords = set(OrganInputs.__annotations__) if "organs" in signature else signature
    assert {item.keyword for item in spec.inputs} <= keywords
    assert ("variant" in keywords) == bool(spec.variants)
    assert len(code) <= 8
    assert len(spec.facts.label) <= 40
    assert spec.facts.doi


@pytest.mark.parametrize("code", sorted(SCORES))
def test_every_input_has_the_si_unit_of_its_analyte(code):
    for item in SCORES[code].inputs:
        if item.code in ANALYTES:
            assert item.unit == ANALYTES[item.code].si_unit
        assert not item.unit or item.unit in UNITS


def test_a_score_that_is_an_input_is_computed_first_or_taken():
    computed = compute_score("CLIFCACL", LABS)
    organ = compute_score("CLIFCOF", LABS)
    given = compute_score("CLIFCACL", {"CLIFCOF": organ.value, "AGE": LABS["AGE"], "WBC": LABS["WBC"]})
    assert computed.value.tolist() == given.value.tolist()


def test_urea_may_come_as_bun_in_mmol():
    urea = compute_score("COSSH2", LABS)
    bun = compute_score("COSSH2", {("BUN" if k == "UREA" else k): v for k, v in LABS.items()})
    assert urea.value.tolist() == bun.value.tolist()


def test_options_reach_the_function():
    assert compute_score("MELDNA", LABS, rounding="unrounded").variant == "unrounded"


@pytest.mark.parametrize(
    ("code", "variant", "message"),
    [("NOPE", "", "unknown score"), ("CHILDPUG", "", "A, B, C"), ("MELD", "A", "single form")],
)
def test_wrong_codes_and_variants_are_named(code, variant, message):
    with pytest.raises(DeriveError, match=message):
        compute_score(code, LABS, variant=variant)


def test_prothrombin_activity_feeds_no_score():
    assert all(item.code != "PTA" for spec in SCORES.values() for item in spec.inputs)


def test_provisional_scores_say_why():
    provisional = {code for code, spec in SCORES.items() if spec.facts.provisional}
    assert provisional == {"COSSH", "COSSH2", "HBVSOFA"}


def test_public_names_are_sorted_and_complete():
    assert scores.__all__ == sorted(scores.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name))
    functions = {name for name in dir(scores) if name.startswith("compute_")}
    assert functions <= set(scores.__all__)
