"""Three successive cuts of the example: every changed number is explained, and recounted by hand."""

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hepatrial.compare import compare_reports, describe_comparison
from hepatrial.errors import ReportError
from hepatrial.run import run_report

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "data_templates" / "nct06904755"
OVERVIEW = {"analysis_id": "adverse_events", "measure": "adverse events", "level": "", "by_variable": ""}
CUTS = ("2024-08-15", "2024-10-15", "2024-12-31")


def make_cut(folder: Path, cut: str, study: Path) -> Path:
    run_report(study / "study.toml", study, folder, cutoff=date.fromisoformat(cut), formats=())
    return folder


@pytest.fixture(scope="module")
def example(tmp_path_factory) -> Path:
    """The example with all its analyses and one output: drawing takes most of the time of a run."""
    study = Path(shutil.copytree(TEMPLATE, tmp_path_factory.mktemp("example") / "study"))
    text = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text("[[outputs]]".join(text.split("[[outputs]]")[:2]), encoding="utf-8")
    return study


@pytest.fixture
def study(example, tmp_path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(example, tmp_path / "study"))


@pytest.fixture(scope="module")
def cuts(tmp_path_factory, example) -> list[Path]:
    out = tmp_path_factory.mktemp("cuts")
    return [make_cut(out / cut, cut, example) for cut in CUTS]


@pytest.fixture(scope="module")
def compared(cuts):
    return [compare_reports(*pair) for pair in pairwise(cuts)]


@pytest.fixture(scope="module")
def corrected(tmp_path_factory, example) -> Path:
    """The example after the site entered one event late, corrected another, and took one away."""
    study = Path(shutil.copytree(example, tmp_path_factory.mktemp("corrected") / "study"))
    path = study / "example" / "adverse_events.csv"
    events = pd.read_csv(path, dtype=str, keep_default_na=False)
    is_early = (events["start_date"] < CUTS[0]) & (events["start_date"].str.len() == 10)
    first, second = events.index[is_early & (events["serious"] == "N")][:2]
    events.loc[first, ["grade", "serious"]] = ["4", "Y"]
    added = events.loc[[first]].assign(event="99", term="Late entry", preferred_term="Rash", grade="3", serious="Y")
    pd.concat([events.drop(index=second), added]).to_csv(path, index=False, lineterminator="\n")
    return study


def numbers(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "results.parquet").set_index("result_id")


def pick(frame: pd.DataFrame, **keys: object) -> pd.DataFrame:
    for key, value in keys.items():
        frame = frame[frame[key] == value]
    return frame


def test_every_number_that_differs_is_told_and_explained(cuts, compared):
    for (old, new), found in zip(pairwise(cuts), compared, strict=True):
        before, after = numbers(old), numbers(new)
        both = before.index.intersection(after.index)
        same = np.isclose(before.loc[both, "value"], after.loc[both, "value"], rtol=1e-8, atol=0, equal_nan=True)
        expected = {*both[~same], *before.index.symmetric_difference(after.index)}
        assert len(expected) > 100
        assert expected <= set(found.results["result_id"])
        assert set(found.results["cause"]) <= {"records", "patients", "cut"}
        assert (found.results["because"].str.len() > 10).all()


def test_a_number_explained_by_the_cut_alone_rests_on_the_same_records(cuts, compared):
    for (old, new), found in zip(pairwise(cuts), compared, strict=True):
        for row in pick(found.results, cause="cut").itertuples():
            assert records_behind(old, row.result_id) == records_behind(new, row.result_id)


def records_behind(folder: Path, result_id: str) -> set[str]:
    frame = numbers(folder)
    if result_id not in frame.index:
        return set()
    sources = pd.read_parquet(folder / "sources.parquet")
    return set(sources[sources["source_id"] == frame.loc[result_id, "source_id"]]["record_id"]) - {""}


