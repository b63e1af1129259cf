"""The analytes of liver trials, one entry each.

Molar factors: the AMA/JAMA table of SI conversion factors unless a factor names another source; a factor
marked provisional was not found in a source. Bilirubin and creatinine use the AMA's 17.1 and 88.4, not the
exact 17.104 and 88.402, because published thresholds (10 mg/dL = 171 µmol/L) were made with them.

Impossible ranges are those that the FDA Standard Safety Tables and Figures guide (2025, tables 58 and 59)
lists as extreme, probably erroneous values; what it does not list, and every plausible range, is our
judgement for people in liver failure (source ``judgement``) and only ever raises a finding.
"""

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hepatrial.errors import UnitError
from hepatrial.units.analytes import AMA, Analyte, Factor, Limits

FDA: Final = "FDA Standard Safety Tables and Figures, 2025, tables 58-59"


def _mass(multiply: str, mass: str, amount: str, source: str = AMA, is_provisional: bool = False) -> Factor:
    return Factor(mass, amount, multiply, source, is_provisional)


_MEQ: Final = Factor("mEq/L", "mmol/L", "1")
_PERCENT: Final = Factor("%", "ratio", "0.01", "per cent")


def _lab(
    code: str,
    label: str,
    unit: str,
    plausible: tuple[float, float] | None,
    impossible: Limits | None = None,
    *,
    factors: tuple[Factor, ...] = (),
    names: tuple[str, ...] = (),
    needs_laboratory_factor: bool = False,
) -> Analyte:
    likely = None if plausible is None else Limits(*plausible, unit)
    return Analyte(code, label, unit, likely, impossible, factors, names, needs_laboratory_factor)


def _fda(low: float | None, high: float | None, unit: str) -> Limits:
    return Limits(low, high, unit, FDA)


_PMC3934467: Final = "PMC3934467, table 1"

