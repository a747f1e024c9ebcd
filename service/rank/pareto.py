"""Pareto: who is not beaten on everything at once, at the point values and over the draws."""

import numpy as np
from numpy.typing import ArrayLike

from service.rank.utility import FloatArray


def pareto_front(*, utilities: ArrayLike) -> tuple[bool, ...]:
    """Return which candidates no other one dominates (at least as good everywhere, better somewhere).

    Parameters
    ----------
    utilities
        Shape (M, C); more is better.

    Returns
    -------
    tuple of bool
        M flags; empty for no candidates, true for a lone one and for every copy of a candidate on the front.

    Raises
    ------
    ValueError
        If the table does not have two dimensions or a utility is not finite.

    Examples
    --------
    >>> pareto_front(utilities=[[0.1, 0.1], [0.9, 0.9], [0.9, 0.2]])
    (False, True, False)
    """
    table = np.asarray(utilities, dtype=np.float64)
    if table.size == 0:
        return ()
    if table.ndim != 2:
        msg = "A Pareto front needs utilities of shape (candidates, criteria)."
        raise ValueError(msg)
    return tuple(share == 1.0 for share in front_probability(utilities=table[:, :, None]))


def front_probability(*, utilities: FloatArray) -> tuple[float, ...]:
    """Return in which share of the draws each candidate is on the Pareto front.

    Parameters
    ----------
    utilities
        Shape (M, C, B).

    Returns
    -------
    tuple of float
        M shares; empty for no candidates.

    Raises
    ------
    ValueError
        If the shape is another one, there is no draw, or a utility is not finite.

    Examples
    --------
    >>> front_probability(utilities=np.array([[[0.5, 0.5]], [[0.4, 0.6]]]))
    (0.5, 0.5)
    """
    if utilities.ndim != 3 or utilities.shape[2] == 0 or not np.all(np.isfinite(utilities)):
        msg = "P(on the front) needs finite utilities of shape (candidates, criteria, draws) with at least one draw."
        raise ValueError(msg)
    models, criteria, draws = utilities.shape
    beaten = np.zeros((models, draws), dtype=np.bool_)
    for m in range(models):
        for k in range(m + 1, models):
            m_ahead = np.zeros(draws, dtype=np.bool_)
            k_ahead = np.zeros(draws, dtype=np.bool_)
            for c in range(criteria):
                m_ahead |= utilities[m, c] > utilities[k, c]
                k_ahead |= utilities[k, c] > utilities[m, c]
            beaten[k] |= m_ahead & ~k_ahead
            beaten[m] |= k_ahead & ~m_ahead
    return tuple(1.0 - float(np.count_nonzero(row)) / draws for row in beaten)
