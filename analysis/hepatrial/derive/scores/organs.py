"""Organ scores: CLIF-SOFA, CLIF-C OF, organ failures and the EASL-CLIF grade.

CLIF-SOFA (0-24): Moreau 2013, doi 10.1053/j.gastro.2013.02.042, limits as in WJG 2016;22:9205 table 1.
CLIF-C OF (6-18): Jalan 2014, doi 10.1016/j.jhep.2014.06.012, limits as in its Gut table. Organ failure is
not a sub-score of 3: a creatinine of 2 mg/dL is kidney failure (Crit Care 2023, s13054-023-04540-4, table 1).

A sub-score that the rule fixes needs nothing else: 3 for the kidney on renal replacement, 3 for the
circulation on vasopressors, 3 for respiration when ventilated for the lungs, 3 for the brain when
ventilated for encephalopathy. A sub-score that cannot be told leaves the total missing: there is no partial
sum.
"""

from collections.abc import Mapping
from typing import Required, TypedDict, Unpack

import numpy as np

from hepatrial.derive.scores.inputs import (
    BoolArray,
    FloatArray,
    Rows,
    align,
    choice,
    falling_points,
    flag,
    grade,
    lab,
    number,
    points,
)
from hepatrial.derive.scores.result import ScoreFacts, ScoreResult, label_by, make_result
from hepatrial.errors import DeriveError

CLIF_SOFA = ScoreFacts("CLIFSOFA", "CLIF-SOFA Score", "10.1053/j.gastro.2013.02.042", low=0, high=24)
CLIF_C_OF = ScoreFacts("CLIFCOF", "CLIF-C Organ Failure Score", "10.1016/j.jhep.2014.06.012", low=6, high=18)
ORGAN_FAILURES = ScoreFacts(
    "ORGFAIL",
    "Number of Organ Failures (EASL-CLIF)",
    "10.1053/j.gastro.2013.02.042",
    unit="organs",
    low=0,
    high=6,
)
EASL_CLIF = ScoreFacts(
    "EASLCLIF", "ACLF Grade (EASL-CLIF)", "10.1053/j.gastro.2013.02.042", unit="grade", low=0, high=3
)

VENTILATIONS = ("none", "respiratory", "encephalopathy")
CLIF_SOFA_VARIANTS = ("renal-replacement-3", "renal-replacement-4")


class OrganInputs(TypedDict, total=False):
    """Keywords of the organ scores; the first five are required.

    bilirubin, creatinine, inr : array_like of float
    he_grade : array_like of int
        West Haven grade 0 to 4.
    map_mmhg : array_like of float
        Mean arterial pressure.
    pf, sf : array_like of float
        PaO2/FiO2 (mmHg) and SpO2/FiO2 (SpO2 in %); PaO2/FiO2 counts where both are there.
    renal_replacement, vasopressor : array_like of bool
        Default no.
    ventilation : array_like of str
        ``"none"`` (default), ``"respiratory"`` or ``"encephalopathy"``: why the person is ventilated.
    bilirubin_unit, creatinine_unit : str
        Default umol/L.
    """

    bilirubin: Required[object]
    creatinine: Required[object]
    inr: Required[object]
    he_grade: Required[object]
    map_mmhg: Required[object]
    pf: object
    sf: object
    renal_replacement: object
    vasopressor: object
    ventilation: object
    bilirubin_unit: str
    creatinine_unit: str


def compute_clif_c_of(**organs: Unpack[OrganInputs]) -> ScoreResult:
    """CLIF-C organ failure score; keywords as :class:`OrganInputs`.

    ``parts``: liver, kidney, brain, coagulation, circulation, respiration (1 to 3 each).
    """
    rows = read_organs(**organs)
    parts = organ_points(rows)
    return make_result(CLIF_C_OF, rows, total(parts), parts=parts, needs=organ_needs(parts))


def compute_organ_failures(**organs: Unpack[OrganInputs]) -> ScoreResult:
    """Number of failing organs by EASL-CLIF; keywords as :class:`OrganInputs`.

    ``parts`` says which organs fail: 1 failing, 0 not.
    """
    rows = read_organs(**organs)
    failures = _failures(organ_points(rows))
    return make_result(ORGAN_FAILURES, rows, total(failures), parts=failures, needs=organ_needs(failures))


