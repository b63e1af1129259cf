"""study.toml and data.toml: read, checked, frozen."""

from hepatrial.study.analyses import (
    Analysis,
    BaselineAnalysis,
    ByVisitAnalysis,
    CumulativeIncidenceAnalysis,
    DispositionAnalysis,
    EligibilityAnalysis,
    ExposureAnalysis,
    SpecimensAnalysis,
    SurvivalAnalysis,
)
from hepatrial.study.blank_exports import format_codebook, write_blank_exports
from hepatrial.study.blinding import (
    SEALED_VARIABLES,
    View,
    arm_words,
    code_study,
    is_blind,
    pool_study,
    tells_arm,
    without_sealed,
)
from hepatrial.study.criteria import (
    AllOf,
    AnyOf,
    ColumnTest,
    Criterion,
    NotOf,
    ParameterTest,
    PredicateTest,
    leaves,
)
from hepatrial.study.data_cut import LAST_CONTACT, STATUS_CONFIRMED, CutRule, DataCut
from hepatrial.study.data_map import DataMap, ReadingRules, Source, WideValue
from hepatrial.study.explain import describe_criterion, explain_study
from hepatrial.study.forms import write_forms
from hepatrial.study.lock import LOCK_NAME, Lock, PostHoc, find_post_hoc, read_lock, write_lock
from hepatrial.study.masking import describe_masking
from hepatrial.study.models import (
    Arm,
    Eligibility,
    Endpoint,
    Estimand,
    Output,
    Parameter,
    Population,
    Score,
    Study,
    SubjectVariable,
    TimeToEvent,
    Visit,
)
from hepatrial.study.monitoring import FutilityRule, GroupSequential, LookDone, Monitoring, StoppingRule, Toxicity
from hepatrial.study.multiplicity import Hypothesis, MultiplicityAnalysis
from hepatrial.study.parameter_units import convert_to_study_unit
from hepatrial.study.planned import Subgroup
from hepatrial.study.rank_analyses import OrdinalAnalysis, WinComponent, WinsAnalysis
from hepatrial.study.reading import compute_study_hash, format_study, read_data_map, read_study
from hepatrial.study.reference import format_study_reference, make_json_schema, write_study_reference
from hepatrial.study.repeated_measures import CompositeAnalysis, GeeAnalysis, MmrmAnalysis, TrajectoryAnalysis
from hepatrial.study.response_analyses import ProportionAnalysis, StatesAnalysis
from hepatrial.study.safety_analyses import AdverseEventAnalysis
from hepatrial.study.second_stage import is_second_stage, see_output, see_second_stage, see_stage
from hepatrial.study.standard_codes import find_codes
from hepatrial.study.templates import copy_template, start_study, templates_dir
from hepatrial.study.to_confirm import Confirmation, find_confirmations

__all__ = [
    "LAST_CONTACT",
    "LOCK_NAME",
    "SEALED_VARIABLES",
    "STATUS_CONFIRMED",
    "AdverseEventAnalysis",
    "AllOf",
    "Analysis",
    "AnyOf",
    "Arm",
    "BaselineAnalysis",
    "ByVisitAnalysis",
    "ColumnTest",
    "CompositeAnalysis",
    "Confirmation",
    "Criterion",
    "CumulativeIncidenceAnalysis",
    "CutRule",
    "DataCut",
    "DataMap",
    "DispositionAnalysis",
    "Eligibility",
    "EligibilityAnalysis",
    "Endpoint",
    "Estimand",
    "ExposureAnalysis",
    "FutilityRule",
    "GeeAnalysis",
    "GroupSequential",
    "Hypothesis",
    "Lock",
    "LookDone",
    "MmrmAnalysis",
    "Monitoring",
    "MultiplicityAnalysis",
    "NotOf",
    "OrdinalAnalysis",
    "Output",
    "Parameter",
    "ParameterTest",
    "Population",
    "PostHoc",
    "PredicateTest",
    "ProportionAnalysis",
    "ReadingRules",
    "Score",
    "Source",
    "SpecimensAnalysis",
    "StatesAnalysis",
    "StoppingRule",
    "Study",
    "Subgroup",
    "SubjectVariable",
    "SurvivalAnalysis",
    "TimeToEvent",
    "Toxicity",
    "TrajectoryAnalysis",
    "View",
    "Visit",
    "WideValue",
    "WinComponent",
    "WinsAnalysis",
    "arm_words",
    "code_study",
    "compute_study_hash",
    "convert_to_study_unit",
    "copy_template",
    "describe_criterion",
    "describe_masking",
    "explain_study",
    "find_codes",
    "find_confirmations",
    "find_post_hoc",
    "format_codebook",
    "format_study",
    "format_study_reference",
    "is_blind",
    "is_second_stage",
    "leaves",
    "make_json_schema",
    "pool_study",
    "read_data_map",
    "read_lock",
    "read_study",
    "see_output",
    "see_second_stage",
    "see_stage",
    "start_study",
    "tells_arm",
    "templates_dir",
    "without_sealed",
    "write_blank_exports",
    "write_forms",
    "write_lock",
    "write_study_reference",
]
