"""Planned analyses of safety: laboratory shifts and levels."""

from typing import Literal

from pydantic import Field

from hepatrial.study.planned import ConfLevel, Planned


class LaboratoryShiftAnalysis(Planned):
    """Category at baseline against the category after it; bilirubin and INR also as multiples of the upper limit.

    ``worst`` of categories low, normal, high is the value furthest outside the limits, as a multiple of the limit that
    it is beyond (inside them: nearest to one); of grades, the highest.
    """

    method: Literal["laboratory shift"]
    parameters: tuple[str, ...] = Field(min_length=1, description="laboratory parameters")
    categories: Literal["range", "reported", "grade"] = Field(
        description="range: low, normal, high by the limits; reported: as the laboratory reported (LBNRIND of ADaM "
        "input); grade: CTCAE grade as from a normal baseline"
    )
    low_multiple: float = Field(default=1.0, gt=0, description="low is below this multiple of the lower limit")
    high_multiple: float = Field(default=1.0, gt=0, description="high is above this multiple of the upper limit")
    to: Literal["worst", "visits"] = Field(description="the worst value after baseline, or that of each visit")
    visits: tuple[str, ...] = Field(default=(), description="visit codes, with to = visits")
    records: Literal["all", "analysed"] = Field(
        description="records after baseline that count: all, or those with ANL01FL = Y"
    )
    native_liver: bool = Field(description="true: values from the day of transplantation on are left out")
    comparison: Literal["fisher", "cmh"] | None = Field(
        default=None,
        description="test between the arms: fisher of the category after baseline; cmh of its mean score within the "
        "categories at baseline; absent: none",
    )


class LaboratoryLevelsAnalysis(Planned):
    """Patients beyond the FDA's levels 1, 2, 3 after baseline, by the level at baseline, and beyond extreme values."""

    method: Literal["laboratory levels"]
    parameters: tuple[str, ...] = Field(min_length=1, description="laboratory parameters")
    native_liver: bool = Field(description="true: values from the day of transplantation on are left out")
    conf_level: ConfLevel = Field(description="confidence level, such as 0.95")
