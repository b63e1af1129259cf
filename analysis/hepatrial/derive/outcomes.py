"""Dated facts about a subject: outcomes, deaths, and every record that shows the subject alive.

Vital status is apart from visits: a telephone call or a registry counts as much as a blood sample.

Rules for dates that are incomplete
-----------------------------------
* An outcome happened on the earliest day that its date allows, but not before the origin where it can be on it or
  later.
* A death happened on the earliest day that its date allows, but not before the last day on which the subject is
  known to have lived, and not after the first day on which the subject was reported dead.
* A death known only from a vital status "dead" happened on the first day of such a report (an upper bound).
* A death without any date happened on the last day on which the subject is known to have lived.
"""

from collections.abc import Mapping

import pandas as pd

from hepatrial.derive.frames import source_of, stack_rows

Tables = Mapping[str, pd.DataFrame]

FACT_COLUMNS = ("USUBJID", "WHAT", "ADT", "HIGH", "IS_PARTIAL", "CAUSE", "SRCDOM", "SRCVAR", "SRCSEQ", "SRCID")
ALIVE_OUTCOMES = ("transplant", "withdrawal", "discharge against advice", "last contact", "completed")
"""Outcomes on whose day the subject lived. The day on which a subject was declared lost shows nothing."""

LIFE_SOURCES = (
    ("vital_status", "date"), ("outcomes", "date"), ("labs", "date"), ("clinical", "date"),
    ("treatments", "start_date"), ("treatments", "end_date"), ("specimens", "date"),
    ("adverse_events", "start_date"), ("medications", "start_date"), ("screening", "date"),
    ("subjects", "second_randomisation_date"), ("subjects", "randomisation_date"), ("subjects", "enrolment_date"),
    ("subjects", "consent_date"),
)  # fmt: skip
"""Tables and columns whose dates show that the subject lived; the first named is cited when dates are equal."""


