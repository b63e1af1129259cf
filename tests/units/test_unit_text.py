"""Unit spellings are read as one canonical unit, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatrial.units import UNIT_SYNONYMS, UNITS, normalise_unit


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("umol/L", "umol/L"),
        ("\u00b5mol/L", "umol/L"),  # micro sign
        ("\u03bcmol/l", "umol/L"),  # Greek mu
        ("UMOL/L", "umol/L"),
        ("ｕｍｏｌ／Ｌ", "umol/L"),
        ("umol·L-1", "umol/L"),
        ("µmol L⁻¹", "umol/L"),
        ("mcmol/L", "umol/L"),
        (" mg / dl ", "mg/dL"),
        ("MG/DL", "mg/dL"),
        ("mg%", "mg/dL"),
        ("ｍｇ％", "mg/dL"),
        ("mg/100mL", "mg/dL"),
        ("g/dl", "g/dL"),
        ("g%", "g/dL"),
        ("IU/L", "U/L"),
        ("u/l", "U/L"),
        ("×10^9/L", "10^9/L"),
        ("x10^9/L", "10^9/L"),
        ("10*9/L", "10^9/L"),
        ("10⁹/L", "10^9/L"),
        ("×10⁹/L", "10^9/L"),
        ("109/L", "10^9/L"),
        ("10E9/L", "10^9/L"),
        ("1e9/L", "10^9/L"),
        ("10^9 cells/L", "10^9/L"),
        ("10^3/uL", "10^9/L"),
        ("10³/µL", "10^9/L"),
        ("10^3/mm³", "10^9/L"),
        ("K/uL", "10^9/L"),
        ("GI/L", "10^9/L"),
        ("10^12/L", "10^12/L"),
        ("10*6/µL", "10^12/L"),
        ("/mm3", "/uL"),
        ("cells/µL", "/uL"),
        ("mcg/dL", "ug/dL"),
        ("mm Hg", "mmHg"),
        ("％", "%"),
        ("sec.", "s"),
        ("秒", "s"),
        ("微摩尔/升", "umol/L"),
        ("IU/mL", "IU/mL"),
        ("mEq/L", "mEq/L"),
    ],
)
def test_a_known_spelling_is_read(written, canonical):
    assert normalise_unit(written) == canonical


@pytest.mark.parametrize("written", [None, "", "  ", "mmol/mol", "mg", "umol", "10^5/L", "bananas", "109", "/"])
def test_an_unknown_or_missing_unit_is_none(written):
    assert normalise_unit(written) is None


def test_upper_case_giga_is_read_by_the_analyte():
    assert normalise_unit("G/L") == "g/L"
    assert normalise_unit("G/L", analyte_code="HGB") == "g/L"
    assert normalise_unit("G/L", analyte_code="PLAT") == "10^9/L"
    assert normalise_unit("T/L", analyte_code="RBC") == "10^12/L"
    assert normalise_unit("T/L") is None
    assert normalise_unit("g/L", analyte_code="PLAT") == "g/L"  # grams, which convert then refuses


def test_every_canonical_unit_reads_as_itself():
    assert {text: normalise_unit(text) for text in UNITS} == {text: text for text in UNITS}


def test_every_synonym_names_a_canonical_unit():
    assert set(UNIT_SYNONYMS.values()) <= set(UNITS)
    assert {text: normalise_unit(text) for text in UNIT_SYNONYMS} == dict(UNIT_SYNONYMS)


@pytest.mark.property
@given(st.text(max_size=20))
def test_any_text_gives_a_canonical_unit_or_none(text):
    unit = normalise_unit(text)
    assert unit is None or unit in UNITS
