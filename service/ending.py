"""How judging ended before its end: which prompts it came to, and what that saved, in words. Pure."""

from collections.abc import Iterator, Sequence
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


def noted(evaluation: Evaluation, progress: Progress, looks: Sequence[Look]) -> Progress:
    """Return `progress` with how many prompts were judged, and what was saved."""
    return replace(
        progress,
        prompts_judged=looks[-1].prompts if looks and not _all_judged(evaluation, looks) else None,
        notes=tuple(_saved(evaluation, looks)),
    )


def told(made: Recommendation, progress: Progress, spec: Spec, profile: Profile) -> Recommendation:
    """Return the recommendation with what was saved among its reasons, and a caution where others weigh otherwise."""
    cautions = list(made.cautions)
    if progress.notes and progress.prompts_judged is not None and profile.criteria != spec.profile.criteria:
        cautions.append(
            f"judging stopped early by what the profile {spec.profile.name} weighs: by other weights more might have helped"
        )
    return replace(made, reasons=(*made.reasons, *progress.notes), cautions=tuple(cautions))


def _all_judged(evaluation: Evaluation, looks: Sequence[Look]) -> bool:
    return evaluation.status is Status.SUCCEEDED and reached(evaluation.spec, looks) is None


def _saved(evaluation: Evaluation, looks: Sequence[Look]) -> Iterator[str]:
    if not looks:
        return
    spec, last = evaluation.spec, looks[-1]
    if last.decision == "stop" and last.p_within is not None and last.bar is not None:
        yield (
            f"Judged {last.prompts} of {len(spec.prompt_set.prompts)} prompts; the rest could not change the choice "
            f"({last.leader} is within {spec.profile.epsilon:g} of the best score with a probability of "
            f"{last.p_within:.4g}, {last.bar:g} was asked for)."
        )
    elif _all_judged(evaluation, looks):
        yield f"Every prompt was judged: at none of {len(looks)} looks was the choice sure; at the last, {last.reason}."
