"""Planned families of hypotheses: which p-values are tested together, and how their error rate is kept."""

from typing import Literal

from pydantic import Field

from hepatrial.study.planned import Closed, Code, Planned


class Hypothesis(Closed):
    """One p-value of another analysis, named by its keys in the results table; exactly one row must have them."""

    id: Code = Field(description="id of the hypothesis; variable of its results")
    label: str = Field(description="what is tested, in words")
    analysis: str = Field(description="id of the analysis with the p-value")
    measure: str = Field(description="measure of its row, such as log-rank test or survival difference")
    group: str = Field(default="", description="arm compared with the reference arm; empty: a test over all arms")
    day: int | None = Field(default=None, description="fixed day of the row; absent: not of a day")
    visit: str = Field(default="", description="visit of the row; empty: not of a visit")
    variable: str = Field(default="", description="parameter of the row, where its analysis has several; empty: any")
    level: str = Field(default="", description="level of the row, where there are several; empty: any")


class MultiplicityAnalysis(Planned):
    """Adjusted p-values and decisions of a family of hypotheses; all of them keep the familywise error at alpha.

    A hypothesis that could not be tested counts as p = 1. When a p-value of the family failed, nothing is decided.
    """

    method: Literal["multiplicity"]
    procedure: Literal["fixed sequence", "holm", "hochberg", "hommel", "bonferroni", "graphical"] = Field(
        description="fixed sequence: in the order written, each only while all before it were rejected; hochberg and "
        "hommel need tests that are independent or positively dependent"
    )
    alpha: float = Field(gt=0, lt=0.5, description="two-sided familywise error rate, such as 0.05")
    hypotheses: tuple[Hypothesis, ...] = Field(min_length=1, description="the family")
    weights: tuple[float, ...] = Field(default=(), description="graphical: share of alpha that each starts with")
    transitions: tuple[tuple[float, ...], ...] = Field(
        default=(), description="graphical: row i is the share that i passes to each other when it is rejected"
    )
