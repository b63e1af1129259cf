"""Child-Pugh, ALBI, SOFA liver, R ratio, FIB-4, APRI. Sources in the rows."""

import numpy as np
import pytest

from hepatrial.derive.scores import (
    compute_albi,
    compute_apri,
    compute_child_pugh,
    compute_fib4,
    compute_r_ratio,
    compute_sofa_liver,
)
from hepatrial.errors import DeriveError

US = {"bilirubin_unit": "mg/dL", "albumin_unit": "g/dL"}


@pytest.mark.reference
@pytest.mark.parametrize(
    ("bilirubin", "albumin", "inr", "ascites", "he", "points", "letter"),
    [  # computed from the table of variant A (Cleveland Clinic J Med, MDCalc)
        (1.9, 3.6, 1.6, 0, 0, 5, "A"),
        (2.0, 3.5, 1.7, 0, 0, 8, "B"),
        (3.0, 2.8, 2.3, 1, 2, 10, "C"),
        (3.1, 2.7, 2.4, 2, 3, 15, "C"),
        (1.0, 3.0, 1.2, 0, 0, 6, "A"),
    ],
)
def test_child_pugh_a(bilirubin, albumin, inr, ascites, he, points, letter):
    result = compute_child_pugh(
        variant="A", bilirubin=bilirubin, albumin=albumin, inr=inr, ascites=ascites, he_grade=he, **US
    )
    assert result.value[0] == points
    assert result.category[0] == letter


@pytest.mark.reference
@pytest.mark.parametrize(
    ("variant", "bilirubin_points", "albumin_points", "total"), [("B", 2, 3, 9), ("C", 3, 2, 9)]
)
def test_child_pugh_b_and_c_disagree_item_by_item(variant, bilirubin_points, albumin_points, total):
    result = compute_child_pugh(variant=variant, bilirubin=51, albumin=29, inr=1.5, ascites=1, he_grade=0)
    assert result.parts["bilirubin"][0] == bilirubin_points
    assert result.parts["albumin"][0] == albumin_points
    assert result.value[0] == total
    assert result.category[0] == "B"


@pytest.mark.reference
@pytest.mark.parametrize(("variant", "points"), [("A", 1), ("B", 2), ("C", 2)])
def test_child_pugh_34_1_umol_is_one_point_in_mg_and_two_in_umol(variant, points):
    result = compute_child_pugh(variant=variant, bilirubin=34.1, albumin=40, inr=1.1, ascites=0, he_grade=0)
    assert result.parts["bilirubin"][0] == points


@pytest.mark.parametrize(("bilirubin", "points"), [(34.2, 2), (51.3, 2), (51.4, 3), (34.19, 1)])
def test_child_pugh_a_limits_hold_after_conversion(bilirubin, points):
    result = compute_child_pugh(variant="A", bilirubin=bilirubin, albumin=40, inr=1.1, ascites=0, he_grade=0)
    assert result.parts["bilirubin"][0] == points


@pytest.mark.parametrize(
    ("variant", "albumin", "points"),
    [("A", 35.1, 1), ("A", 35, 2), ("A", 28, 2), ("A", 27.9, 3), ("B", 30, 2), ("B", 29.9, 3), ("C", 28, 2)],
)
def test_child_pugh_albumin_limits(variant, albumin, points):
    result = compute_child_pugh(
        variant=variant, bilirubin=10, albumin=albumin, inr=1.1, ascites=0, he_grade=0
    )
    assert result.parts["albumin"][0] == points


@pytest.mark.parametrize(("seconds", "points"), [(0, 1), (3.9, 1), (4, 2), (6, 2), (6.1, 3), (-0.5, 1)])
def test_child_pugh_takes_seconds_instead_of_inr(seconds, points):
    result = compute_child_pugh(
        variant="A", bilirubin=10, albumin=40, pt_prolongation=seconds, ascites=0, he_grade=0
    )
    assert result.parts["PT_prolongation"][0] == points


@pytest.mark.reference
@pytest.mark.parametrize(("bilirubin", "points"), [(67, 1), (68, 2), (171, 2), (172, 3)])
def test_child_pugh_in_cholestatic_disease(bilirubin, points):
    result = compute_child_pugh(
        variant="B", bilirubin=bilirubin, albumin=40, inr=1, ascites=0, he_grade=0, cholestatic=True
    )
    assert result.parts["bilirubin"][0] == points


def test_child_pugh_never_adds_inr_and_seconds():
    kwargs = {"variant": "A", "bilirubin": 10, "albumin": 40, "ascites": 0, "he_grade": 0}
    with pytest.raises(DeriveError, match="exactly one"):
        compute_child_pugh(**kwargs, inr=1, pt_prolongation=3)
    with pytest.raises(DeriveError, match="exactly one"):
        compute_child_pugh(**kwargs)
    with pytest.raises(DeriveError, match="no limits for pt_prolongation"):
        compute_child_pugh(**(kwargs | {"variant": "C"}), pt_prolongation=3)


