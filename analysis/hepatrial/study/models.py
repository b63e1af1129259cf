"""study.toml as frozen models: the protocol and the analysis plan as data.

Every statistical choice is a required key here, so that no default of the code can change a result.
``confirm = true`` marks what the source of the study does not state; the report lists each such place.
"""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from hepatrial.study.analyses import Analysis
from hepatrial.study.criteria import Criterion

Code = str
Severity = Literal["note", "warning", "error", "fatal"]
Group = Literal["LABORATORY", "CLINICAL"]


class Model(BaseModel):
    """Frozen, strict, and closed: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Proposed(Model):
    """Something that the study's source may not state."""

    confirm: bool = Field(default=False, description="true: proposed by us, to be confirmed by the investigator")
    confirm_note: str = Field(default="", description="what the source says or does not say")


class Identity(Model):
    study_id: str = Field(description="identifier shown on every page; STUDYID of the datasets")
    registry_id: str = ""
    title: str
    title_local: str = Field(default="", description="title in the site's language")
    phase: str = ""
    status: str = Field(default="", description="recruitment status as registered")
    sponsor: str = ""
    source: str = Field(default="", description="where the definition was taken from")


class Arm(Model):
    code: Code
    label: str
    description: str = ""


class Design(Proposed):
    kind: Literal["single arm", "parallel"]
    masking: Literal["open", "participant", "double"]
    planned_n: int = Field(gt=0)
    allocation: str = Field(default="", description="ratio, such as 2:1; empty for a single arm")
    reference_arm: Code = Field(default="", description="arm that the others are compared with")
    arms: tuple[Arm, ...] = Field(min_length=1)


class TimeOrigin(Proposed):
    """Follow-up day 0. Deaths between enrolment and the origin are counted and shown, whatever the origin."""

    origin: Literal["first treatment", "randomisation", "enrolment"]
    study_end_day: int = Field(gt=0, description="last follow-up day of the protocol")
    status_tolerance_days: int = Field(
        ge=0,
        description="a patient last known alive at most this many days before a fixed day counts as alive there; "
        "longer before, as unknown",
    )


class Visit(Proposed):
    """A protocol visit. Days are follow-up days from the origin: day 28 after treatment is 28 (ADY 29)."""

    code: Code
    label: str
    day: int
    window: tuple[int, int] = Field(description="first and last follow-up day")
    labels: tuple[str, ...] = Field(default=(), description="how the site writes it")


class VisitRule(Model):
    """Which record stands for a window: nearest to the target; the tie; several on one day."""

    choose: Literal["nearest", "last", "worst"]
    tie: Literal["earlier", "later"]
    same_day: Literal["first", "last", "mean"]
    baseline: Literal["last before origin", "mean before origin"]


class Parameter(Proposed):
    code: Code = Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$")
    label: str
    label_local: str = ""
    group: Group
    unit: str
    decimals: int = Field(ge=0, le=6, description="digits of the value as measured")
    scale: Literal["linear", "log"]
    lower_limit: float | None = Field(default=None, description="lower limit of quantification, in the unit")
    upper_limit: float | None = Field(default=None, description="upper limit of quantification, in the unit")
    below_limit: Literal["half", "limit"] = Field(
        default="half",
        description="value analysed for a result below the limit; the bound stays with the record",
    )
    above_limit: Literal["limit"] = "limit"
    worse: Literal["high", "low"] | None = Field(
        default=None,
        description="which side is worse: for visit_rule.choose = 'worst' and the worst value after baseline",
    )
    codes: tuple[str, ...] = Field(default=(), description="for a graded parameter, the texts allowed")
    factor: float | None = Field(default=None, description="laboratory's own factor from factor_unit to unit")
    factor_unit: str = ""


class Score(Proposed):
    """A derived parameter: one of the liver scores of hepatrial.derive.scores."""

    code: Code = Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$")
    label: str
    score: str = Field(description="name in the score registry, such as MELD or COSSH")
    variant: str = ""
    decimals: int = Field(ge=0, le=6)
    unit: str = "points"
    scale: Literal["linear", "log"] = "linear"


class TimeToEvent(Model):
    """A time-to-event parameter: ordered event and censoring sources; events beat censorings."""

    code: Code = Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$")
    label: str
    events: tuple[str, ...] = Field(min_length=1, description="outcomes that are the event")
    competing: tuple[str, ...] = Field(default=(), description="outcomes after which the event cannot happen")
    censor_at: tuple[str, ...] = Field(default=(), description="outcomes that end follow-up besides the last contact")
    censor_at_day: int | None = Field(default=None, description="administrative censoring at this follow-up day")
    note: str = Field(default="", description="assumption printed with every use")