@pytest.mark.parametrize("place", [0, 1])
def test_adverse_events_recounted(compared, place):
    """Straight from the export: emergent events that started between the cuts are the new records of the counts."""
    events = pd.read_csv(TEMPLATE / "example" / "adverse_events.csv", dtype=str, keep_default_na=False)
    treatments = pd.read_csv(TEMPLATE / "example" / "treatments.csv")
    origin = treatments.groupby("subject_id")["start_date"].min()
    start = events["start_date"].where(events["start_date"].str.len() == 10, events["start_date"] + "-01")
    emergent = start >= events["subject_id"].map(origin)
    known = [emergent & (start <= cut) for cut in CUTS[place : place + 2]]
    found = compared[place]
    for variable, rows in {"any": events["term"] != "", "serious": events["serious"] == "Y"}.items():
        counts = pick(found.results, **OVERVIEW, variable=variable, stat="n_events")
        expected = [int((rows & which).sum()) for which in known]
        if expected[0] == expected[1]:
            assert counts.empty
            continue
        (row,) = counts.to_dict("records")
        assert [row["old_value"], row["new_value"]] == expected
        ids = set(row["records_new"].split(";"))
        named = pick(found.records, table="adverse_events")
        named = named[named["record_id"].isin(ids)]
        new = events[rows & known[1] & ~known[0]]
        assert set(zip(named["USUBJID"], named["label"].str.split().str[0], strict=True)) == set(
            zip(new["subject_id"], new["event"], strict=True)
        )


@pytest.mark.parametrize("place", [0, 1])
def test_patients_and_deaths_recounted(compared, place):
    treatments = pd.read_csv(TEMPLATE / "example" / "treatments.csv")
    origin = treatments.groupby("subject_id")["start_date"].min()
    outcomes = pd.read_csv(TEMPLATE / "example" / "outcomes.csv")
    died = outcomes[outcomes["outcome"] == "death"].set_index("subject_id")["date"]
    found = compared[place]
    treated = [set(origin.index[origin <= cut]) for cut in CUTS[place : place + 2]]
    (n,) = pick(found.results, analysis_id="os_km", variable="N", stat="n_total").to_dict("records")
    assert [n["old_value"], n["new_value"]] == [len(one) for one in treated]
    entered = found.records[found.records["record_id"].isin(n["records_new"].split(";"))]
    subjects = entered[entered["table"] == "subjects"]["USUBJID"]
    assert set(subjects) == treated[1] - treated[0]
    for name in subjects:
        assert f"subject {name}, entry new" in n["because"]
    deaths = pick(found.results, analysis_id="disposition", variable="died", stat="n")
    dead = [int((died <= cut).sum()) for cut in CUTS[place : place + 2]]
    assert [(row["old_value"], row["new_value"]) for row in deaths.to_dict("records")] == (
        [tuple(dead)] if dead[0] != dead[1] else []
    )


@pytest.mark.parametrize("place", [0, 1])
def test_laboratory_counts_recounted(cuts, compared, place):
    """Values behind the day 7 means: the new records are exactly those that only the later report analysed."""
    old, new = cuts[place : place + 2]
    found = compared[place]
    rows = pick(found.results, analysis_id="biomarkers_by_visit", variable="CRP", visit="D7", stat="n")
    (row,) = rows.to_dict("records")
    labs = pd.read_csv(TEMPLATE / "example" / "labs.csv", dtype=str, keep_default_na=False)
    ids = set(row["records_new"].split(";"))
    sources = pd.read_parquet(new / "sources.parquet").drop_duplicates("record_id").set_index("record_id")
    lines = sources.loc[sorted(ids), "line"]
    own = labs.iloc[lines - 2]
    assert set(own["parameter"]) == {"CRP"}
    assert ((own["date"] > CUTS[place]) & (own["date"] <= CUTS[place + 1])).all()
    assert row["new_value"] - row["old_value"] == own["subject_id"].nunique()
    assert old != new


def test_nothing_is_late_when_only_the_cut_moved(compared):
    for found in compared:
        assert found.late.empty
        assert found.study.empty
        assert found.software.empty
        assert set(found.records["change"]) <= {"new", "changed"}


def test_late_changes_are_apart_and_explain_the_same_cut(cuts, corrected, tmp_path):
    found = compare_reports(cuts[0], make_cut(tmp_path / "again", CUTS[0], corrected))
    late = found.late[found.late["table"] == "adverse_events"]
    assert sorted(late["change"]) == ["changed", "gone", "new"]
    (changed,) = late[late["change"] == "changed"]["detail"]
    assert changed.endswith("serious N → Y")
    assert changed.startswith("grade ")
    assert set(found.results["cause"]) <= {"records", "patients"}
    (row,) = pick(found.results, **OVERVIEW, variable="serious", stat="n_events").to_dict("records")
    assert row["new_value"] - row["old_value"] == 2
    assert "serious N → Y" in row["because"]
    assert "event 99 Late entry" in row["because"]
    lines = list(describe_comparison(found))
    assert sum(line.startswith(f"late, before {CUTS[0]}") for line in lines) == len(found.late)


