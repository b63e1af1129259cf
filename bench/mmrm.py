"""Time ``fit_mmrm`` and ``fit_mixed``; beside R's mmrm and lme4 in the same run where Rscript has them.

``python bench/mmrm.py [--quick]``: one warm-up, then the median of the runs, BLAS threads as the environment
sets them. Data are R mmrm's own example (tests/reference/mmrm) and simulated ones of fixed seed; R's side is
``bench/mmrm.R``.
"""

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from hepatrial.estimate import fit_mixed, fit_mmrm

HERE = Path(__file__).parent
REFERENCE = HERE.parent / "tests" / "reference" / "mmrm"


def read_bcva() -> pd.DataFrame:
    """1000 subjects x 10 visits."""
    data = pd.read_csv(REFERENCE / "bcva_data.csv.gz")
    return data.astype({"AVISIT": "category", "ARMCD": "category", "RACE": "category"})


def simulate_visits(n: int, n_visits: int = 8, seed: int = 7) -> pd.DataFrame:
    """n subjects, two arms, unstructured covariance, monotone dropout."""
    rng = np.random.default_rng(seed)
    root = np.tril(rng.normal(size=(n_visits, n_visits))) * 0.4 + np.eye(n_visits) * 3
    y = rng.normal(size=(n, n_visits)) @ root.T + 0.5 * np.arange(n_visits)
    arm, base = rng.integers(0, 2, n), rng.normal(size=n)
    last = np.where(rng.random(n) < 0.3, rng.integers(2, n_visits, n), n_visits)
    keep = np.arange(n_visits) < last[:, None]
    subject, visit = np.nonzero(keep)
    return pd.DataFrame(
        {
            "ID": subject,
            "AVISIT": pd.Categorical(visit),
            "ARM": pd.Categorical(np.array(["A", "B"])[arm[subject]]),
            "BASE": base[subject],
            "Y": y[keep] + base[subject] + 0.2 * arm[subject] * visit,
        }
    )


def simulate_slopes(n: int = 5000, seed: int = 11) -> pd.DataFrame:
    """n subjects with a random intercept and slope, up to 8 irregular times."""
    rng = np.random.default_rng(seed)
    size = rng.integers(6, 9, n)
    subject = np.repeat(np.arange(n), size)
    day = rng.uniform(0, 7, len(subject))
    u = rng.normal(size=(n, 2)) * [2, 0.5]
    y = 1 + 0.5 * day + 0.2 * (subject % 2) * day + u[subject, 0] + u[subject, 1] * day + rng.normal(size=len(day))
    arm = pd.Categorical(np.array(["A", "B"])[subject % 2])
    return pd.DataFrame({"ID": subject, "DAY": day, "ARM": arm, "Y": y})


def measure(task: Callable[[], object], runs: int) -> dict[str, float]:
    """Median wall seconds of the runs after one warm-up."""
    task()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        task()
        seconds.append(time.perf_counter() - start)
    return {"median": statistics.median(seconds), "min": min(seconds), "max": max(seconds), "runs": runs}


def tasks(quick: bool) -> dict[str, Callable[[], object]]:
    """What is timed, by name; the same names in bench/mmrm.R."""
    bcva, slopes = read_bcva(), simulate_slopes()
    formula = "BCVA_CHG ~ BCVA_BL + RACE + ARMCD * AVISIT"
    large = {n: simulate_visits(n) for n in ((1000, 10_000) if quick else (1000, 10_000, 100_000))}

    def fit_bcva(covariance: str, df: str) -> object:
        return fit_mmrm(formula, bcva, subject="USUBJID", visit="AVISIT", covariance=covariance, df=df)

    def fit_large(n: int, df: str) -> object:
        return fit_mmrm("Y ~ BASE + ARM * AVISIT", large[n], subject="ID", visit="AVISIT", df=df)

    out: dict[str, Callable[[], object]] = {
        "bcva us satterthwaite": lambda: fit_bcva("us", "satterthwaite"),
        "bcva us kenward-roger": lambda: fit_bcva("us", "kenward-roger"),
        "bcva ar1 satterthwaite": lambda: fit_bcva("ar1", "satterthwaite"),
        "slopes 5000 satterthwaite": lambda: fit_mixed(
            "Y ~ ARM * DAY", slopes, subject="ID", random="1 + DAY", df="satterthwaite"
        ),
    }
    for n in large:
        out[f"large {n} us satterthwaite"] = lambda n=n: fit_large(n, "satterthwaite")
    out["large 10000 us kenward-roger"] = lambda: fit_large(10_000, "kenward-roger")
    return out


def run_r() -> dict[str, dict[str, float]]:
    """The same tasks in R, on the same data; empty where Rscript or its packages are missing."""
    program = shutil.which("Rscript")
    if program is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        read_bcva().to_csv(Path(folder, "bcva.csv"), index=False)
        simulate_visits(10_000).to_csv(Path(folder, "large.csv"), index=False)
        simulate_slopes().to_csv(Path(folder, "slopes.csv"), index=False)
        done = subprocess.run([program, str(HERE / "mmrm.R"), folder], capture_output=True, text=True, check=False)
    return dict(json.loads(done.stdout)) if done.returncode == 0 and done.stdout.strip() else {}


def main() -> None:
    """Print one line a task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out 100,000 subjects, fewer runs")
    quick = parser.parse_args().quick
    reference = run_r()
    print(f"{'task':32} {'median s':>9} {'min':>8} {'max':>8} {'R s':>9} {'R / ours':>9}")
    for name, task in tasks(quick).items():
        one = measure(task, 3 if quick else 7)
        r = reference.get(name, {}).get("median", float("nan"))
        ours = f"{one['median']:9.3f} {one['min']:8.3f} {one['max']:8.3f}"
        print(f"{name:32} {ours} {r:9.3f} {r / one['median']:9.1f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
