"""Least-squares means, differences and any linear contrast of a fitted linear model (``fit_mmrm``,
``fit_mixed``).

A least-squares mean is l b with l the model's row at given factor levels, averaged over the levels of the
other factors and taken at the mean (over the rows used) of each numeric covariate (Searle, Speed and
Milliken 1980, doi:10.1080/00031305.1980.10483031). Same numbers: R ``emmeans(fit, ~ ARM | AVISIT)``, SAS
``LSMEANS ARM*AVISIT``.

Weights of the averaging: ``equal`` (SAS default, emmeans "equal"); ``proportional``: how often each
combination of the other factors occurs among all rows used (SAS ``OM``, emmeans "proportional");
``observed``: how often within the cell itself
(emmeans "cells").
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from scipy import stats

from ..errors import EstimateError
from .design import Design, Floats, code_matrix
from .mmrm.inference import Basis, compute_joint_test, contrast_df

WEIGHTS = ("equal", "proportional", "observed")
ESTIMABLE_TOLERANCE = 1e-8
VANISHING = 1e-10
NUMBERS = ("estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high")


class LinearFit(Protocol):
    """What means need of a fit."""

    @property
    def design(self) -> Design:
        """The design of the fit."""
        ...

    @property
    def basis(self) -> Basis | None:
        """What tests need; None where the fit failed."""
        ...

    @property
    def method(self) -> str:
        """What was fitted."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know."""
        ...


@dataclass(frozen=True, eq=False)
class LinearEstimates:
    """Linear combinations of the coefficients, one a row.

    ``table``: the columns that name the row, then estimate, std_error, df, statistic (t), p_value, conf_low,
    conf_high, status; ``rows`` (k, p): the combinations over the fit's coefficients.
    """

    table: pd.DataFrame
    rows: Floats
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


def estimate_contrasts(
    fit: LinearFit, rows: Floats, labels: pd.DataFrame, *, conf_level: float = 0.95, full: bool = False
) -> LinearEstimates:
    """Estimate rows b, with t intervals on the fit's degrees of freedom.

    Parameters
    ----------
    rows : ndarray of float, shape (k, p)
        Over ``fit.design.columns``; with ``full`` over ``fit.design.full_columns``, and a row that the data
        cannot estimate
        (R: "nonEst") is ``not_estimable``.
    labels : DataFrame
        k rows that name the combinations.
    """
    check_conf_level(conf_level)
    if full:
        estimable = _is_estimable(fit.design, rows)
        rows = rows[:, fit.design.kept]
    else:
        estimable = np.ones(len(rows), dtype=bool)
    numbers = _estimate_rows(fit.basis, np.where(estimable[:, None], rows, np.nan), conf_level)
    table = pd.concat([labels.reset_index(drop=True), numbers], axis=1)
    reason = "failed" if fit.basis is None else "not_estimable"
    table["status"] = np.where(np.isfinite(numbers["std_error"]), "ok", reason)
    status = "ok" if (table["status"] == "ok").all() else reason
    return LinearEstimates(table, rows, conf_level, fit.method, status, fit.notes)


def check_conf_level(conf_level: float) -> None:
    """Refuse a confidence level that is none."""
    if not 0 < conf_level < 1:
        raise EstimateError(f"conf_level must be between 0 and 1, not {conf_level!r}")


def _is_estimable(design: Design, rows: Floats) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    aliased = np.setdiff1d(np.arange(len(design.full_columns)), design.kept)
    implied = rows[:, design.kept] @ design.alias_weights
    scale = 1 + np.abs(rows).max(axis=1, initial=0.0)
    return np.asarray(
        np.abs(rows[:, aliased] - implied).max(axis=1, initial=0.0) <= ESTIMABLE_TOLERANCE * scale, dtype=bool
    )


