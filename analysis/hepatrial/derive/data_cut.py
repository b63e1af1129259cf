"""The data cut: what was known on a day, by the rules that the study file declares under ``data_cut``.

Every domain: a record belongs to the cut when its day is not after it; of an incomplete date, the earliest or the
latest possible day (``partial_dates``). A record without any date stays where its subject does. Ends that lie after the
cut are removed (the event, medication or session was ongoing).

Death and follow-up: by one rule for the dead and the living.

``censored at last contact``
    Nothing recorded after the cut is used: deaths of the cut count, the living are followed to their last contact.
``status confirmed at the cut``
    Deaths are dated with the whole extract and count when they happened by the cut. Whoever has evidence of life on the
    cut or after it, or died after it, lived on the day of the cut; the others end at their last contact.

Cutting the dead and the living by different rules (all deaths of the extract, but the living as of the cut) would
bias the curve: deaths after the cut have a listing where the study file asks for it, and count in nothing.
"""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from hepatrial.contracts import OPTIONAL_DATASETS, Exports
from hepatrial.derive.frames import conform, stack_rows
from hepatrial.derive.outcomes import Tables, collect_life_evidence, derive_facts
from hepatrial.errors import DeriveError
from hepatrial.study import STATUS_CONFIRMED, CutRule, DataCut, Study

STARTS: Mapping[str, str] = {
    "screening": "date", "treatments": "start_date", "labs": "date", "clinical": "date", "vital_status": "date",
    "outcomes": "date", "adverse_events": "start_date", "device_deficiencies": "date", "specimens": "date",
    "deviations": "date", "medications": "start_date",
}  # fmt: skip
"""The date that decides, by table. Subjects are cut by consent, eligibility by its subject."""

ENDS: Mapping[str, tuple[str, ...]] = {
    "subjects": ("enrolment_date", "randomisation_date", "second_randomisation_date"),
    "treatments": ("end_date",),
    "adverse_events": ("end_date",),
    "medications": ("end_date",),
}
"""Other dates of a record that are removed when they lie after the cut."""

OF_AN_END: Mapping[str, tuple[str, ...]] = {
    "subjects": ("second_arm",),
    "treatments": ("end_time", "completed", "reason"),
    "adverse_events": ("outcome",),
}
"""What could not be known before that end."""

BOUNDS = {"earliest day": "low", "latest day": "high"}


def find_data_cut(study: Study, cutoff: date, exported_on: date) -> DataCut:
    """The declared rules of the cut.

    Raises
    ------
    DeriveError
        The study file declares none, or the cut lies after the extract, which cannot know that day.
    """
    if study.data_cut is None:
        raise DeriveError(
            "a data cut needs its rules in study.toml: [data_cut] with time_to_event, status_days, partial_dates and "
            "deaths_after_cut (docs/interim.md)"
        )
    if cutoff > exported_on:
        raise DeriveError(f"the data cut {cutoff} is after the extract of {exported_on}: cut on that day or before")
    return study.data_cut


def cut_exports(exports: Exports, study: Study, cutoff: date | None) -> Mapping[str, pd.DataFrame]:
    """The standard tables of the exports as a report of this cut knows them; without one, as they are."""
    if cutoff is None:
        return exports.tables
    return cut_tables(exports.tables, cutoff, find_data_cut(study, cutoff, exports.exported_on))


def cut_tables(tables: Tables, cutoff: date, rules: DataCut) -> dict[str, pd.DataFrame]:
    """The standard tables as of ``cutoff``. Row order is kept."""
    day, bound = pd.Timestamp(cutoff), BOUNDS[rules.partial_dates]
    subjects = _cut_subjects(tables["subjects"], day, bound)
    if subjects.empty and len(tables["subjects"]):
        raise DeriveError(f"nobody was in the study yet at the data cut {cutoff}: give a later day")
    known = {**tables, "subjects": subjects}
    cut = {name: _cut_table(name, table, subjects, day, bound) for name, table in known.items()}
    outcomes = tables["outcomes"]
    died_later = outcomes.loc[(outcomes["outcome"] == "death") & (outcomes[f"date_{bound}"] > day), "subject_id"]
    return cut | {"adverse_events": _remove_later_deaths(cut["adverse_events"], died_later)}


