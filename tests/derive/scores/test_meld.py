"""MELD, MELD-Na, MELD 3.0, UKELD against published and recomputed numbers.

Sources: transplantr 9662038 (tests and vignette; its factors are 17.1 and 88.4, as ours); a public SAS macro
for OPTN scores; Kim 2021 table 4 inputs. "Computed" rows follow from the published formula.
"""

import numpy as np
import pytest

from hepatrial.derive.scores import compute_meld, compute_meld_3, compute_meld_na, compute_ukeld
from hepatrial.errors import DeriveError

US = {"bilirubin_unit": "mg/dL", "creatinine_unit": "mg/dL"}
US3 = US | {"albumin_unit": "g/dL"}


@pytest.mark.reference
@pytest.mark.parametrize(
    ("bilirubin", "inr", "creatinine", "dialysis", "expected"),
    [
        (54, 2.0, 170, False, 24.797968),  # transplantr test
        (22, 1.4, 120, False, 14.07569),  # transplantr vignette, four rows
        (34, 2.1, 450, True, 30.60446),
        (26, 1.6, 77, False, 13.27793),
        (51, 4.9, 228, False, 37.42734),
    ],
)
def test_meld_as_transplantr(bilirubin, inr, creatinine, dialysis, expected):
    result = compute_meld(bilirubin=bilirubin, creatinine=creatinine, inr=inr, dialysis=dialysis)
    assert result.unrounded[0] == pytest.approx(expected, abs=6e-6)
    assert result.value[0] == round(expected)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("bilirubin", "inr", "creatinine", "raw", "value"),
    [(0.5, 0.9, 0.7, 6.43, 6), (10, 2.0, 5.0, 36.163857, 36), (20, 3.0, 4.0, 43.325163, 40)],
)
def test_meld_floors_and_caps(bilirubin, inr, creatinine, raw, value):
    result = compute_meld(bilirubin=bilirubin, creatinine=creatinine, inr=inr, **US)
    assert result.unrounded[0] == pytest.approx(raw, abs=5e-7)
    assert result.value[0] == value


def test_meld_by_hand():
    # bilirubin 2, INR 2, creatinine 2: 10 (0.957 + 0.378 + 1.120) ln 2 + 6.43
    expected = 24.55 * np.log(2) + 6.43
    assert compute_meld(bilirubin=2, creatinine=2, inr=2, **US).unrounded[0] == pytest.approx(
        expected, rel=1e-12
    )


def test_meld_without_a_cap():
    assert compute_meld(bilirubin=20, creatinine=4, inr=3, cap=None, **US).value[0] == 43


@pytest.mark.reference
@pytest.mark.parametrize(
    ("bilirubin", "inr", "creatinine", "sodium", "rounding", "raw", "value"),
    [
        (3, 2, 1.5, 130, "unrounded", 26.3320, 26),  # public test suite, unrounded path
        (2.5, 1.0, 1.2, 131, "integer", 17.544, 18),  # computed, Kim rows: the rounding trap
        (2.5, 1.0, 1.2, 131, "unrounded", 17.254, 17),
        (6, 1.5, 1.5, 131, "integer", 25.564, 26),
        (6, 1.5, 1.5, 131, "unrounded", 25.263, 25),
        (12, 2.2, 1.8, 128, "integer", 32.970, 33),
        (12, 2.2, 1.8, 128, "unrounded", 33.166, 33),
        (12, 2.2, 2.8, 128, "integer", 36.485, 36),
        (12, 2.2, 2.8, 128, "unrounded", 36.139, 36),
        (10, 2.0, 4.0, 130, "integer", 36.924, 37),
        (20, 3.0, 4.0, 125, "integer", 41.812, 40),
        (1, 1, 1, 137, "integer", 6, 6),
    ],
)
def test_meld_na(bilirubin, inr, creatinine, sodium, rounding, raw, value):
    result = compute_meld_na(
        bilirubin=bilirubin, creatinine=creatinine, inr=inr, sodium=sodium, rounding=rounding, **US
    )
    assert result.unrounded[0] == pytest.approx(raw, abs=6e-4)
    assert result.value[0] == value
    assert result.variant == rounding


@pytest.mark.reference
def test_meld_na_on_dialysis():
    result = compute_meld_na(
        bilirubin=3, creatinine=0.4, inr=2, sodium=130, dialysis=True, rounding="unrounded", **US
    )
    assert result.unrounded[0] == pytest.approx(33.5503, abs=5e-5)
    assert result.value[0] == 34


def test_meld_na_adds_nothing_up_to_eleven():
    result = compute_meld_na(bilirubin=1, creatinine=1, inr=[1.0, 1.7], sodium=120, **US)
    meld = compute_meld(bilirubin=1, creatinine=1, inr=[1.0, 1.7], **US)
    assert meld.value.tolist() == [6, 12]
    assert result.value[0] == 6
    assert result.value[1] > 12


def test_meld_na_clamps_sodium():
    low = compute_meld_na(bilirubin=5, creatinine=2, inr=2, sodium=[110, 125], **US).value
    high = compute_meld_na(bilirubin=5, creatinine=2, inr=2, sodium=[137, 150], **US).value
    assert low[0] == low[1]
    assert high[0] == high[1] == compute_meld(bilirubin=5, creatinine=2, inr=2, **US).value[0]


