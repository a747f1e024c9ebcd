"""Read an evaluation while it runs: how far it is, and its answers page by page."""

from collections import Counter

from service.domain.evaluations import Evaluation, Progress
from service.domain.findings import Item
from service.domain.responses import Slot
from service.gathering import items_of, progress_of, work_of
from service.keeping import House
from service.store import attempts, loads, qualifications, responses, verdicts


async def follow(evaluation: Evaluation, house: House) -> Progress:
    """Return how far `evaluation` is, without scoring anything."""
    answers = await responses.all_of(house.database, evaluation.id)
    return progress_of(
        evaluation,
        work_of(evaluation.spec, answers),
        answered=Counter(answer.slot.candidate for answer in answers),
        given_up=await attempts.given_up(house.database, evaluation.id),
        kept=await verdicts.kept_keys(house.database, evaluation.id),
        loads=len(await loads.all_of(house.database, evaluation.id)),
    )


async def answers_of(
    evaluation: Evaluation,
    house: House,
    *,
    candidate: str | None = None,
    prompt: str | None = None,
    after: Slot | None = None,
    limit: int = 50,
) -> tuple[Item, ...]:
    """Return a page of answers with their verdicts, in canonical order, from behind the slot `after`."""
    answers = await responses.page(
        house.database, evaluation.id, candidate=candidate, prompt=prompt, after=after, limit=limit
    )
    rows = await verdicts.all_of(house.database, evaluation.id)
    found = await qualifications.of_evaluation(house.database, evaluation.id)
    items = items_of(evaluation.spec, answers, work_of(evaluation.spec, answers), rows, found)
    return tuple(
        sorted(items, key=lambda item: (item.candidate, item.prompt, item.pass_number, item.round_number))
    )
