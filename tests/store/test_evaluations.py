"""Accepted requests: what comes back, in which order, and who may change what."""

import asyncio

import pytest

from service.domain.evaluations import Status
from service.domain.failures import Failure, FailureKind
from service.errors import Conflict, NotFound
from service.store import attempts, evaluations, loads, progress, qualifications, responses, verdicts
from service.store.database import Database
from tests.store import examples

ALL = frozenset(Status)


async def test_an_evaluation_comes_back_equal_with_every_float_and_the_moment(database: Database) -> None:
    kept = examples.evaluation()
    await evaluations.add(database, kept)
    found = await evaluations.get(database, kept.id)
    assert found == kept
    assert found.spec.candidates[0].temperature == 0.1 + 0.2
    assert found.created_at.utcoffset() is not None


async def test_an_unknown_id_says_so(database: Database) -> None:
    with pytest.raises(NotFound, match="no evaluation 'nobody'"):
        await evaluations.get(database, "nobody")
    with pytest.raises(NotFound):
        await evaluations.status_of(database, "nobody")
    with pytest.raises(NotFound):
        await evaluations.begin_attempt(database, "nobody")
    with pytest.raises(NotFound):
        await evaluations.delete(database, "nobody")


async def test_the_same_id_twice_is_a_conflict(database: Database) -> None:
    kept = examples.evaluation()
    await evaluations.add(database, kept)
    with pytest.raises(Conflict):
        await evaluations.add(database, kept)


async def test_pages_run_newest_first_and_neither_skip_nor_repeat_while_new_ones_arrive(
    database: Database,
) -> None:
    kept = [examples.evaluation(name=str(number)) for number in range(5)]
    for one in kept:
        await evaluations.add(database, one)
    first = await evaluations.page(database, limit=2)
    await evaluations.add(database, examples.evaluation(name="late"))
    second = await evaluations.page(database, after=first[-1].id, limit=2)
    third = await evaluations.page(database, after=second[-1].id, limit=2)
    assert [one.name for one in (*first, *second, *third)] == ["4", "3", "2", "1", "0"]
    assert await evaluations.page(database, after=third[-1].id) == ()


async def test_a_page_can_be_limited_to_one_status(database: Database) -> None:
    one, other = examples.evaluation(), examples.evaluation()
    await evaluations.add(database, one)
    await evaluations.add(database, other)
    await evaluations.set_status(database, one.id, Status.FAILED, only_from=ALL)
    assert [found.id for found in await evaluations.page(database, status=Status.FAILED)] == [one.id]


async def test_a_status_changes_only_from_where_it_was_expected(database: Database) -> None:
    kept = examples.evaluation()
    await evaluations.add(database, kept)
    assert not await evaluations.set_status(
        database, kept.id, Status.SUCCEEDED, only_from=frozenset({Status.RUNNING})
    )
    assert await evaluations.status_of(database, kept.id) is Status.QUEUED
    assert not await evaluations.set_status(database, "nobody", Status.FAILED, only_from=ALL)


async def test_start_and_end_are_stamped_and_a_resumed_run_keeps_its_start(database: Database) -> None:
    kept = examples.evaluation()
    await evaluations.add(database, kept)
    going = frozenset({Status.QUEUED, Status.RUNNING})
    assert await evaluations.set_status(database, kept.id, Status.RUNNING, only_from=going)
    started = await evaluations.get(database, kept.id)
    assert started.started_at is not None
    assert started.finished_at is None
    assert await evaluations.set_status(database, kept.id, Status.RUNNING, only_from=going)
    assert (await evaluations.get(database, kept.id)).started_at == started.started_at
    assert await evaluations.set_status(database, kept.id, Status.FAILED, only_from=going, reason="no luck")
    over = await evaluations.get(database, kept.id)
    assert over.finished_at is not None
    assert over.finished_at >= started.started_at
    assert over.reason == "no luck"


async def test_of_many_who_end_it_at_once_only_one_does(database: Database) -> None:
    kept = examples.evaluation()
    await evaluations.add(database, kept)
    queued = frozenset({Status.QUEUED})
    moved = await asyncio.gather(
        *(evaluations.set_status(database, kept.id, Status.CANCELLED, only_from=queued) for _ in range(8))
    )
    assert sorted(moved) == [False] * 7 + [True]


async def test_unfinished_are_those_of_one_device_oldest_first(database: Database) -> None:
    kept = [examples.evaluation() for _ in range(4)]
    elsewhere = examples.evaluation(spec=examples.spec(device="edge"))
    for one in (*kept, elsewhere):
        await evaluations.add(database, one)
    await evaluations.set_status(database, kept[1].id, Status.RUNNING, only_from=ALL)
    await evaluations.set_status(database, kept[2].id, Status.CANCELLING, only_from=ALL)
    await evaluations.set_status(database, kept[3].id, Status.SUCCEEDED, only_from=ALL)
    assert [one.id for one in await evaluations.unfinished(database, "local")] == [one.id for one in kept[:3]]
    assert [one.id for one in await evaluations.unfinished(database, "edge")] == [elsewhere.id]


async def test_a_new_attempt_queues_it_again_and_lifts_what_was_given_up(database: Database) -> None:
    kept = examples.evaluation()
    await evaluations.add(database, kept)
    failure = Failure(kind=FailureKind.TIMED_OUT, message="too slow")
    await attempts.record(
        database, evaluation=kept.id, stage="answer", subject="x", failure=failure, give_up_after=1
    )
    with pytest.raises(Conflict, match="queued"):
        await evaluations.begin_attempt(database, kept.id)
    await evaluations.set_status(database, kept.id, Status.FAILED, only_from=ALL, reason="no luck")
    again = await evaluations.begin_attempt(database, kept.id)
    assert (again.attempt, again.status, again.reason) == (2, Status.QUEUED, None)
    assert (again.started_at, again.finished_at) == (None, None)
    assert await attempts.given_up(database, kept.id) == frozenset()
    assert len(await attempts.all_of(database, kept.id)) == 1


async def test_deleting_takes_everything_along_but_not_what_is_shared(database: Database) -> None:
    kept, other = examples.evaluation(), examples.evaluation()
    for one in (kept, other):
        await evaluations.add(database, one)
        await responses.keep(database, examples.response(one.id))
        await loads.keep(database, examples.load(one.id))
        await verdicts.keep(database, [examples.verdict(one.id)])
        failure = Failure(kind=FailureKind.EMPTY, message="nothing")
        await attempts.record(
            database, evaluation=one.id, stage="answer", subject="x", failure=failure, give_up_after=3
        )
        await qualifications.keep(database, examples.qualification())
        await qualifications.link(database, one.id, "q1")
    with pytest.raises(Conflict, match="cancel it"):
        await evaluations.delete(database, kept.id)
    await evaluations.set_status(database, kept.id, Status.CANCELLED, only_from=ALL)
    await evaluations.delete(database, kept.id)
    gone = await progress.count(database, kept.id)
    assert (gone.answers, gone.verdicts, gone.loads, gone.failed) == ({}, 0, 0, 0)
    assert await qualifications.of_evaluation(database, kept.id) == ()
    stays = await progress.count(database, other.id)
    assert (stays.answers, stays.verdicts, stays.loads, stays.failed) == ({"a": 1}, 1, 1, 1)
    assert await qualifications.find(database, "q1") == examples.qualification()
