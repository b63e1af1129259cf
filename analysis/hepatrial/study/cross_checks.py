"""References inside the two files: every name that is used must be defined. Works on the raw file, so that a
wrong type elsewhere does not hide these faults."""

from collections.abc import Iterator

from hepatrial.contracts import STANDARD_TABLES
from hepatrial.study.blinding import SEALED, is_blind, tells_arm
from hepatrial.study.comparison_checks import (
    check_classes,
    check_proportions,
    check_ranks,
    check_subgroups,
    check_survival_comparisons,
)
from hepatrial.study.criterion_checks import check_agreement
from hepatrial.study.estimand_checks import check_estimands
from hepatrial.study.historical import check_historical_rates
from hepatrial.study.masking import check_masking
from hepatrial.study.model_checks import (
    check_death_strategies,
    check_imputations,
    check_models,
    check_trajectory_summaries,
)
from hepatrial.study.models import WHOLE_DATASETS, Study
from hepatrial.study.monitoring_checks import check_monitoring
from hepatrial.study.multiplicity_checks import check_families
from hepatrial.study.raw_file import Raw, list_columns
from hepatrial.study.raw_file import list_items as _items
from hepatrial.study.raw_file import list_names as _names
from hepatrial.study.raw_file import list_texts as _texts
from hepatrial.study.raw_file import list_unknown as _unknown
from hepatrial.study.safety_checks import check_event_kinds, check_shifts
from hepatrial.study.second_stage import check_second_stage
from hepatrial.study.standard_codes import find_codes

AT_VISIT = ("proportion", "states", "ordinal")
"""Methods whose ``parameter`` is measured at visits; that of the others is a time to an event."""


def cross_check_study(raw: Raw) -> list[str]:
    """Faults of references and of the estimand rules, one sentence each."""
    return [fault for check in _STUDY_CHECKS for fault in check(raw)]


def cross_check_data_map(raw: Raw, study: Study | None) -> list[str]:
    """Faults of data.toml: unknown standard tables and columns, codes the study does not have."""
    faults = [*_check_sources(raw), *_check_codes(raw, study), *_check_sealed(raw, study)]
    if study is not None and raw.get("study_id") not in (None, study.identity.study_id):
        faults.append(f"study_id: {raw['study_id']!r} is not the study file's {study.identity.study_id!r}")
    return faults


def _check_unique(raw: Raw) -> Iterator[str]:
    fields = {"visits": "code", "populations": "code", "eligibility": "id", "endpoints": "id", "analyses": "id",
              "outputs": "number", "times_to_event": "code", "subject_variables": "code",
              "event_sources": "code"}  # fmt: skip
    lists = {key: _names(raw, key, field) for key, field in fields.items()}
    lists["parameters and scores"] = _names(raw, "parameters") + _names(raw, "scores")
    for key, names in lists.items():
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"{key}: {name!r} is defined {names.count(name)} times; names must differ"


def _check_windows(raw: Raw) -> Iterator[str]:
    windows = []
    for index, visit in enumerate(_items(raw, "visits")):
        window, day = visit.get("window"), visit.get("day")
        if not (isinstance(window, list) and len(window) == 2 and all(isinstance(edge, int) for edge in window)):
            continue
        where = f"visits[{index + 1}] ({visit.get('code')}).window"
        if isinstance(day, int) and not window[0] <= day <= window[1]:
            yield f"{where}: day {day} is outside {window}"
        windows.append((window, where))
    windows.sort(key=lambda pair: pair[0])
    for (before, _), (after, where) in zip(windows, windows[1:], strict=False):
        if after[0] <= before[1]:
            yield f"{where}: {after} overlaps {before}; windows must not overlap"


def _check_endpoints(raw: Raw) -> Iterator[str]:
    analyses, populations = _names(raw, "analyses", "id"), _names(raw, "populations")
    variables = [*_parameters(raw), *_names(raw, "times_to_event"), *WHOLE_DATASETS]
    for index, endpoint in enumerate(_items(raw, "endpoints")):
        where = f"endpoints[{index + 1}] ({endpoint.get('id')})"
        yield from _unknown(f"{where}.analyses", _texts(endpoint.get("analyses")), analyses, "an analysis")
        if "variable" in endpoint:
            yield from _unknown(f"{where}.variable", [endpoint["variable"]], variables, "a parameter of this study")
        estimand = endpoint.get("estimand")
        if isinstance(estimand, dict) and "population" in estimand:
            yield from _unknown(f"{where}.estimand.population", [estimand["population"]], populations, "a population")


