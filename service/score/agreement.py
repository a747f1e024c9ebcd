"""How far a judge agrees with people: five figures, each with its interval."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.estimates import Estimate, undefined
from service.score.chance import (
    Floats,
    Level,
    Weights,
    agreement_weights,
    alpha_of,
    gwet_of,
    kappa_of,
)
from service.score.coefficients import (
    confusion_table,
    gwet_ac,
    intraclass_correlation,
    krippendorff_alpha,
    weighted_kappa,
)
from service.score.means import SCALE
from service.score.power import smallest_standard_error
from service.score.resampling import bootstrap_interval, cluster_names, cluster_totals
from service.score.samples import paired, probability
from service.score.tails import t_beyond

__all__ = [
    "Agreement",
    "agreement",
    "confusion_table",
    "gwet_ac",
    "intraclass_correlation",
    "krippendorff_alpha",
    "weighted_kappa",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Two raters of the same answers, seen from five sides; none of them tells the whole.

    Attributes
    ----------
    alpha, kappa, ac2
        Krippendorff's alpha, Cohen's kappa and Gwet's AC. Alpha and kappa fall, AC does not, when one score dominates.
    raw
        Share of answers with the same score.
    bias
        Mean of judge minus people, in points; above 0 the judge is too kind.
    confusion
        Counts: one row per score of the people, one column per score of the judge.
    """

    alpha: Estimate
    kappa: Estimate
    ac2: Estimate
    raw: Estimate
    bias: Estimate
    confusion: tuple[tuple[int, ...], ...]
    items: int


