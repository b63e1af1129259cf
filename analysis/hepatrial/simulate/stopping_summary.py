"""From the ends of many simulated trials to stopping probabilities and expected size, beside the theory of each rule.

Theory: of a rule on patients past the window the exact recursion at the true probability that an event is seen in the
window (quadrature); of a group-sequential design with alike arms the normal theory of its bounds. Else there is none.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from hepatrial.analyse.headline_monitoring import (
    REACHED,
    compute_sequential_theory,
    compute_stopping_theory,
    list_looks,
)
from hepatrial.simulate.allocation import find_ratio
from hepatrial.simulate.model_truth import are_alike
from hepatrial.simulate.monitoring import STOPPING
from hepatrial.simulate.trial import TrialPlan
from hepatrial.simulate.truth import compute_event_probability
from hepatrial.study import GroupSequential, StoppingRule

EXPECTED: Final = dict(zip(STOPPING[1:], ("counted", "events", "enrolled", "day"), strict=True))
ANY: Final = "stopped"
COLUMNS: Final = ["analysis_id", "quantity", "reason", "look", "looks_at", "replicates", "value", "error", "theory"]
Line = dict[str, Any]


def summarise_stopping(rows: pd.DataFrame, plan: TrialPlan, rules: dict[str, Any]) -> pd.DataFrame:
    """Stopping probabilities by look and in all, and expected numbers at the end, of each rule.

    Parameters
    ----------
    rows : DataFrame
        Numbers of replicates whose measure is one of ``STOPPING``.
    rules : dict
        Declared rules by id.

    Returns
    -------
    DataFrame
        analysis_id, quantity (``stopped``: a probability; ``expected counted``, ``events``, ``enrolled``, ``day``),
        reason, look (0: at any), looks_at (what the look counts), replicates, value, error (one Monte Carlo standard
        error), theory (NaN: none).
    """
    lines: list[Line] = []
    for name, rule in rules.items():
        own = rows[rows["analysis_id"] == name]
        wide = own.pivot(index="replicate", columns="measure", values="estimate")
        reason = own.drop_duplicates("replicate").set_index("replicate")["status"].fillna("")
        theory = _sequential(plan, rule) if isinstance(rule, GroupSequential) else _stopping(plan, rule)
        more = {"analysis_id": name, "replicates": len(wide)}
        lines += [more | line for line in _probabilities(rule, wide[STOPPING[0]], reason, theory)]
        lines += [more | line for line in _expected(wide, theory)]
    return pd.DataFrame(lines, columns=COLUMNS)


def _probabilities(rule: Any, look: pd.Series, reason: pd.Series, theory: dict[Any, float]) -> Iterator[Line]:
    looks = rule.events if isinstance(rule, GroupSequential) else list_looks(rule)
    yield {"quantity": ANY, "reason": "", "look": 0, "looks_at": 0} | _share(look > 0, theory.get(ANY))
    for why in sorted(
        {REACHED} if isinstance(rule, StoppingRule) else {*reason[look > 0], *(k[1] for k in theory if k != ANY)}
    ):
        for number, looks_at in enumerate(looks, start=1):
            is_here = (look == number) & (reason == why)
            place = {"quantity": ANY, "reason": why, "look": number, "looks_at": looks_at}
            yield place | _share(is_here, theory.get((number, why)))
    for why in sorted({*reason[look == 0]} - {""}):
        yield {"quantity": why, "reason": "", "look": 0, "looks_at": 0} | _share((look == 0) & (reason == why), None)


def _share(is_so: pd.Series, theory: float | None) -> Line:
    value = float(is_so.mean())
    error = float(np.sqrt(value * (1 - value) / len(is_so)))
    return {"value": value, "error": error, "theory": np.nan if theory is None else theory}


def _expected(wide: pd.DataFrame, theory: dict[Any, float]) -> Iterator[Line]:
    for measure, name in EXPECTED.items():
        value, error = float(wide[measure].mean()), float(wide[measure].std(ddof=1) / np.sqrt(len(wide)))
        place = {"quantity": f"expected {name}", "reason": "", "look": 0, "looks_at": 0}
        yield place | {"value": value, "error": error, "theory": theory.get(measure, np.nan)}


def _stopping(plan: TrialPlan, rule: StoppingRule) -> dict[Any, float]:
    p = compute_event_probability(plan, rule.window_days, with_transplant=rule.transplant == "event")
    found = compute_stopping_theory(rule, p)
    if found is None or plan.n < rule.n_max:
        return {}
    by_look, expected_n, expected_events = found
    theory: dict[Any, float] = {(number, REACHED): value for number, value in enumerate(by_look, start=1)}
    return theory | {ANY: sum(by_look), STOPPING[1]: expected_n, STOPPING[2]: expected_events}


def _sequential(plan: TrialPlan, rule: GroupSequential) -> dict[Any, float]:
    if not are_alike(plan):
        return {}
    by_look = compute_sequential_theory(rule, find_ratio(plan.study))
    theory: dict[Any, float] = {
        (number, why): value for number, part in enumerate(by_look, start=1) for why, value in part.items()
    }
    return theory | {ANY: sum(theory.values())}
