"""ADTTE: one row a subject and time-to-event parameter, from ordered event and censoring sources.

Rules
-----
1. Time starts on ORIGDT, of a parameter with ``origin = "second randomisation"`` on RAND2DT, and is counted in whole
   days with a day 0.
2. Subjects without an origin, or dead before it, have no row; ADSL and the ledger (population ORIGIN) show them.
3. Follow-up ends on the first of: death, a ``censor_at`` outcome, the ``censor_at_day``.
4. The first outcome among ``events`` (CNSR 0) and ``competing`` (CNSR 2) from the origin to the end of follow-up
   decides. On one day an event beats a competing outcome and both beat a censoring; but death comes after
   anything else that happened that day, and after a transplantation that ends follow-up (``censor_at``). Among
   ``events`` the order of the study file decides. Where the study file says so (``unknown_after_discharge``),
   discharge against advice of someone not heard of since is the event.
5. Otherwise the subject is censored (CNSR 1) at the end of follow-up or, when that is earlier, on the last day
   known alive. Whoever died after follow-up ended was alive until then.

The same result in R: ``admiral::derive_param_tte`` with these sources.
"""

import pandas as pd

from hepatrial.contracts import ADAM_DATASETS
from hepatrial.derive.days import derive_follow_up_day
from hepatrial.derive.event_sources import EVENT as EVENT_PREFIX
from hepatrial.derive.frames import conform, stack_rows
from hepatrial.derive.outcomes import FACT_COLUMNS
from hepatrial.derive.special_interest import PREFIX
from hepatrial.errors import DeriveError
from hepatrial.study.models import Study, TimeToEvent
from hepatrial.study.second_stage import AGAIN

EVENT, CENSORED, COMPETING = 0.0, 1.0, 2.0
SOURCES = (
    "death", "transplant", "withdrawal", "discharge against advice", "lost to follow-up", "last contact", "completed",
)  # fmt: skip
"""Outcomes that a parameter may name, besides ``special interest <code>`` and ``event <code>``."""
TRANSPLANT = "transplant"
DISCHARGE = "discharge against advice"
NOT_HEARD_OF = "discharge against advice, not heard of since"
_STOP_ORDER = {TRANSPLANT: 0.0, "death": 1.0}
"""What ends follow-up first of two on one day; anything else is recorded because of the death."""


def derive_adtte(subjects: pd.DataFrame, facts: pd.DataFrame, alive: pd.DataFrame, study: Study) -> pd.DataFrame:
    """One row a subject at risk and parameter.

    Parameters
    ----------
    subjects : DataFrame
        Output of ``derive_subjects``.
    facts : DataFrame, columns FACT_COLUMNS
        Outcomes with their resolved dates (deaths by the rules of :mod:`hepatrial.derive.outcomes`).
    alive : DataFrame, columns FACT_COLUMNS
        Latest evidence of life, one row a subject.
    """
    at_risk = find_at_risk(subjects)
    for parameter in study.times_to_event:
        _check_sources(parameter, study)
    parameters = study.times_to_event if len(at_risk) else ()
    frames = [_derive_parameter(at_risk, facts, alive, parameter) for parameter in parameters]
    return conform(stack_rows(frames) if frames else pd.DataFrame(), ADAM_DATASETS["ADTTE"])


def find_at_risk(subjects: pd.DataFrame) -> pd.DataFrame:
    """Subjects who reached the origin and did not die before it."""
    return subjects[subjects["ORIGDT"].notna() & ~(subjects["DTHDT"] < subjects["ORIGDT"])]


def _derive_parameter(
    at_risk: pd.DataFrame, facts: pd.DataFrame, alive: pd.DataFrame, parameter: TimeToEvent
) -> pd.DataFrame:
    study_id = at_risk["STUDYID"].iloc[0]
    if parameter.origin == AGAIN:
        at_risk = _from_second_randomisation(at_risk)
    origin = at_risk.set_index("USUBJID")["ORIGDT"]
    timed = facts[facts["USUBJID"].isin(origin.index)].assign(STARTDT=lambda f: f["USUBJID"].map(origin))
    timed = timed[timed["ADT"] >= timed["STARTDT"]]
    if parameter.unknown_after_discharge == "event":
        timed = stack_rows([timed, _find_not_heard_of(timed, at_risk, alive)])
    ends = _end_of_follow_up(at_risk, timed, parameter)
    happened = _first_outcomes(timed, ends, parameter)
    censored = _censorings(ends[~ends["USUBJID"].isin(happened["USUBJID"])], at_risk, alive)
    rows = stack_rows([happened, censored])
    rows["STARTDT"] = rows["USUBJID"].map(origin)
    rows["AVAL"] = derive_follow_up_day(rows["ADT"], rows["STARTDT"])
    return rows.assign(STUDYID=study_id, PARAMCD=parameter.code, PARAM=parameter.label)


def _from_second_randomisation(at_risk: pd.DataFrame) -> pd.DataFrame:
    """Those randomised again and not dead before it, with that day as their origin."""
    return find_at_risk(at_risk[at_risk["RAND2DT"].notna()].assign(ORIGDT=lambda frame: frame["RAND2DT"]))