def test_a_later_cut_tells_late_changes_from_news(cuts, corrected, tmp_path):
    found = compare_reports(cuts[0], make_cut(tmp_path / "later", CUTS[1], corrected))
    late = found.late[found.late["table"] == "adverse_events"]
    assert sorted(late["change"]) == ["changed", "gone", "new"]
    news = found.records[(found.records["table"] == "adverse_events") & ~found.records["is_late"]]
    assert len(news) > 0
    assert not set(found.results["cause"]) & {"unexplained", "study", "software"}


def test_a_changed_study_file_names_its_key(cuts, study, tmp_path):
    text = (study / "study.toml").read_text(encoding="utf-8")
    assert text.count('conf_type = "beta-product"') == 2
    text = text.replace('conf_type = "beta-product"', 'conf_type = "log-log"', 1)
    (study / "study.toml").write_text(text, encoding="utf-8")
    found = compare_reports(cuts[2], make_cut(tmp_path / "new", CUTS[2], study))
    assert found.study.to_dict("records") == [
        {"key": "analyses.os_km.conf_type", "old": '"beta-product"', "new": '"log-log"'}
    ]
    assert set(found.results["analysis_id"]) == {"os_km", "os_km_other_rule"}
    assert set(found.results["cause"]) == {"study"}
    assert set(found.results["because"]) == {"study file: analyses.os_km.conf_type"}


def test_a_number_that_nothing_explains_says_so(cuts, tmp_path):
    copy = Path(shutil.copytree(cuts[0], tmp_path / "copy"))
    frame = pd.read_parquet(copy / "results.parquet")
    frame.loc[frame["stat"] == "mean", "value"] += 1
    frame.to_parquet(copy / "results.parquet", index=False)
    found = compare_reports(cuts[0], copy)
    assert set(found.results["cause"]) == {"unexplained"}
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    manifest["software"]["lifelines"] = "9.9"
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = compare_reports(cuts[0], copy)
    assert found.software["key"].tolist() == ["lifelines"]
    assert set(found.results["because"]) == {"software: lifelines"}


def test_a_decision_is_told(cuts, study, tmp_path):
    records = pd.read_parquet(cuts[2] / "records.parquet")
    event = records[records["table"] == "adverse_events"].iloc[0]
    lines = [
        "id,action,column,seen,value,reason,who,date",
        f"{event['record_id']},exclude,,,,entered twice,AB,2025-07-01",
    ]
    (study / "decisions.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = compare_reports(cuts[2], make_cut(tmp_path / "new", CUTS[2], study))
    assert found.decisions[["change", "action", "id"]].to_dict("records") == [
        {"change": "new", "action": "exclude", "id": event["record_id"]}
    ]
    (row,) = pick(found.results, **OVERVIEW, variable="any", stat="n_events").to_dict("records")
    assert row["records_gone"] == event["record_id"]


def test_no_birth_date_and_no_remark_is_kept(cuts):
    contents = pd.read_parquet(cuts[2] / "records.parquet")["content"]
    assert not contents.str.contains('"birth_date"|"note"|"subject_id"').any()
    assert contents.str.contains('"result"').any()


def test_the_command_prints_and_writes_everything(cuts, compared, tmp_path):
    command = [sys.executable, "-m", "hepatrial.cli", "compare", *map(str, cuts[:2]), "--out", str(tmp_path / "out")]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "analysis")}
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 1, run.stderr
    assert run.stdout.splitlines() == list(describe_comparison(compared[0]))
    assert run.stdout.startswith("SIMULATED DATA")
    assert "0 of them unexplained" in run.stderr
    table = pd.read_csv(tmp_path / "out" / "results.csv")
    assert table["result_id"].tolist() == compared[0].results["result_id"].tolist()
    page = (tmp_path / "out" / "changes.html").read_text(encoding="utf-8")
    assert page.count("<tr>") >= len(table)
    assert "SIMULATED" in page
    again = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_a_report_of_an_older_version_is_named(cuts, tmp_path):
    copy = Path(shutil.copytree(cuts[0], tmp_path / "copy"))
    (copy / "records.parquet").unlink()
    with pytest.raises(ReportError, match="without its records"):
        compare_reports(copy, cuts[1])
