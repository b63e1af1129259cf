"""Columns of ADSL that a study adds (``subject_variables``): a variable of ADaM data, or categories made of columns."""

import pandas as pd

from hepatrial.contracts import ADAM_DATASETS
from hepatrial.derive.frames import conform
from hepatrial.errors import DeriveError
from hepatrial.study.models import Level, Study, SubjectVariable

MAX_SHOWN = 3


def conform_subjects(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    """ADSL as its contract asks for, then the study's further population flags and its subject variables."""
    adsl = conform(frame, ADAM_DATASETS["ADSL"])
    flags = {item.flag: frame[item.flag] for item in study.populations if item.flag not in adsl}
    more = pd.DataFrame(flags, index=frame.index).join(derive_subject_variables(frame, study))
    more = more.set_index(frame["USUBJID"]).reindex(adsl["USUBJID"]).set_axis(adsl.index)
    return adsl.assign(**{str(name): more[name] for name in more})


def derive_subject_variables(adsl: pd.DataFrame, study: Study) -> pd.DataFrame:
    """The study's subject variables, one row a row of ``adsl``, with its index.

    Numbers are float64; a category is the value of the first level that holds, None where the data have none.

    Raises
    ------
    DeriveError
        A column that ADSL does not have, text in a number, or a value for which the study file has no level.
    """
    return pd.DataFrame({item.code: _derive(adsl, item) for item in study.subject_variables}, index=adsl.index)


def _derive(adsl: pd.DataFrame, item: SubjectVariable) -> pd.Series:
    if item.kind == "number":
        return _numbers(_column(adsl, item.code, item), item)
    if not item.levels:
        return _texts(_column(adsl, item.code, item))
    needed = {name for level in item.levels for name in (level.where or {item.code: ()})}
    columns = {name: _texts(_column(adsl, name, item)) for name in sorted(needed)}
    found = pd.Series(None, index=adsl.index, dtype="object")
    for level in reversed(item.levels):
        found = found.mask(_holds(columns, level, item), level.value)
    is_known = pd.concat(list(columns.values()), axis=1).notna().all(axis=1)
    without = adsl.index[found.isna() & is_known]
    if len(without):
        seen = sorted({" / ".join(str(values[row]) for values in columns.values()) for row in without})
        raise DeriveError(f"subject_variables ({item.code}): no level holds for {seen[:MAX_SHOWN]}; add one")
    return found.where(found.notna(), None)


def _column(adsl: pd.DataFrame, name: str, item: SubjectVariable) -> pd.Series:
    if name not in adsl:
        raise DeriveError(f"subject_variables ({item.code}): ADSL has no column {name}")
    return adsl[name]


def _numbers(values: pd.Series, item: SubjectVariable) -> pd.Series:
    try:
        return pd.to_numeric(values).astype("float64")
    except (ValueError, TypeError) as error:
        raise DeriveError(f"subject_variables ({item.code}): not a number ({error}); is it a category?") from error


def _texts(values: pd.Series) -> pd.Series:
    """Text; blank is missing."""
    texts = values.astype("object").where(values.notna(), None)
    return texts.map(lambda value: str(value).strip() or None, na_action="ignore")


def _holds(columns: dict[str, pd.Series], level: Level, item: SubjectVariable) -> pd.Series:
    where = level.where or {item.code: (level.value,)}
    return pd.concat([columns[name].isin(list(texts)) for name, texts in where.items()], axis=1).all(axis=1)
