"""Rules of the comparisons of arms that no single key can say, each with what to write instead."""

from collections.abc import Iterator

from hepatrial.study.raw_file import Raw, list_columns, list_items, list_names, list_texts, list_unknown

IMPUTED = "multiple imputation"


def check_proportions(raw: Raw) -> Iterator[str]:
    """What cannot be computed together in the comparison of two proportions."""
    for index, analysis in enumerate(list_items(raw, "analyses")):
        where = f"analyses[{index + 1}] ({analysis.get('id')})"
        if analysis.get("method") != "proportion":
            continue
        yield from _check_classes(where, list_items(analysis, "baseline_classes"))
        comparison = analysis.get("comparison")
        if analysis.get("missing") == IMPUTED:
            yield from _check_imputed(where, analysis, list_columns(raw))
        elif "imputation" in analysis:
            yield f"{where}.imputation: only with missing = {IMPUTED!r}"
        if isinstance(comparison, dict):
            yield from _check_proportion_comparison(f"{where}.comparison", comparison, list_columns(raw))
            yield from _check_pooling(f"{where}.comparison", comparison, analysis.get("missing") == IMPUTED)


def _check_imputed(where: str, analysis: Raw, columns: list[str]) -> Iterator[str]:
    """A model that is declared, and what can be pooled over the imputations."""
    rule = analysis.get("imputation")
    if not isinstance(rule, dict):
        yield f"{where}.imputation: needs {{ terms = [], separation = 'firth', n_imputations = 100 }}"
        return
    known = ["BASE", *(name for name in columns if not name.startswith("TRT"))]
    what = "BASE or a column of ADSL (the arm is in the model already)"
    yield from list_unknown(f"{where}.imputation.terms", list_texts(rule.get("terms")), known, what)
    if analysis.get("conf_type") != "wilson":
        yield f"{where}.conf_type: over imputations write 'wilson'"
    if analysis.get("baseline_classes"):
        yield f"{where}.baseline_classes: not over imputations; plan them in an analysis of its own"


def _check_pooling(where: str, comparison: Raw, is_imputed: bool) -> Iterator[str]:
    conf_type, test = comparison.get("conf_type"), comparison.get("test")
    if not is_imputed:
        if conf_type == "wald" or test == "rubin":
            yield f"{where}: 'wald' and 'rubin' pool imputations; they need missing = {IMPUTED!r}"
        return
    if comparison.get("measure") != "difference":
        yield f"{where}.measure: over imputations write 'difference'"
    if conf_type not in (("mantel-haenszel",) if comparison.get("strata") else ("wald", "newcombe")):
        yield f"{where}.conf_type: over imputations write 'wald' or 'newcombe', with strata 'mantel-haenszel'"
    if test not in ("rubin", "none"):
        yield f"{where}.test: over imputations write 'rubin' or 'none'"
    yield from (
        f"{where}.{key}: not over imputations; plan it in an analysis of its own"
        for key in ("tipping_point", "subgroups") if comparison.get(key)
    )  # fmt: skip


def check_classes(raw: Raw) -> Iterator[str]:
    """Classes of a value at a visit, in order and with a place for every value."""
    for index, analysis in enumerate(list_items(raw, "analyses")):
        if analysis.get("method") in ("states", "ordinal"):
            where = f"analyses[{index + 1}] ({analysis.get('id')})"
            classes = list_items(analysis, "classes")
            yield from _check_classes(where, classes)
            if classes and classes[-1].get("to") is not None:
                yield f"{where}.classes: the last class has no 'to', so that every value is in a class"


def _check_classes(where: str, classes: list[Raw]) -> Iterator[str]:
    ends = [item.get("to") for item in classes]
    numbers = [end for end in ends if isinstance(end, int | float)]
    if None in ends[:-1] or sorted(set(numbers)) != numbers:
        yield f"{where}: classes go from low to high by 'to'; only the last may have none"


def _check_proportion_comparison(where: str, comparison: Raw, columns: list[str]) -> Iterator[str]:
    measure, conf_type, test = (comparison.get(key) for key in ("measure", "conf_type", "test"))
    if strata := comparison.get("strata"):
        yield from list_unknown(f"{where}.strata", [str(strata)], columns, "a column of ADSL")
        allowed = ("mantel-haenszel", *(["miettinen-nurminen"] if measure == "difference" else []))
        if conf_type not in allowed:
            yield f"{where}.conf_type: a stratified {measure} needs {' or '.join(map(repr, allowed))}"
        if test not in ("cmh", "none", "rubin"):
            yield f"{where}.test: with strata the test is 'cmh' or 'none'"
        if comparison.get("tipping_point"):
            yield f"{where}.tipping_point: not with strata; plan it in an analysis of its own without them"
    elif conf_type == "mantel-haenszel" or test == "cmh":
        yield f"{where}: 'mantel-haenszel' and 'cmh' need strata, a column of ADSL"
    if conf_type == "newcombe" and measure != "difference":
        yield f"{where}.conf_type: 'newcombe' is an interval of a difference; use 'miettinen-nurminen'"
    if conf_type == "exact" and measure == "risk ratio":
        yield f"{where}.conf_type: there is no exact interval of a risk ratio here; use 'miettinen-nurminen'"


