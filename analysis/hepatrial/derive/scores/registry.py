"""Every score by its code, with its inputs as parameter codes: what a study file names, this computes.

An input that is itself a score (CLIF-C OF in CLIF-C ACLF, HBV-SOFA in COSSH-ACLF) is computed first when the
values do not bring it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from hepatrial.derive.scores import aclf, hepatic, kings, meld, organs
from hepatrial.derive.scores.result import ScoreFacts, ScoreResult
from hepatrial.errors import DeriveError


@dataclass(frozen=True)
class ScoreInput:
    """One input: the function's keyword, the parameter code that feeds it, the unit it must be in.

    An optional input that no row brings is left at the function's documented default.
    ``alternatives`` are codes that hold the same number in the same unit.
    """

    keyword: str
    code: str
    unit: str = ""
    is_required: bool = True
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True)
class ScoreSpec:
    """A score that the derivation can compute from long data."""

    facts: ScoreFacts
    function: Callable[..., ScoreResult]
    inputs: tuple[ScoreInput, ...]
    variants: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        return self.facts.code


def _optional(keyword: str, code: str, unit: str = "") -> ScoreInput:
    return ScoreInput(keyword, code, unit, is_required=False)


_BILI = ScoreInput("bilirubin", "BILI", "umol/L")
_CREAT = ScoreInput("creatinine", "CREAT", "umol/L")
_INR = ScoreInput("inr", "INR", "ratio")
_SODIUM = ScoreInput("sodium", "SODIUM", "mmol/L")
_ALB = ScoreInput("albumin", "ALB", "g/L")
_WBC = ScoreInput("wbc", "WBC", "10^9/L")
_NEUT = ScoreInput("neutrophils", "NEUT", "10^9/L")
_PLAT = ScoreInput("platelets", "PLAT", "10^9/L")
_AST = ScoreInput("ast", "AST", "U/L")
_ALT = ScoreInput("alt", "ALT", "U/L")
_ALP = ScoreInput("alp", "ALP", "U/L")
_AST_ULN = ScoreInput("ast_uln", "ASTULN", "U/L")
_ALT_ULN = ScoreInput("alt_reference", "ALTULN", "U/L")
_ALP_ULN = ScoreInput("alp_reference", "ALPULN", "U/L")
_LACTATE = ScoreInput("lactate", "LACTATE", "mmol/L")
_UREA = ScoreInput("urea", "UREA", "mmol/L", alternatives=("BUN",))  # in mmol/L both are the same number
_AGE = ScoreInput("age", "AGE", "years")
_SEX = ScoreInput("sex", "SEX")
_HE = ScoreInput("he_grade", "HEGRADE", "grade")
_ASCITES = ScoreInput("ascites", "ASCITES", "grade")
_MAP = ScoreInput("map_mmhg", "MAP", "mmHg")
_OF = ScoreInput("clif_c_of", "CLIFCOF", "points")
_HBV_SOFA = ScoreInput("hbv_sofa", "HBVSOFA", "points")
_DIALYSIS = _optional("dialysis", "DIALYSIS")
_CHOLESTATIC = _optional("cholestatic", "CHOLEST")
_RRT = _optional("renal_replacement", "RRT")
_VASOPRESSOR = _optional("vasopressor", "VASOPR")
_OXYGEN = (_optional("pf", "PF", "mmHg"), _optional("sf", "SF", "ratio"))
_ORGANS = (_BILI, _CREAT, _INR, _HE, _MAP, *_OXYGEN, _RRT, _VASOPRESSOR, _optional("ventilation", "VENT"))
_DRUGS = (
    _optional("dopamine", "DOPAMINE", "ug/kg/min"),
    _optional("epinephrine", "EPINEPH", "ug/kg/min"),
    _optional("norepinephrine", "NOREPI", "ug/kg/min"),
    _optional("dobutamine_or_terlipressin", "DOBTERL"),
)
_KINGS = (
    ScoreInput("cause", "ALFCAUSE"),
    _optional("arterial_ph", "PH", "pH"),
    _optional("inr", "INR", "ratio"),
    _optional("pt_seconds", "PT", "s"),
    _optional("creatinine", "CREAT", "umol/L"),
    _optional("he_grade", "HEGRADE", "grade"),
    _optional("early_lactate", "LACEARLY", "mmol/L"),
    _optional("late_lactate", "LACLATE", "mmol/L"),
    _optional("age", "AGE", "years"),
    _optional("unfavourable_cause", "UNFAVCAU"),
    _optional("jaundice_to_he_days", "JAUNDHE", "days"),
    _optional("bilirubin", "BILI", "umol/L"),
)

_SPECS: Final = (
    ScoreSpec(meld.MELD, meld.compute_meld, (_BILI, _CREAT, _INR, _DIALYSIS)),
    ScoreSpec(meld.MELD_NA, meld.compute_meld_na, (_BILI, _CREAT, _INR, _SODIUM, _DIALYSIS)),
    ScoreSpec(
        meld.MELD_3,
        meld.compute_meld_3,
        (_BILI, _CREAT, _INR, _SODIUM, _ALB, _SEX, _DIALYSIS, _optional("age", "AGE", "years")),
    ),
    ScoreSpec(meld.UKELD, meld.compute_ukeld, (_BILI, _CREAT, _INR, _SODIUM)),
    ScoreSpec(
        hepatic.CHILD_PUGH,
        hepatic.compute_child_pugh,
        (_BILI, _ALB, _INR, _ASCITES, _HE, _CHOLESTATIC),
        tuple(hepatic.CHILD_PUGH_VARIANTS),
    ),
    ScoreSpec(hepatic.ALBI, hepatic.compute_albi, (_BILI, _ALB)),
    ScoreSpec(hepatic.SOFA_LIVER, hepatic.compute_sofa_liver, (_BILI,), tuple(hepatic.SOFA_VARIANTS)),
    ScoreSpec(hepatic.R_RATIO, hepatic.compute_r_ratio, (_ALT, _ALT_ULN, _ALP, _ALP_ULN)),
    ScoreSpec(hepatic.FIB4, hepatic.compute_fib4, (_AGE, _AST, _ALT, _PLAT)),
    ScoreSpec(hepatic.APRI, hepatic.compute_apri, (_AST, _AST_ULN, _PLAT)),
    ScoreSpec(organs.CLIF_C_OF, organs.compute_clif_c_of, _ORGANS),
    ScoreSpec(organs.ORGAN_FAILURES, organs.compute_organ_failures, _ORGANS),
    ScoreSpec(organs.EASL_CLIF, organs.compute_easl_clif_grade, _ORGANS),
    ScoreSpec(
        organs.CLIF_SOFA,
        organs.compute_clif_sofa,
        (_BILI, _CREAT, _INR, _PLAT, _HE, _MAP, *_OXYGEN, _RRT, *_DRUGS),
        organs.CLIF_SOFA_VARIANTS,
    ),
    ScoreSpec(aclf.CLIF_C_ACLF, aclf.compute_clif_c_aclf, (_OF, _AGE, _WBC)),
    ScoreSpec(aclf.CLIF_C_AD, aclf.compute_clif_c_ad, (_AGE, _CREAT, _INR, _WBC, _SODIUM)),
    ScoreSpec(aclf.AARC, aclf.compute_aarc, (_BILI, _HE, _INR, _LACTATE, _CREAT)),
    ScoreSpec(aclf.HBV_SOFA, aclf.compute_hbv_sofa, (_CREAT, _HE, _MAP, *_OXYGEN, _RRT, _VASOPRESSOR)),
    ScoreSpec(aclf.COSSH, aclf.compute_cossh, (_INR, _HBV_SOFA, _AGE, _BILI)),
    ScoreSpec(aclf.COSSH_2, aclf.compute_cossh_2, (_INR, _HE, _NEUT, _BILI, _UREA, _AGE)),
    ScoreSpec(kings.KINGS, kings.compute_kings_college, _KINGS, kings.KINGS_VARIANTS),
)

SCORES: Final[Mapping[str, ScoreSpec]] = MappingProxyType({spec.code: spec for spec in _SPECS})
"""Every score that :func:`compute_score` knows, by code."""


def compute_score(
    code: str, values: Mapping[str, object], *, variant: str = "", **options: object
) -> ScoreResult:
    """A score from values by parameter code, each in the unit that its ``ScoreInput`` states.

    Parameters
    ----------
    code : str
        A key of ``SCORES``.
    values : mapping of parameter code to array_like, shape (n,) or scalar
        A required code that is absent counts as missing in every row.
    variant : str
        Required where the score has variants, refused where it has none.
    options
        Further keywords of the score function (``rounding=`` of MELD-Na, ``cap=``).

    Returns
    -------
    ScoreResult
        n rows.
    """
    if code not in SCORES:
        raise DeriveError(f"unknown score {code!r}; known: {', '.join(SCORES)}")
    spec = SCORES[code]
    if (variant not in spec.variants) if spec.variants else variant:
        allowed = ", ".join(spec.variants) or "none: this score has a single form"
        raise DeriveError(f"score {code} needs a variant of {allowed}; got {variant!r}")
    size = max((len(pd.Series(value)) for value in values.values()), default=0)
    keywords: dict[str, object] = {}
    for item in spec.inputs:
        value = _find(item, values, size)
        if value is not None:
            keywords[item.keyword] = value
    if variant:
        keywords["variant"] = variant
    return spec.function(**keywords, **options)


def _find(item: ScoreInput, values: Mapping[str, object], size: int) -> object | None:
    for code in (item.code, *item.alternatives):
        if code in values:
            return values[code]
    if not item.is_required:
        return None
    if item.code in SCORES:
        return compute_score(item.code, values).value
    return np.full(size, np.nan)
