"""Commands beside report: interim, verify, trace, compare, simulate, validate, decisions."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hepatrial.compare import compare_reports
from hepatrial.errors import ReportError
from hepatrial.run import run_check, run_report
from hepatrial.trace import trace_result
from hepatrial.validation import CASES, run_cases
from hepatrial.verify import verify_report

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "data_templates" / "nct06904755"
STUDY = TEMPLATE / "study.toml"
CUT = "2024-09-01"


def hepatrial(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "analysis")}
    command = [sys.executable, "-m", "hepatrial", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def reports(tmp_path_factory) -> tuple[Path, Path]:
    """An interim report and the final one."""
    folder = tmp_path_factory.mktemp("reports")
    options = ("--formats", "html", "--quiet", "--out")
    cut = hepatrial("interim", STUDY, TEMPLATE, "--cutoff", CUT, *options, folder / "cut", cwd=folder)
    assert cut.returncode == 0, cut.stderr
    run_report(STUDY, TEMPLATE, folder / "final", formats=("html",))
    return folder / "cut", folder / "final"


def results(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "results.csv", keep_default_na=False)


def test_the_cut_knows_nothing_after_its_date(reports):
    manifest = json.loads((reports[0] / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["data"]["cutoff"] == CUT
    treatments = pd.read_csv(TEMPLATE / "example" / "treatments.csv")
    first = treatments.groupby("subject_id")["start_date"].min()
    rows = results(reports[0])
    n = rows[(rows["analysis_id"] == "os_km") & (rows["variable"] == "N")]["value"].astype(float)
    assert float(n.iloc[0]) == (first <= CUT).sum() < len(first)


def test_a_report_is_made_again_byte_for_byte_and_a_changed_one_is_told(reports, tmp_path):
    assert verify_report(reports[0], STUDY, TEMPLATE) == []
    copy = Path(shutil.copytree(reports[0], tmp_path / "copy"))
    (copy / "findings.csv").write_text("nothing\n", encoding="utf-8")
    assert verify_report(copy, STUDY, TEMPLATE) == ["differs: findings.csv"]


def test_a_number_is_traced_to_its_lines(reports):
    rows = results(reports[1])
    keys = {"analysis_id": "os_km", "measure": "survival", "stat": "estimate", "level": ""}
    for key, value in keys.items():
        rows = rows[rows[key] == value]
    found = trace_result(reports[1], rows["result_id"].iloc[0])
    assert found.formula
    assert found.rule.startswith("FASFL is Y") or found.rule.startswith("SAFFL is Y")
    assert set(found.records["USUBJID"]) == {f"S{n:03d}" for n in range(1, 11)}
    death = found.records[found.records["USUBJID"] == "S002"].iloc[0]
    lines = (TEMPLATE / death["file"]).read_text(encoding="utf-8").splitlines()
    assert lines[death["line"] - 1].startswith("S002,death,")


def test_an_id_that_no_result_has_is_an_error(reports):
    with pytest.raises(ReportError, match="0 results have an id"):
        trace_result(reports[1], "zz")
    with pytest.raises(ReportError, match=r"holds no readable manifest\.json"):
        trace_result(reports[1].parent, "a")


def test_the_comparison_names_every_changed_number_and_its_new_records(reports):
    changes = compare_reports(*reports).results
    frames = [results(folder).set_index("result_id")["value"] for folder in reports]
    old, new = (pd.to_numeric(frame) for frame in frames)
    both = old.index.intersection(new.index)
    differ = both[~np.isclose(old[both], new[both], rtol=1e-8, atol=0, equal_nan=True)]
    assert len(differ) > 100
    assert set(differ) <= set(changes["result_id"])
    assert set(changes[changes["change"] == "added"]["result_id"]) == set(new.index) - set(old.index)
    n = changes[(changes["analysis_id"] == "os_km") & (changes["variable"] == "N")].iloc[0]
    assert len(n["records_new"].split(";")) >= n["new_value"] - n["old_value"] > 0
    assert compare_reports(reports[1], reports[1]).is_empty


def test_a_decision_lets_a_finding_through_and_is_told(tmp_path):
    copy = Path(shutil.copytree(TEMPLATE, tmp_path / "study"))
    path = copy / "example" / "outcomes.csv"
    rows = path.read_text(encoding="utf-8").splitlines()
    number = next(n for n, row in enumerate(rows) if ",death," in row)
    rows[number] = ",".join([*rows[number].split(",")[:2], "2020-01-01", *rows[number].split(",")[3:]])
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    findings = run_check(copy / "study.toml", copy).findings.frame
    (blocking,) = findings[findings["severity"] == "error"].to_dict("records")
    decision = f"{blocking['finding_id']},accept,,,,site confirms <b>1999</b>,AB,2025-07-01"
    lines = ["id,action,column,seen,value,reason,who,date", decision]
    (copy / "decisions.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    checked = run_check(copy / "study.toml", copy)
    assert list(checked.decisions["status"]) == ["applied"]
    assert checked.findings.at_or_above("error").empty
    run_report(copy / "study.toml", copy, tmp_path / "out", formats=("html",))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert f"Applied: accept, {blocking['finding_id']}. site confirms &lt;b&gt;1999&lt;/b&gt; (AB, 2025-07-01)" in page


def test_findings_are_written_for_the_site_and_over_nothing(tmp_path):
    run = hepatrial("check", STUDY, TEMPLATE, "--out", tmp_path / "list", "--quiet", cwd=tmp_path)
    assert run.returncode == 0
    table = pd.read_csv(tmp_path / "list" / "findings.csv")
    page = (tmp_path / "list" / "findings.html").read_text(encoding="utf-8")
    assert len(table) == len(run.stdout.splitlines())
    assert all(identity in page for identity in table["finding_id"])
    assert "SIMULATED" in page
    assert hepatrial("check", STUDY, TEMPLATE, "--out", tmp_path / "list", cwd=tmp_path).returncode == 2


def test_a_simulated_export_checks_and_an_existing_folder_is_left_alone(tmp_path):
    run = hepatrial("simulate", STUDY, TEMPLATE, tmp_path / "sim", "--n", 12, "--seed", 5, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert hepatrial("check", STUDY, tmp_path / "sim", cwd=tmp_path).returncode == 0
    again = hepatrial("simulate", STUDY, TEMPLATE, tmp_path / "sim", cwd=tmp_path)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_every_shipped_reference_number_is_met():
    """Worked by hand and printed; the packs' cases have a test each (tests/estimate/test_reference_survival.py)."""
    outcomes = run_cases()
    assert [case.id for case in outcomes] == [case.id for case in CASES]
    assert [case for case in outcomes if not case.passed] == []


def test_a_wrong_number_fails_the_validation(monkeypatch):
    case = CASES[0]
    monkeypatch.setitem(case.expected, "S(5)", 0.71)  # a plain dict behind the Mapping
    assert not run_cases()[0].passed
