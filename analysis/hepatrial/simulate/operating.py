"""Operating characteristics of planned analyses: thousands of simulated trials, each analysed as planned.

Replicates are made and analysed in chunks, on all cores or on a Dask cluster; a replicate depends on the seed and its
number only, so that the result is the same whatever the number of workers. Each finished chunk is a file: a run that
was stopped goes on where it was.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import pandas as pd

from hepatrial import __version__
from hepatrial.analyse import measure_survival
from hepatrial.errors import SimulateError
from hepatrial.simulate.characteristics import summarise_operating
from hepatrial.simulate.scenario import SCENARIOS
from hepatrial.simulate.times import find_curve, make_times
from hepatrial.simulate.trial import TrialPlan, check_shifts, draw_trial
from hepatrial.simulate.truth import compute_truth
from hepatrial.study import Study, compute_study_hash

CHUNK = 100
"""Replicates of a file and a task."""
PLAN, REPLICATES, SUMMARY, TRUTH = "plan.json", "replicates", "operating_characteristics.csv", "truth.csv"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class OperatingPlan:
    """What is simulated: the study, which analyses, how many replicates, and how the arms differ."""

    study: Study
    analyses: tuple[str, ...]
    n_replicates: int
    seed: int
    scenario: str
    drift_shift: Mapping[str, float]
    n: int

    @property
    def trial(self) -> TrialPlan:
        return TrialPlan(self.study, SCENARIOS[self.scenario], self.n, self.seed, dict(self.drift_shift))

    def describe(self) -> dict[str, Any]:
        """What makes two runs the same run."""
        return {
            "hepatrial": __version__, "study": compute_study_hash(self.study), "analyses": list(self.analyses),
            "seed": self.seed, "scenario": self.scenario, "drift_shift": dict(sorted(self.drift_shift.items())),
            "n": self.n, "chunk": CHUNK,
        }  # fmt: skip


def plan_operating(
    study: Study,
    *,
    n_replicates: int,
    analyses: Sequence[str] = (),
    seed: int | None = None,
    scenario: str = "acute",
    drift_shift: Mapping[str, float] | None = None,
    n: int | None = None,
) -> OperatingPlan:
    """Check what is asked for.

    Parameters
    ----------
    study : Study
    n_replicates : int
    analyses : sequence of str
        Ids of survival analyses; none: all of them whose events are simulated.
    seed, n : int, optional
        The study's seed and planned size unless given.
    scenario : str
        One of ``SCENARIOS``.
    drift_shift : mapping of arm code to float
        Added to the drift of severity: negative is a better course. None: the arms are alike, which gives the size.

    Raises
    ------
    SimulateError
        Unknown scenario, arm or analysis, or an analysis whose events replicates do not have.
    """
    if scenario not in SCENARIOS:
        raise SimulateError(f"there is no scenario {scenario!r}; there are {', '.join(SCENARIOS)}")
    check_shifts(study, drift_shift or {})
    chosen = tuple(analyses) or tuple(item.id for item in study.analyses if _is_simulated(study, item))
    known = {item.id: item for item in study.analyses if item.method == "survival"}
    wrong = [name for name in chosen if name not in known]
    if wrong or not chosen:
        raise SimulateError(f"no survival analysis {', '.join(wrong) or 'to simulate'}; there are {', '.join(known)}")
    for name in chosen:
        find_curve(study.time_to_event(known[name].parameter))
        _refuse_what_is_not_replicated(name, known[name].comparison)
    return OperatingPlan(
        study, chosen, n_replicates, study.seed if seed is None else seed, scenario, dict(drift_shift or {}),
        n or study.design.planned_n,
    )  # fmt: skip


def _refuse_what_is_not_replicated(name: str, comparison: Any) -> None:
    """Another method than the planned one is never run in its place."""
    if comparison is None:
        return
    kept = {"p_value = 'permutation'": comparison.p_value == "permutation", "covariates": bool(comparison.covariates),
            f"strata = {comparison.strata!r}": comparison.strata not in ("", "STRATUM")}  # fmt: skip
    wrong = [what for what, is_there in kept.items() if is_there]
    if wrong:
        raise SimulateError(f"{name}: replicates cannot do {', '.join(wrong)}; name other analyses to replicate")


def _is_simulated(study: Study, analysis: Any) -> bool:
    if analysis.method != "survival":
        return False
    try:
        find_curve(study.time_to_event(analysis.parameter))
    except SimulateError:
        return False
    return True


def run_operating(
    plan: OperatingPlan, folder: Path, *, jobs: int = -1, scheduler: str = "", progress: Progress = lambda _: None
) -> pd.DataFrame:
    """Run what is missing of a plan and write the operating characteristics.

    Parameters
    ----------
    folder : Path
        New, or of a run of the same plan that was stopped or asked for fewer replicates. Gets ``plan.json``,
        ``truth.csv``, ``replicates/*.csv`` and ``operating_characteristics.csv``.
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
    truth = compute_truth(plan.trial)
    truth.to_csv(folder / TRUTH, index=False, lineterminator="\n")
    missing = [place for place in range(chunks) if not _chunk_path(folder, place).exists()]
    with _workers(scheduler):
        tasks = (joblib.delayed(run_chunk)(plan, place) for place in missing)
        done = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks)
        for count, (place, rows) in enumerate(done, start=chunks - len(missing) + 1):
            _write_whole(rows, _chunk_path(folder, place))
            progress(f"  {count} of {chunks} chunks of {CHUNK} replicates")
    rows = pd.concat([_read_chunk(_chunk_path(folder, place)) for place in range(chunks)], ignore_index=True)
    summary = summarise_operating(rows[rows["replicate"] < plan.n_replicates], truth, plan.study, plan.drift_shift)
    _write_whole(summary, folder / SUMMARY)
    return summary


def run_chunk(plan: OperatingPlan, place: int) -> tuple[int, pd.DataFrame]:
    """Make and analyse the replicates of one chunk: a row a number."""
    rows = [
        {"replicate": replicate, **row}
        for replicate in range(place * CHUNK, (place + 1) * CHUNK)
        for row in _run_replicate(plan, replicate)
    ]
    return place, pd.DataFrame(rows)


def _run_replicate(plan: OperatingPlan, replicate: int) -> Iterator[dict[str, Any]]:
    drawn = plan.trial
    trial = draw_trial(drawn, replicate)
    for name in plan.analyses:
        analysis: Any = plan.study.analysis(name)
        yield from measure_survival(plan.study, analysis, make_times(drawn, trial, analysis.parameter))


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
    return -(-plan.n_replicates // CHUNK)


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
