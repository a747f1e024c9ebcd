"""Hearings on both databases: nothing that was asked for is forgotten, and what has ended is not taken up again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from service.domain.failures import Failure, FailureKind
from service.domain.hearings import Hearing
from service.store import hearings
from service.store.database import Database

EARLY = datetime(2026, 1, 1, tzinfo=UTC)


def hearing(key: str, *, minutes: int = 0, judge: str = "judge") -> Hearing:
    asked_at = EARLY + timedelta(minutes=minutes)
    return Hearing(key=key, judge=judge, state="queued", calls=102, asked=0, began_at=asked_at)


async def test_what_has_not_ended_is_taken_up_in_the_order_it_was_asked_for(database: Database) -> None:
    for key, minutes in (("c", 2), ("a", 1), ("b", 3)):
        await hearings.keep(database, hearing(key, minutes=minutes), device="here", order=f"order {key}")
    await hearings.keep(database, hearing("far"), device="there", order="order far")
    await hearings.begin(database, "c")
    await hearings.end(database, replace(hearing("b", minutes=3), state="done", asked=102))
    found = await hearings.unfinished(database, "here")
    assert [(one.hearing.key, one.hearing.state, one.order, one.starts) for one in found] == [
        ("a", "queued", "order a", 0),
        ("c", "running", "order c", 1),
    ]


async def test_starts_are_counted_until_one_was_interrupted_on_purpose(database: Database) -> None:
    await hearings.keep(database, hearing("a"), device="here", order="order")
    for expected in (1, 2):
        await hearings.begin(database, "a")
        (one,) = await hearings.unfinished(database, "here")
        assert one.starts == expected
    await hearings.forgive(database, "a")
    (one,) = await hearings.unfinished(database, "here")
    assert (one.starts, one.hearing.state) == (0, "running")


async def test_the_newest_of_a_judge_is_told_with_how_it_ended(database: Database) -> None:
    assert await hearings.of_judge(database, "judge") is None
    failure = Failure(kind=FailureKind.LOAD_FAILED, message="no such file", raw="ENOENT")
    older, newer = hearing("a"), hearing("b", minutes=1)
    for one in (newer, older):
        await hearings.keep(database, one, device="here", order="order")
    ended = replace(newer, state="failed", asked=7, failure=failure)
    await hearings.end(database, ended)
    assert await hearings.of_judge(database, "judge") == ended


async def test_asked_for_again_it_begins_anew(database: Database) -> None:
    await hearings.keep(database, hearing("a"), device="here", order="old")
    await hearings.begin(database, "a")
    await hearings.keep(database, hearing("a", minutes=5), device="here", order="new")
    (one,) = await hearings.unfinished(database, "here")
    assert (one.hearing, one.order, one.starts) == (hearing("a", minutes=5), "new", 0)
