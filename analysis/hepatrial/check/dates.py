"""Rules about dates. A partial date breaks a rule only when no day that it can be would keep it."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from hepatrial.check.problem import Data, Problem
from hepatrial.contracts import STANDARD_TABLES

ORDER: Final = (
    ("birth_date", "consent_date", "error"),
    ("birth_date", "enrolment_date", "error"),
    ("consent_date", "enrolment_date", "error"),
    ("consent_date", "randomisation_date", "error"),
    ("enrolment_date", "randomisation_date", "warning"),
    ("randomisation_date", "second_randomisation_date", "error"),
)
"""Dates of a subject that must not be later than the one after them."""
SPANS: Final = ("treatments", "adverse_events", "medications")
AFTER_DEATH: Final = (
    ("labs", "date"), ("clinical", "date"), ("specimens", "date"), ("treatments", "start_date"),
    ("adverse_events", "start_date"), ("medications", "start_date"),
)  # fmt: skip
FOLLOW_UP: Final = (("outcomes", "date"), ("vital_status", "date"))
NEVER_AFTER_DEATH: Final = ("transplant", "withdrawal", "discharge against advice", "lost to follow-up", "completed")


def check_future(data: Data) -> Iterator[Problem]:
    """No date after the day of the export."""
    limit = pd.Timestamp(data.exports.exported_on)
    for name, spec in STANDARD_TABLES.items():
        for column in (column.name for column in spec.columns if column.kind == "date"):
            places = np.flatnonzero(data.table(name)[f"{column}_low"] > limit)
            if places.size:
                yield Problem(name, f"after the day of the export, {limit:%Y-%m-%d}", places, column)


def check_subject_order(data: Data) -> Iterator[Problem]:
    """Birth, consent, enrolment and randomisation follow each other."""
    frame = data.table("subjects")
    for early, late, severity in ORDER:
        places = np.flatnonzero(frame[f"{early}_low"] > frame[f"{late}_high"])
        if places.size:
            message = f"{_word(late)} before {_word(early)}"
            yield Problem("subjects", message, places, late, severity=severity)


def check_treated_before_consent(data: Data) -> Iterator[Problem]:
    """Nobody is treated before consent or randomisation."""
    frame = data.table("treatments")
    for event in ("consent_date", "randomisation_date"):
        places = np.flatnonzero(data.of_subject("treatments", f"{event}_low") > frame["start_date_high"])
        if places.size:
            yield Problem("treatments", f"treated before {_word(event)}", places, "start_date")


def check_span(data: Data) -> Iterator[Problem]:
    """Nothing ends before it starts."""
    for name in SPANS:
        frame = data.table(name)
        places = np.flatnonzero(frame["start_date_low"] > frame["end_date_high"])
        if places.size:
            starts = [f"ends before its start, {text}" for text in frame["start_date_text"].iloc[places]]
            yield Problem(name, starts, places, "end_date")


def check_follow_up_before_enrolment(data: Data) -> Iterator[Problem]:
    """Death, other outcomes and information on vital status do not lie before the subject's entry."""
    for name, column in FOLLOW_UP:
        entry = entry_dates(data, name)
        places = np.flatnonzero(data.table(name)[f"{column}_high"] < entry)
        if places.size:
            messages = [f"before the subject entered the study, {entry.iloc[place]:%Y-%m-%d}" for place in places]
            yield Problem(name, messages, places, column)


def entry_dates(data: Data, table: str) -> "pd.Series[Any]":
    """First of enrolment, randomisation, consent that is known, for each row's subject (earliest day)."""
    result = data.of_subject(table, "enrolment_date_low")
    for name in ("randomisation_date_low", "consent_date_low"):
        result = result.fillna(data.of_subject(table, name))
    return result


def check_before_birth(data: Data) -> Iterator[Problem]:
    """Nothing is recorded before birth."""
    for name, column in (*AFTER_DEATH, *FOLLOW_UP):
        places = np.flatnonzero(data.table(name)[f"{column}_high"] < data.of_subject(name, "birth_date_low"))
        if places.size:
            yield Problem(name, "before the subject's birth", places, column)


def death_dates(data: Data) -> "pd.Series[Any]":
    """Latest day that each dead subject can have died on, by subject_id."""
    frame = data.table("outcomes")
    deaths = frame[(frame["outcome"] == "death") & frame["date_high"].notna()]
    return deaths.groupby("subject_id")["date_high"].max()


def check_after_death(data: Data) -> Iterator[Problem]:
    """Nothing is measured, given or begins after death.

    A death before the subject's entry is a finding of its own; held against everything else, it would hide in a crowd.
    """
    frame = data.table("outcomes")
    misdated = frame["subject_id"][frame["date_high"] < entry_dates(data, "outcomes")]
    deaths = death_dates(data).drop(misdated.dropna().unique(), errors="ignore")
    if deaths.empty:
        return
    for name, column in AFTER_DEATH:
        frame = data.table(name)
        died = frame["subject_id"].map(deaths).astype("datetime64[ns]")
        yield from _after(name, column, np.flatnonzero(frame[f"{column}_low"] > died), died)
    alive = data.table("vital_status")
    died = alive["subject_id"].map(deaths).astype("datetime64[ns]")
    yield from _after(
        "vital_status", "date", np.flatnonzero((alive["date_low"] > died) & (alive["status"] == "alive")), died
    )
    outcomes = data.table("outcomes")
    died = outcomes["subject_id"].map(deaths).astype("datetime64[ns]")
    late = (outcomes["date_low"] > died) & outcomes["outcome"].isin(NEVER_AFTER_DEATH)
    yield from _after("outcomes", "date", np.flatnonzero(late), died)


def _after(table: str, column: str, places: Any, died: "pd.Series[Any]") -> Iterator[Problem]:
    if places.size:
        messages = [f"after the subject's death, {died.iloc[place]:%Y-%m-%d}" for place in places]
        yield Problem(table, messages, places, column)


def check_outcome_dated(data: Data) -> Iterator[Problem]:
    """Death and transplant have a complete date: without it nobody knows the time to them."""
    frame = data.table("outcomes")
    places = np.flatnonzero(frame["outcome"].isin(["death", "transplant"]) & frame["date"].isna())
    if places.size:
        messages = [f"{frame['outcome'].iat[place]} without a complete date" for place in places]
        yield Problem("outcomes", messages, places, "date")


def check_ongoing(data: Data) -> Iterator[Problem]:
    """An adverse event that is ongoing has no end."""
    frame = data.table("adverse_events")
    places = np.flatnonzero((frame["ongoing"] == "Y") & frame["end_date_text"].notna())
    if places.size:
        yield Problem("adverse_events", "ongoing, and yet it has an end", places, "end_date")


def _word(column: str) -> str:
    return column.removesuffix("_date")
