"""What every planned analysis of the study file has: the keys that all methods share, and their types."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

ConfType = Literal["plain", "log", "log-log", "logit", "arcsin", "peto", "beta-product", "clopper-pearson"]
Samples = Literal["all", "undisturbed"]
ConfLevel = Annotated[float, Field(gt=0.5, lt=1)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Closed(BaseModel):
    """Frozen, strict, and closed: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Subgroup(Closed):
    """A subgroup variable: the comparison again in each of its levels, with a test of interaction."""

    variable: str = Field(description="column of ADSL, or a parameter or score: its baseline value")
    label: str = Field(default="", description="label in table and figure; empty: that of the variable")
    cut_points: tuple[float, ...] = Field(
        default=(), description="of a number: a level up to each of them, and one above the last"
    )


class Planned(Closed):
    """The keys of every analysis."""

    id: Code = Field(description="id of the analysis; analysis_id of its results")
    title: str = Field(description="title in the report")
    population: str = Field(description="population code")
    by_arm: bool = Field(default=False, description="one group per arm as randomised; else all together")
    confirm: bool = Field(default=False, description="true: proposed by us, to be confirmed")
    confirm_note: str = Field(default="", description="what the source says or does not say")
