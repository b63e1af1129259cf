"""Quadrants of liver injury counted: by hand."""

import pandas as pd

from analysis_factory import value
from hepatrial.analyse import analyse_study
from hepatrial.contracts import OPTIONAL_DATASETS
from hepatrial.derive.frames import conform
from parallel_factory import make_parallel


def test_quadrants_by_hand(tmp_path):
    study, data = make_parallel(tmp_path, "liver injury")
    rows = pd.DataFrame({
        "USUBJID": ["P0", "P1", "P2", "M0", "P3"], "BASIS": ["upper-limit"] * 4 + ["baseline"],
        "QUADRANT": ["RUQ", "LUQ", "", "LLQ", "RUQ"], "ADJUDFL": ["Y", "N", "Y", "N", "N"],
        "ABNBLFL": ["Y", "Y", "Y", "N", "N"],
    })  # fmt: skip
    datasets = {**data.datasets, "ADDILI": conform(rows, OPTIONAL_DATASETS["ADDILI"])}
    found = analyse_study(study, type(data)(datasets, data.ledger, data.as_of)).frame
    keys = {"measure": "liver injury", "variable": "upper-limit", "group": "PBO"}
    assert value(found, "n_total", **keys) == 2  # the third has no peak of one of the two
    counts = {level: value(found, "n", level=level, **keys) for level in ("RUQ", "LUQ", "RLQ", "LLQ")}
    assert counts == {"RUQ": 1, "LUQ": 1, "RLQ": 0, "LLQ": 0}
    assert value(found, "percent", level="RUQ", **keys) == 50
    assert value(found, "n", level="requires adjudication", **keys) == 1
    assert value(found, "n", level="abnormal bilirubin at baseline", **keys) == 2
    assert value(found, "n", level="RUQ", measure="liver injury", variable="baseline", group="PBO") == 1
    assert value(found, "n_total", measure="liver injury", variable="nadir", group="MSC") == 0
