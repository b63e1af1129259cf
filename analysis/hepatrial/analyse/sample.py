"""The patients of several arms in one table for a comparison: times, arms, strata and covariates."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.analyse.rows import Group, Plan

NO_STRATUM = "Missing"
CENSORED, EVENT = 1, 0
Columns = tuple[Any, Any, Any]


ABSENT = {"status": "not_estimable", "message": "an arm has no patients with follow-up"}


@dataclass(frozen=True, eq=False)
class Sample:
    """One row a patient with follow-up: USUBJID, AVAL, CNSR, ARM, and the columns of ADSL that were asked for."""

    rows: pd.DataFrame
    strata: str = ""

    @property
    def time(self) -> Any:
        return self.rows["AVAL"].to_numpy(dtype=float)

    @property
    def event(self) -> Any:
        return (self.rows["CNSR"] == EVENT).to_numpy()

    @property
    def arm(self) -> Any:
        return self.rows["ARM"].to_numpy()

    @property
    def columns(self) -> Columns:
        """Time, event and arm."""
        return self.time, self.event, self.arm

    @property
    def stratum(self) -> Any:
        """The stratum of each patient, or None where there are none; whoever has no stratum is one of their own."""
        return self.rows[self.strata].fillna(NO_STRATUM).astype(str).to_numpy() if self.strata else None

    def pick(self, keep: Any) -> "Sample":
        """The patients for whom ``keep`` is true."""
        return Sample(self.rows[np.asarray(keep)].reset_index(drop=True), self.strata)

    def arms(self, *codes: str) -> "Sample":
        """The patients of these arms."""
        return self.pick(self.rows["ARM"].isin(codes))


def split_present(sample: Sample, others: list[Group], reference: Group) -> tuple[list[Group], list[Group]]:
    """The arms that can be compared with the reference arm, and those that cannot: one of the two has nobody."""
    codes = set(sample.rows["ARM"])
    present = [group for group in others if reference.code in codes and group.code in codes]
    return present, [group for group in others if group not in present]


def make_sample(plan: Plan, groups: list[Group], *columns: str, strata: str = "") -> Sample:
    """The patients of the groups with follow-up for the analysis' parameter; ``columns`` are of ADSL."""
    wanted = ["USUBJID", *dict.fromkeys([*columns, *([strata] if strata else [])])]
    parts = []
    for group in groups:
        rows = time_to_event(plan, group)[["USUBJID", "AVAL", "CNSR"]].assign(ARM=group.code)
        parts.append(rows.merge(group.subjects[wanted], on="USUBJID", how="left", validate="1:1"))
    return Sample(pd.concat(parts, ignore_index=True), strata)


def time_to_event(plan: Plan, group: Group) -> pd.DataFrame:
    """The group's rows of the parameter, those whose follow-up started."""
    rows = plan.dataset("ADTTE", group)
    return rows[(rows["PARAMCD"] == plan.analysis.parameter) & rows["AVAL"].notna()]


def code_covariates(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Numbers as they are, a category as indicators of every value but the first in alphabetical order."""
    coded = []
    for name in columns:
        if pd.api.types.is_numeric_dtype(frame[name]):
            coded.append(frame[[name]].astype(float))
        else:
            coded.append(pd.get_dummies(frame[name].astype(str), prefix=name, drop_first=True, dtype=float))
    return pd.concat(coded, axis=1) if coded else pd.DataFrame(index=frame.index)
