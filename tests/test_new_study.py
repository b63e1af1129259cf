"""From a registry record to an open report: a masked trial of three arms whose labels are everyday words."""

import json
from pathlib import Path

import pytest

from hepatrial.report import find_leaks
from hepatrial.run import run_report, run_simulation
from hepatrial.study import read_study, start_study

RECORD = Path(__file__).parent / "study" / "records" / "three_arms_masked.json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    raw = json.loads(RECORD.read_text(encoding="utf-8"))
    groups = raw["protocolSection"]["armsInterventionsModule"]["armGroups"]
    for group, label in zip(groups, ("Treatment", "G-CSF", "Control"), strict=True):
        group["label"] = label
    folder = tmp_path_factory.mktemp("record")
    (folder / "record.json").write_text(json.dumps(raw), encoding="utf-8")
    return start_study(str(folder / "record.json"), folder / "study")


def test_the_forms_can_be_simulated_and_the_open_report_is_written(folder, tmp_path):
    files = run_simulation(folder / "study.toml", folder / "data.toml", tmp_path / "dry", n=12, seed=3)
    assert (tmp_path / "dry" / "data.toml").read_text(encoding="utf-8").startswith("simulated = true\n")
    assert files[-1] == tmp_path / "dry-key" / "key.csv"
    run_report(folder / "study.toml", tmp_path / "dry", tmp_path / "out", formats=("html",))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "masked for outcome assessors only" in page
    assert "double blind" not in page
    assert "SIMULATED" in page
    assert find_leaks(tmp_path / "out", read_study(folder / "study.toml"), values=frozenset({"treatment"})) == []
