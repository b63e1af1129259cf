"""Rules about ADaM datasets that are read as they are: who the subjects are, and that every record has one."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from hepatrial.contracts import make_finding
from hepatrial.study import DataMap

MAX_LISTED = 1_000


def check_adam(datasets: Mapping[str, pd.DataFrame], data_map: DataMap) -> Iterator[dict[str, object]]:
    """Findings about the datasets; ``line`` is the number of the record."""
    for name, frame in datasets.items():
        if "USUBJID" not in frame:
            yield make_finding("adam-no-subject", "fatal", "the dataset has no USUBJID", file=data_map.adam[name],
                               table=name, column="USUBJID")  # fmt: skip
    known = {name: frame for name, frame in datasets.items() if "USUBJID" in frame}
    if "ADSL" in known:
        yield from _subjects(known, data_map)


def _subjects(datasets: Mapping[str, pd.DataFrame], data_map: DataMap) -> Iterator[dict[str, object]]:
    ids = datasets["ADSL"]["USUBJID"]
    yield from _at("ADSL", ids, ids.duplicated().to_numpy(), "adam-subject-doubled", "ADSL has one record a subject",
                   data_map)  # fmt: skip
    for name, frame in datasets.items():
        unknown = ~frame["USUBJID"].isin(ids)
        yield from _at(name, frame["USUBJID"], unknown.to_numpy(), "adam-subject-unknown",
                       "the subject is not in ADSL", data_map)  # fmt: skip


def _at(
    name: str, ids: "pd.Series[str]", is_wrong: "np.ndarray[tuple[int], np.dtype[np.bool_]]", rule: str, message: str,
    data_map: DataMap,
) -> Iterator[dict[str, object]]:  # fmt: skip
    for place in np.flatnonzero(is_wrong)[:MAX_LISTED]:
        raw = str(ids.iat[place] or "")
        yield make_finding(rule, "error", message, file=data_map.adam[name], line=int(place) + 1, column="USUBJID",
                           raw=raw, table=name, subject=raw)  # fmt: skip