def derive_cut_facts(
    whole: Tables, cut: Tables, cutoff: date, exported_on: date, rules: DataCut, rule: CutRule
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """``derive_facts`` of a data cut by ``rule``: outcomes with resolved deaths, and the last evidence of life.

    Parameters
    ----------
    whole, cut : mapping of str to DataFrame
        The standard tables of the extract, and as of the cut.
    """
    day = pd.Timestamp(cutoff)
    facts, alive = derive_facts(cut, day)
    if rule != STATUS_CONFIRMED:
        return facts, alive
    own = _of_subjects(whole, cut["subjects"])
    dated, _ = derive_facts(own, pd.Timestamp(exported_on))
    deaths = dated[dated["WHAT"] == "death"]
    by_then = deaths["ADT"] if rules.partial_dates == "earliest day" else deaths[["ADT", "HIGH"]].max(axis=1)
    others = facts[facts["WHAT"] != "death"]
    facts = stack_rows([others, deaths[~(by_then > day)]])
    facts = facts.sort_values(["USUBJID", "ADT", "WHAT", "SRCID"], kind="stable", ignore_index=True)
    return facts, _confirm_life(own, deaths[by_then > day], facts, alive, day)


def derive_adlate(whole: Tables, cut: Tables, facts: pd.DataFrame, exported_on: date, study_id: str) -> pd.DataFrame:
    """ADLATE: deaths that the extract knows of subjects of the cut and that are not in its ``facts``."""
    dated, _ = derive_facts(_of_subjects(whole, cut["subjects"]), pd.Timestamp(exported_on))
    dead = facts.loc[facts["WHAT"] == "death", "USUBJID"]
    late = dated[(dated["WHAT"] == "death") & ~dated["USUBJID"].isin(dead)]
    return conform(late.assign(STUDYID=study_id, DTHCAUS=late["CAUSE"]), OPTIONAL_DATASETS["ADLATE"])


def _confirm_life(
    whole: Tables, died_later: pd.DataFrame, facts: pd.DataFrame, alive: pd.DataFrame, day: pd.Timestamp
) -> pd.DataFrame:
    """The last evidence of life, on the day of the cut for whoever the extract shows to have lived then."""
    evidence = collect_life_evidence(whole)
    later = stack_rows([evidence[evidence["ADT"] >= day], died_later]).sort_values(
        ["USUBJID", "ADT", "SRCID"], kind="stable"
    )
    dead = facts.loc[facts["WHAT"] == "death", "USUBJID"]
    confirmed = later[~later["USUBJID"].isin(dead)].drop_duplicates("USUBJID").assign(ADT=day, WHAT="alive")
    rest = alive[~alive["USUBJID"].isin(confirmed["USUBJID"])]
    return stack_rows([rest, confirmed]).sort_values("USUBJID", kind="stable", ignore_index=True)


def _of_subjects(tables: Tables, subjects: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {name: table[table["subject_id"].isin(subjects["subject_id"])] for name, table in tables.items()}


def _cut_subjects(subjects: pd.DataFrame, day: pd.Timestamp, bound: str) -> pd.DataFrame:
    dates = subjects[[f"{name}_{bound}" for name in ("consent_date", "enrolment_date", "randomisation_date")]]
    return subjects[~(dates.min(axis=1) > day)]


def _cut_table(name: str, table: pd.DataFrame, subjects: pd.DataFrame, day: pd.Timestamp, bound: str) -> pd.DataFrame:
    keep = pd.Series(True, index=table.index)
    if name in STARTS:
        keep = ~(table[f"{STARTS[name]}_{bound}"] > day)
    if name not in ("subjects", "screening"):
        keep &= table["subject_id"].isin(subjects["subject_id"])
    return _remove_ends(name, table[keep], day, bound).reset_index(drop=True)


def _remove_later_deaths(events: pd.DataFrame, died_later: pd.Series) -> pd.DataFrame:
    """Grade 5 and a fatal outcome could not be known of whoever died after the cut: they are missing."""
    is_later = events["subject_id"].isin(died_later)
    return events.assign(
        grade=events["grade"].mask(is_later & (events["grade"] == "5"), None),
        outcome=events["outcome"].mask(is_later & (events["outcome"] == "fatal"), None),
    )


def _remove_ends(name: str, table: pd.DataFrame, day: pd.Timestamp, bound: str) -> pd.DataFrame:
    table = table.copy()
    for column in ENDS.get(name, ()):
        is_later = table[f"{column}_{bound}"] > day
        for part in ("", "_low", "_high"):
            table[f"{column}{part}"] = table[f"{column}{part}"].mask(is_later, pd.NaT)
        for other in (f"{column}_text", *OF_AN_END.get(name, ())):
            table[other] = table[other].mask(is_later, None)
        if "ongoing" in table:
            table["ongoing"] = table["ongoing"].mask(is_later, "Y")
    return table
