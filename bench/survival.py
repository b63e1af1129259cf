"""Times of survival estimators beside plain lifelines, in one run: python bench/survival.py [subjects]."""

import shutil
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test

from hepatrial.estimate import (
    compare_cumulative_incidence,
    compare_survival,
    estimate_cumulative_incidence,
    estimate_survival,
)

DAYS = [28, 84, 180, 365, 730]


def cpu(run, repeat=3):
    """Best CPU seconds of a few runs."""
    best = np.inf
    for _ in range(repeat):
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
    return best


def simulate(n, rng):
    """Whole-day times with 30 % censored, two causes, two arms."""
    event_time = rng.exponential(400, n)
    censor_time = rng.exponential(900, n)
    days = np.ceil(np.minimum(event_time, censor_time))
    status = np.where(event_time <= censor_time, rng.integers(1, 3, n), 0)
    return days, status, rng.integers(0, 2, n)


def lifelines_km(days, event):
    fitted = KaplanMeierFitter().fit(days, event)
    return fitted.predict(DAYS), fitted.confidence_interval_


def time_r(n):
    """CPU seconds of R's survfit and survdiff, where R and its package survival are installed."""
    if shutil.which("Rscript") is None:
        return {}
    script = Path(__file__).with_suffix(".R")
    done = subprocess.run(["Rscript", str(script), str(n)], capture_output=True, text=True, check=False)
    if done.returncode:
        return {}
    km, logrank = map(float, done.stdout.split())
    return {"Kaplan-Meier at five days, R survfit": km, "log-rank, R survdiff": logrank}


def main():
    n = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000
    days, status, arm = simulate(n, np.random.default_rng(20261122))
    event = status > 0
    warnings.simplefilter("ignore")
    rows = {
        "Kaplan-Meier at five days, kernel": cpu(lambda: estimate_survival(days, event, at=DAYS, engine="kernel")),
        "Kaplan-Meier at five days, lifelines engine": cpu(lambda: estimate_survival(days, event, at=DAYS)),
        "Kaplan-Meier, plain lifelines": cpu(lambda: lifelines_km(days, event)),
        "log-rank": cpu(lambda: compare_survival(days, event, arm)),
        "log-rank, plain lifelines": cpu(
            lambda: logrank_test(days[arm == 0], days[arm == 1], event[arm == 0], event[arm == 1])
        ),
        "Aalen-Johansen by arm and Gray": cpu(lambda: incidence(days, status, arm)),
    } | time_r(n)
    base = {
        "Kaplan-Meier": rows["Kaplan-Meier, plain lifelines"],
        "log-rank": rows["log-rank, plain lifelines"],
    }
    print(f"{n} subjects, CPU seconds and ratio to plain lifelines")
    for name, seconds in rows.items():
        reference = next((v for key, v in base.items() if name.startswith(key)), None)
        print(f"{name:46s} {seconds:8.3f}" + (f" {seconds / reference:6.2f}" if reference else ""))


def incidence(days, status, arm):
    for level in (0, 1):
        mine = arm == level
        estimate_cumulative_incidence(days[mine], status[mine], cause=1, at=DAYS)
    compare_cumulative_incidence(days, status, arm, cause=1)


if __name__ == "__main__":
    main()