def _check_analyses(raw: Raw) -> Iterator[str]:
    populations, visits = _names(raw, "populations"), [*_names(raw, "visits"), "BL"]
    single = isinstance(raw.get("design"), dict) and raw["design"].get("kind") == "single arm"
    for index, analysis in enumerate(_items(raw, "analyses")):
        where = f"analyses[{index + 1}] ({analysis.get('id')})"
        if "population" in analysis:
            yield from _unknown(f"{where}.population", [analysis["population"]], populations, "a population")
        yield from _unknown(f"{where}.visits", _texts(analysis.get("visits")), visits, "a visit")
        yield from _unknown(f"{where}.columns", _texts(analysis.get("columns")), list_columns(raw), "a column of ADSL")
        yield from _unknown(f"{where}.parameters", _texts(analysis.get("parameters")), _parameters(raw), "a parameter")
        if "parameter" in analysis:
            known, what = _parameter_of(raw, analysis)
            yield from _unknown(f"{where}.parameter", [analysis["parameter"]], known, what)
        if "visit" in analysis:
            yield from _unknown(f"{where}.visit", [analysis["visit"]], _names(raw, "visits"), "a visit")
        compares = analysis.get("comparison") or analysis.get("models")
        if single and (compares or analysis.get("by_arm")):
            yield f"{where}: a single-arm study compares nothing; remove comparison, models and by_arm"
        if (compares or analysis.get("total")) and not analysis.get("by_arm"):
            yield f"{where}: comparison, models and total need by_arm = true"


def _parameter_of(raw: Raw, analysis: Raw) -> tuple[list[str], str]:
    """What the key ``parameter`` of an analysis may name, and what that is called."""
    if analysis.get("method") in AT_VISIT:
        return _parameters(raw), "a parameter or score"
    return _names(raw, "times_to_event"), "a time-to-event parameter"


def _check_outputs(raw: Raw) -> Iterator[str]:
    for index, output in enumerate(_items(raw, "outputs")):
        where = f"outputs[{index + 1}] ({output.get('number')})"
        yield from _unknown(
            f"{where}.analyses", _texts(output.get("analyses")), _names(raw, "analyses", "id"), "an analysis"
        )
        yield from _unknown(f"{where}.parameters", _texts(output.get("parameters")), _parameters(raw), "a parameter")
        if output.get("visit"):
            yield from _unknown(f"{where}.visit", [str(output["visit"])], _names(raw, "visits"), "a visit")


def _check_arms(raw: Raw) -> Iterator[str]:
    design = raw.get("design")
    if not isinstance(design, dict):
        return
    arms = _names(design, "arms")
    if design.get("kind") == "single arm" and len(arms) > 1:
        yield f"design.arms: a single-arm study has one arm, found {len(arms)}"
    if design.get("kind") == "parallel":
        yield from _unknown("design.reference_arm", [str(design.get("reference_arm", ""))], arms, "an arm")
    second = design.get("second")
    if isinstance(second, dict):
        yield from _unknown("design.second.of_arms", _texts(second.get("of_arms")), arms, "an arm")
        for code in sorted({*arms} & {*_names(second, "arms")}):
            yield f"design.second.arms: {code!r} is an arm of the first randomisation too; names must differ"


def _check_blood_products(raw: Raw) -> Iterator[str]:
    rule = raw.get("visit_rule")
    for index, item in enumerate(_items(rule, "blood_products") if isinstance(rule, dict) else []):
        where = f"visit_rule.blood_products[{index + 1}]"
        if not item.get("kinds") and not item.get("names"):
            yield f"{where}: names no product; give kinds or names"
        yield from _unknown(
            f"{where}.parameters", _texts(item.get("parameters")), _names(raw, "parameters"), "a parameter"
        )


def _check_samples(raw: Raw) -> Iterator[str]:
    """Undisturbed samples need a rule that says what disturbs them."""
    rule = raw.get("visit_rule")
    own = rule if isinstance(rule, dict) else {}
    if own.get("sensitivity_hours_after_session") or own.get("blood_products"):
        return
    for index, analysis in enumerate(_items(raw, "analyses")):
        if analysis.get("samples") == "undisturbed":
            where = f"analyses[{index + 1}] ({analysis.get('id')}).samples"
            yield f"{where}: needs visit_rule.sensitivity_hours_after_session or visit_rule.blood_products"


