"""Pure statistics: arrays or columns in, frozen results out; the only room that knows lifelines, statsmodels
and scipy.stats."""

from hepatrial.estimate.competing import CumulativeIncidence, estimate_cumulative_incidence
from hepatrial.estimate.cox import CoxFit, fit_cox
from hepatrial.estimate.cox_diagnostics import (
    CoxSurvival,
    HazardsOverTime,
    compare_hazards_over_time,
    estimate_cox_survival,
)
from hepatrial.estimate.cumulative_hazard import CumulativeHazard, estimate_cumulative_hazard
from hepatrial.estimate.fine_gray import FineGrayFit, fit_fine_gray
from hepatrial.estimate.gray import IncidenceTest, compare_cumulative_incidence
from hepatrial.estimate.logrank import (
    LogrankHazardRatio,
    SurvivalTest,
    compare_survival,
    compare_survival_trend,
    estimate_logrank_hazard_ratio,
)
from hepatrial.estimate.proportions import (
    ProportionEstimate,
    ProportionTest,
    compare_proportion_to,
    estimate_proportion,
)
from hepatrial.estimate.rmst import RestrictedMean, RestrictedMeanComparison, compare_rmst, estimate_rmst
from hepatrial.estimate.survival import SurvivalEstimate, estimate_survival
from hepatrial.estimate.survival_at import FixedDayComparison, compare_survival_at
from hepatrial.estimate.survival_bands import SurvivalBand, estimate_survival_band
from hepatrial.estimate.survival_quantile import SurvivalQuantiles, estimate_survival_quantile

__all__ = [
    "CoxFit",
    "CoxSurvival",
    "CumulativeHazard",
    "CumulativeIncidence",
    "FineGrayFit",
    "FixedDayComparison",
    "HazardsOverTime",
    "IncidenceTest",
    "LogrankHazardRatio",
    "ProportionEstimate",
    "ProportionTest",
    "RestrictedMean",
    "RestrictedMeanComparison",
    "SurvivalBand",
    "SurvivalEstimate",
    "SurvivalQuantiles",
    "SurvivalTest",
    "compare_cumulative_incidence",
    "compare_hazards_over_time",
    "compare_proportion_to",
    "compare_rmst",
    "compare_survival",
    "compare_survival_at",
    "compare_survival_trend",
    "estimate_cox_survival",
    "estimate_cumulative_hazard",
    "estimate_cumulative_incidence",
    "estimate_logrank_hazard_ratio",
    "estimate_proportion",
    "estimate_rmst",
    "estimate_survival",
    "estimate_survival_band",
    "estimate_survival_quantile",
    "fit_cox",
    "fit_fine_gray",
]
