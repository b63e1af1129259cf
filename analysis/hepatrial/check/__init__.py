"""Typed tables to findings: each rule one function, one gate over all of them, and decisions that open it."""

from hepatrial.check.decisions import Decided, apply_decisions, compare_findings
from hepatrial.check.exports import CHECKS, check_exports

__all__ = ["CHECKS", "Decided", "apply_decisions", "check_exports", "compare_findings"]
