"""Tables: result rows in, frozen Table out."""

from hepatrial.render.tables.courses import build_censored_model, build_trajectory_summary
from hepatrial.render.tables.data_cut import build_data_cut_status, build_data_cut_times
from hepatrial.render.tables.efficacy import (
    build_by_visit,
    build_incidence,
    build_mixed_model,
    build_survival,
    build_survival_status,
)
from hepatrial.render.tables.minutes import build_minutes
from hepatrial.render.tables.missing import build_imputation, build_missingness
from hepatrial.render.tables.multiplicity import build_multiplicity
from hepatrial.render.tables.proportions import build_proportion
from hepatrial.render.tables.quality import build_quality_control
from hepatrial.render.tables.ranks import build_ordinal, build_wins
from hepatrial.render.tables.repeated_measures import (
    build_composite,
    build_gee,
    build_influence,
    build_mmrm,
    build_mmrm_covariance,
    build_slopes,
)
from hepatrial.render.tables.response_tipping import build_response_tipping
from hepatrial.render.tables.safety import build_ae_grades, build_ae_overview, build_ae_terms
from hepatrial.render.tables.safety_deaths import build_deaths, build_medications
from hepatrial.render.tables.safety_events import (
    build_ae_action,
    build_ae_common,
    build_ae_device,
    build_ae_special,
    build_ae_times,
)
from hepatrial.render.tables.safety_laboratory import build_lab_categories, build_lab_levels, build_lab_shift
from hepatrial.render.tables.safety_liver import build_liver_injury
from hepatrial.render.tables.sequential import (
    build_sequential_boundaries,
    build_sequential_inference,
    build_sequential_not_evaluable,
)
from hepatrial.render.tables.states import build_states
from hepatrial.render.tables.stopping import (
    build_no_stopping_rule,
    build_stopping_boundary,
    build_stopping_characteristics,
    build_stopping_verdicts,
)
from hepatrial.render.tables.subgroups import build_subgroups
from hepatrial.render.tables.subjects import (
    build_baseline,
    build_disposition,
    build_eligibility,
    build_exposure,
    build_specimens,
)

__all__ = [
    "build_ae_action",
    "build_ae_common",
    "build_ae_device",
    "build_ae_grades",
    "build_ae_overview",
    "build_ae_special",
    "build_ae_terms",
    "build_ae_times",
    "build_baseline",
    "build_by_visit",
    "build_censored_model",
    "build_composite",
    "build_data_cut_status",
    "build_data_cut_times",
    "build_deaths",
    "build_disposition",
    "build_eligibility",
    "build_exposure",
    "build_gee",
    "build_imputation",
    "build_incidence",
    "build_influence",
    "build_lab_categories",
    "build_lab_levels",
    "build_lab_shift",
    "build_liver_injury",
    "build_medications",
    "build_minutes",
    "build_missingness",
    "build_mixed_model",
    "build_mmrm",
    "build_mmrm_covariance",
    "build_multiplicity",
    "build_no_stopping_rule",
    "build_ordinal",
    "build_proportion",
    "build_quality_control",
    "build_response_tipping",
    "build_sequential_boundaries",
    "build_sequential_inference",
    "build_sequential_not_evaluable",
    "build_slopes",
    "build_specimens",
    "build_states",
    "build_stopping_boundary",
    "build_stopping_characteristics",
    "build_stopping_verdicts",
    "build_subgroups",
    "build_survival",
    "build_survival_status",
    "build_trajectory_summary",
    "build_wins",
]
