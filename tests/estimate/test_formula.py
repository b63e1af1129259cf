"""The formula guard: names and operators pass, code does not."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatrial.errors import EstimateError
from hepatrial.estimate.design import build_design, find_aliased
from hepatrial.estimate.formula import parse_formula, split_tokens


def test_formula_is_split_into_outcome_terms_and_columns():
    parsed = parse_formula("AVAL ~ BASE + TRT01P * AVISIT - 1")
    assert parsed.response == "AVAL"
    assert parsed.columns == ("BASE", "TRT01P", "AVISIT")


@pytest.mark.parametrize(
    "formula",
    [
        "Y ~ exp(X)",
        "Y ~ exp (X)",
        "Y ~ {X + 1}",
        "Y ~ `X`",
        "Y ~ X.real",
        "Y ~ __import__('os')",
        "Y ~ X[0]",
        "Y ~ X | Z",
        "Y ~ X; Z",
        'Y ~ "X"',
        "Y ~ 1.5",
        "Y ~ 1e5",
        "Y ~ @X",
        "Y ~ X\\",
        "log(Y) ~ X",
        "Y + Z ~ X",
        "Y ~ X ~ Z",
        "Y",
        "~ X",
        "Y ~",
    ],
)
def test_anything_but_names_and_operators_is_refused(formula):
    with pytest.raises(EstimateError, match="formula"):
        parse_formula(formula)


@pytest.mark.property
@given(st.text(alphabet=st.characters(codec="ascii"), max_size=30))
def test_no_text_passes_with_a_character_that_can_hold_code(text):
    try:
        split_tokens(text)
    except EstimateError:
        return
    assert not set(text) & set("{}[]`'\".,;@%&|\\=<>!?$#")


def test_name_that_is_no_column_is_an_error_and_is_never_looked_up_elsewhere():
    with pytest.raises(EstimateError, match="'np': found 0 times"):
        build_design("Y ~ np", pd.DataFrame({"Y": [1.0, 2]}))


def test_aliased_columns_are_found_in_order_and_written_in_the_others():
    x = np.array([[1.0, 0, 1, 2], [1, 1, 2, 3], [1, 2, 3, 5], [1, 5, 6, 1]])
    kept, weights = find_aliased(x)
    assert list(kept) == [0, 1, 3]
    assert weights[:, 0] == pytest.approx([1, 1, 0])


def test_unused_levels_and_incomplete_rows_leave_the_design():
    data = pd.DataFrame(
        {"Y": [1.0, 2, np.nan, 4], "A": pd.Categorical(["x", "y", "z", "x"], categories=["y", "x", "z", "q"])}
    )
    design = build_design("Y ~ A", data)
    assert design.columns == ("Intercept", "A[T.x]")
    assert design.n_missing == 1


def test_infinite_covariate_and_text_outcome_are_refused():
    with pytest.raises(EstimateError, match="infinite"):
        build_design("Y ~ X", pd.DataFrame({"Y": [1.0, 2], "X": [1.0, np.inf]}))
    with pytest.raises(EstimateError, match="finite numbers"):
        build_design("Y ~ X", pd.DataFrame({"Y": ["a", "b"], "X": [1.0, 2]}))
