"""What a blinded study may show: who is blind, which columns tell the arms, and the study as each report may see it.

A study is blind while ``design.masking`` is ``double`` or ``observer``, it has more than one arm, and ``unblinded_on``
is absent. A trial that only its patients are blind to is not: its staff know the arms, and so may its interim report.
Where only its observers are masked the team may know them too, but the study file has to say so.

The open report sees the study of :func:`pool_study`, which knows no arms at all; the closed one that of
:func:`code_study`, whose arms are called A, B, … in an order that a secret decides.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hepatrial.study.analyses import Analysis
from hepatrial.study.data_map import DataMap
from hepatrial.study.models import Arm, Output, Study
from hepatrial.study.second_stage import AGAIN, is_second_stage, needs_second_stage

POOLED = "ALL"
"""Code of the one arm of a pooled study."""
OPEN = "OPEN REPORT: all patients together, arms not known"
CLOSED = "CLOSED REPORT: confidential, by coded arm, for the safety board only"
COMPARISON_KEYS = ("comparison", "risk_difference", "models")
"""Keys of an analysis that compare its arms."""
ONLY_COMPARES = ("composite", "wins", "multiplicity", "imputation")
"""Methods that are nothing without two arms to compare."""
OF_COMPARISONS = ("subgroups", "forest", "response_tipping")
"""Templates of outputs that show comparisons alone."""
EFFICACY = ("primary", "secondary", "exploratory", "supplementary")
ARM_VARIABLES = ("TRT01P", "TRT01A", "TRT02P", "ARM")
SEALED: Mapping[str, tuple[str, ...]] = {
    "subjects": ("arm", "second_arm", "second_randomisation_date"),
    "treatments": ("treatment", "dose", "dose_unit", "lot", "volume", "schedule"),
}
"""Standard columns that tell the arms apart; those that a later version may add are named already."""
SEALED_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "ADSL": ("ARM", "TRT01P", "TRT01A", "TRT02P", "RAND2DT"),
    "ADEX": ("EXTRT", "DOSE", "DOSU"),
}
"""The same in the analysis datasets."""
_ARM_COLUMN = re.compile(
    r"((ACT|SECOND)_?)?ARM(CD|N)?|TRT(SEQ)?(\d\d)?[PA]?G?\d?N?|(EX|EC)?(TRT|DOSE|DOSU|DOSFRM|DOSFRQ|DOSREGM|LOT|VAMT|VAMTU|VOLUME)"
    r"|TREATMENT|DOSE_?(UNIT|GROUP|LEVEL)|LOT_?(NO|NUMBER)|BATCH(_?(NO|NUMBER))?|KIT(_?(NO|NUMBER))?"
    r"|(INFUSION_?)?VOLUME(_?ML)?|(VISIT_?|DOSE_?|DOSING_?)?SCHED(ULE)?|RANDOMI[SZ]ATION_?(ARM|GROUP)",
    re.IGNORECASE,
)


def is_blind(study: Study) -> bool:
    """Whether nobody but the unblinded statistician may see the arms of this study yet."""
    design = study.design
    is_masked = design.masking == "double" or (design.masking == "observer" and not study.blinding.arms_known)
    return is_masked and len(design.arms) > 1 and study.unblinded_on is None


def without_sealed(data_map: DataMap, study: Study) -> DataMap:
    """The data map without its sealed sources, which nothing opens while the study is blind."""
    sources = tuple(source for source in data_map.sources if not (source.sealed and is_blind(study)))
    return data_map.model_copy(update={"sources": sources})


def tells_arm(name: str, study: Study) -> bool:
    """Whether a column of this name tells the arms apart: arm, dose, lot, volume, schedule, or one that is declared."""
    plain = re.sub(r"[\s.\-]+", "_", name.strip())
    declared = {column.casefold() for column in study.blinding.columns}
    return _ARM_COLUMN.fullmatch(plain) is not None or name.strip().casefold() in declared


def arm_words(study: Study) -> tuple[str, ...]:
    """Codes and labels of the arms and the terms that the study file declares."""
    second = study.design.second
    words = [word for arm in (*study.design.arms, *(second.arms if second else ())) for word in (arm.code, arm.label)]
    return tuple(dict.fromkeys([*words, *study.blinding.terms]))


@dataclass(frozen=True)
class View:
    """A study as one report may see it: ``marking`` stands on every page, ``notices`` on the title page."""

    kind: Literal["plain", "open", "closed"]
    study: Study
    marking: str = ""
    notices: tuple[str, ...] = ()


def pool_study(study: Study) -> View:
    """The study as the open report sees it, with what that report does not show.

    One arm that holds everybody; no analysis by arm and no comparison. An analysis that cannot do without the arm (a
    model with it as a term) is left out, with the outputs that show nothing else.
    """
    everybody = Arm(code=POOLED, label="All patients")
    design = study.design.model_copy(update={"arms": (everybody,), "reference_arm": "", "second": None})
    pooled = [_without_arms(analysis) for analysis in study.analyses]
    left = [
        item.id for item in pooled
        if item.method in ONLY_COMPARES or _is_of_second(study, item) or _names_arm(item.model_dump())
    ]  # fmt: skip
    kept = [analysis for analysis in pooled if analysis.id not in left]
    found = study.model_copy(
        update={
            "design": design, "analyses": tuple(kept), "outputs": _without_outputs(study, kept),
            **_without_second(study),
        }
    )  # fmt: skip
    return View("open", found, OPEN, tuple(_describe_left(study, kept, left)))


def code_study(study: Study, letters: Mapping[str, str]) -> View:
    """The study as the closed report sees it, with its caveats. ``letters`` gives each arm's code its letter.

    The arms stand in the order of their letters and are compared with the first, so that neither the order nor the
    sign of a difference tells which is the control. Comparisons of efficacy stay only where the study file plans
    them (``blinding.compare_at_interim``).
    """
    arms = tuple(Arm(code=letter, label=f"Arm {letter}") for letter in sorted(letters.values()))
    design = study.design.model_copy(update={"arms": arms, "reference_arm": arms[0].code, "second": None})
    efficacy = {name for item in study.endpoints if item.role in EFFICACY for name in item.analyses}
    silenced = set() if study.blinding.compare_at_interim else efficacy
    again = [item for item in study.analyses if _is_of_second(study, item)]
    compares = [item for item in study.analyses if item.method in ONLY_COMPARES and not _may_compare(study, item)]
    left = {item.id for item in (*again, *compares)}
    analyses = tuple(
        _without_comparison(item) if item.id in silenced else item for item in study.analyses if item.id not in left
    )
    caveats = [_describe_allocation(study, arms)]
    if any(analysis.id in silenced and _compares(analysis) for analysis in study.analyses):
        caveats.append(
            "Efficacy is not compared between the arms: the study file plans no interim comparison "
            "(blinding.compare_at_interim)."
        )
    if again:
        caveats.append(
            "Left out, as the second randomisation tells the arm of the first: "
            f"{'; '.join(item.title for item in again)}."
        )
    update = {
        "design": design,
        "analyses": analyses,
        "outputs": _without_outputs(study, analyses),
        **_without_second(study),
    }
    seen = study.model_copy(update=update)
    return View("closed", seen, CLOSED, tuple(caveats))


def _is_of_second(study: Study, analysis: Analysis) -> bool:
    return is_second_stage(analysis) or needs_second_stage(study.population(analysis.population))


def _without_second(study: Study) -> dict[str, Any]:
    """Who was randomised again is of some arms only, which tells their arm: their population and times are left out."""
    return {
        "times_to_event": tuple(item for item in study.times_to_event if item.origin != AGAIN),
        "populations": tuple(item for item in study.populations if not needs_second_stage(item)),
    }


def _may_compare(study: Study, analysis: Analysis) -> bool:
    """A family of hypotheses names its arms, so it is in no closed report."""
    return study.blinding.compare_at_interim and analysis.method != "multiplicity"


def _without_arms(analysis: Analysis) -> Analysis:
    fields = type(analysis).model_fields
    update: dict[str, Any] = {name: False for name in ("by_arm", "total") if name in fields}
    return _without_comparison(analysis.model_copy(update=update))


def _without_comparison(analysis: Analysis) -> Analysis:
    fields = type(analysis).model_fields
    return analysis.model_copy(update={name: None for name in COMPARISON_KEYS if name in fields})


def _compares(analysis: Analysis) -> bool:
    return analysis.method in ONLY_COMPARES or any(getattr(analysis, name, None) for name in COMPARISON_KEYS)


def _names_arm(value: object) -> bool:
    """Whether an option names the arm's variable, as a term of a model does."""
    if isinstance(value, dict):
        return any(_names_arm(item) for item in (*value, *value.values()))
    if isinstance(value, tuple | list):
        return any(map(_names_arm, value))
    return value in ARM_VARIABLES


