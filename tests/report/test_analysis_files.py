"""data/: every dataset of the example and of the Mayo study read back by our own readers, cell by cell."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis_factory import make_data
from hepatrial.contracts import ADAM_DATASETS, OPTIONAL_DATASETS, find_label
from hepatrial.derive import derive_analysis_data
from hepatrial.errors import ReportError
from hepatrial.load import adam
from hepatrial.report.analysis_files import split_texts, write_analysis_files
from hepatrial.report.dataset_json import format_dataset_json
from hepatrial.report.variables import describe_variables
from hepatrial.run import run_check
from hepatrial.study import read_study
from study_factory import write_study

ROOT = Path(__file__).parents[2]
STUDIES = {
    "example": ("data_templates/nct06904755/study.toml", "data_templates/nct06904755"),
    "mayo-pbc": ("data_templates/mayo-pbc/study.toml", "tests/reference/mayo_pbc"),
}
BOTH = ("xpt", "dataset-json")


@pytest.fixture(scope="module", params=STUDIES)
def written(request, tmp_path_factory):
    study_path, data_path = (ROOT / path for path in STUDIES[request.param])
    checked = run_check(study_path, data_path)
    study = checked.inputs.study
    data = derive_analysis_data(checked.exports, study)
    folder = tmp_path_factory.mktemp(request.param) / "data"
    write_analysis_files(data, study, folder, BOTH)
    return study, data, folder


def expected(frame, variables, *, blank_is_missing):
    """The dataset as a reader of either form must find it."""
    columns = {}
    for item in variables:
        values = frame[item.name]
        if item.type == "time":
            values = values.map(lambda text: text if text.count(":") == 2 else f"{text}:00", na_action="ignore")
        if item.type == "text" and blank_is_missing:
            values = values.map(lambda text: text.rstrip() or None, na_action="ignore")
        columns[item.name] = values.astype("object").where(values.notna(), None) if values.dtype == object else values
    return pd.DataFrame(columns)


def join_pieces(frame, names):
    """Texts over 200 bytes: NAME, NAME1, NAME2 joined again."""
    return frame.assign(**{
        first: frame[[first, *more]].fillna("").sum(axis=1).map(lambda text: text or None) for first, *more in names
    })  # fmt: skip


def pieces_of(folder, dataset):
    book = pd.read_csv(folder / "codebook.csv", dtype=str, keep_default_na=False)
    rows = book[(book["dataset"] == dataset) & book["notes"].str.contains("go on in")]
    notes = rows["notes"].str.extract(r"go on in ([A-Z0-9, ]+)")[0].str.split(", ")
    return [[name, *more] for name, more in zip(rows["variable"], notes, strict=True)]


def same_cells(found, wanted):
    assert len(found) == len(wanted)
    for name in wanted:
        left, right = found[name], wanted[name]
        if right.dtype == object:
            assert left.astype(object).where(left.notna(), None).tolist() == right.tolist(), name
        else:
            assert left.astype(right.dtype).equals(right.reset_index(drop=True)), name


def test_every_dataset_is_read_back_from_the_transport_files(written):
    study, data, folder = written
    for name, frame in data.datasets.items():
        found = adam.read_adam((folder / f"{name.lower()}.xpt").read_bytes(), name)
        assert found.cut == ""
        wanted = expected(frame, describe_variables(name, frame, study), blank_is_missing=True)
        assert found.frame.shape[1] == wanted.shape[1] + sum(len(names) - 1 for names in pieces_of(folder, name))
        same_cells(join_pieces(found.frame, pieces_of(folder, name)), wanted)


def test_every_dataset_is_read_back_from_dataset_json(written):
    study, data, folder = written
    for name, frame in data.datasets.items():
        found = adam.read_adam((folder / f"{name.lower()}.json").read_bytes(), name)
        wanted = expected(frame, describe_variables(name, frame, study), blank_is_missing=False)
        blank = [item.name for item in describe_variables(name, frame, study) if item.type == "text"]
        wanted = wanted.assign(**{column: wanted[column].replace("", None) for column in blank})  # our reader's rule
        same_cells(found.frame[list(wanted)], wanted)
        raw = json.loads((folder / f"{name.lower()}.json").read_text(encoding="utf-8"))
        text = [place for place, column in enumerate(raw["columns"]) if column["dataType"] == "string"]
        assert [[row[place] for place in text] for row in raw["rows"]] == [
            [None if pd.isna(cell) else cell for cell in row] for row in frame.iloc[:, text].itertuples(index=False)
        ]


def test_pandas_reads_the_transport_files_too(written):
    _, data, folder = written
    for name in ("ADSL", "ADTTE", "ADLB"):
        found = pd.read_sas(folder / f"{name.lower()}.xpt", format="xport", encoding="utf-8")
        assert found["USUBJID"].tolist() == data.datasets[name]["USUBJID"].tolist()
        number = "AGE" if name == "ADSL" else "AVAL"
        # pandas drops the last bit of some numbers and reads 0 as 5e-79; test_xport.py shows that the bytes are exact
        np.testing.assert_allclose(
            found[number].to_numpy(float), data.datasets[name][number].to_numpy(float), rtol=3e-16, atol=1e-78
        )


def test_dataset_json_has_what_the_standard_requires(written):
    _, data, folder = written
    for name, frame in data.datasets.items():
        raw = json.loads((folder / f"{name.lower()}.json").read_text(encoding="utf-8"))
        needed = {
            "datasetJSONCreationDateTime",
            "datasetJSONVersion",
            "itemGroupOID",
            "records",
            "name",
            "label",
            "columns",
        }
        assert needed <= set(raw)
        assert (raw["datasetJSONVersion"], raw["records"], len(raw["rows"])) == ("1.1.0", len(frame), len(frame))
        assert all({"itemOID", "name", "label", "dataType"} <= set(column) for column in raw["columns"])
        keys = {column["name"]: column["keySequence"] for column in raw["columns"] if "keySequence" in column}
        assert sorted(keys, key=keys.get) == list((ADAM_DATASETS | OPTIONAL_DATASETS)[name].key)


def test_the_same_data_give_the_same_bytes(written, tmp_path):
    study, data, folder = written
    write_analysis_files(data, study, tmp_path / "again", BOTH)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()
    }


def test_the_codebook_names_every_variable_with_where_it_comes_from(written):
    _, data, folder = written
    book = pd.read_csv(folder / "codebook.csv", dtype=str, keep_default_na=False)
    assert list(zip(book["dataset"], book["variable"], strict=True)) == [
        (name, column) for name, frame in data.datasets.items() for column in frame
    ]
    for column in ("label", "type", "length", "derivation", "source"):
        assert book[column].ne("").all(), column
    page = (folder / "codebook.html").read_text(encoding="utf-8")
    assert all(f'<h2 id="{name}">' in page for name in data.datasets)
    assert ("SIMULATED" in page) == data.simulated


@pytest.mark.parametrize("name", [*ADAM_DATASETS, *OPTIONAL_DATASETS])
def test_every_variable_of_the_contracts_fits_a_transport_file(name):
    for column in (ADAM_DATASETS | OPTIONAL_DATASETS)[name].columns:
        found = find_label(name, column.name)
        label, source = found or (column.name, "derived")  # without a label of its own it is shown by its description
        assert label.isascii()
        assert len(label) <= 40, (column.name, len(label))
        assert source
        assert column.description
        assert len(column.name) <= 8


def test_a_long_text_goes_on_in_further_variables_and_no_character_is_cut():
    long = "肝" * 66 + " ab" + "x" * 300  # the 200th byte falls into nothing but whole characters
    pieces = split_texts(pd.Series([long, "short", "a" * 199 + " b"]))
    assert len(pieces) == 3
    assert all(len(text.encode("utf-8")) <= 200 for piece in pieces for text in piece)
    assert ["".join(parts) for parts in zip(*pieces, strict=True)] == [long, "short", "a" * 199 + " b"]
    assert pieces[0][2] == "a" * 199
    assert pieces[1][2] == " b"  # a piece never ends in the blank that XPT would lose


def adverse_events(term, subject="S1"):
    source = {"SRCDOM": ["adverse_events"], "SRCVAR": ["start_date"], "SRCSEQ": [2.0], "SRCID": ["a" * 16]}
    return {"USUBJID": [subject], "AESEQ": [1.0], "AETERM": [term], **source}


def study_and_data(tmp_path, subject="S1", **datasets):
    return read_study(write_study(tmp_path)), make_data(ADSL={"USUBJID": [subject]}, **datasets)


def write_one(tmp_path, term, subject="S1"):
    study, data = study_and_data(tmp_path, subject, ADAE=adverse_events(term, subject))
    write_analysis_files(data, study, tmp_path / "data", BOTH)
    book = pd.read_csv(tmp_path / "data" / "codebook.csv", dtype=str, keep_default_na=False)
    notes = book[(book["dataset"] == "ADAE") & (book["variable"] == "AETERM")]["notes"].item()
    return notes, [(tmp_path / "data" / name).read_bytes() for name in ("adae.xpt", "adae.json")]


def test_a_number_of_a_person_is_masked_in_every_form_and_the_codebook_says_so(tmp_path):
    notes, files = write_one(tmp_path, "fever, call 13912345678")
    assert notes == "1 texts that may say who a person is are masked"
    assert not any(b"13912345678" in content for content in files)


def test_a_subject_identifier_that_says_who_the_subject_is_stops_the_files(tmp_path):
    with pytest.raises(ReportError, match="ADSL.USUBJID holds a Chinese identity number"):
        write_one(tmp_path, "fever", subject="11010519491231002X")


def test_a_long_term_is_whole_in_both_forms(tmp_path):
    term = "很长的不良事件描述 " * 12
    notes, files = write_one(tmp_path, term)
    assert notes == "XPT: texts over 200 bytes go on in AETERM1; XPT: UTF-8"
    found = adam.read_adam(files[0], "adae").frame
    assert found["AETERM"][0] + found["AETERM1"][0] == term.rstrip()
    assert json.loads(files[1])["rows"][0][3] == term


def test_columns_that_the_data_do_not_have_are_left_out(tmp_path):
    study, data = study_and_data(tmp_path)
    hidden = replace(data, absent={"ADSL": ("ARM", "TRT01P")})
    write_analysis_files(hidden, study, tmp_path / "data", BOTH)
    raw = json.loads((tmp_path / "data" / "adsl.json").read_text(encoding="utf-8"))
    assert not {"ARM", "TRT01P"} & {column["name"] for column in raw["columns"]}
    book = pd.read_csv(tmp_path / "data" / "codebook.csv", dtype=str, keep_default_na=False)
    assert not (book["variable"].isin(["ARM", "TRT01P"]) & (book["dataset"] == "ADSL")).any()


def test_only_the_form_asked_for_is_written(tmp_path):
    study, data = study_and_data(tmp_path)
    write_analysis_files(data, study, tmp_path / "data", ("xpt",))
    assert {path.suffix for path in (tmp_path / "data").iterdir()} == {".xpt", ".csv", ".html"}


def test_a_number_that_json_cannot_hold_is_an_error(tmp_path):
    study = read_study(write_study(tmp_path))
    variables = tuple(item for item in describe_variables("ADSL", pd.DataFrame({"AGE": [1.0]}), study))
    with pytest.raises(ReportError, match="variable AGE: an infinite number"):
        format_dataset_json(
            pd.DataFrame({"AGE": [np.inf]}), variables, study, name="ADSL", label="x", created=date(2025, 1, 1)
        )
