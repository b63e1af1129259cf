"""The generated files of the shipped templates are what the code of today writes."""

import shutil

import pandas as pd
import pytest

from hepatrial.contracts import STANDARD_TABLES
from hepatrial.simulate import write_template_files
from hepatrial.simulate.template_files import EXAMPLES
from hepatrial.study import is_blind, read_data_map, read_study, templates_dir

TEMPLATE = "nct06904755"
LIMIT = 1_000_000
"""Bytes of one file; an example as a whole stays below it too."""


@pytest.fixture(scope="module")
def rewritten(tmp_path_factory):
    folder = tmp_path_factory.mktemp("templates")
    for template in EXAMPLES:
        (folder / template).mkdir()
        for name in ("study.toml", "data.toml"):
            shutil.copy(templates_dir() / template / name, folder / template / name)
    return folder, write_template_files(folder)


def read_definitions(template):
    study = read_study(templates_dir() / template / "study.toml")
    return study, read_data_map(templates_dir() / template / "data.toml", study)


def test_the_committed_files_are_fresh(rewritten):
    folder, paths = rewritten
    n_sources = sum(len(read_definitions(template)[1].sources) for template in EXAMPLES)
    n_keys = sum(is_blind(read_definitions(template)[0]) for template in EXAMPLES)
    n_sealed = 2 * n_keys  # while a study is blind, subjects and treatments have a sealed blank table too
    assert len(paths) == n_sources + n_keys + n_sealed + len(EXAMPLES) * (len(STANDARD_TABLES) + 1)
    stale = [
        str(path.relative_to(folder))
        for path in paths
        if (templates_dir() / path.relative_to(folder)).read_bytes() != path.read_bytes()
    ]
    assert not stale, f"run python -m hepatrial.simulate: {stale}"


@pytest.mark.parametrize("template", EXAMPLES)
def test_an_example_is_small(template):
    assert sum(path.stat().st_size for path in (templates_dir() / template / "example").rglob("*")) < LIMIT


def test_a_blank_table_has_the_columns_that_the_data_map_names():
    _, data_map = read_definitions(TEMPLATE)
    assert [source.table for source in data_map.sources] == list(STANDARD_TABLES)
    for source in data_map.sources:
        assert read_header(TEMPLATE, source.table) == list(source.columns.values()) == list(source.columns)
    unused = set(STANDARD_TABLES["subjects"].names) - set(read_header(TEMPLATE, "subjects"))
    assert unused == {"onset_date", "second_randomisation_date", "second_arm"}


@pytest.mark.parametrize("template", EXAMPLES)
def test_every_column_that_a_data_map_names_is_in_the_blank_table(template):
    for source in read_definitions(template)[1].sources:
        place = f"sealed/{source.table}" if source.sealed else source.table
        assert set(source.columns.values()) <= set(read_header(template, place)), place


def read_header(template, table):
    return (templates_dir() / template / "blank" / f"{table}.csv").read_text(encoding="utf-8").strip().split(",")


@pytest.mark.parametrize("template", EXAMPLES)
def test_an_example_says_that_it_is_simulated(template):
    assert read_definitions(template)[1].simulated
    assert "SIMULATED" in (templates_dir() / template / "example" / "README.md").read_text(encoding="utf-8")


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
