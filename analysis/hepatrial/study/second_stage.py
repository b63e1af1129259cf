"""The study as seen from its second randomisation: the arms, the reference arm and day 0 of that randomisation."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hepatrial.contracts import AnalysisData
from hepatrial.study.criteria import PredicateTest, leaves
from hepatrial.study.models import Output, Population, Study
from hepatrial.study.raw_file import Raw, list_items, list_texts

AGAIN = "second randomisation"
"""Origin of a time to event that starts on the day of the second randomisation."""


def is_second_stage(analysis: Any) -> bool:
    """Whether an analysis is of the patients randomised again, by the arm of that randomisation."""
    return bool(getattr(analysis, "second_randomisation", False))


def see_second_stage(study: Study, analysis: Any) -> Study:
    """The study whose arms are those of the second randomisation, for an analysis of it; else the study itself."""
    second = study.design.second
    if not is_second_stage(analysis) or second is None:
        return study
    design = study.design.model_copy(
        update={"arms": second.arms, "reference_arm": second.reference_arm, "second": None}
    )  # fmt: skip
    return study.model_copy(update={"design": design, "time": study.time.model_copy(update={"origin": AGAIN})})


def needs_second_stage(population: Population) -> bool:
    """Whether only patients randomised again can be of a population."""
    tests = [test for step in population.steps for test in leaves(step.keep)]
    return any(isinstance(test, PredicateTest) and test.predicate == "randomised again" for test in tests)


def see_stage(study: Study, data: AnalysisData, analysis: Any) -> tuple[Study, AnalysisData]:
    """Study and data as an analysis needs them; of the second randomisation ADSL has those of it, by that arm."""
    if not is_second_stage(analysis):
        return study, data
    adsl = data.datasets["ADSL"]
    again = adsl[adsl["RAND2DT"].notna() & adsl["TRT02P"].notna()]
    again = again.assign(TRT01P=again["TRT02P"])
    return see_second_stage(study, analysis), replace(data, datasets={**data.datasets, "ADSL": again})


def see_output(study: Study, data: AnalysisData, output: Output) -> tuple[Study, AnalysisData]:
    """Study and data as the analyses of a table or figure see them; they are all of one randomisation."""
    named = (item for item in study.analyses if item.id in output.analyses)
    return see_stage(study, data, next(named, None))


def check_second_stage(raw: Raw) -> Iterator[str]:
    """An analysis of the second randomisation, its arms and its time to event belong together."""
    design = raw.get("design")
    second = design.get("second") if isinstance(design, dict) else None
    arms = [str(arm.get("code")) for arm in list_items(second, "arms")] if isinstance(second, dict) else []
    reference = str(second.get("reference_arm", "")) if isinstance(second, dict) else ""
    if reference and reference not in arms:
        yield f"design.second.reference_arm: {reference!r} is not one of {', '.join(arms)}"
    starts = {str(item.get("code")): item.get("origin") == AGAIN for item in list_items(raw, "times_to_event")}
    if any(starts.values()) and not arms:
        yield f"times_to_event: origin {AGAIN!r} needs design.second"
    again = {str(item.get("id")) for item in list_items(raw, "analyses") if item.get("second_randomisation")}
    for index, output in enumerate(list_items(raw, "outputs")):
        named = list_texts(output.get("analyses"))
        if again & {*named} and not again >= {*named}:
            yield f"outputs[{index + 1}] ({output.get('number')}).analyses: of one randomisation only; make two outputs"
    for index, analysis in enumerate(list_items(raw, "analyses")):
        where = f"analyses[{index + 1}] ({analysis.get('id')})"
        is_second, starts_again = bool(analysis.get("second_randomisation")), starts.get(str(analysis.get("parameter")))
        if is_second and not (arms and starts_again):
            yield f"{where}.second_randomisation: needs design.second and a parameter with origin = {AGAIN!r}"
        if starts_again and not is_second:
            yield f"{where}.parameter: starts at the second randomisation; write second_randomisation = true (survival)"
        if is_second and not analysis.get("by_arm"):
            yield f"{where}.by_arm: the arms are those of the second randomisation; write by_arm = true"
        if is_second and analysis.get("comparison") and not reference:
            yield f"{where}.comparison: needs design.second.reference_arm"
