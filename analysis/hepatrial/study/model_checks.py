"""Rules of the models of repeated measures that no single key can say, each with what to write instead."""

from collections.abc import Iterator
from typing import Any

from hepatrial.study.raw_file import BASELINE_COLUMNS, Raw, list_items, list_names, list_texts, list_unknown

MODEL_COLUMNS = ("TRT01P", "AVISIT", "BASE")
STRATEGIES = {
    "by visit": ("while-alive",),
    "mixed model": ("hypothetical",),
    "mmrm": ("hypothetical",),
    "gee": ("while-alive",),
    "composite": ("composite",),
    "trajectory summary": ("while-alive",),
    "censored model": ("hypothetical",),
}
"""The question that a method can answer (design: death is not missing data)."""
ANSWERS = (
    "methods 'by visit' and 'gee' are while-alive, 'mmrm' and 'mixed model' hypothetical, 'composite' is composite"
)


def check_death_strategies(raw: Raw) -> Iterator[str]:
    """A method that cannot answer the question asked of it."""
    for where, analysis in _analyses(raw):
        asked, allowed = analysis.get("death_strategy"), STRATEGIES.get(str(analysis.get("method")))
        if asked is not None and allowed is not None and asked not in allowed:
            yield f"{where}.death_strategy: method {analysis['method']!r} cannot be {asked}; {ANSWERS}"


def check_models(raw: Raw) -> Iterator[str]:
    """Terms and options of every analysis by mmrm or gee; a composite has arms and a visit after baseline."""
    known = _known_columns(raw)
    for where, analysis in _analyses(raw, "mmrm", "gee"):
        columns = _columns(analysis.get("fixed"))
        yield from list_unknown(f"{where}.fixed", columns, known, "a column of the model")
        group = analysis.get("covariance_group")
        if group:
            constant = [name for name in known if name not in ("AVISIT", "BASE")]
            yield from list_unknown(f"{where}.covariance_group", [str(group)], constant, "constant within patients")
        yield from (f"{where}.{fault}" for fault in (*_terms(analysis, columns), *_options(analysis)))
        yield from (f"{where}.{fault}" for fault in _baseline(analysis, columns))
    for where, analysis in _analyses(raw, "mixed model"):
        columns = _columns(analysis.get("fixed"))
        yield from list_unknown(
            f"{where}.fixed", columns, ["TRT01P", "TIME", *known[len(MODEL_COLUMNS) :]], "a column of the model"
        )
        yield from (f"{where}.{fault}" for fault in _time(analysis, columns))
    for where, analysis in _analyses(raw, "composite"):
        if not analysis.get("by_arm"):
            yield f"{where}: a composite compares arms; write by_arm = true"
        if "BL" in (analysis.get("visits") or []):
            yield f"{where}.visits: nobody has died at 'BL'; leave it out"


def _terms(analysis: Raw, columns: list[str]) -> Iterator[str]:
    if bool(analysis.get("by_arm")) != ("TRT01P" in columns):
        yield "fixed: TRT01P must be among the columns with by_arm = true, and only then"
    visits = analysis.get("visits")
    if isinstance(visits, list) and len(visits) > 1 and "AVISIT" not in columns:
        yield "fixed: AVISIT must be among the columns of a model of several visits"


def _time(analysis: Raw, columns: list[str]) -> Iterator[str]:
    """Visits as a factor have no terms to choose and no slope."""
    if analysis.get("time", "visits") == "visits":
        if columns or analysis.get("random", "intercept") != "intercept":
            yield "time: fixed and a random slope need time = 'days' or 'years'"
    elif "TIME" not in columns or bool(analysis.get("by_arm")) != ("TRT01P" in columns):
        yield "fixed: TIME must be among the columns, and TRT01P with by_arm = true, and only then"


