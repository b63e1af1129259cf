"""Prognostic scores of acute-on-chronic liver failure.

(1) CLIF-C ACLF = 10 (0.33 CLIF-C OF + 0.04 age + 0.63 ln WBC - 2), within 0 and 100; WBC in 10^9/L.
    Jalan 2014, doi 10.1016/j.jhep.2014.06.012; efclif.com.
(2) CLIF-C AD = 10 (0.03 age + 0.66 ln Cr + 1.71 ln INR + 0.88 ln WBC - 0.05 Na + 8), Cr in mg/dL.
    Jalan 2015, doi 10.1016/j.jhep.2014.11.012; efclif.com.
(3) AARC: bilirubin 15 and 25 mg/dL, encephalopathy grade 1 and 3, INR 1.8 and 2.5, lactate 1.5 and 2.5
    mmol/L, creatinine 0.7 and 1.5 mg/dL, 1 to 3 points each. Choudhury 2017, doi 10.1007/s12072-017-9816-z.
(4) COSSH-ACLF = 0.741 INR + 0.523 HBV-SOFA + 0.026 age + 0.003 bilirubin (µmol/L).
    Wu 2018, doi 10.1136/gutjnl-2017-314641. Provisional.
(5) COSSH-ACLF II = 1.649 ln INR + 0.457 HE score + 0.425 ln neutrophils + 0.396 ln bilirubin + 0.576 ln urea
    + 0.033 age; neutrophils in 10^9/L, bilirubin in µmol/L, urea in mmol/L. Li 2021,
    doi 10.1016/j.jhep.2021.05.026. Provisional.

(4) and (5) were derived in people with hepatitis B only: for others they are an extrapolation.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hepatrial.derive.scores.inputs import (
    FloatArray,
    align,
    falling_points,
    flag,
    grade,
    lab,
    number,
    points,
)
from hepatrial.derive.scores.organs import either, fixed_where, organ_needs, total
from hepatrial.derive.scores.result import ScoreFacts, ScoreResult, label_by, make_result
from hepatrial.errors import DeriveError

CLIF_C_ACLF = ScoreFacts(
    "CLIFCACL", "CLIF-C ACLF Score", "10.1016/j.jhep.2014.06.012", decimals=1, low=0, high=100
)
CLIF_C_AD = ScoreFacts("CLIFCAD", "CLIF-C AD Score", "10.1016/j.jhep.2014.11.012", decimals=1)
AARC = ScoreFacts("AARC", "AARC-ACLF Score", "10.1007/s12072-017-9816-z", low=5, high=15)
HBV_SOFA = ScoreFacts(
    "HBVSOFA",
    "HBV-SOFA Score",
    "10.1136/gutjnl-2017-314641",
    low=4,
    high=12,
    provisional="the published limits of the four organs were not seen; CLIF-C OF limits stand in",
)
COSSH = ScoreFacts(
    "COSSH",
    "COSSH-ACLF Score",
    "10.1136/gutjnl-2017-314641",
    decimals=2,
    provisional="bilirubin unit inferred as umol/L (the only page seen says mg/dL), HBV-SOFA limits not seen",
)
COSSH_2 = ScoreFacts(
    "COSSH2",
    "COSSH-ACLF II Score",
    "10.1016/j.jhep.2021.05.026",
    decimals=2,
    provisional="units and the coding of encephalopathy recalled, consistent with published means",
)
MORTALITY = ScoreFacts(
    "CLIFMORT",
    "Mortality Predicted by CLIF-C ACLF",
    "10.1016/j.jhep.2014.06.012",
    unit="%",
    decimals=1,
    low=0,
    high=100,
    provisional="coefficients recalled; they reproduce the published probabilities",
)


@dataclass(frozen=True)
class HbvSofaTable:
    """Limits of HBV-SOFA, 1 to 3 points an organ: replace them when you hold the published table."""

    creatinine_mg_dl: tuple[float, float] = (2.0, 3.5)
    he_grade: tuple[float, float] = (1, 3)
    map_mmhg: float = 70
    pf: tuple[float, float] = (300, 200)
    sf: tuple[float, float] = (357, 214)


PROVISIONAL_HBV_SOFA: Final = HbvSofaTable()
_MORTALITY: Final = {1: (0.0022, 0.0995), 3: (0.0079, 0.0869), 6: (0.0115, 0.0824), 12: (0.0231, 0.0731)}


def compute_clif_c_aclf(
    *, clif_c_of: object, age: object, wbc: object, wbc_unit: str = "10^9/L"
) -> ScoreResult:
    """CLIF-C ACLF, equation (1), from the CLIF-C OF score (6 to 18), age in years and white cells."""
    rows = align(
        CLIF_C_OF=number(clif_c_of, low=6, high=18),
        age=number(age, low=0, high=130),
        WBC=lab("WBC", wbc, wbc_unit, "10^9/L"),
    )
    raw = 10 * (0.33 * rows["CLIF_C_OF"] + 0.04 * rows["age"] + 0.63 * np.log(rows["WBC"]) - 2)
    return make_result(CLIF_C_ACLF, rows, np.clip(raw, 0, 100), unrounded=raw)


def compute_clif_c_aclf_mortality(*, clif_c_aclf: object, months: int) -> ScoreResult:
    """Predicted mortality in per cent, 1 - exp(-c exp(b score)), at 1, 3, 6 or 12 months. Provisional."""
    if months not in _MORTALITY:
        raise DeriveError(f"months={months} is not one of {', '.join(map(str, _MORTALITY))}")
    hazard, slope = _MORTALITY[months]
    rows = align(CLIF_C_ACLF=number(clif_c_aclf, low=0, high=100))
    value = -100 * np.expm1(-hazard * np.exp(slope * rows["CLIF_C_ACLF"]))
    return make_result(MORTALITY, rows, value, variant=f"{months} months")


def compute_clif_c_ad(
    *,
    age: object,
    creatinine: object,
    inr: object,
    wbc: object,
    sodium: object,
    creatinine_unit: str = "umol/L",
    wbc_unit: str = "10^9/L",
    sodium_unit: str = "mmol/L",
) -> ScoreResult:
    """CLIF-C AD, equation (2); category low (to 45), intermediate, high (from 60)."""
    rows = align(
        age=number(age, low=0, high=130),
        creatinine=lab("CREAT", creatinine, creatinine_unit, "mg/dL"),
        INR=lab("INR", inr, "ratio", "ratio"),
        WBC=lab("WBC", wbc, wbc_unit, "10^9/L"),
        sodium=lab("SODIUM", sodium, sodium_unit, "mmol/L"),
    )
    logs = 0.66 * np.log(rows["creatinine"]) + 1.71 * np.log(rows["INR"]) + 0.88 * np.log(rows["WBC"])
    value = 10 * (0.03 * rows["age"] + logs - 0.05 * rows["sodium"] + 8)
    risk = points(value, (45, 60), is_reached_above=(True, False))
    return make_result(
        CLIF_C_AD, rows, value, category=label_by(risk, {0: "low", 1: "intermediate", 2: "high"})
    )


def compute_aarc(
    *,
    bilirubin: object,
    he_grade: object,
    inr: object,
    lactate: object,
    creatinine: object,
    bilirubin_unit: str = "umol/L",
    lactate_unit: str = "mmol/L",
    creatinine_unit: str = "umol/L",
) -> ScoreResult:
    """AARC-ACLF score, 5 to 15, table (3); category I (5-7), II (8-10), III (11-15)."""
    rows = align(
        bilirubin=lab("BILI", bilirubin, bilirubin_unit, "mg/dL"),
        he_grade=grade(he_grade, 4),
        INR=lab("INR", inr, "ratio", "ratio"),
        lactate=lab("LACTATE", lactate, lactate_unit, "mmol/L"),
        creatinine=lab("CREAT", creatinine, creatinine_unit, "mg/dL"),
    )
    middle = (False, True)  # the upper limit itself still counts 2
    parts = {
        "bilirubin": points(rows["bilirubin"], (15, 25), is_reached_above=middle, start=1),
        "he_grade": points(rows["he_grade"], (1, 3), start=1),
        "INR": points(rows["INR"], (1.8, 2.5), is_reached_above=middle, start=1),
        "lactate": points(rows["lactate"], (1.5, 2.5), is_reached_above=middle, start=1),
        "creatinine": points(rows["creatinine"], (0.7, 1.5), is_reached_above=middle, start=1),
    }
    value = np.sum(list(parts.values()), axis=0)
    grades = label_by(points(value, (8, 11)), {0: "I", 1: "II", 2: "III"})
    return make_result(AARC, rows, value, category=grades, parts=parts)


def compute_hbv_sofa(
    *,
    creatinine: object,
    he_grade: object,
    map_mmhg: object,
    pf: object | None = None,
    sf: object | None = None,
    renal_replacement: object = False,
    vasopressor: object = False,
    creatinine_unit: str = "umol/L",
    table: HbvSofaTable = PROVISIONAL_HBV_SOFA,
) -> ScoreResult:
    """HBV-SOFA, 4 to 12 (kidney, brain, circulation, respiration). Provisional: its limits were not seen."""
    rows = align(
        creatinine=lab("CREAT", creatinine, creatinine_unit, "mg/dL"),
        he_grade=grade(he_grade, 4),
        MAP=number(map_mmhg, low=0),
        PF=lab("PF", pf, "mmHg", "mmHg"),
        SF=lab("SF", sf, "ratio", "ratio"),
        renal_replacement=flag(renal_replacement),
        vasopressor=flag(vasopressor),
    )
    pressure = falling_points(rows["MAP"], (table.map_mmhg,), is_reached_below=True, start=1)
    kidney = points(rows["creatinine"], table.creatinine_mg_dl, start=1)
    oxygen = falling_points(rows["PF"], table.pf, start=1)
    parts = {
        "kidney": fixed_where(rows["renal_replacement"], 3, kidney),
        "brain": points(rows["he_grade"], table.he_grade, start=1),
        "circulation": fixed_where(rows["vasopressor"], 3, pressure),
        "respiration": either(oxygen, falling_points(rows["SF"], table.sf, start=1)),
    }
    return make_result(HBV_SOFA, rows, total(parts), parts=parts, needs=organ_needs(parts))


def compute_cossh(
    *, inr: object, hbv_sofa: object, age: object, bilirubin: object, bilirubin_unit: str = "umol/L"
) -> ScoreResult:
    """COSSH-ACLF, equation (4), provisional: bilirubin enters in µmol/L, which is inferred.

    ``hbv_sofa`` from the published table, or from :func:`compute_hbv_sofa`.
    """
    rows = align(
        INR=lab("INR", inr, "ratio", "ratio"),
        HBV_SOFA=number(hbv_sofa, low=4, high=12),
        age=number(age, low=0, high=130),
        bilirubin=lab("BILI", bilirubin, bilirubin_unit, "umol/L"),
    )
    value = 0.741 * rows["INR"] + 0.523 * rows["HBV_SOFA"] + 0.026 * rows["age"] + 0.003 * rows["bilirubin"]
    return make_result(COSSH, rows, value)


def compute_cossh_2(
    *,
    inr: object,
    he_grade: object,
    neutrophils: object,
    bilirubin: object,
    urea: object,
    age: object,
    neutrophils_unit: str = "10^9/L",
    bilirubin_unit: str = "umol/L",
    urea_unit: str = "mmol/L",
) -> ScoreResult:
    """COSSH-ACLF II, equation (5), provisional; category low (< 7.4), intermediate, high (>= 8.4).

    ``he_grade`` is the West Haven grade: it enters as 1 (none), 2 (I-II) or 3 (III-IV). ``urea`` is urea, not
    urea nitrogen: a BUN in mg/dL is converted as ``convert(bun, "BUN", "mg/dL", "mmol/L")`` first.
    """
    rows = align(
        INR=lab("INR", inr, "ratio", "ratio"),
        he_grade=grade(he_grade, 4),
        neutrophils=lab("NEUT", neutrophils, neutrophils_unit, "10^9/L"),
        bilirubin=lab("BILI", bilirubin, bilirubin_unit, "umol/L"),
        urea=lab("UREA", urea, urea_unit, "mmol/L"),
        age=number(age, low=0, high=130),
    )
    value: FloatArray = (
        1.649 * np.log(rows["INR"])
        + 0.457 * points(rows["he_grade"], (1, 3), start=1)
        + 0.425 * np.log(rows["neutrophils"])
        + 0.396 * np.log(rows["bilirubin"])
        + 0.576 * np.log(rows["urea"])
        + 0.033 * rows["age"]
    )
    risk = label_by(points(value, (7.4, 8.4)), {0: "low", 1: "intermediate", 2: "high"})
    return make_result(COSSH_2, rows, value, category=risk)
