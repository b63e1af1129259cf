"""The frozen hand-overs: Exports, Findings, AnalysisData, Ledger, Results."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from hepatrial.contracts.adam import ADAM_DATASETS
from hepatrial.contracts.columns import check_columns
from hepatrial.contracts.identity import compute_finding_id, compute_result_ids
from hepatrial.contracts.standard import RECORD_COLUMNS, STANDARD_TABLES, typed_columns
from hepatrial.errors import ContractError

SEVERITIES = ("note", "warning", "error", "fatal")
"""From harmless to hopeless. The study's ``findings_limit`` names the first that stops a report."""

FINDING_COLUMNS = (
    "finding_id", "rule", "severity", "file", "sheet", "line", "column", "raw", "table", "record_id", "subject",
    "message", "status",
)  # fmt: skip
SOURCE_FILE_COLUMNS = (
    "file",
    "sheet",
    "table",
    "sha256",
    "bytes",
    "rows",
    "encoding",
    "delimiter",
    "detected",
)
DECISION_COLUMNS = ("id", "action", "column", "seen", "value", "reason", "who", "date")
"""Columns of decisions.csv; ``apply_decisions`` adds ``status`` (applied, stale or refused) and ``note``."""
LEDGER_COLUMNS = ("population", "step", "subject_id", "kept", "reason", "record_id", "detail")
"""``detail``: the values that a decision rests on, as text."""
PLACE_COLUMNS = ("record_id", "dataset", "line")
EXCLUSION_COLUMNS = ("subject_id", "population", "reason")

RESULT_KEYS = (
    "analysis_id", "endpoint", "population", "visit", "time_days", "group", "comparator", "subgroup",
    "subgroup_level", "stratum", "variable", "level", "by_variable", "by_level", "measure", "stat",
)  # fmt: skip
RESULT_PAYLOAD = ("value", "unit", "method", "status", "message", "n_used", "source_id", "checked_by")
RESULT_COLUMNS = ("result_id", *RESULT_KEYS, *RESULT_PAYLOAD)
RESULT_STATUSES = ("ok", "note", "not_estimable", "failed")


def make_finding(
    rule: str,
    severity: str,
    message: str,
    *,
    file: str = "",
    sheet: str = "",
    line: int = 0,
    column: str = "",
    raw: str = "",
    table: str = "",
    record_id: str = "",
    subject: str = "",
    status: str = "new",
) -> dict[str, object]:
    """One row of the findings table, with its stable id; ``line`` 0 means the whole file."""
    return {
        "finding_id": compute_finding_id(rule, record_id, file, column, raw),
        "rule": rule, "severity": severity, "file": file, "sheet": sheet, "line": line, "column": column,
        "raw": raw, "table": table, "record_id": record_id, "subject": subject, "message": message,
        "status": status,
    }  # fmt: skip


@dataclass(frozen=True)
class Remark:
    """What only a derivation can see about one record of the exports, to become a finding at its place.

    ``column`` is that of the standard table.
    """

    rule: str
    severity: str
    table: str
    record_id: str
    column: str
    message: str


@dataclass(frozen=True, eq=False)
class Findings:
    """What is wrong or remarkable in the data: one row each, columns FINDING_COLUMNS."""

    frame: pd.DataFrame

    def __post_init__(self) -> None:
        check_columns(self.frame, FINDING_COLUMNS, "findings")
        unknown = set(self.frame["severity"]) - set(SEVERITIES)
        if unknown:
            raise ContractError(f"findings: severities {sorted(unknown)} are not among {SEVERITIES}")

    @classmethod
    def from_rows(cls, rows: list[dict[str, object]]) -> "Findings":
        """Findings in the order of file, sheet, line, column and rule."""
        frame = pd.DataFrame(rows, columns=list(FINDING_COLUMNS))
        order = ["file", "sheet", "line", "column", "rule", "finding_id"]
        return cls(frame.sort_values(order, kind="stable", ignore_index=True))

    def at_or_above(self, severity: str) -> pd.DataFrame:
        """The open findings of this severity or worse."""
        worst = SEVERITIES[SEVERITIES.index(severity) :]
        keep = self.frame["severity"].isin(worst) & ~self.frame["status"].isin(["accepted", "resolved"])
        return self.frame[keep]


