"""What every template is given, and the words that all of them share."""

import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hepatrial.contracts import AnalysisData
from hepatrial.errors import RenderError
from hepatrial.render.objects import Cell, Part, literal
from hepatrial.render.rows import RowIndex
from hepatrial.study import Output, Parameter, Score, Study

ORIGINS = {
    "first treatment": "first treatment",
    "randomisation": "randomisation",
    "enrolment": "enrolment",
    "second randomisation": "the second randomisation",
}


WITHOUT_UNIT = ("", "1", "ratio", "grade")
"""Units that say nothing that the label does not."""
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, eq=False)
class Context:
    """The study, the data and the rows that one planned output is made from."""

    study: Study
    data: AnalysisData
    rows: RowIndex
    output: Output
    marking: str = ""

    @property
    def analyses(self) -> tuple[Any, ...]:
        """Models of the analyses that the output shows, in its order."""
        return tuple(self.study.analysis(name) for name in self.output.analyses)

    def analyses_of(self, method: str) -> tuple[Any, ...]:
        """Those with this method.

        Raises
        ------
        RenderError
            When the output names none: it would be an empty table or figure.
        """
        found = tuple(item for item in self.analyses if item.method == method)
        if not found:
            where = f"output {self.output.number} ({self.output.template})"
            raise RenderError(f"{where}: its analyses {list(self.output.analyses)} hold none of method {method!r}")
        return found

    @property
    def population(self) -> str:
        """Code of the output's population: its own, or that of its first analysis."""
        return self.output.population or (self.analyses[0].population if self.analyses else "")

    @property
    def population_line(self) -> str:
        """Label of the population as it stands under a title."""
        return self.study.population(self.population).label if self.population else ""

    def groups(self, analysis_id: str) -> tuple[str, ...]:
        """Groups that an analysis has rows for: the arms in the study's order, then all together."""
        present = set(self.rows.select(analysis_id)["group"])
        return tuple(group for group in (*self._arms, "all") if group in present)

    def group_label(self, group: str) -> str:
        """Label of an arm; of all patients together, in a single-arm study the arm's own."""
        if group == "all":
            return self.study.design.arms[0].label if len(self.study.design.arms) == 1 else "All patients"
        return next(arm.label for arm in self.study.design.arms if arm.code == group)

    def arm_number(self, group: str) -> int:
        """Place of the arm in the study, which fixes its colour and line; 0 for all together."""
        return self._arms.index(group) if group in self._arms else 0

    def in_arm_order(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Result rows in the study's order of their arms."""
        return rows.sort_values("group", key=lambda group: group.map(self.arm_number), kind="stable")

    def group_heading(self, analysis_id: str, group: str) -> Cell:
        """``Label`` and ``(N=10)`` under it, the N naming its row."""
        size = self.n_total(analysis_id, group)
        return (*literal(self.group_label(group)), Part("\n(N="), size, Part(")"))

    def n_total(self, analysis_id: str, group: str) -> Part:
        """The N of a group."""
        keys = {"measure": "patients", "variable": "N", "stat": "n_total", "group": group}
        return self.rows.part("count", analysis_id=analysis_id, **keys)

    def size(self, analysis_id: str, group: str) -> Cell:
        """`` (N=10)`` behind a label."""
        return (Part(" (N="), self.n_total(analysis_id, group), Part(")"))

    def parameters(self, wanted: tuple[str, ...]) -> tuple[Parameter | Score, ...]:
        """Parameters of the output, or all ``wanted`` when the output names none."""
        chosen = [code for code in wanted if not self.output.parameters or code in self.output.parameters]
        return tuple(item for item in map(self.study.parameter, chosen) if item is not None)

    def visits(self, codes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Code and label of the baseline and these visits, in the order of the study."""
        planned = tuple((visit.code, visit.label) for visit in self.study.visits if visit.code in codes)
        has_own = any(code == "BL" for code, _ in planned)
        return planned if has_own else (("BL", "Baseline"), *planned)

    @property
    def origin(self) -> str:
        """The time origin in words."""
        return ORIGINS[self.study.time.origin]

    @property
    def treatment_word(self) -> str:
        """What one treatment is called: the study's word, or a dose where the arms have dosing days, or a session."""
        return self.study.design.one_treatment

    @property
    def product(self) -> str:
        """What events are related to besides device and procedure: the cells, or the study's word for them."""
        return self.study.safety.product if self.study.safety else "cells"

    @property
    def has_device(self) -> bool:
        """False where there are events, none judged for its relation to a device, and no deficiency of one."""
        asked, deficient = self.data.datasets["ADAE"]["AERELDEV"], self.data.datasets.get("ADDD")
        return not (len(asked) and asked.isna().all()) or bool(deficient is not None and len(deficient))

    @property
    def is_single_arm(self) -> bool:
        return self.study.design.kind == "single arm"

    def subjects(self, population: str) -> pd.DataFrame:
        """ADSL of a population."""
        adsl = self.data.datasets["ADSL"]
        return adsl[adsl[self.study.population(population).flag] == "Y"] if population else adsl

    def subjects_of(self, population: str, group: str) -> pd.DataFrame:
        """ADSL of a population and an arm as randomised."""
        adsl = self.subjects(population)
        return adsl if group == "all" else adsl[adsl["TRT01P"] == group]

    @property
    def _arms(self) -> tuple[str, ...]:
        return tuple(arm.code for arm in self.study.design.arms)


def parameter_label(item: Parameter | Score) -> str:
    """Label with its unit."""
    unit = re.sub(r"\bu(?=(mol|g)\b)", "µ", item.unit) if item.unit not in WITHOUT_UNIT else ""
    unit = re.sub(r"\^(\d+)", lambda power: power[1].translate(RAISED), unit)
    return f"{item.label} ({unit})" if unit else item.label
