"""Sentences on what all analyses share: the time origin, visits, safety, and how numbers are made and shown."""

from collections.abc import Mapping

from hepatrial.render.methods.kinds import Choices, Leads, Values
from hepatrial.render.methods.names import name_words
from hepatrial.study.models import BloodProductRule

NUMBERS = (
    "Quartiles are of type 2, as SAS computes them [@hyndman]; numbers are rounded half away from zero when shown and "
    "are "
    "otherwise as computed.",
    "Death is never missing data: no value after death is imputed.",
    "A number that cannot be estimated from the data is shown as NE with its reason, never replaced by another "
    "method's.",
    "Numbers with a second engine (survival, tests, models) were computed twice by independent code; the table of "
    "quality "
    "control says how far they agree, and numbers that disagree are withheld.",
)
SINGLE_ARM = (
    "The study has one arm: estimates and confidence intervals are given, no p-values, and nothing is compared."
)
CODE = "All numbers were computed by hepatrial {version} from the data as the study file says, without manual steps."

_GRADING = {
    "CTCAE v5.0": "Adverse events were graded by CTCAE version 5.0.",
    "CTCAE v6.0": "Adverse events were graded by CTCAE version 6.0.",
    "not stated": "The source of the study does not state how adverse events were graded.",
}
LEADS: Leads = {
    "TimeOrigin": "Follow-up ends at day {end}; day 0 exists, so day 28 is 28 days after the origin.",
    "VisitRule": "",
    "Safety": "",
}
VALUES: Values = {
    ("TimeOrigin", "study_end_day"): "",
    (
        "TimeOrigin",
        "status_tolerance_days",
    ): "A patient last known alive at most {value} days before a fixed day counts as alive there.",
    (
        "VisitRule",
        "sensitivity_hours_after_session",
    ): "A sensitivity dataset leaves out samples taken sooner than {value} hours after a session.",
    ("VisitRule", "blood_products"): "",
    ("Safety", "on_therapy_lag_days"): "An event counts as on therapy up to {value} days after the last treatment.",
    ("Safety", "treatment_emergent_days"): "An event counts as treatment-emergent up to {value} days after the last "
    "treatment.",
    ("Safety", "device_effects"): "An adverse device effect (ISO 14155) is an event related to: {value}.",
    ("Safety", "anticipated_effects"): "The risk assessment foresees these effects: {value}.",
    ("Safety", "stop_actions"): "Actions that stop the treatment: {value}.",
    ("Safety", "product"): "",
    ("Safety", "dictionary"): "Terms are coded with {value}.",
    ("Safety", "special_interest"): "Events of special interest: {value}.",
}
CHOICES: Choices = {
    ("TimeOrigin", "origin"): {
        "first treatment": "Day 0 is the first treatment; deaths between enrolment and day 0 are counted and shown.",
        "randomisation": "Day 0 is the randomisation.",
        "enrolment": "Day 0 is the enrolment.",
    },
    ("VisitRule", "choose"): {
        "nearest": "The record of a visit is that nearest to the target day within its window.",
        "last": "The record of a visit is the last within its window.",
        "worst": "The record of a visit is the worst within its window.",
    },
    ("VisitRule", "tie"): {
        "earlier": "Of two equally near records the earlier counts.",
        "later": "Of two equally near records the later counts.",
    },
    ("VisitRule", "same_day"): {
        "first": "Of several records on one day the first counts.",
        "last": "Of several records on one day the last counts.",
        "mean": "Several records on one day are averaged.",
    },
    ("VisitRule", "baseline"): {
        "last before origin": "The baseline is the last value before the origin.",
        "mean before origin": "The baseline is the mean of the values before the origin.",
    },
    ("Safety", "grading"): _GRADING,
    ("Safety", "grading_symptoms"): {
        "worst-case": "Laboratory grades that depend on symptoms assume that they were present.",
        "none": "Laboratory grades that depend on symptoms assume that there were none.",
    },
    ("Safety", "anticoagulated"): {True: "INR was graded by multiples of baseline as well.", False: ""},
}


def describe_blood_products(rule: BloodProductRule, labels: Mapping[str, str]) -> str:
    """The sentence of one rule, its parameters by their labels."""
    return (
        f"Values of {name_words(rule.parameters, labels)} from samples taken less than {rule.hours:g} hours after "
        f"{rule.label} are flagged, and used as measured unless an analysis leaves them out."
    )
