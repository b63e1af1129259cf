"""What a user reads after a mistake: one sentence that names the place and says what to do; never a traceback."""

import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from hepatrial.contracts import Findings, make_finding
from hepatrial.errors import DeriveError, HepatrialError, LoadError, StudyError
from hepatrial.load import propose_data_map, read_findings, read_key
from hepatrial.run import describe_findings, run_check, run_report
from hepatrial.study import read_data_map, read_study

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "data_templates" / "nct06904755"
STUDY = TEMPLATE / "study.toml"


@pytest.fixture
def folder(tmp_path) -> Path:
    return Path(shutil.copytree(TEMPLATE, tmp_path / "study"))


def fatal(folder: Path) -> list[str]:
    """The fatal findings of a check, as a terminal shows them."""
    return [line for line in describe_findings(run_check(STUDY, folder).findings) if line.startswith("fatal")]


def reencode(encoding: str, mark: str):
    return lambda text: text.replace(",", mark).encode(encoding)


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (reencode("utf-8", ";"), "it has subject_id;date;status;source. Its fields look separated otherwise: write "
                                 "delimiter = ';'"),
        (lambda text: f"Vital status of all,,,\n{text}".encode(), "They stand in line 2: write header_row = 2"),
    ],
)  # fmt: skip
def test_a_header_that_is_not_found_is_looked_for(folder, change, hint):
    path = folder / "example" / "vital_status.csv"
    path.write_bytes(change(path.read_text(encoding="utf-8")))
    assert all(line.endswith(hint) for line in fatal(folder))
    assert len(fatal(folder)) == 4


def test_a_workbook_whose_first_sheet_is_another_says_so(folder):
    labs = pd.read_csv(folder / "example" / "labs.csv", dtype=str, keep_default_na=False).head(5)
    with pd.ExcelWriter(folder / "example" / "labs.xlsx") as book:
        pd.DataFrame({"about": ["x"]}).to_excel(book, sheet_name="Info", index=False)
        labs.to_excel(book, sheet_name="Labs", index=False)
    data = folder / "data.toml"
    data.write_text(data.read_text(encoding="utf-8").replace("example/labs.csv", "example/labs.xlsx"), encoding="utf-8")
    assert fatal(folder)[0].endswith("This is sheet 'Info' of 2 sheets: name the right one with sheet =")


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030"])
def test_a_file_in_another_encoding_is_told_which(folder, encoding):
    path = folder / "example" / "labs.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    with pytest.raises(LoadError, match=rf"labs.csv, line \d: .* write encoding = '{encoding}' for it in data.toml"):
        run_check(STUDY, folder)


def test_a_quotation_mark_without_end_is_named(folder):
    path = folder / "example" / "labs.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("\nS002", '\n"S002', 1), encoding="utf-8")
    (line,) = fatal(folder)
    assert re.match(r"fatal: example/labs.csv, line \d+, column \(row\): .* or a quotation mark has no end", line)


def test_subjects_without_a_row_name_their_file(folder):
    path = folder / "example" / "subjects.csv"
    path.write_text(path.read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8")
    assert fatal(folder)[-1] == (
        "fatal: there is not one subject: example/subjects.csv must have a row for each patient"
    )


def test_a_finding_shows_the_cell_and_the_worst_come_last():
    rows = [
        make_finding("unit-unknown", "error", "is no unit known", file="a.csv", line=2, column="unit", raw="furlong"),
        make_finding("date-partial", "warning", "partial date", file="b.csv", line=3, column="day", raw="9" * 99),
        make_finding("identifier", "fatal", "may hold a name", file="a.csv", line=2, column="name", raw="L…"),
    ]
    assert describe_findings(Findings.from_rows(rows)) == [
        f"warning: b.csv, line 3, column day: partial date (found '{'9' * 60}…')",
        "error: a.csv, line 2, column unit: is no unit known (found 'furlong')",
        "fatal: a.csv, line 2, column name: may hold a name",
    ]


def test_a_data_cut_before_the_first_patient_is_refused(tmp_path):
    with pytest.raises(DeriveError, match="nobody was in the study yet at the data cut 2001-01-01: give a later day"):
        run_report(STUDY, TEMPLATE, tmp_path / "out", cutoff=date(2001, 1, 1), formats=("html",))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda folder: read_study(folder), "is a folder; give the path of the study.toml in it"),
        (lambda folder: read_study(folder / "data.toml"), "give study.toml first, then data.toml"),
        (lambda folder: read_data_map(folder / "study.toml"), "give study.toml first, then data.toml"),
        (lambda folder: read_key(folder / "key.csv", read_study(STUDY)), "there is no such file; the key is a CSV"),
        (lambda folder: read_findings(folder / "findings.csv"), "holds no findings.csv; give the folder of an earlier"),
        (lambda folder: propose_data_map(folder / "no", read_study(STUDY)), "there is no such folder"),
    ],
)
def test_a_wrong_path_is_told_in_one_sentence(folder, call, message):
    with pytest.raises(HepatrialError, match=message):
        call(folder)


def test_a_line_that_is_no_toml_is_shown(folder):
    data = folder / "data.toml"
    text = data.read_text(encoding="utf-8").replace("example/labs.csv", "C:\\Users\\labs.csv")
    data.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as raised:
        read_data_map(data)
    assert r'file = "C:\Users\labs.csv"; in double quotes a backslash starts a sign' in str(raised.value)


def test_a_folder_that_is_no_export_makes_no_study(tmp_path):
    command = [sys.executable, "-m", "hepatrial", "init", "blank", "new", "--from-export", "nothing"]
    environment = {"PYTHONPATH": str(ROOT / "analysis")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "hepatrial: nothing: there is no such folder; give the one that holds your export\n"
    assert not (tmp_path / "new").exists()
