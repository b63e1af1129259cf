"""Planned analyses of safety: adverse events, laboratory shifts and levels."""

from typing import Literal

from pydantic import Field

from hepatrial.study.planned import ConfLevel, Planned

EVENT_KINDS = (
    "any", "related", "related to device", "related to procedure", "related to cells", "serious", "serious and related",
    "grade 3 or more", "fatal", "adverse device effect", "adverse device effect, not assessable",
    "serious adverse device effect", "serious adverse device effect, not assessable",
    "unanticipated serious adverse device effect", "unanticipated serious adverse device effect, not assessable",
    "on therapy", "on therapy and related", "led to stop of treatment",
)  # fmt: skip
"""Kinds of adverse events that an analysis can name, besides ``special interest CODE``."""


class AdverseEventAnalysis(Planned):
    """Events and patients: any, related, device effects, serious, by grade, by action taken, of special interest, by
    class and term, on therapy, per patient and per session.
    """

    method: Literal["adverse events"]
    conf_level: ConfLevel = Field(description="confidence level, such as 0.95")
    events: Literal["all", "serious"] = Field(default="all", description="which of the treatment-emergent events")
    min_percent: float = Field(
        default=0.0, ge=0, lt=100,
        description="only terms that at least so many per cent of the patients of some group had; 0: all, with classes",
    )  # fmt: skip
    comparison: Literal["fisher"] | None = Field(
        default=None, description="exact two-sided test of each arm with the reference arm, a row; absent: none"
    )
    risk_difference: Literal["miettinen-nurminen", "newcombe"] | None = Field(
        default=None,
        description="difference of the proportions of each arm and the reference arm, a row, with limits by this "
        "method; absent: none",
    )


class AdverseEventTimeAnalysis(Planned):
    """Time to the first event of a kind: cumulative incidence with death competing beside the crude proportion, and
    rates per patient-time.

    A patient is observed from the first treatment to death, the end of study or the last contact. Days of a rate count
    both ends; times to an event have a day 0.
    """

    method: Literal["adverse event times"]
    kinds: tuple[str, ...] = Field(
        min_length=1,
        description="kinds of events: any, related, serious, grade 3 or more, fatal, … (docs/results.md), or "
        "'special interest CODE'",
    )
    days: tuple[int, ...] = Field(min_length=1, description="days after the first treatment")
    rate_days: int = Field(gt=0, description="rates are per so many patient-days")
    conf_type: Literal["plain", "log", "log-log", "small-sample"] = Field(
        description="transformation of the interval of a cumulative incidence"
    )
    conf_level: ConfLevel = Field(description="confidence level, such as 0.95")
    events: Literal["all", "serious"] = Field(default="all", description="which of the treatment-emergent events")


class DeathsAnalysis(Planned):
    """Deaths of the population: all, by days since the last treatment, after transplantation, by cause."""

    method: Literal["deaths"]
    within_days: tuple[int, ...] = Field(
        default=(), description="deaths at most so many days after the end of the last treatment; each a row"
    )
    conf_level: ConfLevel = Field(description="confidence level, such as 0.95")


class MedicationsAnalysis(Planned):
    """Medications and blood products: patients, by kind and name, from the first treatment on."""

    method: Literal["medications"]


class LiverInjuryAnalysis(Planned):
    """Patients by quadrant of eDISH and of its modified forms; the strongest is "requires adjudication"."""

    method: Literal["liver injury"]


class LaboratoryShiftAnalysis(Planned):
    """Category at baseline against the category after it; bilirubin and INR also as multiples of the upper limit.

    ``worst`` of categories low, normal, high is the value furthest outside the limits, as a multiple of the limit that
    it is beyond (inside them: nearest to one); of grades, the highest.
    """

    method: Literal["laboratory shift"]
    parameters: tuple[str, ...] = Field(min_length=1, description="laboratory parameters")
    categories: Literal["range", "reported", "grade"] = Field(
        description="range: low, normal, high by the limits; reported: as the laboratory reported (LBNRIND of ADaM "
        "input); grade: CTCAE grade as from a normal baseline"
    )
    low_multiple: float = Field(default=1.0, gt=0, description="low is below this multiple of the lower limit")
    high_multiple: float = Field(default=1.0, gt=0, description="high is above this multiple of the upper limit")
    to: Literal["worst", "visits"] = Field(description="the worst value after baseline, or that of each visit")
    visits: tuple[str, ...] = Field(default=(), description="visit codes, with to = visits")
    records: Literal["all", "analysed"] = Field(
        description="records after baseline that count: all, or those with ANL01FL = Y"
    )
    native_liver: bool = Field(description="true: values from the day of transplantation on are left out")
    comparison: Literal["fisher", "cmh"] | None = Field(
        default=None,
        description="test between the arms: fisher of the category after baseline; cmh of its mean score within the "
        "categories at baseline; absent: none",
    )


class LaboratoryLevelsAnalysis(Planned):
    """Patients beyond the FDA's levels 1, 2, 3 after baseline, by the level at baseline, and beyond extreme values."""

    method: Literal["laboratory levels"]
    parameters: tuple[str, ...] = Field(min_length=1, description="laboratory parameters")
    native_liver: bool = Field(description="true: values from the day of transplantation on are left out")
    conf_level: ConfLevel = Field(description="confidence level, such as 0.95")
