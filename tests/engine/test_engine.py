"""What the engine promises about one process: once, in turn, stopped when asked, resumed after."""

import asyncio
import logging
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from service.domain.evaluations import Status
from service.domain.failures import Failure, FailureKind
from service.engine.engine import Engine
from service.engine.runtime import in_use
from service.errors import Conflict, DatabaseUnavailable, DeviceInUse, NotFound, ServiceError, Unavailable
from service.store import attempts, evaluations, recoveries, responses
from service.store.claims import Claim
from service.store.database import Database, close, open_database
from service.store.engines import plain_engine
from tests.engine.conftest import Start
from tests.engine.scripts import Work, reaches, stored
from tests.store import examples
from tests.store.test_claims import break_connections

OVER = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)
# The work may have ended by the time the answer comes back.
ASKED = frozenset({Status.CANCELLING, Status.CANCELLED})


async def test_a_submitted_evaluation_runs_once_and_succeeds(database: Database, start: Start) -> None:
    work = Work(wait=False)
    engine = await start(work)
    evaluation = await stored(database)
    await engine.submit(evaluation)
    found = await reaches(database, evaluation, *OVER)
    assert (found.status, found.reason) == (Status.SUCCEEDED, None)
    assert found.started_at is not None
    assert found.finished_at is not None
    assert work.started == [evaluation.id]


async def test_submitting_twice_is_one_run_even_when_it_is_over(database: Database, start: Start) -> None:
    work = Work(wait=False)
    engine = await start(work)
    evaluation = await stored(database)
    await asyncio.gather(engine.submit(evaluation), engine.submit(evaluation))
    await reaches(database, evaluation, *OVER)
    await engine.submit(evaluation)
    await asyncio.sleep(0.5)
    assert work.started == [evaluation.id]


async def test_a_new_attempt_runs_again(database: Database, start: Start) -> None:
    work = Work(ServiceError("every candidate failed"), wait=False)
    engine = await start(work)
    evaluation = await stored(database)
    await engine.submit(evaluation)
    failed = await reaches(database, evaluation, *OVER)
    assert failed.reason == "every candidate failed"
    work.error = None
    await engine.submit(await evaluations.begin_attempt(database, evaluation.id))
    again = await reaches(database, evaluation, *OVER)
    assert (again.status, again.attempt, again.reason) == (Status.SUCCEEDED, 2, None)
    assert len(work.started) == 2


async def test_evaluations_of_a_device_run_one_after_the_other(database: Database, start: Start) -> None:
    work = Work(wait=False)
    engine = await start(work)
    several = [await stored(database) for _ in range(4)]
    await asyncio.gather(*(engine.submit(one) for one in several))
    for one in several:
        await reaches(database, one, Status.SUCCEEDED)
    assert work.most_at_once == 1
    assert sorted(work.started) == [one.id for one in several]


async def test_an_evaluation_of_another_device_waits_for_that_device(
    database: Database, start: Start
) -> None:
    here, there = Work(wait=False), Work(wait=False)
    engine = await start(here)
    evaluation = await stored(database, spec=examples.spec(device="edge"))
    await engine.submit(evaluation)
    await asyncio.sleep(0.5)
    assert here.started == []
    await engine.stop()
    await start(there, device="edge", executor="edge")
    await reaches(database, evaluation, Status.SUCCEEDED)
    assert (here.started, there.started) == ([], [evaluation.id])


