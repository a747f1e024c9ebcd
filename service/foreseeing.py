"""Foresee how long the rest of an evaluation takes, from what its models took before and what is kept by now. Pure."""

import math
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from service.domain.evaluations import Spec
from service.domain.paces import Expected, Paces, Role
from service.progressing import Most, failed_answers, measured, most_of
from service.store.progress import Counts


def time_left(
    spec: Spec,
    counts: Counts,
    paces: Paces,
    *,
    at_work: tuple[Role, str] | None = None,
    unexamined: AbstractSet[str] = frozenset(),
    most: Most | None = None,
) -> Expected:
    """Return the seconds of work that are left, or why they cannot be foreseen.

    Parameters
    ----------
    at_work
        Who is loaded now: that load is paid already.
    unexamined
        Judges whose examination is still ahead.
    most
        What `most_of` has counted, if anybody asked.

    Notes
    -----
    Answers left at each candidate's pace, verdicts left at the judges' mean pace, and what surrounds each load. Equal
    answers are judged once, so before all are there it is rather too much.
    """
    verdicts = _verdicts_left(spec, counts, most)
    loads = {**_candidate_loads(spec, counts, at_work), **_judge_loads(spec, verdicts, at_work)}
    calls = {**_answers_left(spec, counts), **verdicts}
    calls |= {("examination", name): 1.0 for name in unexamined if calls.get(("judge", name))}
    needed = sorted(who for who in {*loads, *calls} if loads.get(who, 0) or calls.get(who, 0.0))
    unknown = list(dict.fromkeys(who[1] for who in needed if who not in paces))
    if unknown:
        return Expected(
            seconds=None, reason=f"nothing is known of the speed of {', '.join(unknown)} here yet"
        )
    seconds = sum(
        paces[who].load_seconds * loads.get(who, 0) + paces[who].seconds_per_call * calls.get(who, 0.0)
        for who in needed
    )
    return Expected(seconds=round(seconds, 1))


def _missing(spec: Spec, counts: Counts) -> Iterator[tuple[str, int]]:
    """Yield each candidate's model with the answers that it owes; none once the time for that is over, or taken over."""
    if spec.source is not None or measured(spec, counts):
        return
    owed = len(spec.prompt_set.prompts) * spec.rounds * spec.passes
    for candidate in spec.candidates:
        kept = counts.answers.get(candidate.name, 0)
        yield candidate.model, owed - kept - failed_answers(spec, candidate.name, kept, counts.given_up)


def _answers_left(spec: Spec, counts: Counts) -> dict[tuple[Role, str], float]:
    left: dict[tuple[Role, str], float] = {}
    for model, missing in _missing(spec, counts):
        left["candidate", model] = left.get(("candidate", model), 0.0) + missing
    return left


def _candidate_loads(
    spec: Spec, counts: Counts, at_work: tuple[Role, str] | None
) -> dict[tuple[Role, str], int]:
    a_pass = len(spec.prompt_set.prompts) * spec.rounds
    loads: dict[tuple[Role, str], int] = {}
    for model, missing in _missing(spec, counts):
        loads["candidate", model] = loads.get(("candidate", model), 0) + math.ceil(missing / a_pass)
    if at_work is not None and loads.get(at_work, 0):
        loads[at_work] -= 1
    return loads


def _verdicts_left(spec: Spec, counts: Counts, most: Most | None) -> dict[tuple[Role, str], float]:
    if not spec.judges:
        return {}
    if counts.verdicts_wanted is None:
        once = float((most or most_of(spec)).of_a_judge)
        return {("judge", judge.model): once * judge.samples for judge in spec.judges}
    lost = counts.given_up.get(("verdict", None), 0)
    left = max(0, counts.verdicts_wanted - counts.verdicts - lost)
    samples = sum(judge.samples for judge in spec.judges)
    return {("judge", judge.model): left * judge.samples / samples for judge in spec.judges}


def _judge_loads(
    spec: Spec, verdicts: Mapping[tuple[Role, str], float], at_work: tuple[Role, str] | None
) -> dict[tuple[Role, str], int]:
    """Return the judges still to be loaded: those behind the one at work, or all of them where something is left."""
    names = [judge.model for judge in spec.judges]
    if not any(verdicts.values()):
        return {}
    if at_work is not None and at_work[0] == "judge" and at_work[1] in names:
        names = names[names.index(at_work[1]) + 1 :]
    return {("judge", name): 1 for name in names}
