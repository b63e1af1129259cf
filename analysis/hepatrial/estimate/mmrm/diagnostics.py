"""A second path to an MMRM's numbers, residuals and influence: subject by subject, dense, without the
engine's shortcuts.

The engine reduces subjects to pseudo-subjects and profiles the coefficients out. Here every subject's V_i is
formed from the fit's Sigma and solved by itself: generalised least squares and the REML (or ML) value at the
same Sigma must agree (for a QC table).

Residuals: e = y - Xb; ``standardised`` = e / sqrt(V_jj); ``normalised`` = the rows of L^-1 e with V_i = LL',
independent N(0, 1) if the model is right (R ``residuals(fit, "normalized")``). Influence of a subject at
fixed Sigma: b - b(-i) exactly, and Cook's distance D_i = (b - b(-i))' Phi^-1 (b - b(-i)) / p (Preisser and
Qaqish 1996, doi:10.1093/biomet/83.3.551).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from scipy.linalg import solve_triangular

from ...errors import EstimateError
from ..design import Floats
from .fit import MmrmFit


@dataclass(frozen=True, eq=False)
class MmrmDiagnostics:
    """``rows``: subject, visit, observed, fitted, residual, standardised, normalised. ``subjects``: subject,
    n_rows, cook, and one column ``change_<coefficient>`` (b - b(-i)). ``log_likelihood`` and ``beta`` by the
    second path; ``is_confirmed``: they agree with the fit to 1e-8 relative and 1e-6 standard errors.
    """

    rows: pd.DataFrame
    subjects: pd.DataFrame
    log_likelihood: float
    beta: pd.Series
    is_confirmed: bool


@dataclass(frozen=True, eq=False)
class SubjectBlock:
    """One subject: rows of X and y, V, and its Cholesky factor."""

    name: object
    at: "np.ndarray[tuple[int, ...], np.dtype[np.intp]]"
    x: Floats
    y: Floats
    v: Floats
    lower: Floats


class FittedModel(Protocol):
    """What a second path is compared with."""

    @property
    def params(self) -> pd.Series:
        """Coefficients by name."""
        ...

    @property
    def log_likelihood(self) -> float:
        """At the optimum."""
        ...


def diagnose_mmrm(
    fit: MmrmFit,
    data: pd.DataFrame,
    *,
    subject: str,
    visit: str,
    covariance_group: str | None = None,
    weights: str | None = None,
    reml: bool = True,
) -> MmrmDiagnostics:
    """Recompute a converged fit densely and describe how it fits; arguments as they were given to
    ``fit_mmrm``.

    Structures over visits only: sp_exp has no Sigma over visits.
    """
    if not fit.converged:
        raise EstimateError(f"diagnostics need a converged fit; this one says: {'; '.join(fit.notes)}")
    if fit.structure == "sp_exp":
        raise EstimateError("diagnostics need a structure over visits, not sp_exp")
    subjects = _subjects(fit, data, subject, visit, covariance_group, weights)
    return describe_subjects(fit, subjects, data[visit].to_numpy()[fit.design.rows], reml)


def describe_subjects(
    fit: FittedModel,
    subjects: list[SubjectBlock],
    visits: "np.ndarray[tuple[int], np.dtype[np.object_]]",
    reml: bool,
) -> MmrmDiagnostics:
    """Generalised least squares and the likelihood at these subjects' V, with residuals and influence."""
    whitened = [(_whiten(s, s.x), _whiten(s, s.y)) for s in subjects]
    information = np.sum([x.T @ x for x, _ in whitened], axis=0)
    beta = np.linalg.solve(information, np.sum([x.T @ y for x, y in whitened], axis=0))
    value = _log_likelihood(subjects, whitened, information, beta, reml)
    std_errors = np.sqrt(np.diag(np.linalg.solve(information, np.eye(len(beta)))))
    agrees = np.abs(beta - fit.params.to_numpy()) <= 1e-6 * std_errors
    same = abs(value - fit.log_likelihood) <= 1e-8 * (1 + abs(value))
    return MmrmDiagnostics(
        rows=pd.concat([_row_table(s, w, beta, visits) for s, w in zip(subjects, whitened, strict=True)]),
        subjects=pd.DataFrame(
            [_influence(s, w, information, beta, fit) for s, w in zip(subjects, whitened, strict=True)]
        ),
        log_likelihood=value,
        beta=pd.Series(beta, index=fit.params.index),
        is_confirmed=bool(same and agrees.all()),
    )


def _subjects(
    fit: MmrmFit,
    data: pd.DataFrame,
    subject: str,
    visit: str,
    covariance_group: str | None,
    weights: str | None,
) -> list[SubjectBlock]:
    used = data.iloc[fit.design.rows].reset_index(drop=True)
    out = []
    for name, part in used.groupby(subject, observed=True, sort=True):
        group = "all" if covariance_group is None else str(part[covariance_group].iloc[0])
        labels = part[visit].astype(str)
        v = fit.covariances[group].loc[labels, labels].to_numpy()
        if weights is not None:
            scale = 1 / np.sqrt(part[weights].to_numpy(dtype=float))
            v = v * np.outer(scale, scale)
        at = part.index.to_numpy()
        out.append(SubjectBlock(name, at, fit.design.x[at], fit.design.y[at], v, np.linalg.cholesky(v)))
    return out


def _whiten(s: SubjectBlock, values: Floats) -> Floats:
    return np.asarray(solve_triangular(s.lower, values, lower=True))


def _log_likelihood(
    subjects: list[SubjectBlock],
    whitened: list[tuple[Floats, Floats]],
    information: Floats,
    beta: Floats,
    reml: bool,
) -> float:
    n_rows = sum(len(s.y) for s in subjects)
    log_det = 2 * sum(float(np.log(np.diag(s.lower)).sum()) for s in subjects)
    squares = sum(float(np.sum((y - x @ beta) ** 2)) for x, y in whitened)
    minus2 = (n_rows - (len(beta) if reml else 0)) * np.log(2 * np.pi) + log_det + squares
    return float(-0.5 * (minus2 + (np.linalg.slogdet(information)[1] if reml else 0.0)))


def _row_table(
    s: SubjectBlock,
    whitened: tuple[Floats, Floats],
    beta: Floats,
    visits: "np.ndarray[tuple[int], np.dtype[np.object_]]",
) -> pd.DataFrame:
    fitted = s.x @ beta
    return pd.DataFrame(
        {
            "subject": s.name,
            "visit": visits[s.at],
            "observed": s.y,
            "fitted": fitted,
            "residual": s.y - fitted,
            "standardised": (s.y - fitted) / np.sqrt(np.diag(s.v)),
            "normalised": whitened[1] - whitened[0] @ beta,
        }
    )


def _influence(
    s: SubjectBlock, whitened: tuple[Floats, Floats], information: Floats, beta: Floats, fit: FittedModel
) -> dict[str, object]:
    x, y = whitened
    without = information - x.T @ x
    head: dict[str, object] = {"subject": s.name, "n_rows": len(y)}
    names = [f"change_{name}" for name in fit.params.index]
    if np.linalg.matrix_rank(without) < len(beta):  # alone with a coefficient: nothing to compare with
        return {**head, "cook": np.inf, **dict.fromkeys(names, np.nan)}
    change = np.linalg.solve(without, x.T @ (y - x @ beta))
    return {
        **head,
        "cook": float(change @ information @ change) / len(beta),
        **dict(zip(names, change, strict=True)),
    }
