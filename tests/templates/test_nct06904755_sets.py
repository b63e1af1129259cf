"""NCT06904755: who is evaluable at day 28, why anybody is not, and that the counts add up; sensitivity outputs."""

from datetime import date

import pandas as pd
import pytest

from hepatrial.analyse import analyse_study
from hepatrial.derive import derive_analysis_data
from hepatrial.run import run_check
from hepatrial.study import read_study, templates_dir

FOLDER = templates_dir() / "nct06904755"
CUT = date(2024, 12, 1)
"""The last two patients have not reached day 28."""


@pytest.fixture(scope="module")
def made():
    checked = run_check(FOLDER / "study.toml", FOLDER)
    study = checked.inputs.study
    study = study.model_copy(update={"analyses": (study.analysis("disposition"),), "outputs": ()})
    return study, {cut: derive_analysis_data(checked.exports, study, cutoff=cut) for cut in (None, CUT)}


def test_everybody_of_the_example_is_evaluable_at_its_end(made):
    adsl = made[1][None].datasets["ADSL"]
    assert adsl["EVAL28FL"].tolist() == ["Y"] * 10
    assert made[0].population("EVAL28").label == "Evaluable at day 28"


def test_at_a_data_cut_each_one_left_out_has_a_reason(made):
    data = made[1][CUT]
    adsl = data.datasets["ADSL"].set_index("USUBJID")
    at_28 = adsl["ORIGDT"] + pd.Timedelta(days=28)
    ended = (adsl["DTHDT"] <= at_28) | (adsl["LTDT"] <= at_28)
    known = ended | (adsl["LSTALVDT"] >= at_28 - pd.Timedelta(days=3)) & (at_28 <= pd.Timestamp(CUT))
    assert adsl.index[~known].tolist() == adsl.index[adsl["EVAL28FL"] == "N"].tolist() == ["S009", "S010"]
    ledger = data.ledger.frame.query("population == 'EVAL28' and not kept")
    reason = "not known alive, dead or transplanted at day 28"
    assert ledger["reason"].tolist() == [reason] * 2
    assert set(ledger["detail"]) == {"OS on day 28 unknown: the day had not come at the data cut"}


def test_the_population_table_adds_up(made):
    study, data = made[0], made[1][CUT]
    rows = analyse_study(study, data).frame.query("measure == 'patients' and stat == 'n'")

    def count(**keys):
        return rows[(rows[list(keys)] == pd.Series(keys)).all(axis=1)]["value"].sum()

    assert count(variable="EVAL28", level="") == 8
    assert count(variable="excluded", by_level="EVAL28") == 2
    assert count(variable="ENR", level="") == 10


def test_the_sensitivity_outputs_say_so_in_their_titles():
    study = read_study(FOLDER / "study.toml")
    planned = {item.id for item in study.analyses if getattr(item, "samples", "all") == "undisturbed"}
    assert planned == {"biomarkers_undisturbed", "scores_undisturbed"}
    shown = {item.number: item.title for item in study.outputs if planned & set(item.analyses)}
    assert set(shown) == {"14.2.3.11", "14.2.4.5"}
    assert all(title.startswith("Sensitivity: ") for title in shown.values())