def compute_easl_clif_grade(**organs: Unpack[OrganInputs]) -> ScoreResult:
    """ACLF grade by EASL-CLIF (efclif.com), 0 for none; keywords as :class:`OrganInputs`.

    One failing organ is grade 1 when it is the kidney, when creatinine is 1.5-1.9 mg/dL, or when it is not
    the brain and encephalopathy is grade 1-2; otherwise grade 0. Two are grade 2, three or more grade 3.
    """
    rows = read_organs(**organs)
    failures = _failures(organ_points(rows))
    count = total(failures)
    kidney_trouble = points(rows["creatinine"], (1.5,)) == 1
    drowsy = (rows["he_grade"] >= 1) & (failures["brain"] == 0)
    single = (failures["kidney"] == 1) | kidney_trouble | drowsy
    value = np.where(count == 1, single.astype(float), np.minimum(count, 3))
    text = label_by(value, {0: "no ACLF", 1: "ACLF-1", 2: "ACLF-2", 3: "ACLF-3"})
    needs = organ_needs(failures)
    return make_result(EASL_CLIF, rows, value, category=text, parts=failures, needs=needs)


def compute_clif_sofa(
    *,
    variant: str,
    bilirubin: object,
    creatinine: object,
    inr: object,
    platelets: object,
    he_grade: object,
    map_mmhg: object,
    pf: object | None = None,
    sf: object | None = None,
    renal_replacement: object = False,
    dopamine: object = 0.0,
    epinephrine: object = 0.0,
    norepinephrine: object = 0.0,
    dobutamine_or_terlipressin: object = False,
    bilirubin_unit: str = "umol/L",
    creatinine_unit: str = "umol/L",
    platelets_unit: str = "10^9/L",
) -> ScoreResult:
    """CLIF-SOFA, 0 to 24.

    Parameters
    ----------
    variant : {"renal-replacement-3", "renal-replacement-4"}
        Points of renal replacement: sources disagree (WJG 2016 says 3, UpToDate 4).
    dopamine, epinephrine, norepinephrine : array_like of float
        Doses in µg/kg/min, 0 for none.
    dobutamine_or_terlipressin : array_like of bool

    Other parameters as in :func:`compute_clif_c_of`.
    """
    if variant not in CLIF_SOFA_VARIANTS:
        raise DeriveError(f"CLIF-SOFA variant={variant!r} is not one of {', '.join(CLIF_SOFA_VARIANTS)}")
    rows = align(
        bilirubin=lab("BILI", bilirubin, bilirubin_unit, "mg/dL"),
        creatinine=lab("CREAT", creatinine, creatinine_unit, "mg/dL"),
        INR=lab("INR", inr, "ratio", "ratio"),
        platelets=lab("PLAT", platelets, platelets_unit, "10^9/L"),
        he_grade=grade(he_grade, 4),
        MAP=number(map_mmhg, low=0),
        PF=lab("PF", pf, "mmHg", "mmHg"),
        SF=lab("SF", sf, "ratio", "ratio"),
        renal_replacement=flag(renal_replacement),
        dopamine=number(dopamine, low=0),
        epinephrine=number(epinephrine, low=0),
        norepinephrine=number(norepinephrine, low=0),
        dobutamine_or_terlipressin=flag(dobutamine_or_terlipressin),
    )
    parts = {
        "liver": points(rows["bilirubin"], (1.2, 2, 6, 12)),
        "kidney": _clif_sofa_kidney(rows, 3.0 if variant.endswith("3") else 4.0),
        "brain": rows["he_grade"],
        "coagulation": _clif_sofa_coagulation(rows),
        "circulation": _clif_sofa_circulation(rows),
        "respiration": either(
            falling_points(rows["PF"], (400, 300, 200, 100)), falling_points(rows["SF"], (512, 357, 214, 89))
        ),
    }
    return make_result(CLIF_SOFA, rows, total(parts), variant=variant, parts=parts, needs=organ_needs(parts))


