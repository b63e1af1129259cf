"""The reference pack: reads cases and data, compares what we compute with what R computed."""

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parents[1] / "reference" / "survival"


def read_cases() -> list[dict]:
    with gzip.open(FOLDER / "expected.json.gz", "rt", encoding="utf-8") as stream:
        return json.load(stream)["cases"]


def read_data(case: dict) -> pd.DataFrame:
    """The case's data set with its R filter applied."""
    data = pd.read_csv(FOLDER / f"{case['data']}.csv", float_precision="round_trip")
    rule = case["input"].get("filter") if case["input"] else None
    if rule:
        for part in rule.split(" & "):
            data = data[FILTERS[part](data) if part in FILTERS else data["set"] == part.split('"')[1]]
    return data.reset_index(drop=True)


FILTERS = {
    "!is.na(ph.ecog)": lambda d: d["ph.ecog"].notna(),
    "ph.ecog < 3": lambda d: d["ph.ecog"] < 3,
    "!is.na(trt)": lambda d: d["trt"].notna(),
    "futime > 0": lambda d: d["futime"] > 0,
    "!is.na(age)": lambda d: d["age"].notna(),
}


def as_array(value) -> np.ndarray:
    """R's numbers: null is NaN, "Inf" is infinity, a bare number has length 1."""
    values = value if isinstance(value, list) else [value]
    special = {None: np.nan, "Inf": np.inf, "-Inf": -np.inf}
    return np.array([special[v] if v is None or isinstance(v, str) else v for v in values], dtype=float)


def check_numbers(case: dict, got: dict) -> None:
    """Every number R gave is there and agrees within the case's tolerance."""
    missing = set(case["expected"]) - set(got)
    assert not missing, f"{case['id']}: not computed: {sorted(missing)}"
    tol = case["rel_tol"]
    for key, value in case["expected"].items():
        if got[key] is SAME:
            continue
        if isinstance(value, dict):
            check_numbers({**case, "expected": value, "id": f"{case['id']}.{key}"}, got[key])
            continue
        try:
            want = as_array(value)
        except (KeyError, ValueError):
            assert [str(v) for v in np.atleast_1d(got[key])] == [str(v) for v in np.atleast_1d(value)]
            continue
        have = np.atleast_1d(np.asarray(got[key], dtype=float))
        assert have.shape == want.shape, f"{case['id']} {key}: {have} for {want}"
        floor = tol if tol > 1e-6 else 1e-9  # references made by root finding or on a grid are good to tol, absolutely
        np.testing.assert_allclose(have, want, rtol=tol, atol=floor, err_msg=f"{case['id']} {key}")


SAME = object()
"""Stands for a value of the case that its handler has checked itself, with the reason beside it."""
