"""Judging two answers side by side: strengths from wins, and whether the order of the two decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components

from service.domain.estimates import Estimate, undefined
from service.score.intervals import mean_estimate, share_estimate

Preference = Literal["first", "second", "tie"]


def bradley_terry(*, wins: Sequence[Sequence[float]], prior: float = 0.0) -> tuple[float, ...] | None:
    """Return the strength of each candidate from a table of wins.

    Parameters
    ----------
    wins
        k x k; how often the row beat the column. A tie counts half for each. The diagonal is ignored.
    prior
        Wins added to both sides of every pair. With .5, say, there is always a solution, drawn towards equality.

    Returns
    -------
    tuple of float or None
        Positive, with geometric mean 1: row beats column with chance ``s_row / (s_row + s_column)``. Empty for no
        candidate, (1.0,) for one. ``None`` where the wins do not determine strengths: some group of candidates never
        lost to the rest, or was never compared with it. The order of candidates changes nothing beyond rounding.

    Raises
    ------
    ValueError
        If the table is not square, or a count is negative or not finite.

    Notes
    -----
    Maximum likelihood by Newton's method on the logarithms, which is concave; it exists exactly when every candidate
    can be reached from every other along wins [2]_.

    References
    ----------
    .. [1] Bradley and Terry (1952), Biometrika 39, 324-345.
    .. [2] Ford (1957), The American Mathematical Monthly 64, 28-33.

    Examples
    --------
    >>> [round(s, 4) for s in bradley_terry(wins=[[0, 4], [1, 0]])]
    [2.0, 0.5]
    >>> bradley_terry(wins=[[0, 4], [0, 0]]) is None
    True
    """
    k = len(wins)
    if any(len(row) != k for row in wins):
        msg = f"a table of wins is square, and this one has {k} rows of {sorted({len(row) for row in wins})}"
        raise ValueError(msg)
    if k == 0:
        return ()
    table = np.array(wins, dtype=np.float64)
    if not np.isfinite(table).all() or table.min() < 0 or not 0 <= prior < np.inf:
        msg = "wins are finite numbers of at least 0"
        raise ValueError(msg)
    table += prior
    np.fill_diagonal(table, 0.0)
    groups, _ = connected_components(table > 0, directed=True, connection="strong")
    if groups > 1:
        return None
    strengths = np.exp(_most_likely(table))
    return tuple(float(s) for s in strengths)


def _most_likely(table: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    games = table + table.T
    won = table.sum(axis=1)
    k = len(table)

    def likelihood(theta: npt.NDArray[np.float64]) -> float:
        return float(won @ theta - (games * np.logaddexp(theta[:, None], theta[None, :])).sum() / 2)

    theta = np.zeros(k)
    for _ in range(200):
        chance = 1 / (1 + np.exp(theta[None, :] - theta[:, None]))
        gradient = won - (games * chance).sum(axis=1)
        weight = games * chance * (1 - chance)
        # adding 1/k everywhere fixes the level, which the games leave open
        curvature = np.diag(weight.sum(axis=1)) - weight + 1 / k
        move = np.linalg.solve(curvature, gradient)
        length = 1.0
        before = likelihood(theta)
        while length > 1e-6 and likelihood(theta + length * move) < before - 1e-12 * abs(before):
            length /= 2
        theta = theta + length * move
        theta -= theta.mean()
        if np.abs(move).max() < 1e-12:
            break
    return theta


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderConsistency:
    """Whether a judge says the same when the two answers change places.

    Attributes
    ----------
    consistent
        Share of pairs with the same winner (or a tie) in both orders, with a Wilson interval.
    position_bias
        Share of verdicts for whatever came first minus those for whatever came second, -1 to 1, with a t interval
        over pairs. 0 is no preference for a place.
    """

    consistent: Estimate
    position_bias: Estimate


def order_consistency(
    *, original: Sequence[Preference | None], swapped: Sequence[Preference | None], confidence: float = 0.95
) -> OrderConsistency:
    """Compare a judge's verdicts on pairs of answers with those on the same pairs in the other order.

    Parameters
    ----------
    original, swapped
        One verdict per pair (one pair a prompt): which *place* won, so that a consistent judge answers ``first`` and
        then ``second``. ``None`` where there is no verdict; such a pair is left out.

    Returns
    -------
    OrderConsistency
        Undefined without a pair that has both verdicts.

    Raises
    ------
    ValueError
        If the lengths differ or a verdict is none of the three.

    References
    ----------
    .. [1] Zheng et al. (2023), Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena, arXiv:2306.05685, section 3.3.

    Examples
    --------
    >>> found = order_consistency(original=["first", "first", "tie"], swapped=["second", "first", "tie"])
    >>> round(found.consistent.value, 2), round(found.position_bias.value, 2)
    (0.67, 0.33)
    """
    if len(original) != len(swapped):
        msg = f"every pair is judged in both orders: there are {len(original)} and {len(swapped)} verdicts"
        raise ValueError(msg)
    lean = {"first": 1, "second": -1, "tie": 0}
    both = [(x, y) for x, y in zip(original, swapped, strict=True) if x is not None and y is not None]
    for verdict in (verdict for pair in both for verdict in pair):
        if verdict not in lean:
            msg = f"a preference is first, second or tie, not {verdict}"
            raise ValueError(msg)
    if not both:
        nothing = undefined("no pair was judged in both orders")
        return OrderConsistency(consistent=nothing, position_bias=nothing)
    leans = [(lean[x], lean[y]) for x, y in both]
    same = sum(x == -y for x, y in leans)
    return OrderConsistency(
        consistent=share_estimate(successes=same, n=len(leans), confidence=confidence),
        position_bias=mean_estimate(by_prompt=[(x + y) / 2 for x, y in leans], confidence=confidence),
    )
