"""Time and memory of loading and checking a long laboratory export, 10⁴ to 10⁶ rows: ``make bench`` or run this file.
Draws docs/performance-load.svg.

Rows repeat the real values of the Mayo PBC trial (tests/reference/mayo_pbc/pbcseq.csv) under new subjects.
"""

import resource
import tempfile
import time
from datetime import date
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from hepatrial.check import check_exports
from hepatrial.load import read_exports
from hepatrial.study import DataMap, read_study

ROOT = Path(__file__).parents[1]
UNITS = {"bili": ("BILI", "mg/dL"), "ast": ("AST", "U/L"), "albumin": ("ALB", "g/dL")}
SOURCE = {
    "table": "labs",
    "file": "labs.csv",
    "columns": {"subject_id": "id", "date": "day", "parameter": "test", "result": "result", "unit": "unit"},
    "codes": {"parameter": {column: code for column, (code, _) in UNITS.items()}},
    "reading": {"encoding": "utf-8", "delimiter": ",", "date_formats": ("days",), "day_zero": date(2000, 1, 1)},
}


def write_export(rows: int, path: Path) -> None:
    wide = pd.read_csv(ROOT / "tests" / "reference" / "mayo_pbc" / "pbcseq.csv", dtype=str)
    once = wide.melt(["id", "day"], list(UNITS), "test", "result").dropna()
    many = pd.concat([once.assign(id=f"P{copy}-" + once["id"]) for copy in range(-(-rows // len(once)))]).head(rows)
    many.assign(unit=many["test"].map({name: unit for name, (_, unit) in UNITS.items()})).to_csv(path, index=False)


def main() -> None:
    study = read_study(ROOT / "data_templates" / "mayo-pbc" / "study.toml")
    data_map = DataMap.model_validate(
        {
            "schema_version": 1,
            "study_id": study.identity.study_id,
            "exported_on": date(2030, 1, 1),
            "sources": [SOURCE],
        },
        strict=False,
    )
    print("      rows   load s  check s  peak MiB")
    seconds = []
    for rows in (10_000, 100_000, 1_000_000):
        with tempfile.TemporaryDirectory() as folder:
            write_export(rows, Path(folder) / "labs.csv")
            start = time.perf_counter()
            exports = read_exports(data_map, Path(folder), study)
            read = time.perf_counter()
            check_exports(exports, study, data_map)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            checked = time.perf_counter()
            print(f"{rows:10,} {read - start:8.2f} {checked - read:8.2f} {peak:9.0f}")
            seconds.append((rows, checked - start))
    draw(seconds)


def draw(seconds: list[tuple[int, float]]) -> None:
    """docs/performance-load.svg: seconds against rows, both logarithmic, with the line of proportional growth."""
    figure = Figure(figsize=(4.6, 3.2), layout="constrained")
    axes = figure.subplots()
    rows, spent = zip(*seconds, strict=True)
    axes.loglog(rows, spent, marker="o", color="#0072B2", label="load and check")
    last = spent[-1] / rows[-1]
    axes.loglog(rows, [last * n for n in rows], ls=":", color="#555555", label="proportional to rows")
    axes.set(xlabel="rows", ylabel="seconds")
    axes.legend(frameon=False)
    figure.savefig(ROOT / "docs" / "performance-load.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
