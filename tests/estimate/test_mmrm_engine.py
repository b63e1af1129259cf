"""The engine: derivatives against finite differences, blocks and sums against dense matrices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatrial.estimate.mixed_covariance import RandomEffects, RandomLevel
from hepatrial.estimate.mmrm.blocks import build_blocks, compress_subjects
from hepatrial.estimate.mmrm.objective import differentiate, evaluate, kenward_roger_sum
from hepatrial.estimate.mmrm.structures import (
    VISIT_STRUCTURES,
    ExponentialCovariance,
    VisitCovariance,
    compute_sigma,
)

N_VISITS = 4
LEVELS = (
    RandomLevel(columns=(0,), cells=((0, 0),)),
    RandomLevel(columns=(1, 2), cells=((0, 0), (1, 0), (1, 1)), inner=3),
)
MODELS = {
    **{name: VisitCovariance(name, N_VISITS) for name in VISIT_STRUCTURES},
    "us by group": VisitCovariance("us", N_VISITS, 2),
    "ar1 by group": VisitCovariance("ar1", N_VISITS, 2),
    "sp_exp": ExponentialCovariance(),
    "sp_exp by group": ExponentialCovariance(2),
    "random effects": RandomEffects(LEVELS),
}


def small_data(seed, n=14):
    rng = np.random.default_rng(seed)
    seen = rng.random((n, N_VISITS)) < 0.75
    seen[:, 0] |= ~seen.any(axis=1)
    subject, visit = np.nonzero(seen)
    x = np.column_stack([np.ones(len(subject)), subject % 2, visit, rng.normal(size=len(subject))])
    return subject, visit, x, x @ [1.0, 2, 0.5, 1] + rng.normal(size=len(subject))


def make(name, seed, compress=True):
    subject, visit, x, y = small_data(seed)
    rng = np.random.default_rng(seed + 1)
    if name == "random effects":
        key = np.column_stack([np.ones(len(y)), np.ones(len(y)), visit, visit // 2]).astype(float)
    elif name.startswith("sp_exp"):
        key = np.array([0.0, 1, 3, 7])[visit][:, None]
    else:
        key = visit[:, None].astype(float)
    blocks = build_blocks(
        x, y, subject, key, group=subject % 2 if "group" in name else None,
        weights=rng.uniform(0.5, 2, len(y)), compress=compress,
    )  # fmt: skip
    model = MODELS[name]
    theta = rng.normal(scale=0.3, size=model.n_params)
    return blocks, model, theta


def numeric_gradient(f, at, h=1e-5):
    steps = h * np.eye(len(at))
    return np.array([(f(at + s) - f(at - s)) / (2 * h) for s in steps])


@pytest.mark.property
@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_gradient_and_hessian_are_finite_differences(name, reml, seed):
    blocks, model, theta = make(name, seed)
    point = evaluate(blocks, model, theta, reml=reml)
    if point is None:  # toep at a theta that is not positive definite
        theta = theta * 0.2
        point = evaluate(blocks, model, theta, reml=reml)
    got = differentiate(blocks, point, model.n_params, reml=reml)

    def value(t):
        return evaluate(blocks, model, t, reml=reml).log_likelihood

    def slope(t):
        return differentiate(blocks, evaluate(blocks, model, t, reml=reml), model.n_params, reml=reml).gradient

    size = 1 + np.abs(got.hessian).max()
    assert got.gradient == pytest.approx(numeric_gradient(value, theta), rel=1e-5, abs=1e-6 * size)
    assert got.hessian == pytest.approx(numeric_gradient(slope, theta), rel=1e-5, abs=1e-6 * size)


@pytest.mark.property
@pytest.mark.parametrize("name", MODELS)
def test_slope_of_the_information_matrix_is_finite_differences(name):
    blocks, model, theta = make(name, 3)
    got = differentiate(blocks, evaluate(blocks, model, theta, reml=True), model.n_params, reml=True).p_matrices

    def information(t):
        return np.linalg.inv(evaluate(blocks, model, t, reml=True).phi)

    expected = numeric_gradient(information, theta)
    assert got == pytest.approx(expected, rel=1e-6, abs=1e-6 * np.abs(expected).max())


@pytest.mark.property
@pytest.mark.parametrize("name", VISIT_STRUCTURES)
def test_second_derivatives_of_sigma_are_finite_differences(name):
    theta = np.random.default_rng(8).normal(scale=0.4, size=VisitCovariance(name, N_VISITS).n_params)
    got = compute_sigma(name, theta, N_VISITS)
    assert got.first == pytest.approx(
        numeric_gradient(lambda t: compute_sigma(name, t, N_VISITS).value, theta), abs=1e-8
    )
    assert got.second == pytest.approx(
        numeric_gradient(lambda t: compute_sigma(name, t, N_VISITS).first, theta), abs=1e-7
    )


@pytest.mark.reference
@pytest.mark.parametrize("reml", [True, False])
def test_likelihood_equals_the_dense_formula(reml):
    subject, visit, x, y = small_data(5)
    theta = np.array([0.2, -0.1, 0.3, 0.1, 0.4, 0.2, -0.3, 0.1, 0.2, 0.5])
    sigma = compute_sigma("us", theta, N_VISITS).value
    v = np.where(subject[:, None] == subject, sigma[visit[:, None], visit], 0.0)
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    beta = np.linalg.solve(information, x.T @ inverse @ y)
    e = y - x @ beta
    minus2 = np.linalg.slogdet(v)[1] + e @ inverse @ e + (len(y) - 4 * reml) * np.log(2 * np.pi)
    minus2 += np.linalg.slogdet(information)[1] if reml else 0
    blocks = build_blocks(x, y, subject, visit[:, None].astype(float))
    got = evaluate(blocks, VisitCovariance("us", N_VISITS), theta, reml=reml)
    assert got.log_likelihood == pytest.approx(-minus2 / 2, abs=1e-10)
    assert got.beta == pytest.approx(beta)


@pytest.mark.reference
def test_kenward_roger_sum_equals_the_dense_formula():
    subject, visit, x, y = small_data(6)
    model = VisitCovariance("csh", N_VISITS)
    rng = np.random.default_rng(9)
    theta, root = rng.normal(scale=0.3, size=5), rng.normal(size=(5, 5))
    w = root @ root.T
    sigma = compute_sigma("csh", theta, N_VISITS)
    mask = subject[:, None] == subject
    v, first, second = (
        np.where(mask, s[..., visit[:, None], visit], 0.0) for s in (sigma.value, sigma.first, sigma.second)
    )
    inverse = np.linalg.inv(v)
    q = np.einsum("ij,iab,bc,jcd->ad", w, first, inverse, first)
    r = np.einsum("ij,ijab->ab", w, second)
    expected = x.T @ inverse @ (q - r / 4) @ inverse @ x
    blocks = build_blocks(x, y, subject, visit[:, None].astype(float))
    point = evaluate(blocks, model, theta, reml=True)
    assert kenward_roger_sum(blocks, point, w, second=True) == pytest.approx(expected)


@pytest.mark.property
@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 40), m=st.integers(1, 4), seed=st.integers(0, 1000))
def test_pseudo_subjects_keep_every_cross_moment(n, m, seed):
    rng = np.random.default_rng(seed)
    z = np.stack([np.ones((n, m)), np.tile(np.arange(m), (n, 1)), rng.normal(size=(n, m))], axis=2)
    small = compress_subjects(z)
    assert len(small) <= n
    flat, other = z.reshape(n, -1), small.reshape(len(small), -1)
    assert other.T @ other == pytest.approx(flat.T @ flat, abs=1e-10 * n)


@pytest.mark.property
def test_compressed_and_whole_blocks_have_the_same_likelihood():
    for name in ("us", "sp_exp by group", "random effects"):
        blocks, model, theta = make(name, 11)
        whole, _, _ = make(name, 11, compress=False)
        one, two = (evaluate(b, model, theta, reml=True).log_likelihood for b in (blocks, whole))
        assert one == pytest.approx(two, abs=1e-10)
