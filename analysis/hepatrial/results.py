"""The long results table: one number a row (contracts.Results); bind, compare, write, read.

Glossary, one word per idea: ``conf_level``, ``conf_low``, ``conf_high``, ``std_error``, ``p_value``,
``n_events``, ``n_risk``, ``arm``, ``visit``, ``subject_id``. ``measure`` says what is estimated and ``stat``
which number about it; both come from the closed lists MEASURES and STATS.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import ge, gt, le, lt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hepatrial.contracts import RESULT_COLUMNS, RESULT_KEYS, Results, compute_id
from hepatrial.errors import ResultsError

MEASURES = (
    "adverse events",
    "analysis of variance",
    "at risk",
    "baseline",
    "beyond a limit",
    "alpha spending",
    "change from baseline",
    "changes",
    "chi-square test",
    "coefficient",
    "cause-specific hazard ratio",
    "common odds ratio",
    "composite outcome",
    "conditional power",
    "correlation",
    "cmh test",
    "count",
    "covariance",
    "deaths",
    "cumulative incidence",
    "distribution",
    "event time quantile",
    "findings",
    "fisher test",
    "follow-up",
    "geometric mean",
    "hazard ratio",
    "hodges-lehmann change",
    "historical difference",
    "homogeneity test",
    "influence",
    "imputed difference",
    "imputed values",
    "hodges-lehmann shift",
    "hypothesis",
    "interaction test",
    "known status",
    "laboratory levels",
    "laboratory shift",
    "least squares mean",
    "least squares mean difference",
    "liver injury",
    "log-rank test",
    "mann-whitney probability",
    "gray test",
    "medications",
    "missingness",
    "model fit",
    "net benefit",
    "number needed to treat",
    "observed value",
    "odds ratio",
    "operating characteristics",
    "pairs",
    "patients",
    "person time",
    "predictive power",
    "proportion",
    "proportion difference",
    "proportion test",
    "proportional hazards test",
    "quality control",
    "rank test",
    "rate",
    "repeated interval",
    "response status",
    "residual",
    "restricted mean",
    "restricted mean difference",
    "risk difference",
    "restricted mean ratio",
    "risk ratio",
    "slope",
    "slope difference",
    "sequential boundary",
    "sequential decision",
    "specimens",
    "stage-wise estimate",
    "stopping boundary",
    "stopping rule",
    "states",
    "subdistribution hazard ratio",
    "subgroup",
    "survival",
    "survival difference",
    "substituted mean",
    "tipping delta",
    "tipping point",
    "times upper limit",
    "trajectory summary",
    "variance component",
    "wilcoxon test",
    "win odds",
    "win ratio",
    "win test",
    "win odds",
    "win probability",
)
STATS = (
    "n", "n_total", "n_risk", "n_events", "n_censored", "n_competing", "n_alive", "n_dead", "n_unknown", "n_native",
    "n_missing", "n_below_limit", "n_above_limit", "n_pairs", "estimate", "std_error", "conf_low", "conf_high",
    "conf_level", "mean", "sd", "median", "q1", "q3", "min", "max", "percent", "statistic", "df", "p_value",
    "best_case", "worst_case", "second_path", "difference", "log_likelihood", "variance", "converged",
    "adjusted_p_value", "rejected", "n_wins", "n_losses", "n_ties", "n_pending",
    "observed", "fitted", "standardised", "normalised",
    "information_fraction", "upper_bound", "lower_bound", "nominal_level", "alpha_spent",
    "stop_at", "stop_probability", "stop_early", "expected_n", "expected_events", "exposure", "expected_exposure",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class PreviousReport:
    """An earlier report that a later one is compared with: its results and the day of its data."""

    results: Results
    as_of: date


UNUSABLE = ("not_estimable", "failed")
"""Statuses of a row that has no value."""
TEXT_KEYS = tuple(key for key in RESULT_KEYS if key != "time_days")
PLACE = ("record_id", "file", "sheet", "line")
COMPARATORS: dict[str, Callable[[Any, Any], Any]] = {"<": lt, "<=": le, ">=": ge, ">": gt}
"""Of a source's conditions and of a response."""
Where = Sequence[tuple[str, str, Sequence[object]]]
_Known = dict[tuple[str, str, tuple[object, ...]], NDArray[np.bool_]]
"""Which rows of a dataset hold a condition."""


