"""study.toml as frozen models: the protocol and the analysis plan as data.

Every statistical choice is a required key here, so that no default of the code can change a result.
``confirm = true`` marks what the source of the study does not state; the report lists each such place.
"""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from hepatrial.study.analyses import Analysis
from hepatrial.study.criteria import Criterion
from hepatrial.study.data_cut import DataCut
from hepatrial.study.monitoring import Monitoring

Code = str
WHOLE_DATASETS = ("ADAE", "ADSP")
"""Analysis datasets that an endpoint may name as its variable."""
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
    registry_id: str = Field(default="", description="number in a public registry")
    title: str = Field(description="title in English")
    title_local: str = Field(default="", description="title in the site's language")
    phase: str = Field(default="", description="phase as registered")
    status: str = Field(default="", description="recruitment status as registered")
    sponsor: str = Field(default="", description="who is responsible")
    source: str = Field(default="", description="where the definition was taken from")


class Arm(Model):
    """One arm of the design."""

    code: Code = Field(description="code used in the data")
    label: str = Field(description="label in tables and figures")
    description: str = Field(default="", description="what is given")
    dose_days: tuple[int, ...] = Field(
        default=(), description="follow-up days on which a dose is planned; absent: not a fixed schedule"
    )
    dose: float | None = Field(default=None, gt=0, description="planned dose on each of these days")
    dose_unit: str = Field(default="", description="its unit")


class SecondStage(Proposed):
    """A second randomisation, of patients of some arms who are still on study.

    ADSL then has RAND2DT and TRT02P; every comparison of the arms of ``design.arms`` stays as first randomised.
    """

    day: int = Field(gt=0, description="follow-up day on which it is planned")
    of_arms: tuple[Code, ...] = Field(min_length=1, description="arms whose patients are randomised again")
    allocation: str = Field(description="ratio, such as 1:1")
    arms: tuple[Arm, ...] = Field(min_length=2, description="what they are randomised to")
    reference_arm: Code = Field(default="", description="arm of these that the others are compared with, if they are")


class Design(Proposed):
    kind: Literal["single arm", "parallel"] = Field(description="a single arm compares nothing")
    masking: Literal["open", "participant", "observer", "double"] = Field(
        description="who does not know the arm: nobody, the patients alone, those who assess or treat but not the "
        "patients, or both; a double and an observer-masked study has open reports until it is unblinded"
    )
    masked: tuple[Literal["participants", "care providers", "investigators", "outcome assessors"], ...] = Field(
        default=(), description="the people, as the registry lists them; named in the report"
    )
    planned_n: int = Field(gt=0, description="patients planned")
    allocation: str = Field(default="", description="ratio, such as 2:1; empty for a single arm")
    reference_arm: Code = Field(default="", description="arm that the others are compared with")
    arms: tuple[Arm, ...] = Field(min_length=1, description="the arms; one when single arm")
    second: SecondStage | None = Field(default=None, description="second randomisation; absent: none")
    treatment_word: str = Field(
        default="",
        pattern=r"^[a-z]*$",
        description="what one treatment is called in tables, such as infusion; empty: dose where the arms have dosing "
        "days, else session",
    )

    @property
    def one_treatment(self) -> str:
        """``treatment_word``, or what stands for it."""
        return self.treatment_word or ("dose" if any(arm.dose_days for arm in self.arms) else "session")


class TimeOrigin(Proposed):
    """Follow-up day 0. Deaths between enrolment and the origin are counted and shown, whatever the origin."""

    origin: Literal["first treatment", "randomisation", "enrolment"] = Field(description="what day 0 is")
    study_end_day: int = Field(gt=0, description="last follow-up day of the protocol")
    status_tolerance_days: int = Field(
        ge=0,
        description="a patient last known alive at most this many days before a fixed day counts as alive there; "
        "longer before, as unknown",
    )


