"""Simulated exports of a trial in liver failure, from its own study file: for the example and for dry runs."""

from hepatrial.simulate.characteristics import summarise_operating
from hepatrial.simulate.exports import simulate_exports
from hepatrial.simulate.operating import run_operating
from hepatrial.simulate.operating_plan import OperatingPlan, plan_operating
from hepatrial.simulate.scenario import SCENARIOS
from hepatrial.simulate.template_files import write_template_files
from hepatrial.simulate.trial_exports import export_trial
from hepatrial.simulate.truth import compute_truth
from hepatrial.simulate.writing import write_example, write_key

__all__ = [
    "SCENARIOS",
    "OperatingPlan",
    "compute_truth",
    "export_trial",
    "plan_operating",
    "run_operating",
    "simulate_exports",
    "summarise_operating",
    "write_example",
    "write_key",
    "write_template_files",
]
