"""Log bilirubin of the Mayo trial over time, run from its study file, gives lme4's numbers.

All 312 patients: ``expected_mixed.csv``. The half with even identifiers: the shared reference of the mixed models.
"""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hepatrial.analyse import analyse_study
from hepatrial.derive import derive_analysis_data
from hepatrial.load import read_exports
from hepatrial.study import read_data_map, read_study, templates_dir

REFERENCE = Path(__file__).parents[1] / "reference"
MAYO = REFERENCE / "mayo_pbc"
EXPECTED = pd.read_csv(MAYO / "expected_mixed.csv", keep_default_na=False)
EVEN = json.loads((REFERENCE / "mixed" / "expected.json").read_text())["specs"]["pbc_even_rs_reml"]

pytestmark = pytest.mark.reference


@cache
def rows(only_even: bool, df: str) -> pd.DataFrame:
    study = read_study(templates_dir() / "mayo-pbc" / "study.toml")
    analysis = study.analysis("bili_slope").model_copy(update={"df": df})
    study = study.model_copy(update={"analyses": (analysis,)})
    data = derive_analysis_data(read_exports(read_data_map(MAYO / "data.toml", study), MAYO, study), study)
    if only_even:
        adsl = data.datasets["ADSL"]
        kept = adsl[adsl["SUBJID"].astype(int) % 2 == 0]
        data = replace(data, datasets={**data.datasets, "ADSL": kept})
    return analyse_study(study, data).frame


def number(measure: str, stat: str, level: str, *, only_even: bool = False, df: str = "kenward-roger") -> float:
    frame = rows(only_even, df)
    found = frame[(frame["measure"] == measure) & (frame["stat"] == stat) & (frame["level"] == level)]
    assert len(found) == 1
    assert found["status"].iloc[0] == "note"
    return float(found["value"].iloc[0])


MEASURES = {"log_likelihood": "model fit", "variance": "variance component"}
TOLERANCE = {"log_likelihood": 1e-9, "variance": 2e-5, "df": 2e-5, "p_value": 1e-5, "std_error": 1e-6}
"""Variances and df are known from the likelihood's flat top only as well as lme4's search ended (rhoend 1e-10)."""


@pytest.mark.parametrize("stat", sorted(TOLERANCE))
def test_all_patients(stat):
    lines = EXPECTED[EXPECTED["stat"] == stat]
    assert len(lines) > 0
    for line in lines.itertuples():
        found = number(MEASURES.get(stat, "coefficient"), stat, line.level)
        assert found == pytest.approx(float(line.value), rel=TOLERANCE[stat]), line


def test_the_coefficients_of_all_patients_to_a_hundred_thousandth_of_their_standard_errors():
    for line in EXPECTED[EXPECTED["stat"] == "estimate"].itertuples():
        error = number("coefficient", "std_error", line.level)
        assert number("coefficient", "estimate", line.level) == pytest.approx(float(line.value), abs=1e-5 * error)


@pytest.mark.parametrize("stat", ["df", "std_error"])
def test_all_patients_with_satterthwaite(stat):
    for line in EXPECTED[EXPECTED["stat"] == f"satterthwaite_{stat}"].itertuples():
        found = number("coefficient", stat, line.level, df="satterthwaite")
        assert found == pytest.approx(float(line.value), rel=TOLERANCE[stat]), line


SAME = {"year": "TIME", "armDPCA": "TRT01P[T.DPCA]", "armDPCA:year": "TRT01P[T.DPCA]:TIME", "age": "AGE"}


def test_the_shared_reference_of_half_of_the_patients():
    found = number("model fit", "log_likelihood", "", only_even=True)
    assert found == pytest.approx(EVEN["logLik"], abs=1e-6)
    reference = {line["name"]: line for line in EVEN["kenward-roger"]["coefficients"]}
    for name, ours in SAME.items():
        for stat, theirs in (("estimate", "estimate"), ("std_error", "se"), ("df", "df")):
            found = number("coefficient", stat, ours, only_even=True)
            assert found == pytest.approx(reference[name][theirs], rel=2e-5), (name, stat)
    sex = number("coefficient", "estimate", "SEX[T.M]", only_even=True)  # theirs counts from men, ours from women
    assert sex == pytest.approx(-reference["sexf"]["estimate"], rel=1e-6)


def test_the_slopes_are_those_of_the_coefficients():
    frame = rows(False, "kenward-roger")
    slope = frame[(frame["measure"] == "slope") & (frame["stat"] == "estimate")].set_index("group")["value"]
    own = {line.level: float(line.value) for line in EXPECTED[EXPECTED["stat"] == "estimate"].itertuples()}
    assert np.log(slope["PLACEBO"]) == pytest.approx(own["TIME"], rel=1e-6)
    assert np.log(slope["DPCA"]) == pytest.approx(own["TIME"] + own["TRT01P[T.DPCA]:TIME"], rel=1e-6)
