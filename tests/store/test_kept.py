"""Loads, verdicts, qualifications, failed tries and counts."""

import asyncio
from dataclasses import replace

import pytest

from service.domain.failures import Failure, FailureKind
from service.domain.models import Memory
from service.domain.stopping import Look
from service.store import (
    attempts,
    evaluations,
    loads,
    looks,
    progress,
    qualifications,
    recoveries,
    responses,
    verdicts,
)
from service.store.database import Database
from tests.store import examples

FAILURE = Failure(kind=FailureKind.RUNNER_DIED, message="the runner ended", raw="killed\0")


@pytest.fixture
async def evaluation(database: Database) -> str:
    kept = examples.evaluation()
    await evaluations.add(database, kept)
    return kept.id


async def fail(database: Database, evaluation: str, subject: str = "a/1", stage: str = "answer") -> int:
    attempt = await attempts.record(
        database, evaluation=evaluation, stage=stage, subject=subject, failure=FAILURE, give_up_after=3
    )
    return attempt.number


async def test_a_load_comes_back_equal_and_learns_its_memory_later(
    database: Database, evaluation: str
) -> None:
    kept = examples.load(evaluation)
    await loads.keep(database, kept)
    assert await loads.all_of(database, evaluation) == (kept,)
    later = replace(kept, warmups=2, after=Memory(resident=2**34, peak=None, method="pss+swap"))
    await loads.keep(database, later)
    assert await loads.all_of(database, evaluation) == (later,)


async def test_verdicts_are_kept_once_each_and_floats_are_exact(database: Database, evaluation: str) -> None:
    first = [examples.verdict(evaluation, "k2"), examples.verdict(evaluation, "k1", raw=None, rationale=None)]
    await verdicts.keep(database, first)
    await verdicts.keep(
        database, [examples.verdict(evaluation, "k1", score=1.0), examples.verdict(evaluation, "k3")]
    )
    found = await verdicts.all_of(database, evaluation)
    assert [(one.key, one.score) for one in found] == [("k1", 11 / 3), ("k2", 11 / 3), ("k3", 11 / 3)]
    assert found[0] == first[1]
    assert await verdicts.kept_keys(database, evaluation) == {"k1", "k2", "k3"}
    await verdicts.keep(database, [])


async def test_the_same_verdicts_from_many_at_once_are_one_set(database: Database, evaluation: str) -> None:
    batch = [examples.verdict(evaluation, f"k{number}") for number in range(20)]
    # Opposite orders would deadlock a database that locks row by row, unless somebody sorts.
    await asyncio.gather(*(verdicts.keep(database, batch if turn % 2 else batch[::-1]) for turn in range(8)))
    assert len(await verdicts.all_of(database, evaluation)) == 20


async def test_one_key_can_serve_two_evaluations(database: Database, evaluation: str) -> None:
    other = examples.evaluation()
    await evaluations.add(database, other)
    await verdicts.keep(database, [examples.verdict(evaluation), examples.verdict(other.id)])
    assert len(await verdicts.all_of(database, other.id)) == 1


async def test_a_qualification_is_kept_once_and_linked_to_those_who_rely_on_it(
    database: Database, evaluation: str
) -> None:
    kept = examples.qualification()
    await qualifications.keep(database, kept)
    await qualifications.keep(database, examples.qualification(spread=1))
    assert await qualifications.find(database, "q1") == kept
    assert await qualifications.find(database, "q2") is None
    assert await qualifications.of_evaluation(database, evaluation) == ()
    await qualifications.link(database, evaluation, "q1")
    await qualifications.link(database, evaluation, "q1")
    assert await qualifications.of_evaluation(database, evaluation) == (kept,)


async def test_failed_tries_are_numbered_per_stage_and_subject_until_given_up(
    database: Database, evaluation: str
) -> None:
    assert [await fail(database, evaluation) for _ in range(2)] == [1, 2]
    assert await fail(database, evaluation, subject="b/1") == 1
    assert await fail(database, evaluation, stage="load") == 1
    assert await attempts.given_up(database, evaluation) == frozenset()
    assert await fail(database, evaluation) == 3
    assert await attempts.given_up(database, evaluation) == {("answer", "a/1")}
    history = await attempts.all_of(database, evaluation)
    assert [(one.subject, one.number, one.given_up) for one in history] == [
        ("a/1", 1, False),
        ("a/1", 2, False),
        ("b/1", 1, False),
        ("a/1", 1, False),
        ("a/1", 3, True),
    ]
    assert history[0].failure == replace(FAILURE, raw="killed\ufffd")


async def test_forgiving_lets_it_be_tried_again_from_one_and_keeps_the_history(
    database: Database, evaluation: str
) -> None:
    for _ in range(3):
        await fail(database, evaluation)
    await attempts.forgive(database, evaluation)
    assert await attempts.given_up(database, evaluation) == frozenset()
    assert await fail(database, evaluation) == 1
    assert [one.number for one in await attempts.all_of(database, evaluation)] == [1, 2, 3, 1]


async def test_failures_at_the_same_moment_get_different_numbers(database: Database, evaluation: str) -> None:
    numbers = await asyncio.gather(*(fail(database, evaluation) for _ in range(8)))
    assert sorted(numbers) == list(range(1, 9))


async def test_counts_tell_answers_per_candidate_and_what_was_given_up_per_stage(
    database: Database, evaluation: str
) -> None:
    for number in (1, 2):
        await responses.keep(database, examples.response(evaluation, examples.slot(round_number=number)))
    await responses.keep(database, examples.response(evaluation, examples.slot("b")))
    await verdicts.keep(database, [examples.verdict(evaluation, "k1"), examples.verdict(evaluation, "k2")])
    await loads.keep(database, examples.load(evaluation))
    for _ in range(4):
        await fail(database, evaluation)
    counts = await progress.count(database, evaluation)
    assert counts == progress.Counts(
        answers={"a": 2, "b": 1}, verdicts=2, loads=1, failed=4, given_up={("answer", None): 1}
    )


async def test_a_look_is_kept_once_and_counted_with_the_progress(database: Database, evaluation: str) -> None:
    first = Look(
        evaluation=evaluation,
        number=1,
        prompts=20,
        leader="a",
        p_within=1 / 3,
        bar=0.995,
        decision="go_on",
        reason="a is not sure",
        created_at=examples.WHEN,
    )
    nobody = replace(first, number=2, leader=None, p_within=None, bar=None, decision="stop")
    await looks.keep(database, nobody)
    await looks.keep(database, first)
    await looks.keep(database, replace(first, decision="stop"))
    assert await looks.all_of(database, evaluation) == (first, nobody)
    assert (await progress.count(database, evaluation)).looks == (first, nobody)


async def test_recoveries_count_only_while_nothing_comes_of_them(database: Database, evaluation: str) -> None:
    async def start() -> int:
        return (await recoveries.note_start(database, evaluation)).recoveries

    assert [await start() for _ in range(3)] == [0, 1, 2]
    await loads.keep(database, examples.load(evaluation))  # a model loaded is not yet progress
    assert await start() == 3
    await responses.keep(database, examples.response(evaluation))
    assert [await start() for _ in range(2)] == [0, 1]
    await fail(database, evaluation)  # a failure noted is: tries are limited
    assert [await start() for _ in range(2)] == [0, 1]
    await recoveries.forget(database, evaluation)
    assert await start() == 0
