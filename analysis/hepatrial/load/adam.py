"""CDISC ADaM datasets as they are: names, labels and values unchanged, only the types of pandas made one.

A CSV file does not say which variables are numbers and which are dates, so it is no ADaM dataset here.
"""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any, Final

import pandas as pd

from hepatrial.errors import LoadError
from hepatrial.load.datasets import READERS, Dataset

MISSING_TEXTS: Final = ("NA", ".")


def read_adam(content: bytes, name: str) -> Dataset:
    """One dataset with unified types.

    Raises
    ------
    LoadError
        The file is damaged, or of a format that does not keep the types of its variables.
    """
    reader = next((read for is_mine, read in READERS if is_mine(content[:200])), None)
    if reader is None:
        raise LoadError(f"{name}: an ADaM dataset is read from XPT, SAS7BDAT, Dataset-JSON or Parquet")
    dataset = reader(content, name)
    try:
        columns = {str(key): _unify(dataset.frame[key], str(key), dataset) for key in dataset.frame}
    except (ValueError, TypeError, OverflowError) as error:
        raise LoadError(f"{name}: a value is not of the type of its variable ({error})") from error
    frame = pd.DataFrame(columns)
    frame.attrs["labels"] = dataset.labels
    missing = {name: int(_is_missing_text(dataset.frame[name]).sum()) for name in dataset.numbers}
    return replace(dataset, frame=frame, missing_texts={name: count for name, count in missing.items() if count})


def _unify(values: "pd.Series[Any]", name: str, dataset: Dataset) -> "pd.Series[Any]":
    if name in dataset.numbers:
        return pd.to_numeric(values.mask(_is_missing_text(values) | values.eq(""), None)).astype("float64")
    if name in dataset.dates or pd.api.types.is_datetime64_any_dtype(values):
        return pd.to_datetime(values.replace("", None), format="ISO8601").astype("datetime64[ns]")
    if pd.api.types.is_numeric_dtype(values):
        return values.astype("float64")
    kinds = {type(value) for value in values.dropna()}
    if kinds & {date, datetime, pd.Timestamp}:
        return pd.to_datetime(values).astype("datetime64[ns]")
    texts = values.map(_text, na_action="ignore")
    return texts.astype(object).where(texts.notna() & texts.ne(""), None)


def _is_missing_text(values: "pd.Series[Any]") -> "pd.Series[bool]":
    """Texts by which R and SAS write a missing number into a column of numbers."""
    return values.map(lambda value: isinstance(value, str) and value.strip() in MISSING_TEXTS).astype(bool)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, time) else str(value)
