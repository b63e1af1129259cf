"""ADLEV: laboratory values beyond the FDA's levels 1, 2, 3 of outlying values, and values that are probably errors.

Levels and extreme values are those of the Standard Safety Tables and Figures integrated guide (FDA, version 2.0,
April 2025): table 56 (chemistry), table 57 (haematology), tables 58 to 60 (extreme values, a screen for data errors).
They were made for people with a normal liver: in liver failure most patients are beyond the levels of bilirubin and INR
before treatment, so ADLEV keeps the baseline records too and BLEVEL, the level where each subject started.

The guide's levels of haemoglobin differ by sex; our source states those of men only, so women have none here.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from hepatrial.contracts import OPTIONAL_DATASETS
from hepatrial.derive.frames import conform, flag, stack_rows
from hepatrial.study.models import Parameter, Study
from hepatrial.units import ANALYTES, convert, normalise_unit

Side = Literal["low", "high"]
Basis = Literal["value", "upper limit", "baseline"]
NEAR: Final = 1e-9


@dataclass(frozen=True)
class LevelRule:
    """Levels of one analyte on one side.

    ``limits`` are those of level 1, 2 and, where there is one, 3 in ``unit``, or multiples of the upper limit of normal
    or of baseline; a value beyond reaches the level (for ``at_limit`` the limit itself does). ``extreme``: a value
    beyond it in ``unit`` is probably wrong.
    """

    code: str
    side: Side
    unit: str = ""
    limits: tuple[float, ...] | None = None
    basis: Basis = "value"
    at_limit: bool = False
    sex: str = ""
    extreme: float | None = None


def _multiples(code: str, limits: tuple[float, ...], extreme: float | None = None, unit: str = "") -> LevelRule:
    return LevelRule(code, "high", unit, limits, "upper limit", extreme=extreme)


RULES: Final = (
    LevelRule("SODIUM", "low", "mmol/L", (132, 130, 125), extreme=95),
    LevelRule("SODIUM", "high", "mmol/L", (150, 155, 160), extreme=191),
    LevelRule("K", "low", "mmol/L", (3.6, 3.4, 3.0), extreme=1.3),
    LevelRule("K", "high", "mmol/L", (5.5, 6, 6.5), extreme=9),
    LevelRule("ALB", "low", "g/dL", (3.1, 2.5, 2.0)),
    LevelRule("CREAT", "high", "mg/dL", (1.5, 2, 3), "baseline", at_limit=True, extreme=80),
    LevelRule("GLUC", "low", "mg/dL", (70, 54), extreme=10),
    LevelRule("GLUC", "high", "mg/dL", extreme=2700),
    LevelRule("BUN", "high", "mg/dL", (23, 27, 31), extreme=200),
    LevelRule("UREA", "high", "mmol/L", tuple(convert([23, 27, 31], "BUN", "mg/dL", "mmol/L")),
              extreme=float(convert([200], "BUN", "mg/dL", "mmol/L")[0])),
    _multiples("ALP", (1.5, 2, 3), 5000, "U/L"),
    LevelRule("ALP", "low", "U/L", extreme=3),
    _multiples("ALT", (3, 5, 10), 50000, "U/L"),
    _multiples("AST", (3, 5, 10), 50000, "U/L"),
    _multiples("BILI", (1.5, 2, 3), 200, "mg/dL"),
    _multiples("AMYLASE", (1.1, 1.5, 3)),
    _multiples("LIPASE", (1.1, 1.5, 3)),
    LevelRule("GGT", "high", "U/L", extreme=5000),
    LevelRule("INR", "high", "ratio", extreme=20),
    _multiples("PT", (1.1, 1.3, 1.5), 150, "s"),
    _multiples("APTT", (1.0, 1.21, 1.41), 350, "s"),
    LevelRule("WBC", "low", "10^9/L", (3.5, 3, 1)),
    LevelRule("PLAT", "low", "10^9/L", (140, 125, 100)),
    LevelRule("PLAT", "high", "10^9/L", extreme=5000),
    LevelRule("HGB", "low", "g/dL", (13.5, 12.5, 10.5), sex="M", extreme=0.6),
    LevelRule("HGB", "high", "g/dL", extreme=30),
    LevelRule("LYMPH", "low", "10^9/L", (1.0, 0.75, 0.5)),
    LevelRule("NEUT", "low", "10^9/L", (2.0, 1.0, 0.5)),
    LevelRule("TEMP", "low", "C", extreme=10),
    LevelRule("TEMP", "high", "C", extreme=50),
    LevelRule("SYSBP", "low", "mmHg", extreme=50),
    LevelRule("SYSBP", "high", "mmHg", extreme=400),
    LevelRule("PULSE", "low", "/min", extreme=10),
    LevelRule("PULSE", "high", "/min", extreme=600),
)  # fmt: skip


def derive_adlev(adlb: pd.DataFrame, adsl: pd.DataFrame, study: Study) -> pd.DataFrame:
    """One row a value of ADLB and side that has a rule; LEVEL 0 to 3, EXTRFL Y beyond the extreme value.

    Parameters
    ----------
    adlb : DataFrame
        ADLB, derived or adopted. Means of several records have no rows.
    adsl : DataFrame
        For SEX.
    study : Study
        Parameters, whose units the values are in.
    """
    spec = OPTIONAL_DATASETS["ADLEV"]
    usable = adlb[adlb["AVAL"].notna() & (adlb["DTYPE"] != "AVERAGE")]
    of_code = dict(tuple(usable.groupby("PARAMCD", sort=False)))
    units = {item.code: item.unit for item in study.parameters if _is_convertible(item)}
    sex = adsl.set_index("USUBJID")["SEX"]
    frames = [_apply(of_code[rule.code], rule, units[rule.code], sex) for rule in RULES
              if rule.code in units and rule.code in of_code]  # fmt: skip
    found = stack_rows(frames) if frames else pd.DataFrame(columns=list(spec.names))
    return conform(_add_baseline(found), spec)


def _is_convertible(parameter: Parameter) -> bool:
    """Whether values of the parameter can be compared with limits in another unit of the analyte."""
    return parameter.code in ANALYTES and normalise_unit(parameter.unit) in ANALYTES[parameter.code].units


def _apply(rows: pd.DataFrame, rule: LevelRule, unit: str, sex: pd.Series) -> pd.DataFrame:
    reference = {"value": 1.0, "upper limit": rows["ANRHI"], "baseline": rows["BASE"]}[rule.basis]
    multiple = rows["AVAL"] / reference if rule.basis != "value" else rows["AVAL"]
    limits = _limits(rule, unit)
    level = pd.Series(np.nan, index=rows.index)
    if limits is not None:
        reached = sum((_is_beyond(multiple, limit, rule.side, rule.at_limit).astype(int) for limit in limits), 0)
        level = pd.Series(reached, index=rows.index).where(multiple.notna() & np.isfinite(multiple)).astype("float64")
    if rule.sex:
        level = level.where(rows["USUBJID"].map(sex) == rule.sex)
    extreme = pd.Series(False, index=rows.index)
    if rule.extreme is not None:
        extreme = _is_beyond(rows["AVAL"], _convert(rule.extreme, rule, unit), rule.side, at_limit=False)
    return rows.assign(
        SIDE=rule.side, LEVEL=level, NLEVELS=float(len(rule.limits or ())), EXTRFL=flag(extreme),
        AVALULN=rows["AVAL"] / rows["ANRHI"].where(rows["ANRHI"] > 0), POSTFL=flag(find_after_baseline(rows)),
    )  # fmt: skip


def find_after_baseline(adlb: pd.DataFrame) -> pd.Series:
    """Which rows of ADLB are after the origin: a value before the origin on its day has no change from baseline."""
    after = (adlb["AFUDY"] >= 0) & (adlb["ABLFL"] != "Y")
    return after & (adlb["CHG"].notna() | adlb["BASE"].isna())


def _limits(rule: LevelRule, unit: str) -> tuple[float, ...] | None:
    if rule.limits is None or rule.basis != "value":
        return rule.limits
    return tuple(_convert(limit, rule, unit) for limit in rule.limits)


def _convert(value: float, rule: LevelRule, unit: str) -> float:
    return float(convert([value], rule.code, rule.unit, unit)[0])


def _is_beyond(values: pd.Series, limit: float, side: Side, at_limit: bool) -> pd.Series:
    """Beyond the limit; a value equal to it within rounding of a conversion counts only with ``at_limit``."""
    slack = NEAR * abs(limit) * (-1 if at_limit else 1)
    return values < limit - slack if side == "low" else values > limit + slack


def _add_baseline(frame: pd.DataFrame) -> pd.DataFrame:
    """BLEVEL: LEVEL of the baseline record on the same side (level 0 of creatinine, which counts from baseline)."""
    if frame.empty:
        return frame
    keys = ["USUBJID", "PARAMCD", "SIDE"]
    base = frame[frame["ABLFL"] == "Y"].drop_duplicates(keys).set_index(keys)["LEVEL"].rename("BLEVEL")
    return frame.join(base, on=keys)
