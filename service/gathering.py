"""From rows back to what was asked: answers with their verdicts, progress, and a telling sample. Pure."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from statistics import fmean, pvariance

from service.domain.annotations import Annotation
from service.domain.canaries import CanaryFinding, CanaryVerdict
from service.domain.evaluations import Evaluation, Spec, Status
from service.domain.findings import Item
from service.domain.judged import Outcomes
from service.domain.models import Judge, Model
from service.domain.pairs import Meeting, OrderStanding, PairVerdict
from service.domain.responses import Attempt, Load, Response, Slot
from service.domain.rubrics import Prompt
from service.domain.selection import LicenceTerms, Recommendation
from service.domain.stopping import Look, overtaken
from service.domain.verdicts import Qualification, Verdict
from service.ending import reached, unjudged
from service.judge.canaries import cautions, judge_canaries
from service.judge.jury import Jury, Outcome, expected_of, jury_of, kin_of, spread_of, votes_of
from service.judge.order import order_standing
from service.judge.outcomes import count_outcomes
from service.judge.pairs import MOST_TIED, compares, faceoffs, planted_pairs
from service.judge.seats import Output, Seat
from service.judge.work import Work, merged, wanted
from service.store.progress import Counts

TELLING_PROMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Everything stored of one evaluation."""

    answers: tuple[Response, ...]
    verdicts: tuple[Verdict, ...]
    loads: tuple[Load, ...]
    attempts: tuple[Attempt, ...]
    given_up: frozenset[tuple[str, str]]
    qualifications: tuple[Qualification, ...]
    annotations: tuple[Annotation, ...] = ()
    canaries: tuple[CanaryVerdict, ...] = ()
    verdicts_wanted: int | None = None
    looks: tuple[Look, ...] = ()
    pairs: tuple[PairVerdict, ...] = ()

    def counts(self) -> Counts:
        """Count them."""
        lost = [(stage, None if stage == "verdict" else subject) for stage, subject in self.given_up]
        return Counts(
            answers=Counter(answer.slot.candidate for answer in self.answers),
            verdicts=len(self.verdicts),
            loads=len(self.loads),
            failed=len(self.attempts),
            given_up=Counter(
                (stage, None if subject is None else subject.split("/")[0]) for stage, subject in lost
            ),
            verdicts_wanted=self.verdicts_wanted,
            looks=self.looks,
        )


NOT_LOOKED_UP = LicenceTerms(
    licence=None, name="a licence that was not looked up", allowed="review", utility=0.0
)
"""Stands in until it is known what use is meant: it allows nothing."""


LADDER: tuple[tuple[str, Output], ...] = (
    ("lark", "lark"),
    ("json_schema", "json_schema"),
    ("forced_tools", "tool"),
    ("json_object", "json_object"),
)
"""What a model was seen to honour, and the form its replies are then held to; the strictest first."""


def seat_of(spec: Spec, judge: Judge) -> Seat:
    """Return the judge in its seat, with its template as it was when the evaluation was accepted."""
    template = next(template for template in spec.templates if template.name == judge.template)
    model = spec.model(judge.model)
    return Seat(judge=judge, model=model, template=template, output=output_of(model))


def output_of(model: Model) -> Output:
    """Return the strictest form that replies of `model` can be held to.

    In process Foundry Local enforces grammars. Behind an endpoint only what was tried and found to work counts; without
    that the reply is plain text and is read tolerantly.
    """
    if model.runner == "foundry":
        return "lark"
    return next((output for ability, output in LADDER if ability in model.capabilities), "text")


def work_of(spec: Spec, responses: Sequence[Response]) -> Work:
    """Return the verdicts that `responses` call for, from all judges and from the checks."""
    return merged([work for _, work in works_of(spec, responses)])


def works_of(spec: Spec, responses: Sequence[Response]) -> tuple[tuple[str | None, Work], ...]:
    """Return each judge with the verdicts there may be on `responses`: its samples up to the most, and the checks."""
    if not spec.judges:
        return ((None, work_for(spec, responses, None)),)
    return tuple(
        (judge.model, work_for(spec, responses, judge, range(1, judge.most_samples + 1)))
        for judge in spec.judges
    )


def work_for(
    spec: Spec, responses: Sequence[Response], judge: Judge | None, samples: Sequence[int] | None = None
) -> Work:
    """Return the verdicts that `responses` call for from `judge` and from the checks.

    Parameters
    ----------
    samples
        Numbers of the judge's samples; ``None``: those that every answer gets.
    """
    seat = None if judge is None else seat_of(spec, judge)
    numbers = samples or range(1, (1 if judge is None else judge.samples) + 1)
    return wanted(
        responses,
        spec.prompt_set.prompts,
        spec.rubric,
        seat=seat,
        seed=spec.seed,
        samples=numbers,
        contexts=spec.contexts,
    )


