"""The example at three successive cuts: three coherent reports, each recounted from the export's own files."""

import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import docx
import pandas as pd
import pytest

from analysis_factory import value
from hepatrial.errors import ReportError
from hepatrial.results import read_results
from hepatrial.run import run_report
from hepatrial.verify import verify_report

TEMPLATE = Path(__file__).parents[1] / "data_templates" / "nct06904755"
CUTS = (date(2024, 8, 20), date(2024, 10, 31), date(2024, 12, 31))
STARTS = {
    "adverse_events": "start_date", "clinical": "date", "deviations": "date", "device_deficiencies": "date",
    "labs": "date", "medications": "start_date", "outcomes": "date", "screening": "date", "specimens": "date",
    "treatments": "start_date", "vital_status": "date",
}  # fmt: skip
RULE = """
[[monitoring.stopping]]
id = "death28"
title = "Death by day 28"
population = "SAF"
endpoint = "death"
transplant = "not an event"
window_days = 28
rule = "pocock"
p0 = 0.3
alpha = 0.1
counting = "patients past the window"
looks = "continuous"
n_max = 10
probabilities = [0.5]
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The example with a stopping rule, which the template does not declare."""
    folder = Path(shutil.copytree(TEMPLATE, tmp_path_factory.mktemp("interim") / "study"))
    with (folder / "study.toml").open("a", encoding="utf-8") as stream:
        stream.write(RULE)
    return folder


@pytest.fixture(scope="module")
def reports(study):
    """One report a cut, each with the one before as the previous."""
    made: list[Path] = []
    for cut in CUTS:
        formats = ("html", "pdf", "docx") if cut == CUTS[-1] else ()
        out = study.parent / cut.isoformat()
        run_report(study / "study.toml", study, out, cutoff=cut, previous=made[-1] if made else None, formats=formats)
        made.append(out)
    return made


@pytest.fixture(scope="module")
def frames(reports):
    return [read_results(folder).frame for folder in reports]


def table(name):
    return pd.read_csv(TEMPLATE / "example" / f"{name}.csv", dtype=str)


def known(name, cut):
    """Rows of an export whose day, or earliest possible day, is not after the cut."""
    rows = table(name)
    return rows[~(pd.to_datetime(rows[STARTS[name]], format="ISO8601") > pd.Timestamp(cut))]


def minutes(frame, variable, stat="n", measure="patients"):
    return value(frame[frame["by_variable"] == ""], stat, analysis_id="minutes", variable=variable, measure=measure)


@pytest.mark.parametrize("place", range(3))
def test_patients_deaths_and_transplants_are_the_hand_count(frames, place):
    cut, frame = CUTS[place], frames[place]
    consented = table("subjects")["consent_date"] <= cut.isoformat()
    outcomes = known("outcomes", cut)["outcome"].value_counts()
    assert minutes(frame, "enrolled") == consented.sum()
    assert minutes(frame, "screened") == len(known("screening", cut))
    assert minutes(frame, "treated") == known("treatments", cut)["subject_id"].nunique()
    assert minutes(frame, "died") == outcomes.get("death", 0)
    assert minutes(frame, "transplanted") == outcomes.get("transplant", 0)
    ended = known("outcomes", cut)
    gone = ended[ended["outcome"].isin(["death", "withdrawal", "completed"])]["subject_id"].nunique()
    assert minutes(frame, "in follow-up") == consented.sum() - gone


@pytest.mark.parametrize("place", range(3))
def test_adverse_events_are_the_hand_count(frames, place):
    cut, frame = CUTS[place], frames[place]
    events = known("adverse_events", cut)
    first = table("treatments").groupby("subject_id")["start_date"].min()
    events = events[events["start_date"] >= events["subject_id"].map(first)]
    serious = events[events["serious"] == "Y"]
    assert minutes(frame, "any", "n_events", "adverse events") == len(events)
    assert minutes(frame, "serious", "n", "adverse events") == serious["subject_id"].nunique()
    related = events[events[["related_device", "related_procedure", "related_cells"]]
                     .isin(["possible", "probable", "related"]).any(axis=1)]  # fmt: skip
    assert minutes(frame, "related", "n_events", "adverse events") == len(related)


def test_the_first_page_and_the_tables_say_the_same(frames):
    for frame in frames:
        own = frame[frame["by_variable"] == ""]
        for variable in ("died", "transplanted", "treated"):
            assert minutes(frame, variable) == value(own, "n", analysis_id="disposition", variable=variable)
        for variable in ("any", "serious", "related"):
            ids = own[(own["measure"] == "adverse events") & (own["analysis_id"] == "adverse_events")]
            assert minutes(frame, variable, "n", "adverse events") == value(ids, "n", variable=variable, level="")


