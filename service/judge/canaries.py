"""Canaries: answers whose grade is known, made from a run's own prompts and answers, graded in the judge's own load.

An examination says what a judge was like once; canaries say that it is still so in this run, on these prompts and with this
endpoint. They are few, so a judge that does not stand one is told of and not barred. None of them is a candidate's verdict.
Pure: the same answers always give the same canaries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from statistics import fmean

from service.domain.canaries import Canary, CanaryFinding, CanaryKind, CanaryVerdict
from service.domain.failures import Failure
from service.domain.responses import Response
from service.domain.rubrics import Degradation, Facet, Prompt, Rubric
from service.domain.verdicts import Verdict
from service.judge.checks import normalised, token_f1
from service.judge.degradations import Material, degrade
from service.judge.seats import Seat
from service.judge.work import JudgeCall, judge_calls, judged_facets
from service.library.fingerprints import fingerprint

MIDDLE = 3
"""Of the scale: a grade known to be low is below it, one known to be high above."""
MOST_DONORS = 60
"""Answers that are looked at for one that belongs to another question."""
KEPT_WORDS = 5
"""A truncated reference keeps one word of so many."""
ALIKE = 0.5
"""Token F1 from which an answer to another question may be one to this question too."""

_FAULT: Mapping[CanaryKind, Degradation] = {
    "injection": "off_topic",
    "key": "empty",
    "empty": "empty",
    "truncated": "truncated",
    "off_topic": "off_topic",
    "wrong_reference": "off_topic",
}
"""The fault that each stands for: it is known to lower the facets whose rubric says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryCall:
    """One canary to be graded: `facets` are those whose grade is known, the call may ask for more."""

    name: str
    kind: CanaryKind
    facets: tuple[str, ...]
    call: JudgeCall

    @property
    def key(self) -> str:
        """Content address of what comes of it."""
        return fingerprint([self.name, self.kind, self.facets, dict(self.call.keys)])

    def verdict(
        self, scores: Sequence[Verdict], *, evaluation: str, judge: str, at: datetime
    ) -> CanaryVerdict:
        """Return what the judge said of it."""
        return CanaryVerdict(
            evaluation=evaluation,
            judge=judge,
            name=self.name,
            kind=self.kind,
            key=self.key,
            prompt=self.call.prompt.id,
            answer=self.call.answer,
            facets=self.facets,
            scores={one.facet: round(one.score) for one in scores},
            rationale=scores[0].rationale,
            raw=scores[0].raw,
            created_at=at,
        )