def known_sources(study: Study) -> tuple[str, ...]:
    """Outcomes that the study file may name: SOURCES, its groups of special interest and its event sources."""
    groups = study.safety.special_interest if study.safety else ()
    named = (f"{EVENT_PREFIX}{item.code}" for item in study.event_sources)
    return (*SOURCES, *(f"{PREFIX}{item.code}" for item in groups), *named)


def _check_sources(parameter: TimeToEvent, study: Study) -> None:
    known = known_sources(study)
    for field in ("events", "competing", "censor_at"):
        for name in getattr(parameter, field):
            if name not in known:
                raise DeriveError(
                    f"times_to_event[{parameter.code}].{field}: {name!r} is not an outcome; known: {', '.join(known)}"
                )


def _end_of_follow_up(at_risk: pd.DataFrame, timed: pd.DataFrame, parameter: TimeToEvent) -> pd.DataFrame:
    """One row a subject: ADT the day on which follow-up ends (NaT when open), CNSDTDSC why, and its source."""
    stops = timed[timed["WHAT"].isin([*parameter.censor_at, "death"])]
    stops = stops.assign(CNSDTDSC=stops["WHAT"], RANK=stops["WHAT"].map(_STOP_ORDER).fillna(2.0))
    if parameter.censor_at_day is not None:
        day = parameter.censor_at_day
        fixed = _blank(at_risk).assign(
            ADT=at_risk["ORIGDT"] + pd.Timedelta(days=day), CNSDTDSC=f"end of the period, day {day}", RANK=3.0,
            SRCDOM="subjects", SRCVAR="subject_id", SRCSEQ=at_risk["SRCSEQ"],
            SRCID=at_risk["SRCID"].str.split(";").str[0],
        )  # fmt: skip
        stops = stack_rows([stops, fixed])
    stops = stops.sort_values(["USUBJID", "ADT", "RANK"], kind="stable").drop_duplicates("USUBJID")
    missing = _blank(at_risk[~at_risk["USUBJID"].isin(stops["USUBJID"])])
    return stack_rows([stops, missing])


def _blank(subjects: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame(None, index=subjects.index, columns=list(FACT_COLUMNS), dtype="object")
    return frame.assign(USUBJID=subjects["USUBJID"], ADT=pd.Series(pd.NaT, index=subjects.index))


def _first_outcomes(timed: pd.DataFrame, ends: pd.DataFrame, parameter: TimeToEvent) -> pd.DataFrame:
    """The event or competing outcome that decides for each subject who has one by the end of follow-up."""
    events = [*parameter.events, NOT_HEARD_OF]
    order = [*events, *parameter.competing]
    limit = timed["USUBJID"].map(ends.set_index("USUBJID")["ADT"])
    found = timed[timed["WHAT"].isin(order) & ~(timed["ADT"] > limit)]
    found = found[~_is_death_after_transplant(found, ends)]
    found = found.assign(
        DEATH_LAST=found["WHAT"] == "death",
        RANK=found["WHAT"].map({what: rank for rank, what in reversed(list(enumerate(order)))}),
        CNSR=found["WHAT"].isin(events).map({True: EVENT, False: COMPETING}),
        EVNTDESC=_describe(found),
    )
    by = ["USUBJID", "ADT", "DEATH_LAST", "RANK", "SRCID"]
    return found.sort_values(by, kind="stable").drop_duplicates("USUBJID")


def _is_death_after_transplant(found: pd.DataFrame, ends: pd.DataFrame) -> pd.Series:
    """Deaths on the day of the transplantation that ended follow-up: they came after it."""
    by_transplant = ends.loc[ends["CNSDTDSC"] == TRANSPLANT, "USUBJID"]
    return (found["WHAT"] == "death") & found["USUBJID"].isin(by_transplant)


def _describe(facts: pd.DataFrame) -> pd.Series:
    """What happened; of an event source also which record it was."""
    is_source = facts["WHAT"].str.startswith(EVENT_PREFIX)
    return facts["WHAT"].where(~is_source, facts["WHAT"] + ": " + facts["CAUSE"].astype("object"))


def _find_not_heard_of(timed: pd.DataFrame, at_risk: pd.DataFrame, alive: pd.DataFrame) -> pd.DataFrame:
    """Discharges against advice after which there is neither a death nor any sign of life."""
    left = timed[timed["WHAT"] == DISCHARGE].drop_duplicates("USUBJID")
    last = left["USUBJID"].map(alive.set_index("USUBJID")["ADT"]).astype("datetime64[ns]")
    died = left["USUBJID"].map(at_risk.set_index("USUBJID")["DTHFL"]) == "Y"
    return left[~(last > left["ADT"]) & ~died].assign(WHAT=NOT_HEARD_OF)


def _censorings(ends: pd.DataFrame, at_risk: pd.DataFrame, alive: pd.DataFrame) -> pd.DataFrame:
    """Censored at the end of follow-up, or on the last day known alive when that is earlier (or all there is)."""
    last_alive = ends["USUBJID"].map(alive.set_index("USUBJID")["ADT"])
    died = ends["USUBJID"].map(at_risk.set_index("USUBJID")["DTHDT"])
    known = last_alive.where(died.isna(), died)
    use_last = ends["ADT"].isna() | (known < ends["ADT"])
    kept = alive[alive["USUBJID"].isin(ends.loc[use_last, "USUBJID"])].assign(CNSDTDSC="last date known alive")
    return stack_rows([ends[~use_last], kept]).assign(CNSR=CENSORED)