def test_what_can_only_grow_never_falls(frames):
    for variable in ("screened", "enrolled", "treated", "died", "transplanted"):
        counts = [minutes(frame, variable) for frame in frames]
        assert counts == sorted(counts), variable
    for variable in ("any", "serious", "related"):
        for stat in ("n", "n_events"):
            counts = [minutes(frame, variable, stat, "adverse events") for frame in frames]
            assert counts == sorted(counts), variable
    assert minutes(frames[0], "enrolled") < minutes(frames[1], "enrolled") < minutes(frames[2], "enrolled")


def test_stopping_rule_at_each_cut_by_hand(frames):
    """Patients 28 days after their first session at the cut, and those of them dead by day 28."""
    first = pd.to_datetime(table("treatments").groupby("subject_id")["start_date"].min())
    outcomes = table("outcomes")
    died = pd.to_datetime(outcomes[outcomes["outcome"] == "death"].set_index("subject_id")["date"])
    for cut, frame in zip(CUTS, frames, strict=True):
        due = first[(pd.Timestamp(cut) - first).dt.days >= 28]
        events = ((died - due).dt.days <= 28).sum()
        rows = frame[(frame["analysis_id"] == "death28") & (frame["by_variable"] == "")]
        assert value(rows, "n", variable="evaluable") == len(due)
        assert value(rows, "n_events", variable="evaluable") == events
        assert rows[rows["variable"] == "verdict"]["level"].tolist() == ["continue"]


def test_no_record_after_the_cut_is_behind_a_number(reports):
    """Records that show who lived on the cut, by the rule that the example declares, are the exception."""
    for cut, folder in zip(CUTS, reports, strict=True):
        sources = pd.read_parquet(folder / "sources.parquet")
        cited = sources[(sources["file"] != "") & ~sources["dataset"].isin(["ADSL", "ADTTE", "ADSTAT", "ADLATE"])]
        lines = cited.drop_duplicates("record_id")
        for name, column in STARTS.items():
            rows = table(name)
            own = lines[lines["file"] == f"example/{name}.csv"]
            days = pd.to_datetime(rows[column], format="ISO8601").iloc[own["line"].astype(int) - 2]
            assert not (days > pd.Timestamp(cut)).any(), (cut, name)
        assert len(lines) > 50


def test_the_previous_report_stands_beside_and_changes_are_counted(frames):
    assert "changes" not in set(frames[0]["measure"])
    for before, after in zip(frames, frames[1:], strict=False):
        copies = after[(after["by_variable"] == "previous") & (after["by_level"] == "minutes")]
        for variable in ("enrolled", "died"):
            assert value(copies, "n", variable=variable, measure="patients") == minutes(before, variable)
        old, new = (part[part["analysis_id"] != "minutes"].set_index("result_id") for part in (before, after))
        assert minutes(after, "added", measure="changes") == len(new.index.difference(old.index))
        assert minutes(after, "gone", measure="changes") == len(old.index.difference(new.index))
        assert minutes(after, "changed", measure="changes") > 100


def test_the_minutes_are_the_first_page_in_html_pdf_and_docx(reports, frames):
    folder, died = reports[-1], int(minutes(frames[-1], "died"))
    page = (folder / "report.html").read_text(encoding="utf-8")
    start = page.index("Minutes for the safety board</h2>")
    assert start < page.index("<h2>Populations</h2>")
    part = page[start : page.index("<h2>Populations</h2>")]
    row = next(line for line in part.split("</tr>") if ">Died<" in line)
    assert re.findall(r'data-result="(\w+)"[^>]*>(\d+)<', row)[0][1] == str(died)
    numbers = re.sub(r"<[^>]*data-result[^>]*>[^<]*<", "<", part[part.index("<tbody>") : part.index("</tbody>")])
    assert not re.findall(r"<td[^>]*>[^<]*\d", numbers), "a number without its result"
    document = docx.Document(str(folder / "report.docx"))
    cells = [[cell.text for cell in line.cells] for line in document.tables[0].rows]
    assert next(line for line in cells if line[0].strip() == "Died")[1] == str(died)
    if shutil.which("pdftotext"):
        command = ["pdftotext", "-layout", "-l", "1", str(folder / "report.pdf"), "-"]
        first = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert "Minutes for the safety board" in first
        assert re.search(rf"Died +{died} ", first)
        assert "Continue: " in first


def test_a_report_with_a_previous_one_is_verified_with_it(study, reports):
    with pytest.raises(ReportError, match="give its folder too"):
        verify_report(reports[1], study / "study.toml", study)
    assert verify_report(reports[1], study / "study.toml", study, previous=reports[0]) == []