def read_organs(
    *,
    bilirubin: object,
    creatinine: object,
    inr: object,
    he_grade: object,
    map_mmhg: object,
    pf: object = None,
    sf: object = None,
    renal_replacement: object = False,
    vasopressor: object = False,
    ventilation: object = "none",
    bilirubin_unit: str = "umol/L",
    creatinine_unit: str = "umol/L",
) -> Rows:
    """The inputs of an organ score, bilirubin and creatinine in mg/dL."""
    return align(
        bilirubin=lab("BILI", bilirubin, bilirubin_unit, "mg/dL"),
        creatinine=lab("CREAT", creatinine, creatinine_unit, "mg/dL"),
        INR=lab("INR", inr, "ratio", "ratio"),
        he_grade=grade(he_grade, 4),
        MAP=number(map_mmhg, low=0),
        PF=lab("PF", pf, "mmHg", "mmHg"),
        SF=lab("SF", sf, "ratio", "ratio"),
        renal_replacement=flag(renal_replacement),
        vasopressor=flag(vasopressor),
        ventilation=choice(ventilation, VENTILATIONS),
    )


def organ_points(rows: Rows) -> dict[str, FloatArray]:
    """CLIF-C OF sub-scores, 1 to 3."""
    lungs = either(
        falling_points(rows["PF"], (300, 200), start=1), falling_points(rows["SF"], (357, 214), start=1)
    )
    pressure = falling_points(rows["MAP"], (70,), is_reached_below=True, start=1)
    ventilation = rows["ventilation"]
    return {
        "liver": points(rows["bilirubin"], (6, 12), start=1),
        "kidney": fixed_where(rows["renal_replacement"], 3, points(rows["creatinine"], (2, 3.5), start=1)),
        "brain": fixed_where(
            ventilation == 2, 3, points(rows["he_grade"], (1, 3), start=1) + 0 * ventilation
        ),
        "coagulation": points(rows["INR"], (2, 2.5), start=1),
        "circulation": fixed_where(rows["vasopressor"], 3, pressure),
        "respiration": fixed_where(ventilation == 1, 3, lungs + 0 * ventilation),
    }


def _failures(parts: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Failure per organ: sub-score 3, for the kidney 2 (creatinine of 2 mg/dL)."""
    return {
        organ: np.where(np.isnan(score), np.nan, score >= (2 if organ == "kidney" else 3))
        for organ, score in parts.items()
    }


def _clif_sofa_kidney(rows: Rows, replacement: float) -> FloatArray:
    measured = points(rows["creatinine"], (1.2, 2, 3.5, 5))
    return fixed_where(rows["renal_replacement"], np.fmax(measured, replacement), measured)


def _clif_sofa_coagulation(rows: Rows) -> FloatArray:
    few_platelets = falling_points(rows["platelets"], (20,))
    return fixed_where(few_platelets, 4.0, points(rows["INR"], (1.1, 1.25, 1.5, 2.5)))


def _clif_sofa_circulation(rows: Rows) -> FloatArray:
    pressure = falling_points(rows["MAP"], (70,), is_reached_below=True)
    dopamine = points(rows["dopamine"], (0, 5, 15), is_reached_above=True)
    adrenaline = points(rows["epinephrine"], (0, 0.1), is_reached_above=True)
    noradrenaline = points(rows["norepinephrine"], (0, 0.1), is_reached_above=True)
    drugs = np.maximum.reduce(
        [
            dopamine + (dopamine > 0),
            adrenaline + 2 * (adrenaline > 0),
            noradrenaline + 2 * (noradrenaline > 0),
            2 * rows["dobutamine_or_terlipressin"],
        ]
    )
    return np.asarray(np.where(drugs > 0, drugs, pressure + drugs))


def fixed_where(
    switch: FloatArray | BoolArray, fixed: FloatArray | float, otherwise: FloatArray
) -> FloatArray:
    """``fixed`` where the switch is 1, ``otherwise`` where it is 0, missing where the switch is."""
    return np.asarray(np.where(switch == 1, fixed, otherwise + 0 * switch))


def either(first: FloatArray, second: FloatArray) -> FloatArray:
    """The first where it is there, else the second."""
    return np.where(np.isnan(first), second, first)


def total(parts: Mapping[str, FloatArray]) -> FloatArray:
    """Sum of sub-scores, missing where one is."""
    return np.asarray(np.sum(list(parts.values()), axis=0), dtype=float)


_NEEDS = {
    "liver": "bilirubin",
    "kidney": "creatinine or renal replacement",
    "brain": "encephalopathy grade",
    "coagulation": "INR",
    "circulation": "MAP or vasopressor",
    "respiration": "PaO2/FiO2 or SpO2/FiO2",
}


def organ_needs(parts: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """What a missing sub-score needs, for the reason text."""
    return {f"{organ} ({_NEEDS[organ]})": score for organ, score in parts.items()}
