"""One replicate: a trial is drawn and every analysis of the plan is done on it."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from hepatrial.analyse import measure_composite, measure_mmrm, measure_proportion, measure_survival
from hepatrial.analyse.headline import KEYS, NOTHING
from hepatrial.simulate.monitoring import STOPPING, draw_entries, end_trial
from hepatrial.simulate.outcomes import make_ranked, make_statuses
from hepatrial.simulate.times import make_times
from hepatrial.simulate.trial import Trial, TrialPlan, draw_trial
from hepatrial.simulate.values import Values
from hepatrial.simulate.visits import Visits, draw_visits
from hepatrial.study import GroupSequential, StoppingRule, Study

Number = dict[str, Any]


class Replicate:
    """A drawn trial; visits and values are drawn when an analysis asks for them, whatever the others ask for."""

    def __init__(self, plan: TrialPlan, number: int) -> None:
        self.plan, self.number = plan, number
        self.trial: Trial = draw_trial(plan, number)

    @property
    def study(self) -> Study:
        return self.plan.study

    @cached_property
    def seen(self) -> Visits:
        return draw_visits(self.plan, self.trial, self.number)

    @cached_property
    def values(self) -> Values:
        return Values(self.plan, self.trial, self.seen)

    def measure_rule(self, rule: StoppingRule | GroupSequential) -> Iterator[Number]:
        """How the trial ends by a declared rule of monitoring: a number a measure of ``STOPPING``."""
        entry = draw_entries(self.plan, self.number)
        found = end_trial(self.plan, self.trial, rule, entry)
        numbers = (found.look, found.n, found.n_events, int((entry <= found.day).sum()), found.day)
        for measure, value in zip(STOPPING, numbers, strict=True):
            number = {"measure": measure, "estimate": float(value), "status": found.reason}
            yield {"analysis_id": rule.id} | KEYS | NOTHING | number

    def measure(self, analysis: Any) -> Iterator[Number]:
        """The numbers of one planned analysis."""
        if analysis.method == "survival":
            yield from measure_survival(self.study, analysis, make_times(self.plan, self.trial, analysis.parameter))
        elif analysis.method == "mmrm":
            for code in analysis.parameters:
                yield from measure_mmrm(self.study, analysis, code, self.values.long(code, analysis.visits))
        elif analysis.method == "composite":
            for code in analysis.parameters:
                for visit in analysis.visits:
                    rows = make_ranked(self.study, analysis, self.trial, self.values, code, visit)
                    yield from measure_composite(self.study, analysis, code, visit, rows)
        else:
            rows = make_statuses(self.study, analysis, self.trial, self.values)
            yield from measure_proportion(self.study, analysis, rows)
