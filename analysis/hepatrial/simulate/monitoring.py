"""The declared monitoring of a simulated trial: who has entered when, and where the trial stops."""

from typing import Final

import numpy as np

from hepatrial.analyse.headline_monitoring import Stop, measure_sequential, measure_stopping
from hepatrial.simulate.times import make_times
from hepatrial.simulate.trial import FloatArray, Trial, TrialPlan
from hepatrial.study import GroupSequential, StoppingRule

STREAM: Final = 104
STOPPING: Final = (
    "look of stopping", "counted at the end", "events at the end", "enrolled at the end", "day of the end"
)  # fmt: skip
"""Numbers of a replicate for each rule; ``status`` is the reason for stopping, empty where the trial ran to its end."""


def draw_entries(plan: TrialPlan, replicate: int) -> FloatArray:
    """Whole days of the trial on which its patients enter, rising: uniform over the accrual."""
    rng = np.random.default_rng([plan.seed, STREAM, replicate])
    return np.floor(np.sort(rng.random(plan.n)) * plan.accrual_days)


def end_trial(plan: TrialPlan, trial: Trial, rule: StoppingRule | GroupSequential, entry: FloatArray) -> Stop:
    """Where the trial stops by the rule."""
    if isinstance(rule, GroupSequential):
        analysis = plan.study.analysis(rule.analysis)
        assert analysis.method == "survival"  # the study file was checked
        rows = make_times(plan, trial, analysis.parameter)
        is_other = trial.arm != plan.study.design.reference_arm
        return measure_sequential(rule, entry, rows["AVAL"].to_numpy(), (rows["CNSR"] == 0).to_numpy(), is_other)
    days = [trial.death, *([trial.transplant] if rule.transplant == "event" else [])]
    first: FloatArray = np.fmin.reduce(days)
    known = np.fmin(trial.withdrawal, float(plan.last_day))
    return measure_stopping(rule, entry, np.where(np.isnan(first), known, first), ~np.isnan(first))
