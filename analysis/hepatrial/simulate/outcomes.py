"""What a simulated trial shows at a visit when death and transplantation are part of it: as the report judges them.

The rules are those of ``analyse.composite`` (worst ranks by the target day) and ``analyse.response`` (who is in
response), for arrays.
"""

import numpy as np
import pandas as pd

from hepatrial.analyse.response import DIED, MISSING, NO_RESPONSE, RESPONSE, TRANSPLANTED
from hepatrial.results import COMPARATORS
from hepatrial.simulate.trial import FloatArray, Trial
from hepatrial.simulate.values import BASELINE, Values
from hepatrial.study import CompositeAnalysis, ProportionAnalysis, Study, Visit


def make_ranked(
    study: Study, analysis: CompositeAnalysis, trial: Trial, values: Values, code: str, visit: str
) -> pd.DataFrame:
    """ARM, AVAL and DAY of every patient: the value, or the day of the first of the worst outcomes."""
    value = values.native(code, visit)
    if getattr(study.parameter(code), "scale", "") == "log":
        value = np.log(value)
    if analysis.response == "change":
        base = values.native(code, BASELINE)
        value = value - (np.log(base) if getattr(study.parameter(code), "scale", "") == "log" else base)
    days = {"death": trial.death, "transplant": trial.transplant}
    first: FloatArray = np.fmin.reduce([days[name] for name in analysis.worst])
    day = np.where(first <= find_visit(study, visit).day, first, np.nan)
    return pd.DataFrame({"ARM": trial.arm, "AVAL": np.where(np.isnan(day), value, np.nan), "DAY": day})


def make_statuses(study: Study, analysis: ProportionAnalysis, trial: Trial, values: Values) -> pd.DataFrame:
    """ARM, STRATUM and STATUS of every patient; every window has ended."""
    visit, rule = find_visit(study, analysis.visit), analysis.response
    pick = values.at if analysis.transplant == "as measured" else values.native
    value, base = pick(analysis.parameter, analysis.visit), pick(analysis.parameter, BASELINE)
    if rule.of != "value":
        change = value - base
        value = (
            change if rule.of == "change from baseline" else 100 * change / np.where(base == 0, np.nan, np.abs(base))
        )
    has_value = ~np.isnan(value)
    status = np.where(has_value, np.where(COMPARATORS[rule.op](value, rule.value), RESPONSE, NO_RESPONSE), MISSING)
    last = np.where(has_value, visit.day, visit.window[1])
    status = np.where(trial.death <= last, DIED, status)
    if analysis.transplant != "as measured":
        is_first = (trial.transplant <= last) & ~(trial.death < trial.transplant)
        status = np.where(is_first, TRANSPLANTED, status)
    return pd.DataFrame({"ARM": trial.arm, "STRATUM": trial.stratum, "STATUS": status})


def find_visit(study: Study, code: str) -> Visit:
    """The visit with this code."""
    return next(visit for visit in study.visits if visit.code == code)
