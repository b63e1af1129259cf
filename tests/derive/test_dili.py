"""eDISH, modified eDISH, windows. Quadrant rows are computed from FDA 2025 (figure 7, table 21)."""

import numpy as np
import pandas as pd
import pytest

from hepatrial.derive.dili import OUTPUT_COLUMNS, QUADRANTS, compute_edish_quadrant, derive_edish
from hepatrial.errors import DeriveError

UPPER = {"ALT": 40.0, "AST": 40.0, "BILI": 20.0, "ALP": 130.0}


def labs(*rows, base=None):
    """Rows (subject, parameter, day, multiple of the upper limit) with a normal baseline unless given."""
    table = pd.DataFrame(rows, columns=["USUBJID", "PARAMCD", "ADY", "TIMES"])
    table["ANRHI"] = table["PARAMCD"].map(UPPER)
    table["AVAL"] = table["TIMES"] * table["ANRHI"]
    table["BASE"] = table["PARAMCD"].map(base or {}).fillna(0.5) * table["ANRHI"]
    return table.drop(columns="TIMES")


def one(*rows, basis="upper-limit", base=None, **kwargs):
    return derive_edish(labs(*rows, base=base), basis=basis, **kwargs).iloc[0]


@pytest.mark.reference
@pytest.mark.parametrize(
    ("transaminase", "bilirubin", "at_least", "above"),
    [
        (2.99, 1.99, "LLQ", "LLQ"),
        (3.0, 2.0, "RUQ", "LLQ"),
        (3.0, 1.0, "RLQ", "LLQ"),
        (1.0, 2.0, "LUQ", "LLQ"),
        (3.01, 2.01, "RUQ", "RUQ"),
    ],
)
def test_quadrants(transaminase, bilirubin, at_least, above):
    values = {"transaminase": transaminase, "bilirubin": bilirubin}
    assert compute_edish_quadrant(**values)[0] == at_least
    assert compute_edish_quadrant(**values, is_strict=True)[0] == above


def test_a_missing_multiple_has_no_quadrant():
    assert compute_edish_quadrant(transaminase=[np.nan, 5], bilirubin=[5, np.nan]).tolist() == ["", ""]


@pytest.mark.reference
def test_bilirubin_before_the_transaminase_is_no_pair_though_the_peaks_plot_high():
    row = one(("S1", "ALT", 10, 5.0), ("S1", "BILI", 5, 3.0))
    assert row["QUADRANT"] == "RUQ"
    assert row["PAIRFL"] == "N"
    assert row["ADJUDFL"] == "N"


@pytest.mark.reference
@pytest.mark.parametrize(("day", "flag"), [(1, "Y"), (31, "Y"), (32, "N"), (40, "N")])
def test_bilirubin_counts_for_thirty_days(day, flag):
    row = one(("S1", "ALT", 1, 5.0), ("S1", "BILI", day, 3.0))
    assert row["QUADRANT"] == "RUQ"
    assert row["PAIRFL"] == flag


@pytest.mark.reference
def test_admirals_window_is_an_option():
    rows = (("S1", "AST", 1, 3.0), ("S1", "BILI", 16, 2.0))
    assert one(*rows, window_days=14)["PAIRFL"] == "N"
    assert one(*rows, window_days=15)["PAIRFL"] == "Y"


def test_cholestasis_on_the_day_is_not_flagged_and_an_unknown_alp_is():
    pair = (("S1", "ALT", 3, 4.0), ("S1", "BILI", 7, 3.0))
    cholestatic = one(*pair, ("S1", "ALP", 3, 2.0))
    assert (cholestatic["PAIRFL"], cholestatic["ADJUDFL"], cholestatic["PAIRALP"]) == ("Y", "N", 2.0)
    assert one(*pair, ("S1", "ALP", 3, 1.9))["ADJUDFL"] == "Y"
    unknown = one(*pair)
    assert unknown["ADJUDFL"] == "Y"
    assert np.isnan(unknown["PAIRALP"])


def test_a_later_pair_without_cholestasis_is_found():
    row = one(
        ("S1", "ALT", 3, 4.0),
        ("S1", "ALP", 3, 2.5),
        ("S1", "ALT", 5, 4.0),
        ("S1", "ALP", 5, 1.0),
        ("S1", "BILI", 7, 3.0),
    )
    assert (row["ADJUDFL"], row["PAIRTADY"], row["PAIRTBDY"]) == ("Y", 5, 7)


