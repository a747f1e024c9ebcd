"""How an evaluation ended before its end: which prompts judging came to, what was saved or not reached, in words. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from service.domain.evaluations import Evaluation, Progress, Spec, Status
from service.domain.selection import Profile, Recommendation
from service.domain.stopping import Look, overtaken, taken
from service.judge.work import judged_facets


def reached(spec: Spec, looks: Sequence[Look]) -> int | None:
    """Return how many prompts, in drawn order, judging came to where it ended early; ``None`` where it did not."""
    looks = taken(looks)
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


def noted(evaluation: Evaluation, progress: Progress, looks: Sequence[Look]) -> Progress:
    """Return `progress` with how many prompts were judged, what was saved, and what was not reached."""
    over, looks = overtaken(looks), taken(looks)
    return replace(
        progress,
        prompts_judged=looks[-1].prompts if looks and (over or not _all_judged(evaluation, looks)) else None,
        notes=tuple(_saved(evaluation, looks, over)),
        shortfalls=tuple(_out_of_time(evaluation.spec, progress, over)),
    )


def told(made: Recommendation, progress: Progress, spec: Spec, profile: Profile) -> Recommendation:
    """Return the recommendation with what was saved among its reasons, and cautions: what was not reached, other weights."""
    cautions = [*made.cautions, *progress.shortfalls]
    if progress.notes and progress.prompts_judged is not None and profile.criteria != spec.profile.criteria:
        cautions.append(
            f"judging stopped early by what the profile {spec.profile.name} weighs: by other weights more might have helped"
        )
    return replace(made, reasons=(*made.reasons, *progress.notes), cautions=tuple(cautions))


def _all_judged(evaluation: Evaluation, looks: Sequence[Look]) -> bool:
    return evaluation.status is Status.SUCCEEDED and reached(evaluation.spec, looks) is None


def _saved(evaluation: Evaluation, looks: Sequence[Look], over: Look | None) -> Iterator[str]:
    if not looks:
        return
    spec, last = evaluation.spec, looks[-1]
    if last.decision == "stop" and last.p_within is not None and last.bar is not None:
        yield (
            f"Judged {last.prompts} of {len(spec.prompt_set.prompts)} prompts; the rest could not change the choice "
            f"({last.leader} is within {spec.profile.epsilon:g} of the best score with a probability of "
            f"{last.p_within:.4g}, {last.bar:g} was asked for)."
        )
    elif over is None and _all_judged(evaluation, looks):
        yield f"Every prompt was judged: at none of {len(looks)} looks was the choice sure; at the last, {last.reason}."


def _out_of_time(spec: Spec, progress: Progress, over: Look | None) -> Iterator[str]:
    each = len(spec.prompt_set.prompts) * spec.rounds * spec.passes
    lacking = [f"{count} of {each} answers of {name}" for name, count in progress.not_reached]
    lacking += [over.reason] if over is not None else []
    if lacking and spec.time_budget is not None:
        yield f"not reached within the time budget of {spec.time_budget:g} s: {', '.join(lacking)}"
