"""A simulated export is plausible: severity drives what is measured and who dies, and no date contradicts another."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from hepatrial.contracts import STANDARD_TABLES
from hepatrial.errors import SimulateError
from hepatrial.simulate import simulate_exports
from hepatrial.simulate.draws import compute_cholesky
from hepatrial.simulate.priors import PRIORS, compute_correlation
from hepatrial.study import read_study, templates_dir
from study_factory import write_study

CALENDAR = {"first_date": date(2024, 1, 8), "exported_on": date(2026, 12, 31)}


@pytest.fixture(scope="module")
def study():
    return read_study(templates_dir() / "nct06904755" / "study.toml")


@pytest.fixture(scope="module")
def large(study):
    return simulate_exports(study, n=150, seed=7, **CALENDAR)


def numbers(table: pd.DataFrame, code: str, visit: str) -> pd.Series:
    rows = table[(table["parameter"] == code) & (table["visit"] == visit)].set_index("subject_id")
    return pd.to_numeric(rows["result"], errors="coerce").dropna()


def days(large: dict[str, pd.DataFrame], table: str, column: str) -> pd.Series:
    """Days from the first session, missing where there is no complete date."""
    first = large["treatments"].groupby("subject_id")["start_date"].min()
    dates = pd.to_datetime(large[table][column], format="%Y-%m-%d", errors="coerce")
    return (dates - pd.to_datetime(large[table]["subject_id"].map(first))).dt.days


def test_every_standard_table_is_there_with_its_columns_as_text(large):
    assert list(large) == list(STANDARD_TABLES)
    for name, table in large.items():
        assert tuple(table.columns) == STANDARD_TABLES[name].names
        assert table.map(lambda cell: isinstance(cell, str)).all(axis=None)


def test_codes_are_those_of_the_contract_and_required_cells_are_filled(large):
    for name, table in large.items():
        for column in STANDARD_TABLES[name].columns:
            if column.codes:
                assert set(table[column.name]) <= {*column.codes, ""}, column.name
            if column.required:
                assert (table[column.name] != "").all(), column.name


def test_the_same_seed_gives_the_same_records_and_another_gives_others(study):
    first, again, other = (simulate_exports(study, n=4, seed=seed, **CALENDAR) for seed in (3, 3, 4))
    for name in STANDARD_TABLES:
        pd.testing.assert_frame_equal(first[name], again[name])
    assert not first["labs"].equals(other["labs"])


def test_an_earlier_export_is_the_later_one_cut(study):
    late = simulate_exports(study, n=10, seed=396, **CALENDAR)
    early = simulate_exports(study, n=10, seed=396, first_date=CALENDAR["first_date"], exported_on=date(2024, 5, 31))
    assert early["labs"]["date"].max() <= "2024-05-31"
    assert 0 < len(early["subjects"]) < 10
    pd.testing.assert_frame_equal(
        early["labs"], late["labs"][late["labs"]["date"] <= "2024-05-31"].reset_index(drop=True)
    )


def test_an_export_does_not_know_of_visits_to_come(study, large):
    """A missed visit leaves a specimen row without a date: it must not be there before the visit was due."""
    cut = date(2024, 6, 30)
    early = simulate_exports(study, n=150, seed=7, first_date=CALENDAR["first_date"], exported_on=cut)
    opened = early["specimens"]["visit"].map({visit.code: visit.window[0] for visit in study.visits})
    first = pd.to_datetime(early["treatments"].groupby("subject_id")["start_date"].min())
    followed = (pd.Timestamp(cut) - early["specimens"]["subject_id"].map(first)).dt.days
    is_undated = early["specimens"]["date"] == ""
    assert is_undated.any()
    assert (opened[is_undated] <= followed[is_undated]).all()
    assert len(early["specimens"]) < len(large["specimens"])


def test_patients_meet_the_entry_criteria_but_for_the_planted_one(large):
    bilirubin = numbers(large["labs"], "BILI", "BL")
    assert (bilirubin < 171).sum() == 1
    assert numbers(large["labs"], "BILI", "筛选")[bilirubin.idxmin()] >= 171
    assert numbers(large["clinical"], "HEGRADE", "BL").max() <= 2
    pta, inr = numbers(large["labs"], "PTA", "BL"), numbers(large["labs"], "INR", "BL")
    assert (pta.between(19.95, 40.05) | inr.between(1.495, 2.605)).all()


def test_inflammation_clotting_and_bilirubin_go_together_at_baseline(large):
    log = pd.DataFrame(
        {code: np.log(numbers(large["labs"], code, "BL")) for code in ("IL6", "CRP", "INR", "PTA", "BILI")}
    )
    correlation = log.corr()
    assert correlation.loc["IL6", "CRP"] > 0.5
    assert correlation.loc["INR", "PTA"] < -0.7
    assert correlation.loc["INR", "BILI"] > 0.3


def test_who_dies_was_sicker_and_does_not_recover(large):
    died = set(large["outcomes"].loc[large["outcomes"]["outcome"] == "death", "subject_id"])
    assert 15 < len(died) < 75
    for code, factor in (("BILI", 1.2), ("IL6", 1.5), ("AMMONIA", 1.1)):
        values = numbers(large["labs"], code, "D7")
        is_dead = values.index.isin(died)
        assert values[is_dead].median() > factor * values[~is_dead].median(), code
    survivors = ~numbers(large["labs"], "AFP", "D28").index.isin(died)
    assert numbers(large["labs"], "AFP", "D28")[survivors].median() > 3 * numbers(large["labs"], "AFP", "BL").median()


def test_nothing_happens_after_death_and_visits_keep_their_windows(study, large):
    death = large["outcomes"][large["outcomes"]["outcome"] == "death"].set_index("subject_id")["date"]
    for table, column in (
        ("labs", "date"),
        ("vital_status", "date"),
        ("adverse_events", "start_date"),
        ("treatments", "start_date"),
    ):
        rows = large[table]
        assert (rows[column] <= rows["subject_id"].map(death).fillna("9999")).all(), table
    day = days(large, "labs", "date")
    for visit in study.visits:
        if visit.day < 10:
            assert day[large["labs"]["visit"] == visit.code].between(*visit.window).all(), visit.code


def test_an_adverse_event_ends_after_it_starts_and_a_death_has_a_fatal_one(large):
    events = large["adverse_events"]
    length = days(large, "adverse_events", "end_date") - days(large, "adverse_events", "start_date")
    assert (length.dropna() >= 0).all()
    died = large["outcomes"].loc[large["outcomes"]["outcome"] == "death", "subject_id"]
    assert sorted(events.loc[events["grade"] == "5", "subject_id"]) == sorted(died)
    assert (events.loc[events["ongoing"] == "Y", "end_date"] == "").all()


def test_a_second_arm_gets_half_the_patients_and_its_own_course(study):
    two = study.model_copy(
        update={
            "design": study.design.model_copy(
                update={
                    "kind": "parallel",
                    "arms": (study.design.arms[0], study.design.arms[0].model_copy(update={"code": "SMT"})),
                }
            )
        }
    )
    tables = simulate_exports(two, n=80, seed=5, drift_shift={"MSCR": -2.0, "SMT": 1.5}, **CALENDAR)
    arm = tables["subjects"].set_index("subject_id")["arm"]
    assert arm.value_counts().to_dict() == {"MSCR": 40, "SMT": 40}
    assert (tables["subjects"]["randomisation_date"] != "").all()
    died = tables["outcomes"].loc[tables["outcomes"]["outcome"] == "death", "subject_id"].map(arm).value_counts()
    assert died["SMT"] > 3 * died.get("MSCR", 0)


def test_values_are_in_the_unit_of_the_study(study):
    other = study.model_copy(
        update={
            "parameters": tuple(
                p.model_copy(update={"unit": "mg/dL"}) if p.code == "BILI" else p for p in study.parameters
            )
        }
    )
    molar, mass = (simulate_exports(one, n=3, seed=1, **CALENDAR)["labs"] for one in (study, other))
    ratio = numbers(molar, "BILI", "D1") / numbers(mass, "BILI", "D1")
    assert ratio.to_numpy() == pytest.approx(17.1, rel=0.01)
    assert set(mass.loc[mass["parameter"] == "BILI", "ref_high"]) == {"1.228"}


def test_a_parameter_without_a_prior_is_an_error(tmp_path):
    path = write_study(tmp_path, **{'code = "BILI"': 'code = "MOOD"'})
    with pytest.raises(SimulateError, match="MOOD"):
        simulate_exports(read_study(path), n=2, seed=1, **CALENDAR)


def test_criteria_that_nobody_meets_are_an_error(study):
    young = study.eligibility[0].model_copy(update={"kind": "exclusion"})
    with pytest.raises(SimulateError, match="candidates meet the criteria"):
        simulate_exports(
            study.model_copy(update={"eligibility": (young, study.eligibility[0])}), n=1, seed=1, **CALENDAR
        )


def test_our_cholesky_factor_gives_the_correlation_back():
    matrix = compute_correlation()
    factor = compute_cholesky(matrix)
    full = np.zeros((len(PRIORS), len(PRIORS)))
    for i, row in enumerate(factor):
        full[i, : len(row)] = row
    assert full @ full.T == pytest.approx(np.array(matrix), abs=1e-12)
    assert full == pytest.approx(np.linalg.cholesky(np.array(matrix)), abs=1e-12)
