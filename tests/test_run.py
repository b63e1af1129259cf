"""The whole run on the shipped example: files in, report out, and what stops it."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from hepatrial.cli import app
from hepatrial.errors import FindingsError
from hepatrial.run import run_report
from hepatrial.study import read_study

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "data_templates" / "nct06904755"


def hepatrial(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "analysis")} | env
    command = [sys.executable, "-m", "hepatrial.cli", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def study(tmp_path) -> Path:
    """A copy of the template that a test may spoil."""
    return Path(shutil.copytree(TEMPLATE, tmp_path / "study"))


def change(path: Path, line: int, old: str, new: str) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")
    assert old in lines[line - 1], lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new)
    path.write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "report"
    run_report(TEMPLATE / "study.toml", TEMPLATE, folder)
    return folder


@pytest.fixture(scope="module")
def results(report) -> pd.DataFrame:
    return pd.read_csv(report / "results.csv", keep_default_na=False)


def test_every_endpoint_of_the_record_has_rows(results):
    endpoints = {endpoint.id for endpoint in read_study(TEMPLATE / "study.toml").endpoints}
    assert endpoints <= set(results["endpoint"])


def test_the_primary_endpoint_recounted_by_hand(results):
    """Straight from the export: deaths by follow-up day 28 of the ten treated patients, nobody lost before."""
    example = TEMPLATE / "example"
    treatments = pd.read_csv(example / "treatments.csv")
    origin = pd.to_datetime(treatments.groupby("subject_id")["start_date"].min())
    outcomes = pd.read_csv(example / "outcomes.csv")
    deaths = pd.to_datetime(outcomes[outcomes["outcome"] == "death"].set_index("subject_id")["date"])
    days = (deaths - origin).dropna().dt.days
    primary = next(e for e in read_study(TEMPLATE / "study.toml").endpoints if e.role == "primary")
    rows = results[(results["endpoint"] == primary.id) & (results["measure"] == "survival")]
    estimate = rows[(rows["stat"] == "estimate") & (rows["level"] == "")]
    assert len(estimate) == 1
    assert float(estimate["value"].iloc[0]) == pytest.approx(1 - (days <= 28).sum() / len(origin), rel=1e-12)


def test_no_p_value_in_a_single_arm_study(results):
    assert "p_value" not in set(results["stat"])


def test_every_result_but_counts_names_its_source(results, report):
    sources = pd.read_parquet(report / "sources.parquet")
    used = set(results["source_id"]) - {""}
    assert used <= set(sources["source_id"])
    values = results[results["stat"].isin(["estimate", "median", "mean"])]
    assert (values["source_id"] != "").all()


def test_the_same_data_give_the_same_bytes(report, tmp_path):
    """By another checkout in another folder, user, time zone, locale and hash seed, with two processes for one."""
    copy = shutil.copytree(TEMPLATE, tmp_path / "elsewhere")
    code = shutil.copytree(ROOT / "analysis", tmp_path / "another checkout", ignore=shutil.ignore_patterns("*.pyc"))
    run = hepatrial(
        "report", str(copy / "study.toml"), str(copy), "--out", "again", "--quiet", "--workers", "2", "--json",
        cwd=tmp_path, PYTHONPATH=str(code), HOME=str(tmp_path), USER="nobody", LOGNAME="nobody",
        TZ="Asia/Shanghai", LC_ALL="C", PYTHONHASHSEED="7",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert hashes(tmp_path / "again") == hashes(report)
    summary = json.loads(run.stdout)
    assert summary["n_subjects"] == 10
    assert summary["exit_code"] == summary["n_qc_disagreements"] == 0
    assert sum(summary["not_estimable"].values()) == summary["n_not_estimable"] > 0
    assert summary["page"] == str(Path("again") / "report.html")


def test_the_manifest_holds_the_hash_of_every_input_and_output(report):
    manifest = json.loads((report / "manifest.json").read_text(encoding="utf-8"))
    found = {name: digest for name, digest in hashes(report).items() if name != "manifest.json"}
    assert manifest["outputs"] == found
    study_hash = hashlib.sha256((TEMPLATE / "study.toml").read_bytes()).hexdigest()
    assert manifest["inputs"]["study.toml"] == study_hash
    labs = hashlib.sha256((TEMPLATE / "example" / "labs.csv").read_bytes()).hexdigest()
    assert manifest["data_files"]["example/labs.csv"] == labs


def test_a_second_run_replaces_the_first(report):
    before = hashes(report)
    (report / "left-over.txt").write_text("old", encoding="utf-8")
    run_report(TEMPLATE / "study.toml", TEMPLATE, report)
    assert hashes(report) == before


def test_a_killed_run_leaves_the_old_report_whole(report):
    before = hashes(report)
    command = [sys.executable, "-m", "hepatrial.cli", "report", str(TEMPLATE / "study.toml"), str(TEMPLATE)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "analysis")}
    with subprocess.Popen([*command, "--out", str(report)], env=environment, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if b"Writing" in line:
                break
        time.sleep(0.3)
        process.kill()
    assert hashes(report) == before


def test_a_folder_that_is_not_ours_is_not_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    run = hepatrial("report", str(TEMPLATE / "study.toml"), str(TEMPLATE), "--out", "mine", cwd=tmp_path)
    assert run.returncode == 2
    assert "mine" in run.stderr
    assert (tmp_path / "mine" / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_three_faults_are_listed_and_the_exit_code_is_2(study, tmp_path):
    text = (study / "study.toml").read_text(encoding="utf-8")
    text = text.replace('masking = "open"', 'masking = "opened"', 1).replace("planned_n = 10", "planned_n = 0", 1)
    text = text.replace("study_end_day", "study_end", 1)
    (study / "study.toml").write_text(text, encoding="utf-8")
    run = hepatrial("report", str(study / "study.toml"), str(study), cwd=tmp_path)
    assert run.returncode == 2
    for path in ("design.masking", "design.planned_n", "time.study_end"):
        assert path in run.stderr
    assert not (tmp_path / "reports").exists()


def refused(study: Path, out: Path) -> str:
    with pytest.raises(FindingsError) as caught:
        run_report(study / "study.toml", study, out)
    assert caught.value.exit_code == 1
    assert not out.exists()
    return str(caught.value)


def test_a_missing_file_is_one_clear_finding(study, tmp_path):
    (study / "example" / "outcomes.csv").unlink()
    message = refused(study, tmp_path / "out")
    (finding,) = message.splitlines()[1:]
    assert "example/outcomes.csv" in finding


def test_a_cut_off_file_is_one_clear_finding(study, tmp_path):
    path = study / "example" / "adverse_events.csv"
    text = path.read_text(encoding="utf-8").rstrip("\n")
    path.write_text(text[: text.rindex("\n") + 12], encoding="utf-8")
    last = text.count("\n") + 1
    message = refused(study, tmp_path / "out")
    assert "adverse_events.csv" in message
    assert f"line {last}" in message
    assert len(message.splitlines()) == 2


def test_a_death_before_enrolment_is_one_clear_finding(study, tmp_path):
    path = study / "example" / "outcomes.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    number, row = next((n, line) for n, line in enumerate(lines, 1) if ",death," in line)
    died = row.split(",")[2]
    change(path, number, died, "2020-01-01")
    message = refused(study, tmp_path / "out")
    (finding,) = message.splitlines()[1:]
    assert f"outcomes.csv, line {number}, column date" in finding


COMMANDS = [
    "init",
    "study",
    "check",
    "report",
    "figures",
    "interim",
    "interim-closed",
    "decrypt",
    "lock",
    "verify",
    "trace",
    "compare",
    "simulate",
    "validate",
]


def test_every_command_has_help_and_is_in_the_readme(tmp_path):
    assert [command.name or command.callback.__name__ for command in app.registered_commands] == COMMANDS
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = hepatrial("--help", cwd=tmp_path)
    for command in COMMANDS:
        assert command in listed.stdout
        assert f"`hepatrial {command}" in readme
        assert len(hepatrial(command, "--help", cwd=tmp_path).stdout.splitlines()) > 5


def test_help_imports_nothing_heavy():
    code = (
        "import hepatrial.cli, sys; print([m for m in ('numpy', 'pandas', 'matplotlib', 'rich') if m in sys.modules])"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "analysis")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_init_copies_a_template_that_runs(tmp_path):
    assert hepatrial("init", "nct06904755", "mine", cwd=tmp_path).returncode == 0
    assert hepatrial("check", "mine/study.toml", "mine", cwd=tmp_path).returncode == 0
    again = hepatrial("init", "nct06904755", "mine", cwd=tmp_path)
    assert again.returncode == 2
    assert "exists already" in again.stderr
