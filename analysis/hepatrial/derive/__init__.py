"""Standard tables to analysis datasets."""

from hepatrial.derive.adopt import adopt_adam
from hepatrial.derive.agreement import find_disagreements
from hepatrial.derive.analysis_data import derive_analysis_data
from hepatrial.derive.data_cut import ENDS, OF_AN_END, cut_exports
from hepatrial.derive.extremes import select_after_baseline
from hepatrial.derive.status import derive_status

__all__ = [
    "ENDS",
    "OF_AN_END",
    "adopt_adam",
    "cut_exports",
    "derive_analysis_data",
    "derive_status",
    "find_disagreements",
    "select_after_baseline",
]