def _without_outputs(study: Study, analyses: Sequence[Analysis]) -> tuple[Output, ...]:
    """The outputs that still have something to show, each with what is left of its analyses."""
    compared = {item.id: _compares(item) for item in analyses}
    outputs = []
    for item in study.outputs:
        left = tuple(name for name in item.analyses if name in compared)
        is_empty = bool(item.analyses) and not left
        if not is_empty and (item.template not in OF_COMPARISONS or any(compared[name] for name in left)):
            outputs.append(item.model_copy(update={"analyses": left}))
    return tuple(outputs)


def _describe_left(study: Study, kept: list[Analysis], left: list[str]) -> Iterator[str]:
    yield "All patients are shown together: this report was made without the key, and no arm was known to the program."
    yield "Not shown: arms, treatment given, dose, lot, volume and schedule of the treatment."
    if study.design.masking == "observer":
        yield (
            "Not all are masked in this study: the report would be by arm if the study file said that whoever reads "
            "it knows the arms (blinding.arms_known)."
        )
    names = {analysis.id for analysis in kept}
    compared = [item.title for item in study.analyses if item.id in names and _compares(item)]
    if compared:
        yield f"Comparisons between the arms are left out: {'; '.join(compared)}."
    if left:
        titles = [analysis.title for analysis in study.analyses if analysis.id in left]
        yield f"Left out, as they are nothing without the arms: {'; '.join(titles)}."


def _describe_allocation(study: Study, arms: tuple[Arm, ...]) -> str:
    """Sizes of unequal arms name the arms, whatever they are called."""
    parts = [part for part in re.split(r"[:\s]+", study.design.allocation) if part]
    coded = " and ".join(arm.code for arm in arms)
    if len(set(parts)) > 1:
        return (
            f"Patients were allocated {study.design.allocation}: the size of an arm tells which it is. Whoever sees "
            f"the numbers of patients below is unblinded, although the arms are called {coded}."
        )
    if not parts:
        return "The study file states no allocation ratio: if it is unequal, the size of an arm tells which it is."
    return f"The arms are called {coded}, the same at every meeting; which is which stands in the key alone."
