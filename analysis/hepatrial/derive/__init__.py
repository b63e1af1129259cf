"""Standard tables to analysis datasets."""

from hepatrial.derive.analysis_data import derive_analysis_data
from hepatrial.derive.status import derive_status

__all__ = ["derive_analysis_data", "derive_status"]
