"""Replicates: 10,000 of NCT05985863 on two processes; 200 of NCT06242405 through the whole pipeline.

python bench/operating.py [REPLICATES] [PIPELINE]
"""

import os
import resource
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np

from hepatrial.analyse import analyse_study, measure_survival
from hepatrial.derive import derive_analysis_data
from hepatrial.load import read_exports
from hepatrial.simulate import export_trial, plan_operating, run_operating
from hepatrial.simulate.times import make_times
from hepatrial.simulate.trial import draw_trial
from hepatrial.study import read_data_map, read_study, templates_dir

STUDY, OPEN_STUDY, SCENARIO = "nct05985863", "nct06242405", "acute-on-chronic"
"""The second is open: the arm of a blinded study is not in its exports."""
STATS = ("estimate", "conf_low", "conf_high", "p_value")


def measure_replicates(study, replicates: int) -> None:
    for jobs in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            plan = plan_operating(study, n_replicates=replicates if jobs == 2 else replicates // 10, scenario=SCENARIO)
            start = time.perf_counter()
            summary = run_operating(plan, Path(folder) / "run", jobs=jobs)
            took = time.perf_counter() - start
        rate = plan.n_replicates / took
        print(
            f"{plan.n_replicates} replicates of {', '.join(plan.analyses)} on {jobs}: {took:.0f} s, {rate:.0f} a second"
        )
    print(summary.to_string(index=False, float_format=lambda value: f"{value:.4f}"))


def measure_dask(study, replicates: int) -> None:
    from distributed import LocalCluster

    for workers in (1, 2):
        with (
            tempfile.TemporaryDirectory() as folder,
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        ):
            plan = plan_operating(study, n_replicates=replicates, scenario=SCENARIO)
            start = time.perf_counter()
            run_operating(plan, Path(folder) / "run", scheduler=cluster.scheduler_address)
            print(f"Dask, {workers} workers: {replicates / (time.perf_counter() - start):.0f} replicates a second")


def check_pipeline(replicates: int) -> None:
    """Every number of replicates sent through exports, reading, derivation and analysis, beside the fast path's."""
    folder = templates_dir() / OPEN_STUDY
    study = read_study(folder / "study.toml")
    data_map = read_data_map(folder / "data.toml", study)
    plan = plan_operating(study, n_replicates=replicates, scenario=SCENARIO)
    analyses = [item for item in study.analyses if item.id in plan.analyses]
    own = study.model_copy(update={"analyses": tuple(analyses)})
    largest, compared = 0.0, 0
    for replicate in range(replicates):
        trial = draw_trial(plan.trial, replicate)
        with tempfile.TemporaryDirectory() as place:
            tables = export_trial(
                plan.trial, trial, exported_on=data_map.exported_on,
                first_date=data_map.exported_on - timedelta(days=study.time.study_end_day + 300),
            )  # fmt: skip
            for source in data_map.sources:
                path = Path(place) / source.file
                path.parent.mkdir(parents=True, exist_ok=True)
                renamed = tables[source.table].rename(columns=source.columns)
                renamed[list(source.columns.values())].to_csv(path, index=False)
            data = derive_analysis_data(read_exports(data_map, Path(place), study), study)
        results = analyse_study(own, data).frame
        for analysis in analyses:
            times = make_times(plan.trial, trial, analysis.parameter)
            for number in measure_survival(study, analysis, times):
                rows = results[(results["analysis_id"] == analysis.id) & (results["measure"] == number["measure"])]
                rows = rows[(rows["level"] == "") & (rows["subgroup"] == "")]
                rows = rows[rows["group"] == number["group"]] if number["group"] else rows
                rows = rows[rows["time_days"] == number["time_days"]] if number["time_days"] else rows
                values = rows.set_index("stat")["value"]
                for stat in (name for name in STATS if name in values.index and np.isfinite(values[name])):
                    largest = max(largest, abs(number[stat] - values[stat]) / max(abs(values[stat]), 1e-12))
                    compared += 1
    print(f"{replicates} through the whole pipeline: {compared} numbers, largest relative difference {largest:.1e}")


def main() -> None:
    replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    pipeline = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    study = read_study(templates_dir() / STUDY / "study.toml")
    print(f"{os.cpu_count()} cores")
    measure_replicates(study, replicates)
    measure_dask(study, replicates // 10)
    check_pipeline(pipeline)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
