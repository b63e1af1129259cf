"""Replicates of NCT05985863 on one and two processes and on Dask; others through the whole pipeline.

python bench/operating.py [REPLICATES] [PIPELINE]: REPLICATES of the survival analysis (default 10,000), a tenth of them
of the mixed model and the ranks; PIPELINE trials (default 200) of the open studies.
"""

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from joblib.externals.loky import get_reusable_executor

from hepatrial.simulate import plan_operating, run_operating
from hepatrial.study import read_data_map, read_study, templates_dir

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from pipeline_check import compare_replicate  # noqa: E402 (the tests' own comparison)

STUDY, SCENARIO = "nct05985863", "acute-on-chronic"
OPEN_STUDIES = (("nct06242405", "cirrhosis", 0.25), ("nct05940610", "acute or acute-on-chronic", 0.75))
"""With their shares of the trials sent through the pipeline: the arm of a blinded study is not in its exports."""
TOLERANCE = 1e-6
MODELS = ("scores_model", "scores_rank")


def only_day_28(study):
    """The goal's analysis: log-rank test, Cox model and the difference at day 28 of the primary endpoint."""
    own = study.analysis("os_km")
    compared = own.comparison.model_copy(update={"restricted_mean_day": None})
    own = own.model_copy(update={"days": (28,), "comparison": compared})
    return study.model_copy(update={"analyses": tuple(own if item.id == own.id else item for item in study.analyses)})


def measure_replicates(study, analyses, replicates: int) -> None:
    for jobs in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            count = replicates if jobs == 2 else max(replicates // 10, 1)
            plan = plan_operating(study, n_replicates=count, analyses=analyses, scenario=SCENARIO)
            start, spent = time.perf_counter(), _cpu()
            summary = run_operating(plan, Path(folder) / "run", jobs=jobs)
            get_reusable_executor().shutdown(wait=True)  # a worker's CPU time is known when it has ended
            took, spent = time.perf_counter() - start, _cpu() - spent
        print(
            f"{count} replicates of {', '.join(analyses)} on {jobs}: {took:.0f} s by the clock, {spent:.0f} s of CPU, "
            f"load {os.getloadavg()[0]:.1f}"
        )
    print(summary.to_string(index=False, float_format=lambda value: f"{value:.4f}"))


def _cpu() -> float:
    """CPU seconds of this process and of its finished workers."""
    return sum(
        resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )


def measure_dask(study, replicates: int) -> None:
    from distributed import LocalCluster

    for workers in (1, 2):
        with (
            tempfile.TemporaryDirectory() as folder,
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        ):
            plan = plan_operating(study, n_replicates=replicates, analyses=["os_km"], scenario=SCENARIO)
            start = time.perf_counter()
            run_operating(plan, Path(folder) / "run", scheduler=cluster.scheduler_address)
            print(f"Dask, {workers} workers: {replicates / (time.perf_counter() - start):.0f} replicates a second")


def check_pipeline(replicates: int) -> None:
    """Every number of replicates sent through exports, reading, derivation and analysis, beside the fast path's."""
    for name, scenario, share in OPEN_STUDIES:
        folder = templates_dir() / name
        study = read_study(folder / "study.toml")
        data_map = read_data_map(folder / "data.toml", study)
        plan = plan_operating(study, n_replicates=1, scenario=scenario)
        start, differences, disagreements = time.process_time(), [], {}
        count = round(replicates * share)
        for number in range(count):
            with tempfile.TemporaryDirectory() as place:
                found = compare_replicate(plan, data_map, number, Path(place))
            differences += found.values()
            disagreements |= {(number, *key): value for key, value in found.items() if not value < TOLERANCE}
        spent = time.process_time() - start
        print(
            f"{name}: {count} through the whole pipeline, {', '.join(plan.analyses)}: {len(differences)} numbers, "
            f"largest relative difference {max(differences):.1e}; {spent:.0f} s of CPU"
        )
        print("\n".join(f"  {key}: {value:.1e}" for key, value in disagreements.items()))


def main() -> None:
    replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    pipeline = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    study = read_study(templates_dir() / STUDY / "study.toml")
    print(f"{os.cpu_count()} cores")
    measure_replicates(only_day_28(study), ["os_km"], replicates)
    measure_replicates(study, MODELS, replicates // 10)
    measure_dask(only_day_28(study), replicates // 10)
    check_pipeline(pipeline)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
