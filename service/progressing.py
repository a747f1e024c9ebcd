"""How far an evaluation is: what is wanted, kept, lost for good and not reached, counted from its rows. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.domain.evaluations import Evaluation, Progress, Spec, Status
from service.ending import noted
from service.judge.work import facets_of, judged_facets
from service.store.progress import Counts


@dataclass(frozen=True, slots=True)
class Most:
    """How many verdicts are wanted if no two answers are equal: in all, and of each judge."""

    verdicts: int
    of_a_judge: int


def progress_of(evaluation: Evaluation, counts: Counts, most: Most | None = None) -> Progress:
    """Return how far an evaluation is, from what is kept of it; `most` is what `most_of` has counted, if anybody asked."""
    spec = evaluation.spec
    wanted_each = len(spec.prompt_set.prompts) * spec.rounds * spec.passes
    answers_wanted = wanted_each * len(spec.candidates)
    lost = {
        candidate.name: failed_answers(
            spec, candidate.name, counts.answers.get(candidate.name, 0), counts.given_up
        )
        for candidate in spec.candidates
    }
    failed = sum(lost.values())
    total = sum(counts.answers.values())
    verdicts_failed = counts.given_up.get(("verdict", None), 0)
    verdicts_wanted = counts.verdicts_wanted
    if verdicts_wanted is None:
        # Judged before anybody counted what was wanted: what is there is what was wanted.
        judged = evaluation.status is Status.SUCCEEDED
        most = most or most_of(spec)
        verdicts_wanted = counts.verdicts + verdicts_failed if judged else most.verdicts
    if evaluation.status is Status.QUEUED:
        stage = "queued"
    elif evaluation.status.over:
        stage = "done"
    else:
        measuring = spec.source is None and total + failed < answers_wanted and not measured(spec, counts)
        stage = "measuring" if measuring else "judging"
    found = Progress(
        answers_wanted=answers_wanted,
        answers_kept=total,
        answers_failed=failed,
        verdicts_wanted=verdicts_wanted,
        verdicts_kept=min(counts.verdicts, verdicts_wanted),
        verdicts_failed=verdicts_failed,
        loads=counts.loads,
        stage=stage,
        not_reached=tuple(
            (name, missing)
            for name, count in (lost.items() if _over(evaluation, counts) else ())
            if (missing := wanted_each - counts.answers.get(name, 0) - count)
        ),
    )
    return noted(evaluation, found, counts.looks)


def measured(spec: Spec, counts: Counts) -> bool:
    """Return whether measuring has ended under a time budget: whatever answers are missing by then were not reached."""
    return spec.time_budget is not None and spec.source is None and counts.verdicts_wanted is not None


def _over(evaluation: Evaluation, counts: Counts) -> bool:
    """Return whether the answers that are missing were not reached. An evaluation brought in has no count of verdicts."""
    timed = evaluation.spec.time_budget is not None and evaluation.spec.source is None
    return timed and (evaluation.status is Status.SUCCEEDED or measured(evaluation.spec, counts))


def most_of(spec: Spec) -> Most:
    """Count the verdicts that `spec` can want at most: prompt by prompt, so it is not done again for each answer.

    Samples that may come on top are not in it.
    """
    prompts, rubric = spec.prompt_set.prompts, spec.rubric
    scored = sum(len(facets_of(rubric, prompt)) for prompt in prompts)
    judged = sum(len(judged_facets(rubric, prompt)) for prompt in prompts)
    votes = sum(judge.samples for judge in spec.judges)
    answers = spec.rounds * spec.passes * len(spec.candidates)
    return Most((scored - judged + votes * judged) * answers, judged * answers)


def failed_answers(
    spec: Spec, candidate: str, answered: int, given_up: Mapping[tuple[str, str | None], int]
) -> int:
    """Return how many answers of `candidate` are lost for good; `given_up` counts by stage and candidate."""
    owed = len(spec.prompt_set.prompts) * spec.rounds
    missing = owed * spec.passes - answered
    lost = given_up.get(("answer", candidate), 0) + given_up.get(("load", candidate), 0) * owed
    return min(missing, lost)
