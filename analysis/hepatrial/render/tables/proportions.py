"""Table of a response at a visit: who responded, why not, by class at baseline, and the arms compared."""

from typing import Any

from hepatrial.render.context import Context
from hepatrial.render.objects import Cell, Part, Row, Table
from hepatrial.render.tables.blocks import (
    count_percent,
    describe_not_due,
    describe_samples,
    finish_table,
    group_columns,
    interval,
    per_group,
)

SIGNS = {"<": "<", "<=": "≤", ">=": "≥", ">": ">"}
NOT_RESPONDING = (
    ("no response", "Measured, not in response"),
    ("died", "Died before"),
    ("transplanted", "Transplanted before"),
    ("missing", "Missing"),
    ("not yet due", "Visit not yet due"),
)
COMPARED = {
    "proportion difference": ("Difference (percentage points)", "proportion1"),
    "risk ratio": ("Risk ratio", "fixed2"),
    "odds ratio": ("Odds ratio", "fixed2"),
}
TESTS = {
    "fisher": "Fisher's exact test",
    "barnard": "Barnard's exact test",
    "boschloo": "Boschloo's exact test",
    "pearson": "Pearson's chi-square test",
    "cmh": "Cochran–Mantel–Haenszel test",
    "rubin": "Test by Rubin's rules",
}
CONF_TYPES = {
    "clopper-pearson": "Clopper–Pearson", "wilson": "Wilson", "jeffreys": "Jeffreys", "mid-p": "mid-p",
    "miettinen-nurminen": "Miettinen–Nurminen", "newcombe": "Newcombe", "mantel-haenszel": "Mantel–Haenszel",
    "exact": "exact", "wald": "Rubin's rules",
}  # fmt: skip


def build_proportion(context: Context) -> Table:
    """Responders by arm, everybody else by the reason, and the comparison where planned."""
    analyses = context.analyses_of("proportion")
    rows: list[Row] = []
    for analysis in analyses:
        rows += [Row(analysis.title, is_heading=True)] if len(analyses) > 1 else []
        rows += [*_response_rows(context, analysis), *_class_rows(context, analysis)]
        rows += _comparison_rows(context, analysis)
    notes = list(dict.fromkeys(note for analysis in analyses for note in _notes(context, analysis)))
    return finish_table(context, "", group_columns(context, analyses[0].id), rows, notes)


def describe_rule(context: Context, analysis: Any) -> str:
    """``Child–Pugh score ≤ 6 at Week 24``."""
    item = context.study.parameter(analysis.parameter)
    visit = next(item.label for item in context.study.visits if item.code == analysis.visit)
    rule = analysis.response
    of = "" if rule.of == "value" else f", {rule.of},"
    label = item.label if item else analysis.parameter
    return f"{label}{of} {SIGNS[rule.op]} {rule.value:g} at {visit}"


def _keys(analysis: Any, measure: str, **more: object) -> dict[str, object]:
    return {"analysis_id": analysis.id, "measure": measure, "variable": analysis.parameter, "visit": analysis.visit,
            **more}  # fmt: skip


def _response_rows(context: Context, analysis: Any) -> list[Row]:
    def responders(group: str) -> list[Cell]:
        return [share(context, _keys(analysis, "proportion", level="response", group=group))]

    def limits(group: str) -> list[Cell]:
        keys = _keys(analysis, "proportion", level="response", group=group)
        return [interval(context.rows, "proportion1", **keys)]

    conf = f"{analysis.conf_level * 100:g}% CI of the percentage"
    is_pooled = analysis.missing == "multiple imputation"
    share, unit = (_pooled_share, "% over the imputations") if is_pooled else (_share, "n/N (%)")
    rows = [
        Row(f"{describe_rule(context, analysis)}, {unit}", per_group(context, analysis.id, responders)),
        Row(conf, per_group(context, analysis.id, limits), 1),
        Row("All patients, n (%)", is_heading=True),
        Row("In response", _statuses(context, analysis, "response"), 1),
    ]
    for level, label in NOT_RESPONDING:
        found = context.rows.select(analysis.id, measure="response status", level=level, stat="n", by_level="")
        if level != "not yet due" or found["value"].sum():
            rows.append(Row(label, _statuses(context, analysis, level), 1))
    return rows


