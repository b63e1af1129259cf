"""How a stopping boundary behaves at given true probabilities of the event (exact, see ``binomial_path``)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import as_float_array
from hepatrial.estimate.monitoring.binomial_path import compute_moments
from hepatrial.estimate.monitoring.stopping_boundary import StoppingBoundary


@dataclass(frozen=True)
class StoppingCharacteristics:
    """``table``: p, stop_probability, stop_early (before the last look), expected_n, expected_events.

    ``by_look``: p, look, n, stop_at, stop_probability (first stop there), cumulative.
    """

    table: pd.DataFrame
    by_look: pd.DataFrame
    method: str
    status: str
    notes: tuple[str, ...]


def estimate_stopping_characteristics(boundary: StoppingBoundary, p: Sequence[float]) -> StoppingCharacteristics:
    """Exact probability of stopping and expected numbers of patients and events, at each true probability ``p``.

    R: ``stoppingrule::OC.rule.bin``, ``clinfun::toxbdry(..)$bdry.oc``.

    Examples
    --------
    >>> boundary = stopping_boundary([3, 6, 10], p0=0.2, rule="pocock", alpha=0.05)
    >>> float(estimate_stopping_characteristics(boundary, [0.2]).table["stop_probability"].round(5)[0])
    0.04244
    """
    truths = as_float_array(p, "p")
    if ((truths < 0) | (truths > 1)).any():
        raise EstimateError(f"p must be probabilities, got {list(p)}")
    rows, looks = [], []
    for truth in truths.tolist():
        stops, patients, events = compute_moments(boundary.looks, boundary.stop_at, truth)
        rows.append((truth, stops.sum(), stops[:-1].sum(), patients, events))
        looks.append(
            pd.DataFrame(
                {
                    "p": truth,
                    "look": np.arange(1, stops.size + 1),
                    "n": boundary.looks,
                    "stop_at": boundary.stop_at,
                    "stop_probability": stops,
                    "cumulative": np.cumsum(stops),
                }
            )
        )
    columns = ["p", "stop_probability", "stop_early", "expected_n", "expected_events"]
    table = pd.DataFrame(rows, columns=columns)
    return StoppingCharacteristics(table, pd.concat(looks, ignore_index=True), "exact recursion", "ok", ())