def items_of(
    spec: Spec,
    responses: Sequence[Response],
    work: Work,
    verdicts: Sequence[Verdict],
    qualifications: Sequence[Qualification],
    heard: AbstractSet[str] | None = None,
) -> tuple[Item, ...]:
    """Return every answer with its verdicts, in order of measurement.

    Parameters
    ----------
    heard
        Who has given a verdict in the whole evaluation, where `verdicts` are only some of them.
    """
    jury = jury_of(spec, qualifications, {verdict.by for verdict in verdicts} if heard is None else heard)
    by_key = {verdict.key: verdict for verdict in verdicts}
    found: dict[Slot, list[Verdict]] = {response.slot: [] for response in responses}
    for place in work.places:
        if place.key in by_key:
            found[place.slot].append(by_key[place.key])
    prompts = {prompt.id: prompt for prompt in spec.prompt_set.prompts}
    repeated = frozenset(judge.model for judge in spec.judges if judge.most_samples > 1)
    expecting = frozenset(f"judge:{judge.model}" for judge in spec.judges if judge.scoring == "expectation")
    ordered = sorted(
        responses, key=lambda response: (response.slot.pass_number, response.load, response.order)
    )
    return tuple(
        _item(response, found[response.slot], prompts[response.slot.prompt], jury, repeated, expecting)
        for response in ordered
    )


def _item(
    response: Response,
    verdicts: Sequence[Verdict],
    prompt: Prompt,
    jury: Jury,
    repeated: AbstractSet[str],
    expecting: AbstractSet[str],
) -> Item:
    slot, timing = response.slot, response.timing
    said = [verdict for verdict in verdicts if verdict.by.startswith("judge:")]
    reasons = [verdict.rationale for verdict in said if verdict.rationale]
    votes = votes_of(
        [_counted(verdict) if verdict.by in expecting else verdict for verdict in said], jury.judges
    )
    counted = {
        verdict.facet: Outcome(score=verdict.score, by=verdict.by)
        for verdict in verdicts
        if verdict not in said
    }
    for facet, given in votes.items():
        if (outcome := jury.outcome(facet, slot.candidate, given)) is not None:
            counted[facet] = outcome
    return Item(
        candidate=slot.candidate,
        prompt=slot.prompt,
        question=prompt.conversation,
        pass_number=slot.pass_number,
        round_number=slot.round_number,
        answer=response.text,
        finish=response.finish,
        reference=prompt.reference,
        scores={facet: outcome.score for facet, outcome in counted.items()},
        by={facet: outcome.by for facet, outcome in counted.items()},
        rationale=reasons[0] if reasons else None,
        first_token_seconds=timing.first_token_seconds,
        latency_seconds=timing.latency_seconds,
        completion_tokens=timing.completion_tokens,
        decode_rate=timing.decode_rate,
        workshop_rate=timing.workshop_rate,
        votes=votes,
        first_visible_seconds=timing.first_visible_seconds,
        server_reported=timing.server_reported,
        distribution=spread_of(said, repeated) if repeated else {},
        hidden_tokens=timing.hidden_tokens,
        expectations=expected_of(said),
    )


def _counted(verdict: Verdict) -> Verdict:
    """Return the verdict with the level that its judge's probabilities come to, where there is one."""
    return verdict if verdict.expectation is None else replace(verdict, score=verdict.expectation)


def outcomes_of(
    evaluation: Evaluation, works: Sequence[tuple[str | None, Work]], rows: Rows
) -> tuple[Outcomes, ...]:
    """Return what became of the verdicts that each judge was to give, and of the checks."""
    return count_outcomes(
        works,
        kept={verdict.key for verdict in rows.verdicts},
        failed={
            attempt.subject: attempt.failure.kind
            for attempt in sorted(rows.attempts, key=lambda one: one.number)
            if attempt.stage == "verdict" and not attempt.forgiven
        },
        given_up={subject for stage, subject in rows.given_up if stage == "verdict"},
        ended=evaluation.status is Status.SUCCEEDED,
        spared=unjudged(evaluation.spec, reached(evaluation.spec, rows.looks)),
        out_of_time=overtaken(rows.looks) is not None,
    )