def canary_calls(
    canaries: Sequence[Canary],
    answers: Sequence[Response],
    prompts: Sequence[Prompt],
    rubric: Rubric,
    seat: Seat,
    *,
    seed: int,
) -> tuple[CanaryCall, ...]:
    """Return one call for each canary that can be made, its prompts spread evenly over the set.

    A canary is about the facets that its fault lowers by the rubric (``degraded_by``). One cannot be made where there is no
    such facet, no reference to make it from, or no answer that surely belongs to another question; an injection then stands
    alone, as an answer that says nothing. Facet by facet a canary is about one of its facets, in turn, so that each takes
    one call in either mode.
    """
    said = _own_answers(answers)
    found: dict[frozenset[str], CanaryCall] = {}
    for at, canary in enumerate(canaries):
        places = [prompt for prompt in prompts if _known(canary.kind, rubric, prompt)]
        for turn in range(len(places)):
            prompt = places[(at * len(places) // len(canaries) + turn) % len(places)]
            facets = _known(canary.kind, rubric, prompt)
            answer = _answer(canary, prompt, prompts, facets, said)
            if answer is None:
                continue
            asked: Sequence[Facet] = judged_facets(rubric, prompt)
            if seat.judge.mode == "separate":
                facets = asked = (facets[at % len(facets)],)
            (call,) = judge_calls(seat, prompt, answer, asked, seed=seed)
            names = tuple(facet.name for facet in facets)
            made = CanaryCall(name=canary.name, kind=canary.kind, facets=names, call=call)
            found.setdefault(frozenset(call.keys.values()), made)
            break
    return tuple(found.values())


def judge_canaries(
    canaries: Sequence[Canary],
    judges: Sequence[str],
    verdicts: Sequence[CanaryVerdict],
    failed: Mapping[tuple[str, str], Failure],
) -> tuple[CanaryFinding, ...]:
    """Say of each canary that a judge was asked about whether it stood it, in the order of judges and canaries.

    Parameters
    ----------
    failed
        Judge and name to how the last try failed. What is neither there nor here could not be made, or was not asked yet.
    """
    known = {(one.judge, one.name): one for one in verdicts}
    found = []
    for judge in judges:
        for canary in canaries:
            place = judge, canary.name
            if place in known:
                found.append(_graded(known[place]))
            elif place in failed:
                found.append(_lost(canary, judge, failed[place]))
    return tuple(found)


def cautions(findings: Sequence[CanaryFinding]) -> tuple[str, ...]:
    """Say of each judge that did not stand all its canaries which, and on which facets."""
    told = []
    for judge in dict.fromkeys(one.judge for one in findings):
        own = [one for one in findings if one.judge == judge]
        graded = [one for one in own if one.held is not None]
        lost = [one for one in graded if not one.held]
        if not graded:
            told.append(
                f"{judge} gave no usable grade to any of {len(own)} answers whose grade was known: {own[0].reason}"
            )
        if lost:
            facets = ", ".join(dict.fromkeys(name for one in lost for name in one.failed_on))
            names = ", ".join(f"{one.name} ({_wrongly(one)})" for one in lost)
            told.append(
                f"{judge} misjudged {len(lost)} of {len(graded)} answers whose grade was known in this run, on {facets}: "
                f"{names}; look at its verdicts before you rely on them"
            )
    return tuple(told)


def _wrongly(one: CanaryFinding) -> str:
    mean = fmean(one.scores[name] for name in one.facets)
    return f"{mean:.1f} where {'less' if one.expected == 'low' else 'more'} than {MIDDLE} was due"


def _graded(known: CanaryVerdict) -> CanaryFinding:
    high = known.kind == "reference"
    grades = {name: known.scores[name] for name in known.facets}
    mean = fmean(grades.values())
    held = mean > MIDDLE if high else mean < MIDDLE
    wrong = tuple(name for name, score in grades.items() if (score <= MIDDLE if high else score >= MIDDLE))
    return CanaryFinding(
        judge=known.judge,
        name=known.name,
        kind=known.kind,
        expected="high" if high else "low",
        held=held,
        prompt=known.prompt,
        facets=known.facets,
        scores=dict(known.scores),
        failed_on=() if held else wrong,
    )


def _lost(canary: Canary, judge: str, failure: Failure) -> CanaryFinding:
    return CanaryFinding(
        judge=judge,
        name=canary.name,
        kind=canary.kind,
        expected="high" if canary.kind == "reference" else "low",
        held=None,
        scores={},
        failure=failure.kind,
        reason=failure.message,
    )


def _known(kind: CanaryKind, rubric: Rubric, prompt: Prompt) -> tuple[Facet, ...]:
    """Return the facets on which the grade of such a canary is known."""
    judged = judged_facets(rubric, prompt)
    if kind == "reference":
        return tuple(facet for facet in judged if facet.degraded_by)
    faults = (_FAULT[kind], "empty") if kind == "injection" else (_FAULT[kind],)
    lowered = (tuple(facet for facet in judged if fault in facet.degraded_by) for fault in faults)
    return next((facets for facets in lowered if facets), ())


def _own_answers(answers: Sequence[Response]) -> dict[str, list[str]]:
    """Return the texts that were given to each prompt, in canonical order, each once."""
    ordered = sorted(answers, key=lambda one: (one.slot.prompt, one.slot.candidate, one.text))
    said: dict[str, dict[str, None]] = {}
    for one in ordered:
        if one.text.strip():
            said.setdefault(one.slot.prompt, {})[one.text] = None
    return {prompt: list(texts) for prompt, texts in said.items()}


def _answer(
    canary: Canary,
    prompt: Prompt,
    prompts: Sequence[Prompt],
    facets: Sequence[Facet],
    said: Mapping[str, Sequence[str]],
) -> str | None:
    """Return the text to be graded; ``None`` where it cannot be made for this prompt."""
    match canary.kind:
        case "empty" | "key":
            return canary.text
        case "off_topic":
            return _stray(prompt, said)
        case "injection":
            stray = _stray(prompt, said) if "off_topic" in facets[0].degraded_by else None
            return canary.text if stray is None else f"{stray}\n{canary.text}"
        case _:
            return _from_reference(canary.kind, prompt, prompts)


def _from_reference(kind: CanaryKind, prompt: Prompt, prompts: Sequence[Prompt]) -> str | None:
    reference = (prompt.reference or "").strip()
    words = reference.split()
    if kind == "reference":
        return prompt.reference if words else None
    if kind == "truncated":
        return " ".join(words[: len(words) // KEPT_WORDS]) or None
    others = tuple(other.reference for other in prompts if other.id != prompt.id and other.reference)
    made = degrade("off_topic", Material(question=prompt.text, reference=reference, others=others))
    return made if words and made is not None and token_f1(made, reference) < ALIKE else None


def _stray(prompt: Prompt, said: Mapping[str, Sequence[str]]) -> str | None:
    """Return the answer to another question that is least like this one's answers, ``None`` where all are like them.

    Where the same few words answer many questions, as in a choice of labels, an answer to another question may be right.
    """
    own = [*said.get(prompt.id, ()), *((prompt.reference,) if prompt.reference else ())]
    if not own:
        return None
    others = [name for name in said if name != prompt.id]
    step = max(1, len(others) // MOST_DONORS)
    donors = list(islice((text for name in others[::step] for text in said[name][:1]), MOST_DONORS))
    likeness = {text: max(token_f1(text, mine) for mine in own) for text in donors}
    fitting = [text for text in donors if likeness[text] < ALIKE and len(normalised(text)) > 1]
    return min(fitting, key=lambda text: (likeness[text], fingerprint([prompt.text, text])), default=None)
