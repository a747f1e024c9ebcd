"""What there is to judge: the verdicts an evaluation wants, each under its key, and the calls that bring them.

Pure: the same responses always give the same work in the same order, and what is kept is taken off it afterwards.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from service.domain.responses import Response, Slot
from service.domain.rubrics import CheckKind, Facet, Prompt, Rubric
from service.judge.checks import decides, expecting
from service.judge.keys import check_key, derive_seed, judge_keys
from service.judge.seats import Seat


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a verdict belongs: one facet of one response. Several places can share a key."""

    slot: Slot
    facet: str
    key: str
    sample: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCall:
    """One check to carry out."""

    key: str
    kind: CheckKind
    facet: str
    prompt: Prompt
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeCall:
    """One question to the judge: every facet it is to score of one answer, with the key of each.

    In separate mode each call has one facet. In joint mode it has all facets that are the judge's, and their words are in
    each other's addresses: a grade may hang on what else was asked. Judged again with one facet changed, that one is asked
    for alone and the others stay under their addresses of before (see `Spec.contexts`). `keys` leaves out the facets that
    are only there because the others were once asked for beside them.
    """

    keys: Mapping[str, str]
    facets: tuple[Facet, ...]
    prompt: Prompt
    answer: str
    seed: int
    sample: int
    temperature: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """All verdicts that are wanted and what brings them; `calls` go prompt by prompt, across the candidates."""

    places: tuple[Place, ...]
    checks: tuple[CheckCall, ...]
    calls: tuple[JudgeCall, ...]

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all wanted verdicts."""
        return frozenset(place.key for place in self.places)

    @property
    def asked(self) -> frozenset[str]:
        """The keys of the verdicts that only a judge can give."""
        return frozenset(key for call in self.calls for key in call.keys.values())

    def on(self, prompts: Sequence[str]) -> "Work":
        """Return what answers to these prompts call for, prompt by prompt in their order; every check stays."""
        order = {prompt: index for index, prompt in enumerate(prompts)}
        checked = frozenset(check.key for check in self.checks)
        return replace(
            self,
            places=tuple(
                place for place in self.places if place.slot.prompt in order or place.key in checked
            ),
            calls=tuple(
                sorted(
                    (call for call in self.calls if call.prompt.id in order),
                    key=lambda call: order[call.prompt.id],
                )
            ),
        )

    def left(self, kept: Collection[str], given_up: Collection[str] = ()) -> "Work":
        """Return the same places with only those checks and calls that still lack a verdict nobody gave up."""
        done = frozenset(kept) | frozenset(given_up)
        return replace(
            self,
            checks=tuple(each for each in self.checks if each.key not in done),
            calls=tuple(each for each in self.calls if not done.issuperset(each.keys.values())),
        )

    def only(self, wanted: Collection[tuple[Slot, str]]) -> "Work":
        """Return the places and calls that bring the judge's verdicts on these facets of these responses; no checks.

        A call for several facets brings all of them, and equal answers share it.
        """
        keys = {place.key for place in self.places if (place.slot, place.facet) in wanted}
        calls = tuple(call for call in self.calls if not keys.isdisjoint(call.keys.values()))
        brought = {key for call in calls for key in call.keys.values()}
        places = tuple(place for place in self.places if place.key in brought)
        return Work(places=places, checks=(), calls=calls)


def wanted(
    responses: Sequence[Response],
    prompts: Sequence[Prompt],
    rubric: Rubric,
    *,
    seat: Seat | None,
    seed: int,
    samples: Sequence[int] = (1,),
    contexts: Sequence[Sequence[Facet]] = (),
) -> Work:
    """Return the verdicts that `responses` call for, from one judge and from the checks.

    A facet with a check is decided by it where the prompt has what it needs, else by the judge. Equal answers to a
    prompt are judged once. Without a judge (`seat` is ``None``) only what a check decides is wanted. `seed` is the
    evaluation's, `samples` are the numbers of the judge's samples, from 1, and `contexts` the evaluation's.

    Raises
    ------
    KeyError
        For a response to a prompt that is not among `prompts`.
    """
    by_id = {prompt.id: prompt for prompt in prompts}
    order = {prompt.id: index for index, prompt in enumerate(prompts)}
    ordered = sorted(
        responses,
        key=lambda r: (
            order[r.slot.prompt],
            r.slot.candidate,
            r.slot.pass_number,
            r.slot.round_number,
        ),
    )
    by_judge = {prompt.id: judged_facets(rubric, prompt) for prompt in prompts}
    places: list[Place] = []
    checks: dict[str, CheckCall] = {}
    calls: dict[tuple[str, str], list[JudgeCall]] = {}
    for response in ordered:
        prompt, text = by_id[response.slot.prompt], response.text
        for check in _checks(rubric, prompt, text):
            checks[check.key] = check
            places.append(Place(slot=response.slot, facet=check.facet, key=check.key))
        facets = by_judge[prompt.id]
        if seat is None or not facets:
            continue
        if (prompt.id, text) not in calls:
            calls[prompt.id, text] = [
                call
                for sample in samples
                for call in (
                    _in_context(seat, prompt, text, facets, contexts, rubric, seed=seed, sample=sample)
                    if contexts and seat.judge.mode == "joint"
                    else judge_calls(seat, prompt, text, facets, seed=seed, sample=sample)
                )
            ]
        places.extend(
            Place(slot=response.slot, facet=facet, key=key, sample=call.sample)
            for call in calls[prompt.id, text]
            for facet, key in call.keys.items()
        )
    asked = tuple(call for group in calls.values() for call in group)
    return Work(places=tuple(places), checks=tuple(checks.values()), calls=asked)


def merged(works: Sequence[Work]) -> Work:
    """Return the work of several judges on the same responses as one; the checks are the same and count once."""
    if len(works) == 1:
        return works[0]
    return Work(
        places=tuple(dict.fromkeys(place for work in works for place in work.places)),
        checks=works[0].checks if works else (),
        calls=tuple(call for work in works for call in work.calls),
    )


def _checks(rubric: Rubric, prompt: Prompt, answer: str) -> Iterator[CheckCall]:
    for facet in facets_of(rubric, prompt):
        if facet.check is not None and decides(facet, prompt):
            told = expecting(facet.check, rubric, prompt)
            key = check_key(facet.check, told, answer, facet.name)
            yield CheckCall(key=key, kind=facet.check, facet=facet.name, prompt=told, answer=answer)


def facets_of(rubric: Rubric, prompt: Prompt) -> tuple[Facet, ...]:
    """Return the facets that answers to `prompt` are scored on, in the rubric's order."""
    return tuple(facet for facet in rubric.facets if prompt.scored_on(facet.name))


