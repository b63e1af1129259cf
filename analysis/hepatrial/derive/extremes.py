"""The worst and the last value after baseline: one row of ADLB each, chosen, not made."""

from typing import Literal

import pandas as pd

from hepatrial.derive.frames import sort_rows
from hepatrial.derive.windows import worse_sign
from hepatrial.study.models import Study

GROUP = ["USUBJID", "PARAMCD"]


def select_after_baseline(
    adlb: pd.DataFrame, study: Study, which: Literal["worst", "last"], *, native_liver: bool = True
) -> pd.DataFrame:
    """One row of ``adlb`` a subject and parameter: the worst or last value after the origin.

    Parameters
    ----------
    adlb : DataFrame
        ADLB; measured records and scores alike, means left out.
    study : Study
        The parameter's ``worse`` says which side is worst; scores are worse when high.
    which : {"worst", "last"}
        Of equally bad values the first; of several on the last day the latest.
    native_liver : bool
        Leave out values on or after the day of transplantation.

    Returns
    -------
    DataFrame
        Rows of ``adlb``, sorted by subject and parameter.

    Raises
    ------
    DeriveError
        ``worst`` of a parameter that does not say which side is worse.
    """
    after = adlb[adlb["AVAL"].notna() & (adlb["AFUDY"] >= 0) & (adlb["ABLFL"] != "Y") & (adlb["DTYPE"] != "AVERAGE")]
    after = after[after["CHG"].notna() | after["BASE"].isna()]  # a value before the origin on its day has no change
    if native_liver:
        after = after[after["AFTLTFL"] != "Y"]
    by = [*GROUP, "ADT", "ATM", "SRCID"]
    if which == "last":
        chosen = after.sort_values(by, kind="stable", na_position="first").drop_duplicates(GROUP, keep="last")
    else:
        badness = after["PARAMCD"].map({code: worse_sign(study, code) for code in after["PARAMCD"].unique()})
        ordered = after.assign(BADNESS=badness.astype("float64") * after["AVAL"])
        by = [*GROUP, "BADNESS", *by[2:]]
        chosen = ordered.sort_values(by, kind="stable", na_position="first").drop_duplicates(GROUP)
    return sort_rows(chosen[list(adlb.columns)], GROUP)