@dataclass(frozen=True, eq=False)
class Exports:
    """Typed standard tables (contracts.standard), the files they came from, and what load found.

    Every standard table is present, empty where the data map names no file for it. ``adam`` holds CDISC ADaM
    datasets that are read as they are, by name: text as text (None when missing), numbers as float64, dates and
    moments as datetime64[ns], times as HH:MM:SS; the n-th record has index n - 1; ``attrs["labels"]`` has the labels.
    ``exclusions`` (EXCLUSION_COLUMNS): who is left out of which population by a person's decision.
    """

    tables: Mapping[str, pd.DataFrame]
    files: pd.DataFrame
    findings: Findings
    exported_on: date
    simulated: bool = False
    adam: Mapping[str, pd.DataFrame] | None = None
    exclusions: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(EXCLUSION_COLUMNS)))

    def __post_init__(self) -> None:
        check_columns(self.exclusions, EXCLUSION_COLUMNS, "exclusions")
        check_columns(self.files, SOURCE_FILE_COLUMNS, "source files")
        for name, spec in STANDARD_TABLES.items():
            if name not in self.tables:
                raise ContractError(f"exports: the standard table {name} is missing")
            check_columns(self.tables[name], (*RECORD_COLUMNS, *typed_columns(spec)), f"table {name}")


def make_empty_exports(exported_on: date) -> Exports:
    """Exports without a record: every standard table with its columns."""
    tables = {
        name: pd.DataFrame(columns=[*RECORD_COLUMNS, *typed_columns(spec)]) for name, spec in STANDARD_TABLES.items()
    }
    return Exports(tables, pd.DataFrame(columns=list(SOURCE_FILE_COLUMNS)), Findings.from_rows([]), exported_on)


@dataclass(frozen=True, eq=False)
class Ledger:
    """Who left which population at which step, and why: columns LEDGER_COLUMNS, one row a subject and step."""

    frame: pd.DataFrame

    def __post_init__(self) -> None:
        check_columns(self.frame, LEDGER_COLUMNS, "ledger")


@dataclass(frozen=True, eq=False)
class AnalysisData:
    """ADaM analysis datasets by name, as of ``as_of`` (the export's date or the data cut).

    ``cutoff`` is the data cut, None without one; ``extracted_on`` the date of the export, None where it is ``as_of``.

    ADSL has the study's subject variables and population flags besides the columns of its contract. ``absent`` names,
    by dataset, the columns that ADaM input did not have: their N or missing is not an observation. ``places`` says of
    ADaM input where each record stands (PLACE_COLUMNS): the dataset that it was read from, and its number in it.
    """

    datasets: Mapping[str, pd.DataFrame]
    ledger: Ledger
    as_of: date
    simulated: bool = False
    absent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cutoff: date | None = None
    extracted_on: date | None = None
    places: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(PLACE_COLUMNS)))

    @property
    def dates(self) -> str:
        """The dates that stand on every page and table: of the data, and of the extract where a cut was made."""
        extract = "" if self.cutoff is None or self.extracted_on is None else f", extract of {self.extracted_on}"
        return f"Data as of {self.as_of}{extract}"

    def has(self, dataset: str, *columns: str) -> bool:
        """Whether the data have these columns of the dataset."""
        return not set(columns) & set(self.absent.get(dataset, ()))

    def __post_init__(self) -> None:
        for name, spec in ADAM_DATASETS.items():
            if name not in self.datasets:
                raise ContractError(f"analysis data: the dataset {name} is missing")
            check_columns(self.datasets[name], spec.names, f"dataset {name}")


@dataclass(frozen=True, eq=False)
class Results:
    """The long results table: one number a row, keys RESULT_KEYS, unique ``result_id``.

    ``sources`` has one row per source_id: source_id, dataset, where (JSON list of column, comparator, values).
    """

    frame: pd.DataFrame
    sources: pd.DataFrame

    def __post_init__(self) -> None:
        check_columns(self.frame, RESULT_COLUMNS, "results")
        check_columns(self.sources, ("source_id", "dataset", "where"), "result sources")
        unknown = set(self.frame["status"]) - set(RESULT_STATUSES)
        if unknown:
            raise ContractError(f"results: statuses {sorted(unknown)} are not among {RESULT_STATUSES}")
        doubled = self.frame["result_id"].duplicated(keep=False)
        if doubled.any():
            first = self.frame.loc[doubled, list(RESULT_KEYS)].iloc[0].to_dict()
            raise ContractError(f"results: {int(doubled.sum())} rows share their keys, for example {first}")

    @staticmethod
    def with_ids(frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with its ``result_id`` computed from the keys."""
        return frame.assign(result_id=compute_result_ids(frame, RESULT_KEYS))