class Blinding(Proposed):
    """What tells the arms of a blinded study apart, besides their codes and labels (docs/blinding.md)."""

    terms: tuple[str, ...] = Field(
        default=(), description="texts that only one arm has: products, lots, visits; searched for in an open report"
    )
    columns: tuple[str, ...] = Field(
        default=(),
        description="columns of exports that tell the arms, besides arm, treatment, dose, lot, volume, schedule",
    )
    compare_at_interim: bool = Field(
        default=False, description="true: the protocol plans an interim comparison; the closed report shows it"
    )
    arms_known: bool = Field(
        default=False,
        description="true: whoever makes and reads the report knows the arms, so it is by arm; "
        "only where the patients are not masked",
    )


class Visit(Proposed):
    """A protocol visit. Days are follow-up days from the origin: day 28 after treatment is 28 (ADY 29)."""

    code: Code = Field(description="code of the analysis visit; BL is the baseline")
    label: str = Field(description="label in tables and figures")
    day: int = Field(description="target follow-up day")
    window: tuple[int, int] = Field(description="first and last follow-up day")
    labels: tuple[str, ...] = Field(default=(), description="how the site writes it")


class BloodProductRule(Model):
    """Products that change what is measured soon after them: from ``medications``, by kind or by words of the name."""

    label: str = Field(description="what the products are called")
    kinds: tuple[Literal["medication", "blood product", "plasma exchange"], ...] = Field(
        default=(), description="kinds of medications"
    )
    names: tuple[str, ...] = Field(default=(), description="words that a name contains, compared without case")
    hours: float = Field(gt=0, description="samples less than so many hours after it are flagged")
    parameters: tuple[Code, ...] = Field(min_length=1, description="parameters that it changes; scores follow")


class VisitRule(Model):
    """Which record stands for a window: nearest to the target; the tie; several on one day."""

    choose: Literal["nearest", "last", "worst"] = Field(description="which record of a window stands for the visit")
    tie: Literal["earlier", "later"] = Field(description="which of two equally near")
    same_day: Literal["first", "last", "mean"] = Field(description="which of several on one day")
    baseline: Literal["last before origin", "mean before origin"] = Field(
        description="which records before the origin are the baseline"
    )
    sensitivity_hours_after_session: float | None = Field(
        default=None, gt=0, description="ADLBSENS leaves out samples taken sooner after a session; absent: none"
    )
    blood_products: tuple[BloodProductRule, ...] = Field(
        default=(), description="samples soon after these are flagged (BPFL), and left out of ADLBSENS"
    )


class Parameter(Proposed):
    """A laboratory or clinical parameter, in the unit that the study analyses."""

    code: Code = Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$", description="parameter code of the data; PARAMCD")
    label: str = Field(description="label in tables and figures")
    label_local: str = Field(default="", description="label in the site's language")
    group: Group = Field(description="standard table it comes from: labs or clinical")
    unit: str = Field(description="unit of analysis; results in other units are converted")
    decimals: int = Field(ge=0, le=6, description="digits of the value as measured")
    scale: Literal["linear", "log"] = Field(description="scale of means, changes, models and axes")
    lower_limit: float | None = Field(default=None, description="lower limit of quantification, in the unit")
    upper_limit: float | None = Field(default=None, description="upper limit of quantification, in the unit")
    below_limit: Literal["half", "limit"] = Field(
        default="half",
        description="value analysed for a result below the limit; the bound stays with the record",
    )
    above_limit: Literal["limit"] = Field(
        default="limit", description="value analysed for a result above the upper limit"
    )
    worse: Literal["high", "low"] | None = Field(
        default=None,
        description="which side is worse; needed where the worst value of a window or after baseline counts",
    )
    codes: tuple[str, ...] = Field(default=(), description="for a graded parameter, the texts allowed")
    factor: float | None = Field(default=None, description="laboratory's own factor from factor_unit to unit")
    factor_unit: str = Field(default="", description="unit that the laboratory's own factor starts from")


class Score(Proposed):
    """A derived parameter: one of the liver scores of hepatrial.derive.scores."""

    code: Code = Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$", description="code of the derived parameter; PARAMCD")
    label: str = Field(description="label in tables and figures")
    score: str = Field(description="name in the score registry, such as MELD or COSSH")
    variant: str = Field(default="", description="variant of the score; empty: the registry's own")
    decimals: int = Field(ge=0, le=6, description="digits shown")
    unit: str = Field(default="points", description="unit shown")
    scale: Literal["linear", "log"] = Field(default="linear", description="scale of means, changes, models and axes")


