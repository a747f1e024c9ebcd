"""The examination: a judge that cannot tell a planted fault from the reference answer may not decide a facet.

It is asked for its scores on reference answers and on degraded copies of them (about sixty calls). Then, for the judge as a
whole: at least 99 % of the replies hold scores, and more than two of the five scores are used. For each facet and each fault
that the rubric says must lower it: at least 80 % of the degraded answers score below the reference answer of the same
prompt. A reply without scores detects nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from service.domain.asking import Ask
from service.domain.failures import Failure
from service.domain.rubrics import Degradation, Facet, Prompt, Rubric
from service.domain.verdicts import FacetStanding, Qualification, Trial
from service.judge.asking import ask_judge
from service.judge.degradations import Material, degrade
from service.judge.parsing import Reply
from service.judge.seats import Seat
from service.judge.verdicts import JUDGE_IS_GONE, Now
from service.judge.work import joint_call, judged_facets
from service.library.fingerprints import fingerprint

MOST_CALLS = 60
LEAST_VALID = 0.99
LEAST_SCORES_USED = 3
LEAST_DETECTED = 0.8
LEAST_TRIED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One answer to be put before the judge: the reference (`degradation` is ``None``) or a degraded copy."""

    prompt: Prompt
    degradation: Degradation | None
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What a judge will be asked before it may judge: `facets` that are the judge's anywhere, and the `plants`."""

    facets: tuple[Facet, ...]
    plants: tuple[Plant, ...]
    checked: tuple[str, ...]