def test_in_liver_failure_the_upper_limit_plots_everybody_high_and_baseline_does_not():
    stable = (("S1", "ALT", 3, 8.0), ("S1", "BILI", 3, 15.0))
    base = {"ALT": 7.5, "BILI": 14.0}
    assert one(*stable, base=base)["QUADRANT"] == "RUQ"
    assert one(*stable, base=base, basis="baseline")["QUADRANT"] == "LLQ"
    assert one(*stable, base=base, basis="baseline")["ADJUDFL"] == "N"


def test_a_rise_from_the_nadir_counts_where_one_from_baseline_does_not():
    rows = (
        ("S1", "ALT", 1, 10.0),
        ("S1", "ALT", 7, 1.0),
        ("S1", "ALT", 14, 4.0),
        ("S1", "BILI", 14, 30.0),
    )
    base = {"ALT": 12.0, "BILI": 12.0}
    by_base = one(*rows, base=base, basis="baseline")
    by_nadir = one(*rows, base=base, basis="nadir")
    assert by_base["PEAKTA"] == pytest.approx(10 / 12)
    assert by_base["QUADRANT"] == "LUQ"
    assert by_nadir["PEAKTA"] == pytest.approx(4.0)  # 4 x ULN over the earlier 1 x ULN
    assert by_nadir["PEAKTB"] == pytest.approx(2.5)  # bilirubin stays on baseline
    assert (by_nadir["QUADRANT"], by_nadir["ADJUDFL"]) == ("RUQ", "Y")


def test_a_value_of_the_same_day_is_no_nadir():
    row = one(("S1", "ALT", 7, 1.0), ("S1", "ALT", 7, 4.0), base={"ALT": 2.0}, basis="nadir")
    assert row["PEAKTA"] == pytest.approx(2.0)


@pytest.mark.reference
def test_r_ratio_of_the_sample_of_the_highest_alt():
    row = one(("S1", "ALT", 2, 2.0), ("S1", "ALT", 9, 10.0), ("S1", "ALP", 9, 1.0), ("S1", "ALP", 2, 3.0))
    assert row["RRATIO"] == pytest.approx(10.0)
    assert row["RPATTERN"] == "hepatocellular"
    assert one(("S1", "ALT", 9, 10.0), ("S1", "ALP", 8, 1.0))["RPATTERN"] == ""


def test_peaks_name_their_enzyme_and_day():
    row = one(("S1", "ALT", 2, 3.0), ("S1", "AST", 4, 6.0), ("S1", "AST", 6, 6.0), ("S1", "BILI", 5, 1.0))
    assert (row["PEAKTA"], row["PEAKTAP"], row["PEAKTADY"]) == (6.0, "AST", 4)
    assert (row["PEAKTB"], row["PEAKTBDY"]) == (1.0, 5)


def test_values_without_a_reference_are_counted_and_not_plotted():
    table = labs(("S1", "ALT", 1, 9.0), ("S1", "BILI", 1, 9.0))
    table["BASE"] = np.nan
    row = derive_edish(table, basis="baseline").iloc[0]
    assert row["QUADRANT"] == ""
    assert row["NNOREF"] == 2


def test_one_row_a_subject_whatever_the_order_of_the_rows():
    table = labs(
        *[(s, p, d, m) for s, m in (("S2", 4.0), ("S1", 1.0)) for p in ("ALT", "AST", "BILI", "ALP") for d in (9, 2)],
        ("S1", "WBC", 2, 1.0),
    )
    straight = derive_edish(table, basis="upper-limit")
    shuffled = derive_edish(table.sample(frac=1, random_state=3), basis="upper-limit")
    assert straight["USUBJID"].tolist() == ["S1", "S2"]
    pd.testing.assert_frame_equal(straight, shuffled)


def test_no_rows_give_an_empty_frame_with_its_columns():
    result = derive_edish(labs(("S1", "WBC", 1, 1.0)), basis="upper-limit")
    assert list(result.columns) == list(OUTPUT_COLUMNS)
    assert result.empty


def test_nothing_is_called_hys_law():
    assert "requires adjudication" in QUADRANTS.values()
    assert not any("hy" in text.lower() for text in QUADRANTS.values())


def test_columns_and_basis_are_checked():
    table = labs(("S1", "ALT", 1, 1.0))
    with pytest.raises(DeriveError, match="BASE"):
        derive_edish(table.drop(columns="BASE"), basis="baseline")
    with pytest.raises(DeriveError, match="basis='mean'"):
        derive_edish(table, basis="mean")
