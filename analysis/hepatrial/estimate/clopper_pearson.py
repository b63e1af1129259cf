"""Clopper-Pearson limits of a binomial proportion, shared by proportions, survival and cumulative incidence.

Clopper and Pearson (1934), doi 10.1093/biomet/26.4.404; R: ``binom.test(x, n)$conf.int``; SAS:
``BINOMIAL(CL=EXACT)``.
"""

import numpy as np
from scipy.special import betaincinv

from hepatrial.estimate.inputs import FloatArray


def compute_clopper_pearson(n_events: FloatArray, n: FloatArray, conf_level: float) -> tuple[FloatArray, FloatArray]:
    """Central limits, elementwise: at 0 (or n) events the other side is the one-sided bound of (1 +
    conf_level)/2.
    """
    tail = (1 - conf_level) / 2
    rest = n - n_events
    low = betaincinv(np.where(n_events > 0, n_events, 1), rest + 1, tail)
    high = betaincinv(n_events + 1, np.where(rest > 0, rest, 1), 1 - tail)
    return np.where(n_events > 0, low, 0.0), np.where(rest > 0, high, 1.0)