class ResultSource(Model):
    """Results that make an event: after the origin, of a value that the comparison meets."""

    parameter: Code = Field(description="parameter code")
    op: Literal["<", "<=", ">=", ">"] = Field(description="comparator")
    value: float = Field(description="value compared with")
    unit: str = Field(default="", description="unit of the value; empty: that of the parameter")
    baseline: Literal["any", "new", "worse"] = Field(
        description="any: whatever the baseline; new: only where the baseline does not meet it; worse: only beyond "
        "the baseline. Without a baseline every value that meets it counts"
    )


class EventSource(Model):
    """A dated event of the course, such as the first decompensation; the earliest of its records is its date.

    ``times_to_event`` names it as ``"event CODE"``, criteria as ``"outcome.event CODE"``.
    """

    code: Code = Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$", description="code of the event")
    label: str = Field(description="what it is called")
    terms: tuple[str, ...] = Field(default=(), description="preferred terms of adverse events, compared without case")
    min_grade: int = Field(default=1, ge=1, le=5, description="lowest grade that counts; no grade counts")
    results: tuple[ResultSource, ...] = Field(default=(), description="laboratory or bedside results")


class TimeToEvent(Model):
    """A time-to-event parameter: ordered event and censoring sources; events beat censorings.

    Sources are outcomes (death, transplant, withdrawal, discharge against advice, lost to follow-up, last contact,
    completed), ``special interest CODE`` (safety.special_interest) and ``event CODE`` (event_sources).
    """

    code: Code = Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$", description="code of the parameter; PARAMCD")
    label: str = Field(description="label in tables and figures")
    events: tuple[str, ...] = Field(min_length=1, description="outcomes that are the event")
    competing: tuple[str, ...] = Field(default=(), description="outcomes after which the event cannot happen")
    censor_at: tuple[str, ...] = Field(default=(), description="outcomes that end follow-up besides the last contact")
    censor_at_day: int | None = Field(default=None, description="administrative censoring at this follow-up day")
    origin: Literal["study", "second randomisation"] = Field(
        default="study",
        description="when time starts: on day 0 of the study, or on the day of the second randomisation, which only "
        "those randomised again have",
    )
    unknown_after_discharge: Literal["censored", "event"] = Field(
        default="censored",
        description="a patient discharged against advice of whom nothing is known later: censored on that day, or the "
        "event on that day, taken to have died",
    )
    note: str = Field(default="", description="assumption printed with every use")


class Level(Model):
    """One category of a subject variable, in the order of the report."""

    value: str = Field(description="text of the data; level of its results")
    label: str = Field(default="", description="label in tables; empty: the value")
    where: dict[str, tuple[str, ...]] = Field(
        default={}, description="column of ADSL = texts, all of which must hold; absent: the variable is the value"
    )


class SubjectVariable(Model):
    """A column of ADSL besides those that every study has: from ADaM data, or made of columns by its levels."""

    code: Code = Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$", description="variable of ADSL; analyses name it")
    label: str = Field(description="label in tables")
    kind: Literal["number", "category"] = Field(description="number: summarised; category: counted")
    unit: str = Field(default="", description="unit of a number")
    decimals: int = Field(default=0, ge=0, le=6, description="digits of a number as measured")
    levels: tuple[Level, ...] = Field(
        default=(), description="categories; a subject has the first that holds. Empty: the texts of the data, sorted"
    )


class PopulationStep(Model):
    reason: str = Field(description="why a subject who fails this step is left out")
    keep: Criterion = Field(description="who stays")