def _estimate_rows(basis: Basis | None, rows: Floats, conf_level: float) -> pd.DataFrame:
    """The NUMBERS of each row b; NaN without a fit and for a row of NaN."""
    if basis is None:
        return pd.DataFrame(np.nan, index=range(len(rows)), columns=list(NUMBERS))
    estimate = rows @ basis.beta
    variance = np.sum((rows @ basis.cov) * rows, axis=1)
    # a sandwich of one subject alone in its cell is 0: no standard error, rather than a perfect one
    has_spread = variance > VANISHING * np.sum((rows @ basis.phi) * rows, axis=1)
    std_error = np.where(has_spread, np.sqrt(np.where(has_spread, variance, 0.0)), np.nan)
    df = np.array([contrast_df(basis, row) if np.isfinite(row).all() else np.nan for row in rows])
    statistic = estimate / std_error
    half = stats.t.isf((1 - conf_level) / 2, df) * std_error
    p_value = 2 * stats.t.sf(np.abs(statistic), df)
    columns = (estimate, std_error, df, statistic, p_value, estimate - half, estimate + half)
    return pd.DataFrame(dict(zip(NUMBERS, columns, strict=True)))


def tabulate_coefficients(columns: Sequence[str], basis: Basis | None, conf_level: float) -> pd.DataFrame:
    """One row a coefficient with the NUMBERS; NaN where there is no fit."""
    check_conf_level(conf_level)
    return _estimate_rows(basis, np.eye(len(columns)), conf_level).set_axis(list(columns), axis=0)


def _grid(design: Design, at: Mapping[str, float | str]) -> pd.DataFrame:
    """Every combination of factor levels, numeric covariates at their means or where ``at`` says."""
    levels = {name: list(design.factors[name].cat.categories) for name in design.factors.columns}
    for name, value in at.items():
        if name in levels:
            if value not in levels[name]:
                raise EstimateError(f"at: {name} has no level {value!r}; it has {levels[name]}")
            levels[name] = [value]
        elif name not in design.numeric_means:
            raise EstimateError(f"at: {name!r} is not in the model")
    cells = pd.DataFrame(list(itertools.product(*levels.values())), columns=list(levels))
    for name in levels:
        cells[name] = pd.Categorical(cells[name], categories=design.factors[name].cat.categories)
    if not levels:
        cells = pd.DataFrame(index=[0])
    for name, mean in design.numeric_means.items():
        cells[name] = float(at.get(name, mean))
    return cells


def _frequencies(factors: pd.DataFrame, names: Sequence[str], cells: pd.DataFrame) -> Floats:
    """How many used rows share each cell's levels of the named factors."""
    if not names:
        return np.ones(len(cells))
    counts = factors.groupby(list(names), observed=False).size()
    keys = list(cells[list(names)].itertuples(index=False, name=None))
    return np.array([float(counts.get(key if len(key) > 1 else key[0], 0)) for key in keys])


def _cell_weights(design: Design, cells: pd.DataFrame, by: Sequence[str], weights: str) -> Floats:
    others = [name for name in design.factors.columns if name not in by]
    if weights == "equal" or not others:
        return np.ones(len(cells))
    names = others if weights == "proportional" else list(design.factors.columns)
    return _frequencies(design.factors, names, cells)


def mean_rows(
    design: Design, by: Sequence[str], *, at: Mapping[str, float | str] | None = None, weights: str = "equal"
) -> tuple[pd.DataFrame, Floats]:
    """The cells of ``by`` and their rows over the full columns of the design."""
    if weights not in WEIGHTS:
        raise EstimateError(f"weights must be one of {', '.join(WEIGHTS)}, not {weights!r}")
    for name in by:
        if name not in design.factors.columns:
            raise EstimateError(f"by: {name!r} is not a factor of the model {design.formula!r}")
    cells = _grid(design, at or {})
    matrix = np.asarray(code_matrix(design.rhs, cells), dtype=float)
    weight = _cell_weights(design, cells, by, weights)
    labels = cells[list(by)].drop_duplicates().sort_values(list(by), ignore_index=True) if by else cells[[]]
    if not by:
        return pd.DataFrame(index=[0]), (weight @ matrix / weight.sum())[None, :]
    code = cells[list(by)].merge(labels.assign(_row=range(len(labels))), how="left", on=list(by))["_row"].to_numpy()
    total = np.bincount(code, weights=weight, minlength=len(labels))
    with np.errstate(invalid="ignore"):  # a cell that nobody is in has no observed margin: not estimable
        rows = np.stack([(weight[code == k] @ matrix[code == k]) / total[k] for k in range(len(labels))])
    return labels, rows


