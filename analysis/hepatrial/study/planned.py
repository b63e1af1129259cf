"""What every planned analysis of the study file has: the keys that all methods share, and their types."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

ConfType = Literal["plain", "log", "log-log", "logit", "arcsin", "peto", "beta-product", "clopper-pearson"]
ConfLevel = Annotated[float, Field(gt=0.5, lt=1)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Closed(BaseModel):
    """Frozen, strict, and closed: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Planned(Closed):
    """The keys of every analysis."""

    id: Code = Field(description="id of the analysis; analysis_id of its results")
    title: str = Field(description="title in the report")
    population: str = Field(description="population code")
    by_arm: bool = Field(default=False, description="one group per arm as randomised; else all together")
    confirm: bool = Field(default=False, description="true: proposed by us, to be confirmed")
    confirm_note: str = Field(default="", description="what the source says or does not say")
