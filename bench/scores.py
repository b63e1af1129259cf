"""Time of a million MELD 3.0: python bench/scores.py [rows]. Prints one line; no threshold."""

import sys
import time

import numpy as np

from hepatrial.derive.scores import compute_meld_3


def main(rows: int) -> None:
    rng = np.random.default_rng(1)
    labs = {
        "bilirubin": rng.uniform(5, 600, rows),
        "creatinine": rng.uniform(30, 400, rows),
        "inr": rng.uniform(0.8, 5, rows),
        "sodium": rng.uniform(115, 150, rows),
        "albumin": rng.uniform(15, 45, rows),
        "sex": rng.choice(["F", "M"], rows).astype(object),
    }
    labs["inr"][::11] = np.nan
    times = []
    for _ in range(5):
        start = time.perf_counter()
        compute_meld_3(**labs)
        times.append(time.perf_counter() - start)
    print(f"MELD 3.0, {rows} rows: median {np.median(times):.3f} s of 5 runs, slowest {max(times):.3f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