def canaries_of(
    spec: Spec, graded: Sequence[CanaryVerdict], attempts: Sequence[Attempt]
) -> tuple[CanaryFinding, ...]:
    """Return how the judges graded the answers of known grade."""
    failed = {
        (judge, name): attempt.failure
        for attempt in sorted(attempts, key=lambda one: one.number)
        if attempt.stage == "canary" and not attempt.forgiven
        for judge, _, name in (attempt.subject.rpartition("/"),)
    }
    return judge_canaries(spec.canaries, [judge.model for judge in spec.judges], graded, failed)


def warned(recommendation: Recommendation, canaries: Sequence[CanaryFinding]) -> Recommendation:
    """Return the recommendation with a caution for each judge that misjudged answers of known grade."""
    said = cautions(canaries)
    return replace(recommendation, cautions=(*said, *recommendation.cautions)) if said else recommendation


def comparing_seat(spec: Spec, tied: Collection[str]) -> Seat | None:
    """Return the judge that compares the `tied` candidates, with the template for it; ``None`` where there is none.

    The last general judge that is no kin of them: the last one is still loaded when the tie is known.
    """
    if spec.pairs is None or not 2 <= len(tied) <= MOST_TIED:
        return None
    kin = kin_of(spec)
    for judge in reversed(spec.judges):
        seat = seat_of(spec, judge)
        if compares(seat.template) and not kin[judge.model] & frozenset(tied):
            return replace(seat, template=spec.pairs)
    return None


def meetings_of(
    spec: Spec, responses: Sequence[Response], pairs: Sequence[PairVerdict]
) -> tuple[tuple[Meeting, ...], OrderStanding | None]:
    """Return how candidates compared with each other, and the standing of the judge that compared them.

    Where two judges did, since the tie was another one before, it is the one with more comparisons.
    """
    asked = Counter(one.judge for one in pairs)
    if spec.pairs is None or not asked:
        return (), None
    name = min(asked, key=lambda judge: (-asked[judge], judge))
    judge = next(judge for judge in spec.judges if judge.model == name)
    seat = replace(seat_of(spec, judge), template=spec.pairs)
    known = {one.key: one for one in pairs if one.judge == name}
    prompts, rubric = spec.prompt_set.prompts, spec.rubric
    found = []
    for face in faceoffs(
        responses,
        prompts,
        rubric,
        seat,
        candidates=[candidate.name for candidate in spec.candidates],
        seed=spec.seed,
    ):
        forth = known.get(face.pair.forth.key) if face.pair else None
        back = known.get(face.pair.back.key) if face.pair else None
        found.append(
            Meeting(
                prompt=face.prompt,
                candidate=face.candidate,
                against=face.against,
                forth=None if forth is None else forth.preference,
                back=None if back is None else back.preference,
                same=face.pair is None,
            )
        )
    planted = planted_pairs(prompts, rubric, seat, spec.seed)
    return tuple(found), order_standing(name, planted, known)


def barred_voices(qualifications: Sequence[Qualification]) -> Mapping[tuple[str, str], str]:
    """Return ``(judge, facet)`` to the reason why that judge may not decide that facet."""
    return {
        (f"judge:{found.judge}", standing.facet): standing.reason
        for found in qualifications
        for standing in found.facets
        if standing.standing != "qualified"
    }


def telling_samples(spec: Spec, items: Sequence[Item]) -> tuple[Item, ...]:
    """Return the first answers of all candidates to the few prompts on which they differ most, prompt by prompt.

    Without scores, or where nobody differs, the first prompts count that all have answered; where there is no such prompt
    it is one answer for each candidate.
    """
    names = [candidate.name for candidate in spec.candidates]
    first: dict[tuple[str, str], Item] = {}
    for item in items:
        first.setdefault((item.candidate, item.prompt), item)
    shared = [
        prompt.id for prompt in spec.prompt_set.prompts if all((name, prompt.id) in first for name in names)
    ]
    if not shared:
        return tuple(
            next(item for item in items if item.candidate == name)
            for name in names
            if any(item.candidate == name for item in items)
        )

    def disagreement(prompt: str) -> float:
        means = [fmean(scores) for name in names if (scores := first[name, prompt].scores.values())]
        return pvariance(means) if len(means) > 1 else 0.0

    chosen = sorted(shared, key=disagreement, reverse=True)[:TELLING_PROMPTS]
    return tuple(first[name, prompt] for prompt in chosen for name in names)


def loads_of(candidate: str, loads: Sequence[Load]) -> tuple[Load, ...]:
    """Return the loads of one candidate."""
    return tuple(load for load in loads if load.role == "candidate" and load.name == candidate)
