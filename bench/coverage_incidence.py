"""Coverage of 95 % limits of a cumulative incidence with a competing event: bench/coverage_incidence.py [draws]."""

import functools
import sys

import numpy as np

from hepatrial.estimate import estimate_cumulative_incidence

DAY = 84
OTHER = 0.2
"""Probability of the competing event by the day."""
TYPES = ("small-sample", "plain")


def draw(n, incidence, lost, rng):
    """Events spread evenly over the days before the last, losses likewise, everybody else seen at the last day."""
    chance = rng.random(n)
    cause = np.where(chance < incidence, 1, np.where(chance < incidence + OTHER, 2, 0))
    event = np.where(cause > 0, rng.integers(1, DAY, n), DAY)
    end = np.where(rng.random(n) < lost, rng.integers(1, DAY, n), DAY)
    return np.minimum(event, end), np.where(event <= end, cause, 0)


@functools.cache
def limits(sample, kind):
    time, status = map(np.array, zip(*sample, strict=True))
    at = time.max()
    row = estimate_cumulative_incidence(time, status, cause=1, at=[at], conf_type=kind).at.iloc[0]
    return row["conf_low"], row["conf_high"]


def simplify(time, status):
    """What the limits depend on: the order of exits."""
    ranks = np.searchsorted(np.unique(np.append(time, DAY)), time)
    return tuple(sorted(zip(ranks.tolist(), status.tolist(), strict=True)))


def main():
    draws = int(float(sys.argv[1])) if len(sys.argv) > 1 else 5_000
    rng = np.random.default_rng(20261122)
    print("    n F(84)  lost type          coverage  mean width  no limits")
    for n in (10, 20):
        for incidence in (0.05, 0.1, 0.2, 0.4):
            for lost in (0.0, 0.1, 0.3):
                samples = [simplify(*draw(n, incidence, lost, rng)) for _ in range(draws)]
                for kind in TYPES:
                    low, high = np.array([limits(sample, kind) for sample in samples]).T
                    missing = np.isnan(low) | np.isnan(high)
                    covered = ((low <= incidence) & (incidence <= high))[~missing].mean()
                    width = (high - low)[~missing].mean()
                    cell = f"{n:5d} {incidence:5.2f} {lost:5.2f} {kind:13s}"
                    print(f"{cell} {covered:8.4f} {width:11.4f} {missing.mean():10.4f}", flush=True)


if __name__ == "__main__":
    main()
