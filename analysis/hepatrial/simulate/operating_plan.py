"""What replicates are asked for: which analyses of a study, how many trials, and how the arms differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hepatrial import __version__
from hepatrial.errors import SimulateError
from hepatrial.simulate.scenario import SCENARIOS
from hepatrial.simulate.simulable import find_monitoring_reason, find_reason, list_rules
from hepatrial.simulate.trial import ACCRUAL_DAYS, TrialPlan, check_shifts
from hepatrial.study import Study, compute_study_hash

CHUNK: Final = 100
"""Replicates of a file and a task."""
NOT_ASKED: Final = "not asked for"


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
    monitored: tuple[str, ...] = ()
    accrual_days: int = ACCRUAL_DAYS
    chunk: int = CHUNK

    @property
    def trial(self) -> TrialPlan:
        return TrialPlan(self.study, SCENARIOS[self.scenario], self.n, self.seed, dict(self.drift_shift),
                         self.accrual_days)  # fmt: skip

    def describe(self) -> dict[str, Any]:
        """What makes two runs the same run."""
        return {
            "hepatrial": __version__, "study": compute_study_hash(self.study), "analyses": list(self.analyses),
            "seed": self.seed, "scenario": self.scenario, "drift_shift": dict(sorted(self.drift_shift.items())),
            "n": self.n, "monitored": list(self.monitored), "accrual_days": self.accrual_days, "chunk": self.chunk,
            "not_simulated": self.find_omitted(),
        }  # fmt: skip

    def find_omitted(self) -> dict[str, str]:
        """Every analysis and declared rule of the study that is not replicated, with the reason."""
        reasons = _find_reasons(self.study, self.scenario)
        done = {*self.analyses, *self.monitored}
        return {name: reason or NOT_ASKED for name, reason in reasons.items() if name not in done}


def _find_reasons(study: Study, scenario: str) -> dict[str, str]:
    """Of every analysis and declared rule why replicates cannot do it; empty where they can."""
    own = SCENARIOS[scenario]
    reasons = {item.id: find_reason(study, own, item) for item in study.analyses}
    rules = list_rules(study).items()
    return reasons | {name: find_monitoring_reason(study, own, rule) for name, rule in rules}


def plan_operating(
    study: Study,
    *,
    n_replicates: int,
    analyses: Sequence[str] = (),
    seed: int | None = None,
    scenario: str = "acute",
    drift_shift: Mapping[str, float] | None = None,
    n: int | None = None,
    accrual_days: int = ACCRUAL_DAYS,
) -> OperatingPlan:
    """Check what is asked for.

    Parameters
    ----------
    study : Study
    n_replicates : int
    analyses : sequence of str
        Ids of survival, mmrm, composite and proportion analyses, and of declared rules of monitoring; none: all that
        replicates can do.
    seed, n : int, optional
        The study's seed and planned size unless given.
    scenario : str
        One of ``SCENARIOS``.
    drift_shift : mapping of arm code to float
        Added to the drift of severity: negative is a better course. None: the arms are alike, which gives the size.
    accrual_days : int
        Over which patients enter, uniformly; monitoring alone depends on it.

    Raises
    ------
    SimulateError
        Unknown scenario, arm or analysis, or an analysis that replicates cannot do: another method is never run in its
        place.
    """
    if scenario not in SCENARIOS:
        raise SimulateError(f"there is no scenario {scenario!r}; there are {', '.join(SCENARIOS)}")
    check_shifts(study, drift_shift or {})
    reasons = _find_reasons(study, scenario)
    chosen = tuple(analyses) or tuple(name for name, reason in reasons.items() if not reason)
    wrong = [f"{name}: {reasons.get(name, 'there is no such analysis')}" for name in chosen if reasons.get(name, "no")]
    if wrong or not chosen:
        raise SimulateError("; ".join(wrong) or "no analysis of the study can be replicated")
    rules = list_rules(study)
    return OperatingPlan(
        study, tuple(name for name in chosen if name not in rules), n_replicates, study.seed if seed is None else seed,
        scenario, dict(drift_shift or {}), n or study.design.planned_n,
        tuple(name for name in chosen if name in rules), accrual_days,
    )  # fmt: skip