class Population(Proposed):
    """An analysis population: its flag, and the steps that lead to it."""

    code: Code = Field(description="code that analyses name")
    label: str = Field(description="label in tables and figures")
    flag: str = Field(
        pattern=r"^[A-Z][A-Z0-9]{0,5}FL$",
        description="its flag in ADSL: ENRLFL, FASFL, SAFFL, PPROTFL, or one of the study's own such as EVAL28FL",
    )
    steps: tuple[PopulationStep, ...] = Field(
        default=(), description="who is left out, step by step; none where ADaM data bring the flag"
    )


class Eligibility(Proposed):
    """One inclusion or exclusion criterion."""

    id: Code = Field(description="id as in the eligibility table")
    kind: Literal["inclusion", "exclusion"] = Field(description="inclusion is met when true, exclusion when false")
    text: str = Field(description="wording")
    criterion: Criterion | None = Field(default=None, description="absent: not assessable on the data, the tick only")


class IntercurrentEvent(Model):
    event: str = Field(description="what can happen after treatment starts")
    strategy: Literal[
        "treatment policy",
        "composite",
        "hypothetical",
        "while on treatment",
        "principal stratum",
        "competing risk",
    ] = Field(description="how it is handled (ICH E9(R1))")
    outcomes: tuple[str, ...] | None = Field(
        default=None,
        description="outcomes that it is, as in times_to_event: its strategy is then checked against them; absent: "
        "told from wordings such as liver transplantation, death, withdrawal of consent",
    )
    note: str = Field(default="", description="what that means here")


class Estimand(Proposed):
    """The five attributes of ICH E9(R1)."""

    population: Code = Field(description="population code")
    treatment: str = Field(description="the treatment conditions compared or described")
    variable: str = Field(description="the variable, in words")
    intercurrent_events: tuple[IntercurrentEvent, ...] = Field(description="each with its strategy")
    summary_measure: str = Field(description="what is estimated")


class Endpoint(Proposed):
    """One endpoint of the protocol, with the analyses that answer it."""

    id: Code = Field(description="id in the results table")
    role: Literal["primary", "secondary", "exploratory", "supplementary", "safety"] = Field(
        description="its place in the protocol"
    )
    title: str = Field(description="title in the report")
    time_frame: str = Field(default="", description="time frame as registered")
    variable: Code = Field(description="parameter, score or time-to-event code; or an analysis dataset such as ADAE")
    days: tuple[int, ...] = Field(default=(), description="follow-up days that it is asked for; empty: no days")
    estimand: Estimand | None = Field(default=None, description="the five attributes of ICH E9(R1)")
    analyses: tuple[Code, ...] = Field(min_length=1, description="ids of the analyses that answer it")


class SpecialInterest(Model):
    code: Code = Field(description="code")
    label: str = Field(description="label")
    terms: tuple[str, ...] = Field(description="preferred terms, compared without case")


class Safety(Proposed):
    on_therapy_lag_days: int = Field(
        ge=0, description="days after the end of the last treatment that still count as on therapy"
    )
    treatment_emergent_days: int | None = Field(
        default=None, description="last day after the last treatment that still counts; absent: to the end"
    )
    grading: Literal["CTCAE v5.0", "CTCAE v6.0", "not stated"] = Field(description="grading of adverse events")
    grading_symptoms: Literal["worst-case", "none"] = Field(
        default="worst-case", description="laboratory grades that depend on symptoms: assumed present, or absent"
    )
    anticoagulated: bool = Field(default=False, description="true: grade INR by multiples of baseline as well")
    product: str = Field(
        default="cells",
        pattern=r"^[a-z ]+$",
        description="what ``related_cells`` of an event is a relation to, as tables call it: cells, vesicles",
    )
    device_effects: tuple[Literal["device", "procedure", "cells"], ...] = Field(
        default=("device",), description="causalities that make an event an adverse device effect (ISO 14155)"
    )
    anticipated_effects: tuple[str, ...] | None = Field(
        default=None,
        description="preferred terms that the risk assessment foresees, compared without case; a device effect "
        "outside them is unanticipated; absent: not assessable",
    )
    dictionary: str = Field(default="", description="dictionary of the coded terms")
    stop_actions: tuple[str, ...] = Field(
        default=(),
        description="texts of the action taken that say that treatment was stopped for good, compared without case",
    )
    special_interest: tuple[SpecialInterest, ...] = Field(default=(), description="groups of terms to be followed")


