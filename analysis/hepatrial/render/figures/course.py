"""What figures of single patients share: their values by visit, and where their course ended."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from hepatrial.render.context import Context
from hepatrial.study import Visit

DIED, TRANSPLANTED, MISSING = "died", "transplanted", "missing"
NAMED = 60
"""More patients than this get no name on an axis."""


def visit_values(context: Context, population: str, code: str) -> pd.DataFrame:
    """Records of a parameter that stand for the baseline or a visit, before transplantation, with a value."""
    adlb = context.data.datasets["ADLB"]
    keep = (adlb["PARAMCD"] == code) & adlb["AVAL"].notna() & (adlb["AFTLTFL"] != "Y")
    keep &= (adlb["ANL01FL"] == "Y") | (adlb["ABLFL"] == "Y")
    return adlb[keep & adlb["USUBJID"].isin(context.subjects(population)["USUBJID"])]


def at_visit(values: pd.DataFrame, visit: str) -> pd.DataFrame:
    """The record of each patient at a visit, by USUBJID; BL is the baseline record."""
    is_there = values["ABLFL"] == "Y" if visit == "BL" else (values["AVISIT"] == visit) & (values["ANL01FL"] == "Y")
    return values[is_there].drop_duplicates("USUBJID").set_index("USUBJID")


def why_no_value(subjects: pd.DataFrame, visit: Visit) -> pd.Series:
    """Of patients without a value at a visit: died or transplanted by the end of its window, else missing."""
    end = subjects["ORIGDT"] + pd.Timedelta(days=visit.window[1])
    why = pd.Series(MISSING, index=subjects.index, dtype="object")
    died, transplanted = subjects["DTHDT"] <= end, subjects["LTDT"] <= end
    why = why.mask(died, DIED)
    return why.mask(transplanted & ~(subjects["DTHDT"] < subjects["LTDT"]), TRANSPLANTED)


def find_visit(context: Context, code: str) -> Visit:
    """The visit with this code; the baseline where the study file names none."""
    none = Visit(code="BL", label="Baseline", day=0, window=(0, 0))
    return next((item for item in context.study.visits if item.code == code), none)


def short_name(name: object, longest: int = 14) -> str:
    """A subject identifier that fits beside an axis."""
    text = str(name)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def short_visit(label: str) -> str:
    """``D28`` for ``Day 28``."""
    return label.replace("Baseline", "BL").replace("Day ", "D").replace("Week ", "W").replace("Month ", "M")


def parameters_of(context: Context, analyses: Sequence[Any]) -> list[Any]:
    """Parameters of the output, or of all the analyses, each once."""
    codes = tuple(dict.fromkeys(code for analysis in analyses for code in analysis.parameters))
    return list(context.parameters(codes))
