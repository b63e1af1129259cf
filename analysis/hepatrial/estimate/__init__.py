"""Pure statistics: arrays or columns in, frozen results out; the only room that knows lifelines, statsmodels
and scipy.stats."""

from hepatrial.estimate.means import (
    LinearEstimates,
    compare_means,
    compare_terms,
    compute_geometric_means,
    estimate_contrasts,
    estimate_means,
)
from hepatrial.estimate.mixed import (
    MixedFit,
    fit_mixed,
)
from hepatrial.estimate.summaries import (
    MeanEstimate,
    Summary,
    estimate_mean,
    estimate_paired_change,
    summarise,
)

__all__ = [
    "LinearEstimates",
    "MeanEstimate",
    "MixedFit",
    "Summary",
    "compare_means",
    "compare_terms",
    "compute_geometric_means",
    "estimate_contrasts",
    "estimate_mean",
    "estimate_means",
    "estimate_paired_change",
    "fit_mixed",
    "summarise",
]
