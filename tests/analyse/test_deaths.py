"""Deaths and medications: by hand, and the example recounted from its export."""

from pathlib import Path

import pandas as pd

from analysis_factory import ORIGIN, value
from hepatrial.analyse import analyse_study
from hepatrial.derive import derive_analysis_data
from hepatrial.load import read_exports
from hepatrial.study import read_data_map, read_study
from parallel_factory import SUBJECTS, make_parallel

TEMPLATE = Path(__file__).parents[2] / "data_templates" / "nct06904755"
DAY = pd.Timedelta(days=1)


def test_deaths_by_hand(tmp_path):
    study, data = make_parallel(tmp_path, "deaths", more="conf_level = 0.95\nwithin_days = [7]")
    n = len(SUBJECTS["USUBJID"])
    changed = data.datasets["ADSL"].assign(
        DTHFL=["Y", "Y", "N", "N", "Y", "N", "N", "N"], TRTEDT=pd.Series([ORIGIN] * n),
        DTHDT=pd.to_datetime(pd.Series([ORIGIN + 7 * DAY, ORIGIN + 8 * DAY, None, None, ORIGIN + DAY, *[None] * 3])),
        LTDT=pd.to_datetime(pd.Series([None, ORIGIN + 2 * DAY, *[None] * 6])),
        DTHCAUS=["sepsis", None, None, None, "sepsis", None, None, None],
    )  # fmt: skip
    found = analyse_study(study, type(data)({**data.datasets, "ADSL": changed}, data.ledger, data.as_of)).frame
    keys = {"measure": "deaths", "group": "PBO"}
    assert value(found, "n", variable="all", **keys) == 2
    assert value(found, "percent", variable="all", **keys) == 50
    assert value(found, "n", variable="within days", level="7", **keys) == 1
    assert value(found, "n", variable="after transplantation", **keys) == 1
    assert value(found, "n", variable="cause", level="not recorded", **keys) == 1
    assert value(found, "n", variable="cause", level="sepsis", measure="deaths", group="MSC") == 1
    assert value(found, "n", variable="cause", level="not recorded", measure="deaths", group="MSC") == 0


def test_deaths_and_medications_of_the_example_recounted():
    study = read_study(TEMPLATE / "study.toml")
    exports = read_exports(read_data_map(TEMPLATE / "data.toml", study), TEMPLATE, study)
    mine = tuple(item for item in study.analyses if item.method in ("deaths", "medications"))
    found = analyse_study(study.model_copy(update={"analyses": mine}), derive_analysis_data(exports, study)).frame
    tables = {
        name: pd.read_csv(TEMPLATE / "example" / f"{name}.csv", dtype=str) for name in ("medications", "treatments")
    }
    treated = tables["treatments"]["subject_id"].unique()
    given = tables["medications"][tables["medications"]["subject_id"].isin(treated)]
    for kind, rows in given.groupby("kind"):
        keys = {"measure": "medications", "level": kind}
        assert value(found, "n", by_level="", **keys) == rows["subject_id"].nunique()
        for name, few in rows.groupby("name"):
            assert value(found, "n", by_level=name, **keys) == few["subject_id"].nunique()
    assert value(found, "n", measure="deaths", variable="all") == 2
