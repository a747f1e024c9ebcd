"""Say what an evaluation will do before anything runs. Pure."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from service.domain.evaluations import Plan, Spec
from service.domain.models import Judge
from service.domain.paces import Expected, Paces
from service.domain.rubrics import Injection, Plant, Prompt
from service.domain.stopping import looks_at
from service.foreseeing import time_left
from service.gathering import seat_of
from service.judge import examination
from service.judge.pairs import calls_at_most, compares
from service.judge.work import judged_facets
from service.measure.warming import MOST_WARMUPS
from service.store.progress import Counts

CHARACTERS_A_TOKEN = 4


def plan(
    spec: Spec,
    injections: Sequence[Injection] = (),
    paces: Paces | None = None,
    unexamined: AbstractSet[str] | None = None,
    *,
    plants: Sequence[Plant] = (),
) -> Plan:
    """Return the calls, loads and tokens of an evaluation.

    Judge calls are counted as if all answers differed: equal answers are judged once, so there can be fewer, and as if
    every canary could be made. Where a judge may be asked for more samples, they are in `judge_calls_at_most` only: which of
    them decide is not known before. Prompt tokens are estimated at four characters each. Time is foreseen from what the
    models took on the device before.

    Parameters
    ----------
    injections, plants
        The texts that an examination puts before a judge: they have a share in its calls.
    paces
        What is known of the models' speed on the device.
    unexamined
        Judges whose examination would have to be held; ``None``: all of them.
    """
    prompts = spec.prompt_set.prompts
    ahead = {judge.model for judge in spec.judges} if unexamined is None else unexamined
    answers_each = len(prompts) * spec.rounds * spec.passes
    answers = answers_each * len(spec.candidates)
    loads = spec.passes * len(spec.candidates)
    judged = [prompt for prompt in prompts if spec.judges and judged_facets(spec.rubric, prompt)]
    examinations = [
        examination(prompts, spec.rubric, seat_of(spec, judge), injections, plants)
        for judge in spec.judges
        if judged and judge.model in ahead
    ]
    per_prompt = spec.rounds * spec.passes * len(spec.candidates)
    characters = sum(len(prompt.conversation) + len(prompt.system or "") for prompt in prompts) * per_prompt
    expected = time_left(spec, Counts(), paces or {}, unexamined=ahead)
    return Plan(
        candidate_calls=answers,
        judge_calls=sum(_judge_calls(spec, judge, judged) * judge.samples for judge in spec.judges)
        * per_prompt,
        judge_calls_at_most=sum(
            _judge_calls(spec, judge, judged) * judge.most_samples for judge in spec.judges
        )
        * per_prompt,
        qualification_calls=sum(examined.calls for examined in examinations),
        canary_calls=len(spec.canaries) * len(spec.judges) if judged else 0,
        warmup_calls=loads * ((MOST_WARMUPS if spec.warmup else 0) + 1),
        loads=loads + (len(spec.judges) if judged else 0),
        prompt_tokens=characters // CHARACTERS_A_TOKEN,
        completion_tokens_at_most=sum(candidate.max_tokens for candidate in spec.candidates) * answers_each,
        pair_calls_at_most=calls_at_most(
            len(prompts),
            len(spec.candidates),
            [seat for judge in spec.judges if compares((seat := seat_of(spec, judge)).template)],
        )
        if spec.pairs is not None
        else 0,
        expected_seconds=expected.seconds,
        basis=f"{_basis(expected)} Prompt tokens are characters / 4.{_stops(spec)}",
        judge_calls_at_least=_soonest(spec, judged, per_prompt),
        cautions=tuple(_too_long(spec, expected)),
    )


def _too_long(spec: Spec, expected: Expected) -> Iterator[str]:
    if spec.time_budget is None or expected.seconds is None or expected.seconds <= spec.time_budget:
        return
    yield (
        f"It is expected to take {expected.seconds:.0f} s and the time budget is {spec.time_budget:g} s: not everything will "
        "be reached; raise time_budget, or ask for fewer prompts, rounds or candidates."
    )


def _stops(spec: Spec) -> str:
    if spec.stop_when is None or not spec.judges:
        return ""
    return " Judge calls are at most: judging stops as soon as more could not change the choice."


def _soonest(spec: Spec, judged: Sequence[Prompt], per_prompt: int) -> int | None:
    """Return the judge calls before the first look; ``None`` where judging does not stop early."""
    if spec.stop_when is None:
        return None
    ends = looks_at(prompts=len(spec.prompt_set.prompts), batch=spec.stop_when.batch, judges=len(spec.judges))
    first = frozenset(spec.drawn_order()[: ends[0]])
    those = [prompt for prompt in judged if prompt.id in first]
    return sum(_judge_calls(spec, judge, those) for judge in spec.judges) * per_prompt


def _basis(expected: Expected) -> str:
    if expected.seconds is None:
        return f"No time is given: {expected.reason}; POST /api/v1/models/NAME/check tells a first figure of a candidate."
    return "Time as these models took on this device before, on the prompts they had then; equal answers are judged once."


def _judge_calls(spec: Spec, judge: Judge, judged: Sequence[Prompt]) -> int:
    """Return the calls for one answer to each of the prompts: one, or one a facet."""
    if judge.mode == "joint":
        return len(judged)
    return sum(len(judged_facets(spec.rubric, prompt)) for prompt in judged)
