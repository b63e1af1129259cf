"""Building result rows: what every analysis of a study shares."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.contracts import AnalysisData
from hepatrial.results import UNUSABLE, Where
from hepatrial.study import Analysis, Study

Row = dict[str, Any]
Rows = Iterator[Row]


QC_TOLERANCE = 1e-7
"""Closed forms differ by rounding only; a Cox fit by where its iteration stops (a step of 1e-12)."""

SUMMARY = ("n", "n_missing", "mean", "sd", "median", "q1", "q3", "min", "max")

REFERENCED = frozenset({
    "analysis of variance", "cause-specific hazard ratio", "chi-square test", "common odds ratio",
    "cumulative incidence", "event time quantile", "fisher test", "gray test", "hazard ratio", "hodges-lehmann shift",
    "homogeneity test", "hypothesis", "least squares mean", "log-rank test", "mann-whitney probability",
    "number needed to treat", "odds ratio", "proportion", "proportion difference", "proportion test",
    "proportional hazards test", "rate", "restricted mean", "restricted mean difference", "restricted mean ratio",
    "risk ratio", "subdistribution hazard ratio", "survival", "survival difference", "tipping point", "wilcoxon test",
})  # fmt: skip
"""Measures whose estimators agree with reference values (docs/methods-*.md), where no second engine computes them."""
ESTIMATED = ("estimate", "std_error", "conf_low", "conf_high", "statistic", "df", "p_value")

DISAGREEMENT = "two independent computations disagree"


@dataclass(frozen=True)
class Group:
    """Subjects analysed together: an arm as randomised, or all."""

    code: str
    label: str
    subjects: pd.DataFrame
    where: Where

    @property
    def n(self) -> int:
        return len(self.subjects)


@dataclass(frozen=True)
class Plan:
    """One planned analysis with everything it needs."""

    study: Study
    data: AnalysisData
    analysis: Any

    def dataset(self, name: str, group: Group) -> pd.DataFrame:
        """The rows of a dataset that belong to the group's subjects."""
        frame = self.data.datasets[name]
        return frame[frame["USUBJID"].isin(group.subjects["USUBJID"])]

    @property
    def results_name(self) -> str:
        """The dataset of results that the analysis is planned on: ADLB, or ADLBSENS of undisturbed samples."""
        return "ADLBSENS" if getattr(self.analysis, "samples", "all") == "undisturbed" else "ADLB"

    def rng(self) -> np.random.Generator:
        """Random draws of this analysis: the study's seed and the analysis' id, whatever ran before."""
        return np.random.default_rng([self.study.seed, *self.analysis.id.encode()])

    @property
    def everybody(self) -> Group:
        """The whole population of the analysis."""
        return find_everybody(self.study, self.data, self.analysis)


def only_patients(ids: Iterable[object]) -> list[tuple[str, str, list[object]]]:
    """The condition that names the patients counted, where none on the rows says which they are."""
    named: list[object] = [*sorted(map(str, ids))]
    return [("USUBJID", "in", named)]


def add_patients(source: tuple[str, Where], ids: Iterable[object]) -> tuple[str, Where]:
    """A source of these patients alone."""
    return source[0], [*source[1], *only_patients(ids)]


def find_groups(study: Study, data: AnalysisData, analysis: Analysis) -> list[Group]:
    """The groups of an analysis: one per arm in the order of the study file, with ``all`` after them, or ``all``."""
    everybody = find_everybody(study, data, analysis)
    if not analysis.by_arm:
        return [everybody]
    arms = [
        Group(arm.code, arm.label, everybody.subjects[everybody.subjects["TRT01P"] == arm.code],
              [*everybody.where, ("TRT01P", "in", [arm.code])])
        for arm in study.design.arms
    ]  # fmt: skip
    return [*arms, everybody] if getattr(analysis, "total", False) else arms


def find_everybody(study: Study, data: AnalysisData, analysis: Analysis) -> Group:
    """The whole population of an analysis."""
    adsl, population = data.datasets["ADSL"], study.population(analysis.population)
    return Group("all", population.label, adsl[adsl[population.flag] == "Y"], [(population.flag, "in", ["Y"])])


def find_reference(plan: Plan, groups: list[Group]) -> Group:
    """The group of the reference arm."""
    return next(group for group in groups if group.code == plan.study.design.reference_arm)


