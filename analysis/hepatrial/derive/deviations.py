"""Major protocol deviations as dated facts, so that a per-protocol population can leave them out.

``{ column = "outcome.major deviation", op = "missing" }`` in the study file keeps whoever has none.
"""

import pandas as pd

from hepatrial.derive.frames import source_of
from hepatrial.derive.outcomes import Tables

MAJOR = "major deviation"


def collect_major_deviations(tables: Tables) -> pd.DataFrame:
    """One row a deviation marked major, FACT_COLUMNS; one without a date counts from consent (else enrolment)."""
    subjects = tables["subjects"].drop_duplicates("subject_id").set_index("subject_id")
    start = subjects["consent_date_low"].fillna(subjects["enrolment_date_low"])
    rows = tables["deviations"][tables["deviations"]["major"] == "Y"]
    low, high = rows["date_low"], rows["date_high"]
    frame = pd.DataFrame(
        {
            "USUBJID": rows["subject_id"], "WHAT": MAJOR,
            "ADT": low.fillna(rows["subject_id"].map(start).astype("datetime64[ns]")),
            "HIGH": high, "IS_PARTIAL": low != high, "CAUSE": rows["description"].astype("object"),
        },
        index=rows.index,
    )  # fmt: skip
    facts = frame.join(source_of(rows, "deviations", "major"))
    return facts.sort_values(["USUBJID", "ADT", "SRCID"], kind="stable", ignore_index=True)