async def test_an_unexpected_error_fails_it_with_a_reason_that_names_no_folder(
    database: Database, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    engine = await start(
        Work(FileNotFoundError(2, "No such file", "/home/somebody/models/a.onnx"), wait=False)
    )
    evaluation = await stored(database)
    with caplog.at_level(logging.CRITICAL, "service.engine.performing"):
        await engine.submit(evaluation)
        failed = await reaches(database, evaluation, *OVER)
    assert failed.status is Status.FAILED
    assert failed.reason == "FileNotFoundError: [Errno 2] No such file: 'a.onnx'"


async def test_work_that_cancels_itself_has_failed(database: Database, start: Start) -> None:
    engine = await start(Work(asyncio.CancelledError(), wait=False))
    evaluation = await stored(database)
    await engine.submit(evaluation)
    failed = await reaches(database, evaluation, *OVER)
    assert failed.status is Status.FAILED


async def test_the_database_may_be_away_for_a_while(
    database: Database, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    work = Work(DatabaseUnavailable("away"), wait=False)
    engine = await start(work, reconnect=(0.1, 0.2, 0.4))
    evaluation = await stored(database)
    await engine.submit(evaluation)
    await asyncio.wait_for(work.begun.wait(), 10)
    await asyncio.sleep(0.2)
    work.error = None
    await reaches(database, evaluation, Status.SUCCEEDED)
    assert len(work.started) > 1


async def test_but_not_for_ever(database: Database, start: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    engine = await start(Work(DatabaseUnavailable("away"), wait=False), reconnect=(0.01, 0.01))
    evaluation = await stored(database)
    await engine.submit(evaluation)
    failed = await reaches(database, evaluation, *OVER)
    assert (failed.status, failed.reason) == (Status.FAILED, "away")


async def test_a_waiting_evaluation_is_cancelled_at_once_and_never_runs(
    database: Database, start: Start
) -> None:
    work = Work()
    engine = await start(work)
    first, second = await stored(database), await stored(database)
    await engine.submit(first)
    await asyncio.wait_for(work.begun.wait(), 10)
    await engine.submit(second)
    assert await engine.cancel(second.id) is Status.CANCELLED
    assert await evaluations.status_of(database, second.id) is Status.CANCELLED
    work.go.set()
    await reaches(database, first, Status.SUCCEEDED)
    await asyncio.sleep(0.5)
    assert work.started == [first.id]


async def test_a_running_evaluation_ends_soon_and_frees_the_device(database: Database, start: Start) -> None:
    work = Work()
    engine = await start(work)
    first, second = await stored(database), await stored(database)
    await engine.submit(first)
    await asyncio.wait_for(work.begun.wait(), 10)
    began = time.monotonic()
    assert await engine.cancel(first.id) in ASKED
    found = await reaches(database, first, *OVER)
    assert found.status is Status.CANCELLED
    assert time.monotonic() - began < 2  # half a second here; others use the machine too
    assert work.cancelled == [first.id]
    work.go.set()
    await engine.submit(second)
    await reaches(database, second, Status.SUCCEEDED)


async def test_a_cancellation_written_by_another_process_is_seen_too(
    database: Database, start: Start
) -> None:
    work = Work()
    engine = await start(work)
    evaluation = await stored(database)
    await engine.submit(evaluation)
    await asyncio.wait_for(work.begun.wait(), 10)
    running = frozenset({Status.RUNNING})
    await evaluations.set_status(database, evaluation.id, Status.CANCELLING, only_from=running)
    found = await reaches(database, evaluation, *OVER)
    assert found.status is Status.CANCELLED


async def test_a_paused_evaluation_stops_soon_rests_over_a_restart_and_goes_on_when_resumed(
    database: Database, start: Start
) -> None:
    work = Work()
    engine: Engine = await start(work)
    evaluation = await stored(database)
    await engine.submit(evaluation)
    await asyncio.wait_for(work.begun.wait(), 10)
    assert await engine.pause(evaluation.id) in {Status.PAUSING, Status.PAUSED}
    await reaches(database, evaluation, Status.PAUSED)
    assert work.cancelled == [evaluation.id]
    assert await engine.pause(evaluation.id) is Status.PAUSED, "harmless twice"
    await engine.stop()
    await engine.start()
    await asyncio.sleep(0.5)
    assert work.started == [evaluation.id], "a restart is no reason to go on"
    work.go.set()
    await engine.submit(await evaluations.go_on(database, evaluation.id))
    await evaluations.go_on(database, evaluation.id)
    found = await reaches(database, evaluation, *OVER)
    assert found.status is Status.SUCCEEDED
    assert work.started == [evaluation.id, evaluation.id]


async def test_one_that_waits_is_paused_at_once_and_can_be_cancelled_then(
    database: Database, start: Start
) -> None:
    work = Work()
    engine = await start(work)
    first, second = await stored(database), await stored(database)
    await engine.submit(first)
    await asyncio.wait_for(work.begun.wait(), 10)
    await engine.submit(second)
    assert await engine.pause(second.id) is Status.PAUSED
    assert await engine.cancel(second.id) is Status.CANCELLED
    with pytest.raises(Conflict, match="nothing to pause"):
        await engine.pause(second.id)
    with pytest.raises(Conflict, match="retry it instead"):
        await evaluations.go_on(database, second.id)
    work.go.set()
    await reaches(database, first, Status.SUCCEEDED)
    assert work.started == [first.id]


async def test_a_pause_that_nobody_finished_is_finished_at_the_next_start(
    database: Database, start: Start
) -> None:
    evaluation = await stored(database, status=Status.PAUSING)
    work = Work(wait=False)
    await start(work)
    assert await evaluations.status_of(database, evaluation.id) is Status.PAUSED
    await asyncio.sleep(0.3)
    assert work.started == []


async def test_pausing_forgives_nothing_that_was_given_up(database: Database) -> None:
    evaluation = await stored(database, status=Status.PAUSED)
    await attempts.record(
        database,
        evaluation=evaluation.id,
        stage="answer",
        subject="a/1",
        failure=Failure(kind=FailureKind.TIMED_OUT, message="too late"),
        give_up_after=1,
        candidate="a",
    )
    before = await attempts.given_up(database, evaluation.id)
    await evaluations.go_on(database, evaluation.id)
    assert await attempts.given_up(database, evaluation.id) == before != frozenset()


async def test_cancelling_what_is_over_or_unknown_says_so(database: Database, start: Start) -> None:
    engine = await start(Work(wait=False))
    evaluation = await stored(database)
    await engine.submit(evaluation)
    await reaches(database, evaluation, Status.SUCCEEDED)
    with pytest.raises(Conflict, match="succeeded already"):
        await engine.cancel(evaluation.id)
    with pytest.raises(NotFound):
        await engine.cancel("nobody")


async def test_cancelling_twice_is_cancelling_once(database: Database, start: Start) -> None:
    work = Work()
    engine = await start(work)
    evaluation = await stored(database)
    await engine.submit(evaluation)
    await asyncio.wait_for(work.begun.wait(), 10)
    assert await engine.cancel(evaluation.id) in ASKED
    assert await engine.cancel(evaluation.id) in ASKED
    await reaches(database, evaluation, Status.CANCELLED)
    assert await engine.cancel(evaluation.id) is Status.CANCELLED


async def test_stopping_ends_the_work_quickly_and_the_next_start_resumes_it(
    database: Database, start: Start
) -> None:
    work = Work()
    engine: Engine = await start(work)
    running, waiting = await stored(database), await stored(database)
    await engine.submit(running)
    await asyncio.wait_for(work.begun.wait(), 10)
    await engine.submit(waiting)
    began = time.monotonic()
    await engine.stop()
    assert time.monotonic() - began < 3
    assert work.cancelled == [running.id]
    assert await evaluations.status_of(database, running.id) is Status.RUNNING
    assert await evaluations.status_of(database, waiting.id) is Status.QUEUED
    work.go.set()
    await engine.start()
    await reaches(database, running, Status.SUCCEEDED)
    await reaches(database, waiting, Status.SUCCEEDED)
    assert sorted(work.started) == sorted([running.id, running.id, waiting.id])


async def test_stopping_is_quick_even_when_the_work_does_not_listen(database: Database, start: Start) -> None:
    release = asyncio.Event()
    begun = asyncio.Event()

    async def deaf(_evaluation: str) -> None:
        begun.set()
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    engine: Engine = await start(deaf)
    evaluation = await stored(database)
    await engine.submit(evaluation)
    await asyncio.wait_for(begun.wait(), 10)
    began = time.monotonic()
    await engine.stop()
    assert time.monotonic() - began < 5
    release.set()
    await asyncio.sleep(0.1)


async def test_after_stopping_other_threads_can_still_be_used(start: Start) -> None:
    # DBOS would have put its own thread pool into the loop and shut it down.
    engine: Engine = await start(Work())
    await engine.stop()
    assert await asyncio.to_thread(lambda: 7) == 7


async def test_a_stopped_engine_takes_nothing_and_stops_again_quietly(
    database: Database, start: Start
) -> None:
    engine: Engine = await start(Work())
    await engine.stop()
    await engine.stop()
    with pytest.raises(Unavailable, match="does not run"):
        await engine.submit(await stored(database))


async def test_a_second_engine_in_the_process_is_refused_and_the_first_goes_on(
    database: Database, start: Start
) -> None:
    engine = await start(Work(wait=False))
    with pytest.raises(Conflict, match="runs an engine already"):
        await start(Work(wait=False), executor="second")
    evaluation = await stored(database)
    await engine.submit(evaluation)
    await reaches(database, evaluation, Status.SUCCEEDED)


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
async def test_a_device_that_another_process_has_is_refused_and_left_alone(
    database: Database, start: Start
) -> None:
    """On PostgreSQL only: an SQLite database belongs to one data directory, and that is taken as a whole."""
    elsewhere = open_database(database.url)
    claim = Claim(elsewhere, "local")
    assert await claim.take()
    with pytest.raises(DeviceInUse, match="'local' is in use by another process"):
        await start(Work(), claim=0.3)
    await start(Work(), device="edge", executor="edge")
    await claim.let_go()
    await close(elsewhere)


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
async def test_an_engine_whose_device_was_taken_stops_working(
    database: Database, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """On PostgreSQL only: no other claim can be lost."""
    caplog.set_level(logging.CRITICAL)
    work = Work()
    engine: Engine = await start(work, watch=1.0)
    evaluation = await stored(database)
    await engine.submit(evaluation)
    await asyncio.wait_for(work.begun.wait(), 10)
    elsewhere = open_database(database.url)
    claim = Claim(elsewhere, "local")
    until = time.monotonic() + 10
    while not await claim.take():
        break_connections(database.url)
        assert time.monotonic() < until
    while not work.cancelled:
        await asyncio.sleep(0.05)
        assert time.monotonic() < until
    assert await evaluations.status_of(database, evaluation.id) is Status.RUNNING, (
        "left to who has the device"
    )
    await claim.let_go()
    await close(elsewhere)


async def test_what_the_queue_has_forgotten_is_taken_up_from_the_evaluations(
    database: Database, start: Start, system_url: str
) -> None:
    work = Work()
    engine: Engine = await start(work)
    running, waiting = await stored(database), await stored(database)
    await engine.submit(running)
    await asyncio.wait_for(work.begun.wait(), 10)
    await engine.submit(waiting)
    await engine.stop()
    forget_everything(system_url)
    work.go.set()
    await engine.start()
    await reaches(database, running, Status.SUCCEEDED)
    await reaches(database, waiting, Status.SUCCEEDED)


async def test_whoever_stops_it_while_it_is_being_stopped_waits_for_its_end(start: Start) -> None:
    engine: Engine = await start(Work())
    first = asyncio.create_task(engine.stop())
    await asyncio.sleep(0)
    await engine.stop()
    assert not in_use()
    await first


async def test_a_name_that_changed_does_not_block_the_device(database: Database, start: Start) -> None:
    # DBOS alone never recovers the workflows of an executor that is gone, and they keep the only place.
    first, second = Work(), Work(wait=False)
    engine: Engine = await start(first, executor="old")
    evaluation = await stored(database)
    await engine.submit(evaluation)
    await asyncio.wait_for(first.begun.wait(), 10)
    await engine.stop()
    await start(second, executor="new")
    await reaches(database, evaluation, Status.SUCCEEDED)
    assert second.started == [evaluation.id]


async def test_a_cancellation_that_nobody_finished_is_finished_at_the_next_start(
    database: Database, start: Start
) -> None:
    evaluation = await stored(database, status=Status.CANCELLING)
    work = Work(wait=False)
    await start(work)
    assert await evaluations.status_of(database, evaluation.id) is Status.CANCELLED
    await asyncio.sleep(0.3)
    assert work.started == []


async def test_one_that_waits_to_resume_can_be_cancelled(database: Database, start: Start) -> None:
    work = Work()
    engine: Engine = await start(work)
    first, second = await stored(database), await stored(database, status=Status.RUNNING)
    await engine.submit(first)
    await asyncio.wait_for(work.begun.wait(), 10)
    assert await engine.cancel(second.id) is Status.CANCELLED
    assert await evaluations.status_of(database, second.id) is Status.CANCELLED


async def test_an_evaluation_that_ends_the_service_each_time_fails_in_the_end(
    database: Database, start: Start
) -> None:
    evaluation = await stored(database)
    for _ in range(4):
        await crash(database, evaluation.id)
    work = Work(wait=False)
    await start(work, seconds=0.0)
    failed = await reaches(database, evaluation, *OVER)
    assert failed.status is Status.FAILED
    assert failed.reason is not None
    assert "nothing was kept" in failed.reason
    assert work.started == []


async def test_a_service_that_was_only_killed_often_goes_on(database: Database, start: Start) -> None:
    evaluation = await stored(database)
    for _ in range(9):
        await crash(database, evaluation.id)
    await start(Work(wait=False))
    await reaches(database, evaluation, Status.SUCCEEDED)


async def test_one_that_gets_somewhere_each_time_goes_on(database: Database, start: Start) -> None:
    evaluation = await stored(database)
    for number in range(6):
        await crash(database, evaluation.id)
        await responses.keep(database, examples.response(evaluation.id, examples.slot(round_number=number)))
    await start(Work(wait=False), seconds=0.0)
    await reaches(database, evaluation, Status.SUCCEEDED)


async def test_an_evaluation_waits_for_a_check_and_a_check_is_refused_while_one_runs(
    database: Database, start: Start
) -> None:
    work = Work()
    engine: Engine = await start(work)
    evaluation = await stored(database)
    async with engine.borrow("a check of 'tiny-s'"):
        await engine.submit(evaluation)
        await asyncio.sleep(0.5)
        assert work.started == []
        assert await evaluations.status_of(database, evaluation.id) is Status.QUEUED
        with pytest.raises(Conflict, match="a check of 'tiny-s'"):
            async with engine.borrow("another"):
                pass
    await asyncio.wait_for(work.begun.wait(), 10)
    with pytest.raises(Conflict, match=evaluation.id):
        async with engine.borrow("a check"):
            pass
    work.go.set()
    await reaches(database, evaluation, Status.SUCCEEDED)
    async with engine.borrow("a check"):
        pass


async def test_one_that_waits_for_a_check_can_be_cancelled_and_stopped(
    database: Database, start: Start
) -> None:
    work = Work(wait=False)
    engine: Engine = await start(work)
    evaluation = await stored(database)
    async with engine.borrow("a check"):
        await engine.submit(evaluation)
        await asyncio.sleep(0.3)
        assert await engine.cancel(evaluation.id) is Status.CANCELLED
        began = time.monotonic()
        await engine.stop()
        assert time.monotonic() - began < 2
    assert work.started == []


async def test_the_engine_is_silent(start: Start, capfd: pytest.CaptureFixture[str]) -> None:
    engine: Engine = await start(Work())
    await engine.stop()
    assert capfd.readouterr() == ("", "")


async def test_a_damaged_queue_says_what_to_do(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    (tmp_path / "dbos.db").write_text("this is no database" * 1000)
    engine = Engine(
        system_url=f"sqlite:///{tmp_path}/dbos.db",
        device="local",
        executor="local",
        run=Work(),
        database=database,
    )
    with pytest.raises(Unavailable, match="delete it"):
        await engine.start()


async def crash(database: Database, evaluation: str) -> None:
    """Leave the rows as a process leaves them that was killed while it ran."""
    going = frozenset({Status.QUEUED, Status.RUNNING})
    await evaluations.set_status(database, evaluation, Status.RUNNING, only_from=going)
    await recoveries.note_start(database, evaluation)


def forget_everything(system_url: str) -> None:
    if system_url.startswith("sqlite"):
        for path in Path(str(sa.make_url(system_url).database)).parent.glob("dbos.db*"):
            path.unlink()
        return
    engine = plain_engine(system_url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA dbos CASCADE"))
    engine.dispose()
