"""ADSL: one row a subject of the subjects table, with dates, origin, death, transplant and end of study.

Population flags are "N" here; :mod:`hepatrial.derive.populations` sets them.
"""

import pandas as pd

from hepatrial.derive.frames import flag, join_ids, stack_rows
from hepatrial.derive.outcomes import Tables
from hepatrial.errors import DeriveError
from hepatrial.study.models import Study

ORIGINS = {"first treatment": "TRTSDT", "randomisation": "RANDDT", "enrolment": "ENRLDT"}
END_OF_STUDY = ("withdrawal", "lost to follow-up", "completed")


def derive_subjects(tables: Tables, facts: pd.DataFrame, alive: pd.DataFrame, study: Study) -> pd.DataFrame:
    """ADSL with the columns of its contract, and ORIGTM that only derivations use.

    One row a subject, in the order of USUBJID. ``facts`` and ``alive`` are those of ``derive_facts``. ORIGTM is the
    time of day of the origin (start of the first session; else missing). Incomplete dates are the earliest possible
    day; the end of treatment is the latest.

    Raises
    ------
    DeriveError
        Two rows of ``subjects`` for one subject: which one stands is for a person to decide.
    """
    subjects = tables["subjects"].sort_values("subject_id", kind="stable", ignore_index=True)
    _refuse_doubled(subjects)
    frame = _identify(subjects, study)
    names = {name: arm.code for arm in study.design.arms for name in (arm.label, arm.code)}
    frame, sessions = _add_treatment(frame, tables["treatments"], names)
    frame["ORIGDT"] = frame[ORIGINS[study.time.origin]]
    if study.time.origin != "first treatment":
        frame["ORIGTM"] = None
    deaths, transplants = _first_of(facts, "death"), _first_of(facts, "transplant")
    frame = _add_death_and_transplant(frame, deaths, transplants, alive)
    withdrawn = _first_of(facts, "withdrawal")
    frame["WDRDT"] = _lookup(frame, withdrawn, "ADT")
    frame = _add_end_of_study(frame, facts, study.time.study_end_day)
    frame["SRCID"] = _cite(frame, [_own(subjects), sessions, deaths, transplants, withdrawn, alive])
    return frame


def find_origin(tables: Tables, study: Study) -> pd.Series:
    """The day of the study's origin by subject, as ORIGDT of ``derive_subjects``; missing where there is none."""
    if study.time.origin == "first treatment":
        return tables["treatments"].groupby("subject_id")["start_date_low"].min()
    column = {"randomisation": "randomisation_date_low", "enrolment": "enrolment_date_low"}[study.time.origin]
    return tables["subjects"].drop_duplicates("subject_id").set_index("subject_id")[column]


def _refuse_doubled(subjects: pd.DataFrame) -> None:
    doubled = subjects.loc[subjects["subject_id"].duplicated(keep=False), ["subject_id", "file", "line"]]
    if len(doubled):
        first = doubled.iloc[0]
        lines = doubled.loc[doubled["subject_id"] == first["subject_id"], "line"].tolist()
        raise DeriveError(
            f"subject {first['subject_id']} has {len(lines)} rows in {first['file']} (lines {lines}); "
            "a subject has one row: exclude the others in decisions.csv"
        )


def _identify(subjects: pd.DataFrame, study: Study) -> pd.DataFrame:
    arms = {arm.code: arm.label for arm in study.design.arms}
    only_arm = next(iter(arms)) if len(arms) == 1 else None
    planned = subjects["arm"].where(subjects["arm"].notna(), only_arm)
    return pd.DataFrame(
        {
            "STUDYID": study.identity.study_id,
            "USUBJID": subjects["subject_id"], "SUBJID": subjects["subject_id"], "SITEID": subjects["site"],
            "AGE": _age(subjects), "SEX": subjects["sex"],
            "ARM": planned.map(arms), "TRT01P": planned,
            "AETIOL": subjects["aetiology"], "STAGE": subjects["stage"], "STRATUM": subjects["stratum"],
            "RFICDT": subjects["consent_date_low"], "ENRLDT": subjects["enrolment_date_low"],
            "RANDDT": subjects["randomisation_date_low"],
            "RAND2DT": subjects["second_randomisation_date_low"], "TRT02P": subjects["second_arm"],
            "SRCDOM": "subjects", "SRCVAR": "subject_id", "SRCSEQ": subjects["line"].astype("float64"),
        },
        index=subjects.index,
    )  # fmt: skip


def _age(subjects: pd.DataFrame) -> pd.Series:
    """Age as recorded; else whole years at consent (or enrolment) from the middle of the days of birth possible."""
    at = subjects["consent_date_low"].fillna(subjects["enrolment_date_low"])
    low, high = subjects["birth_date_low"], subjects["birth_date_high"]
    born = low + (high - low) / 2
    years = (at.dt.year - born.dt.year).astype("float64")
    before_birthday = (at.dt.month * 100 + at.dt.day) < (born.dt.month * 100 + born.dt.day)
    return subjects["age"].fillna(years - before_birthday.astype("float64"))


