"""Every variable of every dataset as it is written has a label that XPT holds, the study's own columns included."""

import json

import pyreadstat
import pytest

from hepatrial.contracts import ADAM_DATASETS, OPTIONAL_DATASETS, find_label
from hepatrial.derive import derive_analysis_data
from hepatrial.report.analysis_files import write_analysis_files
from hepatrial.run import run_check
from hepatrial.study import templates_dir

FOLDER = templates_dir() / "nct06904755"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    checked = run_check(FOLDER / "study.toml", FOLDER)
    folder = tmp_path_factory.mktemp("made") / "data"
    study = checked.inputs.study
    write_analysis_files(derive_analysis_data(checked.exports, study), study, folder, ("xpt", "dataset-json"))
    return folder


def test_every_column_of_the_contracts_has_a_label_of_its_own():
    for name, spec in (ADAM_DATASETS | OPTIONAL_DATASETS).items():
        assert [column.name for column in spec.columns if find_label(name, column.name) is None] == []


def test_no_label_in_a_transport_file_is_empty_or_too_long(written):
    files = sorted(written.glob("*.xpt"))
    assert {file.stem.upper() for file in files} == {*ADAM_DATASETS, *OPTIONAL_DATASETS}
    for file in files:
        _, meta = pyreadstat.read_xport(file, metadataonly=True)
        for name, label in zip(meta.column_names, meta.column_labels, strict=True):
            assert label, (file.name, name)
            assert len(label.encode("ascii")) <= 40, (file.name, name, label)
        assert meta.file_label or meta.table_name


def test_the_study_s_own_flag_has_its_label_and_both_forms_agree(written):
    _, meta = pyreadstat.read_xport(written / "adsl.xpt", metadataonly=True)
    labels = dict(zip(meta.column_names, meta.column_labels, strict=True))
    assert labels["EVAL28FL"] == "Evaluable at day 28"
    columns = json.loads((written / "adsl.json").read_text(encoding="utf-8"))["columns"]
    assert {column["name"]: column["label"] for column in columns}["EVAL28FL"] == "Evaluable at day 28"
