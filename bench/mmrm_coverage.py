"""Type I error and coverage of the MMRM's arm difference at the last visit in small trials
(docs/methods-mmrm.md).

``python bench/mmrm_coverage.py [replicates]``. Two arms 1:1, four visits, standard deviations 1.0, 1.2, 1.5,
1.8, correlation
0.75 ** lag with an extra 0.1 at lag 1 of the first pair (so no simple structure is true), dropout at random
given the value before (8 % a visit at the mean), true difference 0. Model Y ~ ARM * VISIT, 95 % intervals;
seed 20260101.
"""

import sys

import numpy as np
import pandas as pd

from hepatrial.estimate import compare_means, fit_mmrm

SD = np.array([1.0, 1.2, 1.5, 1.8])
LADDER = ("toeph", "ar1h", "csh", "cs")


def covariance() -> np.ndarray:
    """The true covariance."""
    lag = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    correlation = 0.75**lag
    correlation[0, 1] = correlation[1, 0] = 0.85
    return correlation * np.outer(SD, SD)


def simulate(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """One trial of n subjects."""
    y = rng.multivariate_normal(np.zeros(4), covariance(), size=n)
    seen = np.ones((n, 4), dtype=bool)
    for visit in range(1, 4):
        stop = rng.random(n) < 0.08 * np.exp(0.5 * y[:, visit - 1] / SD[visit - 1])
        seen[:, visit] = seen[:, visit - 1] & ~stop
    subject, visit = np.nonzero(seen)
    arm = np.array(["A", "B"])[subject % 2]
    return pd.DataFrame({"ID": subject, "VISIT": visit.astype(str), "ARM": arm, "Y": y[seen]})


def one(data: pd.DataFrame, options: dict[str, object]) -> tuple[str, float, float]:
    """Structure used, p-value and interval width; the interval covers 0 exactly where p > 0.05."""
    fit = fit_mmrm("Y ~ ARM * VISIT", data, subject="ID", visit="VISIT", **options)
    if not fit.converged:
        return fit.status, np.nan, np.nan
    row = compare_means(fit, "VISIT", contrast="ARM").table.iloc[-1]
    return fit.structure, row["p_value"], row["conf_high"] - row["conf_low"]


def main() -> None:
    """Print one markdown row for each size and model."""
    replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    models: dict[str, dict[str, object]] = {
        "us, then " + ", ".join(LADDER) + "; KR-linear": {"covariance": "us", "fallback": LADDER},
        "cs; KR-linear": {"covariance": "cs"},
        "cs; CR2, Satterthwaite": {"covariance": "cs", "df": "satterthwaite", "sandwich": "CR2"},
    }
    print("| n | model | fitted | not us | type I error | coverage | mean width |")
    print("|---|---|---|---|---|---|---|")
    for n in (10, 20, 50):
        rng = np.random.default_rng(20260101)
        trials = [simulate(n, rng) for _ in range(replicates)]
        for name, options in models.items():
            rows = pd.DataFrame([one(data, options) for data in trials], columns=["structure", "p", "width"])
            fitted = rows["p"].notna()
            error = float((rows.loc[fitted, "p"] <= 0.05).mean())
            other = f"{100 * (rows.loc[fitted, 'structure'] != 'us').mean():.1f} %" if "us," in name else "–"
            width = rows["width"].mean()
            done = f"{100 * fitted.mean():.1f} %"
            print(
                f"| {n} | {name} | {done} | {other} | {error:.3f} | {1 - error:.3f} | {width:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
