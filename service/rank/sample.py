"""Sample: every candidate's utility on every criterion in every draw, kept so that new weights need no new draws.

Per-prompt measurements are drawn with the shared prompt weights; the weighted p95 is taken anew in each draw. Times,
rates and bytes are drawn on the log scale, about the published value. Draws are made in blocks, so that the weights of
many prompts never fill the memory.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.estimates import Estimate
from service.domain.measurements import CandidateScores
from service.domain.selection import Criterion, CriterionName, Profile
from service.rank.criteria import anchors, measured
from service.rank.draws import (
    Z,
    estimate_draws,
    own_turn,
    prompt_weights,
    pseudo_levels,
    quantile_draws,
    ratio_draws,
    score_draws,
    widened,
)
from service.rank.utility import FloatArray, linear_utility

BLOCK = 4_194_304
"""Weights held at once (32 MiB)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Utility draws of M candidates on C criteria.

    Attributes
    ----------
    candidates
        Names in canonical (sorted) order.
    criteria
        The criteria whose anchors the utilities use; their weights play no part here.
    utilities
        Shape (M, C, B); 0 where `known` is false.
    known
        Per candidate and criterion whether there is a measurement.
    """

    candidates: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    utilities: FloatArray
    known: tuple[tuple[bool, ...], ...]
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Samples:
    """Per-prompt samples of one candidate and criterion, in canonical prompt order.

    `values` holds all N samples and `prompt` their prompt; a score has one per prompt.
    """

    values: FloatArray
    prompt: np.ndarray
    prompts: int

    def draw(self, *, name: CriterionName, weights: FloatArray, levels: FloatArray) -> FloatArray:
        if name == "quality":
            scores = np.full(self.prompts, np.nan)
            scores[self.prompt] = self.values
            return score_draws(scores=scores, weights=weights, levels=levels)
        if name == "latency_p95":
            return quantile_draws(values=self.values, prompt=self.prompt, weights=weights, p=0.95)
        sums = np.bincount(self.prompt, weights=self.values, minlength=self.prompts).astype(np.float64)
        counts = np.bincount(self.prompt, minlength=self.prompts).astype(np.float64)
        return ratio_draws(sums=sums, counts=counts, weights=weights)


def sample(*, scores: Sequence[CandidateScores], profile: Profile, seed: int, draws: int = 10_000) -> Sample:
    """Draw the utilities of all candidates.

    Parameters
    ----------
    scores
        In any order, with prompts in any order; names must differ and all candidates must have the same prompts.
    draws
        B, at least 1.

    Returns
    -------
    Sample
        With M = 0 for no candidates. A candidate's draws depend on its own measurements, the profile's anchors, the
        number of prompts, `seed` and `draws` only.

    Raises
    ------
    ValueError
        If names repeat, prompts differ, a per-prompt list has another length, or an anchor is missing.
    """
    ordered = sorted(scores, key=lambda one: one.candidate)
    _check(ordered, draws)
    names = [criterion.name for criterion in profile.criteria]
    found = [[_samples(one, name) for name in names] for one in ordered]
    utilities = np.zeros((len(ordered), len(names), draws))
    if ordered:
        _fill(utilities, found, names=names, prompts=len(ordered[0].prompts), seed=seed)
    known = [[measured(one, name).value is not None for name in names] for one in ordered]
    for m, one in enumerate(ordered):
        for c, criterion in enumerate(profile.criteria):
            if known[m][c]:
                samples = found[m][c]
                raw = None if samples is None else utilities[m, c]
                prompts = 0 if samples is None else np.unique(samples.prompt).size
                utilities[m, c] = _utilities(one, criterion, raw=raw, prompts=prompts, draws=draws, seed=seed)
            else:
                utilities[m, c] = 0.0
    return Sample(
        candidates=tuple(one.candidate for one in ordered),
        criteria=profile.criteria,
        utilities=utilities,
        known=tuple(tuple(row) for row in known),
        seed=seed,
    )


def log_spread(estimate: Estimate) -> float:
    """Return the standard deviation of the logarithm that a 95 % interval stands for; 0 where there is no interval.

    Examples
    --------
    >>> round(log_spread(Estimate(value=1.0, low=math.exp(-1.96), high=math.exp(1.96), n=9)), 3)
    1.0
    """
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or value <= 0:
        return 0.0
    ends = [abs(math.log(end / value)) for end in (low, high) if end is not None and end > 0]
    return sum(ends) / len(ends) / Z if ends else 0.0


def _fill(
    target: FloatArray,
    found: Sequence[Sequence[_Samples | None]],
    *,
    names: Sequence[CriterionName],
    prompts: int,
    seed: int,
) -> None:
    draws = target.shape[2]
    rng = np.random.default_rng([abs(seed), 0])
    levels = pseudo_levels(draws=draws, rng=np.random.default_rng([abs(seed), 1]))
    width = max(1, min(draws, BLOCK // (prompts + 1)))
    turned = [
        np.roll(levels, own_turn(row[names.index("quality")].values) % draws)  # type: ignore[union-attr]  # checked
        if "quality" in names and row[names.index("quality")] is not None
        else levels
        for row in found
    ]
    for start in range(0, draws, width):
        block = slice(start, min(start + width, draws))
        weights = prompt_weights(prompts=prompts, draws=block.stop - start, rng=rng)
        for m, row in enumerate(found):
            for c, samples in enumerate(row):
                if samples is not None:
                    target[m, c, block] = samples.draw(
                        name=names[c], weights=weights, levels=turned[m][block]
                    )


def _utilities(
    one: CandidateScores, criterion: Criterion, *, raw: FloatArray | None, prompts: int, draws: int, seed: int
) -> FloatArray:
    estimate = measured(one, criterion.name)
    value = estimate.value
    if value is None:
        msg = f"{one.candidate} has no value of {criterion.name}."
        raise ValueError(msg)
    if criterion.name == "licence":
        return np.full(draws, min(1.0, max(0.0, value)))
    zero, full = anchors(criterion)
    if criterion.name == "quality":
        return linear_utility(
            x=_quality_draws(one, estimate, raw=raw, prompts=prompts, draws=draws, seed=seed),
            zero=zero,
            full=full,
        )
    spread = log_spread(estimate)
    if raw is None:
        drawn = estimate_draws(
            value=math.log(value), spread=spread, draws=draws, seed=seed, salt=criterion.name
        )
    else:
        logs = np.log(raw)
        drawn = widened(
            raw=logs, centre=float(np.mean(logs)), value=math.log(value), n=prompts, spread=spread
        )
    if criterion.scale == "log":
        return linear_utility(x=drawn, zero=math.log(zero), full=math.log(full))
    return linear_utility(x=np.exp(drawn), zero=zero, full=full)


def _quality_draws(
    one: CandidateScores, estimate: Estimate, *, raw: FloatArray | None, prompts: int, draws: int, seed: int
) -> FloatArray:
    value = 0.0 if estimate.value is None else estimate.value
    spread = (
        0.0 if estimate.low is None or estimate.high is None else (estimate.high - estimate.low) / (2 * Z)
    )
    if raw is None:
        return estimate_draws(value=value, spread=spread, draws=draws, seed=seed, salt="quality")
    scored = [score for score in one.quality_by_prompt if score is not None]
    centre = math.fsum(scored) / len(scored)
    return widened(raw=raw, centre=centre, value=value, n=prompts, spread=spread)


def _samples(one: CandidateScores, name: CriterionName) -> _Samples | None:
    """Return the per-prompt samples in canonical order; ``None`` where the criterion has none."""
    per_prompt: dict[CriterionName, Sequence[Sequence[float]]] = {
        "quality": [() if score is None else (score,) for score in one.quality_by_prompt],
        "latency_mean": one.latency_by_prompt,
        "latency_p95": one.latency_by_prompt,
        "first_token": one.first_token_by_prompt,
        "throughput": one.end_to_end_rate_by_prompt,
    }
    lists = per_prompt.get(name, ())
    if not lists:
        return None
    if len(lists) != len(one.prompts):
        msg = f"{one.candidate} has {len(one.prompts)} prompts but {len(lists)} lists of {name}."
        raise ValueError(msg)
    order = sorted(range(len(one.prompts)), key=lambda place: one.prompts[place])
    pairs = [(value, row) for row, place in enumerate(order) for value in sorted(lists[place])]
    if not pairs:
        return None
    values = np.array([value for value, _ in pairs], dtype=np.float64)
    if not np.all(np.isfinite(values)) or (name != "quality" and np.any(values <= 0)):
        msg = f"{one.candidate} has a sample of {name} that is not a positive finite number."
        raise ValueError(msg)
    return _Samples(
        values=values, prompt=np.array([row for _, row in pairs], dtype=np.intp), prompts=len(order)
    )


def _check(ordered: Sequence[CandidateScores], draws: int) -> None:
    if draws < 1:
        msg = f"A ranking needs at least one draw, not {draws}."
        raise ValueError(msg)
    names = [one.candidate for one in ordered]
    if len(set(names)) != len(names):
        msg = "Two candidates have the same name; give each one its own."
        raise ValueError(msg)
    for one in ordered:
        if len(set(one.prompts)) != len(one.prompts):
            msg = f"{one.candidate} lists a prompt twice; merge its rounds into one entry."
            raise ValueError(msg)
        if set(one.prompts) != set(ordered[0].prompts):
            msg = f"{one.candidate} and {ordered[0].candidate} were not asked the same prompts; compare like with like."
            raise ValueError(msg)
