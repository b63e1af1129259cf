"""Names of the study file as a reader knows them: columns of a model, covariance structures, sources of an event."""

from collections.abc import Mapping

from hepatrial.study import Study, Subgroup

COLUMNS: Mapping[str, str] = {
    "STRATUM": "stratum of the randomisation", "TRT01P": "arm", "TRT01A": "arm as treated", "AVISIT": "visit",
    "BASE": "baseline value", "AGE": "age", "SEX": "sex", "SITEID": "site", "AETIOL": "aetiology", "STAGE": "stage",
    "DAY": "day", "YEAR": "year",
}  # fmt: skip
STRUCTURES: Mapping[str, str] = {
    "us": "unstructured", "toeph": "heterogeneous Toeplitz", "toep": "Toeplitz", "ar1h": "heterogeneous first-order "
    "autoregressive", "ar1": "first-order autoregressive", "csh": "heterogeneous compound symmetry", "cs": "compound "
    "symmetry", "adh": "heterogeneous ante-dependence", "ad": "ante-dependence",
}  # fmt: skip
NAMED = {"fixed", "strata", "covariates", "covariance_group", "adjust", "fallback", "subgroups", "by",
         "terms"}  # fmt: skip
"""Options whose values are such names."""
OUTCOMES = {"transplant": "transplantation"}


def name_words(value: object, labels: Mapping[str, str]) -> str:
    """Columns, parameters (``labels``) and structures in words, crossed ones with ×, several as a list."""
    if isinstance(value, Subgroup):
        cuts = ", ".join(f"{point:g}" for point in value.cut_points)
        return (value.label or _name(value.variable, labels)) + (f" (up to {cuts}, above)" if cuts else "")
    if isinstance(value, str):
        return _name(value, labels)
    parts = [
        " × ".join(_name(part, labels) for part in item) if isinstance(item, tuple | list) else name_words(item, labels)
        for item in (value if isinstance(value, tuple | list) else (str(value),))
    ]
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def label_codes(study: Study) -> dict[str, str]:
    """The label of every parameter, score, time to event and further column of the subjects."""
    labels = {item.code: item.label for item in study.times_to_event}
    labels |= {item.code: item.label for item in study.parameters}
    labels |= {item.code: item.label for item in study.scores}
    return labels | {item.code: item.label for item in study.subject_variables}


def name_event(study: Study, source: str) -> str:
    """A source of a time-to-event parameter (``death``, ``event BLEED``, ``special interest INF``) in words."""
    kind, _, code = source.rpartition(" ")
    groups = study.safety.special_interest if study.safety else ()
    known = {
        "event": {item.code: item.label for item in study.event_sources},
        "special interest": {item.code: item.label for item in groups},
    }
    found = known.get(kind, {}).get(code, source)
    return OUTCOMES.get(found, found[:1].lower() + found[1:] if found != source else found)


def _name(text: str, labels: Mapping[str, str]) -> str:
    return COLUMNS.get(text) or STRUCTURES.get(text) or labels.get(text) or text
