"""Two finished reports: what changed between them, and why."""

from hepatrial.compare.reports import Comparison, compare_reports, describe_change, describe_comparison

__all__ = ["Comparison", "compare_reports", "describe_change", "describe_comparison"]
