"""Analysis datasets from a few typed columns; every other promised column is empty."""

from datetime import date
from pathlib import Path

import pandas as pd

from hepatrial.contracts import ADAM_DATASETS, LEDGER_COLUMNS, AnalysisData, Ledger
from hepatrial.study import Study, read_study
from study_factory import MINIMAL, write_study

FILL = {"number": float("nan"), "date": pd.NaT, "flag": "N"}
ORIGIN = pd.Timestamp("2025-01-01")


def make_dataset(name: str, columns: dict[str, list[object]]) -> pd.DataFrame:
    """One dataset with the given columns and every other promised column empty."""
    spec = ADAM_DATASETS[name]
    frame = pd.DataFrame(columns)
    for column in spec.columns:
        if column.name not in frame:
            frame[column.name] = FILL.get(column.kind)
    return frame[list(spec.names)]


def make_data(**datasets: dict[str, list[object]]) -> AnalysisData:
    """AnalysisData; ADSL subjects are in every population, on treatment MSC from ORIGIN."""
    frames = {name: make_dataset(name, datasets.get(name, {})) for name in ADAM_DATASETS}
    adsl = frames["ADSL"]
    defaults = {"ENRLFL": "Y", "FASFL": "Y", "SAFFL": "Y", "PPROTFL": "Y", "ORIGDT": ORIGIN, "SUBJID": adsl["USUBJID"]}
    for name, value in defaults.items():
        if name not in datasets["ADSL"]:
            adsl[name] = value
    if "TRT01P" not in datasets["ADSL"]:
        adsl["TRT01P"] = "MSC"
    return AnalysisData(frames, Ledger(pd.DataFrame(columns=list(LEDGER_COLUMNS))), date(2025, 12, 31))


def study_with(folder: Path, analyses: str, **replacements: str) -> Study:
    """The minimal study with these analyses in place of its own."""
    head, rest = MINIMAL.split("[[analyses]]")
    outputs = rest[rest.index("[[outputs]]") :]
    text = head + analyses + "\n" + outputs
    for old, new in replacements.items():
        text = text.replace(old, new)
    first = analyses.split('id = "')[1].split('"')[0]
    return read_study(write_study(folder, text.replace('analyses = ["os_km"]', f'analyses = ["{first}"]')))


def value(results: pd.DataFrame, stat: str, **keys: object) -> float:
    """The one value with these keys."""
    found = results[results["stat"] == stat]
    for key, wanted in keys.items():
        found = found[found[key] == wanted]
    assert len(found) == 1, f"{len(found)} rows for {stat} {keys}"
    return float(found["value"].iloc[0])
