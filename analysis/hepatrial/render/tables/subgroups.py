"""Subgroups of a comparison: the lines that the table and the forest plot share, and the table."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hepatrial.errors import RenderError
from hepatrial.render.context import Context
from hepatrial.render.objects import Cell, Column, Part, Row, Table, literal
from hepatrial.render.tables.blocks import finish_table

MEASURES = {"difference": "proportion difference", "risk ratio": "risk ratio", "odds ratio": "odds ratio"}
NAMES = {"hazard ratio": "Hazard ratio", "proportion difference": "Difference, percentage points",
         "risk ratio": "Risk ratio", "odds ratio": "Odds ratio"}  # fmt: skip
COLUMN_NAMES = {"AGE": "Age (years)", "SEX": "Sex", "AETIOL": "Aetiology", "STAGE": "Stage at entry",
                "STRATUM": "Stratum", "SITEID": "Site"}  # fmt: skip
LEVEL_NAMES = {"F": "Female", "M": "Male"}


@dataclass(frozen=True)
class Line:
    """A line of a forest plot: a subgroup with its test, a level of it, or everybody."""

    label: str
    indent: int = 0
    is_heading: bool = False
    is_overall: bool = False
    counts: tuple[tuple[Part, Part], ...] = ()
    parts: tuple[Part, Part, Part] = (Part(None), Part(None), Part(None))
    p_value: Part | None = None

    @property
    def values(self) -> tuple[float, float, float]:
        """Estimate and limits, NaN where there are none."""
        usable = [part.value if part.status in ("ok", "note") else None for part in self.parts]
        low, middle, high = (float(value) if isinstance(value, float) else np.nan for value in usable)
        return low, middle, high

    @property
    def n(self) -> float:
        """Patients of both arms."""
        return sum(float(str(patients.value)) for _, patients in self.counts if patients.value is not None)


def compared_measure(analysis: Any) -> str:
    """The measure that an analysis compares its arms by."""
    return "hazard ratio" if analysis.method == "survival" else MEASURES[analysis.comparison.measure]


def read_lines(context: Context, analysis: Any, group: str, reference: str) -> list[Line]:
    """Everybody, then each subgroup with its levels in the study's order."""
    pair = {"group": group, "comparator": reference}
    lines = [_overall(context, analysis, group, reference)]
    for item in analysis.comparison.subgroups:
        keys = _keys(analysis) | {"subgroup": item.variable}
        test = context.rows.part("p", measure="interaction test", stat="p_value", **keys, **pair)
        lines.append(Line(subgroup_label(context, item), is_heading=True, p_value=test))
        for level in _levels(context, analysis, item):
            own = keys | {"subgroup_level": level}
            counts = tuple(_level_counts(context, own, arm) for arm in (group, reference))
            parts = _parts(context, analysis, own | pair)
            lines.append(Line(_level_label(context, item, level), 1, counts=counts, parts=parts))
    return lines


def _keys(analysis: Any) -> dict[str, object]:
    visit = analysis.visit if analysis.method == "proportion" else ""
    return {"analysis_id": analysis.id, "variable": analysis.parameter, "visit": visit}


def _overall(context: Context, analysis: Any, group: str, reference: str) -> Line:
    keys = _keys(analysis)
    if analysis.method == "proportion":
        own = keys | {"measure": "proportion", "level": "response"}
        names = "n", "n_total"
    else:
        own, names = keys | {"measure": "follow-up"}, ("n_events", "n_total")
    counts = tuple(
        (context.rows.part("count", stat=names[0], group=arm, **own),
         context.rows.part("count", stat=names[1], group=arm, **own))
        for arm in (group, reference)
    )  # fmt: skip
    parts = _parts(context, analysis, keys | {"group": group, "comparator": reference})
    return Line("All patients", is_overall=True, counts=counts, parts=parts)


def _levels(context: Context, analysis: Any, item: Any) -> list[str]:
    """Levels in the order of the study file, of the cut points, or of their texts."""
    found = context.rows.select(analysis.id, measure="subgroup", subgroup=item.variable, stat="n")
    present = set(found["subgroup_level"])
    variable = context.study.subject_variable(item.variable)
    planned = [level.value for level in variable.levels] if variable else []
    if item.cut_points:
        cuts = item.cut_points
        inner = [f"> {low:g} to {high:g}" for low, high in zip(cuts, cuts[1:], strict=False)]
        planned = [f"≤ {cuts[0]:g}", *inner, f"> {cuts[-1]:g}"]
    return [level for level in planned if level in present] or sorted(present)


