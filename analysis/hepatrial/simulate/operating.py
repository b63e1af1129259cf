"""Operating characteristics of planned analyses: thousands of simulated trials, each analysed as planned.

Replicates are made and analysed in chunks, on all cores or on a Dask cluster; a replicate depends on the seed and its
number only, so that the result is the same whatever the number of workers. Each finished chunk is a file: a run that
was stopped goes on where it was.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import joblib
import pandas as pd

from hepatrial.errors import SimulateError
from hepatrial.simulate.characteristics import summarise_operating
from hepatrial.simulate.model_truth import estimate_truths
from hepatrial.simulate.monitoring import STOPPING
from hepatrial.simulate.operating_plan import NOT_ASKED, OperatingPlan
from hepatrial.simulate.replicate import Replicate
from hepatrial.simulate.simulable import list_rules
from hepatrial.simulate.stopping_summary import summarise_stopping
from hepatrial.simulate.truth import compute_truth

PLAN, REPLICATES, SUMMARY, TRUTH = "plan.json", "replicates", "operating_characteristics.csv", "truth.csv"
STOPPED = "stopping.csv"
Progress = Callable[[str], None]


def run_operating(
    plan: OperatingPlan, folder: Path, *, jobs: int = -1, scheduler: str = "", progress: Progress = lambda _: None
) -> pd.DataFrame:
    """Run what is missing of a plan and write the operating characteristics.

    Parameters
    ----------
    folder : Path
        New, or of a run of the same plan that was stopped or asked for fewer replicates. Gets ``plan.json``,
        ``truth.csv``, ``replicates/*.csv``, ``operating_characteristics.csv``, and ``stopping.csv`` where rules of
        monitoring are followed.
    jobs : int
        Worker processes; -1: one a core.
    scheduler : str
        Address of a Dask scheduler, which is used instead (needs the extra ``cluster``).

    Returns
    -------
    DataFrame
        Columns of :func:`summarise_operating`.

    Raises
    ------
    SimulateError
        When the folder holds a run of another plan, or Dask is not installed.
    """
    chunks = _open_folder(plan, folder)
    for name, reason in plan.find_omitted().items():
        if reason != NOT_ASKED:
            progress(f"  not simulated: {name} ({reason})")
    truth = compute_truth(plan.trial)
    truth.to_csv(folder / TRUTH, index=False, lineterminator="\n")
    missing = [place for place in range(chunks) if not _chunk_path(folder, place).exists()]
    with _workers(scheduler):
        tasks = (joblib.delayed(run_chunk)(plan, place) for place in missing)
        done = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks)
        for count, (place, rows) in enumerate(done, start=chunks - len(missing) + 1):
            _write_whole(rows, _chunk_path(folder, place))
            progress(f"  {count} of {chunks} chunks of {plan.chunk} replicates")
    rows = pd.concat([_read_chunk(_chunk_path(folder, place)) for place in range(chunks)], ignore_index=True)
    return _summarise(plan, folder, rows[rows["replicate"] < plan.n_replicates], truth)


def _summarise(plan: OperatingPlan, folder: Path, rows: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Write the characteristics and, of followed rules, the stopping probabilities."""
    is_monitoring = rows["measure"].isin(STOPPING)
    if plan.monitored:
        rules = list_rules(plan.study)
        declared = {name: rules[name] for name in plan.monitored}
        _write_whole(summarise_stopping(rows[is_monitoring], plan.trial, declared), folder / STOPPED)
    simulated = estimate_truths(plan.trial, [plan.study.analysis(name) for name in plan.analyses])
    summary = summarise_operating(rows[~is_monitoring], truth, simulated, plan.study, plan.drift_shift)
    _write_whole(summary, folder / SUMMARY)
    return summary


def run_chunk(plan: OperatingPlan, place: int) -> tuple[int, pd.DataFrame]:
    """Make and analyse the replicates of one chunk: a row a number."""
    rows = [
        {"replicate": replicate, **row}
        for replicate in range(place * plan.chunk, (place + 1) * plan.chunk)
        for row in _run_replicate(plan, replicate)
    ]
    return place, pd.DataFrame(rows)


def _run_replicate(plan: OperatingPlan, number: int) -> Iterator[dict[str, Any]]:
    drawn = Replicate(plan.trial, number)
    for name in plan.analyses:
        yield from drawn.measure(plan.study.analysis(name))
    rules = list_rules(plan.study)
    for name in plan.monitored:
        yield from drawn.measure_rule(rules[name])


def _open_folder(plan: OperatingPlan, folder: Path) -> int:
    """Make the folder or see that it is of this plan; how many chunks there are in all."""
    text = json.dumps(plan.describe(), indent=1, ensure_ascii=False) + "\n"
    path = folder / PLAN
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise SimulateError(f"{folder} holds replicates of another plan (its {PLAN} differs); give a new folder")
    if not path.exists():
        if folder.exists():
            raise SimulateError(f"{folder} exists already and holds no {PLAN}; give a new folder")
        (folder / REPLICATES).mkdir(parents=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return -(-plan.n_replicates // plan.chunk)


def _chunk_path(folder: Path, place: int) -> Path:
    return folder / REPLICATES / f"{place:05d}.csv"


def _read_chunk(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, keep_default_na=False, na_values=["nan"], float_precision="round_trip")


def _write_whole(frame: pd.DataFrame, path: Path) -> None:
    """Written beside and renamed, so that a run that is killed leaves no half file."""
    beside = path.with_suffix(".part")
    frame.to_csv(beside, index=False, na_rep="nan", lineterminator="\n")
    beside.replace(path)


def _workers(scheduler: str) -> AbstractContextManager[Any]:
    return _dask(scheduler) if scheduler else nullcontext()


@contextmanager
def _dask(scheduler: str) -> Iterator[None]:
    try:
        from distributed import Client  # an extra: only who has a cluster needs it
    except ImportError as error:
        raise SimulateError("a Dask scheduler needs the extra: pip install 'hepatrial[cluster]'") from error
    with Client(scheduler), joblib.parallel_config(backend="dask"):
        yield
