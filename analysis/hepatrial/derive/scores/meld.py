r"""MELD and its successors.

(1) MELD(i) = 10 (0.957 ln Cr + 0.378 ln bilirubin + 1.120 ln INR + 0.643), Cr and bilirubin in mg/dL, each of
    Cr, bilirubin and INR at least 1, Cr at most 4 and 4 on dialysis.
    Kamath 2001, doi 10.1053/jhep.2001.22172, as used by UNOS.
(2) MELD-Na = MELD(i) + 1.32 (137 - Na) - 0.033 MELD(i) (137 - Na) where MELD(i) > 11, else MELD(i); Na within
    125 and 137 mmol/L. OPTN, January 2016; Kim 2008, doi 10.1056/NEJMoa0801209, is its origin.
(3) MELD 3.0 = 1.33 [female] + 4.56 ln bilirubin + 0.82 (137 - Na) - 0.24 (137 - Na) ln bilirubin + 9.09 ln
    INR + 11.14 ln Cr + 1.85 (3.5 - albumin) - 1.83 (3.5 - albumin) ln Cr + 6; floors as (1), Cr at most 3,
    Na as (2), albumin within 1.5 and 3.5 g/dL. Kim 2021, doi 10.1053/j.gastro.2021.08.050; OPTN, July 2023.
    Under 18 years the constant is 7.33 for both sexes.
(4) UKELD = 5.395 ln INR + 1.485 ln Cr + 3.13 ln bilirubin - 81.565 ln Na + 435, in µmol/L.
    Barber 2011, doi 10.1097/TP.0b013e318225db4d.

Rounding: "to the tenth decimal place then multiplied by 10" (OPTN) is MELD(i) to one decimal before the 10,
so a whole number; MELD-Na starts from that whole number. Starting from the unrounded one can change the
result by 1 and is an option. R: ``transplantr::meld`` gives the unrounded (1); its ``meld_na`` is another
formula.
"""

import numpy as np

from hepatrial.derive.scores.inputs import Column, FloatArray, Rows, align, choice, flag, lab, number
from hepatrial.derive.scores.result import ScoreFacts, ScoreResult, make_result, round_half_up
from hepatrial.errors import DeriveError

MELD = ScoreFacts("MELD", "MELD Score", "10.1053/jhep.2001.22172", low=6, high=40)
MELD_NA = ScoreFacts("MELDNA", "MELD-Na Score (OPTN 2016)", "10.1056/NEJMoa0801209", low=6, high=40)
MELD_3 = ScoreFacts("MELD3", "MELD 3.0 Score", "10.1053/j.gastro.2021.08.050", low=6, high=40)
UKELD = ScoreFacts("UKELD", "UKELD Score", "10.1097/TP.0b013e318225db4d", decimals=0)

ROUNDINGS = ("integer", "unrounded")


def compute_meld(
    *,
    bilirubin: object,
    creatinine: object,
    inr: object,
    dialysis: object = False,
    bilirubin_unit: str = "umol/L",
    creatinine_unit: str = "umol/L",
    cap: float | None = 40,
) -> ScoreResult:
    """MELD, equation (1).

    Parameters
    ----------
    bilirubin, creatinine, inr : array_like of float, shape (n,) or scalar
        Missing as NaN. There is no path from prothrombin activity (PTA) to INR.
    dialysis : array_like of bool or 0/1
        Two sessions or more in the last 7 days, or 24 hours of continuous haemodialysis: creatinine then
        counts as its upper bound, measured or not. NaN is missing, not no.
    bilirubin_unit, creatinine_unit : str
    cap : float or None
        Upper bound of the rounded score.

    Returns
    -------
    ScoreResult
        ``value`` a whole number, ``unrounded`` the number before rounding and cap.

    Examples
    --------
    >>> compute_meld(bilirubin=54, creatinine=170, inr=2.0).value
    array([25.])
    """
    rows = align(**_core(bilirubin, bilirubin_unit, creatinine, creatinine_unit, inr, dialysis))
    raw = _meld_i(rows)
    return _result(MELD, rows, raw, cap)


def compute_meld_na(
    *,
    bilirubin: object,
    creatinine: object,
    inr: object,
    sodium: object,
    dialysis: object = False,
    bilirubin_unit: str = "umol/L",
    creatinine_unit: str = "umol/L",
    sodium_unit: str = "mmol/L",
    rounding: str = "integer",
    cap: float | None = 40,
) -> ScoreResult:
    """MELD-Na of OPTN 2016, equation (2).

    ``rounding`` says which MELD(i) enters: ``"integer"`` (OPTN) or ``"unrounded"``. Other parameters as in
    :func:`compute_meld`. Not Biggins 2006 (R: ``transplantr::meld_na``), nor Luca 2007.
    """
    if rounding not in ROUNDINGS:
        raise DeriveError(f"rounding={rounding!r} is not one of {ROUNDINGS}")
    core = _core(bilirubin, bilirubin_unit, creatinine, creatinine_unit, inr, dialysis)
    rows = align(**core, sodium=lab("SODIUM", sodium, sodium_unit, "mmol/L"))
    raw = _meld_i(rows)
    meld = round_half_up(raw) if rounding == "integer" else raw
    lack = 137 - np.clip(rows["sodium"], 125, 137)
    # 0 * lack: a missing sodium leaves the score missing at a MELD(i) of 11 or less too
    score = np.where(meld > 11, meld + 1.32 * lack - 0.033 * meld * lack, meld + 0 * lack)
    return _result(MELD_NA, rows, score, cap, rounding)


