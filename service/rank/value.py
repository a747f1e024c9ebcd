"""Value of information: what knowing more would be worth, in utility, and which criterion to measure next."""

import math

import numpy as np
from scipy import special

from service.rank.acceptability import weigh
from service.rank.utility import FloatArray

RIDGE = 1e-8
NOISE = 1e-12
"""Worth less than rounding is worth nothing."""


def evpi(*, scores: FloatArray) -> float:
    """Return the expected value of perfect information, ``E[max] - max E``.

    Parameters
    ----------
    scores
        Shape (M, B): the score of each candidate in each draw.

    Returns
    -------
    float
        At least 0; 0 for one candidate or none, and where the same candidate is best in every draw.

    Raises
    ------
    ValueError
        If there is no draw or a score is not finite.

    References
    ----------
    .. [1] Raiffa and Schlaifer (1961), Applied Statistical Decision Theory.

    Examples
    --------
    >>> evpi(scores=np.array([[0.0, 1.0], [0.5, 0.5]]))
    0.25
    """
    _check(scores)
    if scores.shape[0] < 2:
        return 0.0
    known = float(np.mean(np.max(scores, axis=0)))
    return max(0.0, known - float(np.max(np.mean(scores, axis=1))))


def evppi(*, utilities: FloatArray, shares: FloatArray) -> tuple[float, ...]:
    """Return what knowing one criterion exactly would be worth, for each criterion.

    Every candidate's score is regressed on all candidates' utilities of the criterion; the fitted values are what one
    would expect of it if the criterion were known.

    Parameters
    ----------
    utilities
        Shape (M, C, B).
    shares
        C weights that sum to 1.

    Returns
    -------
    tuple of float
        C numbers, at least 0; 0 for a criterion that does not vary or has no weight, and for fewer than two candidates.

    Raises
    ------
    ValueError
        If there is no draw or a utility is not finite.

    References
    ----------
    .. [1] Strong, Oakley and Brennan (2014), Medical Decision Making 34(3): EVPPI by regression.

    Examples
    --------
    >>> cube = np.array([[[0.0, 1.0], [0.3, 0.3]], [[0.5, 0.5], [0.3, 0.3]]])
    >>> [round(worth, 6) for worth in evppi(utilities=cube, shares=np.array([1.0, 0.0]))]
    [0.25, 0.0]
    """
    models, criteria = utilities.shape[:2]
    scores = weigh(utilities=utilities, shares=shares)
    _check(scores)
    if models < 2:
        return tuple(0.0 for _ in range(criteria))
    means = np.mean(scores, axis=1)
    centred = scores - means[:, None]
    best = float(np.max(means))
    worth: list[float] = []
    for c in range(criteria):
        inputs = utilities[:, c]
        varying = np.ptp(inputs, axis=1) > 0
        if shares[c] == 0 or not varying.any():
            worth.append(0.0)
            continue
        features = inputs[varying]
        features = features - np.mean(features, axis=1, keepdims=True)
        gram = features @ features.T
        gram[np.diag_indices_from(gram)] += RIDGE * float(np.trace(gram)) / gram.shape[0]
        slopes = np.linalg.solve(gram, features @ centred.T)
        fitted = slopes.T @ features
        fitted += means[:, None]
        worth.append(max(0.0, float(np.mean(np.max(fitted, axis=0))) - best))
    return tuple(value if value > NOISE else 0.0 for value in worth)


def two_arm_evpi(*, mean: float, spread: float) -> float:
    """Return the expected value of perfect information on a normal difference of two scores.

    Parameters
    ----------
    mean, spread
        Mean and standard deviation of the difference.

    Returns
    -------
    float
        ``s phi(mu/s) - |mu| Phi(-|mu|/s)``; 0 where the spread is 0.

    Raises
    ------
    ValueError
        If the spread is negative.

    Examples
    --------
    >>> round(two_arm_evpi(mean=0.0, spread=1.0), 6)
    0.398942
    """
    if spread < 0:
        msg = f"A standard deviation is at least 0, not {spread}."
        raise ValueError(msg)
    if spread == 0:
        return 0.0
    ratio = abs(mean) / spread
    density = math.exp(-ratio * ratio / 2) / math.sqrt(2 * math.pi)
    return max(0.0, spread * density - abs(mean) * float(special.ndtr(-ratio)))


def _check(scores: FloatArray) -> None:
    if scores.ndim != 2 or scores.shape[1] == 0 or not np.all(np.isfinite(scores)):
        msg = "The value of information needs finite scores of shape (candidates, draws) with at least one draw."
        raise ValueError(msg)
