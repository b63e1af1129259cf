"""Fisher's exact test beyond 2 x 2, and the Cochran-Mantel-Haenszel row mean test: by hand, and against SAS and R."""

import itertools
from math import comb

import numpy as np
import pytest

from hepatrial.estimate import (
    compare_categories,
    compare_categories_exact,
    compare_proportions_exact,
    compare_row_means,
)


def spread(table):
    """Categories and groups of a table of counts, groups in rows."""
    cells = [(column, row) for row, counts in enumerate(table) for column, n in enumerate(counts) for _ in range(n)]
    return [cell[0] for cell in cells], [cell[1] for cell in cells]


def test_fisher_two_by_two_by_hand():
    # margins 5, 5, 5, 5 of 10: tables with 4 or 5 (or 0 or 1) in a cell are as likely or less: 2 (1 + 25) / 252
    found = compare_categories_exact(*spread([[4, 1], [1, 4]]))
    assert found.p_value == pytest.approx(2 * (1 + comb(5, 4) * comb(5, 1)) / comb(10, 5), rel=1e-12)
    counts, sizes = {"a": 4, "b": 1}, {"a": 5, "b": 5}
    other = compare_proportions_exact(counts, sizes, reference="b", method="fisher", conf_level=0.95)
    assert found.p_value == pytest.approx(other.p_value, rel=1e-10)


def test_fisher_three_by_three_by_hand():
    # one of each of three categories in groups of one: 3! tables, all equally likely
    assert compare_categories_exact([0, 1, 2], [0, 1, 2]).p_value == pytest.approx(1.0)
    # groups of 2; every way to deal the labels xxyyzz out, counted by brute force
    deals = set(itertools.permutations("xxyyzz"))
    tables = {}
    for deal in deals:
        key = tuple("".join(sorted(deal[i : i + 2])) for i in (0, 2, 4))
        tables[key] = tables.get(key, 0) + 1
    own = tables["xx", "yy", "zz"]
    expected = sum(n for n in tables.values() if n <= own) / len(deals)
    assert compare_categories_exact(list("xxyyzz"), [0, 0, 1, 1, 2, 2]).p_value == pytest.approx(expected, rel=1e-10)


@pytest.mark.reference
def test_fisher_of_the_pilot_s_laboratory_table():
    # CDISC pilot, table 14-6.02 (R 3.6 fisher.test): albumin, bilirubin, creatinine; low, normal, high by arm
    printed = {0.042: [[16, 65, 3], [15, 66, 1], [5, 74, 1]], 0.402: [[78, 6], [79, 2], [75, 5]],
               0.572: [[80, 4], [76, 6], [73, 7]]}  # fmt: skip
    for p_value, table in printed.items():
        assert round(compare_categories_exact(*spread(table)).p_value, 3) == p_value


def test_too_many_tables_are_not_enumerated():
    found = compare_categories_exact(*spread([[400, 300, 200], [300, 400, 500], [350, 350, 100]]))
    assert found.status == "not_estimable"
    assert "tables have these margins" in found.notes[0]


def test_row_means_by_hand():
    # one stratum, two scores: the chi-square of 4/5 against 1/5, 3.6, times (n - 1) / n
    scores, group = [1, 1, 1, 1, 0, 1, 0, 0, 0, 0], list("aaaaabbbbb")
    assert compare_row_means(scores, group).statistic == pytest.approx(3.6 * 0.9, rel=1e-12)
    assert compare_categories(scores, group).statistic == pytest.approx(3.6, rel=1e-12)
    # two strata, scores 1, 2, 3. First: a 3, 2; b 1, 2: sum of a less expected 5 - 2 * 2 = 1, variance
    # (2/3) * (2 - 4/4) = 2/3. Second: a 2; b 1, 3: 0 with variance (3 * (2/3) / 2) * (1 - 1/3) = 2/3. Q = 1 / (4/3)
    found = compare_row_means([3, 2, 1, 2, 2, 1, 3], list("aabbabb"), [1, 1, 1, 1, 2, 2, 2])
    assert (found.statistic, found.df) == (pytest.approx(0.75, rel=1e-12), 1)


@pytest.mark.reference
def test_row_means_of_sas():
    # SAS PROC FREQ CMH on ADCIBC week 8 (CAMIS, Comp/r-sas_cmh.qmd): sex by arm | age group; score by arm | sex
    age = [([[20, 20], [25, 24]], "65-80"), ([[8, 4], [4, 6]], "<65")]
    by_sex = [([[0, 9, 17, 1, 1], [1, 4, 17, 7, 0]], "F"), ([[1, 6, 13, 3, 1], [0, 8, 14, 8, 0]], "M")]
    for strata, statistic, p_value in ((age, 0.2166, 0.6417), (by_sex, 1.7487, 0.186)):
        parts = [(*spread(table), name) for table, name in strata]
        scores = np.concatenate([part[0] for part in parts])
        group = np.concatenate([part[1] for part in parts])
        found = compare_row_means(scores, group, [part[2] for part in parts for _ in part[0]])
        assert (round(found.statistic, 4), found.df, round(found.p_value, 4)) == (statistic, 1, p_value)


@pytest.mark.reference
def test_row_means_of_three_arms_in_the_pilot_s_shift_table():
    # CDISC pilot, table 14-6.05, alkaline phosphatase: p = 0.611 (two degrees of freedom)
    normal, high = [[81, 1], [78, 1], [79, 0]], [[0, 2], [0, 0], [0, 1]]
    (scores, group), (more, others) = spread(normal), spread(high)
    found = compare_row_means(scores + more, group + others, ["N"] * len(scores) + ["H"] * len(more))
    assert (found.df, round(found.p_value, 3)) == (2, 0.611)


def test_nothing_to_compare_is_an_answer():
    assert compare_row_means([1, 2], ["a", "a"]).status == "not_estimable"
    assert compare_row_means([1, 1, 2, 2], ["a", "b", "a", "b"], [1, 1, 2, 2]).status == "not_estimable"
    assert compare_categories_exact(["x", "x"], ["a", "b"]).status == "not_estimable"
