"""Every number that R gives for the Mayo PBC study file is reproduced by the report's own path."""

from pathlib import Path

import pandas as pd
import pytest

from hepatrial.analyse import analyse_study
from hepatrial.derive import derive_analysis_data
from hepatrial.estimate import compare_cumulative_incidence
from hepatrial.load import read_exports
from hepatrial.study import read_data_map, read_study, templates_dir

MAYO = Path(__file__).parents[1] / "reference" / "mayo_pbc"
EXPECTED = pd.read_csv(MAYO / "expected.csv", keep_default_na=False)
SURVIVAL_ONLY = {"os_km", "tfs_km", "lt_cif", "death_cif"}


@pytest.fixture(scope="module")
def rows():
    study = read_study(templates_dir() / "mayo-pbc" / "study.toml")
    exports = read_exports(read_data_map(MAYO / "data.toml", study), MAYO, study)
    kept = tuple(item for item in study.analyses if item.id in SURVIVAL_ONLY)
    planned = study.model_copy(update={"analyses": kept})
    return analyse_study(planned, derive_analysis_data(exports, planned)).frame


def find(rows: pd.DataFrame, line) -> pd.Series:
    """The one row that a line of expected.csv is about."""
    keep = (rows["analysis_id"] == line.analysis) & (rows["measure"] == line.measure) & (rows["stat"] == line.stat)
    keep &= rows["group"] == line.group
    if line.measure == "event time quantile":
        keep &= rows["level"] == line.key
    elif line.key:
        keep &= (rows["time_days"] == float(line.key)) & rows["level"].isin(["", "event"])
    assert keep.sum() == 1, line
    return rows[keep].iloc[0]


@pytest.mark.reference
@pytest.mark.parametrize("measure", sorted(set(EXPECTED["measure"]) - {"gray test"}))
def test_r_s_numbers(rows, measure):
    lines = EXPECTED[(EXPECTED["measure"] == measure) & (EXPECTED["value"] != "NA")]
    assert len(lines) > 0
    for line in lines.itertuples():
        found = find(rows, line)
        assert found["value"] == pytest.approx(float(line.value), rel=1e-7), line


@pytest.mark.reference
def test_before_the_first_transplantation_r_has_no_limits_and_ours_are_exact(rows):
    """R's log-log limits do not exist at incidence 0; ours is the exact upper bound 1 - 0.025^(1/n), by hand."""
    lines = EXPECTED[EXPECTED["value"] == "NA"]
    assert set(lines["stat"]) == {"conf_low", "conf_high"}
    n = {"DPCA": 158, "PLACEBO": 154}
    for line in lines.itertuples():
        exact = 0.0 if line.stat == "conf_low" else 1 - 0.025 ** (1 / n[line.group])
        assert find(rows, line)["value"] == pytest.approx(exact, abs=1e-12), line


@pytest.mark.reference
@pytest.mark.parametrize(("analysis", "cause"), [("lt_cif", 1), ("death_cif", 2)])
def test_gray_s_test_on_the_data_set_is_r_s(analysis, cause):
    trial = pd.read_csv(MAYO / "pbc.csv").dropna(subset=["trt"])
    found = compare_cumulative_incidence(trial["time"], trial["status"], trial["trt"], cause=cause)
    lines = EXPECTED[(EXPECTED["analysis"] == analysis) & (EXPECTED["measure"] == "gray test")]
    expected = lines.set_index("stat")["value"].astype(float)
    assert found.statistic == pytest.approx(expected["statistic"], rel=1e-7)
    assert found.p_value == pytest.approx(expected["p_value"], rel=1e-7)
