"""Put one candidate's answers, verdicts and loads together into its scores."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from statistics import fmean

from service.domain.estimates import Estimate, undefined
from service.domain.findings import Item
from service.domain.measurements import CandidateScores, FacetScore
from service.domain.models import Candidate, Model
from service.domain.responses import Load
from service.domain.rubrics import Rubric
from service.domain.selection import LicenceTerms
from service.score.intervals import mean_estimate
from service.score.latency import summarise as summarise_latency
from service.score.means import score_mean
from service.score.quantiles import percentile
from service.score.samples import prompt_means

HIDDEN = "the server counts more tokens than it sends: it hides its reasoning, or miscounts"


def summarise(
    *,
    candidate: Candidate,
    model: Model,
    prompts: Sequence[str],
    rubric: Rubric,
    items: Sequence[Item],
    loads: Sequence[Load],
    expected: int,
    failed: int,
    barred: Mapping[tuple[str, str], str],
    licence: LicenceTerms,
    unscored: AbstractSet[tuple[str, str]] = frozenset(),
    unjudged: AbstractSet[str] = frozenset(),
    judged_facets: AbstractSet[str] = frozenset(),
    spared: bool = False,
) -> CandidateScores:
    """Return all that is known of `candidate`.

    Parameters
    ----------
    prompts
        Ids of all prompts of the evaluation; their sorted order is that of every result per prompt.
    items
        The candidate's kept answers in order of measurement, with the verdicts found so far.
    loads
        The candidate's loads.
    expected, failed
        Answers wanted, and those given up.
    barred
        ``(judge or check, facet)`` to the reason why its scores on that facet may not decide.
    unscored
        ``(facet, prompt)`` where the prompt's answers are not scored on the facet: nothing is missing there.
    unjudged, judged_facets
        Prompts that judging did not come to, and the facets that a judge decides on any prompt. On those facets these
        prompts do not count, not even where a check decided: what was judged would be another mixture of prompts.
    spared
        Whether that is so because more judging could not have changed the choice.

    Returns
    -------
    CandidateScores
        With no answers every estimate is undefined with the reason ``no data``; nothing is ever 0 for want of data.
    """
    order = tuple(sorted(prompts))
    groups: dict[str, list[Item]] = {prompt: [] for prompt in order}
    for item in items:
        if item.prompt in groups:
            groups[item.prompt].append(item)
    sampled = {prompt: [] if prompt in unjudged else group for prompt, group in groups.items()}
    facets = tuple(
        _facet(
            facet.name,
            facet.weight,
            order,
            sampled if facet.name in judged_facets else groups,
            barred,
            unscored,
        )
        for facet in rubric.facets
    )
    judged = any(facet.decides and facet.weight > 0 and facet.facet in judged_facets for facet in facets)
    quality_by_prompt = tuple(
        None if judged and prompt in unjudged else score
        for prompt, score in zip(order, quality_of(facets, order), strict=True)
    )
    latency = tuple(tuple(_known(item.latency_seconds for item in groups[prompt])) for prompt in order)
    first = tuple(tuple(_known(item.first_token_seconds for item in groups[prompt])) for prompt in order)
    rates = tuple(tuple(_known(_end_to_end(item) for item in groups[prompt])) for prompt in order)
    unseen = f"it runs behind the endpoint {model.endpoint}" if model.source == "endpoint" else None
    return CandidateScores(
        candidate=candidate.name,
        model=model.name,
        prompts=order,
        facets=facets,
        quality=_quality_estimate(facets, quality_by_prompt),
        quality_by_prompt=quality_by_prompt,
        latency=summarise_latency(samples=latency, order=_positions(order, items)),
        latency_by_prompt=latency,
        first_token=percentile(samples=first, p=0.5).estimate,
        decode_rate=_mean_rate(groups, order, _decode),
        end_to_end_rate=_unless_hidden(mean_estimate(by_prompt=prompt_means(samples=rates)), groups),
        workshop_rate=_mean_rate(groups, order, _workshop),
        memory=_over_loads(
            [load.model_resident for load in loads], unseen or "the memory could not be measured"
        ),
        memory_peak=_over_loads(
            [load.process_peak for load in loads], unseen or "the memory could not be measured"
        ),
        disk=_exact(model.disk_bytes, unseen or "the size on disk is not known"),
        licence=licence,
        context=next((load.context for load in loads if load.context), None) or model.context,
        answered=len(items),
        failed=failed,
        expected=expected,
        loads=len(loads),
        load_seconds=undefined("the server loads by itself")
        if unseen and "load" not in model.capabilities
        else _over_loads([load.seconds for load in loads], "it was never loaded"),
        cold_first_token=_over_loads(
            [load.cold_first_token for load in loads], "no first request was answered"
        ),
        first_token_by_prompt=first,
        end_to_end_rate_by_prompt=rates,
        first_visible=_first_visible(groups, order),
        server_reported=_server_reported(groups, order),
        truncated=sum(item.finish == "length" for item in items),
        spared=tuple(prompt for prompt in order if spared and prompt in unjudged),
    )


def _facet(
    name: str,
    weight: float,
    order: Sequence[str],
    groups: Mapping[str, Sequence[Item]],
    barred: Mapping[tuple[str, str], str],
    unscored: AbstractSet[tuple[str, str]],
) -> FacetScore:
    scored = [[item.scores[name] for item in groups[prompt] if name in item.scores] for prompt in order]
    by_prompt = tuple(fmean(scores) if scores else None for scores in scored)
    voices = {item.by[name] for group in groups.values() for item in group if name in item.by}
    reasons = sorted({barred[voice, name] for voice in voices if (voice, name) in barred})
    votes = [item.votes[name].values() for group in groups.values() for item in group if name in item.votes]
    apart = [max(given) - min(given) for given in votes if len(given) > 1]
    return FacetScore(
        facet=name,
        weight=weight,
        estimate=score_mean(by_prompt=by_prompt),
        by_prompt=by_prompt,
        scored=sum(len(scores) for scores in scored),
        expected=sum(len(group) for prompt, group in groups.items() if (name, prompt) not in unscored),
        decides=not reasons,
        note="; ".join(reasons) or None,
        disagreement=fmean(apart) if apart else None,
        unscored=frozenset(prompt for prompt in order if (name, prompt) in unscored),
    )


def quality_of(facets: Sequence[FacetScore], order: Sequence[str]) -> tuple[float | None, ...]:
    """Return the weighted mean of the deciding facets per prompt; a prompt that lacks one has none.

    Leaving the missing facet out instead would compare candidates on different questions. A facet on which the prompt is
    not scored is left out for every candidate.
    """
    deciding = [facet for facet in facets if facet.decides and facet.weight > 0]
    found: list[float | None] = []
    for index, prompt in enumerate(order):
        wanted = [facet for facet in deciding if prompt not in facet.unscored]
        parts = [(facet.weight, facet.by_prompt[index]) for facet in wanted]
        known = [weight * score for weight, score in parts if score is not None]
        total = sum(facet.weight for facet in wanted)
        found.append(sum(known) / total if wanted and len(known) == len(parts) else None)
    return tuple(found)


def _quality_estimate(facets: Sequence[FacetScore], by_prompt: Sequence[float | None]) -> Estimate:
    if not any(facet.decides and facet.weight > 0 for facet in facets):
        notes = "; ".join(sorted({facet.note for facet in facets if facet.note}))
        return undefined(f"no facet may decide: {notes or 'the rubric gives none a weight'}")
    return score_mean(by_prompt=by_prompt)


def _first_visible(groups: Mapping[str, Sequence[Item]], order: Sequence[str]) -> Estimate:
    seen = tuple(tuple(_known(item.first_visible_seconds for item in groups[prompt])) for prompt in order)
    if not any(seen):
        return undefined("the runtime does not tell reasoning from the answer")
    return percentile(samples=seen, p=0.5).estimate


def _server_reported(
    groups: Mapping[str, Sequence[Item]], order: Sequence[str]
) -> tuple[tuple[str, Estimate], ...]:
    """Return the median of each figure the server named; they are its own word, and enter no score."""
    names = sorted({name for group in groups.values() for item in group for name in item.server_reported})
    return tuple((name, percentile(samples=_reported(groups, order, name), p=0.5).estimate) for name in names)


def _reported(
    groups: Mapping[str, Sequence[Item]], order: Sequence[str], name: str
) -> tuple[tuple[float, ...], ...]:
    figures = [[item.server_reported.get(name) for item in groups[prompt]] for prompt in order]
    return tuple(tuple(one for one in group if one is not None) for group in figures)


def _positions(order: Sequence[str], items: Sequence[Item]) -> list[list[int]]:
    """Place of each timed answer in the run, in the shape of the latencies."""
    places: dict[str, list[int]] = {prompt: [] for prompt in order}
    for place, item in enumerate(items):
        if item.latency_seconds is not None:
            places[item.prompt].append(place)
    return [places[prompt] for prompt in order]


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None and value > 0]


def _end_to_end(item: Item) -> float | None:
    arrived = (item.completion_tokens or 0) - item.hidden_tokens
    return arrived / item.latency_seconds if arrived > 0 and item.latency_seconds else None


def _decode(item: Item) -> float | None:
    return item.decode_rate


def _workshop(item: Item) -> float | None:
    return item.workshop_rate


def _mean_rate(
    groups: Mapping[str, Sequence[Item]], order: Sequence[str], rate: Callable[[Item], float | None]
) -> Estimate:
    per_prompt = [_known(rate(item) for item in groups[prompt]) for prompt in order]
    found = _unless_hidden(mean_estimate(by_prompt=prompt_means(samples=per_prompt)), groups)
    if found.value is None and any(groups.values()) and found.reason != HIDDEN:
        return undefined("the runtime does not count tokens, or the answers are one token long")
    return found


def _unless_hidden(rate: Estimate, groups: Mapping[str, Sequence[Item]]) -> Estimate:
    """Say of a rate that is not there that its server hides tokens, where it does."""
    hides = any(item.hidden_tokens for group in groups.values() for item in group)
    return undefined(HIDDEN) if rate.value is None and hides else rate


def _exact(value: float | None, missing: str) -> Estimate:
    if value is None:
        return undefined(missing)
    return Estimate(value=float(value), low=float(value), high=float(value), n=1)


def _over_loads(values: Sequence[float | None], missing: str) -> Estimate:
    """Return the highest figure over a candidate's loads: loads are few, and the worst one is what a device must bear.

    The lowest and highest are given as the range from two loads on; that is a range, not a confidence interval.
    """
    known = [float(value) for value in values if value is not None]
    if not known:
        return undefined(missing)
    if len(known) == 1:
        return Estimate(value=known[0], low=None, high=None, n=1, reason="one load has no interval")
    return Estimate(value=max(known), low=min(known), high=max(known), n=len(known))