class PopulationStep(Model):
    reason: str = Field(description="why a subject who fails this step is left out")
    keep: Criterion


class Population(Proposed):
    code: Code
    label: str
    flag: Literal["ENRLFL", "FASFL", "SAFFL", "PPROTFL"]
    steps: tuple[PopulationStep, ...] = Field(min_length=1)


class Eligibility(Proposed):
    id: Code
    kind: Literal["inclusion", "exclusion"]
    text: str
    criterion: Criterion | None = Field(default=None, description="absent: not assessable on the data, the tick only")


class IntercurrentEvent(Model):
    event: str
    strategy: Literal[
        "treatment policy",
        "composite",
        "hypothetical",
        "while on treatment",
        "principal stratum",
        "competing risk",
    ]
    note: str = ""


class Estimand(Proposed):
    """The five attributes of ICH E9(R1)."""

    population: Code
    treatment: str
    variable: str
    intercurrent_events: tuple[IntercurrentEvent, ...]
    summary_measure: str


class Endpoint(Proposed):
    id: Code
    role: Literal["primary", "secondary", "exploratory", "supplementary", "safety"]
    title: str
    time_frame: str = ""
    variable: Code = Field(description="parameter, score or time-to-event code; or an analysis dataset such as ADAE")
    days: tuple[int, ...] = ()
    estimand: Estimand | None = None
    analyses: tuple[Code, ...] = Field(min_length=1)


class SpecialInterest(Model):
    code: Code
    label: str
    terms: tuple[str, ...] = Field(description="preferred terms, compared without case")


class Safety(Proposed):
    on_therapy_lag_days: int = Field(ge=0)
    treatment_emergent_days: int | None = Field(
        default=None, description="last day after the last treatment that still counts; absent: to the end"
    )
    grading: Literal["CTCAE v5.0", "CTCAE v6.0", "not stated"]
    dictionary: str = ""
    special_interest: tuple[SpecialInterest, ...] = ()


class Specimens(Proposed):
    kinds: tuple[Literal["blood", "urine", "faeces"], ...] = ()
    visits: tuple[Code, ...] = ()


class Output(Model):
    """One numbered output: which template draws which analyses."""

    number: str = Field(pattern=r"^\d+(\.\d+)*$")
    kind: Literal["table", "figure", "listing"]
    template: str
    title: str
    analyses: tuple[Code, ...] = ()
    parameters: tuple[Code, ...] = Field(default=(), description="one figure or panel each; empty: all of the analyses")
    population: Code = ""
    footnotes: tuple[str, ...] = ()


class Study(Model):
    """The whole study definition; ``hepatrial.study.read_study`` reads it from study.toml."""

    schema_version: Literal[1]
    identity: Identity
    design: Design
    time: TimeOrigin
    visit_rule: VisitRule
    visits: tuple[Visit, ...]
    parameters: tuple[Parameter, ...] = ()
    scores: tuple[Score, ...] = ()
    times_to_event: tuple[TimeToEvent, ...] = ()
    populations: tuple[Population, ...] = Field(min_length=1)
    eligibility: tuple[Eligibility, ...] = ()
    endpoints: tuple[Endpoint, ...] = Field(min_length=1)
    analyses: tuple[Analysis, ...] = Field(min_length=1)
    safety: Safety | None = None
    specimens: Specimens | None = None
    outputs: tuple[Output, ...] = Field(min_length=1)
    findings_limit: Severity = Field(description="findings at or above this severity stop the report")
    unblinded_on: date | None = None
    seed: int = 0

    def parameter(self, code: str) -> "Parameter | Score | None":
        """The parameter or score with this code, or None."""
        known: tuple[Parameter | Score, ...] = (*self.parameters, *self.scores)
        return next((item for item in known if item.code == code), None)

    def analysis(self, analysis_id: str) -> Analysis:
        """The analysis with this id."""
        return next(item for item in self.analyses if item.id == analysis_id)

    def population(self, code: str) -> Population:
        """The population with this code."""
        return next(item for item in self.populations if item.code == code)

    def time_to_event(self, code: str) -> TimeToEvent:
        """The time-to-event parameter with this code."""
        return next(item for item in self.times_to_event if item.code == code)

    def endpoint_of(self, analysis_id: str, variable: str, day: float | None = None) -> str:
        """Id of the endpoint that this number answers: its analysis, its variable, and its day where it has days."""
        for endpoint in self.endpoints:
            if (
                analysis_id in endpoint.analyses
                and endpoint.variable == variable
                and (not endpoint.days or day is None or int(day) in endpoint.days)
            ):
                return endpoint.id
        return ""
