"""What a simulated trial estimates: the outcome probabilities of its arms, by quadrature over the latent severity.

Given severity and drift the days of death and transplantation are independent with known cumulative hazards, so that
survival, transplant-free survival and the incidence of transplantation are sums over days; Gauss–Hermite quadrature
takes the mean over patients. Withdrawal plays no part: it is censoring, not an outcome.
"""

import numpy as np
import pandas as pd

from hepatrial.simulate.course import AFTER_TRANSPLANT_HAZARD
from hepatrial.simulate.scenario import Disease
from hepatrial.simulate.trial import FloatArray, TrialPlan, cumulate_hazards

NODES = 60


def compute_truth(plan: TrialPlan) -> pd.DataFrame:
    """Probabilities at every day, by arm.

    Returns
    -------
    DataFrame
        Columns arm, day (1 to the last day of follow-up), ``OS`` alive, ``TFS`` alive without transplantation, ``LT``
        transplanted by the day.
    """
    parts = []
    for arm in plan.study.design.arms:
        shift = plan.drift_shift.get(arm.code, 0.0)
        total = sum(site.share for site in plan.scenario.sites)
        means = [
            site.share / total * _average(plan.scenario.disease, site.severity, shift, plan.last_day)
            for site in plan.scenario.sites
        ]
        alive, native, transplanted = np.sum(means, axis=0)
        days = np.arange(1, plan.last_day + 1)
        parts.append(pd.DataFrame({"arm": arm.code, "day": days, "OS": alive, "TFS": native, "LT": transplanted}))
    return pd.concat(parts, ignore_index=True)


def _average(disease: Disease, middle: float, shift: float, last_day: int) -> FloatArray:
    """OS, TFS and LT (rows) at each day (columns), over patients of one site and arm."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()
    severity, other = (grid.ravel() for grid in np.meshgrid(middle + nodes, nodes, indexing="ij"))
    weight = np.outer(weights, weights).ravel()
    mean, slope, sd = disease.drift
    drift = mean + slope * severity + sd * other + shift
    hazards = cumulate_hazards(disease, severity, drift, last_day)
    dead, done = hazards["death"], hazards["transplant"]
    native = np.exp(-dead - done)
    transplants = np.exp(-dead) * -np.diff(np.exp(-done), axis=1, prepend=1.0)
    lived = np.exp(-AFTER_TRANSPLANT_HAZARD * np.arange(last_day))
    after = np.array([transplants[:, : day + 1] @ lived[day::-1] for day in range(last_day)]).T
    return np.array([weight @ (native + after), weight @ native, weight @ transplants.cumsum(axis=1)])
