"""The data cut of an interim report, as declared in study.toml."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

CutRule = Literal["status confirmed at the cut", "censored at last contact"]
STATUS_CONFIRMED: CutRule = "status confirmed at the cut"
LAST_CONTACT: CutRule = "censored at last contact"


class DataCut(BaseModel):
    """What an interim report knows on the day of its cut; one rule for the dead and the living.

    ``status confirmed at the cut``: deaths up to the cut count whenever they were reported; who is known from the
    extract to have lived on the cut is followed to the cut. ``censored at last contact``: nothing recorded after the
    cut is used, for the dead or the living. The other rule is printed beside as a sensitivity analysis.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    confirm: bool = Field(default=False, description="true: proposed by us, to be confirmed by the investigator")
    confirm_note: str = Field(default="", description="what the source says or does not say")
    time_to_event: CutRule = Field(description="how the dead and the living are followed to the cut")
    status_days: int = Field(
        ge=0, description="whoever is alive and was last known so more than this many days before the cut is counted"
    )
    partial_dates: Literal["earliest day", "latest day"] = Field(
        description="an incomplete date is in the cut when this day of those possible is not after it"
    )
    deaths_after_cut: Literal["listed", "left out"] = Field(
        description="listed: deaths of the extract after the cut have a listing; they count in nothing"
    )

    @property
    def other_rule(self) -> CutRule:
        """The rule that the sensitivity analysis uses."""
        return LAST_CONTACT if self.time_to_event == STATUS_CONFIRMED else STATUS_CONFIRMED
