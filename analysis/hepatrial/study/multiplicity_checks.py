"""Contradictions in a family of hypotheses: tests that are not planned, a wrong order, a graph that does not fit."""

from collections.abc import Iterator

from hepatrial.study.raw_file import Raw, list_items, list_names, list_unknown

ROLES = ("primary", "secondary")
NEEDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("survival", "log-rank test"): ("comparison",),
    ("survival", "hazard ratio"): ("comparison", "hazard_ratio"),
    ("survival", "survival difference"): ("comparison", "fixed_days"),
    ("survival", "restricted mean difference"): ("comparison", "restricted_mean_day"),
    ("survival", "restricted mean ratio"): ("comparison", "restricted_mean_day"),
    ("cumulative incidence", "gray test"): ("comparison",),
    ("cumulative incidence", "cause-specific hazard ratio"): ("models", "cause_specific"),
    ("cumulative incidence", "subdistribution hazard ratio"): ("models", "fine_gray"),
    ("proportion", "proportion test"): ("comparison",),
    ("mmrm", "least squares mean difference"): ("comparison",),
    ("ordinal", "mann-whitney probability"): ("comparison",),
    ("ordinal", "wilcoxon test"): ("comparison", "wilcoxon"),
    ("ordinal", "common odds ratio"): ("comparison", "proportional_odds"),
    ("wins", "win test"): ("comparison",),
}
"""By method and measure, the key (and the key in it) that plans the p-value."""
OVER_ALL_ARMS = ("log-rank test", "gray test")


def check_families(raw: Raw) -> Iterator[str]:
    """Every fault of every family."""
    for index, family in enumerate(list_items(raw, "analyses")):
        if family.get("method") != "multiplicity":
            continue
        where = f"analyses[{index + 1}] ({family.get('id')})"
        hypotheses = list_items(family, "hypotheses")
        for place, item in enumerate(hypotheses):
            yield from _check_hypothesis(f"{where}.hypotheses[{place + 1}] ({item.get('id')})", item, raw)
        yield from _check_family(where, family, hypotheses)
        yield from _check_order(where, family, hypotheses, raw)


def _check_hypothesis(where: str, item: Raw, raw: Raw) -> Iterator[str]:
    analyses = {str(entry.get("id")): entry for entry in list_items(raw, "analyses")}
    yield from list_unknown(f"{where}.analysis", [str(item.get("analysis"))], analyses, "an analysis")
    design = raw.get("design")
    arms = list_names(design, "arms") if isinstance(design, dict) else []
    if item.get("group"):
        yield from list_unknown(f"{where}.group", [str(item["group"])], arms, "an arm")
    elif item.get("measure") not in OVER_ALL_ARMS:
        yield f"{where}.group: name the arm that is compared with the reference arm"
    analysis = analyses.get(str(item.get("analysis")))
    if analysis is not None:
        yield from _check_planned(where, item, analysis)


def _check_planned(where: str, item: Raw, analysis: Raw) -> Iterator[str]:
    method, measure = str(analysis.get("method")), str(item.get("measure"))
    known = [name for kind, name in NEEDS if kind == method]
    if not known:
        yield f"{where}.analysis: method {method!r} has no p-value to adjust"
        return
    yield from list_unknown(f"{where}.measure", [measure], known, f"a p-value of method {method!r}")
    needed = NEEDS.get((method, measure), ())
    place: object = analysis
    for key in needed:
        place = place.get(key) if isinstance(place, dict) else None
    tests_nothing = measure == "proportion test" and (analysis.get("comparison") or {}).get("test") == "none"
    if needed and (not place or tests_nothing):
        yield f"{where}.analysis: {item.get('analysis')!r} does not plan this test ({'.'.join(needed)})"
    days, day = analysis.get("days"), item.get("day")
    if measure == "survival difference" and isinstance(days, list) and day not in days:
        yield f"{where}.day: {day!r} is not one of the analysis' days ({', '.join(map(str, days))})"


def _check_family(where: str, family: Raw, hypotheses: list[Raw]) -> Iterator[str]:
    names = list_names(family, "hypotheses", "id")
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{where}.hypotheses: {name!r} is defined {names.count(name)} times; names must differ"
    keys = [tuple(sorted((key, str(value)) for key, value in item.items() if key not in ("id", "label")))
            for item in hypotheses]  # fmt: skip
    if len(set(keys)) < len(keys):
        yield f"{where}.hypotheses: one p-value is named twice; a family has each hypothesis once"
    weights, transitions, m = family.get("weights", []), family.get("transitions", []), len(hypotheses)
    if family.get("procedure") != "graphical":
        if weights or transitions:
            yield f"{where}: weights and transitions go with procedure 'graphical'"
    elif len(weights) != m or len(transitions) != m or any(len(row) != m for row in transitions):
        yield f"{where}: {m} hypotheses need {m} weights and {m} transitions of {m} shares"
    elif sum(weights) > 1 + 1e-9 or any(sum(row) > 1 + 1e-9 or row[i] for i, row in enumerate(transitions)):
        yield f"{where}: weights and each row of transitions sum to at most 1, and none passes to itself"


def _check_order(where: str, family: Raw, hypotheses: list[Raw], raw: Raw) -> Iterator[str]:
    """In a fixed sequence a primary hypothesis never waits for a secondary one."""
    if family.get("procedure") != "fixed sequence":
        return
    ranks: dict[str, int] = {}
    for endpoint in list_items(raw, "endpoints"):
        role = str(endpoint.get("role"))
        rank = ROLES.index(role) if role in ROLES else len(ROLES)
        for name in endpoint.get("analyses", []):
            ranks[str(name)] = min(rank, ranks.get(str(name), rank))
    found = [ranks.get(str(item.get("analysis")), len(ROLES)) for item in hypotheses]
    for before, after, item in zip(found, found[1:], hypotheses[1:], strict=False):
        if after < before:
            yield f"{where}.hypotheses: {item.get('id')!r} is {ROLES[after]} and waits for one that is not"
