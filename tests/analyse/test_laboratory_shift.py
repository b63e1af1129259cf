"""Laboratory shifts and levels: small data by hand, and the example recounted with plain pandas."""

from pathlib import Path

import pandas as pd
import pytest

from analysis_factory import value
from hepatrial.analyse import analyse_study
from hepatrial.derive import derive_analysis_data
from hepatrial.errors import StudyError
from hepatrial.load import read_exports
from hepatrial.study import read_data_map, read_study
from parallel_factory import make_parallel

TEMPLATE = Path(__file__).parents[2] / "data_templates" / "nct06904755"
MORE = """parameters = ["BILI"]
categories = "range"
to = "{to}"
records = "all"
native_liver = true
comparison = "{test}"
{more}"""


def labs(values, flags=None):
    """ADLB of bilirubin, limits 5 to 20: subject, follow-up day, value; day 0 is the baseline."""
    rows = pd.DataFrame(values, columns=["USUBJID", "AFUDY", "AVAL"])
    base = rows[rows["AFUDY"] == 0].set_index("USUBJID")["AVAL"]
    visit = rows["AFUDY"].map({0: "BL", 28: "D28"})
    return {
        **{name: rows[name].tolist() for name in rows}, "PARAMCD": ["BILI"] * len(rows),
        "ABLFL": ["Y" if day == 0 else "N" for day in rows["AFUDY"]], "BASE": rows["USUBJID"].map(base).tolist(),
        "CHG": [0.0 if day else float("nan") for day in rows["AFUDY"]], "ANRLO": [5.0] * len(rows),
        "ANRHI": [20.0] * len(rows), "AVISIT": visit.where(visit.notna(), None).tolist(),
        "ANL01FL": flags or ["Y"] * len(rows), "SRCID": [f"r{i}" for i in range(len(rows))],
        "AFTLTFL": ["Y" if value == 999 else "N" for value in rows["AVAL"]],
    }  # fmt: skip


VALUES = [
    ("P0", 0, 10.0), ("P0", 7, 30.0), ("P0", 28, 12.0),   # normal to high at worst, normal at the visit
    ("P1", 0, 10.0), ("P1", 7, 19.0), ("P1", 28, 2.0),    # normal to low
    ("P2", 0, 25.0), ("P2", 28, 10.0), ("P2", 30, 999.0),  # high to normal; the rest is after transplantation
    ("M0", 0, 30.0), ("M0", 28, 40.0),                    # high to high
    ("M1", 7, 2.0), ("M1", 8, 60.0),                      # no baseline; 2.5 times below, 3 times above: high
    ("M2", 0, 4.0),                                       # nothing after baseline
]  # fmt: skip


def run(tmp_path, to="worst", test="fisher", more=""):
    study, data = make_parallel(
        tmp_path, "laboratory shift", more=MORE.format(to=to, test=test, more=more), ADLB=labs(VALUES)
    )
    return analyse_study(study, data).frame


def counts(found, group, before, visit=""):
    keys = {"measure": "laboratory shift", "variable": "BILI", "group": group, "by_level": before, "visit": visit}
    return [value(found, "n", level=level, **keys) for level in ("low", "normal", "high", "total")]


def test_the_worst_value_is_the_one_furthest_outside(tmp_path):
    found = run(tmp_path)
    assert counts(found, "PBO", "") == [1, 1, 1, 3]
    assert counts(found, "PBO", "normal") == [1, 0, 1, 2]
    assert counts(found, "PBO", "high") == [0, 1, 0, 1]
    assert counts(found, "MSC", "") == [0, 0, 2, 2]
    assert counts(found, "MSC", "missing") == [0, 0, 1, 1]
    assert value(found, "percent", measure="laboratory shift", group="PBO", level="low", by_level="normal") == 50
    # which 2 of the 5 are MSC: low and normal 1 way, low and a high 3, normal and a high 3, two high 3 of 10; own 0.3
    assert value(found, "p_value", measure="fisher test") == pytest.approx(1.0)


