"""Coverage of 95 % limits of S(28) at n = 10: python bench/coverage.py [draws]."""

import functools
import sys

import numpy as np

from hepatrial.estimate import estimate_survival

DAY = 28
METHODS = ("beta-product", "log-log", "plain")


def draw(survival, censoring, rng):
    """Ten subjects to day 84: exponential deaths, and losses so that the given share is lost by day 28."""
    death = rng.exponential(-28 / np.log(survival), 10)
    lost = rng.exponential(-28 / np.log1p(-censoring), 10) if censoring else np.full(10, np.inf)
    end = np.minimum(np.minimum(death, lost), 84)
    return np.ceil(end), (death <= lost) & (death <= 84)


def simplify(time, event):
    """What the limits at day 28 depend on: the order of exits up to it. Later ones are all day 99."""
    early = time <= DAY
    ranks = np.searchsorted(np.unique(time[early]), time)
    return tuple(sorted(zip(np.where(early, ranks + 1, 99).tolist(), (event & early).tolist(), strict=True)))


@functools.cache
def limit(sample, method):
    time, event = map(np.array, zip(*sample, strict=True))
    # "bpcp" for the asymptotic ones: R's limits, without our exact bound when nobody has died
    convention = "fixed-day" if method == "beta-product" else "bpcp"
    fit = estimate_survival(time, event, at=[DAY], conf_type=method, convention=convention, engine="kernel")
    return fit.at["conf_low"].item(), fit.at["conf_high"].item()


def main():
    draws = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10_000
    rng = np.random.default_rng(20261122)
    print("S(28) censored method        coverage  mean width  not estimable")
    for survival in (0.5, 0.7, 0.9, 0.98):
        for censoring in (0.0, 0.15, 0.3):
            samples = [simplify(*draw(survival, censoring, rng)) for _ in range(draws)]
            for method in METHODS:
                low, high = np.array([limit(sample, method) for sample in samples]).T
                missing = np.isnan(low)
                covered = ((low <= survival) & (survival <= high))[~missing].mean()
                width = (high - low)[~missing].mean()
                cell = f"{survival:5.2f} {censoring:8.2f} {method:13s}"
                print(f"{cell} {covered:8.4f} {width:11.4f} {missing.mean():14.4f}")


if __name__ == "__main__":
    main()