def judged_facets(rubric: Rubric, prompt: Prompt) -> tuple[Facet, ...]:
    """Return the facets of `prompt`'s answers that no check decides, in the rubric's order."""
    return tuple(facet for facet in facets_of(rubric, prompt) if not decides(facet, prompt))


def judge_calls(
    seat: Seat, prompt: Prompt, answer: str, facets: Sequence[Facet], *, seed: int, sample: int = 1
) -> tuple[JudgeCall, ...]:
    """Return the calls that ask for `facets` in the judge's mode: one for all, or one for each, next to each other."""
    groups = [[facet] for facet in facets] if seat.judge.mode == "separate" else [list(facets)]
    return tuple(
        joint_call(seat, prompt, answer, group, seed=seed, sample=sample) for group in groups if group
    )


def _in_context(
    seat: Seat,
    prompt: Prompt,
    answer: str,
    facets: Sequence[Facet],
    contexts: Sequence[Sequence[Facet]],
    rubric: Rubric,
    *,
    seed: int,
    sample: int,
) -> Iterator[JudgeCall]:
    """Yield the joint calls of a judging in which facets belong to contexts; every one of `facets` is in one call."""
    left = {same_words(facet): facet for facet in facets}
    for context in (*contexts, facets):
        group = judged_facets(replace(rubric, facets=tuple(context)), prompt)
        own = {facet.name for facet in group if left.pop(same_words(facet), None) is not None}
        if own:
            call = joint_call(seat, prompt, answer, group, seed=seed, sample=sample)
            yield replace(call, keys={name: key for name, key in call.keys.items() if name in own})


def same_words(facet: Facet) -> tuple[object, ...]:
    """Return what a judge is told of a facet, and what it is decided by: facets that are alike in it are one facet."""
    return facet.name, facet.question, facet.levels, facet.check, facet.examples


def contexts_again(
    rubric: Rubric, before: Rubric, contexts: Sequence[tuple[Facet, ...]]
) -> tuple[tuple[Facet, ...], ...]:
    """Return the contexts of a judging with `rubric` of answers that were judged with another one, by the same judges.

    Parameters
    ----------
    contexts
        Those of the judging before.
    """
    known = {same_words(facet) for facet in before.facets}
    unchanged = {same_words(facet) for facet in rubric.facets} & known
    changed = tuple(facet for facet in rubric.facets if same_words(facet) not in unchanged)
    old = [one for one in contexts or (before.facets,) if unchanged & {same_words(facet) for facet in one}]
    found = (*old, *((changed,) if changed else ()))
    whole = [same_words(facet) for facet in rubric.facets]
    return () if [[same_words(facet) for facet in one] for one in found] == [whole] else found


def joint_call(
    seat: Seat, prompt: Prompt, answer: str, facets: Sequence[Facet], *, seed: int, sample: int = 1
) -> JudgeCall:
    """Return the call that asks for all of `facets` at once; `seed` is the evaluation's."""
    drawn = derive_seed(seed, prompt, facets, sample)
    keys = judge_keys(seat, prompt, answer, facets, drawn, sample)
    return JudgeCall(
        keys=keys,
        facets=tuple(facets),
        prompt=prompt,
        answer=answer,
        seed=drawn,
        sample=sample,
        temperature=seat.temperature(sample),
    )