def _level_counts(context: Context, keys: dict[str, object], arm: str) -> tuple[Part, Part]:
    own = keys | {"measure": "subgroup", "group": arm}
    return context.rows.part("count", stat="n_events", **own), context.rows.part("count", stat="n", **own)


def _parts(context: Context, analysis: Any, keys: dict[str, object]) -> tuple[Part, Part, Part]:
    measure = compared_measure(analysis)
    spec = "proportion1" if measure == "proportion difference" else "fixed2"
    first, *rest = (
        context.rows.part(spec, measure=measure, stat=stat, **keys) for stat in ("estimate", "conf_low", "conf_high")
    )
    return first, rest[0], rest[1]


def subgroup_label(context: Context, item: Any) -> str:
    """The study file's label, else that of the variable or parameter."""
    variable = context.study.subject_variable(item.variable) or context.study.parameter(item.variable)
    if item.label or variable is None:
        return str(item.label or COLUMN_NAMES.get(item.variable, item.variable))
    return variable.label


def _level_label(context: Context, item: Any, level: str) -> str:
    variable = context.study.subject_variable(item.variable)
    labels = {entry.value: entry.label or entry.value for entry in variable.levels} if variable else LEVEL_NAMES
    return labels.get(level, level)


def compared_arms(context: Context, analysis: Any) -> list[str]:
    """The arms that an analysis compares with the reference arm."""
    reference = context.study.design.reference_arm
    return [group for group in context.groups(analysis.id) if group not in (reference, "all")]


def with_subgroups(context: Context) -> list[Any]:
    """The analyses of the output that have subgroups.

    Raises
    ------
    RenderError
        When there is none: it would be an empty table or figure.
    """
    found = [item for item in context.analyses if getattr(getattr(item, "comparison", None), "subgroups", ())]
    if not found:
        where = f"output {context.output.number} ({context.output.template})"
        raise RenderError(f"{where}: none of its analyses has comparison.subgroups")
    return found


def build_subgroups(context: Context) -> Table:
    """Patients, events and estimate in every level, and the test of interaction on the subgroup's line."""
    analyses, reference = with_subgroups(context), context.study.design.reference_arm
    rows: list[Row] = []
    for analysis in analyses:
        arms = compared_arms(context, analysis)
        rows += [Row(analysis.title, is_heading=True)] if len(analyses) > 1 else []
        for group in arms:
            rows += [Row(context.group_label(group), is_heading=True)] if len(arms) > 1 else []
            rows += [_row(line) for line in read_lines(context, analysis, group, reference)]
    return finish_table(context, "Subgroup", _columns(context, analyses, reference), rows, _notes(analyses))


def _row(line: Line) -> Row:
    if line.is_heading:
        return Row(line.label, ((), (), (), (line.p_value,) if line.p_value else ()))
    (events, patients), (other_events, other_patients) = line.counts
    estimate, low, high = line.parts
    limits: Cell = (low,) if low.text == high.text == "NE" else (low, Part(" to "), high)
    cell = (estimate,) if estimate.status in ("not_estimable", "failed") else (estimate, Part(" ("), *limits, Part(")"))
    counts = ((events, Part("/"), patients), (other_events, Part("/"), other_patients))
    return Row(line.label, (*counts, cell, ()), line.indent)


def _columns(context: Context, analyses: list[Any], reference: str) -> tuple[Column, ...]:
    what = "n/N" if analyses[0].method == "proportion" else "events/N"
    arms = compared_arms(context, analyses[0])
    arm = context.group_label(arms[0]) if len(arms) == 1 else "Arm"
    name = NAMES[compared_measure(analyses[0])]
    heads = (f"{arm}\n{what}", f"{context.group_label(reference)}\n{what}",
             f"{name} ({analyses[0].conf_level * 100:g}% CI)", "Interaction, p-value")  # fmt: skip
    return tuple(Column(literal(head)) for head in heads)


def _notes(analyses: list[Any]) -> list[str]:
    tests = {
        "survival": "Interaction: likelihood-ratio test in a Cox model.",
        "proportion": "n/N: responders of the patients. Interaction: Breslow–Day test with Tarone's correction "
        "(odds ratios alike).",
    }
    return [*dict.fromkeys(tests[item.method] for item in analyses), "Subgroups are not tested one by one."]