def make_source(dataset: str, where: Where) -> dict[str, str]:
    """A source row: the dataset and the conditions (column, comparator, values) that pick its rows."""
    text = json.dumps([[column, comparator, list(values)] for column, comparator, values in where], ensure_ascii=False)
    return {"source_id": compute_id(("source", dataset, text)), "dataset": dataset, "where": text}


def bind_results(rows: Iterable[Mapping[str, object]], sources: Iterable[Mapping[str, object]]) -> Results:
    """Rows and sources to Results: keys completed, ids computed, sorted by key, uniqueness checked.

    A row that is ``failed`` or ``not_estimable`` has no value, whatever a search ended with: its message says why.

    Raises
    ------
    ResultsError
        When a measure or stat is not in the glossary, or a row names a source that does not exist.
    """
    frame = pd.DataFrame(list(rows), columns=[name for name in RESULT_COLUMNS if name != "result_id"])
    for key in (*TEXT_KEYS, "unit", "method", "status", "message", "source_id", "checked_by"):
        frame[key] = frame[key].astype("object").where(frame[key].notna(), "").astype(str)
    for key in ("time_days", "value", "n_used"):
        frame[key] = pd.to_numeric(frame[key]).astype("float64")
    frame["value"] = frame["value"].mask(frame["status"].isin(UNUSABLE))
    source_frame = pd.DataFrame(list(sources), columns=["source_id", "dataset", "where"]).drop_duplicates("source_id")
    _check_glossary(frame, "measure", MEASURES)
    _check_glossary(frame, "stat", STATS)
    _check_glossary(frame, "source_id", ["", *source_frame["source_id"]])
    frame = Results.with_ids(frame).sort_values([*RESULT_KEYS], kind="stable", ignore_index=True)
    ordered = source_frame.sort_values("source_id", kind="stable", ignore_index=True)
    return Results(frame[list(RESULT_COLUMNS)], ordered)


def _check_glossary(frame: pd.DataFrame, column: str, allowed: Sequence[str]) -> None:
    unknown = sorted(set(frame[column]) - set(allowed))
    if unknown:
        raise ResultsError(f"results: {column} {unknown} is not among the names allowed ({', '.join(allowed)})")


def compare_results(old: Results, new: Results, *, rel_tol: float = 1e-8) -> pd.DataFrame:
    """Differences between two results tables.

    Returns
    -------
    DataFrame
        One row a result that is only in ``old`` ("gone"), only in ``new`` ("added"), or whose value or status
        differs ("changed"); columns result_id, the keys, change, old_value, new_value, old_status, new_status.
    """
    left, right = (results.frame.set_index("result_id") for results in (old, new))
    ids = left.index.union(right.index)
    both = pd.concat([left[[*RESULT_KEYS]], right[[*RESULT_KEYS]]])
    out = both[~both.index.duplicated()].reindex(ids)
    for name, side in (("old", left), ("new", right)):
        out[f"{name}_value"] = side["value"].reindex(ids)
        out[f"{name}_status"] = side["status"].reindex(ids)
    same = np.isclose(out["old_value"], out["new_value"], rtol=rel_tol, atol=0.0, equal_nan=True)
    same &= (out["old_status"] == out["new_status"]).to_numpy()
    present = ids.isin(left.index), ids.isin(right.index)
    out["change"] = np.select([~present[1], ~present[0]], ["gone", "added"], default="changed")
    return out[~same | ~present[0] | ~present[1]].rename_axis("result_id").reset_index()