def test_meld_na_refuses_another_rounding():
    with pytest.raises(DeriveError, match="rounding='tenth'"):
        compute_meld_na(bilirubin=1, creatinine=1, inr=1, sodium=137, rounding="tenth")


@pytest.mark.reference
@pytest.mark.parametrize(
    ("sex", "bilirubin", "sodium", "inr", "creatinine", "albumin", "raw", "value"),
    [
        ("F", 3, 130, 2.0, 1.5, 3.0, 27.605592, 28),  # public test suite
        ("M", 2.5, 131, 1.0, 1.2, 3.8, 15.809889, 16),  # Kim table 4 inputs through the SAS macro
        ("F", 2.5, 131, 1.0, 1.2, 3.8, 17.139889, 17),
        ("M", 6, 131, 1.5, 1.5, 3.5, 24.712849, 25),
        ("M", 6, 131, 1.5, 1.5, 2.2, 26.153247, 26),
        ("F", 6, 131, 1.5, 1.5, 2.2, 27.483247, 27),
        ("M", 12, 128, 2.2, 1.8, 2.0, 34.220322, 34),
        ("M", 12, 128, 2.2, 2.8, 2.0, 37.929508, 38),
        ("F", 12, 128, 2.2, 2.8, 2.0, 39.259508, 39),
        ("M", 12, 120, 0.9, 4.5, 3.5, 32.253184, 32),  # SAS macro patient, all bounds used
        ("F", 12, 120, 0.9, 4.5, 3.5, 33.583184, 34),
        ("M", 0.5, 140, 0.9, 0.7, 3.9, 6.0, 6),
        ("F", 20, 120, 3.0, 4.0, 1.0, 44.106836, 40),
    ],
)
def test_meld_3(sex, bilirubin, sodium, inr, creatinine, albumin, raw, value):
    result = compute_meld_3(
        sex=sex, bilirubin=bilirubin, sodium=sodium, inr=inr, creatinine=creatinine, albumin=albumin, **US3
    )
    assert result.unrounded[0] == pytest.approx(raw, abs=5e-7)
    assert result.value[0] == value


@pytest.mark.reference
def test_meld_3_on_dialysis():
    result = compute_meld_3(
        sex="M", bilirubin=1, sodium=137, inr=1, creatinine=0.6, albumin=3.5, dialysis=True, **US3
    )
    assert result.unrounded[0] == pytest.approx(18.238541, abs=5e-7)
    assert result.value[0] == 18


@pytest.mark.reference
@pytest.mark.parametrize("sex", ["F", "M"])
def test_meld_3_under_eighteen_has_one_constant(sex):
    result = compute_meld_3(
        sex=sex, age=10, bilirubin=12, sodium=120, inr=0.9, creatinine=4.5, albumin=3.5, **US3
    )
    assert result.unrounded[0] == pytest.approx(33.583184, abs=5e-7)


def test_meld_3_without_a_cap_is_the_papers():
    kwargs = {"bilirubin": 20, "sodium": 120, "inr": 3, "creatinine": 4, "albumin": 1, "sex": "F"} | US3
    assert compute_meld_3(**kwargs, cap=None).value[0] == 44


@pytest.mark.reference
def test_ukeld_as_transplantr():
    assert compute_ukeld(bilirubin=212, creatinine=54, inr=1.0, sodium=126).value[0] == pytest.approx(
        63.22, abs=5e-3
    )


def test_a_missing_input_leaves_the_score_missing_and_says_which():
    result = compute_meld(bilirubin=[54, np.nan, 54], creatinine=[170, np.nan, 170], inr=[2.0, 2.0, None])
    assert result.value[0] == 25
    assert np.isnan(result.value[1:]).all()
    assert result.reason.tolist() == ["", "missing bilirubin, creatinine", "missing INR"]


def test_an_unknown_dialysis_is_missing_and_not_no():
    result = compute_meld(bilirubin=54, creatinine=170, inr=2.0, dialysis=[np.nan, 0.0])
    assert result.reason.tolist() == ["missing dialysis", ""]


def test_on_dialysis_creatinine_is_not_needed():
    result = compute_meld(bilirubin=34, creatinine=[np.nan, 450.0], inr=2.1, dialysis=True)
    assert result.value[0] == result.value[1] == 31
    assert result.reason[0] == ""


@pytest.mark.parametrize("bad", [0.0, -3.0, np.inf])
def test_an_impossible_value_is_not_floored_into_a_normal_one(bad):
    result = compute_meld(bilirubin=bad, creatinine=170, inr=2.0)
    assert np.isnan(result.value[0])
    assert result.reason[0] == "not usable bilirubin"


def test_an_unknown_sex_leaves_meld_3_missing():
    result = compute_meld_3(
        bilirubin=54, creatinine=170, inr=2, sodium=130, albumin=30, sex=["F", "U", None, ""]
    )
    assert result.reason.tolist() == ["", "not usable sex", "missing sex", "missing sex"]


def test_inputs_of_different_length_are_refused():
    with pytest.raises(DeriveError, match="differ in length"):
        compute_meld(bilirubin=[1, 2], creatinine=[1, 2, 3], inr=1)


def test_text_is_refused():
    with pytest.raises(DeriveError, match="needs numbers"):
        compute_meld(bilirubin=["high"], creatinine=[100], inr=1)


def test_no_score_takes_prothrombin_activity():
    with pytest.raises(TypeError, match="pta"):
        compute_meld(bilirubin=54, creatinine=170, pta=35)