def _add_treatment(
    frame: pd.DataFrame, treatments: pd.DataFrame, names: dict[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """TRTSDT, TRTEDT, ORIGTM and TRT01A; and the first and last session as facts with SRCID.

    The actual treatment is the arm that the first session names, else the planned one of whoever was treated.
    """
    started = treatments[treatments["start_date_low"].notna()]
    order = ["subject_id", "start_date_low", "start_time", "record_id"]
    first = started.sort_values(order, kind="stable", na_position="last").drop_duplicates("subject_id")
    ends = started.assign(END=started["end_date_high"].fillna(started["start_date_high"]))
    last = ends.sort_values(["subject_id", "END", "record_id"], kind="stable").drop_duplicates(
        "subject_id", keep="last"
    )
    starts = first.set_index("subject_id")
    frame = frame.assign(
        TRTSDT=frame["USUBJID"].map(starts["start_date_low"]).astype("datetime64[ns]"),
        ORIGTM=frame["USUBJID"].map(starts["start_time"]).astype("object"),
        TRTEDT=frame["USUBJID"].map(last.set_index("subject_id")["END"]).astype("datetime64[ns]"),
    )
    given = frame["USUBJID"].map(starts["treatment"]).map(names)
    frame["TRT01A"] = given.fillna(frame["TRT01P"]).where(frame["TRTSDT"].notna(), None).astype("object")
    return frame, _own(stack_rows([first, last]))


def _add_death_and_transplant(
    frame: pd.DataFrame, deaths: pd.DataFrame, transplants: pd.DataFrame, alive: pd.DataFrame
) -> pd.DataFrame:
    return frame.assign(
        DTHFL=flag(frame["USUBJID"].isin(deaths["USUBJID"])),
        DTHDT=_lookup(frame, deaths, "ADT"),
        DTHCAUS=_lookup(frame, deaths, "CAUSE"),
        LTFL=flag(frame["USUBJID"].isin(transplants["USUBJID"])),
        LTDT=_lookup(frame, transplants, "ADT"),
        LSTALVDT=_lookup(frame, alive, "ADT"),
    )


def _add_end_of_study(frame: pd.DataFrame, facts: pd.DataFrame, study_end_day: int) -> pd.DataFrame:
    """EOSSTT, DCSREAS and EOSDT from the earliest of death, withdrawal, loss and completion.

    Without one: completed when known alive on the last day of the protocol (or dead only after it); discontinued
    when discharge against advice is the last that is known; else ongoing.
    """
    dates = pd.DataFrame({what: _lookup(frame, _first_of(facts, what), "ADT") for what in END_OF_STUDY})
    dates["death"] = frame["DTHDT"]
    last_day = frame["ORIGDT"] + pd.Timedelta(days=study_end_day)
    reached = (frame["LSTALVDT"] >= last_day) | (frame["DTHDT"] > last_day)
    dates["completed"] = dates["completed"].fillna(last_day.where(reached))
    discharge = _lookup(frame, _first_of(facts, "discharge against advice"), "ADT")
    nothing_else = dates.isna().all(axis=1) & ~(frame["LSTALVDT"] > discharge)
    dates["discharge against advice"] = discharge.where(nothing_else)
    end = dates.min(axis=1)
    # on one day, death explains the end better than anything recorded with it
    order = ["death", "withdrawal", "lost to follow-up", "discharge against advice", "completed"]
    reason = pd.Series(None, index=frame.index, dtype="object")
    for what in reversed(order):
        reason = reason.mask(dates[what].notna() & (dates[what] == end), what)
    status = reason.map(lambda what: "COMPLETED" if what == "completed" else "DISCONTINUED", na_action="ignore")
    return frame.assign(
        EOSDT=end.astype("datetime64[ns]"),
        EOSSTT=status.fillna("ONGOING"),
        DCSREAS=reason.where(reason != "completed", None),
    )


def _first_of(facts: pd.DataFrame, what: str) -> pd.DataFrame:
    return facts[facts["WHAT"] == what].drop_duplicates("USUBJID")


def _lookup(frame: pd.DataFrame, facts: pd.DataFrame, column: str) -> pd.Series:
    found = frame["USUBJID"].map(facts.set_index("USUBJID")[column])
    return found.astype("datetime64[ns]" if column == "ADT" else "object")


def _own(records: pd.DataFrame) -> pd.DataFrame:
    return records.rename(columns={"subject_id": "USUBJID", "record_id": "SRCID"})


def _cite(frame: pd.DataFrame, facts: list[pd.DataFrame]) -> pd.Series:
    """Ids of every record that a row's dates came from, the subject's own first."""
    ids = stack_rows([fact[["USUBJID", "SRCID"]] for fact in facts])
    return frame["USUBJID"].map(ids.groupby("USUBJID", sort=False)["SRCID"].agg(join_ids))
