"""Pure statistics: arrays or columns in, frozen results out; the only room that knows lifelines, statsmodels
and scipy.stats."""

from .means import (
    LinearEstimates,
    compare_means,
    compare_terms,
    compute_geometric_means,
    estimate_contrasts,
    estimate_means,
)
from .mixed import MixedFit, fit_mixed
from .mmrm.fit import MmrmFit, fit_mmrm

__all__ = [
    "LinearEstimates",
    "MixedFit",
    "MmrmFit",
    "compare_means",
    "compare_terms",
    "compute_geometric_means",
    "estimate_contrasts",
    "estimate_means",
    "fit_mixed",
    "fit_mmrm",
]