def derive_facts(tables: Tables, as_of: pd.Timestamp) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Outcomes with resolved deaths, one row each by subject and date; and each subject's last evidence of life.

    Both have FACT_COLUMNS. Where an outcome is recorded twice both rows are there, the earlier first.
    """
    outcomes, evidence = collect_outcomes(tables), collect_life_evidence(tables)
    deaths = derive_deaths(outcomes, evidence)
    others = outcomes[~outcomes["WHAT"].isin(["death", "reported dead"])]
    facts = _stack([others, deaths], ["USUBJID", "ADT", "WHAT", "SRCID"])
    return facts, derive_last_alive(evidence, deaths, as_of)


def start_at_origin(facts: pd.DataFrame, origin: pd.Series) -> pd.DataFrame:
    """Facts in which one of an incomplete date that can be on the origin or after it is not before it.

    Who is treated was not transplanted earlier in the month: the first day of follow-up is then the earliest possible.
    ``origin``: by subject.
    """
    start = facts["USUBJID"].map(origin).astype("datetime64[ns]")
    is_open = (facts["ADT"] < start) & (facts["HIGH"] >= start)
    moved = facts.assign(ADT=facts["ADT"].where(~is_open, start))
    return moved.sort_values(["USUBJID", "ADT", "WHAT", "SRCID"], kind="stable", ignore_index=True)


def collect_outcomes(tables: Tables) -> pd.DataFrame:
    """One row an outcome or report of death, FACT_COLUMNS, in the order of subject, date and outcome.

    A report of death (``vital_status`` dead) is WHAT "reported dead".
    """
    outcomes = _facts(tables["outcomes"], "outcomes", "date", tables["outcomes"]["outcome"])
    outcomes["CAUSE"] = tables["outcomes"]["cause"].astype("object")
    is_dead = tables["vital_status"]["status"] == "dead"
    reported = _facts(tables["vital_status"][is_dead], "vital_status", "date", "reported dead")
    return _stack([outcomes, reported], ["USUBJID", "ADT", "WHAT", "SRCID"])


def collect_life_evidence(tables: Tables) -> pd.DataFrame:
    """One row a dated record that shows a subject alive on ADT (earliest possible day), FACT_COLUMNS."""
    sources = [(rank, *source) for rank, source in enumerate(LIFE_SOURCES) if len(tables[source[0]])]
    frames = [
        _facts(tables[table][_shows_life(table, tables[table])], table, column, "alive").assign(RANK=rank)
        for rank, table, column in sources or [(0, *LIFE_SOURCES[0])]
    ]
    return _stack(frames, ["USUBJID", "ADT", "RANK", "SRCID"]).dropna(subset=["ADT"])


def derive_deaths(outcomes: pd.DataFrame, evidence: pd.DataFrame) -> pd.DataFrame:
    """One row a dead subject, FACT_COLUMNS with WHAT "death" and the date by the rules above (NaT if none)."""
    stated = _first(outcomes[outcomes["WHAT"] == "death"])
    reported = _first(outcomes[outcomes["WHAT"] == "reported dead"])
    only_reported = reported[~reported["USUBJID"].isin(stated["USUBJID"])]
    latest_report = stated["USUBJID"].map(reported.set_index("USUBJID")["ADT"])
    last_alive = _last_alive_before(stated, evidence, latest_report)
    earliest = stated["ADT"].where(stated["ADT"].notna() & ~(last_alive > stated["ADT"]), last_alive)
    limit = pd.concat([stated["HIGH"], latest_report], axis=1).min(axis=1)
    resolved = earliest.where(~(earliest > limit), limit)
    is_open = stated["IS_PARTIAL"] | stated["ADT"].isna()
    stated = stated.assign(ADT=stated["ADT"].where(~is_open, resolved), IS_PARTIAL=is_open)
    deaths = _stack([stated, only_reported], ["USUBJID"])
    return deaths.assign(WHAT="death")


def derive_last_alive(evidence: pd.DataFrame, deaths: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """One row a subject: the latest evidence of life not after ``as_of`` nor after death."""
    limit = evidence["USUBJID"].map(deaths.set_index("USUBJID")["ADT"]).fillna(as_of).clip(upper=as_of)
    usable = evidence[evidence["ADT"] <= limit].sort_values(["USUBJID", "RANK"], kind="stable")
    latest = usable.groupby("USUBJID", sort=True)["ADT"].transform("max")
    return usable[usable["ADT"] == latest].drop_duplicates("USUBJID").reset_index(drop=True)


def _last_alive_before(stated: pd.DataFrame, evidence: pd.DataFrame, reported: pd.Series) -> pd.Series:
    """Latest evidence of life up to the last day on which each death can have happened."""
    limit = pd.concat([stated["HIGH"], reported], axis=1).min(axis=1)
    limits = pd.Series(limit.to_numpy(), index=stated["USUBJID"].to_numpy(), dtype="datetime64[ns]")
    of_subject = evidence["USUBJID"].map(limits)
    usable = evidence[evidence["USUBJID"].isin(limits.index) & ~(evidence["ADT"] > of_subject)]
    return stated["USUBJID"].map(usable.groupby("USUBJID")["ADT"].max()).astype("datetime64[ns]")


def _facts(frame: pd.DataFrame, table: str, column: str, what: object) -> pd.DataFrame:
    low, high = frame[f"{column}_low"], frame[f"{column}_high"]
    facts = pd.DataFrame(
        {"USUBJID": frame["subject_id"], "WHAT": what, "ADT": low, "HIGH": high, "IS_PARTIAL": low != high},
        index=frame.index,
    )
    facts["CAUSE"] = pd.Series(None, index=frame.index, dtype="object")
    return facts.join(source_of(frame, table, column))


def _shows_life(table: str, frame: pd.DataFrame) -> pd.Series:
    if table == "vital_status":
        return frame["status"] == "alive"
    if table == "outcomes":
        return frame["outcome"].isin(ALIVE_OUTCOMES)
    if table in ("labs", "clinical"):
        return frame["result"].notna() & frame["missing_reason"].isna()
    if table == "specimens":
        return frame["collected"] == "Y"
    return frame["subject_id"].notna()


def _first(facts: pd.DataFrame) -> pd.DataFrame:
    """The earliest fact of each subject; one without any date only when there is no other."""
    ordered = facts.sort_values(["USUBJID", "ADT", "SRCID"], kind="stable", na_position="last")
    return ordered.drop_duplicates("USUBJID").reset_index(drop=True)


def _stack(frames: list[pd.DataFrame], by: list[str]) -> pd.DataFrame:
    return stack_rows(frames).sort_values(by, kind="stable", ignore_index=True)
