"""CTCAE grades of laboratory values, version 5.0 and 6.0."""

from hepatrial.derive.toxicity.grading import CtcaeResult, compute_ctcae_grade, list_ctcae_terms
from hepatrial.derive.toxicity.rules import LabTerm, Step
from hepatrial.derive.toxicity.terms import CTCAE

__all__ = ["CTCAE", "CtcaeResult", "LabTerm", "Step", "compute_ctcae_grade", "list_ctcae_terms"]
