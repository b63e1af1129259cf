"""Scores of liver function and injury: Child-Pugh, ALBI, SOFA liver, R ratio, FIB-4, APRI.

Child-Pugh (Pugh 1973, doi 10.1002/bjs.1800600817) is printed with different limits; the variant is an
explicit choice and the values are compared in its own units, since 34.1 µmol/L is 1 point in mg/dL and 2
points in µmol/L:

=======================  ============================  ==============================  ======================
item (1 / 2 / 3 points)  variant A                     variant B                       variant C
=======================  ============================  ==============================  ======================
bilirubin                < 2 / 2-3 / > 3 mg/dL         < 34 / 34-51 / > 51 µmol/L      < 34 / 34-50 / > 50
albumin                  > 3.5 / 2.8-3.5 / < 2.8 g/dL  > 35 / 30-35 / < 30 g/L         > 35 / 28-35 / < 28 g/L
INR                      < 1.7 / 1.7-2.3 / > 2.3       the same                        the same
PT prolongation, s       < 4 / 4-6 / > 6               the same                        not defined
=======================  ============================  ==============================  ======================

A: Cleveland Clinic J Med table, MDCalc. B: PMC3017746 table 1, Harrison 20e. C: Scottish palliative
guidelines. Ascites none / mild / moderate or severe; encephalopathy grade 0 / 1-2 / 3-4. In primary biliary
cholangitis and primary sclerosing cholangitis bilirubin counts < 68 / 68-171 / > 171 µmol/L in every variant.

ALBI = 0.66 log10(bilirubin, µmol/L) - 0.085 albumin (g/L); grade 1 to -2.60, 2 to -1.39, 3 above.
Johnson 2015, doi 10.1200/JCO.2014.57.9151.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from hepatrial.derive.scores.inputs import (
    Column,
    FloatArray,
    Rows,
    align,
    falling_points,
    flag,
    grade,
    lab,
    number,
    points,
)
from hepatrial.derive.scores.result import ScoreFacts, ScoreResult, label_by, make_result
from hepatrial.errors import DeriveError

CHILD_PUGH = ScoreFacts("CHILDPUG", "Child-Pugh Score", "10.1002/bjs.1800600817", low=5, high=15)
ALBI = ScoreFacts("ALBI", "ALBI Score", "10.1200/JCO.2014.57.9151", decimals=2)
SOFA_LIVER = ScoreFacts("SOFALIV", "SOFA Liver Component", "10.1007/BF01709751", low=0, high=4)
R_RATIO = ScoreFacts("RRATIO", "R Ratio", "10.14309/ajg.0000000000001259", unit="ratio", decimals=1, low=0)
FIB4 = ScoreFacts("FIB4", "FIB-4 Index", "10.1002/hep.21178", unit="ratio", decimals=2, low=0)
APRI = ScoreFacts(
    "APRI", "AST to Platelet Ratio Index", "10.1053/jhep.2003.50346", unit="ratio", decimals=2, low=0
)


@dataclass(frozen=True)
class ChildPughLimits:
    """Limits of one printed form: the second limit of bilirubin and albumin is outside 2 points."""

    bilirubin_unit: str
    bilirubin: tuple[float, float]
    albumin_unit: str
    albumin: tuple[float, float]
    has_prothrombin_time: bool


CHILD_PUGH_VARIANTS: Final[Mapping[str, ChildPughLimits]] = MappingProxyType(
    {
        "A": ChildPughLimits("mg/dL", (2, 3), "g/dL", (3.5, 2.8), True),
        "B": ChildPughLimits("umol/L", (34, 51), "g/L", (35, 30), True),
        "C": ChildPughLimits("umol/L", (34, 50), "g/L", (35, 28), False),
    }
)
SOFA_VARIANTS: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {"mg/dL": (1.2, 2.0, 6.0, 12.0), "umol/L": (20, 33, 102, 204)}
)


def compute_child_pugh(
    *,
    variant: str,
    bilirubin: object,
    albumin: object,
    ascites: object,
    he_grade: object,
    inr: object | None = None,
    pt_prolongation: object | None = None,
    cholestatic: object = False,
    bilirubin_unit: str = "umol/L",
    albumin_unit: str = "g/L",
) -> ScoreResult:
    """Child-Pugh points and class.

    Parameters
    ----------
    variant : {"A", "B", "C"}
        Which printed limits; no default, because they disagree.
    ascites : array_like of int
        0 none, 1 mild, 2 moderate, 3 severe.
    he_grade : array_like of int
        West Haven grade 0 to 4.
    inr, pt_prolongation : array_like of float
        Exactly one of them: INR, or seconds beyond control (variants A and B). PTA is neither.
    cholestatic : array_like of bool
        Primary biliary cholangitis or primary sclerosing cholangitis.

    Returns
    -------
    ScoreResult
        ``value`` 5 to 15, ``category`` A (5-6), B (7-9), C (10-15), ``parts`` the points of each item.
    """
    if variant not in CHILD_PUGH_VARIANTS:
        raise DeriveError(f"Child-Pugh variant={variant!r} is not one of {', '.join(CHILD_PUGH_VARIANTS)}")
    limits = CHILD_PUGH_VARIANTS[variant]
    name, clotting = _clotting(variant, limits, inr, pt_prolongation)
    rows = align(
        bilirubin=lab("BILI", bilirubin, bilirubin_unit, limits.bilirubin_unit),
        bilirubin_umol=lab("BILI", bilirubin, bilirubin_unit, "umol/L"),
        albumin=lab("ALB", albumin, albumin_unit, limits.albumin_unit),
        ascites=grade(ascites, 3),
        he_grade=grade(he_grade, 4),
        cholestatic=flag(cholestatic),
        clotting=clotting,
    )
    parts = {
        "bilirubin": _child_pugh_bilirubin(rows, limits),
        "albumin": falling_points(rows["albumin"], limits.albumin, is_reached_below=(False, True), start=1),
        name: points(rows["clotting"], _CLOTTING_LIMITS[name], is_reached_above=(False, True), start=1),
        "ascites": points(rows["ascites"], (1, 2), start=1),
        "he_grade": points(rows["he_grade"], (1, 3), start=1),
    }
    total = np.sum(list(parts.values()), axis=0)
    classes = label_by(points(total, (7, 10)), {0: "A", 1: "B", 2: "C"})
    return make_result(
        CHILD_PUGH,
        rows,
        total,
        variant=variant,
        category=classes,
        parts=parts,
        needs={**parts, "cholestatic": rows["cholestatic"]},
    )


_CLOTTING_LIMITS: Final = MappingProxyType({"INR": (1.7, 2.3), "PT_prolongation": (4.0, 6.0)})


def _clotting(variant: str, limits: ChildPughLimits, inr: object, seconds: object) -> tuple[str, Column]:
    if (inr is None) == (seconds is None):
        raise DeriveError("Child-Pugh takes exactly one of inr and pt_prolongation: they are alternatives")
    if inr is not None:
        return "INR", lab("INR", inr, "ratio", "ratio")
    if not limits.has_prothrombin_time:
        raise DeriveError(f"Child-Pugh variant {variant} has no limits for pt_prolongation: pass inr")
    return "PT_prolongation", number(seconds)


def _child_pugh_bilirubin(rows: Rows, limits: ChildPughLimits) -> FloatArray:
    usual = points(rows["bilirubin"], limits.bilirubin, is_reached_above=(False, True), start=1)
    cholestatic = points(rows["bilirubin_umol"], (68, 171), is_reached_above=(False, True), start=1)
    chosen = np.where(rows["cholestatic"] == 1, cholestatic, usual)
    return np.asarray(chosen + 0 * rows["cholestatic"])


def compute_albi(
    *, bilirubin: object, albumin: object, bilirubin_unit: str = "umol/L", albumin_unit: str = "g/L"
) -> ScoreResult:
    """ALBI score (unrounded) and grade 1 to 3. R: ``cliot::albi``."""
    rows = align(
        bilirubin=lab("BILI", bilirubin, bilirubin_unit, "umol/L"),
        albumin=lab("ALB", albumin, albumin_unit, "g/L"),
    )
    value = 0.66 * np.log10(rows["bilirubin"]) - 0.085 * rows["albumin"]
    grades = points(value, (-2.60, -1.39), is_reached_above=True, start=1)
    return make_result(ALBI, rows, value, category=label_by(grades, {1: "1", 2: "2", 3: "3"}))


def compute_sofa_liver(*, variant: str, bilirubin: object, bilirubin_unit: str = "umol/L") -> ScoreResult:
    """Liver component of SOFA, 0 to 4.

    ``variant`` is the unit whose printed limits count: ``"mg/dL"`` 1.2, 2.0, 6.0, 12.0 or ``"umol/L"`` 20,
    33, 102 and above 204 (they are not the same limits). Vincent 1996, doi 10.1007/BF01709751.
    """
    if variant not in SOFA_VARIANTS:
        raise DeriveError(f"SOFA liver variant={variant!r} is not one of {', '.join(SOFA_VARIANTS)}")
    rows = align(bilirubin=lab("BILI", bilirubin, bilirubin_unit, variant))
    strict = (False, False, False, variant == "umol/L")
    value = points(rows["bilirubin"], SOFA_VARIANTS[variant], is_reached_above=strict)
    return make_result(SOFA_LIVER, rows, value, variant=variant)


def compute_r_ratio(*, alt: object, alt_reference: object, alp: object, alp_reference: object) -> ScoreResult:
    """R = (ALT / reference) / (ALP / reference) of one sample, with the pattern of injury.

    The references are the upper limits of normal, or the subject's baselines where these were abnormal.
    Category: hepatocellular (R >= 5), cholestatic (R <= 2), mixed between. ACG guideline 2021.
    """
    rows = align(
        ALT=lab("ALT", alt, "U/L", "U/L"),
        ALT_reference=lab("ALT", alt_reference, "U/L", "U/L"),
        ALP=lab("ALP", alp, "U/L", "U/L"),
        ALP_reference=lab("ALP", alp_reference, "U/L", "U/L"),
    )
    value = (rows["ALT"] / rows["ALT_reference"]) / (rows["ALP"] / rows["ALP_reference"])
    pattern = points(value, (2, 5), is_reached_above=(True, False))
    names = {0: "cholestatic", 1: "mixed", 2: "hepatocellular"}
    return make_result(R_RATIO, rows, value, category=label_by(pattern, names))


def compute_fib4(
    *, age: object, ast: object, alt: object, platelets: object, platelets_unit: str = "10^9/L"
) -> ScoreResult:
    """FIB-4 = age x AST / (platelets x sqrt(ALT)). Not validated in acute liver failure."""
    rows = align(
        age=number(age, low=0, high=130),
        AST=lab("AST", ast, "U/L", "U/L"),
        ALT=lab("ALT", alt, "U/L", "U/L"),
        platelets=lab("PLAT", platelets, platelets_unit, "10^9/L"),
    )
    return make_result(FIB4, rows, rows["age"] * rows["AST"] / (rows["platelets"] * np.sqrt(rows["ALT"])))


def compute_apri(
    *, ast: object, ast_uln: object, platelets: object, platelets_unit: str = "10^9/L"
) -> ScoreResult:
    """APRI = (AST / ULN) / platelets x 100 (``transplantr::apri``). Not validated in acute liver failure."""
    rows = align(
        AST=lab("AST", ast, "U/L", "U/L"),
        AST_ULN=lab("AST", ast_uln, "U/L", "U/L"),
        platelets=lab("PLAT", platelets, platelets_unit, "10^9/L"),
    )
    return make_result(APRI, rows, rows["AST"] / rows["AST_ULN"] / rows["platelets"] * 100)