def _check_event_sources(raw: Raw) -> Iterator[str]:
    for index, source in enumerate(_items(raw, "event_sources")):
        where = f"event_sources[{index + 1}] ({source.get('code')})"
        if not source.get("terms") and not source.get("results"):
            yield f"{where}: names nothing; give terms of adverse events or results"
        used = _names(source, "results", "parameter")
        yield from _unknown(f"{where}.results", used, _names(raw, "parameters"), "a parameter")


def _parameters(raw: Raw) -> list[str]:
    return [*_names(raw, "parameters"), *_names(raw, "scores")]


_STUDY_CHECKS = (
    _check_unique,
    _check_arms,
    check_masking,
    _check_windows,
    _check_endpoints,
    _check_analyses,
    check_proportions,
    check_models,
    check_death_strategies,
    check_event_kinds,
    check_shifts,
    check_imputations,
    check_trajectory_summaries,
    check_survival_comparisons,
    check_second_stage,
    check_subgroups,
    check_classes,
    check_ranks,
    check_families,
    _check_outputs,
    _check_event_sources,
    _check_blood_products,
    _check_samples,
    check_agreement,
    check_estimands,
    check_monitoring,
    check_historical_rates,
)


def _check_sources(raw: Raw) -> Iterator[str]:
    if not raw.get("sources") and not raw.get("adam"):
        yield "sources: there is none; name the files of the export, or ADaM datasets under adam"
    if isinstance(raw.get("adam"), dict) and raw["adam"] and "ADSL" not in raw["adam"]:
        yield "adam: ADSL is missing; it says who the subjects are"
    for index, source in enumerate(_items(raw, "sources")):
        name = source.get("table")
        where = f"sources[{index + 1}] ({name})"
        if not isinstance(name, str) or name not in STANDARD_TABLES:
            yield from _unknown(f"{where}.table", [str(name)], STANDARD_TABLES, "a standard table")
            continue
        spec = STANDARD_TABLES[name]
        for key in ("columns", "constants", "codes"):
            used = source.get(key)
            if isinstance(used, dict):
                yield from _unknown(f"{where}.{key}", used, spec.names, f"a column of {name}")
        yield from _check_required(source, where)


def _check_codes(raw: Raw, study: Study | None) -> Iterator[str]:
    """Each text of ``codes`` becomes a code that the table or the study has, or '' for no record."""
    for index, source in enumerate(_items(raw, "sources")):
        spec, codes = STANDARD_TABLES.get(str(source.get("table"))), source.get("codes")
        if spec is None or not isinstance(codes, dict):
            continue
        for column in spec.columns:
            allowed, given = find_codes(column, study) if study else column.codes, codes.get(column.name)
            if column.kind == "code" and allowed and isinstance(given, dict):
                where = f"sources[{index + 1}] ({spec.name}).codes.{column.name}"
                yield from _unknown(where, sorted({str(code) for code in given.values()} - {""}), allowed, "a code")


def _check_sealed(raw: Raw, study: Study | None) -> Iterator[str]:
    """While a study is blind, no file that a report reads maps what tells the arms."""
    if study is None or not is_blind(study):
        return
    todo = "the study is blind: have it exported to a file of its own, with sealed = true (docs/blinding.md)"
    if raw.get("adam"):
        yield f"adam: analysis datasets hold the arm, and {todo.replace(' with sealed = true', ' outside this folder')}"
    for index, source in enumerate(_items(raw, "sources")):
        table = str(source.get("table"))
        given = [source[key] for key in ("columns", "constants") if isinstance(source.get(key), dict)]
        for standard, name in [pair for part in given for pair in part.items()]:
            is_telling = standard in SEALED.get(table, ()) or (table in SEALED and tells_arm(str(name), study))
            if is_telling and source.get("sealed") is not True:
                yield f"sources[{index + 1}] ({table}).columns.{standard}: tells the arm, and {todo}"


def _check_required(source: Raw, where: str) -> Iterator[str]:
    spec = STANDARD_TABLES[source["table"]]
    filled = {*source.get("columns", {}), *source.get("constants", {})}
    wide = {"parameter", "result"} if source.get("layout") == "wide" else set()
    for column in spec.columns:
        if column.required and column.name not in filled | wide:
            yield f"{where}.columns: {column.name!r} ({column.description}) is not mapped; it is compulsory"
    if source.get("layout") == "wide" and not source.get("values"):
        yield f"{where}.values: a wide layout needs its value columns"
