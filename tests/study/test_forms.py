"""Blank tables and the REDCap project of a study: what is exported from them reads back without a hand-written map."""

import csv
import io

import pandas as pd
import pytest

from hepatrial.contracts import RECORD_COLUMNS, STANDARD_TABLES
from hepatrial.load import read_exports
from hepatrial.study import read_data_map, read_study, templates_dir, write_forms
from hepatrial.study.redcap_dictionary import EXPORT, RECORD, field_name, format_redcap_dictionary, own_columns, repeats

TEMPLATE = templates_dir() / "nct06904755"
STRUCTURE = [RECORD, "redcap_repeat_instrument", "redcap_repeat_instance"]


@pytest.fixture(scope="module")
def study():
    return read_study(TEMPLATE / "study.toml")


@pytest.fixture(scope="module")
def example():
    """The example's files as text, by table."""
    return {
        spec.name: pd.read_csv(TEMPLATE / "example" / f"{spec.name}.csv", dtype=str, keep_default_na=False)
        for spec in STANDARD_TABLES.values()
    }


def read(study, folder, name):
    path = folder / name
    path.write_text(path.read_text(encoding="utf-8").replace("2000-01-01", "2025-06-30"), encoding="utf-8")
    return read_exports(read_data_map(path, study), folder, study)


def redcap_export(example, study):
    """One raw export: a base row a subject, and one row for each record of a repeating instrument."""
    rows = []
    for spec in STANDARD_TABLES.values():
        for place, row in enumerate(example[spec.name].to_dict("records"), start=1):
            fields = {field_name(spec, column): row[column.name] for column in own_columns(spec, study)}
            instance = {STRUCTURE[1]: spec.name, STRUCTURE[2]: str(place)} if repeats(spec) else {}
            rows.append({RECORD: row["subject_id"] or row["screening_id"], **instance, **fields})
    return pd.DataFrame(rows).fillna("")


def content(exports, name):
    """Cells of a table but for the reason of a missing value, of which the example's own map names two in Chinese."""
    frame = exports.tables[name].drop(columns=[*RECORD_COLUMNS, "missing_reason"], errors="ignore")
    return frame.astype(str).sort_values(list(frame.columns)).reset_index(drop=True)


def test_every_variable_is_one_that_redcap_takes(study):
    rows = list(csv.DictReader(io.StringIO(format_redcap_dictionary(study))))
    names = [row["Variable / Field Name"] for row in rows]
    assert len(names) == len(set(names))
    assert all(len(name) <= 26 and name.replace("_", "a").isalnum() and name == name.lower() for name in names)
    assert len({row["Field Label"] for row in rows}) == len(rows)
    arm = next(row for row in rows if row["Variable / Field Name"].endswith("_arm"))
    assert arm["Choices, Calculations, OR Slider Labels"] == "MSCR, MSCR"


@pytest.mark.parametrize("how", ["blank tables", "REDCap"])
def test_an_export_of_the_forms_reads_back_as_the_example_does(study, example, tmp_path, how):
    write_forms(study, tmp_path)
    if how == "REDCap":
        redcap_export(example, study).to_csv(tmp_path / EXPORT, index=False)
        got = read(study, tmp_path, "data.redcap.toml")
    else:
        for name, frame in example.items():
            frame.to_csv(tmp_path / "blank" / f"{name}.csv", index=False)
        got = read(study, tmp_path, "data.toml")
    want = read_exports(read_data_map(TEMPLATE / "data.toml", study), TEMPLATE, study)
    assert want.tables.keys() == got.tables.keys()
    for name in want.tables:
        pd.testing.assert_frame_equal(content(got, name), content(want, name))
    noise = {"file-detected"}
    assert set(got.findings.frame["rule"]) - noise <= set(want.findings.frame["rule"])


def test_a_data_map_of_yours_is_never_overwritten(study, tmp_path):
    (tmp_path / "data.toml").write_text("mine", encoding="utf-8")
    write_forms(study, tmp_path)
    assert (tmp_path / "data.toml").read_text(encoding="utf-8") == "mine"
