"""Cluster-robust (sandwich) covariance of the coefficients, one cluster a subject.

With B = Phi, G_i = X_i'V_i^-1 and residuals e_i (Liang and Zeger 1986, doi:10.1093/biomet/73.1.13):

(1)  CR0 ("empirical"; SAS EMPIRICAL):  B [sum G_i e_i e_i' G_i'] B
(2)  CR3 ("jackknife"):       G_i replaced by G_i (I - X_i B G_i)^-1   (Mancl and DeRouen 2001,
     doi:10.1111/j.0006-341X.2001.00126.x: leaving one subject out, to first order)
(3)  CR2 ("bias-reduced"):    G_i replaced by x'(I - x B x')^(-1/2) L^-1, x = L^-1X_i, V_i = LL'
     (Bell and McCaffrey 2002; Pustejovsky and Tipton 2018, doi:10.1080/07350015.2016.1247004)

All are written in whitened rows x = L^-1X, r = L^-1e with a matrix K_i in the middle: G e = x'K r; K is I,
(I - h)^-1 or
(I - h)^(-1/2), h = x B x'. A direction in which h is 1 (a subject who alone carries a coefficient) is left
out, as the pseudo-inverse does.
"""

from dataclasses import dataclass

import numpy as np

from ..design import Floats
from .blocks import Blocks
from .inference import SandwichParts
from .objective import Evaluation

POWERS = {"CR0": 0.0, "CR2": -0.5, "CR3": -1.0}
ALONE = 1e-8


@dataclass(frozen=True, eq=False)
class Sandwich:
    """The covariance, and what its degrees of freedom need."""

    cov: Floats
    parts: SandwichParts


def compute_sandwich(subjects: Blocks, point: Evaluation, kind: str) -> Sandwich:
    """Sandwich covariance at an evaluation of *uncompressed* blocks (each subject its own pseudo-subject)."""
    scores, halves, crosses = [], [], []
    p = subjects.n_columns
    for w in point.whitened:
        rows = np.swapaxes(w, 1, 2).reshape(-1, w.shape[1], p + 1)
        rows = rows[np.abs(rows).max(axis=(1, 2)) > 0]  # without the padding
        x, r = rows[..., :p], rows[..., p] - rows[..., :p] @ point.beta
        g = np.swapaxes(x, 1, 2) @ _middle(x, point.phi, POWERS[kind])  # (n, p, m)
        scores.append((g @ r[..., None])[..., 0])
        halves.append(np.swapaxes(g, 1, 2))
        crosses.append(g @ x)
    score = np.concatenate(scores)
    widest = max(h.shape[1] for h in halves)
    half = np.concatenate([np.pad(h, ((0, 0), (0, widest - h.shape[1]), (0, 0))) for h in halves])
    meat = point.phi @ (score.T @ score) @ point.phi
    return Sandwich((meat + meat.T) / 2, SandwichParts(half, np.concatenate(crosses)))


def _middle(x: Floats, phi: Floats, power: float) -> Floats:
    """(I - x Phi x')^power for every subject, zero in directions where I - x Phi x' is."""
    m = x.shape[1]
    if power == 0:
        return np.broadcast_to(np.eye(m), (len(x), m, m))
    values, vectors = np.linalg.eigh(np.eye(m) - x @ phi @ np.swapaxes(x, 1, 2))
    safe = values > ALONE
    powered = np.where(safe, np.where(safe, values, 1.0) ** power, 0.0)
    return np.asarray((vectors * powered[:, None, :]) @ np.swapaxes(vectors, 1, 2))
