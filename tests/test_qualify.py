"""Qualification: every part says what it found, a wrong part fails it, and the PDF reads as it should."""

import json
import shutil
import subprocess

import pandas as pd
import pytest

from hepatrial.qualify import BY_HAND, EXAMPLE
from hepatrial.study import templates_dir
from hepatrial.validation import CASES, Check, check_installation, run_cases, write_validation
from hepatrial.validation.mmrm_cases import MmrmPack, compare_mmrm
from hepatrial.validation.pack import read_cases
from hepatrial.validation.published import NOT_REPRODUCED
from hepatrial.validation.reference import compare_pack

EXAMPLES = [case for case in read_cases() if case["topic"] in ("gray", "simon", "rmst")]


def one_model(change=0.0):
    """The shipped models cut down to one, its expected numbers changed by so much."""
    pack = MmrmPack()
    spec = pack.specs["fev_armsex_us_ml"]
    spec["inference"]["residual"]["coefficients"][0]["se"] *= 1 + change
    spec["sas"][0]["neg2ll"] += change
    pack.specs = {"fev_armsex_us_ml": spec}
    return pack


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


def test_a_row_a_topic_and_tolerance_with_its_largest_deviation():
    found = {(one.id, one.tolerance): one for one in compare_pack(EXAMPLES)}
    assert set(found) == {("r.gray", 1e-6), ("r.simon", 1e-9), ("r.rmst", 1e-6)}
    assert found["r.gray", 1e-6].n_cases == 3
    assert found["r.gray", 1e-6].source == "R 4.2.2: cmprsk 2.2.11"
    moved = EXAMPLES[0] | {"expected": EXAMPLES[0]["expected"] | {"p": [0.5]}}
    (wrong,) = compare_pack([moved])
    assert not wrong.passed
    assert moved["id"] in wrong.message
    (lost,) = compare_pack([EXAMPLES[0] | {"expected": {"nobody gives this": 1}}])
    assert lost.deviation == float("inf")
    assert "nobody gives this" in lost.message


def test_models_are_held_to_r_and_sas():
    rows = {one.id: one for one in compare_mmrm(one_model())}
    assert {"mmrm.residual", "mmrm.satterthwaite", "mmrm.likelihood", "mmrm.sas"} <= set(rows)
    assert [one for one in rows.values() if not one.passed] == []
    wrong = {one.id for one in compare_mmrm(one_model(1e-3)) if not one.passed}
    assert wrong == {"mmrm.residual", "mmrm.sas"}


def test_the_certificate_says_what_failed(tmp_path):
    outcomes = [*run_cases(), *compare_pack(EXAMPLES), *compare_mmrm(one_model())]
    assert [one for one in outcomes if not one.passed] == []
    wrong = Check("lifelines>=0.30", "0.1", False)
    files = write_validation(outcomes, tmp_path / "q.json", installation=[wrong], dated="2025-06-30")
    assert [path.name for path in files] == ["q.json", "q.pdf"]
    content = json.loads(files[0].read_text(encoding="utf-8"))
    assert content["passed"] is False
    assert content["date"] == "2025-06-30"
    assert [one["id"] for one in content["operation"]] == [one.id for one in outcomes]
    assert all(one["n_numbers"] > 0 and one["reason"] for one in content["operation"])
    assert content["not_shipped"][0][1].startswith("LGPL")
    if shutil.which("pdftotext") is None:
        pytest.skip("needs poppler-utils")
    text = subprocess.run(["pdftotext", "-layout", files[1], "-"], capture_output=True, text=True, check=True).stdout
    assert "FAILED: see the rows marked FAILED" in text
    assert "2025-06-30" in text
    for case in CASES:
        assert case.method.split()[0] in text
    assert "Not shipped" in text
    for what, _ in NOT_REPRODUCED:
        assert what.split(",")[0] in text
