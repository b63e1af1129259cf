"""Simulated exports of a trial in liver failure, from its own study file: for the example and for dry runs."""

from hepatrial.simulate.exports import simulate_exports
from hepatrial.simulate.scenario import SCENARIOS
from hepatrial.simulate.template_files import write_template_files
from hepatrial.simulate.writing import write_example, write_key

__all__ = [
    "SCENARIOS",
    "simulate_exports",
    "write_example",
    "write_key",
    "write_template_files",
]