def estimate_means(
    fit: LinearFit,
    by: Sequence[str] | str,
    *,
    at: Mapping[str, float | str] | None = None,
    weights: str = "equal",
    conf_level: float = 0.95,
) -> LinearEstimates:
    """Least-squares means of the cells of ``by``.

    Parameters
    ----------
    fit : MmrmFit or MixedFit
    by : factor names of the model, e.g. ``["ARM", "AVISIT"]``
    at : values of numeric covariates, or one level of a factor that is not in ``by``
    weights : "equal", "proportional" or "observed" (module docstring)

    Returns
    -------
    LinearEstimates
        One row a cell, first factor slowest.
    """
    names = [by] if isinstance(by, str) else list(by)
    labels, rows = mean_rows(fit.design, names, at=at, weights=weights)
    return estimate_contrasts(fit, rows, labels, conf_level=conf_level, full=True)


def compare_means(
    fit: LinearFit,
    by: Sequence[str] | str = (),
    *,
    contrast: str | Mapping[str, Mapping[tuple[str, ...], float]],
    reference: str | None = None,
    at: Mapping[str, float | str] | None = None,
    weights: str = "equal",
    conf_level: float = 0.95,
) -> LinearEstimates:
    """Differences of least-squares means.

    Parameters
    ----------
    by : factors within whose levels the comparison is made, e.g. ``["AVISIT"]``
    contrast : a factor, each level minus ``reference`` (its first level by default) within each cell of
        ``by``; or named combinations of the cells of ``by``: ``{"day 28 - day 7": {("28",): 1, ("7",): -1}}``

    Returns
    -------
    LinearEstimates
        Columns ``by``, then ``level`` and ``reference``; or ``contrast`` with the given name.
    """
    names = [by] if isinstance(by, str) else list(by)
    if isinstance(contrast, str):
        labels, rows = _pairwise_rows(fit.design, names, contrast, reference, at, weights)
    else:
        labels, rows = _custom_rows(fit.design, names, contrast, at, weights)
    return estimate_contrasts(fit, rows, labels, conf_level=conf_level, full=True)


def _pairwise_rows(
    design: Design,
    by: list[str],
    contrast: str,
    reference: str | None,
    at: Mapping[str, float | str] | None,
    weights: str,
) -> tuple[pd.DataFrame, Floats]:
    labels, rows = mean_rows(design, [*by, contrast], at=at, weights=weights)
    levels = list(design.factors[contrast].cat.categories)
    first = levels[0] if reference is None else reference
    if first not in levels:
        raise EstimateError(f"reference: {contrast} has no level {first!r}; it has {levels}")
    is_first = (labels[contrast] == first).to_numpy()
    # the contrast factor runs fastest, so every cell of `by` is one run of len(levels) rows
    base = np.repeat(rows[is_first], len(levels), axis=0)[~is_first]
    out = labels.loc[~is_first, by].reset_index(drop=True)
    out["level"] = labels.loc[~is_first, contrast].astype(str).to_numpy()
    out["reference"] = str(first)
    return out, rows[~is_first] - base


def _custom_rows(
    design: Design,
    by: list[str],
    contrast: Mapping[str, Mapping[tuple[str, ...], float]],
    at: Mapping[str, float | str] | None,
    weights: str,
) -> tuple[pd.DataFrame, Floats]:
    labels, rows = mean_rows(design, by, at=at, weights=weights)
    position = {key: k for k, key in enumerate(labels.itertuples(index=False, name=None))}
    out = []
    for name, parts in contrast.items():
        unknown = [key for key in parts if key not in position]
        if unknown:
            raise EstimateError(f"contrast {name!r}: no cell {unknown[0]!r}; cells are {list(position)}")
        out.append(sum((weight * rows[position[key]] for key, weight in parts.items()), np.zeros(rows.shape[1])))
    return pd.DataFrame({"contrast": list(contrast)}), np.stack(out)


def estimate_slopes(
    fit: LinearFit,
    covariate: str,
    by: Sequence[str] | str = (),
    *,
    weights: str = "equal",
    conf_level: float = 0.95,
) -> LinearEstimates:
    """Change of the mean for one unit of a numeric covariate, in the cells of ``by``.

    The difference of the least-squares means at 1 and at 0 of the covariate, which must enter linearly. R:
    ``emtrends(fit, ~ ARM, var = "DAY")``; SAS: ``ESTIMATE`` of the slope.
    """
    names = [by] if isinstance(by, str) else list(by)
    if covariate not in fit.design.numeric_means:
        raise EstimateError(f"covariate: {covariate!r} is not a number of the model {fit.design.formula!r}")
    labels, high = mean_rows(fit.design, names, at={covariate: 1.0}, weights=weights)
    low = mean_rows(fit.design, names, at={covariate: 0.0}, weights=weights)[1]
    return estimate_contrasts(fit, high - low, labels, conf_level=conf_level, full=True)