def check_survival_comparisons(raw: Raw) -> Iterator[str]:
    """What cannot be computed together in the comparison of two curves."""
    for index, analysis in enumerate(list_items(raw, "analyses")):
        comparison = analysis.get("comparison")
        if analysis.get("method") == "survival" and isinstance(comparison, dict):
            where = f"analyses[{index + 1}] ({analysis.get('id')}).comparison"
            named = [
                *list_texts(comparison.get("covariates")),
                *([comparison["strata"]] if comparison.get("strata") else []),
            ]
            yield from list_unknown(where, map(str, named), list_columns(raw), "a column of ADSL")
            yield from _check_survival_options(where, comparison)


def _check_survival_options(where: str, comparison: Raw) -> Iterator[str]:
    test, strata = comparison.get("test"), comparison.get("strata")
    if test == "stratified log-rank" and not strata:
        yield f"{where}.strata: a stratified test needs its strata, a column of ADSL"
    if test == "log-rank" and strata:
        yield f"{where}.test: with strata write 'stratified log-rank'"
    if test != "fleming-harrington" and (comparison.get("rho") or comparison.get("gamma")):
        yield f"{where}: rho and gamma are weights of 'fleming-harrington'"
    if comparison.get("proportional_hazards") and comparison.get("ties") == "exact":
        yield f"{where}.proportional_hazards: not with exact ties; use efron or breslow"
    needs_cox = ("covariates", "firth_fallback", "proportional_hazards")
    for key in (key for key in needs_cox if comparison.get(key) and not comparison.get("hazard_ratio")):
        yield f"{where}.{key}: needs hazard_ratio = true"
    if comparison.get("number_needed_to_treat") and not comparison.get("fixed_days"):
        yield f"{where}.number_needed_to_treat: needs fixed_days"


def check_subgroups(raw: Raw) -> Iterator[str]:
    """Subgroups of variables that exist, numbers with cut points and categories without."""
    for index, analysis in enumerate(list_items(raw, "analyses")):
        comparison = analysis.get("comparison")
        if not isinstance(comparison, dict):
            continue
        for place, item in enumerate(list_items(comparison, "subgroups")):
            where = f"analyses[{index + 1}] ({analysis.get('id')}).comparison.subgroups[{place + 1}]"
            yield from _check_subgroup(where, item, raw)
        if comparison.get("subgroups") and comparison.get("hazard_ratio") is False:
            yield f"analyses[{index + 1}] ({analysis.get('id')}).comparison.subgroups: needs hazard_ratio = true"


def _check_subgroup(where: str, item: Raw, raw: Raw) -> Iterator[str]:
    name, cuts = str(item.get("variable")), item.get("cut_points")
    measured = [*list_names(raw, "parameters"), *list_names(raw, "scores")]
    yield from list_unknown(
        f"{where}.variable", [name], [*list_columns(raw), *measured], "a column of ADSL or parameter"
    )
    own = next((entry for entry in list_items(raw, "subject_variables") if entry.get("code") == name), {})
    is_number = name == "AGE" or name in measured or own.get("kind") == "number"
    if is_number and not cuts:
        yield f"{where}.cut_points: {name!r} is a number; give the values that divide it, such as [50.0]"
    if cuts and not is_number:
        yield f"{where}.cut_points: {name!r} is a category; its levels are its texts"
    if isinstance(cuts, list) and sorted(set(cuts)) != cuts:
        yield f"{where}.cut_points: from low to high, each once"


def check_ranks(raw: Raw) -> Iterator[str]:
    """Ordered outcomes and hierarchies: what cannot be asked together."""
    for index, analysis in enumerate(list_items(raw, "analyses")):
        where = f"analyses[{index + 1}] ({analysis.get('id')})"
        if analysis.get("method") == "ordinal":
            yield from (f"{where}.{fault}" for fault in _check_ordinal(analysis))
        if analysis.get("method") == "wins":
            if not analysis.get("by_arm"):
                yield f"{where}.by_arm: wins compare arms; write by_arm = true"
            for place, item in enumerate(list_items(analysis, "components")):
                yield from _check_component(f"{where}.components[{place + 1}]", item, raw)


def _check_ordinal(analysis: Raw) -> Iterator[str]:
    comparison = analysis.get("comparison")
    if isinstance(comparison, dict) and comparison.get("shift"):
        is_possible = bool(comparison.get("wilcoxon")) and analysis.get("death") == "while alive"
        if not is_possible:
            yield "comparison.shift: needs wilcoxon, and death = 'while alive': death has no value to be shifted"
    if analysis.get("death") == "while alive" and analysis.get("transplant") == "next to death":
        yield "transplant: 'next to death' needs death = 'worst rank'"


def _check_component(where: str, item: Raw, raw: Raw) -> Iterator[str]:
    name, visit = str(item.get("parameter")), item.get("visit")
    measured = [*list_names(raw, "parameters"), *list_names(raw, "scores")]
    if visit:
        yield from list_unknown(f"{where}.parameter", [name], measured, "a parameter or score")
        yield from list_unknown(f"{where}.visit", [str(visit)], list_names(raw, "visits"), "a visit")
        if not item.get("worse"):
            yield f"{where}.worse: say which side of the value is worse, high or low"
    else:
        known = list_names(raw, "times_to_event")
        yield from list_unknown(f"{where}.parameter", [name], known, "a time-to-event parameter (a value needs visit)")
        if item.get("worse") or item.get("margin"):
            yield f"{where}: worse and margin belong to a value at a visit"
