"""Pure statistics: arrays or columns in, frozen results out; the only room that knows lifelines, statsmodels
and scipy.stats."""

from hepatrial.estimate.competing import (
    CumulativeIncidence,
    estimate_cumulative_incidence,
)
from hepatrial.estimate.cox import (
    CoxFit,
    fit_cox,
)
from hepatrial.estimate.cox_diagnostics import (
    CoxSurvival,
    HazardsOverTime,
    compare_hazards_over_time,
    estimate_cox_survival,
)
from hepatrial.estimate.cumulative_hazard import (
    CumulativeHazard,
    estimate_cumulative_hazard,
)
from hepatrial.estimate.logrank import (
    LogrankHazardRatio,
    SurvivalTest,
    compare_survival,
    compare_survival_trend,
    estimate_logrank_hazard_ratio,
)
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
from hepatrial.estimate.mmrm.fit import (
    MmrmFit,
    fit_mmrm,
)
from hepatrial.estimate.monitoring.conditional_power import (
    ConditionalPower,
    conditional_power,
    predictive_power,
)
from hepatrial.estimate.monitoring.group_sequential import (
    Futility,
    GroupSequentialDesign,
    compute_exit_probabilities,
    design_group_sequential,
)
from hepatrial.estimate.monitoring.inference import (
    RepeatedIntervals,
    SequentialEstimate,
    estimate_after_stopping,
    estimate_repeated_intervals,
)
from hepatrial.estimate.monitoring.stopping_boundary import (
    StoppingBoundary,
    stopping_boundary,
)
from hepatrial.estimate.monitoring.stopping_characteristics import (
    StoppingCharacteristics,
    estimate_stopping_characteristics,
)
from hepatrial.estimate.monitoring.stopping_review import (
    StoppingReview,
    review_stopping,
)
from hepatrial.estimate.monitoring.two_stage import (
    TwoStageDesign,
    design_two_stage,
)
from hepatrial.estimate.multiplicity import (
    AdjustedPValues,
    adjust_p_values,
)
from hepatrial.estimate.proportions import (
    ProportionEstimate,
    ProportionTest,
    compare_proportion_to,
    estimate_proportion,
)
from hepatrial.estimate.rmst import (
    RestrictedMean,
    RestrictedMeanComparison,
    compare_rmst,
    estimate_rmst,
)
from hepatrial.estimate.summaries import (
    MeanEstimate,
    Summary,
    estimate_mean,
    estimate_paired_change,
    summarise,
)
from hepatrial.estimate.survival import (
    SurvivalEstimate,
    estimate_survival,
)
from hepatrial.estimate.survival_at import (
    FixedDayComparison,
    compare_survival_at,
)
from hepatrial.estimate.survival_bands import (
    SurvivalBand,
    estimate_survival_band,
)
from hepatrial.estimate.survival_quantile import (
    SurvivalQuantiles,
    estimate_survival_quantile,
)

__all__ = [
    "AdjustedPValues",
    "ConditionalPower",
    "CoxFit",
    "CoxSurvival",
    "CumulativeHazard",
    "CumulativeIncidence",
    "FixedDayComparison",
    "Futility",
    "GroupSequentialDesign",
    "HazardsOverTime",
    "LinearEstimates",
    "LogrankHazardRatio",
    "MeanEstimate",
    "MixedFit",
    "MmrmFit",
    "ProportionEstimate",
    "ProportionTest",
    "RepeatedIntervals",
    "RestrictedMean",
    "RestrictedMeanComparison",
    "SequentialEstimate",
    "StoppingBoundary",
    "StoppingCharacteristics",
    "StoppingReview",
    "Summary",
    "SurvivalBand",
    "SurvivalEstimate",
    "SurvivalQuantiles",
    "SurvivalTest",
    "TwoStageDesign",
    "adjust_p_values",
    "compare_hazards_over_time",
    "compare_means",
    "compare_proportion_to",
    "compare_rmst",
    "compare_survival",
    "compare_survival_at",
    "compare_survival_trend",
    "compare_terms",
    "compute_exit_probabilities",
    "compute_geometric_means",
    "conditional_power",
    "design_group_sequential",
    "design_two_stage",
    "estimate_after_stopping",
    "estimate_contrasts",
    "estimate_cox_survival",
    "estimate_cumulative_hazard",
    "estimate_cumulative_incidence",
    "estimate_logrank_hazard_ratio",
    "estimate_mean",
    "estimate_means",
    "estimate_paired_change",
    "estimate_proportion",
    "estimate_repeated_intervals",
    "estimate_rmst",
    "estimate_stopping_characteristics",
    "estimate_survival",
    "estimate_survival_band",
    "estimate_survival_quantile",
    "fit_cox",
    "fit_mixed",
    "fit_mmrm",
    "predictive_power",
    "review_stopping",
    "stopping_boundary",
    "summarise",
]