def examination(prompts: Sequence[Prompt], rubric: Rubric, *, most: int = MOST_CALLS) -> Examination:
    """Return what to ask, from prompts with a reference, evenly spread over the set.

    Nothing is planted where no prompt has a reference or where checks decide every facet of every prompt.
    """
    judged = {facet.name for prompt in prompts for facet in judged_facets(rubric, prompt)}
    facets = tuple(facet for facet in rubric.facets if facet.name in judged)
    checked = tuple(facet.name for facet in rubric.facets if facet.name not in judged)
    kinds = tuple(dict.fromkeys(kind for facet in facets for kind in facet.degraded_by))
    usable = [prompt for prompt in prompts if prompt.reference and prompt.reference.strip()]
    if not kinds or not usable:
        return Examination(facets=facets, plants=(), checked=checked)
    wanted = min(len(usable), max(1, most // (1 + len(kinds))))
    chosen = [usable[place * len(usable) // wanted] for place in range(wanted)]
    plants = [plant for prompt in chosen for plant in _plants(prompt, usable, kinds)]
    return Examination(facets=facets, plants=tuple(plants), checked=checked)


def qualification_key(examined: Examination, seat: Seat, seed: int) -> str:
    """Return the content address of the examination: it need not be repeated while this stays the same."""
    return fingerprint(
        {
            "judge": seat.identity,
            "facets": [asdict(facet) for facet in examined.facets],
            "checked": examined.checked,
            "plants": [
                [
                    plant.prompt.system,
                    plant.prompt.text,
                    plant.prompt.reference,
                    plant.degradation,
                    plant.answer,
                ]
                for plant in examined.plants
            ],
            "bars": [LEAST_VALID, LEAST_SCORES_USED, LEAST_DETECTED, LEAST_TRIED],
            "seed": seed if seat.judge.temperature > 0 else None,
        }
    )


async def qualify(
    examined: Examination, seat: Seat, *, seed: int, ask: Ask, now: Now, deadline: float
) -> Qualification | Failure:
    """Put the planted answers before the judge and say which facets it may decide.

    Returns
    -------
    Qualification or Failure
        A failure only when the judge is gone (its process died or was killed); bad replies are part of the result.
    """
    replies: list[Reply | None] = []
    for plant in examined.plants:
        call = joint_call(seat, plant.prompt, plant.answer, examined.facets, seed=seed)
        reply = await ask_judge(call, seat, ask, deadline=deadline)
        if isinstance(reply, Failure) and reply.kind in JUDGE_IS_GONE:
            return reply
        replies.append(reply if isinstance(reply, Reply) else None)
    valid = [reply for reply in replies if reply is not None]
    spread = len({score for reply in valid for score in reply.scores.values()})
    general = _general_fault(len(replies), len(valid), spread)
    scores = {
        (plant.prompt.id, plant.degradation): reply
        for plant, reply in zip(examined.plants, replies, strict=True)
    }
    standings = [_standing(facet, scores, general) for facet in examined.facets]
    standings += [
        FacetStanding(facet=name, standing="qualified", reason="decided by a check on every prompt")
        for name in examined.checked
    ]
    return Qualification(
        key=qualification_key(examined, seat, seed),
        judge=seat.model.name,
        asked=len(replies),
        valid=len(valid),
        spread=spread,
        facets=tuple(standings),
        created_at=now(),
    )


def _plants(prompt: Prompt, usable: Sequence[Prompt], kinds: Sequence[Degradation]) -> list[Plant]:
    reference = prompt.reference or ""
    others = tuple(other.reference or "" for other in usable if other.id != prompt.id)
    material = Material(question=prompt.text, reference=reference, others=others)
    plants = [Plant(prompt=prompt, degradation=None, answer=reference)]
    for kind in kinds:
        answer = degrade(kind, material)
        if answer is not None:
            plants.append(Plant(prompt=prompt, degradation=kind, answer=answer))
    return plants


def _general_fault(asked: int, valid: int, spread: int) -> str | None:
    """Say what disqualifies the judge as a whole; ``None`` when nothing does."""
    if not asked:
        return None
    if valid < LEAST_VALID * asked:
        return f"barred because {valid} of {asked} replies held scores ({LEAST_VALID:.0%} are needed)"
    if spread < LEAST_SCORES_USED:
        return f"barred because it used {spread} of the five scores ({LEAST_SCORES_USED} are needed)"
    return None


def _standing(
    facet: Facet, replies: Mapping[tuple[str, Degradation | None], Reply | None], general: str | None
) -> FacetStanding:
    trials = tuple(_trial(facet, kind, replies) for kind in facet.degraded_by)
    tried = sum(trial.tried for trial in trials)
    missed = [trial for trial in trials if trial.detected < LEAST_DETECTED * trial.tried]
    if not facet.degraded_by:
        reason = "cannot be examined: the rubric names no fault that lowers this facet (degraded_by)"
    elif not replies:
        reason = "cannot be examined: no prompt has a reference"
    elif tried < LEAST_TRIED:
        reason = f"cannot be examined: {tried} of at least {LEAST_TRIED} planted faults"
    elif general is not None:
        reason = general
    elif missed:
        reason = "barred because it missed planted faults: " + ", ".join(_told(trial) for trial in missed)
    else:
        reason = "detected planted faults: " + ", ".join(_told(trial) for trial in trials if trial.tried)
        return FacetStanding(facet=facet.name, standing="qualified", reason=reason, trials=trials)
    return FacetStanding(facet=facet.name, standing="barred", reason=reason, trials=trials)


def _trial(
    facet: Facet, kind: Degradation, replies: Mapping[tuple[str, Degradation | None], Reply | None]
) -> Trial:
    """Compare every answer degraded in this way with the reference answer of the same prompt."""
    tried = detected = unusable = 0
    for (prompt, degradation), reply in replies.items():
        if degradation != kind:
            continue
        tried += 1
        reference = replies[prompt, None]
        if reply is None or reference is None:
            unusable += 1
        elif reply.scores[facet.name] < reference.scores[facet.name]:
            detected += 1
    return Trial(degradation=kind, tried=tried, detected=detected, unusable=unusable)


def _told(trial: Trial) -> str:
    return f"{trial.degradation} {trial.detected} of {trial.tried}"