def _share(context: Context, keys: dict[str, object]) -> Cell:
    """``12/46 (26.1)``."""
    n, total = (context.rows.part("count", stat=stat, **keys) for stat in ("n", "n_total"))
    share = context.rows.part("proportion1", stat="estimate", **keys)
    return (n, Part("/"), total, Part(" ("), share, Part(")"))


def _pooled_share(context: Context, keys: dict[str, object]) -> Cell:
    """``40.3``: no count of patients stands behind it."""
    return (context.rows.part("proportion1", stat="estimate", **keys),)


def _statuses(context: Context, analysis: Any, level: str) -> tuple[Cell, ...]:
    keys = _keys(analysis, "response status", level=level)
    return per_group(context, analysis.id, lambda group: [count_percent(context.rows, group=group, **keys)])


def _class_rows(context: Context, analysis: Any) -> list[Row]:
    """Responders of the patients in each class of the baseline value."""
    found = context.rows.select(analysis.id, measure="response status", by_variable="baseline class")
    present = set(found["by_level"])
    labels = [item.label for item in analysis.baseline_classes]
    rows = [Row("In response by class at baseline, n/N", is_heading=True)] if present else []
    for label in [*labels, *sorted(present - set(labels))]:
        keys = _keys(analysis, "response status", level="response", by_variable="baseline class", by_level=label)

        def cells(group: str, keys: dict[str, object] = keys) -> list[Cell]:
            n, total = (context.rows.part("count", stat=stat, group=group, **keys) for stat in ("n", "n_total"))
            return [(n, Part("/"), total)]

        rows.append(Row(label, per_group(context, analysis.id, cells), 1))
    return rows


def _comparison_rows(context: Context, analysis: Any) -> list[Row]:
    if context.is_single_arm or analysis.comparison is None:
        return []
    reference = context.study.design.reference_arm
    measure = {"difference": "proportion difference"}.get(analysis.comparison.measure, analysis.comparison.measure)
    label, spec = COMPARED[measure]
    kind = CONF_TYPES[analysis.comparison.conf_type]
    keys = _keys(analysis, measure, comparator=reference)

    def estimate(group: str) -> list[Cell]:
        return [(context.rows.part(spec, stat="estimate", group=group, **keys),) if group != reference else ()]

    def limits(group: str) -> list[Cell]:
        return [interval(context.rows, spec, group=group, **keys) if group != reference else ()]

    title = f"Comparison with {context.group_label(reference)}"
    rows = [
        Row(title, is_heading=True),
        Row(label, per_group(context, analysis.id, estimate), 1),
        Row(f"{analysis.conf_level * 100:g}% CI ({kind})", per_group(context, analysis.id, limits), 2),
    ]
    tests = [("proportion test", test, f"{name}, p-value") for test, name in TESTS.items()]
    for kind, level, name in [*tests, ("homogeneity test", "", "Odds ratios alike over strata, p-value")]:
        own = _keys(analysis, kind, level=level, comparator=reference)

        def p_value(group: str, own: dict[str, object] = own) -> list[Cell]:
            return [(context.rows.part("p", stat="p_value", group=group, **own),) if group != reference else ()]

        cells = per_group(context, analysis.id, p_value)
        rows += [Row(name, cells, 1)] if any(part.result_id for cell in cells for part in cell) else []
    return rows


def _notes(context: Context, analysis: Any) -> list[str]:
    visit = next(item for item in context.study.visits if item.code == analysis.visit)
    notes = [
        f"CI, confidence interval ({CONF_TYPES[analysis.conf_type]}). Died before {visit.label}: by its target day, or "
        "without a value by the end of its window; counted as no response.",
        {
            "not response": "Transplanted before: in the same way, counted as no response.",
            "as measured": "After a transplant patients are judged by their values.",
        }[analysis.transplant],
        {
            "not response": "Missing: alive on the native liver without a value; counted as no response.",
            "left out": "Missing: alive on the native liver without a value; left out of N.",
            "multiple imputation": "Missing: alive on the native liver without a value; imputed. The percentage and "
            "its CI are pooled over the imputations; in response are those who were seen to be.",
        }[analysis.missing],
    ]
    strata = analysis.comparison.strata if analysis.comparison else ""
    item = context.study.subject_variable(strata) if strata else None
    name = item.label if item else {"STRATUM": "the stratum of the randomisation"}.get(strata, strata)
    notes += [*describe_not_due(context, analysis), *describe_samples(context.study, analysis)]
    return [*notes, *([f"The comparison is stratified by {name}."] if strata else [])]
