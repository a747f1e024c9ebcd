"""Kept answers: once each, unchanged, in an order that does not depend on the database."""

import asyncio

import pytest

from service.errors import Conflict
from service.store import evaluations, responses
from service.store.database import Database
from tests.store import examples


@pytest.fixture
async def evaluation(database: Database) -> str:
    kept = examples.evaluation()
    await evaluations.add(database, kept)
    return kept.id


async def test_an_answer_comes_back_equal(database: Database, evaluation: str) -> None:
    kept = examples.response(evaluation)
    assert await responses.keep(database, kept)
    assert await responses.all_of(database, evaluation) == (kept,)


async def test_a_second_answer_for_a_slot_is_dropped_and_the_first_stays(
    database: Database, evaluation: str
) -> None:
    first = examples.response(evaluation, text="first")
    assert await responses.keep(database, first)
    assert not await responses.keep(database, examples.response(evaluation, text="second"))
    assert await responses.all_of(database, evaluation) == (first,)


async def test_of_many_who_keep_the_same_slot_at_once_one_is_told_it_was_new(
    database: Database, evaluation: str
) -> None:
    told = await asyncio.gather(
        *(responses.keep(database, examples.response(evaluation, text=str(n))) for n in range(16))
    )
    assert sorted(told) == [False] * 15 + [True]
    assert len(await responses.all_of(database, evaluation)) == 1


async def test_every_part_of_the_slot_tells_answers_apart(database: Database, evaluation: str) -> None:
    slots = [
        examples.slot(),
        examples.slot(candidate="b"),
        examples.slot(prompt="2"),
        examples.slot(pass_number=2),
        examples.slot(round_number=2),
    ]
    for slot in slots:
        assert await responses.keep(database, examples.response(evaluation, slot))
    assert await responses.kept_slots(database, evaluation) == frozenset(slots)


async def test_the_order_is_bytewise_whatever_the_language_of_the_server(
    database: Database, evaluation: str
) -> None:
    names = ["b", "a", "B", "\u00e4", "a-1", "a1", "Z", "\U0001f600"]
    for name in names:
        await responses.keep(database, examples.response(evaluation, examples.slot(candidate=name)))
    assert [one.slot.candidate for one in await responses.all_of(database, evaluation)] == sorted(names)


async def test_pages_meet_without_gap_or_overlap(database: Database, evaluation: str) -> None:
    for candidate in "ba":
        for prompt in ("2", "10", "1"):
            for number in (2, 1):
                await responses.keep(
                    database, examples.response(evaluation, examples.slot(candidate, prompt, 1, number))
                )
    whole = await responses.all_of(database, evaluation)
    seen = await responses.page(database, evaluation, limit=5)
    while more := await responses.page(database, evaluation, after=seen[-1].slot, limit=5):
        seen += more
    assert seen == whole
    assert len(whole) == 12


async def test_a_page_can_be_limited_to_a_candidate_and_a_prompt(database: Database, evaluation: str) -> None:
    for candidate in "ab":
        for prompt in "12":
            await responses.keep(database, examples.response(evaluation, examples.slot(candidate, prompt)))
    found = await responses.page(database, evaluation, candidate="b")
    assert [(one.slot.candidate, one.slot.prompt) for one in found] == [("b", "1"), ("b", "2")]
    found = await responses.page(database, evaluation, candidate="b", prompt="2")
    assert [(one.slot.candidate, one.slot.prompt) for one in found] == [("b", "2")]
    assert await responses.page(database, evaluation, prompt="3") == ()


async def test_text_that_no_database_can_hold_is_kept_with_replacement_signs(
    database: Database, evaluation: str
) -> None:
    await responses.keep(database, examples.response(evaluation, text="a\0b\ud83dc \u00e4 \U0001f600\n"))
    (found,) = await responses.all_of(database, evaluation)
    assert found.text == "a\ufffdb\ufffdc \u00e4 \U0001f600\n"


async def test_an_answer_to_a_deleted_evaluation_is_refused(database: Database) -> None:
    with pytest.raises(Conflict, match="deleted"):
        await responses.keep(database, examples.response("nobody"))
