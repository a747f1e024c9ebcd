"""How an evaluation ended before its end: which prompts were judged, which answers were not reached, in words. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from service.domain.evaluations import Evaluation, Progress, Spec, Status
from service.domain.selection import Profile, Recommendation
from service.domain.stopping import Look
from service.judge.work import judged_facets


def reached(spec: Spec, looks: Sequence[Look]) -> int | None:
    """Return how many prompts, in drawn order, judging came to where it ended early; ``None`` where it did not."""
    if not looks or looks[-1].decision == "go_on" or looks[-1].prompts >= len(spec.prompt_set.prompts):
        return None
    return looks[-1].prompts


def unjudged(spec: Spec, prompts: int | None) -> frozenset[str]:
    """Return the ids of the prompts that come after the first so many in drawn order; ``None``: there are none."""
    return frozenset() if prompts is None else frozenset(spec.drawn_order()[prompts:])


def facets_of_judges(spec: Spec) -> frozenset[str]:
    """Return the facets that a judge decides on any prompt."""
    prompts = spec.prompt_set.prompts if spec.judges else ()
    return frozenset(facet.name for prompt in prompts for facet in judged_facets(spec.rubric, prompt))


def not_reached(evaluation: Evaluation, settled: Mapping[str, int]) -> dict[str, int]:
    """Return candidate to the answers that no time was left for; only those that lack some.

    Parameters
    ----------
    settled
        Answers kept and given up, by candidate.
    """
    spec = evaluation.spec
    if spec.time_budget is None or spec.source is not None or evaluation.status is not Status.SUCCEEDED:
        return {}
    lacking = {one.name: spec.answers_each - settled.get(one.name, 0) for one in spec.candidates}
    return {name: count for name, count in lacking.items() if count > 0}


def noted(evaluation: Evaluation, progress: Progress, looks: Sequence[Look]) -> Progress:
    """Return `progress` with how many prompts were judged, what was saved, and what was not reached."""
    spec = evaluation.spec
    return replace(
        progress,
        prompts_judged=looks[-1].prompts if looks and not _all_judged(evaluation, looks) else None,
        notes=tuple(_saved(evaluation, looks)),
        shortfalls=tuple(_out_of_time(spec, progress.not_reached, looks)),
    )


def told(made: Recommendation, progress: Progress, spec: Spec, profile: Profile) -> Recommendation:
    """Return the recommendation with what was saved among its reasons, and what was not reached among its cautions."""
    cautions = [*made.cautions, *progress.shortfalls]
    if progress.notes and progress.prompts_judged is not None and profile.criteria != spec.profile.criteria:
        cautions.append(
            f"judging stopped early by what the profile {spec.profile.name} weighs: by other weights more might have helped"
        )
    return replace(made, reasons=(*made.reasons, *progress.notes), cautions=tuple(cautions))


def _all_judged(evaluation: Evaluation, looks: Sequence[Look]) -> bool:
    return evaluation.status is Status.SUCCEEDED and reached(evaluation.spec, looks) is None


def _saved(evaluation: Evaluation, looks: Sequence[Look]) -> Iterator[str]:
    spec = evaluation.spec
    last = looks[-1] if looks else None
    if last is None or last.decision == "budget":
        return
    if last.decision == "stop" and last.p_within is not None and last.bar is not None:
        whole = len(spec.prompt_set.prompts)
        yield (
            f"Judged {last.prompts} of {whole} prompts; the rest could not change the choice ({last.leader} is within "
            f"{spec.profile.epsilon:g} of the best score with a probability of {last.p_within:.4g}, {last.bar:g} was asked for)."
        )
    elif _all_judged(evaluation, looks):
        yield f"Every prompt was judged: at none of {len(looks)} looks was the choice sure; at the last, {last.reason}."


def _out_of_time(spec: Spec, lacking: Mapping[str, int], looks: Sequence[Look]) -> Iterator[str]:
    used_up = f"The time budget of {spell_time(spec.time_budget or 0.0)} was used up"
    if lacking:
        named = ", ".join(f"{name} lacks {count} of {spec.answers_each}" for name, count in lacking.items())
        yield f"{used_up} before every answer was asked for: {named}."
    prompts = reached(spec, looks)
    if prompts is not None and looks[-1].decision == "budget":
        yield f"{used_up} when {prompts} of {len(spec.prompt_set.prompts)} prompts were judged."


def spell_time(seconds: float) -> str:
    """Return a length of time as people say it.

    Examples
    --------
    >>> spell_time(45), spell_time(1800), spell_time(5400), spell_time(90)
    ('45 s', '30 min', '1 h 30 min', '1 min 30 s')
    """
    hours, rest = divmod(round(seconds), 3600)
    minutes, left = divmod(rest, 60)
    parts = [f"{number} {unit}" for number, unit in ((hours, "h"), (minutes, "min"), (left, "s")) if number]
    return " ".join(parts) or f"{seconds:g} s"
