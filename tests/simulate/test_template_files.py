"""The generated files of the shipped templates are what the code of today writes."""

import shutil

import pandas as pd
import pytest

from hepatrial.contracts import STANDARD_TABLES
from hepatrial.simulate import write_template_files
from hepatrial.study import read_data_map, read_study, templates_dir

TEMPLATE = "nct06904755"


@pytest.fixture(scope="module")
def rewritten(tmp_path_factory):
    folder = tmp_path_factory.mktemp("templates")
    (folder / TEMPLATE).mkdir()
    for name in ("study.toml", "data.toml"):
        shutil.copy(templates_dir() / TEMPLATE / name, folder / TEMPLATE / name)
    return folder, write_template_files(folder)


def test_the_committed_files_are_fresh(rewritten):
    folder, paths = rewritten
    assert len(paths) == 2 * len(STANDARD_TABLES) + 1
    stale = [
        str(path.relative_to(folder))
        for path in paths
        if (templates_dir() / path.relative_to(folder)).read_bytes() != path.read_bytes()
    ]
    assert not stale, f"run python -m hepatrial.simulate: {stale}"


def test_a_blank_table_has_the_columns_that_the_data_map_names():
    study = read_study(templates_dir() / TEMPLATE / "study.toml")
    data_map = read_data_map(templates_dir() / TEMPLATE / "data.toml", study)
    assert [source.table for source in data_map.sources] == list(STANDARD_TABLES)
    for source in data_map.sources:
        header = (templates_dir() / TEMPLATE / "blank" / f"{source.table}.csv").read_text(encoding="utf-8").strip()
        assert header.split(",") == list(source.columns.values())
        assert list(source.columns) == list(STANDARD_TABLES[source.table].names)


def test_the_example_says_that_it_is_simulated():
    study = read_study(templates_dir() / TEMPLATE / "study.toml")
    assert read_data_map(templates_dir() / TEMPLATE / "data.toml", study).simulated
    assert "SIMULATED" in (templates_dir() / TEMPLATE / "example" / "README.md").read_text(encoding="utf-8")


def test_the_example_shows_what_the_report_must_handle():
    folder = templates_dir() / TEMPLATE / "example"
    table = {path.stem: pd.read_csv(path, dtype=str, keep_default_na=False) for path in folder.glob("*.csv")}
    outcomes = table["outcomes"]["outcome"].value_counts()
    assert (len(table["subjects"]), outcomes["death"], outcomes["transplant"], outcomes["withdrawal"]) == (10, 2, 1, 1)
    results = table["labs"]["result"]
    assert results.str.startswith("<").any()
    assert results.str.startswith(">").any()
    assert results.isin(["未查", "溶血"]).any()
    assert set(table["specimens"]["collected"]) == {"Y", "N"}
    assert (table["screening"]["outcome"] == "failed").any()
    assert (table["adverse_events"]["end_date"].str.len() == 7).any()
    assert table["treatments"]["completed"].eq("N").any()
    assert (table["eligibility"]["answer"] == "not met").sum() == 1
    assert len(table["device_deficiencies"]) > 0
