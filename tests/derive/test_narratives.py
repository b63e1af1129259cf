"""Draft narratives and the deaths listed, from small typed datasets."""

import pandas as pd
import pytest

from analysis_factory import ORIGIN, make_dataset
from hepatrial.derive.deaths import derive_addth
from hepatrial.derive.narratives import derive_adnarr
from hepatrial.study import read_study
from study_factory import write_study

DAY = pd.Timedelta(days=1)


@pytest.fixture
def study(tmp_path):
    return read_study(write_study(tmp_path))


def datasets(**events):
    adsl = make_dataset("ADSL", {
        "USUBJID": ["P1", "P2", "P3", "P4"], "STUDYID": ["T1"] * 4, "AGE": [51.0, None, 40, 30],
        "SEX": ["F", None, "M", "M"], "AETIOL": ["hepatitis B", None, None, None],
        "ORIGDT": [ORIGIN] * 4, "TRTSDT": [ORIGIN, ORIGIN, ORIGIN, pd.NaT],
        "TRTEDT": [ORIGIN + 3 * DAY, pd.NaT, ORIGIN, pd.NaT], "DTHFL": ["Y", "Y", "N", "Y"],
        "DTHDT": [ORIGIN + 4 * DAY, ORIGIN + 9 * DAY, pd.NaT, ORIGIN], "DTHCAUS": ["liver failure", None, None, None],
        "SRCID": ["a", "b", "c", "d"],
    })  # fmt: skip
    adae = make_dataset("ADAE", {
        "USUBJID": ["P1", "P3", "P3"], "AESEQ": [1.0, 1, 2], "AETERM": ["<b>fail</b>", "rash", "sepsis & shock"],
        "AEDECOD": ["Hepatic failure", "Rash", None], "ASTDT": [ORIGIN + 2 * DAY, ORIGIN, pd.NaT],
        "ASTDTF": ["", "", "Y"], "ASTDY": [3.0, 1, None], "AENDY": [5.0, 2, None], "AETOXGR": [5.0, 1, None],
        "AESER": ["Y", "N", "Y"], "AERELDEV": ["unlikely", None, None], "AEREL": ["N", "N", "Y"],
        "AEACN": ["resuscitation", None, None], "AEOUT": ["fatal", None, None], "SRCID": ["e1", "e2", "e3"],
        **events,
    })  # fmt: skip
    adex = make_dataset("ADEX", {
        "USUBJID": ["P1", "P1"], "EXSEQ": [1.0, 2], "ASTDT": [ORIGIN, ORIGIN + 3 * DAY],
    })  # fmt: skip
    adlb = make_dataset("ADLB", {
        "USUBJID": ["P1"] * 4, "PARAMCD": ["BILI"] * 4, "PARAM": ["Bilirubin (umol/L)"] * 4,
        "AVAL": [200.0, 310, 290, 100], "AVALC": ["200", "310.0", None, "100"], "ADY": [-9.0, 2, 4, 30],
        "ADT": [ORIGIN - 9 * DAY, ORIGIN + DAY, ORIGIN + 3 * DAY, ORIGIN + 29 * DAY],
    })  # fmt: skip
    return adsl, adae, adex, adlb


def test_a_fatal_event_in_full(study):
    text = derive_adnarr(*datasets(), study).set_index(["USUBJID", "AESEQ"])["NARRTXT"]["P1", 1.0]
    assert text == (
        "DRAFT from the record. Subject P1, a 51-year-old woman (aetiology: hepatitis B), received 2 sessions from "
        "study day 1 to 4. On study day 3 Hepatic failure was recorded (grade 5, serious). Causality as judged: device "
        "unlikely. Action taken: resuscitation; outcome: fatal; the event ended on study day 5. Sessions started until "
        "then: 1, the last 2 days before. Laboratory within 7 days before and after: Bilirubin (µmol/L) 310.0 (day 2), "
        "then 290 (day 4). The subject died on study day 5; cause of death: liver failure."
    )


def test_what_the_record_does_not_say_is_said(study):
    found = derive_adnarr(*datasets(), study).set_index("USUBJID")["NARRTXT"]
    assert list(found.index) == ["P1", "P2", "P3"]  # a death without a fatal event too; the untreated are not there
    assert "a person of unrecorded sex of unrecorded age" in found["P2"]
    assert "cause of death: not recorded" in found["P2"]
    assert "On an unknown day (date incomplete) sepsis & shock was recorded" in found["P3"]
    assert "Recorded as related to treatment. Action taken: not recorded; outcome: not recorded" in found["P3"]
    assert found["P3"].endswith("No death is recorded.")


def test_no_date_and_no_reported_term_of_a_coded_event(study):
    texts = " ".join(derive_adnarr(*datasets(), study)["NARRTXT"])
    assert "2025" not in texts
    assert "<b>" not in texts


def test_every_draft_cites_its_records(study):
    found = derive_adnarr(*datasets(), study)
    assert found["SRCID"].tolist() == ["e1;a", "b", "e3;c"]
    assert found["NARRKIND"].tolist() == ["event", "death", "event"]


def test_deaths_listed():
    adsl, adae, adex, _ = datasets()
    found = derive_addth(adsl, adae, adex)
    columns = ["USUBJID", "DTHDY", "DTHLSTD", "NSESS", "DTHTERM", "AFTLTFL"]
    rows = found[columns].astype(object).where(found[columns].notna(), None).to_numpy().tolist()
    assert rows == [["P1", 5, 1, 2, "Hepatic failure", "N"], ["P2", 10, None, None, None, "N"]]
    assert derive_addth(adsl.iloc[2:3], adae, adex).empty