def compute_meld_3(
    *,
    bilirubin: object,
    creatinine: object,
    inr: object,
    sodium: object,
    albumin: object,
    sex: object,
    dialysis: object = False,
    age: object | None = None,
    bilirubin_unit: str = "umol/L",
    creatinine_unit: str = "umol/L",
    sodium_unit: str = "mmol/L",
    albumin_unit: str = "g/L",
    cap: float | None = 40,
) -> ScoreResult:
    """MELD 3.0, equation (3).

    Parameters
    ----------
    sex : array_like of str
        ``"F"`` or ``"M"``; anything else gives a missing score.
    age : array_like of float, optional
        Years; needed only where people under 18 may be among the rows.
    cap : float or None
        40 as OPTN; ``None`` as the paper.

    Other parameters as in :func:`compute_meld`.
    """
    extra = {} if age is None else {"age": number(age, low=0, high=130)}
    core = _core(bilirubin, bilirubin_unit, creatinine, creatinine_unit, inr, dialysis)
    rows = align(
        **core,
        sodium=lab("SODIUM", sodium, sodium_unit, "mmol/L"),
        albumin=lab("ALB", albumin, albumin_unit, "g/dL"),
        sex=choice(sex, ("M", "F")),
        **extra,
    )
    raw = _meld_3(rows)
    return _result(MELD_3, rows, raw, cap)


def compute_ukeld(
    *,
    bilirubin: object,
    creatinine: object,
    inr: object,
    sodium: object,
    bilirubin_unit: str = "umol/L",
    creatinine_unit: str = "umol/L",
    sodium_unit: str = "mmol/L",
) -> ScoreResult:
    """UKELD, equation (4), unrounded. R: ``transplantr::ukeld``."""
    rows = align(
        bilirubin=lab("BILI", bilirubin, bilirubin_unit, "umol/L"),
        creatinine=lab("CREAT", creatinine, creatinine_unit, "umol/L"),
        INR=lab("INR", inr, "ratio", "ratio"),
        sodium=lab("SODIUM", sodium, sodium_unit, "mmol/L"),
    )
    value = (
        5.395 * np.log(rows["INR"]) + 1.485 * np.log(rows["creatinine"]) + 3.13 * np.log(rows["bilirubin"])
    )
    return make_result(UKELD, rows, value - 81.565 * np.log(rows["sodium"]) + 435)


def _core(
    bilirubin: object,
    bilirubin_unit: str,
    creatinine: object,
    creatinine_unit: str,
    inr: object,
    dialysis: object,
) -> dict[str, Column]:
    return {
        "bilirubin": lab("BILI", bilirubin, bilirubin_unit, "mg/dL"),
        "creatinine": lab("CREAT", creatinine, creatinine_unit, "mg/dL"),
        "INR": lab("INR", inr, "ratio", "ratio"),
        "dialysis": flag(dialysis),
    }


def _logs(rows: Rows, creatinine_cap: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """ln of bilirubin, creatinine and INR within their bounds."""
    measured = np.clip(rows["creatinine"], 1.0, creatinine_cap) + 0 * rows["dialysis"]
    creatinine = np.where(rows["dialysis"] == 1, creatinine_cap, measured)
    return (
        np.log(np.maximum(rows["bilirubin"], 1.0)),
        np.log(creatinine),
        np.log(np.maximum(rows["INR"], 1.0)),
    )


def _result(
    score: ScoreFacts, rows: Rows, raw: FloatArray, cap: float | None, variant: str = ""
) -> ScoreResult:
    rounded = round_half_up(raw)
    value = rounded if cap is None else np.minimum(rounded, cap)
    creatinine = np.where(rows["dialysis"] == 1, 0.0, rows["creatinine"])  # replaced on dialysis: not needed
    needs = {**rows.values, "creatinine": creatinine}
    return make_result(score, rows, value, variant=variant, unrounded=raw, needs=needs)


def _meld_i(rows: Rows) -> FloatArray:
    bilirubin, creatinine, inr = _logs(rows, 4.0)
    return 10 * (0.957 * creatinine + 0.378 * bilirubin + 1.120 * inr + 0.643)


def _meld_3(rows: Rows) -> FloatArray:
    bilirubin, creatinine, inr = _logs(rows, 3.0)
    salt = 137 - np.clip(rows["sodium"], 125, 137)
    protein = 3.5 - np.clip(rows["albumin"], 1.5, 3.5)
    constant = 6 + 1.33 * rows["sex"]
    if "age" in rows.values:
        constant = np.where(rows["age"] < 18, 7.33 + 0 * rows["sex"], constant + 0 * rows["age"])
    return (
        constant
        + (4.56 - 0.24 * salt) * bilirubin
        + 0.82 * salt
        + 9.09 * inr
        + (11.14 - 1.83 * protein) * creatinine
        + 1.85 * protein
    )
