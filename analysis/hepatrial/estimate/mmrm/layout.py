"""Rows of an MMRM by subject, visit, covariance group, weight and coordinates; where the search starts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit

from ...errors import EstimateError
from ..design import Design, Floats
from .structures import SPATIAL_STRUCTURES, start_theta

MIN_SUBJECTS = 3
SHRINKAGE = 0.2


@dataclass(frozen=True, eq=False)
class Layout:
    """Codes by row used; ``visits`` and ``groups`` name them, ``subject_names`` is each row's subject."""

    subject: NDArray[np.intp]
    subject_names: NDArray[np.object_]
    visit: NDArray[np.intp]
    visits: tuple[str, ...]
    group: NDArray[np.intp]
    groups: tuple[str, ...]
    weights: Floats | None
    coords: Floats

    @property
    def n_subjects(self) -> int:
        """Subjects with a row."""
        return int(self.subject.max()) + 1

    def sparse_visits(self) -> tuple[str, ...]:
        """Visits with too few subjects in some covariance group for a variance of their own."""
        counts = np.zeros((len(self.groups), len(self.visits)), dtype=int)
        np.add.at(counts, (self.group, self.visit), 1)
        return tuple(self.visits[k] for k in np.flatnonzero((counts < MIN_SUBJECTS).any(axis=0)))

    def refuse_duplicates(self, is_spatial: bool) -> None:
        """Two rows of a subject at one visit (or one point) leave V singular."""
        where = self.coords if is_spatial else self.visit[:, None]
        seen = pd.DataFrame(np.column_stack([self.subject, where])).duplicated().to_numpy()
        if seen.any():
            k = int(np.flatnonzero(seen)[0])
            place = f"coordinates {tuple(self.coords[k])}" if is_spatial else f"visit {self.visits[self.visit[k]]}"
            raise EstimateError(f"subject {self.subject_names[k]!r} has more than one row at {place}")

    def starts(self, structure: str, design: Design) -> list[Floats]:
        """From the moments of the least-squares residuals, then uncorrelated."""
        residual = design.residuals()
        if self.weights is not None:
            residual = residual * np.sqrt(self.weights)
        if structure in SPATIAL_STRUCTURES:
            return self._spatial_starts(residual)
        first, second = [], []
        for g in range(len(self.groups)):
            sigma = self._moments(residual, g)
            first.append(start_theta(structure, sigma))
            second.append(start_theta(structure, np.diag(np.diagonal(sigma))))
        return [np.concatenate(first), np.concatenate(second)]

    def _spatial_starts(self, residual: Floats) -> list[Floats]:
        variance = np.log(max(float(np.mean(residual**2)), np.finfo(float).tiny))
        order = np.argsort(self.subject, kind="stable")
        steps = np.linalg.norm(np.diff(self.coords[order], axis=0), axis=1)[np.diff(self.subject[order]) == 0]
        step = float(np.median(steps)) if steps.size and np.median(steps) > 0 else 1.0
        # correlation one half, then one tenth, between neighbours in time
        return [np.tile([variance, logit(r ** (1 / step))], len(self.groups)) for r in (0.5, 0.1)]

    def _moments(self, residual: Floats, group: int) -> Floats:
        """Covariance of the residuals from the pairs at hand, shrunk so that it is positive definite."""
        at, n = self.group == group, len(self.visits)
        wide, seen = np.zeros((self.n_subjects, n)), np.zeros((self.n_subjects, n))
        wide[self.subject[at], self.visit[at]] = residual[at]
        seen[self.subject[at], self.visit[at]] = 1
        overall = max(float(np.mean(residual**2)), np.finfo(float).tiny)
        count = seen.T @ seen
        sigma = np.where(count > 0, wide.T @ wide / np.maximum(count, 1), 0.0)
        variance = np.maximum(np.diagonal(sigma), 1e-3 * overall)
        sd = np.sqrt(variance)
        correlation = (1 - SHRINKAGE) * np.clip(sigma / np.outer(sd, sd), -1, 1)
        values, vectors = np.linalg.eigh(correlation * (1 - np.eye(n)) + np.eye(n))
        fixed = (vectors * np.maximum(values, 0.05)) @ vectors.T
        return np.asarray(fixed * np.outer(sd, sd))


def _codes(column: pd.Series) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    category = column.astype("category").cat.remove_unused_categories()
    return category.cat.codes.to_numpy().astype(np.intp), tuple(str(c) for c in category.cat.categories)


def lay_out(
    design: Design,
    data: pd.DataFrame,
    subject: str,
    visit: str | None,
    group: str | None,
    weights: str | None,
    coords: list[str],
) -> Layout:
    """Codes of the rows that the design uses."""
    used = data.iloc[design.rows]
    subject_code, _ = _codes(used[subject])
    visit_code, visits = _codes(used[visit]) if visit else (np.zeros(len(used), dtype=np.intp), ())
    group_code, groups = _codes(used[group]) if group else (np.zeros(len(used), dtype=np.intp), ("all",))
    _require_constant(subject_code, group_code, group)
    weight = None if weights is None else used[weights].to_numpy(dtype=float)
    if weight is not None and not ((weight > 0) & np.isfinite(weight)).all():
        raise EstimateError(f"weights: {weights!r} must be finite and > 0")
    return Layout(
        subject=subject_code,
        subject_names=used[subject].to_numpy(dtype=object),
        visit=visit_code,
        visits=visits,
        group=group_code,
        groups=groups,
        weights=weight,
        coords=used[coords].to_numpy(dtype=float) if coords else np.empty((len(used), 0)),
    )


def _require_constant(subject: NDArray[np.intp], group: NDArray[np.intp], name: str | None) -> None:
    of_subject = np.zeros(int(subject.max()) + 1, dtype=np.intp)
    of_subject[subject] = group
    if (of_subject[subject] != group).any():
        raise EstimateError(f"covariance_group {name!r} must be the same in all rows of a subject")
