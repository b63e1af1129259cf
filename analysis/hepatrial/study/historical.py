"""A historical rate that survival is compared with, and what must hold for the comparison to be exact."""

from collections.abc import Iterator

from pydantic import Field

from hepatrial.study.planned import Closed
from hepatrial.study.raw_file import Raw, list_items


class HistoricalRate(Closed):
    """Exact comparison of survival at one day with a rate of other patients; the only p-value of a single-arm study."""

    day: int = Field(description="fixed follow-up day, one of days")
    rate: float = Field(gt=0, lt=1, description="survival of the others, such as 0.45; taken as known without error")
    source: str = Field(min_length=1, description="who they were and where it is published; printed below the table")


def check_historical_rates(raw: Raw) -> Iterator[str]:
    """A historical rate is compared with one sample, at a day of the analysis, by the limits that the test inverts."""
    for index, analysis in enumerate(list_items(raw, "analyses")):
        historical = analysis.get("historical")
        if not isinstance(historical, dict):
            continue
        where = f"analyses[{index + 1}] ({analysis.get('id')})"
        if analysis.get("by_arm"):
            yield f"{where}.historical: compares one sample; remove by_arm, or compare the arms instead"
        if historical.get("day") not in (analysis.get("days") or []):
            yield f"{where}.historical.day: {historical.get('day')!r} is not among days"
        if analysis.get("conf_type") != "beta-product":
            yield f"{where}.conf_type: a historical rate is tested by the exact limits; write 'beta-product'"
