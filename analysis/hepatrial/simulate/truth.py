"""What a simulated trial estimates: the outcome probabilities of its arms, by quadrature over the latent severity.

Given severity and drift the days of death and transplantation are independent with known cumulative hazards, so that
survival, transplant-free survival and the incidence of transplantation are sums over days; Gauss–Hermite quadrature
takes the mean over patients. Withdrawal plays no part: it is censoring, not an outcome.
"""

import numpy as np
import pandas as pd

from hepatrial.simulate.allocation import find_ratio
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


def compute_event_probability(plan: TrialPlan, window: int, *, with_transplant: bool) -> float:
    """Probability that a patient's death (or transplantation) by day ``window`` is seen: it is not after withdrawal."""
    total, found = 0.0, 0.0
    for arm, share in zip(plan.study.design.arms, find_ratio(plan.study), strict=True):
        shift = plan.drift_shift.get(arm.code, 0.0)
        for site in plan.scenario.sites:
            weight = share * site.share
            total += weight
            found += weight * _seen(plan.scenario.disease, site.severity, shift, plan.last_day, window, with_transplant)
    return found / total


def _seen(disease: Disease, middle: float, shift: float, last_day: int, window: int, with_transplant: bool) -> float:
    """Sums over the days of death on the native liver, or of a transplantation and the death after it."""
    severity, drift, weight = _nodes(disease, middle, shift)
    hazards = cumulate_hazards(disease, severity, drift, last_day)
    dead, done = hazards["death"], hazards["transplant"]
    left = hazards.get("withdrawal", np.zeros_like(dead))
    deaths = -np.diff(np.exp(-dead), axis=1, prepend=1.0)
    first = np.zeros((len(weight), 1))
    still_here = np.exp(-np.hstack([first, done[:, :-1]]) - np.hstack([first, left[:, :-1]]))
    transplants = np.exp(-dead) * -np.diff(np.exp(-done), axis=1, prepend=1.0)
    native = (deaths * still_here)[:, :window].sum(axis=1)
    after = np.ones(window) if with_transplant else 1 - np.exp(-AFTER_TRANSPLANT_HAZARD * np.arange(window - 1, -1, -1))
    return float(weight @ (native + transplants[:, :window] @ after))


def _nodes(disease: Disease, middle: float, shift: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Severity, drift and weight of the nodes of the quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()
    severity, other = (grid.ravel() for grid in np.meshgrid(middle + nodes, nodes, indexing="ij"))
    mean, slope, sd = disease.drift
    return severity, mean + slope * severity + sd * other + shift, np.outer(weights, weights).ravel()


def _average(disease: Disease, middle: float, shift: float, last_day: int) -> FloatArray:
    """OS, TFS and LT (rows) at each day (columns), over patients of one site and arm."""
    severity, drift, weight = _nodes(disease, middle, shift)
    hazards = cumulate_hazards(disease, severity, drift, last_day)
    dead, done = hazards["death"], hazards["transplant"]
    native = np.exp(-dead - done)
    transplants = np.exp(-dead) * -np.diff(np.exp(-done), axis=1, prepend=1.0)
    lived = np.exp(-AFTER_TRANSPLANT_HAZARD * np.arange(last_day))
    after = np.array([transplants[:, : day + 1] @ lived[day::-1] for day in range(last_day)]).T
    return np.array([weight @ (native + after), weight @ native, weight @ transplants.cumsum(axis=1)])
