"""Standard tables to analysis datasets."""

from hepatrial.derive.analysis_data import derive_analysis_data

__all__ = ["derive_analysis_data"]
