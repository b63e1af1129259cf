"""ADNARR: a draft narrative of each serious or fatal event and of each death without one, from the record alone.

Sentences are templates filled with what the record says, and they say what it does not. A person writes the narrative;
the draft spares looking things up. It names the subject by USUBJID, the days by study day and never by date, and the
event by its preferred term (as reported only where it is not coded), so that no identifier of a person enters.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import pandas as pd

from hepatrial.contracts import OPTIONAL_DATASETS
from hepatrial.derive.days import DAY
from hepatrial.derive.deaths import FATAL
from hepatrial.derive.frames import conform
from hepatrial.study.models import Study

DRAFT = "DRAFT from the record."
LABS = ("BILI", "INR", "CREAT", "PLAT", "HGB", "WBC", "ALT", "SODIUM", "LACTATE", "AMMONIA")
WINDOW_DAYS = 7
CAUSALITIES = {"AERELDEV": "device", "AERELPRC": "procedure", "AERELCEL": "cells"}
SEXES = {"F": "woman", "M": "man"}


@dataclass(frozen=True, eq=False)
class _Record:
    """One subject's rows."""

    subject: pd.Series
    sessions: pd.DataFrame
    labs: pd.DataFrame


def derive_adnarr(
    adsl: pd.DataFrame, adae: pd.DataFrame, adex: pd.DataFrame, adlb: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Drafts of the treated subjects: one a serious or fatal event, and one a death without a fatal event.

    Parameters
    ----------
    adsl, adae, adex, adlb : DataFrame
        Derived or adopted datasets.
    """
    spec = OPTIONAL_DATASETS["ADNARR"]
    treated = adsl[adsl["TRTSDT"].notna()].set_index("USUBJID", drop=False)
    events = adae[((adae["AESER"] == "Y") | (adae["AETOXGR"] == FATAL)) & adae["USUBJID"].isin(treated.index)]
    fatal = set(events.loc[events["AETOXGR"] == FATAL, "USUBJID"])
    dead = set(treated.index[treated["DTHFL"] == "Y"])
    about = [*events["USUBJID"].unique(), *sorted(dead - fatal)]
    records = {name: _gather(treated.loc[name], adex, adlb, study) for name in dict.fromkeys(about)}
    drafts = [_draft(records[row["USUBJID"]], row, dead) for _, row in events.iterrows()]
    drafts += [_draft(records[name], None, dead) for name in sorted(dead - fatal)]
    return conform(pd.DataFrame(drafts, columns=list(spec.names)), spec)


def _gather(subject: pd.Series, adex: pd.DataFrame, adlb: pd.DataFrame, study: Study) -> _Record:
    name = subject["USUBJID"]
    codes = [item.code for item in study.parameters if item.code in LABS]
    labs = adlb[(adlb["USUBJID"] == name) & adlb["PARAMCD"].isin(codes) & adlb["AVAL"].notna()]
    order = {code: place for place, code in enumerate(LABS)}
    labs = labs.assign(PLACE=labs["PARAMCD"].map(order)).sort_values(["PLACE", "ADT", "ATM"], kind="stable")
    sessions = adex[adex["USUBJID"] == name].sort_values("ASTDT", kind="stable")
    return _Record(subject, sessions, labs)


def _draft(record: _Record, event: pd.Series | None, dead: set[str]) -> dict[str, object]:
    subject = record.subject
    date = subject["DTHDT"] if event is None else event["ASTDT"]
    sentences = [DRAFT, _introduce(record), *(_event(event) if event is not None else []), _before(record, date)]
    sentences += list(_laboratory(record, date))
    if subject["USUBJID"] in dead:
        cause = subject["DTHCAUS"] or "not recorded"
        day = _study_day(subject["DTHDT"], subject["ORIGDT"])
        sentences.append(f"The subject died on study day {day}; cause of death: {cause}.")
    elif event is not None:
        sentences.append("No death is recorded.")
    source = subject if event is None else event
    ids = [str(part) for part in (source["SRCID"], None if event is None else subject["SRCID"]) if part]
    return {
        "STUDYID": subject["STUDYID"], "USUBJID": subject["USUBJID"],
        "AESEQ": float("nan") if event is None else event["AESEQ"],
        "NARRKIND": "death" if event is None else "event", "NARRTXT": " ".join(filter(None, sentences)),
        "SRCDOM": source["SRCDOM"], "SRCVAR": source["SRCVAR"], "SRCSEQ": source["SRCSEQ"],
        "SRCID": ";".join(dict.fromkeys(part for text in ids for part in text.split(";"))),
    }  # fmt: skip


def _introduce(record: _Record) -> str:
    subject = record.subject
    sex = SEXES.get(str(subject["SEX"]), "person of unrecorded sex")
    has_age = subject["AGE"] == subject["AGE"]
    who = f"{subject['AGE']:.0f}-year-old {sex}" if has_age else f"{sex} of unrecorded age"
    disease = f" (aetiology: {subject['AETIOL']})" if subject["AETIOL"] else ""
    text = f"Subject {subject['USUBJID']}, a {who}{disease},"
    number = len(record.sessions)
    if number == 0:
        return f"{text} started treatment on study day {_study_day(subject['TRTSDT'], subject['ORIGDT'])}."
    first, last = (_study_day(record.sessions["ASTDT"].iloc[place], subject["ORIGDT"]) for place in (0, -1))
    when = f"on study day {first}" if number == 1 else f"from study day {first} to {last}"
    return f"{text} received {number} session{'s' if number > 1 else ''} {when}."


def _event(event: pd.Series) -> Iterator[str]:
    grade = f"grade {event['AETOXGR']:.0f}" if event["AETOXGR"] == event["AETOXGR"] else "grade not recorded"
    serious = "serious" if event["AESER"] == "Y" else "not serious"
    day = f"study day {event['ASTDY']:.0f}" if event["ASTDY"] == event["ASTDY"] else "an unknown day"
    start = f"On {day}{' (date incomplete)' if event['ASTDTF'] else ''}"
    yield f"{start} {event['AEDECOD'] or event['AETERM']} was recorded ({grade}, {serious})."
    known = [f"{name} {event[column]}" for column, name in CAUSALITIES.items() if event[column]]
    yield f"Causality as judged: {', '.join(known)}." if known else _related(event)
    end = f"ended on study day {event['AENDY']:.0f}" if event["AENDY"] == event["AENDY"] else "has no recorded end"
    action, outcome = (event[name] or "not recorded" for name in ("AEACN", "AEOUT"))
    yield f"Action taken: {action}; outcome: {outcome}; the event {end}."


def _related(event: pd.Series) -> str:
    return f"Recorded as {'related' if event['AEREL'] == 'Y' else 'not related'} to treatment."


def _before(record: _Record, date: pd.Timestamp) -> str:
    """Sessions up to the day."""
    started = record.sessions[record.sessions["ASTDT"] <= date]
    if record.sessions.empty or pd.isna(date):
        return ""
    if started.empty:
        return "No session had started before."
    days = int((date - started["ASTDT"].iloc[-1]) / DAY)
    ago = "on that day" if days == 0 else f"{days} day{'s' if days > 1 else ''} before"
    return f"Sessions started until then: {len(started)}, the last {ago}."


def _laboratory(record: _Record, date: pd.Timestamp) -> Iterator[str]:
    """The last value up to the day and the first after it, each within the window."""
    if pd.isna(date):
        return
    away = (record.labs["ADT"] - date) / DAY
    near = record.labs.assign(AWAY=away)[away.abs() <= WINDOW_DAYS]
    found = []
    for _, rows in groupby(near.to_dict("records"), key=itemgetter("PLACE")):  # in the order of place, then of time
        own = list(rows)
        before, after = [row for row in own if row["AWAY"] <= 0], [row for row in own if row["AWAY"] > 0]
        values = [_value(row) for row in (*before[-1:], *after[:1])]
        found.append(f"{str(own[0]['PARAM']).replace('(umol', '(µmol')} {', then '.join(values)}")
    if found:
        yield f"Laboratory within {WINDOW_DAYS} days before and after: {'; '.join(found)}."
    else:
        yield f"No laboratory value within {WINDOW_DAYS} days."


def _value(row: dict[object, object]) -> str:
    shown = row["AVALC"] or f"{row['AVAL']:g}"
    return f"{shown} (day {row['ADY']:.0f})"


def _study_day(date: pd.Timestamp, origin: pd.Timestamp) -> str:
    if pd.isna(date) or pd.isna(origin):
        return "unknown"
    days = int((date - origin) / DAY)
    return str(days if days < 0 else days + 1)