# fmt: off
_LIVER: Final = (
    _lab("BILI", "Bilirubin", "umol/L", (1, 1000), _fda(0, 200, "mg/dL"),
         factors=(_mass("17.1", "mg/dL", "umol/L"),),
         names=("total bilirubin", "tbil", "tb", "bilirubin total", "bilirubin", "总胆红素", "胆红素")),
    _lab("BILDIR", "Direct Bilirubin", "umol/L", (0, 800), _fda(0, 200, "mg/dL"),
         factors=(_mass("17.1", "mg/dL", "umol/L"),),
         names=("dbil", "conjugated bilirubin", "直接胆红素", "结合胆红素")),
    _lab("ALT", "Alanine Aminotransferase", "U/L", (3, 10000), _fda(0, 50000, "U/L"),
         names=("sgpt", "gpt", "alat", "谷丙转氨酶", "丙氨酸氨基转移酶")),
    _lab("AST", "Aspartate Aminotransferase", "U/L", (3, 15000), _fda(0, 50000, "U/L"),
         names=("sgot", "got", "asat", "谷草转氨酶", "天门冬氨酸氨基转移酶")),
    _lab("ALP", "Alkaline Phosphatase", "U/L", (10, 2000), _fda(3, 5000, "U/L"),
         names=("alk phos", "akp", "碱性磷酸酶")),
    _lab("GGT", "Gamma Glutamyl Transferase", "U/L", (3, 3000), _fda(0, 5000, "U/L"),
         names=("gamma gt", "γ-gt", "谷氨酰转肽酶", "γ-谷氨酰转移酶")),
    _lab("LDH", "Lactate Dehydrogenase", "U/L", (50, 10000), Limits(0, 100000, "U/L"),
         names=("乳酸脱氢酶",)),
    _lab("CK", "Creatine Kinase", "U/L", (5, 20000), Limits(0, 500000, "U/L"), names=("cpk", "肌酸激酶")),
    _lab("ALB", "Albumin", "g/L", (10, 60), Limits(1, 100, "g/L"), names=("albumin", "白蛋白")),
    _lab("PROT", "Protein", "g/L", (25, 110), Limits(5, 200, "g/L"), names=("total protein", "总蛋白")),
    _lab("AMMONIA", "Ammonia", "umol/L", (5, 500), Limits(0, 3000, "umol/L"),
         factors=(_mass("0.587", "ug/dL", "umol/L"),), names=("blood ammonia", "nh3", "血氨", "氨")),
    _lab("LACTATE", "Lactate", "mmol/L", (0.3, 25), Limits(0, 60, "mmol/L"),
         factors=(_mass("0.111", "mg/dL", "mmol/L"),), names=("lactic acid", "lac", "乳酸")),
    _lab("AFP", "Alpha Fetoprotein", "ng/mL", (0.5, 100000), Limits(0, 10000000.0, "ng/mL"),
         names=("alpha-fetoprotein", "甲胎蛋白"), needs_laboratory_factor=True),
    _lab("FERRITIN", "Ferritin", "ug/L", (2, 50000), Limits(0, 500000, "ug/L"),
         factors=(_mass("2.247", "ng/mL", "pmol/L", _PMC3934467),), names=("铁蛋白",)),
    _lab("CHOL", "Cholesterol", "mmol/L", (0.3, 20), Limits(0, 50, "mmol/L"),
         factors=(_mass("0.02586", "mg/dL", "mmol/L", "elephantcare.org/convers.htm (copy of an SI table)"),),
         names=("total cholesterol", "总胆固醇")),
)
_COAGULATION: Final = (
    _lab("INR", "International Normalised Ratio", "ratio", (0.7, 12), _fda(0.1, 20, "ratio"),
         names=("pt-inr", "international normalized ratio", "国际标准化比值")),
    _lab("PTA", "Prothrombin Activity", "%", (5, 150), Limits(0, 250, "%"),
         names=("prothrombin activity", "ptta", "pt%", "凝血酶原活动度", "凝血酶原活性")),
    _lab("PT", "Prothrombin Time", "s", (8, 120), _fda(3, 150, "s"),
         names=("prothrombin time", "凝血酶原时间")),
    _lab("APTT", "Activated Partial Thromboplastin Time", "s", (15, 200), _fda(5, 350, "s"),
         names=("ptt", "活化部分凝血活酶时间")),
    _lab("FIBRINO", "Fibrinogen", "g/L", (0.3, 10), Limits(0, 20, "g/L"),
         names=("fibrinogen", "fib", "纤维蛋白原")),
)
_BLOOD: Final = (
    _lab("WBC", "Leukocytes", "10^9/L", (0.3, 100), Limits(0, 1000, "10^9/L"),
         names=("white blood cells", "leucocytes", "白细胞", "白细胞计数")),
    _lab("NEUT", "Neutrophils", "10^9/L", (0, 90), Limits(0, 500, "10^9/L"),
         names=("anc", "neutrophil count", "中性粒细胞", "中性粒细胞计数")),
    _lab("LYMPH", "Lymphocytes", "10^9/L", (0, 20), Limits(0, 500, "10^9/L"), names=("lym", "淋巴细胞")),
    _lab("MONO", "Monocytes", "10^9/L", (0, 10), Limits(0, 200, "10^9/L"), names=("单核细胞",)),
    _lab("EOS", "Eosinophils", "10^9/L", (0, 10), Limits(0, 200, "10^9/L"), names=("嗜酸性粒细胞",)),
    _lab("BASO", "Basophils", "10^9/L", (0, 2), Limits(0, 200, "10^9/L"), names=("嗜碱性粒细胞",)),
    _lab("RBC", "Erythrocytes", "10^12/L", (0.8, 8), Limits(0.1, 15, "10^12/L"),
         names=("red blood cells", "红细胞")),
    _lab("PLAT", "Platelets", "10^9/L", (3, 1000), _fda(0, 5000, "10^9/L"),
         names=("plt", "platelet count", "血小板", "血小板计数")),
    _lab("HGB", "Hemoglobin", "g/L", (30, 220), _fda(0.6, 30, "g/dL"),
         factors=(_mass("0.62063", "g/dL", "mmol/L", _PMC3934467 + " (per iron-bearing subunit)"),),
         names=("haemoglobin", "hb", "血红蛋白")),
    _lab("HCT", "Hematocrit", "ratio", (0.08, 0.7), Limits(0.02, 0.9, "ratio"),
         factors=(_PERCENT,),
         names=("haematocrit", "红细胞压积")),
)
_CHEMISTRY: Final = (
    _lab("CREAT", "Creatinine", "umol/L", (15, 1500), _fda(0, 80, "mg/dL"),
         factors=(_mass("88.4", "mg/dL", "umol/L"),),
         names=("serum creatinine", "scr", "cr", "肌酐", "血肌酐")),
    _lab("UREA", "Urea", "mmol/L", (0.5, 60), Limits(0, 150, "mmol/L"),
         factors=(_mass("0.1665", "mg/dL", "mmol/L", "10/60.06, molar mass of urea"),),
         names=("serum urea", "尿素")),
    _lab("BUN", "Blood Urea Nitrogen", "mmol/L", (0.5, 60), _fda(0, 200, "mg/dL"),
         factors=(_mass("0.357", "mg/dL", "mmol/L"),), names=("urea nitrogen", "尿素氮")),
    _lab("URATE", "Urate", "umol/L", (30, 1500), Limits(0, 5000, "umol/L"),
         factors=(_mass("59.48", "mg/dL", "umol/L", "from memory", True),), names=("uric acid", "尿酸")),
    _lab("GLUC", "Glucose", "mmol/L", (1, 50), _fda(10, 2700, "mg/dL"),
         factors=(_mass("0.0555", "mg/dL", "mmol/L"),), names=("glu", "血糖", "葡萄糖")),
    _lab("SODIUM", "Sodium", "mmol/L", (105, 175), _fda(95, 191, "mmol/L"), factors=(_MEQ,),
         names=("na", "na+", "钠")),
    _lab("K", "Potassium", "mmol/L", (1.8, 8), _fda(1.3, 9, "mmol/L"), factors=(_MEQ,), names=("k+", "钾")),
    _lab("CL", "Chloride", "mmol/L", (70, 140), Limits(40, 200, "mmol/L"), factors=(_MEQ,),
         names=("cl-", "氯")),
    _lab("BICARB", "Bicarbonate", "mmol/L", (3, 50), Limits(0, 80, "mmol/L"), factors=(_MEQ,),
         names=("hco3", "hco3-", "碳酸氢根")),
    _lab("CA", "Calcium", "mmol/L", (1, 4), Limits(0.3, 8, "mmol/L"),
         factors=(_mass("0.25", "mg/dL", "mmol/L"),), names=("钙",)),
    _lab("PHOS", "Phosphate", "mmol/L", (0.1, 5), Limits(0, 12, "mmol/L"),
         factors=(_mass("0.323", "mg/dL", "mmol/L", "scribd.com/doc/241417704 (copy of an SI table)"),),
         names=("磷",)),
    _lab("AMYLASE", "Amylase", "U/L", (5, 3000), Limits(0, 50000, "U/L"), names=("淀粉酶",)),
    _lab("LIPASE", "Lipase", "U/L", (1, 5000), Limits(0, 100000, "U/L"), names=("脂肪酶",)),
    _lab("PH", "Arterial pH", "pH", (6.8, 7.8), Limits(6.5, 8, "pH"), names=("ph",)),
)
_INFLAMMATION: Final = (
    _lab("CRP", "C Reactive Protein", "mg/L", (0, 500), Limits(0, 2000, "mg/L"),
         names=("c-reactive protein", "c反应蛋白")),
    _lab("PCT", "Procalcitonin", "ug/L", (0, 200), Limits(0, 2000, "ug/L"), names=("降钙素原",)),
    _lab("IL6", "Interleukin 6", "ng/L", (0, 50000), Limits(0, 10000000.0, "ng/L"),
         names=("il-6", "白介素6", "白细胞介素6")),
    _lab("TNFA", "Tumor Necrosis Factor Alpha", "ng/L", (0, 5000), Limits(0, 1000000.0, "ng/L"),
         names=("tnf-α", "tnf-a", "tnf", "肿瘤坏死因子", "肿瘤坏死因子α")),
    _lab("HBVDNA", "Hepatitis B Virus DNA", "IU/mL", (0, 10000000000.0),
         Limits(0, 1000000000000.0, "IU/mL"), names=("hbv dna", "乙肝dna")),
)
_CLINICAL: Final = (
    _lab("AGE", "Age", "years", (18, 90), Limits(0, 120, "years"), names=("年龄",)),
    _lab("HEGRADE", "Hepatic Encephalopathy Grade (West Haven)", "grade", (0, 4), Limits(0, 4, "grade"),
         names=("hepatic encephalopathy", "he grade", "肝性脑病", "肝性脑病分级")),
    _lab("ASCITES", "Ascites Grade (0 none, 1 mild, 2 moderate, 3 severe)", "grade", (0, 3),
         Limits(0, 3, "grade"), names=("ascites", "腹水")),
    _lab("MAP", "Mean Arterial Pressure", "mmHg", (30, 150), Limits(0, 300, "mmHg"), names=("平均动脉压",)),
    _lab("SYSBP", "Systolic Blood Pressure", "mmHg", (60, 220), _fda(50, 400, "mmHg"),
         names=("sbp", "收缩压")),
    _lab("DIABP", "Diastolic Blood Pressure", "mmHg", (30, 130), Limits(0, 300, "mmHg"),
         names=("dbp", "舒张压")),
    _lab("PULSE", "Pulse Rate", "/min", (35, 200), _fda(10, 600, "/min"),
         names=("heart rate", "hr", "脉搏", "心率")),
    _lab("TEMP", "Temperature", "C", (33, 42), _fda(10, 50, "C"), names=("体温",)),
    _lab("PAO2", "Arterial Oxygen Pressure", "mmHg", (30, 500), Limits(0, 760, "mmHg"),
         names=("pao2", "动脉氧分压")),
    _lab("SPO2", "Oxygen Saturation", "%", (50, 100), Limits(0, 100, "%"), factors=(_PERCENT,),
         names=("spo2", "血氧饱和度")),
    _lab("FIO2", "Fraction of Inspired Oxygen", "ratio", (0.21, 1), Limits(0.15, 1, "ratio"),
         factors=(_PERCENT,),
         names=("fio2",)),
    _lab("PF", "PaO2/FiO2", "mmHg", (40, 600), Limits(0, 800, "mmHg"),
         names=("pao2/fio2", "p/f", "氧合指数")),
    _lab("SF", "SpO2/FiO2", "ratio", (50, 480), Limits(0, 700, "ratio"), names=("spo2/fio2", "s/f")),
)
# fmt: on

ANALYTES: Final[Mapping[str, Analyte]] = MappingProxyType(
    {
        analyte.code: analyte
        for group in (_LIVER, _COAGULATION, _BLOOD, _CHEMISTRY, _INFLAMMATION, _CLINICAL)
        for analyte in group
    }
)
"""Every analyte by its code."""


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("_", " ").split())


_NAMES: Final = MappingProxyType(
    {_fold(name): code for code, a in ANALYTES.items() for name in (code, a.label, *a.names)}
)


def get_analyte(code: str) -> Analyte:
    """Analyte of a code; a :class:`~hepatrial.errors.UnitError` names the code that is not known."""
    if code not in ANALYTES:
        raise UnitError(f"unknown analyte code {code!r}; known: {', '.join(sorted(ANALYTES))}")
    return ANALYTES[code]


def find_analyte(text: str) -> str | None:
    """Code of an analyte by a name a laboratory uses (English or Chinese), or ``None``.

    Examples
    --------
    >>> find_analyte("Total bilirubin"), find_analyte("总胆红素"), find_analyte("mood")
    ('BILI', 'BILI', None)
    """
    return _NAMES.get(_fold(text))
