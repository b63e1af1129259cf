"""What no export of a careful site shows, the SIMULATED examples do not show either."""

import pandas as pd
import pytest

from export_reader import first_dates, read_tables


@pytest.mark.parametrize("template", ["nct05940610", "nct05985863", "nct06242405", "nct06904755"])
def test_no_adverse_event_goes_on_after_death(template):
    tables = read_tables(template)
    events = tables["adverse_events"]
    death = events["subject_id"].map(first_dates(tables, "death"))
    for column in ("start_date", "end_date"):
        complete = events[column].str.len() == 10
        assert not (pd.to_datetime(events[column].where(complete)) > death).any()
        months = events[column].str.len() == 7
        assert not (events[column] > death.dt.strftime("%Y-%m"))[months & death.notna()].any()
    assert death.notna().sum() > 0
    assert not ((events["ongoing"] == "Y") & death.notna()).any()