def compute_geometric_means(estimates: LinearEstimates) -> pd.DataFrame:
    """Back-transform estimates of a natural-log outcome: geometric means, or ratios of them for differences.

    Estimate and limits are exponentiated; ``std_error`` is by the delta method (exp(estimate) times the
    standard error on the log scale), ``log_std_error`` that on the log scale; test and df are those of the
    log scale.
    """
    table = estimates.table.copy()
    table["log_std_error"] = table["std_error"]
    for name in ("estimate", "conf_low", "conf_high"):
        table[name] = np.exp(table[name])
    table["std_error"] = table["estimate"] * table["log_std_error"]
    return table


def compare_terms(fit: LinearFit, *, type3: bool = False) -> pd.DataFrame:
    """F test of every term: all its coefficients are 0, or with ``type3`` the SAS/lmerTest type III
    hypothesis.

    The plain test is that of the coefficients as coded (treatment coding: a main effect is the one at the
    other factors' reference). Type III tests the term in sum-to-zero coding, so a main effect is averaged
    equally over the other factors. Columns: term, num_df, denom_df, statistic (F), p_value, status.
    """
    design, out = fit.design, []
    coding = _sum_to_zero(design) if type3 else np.eye(len(design.full_columns))[:, design.kept]
    for term, columns in design.terms.items():
        if term == "1":
            continue
        at = [k for k, name in enumerate(design.full_columns) if name in columns and (type3 or k in design.kept)]
        rows = _independent_rows(coding[at])
        if fit.basis is None or not len(rows):
            status = "failed" if fit.basis is None else "not_estimable"
            out.append((term, len(rows), np.nan, np.nan, np.nan, status))
            continue
        test = compute_joint_test(fit.basis, rows)
        out.append((term, test.num_df, test.denom_df, test.statistic, test.p_value, "ok"))
    return pd.DataFrame(out, columns=["term", "num_df", "denom_df", "statistic", "p_value", "status"])


def _independent_rows(rows: Floats) -> Floats:
    keep: list[int] = []
    for k in range(len(rows)):
        if np.linalg.matrix_rank(rows[[*keep, k]]) == len(keep) + 1:
            keep.append(k)
    return rows[keep]


def _sum_to_zero(design: Design) -> Floats:
    """Rows that turn the fit's coefficients into those of the same model in sum-to-zero coding."""
    cells = _grid(design, {})
    # numeric covariates must vary for the two codings to be told apart
    rng = np.random.default_rng(0)
    many = pd.concat([cells] * 8, ignore_index=True)
    for name in design.numeric_means:
        many[name] = rng.normal(size=len(many))
    mine = np.asarray(code_matrix(design.rhs, many), dtype=float)
    coded = {c: design.factors[c].cat.categories for c in design.factors.columns}
    theirs = _code_sum(design, many, coded)
    if len(design.aliased):
        raise EstimateError(f"type III tests are not defined here: the design is rank-deficient ({design.aliased})")
    return np.asarray(np.linalg.lstsq(theirs, mine, rcond=None)[0])


def _code_sum(design: Design, frame: pd.DataFrame, levels: Mapping[str, pd.Index]) -> Floats:
    columns = []
    for term, names in design.terms.items():
        part = np.ones((len(frame), 1))
        for factor in [] if term == "1" else term.split(":"):
            if factor in levels:
                k = len(levels[factor])
                contrast = np.vstack([np.eye(k - 1), -np.ones(k - 1)])
                one = contrast[frame[factor].cat.codes.to_numpy()]
            else:
                one = frame[factor].to_numpy(dtype=float)[:, None]
            part = (one[:, :, None] * part[:, None, :]).reshape(len(frame), -1)
        if part.shape[1] != len(names):
            raise EstimateError(f"type III tests need the main effects of {term} and an intercept in the model")
        columns.append(part)
    return np.hstack(columns)
