"""Time-to-event parameters of a simulated trial, as the derivation gives them for the same patients' export."""

from typing import Final

import numpy as np
import pandas as pd

from hepatrial.errors import SimulateError
from hepatrial.simulate.trial import FloatArray, Trial, TrialPlan
from hepatrial.study import TimeToEvent

SIMULATED: Final = ("death", "transplant", "withdrawal")
TRUE_CURVES: Final = {("death",): "OS", ("death", "transplant"): "TFS", ("transplant",): "LT"}
"""Column of the truth by the events of a parameter."""


def find_curve(item: TimeToEvent) -> str:
    """Column of ``compute_truth`` that a parameter estimates.

    Raises
    ------
    SimulateError
        When the parameter has an event that replicates do not have, such as an adverse event.
    """
    events = tuple(sorted(item.events))
    unknown = sorted({*item.events, *item.competing, *item.censor_at} - set(SIMULATED))
    if unknown or events not in TRUE_CURVES:
        raise SimulateError(
            f"{item.code}: replicates have death, transplant and withdrawal only, not {', '.join(unknown or events)}"
        )
    return TRUE_CURVES[events]


def make_times(plan: TrialPlan, trial: Trial, code: str) -> pd.DataFrame:
    """A row a patient: USUBJID, AVAL (days), CNSR (0 event, 1 censored, 2 competing), ARM and STRATUM."""
    item = plan.study.time_to_event(code)
    find_curve(item)
    days = {"death": trial.death, "transplant": trial.transplant, "withdrawal": trial.withdrawal}
    event, competing = (_first([days[name] for name in names], trial.n) for names in (item.events, item.competing))
    last = np.full(trial.n, float(min(plan.last_day, item.censor_at_day or plan.last_day)))
    end = _first([last, trial.withdrawal, *(days[name] for name in item.censor_at)], trial.n)
    had, lost = event <= np.fmin(competing, end), competing <= end
    status = np.where(had, 0, np.where(lost, 2, 1))
    time = np.where(had, event, np.where(lost, competing, end))
    rows = {"USUBJID": trial.names, "AVAL": time, "CNSR": status, "ARM": trial.arm, "STRATUM": trial.stratum}
    return pd.DataFrame(rows)


def _first(days: list[FloatArray], n: int) -> FloatArray:
    """The first of several days; infinite where none came."""
    found: FloatArray = np.fmin.reduce(days) if days else np.full(n, np.inf)
    return np.where(np.isnan(found), np.inf, found)
