"""Planned analyses of what was not measured: who has no value and why, and what if the missing had been seen."""

from typing import Literal

from pydantic import Field

from hepatrial.study.planned import ConfLevel, Planned

Strategy = Literal["mar", "jump-to-reference", "copy-reference", "copy-increments"]


class MissingnessAnalysis(Planned):
    """Per visit: who has a value, and why the others have none.

    Died, transplanted or withdrawn by the visit's target day; not yet due when the data were cut before the visit's
    window ended; else missing. Only the last is missing data: death is not.
    """

    method: Literal["missingness"]
    parameters: tuple[str, ...] = Field(min_length=1, description="parameters and scores")
    visits: tuple[str, ...] = Field(min_length=1, description="visit codes")


class ImputationAnalysis(Planned):
    """Sensitivity of an mmrm of two arms to its missing values: imputation, then ANCOVA at one visit.

    Among patients alive on the native liver at the visit: nothing is imputed after death or transplantation. The
    imputation model has the visits, fixed effects, response and covariance of the mmrm.
    """

    method: Literal["imputation"]
    of: str = Field(description="id of the mmrm whose missing values are imputed")
    visit: str = Field(description="visit of the ANCOVA")
    strategies: tuple[Strategy, ...] = Field(
        min_length=1,
        description="what a patient of the active arm is like after the last value: mar as the own arm; the reference "
        "arm at once, throughout, or its increments",
    )
    inference: Literal["jackknife", "rubin"] = Field(
        description="jackknife: conditional means and leave-one-out; rubin: bootstrap, random draws and Rubin's rules"
    )
    n_imputations: int = Field(default=0, ge=0, description="imputations of rubin, 2 or more; 0 with the jackknife")
    adjust: tuple[str, ...] = Field(default=(), description="further terms of the ANCOVA: BASE, columns of ADSL")
    delta: tuple[float, ...] = Field(
        default=(),
        description="tipping point: each is added to the imputed values of the active arm (on the log scale a factor); "
        "from mild to severe; empty: none",
    )
    conf_level: ConfLevel = Field(description="confidence level, such as 0.95")
