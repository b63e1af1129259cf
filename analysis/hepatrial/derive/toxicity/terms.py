"""CTCAE laboratory terms of liver trials, version 5.0 and 6.0, as data.

Limits as in the criteria texts of the NCI, read in pharmaverse/admiral's ``ncictcaev5.json`` and
``ncictcaev6.json``. A printed range "<LLN - 75" means that 75 itself is still grade 1; "3.0 x ULN" is still
grade 1 and anything above it grade 2. Where we read a text otherwise than admiral:

- alkaline phosphatase and GGT from an abnormal baseline begin at 2.0 x baseline, that multiple included, as
  the text says (admiral codes GGT as above 2.0);
- "if abnormal" of fibrinogen means an abnormal baseline, graded by the decrease from it alone, beside the
  absolute 50 mg/dL (admiral takes the worst of both rules when the value is below normal);
- the multiples of baseline of INR count only in people on anticoagulation (admiral assumes everybody is).

Version 5.0 gives no glucose limits for hyperglycemia. Ammonia, lactate, CRP, AFP, ferritin and urea have no
term.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hepatrial.derive.toxicity.rules import (
    ABOVE_NORMAL,
    BELOW_NORMAL,
    LabTerm,
    Step,
    above_baseline,
    above_upper,
    beyond,
    injury,
)

SYMPTOMS_NOTE: Final = "symptom-dependent: the worst case assumes symptoms"


def _cells(limits: Mapping[int, float]) -> dict[int, dict[str, float]]:
    return {grade: {"10^9/L": limit} for grade, limit in limits.items()}


def _salts(limits: Mapping[int, float]) -> dict[int, dict[str, float]]:
    return {grade: {"mmol/L": limit} for grade, limit in limits.items()}


_ENZYME = {1: 1.0, 2: 3.0, 3: 5.0, 4: 20.0}
_DUCT = {1: 1.0, 2: 2.5, 3: 5.0, 4: 20.0}
_BILIRUBIN = {1: 1.0, 2: 1.5, 3: 3.0, 4: 10.0}
_CREATININE_UPPER = {1: 1.0, 2: 1.5, 3: 3.0, 4: 6.0}
_HEMOGLOBIN = {2: {"g/L": 100.0, "g/dL": 10.0, "mmol/L": 6.2}, 3: {"g/L": 80.0, "g/dL": 8.0, "mmol/L": 4.9}}
_ALBUMIN = {2: {"g/L": 30.0, "g/dL": 3.0}, 3: {"g/L": 20.0, "g/dL": 2.0}}
_GLUCOSE_LOW = {
    2: {"mmol/L": 3.0, "mg/dL": 55.0},
    3: {"mmol/L": 2.2, "mg/dL": 40.0},
    4: {"mmol/L": 1.7, "mg/dL": 30.0},
}
_GLUCOSE_HIGH = {3: {"mmol/L": 13.9, "mg/dL": 250.0}, 4: {"mmol/L": 27.8, "mg/dL": 500.0}}
_GLUCOSE_FASTING = {2: {"mmol/L": 8.9, "mg/dL": 160.0}, **_GLUCOSE_HIGH}

_FIBRINOGEN = (
    Step(1, "<", "lower", condition="baseline not low"),
    Step(2, "<", "lower", 0.75, condition="baseline not low"),
    Step(3, "<", "lower", 0.5, condition="baseline not low"),
    Step(4, "<", "lower", 0.25, condition="baseline not low"),
    Step(1, "<", "baseline", condition="baseline low"),
    Step(2, "<=", "baseline", 0.75, condition="baseline low"),
    Step(3, "<=", "baseline", 0.5, condition="baseline low"),
    Step(4, "<=", "baseline", 0.25, condition="baseline low"),
    *beyond("<", {4: {"g/L": 0.5}}),
)


def _pancreas(second: float) -> tuple[Step, ...]:
    """Lipase and amylase: without symptoms the two highest bands count one grade less."""
    return (
        *above_upper({1: 1.0, 2: 1.5, 3: 5.0}),
        *above_upper({3: second, 4: 5.0}, "symptoms"),
    )


_COMMON: Final = (
    LabTerm("INR increased", "INR", (
        *beyond(">", {1: {"ratio": 1.2}, 2: {"ratio": 1.5}, 3: {"ratio": 2.5}}),
        *above_baseline({1: 1.0, 2: 1.5, 3: 2.5}, "anticoagulated"),
    ), note="multiples of baseline count on anticoagulation only"),
    LabTerm("Activated partial thromboplastin time prolonged", "APTT",
            above_upper({1: 1.0, 2: 1.5, 3: 2.5})),
    LabTerm("Fibrinogen decreased", "FIBRINO", _FIBRINOGEN),
    LabTerm("White blood cell decreased", "WBC",
            BELOW_NORMAL + beyond("<", _cells({2: 3.0, 3: 2.0, 4: 1.0}))),
    LabTerm("Leukocytosis", "WBC", beyond(">", _cells({3: 100.0}))),
    LabTerm("Lymphocyte count increased", "LYMPH", beyond(">", _cells({2: 4.0, 3: 20.0}))),
    LabTerm("Anemia", "HGB", BELOW_NORMAL + beyond("<", _HEMOGLOBIN)),
    LabTerm("Hypoalbuminemia", "ALB", BELOW_NORMAL + beyond("<", _ALBUMIN)),
    LabTerm("Hyponatremia", "SODIUM", (
        *BELOW_NORMAL,
        *beyond("<", _salts({2: 130.0, 3: 125.0, 4: 120.0})),
        *beyond("<", _salts({3: 130.0}), "symptoms"),
    ), note=SYMPTOMS_NOTE),
    LabTerm("Hypernatremia", "SODIUM", ABOVE_NORMAL + beyond(">", _salts({2: 150.0, 3: 155.0, 4: 160.0}))),
    LabTerm("Hypokalemia", "K", (
        *BELOW_NORMAL,
        Step(2, "<", "lower", condition="symptoms"),
        *beyond("<", _salts({3: 3.0, 4: 2.5})),
    ), note=SYMPTOMS_NOTE),
    LabTerm("Hyperkalemia", "K", ABOVE_NORMAL + beyond(">", _salts({2: 5.5, 3: 6.0, 4: 7.0}))),
    LabTerm("Hypoglycemia", "GLUC", BELOW_NORMAL + beyond("<", _GLUCOSE_LOW)),
    LabTerm("Serum amylase increased", "AMYLASE", _pancreas(2.0), note=SYMPTOMS_NOTE),
    LabTerm("Blood lactate dehydrogenase increased", "LDH", ABOVE_NORMAL),
)  # fmt: skip

_V5: Final = (
    *_COMMON,
    *(
        LabTerm(f"{name} increased", code, injury(_ENZYME, {1: 1.5, 2: 3.0, 3: 5.0, 4: 20.0}))
        for name, code in (("Alanine aminotransferase", "ALT"), ("Aspartate aminotransferase", "AST"))
    ),
    *(
        LabTerm(f"{name} increased", code, injury(_DUCT, {1: 2.0, 2: 2.5, 3: 5.0, 4: 20.0}))
        for name, code in (("Alkaline phosphatase", "ALP"), ("GGT", "GGT"))
    ),
    LabTerm("Blood bilirubin increased", "BILI", injury(_BILIRUBIN, _BILIRUBIN, ">")),
    LabTerm(
        "Creatinine increased",
        "CREAT",
        above_upper(_CREATININE_UPPER) + above_baseline({2: 1.5, 3: 3.0}, "always"),
        note="multiples of baseline or of the upper limit, whichever is worse",
    ),
    LabTerm(
        "Platelet count decreased",
        "PLAT",
        BELOW_NORMAL + beyond("<", _cells({2: 75.0, 3: 50.0, 4: 25.0})),
    ),
    LabTerm("Neutrophil count decreased", "NEUT", BELOW_NORMAL + beyond("<", _cells({2: 1.5, 3: 1.0, 4: 0.5}))),
    LabTerm("Lymphocyte count decreased", "LYMPH", BELOW_NORMAL + beyond("<", _cells({2: 0.8, 3: 0.5, 4: 0.2}))),
    LabTerm("Lipase increased", "LIPASE", _pancreas(2.0), note=SYMPTOMS_NOTE),
    LabTerm(
        "Hyperglycemia",
        "GLUC",
        (),
        not_gradable="not gradable by laboratory value under CTCAE v5.0",
    ),
)

_V6: Final = (
    *_COMMON,
    *(
        LabTerm(f"{name} increased", code, injury(_ENZYME, {1: 1.0, 2: 1.5, 3: 2.0, 4: 4.0}))
        for name, code in (("Alanine aminotransferase", "ALT"), ("Aspartate aminotransferase", "AST"))
    ),
    LabTerm("GGT increased", "GGT", injury(_DUCT, {1: 1.0, 2: 1.5, 3: 3.0, 4: 10.0})),
    LabTerm("Alkaline phosphatase increased", "ALP", (Step(1, ">", "upper and baseline"),)),
    LabTerm("Blood bilirubin increased", "BILI", injury(_BILIRUBIN, {1: 1.0, 2: 1.5, 3: 2.5, 4: 10.0})),
    LabTerm(
        "Creatinine increased",
        "CREAT",
        (
            *above_upper({1: 1.0, 4: 6.0}),
            *above_upper({2: 1.5, 3: 3.0}, "baseline not low"),
            *above_baseline({2: 1.5, 3: 3.0}, "baseline low"),
        ),
        note="multiples of baseline where baseline is below normal",
    ),
    LabTerm("Thrombocytopenia", "PLAT", BELOW_NORMAL + beyond("<", _cells({2: 75.0, 3: 50.0, 4: 10.0}))),
    LabTerm("Neutrophil count decreased", "NEUT", beyond("<", _cells({1: 1.5, 2: 1.0, 3: 0.5, 4: 0.1}))),
    LabTerm("Lipase increased", "LIPASE", _pancreas(3.0), note=SYMPTOMS_NOTE),
    LabTerm("Hyperglycemia", "GLUC", beyond(">", _GLUCOSE_HIGH), note="grades 1 and 2 need a fasting sample"),
    LabTerm("Hyperglycemia (fasting)", "GLUC", ABOVE_NORMAL + beyond(">", _GLUCOSE_FASTING)),
)

CTCAE: Final[Mapping[str, Mapping[str, LabTerm]]] = MappingProxyType(
    {version: MappingProxyType({term.term: term for term in terms}) for version, terms in (("5.0", _V5), ("6.0", _V6))}
)
"""Laboratory terms by version and term."""
