"""Installation check: estimators against reference numbers that ship with the package."""

from hepatrial.validation.cases import CASES, Case
from hepatrial.validation.outcome import CaseOutcome
from hepatrial.validation.qualification import (
    Check,
    check_installation,
    run_cases,
    run_mmrm,
    run_pack,
    run_validation,
    write_validation,
)

__all__ = [
    "CASES",
    "Case",
    "CaseOutcome",
    "Check",
    "check_installation",
    "run_cases",
    "run_mmrm",
    "run_pack",
    "run_validation",
    "write_validation",
]
