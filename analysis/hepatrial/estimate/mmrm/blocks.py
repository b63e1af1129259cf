"""Subjects with the same covariance matrix, reduced once to their cross-moments.

A likelihood needs a subject's rows z_i = [X_i, y_i] only through sums of z_i' A z_i over the subjects that
share a matrix A. With the subjects of one pattern stacked as an (n, m q) matrix Z, those sums depend on Z'Z
alone, so Z may be replaced by the triangular factor R of Z = QR, Z'Z = R'R: at most ``rank(Z)``
pseudo-subjects stand for any number of subjects, at no loss of digits. Repeated columns (the intercept at
every visit, an arm indicator, zeros) are merged before the QR.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..design import Floats


@dataclass(frozen=True, eq=False)
class Stack:
    """Blocks of one size and one covariance group, side by side.

    ``z`` (B, m, r, q): r pseudo-subjects (padded with zeros) of m rows, columns [X, y]; ``n`` (B,) subjects
    in each block; ``key`` (B, m, c): what the covariance is a function of (visit position, coordinates or
    random-effect columns).
    """

    z: Floats
    n: Floats
    key: Floats
    group: int


@dataclass(frozen=True, eq=False)
class SubjectRows:
    """Where rows are: ``order`` sorts the data by subject and key; ``starts`` and ``sizes`` per subject."""

    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    sizes: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Blocks:
    """All stacks of a data set, and the totals that the likelihood needs."""

    stacks: tuple[Stack, ...]
    n_obs: int
    n_subjects: int
    n_columns: int
    log_weights: float


def sort_rows(subject: NDArray[np.intp], key: Floats) -> SubjectRows:
    """Order of rows by subject, then key; so the order of rows in the data does not matter."""
    order = np.lexsort((*key.T[::-1], subject))
    starts = np.flatnonzero(np.diff(subject[order], prepend=-1))
    return SubjectRows(order, starts, np.diff(starts, append=len(order)))


def compress_subjects(z: Floats) -> Floats:
    """Pseudo-subjects (r, m, q) with the same cross-moments as the subjects ``z`` (n, m, q); r <= n."""
    n, m, q = z.shape
    if n <= 2:
        return z
    flat = z.reshape(n, m * q)
    unique, inverse = _merge_equal_columns(flat)
    if n <= unique.shape[1]:
        return z
    return np.asarray(np.linalg.qr(unique, mode="r"))[:, inverse].reshape(-1, m, q)


def _merge_equal_columns(flat: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Distinct columns, and which of them each column is."""
    # equal columns have equal projections; the check makes sure of the converse
    probe = np.sin(np.arange(1.0, flat.shape[0] + 1)) @ flat
    _, first, inverse = np.unique(probe, return_index=True, return_inverse=True)
    if all(np.array_equal(flat[:, k], flat[:, first[to]]) for k, to in enumerate(inverse)):
        return flat[:, first], inverse
    return flat, np.arange(flat.shape[1])


def _find_patterns(signature: Floats) -> list[NDArray[np.intp]]:
    """Positions of equal rows, pattern by pattern."""
    probe = signature @ np.sin(np.arange(1.0, signature.shape[1] + 1))
    _, first, inverse = np.unique(probe, return_index=True, return_inverse=True)
    if not np.array_equal(signature[first[inverse]], signature):
        _, inverse = np.unique(signature, axis=0, return_inverse=True)
    return np.split(np.argsort(inverse, kind="stable"), np.cumsum(np.bincount(inverse))[:-1])


def _pad(rows: list[Floats], r: int) -> Floats:
    m, q = rows[0].shape[1:]
    out = np.zeros((len(rows), m, r, q))
    for b, z in enumerate(rows):
        out[b, :, : z.shape[0]] = z.transpose(1, 0, 2)
    return out


def _stacks_of_size(z: Floats, key: Floats, group: NDArray[np.intp], compress: bool) -> list[Stack]:
    """Stacks of the subjects with m rows each: z (S, m, q), key (S, m, c), group (S,)."""
    signature = np.column_stack([group.astype(float), key.reshape(len(key), -1)])
    buckets: dict[tuple[int, int], list[tuple[Floats, int, Floats]]] = {}
    for members in _find_patterns(signature):
        pseudo = compress_subjects(z[members]) if compress else z[members]
        # similar numbers of pseudo-subjects side by side: little padding, few stacks
        bucket = (int(group[members[0]]), int(np.ceil(np.log2(len(pseudo)))))
        buckets.setdefault(bucket, []).append((pseudo, len(members), key[members[0]]))
    return [
        Stack(
            z=_pad([item[0] for item in items], max(len(item[0]) for item in items)),
            n=np.array([float(item[1]) for item in items]),
            key=np.stack([item[2] for item in items]),
            group=code,
        )
        for (code, _), items in sorted(buckets.items(), key=lambda pair: pair[0])
    ]


def build_blocks(
    x: Floats,
    y: Floats,
    subject: NDArray[np.intp],
    key: Floats,
    *,
    group: NDArray[np.intp] | None = None,
    weights: Floats | None = None,
    compress: bool = True,
) -> Blocks:
    """Reduce rows to stacks.

    ``subject`` (n,) codes 0..; ``key`` (n, c); ``group`` (n,) covariance group of the row's subject. A
    weight w divides the covariance of its row, V = W^(-1/2) Sigma W^(-1/2): the row is multiplied by sqrt(w)
    and log|V| corrected.
    """
    rows = sort_rows(subject, key)
    z = np.column_stack([x, y])
    if weights is not None:
        z = z * np.sqrt(weights)[:, None]
    code = np.zeros(len(y), dtype=np.intp) if group is None else group
    stacks: list[Stack] = []
    for m in np.unique(rows.sizes):
        at = rows.order[rows.starts[rows.sizes == m][:, None] + np.arange(m)]
        stacks += _stacks_of_size(z[at], key[at], code[at[:, 0]], compress)
    return Blocks(
        stacks=tuple(stacks),
        n_obs=len(y),
        n_subjects=len(rows.starts),
        n_columns=x.shape[1],
        log_weights=0.0 if weights is None else float(np.log(weights).sum()),
    )
