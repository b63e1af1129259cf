"""Analysis of variance and Pearson's chi-square: by hand, and against R."""

import numpy as np
import pytest

from hepatrial.estimate import compare_categories, compare_group_means

NAN = float("nan")


def test_analysis_of_variance_by_hand():
    # means 2, 3, 6, overall 11/3: between 3(25 + 4 + 49)/9 = 26 on 2 df, within 2 + 2 + 2 = 6 on 6: F = 13/1
    found = compare_group_means([1, 2, 3, NAN, 2, 3, 4, 5, 6, 7], list("aaaabbbccc"))
    assert (found.statistic, found.df, found.df_residual, found.n) == (pytest.approx(13, rel=1e-12), 2, 6, 9)
    # with 2 numerator df, P(F > f) = (1 + 2 f / d)^(-d / 2), here (1 + 26 / 6)^-3
    assert found.p_value == pytest.approx((16 / 3) ** -3, rel=1e-12)


def test_chi_square_by_hand():
    # 4 of 5 against 1 of 5, all expected 2.5: 4 * 1.5^2 / 2.5 = 3.6; with 1 df p = erfc(sqrt(x / 2))
    found = compare_categories(list("yyyynynnnn"), list("aaaaabbbbb"))
    assert (found.statistic, found.df, found.n) == (pytest.approx(3.6, rel=1e-12), 1, 10)
    assert found.p_value == pytest.approx(0.057779571123597, rel=1e-10)
    assert (found.status, found.notes) == ("note", ("4 of 4 expected counts are below 5",))


@pytest.mark.reference
def test_r_data_sets():
    # R: anova(lm(weight ~ group, PlantGrowth)): F = 4.8461, p = 0.01591 (printed in ?PlantGrowth and its manuals)
    control = [4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14]
    first = [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69]
    second = [6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26]
    found = compare_group_means([*control, *first, *second], np.repeat(["ctrl", "trt1", "trt2"], 10))
    assert (found.df, found.df_residual) == (2, 27)
    assert round(found.statistic, 4) == 4.8461
    assert round(found.p_value, 5) == 0.01591
    # R: ?chisq.test, Agresti (2007) p. 39, sex by party: X-squared = 30.07, df = 2, p-value = 2.954e-07
    counts = {("F", "D"): 762, ("F", "I"): 327, ("F", "R"): 468, ("M", "D"): 484, ("M", "I"): 239, ("M", "R"): 477}
    people = [key for key, n in counts.items() for _ in range(n)]
    found = compare_categories([party for _, party in people], [sex for sex, _ in people])
    assert (round(found.statistic, 2), found.df, f"{found.p_value:.4g}") == (30.07, 2, "2.954e-07")


def test_nothing_to_compare_is_an_answer():
    assert compare_group_means([1.0, 2.0, 3.0], ["a", "a", "a"]).status == "not_estimable"
    assert compare_group_means([1.0, 1.0, 2.0, 2.0], ["a", "a", "b", "b"]).status == "not_estimable"
    assert compare_categories(["x", "x"], ["a", "b"]).status == "not_estimable"
    assert compare_categories([None, None], ["a", "b"]).status == "not_estimable"


def test_missing_categories_and_the_order_of_rows_do_not_matter():
    values, group = np.array([*"xyxyyx", None], dtype=object), np.array(list("aabbaba"))
    found, other = compare_categories(values, group), compare_categories(values[::-1], group[::-1])
    assert found.n == 6
    assert found == other
