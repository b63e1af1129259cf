"""Recursive integration of a sequence of normal test statistics with stopping bounds.

The statistics Z_1, .., Z_K of a group-sequential trial have independent increments on the score scale
S_k = Z_k sqrt(I_k), so they form a Gaussian chain

    (1)  Z_k | Z_{k-1} = y  ~  N(intercept_k + slope_k y, noise_k^2).

With a fixed effect, E Z_k = effect sqrt(I_k), slope_k = sqrt(I_{k-1}/I_k) and noise_k^2 = 1 - I_{k-1}/I_k. With a
normal prior on the effect the predictive chain has the same form, because S_k is sufficient: given S_k the effect has
variance w = 1/(1/variance + I_k) and mean effect (1 - w I_k) + w S_k, and

    (2)  S_{k+1} | S_k  ~  N(S_k + gain (effect (1 - w I_k) + w S_k),  gain + gain^2 w),   gain = I_{k+1} - I_k.

Armitage, McPherson and Rowe (1969), doi 10.2307/2343787, carry the density of Z_k among the paths that have not
stopped from look to look; here on the Simpson grid of Jennison and Turnbull (2000), Group Sequential Methods, section
19.3 (isbn 978-0-8493-0316-6), centred and scaled on the marginal distribution of each Z_k.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from hepatrial.estimate.inputs import FloatArray

GRID_SIZE = 32  # Jennison and Turnbull's r: 18 gives them six digits with five looks; 32 and 64 agree to 1e-7


class Mass(NamedTuple):
    """Weighted nodes that stand for the paths still going on."""

    nodes: FloatArray
    weights: FloatArray


START = Mass(np.zeros(1), np.ones(1))


@dataclass(frozen=True)
class Chain:
    """Equation (1) for every look, with the marginal mean and sd of each Z_k, arrays of shape (K,)."""

    intercept: FloatArray
    slope: FloatArray
    noise: FloatArray
    centre: FloatArray
    spread: FloatArray


class Exits(NamedTuple):
    """Probability of leaving above and below at each look, arrays of shape (K,)."""

    upper: FloatArray
    lower: FloatArray


def build_chain(
    information: FloatArray,
    *,
    effect: float = 0.0,
    effect_variance: float = 0.0,
    after: float = 0.0,
    z: float = 0.0,
) -> Chain:
    """Chain of the looks at ``information``, given ``z`` seen at information ``after`` (0: from the start).

    ``effect_variance`` 0 is a fixed effect, infinity a flat prior (which needs ``after`` > 0).
    """
    before = np.concatenate([[after], information[:-1]])
    gain = information - before
    weight = np.zeros_like(before) if effect_variance <= 0 else 1 / (1 / effect_variance + before)
    root = np.sqrt(information)
    intercept = gain * effect * (1 - weight * before) / root
    slope = (1 + gain * weight) * np.sqrt(before) / root
    noise = np.sqrt(gain + gain**2 * weight) / root
    intercept[0], slope[0] = intercept[0] + slope[0] * z, 0.0
    centre, spread = np.empty_like(root), np.empty_like(root)
    mean, variance = 0.0, 0.0
    for k in range(root.size):
        mean, variance = intercept[k] + slope[k] * mean, slope[k] ** 2 * variance + noise[k] ** 2
        centre[k], spread[k] = mean, np.sqrt(variance)
    return Chain(intercept, slope, noise, centre, spread)


def tail_above(chain: Chain, k: int, mass: Mass, bound: float) -> float:
    """Probability that a path still going on has Z_k >= bound."""
    mean = chain.intercept[k] + chain.slope[k] * mass.nodes
    return float(mass.weights @ ndtr((mean - bound) / chain.noise[k]))


def tail_below(chain: Chain, k: int, mass: Mass, bound: float) -> float:
    """Probability that a path still going on has Z_k <= bound."""
    mean = chain.intercept[k] + chain.slope[k] * mass.nodes
    return float(mass.weights @ ndtr((bound - mean) / chain.noise[k]))


def advance(chain: Chain, k: int, mass: Mass, low: float, high: float) -> Mass:
    """Paths with low < Z_k < high, as nodes and weights at look ``k``."""
    nodes, width = _grid(float(chain.centre[k]), float(chain.spread[k]), low, high)
    mean = chain.intercept[k] + chain.slope[k] * mass.nodes
    scaled = (nodes[:, None] - mean[None, :]) / chain.noise[k]
    density = np.exp(-0.5 * scaled**2) @ mass.weights / (np.sqrt(2 * np.pi) * chain.noise[k])
    return Mass(nodes, width * density)


def compute_exits(chain: Chain, lower: FloatArray, upper: FloatArray) -> Exits:
    """Probability of stopping above ``upper`` and below ``lower`` at each look; infinite bounds never stop."""
    mass, above, below = START, np.empty(upper.size), np.empty(upper.size)
    for k in range(upper.size):
        above[k] = tail_above(chain, k, mass, upper[k])
        below[k] = tail_below(chain, k, mass, lower[k])
        if k + 1 < upper.size:
            mass = advance(chain, k, mass, lower[k], upper[k])
    return Exits(above, below)


def _grid(centre: float, spread: float, low: float, high: float) -> tuple[FloatArray, FloatArray]:
    """Nodes and Simpson weights between the bounds: section 19.3, equations (19.10) and (19.11)."""
    r = GRID_SIZE
    rank = np.arange(1, r)
    outer = 3 + 4 * np.log(r / rank)
    knots = centre + spread * np.concatenate([-outer, -3 + 1.5 * np.arange(4 * r + 1) / r, outer[::-1]])
    edges = np.concatenate([[low], knots[(knots > low) & (knots < high)], [high]])
    edges = edges[np.isfinite(edges)]
    if edges.size < 2 or low >= high:
        return np.empty(0), np.empty(0)
    gap = np.diff(edges)
    nodes, width = np.empty(2 * edges.size - 1), np.zeros(2 * edges.size - 1)
    nodes[::2], nodes[1::2] = edges, edges[:-1] + gap / 2
    width[:-2:2] += gap / 6
    width[2::2] += gap / 6
    width[1::2] = 4 * gap / 6
    return nodes, width