def expand_sources(sources: pd.DataFrame, datasets: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The records behind each source.

    Returns
    -------
    DataFrame
        source_id, dataset, where, USUBJID, SRCDOM, record_id: one row a contributing record; a source that picks no
        row keeps one row with empty ids.
    """
    adsl = datasets["ADSL"]
    frames = {name: add_core(datasets[name], adsl) for name in sources["dataset"].unique()}
    picked = [_pick_sources(sources[sources["dataset"] == name], frame) for name, frame in frames.items()]
    rows = pd.concat(picked) if picked else pd.DataFrame(columns=["source_id", "USUBJID", "SRCDOM", "SRCID"])
    rows = sources[["source_id", "dataset", "where"]].merge(rows, on="source_id", how="left")
    rows = rows.assign(record_id=rows["SRCID"].fillna("").astype(str).str.split(";")).drop(columns="SRCID")
    rows = rows.explode("record_id", ignore_index=True)
    return rows.drop_duplicates(["source_id", "USUBJID", "SRCDOM", "record_id"], ignore_index=True).fillna("")


def _pick_sources(sources: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of a dataset behind each source; a condition that many sources share is looked at once."""
    known: _Known = {}
    places = [np.flatnonzero(_mask(frame, json.loads(where), known)) for where in sources["where"]]
    rows = frame.reindex(columns=["USUBJID", "SRCDOM", "SRCID"]).iloc[np.concatenate(places)]
    return rows.assign(source_id=np.repeat(sources["source_id"].to_numpy(), [len(found) for found in places]))


def add_core(frame: pd.DataFrame, adsl: pd.DataFrame) -> pd.DataFrame:
    """The dataset with the flags and the planned arms of ADSL, on which conditions may rest."""
    core = [name for name in adsl.columns if str(name).endswith("FL") or name in ("TRT01P", "TRT02P")]
    missing = [name for name in core if name not in frame.columns]
    return frame.merge(adsl[["USUBJID", *missing]], on="USUBJID", how="left", validate="m:1") if missing else frame


def select_rows(frame: pd.DataFrame, where: Where) -> pd.DataFrame:
    """The rows of a dataset that a source's conditions pick."""
    return frame[_mask(frame, where, {})]


def _mask(frame: pd.DataFrame, where: Where, known: _Known) -> NDArray[np.bool_]:
    """Which rows hold all conditions; ``known`` keeps which hold each."""
    keep = np.ones(len(frame), dtype=bool)
    for column, comparator, values in where:
        key = (column, comparator, tuple(values))
        if key not in known:
            known[key] = _condition(frame[column], comparator, values).to_numpy(dtype=bool)
        keep &= known[key]
    return keep


def _condition(column: pd.Series, comparator: str, values: Sequence[object]) -> pd.Series:
    if comparator == "in":
        return column.isin(list(values))
    if comparator == "not in":
        return ~column.isin(list(values))
    if comparator == "not missing":
        return column.notna()
    if comparator in COMPARATORS:
        return COMPARATORS[comparator](column, values[0])
    allowed = ", ".join(("in", "not in", "not missing", *COMPARATORS))
    raise ResultsError(f"a source cannot use the comparator {comparator!r}; allowed are {allowed}")


def guard_formula(value: object) -> object:
    """Text that a spreadsheet would run as a formula, with an apostrophe before it; numbers stay numbers."""
    if not isinstance(value, str) or not value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def write_results(
    results: Results, datasets: Mapping[str, pd.DataFrame], folder: Path, records: pd.DataFrame | None = None
) -> list[Path]:
    """Write results.csv, results.parquet and sources.parquet; floats in the CSV round-trip exactly, and text that
    a spreadsheet would run as a formula gets an apostrophe there.

    ``records`` (record_id, table, file, sheet, line) puts the place in the exports beside each record of
    sources.parquet, and its own table in SRCDOM, where the analysis row named only that of its first record.
    """
    csv, parquet, sources = (folder / name for name in ("results.csv", "results.parquet", "sources.parquet"))
    text = results.frame.select_dtypes("object").columns
    guarded = results.frame.assign(**{name: results.frame[name].map(guard_formula) for name in text})
    guarded.to_csv(csv, index=False, lineterminator="\n")
    results.frame.to_parquet(parquet, index=False)
    expanded = expand_sources(results.sources, datasets)
    columns = [*PLACE, "table"]
    places = pd.DataFrame(columns=columns, dtype="object") if records is None else records[columns]
    placed = expanded.merge(places.drop_duplicates("record_id"), on="record_id", how="left")
    line = pd.to_numeric(placed["line"]).fillna(0).astype("int64")
    placed = placed.assign(line=line, SRCDOM=placed["table"].fillna(placed["SRCDOM"])).drop(columns="table")
    _write_texts(placed.fillna({"file": "", "sheet": ""}), sources)
    return [csv, parquet, sources]


def _write_texts(frame: pd.DataFrame, path: Path) -> None:
    """A Parquet file of texts that come back row after row: made from each text once, read as text."""
    texts = set(frame.select_dtypes("object").columns)
    once = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    schema = pyarrow.schema([(name, once if name in texts else pyarrow.int64()) for name in frame])
    table = pyarrow.Table.from_pandas(frame, schema, preserve_index=False)
    pq.write_table(table.replace_schema_metadata(None), path, store_schema=False)


def read_results(folder: Path) -> Results:
    """Read what write_results wrote."""
    frame = pd.read_parquet(folder / "results.parquet")
    sources = pd.read_parquet(folder / "sources.parquet")[["source_id", "dataset", "where"]]
    return Results(frame, sources.drop_duplicates("source_id", ignore_index=True))