def agreement(
    *,
    judged: Sequence[float | None],
    human: Sequence[float | None],
    clusters: Sequence[Hashable] | None = None,
    labels: Sequence[float] = SCALE,
    level: Level = "ordinal",
    weights: Weights = "quadratic",
    confidence: float = 0.95,
    draws: int = 2_000,
    seed: int = 0,
) -> Agreement:
    """Compare a judge's scores with people's scores of the same answers.

    Parameters
    ----------
    judged, human
        One score per answer, in the same order; ``None`` is missing, and the answer is left out. A score between two
        labels (a mean of several samples) counts as the nearest label, the upper one of two; only `bias` takes it as
        it is.
    clusters
        The prompt of each answer: prompts are resampled whole. Without it every answer is a unit.
    labels
        All scores there are, used or not.

    Returns
    -------
    Agreement
        Every `n` counts prompts. Without a pair everything is undefined. Where all scores are equal alpha and kappa are
        undefined ("no variance"), the others are not. One prompt gives values without intervals. Where no two scores
        differ, resampling cannot tell how often they might; the lower ends then come from the rule of three. Neither
        the order of answers nor that of prompts changes anything; same data and seed, same bytes.

    Raises
    ------
    ValueError
        If the lengths differ, a score is NaN or outside the labels' range, or there are fewer than two labels.

    Notes
    -----
    Cluster bootstrap; the percentile interval is stretched about the value by ``t/z sqrt(n/(n-1))`` and cut at the
    ends of the coefficient's range.

    References
    ----------
    .. [1] Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.
    .. [2] Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed.
    .. [3] Field and Welsh (2007), Journal of the Royal Statistical Society B 69, 369-390: the cluster bootstrap.

    Examples
    --------
    >>> found = agreement(judged=[1, 2, 3, 4, 5, 4, 3, 5], human=[1, 2, 3, 4, 4, 4, 2, 5])
    >>> round(found.alpha.value, 2), found.raw.value, found.bias.value
    (0.93, 0.75, 0.25)
    """
    probability(confidence, name="confidence")
    known = np.unique(np.array(labels, dtype=np.float64))
    if len(known) < 2 or not np.isfinite(known).all():
        msg = "agreement needs at least two labels"
        raise ValueError(msg)
    names = cluster_names(clusters, n=len(judged))
    pairs = paired(a=human, b=judged)
    kept = [name for name, x, y in zip(names, human, judged, strict=True) if x is not None and y is not None]
    table = confusion_table(
        first=_nearest([x for x, _ in pairs], known),
        second=_nearest([y for _, y in pairs], known),
        labels=[float(label) for label in known],
    )
    if not pairs:
        nothing = undefined("no answer was scored by both")
        return Agreement(
            alpha=nothing, kappa=nothing, ac2=nothing, raw=nothing, bias=nothing, confusion=table, items=0
        )
    k = len(known)
    rows = np.zeros((len(pairs), k * k + 2))
    for row, (x, y) in zip(rows, pairs, strict=True):
        first, second = _nearest([x, y], known)
        row[int(np.searchsorted(known, first)) * k + int(np.searchsorted(known, second))] = 1
        row[-2:] = y - x, 1
    totals = cluster_totals(rows=rows, clusters=kept)
    agree = agreement_weights(known, weights=weights)

    def cells(total: Floats) -> Floats:
        return total[..., :-2].reshape(*total.shape[:-1], k, k)

    def alpha(total: Floats) -> Floats:
        return alpha_of(cells(total) + np.swapaxes(cells(total), -1, -2), labels=known, level=level)

    def ac(total: Floats) -> Floats:
        shares = cells(total) / cells(total).sum(axis=(-2, -1), keepdims=True)
        prevalence = (shares.sum(axis=-1) + shares.sum(axis=-2)) / 2
        return gwet_of((shares * agree).sum(axis=(-2, -1)), prevalence, agree=agree)

    def raw(total: Floats) -> Floats:
        return np.asarray(np.trace(cells(total), axis1=-2, axis2=-1) / cells(total).sum(axis=(-2, -1)))

    def estimate(statistic: Callable[[Floats], Floats], low: float, high: float) -> Estimate:
        return bootstrap_interval(
            totals=totals,
            statistic=statistic,
            limits=(low, high),
            confidence=confidence,
            draws=draws,
            seed=seed,
            pessimist=_one_disagreement(totals, k=k, confidence=confidence),
        )

    reach = float(known[-1] - known[0])
    bias = estimate(lambda total: total[..., -2] / total[..., -1], -reach, reach)
    return Agreement(
        alpha=estimate(alpha, -1.0, 1.0),
        kappa=estimate(lambda total: kappa_of(cells(total), agree=agree), -1.0, 1.0),
        ac2=estimate(ac, -1.0, 1.0),
        raw=estimate(raw, 0.0, 1.0),
        bias=_no_narrower(bias, confidence=confidence),
        confusion=table,
        items=len(pairs),
    )


def _nearest(scores: Sequence[float], known: Floats) -> list[float]:
    if any(not known[0] <= score <= known[-1] for score in scores):
        msg = f"a score is outside the labels {known[0]:g} to {known[-1]:g}"
        raise ValueError(msg)
    between = (known[1:] + known[:-1]) / 2
    return [float(known[np.searchsorted(between, score, side="right")]) for score in scores]


def _one_disagreement(totals: Floats, *, k: int, confidence: float) -> Floats | None:
    """Return the totals if unseen disagreement, by one label, were as frequent as it could well be."""
    total = totals.sum(axis=0)
    cells = total[:-2].reshape(k, k)
    if np.trace(cells) < cells.sum():
        return None
    share = 1 - ((1 - confidence) / 2) ** (1 / len(totals))
    most = int(np.argmax(np.diag(cells)))
    worse: Floats = total.copy()
    worse[most * k + (most + 1 if most + 1 < k else most - 1)] += cells.sum() * share / (1 - share)
    return worse


def _no_narrower(bias: Estimate, *, confidence: float) -> Estimate:
    if bias.value is None or bias.low is None or bias.high is None:
        return bias
    half = t_beyond((1 - confidence) / 2, degrees_of_freedom=bias.n - 1) * smallest_standard_error(
        n=bias.n, step=1.0
    )
    return Estimate(
        value=bias.value,
        low=min(bias.low, bias.value - half),
        high=max(bias.high, bias.value + half),
        n=bias.n,
    )
