"""One patient's facts in the form that criteria are evaluated on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.contracts import STANDARD_TABLES
from hepatrial.derive.outcomes import Tables
from hepatrial.derive.verdicts import Verdict
from hepatrial.study.criteria import ParameterTest, PredicateTest, leaves
from hepatrial.study.models import Study

SUBJECT_COLUMNS = STANDARD_TABLES["subjects"].columns


@dataclass(frozen=True)
class Measured:
    """One result with a value. A censored one lies between ``low`` and ``high``; ``bound_open`` says that the
    bound itself is excluded."""

    value: float
    low: float
    high: float
    bound_open: bool
    text: str
    date: pd.Timestamp
    is_before: bool
    is_baseline: bool
    visit: str
    upper_reference: float
    record: str


@dataclass(frozen=True)
class Patient:
    """``columns``: subjects table (dates: earliest possible day); ``dates``: ``outcome.<name>`` and ADSL dates;
    ``cites``: record id of each of these; ``results``: by parameter, in the order of time; ``status``: whether the
    subject is evaluable for a time to event on a day that a criterion names."""

    usubjid: str
    record: str
    columns: Mapping[str, object]
    dates: Mapping[str, pd.Timestamp]
    cites: Mapping[str, str]
    results: Mapping[str, tuple[Measured, ...]]
    status: Mapping[tuple[str, int], Verdict] = field(default_factory=dict)

    def date_of(self, name: str) -> pd.Timestamp | None:
        """Date of a subjects column, an outcome or an ADSL date; None when missing."""
        value = self.dates.get(name, self.columns.get(name))
        return value if isinstance(value, pd.Timestamp) and not pd.isna(value) else None

    def baseline(self, parameter: str) -> Measured | None:
        """The baseline record."""
        return next((item for item in self.results.get(parameter, ()) if item.is_baseline), None)


def gather_patients(
    tables: Tables,
    subjects: pd.DataFrame,
    facts: pd.DataFrame,
    results: pd.DataFrame,
    study: Study,
    *,
    status: Mapping[str, Mapping[tuple[str, int], Verdict]] | None = None,
) -> list[Patient]:
    """One patient a row of ``subjects``, in its order, with the results of the parameters that criteria name.

    A subject without an origin never started, so each of their results counts as before the origin and the last
    of each parameter as the baseline: eligibility can be judged for people who died before treatment. ``status``: by
    subject, the output of ``judge_evaluable``.
    """
    own = tables["subjects"].set_index("subject_id")
    first = facts.drop_duplicates(["USUBJID", "WHAT"])
    outcomes = {key: rows for key, rows in first.groupby("USUBJID")}
    by_subject = _measure(results[results["PARAMCD"].isin(_asked_for(study))])
    return [
        Patient(
            row.USUBJID, own.at[row.USUBJID, "record_id"], _columns(own.loc[row.USUBJID]),
            {**_outcome_dates(outcomes.get(row.USUBJID)), "treated": row.TRTSDT, "origin": row.ORIGDT},
            _outcome_cites(outcomes.get(row.USUBJID)), by_subject.get(row.USUBJID, {}),
            (status or {}).get(row.USUBJID, {}),
        )
        for row in subjects.itertuples(index=False)
    ]  # fmt: skip


def _asked_for(study: Study) -> set[str]:
    criteria = [step.keep for population in study.populations for step in population.steps]
    criteria += [item.criterion for item in study.eligibility if item.criterion is not None]
    tests = [leaf for criterion in criteria for leaf in leaves(criterion)]
    return {test.parameter for test in tests if isinstance(test, ParameterTest | PredicateTest)}


def _columns(row: pd.Series) -> dict[str, object]:
    names = {column.name: f"{column.name}_low" if column.kind == "date" else column.name for column in SUBJECT_COLUMNS}
    return {name: row[typed] for name, typed in names.items() if name in row or typed in row}


def _outcome_dates(rows: pd.DataFrame | None) -> dict[str, pd.Timestamp]:
    return {} if rows is None else {f"outcome.{what}": at for what, at in zip(rows["WHAT"], rows["ADT"], strict=True)}


def _outcome_cites(rows: pd.DataFrame | None) -> dict[str, str]:
    return {} if rows is None else {f"outcome.{what}": at for what, at in zip(rows["WHAT"], rows["SRCID"], strict=True)}


def _measure(results: pd.DataFrame) -> dict[str, dict[str, tuple[Measured, ...]]]:
    usable = results[results["AVAL"].notna()].assign(NEVER=results["ORIGDT"].isna())
    ordered = usable.sort_values(["USUBJID", "PARAMCD", "ADT", "ATM", "SRCID"], kind="stable", na_position="first")
    last = ~ordered.duplicated(["USUBJID", "PARAMCD"], keep="last")
    below, above = ordered["ACENS"] == "L", ordered["ACENS"] == "R"
    ordered = ordered.assign(
        LOW=ordered["AVAL"].mask(below, -np.inf).mask(above, ordered["ABOUND"]),
        HIGH=ordered["AVAL"].mask(above, np.inf).mask(below, ordered["ABOUND"]),
        OPEN=~ordered["SIGN"].isin(["<=", ">="]), BASED=(ordered["ABLFL"] == "Y") | (ordered["NEVER"] & last),
        BEFORE=ordered["IS_BEFORE"] | ordered["NEVER"],
    )  # fmt: skip
    found: dict[str, dict[str, list[Measured]]] = {}
    for row in ordered.itertuples(index=False):
        found.setdefault(row.USUBJID, {}).setdefault(row.PARAMCD, []).append(_read_row(row))
    return {subject: {code: tuple(items) for code, items in of.items()} for subject, of in found.items()}


def _read_row(row: Any) -> Measured:
    return Measured(
        value=row.AVAL,
        low=row.LOW,
        high=row.HIGH,
        bound_open=row.OPEN,
        text=f"{row.AVAL:g}" if row.AVALC is None or row.AVALC != row.AVALC else str(row.AVALC),
        date=row.ADT,
        is_before=row.BEFORE,
        is_baseline=row.BASED,
        visit=str(row.AVISIT) if row.ANL01FL == "Y" else "",
        upper_reference=row.ANRHI,
        record=str(row.SRCID),
    )