def test_child_pugh_variant_is_required_and_known():
    with pytest.raises(DeriveError, match="not one of A, B, C"):
        compute_child_pugh(variant="D", bilirubin=1, albumin=1, inr=1, ascites=0, he_grade=0)
    with pytest.raises(TypeError, match="variant"):
        compute_child_pugh(bilirubin=1, albumin=1, inr=1, ascites=0, he_grade=0)


def test_child_pugh_has_no_partial_sum():
    result = compute_child_pugh(
        variant="B", bilirubin=20, albumin=40, inr=1, ascites=[np.nan, 0, 7], he_grade=[0, 2.5, 0]
    )
    assert np.isnan(result.value).all()
    assert result.category.tolist() == ["", "", ""]
    assert result.reason.tolist() == ["missing ascites", "not usable he grade", "not usable ascites"]


@pytest.mark.reference
@pytest.mark.parametrize(
    ("bilirubin", "albumin", "expected", "grade"),
    [  # computed from Johnson 2015
        (17.1, 40, -2.586223, "2"),
        (10, 45, -3.165000, "1"),
        (50, 35, -1.853680, "2"),
        (171, 28, -0.906223, "3"),
        (342, 30, -0.877543, "3"),
        (500, 25, -0.343680, "3"),
    ],
)
def test_albi(bilirubin, albumin, expected, grade):
    result = compute_albi(bilirubin=bilirubin, albumin=albumin)
    assert result.value[0] == pytest.approx(expected, abs=5e-7)
    assert result.category[0] == grade


@pytest.mark.parametrize(
    ("albumin", "grade"), [((2.60 + 0.66) / 0.085, "1"), ((1.39 + 0.66) / 0.085, "2"), (24.0, "3")]
)
def test_albi_grade_limits_belong_to_the_better_grade(albumin, grade):
    assert compute_albi(bilirubin=10, albumin=albumin).category[0] == grade


@pytest.mark.reference
@pytest.mark.parametrize(
    ("bilirubin", "points"),
    [(1.1, 0), (1.2, 1), (1.9, 1), (2.0, 2), (5.9, 2), (6.0, 3), (11.9, 3), (12.0, 4)],
)
def test_sofa_liver_mg(bilirubin, points):
    result = compute_sofa_liver(variant="mg/dL", bilirubin=bilirubin, bilirubin_unit="mg/dL")
    assert result.value[0] == points


@pytest.mark.reference
@pytest.mark.parametrize(
    ("bilirubin", "points"), [(19, 0), (20, 1), (32, 1), (33, 2), (101, 2), (102, 3), (204, 3), (205, 4)]
)
def test_sofa_liver_umol(bilirubin, points):
    # rcpjournals.org highwire 7003 table 2, adapted from Vincent 1996
    assert compute_sofa_liver(variant="umol/L", bilirubin=bilirubin).value[0] == points


def test_sofa_liver_variants_differ_at_12_mg():
    assert compute_sofa_liver(variant="mg/dL", bilirubin=205.2).value[0] == 4
    assert compute_sofa_liver(variant="umol/L", bilirubin=204).value[0] == 3


@pytest.mark.reference
@pytest.mark.parametrize(
    ("alt", "alt_uln", "alp", "alp_uln", "r", "pattern"),
    [
        (400, 40, 130, 130, 10, "hepatocellular"),
        (200, 40, 260, 130, 2.5, "mixed"),
        (160, 40, 260, 130, 2.0, "cholestatic"),
        (100, 40, 325, 130, 1.0, "cholestatic"),
        (200, 40, 130, 130, 5.0, "hepatocellular"),
    ],
)
def test_r_ratio(alt, alt_uln, alp, alp_uln, r, pattern):
    result = compute_r_ratio(alt=alt, alt_reference=alt_uln, alp=alp, alp_reference=alp_uln)
    assert result.value[0] == pytest.approx(r)
    assert result.category[0] == pattern


@pytest.mark.reference
@pytest.mark.parametrize(
    ("age", "ast", "alt", "platelets", "expected"),
    [(50, 80, 64, 150, 3.333333), (60, 40, 40, 250, 1.517893), (45, 120, 100, 90, 6.0)],
)
def test_fib4(age, ast, alt, platelets, expected):
    result = compute_fib4(age=age, ast=ast, alt=alt, platelets=platelets)
    assert result.value[0] == pytest.approx(expected, abs=5e-7)


@pytest.mark.reference
@pytest.mark.parametrize(("ast", "platelets", "expected"), [(38, 150, 0.63), (160, 75, 5.33), (80, 100, 2.0)])
def test_apri_as_transplantr(ast, platelets, expected):
    assert compute_apri(ast=ast, ast_uln=40, platelets=platelets).value[0] == pytest.approx(
        expected, abs=5e-3
    )