def _options(analysis: Raw) -> Iterator[str]:
    if analysis.get("sandwich") and str(analysis.get("df")).startswith("kenward-roger"):
        yield "sandwich: not with Kenward-Roger; write df = 'satterthwaite', or leave sandwich out"
    ladder = [analysis.get("covariance"), *(analysis.get("fallback") or [])]
    for name in {str(name) for name in ladder if ladder.count(name) > 1}:
        yield f"fallback: {name!r} is tried twice; name each structure once"


def _baseline(analysis: Raw, columns: list[str]) -> Iterator[str]:
    """The baseline is an outcome or a covariate, never both."""
    visits = analysis.get("visits")
    has_baseline = isinstance(visits, list) and "BL" in visits
    if analysis.get("constrained_baseline"):
        if not has_baseline or analysis.get("response") != "value" or not analysis.get("by_arm"):
            yield "constrained_baseline: needs by_arm = true, response = 'value' and 'BL' among the visits"
    elif has_baseline and analysis.get("response") == "change":
        yield "visits: the change from baseline is 0 at 'BL'; leave 'BL' out"
    if has_baseline and "BASE" in columns:
        yield "fixed: with 'BL' among the visits the baseline is an outcome; leave BASE or 'BL' out"


def _columns(fixed: Any) -> list[str]:
    terms = fixed if isinstance(fixed, list) else []
    nested = [term if isinstance(term, list) else [term] for term in terms]
    return list(dict.fromkeys(str(name) for term in nested for name in term))


def _analyses(raw: Raw, *methods: str) -> Iterator[tuple[str, Raw]]:
    for index, analysis in enumerate(list_items(raw, "analyses")):
        if not methods or analysis.get("method") in methods:
            yield f"analyses[{index + 1}] ({analysis.get('id')})", analysis


def check_imputations(raw: Raw) -> Iterator[str]:
    """An imputation belongs to an mmrm of two arms and has what its inference needs."""
    models = {str(analysis.get("id")): analysis for _, analysis in _analyses(raw, "mmrm")}
    design = raw.get("design")
    arms = list_names(design, "arms") if isinstance(design, dict) else []
    for where, analysis in _analyses(raw, "imputation"):
        model = models.get(str(analysis.get("of")))
        if model is None:
            yield from list_unknown(f"{where}.of", [str(analysis.get("of"))], models, "an analysis by mmrm")
        else:
            visits = list_texts(model.get("visits"))
            yield from list_unknown(f"{where}.visit", [str(analysis.get("visit"))], visits, "a visit of that mmrm")
        columns = [name for name in _known_columns(raw) if name not in ("TRT01P", "AVISIT")]
        yield from list_unknown(
            f"{where}.adjust", list_texts(analysis.get("adjust")), columns, "a column of the ANCOVA"
        )
        if not analysis.get("by_arm") or len(arms) != 2:
            yield f"{where}: imputation compares two arms; write by_arm = true, in a study of two arms"
        is_rubin = analysis.get("inference") == "rubin"
        if is_rubin != (int(analysis.get("n_imputations") or 0) >= 2):
            yield f"{where}.n_imputations: 2 or more with inference = 'rubin', and only then"


def _known_columns(raw: Raw) -> list[str]:
    return [*MODEL_COLUMNS, *BASELINE_COLUMNS, *list_names(raw, "subject_variables")]


def check_trajectory_summaries(raw: Raw) -> Iterator[str]:
    """A window with two ends, and a normal range for every parameter whose day of normal is asked for."""
    for where, analysis in _analyses(raw, "trajectory summary"):
        window = analysis.get("window")
        if isinstance(window, list) and len(window) == 2 and not window[0] < window[1]:
            yield f"{where}.window: {window} must go from an earlier to a later day"
        given = analysis.get("normal")
        ranges = given if isinstance(given, dict) else {}
        if "day of normal" in list_texts(analysis.get("summaries")):
            for code in list_texts(analysis.get("parameters")):
                if code not in ranges:
                    yield f"{where}.normal: {code!r} has no range; write normal = {{ {code} = [low, high] }}"