def make_row(plan: Plan, group: Group | None, measure: str, stat: str, value: float, **more: Any) -> Row:
    """One result row; NaN without a reason becomes ``not_estimable``, which a count that is known never is.

    ``more`` are further keys and payload of the results table; ``source`` is (dataset, conditions), to which the
    group's own conditions are added.
    """
    has_reference = measure in REFERENCED and stat in ESTIMATED and bool(more.get("method"))
    row: Row = {
        "analysis_id": plan.analysis.id, "population": plan.analysis.population, "group": group.code if group else "",
        "measure": measure, "stat": stat, "value": float(value), "status": "ok", "n_used": group.n if group else None,
        "checked_by": "reference" if has_reference else "none",
    } | more  # fmt: skip
    row.setdefault(
        "endpoint", plan.study.endpoint_of(plan.analysis.id, str(row.get("variable", "")), row.get("time_days"))
    )
    if np.isnan(row["value"]) and row["status"] in ("ok", "note"):
        row["status"] = "not_estimable"
        row["message"] = row.get("message") or "cannot be computed from these values"
    if row["status"] == "not_estimable" and (stat == "n" or stat.startswith("n_")) and not np.isnan(row["value"]):
        row |= {"status": "ok", "message": ""}  # a count stays, where the estimate beside it cannot be made
    if "source" in row:
        dataset, where = row["source"]
        row["source"] = (dataset, [*(group.where if group else []), *where])
    return row


def make_rows(plan: Plan, group: Group | None, measure: str, values: Mapping[str, float], **more: Any) -> Rows:
    """One row a stat, all with the same other keys."""
    for stat, value in values.items():
        yield make_row(plan, group, measure, stat, value, **more)


def contrast_rows(
    plan: Plan,
    group: Group,
    reference: Group,
    measure: str,
    values: Mapping[str, float],
    second: float | None = None,
    **more: Any,
) -> Rows:
    """make_rows of a number about an arm and the reference arm; its ``source`` are the rows of both.

    ``second`` is a second engine's estimate, where there is one.
    """
    dataset, where = more.pop("source")
    arms = ("TRT01P", "in", [reference.code, group.code])
    more |= {"comparator": reference.code, "source": (dataset, [*plan.everybody.where, arms, *where])}
    rows = make_rows(plan, None, measure, values, **more)
    if second is not None:
        rows = checked_rows(plan, None, measure, values, "estimate", second, **more)
    for row in rows:
        yield row | {"group": group.code}


def checked_rows(
    plan: Plan, group: Group | None, measure: str, stats: Mapping[str, float], name: str, second: float, **more: Any
) -> Rows:
    """make_rows of numbers whose stat ``name`` a second engine computed too, with the second engine's own row.

    Where the two disagree every row is ``failed``: nobody should use a number that two programs dispute. Where the
    model has failed, neither engine has a number and there is nothing to compare.
    """
    has_failed = more.get("status") == "failed"
    said_of_both = () if more.get("status") in UNUSABLE else ("status", "message")
    qc = {key: value for key, value in more.items() if key not in said_of_both} | {"endpoint": ""}
    yield make_row(plan, group, "quality control", "second_path", second, by_variable="measure", by_level=measure, **qc)
    if not has_failed and not np.isclose(stats[name], second, rtol=QC_TOLERANCE, atol=QC_TOLERANCE, equal_nan=True):
        message = f"{DISAGREEMENT}: {stats[name]!r} and {second!r}; do not use these numbers, and report this"
        more |= {"status": "failed", "message": message}
    yield from make_rows(plan, group, measure, stats, checked_by="engine", **more)


def make_n_row(plan: Plan, group: Group) -> Row:
    """The N of a column header."""
    return make_row(plan, group, "patients", "n_total", group.n, variable="N", source=("ADSL", []))


def count_and_percent(n: int, total: int) -> dict[str, float]:
    """n, and its per cent of total where there is a total."""
    return {"n": n, "percent": 100 * n / total} if total else {"n": n}


def said(found: Any) -> Row:
    """What a frozen result says about itself."""
    return {"method": found.method, "status": found.status, "message": "; ".join(found.notes)}


def summary_stats(summary: Any, *names: str) -> dict[str, float]:
    """The named numbers of a frozen result, NaN ones left out when nothing was observed."""
    chosen = names or tuple(field.name for field in fields(summary))
    found = {name: float(getattr(summary, name)) for name in chosen}
    return {name: value for name, value in found.items() if not (np.isnan(value) and summary.n <= 1)}
