"""CDISC Dataset-JSON 1.1, one object a dataset: everything that the analysis dataset holds, in UTF-8, nothing cut.

https://www.cdisc.org/standards/data-exchange/dataset-json. The date of creation is that of the data, not the clock's,
so that the same data give the same bytes.
"""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from hepatrial import __version__
from hepatrial.errors import ReportError
from hepatrial.report.variables import Variable
from hepatrial.study import Study

_TYPES = {
    "text": {"dataType": "string"},
    "number": {"dataType": "float"},
    "date": {"dataType": "date", "targetDataType": "integer", "displayFormat": "E8601DA."},
    "time": {"dataType": "time", "targetDataType": "integer", "displayFormat": "E8601TM."},
}


def format_dataset_json(
    frame: pd.DataFrame, variables: Sequence[Variable], study: Study, *, name: str, label: str, created: date
) -> str:
    """The dataset as JSON text; ``null`` is missing, dates are YYYY-MM-DD, times HH:MM:SS."""
    head: dict[str, Any] = {
        "datasetJSONCreationDateTime": f"{created.isoformat()}T00:00:00",
        "datasetJSONVersion": "1.1.0",
        "fileOID": f"{study.identity.study_id}.{name}",
        "originator": study.identity.sponsor or "not stated",
        "sourceSystem": {"name": "hepatrial", "version": __version__},
        "studyOID": study.identity.study_id,
        "itemGroupOID": f"IG.{name}",
        "records": len(frame),
        "name": name,
        "label": label,
        "columns": [_column(name, item) for item in variables],
    }
    columns = [_values(frame[item.name], item) for item in variables]
    rows = [f"[{', '.join(row)}]" for row in zip(*columns, strict=True)]
    opening = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    return f'{opening},\n "rows": [\n' + ",\n".join(rows) + "\n ]\n}\n"


def _column(dataset: str, item: Variable) -> dict[str, Any]:
    length = {"length": item.length} if item.type == "text" else {}
    key = {"keySequence": item.key} if item.key else {}
    return (
        {"itemOID": f"IT.{dataset}.{item.name}", "name": item.name, "label": item.label, **_TYPES[item.type]}
        | length
        | key
    )


def _values(values: pd.Series, item: Variable) -> list[str]:
    """Each value as JSON; a text that comes back is encoded once."""
    if item.type == "number":
        numbers = values.astype("float64")
        if np.isinf(numbers).any():
            raise ReportError(f"variable {item.name}: an infinite number, which JSON cannot hold")
        return ["null" if value != value else repr(value) for value in numbers.tolist()]
    plain = values.astype("object").where(values.notna(), None).tolist()
    known = {value: "null" if value is None else json.dumps(_text(value, item), ensure_ascii=False)
             for value in dict.fromkeys(plain)}  # fmt: skip
    return [known[value] for value in plain]


def _text(value: Any, item: Variable) -> str:
    if item.type == "date":
        return str(pd.Timestamp(value).strftime("%Y-%m-%d"))
    return write_time(str(value)) if item.type == "time" else str(value)


def write_time(text: str) -> str:
    """HH:MM or HH:MM:SS as HH:MM:SS."""
    return text if text.count(":") == 2 else f"{text}:00"
