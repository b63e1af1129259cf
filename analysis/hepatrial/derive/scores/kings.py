"""King's College criteria for transplantation in acute liver failure.

O'Grady 1989, doi 10.1016/0016-5085(89)90081-4; text as in BMJ Best Practice and the openEHR archetype.

Paracetamol: arterial pH < 7.30 after resuscitation, or all of INR > 6.5 (PT > 100 s), creatinine > 300 µmol/L
and encephalopathy III-IV within 24 h. Modified: or lactate > 3.5 mmol/L early (4 h) or > 3.0 after
resuscitation (12 h).

Other causes: INR > 6.5 (PT > 100 s), or three of five: age < 10 or > 40; unfavourable cause (non-A non-B
hepatitis, idiosyncratic drug reaction); jaundice more than 7 days before encephalopathy; INR > 3.5 (PT > 50
s); bilirubin > 300 µmol/L.

What is not known is not taken as absent: the answer is ``indeterminate`` unless the known items decide. A
site that reports only prothrombin activity has no INR and no PT in seconds.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from hepatrial.derive.scores.inputs import (
    NEAR,
    BoolArray,
    FloatArray,
    Rows,
    align,
    choice,
    flag,
    grade,
    lab,
    number,
)
from hepatrial.derive.scores.result import ScoreFacts, ScoreResult, label_by, make_result
from hepatrial.errors import DeriveError

KINGS = ScoreFacts(
    "KINGS", "King's College Criteria", "10.1016/0016-5085(89)90081-4", unit="1 met, 0 not met", low=0, high=1
)
CAUSES = ("other", "paracetamol")
KINGS_VARIANTS = ("original", "modified")


def compute_kings_college(
    *,
    variant: str,
    cause: object,
    arterial_ph: object = None,
    inr: object = None,
    pt_seconds: object = None,
    creatinine: object = None,
    he_grade: object = None,
    early_lactate: object = None,
    late_lactate: object = None,
    age: object = None,
    unfavourable_cause: object = None,
    jaundice_to_he_days: object = None,
    bilirubin: object = None,
    creatinine_unit: str = "umol/L",
    bilirubin_unit: str = "umol/L",
) -> ScoreResult:
    """Whether King's College criteria are met.

    Parameters
    ----------
    variant : {"original", "modified"}
        Modified adds lactate for paracetamol.
    cause : array_like of str
        ``"paracetamol"`` or ``"other"``.
    inr, pt_seconds : array_like of float
        INR counts where it is there, PT in seconds where it is not.
    unfavourable_cause : array_like of bool
        Non-A non-B hepatitis or idiosyncratic drug reaction.

    All but ``cause`` may be left out: an item that nobody measured is unknown.

    Returns
    -------
    ScoreResult
        ``value`` 1, 0 or NaN; ``category`` met, not met or indeterminate; ``reason`` names the unknown
        items.
    """
    if variant not in KINGS_VARIANTS:
        raise DeriveError(f"King's College variant={variant!r} is not one of {', '.join(KINGS_VARIANTS)}")
    rows = align(
        cause=choice(cause, CAUSES),
        arterial_pH=number(arterial_ph, low=6, high=8.5),
        INR=lab("INR", inr, "ratio", "ratio"),
        PT=lab("PT", pt_seconds, "s", "s"),
        creatinine=lab("CREAT", creatinine, creatinine_unit, "umol/L"),
        he_grade=grade(he_grade, 4),
        early_lactate=number(early_lactate, low=0),
        late_lactate=number(late_lactate, low=0),
        age=number(age, low=0, high=130),
        unfavourable_cause=flag(unfavourable_cause),
        jaundice_to_he_days=number(jaundice_to_he_days, low=0),
        bilirubin=lab("BILI", bilirubin, bilirubin_unit, "umol/L"),
    )
    slow = _either_over(rows["INR"], 6.5, rows["PT"], 100)
    paracetamol = _paracetamol_items(rows, slow, variant)
    other = _other_items(rows, slow)
    ph, clotting, kidney, brain, *lactates = paracetamol.values()
    answers = (
        _at_least(1, slow, _at_least(3, *list(other.values())[1:])),
        _at_least(1, ph, _at_least(3, clotting, kidney, brain), *lactates),
    )
    value = np.where(rows["cause"] == 1, answers[1], answers[0] + 0 * rows["cause"])
    needs = {"cause": rows["cause"], **_needs(rows["cause"] == 0, other)}
    for name, known in _needs(rows["cause"] == 1, paracetamol).items():
        needs[name] = known + needs.get(name, 0.0)
    result = make_result(KINGS, rows, value, variant=variant, parts={**paracetamol, **other}, needs=needs)
    text = label_by(np.where(np.isnan(value), 2, value), {0: "not met", 1: "met", 2: "indeterminate"})
    return replace(result, category=text)


def _paracetamol_items(rows: Rows, slow: FloatArray, variant: str) -> dict[str, FloatArray]:
    items = {
        "arterial pH < 7.30": _under(rows["arterial_pH"], 7.30),
        _SLOW: slow,
        "creatinine > 300 umol/L": _over(rows["creatinine"], 300),
        "encephalopathy III-IV": _over(rows["he_grade"], 2),
    }
    if variant == "modified":
        items["early lactate > 3.5 mmol/L"] = _over(rows["early_lactate"], 3.5)
        items["late lactate > 3.0 mmol/L"] = _over(rows["late_lactate"], 3.0)
    return items


def _other_items(rows: Rows, slow: FloatArray) -> dict[str, FloatArray]:
    return {
        _SLOW: slow,
        "age < 10 or > 40": _at_least(1, _under(rows["age"], 10), _over(rows["age"], 40)),
        "unfavourable cause": rows["unfavourable_cause"],
        "jaundice > 7 days before encephalopathy": _over(rows["jaundice_to_he_days"], 7),
        "INR > 3.5 or PT > 50 s": _either_over(rows["INR"], 3.5, rows["PT"], 50),
        "bilirubin > 300 umol/L": _over(rows["bilirubin"], 300),
    }


_SLOW = "INR > 6.5 or PT > 100 s"


def _over(values: FloatArray, limit: float) -> FloatArray:
    """1, 0 or NaN (unknown) for a value above the limit."""
    return np.where(np.isnan(values), np.nan, values > limit * (1 + NEAR))


def _under(values: FloatArray, limit: float) -> FloatArray:
    return np.where(np.isnan(values), np.nan, values < limit * (1 - NEAR))


def _either_over(inr: FloatArray, inr_limit: float, seconds: FloatArray, seconds_limit: float) -> FloatArray:
    return np.where(np.isnan(inr), _over(seconds, seconds_limit), _over(inr, inr_limit))


def _at_least(k: int, *items: FloatArray) -> FloatArray:
    """1 when k items are known to hold, 0 when k cannot hold any more, NaN while it is open."""
    table = np.stack(items)
    certain = np.nansum(table, axis=0)
    possible = certain + np.isnan(table).sum(axis=0)
    return np.where(certain >= k, 1.0, np.where(possible < k, 0.0, np.nan))


def _needs(is_asked: BoolArray, items: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    return {name: np.where(is_asked, known, 0.0) for name, known in items.items()}