class Specimens(Proposed):
    kinds: tuple[Literal["blood", "urine", "faeces"], ...] = Field(default=(), description="what is collected")
    visits: tuple[Code, ...] = Field(default=(), description="visits at which it is due")


class Output(Model):
    """One numbered output: which template draws which analyses."""

    number: str = Field(pattern=r"^\d+(\.\d+)*$", description="number in the report (ICH E3)")
    kind: Literal["table", "figure", "listing"] = Field(description="what it is")
    template: str = Field(description="name of the template that draws it")
    title: str = Field(description="title")
    analyses: tuple[Code, ...] = Field(default=(), description="ids of the analyses that it shows")
    parameters: tuple[Code, ...] = Field(default=(), description="one figure or panel each; empty: all of the analyses")
    visit: Code = Field(default="", description="visit that a waterfall shows")
    population: Code = Field(default="", description="population code")
    footnotes: tuple[str, ...] = Field(default=(), description="printed below it")


class Study(Model):
    """The whole study definition; ``hepatrial.study.read_study`` reads it from study.toml."""

    schema_version: Literal[1] = Field(description="version of this file format")
    identity: Identity = Field(description="what the study is")
    design: Design = Field(description="arms and size")
    blinding: Blinding = Field(default=Blinding(), description="of a masked study")
    time: TimeOrigin = Field(description="day 0 and follow-up")
    visit_rule: VisitRule = Field(description="one rule for all visits")
    visits: tuple[Visit, ...] = Field(description="analysis visits with their windows")
    parameters: tuple[Parameter, ...] = Field(default=(), description="laboratory and bedside parameters")
    scores: tuple[Score, ...] = Field(default=(), description="derived parameters")
    event_sources: tuple[EventSource, ...] = Field(default=(), description="dated events besides the outcomes")
    times_to_event: tuple[TimeToEvent, ...] = Field(default=(), description="time-to-event parameters")
    subject_variables: tuple[SubjectVariable, ...] = Field(default=(), description="further columns of ADSL")
    populations: tuple[Population, ...] = Field(min_length=1, description="analysis populations")
    eligibility: tuple[Eligibility, ...] = Field(default=(), description="inclusion and exclusion criteria")
    endpoints: tuple[Endpoint, ...] = Field(min_length=1, description="endpoints with their estimands")
    analyses: tuple[Analysis, ...] = Field(min_length=1, description="planned analyses")
    safety: Safety | None = Field(default=None, description="adverse events")
    specimens: Specimens | None = Field(default=None, description="specimens due")
    outputs: tuple[Output, ...] = Field(
        min_length=1, description="tables, figures and listings, in the order of the report"
    )
    data_cut: DataCut | None = Field(default=None, description="what an interim report knows; compulsory for one")
    monitoring: Monitoring | None = Field(default=None, description="what a safety board decides by")
    findings_limit: Severity = Field(description="findings at or above this severity stop the report")
    unblinded_on: date | None = Field(default=None, description="later decisions are marked in the report")
    seed: int = Field(default=0, description="seed of every random draw")

    def parameter(self, code: str) -> "Parameter | Score | None":
        """The parameter or score with this code, or None."""
        known: tuple[Parameter | Score, ...] = (*self.parameters, *self.scores)
        return next((item for item in known if item.code == code), None)

    def subject_variable(self, code: str) -> SubjectVariable | None:
        """The subject variable with this code, or None."""
        return next((item for item in self.subject_variables if item.code == code), None)

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
        """Id of the endpoint that this number answers: its analysis, its variable, and its day where it has days.

        An endpoint whose variable is a whole dataset (adverse events) is answered by every number of its analyses.
        """
        for endpoint in self.endpoints:
            if (
                analysis_id in endpoint.analyses
                and endpoint.variable in (variable, *WHOLE_DATASETS)
                and (not endpoint.days or day is None or int(day) in endpoint.days)
            ):
                return endpoint.id
        return ""
