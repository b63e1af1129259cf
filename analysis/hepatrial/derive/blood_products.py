"""Samples taken soon after plasma exchange, albumin or plasma, which change what is measured.

Medications have dates and no times of day. A sample counts as soon after a product unless the dates rule it out: it can
have been taken once the product was started, and less than the declared hours after the end of the product's last
day. A product without an end was given on the day it started.
"""

from collections.abc import Sequence

import pandas as pd

from hepatrial.derive.days import DAY, LAST_MINUTE, combine_moment
from hepatrial.derive.frames import flag
from hepatrial.study.models import BloodProductRule


def flag_blood_products(
    frame: pd.DataFrame, medications: pd.DataFrame, rules: Sequence[BloodProductRule]
) -> pd.DataFrame:
    """BPFL and BPDESC (which products, with their days) of each row of ``frame``, with its index.

    ``frame`` has USUBJID, PARAMCD, ADT and ATM. A rule flags the samples of its own parameters only.
    """
    found = [_match(frame, medications, rule) for rule in rules]
    hits = pd.concat(found) if found else pd.Series(dtype="object")
    texts = hits.groupby(level=0, sort=False).agg(lambda names: "; ".join(dict.fromkeys(names)))
    described = texts.reindex(frame.index).astype("object")
    return pd.DataFrame({"BPFL": flag(described.notna()), "BPDESC": described.where(described.notna(), None)})


def _match(frame: pd.DataFrame, medications: pd.DataFrame, rule: BloodProductRule) -> pd.Series:
    """One text a sample and product that it may follow, by the index of ``frame``."""
    products = _select(medications, rule)
    samples = frame.loc[frame["PARAMCD"].isin(rule.parameters) & frame["ADT"].notna(), ["USUBJID", "ADT", "ATM"]]
    moment = combine_moment(samples["ADT"], samples["ATM"])
    samples = samples.assign(EARLIEST=moment.fillna(samples["ADT"]), LATEST=moment.fillna(samples["ADT"] + LAST_MINUTE))
    pairs = samples.reset_index(names="ROW").merge(products, on="USUBJID")
    hours = pd.Timedelta(hours=rule.hours)
    is_soon = (pairs["LATEST"] >= pairs["START"]) & (pairs["EARLIEST"] - pairs["END"] < hours)
    return pairs[is_soon].set_index("ROW")["TEXT"]


def _select(medications: pd.DataFrame, rule: BloodProductRule) -> pd.DataFrame:
    """The rule's products by subject and start: first moment, last moment, and what to call them."""
    name = medications["name"].astype("object").fillna("").astype(str).str.casefold()
    words = [word.strip().casefold() for word in rule.names]
    is_named = name.map(lambda text: any(word in text for word in words)).astype(bool)
    rows = medications[(medications["kind"].isin(rule.kinds) | is_named) & medications["start_date_low"].notna()]
    end = rows["end_date_high"].fillna(rows["start_date_high"])
    days = rows["start_date_text"].fillna("").astype(str)
    until = rows["end_date_text"].astype("object").map(" to {}".format, na_action="ignore").fillna("")
    frame = pd.DataFrame(
        {
            "USUBJID": rows["subject_id"].astype("object"), "START": rows["start_date_low"], "END": end + DAY,
            "TEXT": rows["name"].astype(str) + " " + days + until.where(days != rows["end_date_text"], ""),
        }
    )  # fmt: skip
    return frame.sort_values(["USUBJID", "START", "TEXT"], kind="stable")
