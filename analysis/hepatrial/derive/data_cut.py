"""The data cut: what was known on a day, by one declared rule for each domain.

Rule: a record belongs to the cut when its day, or for an incomplete date its earliest possible day, is not after
the cut. A record without any date stays where its subject does. Ends that lie after the cut are removed (the
event, medication or session was ongoing). Nothing recorded later is used, not even to know that a subject was
alive on the day of the cut.
"""

from collections.abc import Mapping
from datetime import date

import pandas as pd

STARTS: Mapping[str, str] = {
    "screening": "date", "treatments": "start_date", "labs": "date", "clinical": "date", "vital_status": "date",
    "outcomes": "date", "adverse_events": "start_date", "device_deficiencies": "date", "specimens": "date",
    "deviations": "date", "medications": "start_date",
}  # fmt: skip
"""The date that decides, by table. Subjects are cut by consent, eligibility by its subject."""

ENDS: Mapping[str, tuple[str, ...]] = {
    "subjects": ("enrolment_date", "randomisation_date"),
    "treatments": ("end_date",),
    "adverse_events": ("end_date",),
    "medications": ("end_date",),
}
"""Other dates of a record that are removed when they lie after the cut."""

OF_AN_END: Mapping[str, tuple[str, ...]] = {
    "treatments": ("end_time", "completed", "reason"),
    "adverse_events": ("outcome",),
}
"""What could not be known before that end."""


def cut_tables(tables: Mapping[str, pd.DataFrame], cutoff: date | None) -> dict[str, pd.DataFrame]:
    """The standard tables as of ``cutoff``; unchanged without one. Row order is kept."""
    if cutoff is None:
        return dict(tables)
    day = pd.Timestamp(cutoff)
    subjects = _cut_subjects(tables["subjects"], day)
    known = {**tables, "subjects": subjects}
    return {name: _cut_table(name, table, subjects, day) for name, table in known.items()}


def _cut_subjects(subjects: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    dates = subjects[["consent_date_low", "enrolment_date_low", "randomisation_date_low"]]
    return subjects[~(dates.min(axis=1) > day)]


def _cut_table(name: str, table: pd.DataFrame, subjects: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    keep = pd.Series(True, index=table.index)
    if name in STARTS:
        keep = ~(table[f"{STARTS[name]}_low"] > day)
    if name not in ("subjects", "screening"):
        keep &= table["subject_id"].isin(subjects["subject_id"])
    return _remove_ends(name, table[keep], day).reset_index(drop=True)


def _remove_ends(name: str, table: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    table = table.copy()
    for column in ENDS.get(name, ()):
        is_later = table[f"{column}_low"] > day
        for part in ("", "_low", "_high"):
            table[f"{column}{part}"] = table[f"{column}{part}"].mask(is_later, pd.NaT)
        for other in (f"{column}_text", *OF_AN_END.get(name, ())):
            table[other] = table[other].mask(is_later, None)
        if "ongoing" in table:
            table["ongoing"] = table["ongoing"].mask(is_later, "Y")
    return table
