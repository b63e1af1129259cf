"""Rules of the models of repeated measures that no single key can say, each with what to write instead."""

from collections.abc import Iterator
from typing import Any

from hepatrial.study.raw_file import BASELINE_COLUMNS, Raw, list_items, list_names, list_unknown

MODEL_COLUMNS = ("TRT01P", "AVISIT", "BASE")
STRATEGIES = {
    "by visit": ("while-alive",),
    "mixed model": ("hypothetical",),
    "mmrm": ("hypothetical",),
    "gee": ("while-alive",),
    "composite": ("composite",),
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
    known = [*MODEL_COLUMNS, *BASELINE_COLUMNS, *list_names(raw, "subject_variables")]
    for where, analysis in _analyses(raw, "mmrm", "gee"):
        columns = _columns(analysis.get("fixed"))
        yield from list_unknown(f"{where}.fixed", columns, known, "a column of the model")
        group = analysis.get("covariance_group")
        if group:
            constant = [name for name in known if name not in ("AVISIT", "BASE")]
            yield from list_unknown(f"{where}.covariance_group", [str(group)], constant, "constant within patients")
        yield from (f"{where}.{fault}" for fault in (*_terms(analysis, columns), *_options(analysis)))
        yield from (f"{where}.{fault}" for fault in _baseline(analysis, columns))
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
