"""Events: numbered without a gap or a repeat whoever writes, in the transaction of what they tell, and bounded."""

import asyncio

import pytest

from service.domain.evaluations import Progress, Status
from service.domain.events import EventType, Happening
from service.domain.failures import Failure, FailureKind
from service.errors import Conflict
from service.store import attempts, evaluations, events, responses
from service.store.database import Database
from service.store.progress import Counts
from tests.store import examples

QUEUED, RUNNING = frozenset({Status.QUEUED}), frozenset({Status.RUNNING})


@pytest.fixture
async def evaluation(database: Database) -> str:
    kept = examples.evaluation()
    await evaluations.add(database, kept)
    return kept.id


def far(counts: Counts) -> Happening:
    kept = sum(counts.answers.values())
    return Happening(
        progress=Progress(
            answers_wanted=9,
            answers_kept=kept,
            answers_failed=0,
            verdicts_wanted=9,
            verdicts_kept=0,
            verdicts_failed=0,
            loads=0,
            stage="measuring",
        )
    )


async def told(database: Database, evaluation: str) -> list[tuple[int, str, object]]:
    found = await events.since(database, evaluation, 0, limit=5000)
    return [(one.seq, one.type.value, one.what.status or one.what.warning) for one in found]


async def test_every_change_of_state_is_an_event_and_only_those_that_happened(
    database: Database, evaluation: str
) -> None:
    assert await evaluations.set_status(database, evaluation, Status.RUNNING, only_from=QUEUED)
    assert not await evaluations.set_status(database, evaluation, Status.RUNNING, only_from=QUEUED)
    assert await evaluations.set_status(database, evaluation, Status.RUNNING, only_from=RUNNING)
    assert await evaluations.set_status(
        database, evaluation, Status.FAILED, only_from=RUNNING, reason="no disk"
    )
    again = await evaluations.begin_attempt(database, evaluation)
    with pytest.raises(Conflict):
        await evaluations.begin_attempt(database, evaluation)
    found = await events.since(database, evaluation, 0)
    assert [(one.seq, one.type, one.what.status, one.what.attempt) for one in found] == [
        (1, EventType.STATE, Status.QUEUED, 1),
        (2, EventType.STATE, Status.RUNNING, 1),
        (3, EventType.STATE, Status.RUNNING, 1),
        (4, EventType.DONE, Status.FAILED, 1),
        (5, EventType.STATE, Status.QUEUED, again.attempt),
    ]
    assert [one.what.resumed for one in found] == [False, False, True, False, False]
    assert found[3].what.reason == "no disk"


async def test_progress_counts_the_row_it_is_written_with(database: Database, evaluation: str) -> None:
    for number in (1, 2):
        response = examples.response(evaluation, examples.slot(round_number=number))
        await responses.keep(database, response, far if number == 2 else None)
    last = await events.last(database, evaluation, EventType.PROGRESS)
    assert last is not None
    assert last.what.progress is not None
    assert last.what.progress.answers_kept == 2


async def test_many_writers_number_without_gap_or_repeat_and_their_watchers_are_woken(
    database: Database, evaluation: str
) -> None:
    with database.news.watching(evaluation) as woken:
        await asyncio.gather(*(events.record(database, evaluation, far) for _ in range(12)))
        assert woken.is_set()
    # 1 is "queued", from when it was stored
    assert [seq for seq, *_ in await told(database, evaluation)] == list(range(1, 14))
    assert [one.seq for one in await events.since(database, evaluation, 5, limit=3)] == [6, 7, 8]


async def test_old_progress_is_dropped_states_stay_and_numbers_go_on(
    database: Database, evaluation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST_PROGRESS", 5)
    monkeypatch.setattr(events, "PRUNED_EVERY", 10)
    for _ in range(29):
        await events.record(database, evaluation, far)
    # Number 1 is the state, 2 to 30 are progress; the one numbered 30 drops what has five newer ones.
    assert [(seq, kind) for seq, kind, _ in await told(database, evaluation)] == [
        (1, "state"),
        *((seq, "progress") for seq in range(26, 31)),
    ]


async def test_what_is_given_up_is_a_warning_and_their_number_is_bounded(
    database: Database, evaluation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST_WARNINGS", 3)
    failure = Failure(kind=FailureKind.OVER_CONTEXT, message="too long.")
    for number in range(6):
        await attempts.record(
            database,
            evaluation=evaluation,
            stage="answer",
            subject=f"a/{number}",
            failure=failure,
            give_up_after=1 if number else 2,  # the first one is tried again
            candidate="a",
            prompt=str(number),
        )
    said = "answer given up after the first try: too long."
    assert [(kind, text) for _, kind, text in await told(database, evaluation)][1:] == [
        ("warning", said),
        ("warning", said),
        ("warning", f"{said} Further warnings are left to the report."),
    ]


async def test_events_go_with_their_evaluation(database: Database, evaluation: str) -> None:
    await evaluations.set_status(database, evaluation, Status.CANCELLED, only_from=QUEUED)
    await evaluations.delete(database, evaluation)
    assert await told(database, evaluation) == []
