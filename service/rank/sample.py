"""Sample: every candidate's utility on every criterion in every draw, kept so that new weights need no new draws.

Per-prompt measurements are drawn with the shared prompt weights; the weighted p95 is taken anew in each draw. Times,
rates and bytes are drawn on the log scale, about the published value. Draws are made in blocks, so that the weights of
many prompts never fill the memory.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.domain.estimates import Estimate
from service.domain.measurements import CandidateScores
from service.domain.selection import Criterion, CriterionName, Profile
from service.rank.criteria import anchors, measured, results
from service.rank.draws import (
    Z,
    estimate_draws,
    expansion,
    mean_draws,
    own_turn,
    prompt_weights,
    pseudo_levels,
    quantile_draws,
    widened,
)
from service.rank.utility import FloatArray, linear_utility

BLOCK = 1_048_576
"""Weights held at once (8 MiB)."""


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
    points
        Utility of the published values, M x C; 0 where `known` is false.
    prompts
        How many prompts were drawn from.
    """

    candidates: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    utilities: FloatArray
    known: tuple[tuple[bool, ...], ...]
    points: tuple[tuple[float, ...], ...]
    prompts: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Samples:
    """Samples of one candidate and criterion in canonical order: N values, the prompt of each, and both per prompt."""

    values: FloatArray
    prompt: NDArray[np.intp]
    sums: FloatArray
    counts: FloatArray


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
    found = [_all_samples(one, names) for one in ordered]
    utilities = np.zeros((len(ordered), len(names), draws))
    if ordered:
        _fill(utilities, found, names=names, prompts=len(ordered[0].prompts), seed=seed)
    known = [[measured(one, name).value is not None for name in names] for one in ordered]
    for m, one in enumerate(ordered):
        for c, criterion in enumerate(profile.criteria):
            samples = found[m][c]
            if not known[m][c]:
                utilities[m, c] = 0.0
            elif samples is None:
                utilities[m, c] = _utilities(one, criterion, raw=None, prompts=0, draws=draws, seed=seed)
            else:
                utilities[m, c] = _utilities(
                    one,
                    criterion,
                    raw=utilities[m, c],
                    prompts=int(np.count_nonzero(samples.counts)),
                    draws=draws,
                    seed=seed,
                )
    return Sample(
        candidates=tuple(one.candidate for one in ordered),
        criteria=profile.criteria,
        utilities=utilities,
        known=tuple(tuple(row) for row in known),
        points=tuple(tuple(result.utility or 0.0 for result in results(one, profile)) for one in ordered),
        prompts=len(ordered[0].prompts) if ordered else 0,
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
    pool = pseudo_levels(draws=draws, rng=np.random.default_rng([abs(seed), 1]))
    plans = [_plan(row, names, pool) for row in found]
    width = max(1, min(draws, BLOCK // (prompts + 1)))
    room = np.empty((prompts + 1) * width)
    for start in range(0, draws, width):
        block = slice(start, min(start + width, draws))
        weights = prompt_weights(prompts=prompts, draws=block.stop - start, rng=rng, room=room)
        for m, (row, plan) in enumerate(zip(found, plans, strict=True)):
            for c, samples in enumerate(row):
                if samples is not None and names[c] == "latency_p95":
                    target[m, c, block] = quantile_draws(
                        values=samples.values, prompt=samples.prompt, weights=weights, p=0.95
                    )
            if plan.places:
                levels = [None if level is None else level[block] for level in plan.levels]
                drawn = mean_draws(sums=plan.sums, counts=plan.counts, weights=weights, levels=levels)
                for c, means in zip(plan.places, drawn, strict=True):
                    target[m, c, block] = means


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """The means of one candidate, taken together; `places` says which criteria they are."""

    places: tuple[int, ...]
    sums: FloatArray
    counts: FloatArray
    levels: tuple[FloatArray | None, ...]


def _plan(row: Sequence[_Samples | None], names: Sequence[CriterionName], pool: FloatArray) -> _Plan:
    """Gather what is a mean; a score reads the pool of pseudo-prompt levels from its own turn on."""
    pairs = [
        (c, samples) for c, samples in enumerate(row) if samples is not None and names[c] != "latency_p95"
    ]
    levels = tuple(
        np.roll(pool, own_turn(samples.values) % pool.size) if names[c] == "quality" else None
        for c, samples in pairs
    )
    return _Plan(
        places=tuple(c for c, _ in pairs),
        sums=np.array([samples.sums for _, samples in pairs]),
        counts=np.array([samples.counts for _, samples in pairs]),
        levels=levels,
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
            raw=logs,
            centre=float(np.mean(logs)),
            value=math.log(value),
            factor=expansion(prompts),
            spread=spread,
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
    factor = expansion(prompts, pseudo=True)
    return widened(raw=raw, centre=centre, value=value, factor=factor, spread=spread)


def _all_samples(one: CandidateScores, names: Sequence[CriterionName]) -> list[_Samples | None]:
    """Return the per-prompt samples of every criterion; ``None`` where it has none."""
    places = np.empty(len(one.prompts), dtype=np.intp)
    places[sorted(range(len(one.prompts)), key=lambda place: one.prompts[place])] = np.arange(
        len(one.prompts)
    )
    scores = [() if score is None else (score,) for score in one.quality_by_prompt]
    latencies = _samples(one, "latency_mean", one.latency_by_prompt, places)
    found: dict[CriterionName, _Samples | None] = {
        "quality": _samples(one, "quality", scores, places),
        "latency_mean": latencies,
        "latency_p95": latencies,
        "first_token": _samples(one, "first_token", one.first_token_by_prompt, places),
        "throughput": _samples(one, "throughput", one.end_to_end_rate_by_prompt, places),
    }
    return [found.get(name) for name in names]


def _samples(
    one: CandidateScores, name: CriterionName, lists: Sequence[Sequence[float]], places: NDArray[np.intp]
) -> _Samples | None:
    if not lists:
        return None
    if len(lists) != places.size:
        msg = f"{one.candidate} has {places.size} prompts but {len(lists)} lists of {name}."
        raise ValueError(msg)
    values = np.array([value for row in lists for value in row], dtype=np.float64)
    if values.size == 0:
        return None
    if not np.all(np.isfinite(values)) or np.any(values <= 0):
        msg = f"{one.candidate} has a sample of {name} that is not a positive finite number."
        raise ValueError(msg)
    prompt = np.repeat(places, [len(row) for row in lists])
    order = np.lexsort((values, prompt))
    values, prompt = values[order], prompt[order]
    return _Samples(
        values=values,
        prompt=prompt,
        sums=np.bincount(prompt, weights=values, minlength=places.size).astype(np.float64),
        counts=np.bincount(prompt, minlength=places.size).astype(np.float64),
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