def test_multiples_of_the_upper_limit_stand_beside(tmp_path):
    found = run(tmp_path)
    keys = {"measure": "times upper limit", "variable": "BILI", "group": "PBO"}
    assert value(found, "median", level="baseline", **keys) == 0.5
    assert [value(found, stat, level="worst", **keys) for stat in ("n", "min", "median", "max")] == [3, 0.5, 0.95, 1.5]


def test_shift_at_a_visit(tmp_path):
    found = run(tmp_path, to="visits", test="cmh", more='visits = ["D28"]')
    assert counts(found, "PBO", "normal", "D28") == [1, 1, 0, 2]
    assert counts(found, "MSC", "high", "D28") == [0, 0, 1, 1]
    # within baseline normal only PBO; within high one each: score of PBO less expected -1/2, variance 1/2 * 1/2
    keys = {"measure": "cmh test", "variable": "BILI"}
    assert (value(found, "statistic", **keys), value(found, "df", **keys)) == (pytest.approx(1.0), 1)


def test_visits_must_be_named(tmp_path):
    with pytest.raises(StudyError, match="to = 'visits' needs visit codes"):
        run(tmp_path, to="visits")


@pytest.fixture(scope="module")
def example():
    study = read_study(TEMPLATE / "study.toml")
    exports = read_exports(read_data_map(TEMPLATE / "data.toml", study), TEMPLATE, study)
    data = derive_analysis_data(exports, study)
    mine = [item for item in study.analyses if item.method.startswith("laboratory")]
    return data, analyse_study(study.model_copy(update={"analyses": tuple(mine)}), data).frame


def after_baseline(frame):
    """Rows of ADTOX or ADLEV of the treated, after the origin and before any transplantation."""
    return frame[(frame["POSTFL"] == "Y") & (frame["AFTLTFL"] == "N")]


def test_grades_of_the_example_recounted(example):
    data, found = example
    adtox = data.datasets["ADTOX"]
    worst = after_baseline(adtox).groupby(["ATOXTERM", "USUBJID"])["ATOXGRN"].max().unstack(0)
    start = adtox.groupby(["ATOXTERM", "USUBJID"])["BTOXGR"].first().unstack(0)
    for term in ("Blood bilirubin increased", "Platelet count decreased", "Hyponatremia", "INR increased"):
        table = pd.crosstab(start[term], worst[term])
        assert table.to_numpy().sum() == 10
        for before in range(5):
            for after in range(5):
                keys = {"variable": term, "level": str(after), "by_level": str(before)}
                n = table.loc[before, after] if before in table.index and after in table.columns else 0
                assert value(found, "n", analysis_id="laboratory_grade_shift", **keys) == n


def test_levels_of_the_example_recounted(example):
    data, found = example
    adlb = data.datasets["ADLB"]
    rows = adlb[(adlb["AFUDY"] > 0) & (adlb["AFTLTFL"] == "N") & adlb["AVAL"].notna()]
    limits = {("PLAT", "low"): (140, 125, 100), ("SODIUM", "low"): (132, 130, 125), ("ALB", "low"): (31, 25, 20)}
    for (code, side), bounds in limits.items():
        lowest = rows[rows["PARAMCD"] == code].groupby("USUBJID")["AVAL"].min()
        for level, bound in enumerate(bounds, start=1):
            keys = {"variable": code, "by_level": side, "level": f"level {level}"}
            assert value(found, "n", analysis_id="laboratory_levels", **keys) == (lowest < bound).sum()
    alt = rows[rows["PARAMCD"] == "ALT"]
    highest = (alt["AVAL"] / alt["ANRHI"]).groupby(alt["USUBJID"]).max()
    keys = {"analysis_id": "laboratory_levels", "variable": "ALT", "by_level": "high", "level": "level 2"}
    assert value(found, "n", **keys) == (highest > 5).sum() > 1


def test_only_flagged_records_count_where_the_study_says_so(tmp_path):
    study, data = make_parallel(
        tmp_path, "laboratory shift", more=MORE.format(to="worst", test="fisher", more="").replace("all", "analysed"),
        ADLB=labs(VALUES, ["N" if day == 7 else "Y" for _, day, _ in VALUES]),
    )  # fmt: skip
    assert counts(analyse_study(study, data).frame, "PBO", "normal") == [1, 1, 0, 2]
