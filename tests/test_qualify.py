"""Qualification: every part says what it found, a wrong part fails it, and the PDF reads as it should."""

import json
import shutil
import subprocess

import pandas as pd
import pytest

from hepatrial.qualify import BY_HAND, EXAMPLE
from hepatrial.study import templates_dir
from hepatrial.validation import CASES, Check, check_installation, run_validation, write_validation
from hepatrial.validation.published import NOT_REPRODUCED


def test_packages_are_held_to_what_is_needed(monkeypatch):
    checks = check_installation()
    assert {"numpy", "lifelines", "typst"} <= {check.name.split(">")[0] for check in checks}
    assert [check for check in checks if not check.passed] == []
    monkeypatch.setattr("hepatrial.validation.qualification.version", lambda name: "0.0.1")
    assert [check for check in check_installation() if check.name.startswith("numpy")][0].passed is False


def test_the_counts_of_the_example_are_those_of_its_export():
    """Deaths up to day 28 and 84, and patients followed to day 28, from the files with plain pandas."""
    folder = templates_dir() / EXAMPLE / "example"
    read = {name: pd.read_csv(folder / f"{name}.csv", dtype=str) for name in ("treatments", "outcomes", "vital_status")}
    first = pd.to_datetime(read["treatments"].groupby("subject_id")["start_date"].min())
    outcomes = read["outcomes"]
    deaths = outcomes[outcomes["outcome"] == "death"].set_index("subject_id")["date"]
    days = (pd.to_datetime(deaths) - first.reindex(deaths.index)).dt.days
    assert BY_HAND[("OS", 28.0, "n_events")] == (days <= 28).sum()
    assert BY_HAND[("OS", 84.0, "n_events")] == (days <= 84).sum()
    status = read["vital_status"]
    seen = pd.to_datetime(status[status["status"] == "alive"].groupby("subject_id")["date"].max())
    followed = (seen - first).dt.days.combine(days, max)
    assert BY_HAND[("OS", 28.0, "n_risk")] == (followed >= 28).sum()


def test_the_certificate_says_what_failed(tmp_path):
    outcomes = run_validation()
    assert [one for one in outcomes if not one.passed] == []
    wrong = Check("lifelines>=0.30", "0.1", False)
    files = write_validation(outcomes, tmp_path / "q.json", installation=[wrong], dated="2025-06-30")
    assert [path.name for path in files] == ["q.json", "q.pdf"]
    content = json.loads(files[0].read_text(encoding="utf-8"))
    assert content["passed"] is False
    assert content["date"] == "2025-06-30"
    assert len(content["operation"]) == len(CASES)
    if shutil.which("pdftotext") is None:
        pytest.skip("needs poppler-utils")
    text = subprocess.run(["pdftotext", "-layout", files[1], "-"], capture_output=True, text=True, check=True).stdout
    assert "FAILED: see the rows marked FAILED" in text
    assert "2025-06-30" in text
    for case in CASES:
        assert case.method.split()[0] in text
    for what, _ in NOT_REPRODUCED:
        assert what.split(",")[0] in text
